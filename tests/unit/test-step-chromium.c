/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of Chromium's own database: out and in, and what stands in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chromium-fixture.h"
#include "hold-fixture.h"

static void
take_out(struct rows_scene *s)
{
	rows_prepare(s);
	rs_step_rows_do(s->step, &s->user, false);
	rows_expect(s, RS_STEP_DONE, NULL);
	assert_int_equal(rows_count(s, "rowid IN (1, 3)"), 2);
	assert_int_equal(rows_count(s, "1"), 2);
}

static void
test_out_and_in(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL, *names = NULL;

	chromium_scene_make(&s);
	before = rows_dump(&s);
	take_out(&s);
	ROWS_UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_DONE, NULL);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = rows_dump(&s);
	assert_string_equal(after, before);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_UNDONE, NULL));
	names = file_names(s.folder.dir);
	assert_string_equal(names, "ServerCertificate ");
}

/* Keys and values of types that Chromium does not write. */
static void
test_odd_values(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	chromium_scene_make(&s);
	nss_sql(&s.folder, "UPDATE certificates SET sha256hash_hex = x'ff00fe' WHERE rowid = 4;"
		"UPDATE certificates SET sha256hash_hex = 'it''s \" ]]>' || char(10), "
		"trust_settings = CAST(trust_settings AS TEXT) WHERE rowid = 2");
	before = rows_dump(&s);
	take_out(&s);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = rows_dump(&s);
	assert_string_equal(after, before);
}

#define CHANGED "has changed since it was looked at: run the same command again"

static void
expect_refused(struct rows_scene *s, const char *reason)
{
	ROWS_UNCHANGED(s, rs_step_rows_prepare(s->step, &s->part, false));
	rows_expect(s, RS_STEP_REFUSED, reason);
}

/* A rowid is given again: the certificate in it counts. */
static void
test_row_of_another(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	chromium_scene_make(&s);
	rows_find(&s, "1 4");
	expect_refused(&s, CHANGED);
	rows_find(&s, "2 5");
	expect_refused(&s, CHANGED);
	rows_find(&s, "2 4");
	nss_sql(&s.folder, "DELETE FROM certificates WHERE rowid = 4");
	expect_refused(&s, CHANGED);
	chromium_add(&s.folder, &s.twin, "yy", CHROMIUM_TRUSTED);
	expect_refused(&s, CHANGED);
	nss_sql(&s.folder, "UPDATE certificates SET sha256hash_hex = NULL WHERE rowid = 2");
	rows_find(&s, "2");
	expect_refused(&s, CHANGED);
}

static void
test_foreign(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	chromium_scene_make(&s);
	rows_prepare(&s);
	nss_sql(&s.folder, "ALTER TABLE certificates ADD COLUMN more");
	ROWS_UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_FAILED, "is not touched: not a certificate database of Chromium's");
	ROWS_UNCHANGED(&s, rs_step_rows_undo(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_FAILED, "is not touched: not a certificate database of Chromium's");
}

/* The user imported it again meanwhile, and said something else of it. */
static void
test_key_taken(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	chromium_scene_make(&s);
	take_out(&s);
	chromium_add(&s.folder, &s.a, NULL, CHROMIUM_DISTRUSTED);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_CONFLICT,
					    "its rows were changed by somebody else"));
}

static void
test_back_already(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	chromium_scene_make(&s);
	take_out(&s);
	chromium_add(&s.folder, &s.a, "other", CHROMIUM_TRUSTED);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	/* One is there under another key; the one for some names only is not. */
	assert_int_equal(rows_count(&s, "sha256hash_hex = 'zz'"), 1);
	assert_int_equal(rows_count(&s, "1"), 4);
}

/* Rowids that are free no more are SQLite's to choose. */
static void
test_vacuum(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	chromium_scene_make(&s);
	take_out(&s);
	nss_sql(&s.folder, "VACUUM");
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(rows_count(&s, "1"), 4);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_UNDONE, NULL));
}

static long
milliseconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* While Chromium runs: read, not written, and no long wait for it. */
static void
test_in_use(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	long start;
	pid_t pid;

	chromium_scene_make(&s);
	pid = hold_database(s.folder.file, HOLD_READING);
	rows_prepare(&s);
	start = milliseconds();
	ROWS_UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	assert_true(milliseconds() - start < 3000);
	rows_expect(&s, RS_STEP_PENDING,
		    "is in use by another program: close it, then run rootsweep recover");
	assert_int_equal(s.step->pid, pid);
	/* Nothing was taken out: nothing is to be put back. */
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_UNDONE, NULL));
	hold_end(pid);
	rs_step_rows_do(s.step, &s.user, false);
	rows_expect(&s, RS_STEP_DONE, NULL);
	pid = hold_database(s.folder.file, HOLD_READING);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_PENDING, "close it, then run"));
	assert_int_equal(s.step->pid, pid);
	hold_end(pid);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
}

/* All waiting for locks together has one bound. */
static void
test_wait(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	long start;
	pid_t pid;

	chromium_scene_make(&s);
	rows_prepare(&s);
	pid = hold_database(s.folder.file, "BEGIN EXCLUSIVE");
	start = milliseconds();
	rs_step_rows_do(s.step, &s.user, false);
	assert_in_range(milliseconds() - start, 0, 6500);
	rows_expect(&s, RS_STEP_PENDING, "is in use by another program");
	assert_int_equal(s.step->pid, pid);
	hold_end(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/step-chromium/out-and-in", test_out_and_in),
		NSS_TEST("/step-chromium/odd-values", test_odd_values),
		NSS_TEST("/step-chromium/row-of-another", test_row_of_another),
		NSS_TEST("/step-chromium/foreign", test_foreign),
		NSS_TEST("/step-chromium/key-taken", test_key_taken),
		NSS_TEST("/step-chromium/back-already", test_back_already),
		NSS_TEST("/step-chromium/vacuum", test_vacuum),
		NSS_TEST("/step-chromium/in-use", test_in_use),
		NSS_TEST("/step-chromium/wait", test_wait),
	};

	return cmocka_run_group_tests_name("step-chromium", tests, NULL, NULL);
}
