/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: owners are changed, and programs run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "change.h"
#include "file-fixture.h"

#define OLD "the old bytes\n"
#define NEW "the new bytes, which are more\n"

static struct rs_saved
saved_file(void)
{
	return (struct rs_saved){
		.type = RS_SAVED_FILE, .mode = 0640, .uid = 12, .gid = 34,
		.mtime = 1000000000, .mtime_nsec = 123456789,
		.xattrs.free_fn = rs_xattr_free,
	};
}

static void
add_attribute(struct rs_saved *saved, const char *name, const char *value)
{
	struct rs_xattr *xattr = rs_array_add(&saved->xattrs, rs_alloc(sizeof(*xattr)));

	xattr->name = rs_strdup(name);
	xattr->value = rs_base64(value, strlen(value));
}

static void
expect_look(const char *path, const char *want)
{
	RS_AUTOFREE char *look = file_look(path);

	if (!rs_starts(look, want))
		assert_string_equal(look, want);
}

static void
expect_names(const struct file_folder *folder, const char *want)
{
	RS_AUTOFREE char *names = file_names(folder->dir);

	assert_string_equal(names, want);
}

static void
test_put_file(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL, *text = NULL, *look = NULL;
	struct rs_saved saved = saved_file();

	file_folder_make(&folder);
	path = file_path(&folder, "f");
	file_puts(path, OLD);
	add_attribute(&saved, "user.note", "kept");
	add_attribute(&saved, "user.empty", "");
	assert_int_equal(rs_change_put(folder.fd, "f", &saved, NEW, strlen(NEW), true), 0);
	text = file_text(path);
	assert_string_equal(text, NEW);
	expect_look(path, "100640 12:34 1000000000.123456789 ");
	look = file_look(path);
	assert_non_null(strstr(look, " user.note=kept"));
	assert_non_null(strstr(look, " user.empty="));
	expect_names(&folder, "f ");
	rs_saved_clear(&saved);
}

/* Without times it is as new as it is; never a bit that runs as its owner. */
static void
test_put_mode(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL;
	struct rs_saved saved = saved_file();
	struct stat st;

	file_folder_make(&folder);
	path = file_path(&folder, "f");
	saved.mode = 06755;
	assert_int_equal(rs_change_put(folder.fd, "f", &saved, "", 0, false), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0755);
	assert_int_equal(st.st_size, 0);
	assert_true(st.st_mtim.tv_sec > 1000000000);
}

static void
test_put_link(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL, *target = rs_strdup("/no/where \xff\n");
	struct rs_saved saved = saved_file();

	file_folder_make(&folder);
	path = file_path(&folder, "f");
	file_puts(path, OLD);
	saved.type = RS_SAVED_LINK;
	saved.target = target;
	assert_int_equal(rs_change_put(folder.fd, "f", &saved, NULL, 0, true), 0);
	expect_look(path, "120777 12:34 1000000000.123456789 -> /no/where \xff\n");
	expect_names(&folder, "f ");
}

/* What a link leads to is not written through. */
static void
test_put_over_link(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL, *other = NULL, *text = NULL;
	struct rs_saved saved = saved_file();

	file_folder_make(&folder);
	path = file_path(&folder, "link");
	other = file_path(&folder, "other");
	file_puts(other, OLD);
	assert_int_equal(symlink("other", path), 0);
	assert_int_equal(rs_change_put(folder.fd, "link", &saved, NEW, strlen(NEW), true), 0);
	text = file_text(other);
	assert_string_equal(text, OLD);
	expect_look(path, "100640 ");
}

static void
test_put_bad_attribute(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL, *before = NULL, *after = NULL;
	struct rs_saved saved = saved_file();
	struct rs_xattr *xattr;

	file_folder_make(&folder);
	path = file_path(&folder, "f");
	file_puts(path, OLD);
	before = file_look(path);
	add_attribute(&saved, "user.note", "kept");
	xattr = saved.xattrs.v[0];
	strcpy(xattr->value, "*");
	assert_int_equal(rs_change_put(folder.fd, "f", &saved, NEW, strlen(NEW), true), -1);
	assert_int_equal(errno, EINVAL);
	after = file_look(path);
	assert_string_equal(after, before);
	expect_names(&folder, "f ");
	rs_saved_clear(&saved);
}

