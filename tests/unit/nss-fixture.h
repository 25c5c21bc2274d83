/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NSS databases for tests: made by certutil of either NSS, or by hand for
 * what no NSS would write.
 */
#ifndef RS_TEST_NSS_FIXTURE_H
#define RS_TEST_NSS_FIXTURE_H

#include <sqlite3.h>

#include "store-nss.h"

/* Firefox's own NSS, newer than the distribution's. */
#define NSS_NEW_DIR "/usr/lib/firefox-esr"

#define NSS_FOLDER(name) RS_CLEANUP(nss_folder_remove) struct nss_folder name
#define NSS_CERT(name) RS_CLEANUP(nss_cert_free) struct nss_cert name
#define NSS_TEST(name, function) { name, function, NULL, NULL, NULL }

/* A temporary folder, or one of that name in it, that may hold a cert9.db. */
struct nss_folder {
	char *top, *dir, *file;		/* file: dir/cert9.db */
	int fd;				/* of dir */
	char *before;			/* its content when it was opened for reading */
};

void nss_folder_make(struct nss_folder *folder, const char *name);
void nss_folder_remove(struct nss_folder *folder);	/* for RS_CLEANUP */

/*
 * A root: not signed, but whole. Equal names and serials with different keys
 * are equal in issuer and serial. der is the caller's to free.
 */
struct nss_cert {
	unsigned char *der;
	size_t len;
	struct rs_cert *cert;
};

void nss_cert_make(struct nss_cert *cert, const char *name, unsigned char serial,
		   unsigned char key);
void nss_cert_set(struct nss_cert *cert, const void *der, size_t len);	/* any certificate */
void nss_cert_free(struct nss_cert *cert);		/* for RS_CLEANUP */

/* certutil with these words and -d of the folder; which: the distribution's or Firefox's. */
enum nss_which { NSS_OLD, NSS_NEW };
void nss_certutil(const struct nss_folder *folder, enum nss_which which, ...)
    __attribute__((sentinel));
/* A new database, and a certificate with trust flags as certutil takes them. */
void nss_create(const struct nss_folder *folder, enum nss_which which);
void nss_import(const struct nss_folder *folder, enum nss_which which,
		const struct nss_cert *cert, const char *nickname, const char *flags);

/* Runs SQL on cert9.db, which it creates; must succeed. */
void nss_sql(const struct nss_folder *folder, const char *fmt, ...) RS_PRINTF(2, 3);
/* A database with the columns that a reader needs, and no rows. */
void nss_schema(const struct nss_folder *folder);
/* A row of a certificate; id and, if not NULL, nickname. */
void nss_row_cert(const struct nss_folder *folder, long id, const struct nss_cert *cert,
		  const char *nickname);

/* A row of trust for server use, value in CKT_ of its class. */
enum nss_hash { NSS_HASH, NSS_NO_HASH };
void nss_row_trust(const struct nss_folder *folder, long id, unsigned long class,
		   const struct nss_cert *cert, enum nss_hash hash, unsigned long value);

#define NSS_OLD_TRUSTED 0xce534351UL
#define NSS_OLD_ANCHOR 0xce534352UL
#define NSS_OLD_DENIED 0xce53435aUL
#define NSS_NEW_ANCHOR 2UL
#define NSS_NEW_DENIED 3UL

/* A profile's folder with a database that trusts one root: ids 10 and 11. */
void nss_trusting(struct nss_folder *folder, struct nss_cert *cert);

/* The distribution's softoken, while a group of tests runs. */
extern struct rs_softoken *nss_softoken;
int nss_softoken_start(void **state);
int nss_softoken_end(void **state);

/* Every file of the folder: its name, mode, owner, size, time and digest. */
char *nss_snapshot(const char *dir);

/*
 * Reads the store and checks that this changed nothing in the folder: no
 * file more or less, no byte, no time, no mode.
 */
struct rs_store *nss_read(struct nss_folder *folder, struct rs_softoken *softoken);
/* The same; what nss_describe then says of it must be this text. */
void nss_expect(struct nss_folder *folder, const char *fmt, ...) RS_PRINTF(2, 3);
/* Or: the store is in this state, its reason begins so, and it has no anchors. */
void nss_expect_bad(struct nss_folder *folder, enum rs_store_state state, const char *reason);

/* What a store says, in lines that can be compared. */
char *nss_describe(const struct rs_store *store);

#endif
