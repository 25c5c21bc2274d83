/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debian's layout, in a private world, as root. */
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
#include "make-jks.h"
#include "pem-fixture.h"
#include "store-java.h"

#define OS "p11-kit no_findings\n"
#define DIRECTORY "openssl-dir no_findings\n"

static void
expect(const char *want)
{
	RS_AUTOFREE char *got = layout_listing(&rs_layout_debian);

	assert_string_equal(got, want);
}

/* A system without a certificate. */
static int
setup(void **state RS_UNUSED)
{
	static const char *const clean[] = {
		RS_DEBIAN_PACKAGES, RS_DEBIAN_LOCAL, RS_DEBIAN_DIR, "/var/lib/dpkg",
	};

	for (size_t i = 0; i < RS_COUNT(clean); i++)
		file_remove(clean[i]);
	file_debian();
	return 0;
}

static void
put_file(const char *path, const struct rs_buf *bytes)
{
	RS_AUTOFREE char *dir = rs_strdup(path);

	*strrchr(dir, '/') = '\0';
	file_mkdir(dir);
	file_write(path, bytes->data, bytes->len);
}

static void
test_detect(void **state RS_UNUSED)
{
	assert_ptr_equal(rs_layout_detect(), &rs_layout_debian);
	assert_ptr_equal(rs_layout_find("debian"), &rs_layout_debian);
	assert_null(rs_layout_find("other"));
	assert_null(rs_layout_find(NULL));
	file_remove(RS_DEBIAN_PACKAGES);
	assert_null(rs_layout_detect());
}

static void
test_empty(void **state RS_UNUSED)
{
	expect(OS DIRECTORY);
	/* Not even the files that it is made of. */
	assert_int_equal(unlink(RS_DEBIAN_CONF), 0);
	file_remove(RS_DEBIAN_LOCAL);
	expect(OS DIRECTORY);
}

static void
test_local(void **state RS_UNUSED)
{
	put_file(RS_DEBIAN_LOCAL "/a.crt", &pem_a.pem);
	put_file(RS_DEBIAN_LOCAL "/a.pem", &pem_b.pem);
	put_file(RS_DEBIAN_LOCAL "/sub dir/[b].crt", &pem_b.der);
	expect(OS "  CN=A 2\n    file " RS_DEBIAN_LOCAL "/a.crt certificate 1 at line 1\n"
	       "  CN=B 2\n    file " RS_DEBIAN_LOCAL "/sub dir/[b].crt certificate 1 at byte 0\n"
	       DIRECTORY);
}

static void
test_local_links(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf two = { 0 };

	rs_buf_add(&two, pem_a.pem.data, pem_a.pem.len);
	rs_buf_add(&two, pem_b.pem.data, pem_b.pem.len);
	put_file("/srv/one.pem", &pem_a.pem);
	put_file("/srv/two.pem", &two);
	assert_int_equal(symlink("/srv/one.pem", RS_DEBIAN_LOCAL "/one.crt"), 0);
	expect(OS "  CN=A 2\n    link " RS_DEBIAN_LOCAL "/one.crt certificate 1 at line 1\n" DIRECTORY);
	assert_int_equal(unlink(RS_DEBIAN_LOCAL "/one.crt") |
			 symlink("/srv/two.pem", RS_DEBIAN_LOCAL "/two.crt"), 0);
	expect(OS "  CN=A 2\n    report " RS_DEBIAN_LOCAL "/two.crt certificate 1 at line 1\n"
	       "  CN=B 2\n    report " RS_DEBIAN_LOCAL "/two.crt certificate 2 at line 8\n" DIRECTORY);
	assert_int_equal(unlink(RS_DEBIAN_LOCAL "/two.crt"), 0);
	put_file(RS_DEBIAN_LOCAL "/two.crt", &two);
	expect(OS "  CN=A 2\n    block " RS_DEBIAN_LOCAL "/two.crt certificate 1 at line 1\n"
	       "  CN=B 2\n    block " RS_DEBIAN_LOCAL "/two.crt certificate 2 at line 8\n" DIRECTORY);
}

