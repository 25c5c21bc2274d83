/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: where policies lie, and what is read of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "browser-places.h"
#include "file-fixture.h"
#include "pem-fixture.h"
#include "store-browser-policy.h"

#define UID 4242
#define MANAGED "/etc/chromium/policies/managed"
#define FIREFOX "/etc/firefox/policies"
#define SHARE "/usr/share/firefox/distribution"
#define FLATPAK "/home/alice/.local/share/flatpak/extension/org.mozilla.firefox.systemconfig/" \
	"x86_64/stable/policies"
#define CERTIFICATES "/home/alice/.mozilla/certificates"

static const struct rs_user alice = {
	.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice",
	.uid = UID, .gid = UID,
};

static void
test_places(void **state RS_UNUSED)
{
	static const struct { const char *path; enum rs_browser_place system, users; } cases[] = {
		{ MANAGED "/x", RS_PLACE_CHROMIUM, RS_PLACE_NONE },
		{ MANAGED "/..x \n", RS_PLACE_CHROMIUM, RS_PLACE_NONE },
		{ "/etc/opt/edge/policies/recommended/a.json", RS_PLACE_CHROMIUM, RS_PLACE_NONE },
		{ FIREFOX "/policies.json", RS_PLACE_FIREFOX, RS_PLACE_NONE },
		{ SHARE "/policies.json", RS_PLACE_FIREFOX, RS_PLACE_NONE },
		{ SHARE "/certificates/x", RS_PLACE_CERTIFICATE, RS_PLACE_NONE },
		{ FLATPAK "/policies.json", RS_PLACE_NONE, RS_PLACE_FIREFOX },
		{ FLATPAK "/managed/x", RS_PLACE_NONE, RS_PLACE_CHROMIUM },
		{ CERTIFICATES "/x", RS_PLACE_NONE, RS_PLACE_CERTIFICATE },
		/* More, less, or something else. */
		{ MANAGED, RS_PLACE_NONE, RS_PLACE_NONE },
		{ MANAGED "/", RS_PLACE_NONE, RS_PLACE_NONE },
		{ MANAGED "/a/b", RS_PLACE_NONE, RS_PLACE_NONE },
		{ MANAGED "/.", RS_PLACE_NONE, RS_PLACE_NONE },
		{ MANAGED "/..", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/etc/../policies/managed/x", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/etc//policies/managed/x", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "//etc/chromium/policies/managed/x", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "etc/chromium/policies/managed/x", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/etc/firefox/policies/policies.jso", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/etc/firefox/policies/policies.json2", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/etc/firefox-esr/policies/policies.json", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/etc/passwd", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/home/alice2/.mozilla/certificates/x", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/home/alice/../bob/.mozilla/certificates/x", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/home/alice/.mozilla/certificates/../x", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "/home/alice", RS_PLACE_NONE, RS_PLACE_NONE },
		{ "", RS_PLACE_NONE, RS_PLACE_NONE },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		if (rs_browser_place_of(cases[i].path, NULL) != cases[i].system ||
		    rs_browser_place_of(cases[i].path, &alice) != cases[i].users)
			fail_msg("%s", cases[i].path);
	}
}

struct listing {
	struct rs_sink sink;
	struct rs_buf text;
};

static bool
list_begin(struct rs_sink *sink RS_UNUSED, const char *kind, const char *path RS_UNUSED)
{
	assert_string_equal(kind, RS_KIND_BROWSER_POLICY);
	return true;
}

static void
list_store(struct rs_sink *sink, struct rs_store *store)
{
	static const char *const hows[] = {
		[RS_HOW_FILE] = "file", [RS_HOW_DERIVED] = "derived", [RS_HOW_ELEMENT] = "element",
		[RS_HOW_REPORT] = "report",
	};
	struct rs_buf *text = &((struct listing *)sink)->text;

	rs_buf_printf(text, "%s %s %s\n", rs_store_state_name(store->state), store->owner, store->path);
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		rs_buf_printf(text, "  %s\n", anchor->cert->subject);
		for (size_t k = 0; k < anchor->origins.n; k++) {
			const struct rs_origin *origin = anchor->origins.v[k];

			rs_buf_printf(text, "    %s %s: %s\n", hows[origin->how], origin->path,
				      origin->object);
			assert_non_null(origin->stamp.sha256);
			assert_true((origin->reason != NULL) == (origin->how == RS_HOW_REPORT));
		}
	}
	rs_store_free(store);
}

