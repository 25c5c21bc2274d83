/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is an anchor in an NSS database, and which rows make it one; read by
 * rows and by softoken alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nss-fixture.h"
#include "pem.h"

/* A folder with an empty hand-made database. */
static void
schema(struct nss_folder *folder)
{
	nss_folder_make(folder, NULL);
	nss_schema(folder);
}

/* One anchor of a database whose ids NSS chose. */
static void
expect_one(struct nss_folder *folder, const struct nss_cert *cert, unsigned trust, size_t rows)
{
	struct rs_store *store = nss_read(folder, nss_softoken);
	struct rs_anchor *anchor;
	struct rs_origin *origin;

	assert_int_equal(store->state, RS_STORE_NO_FINDINGS);
	assert_null(store->reason);
	assert_int_equal(store->disagreements.n, 0);
	assert_int_equal(store->anchors.n, 1);
	anchor = store->anchors.v[0];
	origin = anchor->origins.v[0];
	assert_string_equal(anchor->cert->sha256, cert->cert->sha256);
	assert_false(anchor->trust_only);
	assert_int_equal(anchor->trust, trust);
	assert_int_equal(anchor->witnesses, RS_SEEN_ROWS | RS_SEEN_SOFTOKEN);
	assert_int_equal(origin->ids.n, rows);
	assert_string_equal(origin->path, folder->file);
	assert_non_null(strstr(origin->object, "\"A\""));
	assert_true(origin->stamp.ino != 0);
	rs_store_free(store);
}

static void
test_flags(enum nss_which which, const char *flags, unsigned trust)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_create(&folder, which);
	nss_import(&folder, which, &a, "A", flags);
	if (trust != 0)
		expect_one(&folder, &a, trust, 2);
	else
		nss_expect(&folder, "no_findings\n");
}

static void
test_certutil_old(void **state RS_UNUSED)
{
	test_flags(NSS_OLD, "C,,", RS_TRUST_SERVER);
	test_flags(NSS_OLD, "CT,C,C", RS_TRUST_SERVER | RS_TRUST_CLIENT | RS_TRUST_EMAIL |
		   RS_TRUST_CODE);
	test_flags(NSS_OLD, ",C,", RS_TRUST_EMAIL);
}

static void
test_certutil_new(void **state RS_UNUSED)
{
	test_flags(NSS_NEW, "C,,", RS_TRUST_SERVER);
	test_flags(NSS_NEW, "CT,C,C", RS_TRUST_SERVER | RS_TRUST_CLIENT | RS_TRUST_EMAIL |
		   RS_TRUST_CODE);
	test_flags(NSS_NEW, ",,C", RS_TRUST_CODE);
}

static void
test_peer(void **state RS_UNUSED)
{
	test_flags(NSS_OLD, "P,,", RS_TRUST_SERVER | RS_TRUST_CLIENT);
	test_flags(NSS_NEW, "P,,", RS_TRUST_SERVER | RS_TRUST_CLIENT);
}

static void
test_untrusted(void **state RS_UNUSED)
{
	static const char *const flags[] = { ",,", "p,p,p", "c,,", "w,," };

	for (size_t i = 0; i < RS_COUNT(flags); i++) {
		test_flags(NSS_OLD, flags[i], 0);
		test_flags(NSS_NEW, flags[i], 0);
	}
}

static void
test_both_classes(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_create(&folder, NSS_NEW);
	nss_import(&folder, NSS_NEW, &a, "A", "C,,");
	nss_import(&folder, NSS_OLD, &a, "A", ",C,");
	expect_one(&folder, &a, RS_TRUST_SERVER | RS_TRUST_EMAIL, 3);
}

