/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: owners are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "step-fixture.h"

#define TEXT "one\n-- two --\nthree\n-- two --\nfour"
#define SCENE(name, op) STEP_SCENE(name); step_scene_file(&name, op, TEXT, strlen(TEXT))

/* Its whole look but for the time and the digest is what it was. */
static void
expect_same_kind(const struct step_scene *scene)
{
	RS_AUTOFREE char *now = file_look(scene->path);

	assert_true(rs_starts(now, "100640 0:12 "));
	assert_non_null(strstr(now, " user.note=kept \x01"));
	assert_null(strstr(now, " 1000000002.123456789 "));
}

static void
test_remove(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);

	step_done(&s);
	step_expect_text(&s, NULL);
	step_expect_do(&s, RS_STEP_DONE);
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_as_before(&s);
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_as_before(&s);
}

static void
test_remove_odd(void **state RS_UNUSED)
{
	static const struct { const char *bytes; size_t len; } files[] = {
		{ "", 0 }, { "\0", 1 }, { "a\0b\r\n\xff\xfe", 7 },
	};

	for (size_t i = 0; i < RS_COUNT(files); i++) {
		STEP_SCENE(s);

		step_scene_file(&s, RS_FILE_REMOVE, files[i].bytes, files[i].len);
		step_done(&s);
		step_expect_text(&s, NULL);
		step_expect_undo(&s, RS_STEP_UNDONE);
		step_expect_as_before(&s);
	}
}

static void
test_link(void **state RS_UNUSED)
{
	static const char *const targets[] = { "there", "/no/where", "../\xff \n", "f" };

	for (size_t i = 0; i < RS_COUNT(targets); i++) {
		STEP_SCENE(s);

		step_scene_link(&s, targets[i]);
		step_done(&s);
		step_expect_text(&s, NULL);
		step_expect_undo(&s, RS_STEP_UNDONE);
		step_expect_as_before(&s);
	}
}

static void
test_cut(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_CUT);

	step_range(&s, "-- two --\n");
	step_done(&s);
	step_expect_text(&s, "one\nthree\n-- two --\nfour");
	expect_same_kind(&s);
	step_expect_do(&s, RS_STEP_DONE);
	step_expect_text(&s, "one\nthree\n-- two --\nfour");
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_as_before(&s);
}

/* From the first byte to the last, and ranges that touch. */
static void
test_cut_edges(void **state RS_UNUSED)
{
	static const struct { const char *cut[3], *left; } cases[] = {
		{ { "one\n" }, "-- two --\nthree\n-- two --\nfour" },
		{ { "four" }, "one\n-- two --\nthree\n-- two --\n" },
		{ { "o", "n", "e" }, "\n-- two --\nthree\n-- two --\nfour" },
		{ { "one\n", "three\n", "four" }, "-- two --\n-- two --\n" },
		{ { TEXT }, "" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		SCENE(s, RS_FILE_CUT);

		for (size_t k = 0; k < 3 && cases[i].cut[k] != NULL; k++)
			step_range(&s, cases[i].cut[k]);
		step_done(&s);
		step_expect_text(&s, cases[i].left);
		step_expect_undo(&s, RS_STEP_UNDONE);
		step_expect_as_before(&s);
	}
}

static void
test_deselect(void **state RS_UNUSED)
{
	STEP_SCENE(s);
#define CONF "# a\nmozilla/A.crt\nisp/b c.crt\r\n!old.crt\nlast.crt"

	step_scene_file(&s, RS_FILE_DESELECT, CONF, strlen(CONF));
	step_deselect(&s, "isp/b c.crt");
	step_deselect(&s, "last.crt");
	step_done(&s);
	step_expect_text(&s, "# a\nmozilla/A.crt\n!isp/b c.crt\r\n!old.crt\n!last.crt");
	expect_same_kind(&s);
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_as_before(&s);
}

/*
 * What is not as the plan saw it is not touched.
 */

static void
test_gone(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);

	assert_int_equal(unlink(s.path), 0);
	step_expect_refused(&s, "is gone since it was looked at");
}

static void
test_folder_gone(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);

	free(s.step->path);
	s.step->path = rs_strdup("/srv/none/f");
	rs_step_file_prepare(s.step, s.record, NULL, false);
	assert_int_equal(s.step->state, RS_STEP_REFUSED);
	assert_string_equal(s.step->reason, "/srv/none/f cannot be read: No such file or directory");
}

