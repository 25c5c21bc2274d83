/* SPDX-License-Identifier: GPL-3.0-or-later */
/* By its name: what a pattern fits, and when no more than a report follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "match-fixture.h"

/* --- by subject ------------------------------------------------------------- */

static void
test_subject(void **state)
{
	struct scene *s = *state;

	load(s, SUBJECT("yes"));
	add_origin(add(s->os, named("Bad Network", NULL, "KZ")), RS_HOW_FILE);
	add(s->alice, named("Bad Network CA", "Any", "KZ"));
	add(s->alice, named("Bad Network CA", NULL, "RU"));
	add(s->alice, named("A Bad Network", NULL, "KZ"));
	add(s->alice, named("Bad Network CA", "KZ", NULL));
	expect(s, "system Bad Network subject quarantine\nalice Bad Network CA subject quarantine\n"
	       "alice Bad Network CA unknown\nalice A Bad Network unknown\n"
	       "alice Bad Network CA unknown\n");
	load(s, SUBJECT("no"));
	expect(s, "system Bad Network subject report: only its name is on the list\n"
	       "alice Bad Network CA subject report: only its name is on the list\n"
	       "alice Bad Network CA unknown\nalice A Bad Network unknown\n"
	       "alice Bad Network CA unknown\n");
	rs_array_add_str(&s->wanted.entries, "bad");
	expect(s, "system Bad Network subject report: only its name is on the list\n"
	       "alice Bad Network CA subject report: only its name is on the list\n"
	       "alice Bad Network CA unknown\nalice A Bad Network unknown\n"
	       "alice Bad Network CA unknown\n");
}

static void
test_subject_guards(void **state)
{
	struct scene *s = *state;
	struct rs_anchor *anchor = add(s->os, named("Bad Network", NULL, "KZ"));
	struct rs_origin *origin = add_origin(anchor, RS_HOW_FILE);

	load(s, SUBJECT("yes"));
	expect(s, "system Bad Network subject quarantine\n");
	anchor->is_public = true;
	expect(s, "system Bad Network subject report: it is in a public root programme\n");
	anchor->is_public = false;
	origin->package = rs_strdup("some-provider");
	expect(s, "system Bad Network subject report: only its name is on the list\n");
	/* Nor its copies, wherever they are. */
	add(s->alice, named("Bad Network", NULL, "KZ"));
	expect(s, "system Bad Network subject report: only its name is on the list\n"
	       "alice Bad Network subject report: only its name is on the list\n");
	/* A line that selects what no package brought is somebody's here. */
	free(rs_steal(&origin->package));
	origin->how = RS_HOW_CONF;
	expect(s, "system Bad Network subject quarantine\nalice Bad Network subject quarantine\n");
	origin->how = RS_HOW_FILE;
	s->scan.public_known = false;
	expect(s, "system Bad Network subject report: only its name is on the list\n"
	       "alice Bad Network subject report: only its name is on the list\n");
}

/* What a user's reader says of packages protects no root of the system's. */
static void
test_subject_package_liar(void **state)
{
	struct scene *s = *state;

	load(s, SUBJECT("yes"));
	add_origin(add(s->os, named("Bad Network", NULL, "KZ")), RS_HOW_FILE);
	add_origin(add(s->alice, named("Bad Network", NULL, "KZ")), RS_HOW_FILE)->package =
	    rs_strdup("ca-certificates");
	expect(s, "system Bad Network subject quarantine\nalice Bad Network subject quarantine\n");
}

static void
add_encoded(struct scene *s, unsigned char tag, const void *value, size_t len)
{
	RS_AUTOBUF struct rs_buf name = { 0 };
	RS_AUTOBUF struct rs_buf der = { 0 };

	make_rdn(&name, 3, tag, value, len);
	make_cert(&der, &(struct make_spec){ .subject = name.data, .subject_len = name.len });
	rs_array_free(&s->os->anchors);
	rs_array_init(&s->os->anchors, rs_anchor_free);
	add(s->os, rs_cert_new(der.data, der.len));
}

static bool
is_named(struct scene *s)
{
	struct rs_matches matches;
	bool is;

	rs_match(&matches, &s->scan, s->policy, &s->wanted);
	is = matches.findings.n == 1;
	assert_int_equal(matches.findings.n + matches.unknown.n, 1);
	rs_matches_free(&matches);
	return is;
}

#define CAFE "Caf\xc3\xa9"

