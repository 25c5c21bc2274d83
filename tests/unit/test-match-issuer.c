/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By its issuer: what a key identifier proves, and whose trust is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match-fixture.h"

/* --- by issuer -------------------------------------------------------------- */

static void
test_issuer(void **state)
{
	struct scene *s = *state;

	load_issuer(s);
	add(s->os, issue("CN=Root", &bad_key, NULL, &bad_key));
	add(s->alice, issue("CN=Sub", &own_key, "CN=Root", &bad_key));
	expect(s, "system Root spki quarantine\nalice Sub issuer quarantine\n");
}

/* A key identifier is a text that anybody can write. */
static void
test_issuer_forged(void **state)
{
	struct scene *s = *state;

	load_issuer(s);
	add(s->os, issue("CN=Sub", &own_key, "CN=Root", &other_key));
	expect(s, "system Sub issuer report: it says to be issued by that authority\n");
	add(s->bob, issue("CN=Root", &bad_key, NULL, &bad_key));
	expect(s, "system Sub issuer report: it only says to be issued by that authority\n"
	       "bob Root spki quarantine\n");
	/* Not by asking for the entry either, but by its digest. */
	rs_array_add_str(&s->wanted.entries, "bad");
	expect(s, "system Sub issuer report: it only says to be issued by that authority\n"
	       "bob Root spki quarantine\n");
	rs_array_add_str(&s->wanted.certificates,
			 ((struct rs_anchor *)s->os->anchors.v[0])->cert->sha256);
	expect(s, "system Sub issuer quarantine\nbob Root spki quarantine\n");
}

/* An impostor with the root's name proves nothing; the root renamed does. */
static void
test_issuer_key(void **state)
{
	struct scene *s = *state;

	load_issuer(s);
	add(s->os, issue("CN=Root", &other_key, NULL, &other_key));
	add(s->os, issue("CN=Sub", &own_key, "CN=Root", &other_key));
	expect(s, "system Root issuer report: it says to be issued by that authority\n"
	       "system Sub issuer report: it says to be issued by that authority\n");
	add(s->os, issue("CN=Renamed", &bad_key, "CN=Somebody", &other_key));
	add(s->alice, issue("CN=Another", &own_key, "CN=Root", &bad_key));
	expect(s, "system Root issuer report: it only says to be issued by that authority\n"
	       "system Sub issuer report: it only says to be issued by that authority\n"
	       "system Renamed spki quarantine\nalice Another issuer quarantine\n");
}

/* A user's reader may call any certificate by a listed key's digest. */
static void
test_issuer_liar(void **state)
{
	struct scene *s = *state;
	struct rs_cert *lie = issue("CN=Lie", &other_key, NULL, &other_key);

	load_issuer(s);
	free(lie->spki_sha256);
	lie->spki_sha256 = rs_strdup(((struct rs_policy_root *)s->policy->roots.v[0])->spki.v[0]);
	add(s->alice, lie);
	add(s->os, issue("CN=Company", &own_key, "CN=Lie", &other_key));
	expect(s, "system Company issuer report: it says to be issued by that authority\n"
	       "alice Lie spki quarantine\n");
}

static void
test_issuer_public(void **state)
{
	struct scene *s = *state;

	load_issuer(s);
	add(s->os, issue("CN=Root", &bad_key, NULL, &bad_key));
	add(s->os, issue("CN=Sub", &own_key, "CN=Root", &bad_key))->is_public = true;
	expect(s, "system Root spki quarantine\n"
	       "system Sub issuer report: it is in a public root programme\n");
}

/* The same key in a certificate that another issued. */
static void
test_cross_signed(void **state)
{
	struct scene *s = *state;

	load_issuer(s);
	add(s->os, issue("CN=Root", &bad_key, "CN=Honest", &other_key));
	expect(s, "system Root spki quarantine\n");
}

/* --- lone trust ------------------------------------------------------------- */

static struct rs_anchor *
add_trust(struct rs_store *store, const struct rs_cert *cert, bool digest)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_alloc(sizeof(struct rs_cert)));

	anchor->trust_only = true;
	anchor->cert->sha1 = digest ? rs_strdup(cert->sha1) : NULL;
	anchor->cert->issuer = rs_strdup(cert->issuer);
	anchor->cert->issuer_der = rs_strdup(cert->issuer_der);
	anchor->cert->serial = rs_strdup(cert->serial);
	return rs_array_add(&store->anchors, anchor);
}

static void
test_lone_trust(void **state)
{
	struct scene *s = *state;
	struct rs_cert *cert = named("Bad Network", NULL, "KZ");

	load(s, SUBJECT("yes"));
	add_trust(s->alice, cert, true);
	expect(s, "alice Bad Network subject report: only its issuer's name is on the list\n");
	/* The certificate tells what it is the trust of. */
	add(s->bob, cert);
	expect(s, "alice Bad Network sha1 quarantine\nbob Bad Network subject quarantine\n");
	load(s, SUBJECT("no"));
	expect(s, "alice Bad Network sha1 report: only its name is on the list\n"
	       "bob Bad Network subject report: only its name is on the list\n");
}

/* One user says of a listed certificate that it has another user's digest. */
static void
test_lone_trust_liar(void **state)
{
	struct scene *s = *state;
	struct rs_cert *company = named("Company", NULL, NULL);
	struct rs_cert *lie = named("Bad Network", NULL, "KZ");

	add_trust(s->bob, company, true);
	load(s, SUBJECT("yes"));
	free(lie->sha1);
	lie->sha1 = rs_strdup(company->sha1);
	add(s->alice, lie);
	expect(s, "alice Bad Network subject quarantine\nbob Company unknown\n");
	rs_array_add_str(&s->wanted.certificates, lie->sha256);
	expect(s, "alice Bad Network subject quarantine\nbob Company unknown\n");
	/* The system's own reader is believed. */
	rs_array_add(&s->os->anchors, s->alice->anchors.v[--s->alice->anchors.n]);
	expect(s, "system Bad Network subject quarantine\nbob Company sha1 quarantine\n");
	rs_cert_free(company);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NAME_TEST("/match-issuer/issuer", test_issuer),
		NAME_TEST("/match-issuer/forged", test_issuer_forged),
		NAME_TEST("/match-issuer/key", test_issuer_key),
		NAME_TEST("/match-issuer/liar", test_issuer_liar),
		NAME_TEST("/match-issuer/public", test_issuer_public),
		NAME_TEST("/match-issuer/cross-signed", test_cross_signed),
		NAME_TEST("/match-issuer/lone-trust", test_lone_trust),
		NAME_TEST("/match-issuer/lone-trust-liar", test_lone_trust_liar),
	};

	return cmocka_run_group_tests_name("match-issuer", tests, make_keys, free_keys);
}
