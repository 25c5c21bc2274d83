/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two readers of an NSS database: where one is missing, and where they
 * differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "nss-fixture.h"
#include "nss-witness.h"

static void
test_without_softoken(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	RS_AUTOFREE char *got = NULL, *want = NULL;
	struct rs_store *store;

	nss_trusting(&folder, &a);
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
	NSS_FOLDER(folder);
	NSS_CERT(a);
	RS_AUTOFREE char *got = NULL;
	struct rs_store *store;

	nss_trusting(&folder, &a);
	/* A number that is no blob: we read its bytes, softoken does not find it by class. */
	nss_sql(&folder, "UPDATE nssPublic SET a0 = CAST(x'0000000b' AS TEXT) WHERE id = 11");
	store = nss_read(&folder, nss_softoken);
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
	NSS_CERT(a);
	NSS_CERT(b);
	NSS_CERT(c);

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
	NSS_CERT(a);

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
	NSS_FOLDER(folder);
	NSS_CERT(a);
	struct rs_store *store;

	nss_trusting(&folder, &a);
	nss_sql(&folder, "UPDATE nssPublic SET id = 'eleven' WHERE id = 11");
	store = nss_read(&folder, nss_softoken);
	assert_int_equal(store->anchors.n, 0);
	assert_true(store->disagreements.n >= 1);
	assert_non_null(strstr(store->disagreements.v[0], "1 rows"));
	rs_store_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/nss-witness/without-softoken", test_without_softoken),
		NSS_TEST("/nss-witness/readers-differ", test_readers_differ),
		NSS_TEST("/nss-witness/differences", test_witness),
		NSS_TEST("/nss-witness/bounded", test_witness_bounded),
		NSS_TEST("/nss-witness/id-is-no-number", test_id_is_no_number),
	};

	return cmocka_run_group_tests_name("nss-witness", tests, nss_softoken_start,
					   nss_softoken_end);
}
