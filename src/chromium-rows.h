/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rows of a Chromium profile's own certificate database
 * (ServerCertificate): one table certificates, a row for each certificate.
 */
#ifndef RS_CHROMIUM_ROWS_H
#define RS_CHROMIUM_ROWS_H

#include "cert.h"
#include "chromium-trust.h"
#include "sqlite-open.h"

#define RS_CHROMIUM_FILE "ServerCertificate"
#define RS_CHROMIUM_TABLE "certificates"
#define RS_CHROMIUM_KEY "sha256hash_hex"

struct rs_chromium_row {
	char *id;			/* the rowid's 64 bits, as a number without sign */
	char *key;			/* what it says its digest is; NULL: nothing */
	struct rs_cert *cert;		/* by its own bytes: the key may lie */
	bool understood;		/* trust could be decoded */
	struct rs_chromium_trust trust;
};

/*
 * Whether the database is what Chromium makes, and whole. To be called before
 * anything is read from or written to the table.
 */
enum rs_sqlite_result rs_chromium_rows_check(sqlite3 *db, char **why);

/* Adds every row to rows (struct rs_chromium_row *, freed by its free_fn). */
enum rs_sqlite_result rs_chromium_rows_read(sqlite3 *db, struct rs_array *rows, char **why);
void rs_chromium_row_free(void *row);

#endif
