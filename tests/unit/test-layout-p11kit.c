/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layouts in which p11-kit reads the origins, in a private world, as root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debian.h"
#include "file-fixture.h"
#include "layout-fixture.h"
#include "p11-paths.h"
#include "pem-fixture.h"

#define ADMIN "/etc/pki/ca-trust/source"
#define VENDOR "/usr/share/pki/ca-trust-source"
#define MADE "/etc/pki/ca-trust/extracted"
#define TLS MADE "/pem/tls-ca-bundle.pem"
#define SOURCES "p11-kit_source /etc/pki\np11-kit_source /usr/sha\n"

static void
put(const char *path, const struct rs_buf *bytes)
{
	RS_AUTOFREE char *dir = rs_strdup(path);

	*strrchr(dir, '/') = '\0';
	file_mkdir(dir);
	file_write(path, bytes->data, bytes->len);
}

/* p11-kit's object of a certificate, with what is said of it. */
static void
put_object(const char *path, const char *says, const struct pem_sample *sample)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_printf(&text, "[p11-kit-object-v1]\n%s\n", says);
	rs_buf_add(&text, sample->pem.data, sample->pem.len);
	put(path, &text);
}

/* No layout at all. */
static int
clear(void **state RS_UNUSED)
{
	static const char *const all[] = {
		"/etc/pki", "/etc/ssl", "/etc/ca-certificates", "/etc/pkcs11", "/usr/share/pki",
		"/usr/share/ca-certificates", "/usr/share/p11-kit", "/var/lib/ca-certificates",
		"/var/lib/dpkg", "/etc/ca-certificates.conf", "/usr/sbin/update-ca-certificates",
		"/usr/lib/apk", "/lib/apk",
	};

	for (size_t i = 0; i < RS_COUNT(all); i++)
		file_remove(all[i]);
	return 0;
}

static int
setup(void **state)
{
	clear(state);
	file_mkdir(ADMIN "/anchors");
	file_mkdir(ADMIN "/blocklist");
	file_mkdir(VENDOR "/anchors");
	file_mkdir(MADE "/pem/directory-hash");
	return 0;
}

static void
expect_of(const struct rs_layout *layout, const char *want)
{
	RS_AUTOFREE char *got = layout_listing(layout);

	assert_string_equal(got, want);
}

static void
expect(const char *want)
{
	expect_of(&rs_layout_fedora, want);
}

#define DIRECTORY "openssl-dir no_findings\n"
#define OS "p11-kit no_findings\n"

/*
 * Detection.
 */

static void
expect_layout(const char *name)
{
	const struct rs_layout *layout = rs_layout_detect();

	if (name == NULL)
		assert_null(layout);
	else if (layout == NULL || !rs_streq(layout->name, name))
		assert_string_equal(layout ? layout->name : "none", name);
	assert_ptr_equal(rs_layout_find(name), layout);
}

static void
test_detect(void **state RS_UNUSED)
{
	static const struct { const char *places[2], *name; } layouts[] = {
		{ { ADMIN, MADE }, "fedora" },
		{ { "/etc/ca-certificates/trust-source", "/etc/ca-certificates/extracted" },
		  "arch" },
		{ { "/etc/pki/trust", "/var/lib/ca-certificates" }, "suse" },
	};

	for (size_t i = 0; i < RS_COUNT(layouts); i++) {
		clear(NULL);
		file_mkdir(layouts[i].places[0]);
		/* Somebody followed instructions for another system. */
		expect_layout(NULL);
		file_mkdir(layouts[i].places[1]);
		expect_layout(layouts[i].name);
	}
}

/* The others' updater, and the folder that Arch has as well, make no Debian. */
static void
test_detect_debian(void **state RS_UNUSED)
{
	clear(NULL);
	file_mkdir("/usr/share/ca-certificates/trust-source");
	file_puts(RS_DEBIAN_UPDATER, "");
	expect_layout(NULL);
	file_mkdir(RS_DEBIAN_DPKG_INFO);
	expect_layout("debian");
	file_remove("/var/lib/dpkg");
	file_puts(RS_DEBIAN_CONF, "");
	expect_layout("debian");
	file_mkdir("/usr/lib/apk/db");
	expect_layout("alpine");
}

static void
test_detect_configured(void **state RS_UNUSED)
{
	clear(NULL);
	file_mkdir("/etc/pkcs11/modules");
	file_puts(RS_P11_ADMIN_MODULE, "module: p11-kit-trust.so\n");
	expect_layout(NULL);
	file_puts(RS_P11_ADMIN_MODULE, "x-init-reserved: paths='/etc/trust:/usr/share/trust'\n");
	expect_layout("p11-kit");
	file_mkdir(ADMIN);
	file_mkdir(MADE);
	expect_layout("fedora");
}

