/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of database that a rows step may change: what each is called,
 * how a row is known again, and what is looked at before it is touched.
 */
#ifndef RS_ROWS_SHAPE_H
#define RS_ROWS_SHAPE_H

#include "plan.h"
#include "sqlite-open.h"

#define RS_ROWS_IDENTITY_MAX 8

struct rs_rows_shape {
	const char *store_kind;
	const char *file;		/* its only name */
	const char *table;
	const char *id;			/* column by which the plan names rows: a number */
	const char *key;		/* column by which a saved row is found again */
	/* Columns that are equal where somebody put the same row in again under
	 * another key; of those that the saved row has. */
	const char *identity[RS_ROWS_IDENTITY_MAX];
	enum rs_sqlite_result (*check)(sqlite3 *db, char **why);
	/* Whether the step's ids still name what its part's findings are of:
	 * the id of a deleted row is given to the next one. */
	bool (*are_as_found)(const struct rs_step *step, const struct rs_part *part, sqlite3 *db);
};

/* That of a kind of store, or NULL. */
const struct rs_rows_shape *rs_rows_shape(const char *store_kind);

#endif
