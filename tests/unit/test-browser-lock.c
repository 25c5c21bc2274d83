/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which browser runs on a profile, by what it says and by what it leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "browser-lock.h"
#include "file-fixture.h"
#include "hold-fixture.h"
#include "running.h"

/* A data folder and a profile in it. */
struct profile {
	struct file_folder data;
	char *dir;
	int fd;
};

#define PROFILE(name) RS_CLEANUP(profile_remove) struct profile name; profile_make(&name)

static void
profile_make(struct profile *p)
{
	file_folder_make(&p->data);
	p->dir = file_path(&p->data, "Default");
	file_mkdir(p->dir);
	p->fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(p->fd >= 0);
}

static void
profile_remove(struct profile *p)
{
	close(p->fd);
	free(p->dir);
	file_folder_remove(&p->data);
}

static char *
in(const struct profile *p, const char *name)
{
	return rs_printf("%s/%s", p->dir, name);
}

/* age: seconds before now that the link is of. */
RS_PRINTF(4, 5)
static void
put_link(const struct profile *p, const char *name, long age, const char *fmt, ...)
{
	RS_AUTOFREE char *path = in(p, name), *target = NULL;
	struct timespec times[2];
	va_list ap;

	va_start(ap, fmt);
	target = rs_vprintf(fmt, ap);
	va_end(ap);
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= age;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void
test_firefox(void **state RS_UNUSED)
{
	PROFILE(p);
	RS_AUTOFREE char *path = in(&p, ".parentlock");
	pid_t pid;

	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
	pid = hold_file(path);
	assert_int_equal(rs_browser_lock_firefox(p.fd), pid);
	hold_end(pid);
	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
	/* The lock says that none runs, whatever its link says. */
	put_link(&p, "lock", 0, "127.0.0.1:+%d", getpid());
	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
}

static void
test_firefox_link(void **state RS_UNUSED)
{
	PROFILE(p);
	pid_t pid = hold_nothing();

	put_link(&p, "lock", 0, "127.0.0.1:+%d", pid);
	assert_int_equal(rs_browser_lock_firefox(p.fd), pid);
	put_link(&p, "lock", 0, "127.0.0.1:%d", pid);
	assert_int_equal(rs_browser_lock_firefox(p.fd), pid);
	/* The process is younger than its link: the number was given again. */
	put_link(&p, "lock", 3600, "127.0.0.1:+%d", pid);
	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
	put_link(&p, "lock", 0, "127.0.0.1:+%d", pid);
	hold_end(pid);
	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
}

static void
test_firefox_bad(void **state RS_UNUSED)
{
	static const char *const targets[] = {
		"127.0.0.1:+", "127.0.0.1:+0", "127.0.0.1:+-1", "127.0.0.1:+1x", "127.0.0.1", ":",
		"127.0.0.1:+99999999999999999999", "127.0.0.1:++1", "x:+2147483648",
	};
	PROFILE(p);
	RS_AUTOFREE char *path = in(&p, ".parentlock"), *link = in(&p, "lock");

	for (size_t i = 0; i < RS_COUNT(targets); i++) {
		put_link(&p, "lock", 0, "%s", targets[i]);
		assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
	}
	unlink(link);
	file_puts(link, "127.0.0.1:+1");
	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
	/* Neither waits for a writer nor follows. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
	unlink(path);
	put_link(&p, ".parentlock", 0, "/etc/passwd");
	assert_int_equal(rs_browser_lock_firefox(p.fd), 0);
}

static void
test_chromium(void **state RS_UNUSED)
{
	PROFILE(p);
	RS_AUTOFREE char *path = in(&p, "ServerCertificate");
	pid_t pid;

	assert_int_equal(rs_browser_lock_chromium(p.fd), 0);
	pid = hold_database(path, "CREATE TABLE a (b); " HOLD_READING);
	assert_int_equal(rs_browser_lock_chromium(p.fd), pid);
	hold_end(pid);
	assert_int_equal(rs_browser_lock_chromium(p.fd), 0);
	pid = hold_database(path, "BEGIN EXCLUSIVE");
	assert_int_equal(rs_browser_lock_chromium(p.fd), pid);
	hold_end(pid);
}

static void
test_chromium_link(void **state RS_UNUSED)
{
	PROFILE(p);
	char host[HOST_NAME_MAX + 1] = "";
	pid_t pid = hold_nothing();

	gethostname(host, sizeof(host) - 1);
	put_link(&p, "../SingletonLock", 0, "%s-%d", host, pid);
	assert_int_equal(rs_browser_lock_chromium(p.fd), pid);
	/* On another computer that has the same home. */
	put_link(&p, "../SingletonLock", 0, "%s.example.org-%d", host, pid);
	assert_int_equal(rs_browser_lock_chromium(p.fd), 0);
	put_link(&p, "../SingletonLock", 3600, "%s-%d", host, pid);
	assert_int_equal(rs_browser_lock_chromium(p.fd), 0);
	put_link(&p, "../SingletonLock", 0, "%s-", host);
	assert_int_equal(rs_browser_lock_chromium(p.fd), 0);
	/* Where the data folder is the profile. */
	put_link(&p, "SingletonLock", 0, "%s-%d", host, pid);
	assert_int_equal(rs_browser_lock_chromium(p.fd), pid);
	hold_end(pid);
	assert_int_equal(rs_browser_lock_chromium(p.fd), 0);
}

/*
 * What the parent makes of it.
 */

static void
test_name(void **state RS_UNUSED)
{
	RS_AUTOFREE char *own = rs_running_name(getpid(), getuid());

	assert_non_null(own);
	assert_true(rs_starts("test-browser-lock", own) || rs_starts("lt-test-browser-lock", own));
	assert_null(rs_running_name(getpid(), getuid() + 1));
	assert_null(rs_running_name(0, getuid()));
	assert_null(rs_running_name(-1, getuid()));
	assert_null(rs_running_name(INT32_MAX, getuid()));
}

static struct rs_store *
store(const char *kind, const char *owner, const char *path, pid_t pid)
{
	struct rs_store *s = rs_store_new(kind, owner, path);

	s->pid = pid;
	return s;
}

static void
test_running(void **state RS_UNUSED)
{
	struct rs_store *chromium = store(RS_KIND_CHROMIUM, "u", "/home/u/c/Default/ServerCertificate",
					  getpid());
	struct rs_store *second = store(RS_KIND_CHROMIUM, "u", "/home/u/c/Profile 1/ServerCertificate",
					getpid());
	struct rs_store *lie = store(RS_KIND_NSS, "u", "/home/u/.mozilla/p/cert9.db", 0x7ffffffe);
	struct rs_store *shared = store(RS_KIND_NSS, "u", "/home/u/.pki/nssdb/cert9.db", 0);
	struct rs_store *others = store(RS_KIND_NSS, "v", "/home/v/.pki/nssdb/cert9.db", 0);
	struct rs_store *profile = store(RS_KIND_NSS, "u", "/home/u/.mozilla/q/cert9.db", 0);
	struct rs_store *all[] = { chromium, second, lie, shared, others, profile };
	const struct rs_running *running;
	struct rs_array list;

	rs_array_init(&list, rs_running_free);
	for (size_t i = 0; i < RS_COUNT(all); i++)
		rs_running_add(&list, all[i], getuid());
	assert_int_equal(list.n, 1);
	running = list.v[0];
	assert_int_equal(running->pid, getpid());
	assert_string_equal(running->user, "u");
	assert_true(rs_running_uses(running, chromium) && rs_running_uses(running, second));
	assert_true(rs_running_uses(running, shared));
	assert_false(rs_running_uses(running, others));
	assert_false(rs_running_uses(running, profile));
	assert_false(rs_running_uses(running, lie));
	rs_array_free(&list);
	for (size_t i = 0; i < RS_COUNT(all); i++)
		rs_store_free(all[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/browser-lock/firefox", test_firefox),
		FILE_TEST("/browser-lock/firefox-link", test_firefox_link),
		FILE_TEST("/browser-lock/firefox-bad", test_firefox_bad),
		FILE_TEST("/browser-lock/chromium", test_chromium),
		FILE_TEST("/browser-lock/chromium-link", test_chromium_link),
		FILE_TEST("/browser-lock/name", test_name),
		FILE_TEST("/browser-lock/running", test_running),
	};

	return cmocka_run_group_tests_name("browser-lock", tests, NULL, NULL);
}
