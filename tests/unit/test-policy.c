/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Valid policies: what is read of them, how they add up, what they match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/sysmacros.h>

#include "cert.h"
#include "policy-fixture.h"

/* The DER name C=KZ; its issuer-serial has a serial whose first byte is 00. */
#define ISSUER "MA0xCzAJBgNVBAYTAkta"

static const char whole[] = HEAD
"<?work order?><!-- everything that the language has -->\n"
"<root id=\"kz-1\" category=\"state\" country=\"KZ\" evidence=\"intercepted\""
" action=\"quarantine\" public=\"no\">\n"
"  <name>Qaznet</name>\n"
"  <name xml:lang=\"ru\">Казнет</name>\n"
"  <operator>Its\n     operator</operator>\n"
"  <match>\n"
"    <spki sha256=\"" DIGEST "\"/>\n"
"    <certificate sha256=\"AA" HEX16 HEX16 HEX16 "0123456789ABCD\" sha1=\"" HEX16 HEX16
"89abcdef\"/>\n"
"    <certificate sha1=\"aaaaaaaa" HEX16 HEX16 "\"/>\n"
"    <issuer-serial issuer=\" MA0xCzAJ\n BgNVBAYTAkta \" serial=\"00BB01\"/>\n"
"    <issuer key-id=\"" HEX16 HEX16 "\"/>\n"
"    <subject acts=\"yes\"><attribute type=\"CN\" match=\"^Qaznet (A|B)$\"/>"
"<attribute type=\"2.5.4.6\" match=\"^KZ$\"/></subject>\n"
"  </match>\n"
"  <explain xml:lang=\"en\">It <![CDATA[& more]]> &lt;is&gt;.</explain>\n"
"  <advice>Do.</advice>\n"
"  <target host=\"www.example.org\"/><target host=\"x.example\" sensitivity=\"adult\"/>\n"
"  <blocked by=\"chromium\" date=\"2019-08-21\" href=\"https://example.org/\"/>\n"
"  <blocked by=\"firefox\"/>\n"
"  <source href=\"https://example.org/1\">A report</source>\n"
"  <source href=\"https://example.org/2\"/>\n"
"</root>\n"
"<set id=\"kz-1\" action=\"report\"/>\n"
"<allow spki=\"" DIGEST "\" store=\"nss\" until=\"2027-01-31\" reason=\"our own\"/>\n"
TAIL;

static void
check_match(const struct rs_policy_root *root)
{
	const struct rs_policy_subject *subject = root->subjects.v[0];
	const struct rs_policy_pattern *pattern = subject->patterns.v[0];

	assert_string_equal(root->spki.v[0], DIGEST);
	assert_string_equal(root->sha256.v[0], "aa" HEX16 HEX16 HEX16 "0123456789abcd");
	assert_int_equal(root->sha1.n, 2);
	assert_string_equal(root->sha1.v[0], HEX16 HEX16 "89abcdef");
	assert_string_equal(root->issuer_serial.v[0], ISSUER " bb01");
	assert_string_equal(root->issuer_key_ids.v[0], HEX16 HEX16);
	assert_true(subject->acts);
	assert_int_equal(subject->patterns.n, 2);
	assert_string_equal(pattern->type, "CN");
	assert_string_equal(pattern->match, "^Qaznet (A|B)$");
}

static void
check_targets(const struct rs_policy_root *root)
{
	const struct rs_policy_target *target = root->targets.v[0];

	assert_int_equal(root->targets.n, 2);
	assert_string_equal(target->host, "www.example.org");
	assert_string_equal(target->sensitivity, "ordinary");
	target = root->targets.v[1];
	assert_string_equal(target->sensitivity, "adult");
}