/* What cannot be read is said, and the rest is. */
static void
test_local_bad(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf deep = { 0 };
	RS_AUTOFREE char *got = NULL;

	put_file(RS_DEBIAN_LOCAL "/a.crt", &pem_a.pem);
	assert_int_equal(mkfifo(RS_DEBIAN_LOCAL "/fifo.crt", 0600) |
			 mkdir(RS_DEBIAN_LOCAL "/dir.crt", 0700) |
			 symlink("none", RS_DEBIAN_LOCAL "/dangling.crt") |
			 symlink("loop.crt", RS_DEBIAN_LOCAL "/loop.crt"), 0);
	expect(OS "  CN=A 2\n    file " RS_DEBIAN_LOCAL "/a.crt certificate 1 at line 1\n" DIRECTORY);
	rs_buf_puts(&deep, RS_DEBIAN_LOCAL);
	for (int i = 0; i < 20; i++)
		rs_buf_puts(&deep, "/d");
	rs_buf_puts(&deep, "/x.crt");
	put_file(deep.data, &pem_b.pem);
	got = layout_listing(&rs_layout_debian);
	assert_true(rs_starts(got, "p11-kit error: " RS_DEBIAN_LOCAL "/d/d/"));
	assert_non_null(strstr(got, " is too deep to be read\n  CN=A 2\n"));
}

static void
put_conf(const char *text)
{
	file_puts(RS_DEBIAN_CONF, text);
	put_file(RS_DEBIAN_PACKAGES "/mozilla/A.crt", &pem_a.pem);
	put_file(RS_DEBIAN_PACKAGES "/isp/b (c), d.crt", &pem_b.pem);
}

#define A_ORIGIN "  CN=A 2\n    conf " RS_DEBIAN_CONF " " RS_DEBIAN_PACKAGES "/mozilla/A.crt\n"
#define B_ORIGIN "  CN=B 2\n    conf " RS_DEBIAN_CONF " " RS_DEBIAN_PACKAGES "/isp/b (c), d.crt\n"

static void
test_conf(void **state RS_UNUSED)
{
	put_conf("# a comment\nmozilla/A.crt\n\nisp/b (c), d.crt\nnone/x.crt\n");
	expect(OS A_ORIGIN B_ORIGIN DIRECTORY);
	put_conf("!mozilla/A.crt\nisp/b (c), d.crt\n#mozilla/A.crt\n");
	expect(OS B_ORIGIN DIRECTORY);
	put_conf("mozilla\nmozilla/\n/\n.\n\n!\n#\nmozilla/A.crt\r\n");
	expect(OS DIRECTORY);
	put_conf("");
	expect(OS DIRECTORY);
}

/* The updater's shell reads a line without the blanks around it. */
static void
test_conf_blanks(void **state RS_UNUSED)
{
	put_conf("mozilla/A.crt \t\n \t isp/b (c), d.crt\n");
	expect(OS A_ORIGIN B_ORIGIN DIRECTORY);
	put_conf("!mozilla/A.crt \n !isp/b (c), d.crt\n #mozilla/A.crt\n   \n\t\n");
	expect(OS DIRECTORY);
}

static void
test_selected(void **state RS_UNUSED)
{
	assert_null(rs_debian_selected("", 0));
	assert_null(rs_debian_selected("!a", 2));
	assert_null(rs_debian_selected("#a", 2));
	assert_null(rs_debian_selected("  \t", 3));
	for (int i = 0; i < 2; i++) {
		RS_AUTOFREE char *path = rs_debian_selected(i ? " a b \nx" : "a b\nx", i ? 5 : 3);

		assert_string_equal(path, RS_DEBIAN_PACKAGES "/a b");
	}
}

/* The bundle's bytes tell by themselves what is trusted. */
static void
test_bundle(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf bundle = { 0 };

	rs_buf_add(&bundle, pem_a.pem.data, pem_a.pem.len);
	rs_buf_add(&bundle, pem_b.pem.data, pem_b.pem.len);
	put_file(RS_DEBIAN_LOCAL "/a.crt", &pem_a.pem);
	put_file(RS_DEBIAN_BUNDLE, &bundle);
	expect(OS "  CN=A 6\n    file " RS_DEBIAN_LOCAL "/a.crt certificate 1 at line 1\n"
	       "    derived " RS_DEBIAN_BUNDLE " certificate 1 at line 1\n"
	       "  CN=B 4\n    block " RS_DEBIAN_BUNDLE " certificate 2 at line 8\n" DIRECTORY);
	assert_int_equal(unlink(RS_DEBIAN_BUNDLE) | mkdir(RS_DEBIAN_BUNDLE, 0755), 0);
	expect("p11-kit error: " RS_DEBIAN_BUNDLE " cannot be read: Is a directory\n"
	       "  CN=A 2\n    file " RS_DEBIAN_LOCAL "/a.crt certificate 1 at line 1\n" DIRECTORY);
}

