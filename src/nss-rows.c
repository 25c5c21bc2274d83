/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nss-rows.h"

#include <ctype.h>
#include <string.h>

/* Columns by attribute type (pkcs11n.h, PKCS#11 3.2); any may be missing. */
enum column {
	COL_ID, COL_CLASS, COL_LABEL, COL_VALUE, COL_ISSUER, COL_SERIAL,
	COL_NSS_SHA1, COL_NSS_SERVER, COL_NSS_CLIENT, COL_NSS_CODE, COL_NSS_EMAIL,
	COL_HASH, COL_HASH_ALGORITHM, COL_SERVER, COL_CLIENT, COL_CODE, COL_EMAIL,
	COLUMNS
};

static const char *const names[COLUMNS] = {
	[COL_ID] = "id", [COL_CLASS] = "a0", [COL_LABEL] = "a3", [COL_VALUE] = "a11",
	[COL_ISSUER] = "a81", [COL_SERIAL] = "a82",
	[COL_NSS_SHA1] = "ace5363b4", [COL_NSS_SERVER] = "ace536358",
	[COL_NSS_CLIENT] = "ace536359", [COL_NSS_CODE] = "ace53635a",
	[COL_NSS_EMAIL] = "ace53635b",
	[COL_HASH] = "a635", [COL_HASH_ALGORITHM] = "a8c", [COL_SERVER] = "a62c",
	[COL_CLIENT] = "a62d", [COL_CODE] = "a62e", [COL_EMAIL] = "a62f",
};

/* Softoken's own statement (sdb.c), up to the list of columns. */
#define TABLE_START "CREATE TABLE " RS_NSS_TABLE " (id PRIMARY KEY UNIQUE ON CONFLICT ABORT"

/* No certificate is longer; no database of a browser holds so many. */
#define VALUE_MAX (1 << 20)
#define OBJECTS_MAX 50000

/* How softoken keeps an attribute that is there and empty. */
static const unsigned char empty_value[] = { 0xa5, 0x00, 0x5a };

/* Whether sql is TABLE_START and columns of an "a" and hex digits, no more. */
static bool
is_nss_table(const char *sql)
{
	if (sql == NULL || !rs_starts(sql, TABLE_START))
		return false;
	sql += strlen(TABLE_START);
	while (rs_starts(sql, ", a")) {
		sql += 3;
		if (!isxdigit((unsigned char)*sql))
			return false;
		while (isxdigit((unsigned char)*sql))
			sql++;
	}
	return rs_streq(sql, ")");
}

enum rs_sqlite_result
rs_nss_rows_check(sqlite3 *db, char **why)
{
	static const struct rs_sqlite_table table = {
		RS_NSS_TABLE, is_nss_table, "an NSS certificate database", "NSS",
	};

	return rs_sqlite_check_table(db, &table, why);
}

/* Whatever its type, as softoken reads it; empty where it is absent. */
static size_t
bytes(sqlite3_stmt *stmt, enum column col, const unsigned char **data)
{
	int n;

	*data = sqlite3_column_blob(stmt, col);
	n = sqlite3_column_bytes(stmt, col);
	if (*data == NULL || n <= 0 || n > VALUE_MAX ||
	    (n == sizeof(empty_value) && memcmp(*data, empty_value, sizeof(empty_value)) == 0)) {
		*data = NULL;
		return 0;
	}
	return (size_t)n;
}

/* CK_ULONG: four bytes, the highest first; eight by some old builds. */
static unsigned long
number(sqlite3_stmt *stmt, enum column col, unsigned long otherwise)
{
	const unsigned char *data;
	size_t len = bytes(stmt, col, &data);
	unsigned long value = 0;

	if (len != 4 && len != 8)
		return otherwise;
	for (size_t i = len - 4; i < len; i++)
		value = value << 8 | data[i];
	return value;
}

