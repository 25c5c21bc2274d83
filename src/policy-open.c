/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file may be a policy: a regular one and, for root, one of root's own. */
#include "policy-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
others_may_write(const struct stat *st)
{
	return st->st_uid != 0 || (st->st_mode & S_IWOTH) != 0 ||
	       ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0);
}

/*
 * In a directory such as /tmp only a file's owner can put another in its
 * place, so that one which is root's stays root's.
 */
static bool
is_roots_directory(const char *path)
{
	RS_AUTOFREE char *copy = rs_strdup(path);
	char *slash = strrchr(copy, '/');
	struct stat st;

	if (slash == NULL)
		return stat(".", &st) == 0 && !others_may_write(&st);
	slash[slash == copy] = '\0';
	if (stat(copy, &st) < 0)
		return false;
	return !others_may_write(&st) || (st.st_uid == 0 && (st.st_mode & S_ISVTX) != 0);
}

static bool
is_roots(struct rs_policy_reading *reading, int fd)
{
	const char *path = reading->file->path;
	RS_AUTOFREE char *real = realpath(path, NULL);
	struct stat st;

	if (fstat(fd, &st) < 0 || others_may_write(&st))
		rs_policy_problem(reading, 0, "a run as root reads only what root alone can "
				  "write: chown root:root it, and chmod go-w");
	else if (!is_roots_directory(path) || real == NULL || !is_roots_directory(real))
		rs_policy_problem(reading, 0, "a run as root reads only from a directory that "
				  "root alone can write: chown root:root it, and chmod go-w");
	else
		return true;
	return false;
}

static const char *
why_not(int error)
{
	switch (error) {
	case EISDIR:
		return "is a directory: expected an XML file";
	case ENXIO:
		return "is not a regular file: expected an XML file";
	default:
		return strerror(error);
	}
}

int
rs_policy_open(struct rs_policy_reading *reading)
{
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, reading->file->path, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		rs_policy_problem(reading, 0, "cannot be read: %s", why_not(errno));
		return -1;
	}
	if (reading->privileged && !is_roots(reading, fd))
		return -1;
	if (st.st_size > (off_t)RS_POLICY_FILE_MAX) {
		rs_policy_problem(reading, 0, "is larger than 64 MiB, the bound for a policy");
		return -1;
	}
	if (st.st_size == 0) {
		rs_policy_problem(reading, 0, "is empty: expected <policy xmlns=\"%s\" "
				  "version=\"...\">", RS_POLICY_NS);
		return -1;
	}
	return rs_steal_fd(&fd);
}
