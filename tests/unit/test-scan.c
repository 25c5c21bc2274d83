/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking at everything, and looking again after a change, by real workers.
 * In a private world, as root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debian-fixture.h"
#include "make-jks.h"
#include "nss-fixture.h"
#include "verify.h"

#define UID 4242
#define DATABASE "/home/alice/.pki/nssdb/cert9.db"
#define EVIL RS_DEBIAN_LOCAL "/evil.crt"
#define SCENE(name) RS_CLEANUP(scene_remove) struct scene name; scene_make(&name)

/* The evil one is in the OS store, in Java's keystore and in alice's database. */
struct scene {
	struct nss_folder folder;
	struct nss_cert cert;
	struct rs_user alice;
	struct rs_scope scope;
	struct rs_array exclude;
	struct rs_scan scan;
	struct rs_array taken;		/* struct rs_finding * */
	struct rs_verdict verdict;
};

static void
make_keystore(void)
{
	RS_AUTOBUF struct rs_buf jks = { 0 };

	put_head(&jks, JKS, 2, 2);
	put_entry(&jks, 2, "debian:evil.pem", DATE);
	put_cert_bytes(&jks, 2, pem_evil.der.data, pem_evil.der.len);
	put_entry(&jks, 2, "debian:a.pem", DATE);
	put_cert_bytes(&jks, 2, pem_a.der.data, pem_a.der.len);
	put_digest(&jks);
	file_write(RS_DEBIAN_JAVA, jks.data, jks.len);
}

static void
make_database(struct scene *s)
{
	static const char *const hers[] = {
		"/home/alice", "/home/alice/.pki", "/home/alice/.pki/nssdb", DATABASE,
	};

	file_remove("/home/alice");
	s->folder.file = rs_strdup(DATABASE);
	file_mkdir("/home/alice/.pki/nssdb");
	nss_schema(&s->folder);
	nss_cert_set(&s->cert, pem_evil.der.data, pem_evil.der.len);
	nss_row_cert(&s->folder, 10, &s->cert, NULL);
	nss_row_trust(&s->folder, 11, RS_CKO_TRUST, &s->cert, NSS_HASH, NSS_NEW_ANCHOR);
	for (size_t i = 0; i < RS_COUNT(hers); i++)
		assert_int_equal(chown(hers[i], UID, UID), 0);
}

static void
scene_make(struct scene *s)
{
	*s = (struct scene){ 0 };
	debian_make();
	make_keystore();
	make_database(s);
	s->alice = (struct rs_user){
		.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice",
		.uid = UID, .gid = UID,
	};
	rs_array_init(&s->exclude, free);
	rs_array_init(&s->taken, free);
	rs_array_add(&s->scope.users, &s->alice);
	s->scope.system = true;
	s->scope.jobs = 2;
	s->scope.exclude = &s->exclude;
}

static void
scene_remove(struct scene *s)
{
	rs_verdict_free(&s->verdict);
	rs_array_free(&s->taken);
	rs_scan_free(&s->scan);
	rs_array_free(&s->scope.users);
	rs_array_free(&s->exclude);
	nss_cert_free(&s->cert);
	free(s->folder.file);
}

/* Each store: its id, state and how many anchors. */
static void
expect_scan(struct scene *s, const char *want)
{
	RS_AUTOBUF struct rs_buf got = { 0 };

	rs_scan_free(&s->scan);
	rs_scan_run(&s->scan, &s->scope);
	rs_buf_puts(&got, "");
	for (size_t i = 0; i < s->scan.stores.n; i++) {
		const struct rs_store *store = s->scan.stores.v[i];

		rs_buf_printf(&got, "%s %s %zu\n", store->id, rs_store_state_name(store->state),
			      store->anchors.n);
	}
	assert_string_equal(got.data, want);
}

#define JAVA_ID "java:system:" RS_DEBIAN_JAVA
#define DIR_ID "openssl-dir:system:" RS_DEBIAN_DIR
#define OS_ID "p11-kit:system:" RS_DEBIAN_BUNDLE
#define NSS_ID "nss:alice:" DATABASE

static void
test_all(void **state RS_UNUSED)
{
	SCENE(s);

	expect_scan(&s, JAVA_ID " no_findings 2\n" DIR_ID " no_findings 3\n" OS_ID " no_findings 3\n"
		    NSS_ID " no_findings 1\n");
	assert_true(s.scan.public_known);
	assert_false(s.scan.reader_missing);
	assert_int_equal(rs_scan_anchors(&s.scan), 9);
	for (size_t i = 0; i < s.scan.stores.n; i++)
		assert_false(rs_store_is_partial(s.scan.stores.v[i]));
}

