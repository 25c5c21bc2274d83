/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: the search, and where it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-fixture.h"
#include "home-fixture.h"
#include "home-walk.h"

static const struct rs_home_walk_bounds plenty = {
	.depth = 20, .folder_entries = 1000, .entries = 10000, .milliseconds = 10000,
};

struct seen {
	struct rs_buf text;
	unsigned pause;			/* milliseconds that reading takes */
};

static void
on_found(struct rs_home_walk *walk, int dirfd, const char *dir)
{
	struct seen *seen = walk->arg;

	assert_int_equal(faccessat(dirfd, ".", F_OK, 0), 0);
	rs_buf_printf(&seen->text, "found %s\n", dir);
	usleep(seen->pause * 1000);
}

static void
on_cut(struct rs_home_walk *walk, const char *dir, const char *why)
{
	rs_buf_printf(&((struct seen *)walk->arg)->text, "cut %s: %s\n", dir, why);
}

static void
on_closed(struct rs_home_walk *walk, const char *dir)
{
	rs_buf_printf(&((struct seen *)walk->arg)->text, "closed %s\n", dir);
}

static char *
walk(const char *home, const struct rs_home_walk_bounds *bounds, unsigned pause)
{
	static const char *const names[] = { "cert9.db", "ServerCertificate", NULL };
	RS_CLEANUP(rs_home_let_go) struct rs_home held = RS_HOME_NONE;
	struct rs_user user = home_user(home);
	struct seen seen = { .pause = pause };
	struct rs_home_walk w = {
		.home = &held, .bounds = bounds, .names = names, .arg = &seen,
		.found = on_found, .cut = on_cut, .closed = on_closed,
	};

	rs_buf_puts(&seen.text, "");
	assert_true(rs_home_hold(&held, &user, true));
	rs_home_walk(&w);
	return rs_buf_steal(&seen.text);
}

static void
expect(const char *home, const struct rs_home_walk_bounds *bounds, const char *want)
{
	RS_AUTOFREE char *got = walk(home, bounds, 0);

	assert_string_equal(got, want);
}

static void
test_found(void **state RS_UNUSED)
{
	home_file("/home/a/x/y/z/cert9.db", "");
	home_file("/home/a/x/ServerCertificate", "");
	home_file("/home/a/x/cert9.db", "");
	home_file("/home/a/x/y/cert9.db.bak", "");
	file_mkdir("/home/a/x/y/z/q/cert9.db");
	home_file("/home/a/cert9.db", "");
	home_give("/home/a");
	/* Near the top first; a folder once, whatever it holds. */
	expect("/home/a", &plenty, "found /home/a\nfound /home/a/x\nfound /home/a/x/y/z\n"
	       "found /home/a/x/y/z/q\n");
}

/* Also in the user's own run: a link may make a search endless. */
static void
test_links(void **state RS_UNUSED)
{
	home_file("/home/b/x/cert9.db", "");
	home_file("/srv/out/cert9.db", "");
	assert_int_equal(symlink("x", "/home/b/again"), 0);
	assert_int_equal(symlink("..", "/home/b/x/up"), 0);
	assert_int_equal(symlink("/srv/out", "/home/b/out"), 0);
	file_mkdir("/home/b/linked");
	assert_int_equal(symlink("/srv/out/cert9.db", "/home/b/linked/cert9.db"), 0);
	home_give("/home/b");
	home_give("/srv/out");
	{
		RS_AUTOFREE char *got = walk("/home/b", &plenty, 0);

		assert_non_null(strstr(got, "found /home/b/x\n"));
		/* The link itself is something to tell of. */
		assert_non_null(strstr(got, "found /home/b/linked\n"));
		assert_int_equal(strlen(got), strlen("found /home/b/x\nfound /home/b/linked\n"));
	}
}

static void
test_mounts(void **state RS_UNUSED)
{
	file_mkdir("/home/c/tmpfs");
	file_mkdir("/home/c/bound");
	home_file("/srv/same/cert9.db", "");
	home_give("/home/c");
	home_give("/srv/same");
	assert_int_equal(mount("none", "/home/c/tmpfs", "tmpfs", 0, NULL), 0);
	assert_int_equal(mount("/srv/same", "/home/c/bound", NULL, MS_BIND, NULL), 0);
	{
		RS_AUTOFREE char *got = walk("/home/c", &plenty, 0);

		assert_non_null(strstr(got, "cut /home/c/tmpfs: something else is mounted there"));
		assert_non_null(strstr(got, "cut /home/c/bound: something else is mounted there"));
		assert_null(strstr(got, "found"));
	}
	assert_int_equal(umount("/home/c/tmpfs") | umount("/home/c/bound"), 0);
}

