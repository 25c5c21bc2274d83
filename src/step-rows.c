/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of a database of certificates (rows-shape.h). Of NSS's two databases
 * key4.db is left alone: the signatures that it keeps make the rows valid
 * again when they come back under the same object id, so no password is
 * needed either way.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "rows-shape.h"
#include "step.h"

#define MAX_COLUMNS 2000

/* A database that is open for a step. */
struct rows {
	const struct rs_rows_shape *shape;
	sqlite3 *db;
};

static int
open_folder(struct rs_step *step, const struct rs_user *user, bool own, enum rs_step_state failed)
{
	int fd;

	/* A worker's word may name any kind of store, and the system's too. */
	if (user == NULL || rs_rows_shape(step->store_kind) == NULL) {
		rs_step_set(step, failed, "%s is no database that rows are taken out of",
			    step->path);
		return -1;
	}
	fd = rs_step_open_folder(step, user, own);
	if (fd < 0)
		rs_step_set(step, failed, "%s cannot be opened: %s", step->path, strerror(errno));
	return fd;
}

static void
set_locked(struct rs_step *step)
{
	rs_step_set(step, RS_STEP_PENDING, "%s is in use by another program: close it, then run "
		    "rootsweep recover", step->path);
}

static bool
open_database(struct rs_step *step, struct rows *rows, int dirfd, enum rs_step_state failed)
{
	RS_AUTOFREE char *why = NULL;
	enum rs_sqlite_result result =
	    rs_sqlite_open(dirfd, rows->shape->file, true, &rows->db, &why);

	if (result == RS_SQLITE_LOCKED && failed == RS_STEP_FAILED)
		set_locked(step);
	else if (result == RS_SQLITE_LOCKED)
		rs_step_set(step, failed, "%s is in use: close the program that uses it (%s), "
			    "then run the same command again", step->path, why ? why : "locked");
	else if (result != RS_SQLITE_OK)
		rs_step_set(step, failed, "%s cannot be opened: %s", step->path,
			    why ? why : "no such file");
	else if (rows->shape->check(rows->db, &why) != RS_SQLITE_OK)
		rs_step_set(step, failed, "%s is not touched: %s", step->path, why);
	else
		return true;
	return false;
}

static void
close_database(struct rows *rows)
{
	rs_sqlite_close(&rows->db);
}

static struct rs_column *
read_column(sqlite3_stmt *stmt, int i)
{
	struct rs_column *column = rs_alloc(sizeof(*column));
	const void *blob;

	column->name = rs_strdup(sqlite3_column_name(stmt, i));
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_INTEGER:
		column->type = RS_COLUMN_INTEGER;
		column->value = rs_strdup((const char *)sqlite3_column_text(stmt, i));
		break;
	case SQLITE_FLOAT:
		column->type = RS_COLUMN_REAL;
		column->value = rs_printf("%.17g", sqlite3_column_double(stmt, i));
		break;
	case SQLITE_TEXT:
		column->type = RS_COLUMN_TEXT;
		blob = sqlite3_column_text(stmt, i);
		column->value = rs_base64(blob, (size_t)sqlite3_column_bytes(stmt, i));
		break;
	case SQLITE_BLOB:
		column->type = RS_COLUMN_BLOB;
		blob = sqlite3_column_blob(stmt, i);
		column->value = rs_base64(blob, (size_t)sqlite3_column_bytes(stmt, i));
		break;
	default:
		column->type = RS_COLUMN_NULL;
	}
	return column;
}

/* Column 0 is the rowid, the others are the table's own. */
static struct rs_row *
read_row(sqlite3_stmt *stmt)
{
	struct rs_row *row = rs_alloc(sizeof(*row));

	row->rowid = sqlite3_column_int64(stmt, 0);
	for (int i = 1; i < sqlite3_column_count(stmt); i++)
		rs_array_add(&row->columns, read_column(stmt, i));
	return row;
}

static const struct rs_column *
find_column(const struct rs_row *row, const char *name)
{
	for (size_t i = 0; i < row->columns.n; i++) {
		const struct rs_column *column = row->columns.v[i];

		if (rs_streq(column->name, name))
			return column;
	}
	return NULL;
}

