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

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nss-fixture.h"
#include "nss-witness.h"

#define FOLDER(name) RS_CLEANUP(nss_folder_remove) struct nss_folder name
#define CERT(name) RS_CLEANUP(nss_cert_free) struct nss_cert name

static struct rs_softoken *softoken;

/* A folder with an empty hand-made database. */
static void
schema(struct nss_folder *folder)
{
	nss_folder_make(folder, NULL);
	nss_schema(folder);
}

static void RS_PRINTF(2, 3)
expect(struct nss_folder *folder, const char *fmt, ...)
{
	struct rs_store *store = nss_read(folder, softoken);
	RS_AUTOFREE char *got = nss_describe(store), *want = NULL;
	va_list ap;

	va_start(ap, fmt);
	want = rs_vprintf(fmt, ap);
	va_end(ap);
	rs_store_free(store);
	assert_string_equal(got, want);
}

/* One anchor of a database whose ids NSS chose. */
static void
expect_one(struct nss_folder *folder, const struct nss_cert *cert, unsigned trust, size_t rows)
{
	struct rs_store *store = nss_read(folder, softoken);
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
	FOLDER(folder);
	CERT(a);

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_create(&folder, which);
	nss_import(&folder, which, &a, "A", flags);
	if (trust != 0)
		expect_one(&folder, &a, trust, 2);
	else
		expect(&folder, "no_findings\n");
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
	FOLDER(folder);
	CERT(a);

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
	FOLDER(folder);
	CERT(a);
	struct rs_store *store;
	struct rs_anchor *anchor;

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_create(&folder, NSS_NEW);
	nss_import(&folder, NSS_NEW, &a, "A", "C,,");
	nss_certutil(&folder, NSS_OLD, "-D", "-n", "A", NULL);
	store = nss_read(&folder, softoken);
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
	FOLDER(folder);
	CERT(a);
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
	FOLDER(folder);
	CERT(a);
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

/* Firefox goes by the class that vouches. */
static void
test_vouching_wins(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, "A");
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_DENIED);
	expect(&folder, "no_findings\n");
	nss_row_trust(&folder, 12, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11 12\n",
	       a.cert->sha256);
	nss_sql(&folder, "UPDATE nssPublic SET ace536358 = x'ce534352' WHERE id = 11;"
		"UPDATE nssPublic SET a62c = x'00000003' WHERE id = 12");
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11 12\n",
	       a.cert->sha256);
}

/* By issuer and serial alone an honest certificate would go as well. */
static void
test_equal_issuer_serial(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(bad);
	CERT(honest);

	schema(&folder);
	nss_cert_make(&bad, "localhost", 1, 1);
	nss_cert_make(&honest, "localhost", 1, 2);
	assert_string_equal(bad.cert->issuer_der, honest.cert->issuer_der);
	assert_string_equal(bad.cert->serial, honest.cert->serial);
	nss_row_cert(&folder, 10, &honest, "honest");
	nss_row_cert(&folder, 11, &bad, "bad");
	nss_row_trust(&folder, 12, RS_CKO_TRUST, &bad, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&folder, 13, RS_CKO_NSS_TRUST, &bad, NSS_HASH, NSS_OLD_ANCHOR);
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 11 12 13\n",
	       bad.cert->sha256);
	nss_row_trust(&folder, 14, RS_CKO_NSS_TRUST, &honest, NSS_HASH, NSS_OLD_TRUSTED);
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 14\n"
	       "certificate %.8s trust 1 seen 30 ids 11 12 13\n",
	       honest.cert->sha256, bad.cert->sha256);
}

static void
test_no_hash(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	CERT(b);
	CERT(other);

	schema(&folder);
	nss_cert_make(&a, "localhost", 1, 1);
	nss_cert_make(&b, "localhost", 1, 2);
	nss_cert_make(&other, "localhost", 2, 3);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_cert(&folder, 11, &b, NULL);
	nss_row_cert(&folder, 12, &other, NULL);
	nss_row_trust(&folder, 13, RS_CKO_NSS_TRUST, &a, NSS_NO_HASH, NSS_OLD_ANCHOR);
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 13\n"
	       "certificate %.8s trust 1 seen 30 ids 11 13\n", a.cert->sha256, b.cert->sha256);
}

/* The hash of a digest that we do not compute is as good as none. */
static void
test_other_hash_algorithm(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	/* CKM_SHA3_256: 32 bytes, too. */
	nss_sql(&folder, "UPDATE nssPublic SET a8c = x'000002b0', a635 = zeroblob(32) WHERE id = 11");
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n", a.cert->sha256);
}

static void
test_contradicting_hash(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	CERT(other);

	schema(&folder);
	nss_cert_make(&a, "localhost", 1, 1);
	nss_cert_make(&other, "localhost", 1, 2);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &other, NSS_HASH, NSS_OLD_ANCHOR);
	expect(&folder, "no_findings\ntrust %.8s trust 1 seen 30 ids 11\n", other.cert->sha1);
}

