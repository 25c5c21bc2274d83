/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match-issuer.h"

#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "der.h"

/* As in cert.c: longer ones take GnuTLS a time in the square of their length. */
#define IMPORT_MAX_LEN (128u << 10)

struct rs_key {
	const unsigned char *der;	/* a SubjectPublicKeyInfo, within its certificate */
	size_t len;
};

static void
add_key(struct rs_keys *keys, const struct rs_cert *cert)
{
	char spki[RS_SHA256_HEX], sha256[RS_SHA256_HEX];
	RS_AUTOFREE char *sha1 = NULL;
	struct rs_der_cert parts;
	unsigned char digest[20];
	struct rs_key *key;

	if (cert->der == NULL || cert->der_len > IMPORT_MAX_LEN ||
	    !rs_der_certificate(cert->der, cert->der_len, RS_DER_DEPTH, &parts))
		return;
	rs_sha256(parts.spki.raw, parts.spki.raw_len, spki);
	rs_sha256(cert->der, cert->der_len, sha256);
	key = rs_map_get(&keys->by_digest, spki);
	if (key == NULL) {
		key = rs_array_add(&keys->all, rs_alloc(sizeof(*key)));
		*key = (struct rs_key){ parts.spki.raw, parts.spki.raw_len };
		rs_map_add(&keys->by_digest, spki, key);
	}
	rs_map_add(&keys->by_digest, sha256, key);
	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, cert->der, cert->der_len, digest) == 0) {
		sha1 = rs_hex(digest, sizeof(digest));
		rs_map_add(&keys->by_digest, sha1, key);
	}
}

void
rs_keys_make(struct rs_keys *keys, const struct rs_scan *scan)
{
	*keys = (struct rs_keys){ 0 };
	rs_array_init(&keys->all, free);
	for (size_t i = 0; i < scan->stores.n; i++) {
		const struct rs_store *store = scan->stores.v[i];

		for (size_t k = 0; k < store->anchors.n; k++)
			add_key(keys, ((const struct rs_anchor *)store->anchors.v[k])->cert);
	}
}

void
rs_keys_free(struct rs_keys *keys)
{
	rs_map_free(&keys->by_digest);
	rs_array_free(&keys->all);
}

/* The bytes that are signed, as they are: GnuTLS does not give them. */
static bool
find_signed(const struct rs_cert *cert, gnutls_datum_t *data)
{
	const unsigned char *p = cert->der;
	size_t left = cert->der_len;
	struct rs_der outer, tbs;

	if (!rs_der_next(&p, &left, RS_DER_DEPTH, &outer))
		return false;
	p = outer.body;
	left = outer.body_len;
	if (!rs_der_next(&p, &left, RS_DER_DEPTH, &tbs) || tbs.raw_len > IMPORT_MAX_LEN)
		return false;
	*data = (gnutls_datum_t){ (unsigned char *)(uintptr_t)tbs.raw, (unsigned)tbs.raw_len };
	return true;
}

static bool
verify(gnutls_x509_crt_t crt, gnutls_pubkey_t pubkey, const gnutls_datum_t *data)
{
	RS_AUTOFREE unsigned char *bytes = NULL;
	size_t len = 0;
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);
	gnutls_datum_t signature;

	if (algorithm < 0 || gnutls_x509_crt_get_signature(crt, NULL, &len) !=
	    GNUTLS_E_SHORT_MEMORY_BUFFER)
		return false;
	bytes = rs_alloc(len);
	if (gnutls_x509_crt_get_signature(crt, (char *)bytes, &len) < 0)
		return false;
	signature = (gnutls_datum_t){ bytes, (unsigned)len };
	/* Old roots are signed by old means; it is the key that is in question. */
	return gnutls_pubkey_verify_data2(pubkey, (gnutls_sign_algorithm_t)algorithm,
					  GNUTLS_VERIFY_ALLOW_BROKEN |
					  GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1,
					  data, &signature) >= 0;
}

static bool
is_signed_by(const struct rs_cert *cert, const struct rs_key *key)
{
	gnutls_datum_t der = { cert->der, (unsigned)cert->der_len }, data;
	gnutls_datum_t spki = { (unsigned char *)(uintptr_t)key->der, (unsigned)key->len };
	gnutls_x509_crt_t crt = NULL;
	gnutls_pubkey_t pubkey = NULL;
	bool is = false;

	if (cert->der_len > IMPORT_MAX_LEN || !find_signed(cert, &data))
		return false;
	if (gnutls_x509_crt_init(&crt) == 0 && gnutls_pubkey_init(&pubkey) == 0 &&
	    gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == 0 &&
	    gnutls_pubkey_import(pubkey, &spki, GNUTLS_X509_FMT_DER) == 0)
		is = verify(crt, pubkey, &data);
	if (pubkey != NULL)
		gnutls_pubkey_deinit(pubkey);
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	return is;
}

enum rs_signature
rs_keys_signed(const struct rs_keys *keys, const struct rs_policy_root *root,
	       const struct rs_cert *cert)
{
	const struct rs_array *const lists[] = { &root->spki, &root->sha256, &root->sha1 };
	enum rs_signature best = RS_SIGNATURE_UNCHECKED;

	for (size_t i = 0; i < RS_COUNT(lists); i++)
		for (size_t k = 0; k < lists[i]->n; k++) {
			const struct rs_key *key = rs_map_get(&keys->by_digest, lists[i]->v[k]);

			if (key == NULL)
				continue;
			if (is_signed_by(cert, key))
				return RS_SIGNATURE_GOOD;
			best = RS_SIGNATURE_BAD;
		}
	return best;
}
