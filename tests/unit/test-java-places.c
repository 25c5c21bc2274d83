/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: Java's keystores, wherever they are looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-fixture.h"
#include "home-fixture.h"
#include "java-places.h"
#include "make-jks.h"
#include "pem-fixture.h"
#include "store-java.h"

#define DERIVED "/etc/ssl/certs/java/cacerts"
#define CACERTS "/lib/security/cacerts"

static void
put_keystore(const char *path)
{
	RS_AUTOBUF struct rs_buf jks = { 0 };
	RS_AUTOFREE char *dir = rs_strdup(path);

	*strrchr(dir, '/') = '\0';
	file_mkdir(dir);
	put_head(&jks, JKS, 2, 1);
	put_entry(&jks, 2, "isp", DATE);
	put_cert_bytes(&jks, 2, pem_evil.der.data, pem_evil.der.len);
	file_write(path, jks.data, jks.len);
}

static void
put_link(const char *target, const char *path)
{
	RS_AUTOFREE char *dir = rs_strdup(path);

	*strrchr(dir, '/') = '\0';
	file_mkdir(dir);
	assert_int_equal(symlink(target, path), 0);
}

static int
clear(void **state RS_UNUSED)
{
	static const char *const all[] = {
		"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/var/lib/ca-certificates",
		"/usr/local/openjdk-8", "/usr/local/java", "/home/java",
	};

	for (size_t i = 0; i < RS_COUNT(all); i++)
		file_remove(all[i]);
	/* Places of their own, and so the folders stay. */
	assert_int_equal(system("rm -rf /opt/* /usr/lib/jvm/*"), 0);
	return 0;
}

/*
 * The system's.
 */

struct listing {
	struct rs_sink sink;
	struct rs_buf text;
};

static bool
list_begin(struct rs_sink *sink RS_UNUSED, const char *kind, const char *path RS_UNUSED)
{
	assert_string_equal(kind, RS_KIND_JAVA);
	return true;
}

static void
list_store(struct rs_sink *sink, struct rs_store *store)
{
	struct rs_buf *text = &((struct listing *)sink)->text;

	rs_buf_printf(text, "%s %s", rs_store_state_name(store->state), store->path);
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];
		const struct rs_origin *origin = anchor->origins.v[0];

		assert_int_equal(anchor->witnesses, RS_SEEN_KEYSTORE);
		rs_buf_printf(text, " %s%s", origin->object,
			      origin->how == RS_HOW_DERIVED ? "!" : "");
	}
	rs_buf_puts(text, "\n");
	rs_store_free(store);
}

static void
list_fact(struct rs_sink *sink RS_UNUSED, const char *type RS_UNUSED, const char *text)
{
	fail_msg("said: %s", text);
}

static void
expect_system(struct rs_copies *copies, const char *want)
{
	struct listing l = { .sink = { list_begin, list_store, list_fact } };

	rs_buf_puts(&l.text, "");
	rs_java_read_system(copies, &l.sink);
	assert_string_equal(l.text.data, want);
	rs_buf_free(&l.text);
	rs_map_free(&copies->keystores);
}

static void
test_system(void **state RS_UNUSED)
{
	static const char *const paths[] = {
		"/etc/pki/ca-trust/extracted/java/cacerts",
		"/etc/ca-certificates/extracted/java-cacerts.jks",
		"/var/lib/ca-certificates/java-cacerts",
		"/usr/lib/jvm/java-21" CACERTS, "/usr/lib/jvm/java-8/jre/lib/security/jssecacerts",
		"/opt/jdk-25" CACERTS, "/opt/jdk-25/lib/security/jssecacerts",
		"/opt/idea/jbr" CACERTS, "/opt/java/openjdk" CACERTS,
		"/usr/local/openjdk-8/jre" CACERTS, "/usr/local/java/jdk1.8" CACERTS, DERIVED,
	};
	struct rs_copies copies = { 0 };

	expect_system(&copies, "");
	for (size_t i = 0; i < RS_COUNT(paths); i++) {
		RS_AUTOFREE char *want = rs_printf("no_findings %s isp\n", paths[i]);

		/* Where there is none, the private world has none either. */
		if (rs_starts(paths[i], "/usr/lib/jvm/") && !file_exists("/usr/lib/jvm"))
			continue;
		clear(NULL);
		put_keystore(paths[i]);
		expect_system(&copies, want);
	}
	/* Not a JVM's. */
	clear(NULL);
	put_keystore("/opt/a/b/c" CACERTS);
	put_keystore("/usr/local/tools" CACERTS);
	expect_system(&copies, "");
	file_remove("/usr/local/tools");
}