/*
 * Origins.
 */

static void
test_origins(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf two = { 0 };

	rs_buf_add(&two, pem_a.pem.data, pem_a.pem.len);
	rs_buf_add(&two, pem_b.pem.data, pem_b.pem.len);
	expect(SOURCES DIRECTORY OS);
	put(ADMIN "/anchors/two", &two);
	put(VENDOR "/anchors/b.der", &pem_b.der);
	expect(SOURCES DIRECTORY OS
	       "  CN=A 2\n    block " ADMIN "/anchors/two certificate 1 at line 1\n"
	       "  CN=B 2\n    block " ADMIN "/anchors/two certificate 2 at line 8\n"
	       "    distrust " VENDOR "/anchors/b.der certificate 1 at byte 0\n");
}

/* Beside the folders a file says it itself, or says nothing. */
static void
test_says_itself(void **state RS_UNUSED)
{
	put(ADMIN "/plain.pem", &pem_a.pem);
	put_object(ADMIN "/nothing.p11-kit", "modifiable: true", &pem_a);
	put_object(ADMIN "/false.p11-kit", "trusted: false", &pem_a);
	put_object(ADMIN "/both.p11-kit", "trusted: true\nx-distrusted: true", &pem_b);
	expect(SOURCES DIRECTORY OS);
	put_object(ADMIN "/a.p11-kit", "trusted: true", &pem_a);
	expect(SOURCES DIRECTORY OS
	       "  CN=A 2\n    file " ADMIN "/a.p11-kit certificate 1 at line 3\n");
	/* What any file denies is denied in all. */
	put_object(VENDOR "/not-a.p11-kit", "x-distrusted: true", &pem_a);
	expect(SOURCES DIRECTORY OS);
}

static void
test_distrusted(void **state RS_UNUSED)
{
	put(ADMIN "/anchors/a.pem", &pem_a.pem);
	put(VENDOR "/anchors/a.pem", &pem_a.pem);
	put(ADMIN "/blocklist/a.der", &pem_a.der);
	expect(SOURCES DIRECTORY OS);
}

/* The older name counts only where p11-kit cannot know the newer one. */
static void
test_blacklist(void **state RS_UNUSED)
{
	static const char found[] = SOURCES DIRECTORY OS
	    "  CN=A 2\n    file " ADMIN "/anchors/a.pem certificate 1 at line 1\n";
	RS_AUTOFREE char *newer = NULL, *older = NULL;

	put(ADMIN "/anchors/a.pem", &pem_a.pem);
	put(ADMIN "/blacklist/a.pem", &pem_a.pem);
	expect(found);
	newer = rs_layout_fedora.distrust_dir(&rs_layout_fedora);
	assert_string_equal(newer, ADMIN "/blocklist");
	file_remove(ADMIN "/blocklist");
	expect(SOURCES DIRECTORY OS);
	older = rs_layout_fedora.distrust_dir(&rs_layout_fedora);
	assert_string_equal(older, ADMIN "/blacklist");
}

static void
test_links(void **state RS_UNUSED)
{
	put("/srv/a.pem", &pem_a.pem);
	assert_int_equal(symlink("/srv/a.pem", ADMIN "/anchors/a.pem") |
			 symlink("nowhere", ADMIN "/anchors/dangling") |
			 symlink("cycle", ADMIN "/anchors/cycle") |
			 mkdir(ADMIN "/anchors/folder", 0700), 0);
	put(ADMIN "/anchors/folder/b.pem", &pem_b.pem);
	expect(SOURCES DIRECTORY OS
	       "  CN=A 2\n    link " ADMIN "/anchors/a.pem certificate 1 at line 1\n");
}

static void
test_broken(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, BEGIN "AAAA\n" END);
	rs_buf_add(&text, pem_a.pem.data, pem_a.pem.len);
	put(ADMIN "/anchors/odd", &text);
	expect("notice /etc/pki\n" SOURCES DIRECTORY OS
	       "  CN=A 2\n    file " ADMIN "/anchors/odd certificate 1 at line 4\n");
}

/* Many are counted, not named. */
static void
test_broken_many(void **state RS_UNUSED)
{
	RS_AUTOFREE char *got = NULL;
	size_t told = 0;

	for (int i = 0; i < 30; i++) {
		RS_AUTOFREE char *path = rs_printf(ADMIN "/anchors/%d", i);

		file_puts(path, BEGIN "AAAA\n" END);
	}
	got = layout_listing(&rs_layout_fedora);
	for (const char *p = got; (p = strstr(p, "notice ")) != NULL; p++)
		told++;
	assert_int_equal(told, 11);
	assert_non_null(strstr(got, "notice 20 more \n"));
}