static void
test_changed(void **state RS_UNUSED)
{
	SCENE(bytes, RS_FILE_REMOVE);
	SCENE(other, RS_FILE_REMOVE);
	RS_AUTOFREE char *moved = file_path(&other.folder, "moved");

	file_puts(bytes.path, "One" "\n-- two --\nthree\n-- two --\nfour");
	step_expect_refused(&bytes, "has changed since it was looked at");
	/* The same bytes, but another file. */
	file_puts(moved, TEXT);
	assert_int_equal(unlink(other.path) | link(moved, other.path) | unlink(moved), 0);
	step_expect_refused(&other, "has changed since it was looked at");
}

static void
test_became_link(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_CUT);
	RS_AUTOFREE char *moved = file_path(&s.folder, "moved");

	step_range(&s, "one\n");
	assert_int_equal(link(s.path, moved) | unlink(s.path) | symlink("moved", s.path), 0);
	step_expect_refused(&s, "has changed since it was looked at");
}

static void
test_became_special(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);

	assert_int_equal(unlink(s.path) | mkfifo(s.path, 0600), 0);
	step_expect_refused(&s, "cannot be read");
	assert_int_equal(unlink(s.path) | mkdir(s.path, 0700), 0);
	free(rs_steal(&s.step->reason));
	step_expect_refused(&s, "cannot be read");
}

static void
test_link_changed(void **state RS_UNUSED)
{
	STEP_SCENE(s);

	step_scene_link(&s, "there");
	assert_int_equal(unlink(s.path) | symlink("elsewhere", s.path), 0);
	step_expect_refused(&s, "has changed since it was looked at");
}

/* Another name would keep what this one loses. */
static void
test_hard_link(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);
	RS_AUTOFREE char *other = file_path(&s.folder, "other");

	assert_int_equal(link(s.path, other), 0);
	step_expect_refused(&s, "has 2 names (hard links)");
}

static void
test_stranger(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);

	assert_int_equal(chown(s.path, 1000, 0), 0);
	step_expect_refused(&s, "belongs to uid 1000");
}

static void
test_bad_ranges(void **state RS_UNUSED)
{
	static const struct rs_range ranges[][2] = {
		{ { 0, 1000 }, { 0, 0 } }, { { 1000, 0 }, { 0, 0 } },
		{ { 5, UINT64_MAX }, { 0, 0 } }, { { UINT64_MAX, 2 }, { 0, 0 } },
		{ { 0, 10 }, { 5, 1 } }, { { 5, 1 }, { 0, 1 } },
	};

	for (size_t i = 0; i < RS_COUNT(ranges); i++) {
		SCENE(s, RS_FILE_CUT);

		for (size_t k = 0; k < 2; k++)
			rs_array_add(&s.step->ranges, rs_memdup(&ranges[i][k], sizeof(ranges[i][k])));
		step_expect_refused(&s, "is not as it was looked at");
	}
}

/* Without a copy for undo nothing is begun. */
static void
test_cannot_save(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);

	assert_int_equal(rs_record_save(s.record, "step-1", "other", 5), 0);
	rs_step_file_prepare(s.step, s.record, NULL, false);
	assert_int_equal(s.step->state, RS_STEP_REFUSED);
	assert_string_equal(s.step->reason, "its bytes cannot be saved: File exists");
}

/*
 * Between the record and the deed.
 */

static void
test_changed_meanwhile(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	step_record(&s);
	file_puts(s.path, "new");
	before = file_look(s.path);
	step_expect_do(&s, RS_STEP_FAILED);
	assert_non_null(strstr(s.step->reason, "was changed by somebody else meanwhile"));
	after = file_look(s.path);
	assert_string_equal(after, before);
	/* Nothing was done, so that there is nothing to undo, nor a conflict. */
	step_expect_undo(&s, RS_STEP_UNDONE);
	free(after);
	after = file_look(s.path);
	assert_string_equal(after, before);
}