/* One store for one file, whatever leads there. */
static void
test_one_file(void **state RS_UNUSED)
{
	struct rs_copies copies = { 0 };

	put_keystore(DERIVED);
	put_keystore("/opt/jdk" CACERTS);
	put_link(DERIVED, "/opt/java-17" CACERTS);
	put_link("java-17", "/opt/default-java");
	put_link("/opt/jdk", "/opt/current");
	file_mkdir("/opt/same/lib/security");
	assert_int_equal(link("/opt/jdk" CACERTS, "/opt/same" CACERTS), 0);
	rs_java_own(&copies, DERIVED);
	put_link("/nowhere", "/opt/dangling" CACERTS);
	put_link("cacerts", "/opt/cycle" CACERTS);
	assert_true(copies.keystores.n == 1);
	/* Which of the two names comes first is the folder's affair. */
	file_remove("/opt/same");
	expect_system(&copies, "no_findings /opt/jdk" CACERTS " isp\n");
	file_mkdir("/opt/same/lib/security");
	assert_int_equal(link("/opt/jdk" CACERTS, "/opt/same" CACERTS), 0);
	rs_java_own(&copies, DERIVED);
	rs_java_own(&copies, "/opt/same" CACERTS);
	expect_system(&copies, "");
}

/* Only what a tool makes of the origins follows them. */
static void
test_derived(void **state RS_UNUSED)
{
	struct rs_store *os = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, "/etc/pki");
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_new(pem_evil.der.data, pem_evil.der.len));
	struct rs_copies copies = { .made = "/etc/pki/ca-trust/extracted", .origins = os };
	static const char *const elsewhere[] = { DERIVED, NULL };

	put_keystore("/etc/pki/ca-trust/extracted/java/cacerts");
	put_keystore("/opt/jdk" CACERTS);
	expect_system(&copies, "no_findings /etc/pki/ca-trust/extracted/java/cacerts isp\n"
		      "no_findings /opt/jdk" CACERTS " isp\n");
	anchor->witnesses = RS_SEEN_ORIGIN;
	rs_store_add(os, anchor);
	expect_system(&copies, "no_findings /etc/pki/ca-trust/extracted/java/cacerts isp!\n"
		      "no_findings /opt/jdk" CACERTS " isp\n");
	/* As Arch's tool does, elsewhere as well. */
	put_keystore(DERIVED);
	copies.derived = elsewhere;
	expect_system(&copies, "no_findings " DERIVED " isp!\nno_findings "
		      "/etc/pki/ca-trust/extracted/java/cacerts isp!\nno_findings /opt/jdk" CACERTS
		      " isp\n");
	file_remove(DERIVED);
	/* A link that leads out of what the tool makes. */
	file_remove("/etc/pki/ca-trust/extracted/java/cacerts");
	put_link("/opt/jdk" CACERTS, "/etc/pki/ca-trust/extracted/java/cacerts");
	expect_system(&copies, "no_findings /opt/jdk" CACERTS " isp\n");
	rs_store_free(os);
}

