/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rows-fixture.h"

static void
expect_prepare_refused(struct rows_scene *s, const char *reason)
{
	ROWS_UNCHANGED(s, rs_step_rows_prepare(s->step, &s->part, false));
	rows_expect(s, RS_STEP_REFUSED, reason);
}

#define CHANGED "has changed since it was looked at: run the same command again"

/* An id that is another's by now: an honest root would go in its place. */
static void
test_id_of_another(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	NSS_CERT(honest);

	rows_scene_make(&s);
	nss_cert_make(&honest, "Honest", 2, 3);
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id = 10");
	expect_prepare_refused(&s, CHANGED);
	nss_row_cert(&s.folder, 10, &honest, "honest");
	expect_prepare_refused(&s, CHANGED);
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id IN (10, 11)");
	nss_row_cert(&s.folder, 10, &s.a, NULL);
	nss_row_trust(&s.folder, 11, RS_CKO_TRUST, &honest, NSS_HASH, NSS_NEW_ANCHOR);
	expect_prepare_refused(&s, CHANGED);
	/* Equal in issuer and serial, but its hash is not A's. */
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id = 11");
	nss_row_trust(&s.folder, 11, RS_CKO_TRUST, &s.twin, NSS_HASH, NSS_NEW_ANCHOR);
	expect_prepare_refused(&s, CHANGED);
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id = 11");
	nss_row_trust(&s.folder, 11, RS_CKO_TRUST, &s.a, NSS_NO_HASH, NSS_NEW_ANCHOR);
	rows_prepare(&s);
}

/* Of another kind: a key, which no finding can be. */
static void
test_id_of_a_key(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	nss_sql(&s.folder, "UPDATE nssPublic SET a0 = x'00000003' WHERE id = 10");
	expect_prepare_refused(&s, CHANGED);
}

/* What a lying worker may have told. */
static void
test_kind(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	s.step->store_kind = RS_KIND_TOOL_CONFIG;
	expect_prepare_refused(&s, "is no database that rows are taken out of");
	s.step->store_kind = NULL;
	expect_prepare_refused(&s, "is no database that rows are taken out of");
	s.step->store_kind = RS_KIND_CHROMIUM;
	expect_prepare_refused(&s, "cannot be opened: no such file");
	s.step->store_kind = RS_KIND_NSS;
	s.part.user = NULL;
	expect_prepare_refused(&s, "is no database that rows are taken out of");
}

static void
test_refused(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	RS_AUTOFREE char *other = NULL, *moved = NULL;

	rows_scene_make(&s);
	other = rs_printf("%s/other.db", s.folder.top);
	moved = rs_printf("%s/elsewhere", s.folder.top);
	assert_int_equal(link(s.folder.file, other), 0);
	expect_prepare_refused(&s, "has several names (hard links)");
	assert_int_equal(unlink(other), 0);
	s.user.uid++;
	rs_step_rows_prepare(s.step, &s.part, false);
	rows_expect(&s, RS_STEP_REFUSED, "cannot be opened: Operation not permitted");
	s.user.uid--;
	s.user.home = moved;
	assert_int_equal(mkdir(moved, 0700), 0);
	rs_step_rows_prepare(s.step, &s.part, false);
	rows_expect(&s, RS_STEP_REFUSED, "cannot be opened: Invalid cross-device link");
	s.user.home = s.folder.top;
	assert_int_equal(link(s.folder.file, other) | unlink(s.folder.file) |
			 symlink(other, s.folder.file), 0);
	rs_step_rows_prepare(s.step, &s.part, false);
	rows_expect(&s, RS_STEP_REFUSED, "cannot be opened: link to");
	assert_int_equal(unlink(s.folder.file), 0);
	rs_step_rows_prepare(s.step, &s.part, false);
	rows_expect(&s, RS_STEP_REFUSED, "cannot be opened: no such file");
}

static void
expect_foreign(const char *sql)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	rows_prepare(&s);
	nss_sql(&s.folder, "%s", sql);
	ROWS_UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_FAILED, "is not touched: not an NSS certificate database");
	ROWS_UNCHANGED(&s, rs_step_rows_undo(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_FAILED, "is not touched: not an NSS certificate database");
	rs_step_rows_prepare(s.step, &s.part, false);
	rows_expect(&s, RS_STEP_REFUSED, "is not touched: not an NSS certificate database");
}