static void
test_whole(void **state)
{
	struct rs_policy *policy = folder_load_text(*state, whole);
	const struct rs_policy_root *root;
	const struct rs_policy_blocked *blocked;
	const struct rs_policy_file *file;

	assert_non_null(policy);
	assert_int_equal(policy->roots.n, 1);
	root = policy_root(policy, "kz-1");
	assert_string_equal(root->category, "state");
	assert_string_equal(root->country, "KZ");
	assert_string_equal(root->evidence, "intercepted");
	assert_string_equal(root->operator, "Its operator");
	assert_string_equal(rs_policy_text(&root->explains, "en"), "It & more <is>.");
	assert_string_equal(rs_policy_text(&root->advices, "kk"), "Do.");
	assert_string_equal(root->sources.v[0], "A report: https://example.org/1");
	assert_string_equal(root->sources.v[1], "https://example.org/2");
	blocked = root->blocked.v[0];
	assert_string_equal(blocked->by, "chromium");
	assert_string_equal(blocked->date, "2019-08-21");
	check_targets(root);
	check_match(root);
	assert_int_equal(root->line, 4);
	assert_int_equal(root->action, RS_ACTION_REPORT);
	assert_int_equal(root->decided_line, 26);
	assert_string_equal(policy->date, "2026-11-22");
	file = policy->files.v[0];
	assert_string_equal(file->version, "2026.11.22");
	assert_int_equal(file->entries, 1);
	assert_int_equal(file->not_understood, 0);
	rs_policy_free(policy);
}

static void
test_empty(void **state)
{
	struct rs_policy *policy = folder_load_text(*state, "<policy xmlns=\"" NS
						    "\" version=\"1.0\"/>");

	assert_non_null(policy);
	assert_int_equal(policy->roots.n, 0);
	assert_null(policy->date);
	rs_policy_free(policy);
}

static void
test_prefix(void **state)
{
	struct rs_policy *policy = folder_load_text(*state,
	    "<p:policy xmlns:p=\"" NS "\" version=\"1\"><p:root id=\"a\" category=\"oem\""
	    " evidence=\"capable\" action=\"ignore\"><p:name>A</p:name><p:match>"
	    "<p:spki sha256=\"" DIGEST "\"/></p:match></p:root></p:policy>");

	assert_non_null(policy);
	assert_int_equal(policy_root(policy, "a")->action, RS_ACTION_IGNORE);
	rs_policy_free(policy);
}

/* What a newer program's file may have: read, ignored, counted. */
static void
test_foreign(void **state)
{
	struct rs_policy *policy = folder_load_text(*state,
	    "<policy xmlns=\"" NS "\" version=\"1\" requires=\"1\""
	    " xmlns:n=\"urn:rootsweep:policy:2\" n:a=\"1\" xml:lang=\"en\">\n"
	    "<n:first><root xmlns=\"" NS "\"/><n:b>text</n:b></n:first>\n"
	    "<root id=\"a\" category=\"oem\" evidence=\"capable\" action=\"report\" n:c=\"1\">"
	    "<n:d/><name>A<n:e>not this</n:e> name</name><n:f/>"
	    "<match><spki n:g=\"\" sha256=\"" DIGEST "\"/><n:h/></match>"
	    "<x xmlns=\"http://example.org/\"/></root>\n"
	    "<root id=\"b\" category=\"oem\" evidence=\"capable\" action=\"report\">"
	    "<name>B</name><match><n:new-way/></match></root>\n"
	    "<n:last/></policy>");
	const struct rs_policy_root *root;
	const struct rs_policy_file *file;

	assert_non_null(policy);
	assert_int_equal(policy->roots.n, 2);
	root = policy_root(policy, "a");
	assert_string_equal(rs_policy_text(&root->names, NULL), "A name");
	assert_int_equal(root->spki.n, 1);
	file = policy->files.v[0];
	/* a first c d e f g h x new-way last */
	assert_int_equal(file->not_understood, 11);
	rs_policy_free(policy);
}

