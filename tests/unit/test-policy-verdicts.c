/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the shipped policy makes of roots that it was not written for: public
 * ones, companies' own, and the next ones of an operator that it knows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "match.h"
#include "pem.h"
#include "token.h"

#define ISCA "Information Security Certification Authority"

/* The policy, and a key for roots that are made here. */
struct made {
	struct rs_policy *policy;
	gnutls_x509_privkey_t key;
};

static void
complain(RS_UNUSED void *data, const char *where, const char *text)
{
	fprintf(stderr, "%s: %s\n", where, text);
}

static int
setup(void **state)
{
	const char *dir = getenv("ROOTSWEEP_POLICY_DIR");
	RS_AUTOFREE char *path = rs_printf("%s/interception-roots.xml", dir ? dir : "policy");
	const struct rs_policy_place place = { .file = path };
	struct made *made = rs_alloc(sizeof(*made));

	*state = made;
	made->policy = rs_policy_load(&place, 1, false, complain, NULL);
	return made->policy == NULL || gnutls_x509_privkey_init(&made->key) < 0 ||
	       gnutls_x509_privkey_generate(made->key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) < 0;
}

static int
teardown(void **state)
{
	struct made *made = *state;

	rs_policy_free(made->policy);
	gnutls_x509_privkey_deinit(made->key);
	free(made);
	return 0;
}

/* All but key and signature; no two serial numbers are the same. */
static gnutls_x509_crt_t
begin_root(const char *dn)
{
	static unsigned char serial[] = { 1, 0, 0 };
	gnutls_x509_crt_t crt;
	const char *error;

	serial[1] = (unsigned char)(serial[1] + (++serial[2] == 0));
	assert_return_code(gnutls_x509_crt_init(&crt), 0);
	assert_return_code(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_return_code(gnutls_x509_crt_set_dn(crt, dn, &error), 0);
	assert_return_code(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)), 0);
	assert_return_code(gnutls_x509_crt_set_activation_time(crt, 1577836800), 0);
	assert_return_code(gnutls_x509_crt_set_expiration_time(crt, 2524608000), 0);
	assert_return_code(gnutls_x509_crt_set_basic_constraints(crt, 1, -1), 0);
	return crt;
}

static struct rs_cert *
end_root(gnutls_x509_crt_t crt)
{
	struct rs_cert *cert;
	gnutls_datum_t der;

	assert_return_code(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
	cert = rs_cert_new(der.data, der.size);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(crt);
	return cert;
}

/* A root of this name, "CN=...,O=...". */
static struct rs_cert *
make_root(const struct made *made, const char *dn)
{
	gnutls_x509_crt_t crt = begin_root(dn);

	assert_return_code(gnutls_x509_crt_set_key(crt, made->key), 0);
	assert_return_code(gnutls_x509_crt_sign2(crt, crt, made->key, GNUTLS_DIG_SHA256, 0), 0);
	return end_root(crt);
}

/* One store, as if somebody had added all of these to it by hand. */
struct scene {
	struct rs_scan scan;
	struct rs_store *store;
	struct rs_wanted wanted;
	struct rs_matches matches;
};

static void
scene_make(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->scan.public_known = true;
	rs_array_init(&scene->scan.stores, rs_store_free);
	rs_array_init(&scene->wanted.entries, free);
	rs_array_init(&scene->wanted.certificates, free);
	scene->store = rs_array_add(&scene->scan.stores, rs_store_new(RS_KIND_P11KIT,
				    RS_OWNER_SYSTEM, "/etc/ssl/certs/ca-certificates.crt"));
}

static struct rs_anchor *
scene_add(struct scene *scene, struct rs_cert *cert)
{
	return rs_array_add(&scene->store->anchors, rs_anchor_new(cert));
}

/* Matches and forgets; "ENTRY ACTION MATCH" a line of what was found. */
static char *
scene_match(struct scene *scene, const struct made *made)
{
	struct rs_buf said = { 0 };

	rs_match(&scene->matches, &scene->scan, made->policy, &scene->wanted);
	rs_buf_puts(&said, "");
	for (size_t i = 0; i < scene->matches.findings.n; i++) {
		const struct rs_finding *finding = scene->matches.findings.v[i];

		rs_buf_printf(&said, "%s %s %s\n", rs_finding_entry(finding),
			      rs_action_name(finding->action), rs_match_name(finding->how));
	}
	for (size_t i = 0; i < scene->matches.unknown.n; i++)
		rs_buf_puts(&said, "unknown\n");
	rs_matches_free(&scene->matches);
	rs_array_free(&scene->scan.stores);
	return rs_buf_steal(&said);
}

/* --- public roots ----------------------------------------------------------- */

static struct scene *public_scene;	/* nftw has no room for more */

static int
add_file(const char *path, RS_UNUSED const struct stat *st, int type, RS_UNUSED struct FTW *ftw)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct rs_array found;

	if (type != FTW_F || !rs_ends(path, ".crt"))
		return 0;
	assert_int_equal(rs_read_file(path, 1 << 20, &text), 0);
	rs_pem_find(text.data, text.len, &found, NULL);
	for (size_t i = 0; i < found.n; i++) {
		const struct rs_pem_block *block = found.v[i];

		scene_add(public_scene, rs_cert_new(block->der, block->der_len));
	}
	rs_array_free(&found);
	return 0;
}

