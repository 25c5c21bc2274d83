/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: homes of several people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home-open.h"
#include "file-fixture.h"

#define UID 4242

/* Those of passwd and login.defs, as "name:home " each. */
static char *
users_of(const char *passwd, const char *login_defs)
{
	struct rs_buf text = { 0 };
	struct rs_array users;

	file_puts("/tmp/passwd", passwd);
	if (login_defs != NULL)
		file_puts("/tmp/login.defs", login_defs);
	rs_home_users(&users, "/tmp/passwd", login_defs ? "/tmp/login.defs" : "/tmp/none");
	rs_buf_puts(&text, "");
	for (size_t i = 0; i < users.n; i++) {
		const struct rs_user *user = users.v[i];

		rs_buf_printf(&text, "%s:%s ", user->name, user->home);
	}
	rs_array_free(&users);
	return rs_buf_steal(&text);
}

static void
expect_users(const char *passwd, const char *login_defs, const char *want)
{
	RS_AUTOFREE char *got = users_of(passwd, login_defs);

	assert_string_equal(got, want);
}

static void
test_users(void **state RS_UNUSED)
{
	expect_users("root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/usr/sbin:/bin/false\n"
		     "alice:x:1000:1000::/home/alice:/bin/sh\nbob:x:60000:1::/srv/bob:\n"
		     "nobody:x:65534:65534::/nonexistent:\nsystemd:x:61184:1::/home/s:\n"
		     "toor:x:0:0::/home/toor:\n", NULL,
		     "root:/root alice:/home/alice bob:/srv/bob toor:/home/toor ");
	expect_users("a:x:499:1::/home/a:\nb:x:500:1::/home/b:\nc:x:700:1::/home/c:\nd:x:701:1::/home/d:\n",
		     "# UID_MIN 1\nUID_MIN\t\t500\n  UID_MAX 700 # no more\nSYS_UID_MIN 100\n",
		     "b:/home/b c:/home/c ");
	/* A person's home may be anywhere. */
	expect_users("a:x:1000:1::/usr/people/a:\nb:x:1001:1::/tmp/b:\n", NULL,
		     "a:/usr/people/a b:/tmp/b ");
	/* One home is looked at once. */
	expect_users("a:x:1000:1::/home/a:\nb:x:1000:1::/home/a:\nc:x:1001:1::/home/a:\n", NULL,
		     "a:/home/a c:/home/a ");
}

static void
test_users_bad(void **state RS_UNUSED)
{
	expect_users("", NULL, "");
	expect_users("garbage\n:::\na:x:no:1::/home/a:\nb:x:1000:1::/home/b:\n", NULL, "b:/home/b ");
	expect_users("a:x:1000:1::home/a:\nb:x:1000:1:::\nc:x:1000:1::/:\n", NULL, "");
	/* Where root would read as root, but not what others may have written. */
	expect_users("a:x:0:1::/etc:\nb:x:0:1::/etc/b:\nc:x:0:1::/usr/c:\n"
		     "d:x:0:1::/proc/1/root:\ne:x:0:1::/etcetera:\nf:x:0:1::/var/tmp:\n"
		     "g:x:0:1::/var/lib/g:\n", NULL, "e:/etcetera g:/var/lib/g ");
}

/* A service's home counts where it is one: there, and its own. */
static void
test_services(void **state RS_UNUSED)
{
	struct rs_array users;
	bool found[4] = { false };

	file_mkdir("/var/lib/jenkins");
	file_mkdir("/var/lib/roots");
	assert_int_equal(chown("/var/lib/jenkins", 801, 801), 0);
	file_puts("/etc/passwd", "root:x:0:0::/root:/bin/sh\njenkins:x:801:801::/var/lib/jenkins:\n"
		  "other:x:802:802::/var/lib/roots:\nnone:x:803:803::/var/lib/none:\n"
		  "tmp:x:0:0::/tmp:\n");
	rs_home_users(&users, NULL, "/etc/login.defs");
	for (size_t i = 0; i < users.n; i++) {
		const struct rs_user *user = users.v[i];

		found[0] |= rs_streq(user->name, "jenkins") && user->uid == 801;
		found[1] |= rs_streq(user->name, "other") || rs_streq(user->name, "none");
		found[2] |= rs_streq(user->name, "root") && user->uid == 0;
		found[3] |= rs_streq(user->name, "tmp");
	}
	assert_true(found[0] && !found[1] && found[2] && !found[3]);
	rs_array_free(&users);
	/* The same of a tree, which is looked at from within. */
	expect_users("jenkins:x:801:801::/var/lib/jenkins:\nother:x:802:802::/var/lib/roots:\n",
		     NULL, "jenkins:/var/lib/jenkins ");
}

