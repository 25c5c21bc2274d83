/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Databases that are none, are damaged, or made to harm who reads them.
 * Every reading also checks that nothing in the folder has changed (nss_read).
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

static void
put(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void
test_absent(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);

	nss_folder_make(&folder, NULL);
	nss_expect_bad(&folder, RS_STORE_ABSENT, "no such file");
}

static void
test_no_database(void **state RS_UNUSED)
{
	static const char text[] = "[General]\nThis is a text, and no database of any kind.\n";
	static const char berkeley[200] = "\x00\x06\x15\x61\x00\x00\x00\x02";
	static const char berkeley_later[200] = "\0\0\0\0\0\0\0\0\0\0\0\0\x62\x31\x05\x00";
	static const struct { const void *data; size_t len; const char *reason; } cases[] = {
		{ "", 0, "an empty file" },
		{ text, sizeof(text), "not an SQLite database" },
		{ "S", 1, "not an SQLite database" },
		{ "SQLite format 3\0\x10\0", 18, "truncated: only 18 bytes" },
		{ berkeley, sizeof(berkeley), "a Berkeley DB file" },
		{ berkeley_later, sizeof(berkeley_later), "a Berkeley DB file" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		NSS_FOLDER(folder);

		nss_folder_make(&folder, NULL);
		put(folder.file, cases[i].data, cases[i].len);
		nss_expect_bad(&folder, RS_STORE_ERROR, cases[i].reason);
	}
}

static void
test_no_file(void **state RS_UNUSED)
{
	NSS_FOLDER(directory);
	NSS_FOLDER(fifo);
	NSS_FOLDER(symlinked);

	nss_folder_make(&directory, NULL);
	assert_int_equal(mkdir(directory.file, 0700), 0);
	nss_expect_bad(&directory, RS_STORE_ERROR, "a folder, not a database");
	nss_folder_make(&fifo, NULL);
	assert_int_equal(mkfifo(fifo.file, 0600), 0);
	nss_expect_bad(&fifo, RS_STORE_ERROR, "a special file, not a database");
	nss_folder_make(&symlinked, NULL);
	assert_int_equal(symlink("/etc/hostname", symlinked.file), 0);
	nss_expect_bad(&symlinked, RS_STORE_SKIPPED, "skipped: link to /etc/hostname");
}

static void
test_truncated(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	struct stat st;

	nss_trusting(&folder, &a);
	assert_int_equal(stat(folder.file, &st), 0);
	assert_int_equal(truncate(folder.file, st.st_size - 4096), 0);
	nss_expect_bad(&folder, RS_STORE_ERROR, "truncated: ");
	assert_int_equal(truncate(folder.file, 1000), 0);
	nss_expect_bad(&folder, RS_STORE_ERROR, "");
}

static void
test_damaged(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	char junk[4096];
	int fd;

	nss_trusting(&folder, &a);
	memset(junk, 0xff, sizeof(junk));
	fd = open(folder.file, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 4096), sizeof(junk));
	close(fd);
	nss_expect_bad(&folder, RS_STORE_ERROR, "damaged: ");
}

/* Rows alone would read well; softoken looks into the index. */
static void
test_damaged_index(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	char junk[200];
	int fd;

	nss_trusting(&folder, &a);
	/* A page for the table, its own index on the id, then one for each other index. */
	memset(junk, 0xff, sizeof(junk));
	fd = open(folder.file, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 3 * 4096), sizeof(junk));
	close(fd);
	nss_expect_bad(&folder, RS_STORE_ERROR, "damaged: ");
}