/* Each NSS deletes only the trust class that it knows as its own. */
static void
test_certutil_leaves_orphans(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	struct rs_store *store;
	struct rs_anchor *anchor;

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_create(&folder, NSS_NEW);
	nss_import(&folder, NSS_NEW, &a, "A", "C,,");
	nss_certutil(&folder, NSS_OLD, "-D", "-n", "A", NULL);
	store = nss_read(&folder, nss_softoken);
	assert_int_equal(store->anchors.n, 1);
	anchor = store->anchors.v[0];
	assert_true(anchor->trust_only);
	assert_null(anchor->cert->der);
	assert_string_equal(anchor->cert->sha256, a.cert->sha256);
	assert_string_equal(anchor->cert->issuer_der, a.cert->issuer_der);
	assert_string_equal(anchor->cert->serial, a.cert->serial);
	assert_int_equal(anchor->witnesses, RS_SEEN_ROWS | RS_SEEN_SOFTOKEN);
	rs_store_free(store);
}

static void
test_primary_password(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	RS_AUTOFREE char *path = NULL;
	FILE *file;

	nss_folder_make(&folder, "profile");
	nss_cert_make(&a, "A", 1, 1);
	path = rs_printf("%s/password", folder.top);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("correct horse\n", file);
	fclose(file);
	nss_certutil(&folder, NSS_NEW, "-N", "-f", path, NULL);
	nss_import(&folder, NSS_NEW, &a, "A", ",,");
	nss_certutil(&folder, NSS_NEW, "-M", "-n", "A", "-t", "C,,", "-f", path, NULL);
	expect_one(&folder, &a, RS_TRUST_SERVER, 2);
}

static void
test_no_key_database(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	RS_AUTOFREE char *keys = NULL, *modules = NULL;

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_create(&folder, NSS_OLD);
	nss_import(&folder, NSS_OLD, &a, "A", "C,,");
	keys = rs_printf("%s/key4.db", folder.dir);
	modules = rs_printf("%s/pkcs11.txt", folder.dir);
	assert_int_equal(unlink(keys), 0);
	assert_int_equal(unlink(modules), 0);
	expect_one(&folder, &a, RS_TRUST_SERVER, 2);
}

/* Three bytes say that a value is there and empty: they are no name. */
static void
test_empty_nickname(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	struct rs_store *store;
	struct rs_anchor *anchor;
	struct rs_origin *origin;

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	store = nss_read(&folder, nss_softoken);
	anchor = store->anchors.v[0];
	origin = anchor->origins.v[0];
	assert_string_equal(origin->object, "certificate (objects 10, 11)");
	rs_store_free(store);
}

static void
test_several_rows(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, "once");
	nss_row_cert(&folder, 20, &a, "twice");
	nss_row_trust(&folder, 15, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 20 15\n",
	       a.cert->sha256);
}

static void
test_unparseable_certificate(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	struct rs_store *store;
	struct rs_anchor *anchor;
	struct rs_cert *bare;

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_ANCHOR);
	bare = rs_cert_new("not DER at all", 14);
	nss_sql(&folder, "UPDATE nssPublic SET a11 = CAST('not DER at all' AS BLOB) WHERE id = 10;"
		"UPDATE nssPublic SET ace5363b4 = x'%s' WHERE id = 11", bare->sha1);
	store = nss_read(&folder, nss_softoken);
	assert_int_equal(store->anchors.n, 1);
	anchor = store->anchors.v[0];
	assert_string_equal(anchor->cert->sha256, bare->sha256);
	assert_int_equal(store->disagreements.n, 0);
	rs_cert_free(bare);
	rs_store_free(store);
}

/* An old file, before the columns of the new class. */
static void
test_missing_columns(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_sql(&folder, "CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a1, "
		"a2, a3, a11, a80, a81, a82, a101, ace536358, ace5363b4)");
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_ANCHOR);
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n",
		   a.cert->sha256);
}

static void
test_number_of_eight_bytes(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	struct rs_store *store;

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_ANCHOR);
	nss_sql(&folder, "UPDATE nssPublic SET ace536358 = x'00000000ce534352' WHERE id = 11");
	store = nss_read(&folder, NULL);
	assert_int_equal(store->anchors.n, 1);
	rs_store_free(store);
}