static void
test_encodings(void **state)
{
	static const char text[] = "<policy xmlns=\"" NS "\" version=\"1\">" ROOT("a")
	    "</policy>";
	RS_AUTOBUF struct rs_buf utf16 = { 0 };
	RS_AUTOFREE char *bom = rs_printf("\xef\xbb\xbf%s", text);
	struct rs_policy *policy;

	rs_buf_add(&utf16, "\xff\xfe", 2);
	for (const char *p = text; *p != '\0'; p++)
		rs_buf_add(&utf16, (char[]){ *p, 0 }, 2);
	folder_write_bytes(*state, "utf16.xml", utf16.data, utf16.len);
	policy = folder_load(*state, "utf16.xml");
	assert_non_null(policy);
	policy_root(policy, "a");
	rs_policy_free(policy);
	policy = folder_load_text(*state, bom);
	assert_non_null(policy);
	rs_policy_free(policy);
}

static void
test_languages(void **state)
{
	struct rs_policy *policy = folder_load_text(*state, HEAD ROOT_OF("a",
	    "<name xml:lang=\"ru\">ru</name><name xml:lang=\"en\">en</name>"
	    "<name xml:lang=\"pt-BR\">pt-BR</name><name xml:lang=\"pt\">pt</name>", SPKI)
	    ROOT_OF("b", "<name xml:lang=\"kk\">kk</name>", SPKI)
	    "<root xml:lang=\"de\" id=\"c\" category=\"oem\" evidence=\"capable\""
	    " action=\"report\"><name xml:lang=\"fr\">fr</name><name>de</name><match>" SPKI
	    "</match></root>" TAIL);
	const struct rs_array none = { 0 };
	const struct rs_array *names;

	assert_non_null(policy);
	names = &policy_root(policy, "a")->names;
	assert_string_equal(rs_policy_text(names, "ru"), "ru");
	assert_string_equal(rs_policy_text(names, "ru_RU.UTF-8"), "ru");
	assert_string_equal(rs_policy_text(names, "pt_br.UTF-8@euro"), "pt-BR");
	assert_string_equal(rs_policy_text(names, "pt"), "pt");
	assert_string_equal(rs_policy_text(names, "pt_PT"), "pt-BR");
	assert_string_equal(rs_policy_text(names, "C"), "en");
	assert_string_equal(rs_policy_text(names, NULL), "en");
	assert_string_equal(rs_policy_text(&policy_root(policy, "b")->names, "ru"), "kk");
	assert_string_equal(rs_policy_text(&policy_root(policy, "c")->names, "de_AT"), "de");
	assert_null(rs_policy_text(&none, "en"));
	rs_policy_free(policy);
}

static void
test_match(void **state)
{
	struct rs_policy *policy = folder_load_text(*state, whole);
	char other[] = "other", spki[] = DIGEST, sha1[] = HEX16 HEX16 "89abcdef";
	char sha256[] = "aa" HEX16 HEX16 HEX16 "0123456789abcd";
	char issuer[] = ISSUER, serial[] = "bb01", padded[] = "00bb01";
	struct rs_cert cert = { .sha256 = other, .spki_sha256 = other };
	enum rs_match_how how;

	assert_non_null(policy);
	assert_null(rs_policy_match(policy, &cert, &how));
	cert.issuer_der = issuer;
	cert.serial = serial;
	/* The entry knows its certificate's digest: this is another's. */
	assert_null(rs_policy_match(policy, &cert, &how));
	cert.sha256 = NULL;
	assert_non_null(rs_policy_match(policy, &cert, &how));
	assert_int_equal(how, RS_MATCH_ISSUER_SERIAL);
	cert.serial = padded;
	assert_non_null(rs_policy_match(policy, &cert, &how));
	cert.sha1 = sha1;
	assert_non_null(rs_policy_match(policy, &cert, &how));
	assert_int_equal(how, RS_MATCH_SHA1);
	cert.spki_sha256 = spki;
	assert_non_null(rs_policy_match(policy, &cert, &how));
	assert_int_equal(how, RS_MATCH_SPKI);
	cert.sha256 = sha256;
	assert_string_equal(rs_policy_match(policy, &cert, &how)->id, "kz-1");
	assert_int_equal(how, RS_MATCH_CERTIFICATE);
	assert_string_equal(rs_match_name(how), "certificate");
	cert = (struct rs_cert){ .issuer_der = issuer };
	assert_null(rs_policy_match(policy, &cert, &how));
	rs_policy_free(policy);
}

