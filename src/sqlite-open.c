/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sqlite-open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VFS_NAME "rootsweep"

/* Below the 5 seconds after which a worker is killed without a reason. */
#define READER_SECONDS 3
#define WRITER_SECONDS 30
#define READER_WAIT_MS 1000
#define WRITER_WAIT_MS 5000
#define HURRIED_WAIT_MS 500
#define WAIT_STEP_MS 20

/* https://www.sqlite.org/fileformat.html, 1.3 and 3.0. */
#define HEADER_SIZE 100
static const char magic[16] = "SQLite format 3";
/* Where SQLite's locks lie on the file (https://www.sqlite.org/src/file/src/os.h). */
#define LOCK_BYTES_START 0x40000000
#define LOCK_BYTES_LENGTH 512

static const unsigned char journal_magic[8] = {
	0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7,
};

struct header {
	unsigned char bytes[HEADER_SIZE];
	size_t len;
	uint64_t size;
};

static uint32_t
big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static enum rs_sqlite_result
link_target(int dirfd, const char *name, char **why)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = '\0';
	*why = rs_printf("link to %s", target);
	return RS_SQLITE_LINK;
}

static enum rs_sqlite_result
cannot_open(int dirfd, const char *name, char **why)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		*why = rs_strdup("no such file");
		return RS_SQLITE_ABSENT;
	case ELOOP:
		return link_target(dirfd, name, why);
	case EISDIR:
		*why = rs_strdup("a folder, not a database");
		break;
	case ENXIO:
		*why = rs_strdup("a special file, not a database");
		break;
	case EACCES:
	case EPERM:
		*why = rs_strdup("may not be read: permission denied");
		break;
	default:
		*why = rs_printf("cannot be opened: %s", strerror(errno));
	}
	return RS_SQLITE_BAD;
}

static enum rs_sqlite_result
read_header(int dirfd, const char *name, struct header *header, char **why)
{
	RS_AUTOCLOSE int fd = rs_open_regular(dirfd, name, O_NOFOLLOW);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return cannot_open(dirfd, name, why);
	n = fstat(fd, &st) < 0 ? -1 : pread(fd, header->bytes, HEADER_SIZE, 0);
	if (n < 0) {
		*why = rs_printf("cannot be read: %s", strerror(errno));
		return RS_SQLITE_BAD;
	}
	header->len = (size_t)n;
	header->size = (uint64_t)st.st_size;
	return RS_SQLITE_OK;
}

/* The cert8.db of NSS before 3.12 (1.85's magic is first, later ones' 13th). */
static bool
is_berkeley_db(const struct header *header)
{
	static const size_t places[] = { 0, 12 };

	for (size_t i = 0; i < RS_COUNT(places) && places[i] + 4 <= header->len; i++) {
		uint32_t word = big_endian(header->bytes + places[i]);

		if (word == 0x00061561 || word == 0x61150600 ||
		    word == 0x00053162 || word == 0x62310500)
			return true;
	}
	return false;
}

static enum rs_sqlite_result
check_header(const struct header *header, char **why)
{
	if (header->size == 0)
		*why = rs_strdup("an empty file, not a database");
	else if (is_berkeley_db(header))
		*why = rs_strdup("a Berkeley DB file, as NSS wrote before 2009 (cert8.db)");
	else if (header->len < sizeof(magic) || memcmp(header->bytes, magic, sizeof(magic)) != 0)
		*why = rs_strdup("not an SQLite database");
	else if (header->len < HEADER_SIZE)
		*why = rs_printf("truncated: only %zu bytes", header->len);
	else if (header->size > RS_SQLITE_MAX_SIZE)
		*why = rs_printf("larger than %u MiB", RS_SQLITE_MAX_SIZE >> 20);
	else
		return RS_SQLITE_OK;
	return RS_SQLITE_BAD;
}

/* NULL where the file has as many bytes as its header says. */
static char *
truncated(int dirfd, const char *name)
{
	RS_AUTOFREE char *why = NULL;
	struct header header;
	uint64_t page, want;

	if (read_header(dirfd, name, &header, &why) != RS_SQLITE_OK || header.len < HEADER_SIZE)
		return NULL;
	page = (uint64_t)header.bytes[16] << 8 | header.bytes[17];
	want = (page == 1 ? 65536 : page) * big_endian(header.bytes + 28);
	if (header.size >= want)
		return NULL;
	return rs_printf("truncated: %llu bytes of %llu", (unsigned long long)header.size,
			 (unsigned long long)want);
}

/*
 * Rolling back a journal that names a super-journal deletes the file of that
 * name: a planted one would have us delete anything. No browser writes one.
 */
static bool
names_super_journal(int fd, const struct stat *st)
{
	unsigned char end[sizeof(journal_magic)];

	return st->st_size >= (off_t)sizeof(end) &&
	    pread(fd, end, sizeof(end), st->st_size - (off_t)sizeof(end)) == sizeof(end) &&
	    memcmp(end, journal_magic, sizeof(end)) == 0;
}

