/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * File steps on policies, the system's and a user's: whose folder it is, what
 * goes, and what comes back. In a private world, as root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certfile.h"
#include "record-fixture.h"
#include "step.h"

#define UID 4242
#define DIR "/etc/chromium/policies/managed"
#define HER_DIR "/home/alice/.mozilla/certificates"
#define TEXT "{\"a\":[1, /*c*/ \"two\", 3]}\n"
#define CUT "{\"a\":[1, /*c*/  3]}\n"
#define SCENE(name, path, op, user) RS_CLEANUP(scene_remove) struct scene name; \
	scene_make(&name, path, op, user)

static const struct rs_user alice = {
	.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice",
	.uid = UID, .gid = UID,
};

struct scene {
	struct file_folder records;
	struct rs_record *record;
	struct rs_step *step;
	const struct rs_user *user;
	char *was;
};

static void
look_again(struct scene *s)
{
	struct rs_certfile *file = rs_certfile_read(s->step->path);

	free(s->step->stamp.sha256);
	rs_stamp_copy(&s->step->stamp, &file->stamp);
	rs_certfile_free(file);
	free(s->was);
	s->was = file_look(s->step->path);
}

static void
scene_make(struct scene *s, const char *path, enum rs_file_op op, const struct rs_user *user)
{
	struct rs_range *range;

	*s = (struct scene){ .user = user };
	file_puts(path, TEXT);
	s->record = record_begin(&s->records);
	s->step = rs_step_new(RS_STEP_FILE, RS_KIND_BROWSER_POLICY, "s", path);
	s->step->n = 1;
	s->step->op = op;
	if (op == RS_FILE_ELEMENT) {
		range = rs_array_add(&s->step->ranges, rs_alloc(sizeof(*range)));
		*range = (struct rs_range){ (size_t)(strstr(TEXT, "\"two\"") - TEXT), 5 };
	}
	rs_array_add(&s->record->steps, s->step);
	if (user != NULL)
		assert_int_equal(system("chown -R 4242:4242 /home/alice"), 0);
	look_again(s);
}

static void
scene_remove(struct scene *s)
{
	rs_record_free(s->record);
	file_folder_remove(&s->records);
	free(s->was);
}

static void
prepare(struct scene *s)
{
	rs_step_file_prepare(s->step, s->record, s->user, false);
}

static void
expect_done(struct scene *s)
{
	prepare(s);
	if (s->step->state != RS_STEP_PLANNED)
		fail_msg("%s", s->step->reason);
	record_commit(s->record, &s->records);
	rs_step_file_do(s->step, s->record, s->user, false);
	if (s->step->state != RS_STEP_DONE)
		fail_msg("%s", s->step->reason);
}

static void
expect_undo(struct scene *s, enum rs_step_state state)
{
	rs_step_file_undo(s->step, s->record, s->user, false);
	if (s->step->state != state)
		fail_msg("%s: %s", rs_step_state_name(s->step->state), s->step->reason);
}

static void
expect_text(const struct scene *s, const char *text)
{
	RS_AUTOFREE char *now = file_text(s->step->path);

	assert_string_equal(now, text);
}

static void
expect_as_before(const struct scene *s)
{
	RS_AUTOFREE char *now = file_look(s->step->path);

	assert_string_equal(now, s->was);
}

static void
expect_refused(struct scene *s, const char *why)
{
	prepare(s);
	assert_int_equal(s->step->state, RS_STEP_REFUSED);
	if (strstr(s->step->reason, why) == NULL)
		assert_string_equal(s->step->reason, why);
	expect_as_before(s);
}

static int
setup(void **state RS_UNUSED)
{
	static const char *const gone[] = { "/etc/chromium", "/home/alice", "/srv/x" };

	for (size_t i = 0; i < RS_COUNT(gone); i++)
		if (file_exists(gone[i]))
			file_remove(gone[i]);
	file_mkdir(DIR);
	file_mkdir(HER_DIR);
	file_mkdir("/srv/x");
	return 0;
}

static void
test_element(void **state RS_UNUSED)
{
	SCENE(s, DIR "/x", RS_FILE_ELEMENT, NULL);

	expect_done(&s);
	expect_text(&s, CUT);
	rs_step_file_do(s.step, s.record, NULL, false);
	assert_int_equal(s.step->state, RS_STEP_DONE);
	expect_undo(&s, RS_STEP_UNDONE);
	expect_as_before(&s);
	expect_undo(&s, RS_STEP_UNDONE);
}

static void
test_element_changed(void **state RS_UNUSED)
{
	static const struct { const char *now, *then; } cases[] = {
		{ "{\"b\":1,\n\"a\":[0,3,4]}", "{\"b\":1,\n\"a\":[0, \"two\",3,4]}" },
		{ "{\"a\":[]}", "{\"a\":[\"two\"]}" }, { "{\"a\":[9]}", "{\"a\":[9, \"two\"]}" },
		{ "{\"a\":[\"tw\\u006f\"]}", "{\"a\":[\"tw\\u006f\"]}" },
		{ "{\"b\":[1,3]}", NULL }, { "{\"a\":[1,3]", NULL }, { "", NULL }, { "[1,3]", NULL },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		SCENE(s, DIR "/x", RS_FILE_ELEMENT, NULL);

		expect_done(&s);
		file_puts(DIR "/x", cases[i].now);
		expect_undo(&s, cases[i].then != NULL ? RS_STEP_UNDONE : RS_STEP_CONFLICT);
		expect_text(&s, cases[i].then != NULL ? cases[i].then : cases[i].now);
	}
}