static void
test_allow(void **state)
{
	struct rs_policy *policy = folder_load_text(*state, HEAD ROOT("a")
	    "<allow spki=\"" DIGEST "\" store=\"nss\" until=\"2027-01-31\"/>"
	    "<allow entry=\"a\" store=\"java:system:/x\"/><allow sha256=\"aa" HEX16 HEX16 HEX16
	    "0123456789abcd\"/>" TAIL);
	char spki[] = DIGEST, sha256[] = "aa" HEX16 HEX16 HEX16 "0123456789abcd";
	struct rs_cert cert = { .spki_sha256 = spki }, named = { .sha256 = sha256 };
	const struct rs_policy_root *root;
	/* 2027-01-31T23:59:59Z, and the second after. */
	const time_t last = 1801439999, late = 1801440000;

	assert_non_null(policy);
	root = policy_root(policy, "a");
	assert_non_null(rs_policy_allowed(policy, &cert, root, "nss:me:/home/me/.pki/nssdb", last));
	assert_null(rs_policy_allowed(policy, &cert, root, "nss:me:/home/me/.pki/nssdb", late));
	assert_null(rs_policy_allowed(policy, &cert, root, "nssx:me:/home/me", last));
	assert_null(rs_policy_allowed(policy, &cert, root, "java:system:/x/y", last));
	assert_non_null(rs_policy_allowed(policy, &cert, root, "java:system:/x", late));
	assert_null(rs_policy_allowed(policy, &cert, NULL, "java:system:/x", late));
	assert_non_null(rs_policy_allowed(policy, &named, NULL, "p11-kit:system:/y", late));
	rs_policy_free(policy);
}

/* --- places ----------------------------------------------------------------- */

static struct rs_policy *
load_two(struct folder *folder)
{
	RS_AUTOFREE char *vendor = folder_path(folder, "vendor");
	RS_AUTOFREE char *admin = folder_path(folder, "admin");
	RS_AUTOFREE char *missing = folder_path(folder, "missing");
	const struct rs_policy_place places[] = {
		{ .dir = vendor }, { .dir = admin, .admin = true }, { .dir = missing },
	};

	return folder_load_places(folder, places, 3, false);
}

static void
two_places(struct folder *folder)
{
	folder_mkdir(folder, "vendor");
	folder_mkdir(folder, "admin");
	folder_write(folder, "vendor/a.xml", HEAD ROOT("one") "\n" ROOT("two") TAIL);
	folder_write(folder, "vendor/b.xml", HEAD ROOT("three") TAIL);
	folder_write(folder, "vendor/not-a-policy.txt", "hello");
	folder_write(folder, "vendor/.hidden.xml", "hello");
}

static void
test_places_replace(void **state)
{
	struct folder *folder = *state;
	const struct rs_policy_root *root;
	struct rs_policy *policy;
	char spki[] = DIGEST;
	const struct rs_cert cert = { .spki_sha256 = spki };
	enum rs_match_how how;

	two_places(folder);
	folder_write(folder, "admin/z.xml", HEAD "<root id=\"two\" category=\"adware\" "
		     "evidence=\"unconfirmed\" action=\"report\" public=\"yes\"><name>New</name>"
		     "<match>" SPKI "</match></root>" TAIL);
	policy = load_two(folder);
	assert_non_null(policy);
	assert_int_equal(policy->files.n, 3);
	assert_int_equal(policy->roots.n, 3);
	root = policy_root(policy, "two");
	assert_string_equal(root->category, "adware");
	assert_true(rs_ends(root->file, "/admin/z.xml"));
	assert_true(root->take_public);
	assert_int_equal(root->order, 2);
	/* The three have one key: the last place's word counts. */
	assert_ptr_equal(rs_policy_match(policy, &cert, &how), root);
	rs_policy_free(policy);
}

