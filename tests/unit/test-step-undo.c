/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way back of a file step where the world has changed. As root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certfile.h"
#include "step-fixture.h"

#define CONF "# head\nmozilla/A.crt\nisp/b c.crt\nmozilla/Z.crt\n"
#define OFF "# head\nmozilla/A.crt\n!isp/b c.crt\nmozilla/Z.crt\n"

static void
deselected(struct step_scene *s)
{
	step_scene_file(s, RS_FILE_DESELECT, CONF, strlen(CONF));
	step_deselect(s, "isp/b c.crt");
	step_done(s);
	step_expect_text(s, OFF);
}

/* Somebody made it this; then it becomes that (NULL: stays, in conflict). */
static void
expect_conf(const char *now, const char *then)
{
	STEP_SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	deselected(&s);
	file_puts(s.path, now);
	before = file_look(s.path);
	step_expect_undo(&s, then ? RS_STEP_UNDONE : RS_STEP_CONFLICT);
	step_expect_text(&s, then ? then : now);
	after = file_look(s.path);
	if (then == NULL)
		assert_string_equal(after, before);
	/* Neither way is anything done twice. */
	step_expect_undo(&s, then ? RS_STEP_UNDONE : RS_STEP_CONFLICT);
	step_expect_text(&s, then ? then : now);
}

static void
test_conf(void **state RS_UNUSED)
{
	expect_conf(OFF "new.crt\n", CONF "new.crt\n");
	expect_conf("new.crt\n" OFF, "new.crt\n" CONF);
	expect_conf("!isp/b c.crt", "isp/b c.crt");
	expect_conf("\n\n\n!isp/b c.crt\n\n", "\n\n\nisp/b c.crt\n\n");
	expect_conf("!isp/b c.crt2\n!isp/b c.crt\n", "!isp/b c.crt2\nisp/b c.crt\n");
	expect_conf("!!isp/b c.crt\n!isp/b c.crt\n", "!!isp/b c.crt\nisp/b c.crt\n");
}

/* It was selected again by hand. */
static void
test_conf_selected(void **state RS_UNUSED)
{
	expect_conf(CONF "new.crt\n", CONF "new.crt\n");
	expect_conf("isp/b c.crt", "isp/b c.crt");
}

static void
test_conf_conflict(void **state RS_UNUSED)
{
	expect_conf("# head\nmozilla/A.crt\n", NULL);
	expect_conf("", NULL);
	expect_conf("!isp/b c.crt2\n", NULL);
	expect_conf("x!isp/b c.crt\n", NULL);
	expect_conf("! isp/b c.crt\n", NULL);
}

#define A "-- A --\n"
#define B "-- B --\n"
#define C "-- C --\n"
#define D "-- D --\n"

static void
expect_bundle(const char *cut, const char *cut2, const char *now, const char *then)
{
	STEP_SCENE(s);

	step_scene_file(&s, RS_FILE_CUT, "head\n" A B C D, strlen("head\n" A B C D));
	step_range(&s, cut);
	if (cut2 != NULL)
		step_range(&s, cut2);
	step_done(&s);
	file_puts(s.path, now);
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_text(&s, then);
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_text(&s, then);
}

static void
test_bundle(void **state RS_UNUSED)
{
	/* In its place, where both neighbours are there. */
	expect_bundle(B, NULL, "head\n" A C D "new\n", "head\n" A B C D "new\n");
	expect_bundle(B, NULL, "new\nhead\n" A C D, "new\nhead\n" A B C D);
	expect_bundle(D, NULL, "new\nhead\n" A B C, "new\nhead\n" A B C D);
	expect_bundle(A, C, "head\n" B D "new\n", "head\n" A B C D "new\n");
	expect_bundle(B, C, "new\nhead\n" A D, "new\nhead\n" A B C D);
	/* Else at the end. */
	expect_bundle(B, NULL, "head\n" A, "head\n" A B);
	expect_bundle(B, NULL, "head\n" A "no end of line", "head\n" A "no end of line\n" B);
	expect_bundle(B, C, "", B C);
	/* Twice the neighbours: nobody knows which of them. */
	expect_bundle(B, NULL, "head\n" A C D "head\n" A C D, "head\n" A C D "head\n" A C D B);
}