static void
add_module(struct scene *scene)
{
	RS_AUTOFREE char *why = NULL;
	struct rs_array certs;

	rs_array_init(&certs, NULL);
	assert_true(rs_token_public(&certs, &why));
	for (size_t i = 0; i < certs.n; i++)
		scene_add(scene, certs.v[i]);
	rs_array_free(&certs);
}

/* Of the distribution's package and of Mozilla's module, taken for strangers. */
static void
test_public(void **state)
{
	RS_AUTOFREE char *said = NULL;
	struct scene scene;
	size_t n;

	scene_make(&scene);
	public_scene = &scene;
	nftw("/usr/share/ca-certificates", add_file, 8, FTW_PHYS);
	add_module(&scene);
	n = scene.store->anchors.n;
	said = scene_match(&scene, *state);
	print_message("%zu public roots\n", n);
	assert_true(n > 100);
	assert_null(strstr(said, " quarantine "));
}

/* --- companies' own roots --------------------------------------------------- */

/* Every combination: ten words four times over are 1,000 names and more. */
static void
test_companies(void **state)
{
	static const char *const countries[] = { "C=KZ", "C=RU", "C=DE", "C=US" };
	static const char *const organisations[] = {
		"O=ISCA Bank", "O=ISCA,OU=ISCA", "O=Qaznet", "O=Example Holding", "O=HT srl",
		"O=Cisco", "O=Sophos Plc", "O=Kazakhtelecom",
	};
	static const char *const names[] = {
		"Root CA", "Issuing CA 1", "SSL Inspection", "Security Certificate Authority",
		"Information Security", "Certification Authority", "My Authority", ISCA " G2",
		"Qaznet Trust Network 2", "Trust Network", "Superfish", "PortSwigger", "127.0.0.1",
		"DigiNotar", "Sample CA", "Internal TLS Proxy", "eDellRoot 2", "RCS", "Aastra CA",
		"localhost", "mitmproxy", "Test SubCA", "CA", "Micros", "Qustodio CA (school)",
		"Adguard", "GoAgent CA 2", "Kurupira", "Barak", "ROOT CA", "Corporate Proxy",
		"TLS Decryption",
	};
	RS_AUTOFREE char *said = NULL;
	struct scene scene;
	size_t n;

	scene_make(&scene);
	for (size_t c = 0; c < RS_COUNT(countries); c++)
		for (size_t o = 0; o < RS_COUNT(organisations); o++)
			for (size_t i = 0; i < RS_COUNT(names); i++) {
				RS_AUTOFREE char *dn = rs_printf("CN=%s,%s,%s", names[i],
								 organisations[o], countries[c]);

				scene_add(&scene, make_root(*state, dn));
			}
	n = scene.store->anchors.n;
	said = scene_match(&scene, *state);
	print_message("%zu roots of companies\n", n);
	assert_true(n >= 1000);
	assert_null(strstr(said, " quarantine "));
}

/* --- the next ones ---------------------------------------------------------- */

static void
expect(const struct made *made, struct rs_cert *cert, bool is_public, bool package_owned,
       const char *want)
{
	RS_AUTOFREE char *said = NULL;
	struct rs_anchor *anchor;
	struct scene scene;

	scene_make(&scene);
	anchor = scene_add(&scene, cert);
	anchor->is_public = is_public;
	anchor->package_owned = package_owned;
	said = scene_match(&scene, made);
	assert_string_equal(said, want);
}

