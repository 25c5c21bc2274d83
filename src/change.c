/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "rights.h"

/*
 * In the test build ROOTSWEEP_KILL_AT=n ends the process before its n-th
 * changing call, ROOTSWEEP_FAIL_AT=n fails that call with EIO.
 */
int
rs_change_point(void)
{
#ifdef RS_TEST_SEAMS
	static long count;
	const char *kill_at = getenv("ROOTSWEEP_KILL_AT");
	const char *fail_at = getenv("ROOTSWEEP_FAIL_AT");

	count++;
	if (kill_at != NULL && strtol(kill_at, NULL, 10) == count)
		raise(SIGKILL);
	if (fail_at != NULL && strtol(fail_at, NULL, 10) == count) {
		errno = EIO;
		return -1;
	}
#endif
	return 0;
}

/* In the test build ROOTSWEEP_NO_SYNC=SITE leaves that one out. */
bool
rs_change_syncs(const char *site)
{
#ifdef RS_TEST_SEAMS
	const char *left_out = getenv("ROOTSWEEP_NO_SYNC");

	return left_out == NULL || !rs_streq(left_out, site);
#else
	(void)site;
	return true;
#endif
}

static int
sync_dir(int dirfd, const char *site)
{
	RS_AUTOCLOSE int fd = -1;

	if (rs_change_point() < 0)
		return -1;
	if (!rs_change_syncs(site))
		return 0;
	/* dirfd may be O_PATH, which cannot be synced. */
	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

static int
sync_file(int fd, const char *site)
{
	if (rs_change_point() < 0)
		return -1;
	return rs_change_syncs(site) ? fsync(fd) : 0;
}

int
rs_change_sync_all(int fd)
{
	if (rs_change_point() < 0)
		return -1;
	return rs_change_syncs("refresh") ? syncfs(fd) : 0;
}

static int
write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n;

		if (rs_change_point() < 0)
			return -1;
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
rs_change_mkdir(int dirfd, const char *name, mode_t mode)
{
	if (rs_change_point() < 0 || mkdirat(dirfd, name, mode) < 0)
		return -1;
	return sync_dir(dirfd, "mkdir");
}

static int
create_exclusive(int dirfd, const char *name, mode_t mode)
{
	if (rs_change_point() < 0)
		return -1;
	return openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

int
rs_change_create(int dirfd, const char *name, const void *data, size_t len, mode_t mode)
{
	RS_AUTOCLOSE int fd = create_exclusive(dirfd, name, mode);

	if (fd < 0 || write_all(fd, data, len) < 0 || sync_file(fd, "create") < 0)
		return -1;
	return sync_dir(dirfd, "create-name");
}

int
rs_change_append(int dirfd, const char *name, const char *text)
{
	RS_AUTOCLOSE int fd = -1;

	if (rs_change_point() < 0)
		return -1;
	fd = openat(dirfd, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
		return -1;
	return sync_file(fd, "append");
}

int
rs_change_rename(int dirfd, const char *from, const char *to)
{
	if (rs_change_point() < 0 || renameat(dirfd, from, dirfd, to) < 0)
		return -1;
	return sync_dir(dirfd, "rename");
}

int
rs_change_unlink(int dirfd, const char *name, bool directory)
{
	if (rs_change_point() < 0 || unlinkat(dirfd, name, directory ? AT_REMOVEDIR : 0) < 0)
		return -1;
	return sync_dir(dirfd, "unlink");
}

/* Root's own label of a file, where the kernel has no module that knows it,
 * asks for more than the rest of this program does. */
static int
set_xattr(int fd, const char *name, const void *value, size_t len)
{
	bool label = rs_starts(name, "security.");
	int error;

	if (label)
		rs_rights_use(CAP_SYS_ADMIN, true);
	error = fsetxattr(fd, name, value, len, 0) == 0 || errno == ENOTSUP ? 0 : errno;
	if (label)
		rs_rights_use(CAP_SYS_ADMIN, false);
	errno = error;
	return error == 0 ? 0 : -1;
}

static int
set_xattrs(int fd, const struct rs_saved *saved)
{
	for (size_t i = 0; i < saved->xattrs.n; i++) {
		const struct rs_xattr *xattr = saved->xattrs.v[i];
		RS_AUTOFREE unsigned char *value = NULL;
		size_t len;

		if (!rs_unbase64(xattr->value, &value, &len)) {
			errno = EINVAL;
			return -1;
		}
		if (rs_change_point() < 0 || set_xattr(fd, xattr->name, value, len) < 0)
			return -1;
	}
	return 0;
}

static int
set_metadata(int fd, const struct rs_saved *saved, bool times)
{
	struct timespec ts[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = saved->mtime, .tv_nsec = saved->mtime_nsec },
	};
	struct stat st;

	/* A user cannot give files away, nor need to: owner first, since
	 * changing it clears mode bits. */
	if (fstat(fd, &st) < 0)
		return -1;
	if ((st.st_uid != saved->uid || st.st_gid != saved->gid) &&
	    (rs_change_point() < 0 || fchown(fd, (uid_t)saved->uid, (gid_t)saved->gid) < 0))
		return -1;
	if (rs_change_point() < 0 || fchmod(fd, saved->mode & 0777) < 0)
		return -1;
	if (set_xattrs(fd, saved) < 0)
		return -1;
	return times && (rs_change_point() < 0 || futimens(fd, ts) < 0) ? -1 : 0;
}

/* The same for the same name, so that what a crash left can be found. */
static void
temporary_name(const char *name, char temp[64])
{
	char digest[RS_SHA256_HEX];

	rs_sha256(name, strlen(name), digest);
	snprintf(temp, 64, ".rootsweep-%.16s.tmp", digest);
}

int
rs_change_sweep(int dirfd, const char *name)
{
	struct stat st;
	char temp[64];

	temporary_name(name, temp);
	if (fstatat(dirfd, temp, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	return rs_change_unlink(dirfd, temp, false);
}

static int
put_file(int dirfd, const char *temp, const struct rs_saved *saved, const void *data,
	 size_t len, bool times)
{
	RS_AUTOCLOSE int fd = create_exclusive(dirfd, temp, 0600);

	if (fd < 0 || write_all(fd, data, len) < 0 || set_metadata(fd, saved, times) < 0)
		return -1;
	return sync_file(fd, "put");
}

static int
put_link(int dirfd, const char *temp, const struct rs_saved *saved, bool times)
{
	struct timespec ts[2] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = saved->mtime, .tv_nsec = saved->mtime_nsec },
	};

	if (rs_change_point() < 0 || symlinkat(saved->target, dirfd, temp) < 0)
		return -1;
	if (geteuid() == 0 && (rs_change_point() < 0 || fchownat(dirfd, temp,
	    (uid_t)saved->uid, (gid_t)saved->gid, AT_SYMLINK_NOFOLLOW) < 0))
		return -1;
	return times && (rs_change_point() < 0 ||
	    utimensat(dirfd, temp, ts, AT_SYMLINK_NOFOLLOW) < 0) ? -1 : 0;
}

int
rs_change_put(int dirfd, const char *name, const struct rs_saved *saved,
	      const void *data, size_t len, bool times)
{
	char temp[64];
	int result;

	if (rs_change_sweep(dirfd, name) < 0)
		return -1;
	temporary_name(name, temp);
	result = saved->type == RS_SAVED_LINK ? put_link(dirfd, temp, saved, times) :
	    put_file(dirfd, temp, saved, data, len, times);
	if (result == 0)
		result = rs_change_rename(dirfd, temp, name);
	if (result < 0) {
		int saved_errno = errno;

		unlinkat(dirfd, temp, 0);
		errno = saved_errno;
	}
	return result;
}
