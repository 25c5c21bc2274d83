/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "file-fixture.h"
#include "profiles.h"

/* Each path with a bar behind it, and "! why" where not all was read. */
static char *
describe(const struct rs_array *paths, bool ok, const char *why)
{
	struct rs_buf text = { 0 };

	rs_buf_puts(&text, "");
	for (size_t i = 0; i < paths->n; i++)
		rs_buf_printf(&text, "%s|", (char *)paths->v[i]);
	if (!ok)
		rs_buf_printf(&text, "! %s", why);
	else
		assert_null(why);
	return rs_buf_steal(&text);
}

static char *
read_ini(const void *data, size_t len)
{
	FILE_FOLDER(folder);
	RS_CLEANUP(rs_array_free) struct rs_array paths;
	RS_AUTOFREE char *file = NULL, *why = NULL;
	RS_AUTOCLOSE int fd = -1;
	bool ok;

	rs_array_init(&paths, free);
	file_folder_make(&folder);
	file = file_path(&folder, "profiles.ini");
	file_write(file, data, len);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	ok = rs_profiles_ini_read(fd, &paths, &why);
	return describe(&paths, ok, why);
}

static void
expect_ini(const char *text, const char *want)
{
	RS_AUTOFREE char *got = read_ini(text, strlen(text));

	assert_string_equal(got, want);
}

static void
test_ini(void **state RS_UNUSED)
{
	expect_ini("", "");
	expect_ini("[Profile0]\nName=a\nIsRelative=1\nPath=abc.default\n", "abc.default|");
	expect_ini("[Profile0]\r\nPath=a b\r\n[Profile1]\rPath=/c\r", "a b|/c|");
	expect_ini("Path=../../x", "../../x|");
	expect_ini("\t Path=a\nPath=a\nPath=b", "a|b|");
	expect_ini("# Path=a\n;Path=b\nXPath=c\nPath =d\npath=e\nPath\nPath=\n", "");
	/* The value is all that is left of the line. */
	expect_ini("Path=a=b ;c # d \nPath= e\n", "a=b ;c # d | e|");
	expect_ini("\xef\xbb\xbf[Profile0]\nPath=\xff\xfe\n", "\xff\xfe|");
}

static void
test_ini_bad(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf many = { 0 };
	RS_AUTOFREE char *nul = read_ini("Path=a\0b\nPath=c\n", 16), *large = NULL;
	RS_AUTOFREE char *bytes = rs_alloc(2 << 20), *all = NULL;

	/* Where a C program would end the text; what is behind it was read too. */
	assert_string_equal(nul, "a|");
	memset(bytes, 'x', 2 << 20);
	memcpy(bytes, "Path=first\n", 11);
	large = read_ini(bytes, 2 << 20);
	assert_string_equal(large, "first|! larger than 1024 KiB");
	for (int i = 0; i < 1001; i++)
		rs_buf_printf(&many, "Path=%d\n", i);
	all = read_ini(many.data, many.len);
	assert_non_null(strstr(all, "|999|! names more than 1000 profiles"));
}

static void
expect_group(const char *sql, const char *want)
{
	FILE_FOLDER(folder);
	RS_CLEANUP(rs_array_free) struct rs_array paths;
	RS_AUTOFREE char *file = NULL, *why = NULL, *got = NULL;
	sqlite3 *db;
	bool ok;

	rs_array_init(&paths, free);
	file_folder_make(&folder);
	file = file_path(&folder, "g.sqlite");
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ok = rs_profiles_group_read(folder.fd, "g.sqlite", &paths, &why);
	got = describe(&paths, ok, why);
	if (strncmp(got, want, strlen(want)) != 0)
		fail_msg("wanted '%s', got '%s'", want, got);
}

static void
test_group(void **state RS_UNUSED)
{
	expect_group("CREATE TABLE Profiles (id INTEGER, path TEXT NOT NULL UNIQUE, name TEXT)", "");
	expect_group("CREATE TABLE Profiles (id INTEGER, path TEXT NOT NULL UNIQUE, name TEXT);"
		     "INSERT INTO Profiles VALUES (1, 'a b', ''), (2, '../c', ''), (3, '', '')",
		     "a b|../c|");
	/* As Firefox makes it. */
	expect_group("PRAGMA journal_mode = WAL; CREATE TABLE \"Profiles\" (id INTEGER NOT NULL, "
		     "path TEXT NOT NULL UNIQUE, name TEXT NOT NULL, PRIMARY KEY(id));"
		     "INSERT INTO Profiles VALUES (1, 'x', 'y')", "x|");
	expect_group("CREATE TABLE Profiles (path); INSERT INTO Profiles VALUES (NULL), (7), (x'61')",
		     "7|a|");
}

static void
test_group_bad(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_CLEANUP(rs_array_free) struct rs_array paths;
	RS_AUTOFREE char *why = NULL;

	expect_group("CREATE TABLE Other (path TEXT)", "! SQLite cannot read it: no such table");
	expect_group("CREATE TABLE Profiles (name TEXT)", "! SQLite cannot read it: no such column");
	/* Endless, if it were read. */
	expect_group("CREATE VIEW Profiles AS WITH RECURSIVE c(path) AS (SELECT 1 UNION ALL "
		     "SELECT path + 1 FROM c) SELECT path FROM c", "! ");
	expect_group("CREATE TABLE Profiles (path); WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
		     "SELECT x + 1 FROM c LIMIT 2000) INSERT INTO Profiles SELECT x FROM c", "1|2|3|");
	rs_array_init(&paths, free);
	file_folder_make(&folder);
	/* Gone in the meantime. */
	assert_true(rs_profiles_group_read(folder.fd, "g.sqlite", &paths, &why));
	assert_int_equal(paths.n, 0);
}

static void
expect_path(const char *root, const char *path, const char *want)
{
	RS_AUTOFREE char *got = rs_profiles_path(root, path);

	assert_string_equal(got, want);
}

static void
test_path(void **state RS_UNUSED)
{
	expect_path("/home/a/.mozilla/firefox", "x.default", "/home/a/.mozilla/firefox/x.default");
	expect_path("/home/a/.mozilla/firefox", "Profiles/x", "/home/a/.mozilla/firefox/Profiles/x");
	expect_path("/home/a/.mozilla/firefox", "../../other", "/home/a/other");
	expect_path("/home/a", "/srv/x", "/srv/x");
	expect_path("/home/a", "/home/a/../b", "/home/b");
	expect_path("/home/a", "./x//y/./z/", "/home/a/x/y/z");
	expect_path("/home/a", "x/../..", "/home");
	expect_path("/home/a", "../../../../..", "/");
	expect_path("/home/a", "/", "/");
	expect_path("/home/a", "..a/...", "/home/a/..a/...");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/profiles/ini", test_ini),
		FILE_TEST("/profiles/ini-bad", test_ini_bad),
		FILE_TEST("/profiles/group", test_group),
		FILE_TEST("/profiles/group-bad", test_group_bad),
		FILE_TEST("/profiles/path", test_path),
	};

	return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