static void
test_one(void **state RS_UNUSED)
{
	struct rs_user *user;

	file_puts("/tmp/passwd", "a:x:1000:7::/home/a:\nb:x:1001:8::/home/b:\n");
	user = rs_home_user("b", "/tmp/passwd");
	assert_non_null(user);
	assert_int_equal(user->uid, 1001);
	assert_int_equal(user->gid, 8);
	assert_string_equal(user->home, "/home/b");
	rs_user_free(user);
	assert_null(rs_home_user("c", "/tmp/passwd"));
	assert_null(rs_home_user("", "/tmp/passwd"));
	assert_null(rs_home_user("a", "/tmp/none"));
	assert_null(rs_home_user("nobody here", NULL));
	user = rs_home_caller();
	assert_int_equal(user->uid, getuid());
	rs_user_free(user);
}

/*
 * Becoming somebody: what child() finds wrong is its exit status.
 */

static int
in_child(int (*child)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static uint64_t
capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &header, data) < 0)
		return ~0ULL;
	return (data[0].effective | data[0].permitted | data[0].inheritable) |
	    (uint64_t)(data[1].effective | data[1].permitted | data[1].inheritable) << 32;
}

/* The bounding and the ambient set. */
static bool
may_regain_capabilities(void)
{
	for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0 ||
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) != 0)
			return true;
	return false;
}

static bool
becomes(uid_t uid, gid_t gid, bool read_all)
{
	const struct rs_user user = { .uid = uid, .gid = gid };
	const struct rs_groups none = { 0 };

	return rs_home_become(&user, &none, read_all);
}

static int
becomes_user(void)
{
	gid_t groups[8];
	uid_t r, e, s;

	if (setgroups(2, (gid_t[]){ 0, 27 }) < 0 || !becomes(UID, UID + 1, false))
		return 1;
	if (getresuid(&r, &e, &s) < 0 || r != UID || e != UID || s != UID)
		return 2;
	if (getgid() != UID + 1 || getegid() != UID + 1 || getgroups(8, groups) != 0)
		return 3;
	if (capabilities() != 0 || may_regain_capabilities())
		return 4;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0)
		return 5;
	if (setuid(0) == 0 || setresuid(-1, 0, -1) == 0 || setgid(0) == 0 || setgroups(0, NULL) == 0)
		return 6;
	return 0;
}

static int
becomes_root(void)
{
	if (!becomes(0, 0, false))
		return 1;
	if (getuid() != 0 || capabilities() != 0 || may_regain_capabilities())
		return 2;
	/* What root owns is its own, nobody else's is. */
	if (open("/tmp/roots", O_RDWR) < 0 || open("/tmp/users", O_RDONLY) >= 0)
		return 3;
	return 0;
}

static int
becomes_reader(void)
{
	if (!becomes(UID, UID, true))
		return 1;
	if (capabilities() != 1U << CAP_DAC_READ_SEARCH)
		return 2;
	if (open("/tmp/roots", O_RDONLY) < 0 || open("/tmp/roots", O_WRONLY) >= 0)
		return 3;
	if (setuid(0) == 0 || chown("/tmp/roots", UID, UID) == 0)
		return 4;
	return 0;
}

/* Whoever has no right to become another stays nobody else by mistake. */
static int
cannot_become(void)
{
	if (!becomes(UID, UID, false))
		return 1;
	if (becomes(UID + 1, UID + 1, false) || becomes(0, 0, false))
		return 2;
	return getuid() == UID ? 0 : 3;
}

static int
has_groups(void)
{
	const struct rs_user user = {
		.name = (char *)(uintptr_t)"grouped", .uid = UID, .gid = UID,
	};
	struct rs_groups found;
	gid_t groups[8];

	rs_home_groups(&found, &user);
	if (!rs_home_become(&user, &found, false))
		return 1;
	for (int n = getgroups(8, groups), i = 0; i < n; i++)
		if (groups[i] == 4711)
			return 0;
	return 2;
}

static void
test_become(void **state RS_UNUSED)
{
	file_puts("/tmp/roots", "r");
	file_puts("/tmp/users", "u");
	file_puts("/etc/group", "root:x:0:\nhelpers:x:4711:grouped\n");
	file_puts("/etc/nsswitch.conf", "passwd: files\ngroup: files\n");
	assert_int_equal(chmod("/tmp/roots", 0600) | chmod("/tmp/users", 0600), 0);
	assert_int_equal(chown("/tmp/users", UID, UID), 0);
	assert_int_equal(in_child(becomes_user), 0);
	assert_int_equal(in_child(becomes_root), 0);
	assert_int_equal(in_child(becomes_reader), 0);
	assert_int_equal(in_child(cannot_become), 0);
	assert_int_equal(in_child(has_groups), 0);
}

/*
 * Folders below a home.
 */

static struct rs_user alice = {
	.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice",
	.uid = UID, .gid = UID,
};