static void
list_fact(struct rs_sink *sink, const char *type, const char *text)
{
	rs_buf_printf(&((struct listing *)sink)->text, "%s %s\n", type, text);
}

static void
expect(const char *want)
{
	struct listing l = { .sink = { list_begin, list_store, list_fact } };

	rs_buf_puts(&l.text, "");
	rs_browser_policies_read(&l.sink);
	assert_string_equal(l.text.data, want);
	rs_buf_free(&l.text);
}

static void
give_all(void)
{
	assert_int_equal(system("chown -R 4242:4242 /home/alice"), 0);
}

static void
expect_home(bool own, const char *want)
{
	struct listing l = { .sink = { list_begin, list_store, list_fact } };
	struct rs_home_reading r = { .sink = &l.sink };

	give_all();
	rs_buf_puts(&l.text, "");
	assert_true(rs_home_hold(&r.home, &alice, own));
	rs_browser_policies_read_home(&r);
	rs_home_let_go(&r.home);
	rs_map_free(&r.seen);
	assert_string_equal(l.text.data, want);
	rs_buf_free(&l.text);
}

static int
setup(void **state RS_UNUSED)
{
	static const char *const gone[] = {
		"/etc/chromium", "/etc/opt", "/etc/firefox", "/usr/share/firefox", "/home/alice",
		"/srv/x", "/var/lib/dpkg",
	};

	for (size_t i = 0; i < RS_COUNT(gone); i++)
		if (file_exists(gone[i]))
			file_remove(gone[i]);
	file_mkdir(MANAGED);
	file_mkdir(FIREFOX);
	file_mkdir(SHARE "/certificates");
	file_mkdir("/home/alice");
	file_mkdir("/srv/x");
	return 0;
}

/* FORMAT with a's base64 where %s is first, b's where it is next. */
RS_PRINTF(2, 0)
static void
put(const char *path, const char *format, ...)
{
	RS_AUTOFREE char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = rs_vprintf(format, ap);
	va_end(ap);
	file_puts(path, text);
}

static void
test_chromium(void **state RS_UNUSED)
{
	put(MANAGED "/a", "{\"CACertificates\":[\n\"%s\",\"no\",7,null,\"MAA\",\"\",\n\"%s\"]}",
	    pem_a.line, pem_b.line);
	file_mkdir(MANAGED "/folder");
	file_mkdir("/etc/opt/edge/policies/recommended");
	put("/etc/opt/edge/policies/recommended/.x", "{\"CACertificatesWithConstraints\":[1,{},"
	    "{\"certificate\":1},{\"certificate\":\"%s\",\"constraints\":{\"permitted_dns_names\":"
	    "[\"x.org\",\"y\"],\"permitted_cidrs\":[\"10.0.0.0/8\"]}},{\"certificate\":\"%s\"}]}",
	    pem_a.line, pem_b.line);
	expect("no_findings system " MANAGED "/a\n"
	       "  CN=A\n    element " MANAGED "/a: CACertificates, entry 1 at line 2\n"
	       "  CN=B\n    element " MANAGED "/a: CACertificates, entry 7 at line 3\n"
	       "no_findings system /etc/opt/edge/policies/recommended/.x\n"
	       "  CN=A\n    element /etc/opt/edge/policies/recommended/.x: "
	       "CACertificatesWithConstraints, entry 4 at line 1 (only for x.org, y, 10.0.0.0/8)\n"
	       "  CN=B\n    element /etc/opt/edge/policies/recommended/.x: "
	       "CACertificatesWithConstraints, entry 5 at line 1\n");
}