static int
bind_column(sqlite3_stmt *stmt, int i, const struct rs_column *column)
{
	RS_AUTOFREE unsigned char *data = NULL;
	size_t len;

	switch (column->type) {
	case RS_COLUMN_INTEGER:
		return sqlite3_bind_int64(stmt, i, strtoll(column->value, NULL, 10));
	case RS_COLUMN_REAL:
		return sqlite3_bind_double(stmt, i, strtod(column->value, NULL));
	case RS_COLUMN_TEXT:
	case RS_COLUMN_BLOB:
		if (!rs_unbase64(column->value, &data, &len))
			return SQLITE_MISMATCH;
		return column->type == RS_COLUMN_TEXT ?
		    sqlite3_bind_text64(stmt, i, (char *)data, len, SQLITE_TRANSIENT, SQLITE_UTF8) :
		    sqlite3_bind_blob64(stmt, i, data, len, SQLITE_TRANSIENT);
	default:
		return sqlite3_bind_null(stmt, i);
	}
}

/* Returns the row whose column has this value, or NULL; *rc is SQLite's. */
static struct rs_row *
find_row(const struct rows *rows, const char *name, const struct rs_column *value, int *rc)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	RS_AUTOFREE char *sql = rs_printf("SELECT rowid AS \"\", * FROM %s WHERE %s = ?1",
					  rows->shape->table, name);
	struct rs_row *row = NULL;

	*rc = sqlite3_prepare_v2(rows->db, sql, -1, &stmt, NULL);
	if (*rc == SQLITE_OK)
		*rc = bind_column(stmt, 1, value);
	if (*rc != SQLITE_OK)
		return NULL;
	*rc = sqlite3_step(stmt);
	if (*rc == SQLITE_ROW)
		row = read_row(stmt);
	if (*rc == SQLITE_ROW || *rc == SQLITE_DONE)
		*rc = SQLITE_OK;
	return row;
}

static const struct rs_column *
key_of(const struct rows *rows, const struct rs_row *row)
{
	static const struct rs_column none = { .type = RS_COLUMN_NULL };
	const struct rs_column *key = find_column(row, rows->shape->key);

	return key == NULL ? &none : key;
}

/* The row that stands where the saved one stood, or NULL. */
static struct rs_row *
present_row(const struct rows *rows, const struct rs_row *saved, int *rc)
{
	return find_row(rows, rows->shape->key, key_of(rows, saved), rc);
}

/* Equal but for columns that are null: a newer NSS adds such columns. */
static bool
same_row(const struct rs_row *a, const struct rs_row *b)
{
	const struct rs_row *rows[] = { a, b };

	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < rows[side]->columns.n; i++) {
			const struct rs_column *x = rows[side]->columns.v[i];
			const struct rs_column *y = find_column(rows[1 - side], x->name);

			if (x->type == RS_COLUMN_NULL ?
			    y != NULL && y->type != RS_COLUMN_NULL :
			    y == NULL || y->type != x->type || !rs_streq(x->value, y->value))
				return false;
		}
	return true;
}

static bool
read_rows(struct rs_step *step, const struct rows *rows)
{
	for (size_t i = 0; i < step->ids.n; i++) {
		/* Without sign on the wire, as a number may be of 64 bits. */
		RS_AUTOFREE char *id = rs_printf("%lld", (long long)strtoull(step->ids.v[i], NULL, 10));
		const struct rs_column value = { .type = RS_COLUMN_INTEGER, .value = id };
		int rc;
		struct rs_row *row = find_row(rows, rows->shape->id, &value, &rc);

		if (row == NULL)
			return false;
		rs_array_add(&step->rows, row);
	}
	return true;
}

