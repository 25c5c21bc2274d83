/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Databases in use: locked, with a write-ahead log, or with a transaction
 * that a program left half-done. Every reading also checks that nothing in
 * the folder has changed (nss_read).
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

static void
expect_trusted(struct nss_folder *folder, const struct nss_cert *cert)
{
	nss_expect(folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n",
		   cert->cert->sha256);
}

static void
put(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
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
	NSS_FOLDER(folder);
	NSS_CERT(a);
	pid_t pid;

	nss_trusting(&folder, &a);
	pid = other_process(&folder, "BEGIN EXCLUSIVE", true);
	nss_expect_bad(&folder, RS_STORE_LOCKED, "locked: another program is writing to it");
	end(pid);
	expect_trusted(&folder, &a);
}

/* A writer that has not reached the file yet does not keep readers away. */
static void
test_being_written(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	pid_t pid;

	nss_trusting(&folder, &a);
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
	NSS_FOLDER(folder);
	NSS_CERT(a);
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
	NSS_FOLDER(folder);
	NSS_CERT(a);

	nss_trusting(&folder, &a);
	nss_sql(&folder, "PRAGMA journal_mode=WAL");
	assert_int_equal(entries(folder.dir), 1);
	expect_trusted_by_copy(&folder, &a);
}

static void
hot_journal(struct nss_folder *folder, struct nss_cert *cert)
{
	RS_AUTOFREE char *journal = NULL;
	struct stat st;

	nss_trusting(folder, cert);
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
	NSS_FOLDER(folder);
	NSS_CERT(a);

	hot_journal(&folder, &a);
	expect_trusted_by_copy(&folder, &a);
}

/* Rolling this one back would delete the file that it names. */
static void
test_super_journal(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
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
	nss_expect_bad(&folder, RS_STORE_ERROR, "cert9.db-journal beside it is of a "
		       "transaction over several databases");
	assert_int_equal(access(victim, F_OK), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/nss-busy/locked", test_locked),
		NSS_TEST("/nss-busy/being-written", test_being_written),
		NSS_TEST("/nss-busy/write-ahead-log", test_write_ahead_log),
		NSS_TEST("/nss-busy/write-ahead-mode", test_write_ahead_mode),
		NSS_TEST("/nss-busy/hot-journal", test_hot_journal),
		NSS_TEST("/nss-busy/super-journal", test_super_journal),
	};

	return cmocka_run_group_tests_name("nss-busy", tests, nss_softoken_start, nss_softoken_end);
}
