/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PKCS #12 (RFC 7292) as far as Java makes lists of trusted certificates of it. */
#ifndef RS_PKCS12_H
#define RS_PKCS12_H

#include "keystore.h"

/* Whether the bytes begin as such a file does. */
bool rs_pkcs12_is(const char *data, size_t len);

/*
 * As rs_keystore_read. Trusted is what carries the attribute by which Java
 * says so; without it a certificate belongs to a key's chain. Encrypted parts
 * are read with the password "changeit", with an empty one, and with none; the
 * file's own digest is not looked at, as a JVM without a password does not.
 */
enum rs_keystore_state rs_pkcs12_read(const char *data, size_t len, struct rs_array *entries,
				      const char **why);

#endif