static void
test_encodings(void **state)
{
	static const struct {
		unsigned char tag;
		const char *value;
		size_t len;
		bool fits;
	} cases[] = {
		{ 0x0c, MAKE_BYTES(CAFE), true }, { 0x13, MAKE_BYTES(CAFE), true },
		{ 0x14, MAKE_BYTES(CAFE), true }, { 0x14, MAKE_BYTES("Caf\xe9"), true },
		{ 0x1e, MAKE_BYTES("\0C\0a\0f\0\xe9"), true },
		{ 0x1c, MAKE_BYTES("\0\0\0C\0\0\0a\0\0\0f\0\0\0\xe9"), true },
		{ 0x0c, MAKE_BYTES("Caf\xe9"), false }, { 0x16, MAKE_BYTES("Caf\xe9"), false },
		{ 0x0c, MAKE_BYTES(CAFE "\0"), false }, { 0x0c, MAKE_BYTES(CAFE "\0 x"), false },
		{ 0x1e, MAKE_BYTES("\0C\0a\0f\0\xe9\0\0"), false },
		{ 0x1e, MAKE_BYTES("\0C\0a\0f\xd8\0"), false },
		{ 0x1c, MAKE_BYTES("\0\0\0C\0\0\0a\0\0\0f\x7f\0\0\xe9"), false },
		{ 0x04, MAKE_BYTES(CAFE), false }, { 0x0c, MAKE_BYTES(CAFE "\n"), false },
		{ 0x0c, MAKE_BYTES(""), false },
	};
	struct scene *s = *state;

	/* One character, in whatever locale the tests run. */
	load(s, "<subject>" ATTRIBUTE("CN", "^Caf.$") "</subject>");
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		add_encoded(s, cases[i].tag, cases[i].value, cases[i].len);
		if (is_named(s) != cases[i].fits)
			fail_msg("case %zu", i);
	}
}

static void
test_long_value(void **state)
{
	struct scene *s = *state;
	char value[2000];

	memset(value, 'a', sizeof(value));
	load(s, "<subject>" ATTRIBUTE("CN", "^a+$") "</subject>");
	add_encoded(s, 0x0c, value, 1024);
	assert_true(is_named(s));
	add_encoded(s, 0x0c, value, 1025);
	assert_false(is_named(s));
}

/* Any value of an attribute, in one part of the name or in several. */
static void
test_several_values(void **state)
{
	struct scene *s = *state;
	RS_AUTOBUF struct rs_buf name = { 0 };
	RS_AUTOBUF struct rs_buf der = { 0 };

	make_rdn(&name, 3, 0x0c, "Something", 9);
	make_rdn(&name, 6, 0x13, "KZ", 2);
	make_rdn(&name, 3, 0x0c, "", 0);
	make_rdn(&name, 3, 0x0c, "Bad Network", 11);
	make_cert(&der, &(struct make_spec){ .subject = name.data, .subject_len = name.len });
	load(s, SUBJECT("yes"));
	add(s->os, rs_cert_new(der.data, der.len));
	expect(s, "system Bad Network subject quarantine\n");
	load(s, "<subject acts=\"yes\">" ATTRIBUTE("2.5.4.3", "^Something$")
	     ATTRIBUTE("cn", "^Bad Network$") "</subject>");
	expect(s, "system Bad Network subject quarantine\n");
	load(s, "<subject acts=\"yes\">" ATTRIBUTE("OU", "^Something$") "</subject>"
	     "<subject>" ATTRIBUTE("CN", "^Something$") "</subject>");
	expect(s, "system Bad Network subject report: only its name is on the list\n");
}

/* A root with a listed name and another key, and one with the key and another name. */
static void
test_name_and_key(void **state)
{
	struct scene *s = *state;
	struct rs_cert *root = issue("CN=Bad Network,C=KZ", &bad_key, NULL, &bad_key);
	RS_AUTOFREE char *match = rs_printf("<spki sha256=\"%s\"/>" SUBJECT("yes"),
					    root->spki_sha256);

	load(s, match);
	add(s->os, root);
	add(s->os, issue("CN=Bad Network,C=KZ", &other_key, NULL, &other_key));
	add(s->os, issue("CN=Good Network,C=KZ", &bad_key, NULL, &bad_key));
	add(s->os, issue("CN=Good Network,C=KZ", &own_key, NULL, &own_key));
	expect(s, "system Bad Network spki quarantine\nsystem Bad Network subject quarantine\n"
	       "system Good Network spki quarantine\nsystem Good Network unknown\n");
}

