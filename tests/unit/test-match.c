/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identity.h"
#include "match.h"
#include "nss-fixture.h"
#include "policy-fixture.h"

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#define DATABASE "/home/u/.pki/nssdb/cert9.db"

/* An operating system's store and a database, with certificates of these. */
struct scene {
	struct folder *folder;
	struct nss_cert a, twin, b;	/* twin: A's issuer and serial, another key */
	struct rs_scan scan;
	struct rs_store *os, *nss;
	struct rs_wanted wanted;
	struct rs_matches matches;
	struct rs_policy *policy;
};

static int
setup(void **state)
{
	struct scene *s = rs_alloc(sizeof(*s));
	void *folder;

	if (folder_setup(&folder) != 0)
		return 1;
	s->folder = folder;
	nss_cert_make(&s->a, "A", 1, 1);
	nss_cert_make(&s->twin, "A", 1, 2);
	nss_cert_make(&s->b, "B", 2, 3);
	rs_array_init(&s->scan.stores, rs_store_free);
	rs_array_init(&s->wanted.entries, free);
	rs_array_init(&s->wanted.certificates, free);
	s->os = rs_array_add(&s->scan.stores,
			     rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, BUNDLE));
	s->nss = rs_array_add(&s->scan.stores, rs_store_new(RS_KIND_NSS, "u", DATABASE));
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;
	void *folder = s->folder;

	rs_array_free(&s->scan.stores);
	rs_array_free(&s->wanted.entries);
	rs_array_free(&s->wanted.certificates);
	rs_policy_free(s->policy);
	nss_cert_free(&s->a);
	nss_cert_free(&s->twin);
	nss_cert_free(&s->b);
	free(s);
	return folder_teardown(&folder);
}

static struct rs_anchor *
add(struct rs_store *store, const struct nss_cert *cert)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(cert->cert));

	return rs_array_add(&store->anchors, anchor);
}

/* Trust that lost its certificate: what of it is known. */
enum known { KNOW_SHA1 = 1, KNOW_SHA256 = 2, KNOW_SERIAL = 4 };

static struct rs_anchor *
add_trust(struct rs_store *store, const struct nss_cert *cert, unsigned known)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_alloc(sizeof(struct rs_cert)));

	anchor->trust_only = true;
	anchor->cert->sha1 = rs_strdup(known & KNOW_SHA1 ? cert->cert->sha1 : NULL);
	anchor->cert->sha256 = rs_strdup(known & KNOW_SHA256 ? cert->cert->sha256 : NULL);
	anchor->cert->issuer_der = rs_strdup(known & KNOW_SERIAL ? cert->cert->issuer_der : NULL);
	anchor->cert->serial = rs_strdup(known & KNOW_SERIAL ? cert->cert->serial : NULL);
	return rs_array_add(&store->anchors, anchor);
}

/* Entries "<ID>" with these ways to match, and what stands behind them. */
static void
load(struct scene *s, const char *action, const char *match, const char *more)
{
	RS_AUTOFREE char *text = rs_printf(HEAD "<root id=\"bad\" category=\"state\" "
	    "evidence=\"intercepted\" action=\"%s\"><name>Bad</name><match>%s</match></root>%s" TAIL,
	    action, match, more);

	rs_policy_free(s->policy);
	s->policy = folder_load_text(s->folder, text);
	assert_non_null(s->policy);
}

static void
load_a(struct scene *s, const char *action, const char *more)
{
	RS_AUTOFREE char *match = rs_printf("<spki sha256=\"%s\"/><certificate sha256=\"%s\" "
	    "sha1=\"%s\"/><issuer-serial issuer=\"%s\" serial=\"%s\"/>", s->a.cert->spki_sha256,
	    s->a.cert->sha256, s->a.cert->sha1, s->a.cert->issuer_der, s->a.cert->serial);

	load(s, action, match, more);
}