static void
test_closed(void **state RS_UNUSED)
{
	home_file("/home/d/theirs/below/cert9.db", "");
	home_give("/home/d");
	assert_int_equal(chown("/home/d/theirs", 0, 0), 0);
	expect("/home/d", &plenty, "closed /home/d/theirs\n");
}

static void
test_depth(void **state RS_UNUSED)
{
	struct rs_home_walk_bounds bounds = plenty;

	home_file("/home/e/1/2/cert9.db", "");
	home_file("/home/e/1/2/3/cert9.db", "");
	home_give("/home/e");
	bounds.depth = 2;
	expect("/home/e", &bounds, "found /home/e/1/2\n"
	       "cut /home/e/1/2/3: it lies too deep below the home\n");
}

/* A path that is too long to be opened is said too. */
static void
test_very_deep(void **state RS_UNUSED)
{
	static char name[201];
	RS_AUTOFREE char *got = NULL;

	memset(name, 'n', sizeof(name) - 1);
	file_mkdir("/home/f");
	assert_int_equal(chdir("/home/f"), 0);
	for (int i = 0; i < 25; i++) {
		assert_int_equal(mkdir(name, 0700), 0);
		assert_int_equal(chown(name, HOME_UID, HOME_UID), 0);
		assert_int_equal(chdir(name), 0);
	}
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(chown("/home/f", HOME_UID, HOME_UID), 0);
	got = walk("/home/f", &rs_home_walk_bounds, 0);
	assert_non_null(strstr(got, ": it cannot be opened: File name too long\n"));
}

static void
many_files(const char *dir, int n)
{
	file_mkdir(dir);
	for (int i = 0; i < n; i++) {
		RS_AUTOFREE char *path = rs_printf("%s/%d", dir, i);

		file_puts(path, "");
	}
}

/* One large folder does not cost the others; and hides nothing itself. */
static void
test_large_folder(void **state RS_UNUSED)
{
	struct rs_home_walk_bounds bounds = plenty;

	many_files("/home/g/a", 60);
	home_file("/home/g/b/c/cert9.db", "");
	home_give("/home/g");
	bounds.folder_entries = 50;
	expect("/home/g", &bounds, "cut /home/g/a: it has more than 50 files; what is in it by "
	       "itself was looked at, but not all of its folders\nfound /home/g/a\n"
	       "found /home/g/b/c\n");
}

static void
test_entries(void **state RS_UNUSED)
{
	struct rs_home_walk_bounds bounds = plenty;
	RS_AUTOFREE char *got = NULL;

	many_files("/home/h/many", 60);
	file_mkdir("/home/h/other/deep");
	home_give("/home/h");
	bounds.entries = 50;
	got = walk("/home/h", &bounds, 0);
	assert_non_null(strstr(got, "cut /home/h: not all of it was searched: it was left after 50 "
			       "files. Folders still to see: "));
	assert_non_null(strstr(got, ", the first of them /home/h/"));
	assert_null(strstr(got, "cut /home/h/"));
	/* All of it, and no more. */
	bounds.entries = 63;
	expect("/home/h", &bounds, "");
}

/* Time counts, but not what is spent on what was found. */
static void
test_time(void **state RS_UNUSED)
{
	struct rs_home_walk_bounds bounds = plenty;
	RS_AUTOFREE char *got = NULL;

	home_file("/home/i/a/cert9.db", "");
	home_file("/home/i/a/b/cert9.db", "");
	home_give("/home/i");
	bounds.milliseconds = 500;
	got = walk("/home/i", &bounds, 600);
	assert_string_equal(got, "found /home/i/a\nfound /home/i/a/b\n");
	bounds.milliseconds = 0;
	expect("/home/i", &bounds, "cut /home/i: not all of it was searched: it was left after 0 "
	       "seconds. Folders still to see: 1, the first of them /home/i/a. What is at "
	       "places that programs are known to use was looked at\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/home-walk/found", test_found),
		FILE_TEST("/home-walk/links", test_links),
		FILE_TEST("/home-walk/mounts", test_mounts),
		FILE_TEST("/home-walk/closed", test_closed),
		FILE_TEST("/home-walk/depth", test_depth),
		FILE_TEST("/home-walk/very-deep", test_very_deep),
		FILE_TEST("/home-walk/large-folder", test_large_folder),
		FILE_TEST("/home-walk/entries", test_entries),
		FILE_TEST("/home-walk/time", test_time),
	};

	file_private_world();
	return cmocka_run_group_tests_name("home-walk", tests, NULL, NULL);
}
