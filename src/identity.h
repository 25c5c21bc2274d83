/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a certificate is known by where it is gone itself: its SHA-256, its
 * SHA-1, and its issuer's DER name with its serial number.
 */
#ifndef RS_IDENTITY_H
#define RS_IDENTITY_H

#include "cert.h"
#include "policy.h"

/* Enters all that is known of cert; a name that is there already stays. */
void rs_identity_add(struct rs_map *map, const struct rs_cert *cert, void *what);

/*
 * What was entered for a certificate, or NULL, and by which of its names: the
 * surest that it has decides alone, since a digest that is not there is
 * another certificate's, whose issuer and serial a stranger can choose alike.
 */
void *rs_identity_get(const struct rs_map *map, const struct rs_cert *cert,
		      enum rs_match_how *how);

/*
 * Whether names (char *) has one of cert's, and which: a digest, or, where it
 * has none, its issuer and serial.
 */
bool rs_identity_is_one_of(const struct rs_array *names, const struct rs_cert *cert,
			   enum rs_match_how *how);
/* Adds those of cert to names. */
void rs_identity_names(struct rs_array *names, const struct rs_cert *cert);

/*
 * The names as one line, "SHA256 SHA1 ISSUER SERIAL", the last two in base64
 * and hex and only together; the caller frees it. Enters such a line; false
 * where it is none.
 */
char *rs_identity_text(const struct rs_cert *cert);
bool rs_identity_add_text(struct rs_map *map, const char *text, void *what);

#endif
