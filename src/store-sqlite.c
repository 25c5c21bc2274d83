/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-sqlite.h"

static void
fail(struct rs_store *store, enum rs_sqlite_result result, const char *why)
{
	if (result == RS_SQLITE_ABSENT)
		rs_store_fail(store, RS_STORE_ABSENT, "%s", why);
	else if (result == RS_SQLITE_LINK)
		rs_store_fail(store, RS_STORE_SKIPPED, "skipped: %s", why);
	else if (result == RS_SQLITE_LOCKED)
		rs_store_fail(store, RS_STORE_LOCKED, "%s", why);
	else
		rs_store_fail(store, RS_STORE_ERROR, "%s", why);
}

static enum rs_sqlite_result
open_and_read(int dirfd, const char *name, rs_sqlite_reader *read, void *data, char **why)
{
	RS_CLEANUP(rs_sqlite_close) sqlite3 *db = NULL;
	enum rs_sqlite_result result = rs_sqlite_open(dirfd, name, false, &db, why);

	return result == RS_SQLITE_OK ? read(db, data, why) : result;
}

bool
rs_store_sqlite_read(struct rs_store *store, int dirfd, const char *name,
		     struct rs_sqlite_copy *copy, rs_sqlite_reader *read, void *data)
{
	RS_AUTOFREE char *why = NULL;
	enum rs_sqlite_result result = open_and_read(dirfd, name, read, data, &why);

	if (result == RS_SQLITE_NEEDS_COPY) {
		free(rs_steal(&why));
		result = rs_sqlite_copy_make(copy, dirfd, name, &why);
		if (result == RS_SQLITE_OK)
			result = open_and_read(copy->dirfd, name, read, data, &why);
	}
	if (result != RS_SQLITE_OK)
		fail(store, result, why);
	return result == RS_SQLITE_OK;
}
