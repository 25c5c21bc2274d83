/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sqlite-copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A program that writes all the time is waited for so often. */
#define TRIES 5
#define WAIT_NS 20000000L

/* The log and the journal; "" is the database itself. */
static const char *const parts[] = { "", "-wal", "-journal" };

/* What a worker that became another user inherited may not suit it. */
static char *
make_folder(char **why)
{
	const char *places[] = { getenv("TMPDIR"), "/tmp", "/var/tmp" };

	for (size_t i = 0; i < RS_COUNT(places); i++) {
		RS_AUTOFREE char *dir = NULL;

		if (places[i] == NULL || places[i][0] != '/')
			continue;
		dir = rs_printf("%s/rootsweep-XXXXXX", places[i]);
		if (mkdtemp(dir) != NULL)
			return rs_steal(&dir);
	}
	*why = rs_printf("needs a copy to be read, and there is no room for one in /tmp: %s",
			 strerror(errno));
	return NULL;
}

static bool
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
copy_bytes(int from, int to, off_t size)
{
	RS_AUTOFREE char *chunk = rs_alloc(65536);

	while (size > 0) {
		ssize_t n = read(from, chunk, 65536);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !write_all(to, chunk, (size_t)n))
			return n == 0;
		size -= n;
	}
	return true;
}

/* Where the file is not there, st is all zero and nothing is made. */
static bool
copy_part(int from_dir, const char *name, int to_dir, struct stat *st, char **why)
{
	RS_AUTOCLOSE int from = rs_open_regular(from_dir, name, O_NOFOLLOW), to = -1;

	memset(st, 0, sizeof(*st));
	if (from < 0 && errno == ENOENT)
		return true;
	if (from >= 0 && fstat(from, st) == 0 && st->st_size > RS_SQLITE_MAX_SIZE)
		errno = EFBIG;
	else if (from >= 0)
		to = openat(to_dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			    0600);
	if (to >= 0 && copy_bytes(from, to, st->st_size))
		return true;
	*why = rs_printf("needs a copy to be read, and %s cannot be copied: %s", name,
			 strerror(errno));
	return false;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Whether nothing has changed since the parts were opened, in this order. */
static bool
unchanged(const struct rs_sqlite_copy *copy, int from_dir, const struct stat *before)
{
	for (size_t i = 0; i < RS_COUNT(parts); i++) {
		RS_AUTOFREE char *name = rs_printf("%s%s", copy->name, parts[i]);
		struct stat now;

		if (fstatat(from_dir, name, &now, AT_SYMLINK_NOFOLLOW) < 0)
			memset(&now, 0, sizeof(now));
		if (!same_file(&now, &before[i]))
			return false;
	}
	return true;
}

static enum rs_sqlite_result
copy_parts(struct rs_sqlite_copy *copy, int from_dir, char **why)
{
	struct stat before[RS_COUNT(parts)];

	for (int try = 0; try < TRIES; try++) {
		if (try > 0)
			nanosleep(&(struct timespec){ .tv_nsec = WAIT_NS }, NULL);
		for (size_t i = 0; i < RS_COUNT(parts); i++) {
			RS_AUTOFREE char *name = rs_printf("%s%s", copy->name, parts[i]);

			unlinkat(copy->dirfd, name, 0);
			if (!copy_part(from_dir, name, copy->dirfd, &before[i], why))
				return RS_SQLITE_BAD;
		}
		if (unchanged(copy, from_dir, before))
			return RS_SQLITE_OK;
	}
	*why = rs_strdup("locked: another program is writing to it; close that and try again");
	return RS_SQLITE_LOCKED;
}

/* As a plain database any reader can open it without writing. */
static enum rs_sqlite_result
repair(const struct rs_sqlite_copy *copy, char **why)
{
	RS_CLEANUP(rs_sqlite_close) sqlite3 *db = NULL;
	enum rs_sqlite_result result = rs_sqlite_open(copy->dirfd, copy->name, true, &db, why);
	int rc;

	if (result != RS_SQLITE_OK)
		return result;
	rc = sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE", NULL,
			  NULL, NULL);
	return rs_sqlite_failed(db, rc, why);
}

enum rs_sqlite_result
rs_sqlite_copy_make(struct rs_sqlite_copy *copy, int dirfd, const char *name, char **why)
{
	enum rs_sqlite_result result;

	*why = NULL;
	*copy = (struct rs_sqlite_copy)RS_SQLITE_COPY_NONE;
	copy->dir = make_folder(why);
	if (copy->dir == NULL)
		return RS_SQLITE_BAD;
	copy->name = rs_strdup(name);
	copy->dirfd = open(copy->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (copy->dirfd < 0) {
		*why = rs_printf("%s cannot be opened: %s", copy->dir, strerror(errno));
		return RS_SQLITE_BAD;
	}
	result = copy_parts(copy, dirfd, why);
	return result == RS_SQLITE_OK ? repair(copy, why) : result;
}

void
rs_sqlite_copy_remove(struct rs_sqlite_copy *copy)
{
	static const char *const made[] = { "", "-wal", "-journal", "-shm" };

	for (size_t i = 0; i < RS_COUNT(made) && copy->dirfd >= 0; i++) {
		RS_AUTOFREE char *name = rs_printf("%s%s", copy->name, made[i]);

		unlinkat(copy->dirfd, name, 0);
	}
	rs_cleanup_close(&copy->dirfd);
	if (copy->dir != NULL)
		rmdir(copy->dir);
	free(copy->dir);
	free(copy->name);
	*copy = (struct rs_sqlite_copy)RS_SQLITE_COPY_NONE;
}
