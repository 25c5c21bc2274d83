/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stores with certificates that are signed, a policy, and what matching says of both. */
#ifndef RS_TEST_MATCH_FIXTURE_H
#define RS_TEST_MATCH_FIXTURE_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "make-der.h"
#include "match.h"
#include "policy-fixture.h"

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#define LOCAL "/usr/local/share/ca-certificates/x.crt"
#define KEY_ID "00112233445566778899aabbccddeeff00112233"

struct key {
	gnutls_x509_privkey_t key;
};

/* Keys are dear: made once. */
RS_UNUSED static struct key bad_key, other_key, own_key;

RS_UNUSED static int
make_keys(void **state RS_UNUSED)
{
	struct key *const keys[] = { &bad_key, &other_key, &own_key };

	for (size_t i = 0; i < RS_COUNT(keys); i++) {
		gnutls_x509_privkey_init(&keys[i]->key);
		if (gnutls_x509_privkey_generate(keys[i]->key, GNUTLS_PK_ECDSA,
		    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) < 0)
			return 1;
	}
	return 0;
}

RS_UNUSED static int
free_keys(void **state RS_UNUSED)
{
	gnutls_x509_privkey_deinit(bad_key.key);
	gnutls_x509_privkey_deinit(other_key.key);
	gnutls_x509_privkey_deinit(own_key.key);
	return 0;
}

RS_UNUSED static gnutls_x509_crt_t
begin(const char *dn, const struct key *key)
{
	gnutls_x509_crt_t crt;
	unsigned char serial[] = { 0x41, 0x02, 0x03, 0x04 };

	gnutls_x509_crt_init(&crt);
	assert_int_equal(gnutls_x509_crt_set_dn(crt, dn, NULL), 0);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	gnutls_x509_crt_set_activation_time(crt, 1600000000);
	gnutls_x509_crt_set_expiration_time(crt, 2000000000);
	gnutls_x509_crt_set_ca_status(crt, 1);
	gnutls_x509_crt_set_key(crt, key->key);
	return crt;
}

/*
 * A certificate of this name and key, issued by issuer_dn (NULL: itself) with
 * issuer_key, that says to be issued by the key with KEY_ID.
 */