/* What SQLite would open beside the database is looked at first. */
static enum rs_sqlite_result
check_companion(int dirfd, const char *name, const char *suffix, bool *there, char **why)
{
	RS_AUTOFREE char *full = rs_printf("%s%s", name, suffix);
	RS_AUTOCLOSE int fd = rs_open_regular(dirfd, full, O_NOFOLLOW);
	struct stat st;

	*there = false;
	if (fd < 0 && errno == ENOENT)
		return RS_SQLITE_OK;
	if (fd < 0 || fstat(fd, &st) < 0) {
		*why = errno == ELOOP || errno == EISDIR || errno == ENXIO ?
		    rs_printf("%s beside it is not a regular file", full) :
		    rs_printf("%s beside it cannot be opened: %s", full, strerror(errno));
		return RS_SQLITE_BAD;
	}
	*there = true;
	if (!rs_streq(suffix, "-journal") || !names_super_journal(fd, &st))
		return RS_SQLITE_OK;
	*why = rs_printf("%s beside it is of a transaction over several databases, which no "
			 "browser makes", full);
	return RS_SQLITE_BAD;
}

/*
 * SQLite goes by the mere presence of NAME-wal, whatever the header says; and
 * a reader of such a database would make files next to it.
 */
static enum rs_sqlite_result
probe(int dirfd, const char *name, bool writable, char **why)
{
	/* The log is the last, as what was found of it is asked for below. */
	static const char *const suffixes[] = { "-journal", "-shm", "-wal" };
	struct header header;
	enum rs_sqlite_result result = read_header(dirfd, name, &header, why);
	bool there = false;

	if (result == RS_SQLITE_OK)
		result = check_header(&header, why);
	for (size_t i = 0; i < RS_COUNT(suffixes) && result == RS_SQLITE_OK; i++)
		result = check_companion(dirfd, name, suffixes[i], &there, why);
	if (result != RS_SQLITE_OK || writable)
		return result;
	if (!there && header.bytes[18] != 2 && header.bytes[19] != 2)
		return RS_SQLITE_OK;
	*why = rs_strdup("has a write-ahead log");
	return RS_SQLITE_NEEDS_COPY;
}

/* The name is used as it is, relative to the process's folder: SQLite's own
 * would make a path of it, which may lead elsewhere by the time it is opened. */
static int
name_as_it_is(sqlite3_vfs *vfs RS_UNUSED, const char *name, int len, char *out)
{
	size_t n = strlen(name);

	if (len <= 0 || n >= (size_t)len)
		return SQLITE_CANTOPEN;
	memcpy(out, name, n + 1);
	return SQLITE_OK;
}

/* SQLite's default for Unix otherwise; it opens with O_NOFOLLOW. */
static bool
vfs_register(void)
{
	static sqlite3_vfs vfs;
	const sqlite3_vfs *unix_vfs;

	if (vfs.zName != NULL)
		return true;
	unix_vfs = sqlite3_vfs_find("unix");
	if (unix_vfs == NULL)
		return false;
	vfs = *unix_vfs;
	vfs.pNext = NULL;
	vfs.zName = VFS_NAME;
	vfs.xFullPathname = name_as_it_is;
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}

static uintptr_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uintptr_t)now.tv_sec * 1000 + (uintptr_t)now.tv_nsec / 1000000;
}

static int
too_late(void *deadline)
{
	return now_ms() > (uintptr_t)deadline;
}

/* One bound for all locks of a transaction: each may be held by another. */
static int
wait_for_lock(void *deadline, int tries RS_UNUSED)
{
	if (too_late(deadline))
		return 0;
	nanosleep(&(struct timespec){ .tv_nsec = WAIT_STEP_MS * 1000000L }, NULL);
	return 1;
}

static bool
harden(sqlite3 *db, bool writable)
{
	static const struct { int what, on; } switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	};
	static const struct { int what, max; } limits[] = {
		{ SQLITE_LIMIT_LENGTH, 16 << 20 },
		{ SQLITE_LIMIT_SQL_LENGTH, 1 << 16 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 20 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 3 },
		{ SQLITE_LIMIT_VDBE_OP, 25000 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 8 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
	};
	uintptr_t now = now_ms();
	uintptr_t deadline = now + (writable ? WRITER_SECONDS : READER_SECONDS) * 1000;
	uintptr_t patience = now + (writable ? WRITER_WAIT_MS : READER_WAIT_MS);

	for (size_t i = 0; i < RS_COUNT(switches); i++)
		if (sqlite3_db_config(db, switches[i].what, switches[i].on, NULL) != SQLITE_OK)
			return false;
	for (size_t i = 0; i < RS_COUNT(limits); i++)
		sqlite3_limit(db, limits[i].what, limits[i].max);
	sqlite3_busy_handler(db, wait_for_lock, (void *)patience);
	sqlite3_progress_handler(db, 1000, too_late, (void *)deadline);
	return sqlite3_exec(db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; "
			    "PRAGMA temp_store=MEMORY", NULL, NULL, NULL) == SQLITE_OK;
}