/* --- which of several ------------------------------------------------------- */

static void
test_strongest(void **state)
{
	struct scene *s = *state;

	load_text(s, HEAD
	    "<root id=\"a\" category=\"state\" evidence=\"intercepted\" action=\"quarantine\">"
	    NAMED "<match>" SUBJECT("no") "</match></root>"
	    "<root id=\"b\" category=\"state\" evidence=\"intercepted\" action=\"quarantine\">"
	    NAMED "<match>" SUBJECT("yes") "</match></root>"
	    "<root id=\"c\" category=\"state\" evidence=\"intercepted\" action=\"report\">"
	    NAMED "<match><issuer key-id=\"" KEY_ID "\"/></match></root>" TAIL);
	add(s->os, issue("CN=Bad Network,C=KZ", &own_key, "CN=Root", &other_key));
	expect(s, "system Bad Network subject quarantine\n");
}

static void
test_places(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *first = folder_path(s->folder, "1");
	RS_AUTOFREE char *second = folder_path(s->folder, "2");
	const struct rs_policy_place places[] = { { .dir = first }, { .dir = second } };

	folder_mkdir(s->folder, "1");
	folder_mkdir(s->folder, "2");
	folder_write(s->folder, "1/a.xml", HEAD "<root id=\"a\" category=\"state\" "
	    "evidence=\"intercepted\" action=\"quarantine\">" NAMED "<match>" SUBJECT("yes")
	    "</match></root>" TAIL);
	folder_write(s->folder, "2/b.xml", HEAD "<root id=\"b\" category=\"oem\" "
	    "evidence=\"capable\" action=\"ignore\">" NAMED "<match>" SUBJECT("no")
	    "</match></root>" TAIL);
	s->policy = folder_load_places(s->folder, places, 2, false);
	assert_non_null(s->policy);
	add(s->os, named("Bad Network", NULL, "KZ"));
	/* Asked to be ignored, but not lost from sight. */
	expect(s, "system Bad Network allowed\n");
}

/* What a name found is known to be by a name, also where a digest leads to it. */
static void
test_by_name(void **state)
{
	struct scene *s = *state;
	struct rs_cert *cert = named("Bad Network", NULL, "KZ");
	struct rs_anchor *lone = rs_anchor_new(rs_alloc(sizeof(struct rs_cert)));
	struct rs_matches matches;

	lone->trust_only = true;
	lone->cert->sha1 = rs_strdup(cert->sha1);
	add(s->os, cert);
	rs_array_add(&s->alice->anchors, lone);
	for (int by_name = 0; by_name < 2; by_name++) {
		RS_AUTOFREE char *digest = rs_printf("<certificate sha256=\"%s\"/>", cert->sha256);

		load(s, by_name ? SUBJECT("yes") : digest);
		rs_match(&matches, &s->scan, s->policy, &s->wanted);
		assert_int_equal(matches.findings.n, 2);
		for (size_t i = 0; i < matches.findings.n; i++) {
			const struct rs_finding *finding = matches.findings.v[i];

			assert_int_equal(finding->action, RS_ACTION_QUARANTINE);
			assert_int_equal(finding->by_name, by_name);
		}
		rs_matches_free(&matches);
	}
}

/* A public root goes by key or digest, if an administrator says so, and no other way. */
static void
test_take_public(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *path = folder_path(s->folder, "p.xml"), *text = NULL;
	const struct rs_policy_place place = { .file = path, .admin = true };
	struct rs_cert *cert = named("Bad Network", NULL, "KZ");
	struct rs_anchor *anchor = add(s->os, cert);
	static const char format[] = HEAD "<root id=\"bad\" category=\"state\" "
	    "evidence=\"intercepted\" action=\"quarantine\" public=\"yes\">" NAMED
	    "<match>%s<certificate sha256=\"%s\"/></match></root>" TAIL;

	anchor->is_public = true;
	text = rs_printf(format, "", cert->sha256);
	folder_write(s->folder, "p.xml", text);
	s->policy = folder_load_places(s->folder, &place, 1, false);
	assert_non_null(s->policy);
	expect(s, "system Bad Network certificate quarantine\n");
	free(text);
	text = rs_printf(format, SUBJECT("yes"), DIGEST);
	folder_write(s->folder, "p.xml", text);
	rs_policy_free(s->policy);
	s->policy = folder_load_places(s->folder, &place, 1, false);
	expect(s, "system Bad Network subject report: it is in a public root programme\n");
}