static void
test_places_mask(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *link = folder_path(folder, "admin/b.xml");
	struct rs_policy *policy;

	two_places(folder);
	assert_int_equal(symlink("/dev/null", link), 0);
	folder_write(folder, "admin/a.xml", HEAD ROOT("four") TAIL);
	policy = load_two(folder);
	assert_non_null(policy);
	assert_int_equal(policy->roots.n, 1);
	policy_root(policy, "four");
	rs_policy_free(policy);
}

static void
test_places_set(void **state)
{
	struct folder *folder = *state;
	struct rs_policy *policy;

	two_places(folder);
	folder_write(folder, "vendor/c.xml", HEAD "<set id=\"four\" action=\"ignore\"/>"
		     "<set category=\"oem\" action=\"ignore\"/>" TAIL);
	folder_write(folder, "admin/a2.xml", HEAD "<set id=\"one\" action=\"quarantine\"/>\n"
		     "<set category=\"oem\" action=\"ignore\"/><set category=\"oem\" "
		     "action=\"report\"/><set id=\"nobody\" action=\"report\"/>" TAIL);
	folder_write(folder, "admin/b2.xml", HEAD ROOT("four") TAIL);
	policy = load_two(folder);
	assert_non_null(policy);
	/* One entry's word counts after its category's; the last of two of a kind. */
	assert_int_equal(policy_root(policy, "one")->action, RS_ACTION_QUARANTINE);
	assert_int_equal(policy_root(policy, "one")->decided_line, 3);
	assert_true(rs_ends(policy_root(policy, "one")->decided_by, "/admin/a2.xml"));
	assert_true(rs_ends(policy_root(policy, "one")->file, "/vendor/a.xml"));
	assert_int_equal(policy_root(policy, "two")->action, RS_ACTION_REPORT);
	assert_int_equal(policy_root(policy, "four")->action, RS_ACTION_REPORT);
	rs_policy_free(policy);

	/* An earlier place has no say in what a later one describes. */
	folder_write(folder, "admin/a2.xml", HEAD TAIL);
	policy = load_two(folder);
	assert_non_null(policy);
	assert_int_equal(policy_root(policy, "four")->action, RS_ACTION_QUARANTINE);
	assert_int_equal(policy_root(policy, "one")->action, RS_ACTION_IGNORE);
	rs_policy_free(policy);
}

static void
test_places_twice(void **state)
{
	struct folder *folder = *state;

	two_places(folder);
	folder_write(folder, "vendor/c.xml", HEAD ROOT("two") TAIL);
	assert_null(load_two(folder));
	assert_non_null(strstr(folder->said.data, "vendor/c.xml:3: id=\"two\" is used already at "));
	assert_non_null(strstr(folder->said.data, "/vendor/a.xml:7: expected an id of its own"));
}

static void
test_places_one_invalid(void **state)
{
	struct folder *folder = *state;

	two_places(folder);
	folder_write(folder, "admin/bad.xml", HEAD "<rot/>" TAIL);
	assert_null(load_two(folder));
	assert_int_equal(folder->problems, 1);
	assert_true(rs_starts(folder->said.data, "admin/bad.xml:3: <rot> is not known here"));
}

static void
test_places_public(void **state)
{
	struct folder *folder = *state;

	two_places(folder);
	folder_write(folder, "vendor/c.xml", HEAD "<root id=\"four\" category=\"oem\" "
		     "evidence=\"capable\" action=\"report\" public=\"yes\">" NAMED "<match>" SPKI
		     "</match></root>" TAIL);
	assert_null(load_two(folder));
	assert_true(rs_starts(folder->said.data, "vendor/c.xml:3: public=\"yes\" takes out what"));
}

