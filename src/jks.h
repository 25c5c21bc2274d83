/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Java's own keystore format (JKS, and JCEKS as far as it holds no secret
 * keys), read only. A JVM reads a trust store without a password, so without
 * a look at its digest and at what stands behind its last entry: so do we.
 */
#ifndef RS_JKS_H
#define RS_JKS_H

#include "keystore.h"

/*
 * The trusted certificates of a keystore's bytes, as struct rs_keystore_entry *;
 * entries is initialised here and owned by the caller. Private keys are
 * read for the first of their chain, which Java trusts. *intact tells
 * whether the digest is that of the password "changeit", which Java's and the
 * distributions' trust stores have.
 *
 * False with *why (static text, for people) where the file is no keystore,
 * another kind of one, or damaged: entries then has those before the damage.
 */
bool rs_jks_read(const char *data, size_t len, struct rs_array *entries, bool *intact,
		 const char **why);

#endif
