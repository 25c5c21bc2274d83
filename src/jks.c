/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jks.h"

#include <string.h>

#include <gnutls/crypto.h>

#define MAGIC_JKS 0xfeedfeedu
#define MAGIC_JCEKS 0xcecececeu
#define DIGEST_LEN 20

enum { TAG_PRIVATE_KEY = 1, TAG_TRUSTED = 2, TAG_SECRET_KEY = 3 };

struct cursor {
	const unsigned char *p;
	size_t left;
	uint32_t version;
};

static bool
take_bytes(struct cursor *c, size_t n, const unsigned char **bytes)
{
	if (n > c->left)
		return false;
	*bytes = c->p;
	c->p += n;
	c->left -= n;
	return true;
}

/* A big-endian number of n bytes. */
static bool
take_number(struct cursor *c, size_t n, uint64_t *value)
{
	const unsigned char *bytes;

	if (!take_bytes(c, n, &bytes))
		return false;
	for (*value = 0; n > 0; n--)
		*value = *value << 8 | *bytes++;
	return true;
}

/* A length of n bytes, and so many bytes. */
static bool
take_string(struct cursor *c, size_t n, const unsigned char **bytes, size_t *len)
{
	uint64_t value;

	if (!take_number(c, n, &value) || value > SIZE_MAX)
		return false;
	*len = (size_t)value;
	return take_bytes(c, *len, bytes);
}

/* Version 2 names each certificate's type, which is always X.509. */
static bool
take_certificate(struct cursor *c, const unsigned char **der, size_t *len)
{
	return (c->version == 1 || take_string(c, 2, der, len)) && take_string(c, 4, der, len);
}

/* Its key, then its certificates. Java trusts the first of them like any other
 * (sun.security.validator.TrustStoreUtil). */
static bool
take_private_key(struct cursor *c, const unsigned char **der, size_t *der_len)
{
	const unsigned char *bytes;
	uint64_t chain;
	size_t len;

	*der = NULL;
	if (!take_string(c, 4, &bytes, &len) || !take_number(c, 4, &chain))
		return false;
	for (; chain > 0; chain--) {
		if (!take_certificate(c, &bytes, &len))
			return false;
		if (*der == NULL) {
			*der = bytes;
			*der_len = len;
		}
	}
	return true;
}

/* Milliseconds since 1970, in a signed number. */
static time_t
read_date(uint64_t date)
{
	return date > INT64_MAX ? (time_t)-1 : (time_t)(date / 1000);
}

static bool
take_entry(struct cursor *c, struct rs_array *entries, const char **why)
{
	const unsigned char *alias, *der;
	size_t alias_len, der_len = 0;
	uint64_t tag, date;

	*why = "is cut short or damaged";
	if (!take_number(c, 4, &tag) || !take_string(c, 2, &alias, &alias_len) ||
	    !take_number(c, 8, &date))
		return false;
	if (tag == TAG_PRIVATE_KEY) {
		if (!take_private_key(c, &der, &der_len))
			return false;
		if (der != NULL)
			rs_keystore_add(entries, rs_strndup((const char *)alias, alias_len), der,
					der_len, read_date(date))->is_key = true;
		return true;
	}
	if (tag == TAG_SECRET_KEY) {
		*why = "holds a secret key, behind which only Java can read";
		return false;
	}
	if (tag != TAG_TRUSTED || !take_certificate(c, &der, &der_len))
		return false;
	rs_keystore_add(entries, rs_strndup((const char *)alias, alias_len), der, der_len,
			read_date(date));
	return true;
}

/* SHA-1 of the password in UTF-16, a phrase of the format's, and the content. */
static bool
has_digest(const char *data, size_t len, const struct cursor *c)
{
	static const char salt[] = "\0c\0h\0a\0n\0g\0e\0i\0tMighty Aphrodite";
	unsigned char digest[DIGEST_LEN];
	gnutls_hash_hd_t hash;

	if (c->left < DIGEST_LEN || gnutls_hash_init(&hash, GNUTLS_DIG_SHA1) < 0)
		return false;
	gnutls_hash(hash, salt, sizeof(salt) - 1);
	gnutls_hash(hash, data, len - c->left);
	gnutls_hash_deinit(hash, digest);
	return memcmp(digest, c->p, DIGEST_LEN) == 0;
}

bool
rs_jks_read(const char *data, size_t len, struct rs_array *entries, bool *intact,
	    const char **why)
{
	struct cursor c = { .p = (const unsigned char *)data, .left = len };
	uint64_t magic, version, count;

	rs_array_init(entries, rs_keystore_entry_free);
	*intact = false;
	if (!take_number(&c, 4, &magic) || (magic != MAGIC_JKS && magic != MAGIC_JCEKS)) {
		*why = "is no Java keystore";
		return false;
	}
	if (!take_number(&c, 4, &version) || !take_number(&c, 4, &count)) {
		*why = "is cut short";
		return false;
	}
	if (version != 1 && version != 2) {
		*why = "is of an unknown version of the format";
		return false;
	}
	c.version = (uint32_t)version;
	for (; count > 0; count--)
		if (!take_entry(&c, entries, why))
			return false;
	*intact = has_digest(data, len, &c);
	*why = NULL;
	return true;
}