/* Files named one by one: an id has one meaning in all of them. */
static void
test_places_files(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *a = folder_path(folder, "a.xml"), *b = folder_path(folder, "b.xml");
	const struct rs_policy_place places[] = { { .file = a }, { .file = b } };
	struct rs_policy *policy;

	folder_write(folder, "a.xml", HEAD "<set id=\"one\" action=\"report\"/>" ROOT("two") TAIL);
	folder_write(folder, "b.xml", HEAD ROOT("one") TAIL);
	policy = folder_load_places(folder, places, 2, false);
	assert_int_equal(policy_root(policy, "one")->action, RS_ACTION_REPORT);
	rs_policy_free(policy);
	folder_write(folder, "a.xml", HEAD ROOT("one") TAIL);
	assert_null(folder_load_places(folder, places, 2, false));
	assert_int_equal(folder->problems, 1);
	assert_true(rs_starts(folder->said.data, "b.xml:3: id=\"one\" is used already at "));
	assert_non_null(strstr(folder->said.data, "/a.xml:3: expected an id of its own"));
}

/* What comes with the program says what roots are, not what becomes of them. */
static void
test_vendor(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *vendor = folder_path(folder, "vendor");
	const struct rs_policy_place place = { .dir = vendor, .vendor = true };
	struct rs_policy *policy;

	two_places(folder);
	policy = folder_load_places(folder, &place, 1, false);
	assert_true(policy_root(policy, "one")->vendor);
	rs_policy_free(policy);
	folder_write(folder, "vendor/c.xml", HEAD "<allow entry=\"one\"/>\n"
		     "<set id=\"one\"\n  action=\"report\"/>" TAIL);
	assert_null(folder_load_places(folder, &place, 1, false));
	assert_string_equal(folder->said.data, "vendor/c.xml:3: <allow> is for whoever owns the "
			    "computer or an account on it: it may not stand in a file that comes "
			    "with the program\nvendor/c.xml:4: <set> is for whoever owns the "
			    "computer or an account on it: it may not stand in a file that comes "
			    "with the program\n");
	policy = load_two(folder);
	assert_false(policy_root(policy, "one")->vendor);
	rs_policy_free(policy);
}

/* The line of an entry is that of its "<", however its attributes are broken. */
static void
test_lines(void **state)
{
	struct rs_policy *policy = folder_load_text(*state, HEAD
	    "<root id=\"one\"\n category=\"oem\"\n evidence=\"capable\"\n action=\"report\">"
	    NAMED "<match>" SPKI "</match></root>"
	    "<set category=\"oem\" action=\"ignore\"/>\n\n<!-- two\nlines -->\n"
	    "<allow entry=\"one\"\n reason=\"x\"/>\n"
	    "<!-- one --><allow entry=\"one\"/>" TAIL);
	const struct rs_policy_root *root = policy_root(policy, "one");

	assert_int_equal(root->line, 3);
	assert_int_equal(root->decided_line, 7);
	assert_int_equal(((struct rs_policy_allow *)policy->allows.v[0])->line, 11);
	assert_int_equal(((struct rs_policy_allow *)policy->allows.v[1])->line, 13);
	rs_policy_free(policy);
}

/* The date of the policy where one file of each place reads so. */
static void
expect_date(struct folder *folder, const char *vendor, const char *admin, const char *want)
{
	RS_AUTOFREE char *vendors = folder_path(folder, "vendor");
	RS_AUTOFREE char *admins = folder_path(folder, "admin");
	const struct rs_policy_place places[] = {
		{ .dir = vendors, .vendor = true }, { .dir = admins, .admin = true },
	};
	struct rs_policy *policy;

	folder_write(folder, "vendor/a.xml", vendor);
	folder_write(folder, "admin/z.xml", admin);
	policy = folder_load_places(folder, places, 2, false);
	assert_non_null(policy);
	if (want != NULL)
		assert_string_equal(policy->date, want);
	else
		assert_null(policy->date);
	rs_policy_free(policy);
}

