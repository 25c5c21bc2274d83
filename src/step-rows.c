/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of an NSS database (table nssPublic of cert9.db). key4.db is left
 * alone: the signatures that it keeps make the rows valid again when they
 * come back under the same object id, so no password is needed either way.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "home-open.h"
#include "nss-rows.h"
#include "sqlite-open.h"
#include "step.h"

#define MAX_COLUMNS 2000

static int
open_folder(const struct rs_step *step, const struct rs_user *user, bool own)
{
	RS_CLEANUP(rs_home_let_go) struct rs_home home = RS_HOME_NONE;
	RS_AUTOFREE char *dir = rs_strdup(step->path);

	*strrchr(dir, '/') = '\0';
	return rs_home_hold(&home, user, own) ? rs_home_open_dir(&home, home.fd, dir) : -1;
}

static sqlite3 *
open_database(struct rs_step *step, const struct rs_user *user, bool own, int *dirfd,
	      enum rs_step_state failed)
{
	RS_AUTOFREE char *why = NULL;
	sqlite3 *db = NULL;
	enum rs_sqlite_result result;

	*dirfd = open_folder(step, user, own);
	if (*dirfd < 0) {
		rs_step_set(step, failed, "%s cannot be opened: %s", step->path, strerror(errno));
		return NULL;
	}
	result = rs_sqlite_open(*dirfd, strrchr(step->path, '/') + 1, true, &db, &why);
	if (result == RS_SQLITE_LOCKED)
		rs_step_set(step, failed, "%s is in use: close the program that uses it (%s), "
			    "then run the same command again", step->path, why ? why : "locked");
	else if (result != RS_SQLITE_OK)
		rs_step_set(step, failed, "%s cannot be opened: %s", step->path,
			    why ? why : "no such file");
	else if (rs_nss_rows_check(db, &why) != RS_SQLITE_OK) {
		rs_step_set(step, failed, "%s is not touched: %s", step->path,
			    why ? why : "it is no database of NSS");
		rs_sqlite_close(&db);
		db = NULL;
	}
	return db;
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

/* Returns the row with this object id, or NULL; *rc is SQLite's. */
static struct rs_row *
row_by_id(sqlite3 *db, const char *id, int *rc)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	struct rs_row *row = NULL;