static struct rs_token_object *
read_certificate(sqlite3_stmt *stmt)
{
	struct rs_token_object *object = rs_token_object_new(RS_CKO_CERTIFICATE);
	const unsigned char *der, *issuer, *serial, *label;
	size_t len = bytes(stmt, COL_VALUE, &der), label_len;

	if (len > 0) {
		object->cert = rs_cert_new(der, len);
	} else {
		size_t issuer_len = bytes(stmt, COL_ISSUER, &issuer);
		size_t serial_len = bytes(stmt, COL_SERIAL, &serial);

		object->cert = rs_cert_new_trust(issuer, issuer_len, serial, serial_len,
						 NULL, 0, NULL, 0);
	}
	label_len = bytes(stmt, COL_LABEL, &label);
	if (label_len > 0)
		object->label = rs_strndup((const char *)label, label_len);
	return object;
}

static struct rs_token_object *
read_trust(sqlite3_stmt *stmt, unsigned long class)
{
	bool nss = class == RS_CKO_NSS_TRUST;
	struct rs_token_object *object = rs_token_object_new(class);
	const unsigned char *issuer, *serial, *hash;
	size_t issuer_len = bytes(stmt, COL_ISSUER, &issuer);
	size_t serial_len = bytes(stmt, COL_SERIAL, &serial);
	size_t hash_len = bytes(stmt, nss ? COL_NSS_SHA1 : COL_HASH, &hash);

	rs_token_object_identify(object, issuer, issuer_len, serial, serial_len, hash, hash_len,
				 nss ? 0 : number(stmt, COL_HASH_ALGORITHM, 0));
	rs_token_object_trust(object, RS_TRUST_SERVER,
			      number(stmt, nss ? COL_NSS_SERVER : COL_SERVER, 0));
	rs_token_object_trust(object, RS_TRUST_CLIENT,
			      number(stmt, nss ? COL_NSS_CLIENT : COL_CLIENT, 0));
	rs_token_object_trust(object, RS_TRUST_CODE,
			      number(stmt, nss ? COL_NSS_CODE : COL_CODE, 0));
	rs_token_object_trust(object, RS_TRUST_EMAIL,
			      number(stmt, nss ? COL_NSS_EMAIL : COL_EMAIL, 0));
	return object;
}

/* Softoken asks by whole number: a row whose id is none it never finds. */
static char *
object_id(sqlite3_stmt *stmt)
{
	int type = sqlite3_column_type(stmt, COL_ID);
	long long id = sqlite3_column_int64(stmt, COL_ID);

	if (type == SQLITE_INTEGER ||
	    (type == SQLITE_FLOAT && sqlite3_column_double(stmt, COL_ID) == (double)id))
		return rs_printf("%lld", id);
	return NULL;
}

static void
read_row(sqlite3_stmt *stmt, struct rs_array *objects, size_t *odd)
{
	unsigned long class = number(stmt, COL_CLASS, 0);
	struct rs_token_object *object;
	char *id;

	if (class != RS_CKO_CERTIFICATE && class != RS_CKO_NSS_TRUST && class != RS_CKO_TRUST)
		return;
	id = object_id(stmt);
	if (id == NULL) {
		(*odd)++;
		return;
	}
	object = class == RS_CKO_CERTIFICATE ? read_certificate(stmt) : read_trust(stmt, class);
	object->id = id;
	rs_array_add(objects, object);
}

/* The columns that this file has, NULL in place of the others. */
static char *
select_statement(sqlite3 *db)
{
	RS_AUTOBUF struct rs_buf sql = { 0 };

	for (size_t i = 0; i < COLUMNS; i++) {
		bool there = sqlite3_table_column_metadata(db, "main", RS_NSS_TABLE, names[i],
		    NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;

		rs_buf_printf(&sql, "%s%s", i == 0 ? "SELECT " : ", ", there ? names[i] : "NULL");
	}
	/* An index that lies would hide rows. */
	rs_buf_puts(&sql, " FROM main." RS_NSS_TABLE " NOT INDEXED");
	return rs_buf_steal(&sql);
}

enum rs_sqlite_result
rs_nss_rows_read(sqlite3 *db, struct rs_array *objects, size_t *odd, char **why)
{
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	RS_AUTOFREE char *sql = NULL;
	int rc;

	*why = NULL;
	*odd = 0;
	sql = select_statement(db);
	rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && objects->n < OBJECTS_MAX)
			read_row(stmt, objects, odd);
	if (objects->n < OBJECTS_MAX)
		return rs_sqlite_failed(db, rc, why);
	*why = rs_printf("holds more than %d certificates", OBJECTS_MAX);
	return RS_SQLITE_BAD;
}