#define OF(version) "<policy xmlns=\"" NS "\" version=\"" version "\">"

/* No file that names no root, and none beside the program's own, makes it younger. */
static void
test_date(void **state)
{
	struct folder *folder = *state;

	setenv("ROOTSWEEP_TIME", "1795348800", 1);	/* 2026-11-22, noon */
	folder_mkdir(folder, "vendor");
	folder_mkdir(folder, "admin");
	expect_date(folder, OF("2025.01.31") ROOT("one") TAIL,
		    OF("2026.11.20") "<allow entry=\"one\"/>" TAIL, "2025-01-31");
	expect_date(folder, OF("2025.01.31") ROOT("one") TAIL, OF("2026.11.20") ROOT("two") TAIL,
		    "2025-01-31");
	expect_date(folder, OF("2026.01.31") ROOT("one") TAIL, OF("2025.11.20") ROOT("two") TAIL,
		    "2026-01-31");
	expect_date(folder, OF("2026.01.31") TAIL, OF("2025.11.20") ROOT("two") TAIL, "2025-11-20");
	expect_date(folder, OF("2026.11.23-1") ROOT("one") TAIL, OF("v7") TAIL, "2026-11-23");
	/* A day that has not come, or none, is not known. */
	expect_date(folder, OF("2099.01.01") ROOT("one") TAIL, OF("2026.11.20") ROOT("two") TAIL, NULL);
	expect_date(folder, OF("v7") ROOT("one") TAIL, OF("2026.11.20") TAIL, NULL);
	/* Of several of the program's, the oldest. */
	folder_write(folder, "vendor/b.xml", OF("2024.02.29") ROOT("three") TAIL);
	expect_date(folder, OF("2026.01.31") ROOT("one") TAIL, OF("2025.11.20") TAIL, "2024-02-29");
	folder_write(folder, "vendor/b.xml", OF("v8") ROOT("three") TAIL);
	expect_date(folder, OF("2026.01.31") ROOT("one") TAIL, OF("2025.11.20") TAIL, NULL);
	unsetenv("ROOTSWEEP_TIME");
}

static void
test_places_not_a_directory(void **state)
{
	struct folder *folder = *state;

	folder_mkdir(folder, "admin");
	folder_write(folder, "vendor", "text");
	assert_null(load_two(folder));
	assert_string_equal(folder->said.data, "vendor: cannot be read: Not a directory\n");
}

int
main(void)
{
#define TEST(name, fn) { name, fn, folder_setup, folder_teardown, NULL }
	const struct CMUnitTest tests[] = {
		TEST("/policy/whole-language", test_whole),
		TEST("/policy/empty", test_empty),
		TEST("/policy/prefix", test_prefix),
		TEST("/policy/foreign", test_foreign),
		TEST("/policy/encodings", test_encodings),
		TEST("/policy/languages", test_languages),
		TEST("/policy/match", test_match),
		TEST("/policy/allow", test_allow),
		TEST("/policy/places/replace", test_places_replace),
		TEST("/policy/places/mask", test_places_mask),
		TEST("/policy/places/set", test_places_set),
		TEST("/policy/places/id-twice", test_places_twice),
		TEST("/policy/places/one-invalid", test_places_one_invalid),
		TEST("/policy/places/public", test_places_public),
		TEST("/policy/places/not-a-directory", test_places_not_a_directory),
		TEST("/policy/places/files", test_places_files),
		TEST("/policy/vendor", test_vendor),
		TEST("/policy/lines", test_lines),
		TEST("/policy/date", test_date),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
