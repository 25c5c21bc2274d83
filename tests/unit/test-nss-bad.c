/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Databases that are none, are in use, damaged, half-written, or made to
 * harm who reads them. Every reading also checks that nothing in the folder
 * has changed (nss_read).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nss-fixture.h"
#include "sqlite-open.h"

#define FOLDER(name) RS_CLEANUP(nss_folder_remove) struct nss_folder name
#define CERT(name) RS_CLEANUP(nss_cert_free) struct nss_cert name

static struct rs_softoken *softoken;

/* A database with one root that it trusts: ids 10 and 11. */
static void
trusting(struct nss_folder *folder, struct nss_cert *cert)
{
	nss_folder_make(folder, "profile");
	nss_schema(folder);
	nss_cert_make(cert, "A", 1, 1);
	nss_row_cert(folder, 10, cert, "A");
	nss_row_trust(folder, 11, RS_CKO_TRUST, cert, NSS_HASH, NSS_NEW_ANCHOR);
}

static void
put(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

/* The store is in this state, its reason begins so, and it has no anchors. */
static void
expect(struct nss_folder *folder, enum rs_store_state state, const char *reason)
{
	struct rs_store *store = nss_read(folder, softoken);

	if (store->reason == NULL || !rs_starts(store->reason, reason))
		fail_msg("\"%s\" is not \"%s...\"", store->reason, reason);
	assert_int_equal(store->state, state);
	assert_int_equal(store->anchors.n, 0);
	rs_store_free(store);
}

static void
expect_trusted(struct nss_folder *folder, const struct nss_cert *cert)
{
	struct rs_store *store = nss_read(folder, softoken);
	RS_AUTOFREE char *got = nss_describe(store);
	RS_AUTOFREE char *want = rs_printf("no_findings\ncertificate %.8s trust 1 seen 30 "
					   "ids 10 11\n", cert->cert->sha256);

	rs_store_free(store);
	assert_string_equal(got, want);
}

static void
test_absent(void **state RS_UNUSED)
{
	FOLDER(folder);

	nss_folder_make(&folder, NULL);
	expect(&folder, RS_STORE_ABSENT, "no such file");
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
		FOLDER(folder);

		nss_folder_make(&folder, NULL);
		put(folder.file, cases[i].data, cases[i].len);
		expect(&folder, RS_STORE_ERROR, cases[i].reason);
	}
}

static void
test_no_file(void **state RS_UNUSED)
{
	FOLDER(directory);
	FOLDER(fifo);
	FOLDER(symlinked);

	nss_folder_make(&directory, NULL);
	assert_int_equal(mkdir(directory.file, 0700), 0);
	expect(&directory, RS_STORE_ERROR, "a folder, not a database");
	nss_folder_make(&fifo, NULL);
	assert_int_equal(mkfifo(fifo.file, 0600), 0);
	expect(&fifo, RS_STORE_ERROR, "a special file, not a database");
	nss_folder_make(&symlinked, NULL);
	assert_int_equal(symlink("/etc/hostname", symlinked.file), 0);
	expect(&symlinked, RS_STORE_SKIPPED, "skipped: link to /etc/hostname");
}

static void
test_truncated(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	struct stat st;

	trusting(&folder, &a);
	assert_int_equal(stat(folder.file, &st), 0);
	assert_int_equal(truncate(folder.file, st.st_size - 4096), 0);
	expect(&folder, RS_STORE_ERROR, "truncated: ");
	assert_int_equal(truncate(folder.file, 1000), 0);
	expect(&folder, RS_STORE_ERROR, "");
}

static void
test_damaged(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	char junk[4096];
	int fd;

	trusting(&folder, &a);
	memset(junk, 0xff, sizeof(junk));
	fd = open(folder.file, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 4096), sizeof(junk));
	close(fd);
	expect(&folder, RS_STORE_ERROR, "damaged: ");
}