static void
test_scope(void **state RS_UNUSED)
{
	SCENE(s);

	s.scope.system = false;
	expect_scan(&s, NSS_ID " no_findings 1\n");
	assert_true(s.scan.public_known);
	s.scope.system = true;
	s.scope.users.n = 0;
	expect_scan(&s, JAVA_ID " no_findings 2\n" DIR_ID " no_findings 3\n" OS_ID " no_findings 3\n");
}

static void
test_exclude(void **state RS_UNUSED)
{
	SCENE(s);

	rs_array_add_str(&s.exclude, "java");
	rs_array_add_str(&s.exclude, "/home/alice/.pki/nssd");
	rs_array_add_str(&s.exclude, "/etc/ssl/certs/ca-certificates.crt");
	expect_scan(&s, JAVA_ID " excluded 0\n" DIR_ID " no_findings 3\n" OS_ID " excluded 0\n"
		    NSS_ID " no_findings 1\n");
	rs_array_add_str(&s.exclude, "alice");
	rs_array_add_str(&s.exclude, "/etc/ssl/");
	expect_scan(&s, JAVA_ID " excluded 0\n" DIR_ID " excluded 0\n" OS_ID " excluded 0\n"
		    "nss:alice:/home/alice excluded 0\n");
}

/* Another tree: its homes and stores, and nothing of this system's. */
static void
test_root(void **state RS_UNUSED)
{
	SCENE(s);

	file_mkdir("/srv/tree/etc/ssl/certs");
	file_mkdir("/srv/tree/usr/share/ca-certificates");
	file_mkdir("/srv/tree/usr/local/share/ca-certificates");
	file_puts("/srv/tree" RS_DEBIAN_CONF, "");
	file_write("/srv/tree" RS_DEBIAN_LOCAL "/x.crt", pem_b.pem.data, pem_b.pem.len);
	assert_int_equal(symlink("/usr", "/srv/tree/home"), 0);
	s.scope.root = "/srv/tree";
	expect_scan(&s, DIR_ID " no_findings 0\n" OS_ID " no_findings 1\n"
		    "nss:alice:/home/alice absent 0\n");
}

static void
test_bad_stores(void **state RS_UNUSED)
{
	SCENE(s);

	file_puts(RS_DEBIAN_JAVA, "no keystore");
	file_puts(DATABASE, "no database");
	expect_scan(&s, JAVA_ID " error 0\n" DIR_ID " no_findings 3\n" OS_ID " no_findings 3\n"
		    NSS_ID " error 0\n");
}

/*
 * Afterwards.
 */

/* Everything that is the evil one's was to go. */
static void
look(struct scene *s)
{
	rs_scan_run(&s->scan, &s->scope);
	for (size_t i = 0; i < s->scan.stores.n; i++) {
		const struct rs_store *store = s->scan.stores.v[i];

		for (size_t k = 0; k < store->anchors.n; k++) {
			const struct rs_anchor *anchor = store->anchors.v[k];
			struct rs_finding *finding;

			if (!rs_streq(anchor->cert->sha256, s->cert.cert->sha256))
				continue;
			finding = rs_array_add(&s->taken, rs_alloc(sizeof(*finding)));
			finding->store = store;
			finding->anchor = anchor;
		}
	}
	assert_int_equal(s->taken.n, 4);
}

static void
add_lines(struct rs_buf *text, const struct rs_array *lines, const char *head)
{
	for (size_t i = 0; i < lines->n; i++)
		rs_buf_printf(text, "%s %s\n", head, (char *)lines->v[i]);
}

static void
expect_verdict(struct scene *s, const char *want)
{
	RS_AUTOBUF struct rs_buf got = { 0 };

	rs_verdict_free(&s->verdict);
	rs_verify_gone(&s->verdict, &s->scan, &s->taken, &s->scope);
	rs_buf_puts(&got, "");
	add_lines(&got, &s->verdict.still_trusted, "still");
	add_lines(&got, &s->verdict.lost, "lost");
	add_lines(&got, &s->verdict.unverified, "unverified");
	assert_string_equal(got.data, want);
}

