/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "rows-fixture.h"

static void
test_out_and_in(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	rows_scene_make(&s);
	before = rows_dump(&s);
	rows_take_out(&s);
	assert_int_equal(s.step->rows.n, 3);
	ROWS_UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_DONE, NULL);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = rows_dump(&s);
	assert_string_equal(after, before);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_UNDONE, NULL));
}

/* No name beside it is left behind. */
static void
test_leaves_nothing(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *names = NULL;

	rows_scene_make(&s);
	rows_take_out(&s);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	names = file_names(s.folder.dir);
	assert_string_equal(names, "cert9.db ");
}

/* What NSS would not write, but SQLite can hold. */
static void
test_odd_values(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	rows_scene_make(&s);
	nss_sql(&s.folder, "UPDATE nssPublic SET a1 = 'text \" ]]> ' || char(1, 0x10fffe), a2 = 0.1, "
		"a80 = -9223372036854775808, a62d = x'', a170 = '', a8c = 1e308 WHERE id = 11;"
		"UPDATE nssPublic SET a3 = x'00ff', a1 = CAST(x'ff00fe' AS TEXT) WHERE id = 10");
	before = rows_dump(&s);
	rows_take_out(&s);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = rows_dump(&s);
	assert_string_equal(after, before);
}

static void
test_twice_the_same(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	rows_scene_make(&s);
	nss_row_cert(&s.folder, 20, &s.a, "again");
	nss_row_trust(&s.folder, 21, RS_CKO_TRUST, &s.a, NSS_HASH, NSS_NEW_ANCHOR);
	rows_find(&s, "10 20 11 12 21");
	before = rows_dump(&s);
	rows_take_out(&s);
	assert_int_equal(rows_count(&s, "id IN (20, 21)"), 0);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = rows_dump(&s);
	assert_string_equal(after, before);
}

/* A trigger of a stranger's must not act under our hands. */
static void
test_trigger(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	nss_sql(&s.folder, "CREATE TRIGGER t AFTER DELETE ON nssPublic BEGIN DELETE FROM nssPublic; END");
	rows_take_out(&s);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(rows_count(&s, "1"), 6);
}

/* Somebody took some of it out by hand: the rest goes as well. */
static void
test_partly_gone(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	rows_prepare(&s);
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id = 11");
	rs_step_rows_do(s.step, &s.user, false);
	rows_expect(&s, RS_STEP_DONE, NULL);
	assert_int_equal(rows_count(&s, "id IN (10, 11, 12)"), 0);
}

/*
 * Changed between the deed and its undoing.
 */

static void
test_id_taken(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	NSS_CERT(other);

	rows_scene_make(&s);
	rows_take_out(&s);
	nss_cert_make(&other, "Other", 3, 3);
	nss_row_cert(&s.folder, 11, &other, "other");
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_CONFLICT, "its rows were changed by somebody else"));
	assert_int_equal(rows_count(&s, "id IN (10, 12)"), 0);
}

static void
test_rowid_taken(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	NSS_CERT(other);

	rows_scene_make(&s);
	rows_take_out(&s);
	nss_cert_make(&other, "Other", 3, 3);
	nss_sql(&s.folder, "INSERT INTO nssPublic (rowid, id, a0) VALUES (2, 30, x'00000001')");
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(rows_count(&s, "id IN (10, 11, 12)"), 3);
	assert_int_equal(rows_count(&s, "id = 30 AND rowid = 2"), 1);
	assert_int_equal(rows_count(&s, "id = 11 AND rowid = 4"), 1);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_UNDONE, NULL));
}

/* A newer NSS came and wrote its columns. */
static void
test_schema_grown(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	rows_take_out(&s);
	nss_sql(&s.folder, "ALTER TABLE nssPublic ADD COLUMN aabc; ALTER TABLE nssPublic ADD COLUMN aabd");
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(rows_count(&s, "id IN (10, 11, 12) AND aabc IS NULL"), 3);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_UNDONE, NULL));
	/* Then it filled them: that is no longer what was taken out. */
	nss_sql(&s.folder, "UPDATE nssPublic SET aabc = x'01' WHERE id = 10");
	ROWS_UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_FAILED, "its rows were changed by somebody else");
}

/* An older one made the database anew, without a column that is needed. */
static void
test_schema_shrunk(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	rows_take_out(&s);
	nss_sql(&s.folder, "ALTER TABLE nssPublic DROP COLUMN a635");
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_FAILED, "a635"));
}

/* The same objects under other ids: they are back already. */
static void
test_back_already(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	rows_take_out(&s);
	nss_row_cert(&s.folder, 40, &s.a, "by hand");
	nss_row_trust(&s.folder, 41, RS_CKO_TRUST, &s.a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&s.folder, 42, RS_CKO_NSS_TRUST, &s.a, NSS_HASH, NSS_OLD_ANCHOR);
	ROWS_UNCHANGED(&s, rows_expect_undo(&s, RS_STEP_UNDONE, NULL));
	/* But not where only some are. */
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id = 42");
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(rows_count(&s, "id = 12"), 1);
	assert_int_equal(rows_count(&s, "id IN (10, 11)"), 0);
}

static void
test_database_gone(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *names = NULL;

	rows_scene_make(&s);
	rows_take_out(&s);
	assert_int_equal(unlink(s.folder.file), 0);
	rows_expect_undo(&s, RS_STEP_FAILED, "cannot be opened: no such file");
	names = file_names(s.folder.dir);
	assert_string_equal(names, "");
	assert_int_equal(rmdir(s.folder.dir), 0);
	rows_expect_undo(&s, RS_STEP_FAILED, "cannot be opened: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/step-rows/out-and-in", test_out_and_in),
		NSS_TEST("/step-rows/leaves-nothing", test_leaves_nothing),
		NSS_TEST("/step-rows/odd-values", test_odd_values),
		NSS_TEST("/step-rows/twice-the-same", test_twice_the_same),
		NSS_TEST("/step-rows/trigger", test_trigger),
		NSS_TEST("/step-rows/partly-gone", test_partly_gone),
		NSS_TEST("/step-rows/id-taken", test_id_taken),
		NSS_TEST("/step-rows/rowid-taken", test_rowid_taken),
		NSS_TEST("/step-rows/schema-grown", test_schema_grown),
		NSS_TEST("/step-rows/schema-shrunk", test_schema_shrunk),
		NSS_TEST("/step-rows/back-already", test_back_already),
		NSS_TEST("/step-rows/database-gone", test_database_gone),
	};

	return cmocka_run_group_tests_name("step-rows", tests, NULL, NULL);
}