static void
test_directory(void **state RS_UNUSED)
{
	put_file(RS_DEBIAN_LOCAL "/a.crt", &pem_a.pem);
	put_file(RS_DEBIAN_DIR "/stray.pem", &pem_b.pem);
	assert_int_equal(symlink(RS_DEBIAN_LOCAL "/a.crt", RS_DEBIAN_DIR "/a.pem"), 0);
	{
		RS_AUTOFREE char *got = layout_listing(&rs_layout_debian);

		assert_non_null(strstr(got, "    derived " RS_DEBIAN_DIR "/a.pem certificate 1"));
		assert_non_null(strstr(got, "    file " RS_DEBIAN_DIR "/stray.pem certificate 1"));
	}
	file_remove(RS_DEBIAN_DIR);
	expect(OS "  CN=A 2\n    file " RS_DEBIAN_LOCAL "/a.crt certificate 1 at line 1\n"
	       "openssl-dir absent: " RS_DEBIAN_DIR " cannot be read: No such file or directory\n");
}

static void
put_keystore(const char *first, const char *second)
{
	RS_AUTOBUF struct rs_buf jks = { 0 };

	put_head(&jks, JKS, 2, 2);
	put_entry(&jks, 2, first, DATE);
	put_cert_bytes(&jks, 2, pem_a.der.data, pem_a.der.len);
	put_entry(&jks, 2, second, DATE);
	put_cert_bytes(&jks, 2, pem_b.der.data, pem_b.der.len);
	put_digest(&jks);
	put_file(RS_DEBIAN_JAVA, &jks);
}

static void
test_java(void **state RS_UNUSED)
{
	put_file(RS_DEBIAN_LOCAL "/a.crt", &pem_a.pem);
	put_keystore("debian:a.pem", "debian:b.pem");
#define LOCAL_A "  CN=A 2\n    file " RS_DEBIAN_LOCAL "/a.crt certificate 1 at line 1\n"
	expect(OS LOCAL_A DIRECTORY "java no_findings\n  CN=A 40\n    derived " RS_DEBIAN_JAVA
	       " debian:a.pem\n  CN=B 40\n    report " RS_DEBIAN_JAVA " debian:b.pem\n");
	/* Put in by hand, though an origin has it too. */
	put_keystore("mine", "debian:b.pem");
	expect(OS LOCAL_A DIRECTORY "java no_findings\n  CN=A 40\n    report " RS_DEBIAN_JAVA
	       " mine\n  CN=B 40\n    report " RS_DEBIAN_JAVA " debian:b.pem\n");
}

/* The command that is recommended is no other one for whoever pastes it. */
static void
test_java_alias(void **state RS_UNUSED)
{
	static const struct { const char *alias, *said; } aliases[] = {
		{ "my root", "keytool -delete -cacerts -alias 'my root' takes it out" },
		{ "x'; reboot; '", "keytool -delete -cacerts takes it out" },
	};

	for (size_t i = 0; i < RS_COUNT(aliases); i++) {
		struct rs_store *store;
		const struct rs_anchor *anchor;
		const struct rs_origin *origin;

		put_keystore(aliases[i].alias, "other");
		store = rs_store_java_read(RS_DEBIAN_JAVA, RS_JAVA_BY_HOOK, NULL);
		anchor = store->anchors.v[0];
		origin = anchor->origins.v[0];
		assert_string_equal(origin->object, aliases[i].alias);
		assert_true(rs_ends(origin->reason, aliases[i].said));
		rs_store_free(store);
	}
}