static void
test_orphans(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	CERT(b);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&b, "B", 2, 2);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&folder, 12, RS_CKO_NSS_TRUST, &b, NSS_HASH, NSS_OLD_ANCHOR);
	nss_row_trust(&folder, 13, RS_CKO_NSS_TRUST, &b, NSS_HASH, NSS_OLD_TRUSTED);
	expect(&folder, "no_findings\ntrust %.8s trust 1 seen 30 ids 11\n"
	       "trust %.8s trust 1 seen 30 ids 12 13\n", a.cert->sha256, b.cert->sha1);
	nss_sql(&folder, "UPDATE nssPublic SET a62c = x'00000003' WHERE id = 11;"
		"UPDATE nssPublic SET ace536358 = x'ce534353' WHERE id > 11");
	expect(&folder, "no_findings\n");
}

/* Three bytes say that a value is there and empty: they are no name. */
static void
test_empty_nickname(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	struct rs_store *store;
	struct rs_anchor *anchor;
	struct rs_origin *origin;

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	store = nss_read(&folder, softoken);
	anchor = store->anchors.v[0];
	origin = anchor->origins.v[0];
	assert_string_equal(origin->object, "certificate (objects 10, 11)");
	rs_store_free(store);
}

static void
test_one_certificate_in_several_rows(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, "once");
	nss_row_cert(&folder, 20, &a, "twice");
	nss_row_trust(&folder, 15, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 20 15\n",
	       a.cert->sha256);
}

static void
test_unparseable_certificate(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
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
	store = nss_read(&folder, softoken);
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
	FOLDER(folder);
	CERT(a);

	nss_folder_make(&folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_sql(&folder, "CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a1, a2, "
		"a3, a11, a80, a81, a82, a101, ace536358, ace5363b4)");
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_ANCHOR);
	expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n", a.cert->sha256);
}

static void
test_number_of_eight_bytes(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
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
test_without_softoken(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	RS_AUTOFREE char *got = NULL, *want = NULL;
	struct rs_store *store;

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	store = nss_read(&folder, NULL);
	got = nss_describe(store);
	want = rs_printf("no_findings: read by one reader only\n"
			 "certificate %.8s trust 1 seen 10 ids 10 11\n", a.cert->sha256);
	assert_string_equal(got, want);
	rs_store_free(store);
}

static void
test_readers_differ(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	RS_AUTOFREE char *got = NULL;
	struct rs_store *store;

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	/* A number that is no blob: we read its bytes, softoken does not find it by class. */
	nss_sql(&folder, "UPDATE nssPublic SET a0 = CAST(x'0000000b' AS TEXT) WHERE id = 11");
	store = nss_read(&folder, softoken);
	got = nss_describe(store);
	assert_int_equal(store->anchors.n, 1);
	assert_int_equal(store->disagreements.n, 1);
	assert_non_null(strstr(got, "object 11: CKO_TRUST of "));
	assert_non_null(strstr(got, "rows say trusted for server, denied for none, "
			       "softoken says nothing"));
	rs_store_free(store);
}

static struct rs_token_object *
trust_object(const struct nss_cert *cert, unsigned long value, const char *id)
{
	struct rs_token_object *object = rs_token_object_new(RS_CKO_TRUST);

	object->cert = rs_cert_new_trust(NULL, 0, "\x02\x01\x07", 3, NULL, 0,
					 cert->der, 32);
	rs_token_object_trust(object, RS_TRUST_SERVER, value);
	object->id = rs_strdup(id);
	return object;
}

static struct rs_token_object *
certificate_object(const struct nss_cert *cert, const char *id)
{
	struct rs_token_object *object = rs_token_object_new(RS_CKO_CERTIFICATE);

	object->cert = rs_cert_copy(cert->cert);
	object->id = rs_strdup(id);
	return object;
}

/* Each difference once, and what is the same not at all. */
static void
test_witness(void **state RS_UNUSED)
{
	RS_CLEANUP(rs_array_free) struct rs_array rows, softokens;
	struct rs_store *store = rs_store_new(RS_KIND_NSS, "somebody", "/p/cert9.db");
	RS_AUTOFREE char *only_softoken = NULL, *only_rows = NULL;
	CERT(a);
	CERT(b);
	CERT(c);

	rs_array_init(&rows, rs_token_object_free);
	rs_array_init(&softokens, rs_token_object_free);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&b, "B", 2, 2);
	nss_cert_make(&c, "C", 3, 3);
	rs_array_add(&rows, certificate_object(&a, "10"));
	rs_array_add(&rows, certificate_object(&b, "11"));
	rs_array_add(&rows, trust_object(&a, NSS_NEW_ANCHOR, "12"));
	rs_array_add(&softokens, trust_object(&a, NSS_NEW_DENIED, NULL));
	rs_array_add(&softokens, certificate_object(&c, NULL));
	rs_array_add(&softokens, certificate_object(&a, NULL));
	rs_nss_witness_compare(store, &rows, &softokens);
	assert_int_equal(store->disagreements.n, 3);
	only_softoken = rs_printf("/p/cert9.db: object unknown: certificate %s: rows say nothing, "
				  "softoken says it is there", c.cert->sha256);
	only_rows = rs_printf("/p/cert9.db: object 11: certificate %s: rows say it is there, "
			      "softoken says nothing", b.cert->sha256);
	assert_true(rs_array_has_str(&store->disagreements, only_softoken));
	assert_true(rs_array_has_str(&store->disagreements, only_rows));
	assert_non_null(strstr(store->disagreements.v[0], "object 12: CKO_TRUST of "));
	assert_non_null(strstr(store->disagreements.v[0], "rows say trusted for server, denied for "
			       "none, softoken says trusted for none, denied for server"));
	rs_store_free(store);
}