/* Rows alone would read well; softoken looks into the index. */
static void
test_damaged_index(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	char junk[200];
	int fd;

	trusting(&folder, &a);
	/* A page for the table, its own index on the id, then one for each other index. */
	memset(junk, 0xff, sizeof(junk));
	fd = open(folder.file, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 3 * 4096), sizeof(junk));
	close(fd);
	expect(&folder, RS_STORE_ERROR, "damaged: ");
}

static void
test_too_large(void **state RS_UNUSED)
{
	FOLDER(file);
	FOLDER(blob);
	FOLDER(rows);
	CERT(a);
	CERT(b);

	trusting(&file, &a);
	assert_int_equal(truncate(file.file, (off_t)RS_SQLITE_MAX_SIZE + 4096), 0);
	expect(&file, RS_STORE_ERROR, "larger than 256 MiB");
	trusting(&blob, &b);
	nss_sql(&blob, "UPDATE nssPublic SET a11 = zeroblob(20000000)");
	expect(&blob, RS_STORE_ERROR, "SQLite cannot read it: string or blob too big");
	nss_folder_make(&rows, NULL);
	nss_schema(&rows);
	nss_sql(&rows, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 60000) "
		"INSERT INTO nssPublic (id, a0) SELECT i, x'0000000b' FROM n");
	expect(&rows, RS_STORE_ERROR, "holds more than 50000 certificates");
}

static void
test_foreign_schema(void **state RS_UNUSED)
{
	static const char *const schemas[] = {
		"CREATE TABLE certificates (sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB)",
		"CREATE TABLE nssPrivate (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0)",
		"CREATE TABLE nssPublic (id, a0)",
		"CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, b1)",
		"CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a11 AS (a0))",
		"CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0) WITHOUT ROWID",
		"CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0 CHECK (a0 <> 1))",
		"CREATE TABLE NSSPUBLIC (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0)",
		"CREATE VIRTUAL TABLE nssPublic USING fts5(id, a0)",
		"CREATE TABLE t (id, a0); CREATE VIEW nssPublic AS SELECT id, a0 FROM t",
	};

	for (size_t i = 0; i < RS_COUNT(schemas); i++) {
		FOLDER(folder);

		nss_folder_make(&folder, NULL);
		nss_sql(&folder, "%s", schemas[i]);
		expect(&folder, RS_STORE_ERROR, "not an NSS certificate database: ");
	}
}

/* Nothing but SIGKILL ends softoken on this one. */
static void
test_endless_view(void **state RS_UNUSED)
{
	FOLDER(folder);

	nss_folder_make(&folder, NULL);
	nss_sql(&folder, "CREATE VIEW nssPublic AS WITH RECURSIVE t(id) AS (SELECT 1 UNION ALL "
		"SELECT id + 1 FROM t) SELECT id, x'00000001' AS a0 FROM t");
	alarm(10);
	expect(&folder, RS_STORE_ERROR, "not an NSS certificate database: its table nssPublic");
	alarm(0);
}

static void
test_triggers_and_more_tables(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);

	trusting(&folder, &a);
	nss_sql(&folder, "CREATE TABLE log (what); CREATE VIEW endless AS WITH RECURSIVE t(id) AS "
		"(SELECT 1 UNION ALL SELECT id + 1 FROM t) SELECT id FROM t;"
		"CREATE TRIGGER t AFTER DELETE ON nssPublic BEGIN INSERT INTO log VALUES (1); END");
	expect_trusted(&folder, &a);
}

/* An index of all columns stands in for its table, if it is let: here another's, empty. */
static void
test_index_that_lies(void **state RS_UNUSED)
{
	static const char columns[] = "id, a0, a3, a11, a81, a82, ace5363b4, ace536358, ace536359, "
	    "ace53635a, ace53635b, a635, a8c, a62c, a62d, a62e, a62f";
	FOLDER(folder);
	CERT(a);
	struct rs_store *store;

	trusting(&folder, &a);
	nss_sql(&folder, "CREATE TABLE empty AS SELECT * FROM nssPublic WHERE 0;"
		"CREATE INDEX cover ON nssPublic (%s); CREATE INDEX hollow ON empty (%s);"
		"PRAGMA writable_schema=ON;"
		"UPDATE sqlite_schema SET rootpage = (SELECT sum(rootpage) FROM sqlite_schema WHERE "
		"name IN ('cover', 'hollow')) - rootpage WHERE name IN ('cover', 'hollow')",
		columns, columns);
	store = nss_read(&folder, softoken);
	assert_int_equal(store->anchors.n, 1);
	rs_store_free(store);
}