static void
test_chromium_not_trusted(void **state RS_UNUSED)
{
	put(MANAGED "/a", "{\"CADistrustedCertificates\":[\"%s\"],\"CAHintCertificates\":[\"%s\"],"
	    "\"CACertificates\":[\"%s\"]}", pem_a.line, pem_b.line, pem_a.line);
	expect("no_findings system " MANAGED "/a\n");
	put(MANAGED "/a", "{\"CACertificates\":{\"x\":[\"%s\"]},\"x\":{\"CACertificates\":[\"%s\"]}}",
	    pem_a.line, pem_a.line);
	expect("no_findings system " MANAGED "/a\n");
}

/* Several places of one certificate are one anchor. */
static void
test_twins(void **state RS_UNUSED)
{
	put(MANAGED "/a", "{\"CACertificates\":[\"%s\",\"%s\"]}", pem_a.line, pem_a.line);
	expect("no_findings system " MANAGED "/a\n  CN=A\n"
	       "    element " MANAGED "/a: CACertificates, entry 1 at line 1\n"
	       "    element " MANAGED "/a: CACertificates, entry 2 at line 1\n");
	/* A name that is written in another way. */
	put(MANAGED "/a", "{\"CACertific\\x61tes\":[\"%s\"]}", pem_a.line);
	expect("no_findings system " MANAGED "/a\n  CN=A\n"
	       "    element " MANAGED "/a: CACertificates, entry 1 at line 1\n");
	/* The list that counts is not the one that can be found. */
	put(MANAGED "/a", "{\"CACertificates\":[\"%s\"],\"CACertificates\":7}", pem_a.line);
	expect("no_findings system " MANAGED "/a\n");
}

static void
expect_state(const char *state)
{
	RS_AUTOFREE char *want = rs_printf("%s system " MANAGED "/a\n", state);

	expect(want);
	file_remove(MANAGED "/a");
}

static void
test_broken(void **state RS_UNUSED)
{
	put(MANAGED "/a", "{\"CACertificates\":[\"%s\"]} x", pem_a.line);
	expect_state("error");
	put(MANAGED "/a", "{\"CACertific\\x61te\\v\":[\"%s\"]}", pem_a.line);
	expect_state("error");
	file_puts(MANAGED "/a", "no policy {");
	expect_state("no_findings");
	file_puts(MANAGED "/a", "");
	expect_state("no_findings");
	assert_int_equal(mkfifo(MANAGED "/a", 0600), 0);
	expect_state("error");
	assert_int_equal(symlink("a", MANAGED "/a"), 0);
	expect_state("error");
	/* Nothing at all: browsers pass it over as well. */
	assert_int_equal(symlink("nowhere", MANAGED "/a"), 0);
	expect("");
}

/* One file by two ways is one store; what a link leads to is edited only where
 * it is a browser's own. */
static void
test_links(void **state RS_UNUSED)
{
	put("/srv/x/policy", "{\"CACertificates\":[\"%s\"]}", pem_a.line);
	put(MANAGED "/a", "{\"CACertificates\":[\"%s\"]}", pem_b.line);
	file_mkdir("/etc/opt/edge/policies/managed");
	assert_int_equal(symlink("/srv/x/policy", "/etc/opt/edge/policies/managed/p") |
			 symlink(MANAGED "/a", "/etc/opt/edge/policies/managed/q"), 0);
	expect("no_findings system " MANAGED "/a\n  CN=B\n    element " MANAGED "/a: CACertificates, "
	       "entry 1 at line 1\n"
	       "no_findings system /srv/x/policy\n  CN=A\n    report /srv/x/policy: CACertificates, "
	       "entry 1 at line 1\n");
}

#define INSTALL(names) "{\"policies\":{\"Certificates\":{\"Install\":[" names "]}}}"
#define ENTRY(n, file) "    element " FIREFOX "/policies.json: Install, entry " n " at line 1 (" file ")\n"

static void
write_pem(const char *path, const struct pem_sample *first, const struct pem_sample *second)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, first->pem.data);
	if (second != NULL)
		rs_buf_puts(&text, second->pem.data);
	file_puts(path, text.data);
}