static void
test_folder_names(void **state RS_UNUSED)
{
	static const char *const names[] = {
		"it's] x>", "a\" b", "back\\slash", "co:lon", "new\nline", "x<y>[z]", "%d%s",
		"a' flags= configDir='sql:inj", "x flags=readWrite", "\xff\xfe", "-d", " ",
	};

	for (size_t i = 0; i < RS_COUNT(names); i++) {
		NSS_FOLDER(folder);
		NSS_CERT(a);

		nss_folder_make(&folder, names[i]);
		nss_schema(&folder);
		nss_cert_make(&a, "A", 1, 1);
		nss_row_cert(&folder, 10, &a, NULL);
		nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
		nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n",
		       a.cert->sha256);
	}
}

/* Everything that was really found in the wild, if there is such a folder. */
static void
test_real_certificates(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	RS_AUTOFREE char *pattern = NULL;
	const char *real = getenv("ROOTSWEEP_REAL_CERTS");
	struct rs_store *store;
	glob_t found = { 0 };
	size_t n = 0;

	schema(&folder);
	pattern = rs_printf("%s/*.pem", real != NULL ? real : "/nonexistent");
	glob(pattern, 0, NULL, &found);
	if (real != NULL)
		assert_true(found.gl_pathc > 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		RS_AUTOBUF struct rs_buf file = { 0 };
		RS_CLEANUP(rs_array_free) struct rs_array blocks;

		assert_int_equal(rs_read_file(found.gl_pathv[i], 1 << 20, &file), 0);
		rs_pem_find(file.data, file.len, &blocks, NULL);
		for (size_t k = 0; k < blocks.n; k++) {
			const struct rs_pem_block *block = blocks.v[k];
			NSS_CERT(cert);

			nss_cert_set(&cert, block->der, block->der_len);
			nss_row_cert(&folder, (long)(4 * n + 1), &cert, "real");
			nss_row_trust(&folder, (long)(4 * n + 2), RS_CKO_TRUST, &cert, NSS_HASH,
				      NSS_NEW_ANCHOR);
			nss_row_trust(&folder, (long)(4 * n++ + 3), RS_CKO_NSS_TRUST, &cert,
				      NSS_HASH, NSS_OLD_ANCHOR);
		}
	}
	globfree(&found);
	store = nss_read(&folder, nss_softoken);
	assert_int_equal(store->state, RS_STORE_NO_FINDINGS);
	assert_int_equal(store->disagreements.n, 0);
	assert_true(n == 0 || store->anchors.n > 0);
	n = 0;
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];
		const struct rs_origin *origin = anchor->origins.v[0];

		assert_false(anchor->trust_only);
		assert_int_equal(anchor->witnesses, RS_SEEN_ROWS | RS_SEEN_SOFTOKEN);
		n += origin->ids.n;
	}
	assert_int_equal(n % 3, 0);
	rs_store_free(store);
}

static void
test_empty_database(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);

	nss_folder_make(&folder, NULL);
	nss_create(&folder, NSS_OLD);
	nss_expect(&folder, "no_findings\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/nss/certutil-old", test_certutil_old),
		NSS_TEST("/nss/certutil-new", test_certutil_new),
		NSS_TEST("/nss/peer", test_peer),
		NSS_TEST("/nss/untrusted", test_untrusted),
		NSS_TEST("/nss/both-classes", test_both_classes),
		NSS_TEST("/nss/certutil-leaves-orphans", test_certutil_leaves_orphans),
		NSS_TEST("/nss/primary-password", test_primary_password),
		NSS_TEST("/nss/no-key-database", test_no_key_database),
		NSS_TEST("/nss/empty-nickname", test_empty_nickname),
		NSS_TEST("/nss/several-rows", test_several_rows),
		NSS_TEST("/nss/unparseable-certificate", test_unparseable_certificate),
		NSS_TEST("/nss/missing-columns", test_missing_columns),
		NSS_TEST("/nss/number-of-eight-bytes", test_number_of_eight_bytes),
		NSS_TEST("/nss/folder-names", test_folder_names),
		NSS_TEST("/nss/real-certificates", test_real_certificates),
		NSS_TEST("/nss/empty-database", test_empty_database),
	};

	return cmocka_run_group_tests_name("nss", tests, nss_softoken_start, nss_softoken_end);
}