/* Runs SQL on the database in a process that then waits, or ends without closing it. */
static pid_t
other_process(const struct nss_folder *folder, const char *sql, bool stay)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		sqlite3 *db;
		bool ok = sqlite3_open(folder->file, &db) == SQLITE_OK &&
		    sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

		if (!ok || write(ready[1], "r", 1) != 1)
			_exit(1);
		while (stay)
			pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	if (!stay)
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
test_locked(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	pid_t pid;

	trusting(&folder, &a);
	pid = other_process(&folder, "BEGIN EXCLUSIVE", true);
	expect(&folder, RS_STORE_LOCKED, "locked: another program is writing to it");
	end(pid);
	expect_trusted(&folder, &a);
}

/* A writer that has not reached the file yet does not keep readers away. */
static void
test_being_written(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	pid_t pid;

	trusting(&folder, &a);
	pid = other_process(&folder, "BEGIN IMMEDIATE; DELETE FROM nssPublic", true);
	expect_trusted(&folder, &a);
	end(pid);
}

static size_t
entries(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

/* Copies are made below TMPDIR, and none is left. */
static void
expect_trusted_by_copy(struct nss_folder *folder, const struct nss_cert *cert)
{
	RS_AUTOFREE char *tmp = rs_printf("%s/tmp", folder->top);

	assert_int_equal(mkdir(tmp, 0700), 0);
	setenv("TMPDIR", tmp, 1);
	expect_trusted(folder, cert);
	assert_int_equal(entries(tmp), 0);
	unsetenv("TMPDIR");
}

static void
test_write_ahead_log(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	RS_AUTOFREE char *wal = NULL;

	nss_folder_make(&folder, "profile");
	nss_schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, "A");
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_DENIED);
	other_process(&folder, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; "
		      "UPDATE nssPublic SET a62c = x'00000002' WHERE id = 11", false);
	wal = rs_printf("%s-wal", folder.file);
	assert_int_equal(access(wal, F_OK), 0);
	expect_trusted_by_copy(&folder, &a);
}

/* The log is gone, and the header still says that there is to be one. */
static void
test_write_ahead_mode(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);

	trusting(&folder, &a);
	nss_sql(&folder, "PRAGMA journal_mode=WAL");
	assert_int_equal(entries(folder.dir), 1);
	expect_trusted_by_copy(&folder, &a);
}

static void
hot_journal(struct nss_folder *folder, struct nss_cert *cert)
{
	RS_AUTOFREE char *journal = NULL;
	struct stat st;

	trusting(folder, cert);
	nss_sql(folder, "CREATE TABLE filler (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
		"SELECT i + 1 FROM n LIMIT 200) INSERT INTO filler SELECT zeroblob(3000) FROM n");
	other_process(folder, "PRAGMA cache_size=2; BEGIN; DELETE FROM nssPublic; "
		      "UPDATE filler SET x = randomblob(3000)", false);
	journal = rs_printf("%s-journal", folder->file);
	assert_int_equal(stat(journal, &st), 0);
	assert_true(st.st_size > 0);
}

static void
test_hot_journal(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);

	hot_journal(&folder, &a);
	expect_trusted_by_copy(&folder, &a);
}