/* A listed name with another key acts only on what was added by hand. */
static void
test_names(void **state)
{
	static const struct {
		const char *dn, *want;
	} rows[] = {
		{ "CN=" ISCA ",O=ISCA,C=KZ", "kz-isca-pattern quarantine subject\n" },
		{ "C=KZ,O=ISCA,CN=" ISCA " CA", "kz-isca-pattern quarantine subject\n" },
		{ "CN=" ISCA ",O=ISCA,L=Astana,ST=Astana,C=KZ",
		  "kz-isca-pattern quarantine subject\n" },
		{ "CN=Qaznet Trust Network,C=KZ", "kz-qaznet-pattern quarantine subject\n" },
		{ "CN=Security Certificate,C=KZ", "kz-qaznet-intermediate report subject\n" },
		{ "CN=PrivDog Secure Connection Inspector CA,C=EN",
		  "adware-privdog-pattern report subject\n" },
		{ "CN=Netskope,O=x", "unknown\n" },
		{ "CN=ca.caadmin.netskope.com,O=netSkope Inc", "proxy-netskope report subject\n" },
		{ "CN=" ISCA ",O=ISCA,C=US", "unknown\n" },
		{ "CN=" ISCA ",C=KZ", "unknown\n" },
		{ "CN=ISCA,O=" ISCA ",C=KZ", "unknown\n" },
		{ "CN=qaznet trust network,C=KZ", "unknown\n" },
		{ "CN=Qaznet Trust Network", "unknown\n" },
	};
	const struct made *made = *state;

	for (size_t i = 0; i < RS_COUNT(rows); i++)
		expect(made, make_root(made, rows[i].dn), false, false, rows[i].want);
	for (int kind = 0; kind < 2; kind++)
		expect(made, make_root(made, "CN=" ISCA ",O=ISCA,C=KZ"), kind == 0,
		       kind == 1, "kz-isca-pattern report subject\n");
}

static gnutls_x509_crt_t
read_real(const char *folder, const char *name)
{
	RS_AUTOFREE char *path = rs_printf("%s/%s", folder, name);
	RS_AUTOBUF struct rs_buf text = { 0 };
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	assert_int_equal(rs_read_file(path, 1 << 20, &text), 0);
	pem.data = (unsigned char *)text.data;
	pem.size = (unsigned)text.len;
	assert_return_code(gnutls_x509_crt_init(&crt), 0);
	assert_return_code(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), 0);
	return crt;
}

/* A listed key in another certificate, which a stranger vouches for. */
static void
test_reissued(void **state)
{
	const char *folder = getenv("ROOTSWEEP_REAL_CERTS");
	gnutls_x509_crt_t real, crt, stranger;
	const struct made *made = *state;
	gnutls_pubkey_t key;

	if (folder == NULL || *folder == '\0')
		return;
	real = read_real(folder, "kz-qaznet-2016.pem");
	crt = begin_root("CN=Something Else");
	stranger = begin_root("CN=A Stranger");
	assert_return_code(gnutls_pubkey_init(&key), 0);
	assert_return_code(gnutls_pubkey_import_x509(key, real, 0), 0);
	assert_return_code(gnutls_x509_crt_set_pubkey(crt, key), 0);
	assert_return_code(gnutls_x509_crt_set_key(stranger, made->key), 0);
	assert_return_code(gnutls_x509_crt_sign2(crt, stranger, made->key, GNUTLS_DIG_SHA256, 0), 0);
	expect(made, end_root(crt), false, false, "kz-qaznet-2016 quarantine spki\n");
	gnutls_pubkey_deinit(key);
	gnutls_x509_crt_deinit(stranger);
	gnutls_x509_crt_deinit(real);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/policy/verdicts/public-roots", test_public, NULL, NULL, NULL },
		{ "/policy/verdicts/companies-roots", test_companies, NULL, NULL, NULL },
		{ "/policy/verdicts/names", test_names, NULL, NULL, NULL },
		{ "/policy/verdicts/re-issued", test_reissued, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("policy-verdicts", tests, setup, teardown);
}
