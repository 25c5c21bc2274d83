/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stores that are SQLite databases have in common: reading one as it is,
 * or where that would leave a trace beside it, a private copy.
 */
#ifndef RS_STORE_SQLITE_H
#define RS_STORE_SQLITE_H

#include "sqlite-copy.h"
#include "store.h"

/* Checks and reads what is there; *why as in sqlite-open.h. */
typedef enum rs_sqlite_result rs_sqlite_reader(sqlite3 *db, void *data, char **why);

/*
 * Opens NAME of the folder dirfd and hands it to read. copy is the caller's
 * to remove: it holds the copy where one was needed. False where it could not
 * be read: store's state and reason then say why.
 */
bool rs_store_sqlite_read(struct rs_store *store, int dirfd, const char *name,
			  struct rs_sqlite_copy *copy, rs_sqlite_reader *read, void *data);

#endif