void
rs_step_rows_prepare(struct rs_step *step, const struct rs_part *part, bool own)
{
	RS_AUTOCLOSE int dirfd = open_folder(step, part->user, own, RS_STEP_REFUSED);
	RS_CLEANUP(close_database) struct rows rows = { .shape = rs_rows_shape(step->store_kind) };
	struct stat st;

	if (dirfd < 0 || !open_database(step, &rows, dirfd, RS_STEP_REFUSED))
		return;
	if (fstatat(dirfd, rows.shape->file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_uid != part->user->uid || st.st_nlink > 1)
		rs_step_set(step, RS_STEP_REFUSED, "%s belongs to somebody else, or has several "
			    "names (hard links)", step->path);
	/* In one transaction, which the closing ends: all of it at one moment. */
	else if (sqlite3_exec(rows.db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
		 !rows.shape->are_as_found(step, part, rows.db) || !read_rows(step, &rows))
		rs_step_set(step, RS_STEP_REFUSED, "%s has changed since it was looked at: "
			    "run the same command again", step->path);
}

/* All rows there and equal, none of them there, or something else. */
static enum rs_present
judge(const struct rs_step *step, const struct rows *rows, int *rc)
{
	size_t equal = 0, absent = 0;

	for (size_t i = 0; i < step->rows.n; i++) {
		const struct rs_row *saved = step->rows.v[i];
		struct rs_row *now = present_row(rows, saved, rc);

		if (*rc != SQLITE_OK)
			return RS_PRESENT_UNKNOWN;
		if (now == NULL)
			absent++;
		else if (same_row(saved, now))
			equal++;
		if (now != NULL)
			rs_row_free(now);
	}
	if (equal == step->rows.n)
		return RS_PRESENT_BEFORE;
	return absent == step->rows.n ? RS_PRESENT_AFTER : RS_PRESENT_OTHER;
}

static int
run_sql(sqlite3 *db, const char *sql)
{
	return rs_change_point() < 0 ? SQLITE_IOERR : sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int
delete_row(const struct rows *rows, const struct rs_row *row)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	RS_AUTOFREE char *sql = rs_printf("DELETE FROM %s WHERE %s = ?1", rows->shape->table,
					  rows->shape->key);
	int rc;

	if (rs_change_point() < 0)
		return SQLITE_IOERR;
	rc = sqlite3_prepare_v2(rows->db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = bind_column(stmt, 1, key_of(rows, row));
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool
rowid_is_free(const struct rows *rows, int64_t rowid)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	RS_AUTOFREE char *sql = rs_printf("SELECT 1 FROM %s WHERE rowid = ?1", rows->shape->table);

	if (sqlite3_prepare_v2(rows->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(stmt, 1, rowid);
	return sqlite3_step(stmt) == SQLITE_DONE;
}

/* Columns by name, since a newer NSS may have added some meanwhile. The
 * names come from a record whose schema allows only plain identifiers. */
static int
insert_row(const struct rows *rows, const struct rs_row *row)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	RS_AUTOBUF struct rs_buf names = { 0 }, marks = { 0 };
	RS_AUTOFREE char *sql = NULL;
	bool with_rowid = rowid_is_free(rows, row->rowid);
	int rc, n = 0;

	if (rs_change_point() < 0)
		return SQLITE_IOERR;
	if (with_rowid) {
		rs_buf_puts(&names, "rowid");
		rs_buf_printf(&marks, "%lld", (long long)row->rowid);
	}
	for (size_t i = 0; i < row->columns.n && i < MAX_COLUMNS; i++) {
		const struct rs_column *column = row->columns.v[i];

		if (column->type == RS_COLUMN_NULL)
			continue;
		rs_buf_printf(&names, "%s\"%s\"", names.len ? ", " : "", column->name);
		rs_buf_printf(&marks, "%s?%d", marks.len ? ", " : "", ++n);
	}
	sql = rs_printf("INSERT INTO %s (%s) VALUES (%s)", rows->shape->table, names.data,
			marks.data);
	rc = sqlite3_prepare_v2(rows->db, sql, -1, &stmt, NULL);
	n = 0;
	for (size_t i = 0; i < row->columns.n && rc == SQLITE_OK; i++) {
		const struct rs_column *column = row->columns.v[i];

		if (column->type != RS_COLUMN_NULL)
			rc = bind_column(stmt, ++n, column);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Whether somebody has put the same in again under another key. */
static bool
is_there_again(const struct rows *rows, const struct rs_row *row)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	const char *const *identity = rows->shape->identity;
	RS_AUTOBUF struct rs_buf sql = { 0 };
	int n = 0;

	rs_buf_printf(&sql, "SELECT 1 FROM %s WHERE 1", rows->shape->table);
	for (size_t i = 0; identity[i] != NULL; i++)
		if (find_column(row, identity[i]) != NULL)
			rs_buf_printf(&sql, " AND %s IS ?%d", identity[i], ++n);
	if (sqlite3_prepare_v2(rows->db, sql.data, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	n = 0;
	for (size_t i = 0; identity[i] != NULL; i++) {
		const struct rs_column *column = find_column(row, identity[i]);

		if (column != NULL && bind_column(stmt, ++n, column) != SQLITE_OK)
			return false;
	}
	return sqlite3_step(stmt) == SQLITE_ROW;
}

/*
 * In one transaction: delete the rows, or insert those that are missing.
 * On the way back a key that somebody else has taken is a conflict.
 */
static int
move_rows(struct rs_step *step, const struct rows *rows, bool undo, bool *conflict)
{
	RS_AUTOFREE bool *again = rs_alloc(step->rows.n * sizeof(*again));
	int rc = SQLITE_OK;

	/* All at first: a row that is put back is not somebody else's. */
	for (size_t i = 0; i < step->rows.n && undo; i++)
		again[i] = is_there_again(rows, step->rows.v[i]);
	for (size_t i = 0; i < step->rows.n && rc == SQLITE_OK; i++) {
		const struct rs_row *saved = step->rows.v[i];
		struct rs_row *now = present_row(rows, saved, &rc);

		if (rc == SQLITE_OK && now != NULL && !same_row(saved, now))
			*conflict = true;
		else if (rc == SQLITE_OK && undo && now == NULL)
			rc = again[i] ? SQLITE_OK : insert_row(rows, saved);
		else if (rc == SQLITE_OK && !undo && now != NULL)
			rc = delete_row(rows, saved);
		if (now != NULL)
			rs_row_free(now);
		if (*conflict)
			return SQLITE_ABORT;
	}
	return rc;
}

static void
transact(struct rs_step *step, const struct rows *rows, bool undo)
{
	bool conflict = false;
	/* With FULL, SQLite's own choice, a loss of power can bring the journal
	 * back, and with it the rows, after we have said that they are gone. */
	int rc = sqlite3_exec(rows->db, rs_change_syncs("sqlite") ? "PRAGMA synchronous=EXTRA" :
			      "PRAGMA synchronous=FULL", NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = run_sql(rows->db, "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK)
		rc = move_rows(step, rows, undo, &conflict);
	if (rc == SQLITE_OK)
		rc = run_sql(rows->db, "COMMIT");
	if (rc == SQLITE_OK) {
		rs_step_set(step, undo ? RS_STEP_UNDONE : RS_STEP_DONE, NULL);
		return;
	}
	if (conflict)
		rs_step_set(step, undo ? RS_STEP_CONFLICT : RS_STEP_FAILED, "%s: its rows were "
			    "changed by somebody else and are left as they are%s", step->path,
			    undo ? "; what they held is kept in record.xml" : "");
	else if ((rc & 0xff) == SQLITE_BUSY)
		set_locked(step);
	else
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, sqlite3_errmsg(rows->db));
	/* A lock that is left standing would keep the others from reading. */
	sqlite3_exec(rows->db, "ROLLBACK", NULL, NULL, NULL);
}

static void
run_open(struct rs_step *step, const struct rows *rows, bool undo)
{
	int rc = SQLITE_OK;
	enum rs_present present = judge(step, rows, &rc);

	if (present == RS_PRESENT_UNKNOWN && (rc & 0xff) == SQLITE_BUSY)
		set_locked(step);
	else if (present == RS_PRESENT_UNKNOWN)
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, sqlite3_errmsg(rows->db));
	else if (present == (undo ? RS_PRESENT_BEFORE : RS_PRESENT_AFTER))
		rs_step_set(step, undo ? RS_STEP_UNDONE : RS_STEP_DONE, NULL);
	else
		transact(step, rows, undo);
}

/* Who holds the file is asked before it is open here, and after. */
static void
run(struct rs_step *step, const struct rs_user *user, bool own, bool undo)
{
	RS_AUTOCLOSE int dirfd = open_folder(step, user, own, RS_STEP_FAILED);
	struct rows rows = { .shape = rs_rows_shape(step->store_kind) };
	pid_t holder;

	if (dirfd < 0)
		return;
	holder = rs_sqlite_lock_holder(dirfd, rows.shape->file);
	if (open_database(step, &rows, dirfd, RS_STEP_FAILED)) {
		/* A browser that runs on it does not let go of it in five seconds. */
		if (holder != 0)
			rs_sqlite_hurry(rows.db);
		run_open(step, &rows, undo);
	}
	close_database(&rows);
	if (step->state == RS_STEP_PENDING)
		step->pid = holder != 0 ? holder : rs_sqlite_lock_holder(dirfd, rows.shape->file);
}

void
rs_step_rows_do(struct rs_step *step, const struct rs_user *user, bool own)
{
	run(step, user, own, false);
}

void
rs_step_rows_undo(struct rs_step *step, const struct rs_user *user, bool own)
{
	run(step, user, own, true);
}