/* Matches, and says each: "kind object entry match action result", and unknown ones. */
static void
expect(struct scene *s, const char *want)
{
	RS_AUTOBUF struct rs_buf got = { 0 };

	rs_match(&s->matches, &s->scan, s->policy, &s->wanted);
	rs_buf_puts(&got, "");
	for (size_t i = 0; i < s->matches.findings.n; i++) {
		const struct rs_finding *f = s->matches.findings.v[i];

		rs_buf_printf(&got, "%s %s %s %s %s%s%s\n", f->store->kind,
			      f->anchor->trust_only ? "trust" : "certificate", rs_finding_entry(f),
			      rs_match_name(f->how), rs_action_name(f->action),
			      f->result ? " " : "", f->result ? rs_result_name(f->result) : "");
	}
	for (size_t i = 0; i < s->matches.unknown.n; i++) {
		const struct rs_finding *f = s->matches.unknown.v[i];

		rs_buf_printf(&got, "%s unknown %s\n", f->store->kind, f->anchor->cert->subject ?
			      f->anchor->cert->subject : "trust");
	}
	rs_matches_free(&s->matches);
	assert_string_equal(got.data, want);
}

static void
test_nothing(void **state)
{
	struct scene *s = *state;

	load_a(s, "quarantine", "");
	expect(s, "");
	assert_int_equal(s->os->state, RS_STORE_NO_FINDINGS);
	add(s->os, &s->b)->is_public = true;
	expect(s, "");
	assert_int_equal(s->os->state, RS_STORE_NO_FINDINGS);
}

static void
test_ways(void **state)
{
	struct scene *s = *state;
	const struct rs_cert *a = s->a.cert;
	RS_AUTOFREE char *sha256 = rs_printf("<certificate sha256=\"%s\"/>", a->sha256);
	RS_AUTOFREE char *sha1 = rs_printf("<certificate sha1=\"%s\"/>", a->sha1);
	RS_AUTOFREE char *spki = rs_printf("<spki sha256=\"%s\"/>", a->spki_sha256);
	RS_AUTOFREE char *serial = rs_printf("<issuer-serial issuer=\"%s\" serial=\"%s\"/>",
					     a->issuer_der, a->serial);

	add(s->os, &s->a);
	add(s->os, &s->b);
	load(s, "quarantine", sha256, "");
	expect(s, "p11-kit certificate bad certificate quarantine\np11-kit unknown CN=B\n");
	load(s, "quarantine", sha1, "");
	expect(s, "p11-kit certificate bad sha1 quarantine\np11-kit unknown CN=B\n");
	load(s, "report", spki, "");
	expect(s, "p11-kit certificate bad spki report\np11-kit unknown CN=B\n");
	load(s, "quarantine", serial, "");
	expect(s, "p11-kit certificate bad issuer_serial quarantine\np11-kit unknown CN=B\n");
	assert_int_equal(s->os->state, RS_STORE_FINDINGS);
	assert_int_equal(s->nss->state, RS_STORE_NO_FINDINGS);
}

/* A store that could not be read whole keeps saying so. */
static void
test_state_kept(void **state)
{
	struct scene *s = *state;

	add(s->os, &s->a);
	rs_store_fail(s->os, RS_STORE_ERROR, "half of it");
	load_a(s, "quarantine", "");
	expect(s, "p11-kit certificate bad certificate quarantine\n");
	assert_int_equal(s->os->state, RS_STORE_ERROR);
}

/* Anybody can choose an issuer and a serial: the honest one stays. */
static void
test_twin(void **state)
{
	struct scene *s = *state;

	assert_string_equal(s->a.cert->issuer_der, s->twin.cert->issuer_der);
	assert_string_equal(s->a.cert->serial, s->twin.cert->serial);
	add(s->os, &s->twin)->is_public = true;
	add(s->nss, &s->a);
	add_trust(s->nss, &s->twin, KNOW_SHA1 | KNOW_SERIAL)->is_public = true;
	load_a(s, "quarantine", "");
	expect(s, "nss certificate bad certificate quarantine\n");
}

static void
test_lone_trust(void **state)
{
	struct scene *s = *state;

	load_a(s, "quarantine", "");
	add_trust(s->nss, &s->a, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->a, KNOW_SHA256);
	add_trust(s->nss, &s->a, KNOW_SERIAL);
	add_trust(s->nss, &s->b, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->b, 0);
	expect(s, "nss trust bad sha1 quarantine\nnss trust bad certificate quarantine\n"
	       "nss trust bad issuer_serial quarantine\nnss unknown trust\nnss unknown trust\n");
}

