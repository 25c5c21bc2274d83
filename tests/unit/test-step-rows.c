/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file-fixture.h"
#include "match.h"
#include "nss-fixture.h"
#include "step.h"

#define SCENE(name) RS_CLEANUP(scene_remove) struct scene name

/* A database with root A (rows 10 and 11) and others, and a step on A. */
struct scene {
	struct nss_folder folder;
	struct nss_cert a, twin;	/* twin: the same issuer and serial, another key */
	struct rs_user user;
	struct rs_part part;
	struct rs_store *store;
	struct rs_finding finding;
	struct rs_step *step;
};

static void
find(struct scene *s, const char *ids)
{
	RS_AUTOFREE char *copy = rs_strdup(ids);
	char *save = NULL;

	s->step = rs_step_new(RS_STEP_ROWS, RS_KIND_NSS, s->store->id, s->folder.file);
	for (char *id = strtok_r(copy, " ", &save); id != NULL; id = strtok_r(NULL, " ", &save))
		rs_array_add_str(&s->step->ids, id);
}

static void
scene_make(struct scene *s)
{
	*s = (struct scene){ 0 };
	nss_folder_make(&s->folder, "profile");
	nss_schema(&s->folder);
	nss_cert_make(&s->a, "A", 1, 1);
	nss_cert_make(&s->twin, "A", 1, 2);
	nss_row_cert(&s->folder, 5, &s->twin, "twin");
	nss_row_cert(&s->folder, 10, &s->a, NULL);
	nss_row_trust(&s->folder, 6, RS_CKO_TRUST, &s->twin, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&s->folder, 11, RS_CKO_TRUST, &s->a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&s->folder, 12, RS_CKO_NSS_TRUST, &s->a, NSS_HASH, NSS_OLD_ANCHOR);
	nss_row_trust(&s->folder, 7, RS_CKO_NSS_TRUST, &s->twin, NSS_HASH, NSS_OLD_ANCHOR);
	s->user = (struct rs_user){ .name = s->folder.top, .home = s->folder.top,
				    .uid = geteuid(), .gid = getegid() };
	s->store = rs_store_new(RS_KIND_NSS, "u", s->folder.file);
	s->finding.store = s->store;
	s->finding.anchor = rs_store_add(s->store, rs_anchor_new(rs_cert_copy(s->a.cert)));
	s->part.user = &s->user;
	rs_array_add(&s->part.findings, &s->finding);
	find(s, "10 11 12");
}

static void
scene_remove(struct scene *s)
{
	rs_step_free(s->step);
	rs_store_free(s->store);
	rs_array_free(&s->part.findings);
	nss_cert_free(&s->a);
	nss_cert_free(&s->twin);
	nss_folder_remove(&s->folder);
}