/* A hostile file cannot fill the report. */
static void
test_witness_bounded(void **state RS_UNUSED)
{
	RS_CLEANUP(rs_array_free) struct rs_array rows, none;
	struct rs_store *store = rs_store_new(RS_KIND_NSS, "somebody", "/p/cert9.db");
	CERT(a);

	rs_array_init(&rows, rs_token_object_free);
	rs_array_init(&none, rs_token_object_free);
	nss_cert_make(&a, "A", 1, 1);
	for (int i = 0; i < 1000; i++)
		rs_array_add(&rows, certificate_object(&a, "10"));
	rs_nss_witness_compare(store, &rows, &none);
	assert_int_equal(store->disagreements.n, 20);
	rs_store_free(store);
}

static void
test_id_is_no_number(void **state RS_UNUSED)
{
	FOLDER(folder);
	CERT(a);
	struct rs_store *store;

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_sql(&folder, "UPDATE nssPublic SET id = 'eleven' WHERE id = 11");
	store = nss_read(&folder, softoken);
	assert_int_equal(store->anchors.n, 0);
	assert_true(store->disagreements.n >= 1);
	assert_non_null(strstr(store->disagreements.v[0], "1 rows"));
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
		FOLDER(folder);
		CERT(a);

		nss_folder_make(&folder, names[i]);
		nss_schema(&folder);
		nss_cert_make(&a, "A", 1, 1);
		nss_row_cert(&folder, 10, &a, NULL);
		nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
		expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n",
		       a.cert->sha256);
	}
}

static void
test_empty_database(void **state RS_UNUSED)
{
	FOLDER(folder);

	nss_folder_make(&folder, NULL);
	nss_create(&folder, NSS_OLD);
	expect(&folder, "no_findings\n");
}

static int
setup(void **state RS_UNUSED)
{
	RS_AUTOFREE char *why = NULL;

	softoken = rs_softoken_new(&why);
	if (softoken == NULL)
		print_error("%s\n", why);
	return softoken == NULL;
}

static int
teardown(void **state RS_UNUSED)
{
	rs_softoken_free(softoken);
	return 0;
}

#define TEST(name, function) { name, function, NULL, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("/nss/certutil-old", test_certutil_old),
		TEST("/nss/certutil-new", test_certutil_new),
		TEST("/nss/peer", test_peer),
		TEST("/nss/untrusted", test_untrusted),
		TEST("/nss/both-classes", test_both_classes),
		TEST("/nss/certutil-leaves-orphans", test_certutil_leaves_orphans),
		TEST("/nss/primary-password", test_primary_password),
		TEST("/nss/no-key-database", test_no_key_database),
		TEST("/nss/vouching-wins", test_vouching_wins),
		TEST("/nss/equal-issuer-serial", test_equal_issuer_serial),
		TEST("/nss/no-hash", test_no_hash),
		TEST("/nss/other-hash-algorithm", test_other_hash_algorithm),
		TEST("/nss/contradicting-hash", test_contradicting_hash),
		TEST("/nss/orphans", test_orphans),
		TEST("/nss/empty-nickname", test_empty_nickname),
		TEST("/nss/one-certificate-in-several-rows", test_one_certificate_in_several_rows),
		TEST("/nss/unparseable-certificate", test_unparseable_certificate),
		TEST("/nss/missing-columns", test_missing_columns),
		TEST("/nss/number-of-eight-bytes", test_number_of_eight_bytes),
		TEST("/nss/without-softoken", test_without_softoken),
		TEST("/nss/readers-differ", test_readers_differ),
		TEST("/nss/witness", test_witness),
		TEST("/nss/witness-bounded", test_witness_bounded),
		TEST("/nss/id-is-no-number", test_id_is_no_number),
		TEST("/nss/folder-names", test_folder_names),
		TEST("/nss/empty-database", test_empty_database),
	};

	return cmocka_run_group_tests_name("nss", tests, setup, teardown);
}