static void
test_folder_gone_meanwhile(void **state RS_UNUSED)
{
	SCENE(s, RS_FILE_REMOVE);

	step_record(&s);
	assert_int_equal(unlink(s.path) | rmdir(s.folder.dir), 0);
	step_expect_do(&s, RS_STEP_FAILED);
	step_expect_undo(&s, RS_STEP_FAILED);
	assert_false(file_exists(s.folder.dir));
}

/* 0 where it was done all the same, 1 where it failed, 2 for any other state. */
static int
fail_at(struct step_scene *s, int n, bool undo)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		file_fail_at("ROOTSWEEP_FAIL_AT", n);
		if (undo)
			rs_step_file_undo(s->step, s->record, NULL, false);
		else
			rs_step_file_do(s->step, s->record, NULL, false);
		_exit(s->step->state == (undo ? RS_STEP_UNDONE : RS_STEP_DONE) ? 0 :
		      s->step->state == RS_STEP_FAILED ? 1 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
prepare_cut(struct step_scene *s)
{
	step_scene_file(s, RS_FILE_CUT, TEXT, strlen(TEXT));
	step_range(s, "three\n");
	step_record(s);
}

#define CUT "one\n-- two --\n-- two --\nfour"

/* Every call that changes something fails once: before or after, not between. */
static void
test_failing_do(void **state RS_UNUSED)
{
	int result = 1, n;

	for (n = 0; result != 0; ) {
		STEP_SCENE(s);
		RS_AUTOFREE char *now = NULL;

		prepare_cut(&s);
		result = fail_at(&s, ++n, false);
		assert_int_not_equal(result, 2);
		now = file_text(s.path);
		assert_true(rs_streq(now, CUT) || (result == 1 && rs_streq(now, TEXT)));
		step_expect_text(&s, now);
		if (rs_streq(now, TEXT))
			step_expect_as_before(&s);
		/* Once more, and all the way back. */
		step_expect_do(&s, RS_STEP_DONE);
		step_expect_text(&s, CUT);
		step_expect_undo(&s, RS_STEP_UNDONE);
		step_expect_as_before(&s);
	}
	assert_true(n > 8);
}

static void
test_failing_undo(void **state RS_UNUSED)
{
	int result = 1, n;

	for (n = 0; result != 0; ) {
		STEP_SCENE(s);
		RS_AUTOFREE char *now = NULL;

		prepare_cut(&s);
		step_expect_do(&s, RS_STEP_DONE);
		result = fail_at(&s, ++n, true);
		assert_int_not_equal(result, 2);
		now = file_text(s.path);
		assert_true(rs_streq(now, TEXT) || (result == 1 && rs_streq(now, CUT)));
		step_expect_text(&s, now);
		/* The next one knows of a failure only that it was one. */
		if (result == 1)
			rs_step_set(s.step, RS_STEP_FAILED, "%s", "it failed");
		step_expect_undo(&s, RS_STEP_UNDONE);
		step_expect_as_before(&s);
	}
	assert_true(n > 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/step-file/remove", test_remove),
		FILE_TEST("/step-file/remove-odd", test_remove_odd),
		FILE_TEST("/step-file/link", test_link),
		FILE_TEST("/step-file/cut", test_cut),
		FILE_TEST("/step-file/cut-edges", test_cut_edges),
		FILE_TEST("/step-file/deselect", test_deselect),
		FILE_TEST("/step-file/gone", test_gone),
		FILE_TEST("/step-file/folder-gone", test_folder_gone),
		FILE_TEST("/step-file/changed", test_changed),
		FILE_TEST("/step-file/became-link", test_became_link),
		FILE_TEST("/step-file/became-special", test_became_special),
		FILE_TEST("/step-file/link-changed", test_link_changed),
		FILE_TEST("/step-file/hard-link", test_hard_link),
		FILE_TEST("/step-file/stranger", test_stranger),
		FILE_TEST("/step-file/bad-ranges", test_bad_ranges),
		FILE_TEST("/step-file/cannot-save", test_cannot_save),
		FILE_TEST("/step-file/changed-meanwhile", test_changed_meanwhile),
		FILE_TEST("/step-file/folder-gone-meanwhile", test_folder_gone_meanwhile),
		FILE_TEST("/step-file/failing-do", test_failing_do),
		FILE_TEST("/step-file/failing-undo", test_failing_undo),
	};

	file_private_world();
	return cmocka_run_group_tests_name("step-file", tests, NULL, NULL);
}