/* Schema and rows, in the order of rowids, each value with its type. */
static char *
dump(const struct scene *s)
{
	struct rs_buf text = { 0 };
	sqlite3 *db;
	sqlite3_stmt *stmt;
	static const char *const queries[] = {
		"SELECT sql FROM sqlite_schema ORDER BY rowid",
		"SELECT rowid, * FROM nssPublic ORDER BY rowid",
		"PRAGMA integrity_check",
	};

	assert_int_equal(sqlite3_open(s->folder.file, &db), SQLITE_OK);
	for (size_t i = 0; i < RS_COUNT(queries); i++) {
		assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			for (int k = 0; k < sqlite3_column_count(stmt); k++) {
				RS_AUTOFREE char *hex = rs_hex(sqlite3_column_blob(stmt, k),
				    (size_t)sqlite3_column_bytes(stmt, k));

				rs_buf_printf(&text, "%d:%s ", sqlite3_column_type(stmt, k), hex);
			}
			rs_buf_puts(&text, "\n");
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	return rs_buf_steal(&text);
}

static long
count(const struct scene *s, const char *condition)
{
	RS_AUTOFREE char *sql = rs_printf("SELECT count(*) FROM nssPublic WHERE %s", condition);
	sqlite3_stmt *stmt;
	sqlite3 *db;
	long n;

	assert_int_equal(sqlite3_open(s->folder.file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

static void
expect_state(const struct scene *s, enum rs_step_state state, const char *reason)
{
	if (s->step->state != state)
		fail_msg("%s: %s", rs_step_state_name(s->step->state), s->step->reason);
	if (reason == NULL)
		assert_null(s->step->reason);
	else if (strstr(s->step->reason, reason) == NULL)
		assert_string_equal(s->step->reason, reason);
}

static void
prepare(struct scene *s)
{
	rs_step_set(s->step, RS_STEP_PLANNED, NULL);
	rs_step_rows_prepare(s->step, &s->part, false);
	expect_state(s, RS_STEP_PLANNED, NULL);
}

static void
take_out(struct scene *s)
{
	prepare(s);
	rs_step_rows_do(s->step, &s->user, false);
	expect_state(s, RS_STEP_DONE, NULL);
	assert_int_equal(count(s, "id IN (10, 11, 12)"), 0);
	assert_int_equal(count(s, "id IN (5, 6, 7)"), 3);
}

static void
expect_undo(struct scene *s, enum rs_step_state state, const char *reason)
{
	rs_step_rows_undo(s->step, &s->user, false);
	expect_state(s, state, reason);
}

/* Nothing of the database is changed by what does not come about. */
#define UNCHANGED(s, call) \
	do { \
		RS_AUTOFREE char *before_ = dump(s), *after_ = NULL; \
		call; \
		after_ = dump(s); \
		assert_string_equal(after_, before_); \
	} while (0)

static void
test_out_and_in(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	scene_make(&s);
	before = dump(&s);
	take_out(&s);
	assert_int_equal(s.step->rows.n, 3);
	UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	expect_state(&s, RS_STEP_DONE, NULL);
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = dump(&s);
	assert_string_equal(after, before);
	UNCHANGED(&s, expect_undo(&s, RS_STEP_UNDONE, NULL));
}

/* No name beside it is left behind. */
static void
test_leaves_nothing(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *names = NULL;

	scene_make(&s);
	take_out(&s);
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	names = file_names(s.folder.dir);
	assert_string_equal(names, "cert9.db ");
}

/* What NSS would not write, but SQLite can hold. */
static void
test_odd_values(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	scene_make(&s);
	nss_sql(&s.folder, "UPDATE nssPublic SET a1 = 'text \" ]]> ' || char(1, 0x10fffe), a2 = 0.1, "
		"a80 = -9223372036854775808, a62d = x'', a170 = '', a8c = 1e308 WHERE id = 11;"
		"UPDATE nssPublic SET a3 = x'00ff', a1 = CAST(x'ff00fe' AS TEXT) WHERE id = 10");
	before = dump(&s);
	take_out(&s);
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = dump(&s);
	assert_string_equal(after, before);
}

static void
test_twice_the_same(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	scene_make(&s);
	nss_row_cert(&s.folder, 20, &s.a, "again");
	nss_row_trust(&s.folder, 21, RS_CKO_TRUST, &s.a, NSS_HASH, NSS_NEW_ANCHOR);
	rs_step_free(s.step);
	find(&s, "10 20 11 12 21");
	before = dump(&s);
	take_out(&s);
	assert_int_equal(count(&s, "id IN (20, 21)"), 0);
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	after = dump(&s);
	assert_string_equal(after, before);
}

static void
expect_prepare_refused(struct scene *s, const char *reason)
{
	UNCHANGED(s, rs_step_rows_prepare(s->step, &s->part, false));
	expect_state(s, RS_STEP_REFUSED, reason);
}

#define CHANGED "has changed since it was looked at: run the same command again"

/* An id that is another's by now: an honest root would go in its place. */
static void
test_id_of_another(void **state RS_UNUSED)
{
	SCENE(s);
	NSS_CERT(honest);

	scene_make(&s);
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
	prepare(&s);
}

/* Of another kind: a key, which no finding can be. */
static void
test_id_of_a_key(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	nss_sql(&s.folder, "UPDATE nssPublic SET a0 = x'00000003' WHERE id = 10");
	expect_prepare_refused(&s, CHANGED);
}

static void
test_refused(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *other = NULL, *moved = NULL;

	scene_make(&s);
	other = rs_printf("%s/other.db", s.folder.top);
	moved = rs_printf("%s/elsewhere", s.folder.top);
	assert_int_equal(link(s.folder.file, other), 0);
	expect_prepare_refused(&s, "has several names (hard links)");
	assert_int_equal(unlink(other), 0);
	s.user.uid++;
	rs_step_rows_prepare(s.step, &s.part, false);
	expect_state(&s, RS_STEP_REFUSED, "cannot be opened: Operation not permitted");
	s.user.uid--;
	s.user.home = moved;
	assert_int_equal(mkdir(moved, 0700), 0);
	rs_step_rows_prepare(s.step, &s.part, false);
	expect_state(&s, RS_STEP_REFUSED, "cannot be opened: Invalid cross-device link");
	s.user.home = s.folder.top;
	assert_int_equal(link(s.folder.file, other) | unlink(s.folder.file) |
			 symlink(other, s.folder.file), 0);
	rs_step_rows_prepare(s.step, &s.part, false);
	expect_state(&s, RS_STEP_REFUSED, "cannot be opened: link to");
	assert_int_equal(unlink(s.folder.file), 0);
	rs_step_rows_prepare(s.step, &s.part, false);
	expect_state(&s, RS_STEP_REFUSED, "cannot be opened: no such file");
}

static void
expect_foreign(const char *sql)
{
	SCENE(s);

	scene_make(&s);
	prepare(&s);
	nss_sql(&s.folder, "%s", sql);
	UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	expect_state(&s, RS_STEP_FAILED, "is not touched: not an NSS certificate database");
	UNCHANGED(&s, rs_step_rows_undo(s.step, &s.user, false));
	expect_state(&s, RS_STEP_FAILED, "is not touched: not an NSS certificate database");
	rs_step_rows_prepare(s.step, &s.part, false);
	expect_state(&s, RS_STEP_REFUSED, "is not touched: not an NSS certificate database");
}

static void
test_foreign(void **state RS_UNUSED)
{
	expect_foreign("ALTER TABLE nssPublic RENAME TO was; CREATE VIEW nssPublic AS SELECT * FROM was");
	expect_foreign("ALTER TABLE nssPublic ADD COLUMN \"x\"\"; DROP\"");
	expect_foreign("DROP TABLE nssPublic; CREATE TABLE nssPublic (id, a0, a11)");
}

/* A trigger of a stranger's must not act under our hands. */
static void
test_trigger(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	nss_sql(&s.folder, "CREATE TRIGGER t AFTER DELETE ON nssPublic BEGIN DELETE FROM nssPublic; END");
	take_out(&s);
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(count(&s, "1"), 6);
}

/*
 * Changed between the record and the deed.
 */

static void
test_changed_meanwhile(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	prepare(&s);
	nss_sql(&s.folder, "UPDATE nssPublic SET a62c = x'00000003' WHERE id = 11");
	UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	expect_state(&s, RS_STEP_FAILED, "its rows were changed by somebody else");
	assert_int_equal(count(&s, "id IN (10, 11, 12)"), 3);
}

/* Somebody took some of it out by hand: the rest goes as well. */
static void
test_partly_gone(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	prepare(&s);
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id = 11");
	rs_step_rows_do(s.step, &s.user, false);
	expect_state(&s, RS_STEP_DONE, NULL);
	assert_int_equal(count(&s, "id IN (10, 11, 12)"), 0);
}

/*
 * And between the deed and its undoing.
 */

static void
test_id_taken(void **state RS_UNUSED)
{
	SCENE(s);
	NSS_CERT(other);

	scene_make(&s);
	take_out(&s);
	nss_cert_make(&other, "Other", 3, 3);
	nss_row_cert(&s.folder, 11, &other, "other");
	UNCHANGED(&s, expect_undo(&s, RS_STEP_CONFLICT, "its rows were changed by somebody else"));
	assert_int_equal(count(&s, "id IN (10, 12)"), 0);
}

static void
test_rowid_taken(void **state RS_UNUSED)
{
	SCENE(s);
	NSS_CERT(other);

	scene_make(&s);
	take_out(&s);
	nss_cert_make(&other, "Other", 3, 3);
	nss_sql(&s.folder, "INSERT INTO nssPublic (rowid, id, a0) VALUES (2, 30, x'00000001')");
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(count(&s, "id IN (10, 11, 12)"), 3);
	assert_int_equal(count(&s, "id = 30 AND rowid = 2"), 1);
	assert_int_equal(count(&s, "id = 11 AND rowid = 4"), 1);
	UNCHANGED(&s, expect_undo(&s, RS_STEP_UNDONE, NULL));
}

/* A newer NSS came and wrote its columns. */
static void
test_schema_grown(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	take_out(&s);
	nss_sql(&s.folder, "ALTER TABLE nssPublic ADD COLUMN aabc; ALTER TABLE nssPublic ADD COLUMN aabd");
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(count(&s, "id IN (10, 11, 12) AND aabc IS NULL"), 3);
	UNCHANGED(&s, expect_undo(&s, RS_STEP_UNDONE, NULL));
	/* Then it filled them: that is no longer what was taken out. */
	nss_sql(&s.folder, "UPDATE nssPublic SET aabc = x'01' WHERE id = 10");
	UNCHANGED(&s, rs_step_rows_do(s.step, &s.user, false));
	expect_state(&s, RS_STEP_FAILED, "its rows were changed by somebody else");
}

/* An older one made the database anew, without a column that is needed. */
static void
test_schema_shrunk(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	take_out(&s);
	nss_sql(&s.folder, "ALTER TABLE nssPublic DROP COLUMN a635");
	UNCHANGED(&s, expect_undo(&s, RS_STEP_FAILED, "a635"));
}

/* The same objects under other ids: they are back already. */
static void
test_back_already(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	take_out(&s);
	nss_row_cert(&s.folder, 40, &s.a, "by hand");
	nss_row_trust(&s.folder, 41, RS_CKO_TRUST, &s.a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&s.folder, 42, RS_CKO_NSS_TRUST, &s.a, NSS_HASH, NSS_OLD_ANCHOR);
	UNCHANGED(&s, expect_undo(&s, RS_STEP_UNDONE, NULL));
	/* But not where only some are. */
	nss_sql(&s.folder, "DELETE FROM nssPublic WHERE id = 42");
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(count(&s, "id = 12"), 1);
	assert_int_equal(count(&s, "id IN (10, 11)"), 0);
}

static void
test_database_gone(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *names = NULL;

	scene_make(&s);
	take_out(&s);
	assert_int_equal(unlink(s.folder.file), 0);
	expect_undo(&s, RS_STEP_FAILED, "cannot be opened: no such file");
	names = file_names(s.folder.dir);
	assert_string_equal(names, "");
	assert_int_equal(rmdir(s.folder.dir), 0);
	expect_undo(&s, RS_STEP_FAILED, "cannot be opened: No such file or directory");
}

/* Another program writes: after a bounded wait it is left alone. */
static void
test_locked(void **state RS_UNUSED)
{
	SCENE(s);
	sqlite3 *db;

	scene_make(&s);
	prepare(&s);
	assert_int_equal(sqlite3_open(s.folder.file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE; UPDATE nssPublic SET a1 = a1", NULL, NULL,
				      NULL), SQLITE_OK);
	rs_step_rows_do(s.step, &s.user, false);
	expect_state(&s, RS_STEP_FAILED, "close the program that uses it");
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(count(&s, "id IN (10, 11, 12)"), 3);
	rs_step_rows_do(s.step, &s.user, false);
	expect_state(&s, RS_STEP_DONE, NULL);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	expect_undo(&s, RS_STEP_FAILED, "close");
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_undo(&s, RS_STEP_UNDONE, NULL);
	assert_int_equal(count(&s, "1"), 6);
}

static void
test_damaged(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	prepare(&s);
	file_puts(s.folder.file, "no database, and too short for one as well");
	rs_step_rows_do(s.step, &s.user, false);
	expect_state(&s, RS_STEP_FAILED, "cannot be opened: not an SQLite database");
	assert_int_equal(truncate(s.folder.file, 0), 0);
	rs_step_rows_undo(s.step, &s.user, false);
	expect_state(&s, RS_STEP_FAILED, "cannot be opened: an empty file");
}

/* Whichever call fails or is the last: all of it is out, or all of it is in. */
static void
expect_whole(const char *variable, bool undo)
{
	int status, n = 0;

	do {
		SCENE(s);
		pid_t pid;

		scene_make(&s);
		if (undo)
			take_out(&s);
		else
			prepare(&s);
		n++;
		pid = fork();
		if (pid == 0) {
			file_fail_at(variable, n);
			(undo ? rs_step_rows_undo : rs_step_rows_do)(s.step, &s.user, false);
			_exit(s.step->state == (undo ? RS_STEP_UNDONE : RS_STEP_DONE) ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(count(&s, "id IN (10, 11, 12)"), (status == 0) != undo ? 0 : 3);
		rs_step_rows_do(s.step, &s.user, false);
		expect_state(&s, RS_STEP_DONE, NULL);
		expect_undo(&s, RS_STEP_UNDONE, NULL);
		assert_int_equal(count(&s, "1"), 6);
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
		NSS_TEST("/step-rows/out-and-in", test_out_and_in),
		NSS_TEST("/step-rows/leaves-nothing", test_leaves_nothing),
		NSS_TEST("/step-rows/odd-values", test_odd_values),
		NSS_TEST("/step-rows/twice-the-same", test_twice_the_same),
		NSS_TEST("/step-rows/id-of-another", test_id_of_another),
		NSS_TEST("/step-rows/id-of-a-key", test_id_of_a_key),
		NSS_TEST("/step-rows/refused", test_refused),
		NSS_TEST("/step-rows/foreign", test_foreign),
		NSS_TEST("/step-rows/trigger", test_trigger),
		NSS_TEST("/step-rows/changed-meanwhile", test_changed_meanwhile),
		NSS_TEST("/step-rows/partly-gone", test_partly_gone),
		NSS_TEST("/step-rows/id-taken", test_id_taken),
		NSS_TEST("/step-rows/rowid-taken", test_rowid_taken),
		NSS_TEST("/step-rows/schema-grown", test_schema_grown),
		NSS_TEST("/step-rows/schema-shrunk", test_schema_shrunk),
		NSS_TEST("/step-rows/back-already", test_back_already),
		NSS_TEST("/step-rows/database-gone", test_database_gone),
		NSS_TEST("/step-rows/locked", test_locked),
		NSS_TEST("/step-rows/damaged", test_damaged),
		NSS_TEST("/step-rows/fails", test_fails),
		NSS_TEST("/step-rows/killed", test_killed),
	};

	return cmocka_run_group_tests_name("step-rows", tests, NULL, NULL);
}