static void
test_firefox(void **state RS_UNUSED)
{
	file_mkdir("/var/lib/dpkg/info");
	write_pem(SHARE "/certificates/a", &pem_a, NULL);
	file_write(SHARE "/certificates/b", pem_b.der.data, pem_b.der.len);
	file_puts("/var/lib/dpkg/info/p.list", SHARE "/certificates/b\n");
	write_pem("/srv/x/evil", &pem_evil, NULL);
	file_puts(FIREFOX "/policies.json", INSTALL("\"a\",\"b\",\"/srv/x/evil\",\"none\",\"/none\","
						    "\"x/a\",\"../a\",\"~/a\",\"\",\".\",\"..\",7,[\"a\"]"));
	expect("no_findings system " FIREFOX "/policies.json\n"
	       "  CN=A\n" ENTRY("1", SHARE "/certificates/a")
	       "    file " SHARE "/certificates/a: certificate 1 at line 1\n"
	       "  CN=B\n" ENTRY("2", SHARE "/certificates/b")
	       "    derived " SHARE "/certificates/b: certificate 1 at byte 0\n"
	       "  CN=Evil\\, with a name of some length\n" ENTRY("3", "/srv/x/evil")
	       "    derived /srv/x/evil: certificate 1 at line 1\n");
	/* Where it cannot be known whose a file is, it stays. */
	file_remove("/var/lib/dpkg");
	file_puts(FIREFOX "/policies.json", INSTALL("\"a\""));
	expect("no_findings system " FIREFOX "/policies.json\n"
	       "  CN=A\n" ENTRY("1", SHARE "/certificates/a")
	       "    derived " SHARE "/certificates/a: certificate 1 at line 1\n");
}

/* With the entry would go certificates that nobody asked to take out. */
static void
test_firefox_several(void **state RS_UNUSED)
{
	write_pem("/srv/x/two", &pem_a, &pem_b);
	write_pem("/srv/x/twice", &pem_evil, &pem_evil);
	file_puts(FIREFOX "/policies.json", INSTALL("\"/srv/x/two\",\"/srv/x/twice\""));
	expect("no_findings system " FIREFOX "/policies.json\n"
	       "  CN=A\n    report " FIREFOX "/policies.json: Install, entry 1 at line 1 (/srv/x/two)\n"
	       "  CN=B\n    report " FIREFOX "/policies.json: Install, entry 1 at line 1 (/srv/x/two)\n"
	       "  CN=Evil\\, with a name of some length\n" ENTRY("2", "/srv/x/twice")
	       "    derived /srv/x/twice: certificate 1 at line 1\n"
	       "    derived /srv/x/twice: certificate 2 at line 9\n");
}

static void
test_firefox_unreadable(void **state RS_UNUSED)
{
	assert_int_equal(mkfifo("/srv/x/fifo", 0600), 0);
	file_puts(FIREFOX "/policies.json", INSTALL("\"/srv/x/fifo\""));
	expect("error system " FIREFOX "/policies.json\n");
	file_puts(FIREFOX "/policies.json", "{\"policies\":[],\"Install\":[\"/srv/x/a\"]}");
	expect("no_findings system " FIREFOX "/policies.json\n");
}

#define HOME_STORE(path) "no_findings alice " path "\n"

/* The system's names, of files in a home. */
static void
test_named_in_home(void **state RS_UNUSED)
{
	file_mkdir(CERTIFICATES);
	write_pem(CERTIFICATES "/a", &pem_a, NULL);
	write_pem(CERTIFICATES "/two", &pem_a, &pem_b);
	write_pem(CERTIFICATES "/not-named", &pem_evil, NULL);
	write_pem("/home/alice/b", &pem_b, NULL);
	write_pem("/home/alice/evil", &pem_evil, NULL);
	expect_home(false, "");
	file_puts(FIREFOX "/policies.json", INSTALL("\"a\",\"two\",\"none\",\"~/b\",\"/home/alice/evil\","
						    "\"/home/alice/../../srv/x/a\",\"~\",\"~/\""));
	write_pem("/srv/x/a", &pem_a, NULL);
	expect_home(false,
	    HOME_STORE(CERTIFICATES "/a") "  CN=A\n    file " CERTIFICATES "/a: certificate 1 at line 1\n"
	    HOME_STORE(CERTIFICATES "/two")
	    "  CN=A\n    report " CERTIFICATES "/two: certificate 1 at line 1\n"
	    "  CN=B\n    report " CERTIFICATES "/two: certificate 2 at line 8\n"
	    HOME_STORE("/home/alice/b") "  CN=B\n    report /home/alice/b: certificate 1 at line 1\n"
	    HOME_STORE("/home/alice/evil")
	    "  CN=Evil\\, with a name of some length\n    report /home/alice/evil: certificate 1 at line 1\n"
	    "skipped alice /home/alice/../../srv/x/a\n");
}