/* It came back otherwise; the other one did not. */
static void
test_bundle_there_again(void **state RS_UNUSED)
{
	expect_bundle(B, NULL, "head\n" A C D B, "head\n" A C D B);
	expect_bundle(B, C, "head\n" A D "more\n" C, "head\n" A B D "more\n" C);
}

/* Whose mode, owner and attributes it has now, it keeps. */
static void
test_edit_keeps(void **state RS_UNUSED)
{
	STEP_SCENE(s);
	RS_AUTOFREE char *look = NULL;

	deselected(&s);
	file_puts(s.path, OFF "new.crt\n");
	assert_int_equal(chmod(s.path, 0604) | chown(s.path, 0, 34), 0);
	step_expect_undo(&s, RS_STEP_UNDONE);
	look = file_look(s.path);
	assert_true(rs_starts(look, "100604 0:34 "));
	assert_non_null(strstr(look, " user.note=kept \x01"));
}

static void
expect_conflict(struct step_scene *s)
{
	RS_AUTOFREE char *before = file_look(s->path), *after = NULL;

	step_expect_undo(s, RS_STEP_CONFLICT);
	assert_non_null(strstr(s->step->reason, "was changed by somebody else since"));
	assert_non_null(strstr(s->step->reason, s->step->before.content ? s->step->before.content :
			       s->step->before.target));
	after = file_look(s->path);
	assert_string_equal(after, before);
}

/* Where the file stood there is another one, or the edited one is gone. */
static void
test_conflicts(void **state RS_UNUSED)
{
	{
		STEP_SCENE(s);

		step_scene_file(&s, RS_FILE_REMOVE, "a", 1);
		step_done(&s);
		file_puts(s.path, "b");
		expect_conflict(&s);
		assert_int_equal(unlink(s.path) | symlink("a", s.path), 0);
		expect_conflict(&s);
	}
	{
		STEP_SCENE(s);

		step_scene_link(&s, "a");
		step_done(&s);
		assert_int_equal(symlink("b", s.path), 0);
		expect_conflict(&s);
		assert_int_equal(unlink(s.path), 0);
		file_puts(s.path, "a");
		expect_conflict(&s);
	}
	{
		STEP_SCENE(s);

		deselected(&s);
		assert_int_equal(unlink(s.path), 0);
		expect_conflict(&s);
		assert_int_equal(symlink("x", s.path), 0);
		expect_conflict(&s);
	}
}

/* Somebody put the same back already: nothing of it is changed. */
static void
test_already_back(void **state RS_UNUSED)
{
	STEP_SCENE(s);
	RS_AUTOFREE char *look = NULL, *after = NULL;

	deselected(&s);
	file_puts(s.path, CONF);
	assert_int_equal(chmod(s.path, 0600), 0);
	look = file_look(s.path);
	step_expect_undo(&s, RS_STEP_UNDONE);
	after = file_look(s.path);
	assert_string_equal(after, look);
}

/* The record's copy is not what was saved: nothing comes of it. */
static void
test_copy_damaged(void **state RS_UNUSED)
{
	STEP_SCENE(s);
	STEP_SCENE(edited);

	step_scene_file(&s, RS_FILE_REMOVE, "a", 1);
	step_done(&s);
	record_append(&s.records, "step-1", "x");
	step_expect_undo(&s, RS_STEP_FAILED);
	step_expect_text(&s, NULL);
	deselected(&edited);
	record_append(&edited.records, "step-1", "x");
	file_puts(edited.path, OFF "new.crt\n");
	expect_conflict(&edited);
	file_puts(edited.path, OFF);
	step_expect_undo(&edited, RS_STEP_FAILED);
	step_expect_text(&edited, OFF);
}