static void
test_packaged(void **state RS_UNUSED)
{
	RS_AUTOFREE char *fact = NULL, *got = NULL;
	char digest[RS_SHA256_HEX];

	rs_sha256(pem_a.der.data, pem_a.der.len, digest);
	fact = rs_printf("packaged %.8s\n", digest);
	put_object(VENDOR "/ca-bundle.trust.p11-kit", "trusted: true", &pem_a);
	got = layout_listing(&rs_layout_fedora);
	assert_non_null(strstr(got, fact));
	assert_non_null(strstr(got, "    distrust " VENDOR "/ca-bundle.trust.p11-kit "));
	/* Another package's is nobody's programme. */
	file_remove(VENDOR "/ca-bundle.trust.p11-kit");
	put_object(VENDOR "/isp.p11-kit", "trusted: true", &pem_a);
	free(rs_steal(&got));
	got = layout_listing(&rs_layout_fedora);
	assert_null(strstr(got, "packaged"));
}

/*
 * Copies.
 */

static void
test_bundle(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf both = { 0 };

	put(ADMIN "/anchors/a.pem", &pem_a.pem);
	rs_buf_add(&both, pem_a.pem.data, pem_a.pem.len);
	rs_buf_add(&both, pem_evil.pem.data, pem_evil.pem.len);
	put(TLS, &both);
	put(MADE "/pem/directory-hash/a.pem", &pem_a.pem);
	put(MADE "/pem/directory-hash/evil.pem", &pem_evil.pem);
	expect(SOURCES "openssl-dir no_findings\n"
	       "  CN=A 4\n    derived " TLS " certificate 1 at line 1\n"
	       "  CN=Evi 4\n    block " TLS " certificate 2 at line 8\n"
	       "openssl-dir no_findings\n"
	       "  CN=A 8\n    derived " MADE "/pem/directory-hash/a.pem certificate 1 at line 1\n"
	       "  CN=Evi 8\n    file " MADE "/pem/directory-hash/evil.pem certificate 1 at line 1\n"
	       OS "  CN=A 2\n    file " ADMIN "/anchors/a.pem certificate 1 at line 1\n");
}

/* A word of the copy's alone hides nothing: others read past it. */
static void
test_rejected(void **state RS_UNUSED)
{
	static const char aux[] = "\x30\x02\x30\x00";
	RS_AUTOBUF struct rs_buf der = { 0 }, text = { 0 };
	RS_AUTOFREE char *line = NULL, *seen = NULL, *denied = NULL;

	rs_buf_add(&der, pem_a.der.data, pem_a.der.len);
	rs_buf_add(&der, aux, sizeof(aux) - 1);
	line = rs_base64(der.data, der.len);
	rs_buf_printf(&text, "-----BEGIN TRUSTED CERTIFICATE-----\n%s\n"
		      "-----END TRUSTED CERTIFICATE-----\n", line);
	put(MADE "/openssl/ca-bundle.trust.crt", &text);
	seen = layout_listing(&rs_layout_fedora);
	assert_non_null(strstr(seen, "    block " MADE "/openssl/ca-bundle.trust.crt "));
	put(ADMIN "/blocklist/a.pem", &pem_a.pem);
	denied = layout_listing(&rs_layout_fedora);
	assert_null(strstr(denied, "CN=A"));
}

/* Links into what was read are no stores; a file in a link's place is one. */
static void
test_well_known(void **state RS_UNUSED)
{
	RS_AUTOFREE char *got = NULL;

	put(ADMIN "/anchors/a.pem", &pem_a.pem);
	put(TLS, &pem_a.pem);
	file_mkdir("/etc/pki/tls/certs");
	file_mkdir("/etc/ssl");
	assert_int_equal(symlink(TLS, "/etc/pki/tls/certs/ca-bundle.crt") |
			 symlink("certs/ca-bundle.crt", "/etc/pki/tls/cert.pem") |
			 symlink("/etc/pki/tls/certs", "/etc/ssl/certs"), 0);
	got = layout_listing(&rs_layout_fedora);
	assert_null(strstr(got, "/etc/ssl"));
	assert_null(strstr(got, "/etc/pki/tls"));
	put("/etc/ssl/cert.pem", &pem_a.pem);
	put("/srv/mine.pem", &pem_b.pem);
	assert_int_equal(symlink("/srv/mine.pem", "/etc/ssl/ca-bundle.pem"), 0);
	free(rs_steal(&got));
	got = layout_listing(&rs_layout_fedora);
	assert_non_null(strstr(got, "    block /etc/ssl/cert.pem certificate 1"));
	assert_non_null(strstr(got, "    report /srv/mine.pem certificate 1"));
}

