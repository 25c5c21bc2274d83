/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening an SQLite database that a stranger may have made: below a folder
 * that is held open, without following links, with SQLite's defences against
 * hostile files on, and bounded in time and size.
 *
 * SQLite knows files by path alone, and another tree has no /proc by which a
 * descriptor has one: so the folder becomes the process's own, and has to stay
 * that as long as the database is open. One folder's at a time, therefore.
 */
#ifndef RS_SQLITE_OPEN_H
#define RS_SQLITE_OPEN_H

#include <sqlite3.h>
#include <sys/types.h>

#include "util.h"

enum rs_sqlite_result {
	RS_SQLITE_OK,
	RS_SQLITE_ABSENT,	/* no such file */
	RS_SQLITE_LINK,		/* a symbolic link; *why is "link to TARGET" */
	RS_SQLITE_LOCKED,	/* another process holds a lock on it */
	RS_SQLITE_NEEDS_COPY,	/* readers only: it has a write-ahead log or an
				 * interrupted transaction (sqlite-copy.h) */
	RS_SQLITE_BAD,		/* unreadable, damaged, or no such database */
};

/* No database of certificates comes near this. */
#define RS_SQLITE_MAX_SIZE (256U << 20)

/*
 * Opens NAME, a regular file of the folder dirfd (which may be O_PATH, and
 * must stay open as long as *db). A reader waits one second for a lock and
 * leaves no trace next to the database; a writer waits five in all, until
 * rs_sqlite_hurry is called. Whatever runs
 * on *db later than 3 seconds (a writer: 30) after this ends with
 * SQLITE_INTERRUPT. On anything but RS_SQLITE_OK *db is NULL and *why (the
 * caller's to free) is a reason without the file's name.
 *
 * The process must not open and close the same file by other means while *db
 * is open: that would drop SQLite's locks (fcntl(2), POSIX record locks).
 */
enum rs_sqlite_result rs_sqlite_open(int dirfd, const char *name, bool writable,
				     sqlite3 **db, char **why);

/* From now on db waits no more than half a second for a lock. */
void rs_sqlite_hurry(sqlite3 *db);

/* The process that holds a lock on the database NAME of dirfd, or 0. Not to
 * be called while this process has that file open, as above. */
pid_t rs_sqlite_lock_holder(int dirfd, const char *name);

/* The result and reason of a call on db that failed just now with rc. */
enum rs_sqlite_result rs_sqlite_failed(sqlite3 *db, int rc, char **why);

/* A table that a program keeps in a database of its own making. */
struct rs_sqlite_table {
	const char *name;
	bool (*is_made_so)(const char *sql);	/* by its CREATE statement, or NULL */
	const char *database, *maker;		/* "an NSS certificate database", "NSS" */
};

/*
 * Whether the table is the plain one that its maker makes (no view, no
 * computed or hidden column), and quick_check finds nothing: cheap beside
 * reading, and the rows of a damaged tree may be any rows. To be called before
 * anything is read from or written to it.
 */
enum rs_sqlite_result rs_sqlite_check_table(sqlite3 *db, const struct rs_sqlite_table *table,
					    char **why);

/* For RS_CLEANUP. */
void rs_sqlite_close(sqlite3 **db);
void rs_sqlite_finalize(sqlite3_stmt **stmt);

#endif