static void
test_too_large(void **state RS_UNUSED)
{
	NSS_FOLDER(file);
	NSS_FOLDER(blob);
	NSS_FOLDER(rows);
	NSS_CERT(a);
	NSS_CERT(b);

	nss_trusting(&file, &a);
	assert_int_equal(truncate(file.file, (off_t)RS_SQLITE_MAX_SIZE + 4096), 0);
	nss_expect_bad(&file, RS_STORE_ERROR, "larger than 256 MiB");
	nss_trusting(&blob, &b);
	nss_sql(&blob, "UPDATE nssPublic SET a11 = zeroblob(20000000)");
	nss_expect_bad(&blob, RS_STORE_ERROR, "SQLite cannot read it: string or blob too big");
	nss_folder_make(&rows, NULL);
	nss_schema(&rows);
	nss_sql(&rows, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		"LIMIT 60000) INSERT INTO nssPublic (id, a0) SELECT i, x'0000000b' FROM n");
	nss_expect_bad(&rows, RS_STORE_ERROR, "holds more than 50000 certificates");
}

#define TABLE "CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT"

static void
test_foreign_schema(void **state RS_UNUSED)
{
	static const char *const schemas[] = {
		"CREATE TABLE certificates (sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB)",
		"CREATE TABLE nssPrivate (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0)",
		"CREATE TABLE nssPublic (id, a0)",
		TABLE ", a0, b1)",
		TABLE ", a0, a11 AS (a0))",
		TABLE ", a0) WITHOUT ROWID",
		TABLE ", a0 CHECK (a0 <> 1))",
		"CREATE TABLE NSSPUBLIC (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0)",
		"CREATE VIRTUAL TABLE nssPublic USING fts5(id, a0)",
		"CREATE TABLE t (id, a0); CREATE VIEW nssPublic AS SELECT id, a0 FROM t",
	};

	for (size_t i = 0; i < RS_COUNT(schemas); i++) {
		NSS_FOLDER(folder);

		nss_folder_make(&folder, NULL);
		nss_sql(&folder, "%s", schemas[i]);
		nss_expect_bad(&folder, RS_STORE_ERROR, "not an NSS certificate database: ");
	}
}

/* Nothing but SIGKILL ends softoken on this one. */
static void
test_endless_view(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);

	nss_folder_make(&folder, NULL);
	nss_sql(&folder, "CREATE VIEW nssPublic AS WITH RECURSIVE t(id) AS (SELECT 1 UNION ALL "
		"SELECT id + 1 FROM t) SELECT id, x'00000001' AS a0 FROM t");
	alarm(10);
	nss_expect_bad(&folder, RS_STORE_ERROR, "not an NSS certificate database: its table");
	alarm(0);
}

static void
test_triggers_and_more_tables(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);

	nss_trusting(&folder, &a);
	nss_sql(&folder, "CREATE TABLE log (what); CREATE VIEW endless AS WITH RECURSIVE t(id) AS "
		"(SELECT 1 UNION ALL SELECT id + 1 FROM t) SELECT id FROM t;"
		"CREATE TRIGGER t AFTER DELETE ON nssPublic BEGIN INSERT INTO log VALUES (1); END");
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n",
		   a.cert->sha256);
}

/* An index of all columns stands in for its table, if it is let: here another's, empty. */
static void
test_index_that_lies(void **state RS_UNUSED)
{
	static const char columns[] = "id, a0, a3, a11, a81, a82, ace5363b4, ace536358, ace536359, "
	    "ace53635a, ace53635b, a635, a8c, a62c, a62d, a62e, a62f";
	NSS_FOLDER(folder);
	NSS_CERT(a);
	struct rs_store *store;

	nss_trusting(&folder, &a);
	nss_sql(&folder, "CREATE TABLE empty AS SELECT * FROM nssPublic WHERE 0;"
		"CREATE INDEX cover ON nssPublic (%s); CREATE INDEX hollow ON empty (%s);"
		"PRAGMA writable_schema=ON;"
		"UPDATE sqlite_schema SET rootpage = (SELECT sum(rootpage) FROM sqlite_schema "
		"WHERE name IN ('cover', 'hollow')) - rootpage WHERE name IN ('cover', 'hollow')",
		columns, columns);
	store = nss_read(&folder, nss_softoken);
	assert_int_equal(store->anchors.n, 1);
	rs_store_free(store);
}