/*
 * Configured paths.
 */

static void
test_configured(void **state RS_UNUSED)
{
	RS_AUTOFREE char *place = NULL;

	put(ADMIN "/anchors/a.pem", &pem_a.pem);
	put("/etc/trust/anchors/b.pem", &pem_b.pem);
	put("/etc/one.pem", &pem_evil.pem);
	file_mkdir("/etc/pkcs11/modules");
	file_puts(RS_P11_ADMIN_MODULE, "x-init-reserved: paths='/etc/one.pem:/etc/trust'\n");
	expect("p11-kit_source /etc/one\np11-kit_source /etc/tru\n" DIRECTORY OS
	       "  CN=B 2\n    file /etc/trust/anchors/b.pem certificate 1 at line 1\n"
	       "  CN=Evi 2\n    file /etc/one.pem certificate 1 at line 1\n");
	place = rs_layout_fedora.distrust_dir(&rs_layout_fedora);
	assert_string_equal(place, "/etc/trust/blocklist");
	assert_true(rs_layout_fedora.owns(&rs_layout_fedora, "/etc/one.pem"));
	assert_false(rs_layout_fedora.owns(&rs_layout_fedora, ADMIN "/anchors/a.pem"));
	file_puts(RS_P11_ADMIN_MODULE, "x-init-reserved: paths='/usr/share/trust:/etc/one.pem'\n");
	assert_null(rs_layout_fedora.distrust_dir(&rs_layout_fedora));
}

static void
test_owns(void **state RS_UNUSED)
{
	static const char *const own[] = {
		ADMIN "/a.pem", ADMIN "/anchors/a.pem", ADMIN "/blocklist/a.pem", TLS,
		"/etc/ssl/cert.pem", "/etc/ssl/certs/0123abcd.0", "/etc/pki/tls/certs/a.pem",
	};
	static const char *const not_own[] = {
		ADMIN "/", ADMIN "/../x", ADMIN "/anchors/..", VENDOR "/anchors/a.pem",
		"/etc/passwd", "/etc/pki/tls/private/a.key", "/etc/ssl/certs/../../passwd",
		"/etc/ssl/openssl.cnf", MADE, "", "/",
	};

	for (size_t i = 0; i < RS_COUNT(own); i++)
		if (!rs_layout_fedora.owns(&rs_layout_fedora, own[i]))
			fail_msg("%s", own[i]);
	for (size_t i = 0; i < RS_COUNT(not_own); i++)
		if (rs_layout_fedora.owns(&rs_layout_fedora, not_own[i]))
			fail_msg("%s", not_own[i]);
	/* Whatever is configured: nothing in a home is changed as root. */
	file_mkdir("/etc/pkcs11/modules");
	file_puts(RS_P11_ADMIN_MODULE, "x-init-reserved: paths='/home/alice:/'\n");
	assert_false(rs_layout_fedora.owns(&rs_layout_fedora, "/home/alice/a.pem"));
	assert_false(rs_layout_fedora.owns(&rs_layout_fedora, "/etc/passwd"));
}

#define TEST(name, function) { name, function, setup, clear, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("/layout-p11kit/detect", test_detect),
		TEST("/layout-p11kit/detect-debian", test_detect_debian),
		TEST("/layout-p11kit/detect-configured", test_detect_configured),
		TEST("/layout-p11kit/origins", test_origins),
		TEST("/layout-p11kit/says-itself", test_says_itself),
		TEST("/layout-p11kit/distrusted", test_distrusted),
		TEST("/layout-p11kit/blacklist", test_blacklist),
		TEST("/layout-p11kit/links", test_links),
		TEST("/layout-p11kit/broken", test_broken),
		TEST("/layout-p11kit/broken-many", test_broken_many),
		TEST("/layout-p11kit/packaged", test_packaged),
		TEST("/layout-p11kit/bundle", test_bundle),
		TEST("/layout-p11kit/rejected", test_rejected),
		TEST("/layout-p11kit/well-known", test_well_known),
		TEST("/layout-p11kit/configured", test_configured),
		TEST("/layout-p11kit/owns", test_owns),
	};

	file_private_world();
	return cmocka_run_group_tests_name("layout-p11kit", tests, pem_setup, pem_teardown);
}
