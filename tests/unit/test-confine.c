/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In a private world, as root: what Landlock leaves. Each case confines a
 * child, which does one thing; its exit status is the thing's errno.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "file-fixture.h"

#define HOME "/home/alice"

typedef int (*deed)(const char *path);		/* negative, with errno, where it fails */

static int
after(const char *place, bool write, deed what, const char *path)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!rs_confine(place, write))
			_exit(250);
		_exit(what(path) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
read_file(const char *path)
{
	return open(path, O_RDONLY);
}

static int
read_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY);
}

static int
write_file(const char *path)
{
	return open(path, O_WRONLY);
}

static int
make_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

static int
make_folder(const char *path)
{
	return mkdir(path, 0700);
}

static int
make_fifo(const char *path)
{
	return mkfifo(path, 0600);
}

static int
make_device(const char *path)
{
	return mknod(path, S_IFCHR | 0600, 0x103);
}

static int
make_link(const char *path)
{
	return symlink("/etc/passwd", path);
}

static int
cut(const char *path)
{
	return truncate(path, 0);
}

static int
move(const char *path)
{
	RS_AUTOFREE char *other = rs_printf("%s.moved", path);

	return rename(path, other);
}

static int
move_to_home(const char *path)
{
	return rename(path, HOME "/stolen");
}

static int
run(const char *path)
{
	return execl(path, path, (char *)NULL);
}

static int
signal_parent(const char *path RS_UNUSED)
{
	return kill(getppid(), 0);
}

static int
trace_parent(const char *path RS_UNUSED)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
listen_to_all(const char *path RS_UNUSED)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}

static int
call_out(const char *path RS_UNUSED)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(1),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address,
		       sizeof(address));
}

static void
fresh(void)
{
	file_remove(HOME);
	file_remove("/srv/other");
	file_mkdir(HOME "/folder");
	file_mkdir("/srv/other");
	file_puts(HOME "/file", "mine");
	file_puts("/srv/other/file", "another's");
	file_puts("/etc/setting", "");
	if (!file_exists(HOME "/out"))
		assert_int_equal(symlink("/srv/other/file", HOME "/out"), 0);
}

static void
needs(int version)
{
	if (rs_confine_version() < version)
		skip();
}

static void
test_read(void **state RS_UNUSED)
{
	needs(1);
	fresh();
	for (int write = 0; write < 2; write++) {
		assert_int_equal(after(HOME, write, read_file, HOME "/file"), 0);
		assert_int_equal(after(HOME, write, read_folder, HOME), 0);
		assert_int_equal(after(HOME, write, read_file, "/etc/setting"), 0);
		assert_int_equal(after(HOME, write, read_file, "/proc/self/status"), 0);
		assert_int_equal(after(HOME, write, read_file, "/usr/bin/env"), 0);
		assert_int_equal(after(HOME, write, read_file, "/srv/other/file"), EACCES);
		assert_int_equal(after(HOME, write, read_folder, "/srv"), EACCES);
		assert_int_equal(after(HOME, write, read_folder, "/"), EACCES);
		assert_int_equal(after(HOME, write, read_folder, "/home"), EACCES);
		/* Neither by a link nor by what stands for a file elsewhere. */
		assert_int_equal(after(HOME, write, read_file, HOME "/out"), EACCES);
		assert_int_equal(after(HOME, write, read_file, "/proc/self/root/srv/other/file"),
				 EACCES);
	}
	assert_int_equal(after("/", false, read_file, "/srv/other/file"), 0);
	assert_int_equal(after(HOME "/none", false, read_file, HOME "/file"), EACCES);
	assert_int_equal(after(HOME "/file", false, read_file, HOME "/file"), 0);
}