static void
test_bad(void **state RS_UNUSED)
{
	struct rs_copies copies = { 0 };

	file_mkdir("/opt/folder" CACERTS);
	expect_system(&copies, "error /opt/folder" CACERTS "\n");
	clear(NULL);
	file_mkdir("/opt/fifo/lib/security");
	assert_int_equal(mkfifo("/opt/fifo" CACERTS, 0644), 0);
	expect_system(&copies, "error /opt/fifo" CACERTS "\n");
	clear(NULL);
	file_mkdir("/opt/text/lib/security");
	file_puts("/opt/text" CACERTS, "no keystore");
	expect_system(&copies, "error /opt/text" CACERTS "\n");
	clear(NULL);
	file_mkdir("/opt/huge/lib/security");
	file_puts("/opt/huge" CACERTS, "");
	assert_int_equal(truncate("/opt/huge" CACERTS, 1LL << 33), 0);
	expect_system(&copies, "error /opt/huge" CACERTS "\n");
	clear(NULL);
	/* A PKCS #12 keystore in a way that nobody can read. */
	file_mkdir("/opt/ber/lib/security");
	file_write("/opt/ber" CACERTS, MAKE_BYTES("\x30\x80\x02\x01\x03\0\0"));
	expect_system(&copies, "unsupported /opt/ber" CACERTS "\n");
}

/* The command that is told names this file and this entry. */
static void
test_command(void **state RS_UNUSED)
{
	struct rs_store *store;
	const struct rs_anchor *anchor;
	const struct rs_origin *origin;

	put_keystore("/opt/my jdk" CACERTS);
	store = rs_store_java_read("/opt/my jdk" CACERTS, RS_JAVA_BY_HAND, NULL);
	anchor = store->anchors.v[0];
	origin = anchor->origins.v[0];
	assert_non_null(strstr(origin->reason, "keytool -delete -keystore '/opt/my jdk" CACERTS
			       "' -alias 'isp'"));
	rs_store_free(store);
	put_keystore("/opt/jdk'; reboot; '" CACERTS);
	store = rs_store_java_read("/opt/jdk'; reboot; '" CACERTS, RS_JAVA_BY_HAND, NULL);
	anchor = store->anchors.v[0];
	origin = anchor->origins.v[0];
	assert_null(strstr(origin->reason, "reboot"));
	rs_store_free(store);
}

static void
expect_how(const char *path, enum rs_java_made made, enum rs_how how)
{
	struct rs_store *store = rs_store_java_read(path, made, NULL);
	const struct rs_anchor *anchor = store->anchors.v[0];
	const struct rs_origin *origin = anchor->origins.v[0];
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(origin->how, how);
	assert_non_null(strstr(origin->reason, "takes it out"));
	if (how == RS_HOW_KEYSTORE)
		assert_true(origin->stamp.ino == st.st_ino && origin->stamp.dev == st.st_dev &&
			    origin->stamp.size == (uint64_t)st.st_size &&
			    rs_is_hex(origin->stamp.sha256, 64));
	rs_store_free(store);
}

/* What keytool may take out: from root's own file, in a place of a JVM's. */
static void
test_editable(void **state RS_UNUSED)
{
	put_keystore("/opt/jdk" CACERTS);
	put_keystore("/opt/jdk/jre" CACERTS);
	put_keystore("/srv/jdk" CACERTS);
	file_mkdir("/opt/jdk/bin");
	file_puts("/opt/jdk/bin/keytool", "#!/bin/sh\n");
	assert_int_equal(chmod("/opt/jdk/bin/keytool", 0755), 0);
	expect_how("/opt/jdk" CACERTS, RS_JAVA_BY_HAND, RS_HOW_KEYSTORE);
	expect_how("/opt/jdk/jre" CACERTS, RS_JAVA_BY_HAND, RS_HOW_KEYSTORE);
	expect_how("/opt/jdk" CACERTS, RS_JAVA_BY_HOOK, RS_HOW_REPORT);
	expect_how("/opt/jdk" CACERTS, RS_JAVA_WHOLE, RS_HOW_REPORT);
	expect_how("/srv/jdk" CACERTS, RS_JAVA_BY_HAND, RS_HOW_REPORT);
	assert_int_equal(link("/opt/jdk" CACERTS, "/opt/jdk/second"), 0);
	expect_how("/opt/jdk" CACERTS, RS_JAVA_BY_HAND, RS_HOW_REPORT);
	assert_int_equal(unlink("/opt/jdk/second") | chown("/opt/jdk" CACERTS, HOME_UID, 0), 0);
	expect_how("/opt/jdk" CACERTS, RS_JAVA_BY_HAND, RS_HOW_REPORT);
	file_remove("/srv/jdk");
}