static void
test_foreign(void **state RS_UNUSED)
{
	expect_foreign("ALTER TABLE nssPublic RENAME TO was; CREATE VIEW nssPublic AS SELECT * FROM was");
	expect_foreign("ALTER TABLE nssPublic ADD COLUMN \"x\"\"; DROP\"");
	expect_foreign("DROP TABLE nssPublic; CREATE TABLE nssPublic (id, a0, a11)");
}

/* Between the record and the deed. */
static void
test_changed_meanwhile(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	rows_prepare(&s);
	nss_sql(&s.folder, "UPDATE nssPublic SET a62c = x'00000003' WHERE id = 11");
	ROWS_UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	rows_expect(&s, RS_STEP_FAILED, "its rows were changed by somebody else");
	assert_int_equal(rows_count(&s, "id IN (10, 11, 12)"), 3);
}

/* Another program writes: after a bounded wait the step is left for later. */
static void
test_locked(void **state RS_UNUSED)
{
	ROWS_SCENE(s);
	sqlite3 *db;

	rows_scene_make(&s);
	rows_prepare(&s);
	assert_int_equal(sqlite3_open(s.folder.file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE; UPDATE nssPublic SET a1 = a1", NULL, NULL,
				      NULL), SQLITE_OK);
	rs_step_rows_do(s.step, &s.user, false);
	rows_expect(&s, RS_STEP_PENDING, "is in use by another program: close it");
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(rows_count(&s, "id IN (10, 11, 12)"), 3);
	rs_step_rows_do(s.step, &s.user, false);
	rows_expect(&s, RS_STEP_DONE, NULL);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	rows_expect_undo(&s, RS_STEP_PENDING, "close it, then run rootsweep recover");
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(rows_count(&s, "1"), 6);
}

static void
test_damaged(void **state RS_UNUSED)
{
	ROWS_SCENE(s);

	rows_scene_make(&s);
	rows_prepare(&s);
	file_puts(s.folder.file, "no database, and too short for one as well");
	rs_step_rows_do(s.step, &s.user, false);
	rows_expect(&s, RS_STEP_FAILED, "cannot be opened: not an SQLite database");
	assert_int_equal(truncate(s.folder.file, 0), 0);
	rs_step_rows_undo(s.step, &s.user, false);
	rows_expect(&s, RS_STEP_FAILED, "cannot be opened: an empty file");
}

/* Whichever call fails or is the last: all of it is out, or all of it is in. */
static void
expect_whole(const char *variable, bool undo)
{
	int status, n = 0;

	do {
		ROWS_SCENE(s);
		pid_t pid;

		rows_scene_make(&s);
		if (undo)
			rows_take_out(&s);
		else
			rows_prepare(&s);
		n++;
		pid = fork();
		if (pid == 0) {
			file_fail_at(variable, n);
			(undo ? rs_step_rows_undo : rs_step_rows_do)(s.step, &s.user, false);
			_exit(s.step->state == (undo ? RS_STEP_UNDONE : RS_STEP_DONE) ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(rows_count(&s, "id IN (10, 11, 12)"), (status == 0) != undo ? 0 : 3);
		rs_step_rows_do(s.step, &s.user, false);
		rows_expect(&s, RS_STEP_DONE, NULL);
		rows_expect_undo(&s, RS_STEP_UNDONE, NULL);
		assert_int_equal(rows_count(&s, "1"), 6);
	} while (status != 0);
	/* Begin, three rows, commit; and once without a failure. */
	assert_int_equal(n, 6);
}

static void
test_fails(void **state RS_UNUSED)
{
	expect_whole("ROOTSWEEP_FAIL_AT", false);
	expect_whole("ROOTSWEEP_FAIL_AT", true);
}

static void
test_killed(void **state RS_UNUSED)
{
	expect_whole("ROOTSWEEP_KILL_AT", false);
	expect_whole("ROOTSWEEP_KILL_AT", true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/step-rows-bad/id-of-another", test_id_of_another),
		NSS_TEST("/step-rows-bad/id-of-a-key", test_id_of_a_key),
		NSS_TEST("/step-rows-bad/kind", test_kind),
		NSS_TEST("/step-rows-bad/refused", test_refused),
		NSS_TEST("/step-rows-bad/foreign", test_foreign),
		NSS_TEST("/step-rows-bad/changed-meanwhile", test_changed_meanwhile),
		NSS_TEST("/step-rows-bad/locked", test_locked),
		NSS_TEST("/step-rows-bad/damaged", test_damaged),
		NSS_TEST("/step-rows-bad/fails", test_fails),
		NSS_TEST("/step-rows-bad/killed", test_killed),
	};

	return cmocka_run_group_tests_name("step-rows-bad", tests, NULL, NULL);
}
