/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chromium-rows.h"

/* Chromium's own statement (server_certificate_database.cc). */
#define TABLE "CREATE TABLE " RS_CHROMIUM_TABLE "(" RS_CHROMIUM_KEY " TEXT PRIMARY KEY," \
	"der_cert BLOB NOT NULL,trust_settings BLOB NOT NULL)"

#define ROWS_MAX 50000

enum { COL_ROWID, COL_KEY, COL_DER, COL_TRUST };

void
rs_chromium_row_free(void *p)
{
	struct rs_chromium_row *row = p;

	if (row == NULL)
		return;
	free(row->id);
	free(row->key);
	rs_cert_free(row->cert);
	rs_chromium_trust_clear(&row->trust);
	free(row);
}

static bool
is_chromium_table(const char *sql)
{
	return rs_streq(sql, TABLE);
}

enum rs_sqlite_result
rs_chromium_rows_check(sqlite3 *db, char **why)
{
	static const struct rs_sqlite_table table = {
		RS_CHROMIUM_TABLE, is_chromium_table, "a certificate database of Chromium's", "Chromium",
	};

	return rs_sqlite_check_table(db, &table, why);
}

static struct rs_chromium_row *
read_row(sqlite3_stmt *stmt)
{
	struct rs_chromium_row *row = rs_alloc(sizeof(*row));
	const void *der = sqlite3_column_blob(stmt, COL_DER);
	const void *trust;

	row->id = rs_printf("%llu", (unsigned long long)sqlite3_column_int64(stmt, COL_ROWID));
	row->cert = rs_cert_new(der, (size_t)sqlite3_column_bytes(stmt, COL_DER));
	trust = sqlite3_column_blob(stmt, COL_TRUST);
	row->understood = rs_chromium_trust_decode(trust,
	    (size_t)sqlite3_column_bytes(stmt, COL_TRUST), &row->trust);
	row->key = rs_strdup((const char *)sqlite3_column_text(stmt, COL_KEY));
	return row;
}

enum rs_sqlite_result
rs_chromium_rows_read(sqlite3 *db, struct rs_array *rows, char **why)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	/* An index that lies would hide rows. */
	int rc = sqlite3_prepare_v2(db, "SELECT rowid, " RS_CHROMIUM_KEY ", der_cert, trust_settings "
				    "FROM main." RS_CHROMIUM_TABLE " NOT INDEXED", -1, &stmt, NULL);

	*why = NULL;
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && rows->n < ROWS_MAX)
			rs_array_add(rows, read_row(stmt));
	if (rows->n < ROWS_MAX)
		return rs_sqlite_failed(db, rc, why);
	*why = rs_printf("holds more than %d certificates", ROWS_MAX);
	return RS_SQLITE_BAD;
}