static void
test_own(void **state RS_UNUSED)
{
	file_mkdir(FLATPAK "/managed");
	put(FLATPAK "/managed/x", "{\"CACertificates\":[\"%s\"]}", pem_a.line);
	write_pem(FLATPAK "/b", &pem_b, NULL);
	file_mkdir(CERTIFICATES);
	write_pem(CERTIFICATES "/evil", &pem_evil, NULL);
	file_puts(FLATPAK "/policies.json", INSTALL("\"/app/etc/firefox/policies/b\",\"evil\""));
#define OWN_ENTRY(n, file) "    element " FLATPAK "/policies.json: Install, entry " n " at line 1 (" file ")\n"
	expect_home(false,
	    HOME_STORE(FLATPAK "/managed/x") "  CN=A\n    element " FLATPAK
	    "/managed/x: CACertificates, entry 1 at line 1\n"
	    HOME_STORE(FLATPAK "/policies.json")
	    "  CN=B\n" OWN_ENTRY("1", FLATPAK "/b")
	    "    derived " FLATPAK "/b: certificate 1 at line 1\n"
	    "  CN=Evil\\, with a name of some length\n" OWN_ENTRY("2", CERTIFICATES "/evil")
	    "    file " CERTIFICATES "/evil: certificate 1 at line 1\n");
}

/* Links in a home: said in a run with privilege, followed in the user's own. */
static void
test_home_links(void **state RS_UNUSED)
{
	file_mkdir(FLATPAK);
	put("/home/alice/x", "{\"policies\":{}}%s", "");
	assert_int_equal(symlink("/home/alice/x", FLATPAK "/policies.json"), 0);
	expect_home(false, "skipped alice " FLATPAK "/policies.json\n");
	expect_home(true, "no_findings alice " FLATPAK "/policies.json\n");
	file_remove(FLATPAK);
	file_mkdir("/home/alice/y");
	put("/home/alice/y/policies.json", "{\"policies\":{}}%s", "");
	assert_int_equal(symlink("/home/alice/y", FLATPAK), 0);
	expect_home(false, "skipped alice " FLATPAK "\n");
	expect_home(true, "no_findings alice " FLATPAK "/policies.json\n");
}

#define POLICY_TEST(name, function) { name, function, setup, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		POLICY_TEST("/browser-policy/places", test_places),
		POLICY_TEST("/browser-policy/chromium", test_chromium),
		POLICY_TEST("/browser-policy/chromium-not-trusted", test_chromium_not_trusted),
		POLICY_TEST("/browser-policy/twins", test_twins),
		POLICY_TEST("/browser-policy/broken", test_broken),
		POLICY_TEST("/browser-policy/links", test_links),
		POLICY_TEST("/browser-policy/firefox", test_firefox),
		POLICY_TEST("/browser-policy/firefox-several", test_firefox_several),
		POLICY_TEST("/browser-policy/firefox-unreadable", test_firefox_unreadable),
		POLICY_TEST("/browser-policy/named-in-home", test_named_in_home),
		POLICY_TEST("/browser-policy/own", test_own),
		POLICY_TEST("/browser-policy/home-links", test_home_links),
	};

	file_private_world();
	return cmocka_run_group_tests_name("browser-policy", tests, pem_setup, pem_teardown);
}
