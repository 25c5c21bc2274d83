/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "change.h"
#include "message.h"

#define RUN ".run-"
#define TEMPORARY ".new-"

bool
rs_record_id_valid(const char *id)
{
	if (strlen(id) != RS_RECORD_ID_LEN || id[8] != 'T' || id[15] != 'Z' || id[16] != '-')
		return false;
	return strspn(id, "0123456789") == 8 && strspn(id + 9, "0123456789") == 6 &&
	    strspn(id + 17, "0123456789abcdef") == 16;
}

char *
rs_record_id_new(void)
{
	unsigned char random[4];
	RS_AUTOFREE char *hex = NULL;
	time_t now = rs_now();
	struct timespec fine;
	char stamp[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &fine);
	if (gnutls_rnd(GNUTLS_RND_RANDOM, random, sizeof(random)) < 0 ||
	    gmtime_r(&now, &tm) == NULL ||
	    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm) == 0)
		rs_die(RS_EXIT_FAILED, "no random numbers or no clock here");
	hex = rs_hex(random, sizeof(random));
	/* Two runs of one second must sort as well. */
	return rs_printf("%s-%08lx%s", stamp, (unsigned long)fine.tv_nsec, hex);
}

struct rs_record *
rs_record_new(const char *id, struct rs_part *part)
{
	struct rs_record *record = rs_alloc(sizeof(*record));

	record->id = rs_strdup(id);
	record->dirfd = -1;
	rs_array_init(&record->steps, rs_step_free);
	rs_array_init(&record->findings, NULL);
	if (part == NULL)
		return record;
	record->owner = rs_strdup(part->owner);
	record->time = rs_time_text(rs_now());
	for (size_t i = 0; i < part->steps.n; i++)
		rs_array_add(&record->steps, part->steps.v[i]);
	part->steps.n = 0;
	for (size_t i = 0; i < part->findings.n; i++) {
		const struct rs_finding *from = part->findings.v[i];
		const struct rs_cert *cert = from->anchor->cert;
		struct rs_record_finding *to =
		    rs_array_add(&record->findings, rs_alloc(sizeof(*to)));

		to->entry = rs_strdup(rs_finding_entry(from));
		to->store = rs_strdup(from->store->id);
		to->sha256 = rs_strdup(cert->sha256);
		to->sha1 = rs_strdup(cert->sha1);
		to->title = rs_cert_title(cert);
	}
	return record;
}

void
rs_record_free(void *p)
{
	struct rs_record *record = p;

	if (record == NULL)
		return;
	free(record->id);
	free(record->owner);
	free(record->time);
	free(record->reason);
	rs_array_free(&record->steps);
	for (size_t i = 0; i < record->findings.n; i++) {
		struct rs_record_finding *finding = record->findings.v[i];

		free(finding->entry);
		free(finding->store);
		free(finding->sha256);
		free(finding->sha1);
		free(finding->title);
		free(finding);
	}
	rs_array_free(&record->findings);
	rs_cleanup_close(&record->dirfd);
	free(record);
}

/* Why a folder is not one that only its owner writes to; NULL where it is. */
static char *
unsafe(const struct stat *st, const char *path, uid_t owner)
{
	if (S_ISLNK(st->st_mode))
		return rs_printf("%s is a link: put a folder in its place", path);
	if (!S_ISDIR(st->st_mode))
		return rs_printf("%s is no folder: move it away", path);
	if (st->st_uid != owner)
		return rs_printf("%s belongs to the user of number %u: give it back (chown %u)",
				 path, (unsigned)st->st_uid, (unsigned)owner);
	/* Where each user has a group of their own, folders are often writable
	 * by it; the system's must not be. */
	if ((st->st_mode & (owner == 0 ? S_IWGRP | S_IWOTH : S_IWOTH)) != 0)
		return rs_printf("%s can be written by others: take that right away (chmod %s)",
				 path, owner == 0 ? "go-w" : "o-w");
	return NULL;
}

/*
 * One folder further down: the owner's, writable by nobody else, no link.
 * path is what it is called for people.
 */
static int
descend(int dirfd, const char *name, const char *path, uid_t owner, bool create, char **why)
{
	RS_AUTOCLOSE int fd = -1;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT && create &&
	    rs_change_mkdir(dirfd, name, 0700) < 0 && errno != EEXIST) {
		*why = rs_printf("%s cannot be made: %s", path, strerror(errno));
		return -1;
	}
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int error = errno;

		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			*why = unsafe(&st, path, owner);
		if (*why == NULL)
			*why = rs_printf("%s cannot be opened: %s", path, strerror(error));
		errno = error;
		return -1;
	}
	*why = unsafe(&st, path, owner);
	if (*why != NULL) {
		errno = EPERM;
		return -1;
	}
	return rs_steal_fd(&fd);
}