static void
test_element_gone(void **state RS_UNUSED)
{
	SCENE(s, DIR "/x", RS_FILE_ELEMENT, NULL);

	expect_done(&s);
	assert_int_equal(unlink(DIR "/x"), 0);
	expect_undo(&s, RS_STEP_CONFLICT);
	assert_false(file_exists(DIR "/x"));
}

/* Written so that a cut would mean something else. */
static void
test_element_refused(void **state RS_UNUSED)
{
	SCENE(s, DIR "/x", RS_FILE_ELEMENT, NULL);

	file_puts(DIR "/x", "{\"a\":[1, /*c*/ \"two\", 3],\"a\":[4,5,6]}");
	look_again(&s);
	expect_refused(&s, "edit it by hand");
}

static void
test_folder(void **state RS_UNUSED)
{
	SCENE(s, DIR "/x", RS_FILE_ELEMENT, NULL);

	assert_int_equal(chmod(DIR, 0775), 0);
	expect_refused(&s, "lies in a folder that belongs to somebody else");
	assert_int_equal(chmod(DIR, 0755) | chown(DIR, UID, 0), 0);
	expect_refused(&s, "lies in a folder that belongs to somebody else");
	assert_int_equal(chown(DIR, 0, 0) | chown(DIR "/x", UID, 0), 0);
	look_again(&s);
	expect_refused(&s, "belongs to uid 4242, not to root");
	assert_int_equal(chown(DIR "/x", 0, 0) | rename(DIR, "/etc/chromium/moved") |
			 symlink("/etc/chromium/moved", DIR), 0);
	look_again(&s);
	expect_refused(&s, "symbolic links");
}

/* A folder that was swapped after the plan: nothing is written through it. */
static void
test_folder_swapped(void **state RS_UNUSED)
{
	SCENE(s, DIR "/x", RS_FILE_ELEMENT, NULL);

	expect_done(&s);
	assert_int_equal(rename(DIR, "/etc/chromium/moved") | symlink("/etc/chromium/moved", DIR), 0);
	rs_step_file_undo(s.step, s.record, NULL, false);
	assert_int_equal(s.step->state, RS_STEP_FAILED);
	expect_text(&s, CUT);
}

/* The child that is alice does hers; a link below her home is not followed. */
static void
test_users(void **state RS_UNUSED)
{
	RS_AUTOFREE char *names = NULL;
	SCENE(s, HER_DIR "/x", RS_FILE_REMOVE, &alice);

	expect_done(&s);
	assert_false(file_exists(HER_DIR "/x"));
	expect_undo(&s, RS_STEP_UNDONE);
	expect_as_before(&s);
	names = file_names(HER_DIR);
	assert_string_equal(names, "x ");
}

static void
test_users_refused(void **state RS_UNUSED)
{
	SCENE(s, HER_DIR "/x", RS_FILE_REMOVE, &alice);

	assert_int_equal(chown(HER_DIR "/x", 0, 0), 0);
	look_again(&s);
	expect_refused(&s, "belongs to uid 0, not to alice");
	assert_int_equal(chown(HER_DIR "/x", UID, UID) | chown(HER_DIR, 0, 0), 0);
	look_again(&s);
	expect_refused(&s, "lies in a folder that belongs to somebody else");
	assert_int_equal(chown(HER_DIR, UID, UID) | rename(HER_DIR, "/home/alice/else") |
			 symlink("/home/alice/else", HER_DIR), 0);
	look_again(&s);
	expect_refused(&s, "symbolic links");
}

static void
test_users_swapped(void **state RS_UNUSED)
{
	SCENE(s, HER_DIR "/x", RS_FILE_REMOVE, &alice);

	expect_done(&s);
	assert_int_equal(rmdir(HER_DIR) | symlink("/srv/x", HER_DIR), 0);
	rs_step_file_undo(s.step, s.record, &alice, false);
	assert_int_equal(s.step->state, RS_STEP_FAILED);
	assert_false(file_exists("/srv/x/x"));
}

#define STEP_TEST(name, function) { name, function, setup, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST("/step-policy/element", test_element),
		STEP_TEST("/step-policy/element-changed", test_element_changed),
		STEP_TEST("/step-policy/element-gone", test_element_gone),
		STEP_TEST("/step-policy/element-refused", test_element_refused),
		STEP_TEST("/step-policy/folder", test_folder),
		STEP_TEST("/step-policy/folder-swapped", test_folder_swapped),
		STEP_TEST("/step-policy/users", test_users),
		STEP_TEST("/step-policy/users-refused", test_users_refused),
		STEP_TEST("/step-policy/users-swapped", test_users_swapped),
	};

	file_private_world();
	return cmocka_run_group_tests_name("step-policy", tests, NULL, NULL);
}