/* Rolling this one back would delete the file that it names. */
static void
test_super_journal(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	RS_AUTOFREE char *victim = NULL, *journal = NULL;
	RS_AUTOBUF struct rs_buf tail = { 0 };
	unsigned sum = 0;
	size_t len;
	int fd;

	hot_journal(&folder, &a);
	victim = rs_printf("%s/victim", folder.top);
	put(victim, "mine", 4);
	journal = rs_printf("%s-journal", folder.file);
	len = strlen(victim);
	for (size_t i = 0; i < len; i++)
		sum += (unsigned char)victim[i];
	/* https://www.sqlite.org/fileformat.html, 3: page of the lock, name, length, sum, magic */
	rs_buf_add(&tail, "\0\x04\0\x01", 4);
	rs_buf_puts(&tail, victim);
	rs_buf_add(&tail, (unsigned char[]){ 0, 0, 0, (unsigned char)len, 0, 0,
		   (unsigned char)(sum >> 8), (unsigned char)sum }, 8);
	rs_buf_add(&tail, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
	fd = open(journal, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, tail.data, tail.len), tail.len);
	close(fd);
	expect(&folder, RS_STORE_ERROR, "cert9.db-journal beside it is of a transaction over "
	       "several databases");
	assert_int_equal(access(victim, F_OK), 0);
}

static void
test_companions(void **state RS_UNUSED)
{
	static const char *const suffixes[] = { "-journal", "-wal", "-shm" };

	for (size_t i = 0; i < RS_COUNT(suffixes); i++) {
		FOLDER(folder);
		CERT(a);
		RS_AUTOFREE char *path = NULL, *reason = NULL;

		trusting(&folder, &a);
		path = rs_printf("%s%s", folder.file, suffixes[i]);
		reason = rs_printf("cert9.db%s beside it is not a regular file", suffixes[i]);
		assert_int_equal(mkfifo(path, 0600), 0);
		expect(&folder, RS_STORE_ERROR, reason);
		assert_int_equal(unlink(path), 0);
		assert_int_equal(symlink("/etc/hostname", path), 0);
		expect(&folder, RS_STORE_ERROR, reason);
	}
}

/* In a child, as root may read everything. */
static void
test_unreadable(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	int status;
	pid_t pid;

	trusting(&folder, &a);
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
	FOLDER(folder);
	CERT(a);
	RS_AUTOFREE char *deep = NULL, *long_name = rs_alloc(201), *file = NULL;
	struct rs_store *store;
	RS_AUTOCLOSE int fd = -1;

	trusting(&folder, &a);
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
	store = rs_store_nss_read("somebody", file, fd, softoken);
	assert_int_equal(store->state, RS_STORE_ERROR);
	assert_true(rs_starts(store->reason, "its rows can be read, but softoken cannot open it"));
	assert_int_equal(store->anchors.n, 1);
	rs_store_free(store);
}

static int
setup(void **state RS_UNUSED)
{
	RS_AUTOFREE char *why = NULL;

	softoken = rs_softoken_new(&why);
	if (softoken == NULL)
		print_error("%s\n", why);
	return softoken == NULL;
}

static int
teardown(void **state RS_UNUSED)
{
	rs_softoken_free(softoken);
	return 0;
}

#define TEST(name, function) { name, function, NULL, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("/nss-bad/absent", test_absent),
		TEST("/nss-bad/no-database", test_no_database),
		TEST("/nss-bad/no-file", test_no_file),
		TEST("/nss-bad/truncated", test_truncated),
		TEST("/nss-bad/damaged", test_damaged),
		TEST("/nss-bad/damaged-index", test_damaged_index),
		TEST("/nss-bad/too-large", test_too_large),
		TEST("/nss-bad/foreign-schema", test_foreign_schema),
		TEST("/nss-bad/endless-view", test_endless_view),
		TEST("/nss-bad/triggers-and-more-tables", test_triggers_and_more_tables),
		TEST("/nss-bad/index-that-lies", test_index_that_lies),
		TEST("/nss-bad/locked", test_locked),
		TEST("/nss-bad/being-written", test_being_written),
		TEST("/nss-bad/write-ahead-log", test_write_ahead_log),
		TEST("/nss-bad/write-ahead-mode", test_write_ahead_mode),
		TEST("/nss-bad/hot-journal", test_hot_journal),
		TEST("/nss-bad/super-journal", test_super_journal),
		TEST("/nss-bad/companions", test_companions),
		TEST("/nss-bad/unreadable", test_unreadable),
		TEST("/nss-bad/softoken-fails", test_softoken_fails),
	};

	return cmocka_run_group_tests_name("nss-bad", tests, setup, teardown);
}