	*rc = sqlite3_prepare_v2(db, "SELECT rowid AS \"\", * FROM nssPublic WHERE id = ?1", -1,
				 &stmt, NULL);
	if (*rc != SQLITE_OK)
		return NULL;
	sqlite3_bind_int64(stmt, 1, strtoll(id, NULL, 10));
	*rc = sqlite3_step(stmt);
	if (*rc == SQLITE_ROW)
		row = read_row(stmt);
	if (*rc == SQLITE_ROW || *rc == SQLITE_DONE)
		*rc = SQLITE_OK;
	return row;
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

static const char *
row_id(const struct rs_row *row)
{
	const struct rs_column *id = find_column(row, "id");

	return id == NULL || id->value == NULL ? "" : id->value;
}

/* Whether the object is one of a finding's that this step is to take out. */
static bool
is_found(const struct rs_token_object *object, const struct rs_step *step,
	 const struct rs_part *part)
{
	for (size_t i = 0; i < part->findings.n; i++) {
		const struct rs_finding *finding = part->findings.v[i];
		const struct rs_cert *cert = finding->anchor->cert;

		if (!rs_streq(finding->store->id, step->store))
			continue;
		if (object->class != RS_CKO_CERTIFICATE ? rs_token_trust_is_for(object, cert) :
		    cert->sha256 != NULL && rs_streq(object->cert->sha256, cert->sha256))
			return true;
	}
	return false;
}

/* An id says nothing: NSS gives that of a deleted object to the next one. */
static bool
are_as_found(const struct rs_step *step, const struct rs_part *part, sqlite3 *db)
{
	RS_CLEANUP(rs_array_free) struct rs_array objects;
	RS_AUTOFREE char *why = NULL;
	size_t odd, found = 0;

	rs_array_init(&objects, rs_token_object_free);
	if (rs_nss_rows_read(db, &objects, &odd, &why) != RS_SQLITE_OK)
		return false;
	for (size_t i = 0; i < objects.n; i++) {
		const struct rs_token_object *object = objects.v[i];

		if (!rs_array_has_str(&step->ids, object->id))
			continue;
		if (!is_found(object, step, part))
			return false;
		found++;
	}
	return found == step->ids.n;
}

static bool
read_rows(struct rs_step *step, sqlite3 *db)
{
	for (size_t i = 0; i < step->ids.n; i++) {
		int rc;
		struct rs_row *row = row_by_id(db, step->ids.v[i], &rc);

		if (row == NULL)
			return false;
		rs_array_add(&step->rows, row);
	}
	return true;
}

void
rs_step_rows_prepare(struct rs_step *step, const struct rs_part *part, bool own)
{
	RS_AUTOCLOSE int dirfd = -1;
	RS_CLEANUP(rs_sqlite_close) sqlite3 *db = NULL;
	struct stat st;

	db = open_database(step, part->user, own, &dirfd, RS_STEP_REFUSED);
	if (db == NULL)
		return;
	if (fstatat(dirfd, "cert9.db", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    st.st_uid != part->user->uid || st.st_nlink > 1)
		rs_step_set(step, RS_STEP_REFUSED, "%s belongs to somebody else, or has several "
			    "names (hard links)", step->path);
	/* In one transaction, which the closing ends: all of it at one moment. */
	else if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
		 !are_as_found(step, part, db) || !read_rows(step, db))
		rs_step_set(step, RS_STEP_REFUSED, "%s has changed since it was looked at: "
			    "run the same command again", step->path);
}

/* All rows there and equal, none of them there, or something else. */
static enum rs_present
judge(const struct rs_step *step, sqlite3 *db, int *rc)
{
	size_t equal = 0, absent = 0;

	for (size_t i = 0; i < step->rows.n; i++) {
		const struct rs_row *saved = step->rows.v[i];
		struct rs_row *now = row_by_id(db, row_id(saved), rc);

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
delete_row(sqlite3 *db, const struct rs_row *row)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	int rc;

	if (rs_change_point() < 0)
		return SQLITE_IOERR;
	rc = sqlite3_prepare_v2(db, "DELETE FROM nssPublic WHERE id = ?1", -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(stmt, 1, strtoll(row_id(row), NULL, 10));
	rc = sqlite3_step(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static bool
rowid_is_free(sqlite3 *db, int64_t rowid)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, "SELECT 1 FROM nssPublic WHERE rowid = ?1", -1, &stmt,
			       NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_int64(stmt, 1, rowid);
	return sqlite3_step(stmt) == SQLITE_DONE;
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

/* Columns by name, since a newer NSS may have added some meanwhile. The
 * names come from a record whose schema allows only plain identifiers. */
static int
insert_row(sqlite3 *db, const struct rs_row *row)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	RS_AUTOBUF struct rs_buf names = { 0 }, marks = { 0 };
	RS_AUTOFREE char *sql = NULL;
	bool with_rowid = rowid_is_free(db, row->rowid);
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
	sql = rs_printf("INSERT INTO nssPublic (%s) VALUES (%s)", names.data, marks.data);
	rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
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

/*
 * Whether somebody has put the same object in again under another id: the
 * same class, issuer and serial, and the same certificate or digests of it.
 */
static bool
is_there_again(sqlite3 *db, const struct rs_row *row)
{
	static const char *const identity[] = {
		"a0", "a81", "a82", "a11", "ace5363b4", "a635",
	};
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	RS_AUTOBUF struct rs_buf sql = { 0 };
	int n = 0;

	rs_buf_puts(&sql, "SELECT 1 FROM nssPublic WHERE 1");
	for (size_t i = 0; i < RS_COUNT(identity); i++)
		if (find_column(row, identity[i]) != NULL)
			rs_buf_printf(&sql, " AND %s IS ?%d", identity[i], ++n);
	if (sqlite3_prepare_v2(db, sql.data, -1, &stmt, NULL) != SQLITE_OK)
		return false;
	n = 0;
	for (size_t i = 0; i < RS_COUNT(identity); i++) {
		const struct rs_column *column = find_column(row, identity[i]);

		if (column != NULL && bind_column(stmt, ++n, column) != SQLITE_OK)
			return false;
	}
	return sqlite3_step(stmt) == SQLITE_ROW;
}

/*
 * In one transaction: delete the rows, or insert those that are missing.
 * On the way back an object id that somebody else has taken is a conflict.
 */
static int
move_rows(struct rs_step *step, sqlite3 *db, bool undo, bool *conflict)
{
	RS_AUTOFREE bool *again = rs_alloc(step->rows.n * sizeof(*again));
	int rc = SQLITE_OK;

	/* All at first: a row that is put back is not somebody else's. */
	for (size_t i = 0; i < step->rows.n && undo; i++)
		again[i] = is_there_again(db, step->rows.v[i]);
	for (size_t i = 0; i < step->rows.n && rc == SQLITE_OK; i++) {
		const struct rs_row *saved = step->rows.v[i];
		struct rs_row *now = row_by_id(db, row_id(saved), &rc);

		if (rc == SQLITE_OK && now != NULL && !same_row(saved, now))
			*conflict = true;
		else if (rc == SQLITE_OK && undo && now == NULL)
			rc = again[i] ? SQLITE_OK : insert_row(db, saved);
		else if (rc == SQLITE_OK && !undo && now != NULL)
			rc = delete_row(db, saved);
		if (now != NULL)
			rs_row_free(now);
		if (*conflict)
			return SQLITE_ABORT;
	}
	return rc;
}

static void
transact(struct rs_step *step, sqlite3 *db, bool undo)
{
	bool conflict = false;
	int rc = run_sql(db, "BEGIN IMMEDIATE");

	if (rc == SQLITE_OK)
		rc = move_rows(step, db, undo, &conflict);
	if (rc == SQLITE_OK)
		rc = run_sql(db, "COMMIT");
	if (rc == SQLITE_OK) {
		rs_step_set(step, undo ? RS_STEP_UNDONE : RS_STEP_DONE, NULL);
		return;
	}
	if (conflict)
		rs_step_set(step, undo ? RS_STEP_CONFLICT : RS_STEP_FAILED, "%s: its rows were "
			    "changed by somebody else and are left as they are%s", step->path,
			    undo ? "; what they held is kept in record.xml" : "");
	else
		rs_step_set(step, RS_STEP_FAILED, "%s: %s%s", step->path, sqlite3_errmsg(db),
			    rc == SQLITE_BUSY ? "; close the program that uses it, then run the "
			    "same command again" : "");
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

static void
run(struct rs_step *step, const struct rs_user *user, bool own, bool undo)
{
	RS_AUTOCLOSE int dirfd = -1;
	RS_CLEANUP(rs_sqlite_close) sqlite3 *db = NULL;
	enum rs_present present;
	int rc = SQLITE_OK;

	db = open_database(step, user, own, &dirfd, RS_STEP_FAILED);
	if (db == NULL)
		return;
	present = judge(step, db, &rc);
	if (present == RS_PRESENT_UNKNOWN)
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, sqlite3_errmsg(db));
	else if (present == (undo ? RS_PRESENT_BEFORE : RS_PRESENT_AFTER))
		rs_step_set(step, undo ? RS_STEP_UNDONE : RS_STEP_DONE, NULL);
	else
		transact(step, db, undo);
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