/* What stands before the damage is told. */
static void
test_java_damaged(void **state RS_UNUSED)
{
	RS_AUTOFREE char *got = NULL;
	struct stat st;

	put_keystore("a", "b");
	assert_int_equal(stat(RS_DEBIAN_JAVA, &st) | truncate(RS_DEBIAN_JAVA, st.st_size - 40), 0);
	got = layout_listing(&rs_layout_debian);
	assert_non_null(strstr(got, "java error: " RS_DEBIAN_JAVA " is not read whole: "));
	assert_non_null(strstr(got, "    report " RS_DEBIAN_JAVA " a\n"));
	free(rs_steal(&got));
	file_puts(RS_DEBIAN_JAVA, "");
	got = layout_listing(&rs_layout_debian);
	assert_non_null(strstr(got, "java error: " RS_DEBIAN_JAVA " is not read whole: "));
	free(rs_steal(&got));
	assert_int_equal(unlink(RS_DEBIAN_JAVA) | mkdir(RS_DEBIAN_JAVA, 0755), 0);
	got = layout_listing(&rs_layout_debian);
	assert_non_null(strstr(got, "java error: " RS_DEBIAN_JAVA " cannot be read: Is a directory"));
}

static void
test_packaged(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf list = { 0 };
	RS_AUTOFREE char *got = NULL, *want = NULL;
	char a[RS_SHA256_HEX];

	rs_sha256(pem_a.der.data, pem_a.der.len, a);
	put_conf("");
	put_file(RS_DEBIAN_LOCAL "/other.crt", &pem_b.pem);
	rs_buf_puts(&list, "/.\n/usr\n" RS_DEBIAN_PACKAGES "/mozilla/A.crt\n" RS_DEBIAN_LOCAL
		    "/other.crt\n" RS_DEBIAN_PACKAGES "/mozilla/none.crt\n" RS_DEBIAN_PACKAGES "/README\n");
	put_file(RS_DEBIAN_DPKG_LIST, &list);
	got = layout_listing(&rs_layout_debian);
	want = rs_printf("packaged %.8s\n", a);
	assert_true(rs_starts(got, want));
	assert_null(strstr(got + 1, "packaged"));
}

static void
test_owns(void **state RS_UNUSED)
{
	static const char *const own[] = {
		RS_DEBIAN_CONF, RS_DEBIAN_LOCAL "/a.crt", RS_DEBIAN_LOCAL "/b/..c/a", RS_DEBIAN_BUNDLE,
		RS_DEBIAN_DIR "/0123abcd.0",
	};
	static const char *const not_own[] = {
		"", "/", "/etc/passwd", RS_DEBIAN_CONF "/x", RS_DEBIAN_CONF "x", RS_DEBIAN_LOCAL,
		RS_DEBIAN_LOCAL "/", RS_DEBIAN_LOCAL "/..", RS_DEBIAN_LOCAL "/../x",
		RS_DEBIAN_LOCAL "x/a", RS_DEBIAN_PACKAGES "/mozilla/A.crt", RS_DEBIAN_DIR "/../../passwd",
		"etc/ssl/certs/a", RS_DEBIAN_HOOKS "/x", RS_DEBIAN_UPDATER,
	};

	for (size_t i = 0; i < RS_COUNT(own); i++)
		assert_true(rs_layout_debian.owns(&rs_layout_debian, own[i]));
	for (size_t i = 0; i < RS_COUNT(not_own); i++)
		if (rs_layout_debian.owns(&rs_layout_debian, not_own[i]))
			fail_msg("%s", not_own[i]);
}

#define LAYOUT_TEST(name, function) { name, function, setup, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LAYOUT_TEST("/layout/detect", test_detect),
		LAYOUT_TEST("/layout/empty", test_empty),
		LAYOUT_TEST("/layout/local", test_local),
		LAYOUT_TEST("/layout/local-links", test_local_links),
		LAYOUT_TEST("/layout/local-bad", test_local_bad),
		LAYOUT_TEST("/layout/conf", test_conf),
		LAYOUT_TEST("/layout/conf-blanks", test_conf_blanks),
		LAYOUT_TEST("/layout/selected", test_selected),
		LAYOUT_TEST("/layout/bundle", test_bundle),
		LAYOUT_TEST("/layout/directory", test_directory),
		LAYOUT_TEST("/layout/java", test_java),
		LAYOUT_TEST("/layout/java-alias", test_java_alias),
		LAYOUT_TEST("/layout/java-damaged", test_java_damaged),
		LAYOUT_TEST("/layout/packaged", test_packaged),
		LAYOUT_TEST("/layout/owns", test_owns),
	};

	file_private_world();
	return cmocka_run_group_tests_name("layout", tests, pem_setup, pem_teardown);
}
