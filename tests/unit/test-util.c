/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file-fixture.h"

static void
test_buf(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	RS_AUTOFREE char *empty = rs_buf_steal(&buf), *all = NULL;
	size_t len = 0;

	assert_string_equal(empty, "");
	for (int i = 0; i < 1000; i++) {
		rs_buf_printf(&buf, "%03d", i);
		rs_buf_add(&buf, "\0", 1);
		len += 4;
		assert_int_equal(buf.len, len);
		assert_int_equal(buf.data[len], '\0');
	}
	assert_memory_equal(buf.data + 3996, "999\0", 5);
	all = rs_buf_steal(&buf);
	assert_memory_equal(all, "000\0" "001", 7);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
}

static int freed;

static void
count_free(void *p)
{
	freed++;
	free(p);
}

static void
test_array(void **state RS_UNUSED)
{
	struct rs_array a;

	rs_array_init(&a, count_free);
	freed = 0;
	for (int i = 0; i < 100; i++) {
		RS_AUTOFREE char *text = rs_printf("%d", i % 50);

		rs_array_add_str(&a, text);
	}
	assert_int_equal(a.n, 50);
	assert_true(rs_array_has_str(&a, "49"));
	assert_false(rs_array_has_str(&a, "50"));
	assert_false(rs_array_has_str(&a, NULL));
	rs_array_free(&a);
	assert_int_equal(freed, 50);
	assert_int_equal(a.n, 0);
	rs_array_add(&a, rs_strdup("again"));
	rs_array_free(&a);
	assert_int_equal(freed, 51);
}

static void
test_map(void **state RS_UNUSED)
{
	struct rs_map map = { 0 };
	static int numbers[3000];

	assert_null(rs_map_get(&map, "1"));
	for (int i = 0; i < 3000; i++) {
		RS_AUTOFREE char *key = rs_printf("%d", i);

		assert_true(rs_map_add(&map, key, &numbers[i]));
		assert_false(rs_map_add(&map, key, &numbers[0]));
	}
	for (int i = 0; i < 3000; i++) {
		RS_AUTOFREE char *key = rs_printf("%d", i);

		assert_ptr_equal(rs_map_get(&map, key), &numbers[i]);
	}
	assert_int_equal(map.n, 3000);
	assert_null(rs_map_get(&map, "3000"));
	assert_null(rs_map_get(&map, ""));
	assert_null(rs_map_get(&map, NULL));
	rs_map_free(&map);
	assert_null(rs_map_get(&map, "1"));
}

static void
test_strings(void **state RS_UNUSED)
{
	assert_true(rs_streq(NULL, NULL));
	assert_false(rs_streq(NULL, ""));
	assert_false(rs_streq("a", "A"));
	assert_true(rs_starts("abc", "ab"));
	assert_true(rs_starts("abc", ""));
	assert_false(rs_starts("ab", "abc"));
	assert_true(rs_ends("a.crt", ".crt"));
	assert_false(rs_ends("crt", ".crt"));
	assert_false(rs_ends("a.crt ", ".crt"));
	assert_null(rs_strdup(NULL));
}

static void
test_hex(void **state RS_UNUSED)
{
	static const char *const bad[] = { "0", "0g", "g0", "0 ", " 0", "00 ", "0x00", "-1", "\xc3\xa4" };
	unsigned char every[256], *back = NULL;
	RS_AUTOFREE char *hex = NULL;
	size_t len = 1;

	for (int i = 0; i < 256; i++)
		every[i] = (unsigned char)i;
	hex = rs_hex(every, sizeof(every));
	assert_int_equal(strspn(hex, "0123456789abcdef"), 512);
	assert_true(rs_unhex(hex, &back, &len));
	assert_int_equal(len, 256);
	assert_memory_equal(back, every, 256);
	free(back);
	assert_true(rs_unhex("aAbBfF", &back, &len));
	assert_memory_equal(back, "\xaa\xbb\xff", 3);
	free(back);
	assert_true(rs_unhex("", &back, &len));
	assert_int_equal(len, 0);
	free(back);
	for (size_t i = 0; i < RS_COUNT(bad); i++)
		assert_false(rs_unhex(bad[i], &back, &len));
}

static void
test_is_hex(void **state RS_UNUSED)
{
	assert_true(rs_is_hex("", 0));
	assert_true(rs_is_hex("0aF", 3));
	assert_false(rs_is_hex("0aF", 2));
	assert_false(rs_is_hex("0aF", 4));
	assert_false(rs_is_hex("0a ", 3));
	assert_false(rs_is_hex("0xa", 3));
}