static void
test_companions(void **state RS_UNUSED)
{
	static const char *const suffixes[] = { "-journal", "-wal", "-shm" };

	for (size_t i = 0; i < RS_COUNT(suffixes); i++) {
		NSS_FOLDER(folder);
		NSS_CERT(a);
		RS_AUTOFREE char *path = NULL, *reason = NULL;

		nss_trusting(&folder, &a);
		path = rs_printf("%s%s", folder.file, suffixes[i]);
		reason = rs_printf("cert9.db%s beside it is not a regular file", suffixes[i]);
		assert_int_equal(mkfifo(path, 0600), 0);
		nss_expect_bad(&folder, RS_STORE_ERROR, reason);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink("/etc/hostname", path), 0);
		nss_expect_bad(&folder, RS_STORE_ERROR, reason);
	}
}

/* In a child, as root may read everything. */
static void
test_unreadable(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	int status;
	pid_t pid;

	nss_trusting(&folder, &a);
	assert_int_equal(chmod(folder.top, 0755), 0);
	assert_int_equal(chmod(folder.dir, 0755), 0);
	assert_int_equal(chmod(folder.file, 0), 0);
	pid = fork();
	if (pid == 0) {
		struct rs_store *store;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		store = rs_store_nss_read("somebody", folder.file, folder.fd, NULL);
		_exit(store->state == RS_STORE_ERROR &&
		      rs_streq(store->reason, "may not be read: permission denied") ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* SQLite, and so every NSS, gives up at 512 bytes of path. */
static void
test_softoken_fails(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	RS_AUTOFREE char *deep = NULL, *long_name = rs_alloc(201), *file = NULL;
	struct rs_store *store;
	RS_AUTOCLOSE int fd = -1;

	nss_trusting(&folder, &a);
	memset(long_name, 'x', 200);
	deep = rs_strdup(folder.dir);
	for (int i = 0; i < 3; i++) {
		char *next = rs_printf("%s/%s", deep, long_name);

		assert_int_equal(mkdir(next, 0700), 0);
		free(deep);
		deep = next;
	}
	file = rs_printf("%s/cert9.db", deep);
	assert_int_equal(rename(folder.file, file), 0);
	fd = open(deep, O_PATH | O_DIRECTORY | O_CLOEXEC);
	store = rs_store_nss_read("somebody", file, fd, nss_softoken);
	assert_int_equal(store->state, RS_STORE_ERROR);
	assert_true(rs_starts(store->reason, "its rows can be read, but softoken cannot open it"));
	assert_int_equal(store->anchors.n, 1);
	rs_store_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/nss-bad/absent", test_absent),
		NSS_TEST("/nss-bad/no-database", test_no_database),
		NSS_TEST("/nss-bad/no-file", test_no_file),
		NSS_TEST("/nss-bad/truncated", test_truncated),
		NSS_TEST("/nss-bad/damaged", test_damaged),
		NSS_TEST("/nss-bad/damaged-index", test_damaged_index),
		NSS_TEST("/nss-bad/too-large", test_too_large),
		NSS_TEST("/nss-bad/foreign-schema", test_foreign_schema),
		NSS_TEST("/nss-bad/endless-view", test_endless_view),
		NSS_TEST("/nss-bad/triggers-and-more-tables", test_triggers_and_more_tables),
		NSS_TEST("/nss-bad/index-that-lies", test_index_that_lies),
		NSS_TEST("/nss-bad/companions", test_companions),
		NSS_TEST("/nss-bad/unreadable", test_unreadable),
		NSS_TEST("/nss-bad/softoken-fails", test_softoken_fails),
	};

	return cmocka_run_group_tests_name("nss-bad", tests, nss_softoken_start, nss_softoken_end);
}
