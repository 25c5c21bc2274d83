/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Java keystore of any format that a JVM takes for a list of trusted
 * certificates: JKS, JCEKS (jks.h) and PKCS #12 (pkcs12.h). Read only. To
 * parse is for a worker that has given up its rights.
 */
#ifndef RS_KEYSTORE_H
#define RS_KEYSTORE_H

#include "util.h"

#define RS_KEYSTORE_MAX (64u << 20)	/* bytes of a file that is read */

/* A certificate that the keystore makes trusted. */
struct rs_keystore_entry {
	char *alias;			/* as stored: JKS in Java's modified UTF-8, else UTF-8 */
	unsigned char *der;
	size_t der_len;
	bool is_key;			/* the first of a private key's own */
	time_t created;			/* (time_t)-1 where no date can be that, or none is stored */
};

enum rs_keystore_state {
	RS_KEYSTORE_WHOLE,
	RS_KEYSTORE_DAMAGED,		/* or no keystore at all */
	RS_KEYSTORE_CLOSED,		/* a password or a form that is not known here */
};

/* Takes alias, and a copy of the certificate. The entry stays the array's. */
struct rs_keystore_entry *rs_keystore_add(struct rs_array *entries, char *alias, const void *der,
					  size_t len, time_t created);
void rs_keystore_entry_free(void *entry);

/*
 * The trusted certificates of a keystore's bytes, as struct rs_keystore_entry
 * *; entries is initialised here and owned by the caller. The first certificate
 * of a private key's chain is one of them; the others make nothing trusted.
 *
 * Unless it was read whole, *why is set (static text, for people, to go behind
 * the file's name) and entries has what could be read.
 */
enum rs_keystore_state rs_keystore_read(const char *data, size_t len, struct rs_array *entries,
					const char **why);

#endif