RS_UNUSED static struct rs_cert *
issue(const char *dn, const struct key *key, const char *issuer_dn, const struct key *issuer_key)
{
	gnutls_x509_crt_t crt = begin(dn, key);
	gnutls_x509_crt_t issuer = begin(issuer_dn ? issuer_dn : dn, issuer_key);
	RS_AUTOFREE unsigned char *id = NULL;
	gnutls_datum_t der = { 0 };
	struct rs_cert *cert;
	size_t len;

	assert_true(rs_unhex(KEY_ID, &id, &len));
	assert_int_equal(gnutls_x509_crt_set_authority_key_id(crt, id, len), 0);
	assert_int_equal(gnutls_x509_crt_sign2(crt, issuer, issuer_key->key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
	cert = rs_cert_new(der.data, der.size);
	assert_true(cert->parsed);
	assert_string_equal(cert->aki, KEY_ID);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_crt_deinit(issuer);
	return cert;
}

/* A system's store, and two users'. */
struct scene {
	struct folder *folder;
	struct rs_scan scan;
	struct rs_store *os, *alice, *bob;
	struct rs_wanted wanted;
	struct rs_policy *policy;
};

RS_UNUSED static int
setup(void **state)
{
	struct scene *s = rs_alloc(sizeof(*s));
	void *folder;

	if (folder_setup(&folder) != 0)
		return 1;
	s->folder = folder;
	s->scan.public_known = true;
	rs_array_init(&s->scan.stores, rs_store_free);
	rs_array_init(&s->wanted.entries, free);
	rs_array_init(&s->wanted.certificates, free);
	s->os = rs_array_add(&s->scan.stores,
			     rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, BUNDLE));
	s->alice = rs_array_add(&s->scan.stores, rs_store_new(RS_KIND_NSS, "alice", "/home/alice/x"));
	s->bob = rs_array_add(&s->scan.stores, rs_store_new(RS_KIND_NSS, "bob", "/home/bob/x"));
	*state = s;
	return 0;
}

RS_UNUSED static int
teardown(void **state)
{
	struct scene *s = *state;
	void *folder = s->folder;

	rs_array_free(&s->scan.stores);
	rs_array_free(&s->wanted.entries);
	rs_array_free(&s->wanted.certificates);
	rs_policy_free(s->policy);
	free(s);
	return folder_teardown(&folder);
}

/* Takes cert. */
RS_UNUSED static struct rs_anchor *
add(struct rs_store *store, struct rs_cert *cert)
{
	return rs_array_add(&store->anchors, rs_anchor_new(cert));
}

RS_UNUSED static struct rs_origin *
add_origin(struct rs_anchor *anchor, enum rs_how how)
{
	return rs_array_add(&anchor->origins, rs_origin_new(LOCAL, "certificate 1", how));
}

/* A self-signed root that says the name's own text for CN, O and C. */
RS_UNUSED static struct rs_cert *
named(const char *cn, const char *o, const char *c)
{
	RS_AUTOBUF struct rs_buf name = { 0 };
	RS_AUTOBUF struct rs_buf der = { 0 };

	if (cn != NULL)
		make_rdn(&name, 3, 0x0c, cn, strlen(cn));
	if (o != NULL)
		make_rdn(&name, 10, 0x0c, o, strlen(o));
	if (c != NULL)
		make_rdn(&name, 6, 0x13, c, strlen(c));
	make_cert(&der, &(struct make_spec){ .subject = name.data, .subject_len = name.len });
	return rs_cert_new(der.data, der.len);
}

RS_UNUSED static void
load_text(struct scene *s, const char *text)
{
	rs_policy_free(s->policy);
	s->policy = folder_load_text(s->folder, text);
	assert_non_null(s->policy);
}

/* An entry "bad" that quarantines, with these ways to match. */
RS_UNUSED static void
load(struct scene *s, const char *match)
{
	RS_AUTOFREE char *text = rs_printf(HEAD "<root id=\"bad\" category=\"state\" "
	    "evidence=\"intercepted\" action=\"quarantine\"><name>Bad</name><match>%s</match>"
	    "</root>" TAIL, match);

	load_text(s, text);
}

#define ATTRIBUTE(type, match) "<attribute type=\"" type "\" match=\"" match "\"/>"
#define SUBJECT(acts) "<subject acts=\"" acts "\">" ATTRIBUTE("CN", "^Bad Network( CA)?$") \
	ATTRIBUTE("C", "^KZ$") "</subject>"

/* The listed root's key by digest, and what it issued. */
RS_UNUSED static void
load_issuer(struct scene *s)
{
	struct rs_cert *root = issue("CN=Root", &bad_key, NULL, &bad_key);
	RS_AUTOFREE char *match = rs_printf("<spki sha256=\"%s\"/><issuer key-id=\"" KEY_ID "\"/>",
					    root->spki_sha256);

	rs_cert_free(root);
	load(s, match);
}

/*
 * Matches, and says each: "owner title match action: reason up to a colon or
 * comma", "unknown", "allowed".
 */
RS_UNUSED static void
expect(struct scene *s, const char *want)
{
	RS_AUTOBUF struct rs_buf got = { 0 };
	struct rs_matches matches;
	const struct {
		const struct rs_array *list;
		const char *name;
	} lists[] = {
		{ &matches.findings, NULL }, { &matches.unknown, "unknown" },
		{ &matches.allowed, "allowed" },
	};

	rs_match(&matches, &s->scan, s->policy, &s->wanted);
	rs_buf_puts(&got, "");
	for (size_t i = 0; i < RS_COUNT(lists); i++)
		for (size_t k = 0; k < lists[i].list->n; k++) {
			const struct rs_finding *f = lists[i].list->v[k];
			RS_AUTOFREE char *title = rs_cert_title(f->anchor->cert);

			rs_buf_printf(&got, "%s %s", f->store->owner, title);
			if (lists[i].name != NULL)
				rs_buf_printf(&got, " %s\n", lists[i].name);
			else
				rs_buf_printf(&got, " %s %s%s%.*s\n", rs_match_name(f->how),
					      rs_action_name(f->action), f->reason ? ": " : "",
					      f->reason ? (int)strcspn(f->reason, ",:") : 0,
					      f->reason ? f->reason : "");
		}
	rs_matches_free(&matches);
	assert_string_equal(got.data, want);
}

#define NAME_TEST(name, function) { name, function, setup, teardown, NULL }

#endif