/*
 * A user's.
 */

static void
test_home(void **state RS_UNUSED)
{
	static const char *const paths[] = {
		".keystore", ".sdkman/candidates/java/25-tem" CACERTS,
		".jdks/corretto-8/jre/lib/security/jssecacerts",
		".local/share/JetBrains/IntelliJ/jbr" CACERTS,
		".local/share/JetBrains/Toolbox/apps/idea/jbr" CACERTS,
		".local/share/JetBrains/Toolbox/apps/IDEA-U/ch-0/213.1/jbr" CACERTS,
		".config/JetBrains/IdeaIC2025.1/ssl/cacerts",
	};

	for (size_t i = 0; i < RS_COUNT(paths); i++)
		for (unsigned own = 0; own <= HOME_OWN; own++) {
			RS_AUTOFREE char *path = rs_printf("/home/java/%s", paths[i]);
			RS_AUTOFREE char *want = rs_printf("no_findings %s\n", path);

			file_remove("/home/java");
			put_keystore(path);
			home_give("/home/java");
			home_expect("/home/java", own, want);
		}
}

static void
test_home_links(void **state RS_UNUSED)
{
	put_keystore(DERIVED);
	put_keystore("/home/java/.jdks/real" CACERTS);
	put_link("real", "/home/java/.jdks/current");
	put_link(DERIVED, "/home/java/.jdks/system" CACERTS);
	home_give("/home/java");
	home_expect("/home/java", 0, "no_findings /home/java/.jdks/real" CACERTS "\n");
	home_expect("/home/java", HOME_OWN, "no_findings /home/java/.jdks/real" CACERTS "\n");
	/* Root's file is nothing that a user's child reads. */
	put_keystore("/opt/roots");
	put_link("/opt/roots", "/home/java/.keystore");
	home_give("/home/java");
	home_expect_line("/home/java", HOME_REASONS,
			 "skipped /home/java/.keystore: skipped: there is a link in ");
	home_expect_line("/home/java", HOME_REASONS | HOME_OWN,
			 "skipped /home/java/.keystore: skipped: /home/java/.keystore belongs to ");
}

static void
test_home_bad(void **state RS_UNUSED)
{
	file_mkdir("/home/java");
	assert_int_equal(mkfifo("/home/java/.keystore", 0600), 0);
	home_give("/home/java");
	home_expect("/home/java", 0, "error /home/java/.keystore\n");
	file_remove("/home/java/.keystore");
	home_file("/home/java/.keystore", "");
	assert_int_equal(truncate("/home/java/.keystore", 1LL << 33), 0);
	home_give("/home/java");
	home_expect("/home/java", 0, "error /home/java/.keystore\n");
	home_told = ".keystore";
	home_expect("/home/java", 0, "");
	home_told = NULL;
}

#define JAVA_TEST(name, function) { name, function, clear, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JAVA_TEST("/java-places/system", test_system),
		JAVA_TEST("/java-places/one-file", test_one_file),
		JAVA_TEST("/java-places/derived", test_derived),
		JAVA_TEST("/java-places/bad", test_bad),
		JAVA_TEST("/java-places/command", test_command),
		JAVA_TEST("/java-places/editable", test_editable),
		JAVA_TEST("/java-places/home", test_home),
		JAVA_TEST("/java-places/home-links", test_home_links),
		JAVA_TEST("/java-places/home-bad", test_home_bad),
	};

	file_private_world();
	return cmocka_run_group_tests_name("java-places", tests, pem_setup, pem_teardown);
}