static void
make_home(void)
{
	file_mkdir("/home/alice/a/b");
	file_mkdir("/home/mallory/m");
	file_mkdir("/home/alice/a/foreign");
	assert_int_equal(chown("/home/alice", UID, UID) | chown("/home/alice/a", UID, UID) |
			 chown("/home/alice/a/b", UID, UID), 0);
	assert_int_equal(chown("/home/mallory", UID + 1, UID) | chown("/home/mallory/m", UID, UID), 0);
	if (!file_exists("/home/alice/link")) {
		assert_int_equal(symlink("a", "/home/alice/link"), 0);
		assert_int_equal(symlink("/home/mallory/m", "/home/alice/out"), 0);
		assert_int_equal(symlink("/home/alice", "/home/to-alice"), 0);
	}
}

static int
open_errno(const struct rs_user *user, bool own, const char *dir)
{
	RS_CLEANUP(rs_home_let_go) struct rs_home home = RS_HOME_NONE;
	int fd;

	errno = 0;
	fd = rs_home_hold(&home, user, own) ? rs_home_open_dir(&home, home.fd, dir) : -1;
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void
test_open(void **state RS_UNUSED)
{
	struct rs_user moved = alice;

	make_home();
	assert_int_equal(open_errno(&alice, false, "/home/alice/a/b"), 0);
	assert_int_equal(open_errno(&alice, true, "/home/alice/a/b"), 0);
	/* The home itself may be reached by links. */
	moved.home = (char *)(uintptr_t)"/home/to-alice";
	assert_int_equal(open_errno(&moved, false, "/home/to-alice/a/b"), 0);
	/* A user's own run follows links to what that user owns. */
	assert_int_equal(open_errno(&alice, true, "/home/alice/link/b"), 0);
	assert_int_equal(open_errno(&alice, true, "/home/alice/out"), 0);
	assert_int_equal(open_errno(&alice, true, "/home/mallory/m"), 0);
}

static void
test_open_refused(void **state RS_UNUSED)
{
	make_home();
	assert_int_equal(open_errno(&alice, false, "/home/alice/none"), ENOENT);
	assert_int_equal(open_errno(&alice, false, "/home/alice/link/b"), ELOOP);
	assert_int_equal(open_errno(&alice, false, "/home/alice/out"), ELOOP);
	assert_int_equal(open_errno(&alice, false, "/home/alice/../mallory/m"), EXDEV);
	assert_int_equal(open_errno(&alice, false, "/home/mallory/m"), EXDEV);
	assert_int_equal(open_errno(&alice, false, "/home/alicea/b"), EXDEV);
	assert_int_equal(open_errno(&alice, false, "/etc"), EXDEV);
	assert_int_equal(open_errno(&alice, false, "/home/alice/a/foreign"), EPERM);
	assert_int_equal(open_errno(&alice, true, "/home/alice/a/foreign"), EPERM);
	assert_int_equal(open_errno(&alice, true, "/home/mallory"), EPERM);
	assert_int_equal(open_errno(&alice, true, "/etc"), EPERM);
}

static int
inside_errno(bool own, const char *below)
{
	RS_CLEANUP(rs_home_let_go) struct rs_home home = RS_HOME_NONE;
	int fd;

	errno = 0;
	assert_true(rs_home_hold(&home, &alice, own));
	fd = rs_home_open_inside(&home, below);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* The same in anybody's run. */
static void
test_open_inside(void **state RS_UNUSED)
{
	make_home();
	file_mkdir("/home/alice/a/mounted");
	assert_int_equal(mount("none", "/home/alice/a/mounted", "tmpfs", 0, NULL), 0);
	for (int own = 0; own < 2; own++) {
		assert_int_equal(inside_errno(own, "a/b"), 0);
		assert_int_equal(inside_errno(own, "link"), ELOOP);
		assert_int_equal(inside_errno(own, "link/b"), ELOOP);
		assert_int_equal(inside_errno(own, "out"), ELOOP);
		assert_int_equal(inside_errno(own, "a/foreign"), EPERM);
		assert_int_equal(inside_errno(own, "a/mounted"), EXDEV);
		assert_int_equal(inside_errno(own, "../mallory"), EXDEV);
		assert_int_equal(inside_errno(own, "none"), ENOENT);
	}
	assert_int_equal(umount("/home/alice/a/mounted"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/home/users", test_users),
		FILE_TEST("/home/users-bad", test_users_bad),
		FILE_TEST("/home/services", test_services),
		FILE_TEST("/home/one", test_one),
		FILE_TEST("/home/become", test_become),
		FILE_TEST("/home/open", test_open),
		FILE_TEST("/home/open-refused", test_open_refused),
		FILE_TEST("/home/open-inside", test_open_inside),
	};

	file_private_world();
	return cmocka_run_group_tests_name("home", tests, NULL, NULL);
}
