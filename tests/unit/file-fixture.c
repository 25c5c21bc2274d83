/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "change.h"
#include "file-fixture.h"

#define MAX_FILE (64u << 20)

void
file_folder_make(struct file_folder *folder)
{
	folder->dir = rs_strdup("/tmp/rootsweep-XXXXXX");
	assert_non_null(mkdtemp(folder->dir));
	folder->fd = open(folder->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder->fd >= 0);
}

static int
remove_one(const char *path, const struct stat *st RS_UNUSED, int type RS_UNUSED,
	   struct FTW *ftw RS_UNUSED)
{
	return remove(path);
}

void
file_remove(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
file_folder_remove(struct file_folder *folder)
{
	file_remove(folder->dir);
	close(folder->fd);
	free(folder->dir);
}

char *
file_path(const struct file_folder *folder, const char *name)
{
	return rs_printf("%s/%s", folder->dir, name);
}

void
file_write(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

void
file_puts(const char *path, const char *text)
{
	file_write(path, text, strlen(text));
}

void
file_mkdir(const char *path)
{
	RS_AUTOFREE char *part = rs_strdup(path);

	for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(part, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	assert_true(mkdir(part, 0755) == 0 || errno == EEXIST);
}

bool
file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

char *
file_text(const char *path)
{
	struct rs_buf buf = { 0 };

	if (rs_read_file(path, MAX_FILE, &buf) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return rs_buf_steal(&buf);
}

static void
look_at_attributes(const char *path, struct rs_buf *text)
{
	char names[4096], value[4096];
	ssize_t n = llistxattr(path, names, sizeof(names));

	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t len = lgetxattr(path, name, value, sizeof(value));

		assert_true(len >= 0);
		rs_buf_printf(text, " %s=%.*s", name, (int)len, value);
	}
}

char *
file_look(const char *path)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	RS_AUTOBUF struct rs_buf data = { 0 };
	char digest[RS_SHA256_HEX], target[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) < 0)
		return rs_strdup(strerror(errno));
	rs_buf_printf(&text, "%o %u:%u %lld.%09ld", st.st_mode, (unsigned)st.st_uid,
		      (unsigned)st.st_gid, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlink(path, target, sizeof(target));

		rs_buf_printf(&text, " -> %.*s", (int)n, target);
	} else if (rs_read_file(path, MAX_FILE, &data) == 0) {
		rs_sha256(data.data, data.len, digest);
		rs_buf_printf(&text, " %s", digest);
		look_at_attributes(path, &text);
	}
	return rs_buf_steal(&text);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

char *
file_names(const char *dir)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct dirent **names;
	int n = scandir(dir, &names, NULL, by_name);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		if (!rs_streq(names[i]->d_name, ".") && !rs_streq(names[i]->d_name, ".."))
			rs_buf_printf(&text, "%s ", names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return rs_buf_steal(&text);
}

void
file_fail_at(const char *variable, int n)
{
	const int start = 100000;
	RS_AUTOFREE char *value = rs_printf("%d", start + n);

	/* Whatever this process has done so far: now it has done so many. */
	setenv("ROOTSWEEP_FAIL_AT", "100000", 1);
	while (rs_change_point() == 0)
		;
	unsetenv("ROOTSWEEP_FAIL_AT");
	setenv(variable, value, 1);
}

/*
 * A world of its own.
 */

/* What is still needed of a place that is covered, and where it is then. */
struct kept {
	char *from, *to;
	struct rs_buf data;
	bool there;
};

static void
keep(struct kept *kept, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kept[i].there = rs_read_file(kept[i].from, MAX_FILE, &kept[i].data) == 0;
}

static void
put_kept(struct kept *kept, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (kept[i].there)
			file_write(kept[i].to, kept[i].data.data, kept[i].data.len);
		rs_buf_free(&kept[i].data);
		free(kept[i].from);
		free(kept[i].to);
	}
}

__attribute__((noreturn))
static void
no_world(const char *what)
{
	printf("Bail out! no private world for these tests: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* A fresh file system over dir, and no doubt that it is one. */
static void
cover(const char *dir, const char *options)
{
	struct statfs fs;

	if (mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0 ||
	    statfs(dir, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		no_world(dir);
}

void
file_private_world(void)
{
	static const char *const places[] = {
		"/etc", "/home", "/opt", "/root", "/srv", "/usr/java", "/usr/lib/jvm",
		"/usr/lib/python3", "/usr/lib64/jvm", "/usr/local", "/usr/sbin", "/usr/share",
		"/var/lib",
	};
	static const char *const files[] = {
		"/etc/group", "/etc/ld.so.cache", "/etc/login.defs", "/etc/nsswitch.conf",
		"/etc/passwd",
	};
	struct kept kept[RS_COUNT(files)];

	if (geteuid() != 0 && getenv("ROOTSWEEP_MUST_WORK") == NULL) {
		puts("1..0 # SKIP needs root: sudo make check");
		exit(0);
	}
	umask(022);
	for (size_t i = 0; i < RS_COUNT(files); i++)
		kept[i] = (struct kept){ .from = rs_strdup(files[i]), .to = rs_strdup(files[i]) };
	keep(kept, RS_COUNT(kept));
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		no_world("mounts");
	for (size_t i = 0; i < RS_COUNT(places); i++)
		if (file_exists(places[i]))
			cover(places[i], "mode=0755");
	cover("/tmp", "mode=1777");
	put_kept(kept, RS_COUNT(kept));
}

void
file_debian(void)
{
	file_mkdir("/usr/share/ca-certificates");
	file_mkdir("/usr/local/share/ca-certificates");
	file_mkdir("/etc/ca-certificates/update.d");
	file_mkdir("/etc/ssl/certs/java");
	file_puts("/etc/ca-certificates.conf", "# made by hand\n");
}