/* What remains of Java's keystore: the other one. */
static void
clean_keystore(void)
{
	RS_AUTOBUF struct rs_buf jks = { 0 };

	put_head(&jks, JKS, 2, 1);
	put_entry(&jks, 2, "debian:a.pem", DATE);
	put_cert_bytes(&jks, 2, pem_a.der.data, pem_a.der.len);
	put_digest(&jks);
	file_write(RS_DEBIAN_JAVA, jks.data, jks.len);
}

static void
take_all(struct scene *s)
{
	look(s);
	assert_int_equal(unlink(EVIL) | unlink(RS_DEBIAN_DIR "/evil.pem"), 0);
	assert_int_equal(system(RS_DEBIAN_UPDATER), 0);
	clean_keystore();
	nss_sql(&s->folder, "DELETE FROM nssPublic");
}

#define NAME "Evil, with a name of some length"

static void
test_gone(void **state RS_UNUSED)
{
	SCENE(s);

	take_all(&s);
	expect_verdict(&s, "");
}

static void
test_still_there(void **state RS_UNUSED)
{
	SCENE(s);

	look(&s);
	expect_verdict(&s, "still " RS_DEBIAN_JAVA ": " NAME "\nstill " RS_DEBIAN_DIR ": " NAME "\n"
		       "still " RS_DEBIAN_BUNDLE ": " NAME "\nstill " DATABASE ": " NAME "\n"
		       "still " RS_DEBIAN_DIR ": " NAME " (as GnuTLS reads it)\n"
		       "still " RS_DEBIAN_BUNDLE ": " NAME " (in the file's bytes)\n"
		       "still " RS_DEBIAN_BUNDLE ": " NAME " (as GnuTLS reads it)\n"
		       "still what programs with GnuTLS go by: " NAME " (as GnuTLS reads it)\n");
}

/* A hidden copy: one place of many. */
static void
test_one_left(void **state RS_UNUSED)
{
	SCENE(s);

	take_all(&s);
	file_write(RS_DEBIAN_DIR "/0123abcd.0", pem_evil.pem.data, pem_evil.pem.len);
	expect_verdict(&s, "still " RS_DEBIAN_DIR ": " NAME "\n"
		       "still " RS_DEBIAN_DIR ": " NAME " (as OpenSSL looks it up)\n"
		       "still " RS_DEBIAN_DIR ": " NAME " (as GnuTLS reads it)\n");
}

static void
test_lost(void **state RS_UNUSED)
{
	SCENE(s);

	take_all(&s);
	file_write(RS_DEBIAN_BUNDLE, pem_a.pem.data, pem_a.pem.len);
	assert_int_equal(unlink(RS_DEBIAN_LOCAL "/b (c).crt"), 0);
	expect_verdict(&s, "lost " RS_DEBIAN_DIR ": B\nlost " RS_DEBIAN_BUNDLE ": B\n");
}

/* A whole store is gone: so is everything else in it. */
static void
test_store_lost(void **state RS_UNUSED)
{
	SCENE(s);

	take_all(&s);
	assert_int_equal(unlink(RS_DEBIAN_JAVA), 0);
	expect_verdict(&s, "lost " RS_DEBIAN_JAVA ": A\n");
}

/* What cannot be read is not said to be rid of it. */
static void
test_not_read(void **state RS_UNUSED)
{
	SCENE(s);
	sqlite3 *db;

	take_all(&s);
	assert_int_equal(sqlite3_open(DATABASE, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	expect_verdict(&s, "unverified " DATABASE ": locked: another program is writing to it; close "
		       "that and try again\n");
	sqlite3_close(db);
	file_puts(DATABASE, "no database");
	expect_verdict(&s, "unverified " DATABASE ": not an SQLite database\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/scan/all", test_all),
		FILE_TEST("/scan/scope", test_scope),
		FILE_TEST("/scan/exclude", test_exclude),
		FILE_TEST("/scan/root", test_root),
		FILE_TEST("/scan/bad-stores", test_bad_stores),
		FILE_TEST("/verify/gone", test_gone),
		FILE_TEST("/verify/still-there", test_still_there),
		FILE_TEST("/verify/one-left", test_one_left),
		FILE_TEST("/verify/lost", test_lost),
		FILE_TEST("/verify/store-lost", test_store_lost),
		FILE_TEST("/verify/not-read", test_not_read),
	};

	file_private_world();
	return cmocka_run_group_tests_name("scan", tests, pem_setup, pem_teardown);
}