/* A record that somebody made up: ranges that nobody can have cut. */
static void
test_ranges_made_up(void **state RS_UNUSED)
{
	static const struct rs_range ranges[] = {
		{ 1000, 0 }, { 0, 1000 }, { UINT64_MAX, UINT64_MAX }, { 2, 2 },
	};

	for (size_t i = 0; i < RS_COUNT(ranges); i++) {
		STEP_SCENE(s);

		step_scene_file(&s, RS_FILE_CUT, "head\n" A B, strlen("head\n" A B));
		step_range(&s, A);
		step_done(&s);
		rs_array_add(&s.step->ranges, rs_memdup(&ranges[i], sizeof(ranges[i])));
		file_puts(s.path, "other");
		expect_conflict(&s);
	}
}

/* Each file named by its content, at the most numbers of one hash. */
static char *
targets(const struct step_scene *s)
{
	struct rs_buf text = { 0 };

	rs_buf_puts(&text, "");
	for (int n = 0; n < 4; n++) {
		RS_AUTOFREE char *name = rs_printf("%s/0123abcd.%d", s->folder.dir, n);
		char target[64];
		ssize_t len = readlink(name, target, sizeof(target));

		rs_buf_printf(&text, "%.*s ", len < 0 ? 1 : (int)len, len < 0 ? "-" : target);
	}
	return rs_buf_steal(&text);
}

static void
expect_hash(const char *now, const char *then, bool derived)
{
	STEP_SCENE(s);
	RS_AUTOFREE char *path = NULL, *got = NULL, *words = rs_strdup(now);
	char *save = NULL;
	int n = 0;

	step_scene_link(&s, "stray.pem");
	path = file_path(&s.folder, "0123abcd.0");
	assert_int_equal(symlink("stray.pem", path), 0);
	free(rs_steal(&s.step->path));
	s.step->path = rs_strdup(path);
	s.step->derived = derived;
	free(s.step->stamp.sha256);
	assert_true(rs_stamp_link(&s.step->stamp, path));
	step_done(&s);
	for (char *word = strtok_r(words, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		RS_AUTOFREE char *name = rs_printf("%s/0123abcd.%d", s.folder.dir, n++);

		if (*word != '-')
			assert_int_equal(symlink(word, name), 0);
	}
	rs_step_file_undo(s.step, s.record, NULL, false);
	assert_int_equal(s.step->state, derived ? RS_STEP_UNDONE : RS_STEP_CONFLICT);
	got = targets(&s);
	assert_string_equal(got, then);
}

/* Of a stray's hash link the number may be another's by now. */
static void
test_hash_links(void **state RS_UNUSED)
{
	expect_hash("- - - -", "stray.pem - - - ", true);
	expect_hash("b.pem - - -", "stray.pem b.pem - - ", true);
	expect_hash("b.pem c.pem - -", "stray.pem c.pem b.pem - ", true);
	expect_hash("b.pem c.pem b.pem -", "stray.pem c.pem b.pem - ", true);
	expect_hash("b.pem - - -", "b.pem - - - ", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/step-undo/conf", test_conf),
		FILE_TEST("/step-undo/conf-selected", test_conf_selected),
		FILE_TEST("/step-undo/conf-conflict", test_conf_conflict),
		FILE_TEST("/step-undo/bundle", test_bundle),
		FILE_TEST("/step-undo/bundle-there-again", test_bundle_there_again),
		FILE_TEST("/step-undo/edit-keeps", test_edit_keeps),
		FILE_TEST("/step-undo/conflicts", test_conflicts),
		FILE_TEST("/step-undo/already-back", test_already_back),
		FILE_TEST("/step-undo/copy-damaged", test_copy_damaged),
		FILE_TEST("/step-undo/ranges-made-up", test_ranges_made_up),
		FILE_TEST("/step-undo/hash-links", test_hash_links),
	};

	file_private_world();
	return cmocka_run_group_tests_name("step-undo", tests, NULL, NULL);
}