/* An entry knows only the key: the certificate, seen elsewhere, names the rest. */
static void
test_learnt(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *spki = rs_printf("<spki sha256=\"%s\"/>", s->a.cert->spki_sha256);

	load(s, "quarantine", spki, "");
	add_trust(s->nss, &s->a, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->a, KNOW_SERIAL);
	add_trust(s->nss, &s->twin, KNOW_SHA1 | KNOW_SERIAL);
	expect(s, "nss unknown trust\nnss unknown trust\nnss unknown trust\n");
	add(s->os, &s->a);
	expect(s, "p11-kit certificate bad spki quarantine\nnss trust bad sha1 quarantine\n"
	       "nss trust bad issuer_serial quarantine\nnss unknown trust\n");
}

/* Lone trust teaches nothing: only a certificate tells what belongs together. */
static void
test_learnt_from_trust(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *sha1 = rs_printf("<certificate sha1=\"%s\"/>", s->a.cert->sha1);

	load(s, "quarantine", sha1, "");
	add_trust(s->nss, &s->a, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->twin, KNOW_SERIAL);
	expect(s, "nss trust bad sha1 quarantine\nnss unknown trust\n");
}

static void
test_public(void **state)
{
	struct scene *s = *state;

	add(s->os, &s->a)->is_public = true;
	load_a(s, "quarantine", "");
	expect(s, "p11-kit certificate bad certificate report\n");
	rs_array_add_str(&s->wanted.entries, "bad");
	s->wanted.force = true;
	expect(s, "p11-kit certificate bad certificate report\n");
	rs_array_add_str(&s->wanted.certificates, s->a.cert->sha256);
	expect(s, "p11-kit certificate bad certificate quarantine\n");
	s->wanted.force = false;
	expect(s, "p11-kit certificate bad certificate report refused\n");
}

/* Trust that is left of a public root is a public root's. */
static void
test_public_trust(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *sha1 = rs_printf("<certificate sha1=\"%s\"/>", s->a.cert->sha1);

	load(s, "quarantine", sha1, "");
	add_trust(s->nss, &s->a, KNOW_SHA1 | KNOW_SERIAL)->is_public = true;
	expect(s, "nss trust bad sha1 report\n");
	rs_array_add_str(&s->wanted.entries, "bad");
	s->wanted.force = true;
	expect(s, "nss trust bad sha1 report\n");
	rs_array_add_str(&s->wanted.certificates, s->a.cert->sha1);
	expect(s, "nss trust bad sha1 quarantine\n");
	s->wanted.force = false;
	expect(s, "nss trust bad sha1 report refused\n");
}

/* It is passed over in silence where a digest says so, not by issuer and serial. */
static void
test_public_trust_unknown(void **state)
{
	struct scene *s = *state;

	load(s, "quarantine", "<spki sha256=\"" DIGEST "\"/>", "");
	add_trust(s->nss, &s->a, KNOW_SHA1 | KNOW_SERIAL)->is_public = true;
	add_trust(s->nss, &s->a, KNOW_SHA256)->is_public = true;
	expect(s, "");
	add_trust(s->nss, &s->a, KNOW_SERIAL)->is_public = true;
	expect(s, "nss unknown trust\n");
}

/* Found by its key alone: what the certificate is, its trust is. */
static void
test_public_learnt(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *spki = rs_printf("<spki sha256=\"%s\"/>", s->a.cert->spki_sha256);

	load(s, "quarantine", spki, "");
	add(s->os, &s->a)->is_public = true;
	add_trust(s->nss, &s->a, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->a, KNOW_SERIAL);
	expect(s, "p11-kit certificate bad spki report\nnss trust bad sha1 report\n"
	       "nss trust bad issuer_serial report\n");
	/* And so where it is asked for. */
	rs_array_add_str(&s->wanted.certificates, s->a.cert->sha256);
	expect(s, "p11-kit certificate bad spki report refused\nnss trust bad sha1 report refused\n"
	       "nss trust bad issuer_serial report refused\n");
}

static void
test_entry(void **state)
{
	struct scene *s = *state;

	add(s->os, &s->a);
	load_a(s, "report", "");
	expect(s, "p11-kit certificate bad certificate report\n");
	rs_array_add_str(&s->wanted.entries, "bad");
	expect(s, "p11-kit certificate bad certificate quarantine\n");
	load_a(s, "quarantine", "");
	expect(s, "p11-kit certificate bad certificate quarantine\n");
	/* Of several entries only those that are asked for. */
	free(s->wanted.entries.v[0]);
	s->wanted.entries.v[0] = rs_strdup("other");
	expect(s, "p11-kit certificate bad certificate report\n");
}