static void
test_allow(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *want = NULL;

	load_text(s, HEAD "<root id=\"bad\" category=\"state\" evidence=\"intercepted\" "
	    "action=\"quarantine\">" NAMED "<match>" SUBJECT("yes") "</match></root>"
	    "<allow entry=\"bad\" store=\"nss:alice:/home/alice/x\" reason=\"hers\"/>" TAIL);
	add(s->alice, named("Bad Network", NULL, "KZ"));
	add(s->bob, named("Bad Network", NULL, "KZ"));
	want = rs_printf("alice Bad Network subject report: allowed by %s/p.xml\n"
			 "bob Bad Network subject quarantine\n", s->folder->path);
	expect(s, want);
}

/* No worker: what it would have said is missing, and that is said. */
static void
test_no_worker(void **state)
{
	struct scene *s = *state;
	struct rlimit before, none;

	load(s, SUBJECT("yes"));
	add(s->alice, named("Bad Network", NULL, "KZ"));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	expect(s, "alice Bad Network unknown\n");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(s->alice->state, RS_STORE_ERROR);
	assert_non_null(strstr(s->alice->reason, "could not be compared"));
	assert_int_equal(s->os->state, RS_STORE_NO_FINDINGS);
}

/* --- many ------------------------------------------------------------------- */

static void
complain(void *data RS_UNUSED, const char *where, const char *text)
{
	print_error("%s: %s\n", where, text);
}

static struct rs_policy *
load_shipped(void)
{
	const char *dir = getenv("ROOTSWEEP_POLICY_DIR");
	RS_AUTOFREE char *path = rs_printf("%s/interception-roots.xml", dir ? dir : "policy");
	const struct rs_policy_place place = { .file = path };
	struct rs_policy *policy = rs_policy_load(&place, 1, false, complain, NULL);

	assert_non_null(policy);
	return policy;
}

/* Names as companies and schools give them, and some near to listed ones. */
static void
test_enterprise(void **state)
{
	static const char *const cns[] = {
		"%s Root CA", "%s Internal Root CA G2", "%s Proxy CA", "%s Web Gateway",
		"%s Issuing CA 01", "%s SSL Inspection", "%s", "ca.%s.example",
		"Information Security Certification Authority of %s", "%s Security Certificate",
	};
	static const char *const countries[] = { "KZ", "RU", "US", "DE", NULL };
	struct scene *s = *state;
	struct rs_matches matches;

	s->policy = load_shipped();
	for (unsigned i = 0; i < 1000; i++) {
		RS_AUTOFREE char *who = rs_printf("Company %u", i);
		const char *format = cns[i % RS_COUNT(cns)], *at = strstr(format, "%s");
		RS_AUTOFREE char *cn = rs_printf("%.*s%s%s", (int)(at - format), format, who,
						 at + 2);

		add(s->os, named(cn, i % 3 ? who : NULL, countries[i / 10 % RS_COUNT(countries)]));
	}
	rs_match(&matches, &s->scan, s->policy, &s->wanted);
	for (size_t i = 0; i < matches.findings.n; i++)
		assert_int_not_equal(((struct rs_finding *)matches.findings.v[i])->action,
				     RS_ACTION_QUARANTINE);
	assert_int_equal(matches.unknown.n, 1000);
	rs_matches_free(&matches);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NAME_TEST("/match-name/subject", test_subject),
		NAME_TEST("/match-name/subject-guards", test_subject_guards),
		NAME_TEST("/match-name/subject-package-liar", test_subject_package_liar),
		NAME_TEST("/match-name/encodings", test_encodings),
		NAME_TEST("/match-name/long-value", test_long_value),
		NAME_TEST("/match-name/several-values", test_several_values),
		NAME_TEST("/match-name/name-and-key", test_name_and_key),
		NAME_TEST("/match-name/strongest", test_strongest),
		NAME_TEST("/match-name/places", test_places),
		NAME_TEST("/match-name/by-name", test_by_name),
		NAME_TEST("/match-name/take-public", test_take_public),
		NAME_TEST("/match-name/allow", test_allow),
		NAME_TEST("/match-name/no-worker", test_no_worker),
		NAME_TEST("/match-name/enterprise", test_enterprise),
	};

	return cmocka_run_group_tests_name("match-name", tests, make_keys, free_keys);
}
