/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of an NSS certificate database (cert9.db): one table nssPublic, a
 * row for each object, a column a<hex> for each attribute type. Which columns
 * there are depends on the NSS that made or last changed it.
 */
#ifndef RS_NSS_ROWS_H
#define RS_NSS_ROWS_H

#include "sqlite-open.h"
#include "token.h"

#define RS_NSS_FILE "cert9.db"
#define RS_NSS_TABLE "nssPublic"

/*
 * Whether the database is what NSS makes, and whole: nssPublic is a plain
 * table of the very shape that softoken writes (no view, no computed or
 * hidden column), and quick_check finds nothing. To be called before anything
 * is read from or written to the table.
 */
enum rs_sqlite_result rs_nss_rows_check(sqlite3 *db, char **why);

/*
 * Adds certificates and trust objects of both classes, with their ids, to
 * objects. Rows that NSS could not use, as their id is no whole number, are
 * left out and counted in *odd where they hold such an object.
 */
enum rs_sqlite_result rs_nss_rows_read(sqlite3 *db, struct rs_array *objects, size_t *odd,
				       char **why);

#endif