/* In a child: 0, or its errno, or less for a signal. */
static int
in_child(const char *variable, int n, int (*change)(const struct file_folder *),
	 const struct file_folder *folder)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		file_fail_at(variable, n);
		_exit(change(folder) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
put_file(const struct file_folder *folder)
{
	struct rs_saved saved = saved_file();

	add_attribute(&saved, "user.note", "kept");
	return rs_change_put(folder->fd, "f", &saved, NEW, strlen(NEW), true);
}

static int
put_link(const struct file_folder *folder)
{
	struct rs_saved saved = saved_file();

	saved.type = RS_SAVED_LINK;
	saved.target = rs_strdup("else where");
	return rs_change_put(folder->fd, "f", &saved, NULL, 0, true);
}

/* Whichever call fails, or is the last: all of the old or all of the new. */
static void
expect_whole(const char *variable, int (*change)(const struct file_folder *), const char *new,
	     int points)
{
	int n = 0, result;

	do {
		FILE_FOLDER(folder);
		RS_AUTOFREE char *path = NULL, *before = NULL, *after = NULL, *names = NULL;

		n++;
		file_folder_make(&folder);
		path = file_path(&folder, "f");
		file_puts(path, OLD);
		before = file_look(path);
		result = in_child(variable, n, change, &folder);
		after = file_look(path);
		if (!rs_streq(before, after) && !rs_starts(after, new))
			fail_msg("%s=%d left %s", variable, n, after);
		if (result == 0)
			assert_string_not_equal(before, after);
		names = file_names(folder.dir);
		/* Nothing can be swept away by who was killed. */
		if (result >= 0)
			assert_string_equal(names, "f ");
		assert_true(result == 0 || result == EIO || result == -SIGKILL);
	} while (result != 0);
	assert_int_equal(n, points + 1);
}

#define NEW_LOOK "100640 12:34 1000000000.123456789 "
#define LINK_LOOK "120777 12:34 1000000000.123456789 -> else where"

static void
test_put_fails(void **state RS_UNUSED)
{
	expect_whole("ROOTSWEEP_FAIL_AT", put_file, NEW_LOOK, 9);
	expect_whole("ROOTSWEEP_FAIL_AT", put_link, LINK_LOOK, 5);
}

static void
test_put_killed(void **state RS_UNUSED)
{
	expect_whole("ROOTSWEEP_KILL_AT", put_file, NEW_LOOK, 9);
	expect_whole("ROOTSWEEP_KILL_AT", put_link, LINK_LOOK, 5);
}

static void
test_small_ones(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL, *text = NULL;

	file_folder_make(&folder);
	path = file_path(&folder, "b");
	assert_int_equal(rs_change_mkdir(folder.fd, "d", 0700), 0);
	assert_int_equal(rs_change_create(folder.fd, "a", "1", 1, 0600), 0);
	assert_int_equal(rs_change_append(folder.fd, "a", "23\n"), 0);
	assert_int_equal(rs_change_append(folder.fd, "a", "4\n"), 0);
	assert_int_equal(rs_change_rename(folder.fd, "a", "b"), 0);
	text = file_text(path);
	assert_string_equal(text, "123\n4\n");
	expect_look(path, "100600 ");
	expect_names(&folder, "b d ");
	assert_int_equal(rs_change_unlink(folder.fd, "b", false), 0);
	assert_int_equal(rs_change_unlink(folder.fd, "d", true), 0);
	expect_names(&folder, "");
}

#define EXPECT_ERROR(call, error) \
	do { \
		errno = 0; \
		assert_int_equal(call, -1); \
		assert_int_equal(errno, error); \
	} while (0)

/* Nothing that is there is ever taken for one's own. */
static void
test_small_ones_refused(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL, *text = NULL, *link = NULL;

	file_folder_make(&folder);
	path = file_path(&folder, "a");
	link = file_path(&folder, "link");
	file_puts(path, OLD);
	assert_int_equal(symlink("a", link), 0);
	EXPECT_ERROR(rs_change_create(folder.fd, "a", NEW, strlen(NEW), 0600), EEXIST);
	EXPECT_ERROR(rs_change_create(folder.fd, "link", NEW, strlen(NEW), 0600), EEXIST);
	EXPECT_ERROR(rs_change_append(folder.fd, "link", NEW), ELOOP);
	EXPECT_ERROR(rs_change_append(folder.fd, "none", NEW), ENOENT);
	EXPECT_ERROR(rs_change_mkdir(folder.fd, "a", 0700), EEXIST);
	EXPECT_ERROR(rs_change_unlink(folder.fd, "none", false), ENOENT);
	EXPECT_ERROR(rs_change_unlink(folder.fd, "a", true), ENOTDIR);
	EXPECT_ERROR(rs_change_rename(folder.fd, "none", "b"), ENOENT);
	text = file_text(path);
	assert_string_equal(text, OLD);
	expect_names(&folder, "a link ");
}

static char *
script(const char *name, const char *text)
{
	char *path = rs_printf("/usr/local/sbin/%s", name);
	RS_AUTOFREE char *whole = rs_printf("#!/bin/sh\n%s\n", text);

	file_mkdir("/usr/local/sbin");
	file_puts(path, whole);
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

static int
run(const char *path, const char *input, unsigned seconds, char **said)
{
	const char *const argv[] = { path, "one", "two words", NULL };
	struct rs_buf output = { 0 };
	char *why = NULL;
	int status = rs_change_run(argv, input, seconds, &output, &why);

	*said = why != NULL ? why : rs_buf_steal(&output);
	assert_true((status < 0) == (why != NULL));
	if (why != NULL)
		rs_buf_free(&output);
	return status;
}

static void
expect_run(const char *text, const char *input, int status, const char *said)
{
	RS_AUTOFREE char *path = script("tool", text), *got = NULL;

	assert_int_equal(run(path, input, 20, &got), status);
	assert_string_equal(got, said);
}

static void
test_run(void **state RS_UNUSED)
{
	expect_run("echo \"$0 $1 $2 $#\"", NULL, 0, "/usr/local/sbin/tool one two words 2\n");
	expect_run("cat; echo error >&2; exit 3", "lines\nof input\n", 3, "lines\nof input\nerror\n");
	expect_run("exit 0", "input that nobody reads", 0, "");
	expect_run("kill -TERM $$", NULL, 128 + SIGTERM, "");
	expect_run("pwd; umask; cat", NULL, 0, "/\n0022\n");
}

/* The end of long output; and input that is more than a pipe holds. */
static void
test_run_long(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf input = { 0 };
	RS_AUTOFREE char *path = script("tool", "cat"), *said = NULL;

	while (input.len < 300000)
		rs_buf_printf(&input, "%zu\n", input.len);
	assert_int_equal(run(path, input.data, 20, &said), 0);
	assert_true(strlen(said) <= 4000);
	assert_true(rs_ends(input.data, said));
}

static void
test_run_environment(void **state RS_UNUSED)
{
	int fd = open("/dev/null", O_RDONLY);

	setenv("DPKG_MAINTSCRIPT_PACKAGE", "x", 1);
	setenv("LD_PRELOAD_NOT", "x", 1);
	setenv("BASH_ENV", "/etc/passwd", 1);
	expect_run("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort", NULL, 0,
		   "DPKG_MAINTSCRIPT_PACKAGE=x\nHOME=/root\nLC_ALL=C\n"
		   "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
	assert_true(fd > 2);
	/* The last is what ls itself has opened. */
	expect_run("exec ls /proc/self/fd", NULL, 0, "0\n1\n2\n3\n");
	unsetenv("DPKG_MAINTSCRIPT_PACKAGE");
	unsetenv("LD_PRELOAD_NOT");
	unsetenv("BASH_ENV");
	close(fd);
}

/* Killed with what it started; what it left in the background is not waited for. */
static void
test_run_time(void **state RS_UNUSED)
{
	RS_AUTOFREE char *hangs = script("hangs", "sleep 100 & wait"), *said = NULL;
	RS_AUTOFREE char *leaves = script("leaves", "sleep 30 & echo done"), *said2 = NULL;
	time_t start = time(NULL);

	assert_int_equal(run(hangs, NULL, 1, &said), RS_RUN_TOO_LONG);
	assert_string_equal(said, "it did not end within 1 seconds");
	assert_int_equal(run(leaves, NULL, 50, &said2), 0);
	assert_string_equal(said2, "done\n");
	assert_true(time(NULL) - start < 20);
}

static void
expect_not_run(const char *path, const char *reason)
{
	RS_AUTOFREE char *said = NULL;

	assert_int_equal(run(path, NULL, 20, &said), -1);
	if (strstr(said, reason) == NULL)
		assert_string_equal(said, reason);
	assert_false(file_exists("/tmp/ran"));
}

static void
test_run_refused(void **state RS_UNUSED)
{
	RS_AUTOFREE char *path = script("tool", "touch /tmp/ran"), *said = NULL;
	RS_AUTOFREE char *text = file_text(path);

	expect_not_run("/usr/local/sbin/none", "/usr/local/sbin/none cannot be run: No such file");
	assert_int_equal(chmod(path, 0644), 0);
	expect_not_run(path, "cannot be run: Permission denied");
	assert_int_equal(chmod(path, 0775), 0);
	expect_not_run(path, "can be written by others than root");
	assert_int_equal(chmod(path, 0755) | chown(path, 1000, 0), 0);
	expect_not_run(path, "can be written by others than root");
	assert_int_equal(chown(path, 0, 0) | chmod("/usr/local", 0757), 0);
	expect_not_run(path, "is not run: /usr/local can be written by others");
	assert_int_equal(chmod("/usr/local", 0755), 0);
	assert_int_equal(symlink(path, "/tmp/link"), 0);
	assert_int_equal(run("/tmp/link", NULL, 20, &said), 0);
	assert_int_equal(unlink("/tmp/ran"), 0);
	file_puts("/tmp/tool", text);
	assert_int_equal(chmod("/tmp/tool", 0755), 0);
	expect_not_run("/tmp/tool", "is not run: /tmp can be written by others");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/change/put-fails", test_put_fails),
		FILE_TEST("/change/put-killed", test_put_killed),
		FILE_TEST("/change/put-file", test_put_file),
		FILE_TEST("/change/put-mode", test_put_mode),
		FILE_TEST("/change/put-link", test_put_link),
		FILE_TEST("/change/put-over-link", test_put_over_link),
		FILE_TEST("/change/put-bad-attribute", test_put_bad_attribute),
		FILE_TEST("/change/small-ones", test_small_ones),
		FILE_TEST("/change/small-ones-refused", test_small_ones_refused),
		FILE_TEST("/change/run", test_run),
		FILE_TEST("/change/run-long", test_run_long),
		FILE_TEST("/change/run-environment", test_run_environment),
		FILE_TEST("/change/run-time", test_run_time),
		FILE_TEST("/change/run-refused", test_run_refused),
	};

	file_private_world();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
