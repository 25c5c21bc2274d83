/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening databases to write, and SQLite's defences; what a reader meets is
 * in test-nss-bad.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nss-fixture.h"
#include "sqlite-open.h"

#define DATABASE(name) RS_CLEANUP(rs_sqlite_close) sqlite3 *name = NULL

static sqlite3 *
writable(const struct nss_folder *folder)
{
	RS_AUTOFREE char *why = NULL;
	sqlite3 *db;

	if (rs_sqlite_open(folder->fd, "cert9.db", true, &db, &why) != RS_SQLITE_OK)
		fail_msg("%s", why);
	assert_null(why);
	return db;
}

static int
number_of(sqlite3 *db, const char *sql)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	return sqlite3_column_int(stmt, 0);
}

static bool
works(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void
test_write(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	DATABASE(db);

	nss_folder_make(&folder, "it's] x>");
	nss_sql(&folder, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	db = writable(&folder);
	assert_true(works(db, "BEGIN IMMEDIATE; INSERT INTO t VALUES (2); COMMIT"));
	assert_int_equal(number_of(db, "SELECT count(*) FROM t"), 2);
}

/* The folder is what was opened, wherever it lies now and whatever has taken its name. */
static void
test_folder_moves(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	DATABASE(db);
	RS_AUTOFREE char *away = NULL, *journal = NULL;

	nss_folder_make(&folder, "profile");
	nss_sql(&folder, "CREATE TABLE t (x)");
	away = rs_printf("%s/away", folder.top);
	assert_int_equal(rename(folder.dir, away), 0);
	assert_int_equal(symlink("/etc", folder.dir), 0);
	db = writable(&folder);
	assert_true(works(db, "BEGIN IMMEDIATE; INSERT INTO t VALUES (2)"));
	journal = rs_printf("%s/cert9.db-journal", away);
	assert_int_equal(access(journal, F_OK), 0);
	assert_true(works(db, "COMMIT"));
	assert_int_equal(access(journal, F_OK), -1);
}

static void
test_no_foreign_code(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	DATABASE(db);

	nss_folder_make(&folder, NULL);
	nss_sql(&folder, "CREATE TABLE t (x); INSERT INTO t VALUES (1); CREATE TABLE log (x);"
		"CREATE VIEW v AS SELECT x FROM t;"
		"CREATE TRIGGER r AFTER DELETE ON t BEGIN INSERT INTO log VALUES (1); END");
	db = writable(&folder);
	assert_true(works(db, "DELETE FROM t"));
	assert_int_equal(number_of(db, "SELECT count(*) FROM log"), 0);
	assert_false(works(db, "SELECT * FROM v"));
	assert_false(works(db, "ATTACH ':memory:' AS other"));
	assert_false(works(db, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'x'"));
	assert_false(works(db, "SELECT load_extension('/tmp/other')"));
}

static void
test_bounded_time(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	DATABASE(db);
	RS_AUTOFREE char *why = NULL;
	time_t start = time(NULL);
	int rc;

	nss_folder_make(&folder, NULL);
	nss_sql(&folder, "CREATE TABLE t (x)");
	assert_int_equal(rs_sqlite_open(folder.fd, "cert9.db", false, &db, &why), RS_SQLITE_OK);
	rc = sqlite3_exec(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
			  "SELECT count(*) FROM n", NULL, NULL, NULL);
	assert_int_equal(rc, SQLITE_INTERRUPT);
	assert_int_equal(rs_sqlite_failed(db, rc, &why), RS_SQLITE_BAD);
	assert_true(rs_starts(why, "takes too long to read"));
	assert_true(time(NULL) - start <= 5);
}

static void
test_read_only(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	DATABASE(db);
	RS_AUTOFREE char *why = NULL;

	nss_folder_make(&folder, NULL);
	nss_sql(&folder, "CREATE TABLE t (x)");
	assert_int_equal(rs_sqlite_open(folder.fd, "cert9.db", false, &db, &why), RS_SQLITE_OK);
	assert_false(works(db, "INSERT INTO t VALUES (1)"));
}

/* In a child, as root may write everything. */
static void
test_may_not_write(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	int status;
	pid_t pid;

	nss_folder_make(&folder, NULL);
	nss_sql(&folder, "CREATE TABLE t (x)");
	assert_int_equal(chmod(folder.dir, 0755), 0);
	assert_int_equal(chmod(folder.file, 0444), 0);
	pid = fork();
	if (pid == 0) {
		RS_AUTOFREE char *why = NULL;
		sqlite3 *db;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		_exit(rs_sqlite_open(folder.fd, "cert9.db", true, &db, &why) == RS_SQLITE_BAD &&
		      db == NULL && rs_streq(why, "may not be written: permission denied") ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_no_links_to_write(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_FOLDER(other);
	DATABASE(db);
	RS_AUTOFREE char *why = NULL;

	nss_folder_make(&folder, NULL);
	nss_folder_make(&other, NULL);
	nss_sql(&other, "CREATE TABLE t (x)");
	assert_int_equal(symlink(other.file, folder.file), 0);
	assert_int_equal(rs_sqlite_open(folder.fd, "cert9.db", true, &db, &why), RS_SQLITE_LINK);
	assert_null(db);
	assert_non_null(strstr(why, other.file));
}

/* To write SQLite repairs the file itself, as any program would that opens it. */
static void
test_hot_journal(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	DATABASE(db);
	pid_t pid;

	nss_folder_make(&folder, NULL);
	nss_sql(&folder, "CREATE TABLE t (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
		"SELECT i + 1 FROM n LIMIT 200) INSERT INTO t SELECT zeroblob(3000) FROM n");
	pid = fork();
	if (pid == 0) {
		sqlite3 *mine;

		_exit(sqlite3_open(folder.file, &mine) == SQLITE_OK &&
		      works(mine, "PRAGMA cache_size=2; BEGIN; UPDATE t SET x = NULL") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	db = writable(&folder);
	assert_int_equal(number_of(db, "SELECT count(*) FROM t WHERE length(x) = 3000"), 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/sqlite-open/write", test_write),
		NSS_TEST("/sqlite-open/folder-moves", test_folder_moves),
		NSS_TEST("/sqlite-open/no-foreign-code", test_no_foreign_code),
		NSS_TEST("/sqlite-open/bounded-time", test_bounded_time),
		NSS_TEST("/sqlite-open/read-only", test_read_only),
		NSS_TEST("/sqlite-open/may-not-write", test_may_not_write),
		NSS_TEST("/sqlite-open/no-links-to-write", test_no_links_to_write),
		NSS_TEST("/sqlite-open/hot-journal", test_hot_journal),
	};

	return cmocka_run_group_tests_name("sqlite-open", tests, NULL, NULL);
}