static void
test_certificate(void **state)
{
	struct scene *s = *state;

	load_a(s, "quarantine", "");
	add(s->os, &s->a);
	add(s->os, &s->b);
	add_trust(s->nss, &s->b, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->b, KNOW_SERIAL);
	rs_array_add_str(&s->wanted.certificates, s->b.cert->sha256);
	expect(s, "p11-kit certificate bad certificate report\n"
	       "p11-kit certificate certificate certificate quarantine\n"
	       "nss trust certificate sha1 quarantine\nnss trust certificate issuer_serial quarantine\n");
	/* A digest of nothing here. */
	free(s->wanted.certificates.v[0]);
	s->wanted.certificates.v[0] = rs_strdup(s->twin.cert->sha256);
	expect(s, "p11-kit certificate bad certificate report\np11-kit unknown CN=B\n"
	       "nss unknown trust\nnss unknown trust\n");
}

/* All that a file's certificate is known by, though the store has no more than trust. */
static void
test_certificate_names(void **state)
{
	struct scene *s = *state;

	load(s, "quarantine", "<spki sha256=\"" DIGEST "\"/>", "");
	add_trust(s->nss, &s->b, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->b, KNOW_SERIAL);
	add_trust(s->nss, &s->b, KNOW_SHA256);
	add_trust(s->nss, &s->twin, KNOW_SERIAL);
	rs_identity_names(&s->wanted.certificates, s->b.cert);
	expect(s, "nss trust certificate sha1 quarantine\n"
	       "nss trust certificate issuer_serial quarantine\n"
	       "nss trust certificate certificate quarantine\nnss unknown trust\n");
	/* By SHA-1 alone: the certificate too, and what it teaches. */
	rs_array_free(&s->wanted.certificates);
	rs_array_init(&s->wanted.certificates, free);
	rs_array_add_str(&s->wanted.certificates, s->b.cert->sha1);
	expect(s, "nss trust certificate sha1 quarantine\nnss unknown trust\n"
	       "nss unknown trust\nnss unknown trust\n");
	add(s->os, &s->b);
	expect(s, "p11-kit certificate certificate sha1 quarantine\n"
	       "nss trust certificate sha1 quarantine\n"
	       "nss trust certificate issuer_serial quarantine\n"
	       "nss trust certificate certificate quarantine\nnss unknown trust\n");
}

static void
test_ignored(void **state)
{
	struct scene *s = *state;

	add(s->os, &s->a);
	load_a(s, "ignore", "");
	expect(s, "");
	rs_array_add_str(&s->wanted.entries, "bad");
	expect(s, "p11-kit certificate bad certificate quarantine\n");
}

static void
test_allowed(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *by_key = rs_printf("<allow spki=\"%s\" store=\"nss\" reason=\"ours\"/>",
					     s->b.cert->spki_sha256);

	add(s->os, &s->a);
	add(s->nss, &s->b);
	add(s->os, &s->b);
	load_a(s, "quarantine", "<allow entry=\"bad\" reason=\"our proxy\"/>");
	expect(s, "p11-kit certificate bad certificate report\np11-kit unknown CN=B\n"
	       "nss unknown CN=B\n");
	load_a(s, "quarantine", by_key);
	expect(s, "p11-kit certificate bad certificate quarantine\np11-kit unknown CN=B\n");
	/* Who names it takes it. */
	load_a(s, "quarantine", "<allow entry=\"bad\" reason=\"our proxy\"/>");
	rs_array_add_str(&s->wanted.certificates, s->a.cert->sha256);
	expect(s, "p11-kit certificate bad certificate quarantine\np11-kit unknown CN=B\n"
	       "nss unknown CN=B\n");
}

static struct rs_store *
add_copy(struct scene *s, const char *kind, const struct nss_cert *cert)
{
	struct rs_store *store =
	    rs_array_add(&s->scan.stores, rs_store_new(kind, RS_OWNER_SYSTEM, "/copy"));

	rs_array_add(&add(store, cert)->origins, rs_origin_new("/copy", "a", RS_HOW_DERIVED));
	return store;
}