enum rs_sqlite_result
rs_sqlite_failed(sqlite3 *db, int rc, char **why)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return RS_SQLITE_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		*why = rs_strdup("locked: another program is writing to it; close "
				  "that and try again");
		return RS_SQLITE_LOCKED;
	case SQLITE_INTERRUPT:
		*why = rs_strdup("takes too long to read: made to keep programs busy, or damaged");
		break;
	case SQLITE_NOTADB:
		*why = rs_strdup("not an SQLite database");
		break;
	case SQLITE_CORRUPT:
		*why = rs_printf("damaged: %s", sqlite3_errmsg(db));
		break;
	case SQLITE_READONLY:
		*why = rs_strdup("holds an interrupted transaction");
		return RS_SQLITE_NEEDS_COPY;
	default:
		*why = rs_printf("SQLite cannot read it: %s", sqlite3_errmsg(db));
	}
	return RS_SQLITE_BAD;
}

/* SQLite opens lazily: the first statement tells what the file is. */
static enum rs_sqlite_result
first_read(sqlite3 *db, int dirfd, const char *name, char **why)
{
	int rc = sqlite3_exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL);
	enum rs_sqlite_result result = rs_sqlite_failed(db, rc, why);
	char *short_of;

	if ((rc & 0xff) != SQLITE_CORRUPT)
		return result;
	short_of = truncated(dirfd, name);
	if (short_of != NULL) {
		free(*why);
		*why = short_of;
	}
	return result;
}

enum rs_sqlite_result
rs_sqlite_open(int dirfd, const char *name, bool writable, sqlite3 **db, char **why)
{
	RS_AUTOFREE char *path = rs_printf("./%s", name);
	int flags = (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	enum rs_sqlite_result result;

	*db = NULL;
	*why = NULL;
	result = probe(dirfd, name, writable, why);
	if (result != RS_SQLITE_OK)
		return result;
	/* To stay: journals are opened by name too, and later. */
	if (fchdir(dirfd) < 0)
		return cannot_open(dirfd, name, why);
	if (!vfs_register() || sqlite3_open_v2(path, db, flags, VFS_NAME) != SQLITE_OK ||
	    !harden(*db, writable)) {
		*why = rs_printf("SQLite cannot open it: %s", sqlite3_errmsg(*db));
		result = RS_SQLITE_BAD;
	} else {
		result = first_read(*db, dirfd, name, why);
	}
	/* SQLite opens for reading what it may not write. */
	if (result == RS_SQLITE_OK && writable && sqlite3_db_readonly(*db, "main") != 0) {
		*why = rs_strdup("may not be written: permission denied");
		result = RS_SQLITE_BAD;
	}
	if (result != RS_SQLITE_OK)
		rs_sqlite_close(db);
	return result;
}

void
rs_sqlite_hurry(sqlite3 *db)
{
	sqlite3_busy_handler(db, wait_for_lock, (void *)(now_ms() + HURRIED_WAIT_MS));
}

pid_t
rs_sqlite_lock_holder(int dirfd, const char *name)
{
	RS_AUTOCLOSE int fd = rs_open_regular(dirfd, name, O_NOFOLLOW);
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = LOCK_BYTES_START, .l_len = LOCK_BYTES_LENGTH,
	};

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK || lock.l_pid < 0)
		return 0;
	return lock.l_pid;
}

static enum rs_sqlite_result
check_pages(sqlite3 *db, char **why)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	enum rs_sqlite_result result;
	int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	result = rs_sqlite_failed(db, rc, why);
	if (result == RS_SQLITE_OK && rc == SQLITE_ROW &&
	    !rs_streq((const char *)sqlite3_column_text(stmt, 0), "ok")) {
		*why = rs_printf("damaged: %s", (const char *)sqlite3_column_text(stmt, 0));
		return RS_SQLITE_BAD;
	}
	return result;
}

enum rs_sqlite_result
rs_sqlite_check_table(sqlite3 *db, const struct rs_sqlite_table *table, char **why)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	enum rs_sqlite_result result;
	size_t fits = 0, others = 0;
	int rc;

	*why = NULL;
	rc = sqlite3_prepare_v2(db, "SELECT type, sql FROM sqlite_schema "
				"WHERE name = ?1 COLLATE NOCASE", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
			if (rs_streq((const char *)sqlite3_column_text(stmt, 0), "table") &&
			    table->is_made_so((const char *)sqlite3_column_text(stmt, 1)))
				fits++;
			else
				others++;
		}
	result = rs_sqlite_failed(db, rc, why);
	if (result != RS_SQLITE_OK)
		return result;
	if (fits == 1 && others == 0)
		return check_pages(db, why);
	*why = fits + others == 0 ?
	    rs_printf("not %s: it has no table %s", table->database, table->name) :
	    rs_printf("not %s: its table %s is not as %s makes it", table->database, table->name,
		      table->maker);
	return RS_SQLITE_BAD;
}

void
rs_sqlite_close(sqlite3 **db)
{
	sqlite3_close(*db);
	*db = NULL;
}

void
rs_sqlite_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
	*stmt = NULL;
}
