/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A private copy of a database that cannot be read in place without leaving
 * a trace: one with a write-ahead log, or with a transaction that a program
 * left half-done. SQLite finishes its repair on the copy.
 */
#ifndef RS_SQLITE_COPY_H
#define RS_SQLITE_COPY_H

#include "sqlite-open.h"

struct rs_sqlite_copy {
	char *dir;		/* NULL where there is no copy */
	char *name;
	int dirfd;		/* holds one plain database, nothing beside it */
};

#define RS_SQLITE_COPY_NONE { .dirfd = -1 }

/*
 * Copies NAME of dirfd with its log and journal to a new folder that only
 * this process's user may enter, and lets SQLite repair it there. The copy
 * belongs to the caller: RS_CLEANUP(rs_sqlite_copy_remove).
 */
enum rs_sqlite_result rs_sqlite_copy_make(struct rs_sqlite_copy *copy, int dirfd,
					  const char *name, char **why);
void rs_sqlite_copy_remove(struct rs_sqlite_copy *copy);

#endif