static void
test_base64(void **state RS_UNUSED)
{
	unsigned char every[256], *back;
	size_t len;

	for (int i = 0; i < 256; i++)
		every[i] = (unsigned char)(255 - i);
	for (size_t n = 0; n <= sizeof(every); n++) {
		RS_AUTOFREE char *text = rs_base64(every, n);

		assert_int_equal(strlen(text), (n + 2) / 3 * 4);
		assert_null(strchr(text, '\n'));
		assert_true(rs_unbase64(text, &back, &len));
		assert_int_equal(len, n);
		assert_memory_equal(back, every, n);
		assert_int_equal(back[n], 0);
		free(back);
	}
	assert_true(rs_unbase64(" Y\tW\r\nJ j\n", &back, &len));
	assert_int_equal(len, 3);
	assert_memory_equal(back, "abc", 3);
	free(back);
}

static void
test_base64_bad(void **state RS_UNUSED)
{
	static const char *const bad[] = {
		"Y", "YW", "YWJ", "YW==YW==", "Y*==", "YWJj,", "=", "====", "YQ=", "YQ===",
		"\xc3\xa4\xc3\xa4", "-----BEGIN", "YW_-",
	};
	unsigned char *back = NULL;
	size_t len;

	for (size_t i = 0; i < RS_COUNT(bad); i++)
		if (rs_unbase64(bad[i], &back, &len))
			fail_msg("\"%s\" was taken for base64", bad[i]);
}

static void
test_sha256(void **state RS_UNUSED)
{
	char hex[RS_SHA256_HEX];

	rs_sha256("", 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	rs_sha256("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
expect_time(time_t t, const char *want)
{
	RS_AUTOFREE char *text = rs_time_text(t);

	assert_string_equal(text, want);
}

static void
test_time(void **state RS_UNUSED)
{
	expect_time(0, "1970-01-01T00:00:00Z");
	expect_time(1795374480, "2026-11-22T19:08:00Z");
	expect_time(-1, "1969-12-31T23:59:59Z");
	expect_time(INT64_MAX, "unknown");
	setenv("ROOTSWEEP_TIME", "1795374480", 1);
	assert_int_equal(rs_now(), 1795374480);
	unsetenv("ROOTSWEEP_TIME");
	assert_true(rs_now() != 1795374480);
}

static void
test_read_bounds(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL;
	RS_AUTOBUF struct rs_buf big = { 0 };
	const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 200000 };

	file_folder_make(&folder);
	path = file_path(&folder, "f");
	for (size_t i = 0; i < RS_COUNT(sizes); i++) {
		RS_AUTOBUF struct rs_buf buf = { 0 };
		RS_AUTOBUF struct rs_buf less = { 0 };

		while (big.len < sizes[i])
			rs_buf_add(&big, "0123456789", sizes[i] - big.len < 10 ? sizes[i] - big.len : 10);
		file_write(path, big.data ? big.data : "", sizes[i]);
		assert_int_equal(rs_read_file(path, sizes[i], &buf), 0);
		assert_int_equal(buf.len, sizes[i]);
		assert_int_equal(buf.data[buf.len], '\0');
		if (sizes[i] == 0)
			continue;
		assert_memory_equal(buf.data, big.data, sizes[i]);
		errno = 0;
		assert_int_equal(rs_read_file(path, sizes[i] - 1, &less), -1);
		assert_int_equal(errno, EFBIG);
	}
}

static void
expect_no_file(const char *path, int flags, int error)
{
	errno = 0;
	assert_int_equal(rs_open_regular(AT_FDCWD, path, flags), -1);
	assert_int_equal(errno, error);
}

/* A FIFO without a writer would keep an open that waits for ever. */
static void
test_open_special(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *fifo = NULL, *link = NULL, *file = NULL;
	int fd;

	file_folder_make(&folder);
	fifo = file_path(&folder, "fifo");
	link = file_path(&folder, "link");
	file = file_path(&folder, "file");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("file", link), 0);
	expect_no_file(fifo, 0, ENXIO);
	expect_no_file("/dev/null", 0, ENXIO);
	expect_no_file(folder.dir, 0, EISDIR);
	expect_no_file(file, 0, ENOENT);
	expect_no_file(link, 0, ENOENT);
	file_puts(file, "x");
	expect_no_file(link, O_NOFOLLOW, ELOOP);
	fd = rs_open_regular(folder.fd, "link", 0);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static void
test_no_memory(void **state RS_UNUSED)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 2);
		rs_alloc(SIZE_MAX / 4);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/util/buf", test_buf),
		FILE_TEST("/util/array", test_array),
		FILE_TEST("/util/map", test_map),
		FILE_TEST("/util/strings", test_strings),
		FILE_TEST("/util/hex", test_hex),
		FILE_TEST("/util/is-hex", test_is_hex),
		FILE_TEST("/util/base64", test_base64),
		FILE_TEST("/util/base64-bad", test_base64_bad),
		FILE_TEST("/util/sha256", test_sha256),
		FILE_TEST("/util/time", test_time),
		FILE_TEST("/util/read-bounds", test_read_bounds),
		FILE_TEST("/util/open-special", test_open_special),
		FILE_TEST("/util/no-memory", test_no_memory),
	};

	return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
