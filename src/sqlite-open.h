/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening an SQLite database that a stranger may have made: below a folder
 * that is held open, without following links, with SQLite's defences against
 * hostile files on, and bounded in time and size.
 */
#ifndef RS_SQLITE_OPEN_H
#define RS_SQLITE_OPEN_H

#include <sqlite3.h>

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
 * leaves no trace next to the database; a writer waits five. Whatever runs
 * on *db later than 3 seconds (a writer: 30) after this ends with
 * SQLITE_INTERRUPT. On anything but RS_SQLITE_OK *db is NULL and *why (the
 * caller's to free) is a reason without the file's name.
 *
 * The process must not open and close the same file by other means while *db
 * is open: that would drop SQLite's locks (fcntl(2), POSIX record locks).
 */
enum rs_sqlite_result rs_sqlite_open(int dirfd, const char *name, bool writable,
				     sqlite3 **db, char **why);

/* The result and reason of a call on db that failed just now with rc. */
enum rs_sqlite_result rs_sqlite_failed(sqlite3 *db, int rc, char **why);

/* For RS_CLEANUP. */
void rs_sqlite_close(sqlite3 **db);
void rs_sqlite_finalize(sqlite3_stmt **stmt);

#endif