static int
descend_all(int fd, const char *start, const char *below, uid_t owner, bool create, char **why)
{
	RS_AUTOFREE char *copy = rs_strdup(below);
	RS_AUTOBUF struct rs_buf path = { 0 };
	char *save = NULL;

	rs_buf_puts(&path, rs_streq(start, "/") ? "" : start);
	for (char *name = strtok_r(copy, "/", &save); name != NULL && fd >= 0;
	     name = strtok_r(NULL, "/", &save)) {
		int next, saved_errno;

		rs_buf_printf(&path, "/%s", name);
		next = descend(fd, name, path.data, owner, create, why);
		saved_errno = errno;
		close(fd);
		fd = next;
		errno = saved_errno;
	}
	return fd;
}

/* $XDG_STATE_HOME, which its specification says to make where it is missing. */
static int
open_start(const char *path, bool create)
{
	RS_AUTOFREE char *parent = rs_strdup(path);
	RS_AUTOCLOSE int parentfd = -1;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *slash;

	if (fd >= 0 || !create || errno != ENOENT)
		return fd;
	while (rs_ends(parent, "/") && parent[1] != '\0')
		parent[strlen(parent) - 1] = '\0';
	slash = strrchr(parent, '/');
	*slash = '\0';
	parentfd = open(slash == parent ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parentfd < 0 || rs_change_mkdir(parentfd, slash + 1, 0700) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
rs_records_open(const struct rs_user *user, bool own, bool create, char **why)
{
	const char *state = own ? getenv("XDG_STATE_HOME") : NULL;
	const char *start = user == NULL ? "/" : state != NULL && state[0] == '/' ? state :
	    user->home;
	const char *below = user == NULL ? RS_STATE_DIR "/records" :
	    start == state ? "rootsweep/records" : ".local/state/rootsweep/records";
	int fd = open_start(start, create && start == state);

	*why = NULL;
	if (fd >= 0)
		return descend_all(fd, start, below, user == NULL ? 0 : user->uid, create, why);
	*why = rs_printf("%s cannot be opened: %s", start, strerror(errno));
	return -1;
}

int
rs_records_lock(int recordsfd, unsigned seconds)
{
	for (unsigned tries = 0; ; tries++) {
		if (flock(recordsfd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (tries == seconds * 10) {
			errno = EAGAIN;
			return -1;
		}
		usleep(100000);
	}
}

static char *
temporary_name(const struct rs_record *record)
{
	return rs_printf(TEMPORARY "%s", record->id);
}

int
rs_record_begin(struct rs_record *record, int recordsfd)
{
	RS_AUTOFREE char *name = temporary_name(record);

	if (rs_change_mkdir(recordsfd, name, 0700) < 0)
		return -1;
	record->dirfd = openat(recordsfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return record->dirfd < 0 ? -1 : 0;
}

int
rs_record_save(struct rs_record *record, const char *name, const void *data, size_t len)
{
	return rs_change_create(record->dirfd, name, data, len, 0600);
}

int
rs_record_commit(struct rs_record *record, int recordsfd)
{
	RS_AUTOFREE char *name = temporary_name(record), *xml = rs_record_to_xml(record);
	RS_AUTOFREE char *first = NULL;
	char digest[RS_SHA256_HEX];

	rs_sha256(xml, strlen(xml), digest);
	first = rs_printf("record %s\n", digest);
	if (rs_record_save(record, RS_RECORD_XML, xml, strlen(xml)) < 0 ||
	    rs_record_save(record, RS_RECORD_PROGRESS, first, strlen(first)) < 0)
		return -1;
	return rs_change_rename(recordsfd, name, record->id);
}

static int
delete_directory(int recordsfd, const char *name)
{
	int fd = openat(recordsfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int result = 0;

	if (dir == NULL) {
		rs_cleanup_close(&fd);
		return -1;
	}
	while ((entry = readdir(dir)) != NULL)
		if (!rs_streq(entry->d_name, ".") && !rs_streq(entry->d_name, ".."))
			result |= rs_change_unlink(fd, entry->d_name, false);
	closedir(dir);
	return result < 0 ? -1 : rs_change_unlink(recordsfd, name, true);
}

void
rs_record_abandon(struct rs_record *record, int recordsfd)
{
	RS_AUTOFREE char *name = temporary_name(record);

	/* The rename may have been made, and only its sync have failed. */
	if (delete_directory(recordsfd, name) < 0)
		rs_record_delete(recordsfd, record->id);
}

int
rs_record_delete(int recordsfd, const char *id)
{
	RS_AUTOFREE char *name = rs_printf(TEMPORARY "%s", id);

	/* Renamed first: a deletion that is cut short leaves no half record. */
	if (rs_change_rename(recordsfd, id, name) < 0)
		return -1;
	return delete_directory(recordsfd, name);
}

bool
rs_record_load(const struct rs_record *record, const struct rs_saved *saved,
	       struct rs_buf *buf, char **why)
{
	char digest[RS_SHA256_HEX];
	RS_AUTOCLOSE int fd = -1;

	if (saved->content == NULL || strchr(saved->content, '/') != NULL) {
		*why = rs_strdup("the record holds no bytes for it");
		return false;
	}
	fd = rs_open_regular(record->dirfd, saved->content, O_NOFOLLOW);
	if (fd < 0 || rs_read_all(fd, RS_RECORD_MAX, buf) < 0) {
		*why = rs_printf("the saved copy %s cannot be read: %s", saved->content,
				 strerror(errno));
		return false;
	}
	rs_sha256(buf->data, buf->len, digest);
	if (!rs_streq(digest, saved->sha256)) {
		*why = rs_printf("the saved copy %s is not what was saved (its digest differs)",
				 saved->content);
		return false;
	}
	return true;
}

char *
rs_record_place(const struct rs_record *record, const char *name)
{
	RS_AUTOFREE char *dir = rs_folder_path(record->dirfd);

	return dir == NULL ? rs_strdup(name) : rs_printf("%s/%s", dir, name);
}

/* A line's end comes before it too: the last one may have been cut short. */
int
rs_record_note_step(struct rs_record *record, const struct rs_step *step)
{
	RS_AUTOFREE char *line = rs_printf("\nstep %u %s\n", step->n,
					   rs_step_state_name(step->state));

	return rs_change_append(record->dirfd, RS_RECORD_PROGRESS, line);
}

static const char *const state_names[] = {
	[RS_RECORD_PENDING] = "pending", [RS_RECORD_TRYING] = "trying",
	[RS_RECORD_APPLIED] = "applied", [RS_RECORD_PARTLY_APPLIED] = "partly_applied",
	[RS_RECORD_UNDOING] = "undoing", [RS_RECORD_PARTLY_UNDONE] = "partly_undone",
	[RS_RECORD_UNDONE] = "undone", [RS_RECORD_DAMAGED] = "damaged",
};

const char *
rs_record_state_name(enum rs_record_state state)
{
	return state_names[state];
}

int
rs_record_note_state(struct rs_record *record, enum rs_record_state state)
{
	RS_AUTOFREE char *line = rs_printf("\nstate %s\n", state_names[state]);

	record->state = state;
	return rs_change_append(record->dirfd, RS_RECORD_PROGRESS, line);
}

bool
rs_record_is_unfinished(const struct rs_record *record)
{
	if (record->state == RS_RECORD_PENDING || record->state == RS_RECORD_UNDOING)
		return true;
	for (size_t i = 0; i < record->steps.n; i++)
		if (((struct rs_step *)record->steps.v[i])->state == RS_STEP_PENDING)
			return record->state != RS_RECORD_DAMAGED;
	return rs_record_is_expired(record);
}

bool
rs_record_is_on_trial(const struct rs_record *record)
{
	return record->try_until != 0 && (record->state == RS_RECORD_PENDING ||
	    record->state == RS_RECORD_TRYING || record->state == RS_RECORD_UNDOING);
}

bool
rs_record_is_expired(const struct rs_record *record)
{
	return rs_record_is_on_trial(record) && rs_now() >= record->try_until;
}

enum rs_record_state
rs_record_applied_state(const struct rs_record *record, bool some_refused)
{
	for (size_t i = 0; i < record->steps.n; i++)
		if (((struct rs_step *)record->steps.v[i])->state != RS_STEP_DONE)
			some_refused = true;
	return some_refused ? RS_RECORD_PARTLY_APPLIED : RS_RECORD_APPLIED;
}

bool
rs_record_is_undoable(const struct rs_record *record)
{
	return record->state != RS_RECORD_UNDONE && record->state != RS_RECORD_DAMAGED;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
rs_records_list(int recordsfd, struct rs_array *ids, bool sweep)
{
	int fd = openat(recordsfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct rs_array old;

	rs_array_init(ids, free);
	rs_array_init(&old, free);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (rs_record_id_valid(entry->d_name))
			rs_array_add(ids, rs_strdup(entry->d_name));
		else if (sweep && rs_starts(entry->d_name, TEMPORARY))
			rs_array_add(&old, rs_strdup(entry->d_name));
	}
	for (size_t i = 0; i < old.n; i++)
		delete_directory(recordsfd, old.v[i]);
	rs_array_free(&old);
	if (dir != NULL)
		closedir(dir);
	else
		rs_cleanup_close(&fd);
	if (ids->n > 0)
		qsort(ids->v, ids->n, sizeof(*ids->v), by_name);
}

int
rs_record_note_run(int recordsfd, const char *id)
{
	RS_AUTOFREE char *name = rs_printf(RUN "%s", id);

	return rs_change_create(recordsfd, name, "", 0, 0600);
}

int
rs_record_forget_run(int recordsfd, const char *id)
{
	RS_AUTOFREE char *name = rs_printf(RUN "%s", id);
	struct stat st;

	if (fstatat(recordsfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	return rs_change_unlink(recordsfd, name, false);
}

void
rs_records_runs(int recordsfd, struct rs_array *runs)
{
	int fd = openat(recordsfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *id = rs_starts(entry->d_name, RUN) ? entry->d_name + strlen(RUN) :
		    entry->d_name;

		if (rs_record_id_valid(id))
			rs_array_add_str(runs, id);
	}
	if (dir != NULL)
		closedir(dir);
	else
		rs_cleanup_close(&fd);
}