static void
test_read_changes_nothing(void **state RS_UNUSED)
{
	static const char *const places[] = { HOME, "/" };
	static const deed deeds[] = { write_file, move };

	needs(1);
	fresh();
	for (size_t i = 0; i < RS_COUNT(places); i++) {
		for (size_t k = 0; k < RS_COUNT(deeds); k++) {
			assert_int_equal(after(places[i], false, deeds[k], HOME "/file"), EACCES);
			assert_int_equal(after(places[i], false, deeds[k], "/etc/setting"), EACCES);
		}
		assert_int_equal(after(places[i], false, unlink, HOME "/file"), EACCES);
		assert_int_equal(after(places[i], false, rmdir, HOME "/folder"), EACCES);
		assert_int_equal(after(places[i], false, make_file, HOME "/new"), EACCES);
		assert_int_equal(after(places[i], false, make_folder, HOME "/new"), EACCES);
		assert_int_equal(after(places[i], false, make_link, HOME "/new"), EACCES);
		/* A private copy of a database has its place. */
		assert_int_equal(after(places[i], false, make_folder, "/tmp/copy"), 0);
		assert_int_equal(after(places[i], false, make_file, "/tmp/copy/cert9.db"), 0);
		assert_int_equal(after(places[i], false, unlink, "/tmp/copy/cert9.db"), 0);
		assert_int_equal(after(places[i], false, rmdir, "/tmp/copy"), 0);
	}
	needs(3);
	assert_int_equal(after(HOME, false, cut, HOME "/file"), EACCES);
}

static void
test_change(void **state RS_UNUSED)
{
	needs(1);
	fresh();
	assert_int_equal(after(HOME, true, write_file, HOME "/file"), 0);
	assert_int_equal(after(HOME, true, cut, HOME "/file"), 0);
	assert_int_equal(after(HOME, true, make_file, HOME "/folder/new"), 0);
	assert_int_equal(after(HOME, true, move, HOME "/folder/new"), 0);
	assert_int_equal(after(HOME, true, make_link, HOME "/link"), 0);
	assert_int_equal(after(HOME, true, unlink, HOME "/folder/new.moved"), 0);
	assert_int_equal(after(HOME, true, rmdir, HOME "/folder"), 0);
	assert_int_equal(after(HOME, true, make_fifo, HOME "/fifo"), EACCES);
	assert_int_equal(after(HOME, true, make_device, HOME "/device"), EACCES);
	assert_int_equal(after(HOME, true, write_file, "/srv/other/file"), EACCES);
	assert_int_equal(after(HOME, true, write_file, HOME "/out"), EACCES);
	assert_int_equal(after(HOME, true, write_file, "/etc/setting"), EACCES);
	assert_int_equal(after(HOME, true, make_file, "/srv/other/new"), EACCES);
	assert_int_equal(after(HOME, true, unlink, "/etc/setting"), EACCES);
	assert_int_not_equal(after(HOME, true, move_to_home, "/srv/other/file"), 0);
	assert_int_equal(after("/", true, write_file, "/srv/other/file"), 0);
}

static void
test_no_program(void **state RS_UNUSED)
{
	needs(1);
	fresh();
	assert_int_equal(after("/", true, run, "/usr/bin/true"), EACCES);
	assert_int_equal(after(HOME, false, run, "/usr/bin/true"), EACCES);
}

static void
test_no_way_out(void **state RS_UNUSED)
{
	needs(1);
	assert_int_equal(after("/", true, trace_parent, NULL), EPERM);
	needs(4);
	assert_int_equal(after("/", true, listen_to_all, NULL), EACCES);
	assert_int_equal(after("/", false, call_out, NULL), EACCES);
	needs(6);
	assert_int_equal(after("/", true, signal_parent, NULL), EPERM);
	assert_int_equal(after(HOME, false, signal_parent, NULL), EPERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/confine/read", test_read),
		FILE_TEST("/confine/read-changes-nothing", test_read_changes_nothing),
		FILE_TEST("/confine/change", test_change),
		FILE_TEST("/confine/no-program", test_no_program),
		FILE_TEST("/confine/no-way-out", test_no_way_out),
	};

	file_private_world();
	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