/* What the system makes of its store goes with that, whatever an <allow> says of it. */
static void
test_allowed_copies(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *b = rs_printf("<allow sha256=\"%s\" store=\"p11-kit\"/>",
					s->b.cert->sha256);
	struct rs_anchor *origin = add(s->os, &s->a);

	rs_array_add(&origin->origins, rs_origin_new("/local/a", "a", RS_HOW_FILE));
	rs_array_add(&add(s->os, &s->b)->origins, rs_origin_new("/local/b", "b", RS_HOW_FILE));
	add_copy(s, RS_KIND_JAVA, &s->a);
	add_copy(s, RS_KIND_OPENSSL_DIR, &s->b);
	load_a(s, "quarantine", "<allow entry=\"bad\" store=\"p11-kit\"/>");
	expect(s, "p11-kit certificate bad certificate report\n"
	       "java certificate bad certificate report\np11-kit unknown CN=B\n"
	       "openssl-dir unknown CN=B\n");
	load_a(s, "quarantine", "<allow entry=\"bad\" store=\"java\"/>");
	expect(s, "p11-kit certificate bad certificate quarantine\n"
	       "java certificate bad certificate quarantine\np11-kit unknown CN=B\n"
	       "openssl-dir unknown CN=B\n");
	load_a(s, "report", b);
	expect(s, "p11-kit certificate bad certificate report\n"
	       "java certificate bad certificate report\n");
	/* A copy without a source is a store like any other. */
	((struct rs_origin *)origin->origins.v[0])->how = RS_HOW_DERIVED;
	load_a(s, "quarantine", "<allow entry=\"bad\" store=\"java\"/>");
	expect(s, "p11-kit certificate bad certificate quarantine\n"
	       "java certificate bad certificate report\np11-kit unknown CN=B\n"
	       "openssl-dir unknown CN=B\n");
}

/* The system's store has the certificate: what it is called elsewhere is known. */
static void
test_allowed_trust(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *spki = rs_printf("<allow spki=\"%s\"/>", s->b.cert->spki_sha256);

	add_trust(s->nss, &s->b, KNOW_SHA1 | KNOW_SERIAL);
	add_trust(s->nss, &s->b, KNOW_SERIAL);
	load_a(s, "quarantine", spki);
	expect(s, "nss unknown trust\nnss unknown trust\n");
	add(s->os, &s->b);
	expect(s, "");
	/* Another user's word is not enough. */
	s->os->owner[0] = 'S';
	expect(s, "nss unknown trust\nnss unknown trust\n");
}

static void
test_allowed_until(void **state)
{
	struct scene *s = *state;

	add(s->os, &s->a);
	load_a(s, "quarantine", "<allow entry=\"bad\" until=\"2027-01-31\" reason=\"x\"/>");
	setenv("ROOTSWEEP_TIME", "1801439999", 1);
	expect(s, "p11-kit certificate bad certificate report\n");
	setenv("ROOTSWEEP_TIME", "1801440001", 1);
	expect(s, "p11-kit certificate bad certificate quarantine\n");
	unsetenv("ROOTSWEEP_TIME");
}

#define MATCH_TEST(name, function) { name, function, setup, teardown, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MATCH_TEST("/match/nothing", test_nothing),
		MATCH_TEST("/match/ways", test_ways),
		MATCH_TEST("/match/state-kept", test_state_kept),
		MATCH_TEST("/match/twin", test_twin),
		MATCH_TEST("/match/lone-trust", test_lone_trust),
		MATCH_TEST("/match/learnt", test_learnt),
		MATCH_TEST("/match/learnt-from-trust", test_learnt_from_trust),
		MATCH_TEST("/match/public", test_public),
		MATCH_TEST("/match/public-trust", test_public_trust),
		MATCH_TEST("/match/public-trust-unknown", test_public_trust_unknown),
		MATCH_TEST("/match/public-learnt", test_public_learnt),
		MATCH_TEST("/match/entry", test_entry),
		MATCH_TEST("/match/certificate", test_certificate),
		MATCH_TEST("/match/certificate-names", test_certificate_names),
		MATCH_TEST("/match/ignored", test_ignored),
		MATCH_TEST("/match/allowed", test_allowed),
		MATCH_TEST("/match/allowed-copies", test_allowed_copies),
		MATCH_TEST("/match/allowed-trust", test_allowed_trust),
		MATCH_TEST("/match/allowed-until", test_allowed_until),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
