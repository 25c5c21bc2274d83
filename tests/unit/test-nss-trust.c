/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows make up an anchor; each row is written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nss-fixture.h"

/* A folder with an empty hand-made database. */
static void
schema(struct nss_folder *folder)
{
	nss_folder_make(folder, NULL);
	nss_schema(folder);
}

/* New NSS goes by the one class, old NSS by the other: either suffices. */
static void
test_vouching_wins(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, "A");
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_DENIED);
	nss_expect(&folder, "no_findings\n");
	nss_row_trust(&folder, 12, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11 12\n",
	       a.cert->sha256);
	nss_sql(&folder, "UPDATE nssPublic SET ace536358 = x'ce534352' WHERE id = 11;"
		"UPDATE nssPublic SET a62c = x'00000003' WHERE id = 12");
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11 12\n",
	       a.cert->sha256);
}

/* By issuer and serial alone an honest certificate would go as well. */
static void
test_equal_issuer_serial(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(bad);
	NSS_CERT(honest);

	schema(&folder);
	nss_cert_make(&bad, "localhost", 1, 1);
	nss_cert_make(&honest, "localhost", 1, 2);
	assert_string_equal(bad.cert->issuer_der, honest.cert->issuer_der);
	assert_string_equal(bad.cert->serial, honest.cert->serial);
	nss_row_cert(&folder, 10, &honest, "honest");
	nss_row_cert(&folder, 11, &bad, "bad");
	nss_row_trust(&folder, 12, RS_CKO_TRUST, &bad, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&folder, 13, RS_CKO_NSS_TRUST, &bad, NSS_HASH, NSS_OLD_ANCHOR);
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 11 12 13\n",
	       bad.cert->sha256);
	nss_row_trust(&folder, 14, RS_CKO_NSS_TRUST, &honest, NSS_HASH, NSS_OLD_TRUSTED);
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 14\n"
	       "certificate %.8s trust 1 seen 30 ids 11 12 13\n",
	       honest.cert->sha256, bad.cert->sha256);
}

static void
test_no_hash(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	NSS_CERT(b);
	NSS_CERT(other);

	schema(&folder);
	nss_cert_make(&a, "localhost", 1, 1);
	nss_cert_make(&b, "localhost", 1, 2);
	nss_cert_make(&other, "localhost", 2, 3);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_cert(&folder, 11, &b, NULL);
	nss_row_cert(&folder, 12, &other, NULL);
	nss_row_trust(&folder, 13, RS_CKO_NSS_TRUST, &a, NSS_NO_HASH, NSS_OLD_ANCHOR);
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 13\n"
	       "certificate %.8s trust 1 seen 30 ids 11 13\n", a.cert->sha256, b.cert->sha256);
}

/* The hash of a digest that we do not compute is as good as none. */
static void
test_other_hash_algorithm(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	/* CKM_SHA3_256: 32 bytes, too. */
	nss_sql(&folder, "UPDATE nssPublic SET a8c = x'000002b0', a635 = zeroblob(32) "
		"WHERE id = 11");
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n",
		   a.cert->sha256);
}

static void
test_contradicting_hash(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	NSS_CERT(other);

	schema(&folder);
	nss_cert_make(&a, "localhost", 1, 1);
	nss_cert_make(&other, "localhost", 1, 2);
	nss_row_cert(&folder, 10, &a, NULL);
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &other, NSS_HASH, NSS_OLD_ANCHOR);
	nss_expect(&folder, "no_findings\ntrust %.8s trust 1 seen 30 ids 11\n", other.cert->sha1);
}

static void
test_orphans(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	NSS_CERT(b);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&b, "B", 2, 2);
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&folder, 12, RS_CKO_NSS_TRUST, &b, NSS_HASH, NSS_OLD_ANCHOR);
	nss_row_trust(&folder, 13, RS_CKO_NSS_TRUST, &b, NSS_HASH, NSS_OLD_TRUSTED);
	nss_expect(&folder, "no_findings\ntrust %.8s trust 1 seen 30 ids 11\n"
	       "trust %.8s trust 1 seen 30 ids 12 13\n", a.cert->sha256, b.cert->sha1);
	nss_sql(&folder, "UPDATE nssPublic SET a62c = x'00000003' WHERE id = 11;"
		"UPDATE nssPublic SET ace536358 = x'ce534353' WHERE id > 11");
	nss_expect(&folder, "no_findings\n");
}

/* What denies, or says nothing, leaves with the row that vouches; alone it is
 * no anchor, and another's it is not. */
static void
test_orphans_idle(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	NSS_CERT(b);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&b, "A", 1, 2);
	nss_row_trust(&folder, 11, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_DENIED);
	nss_row_trust(&folder, 12, RS_CKO_NSS_TRUST, &b, NSS_HASH, NSS_OLD_DENIED);
	nss_row_trust(&folder, 13, RS_CKO_NSS_TRUST, &a, NSS_HASH, NSS_OLD_ANCHOR);
	nss_row_trust(&folder, 14, RS_CKO_NSS_TRUST, &a, NSS_HASH, 0xce534353UL);
	nss_expect(&folder, "no_findings\ntrust %.8s trust 1 seen 30 ids 13 11 14\n", a.cert->sha1);
}

/* Each certificate is one by itself, whatever it shares with others. */
static void
test_one_nickname_or_key(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	NSS_CERT(again);
	NSS_CERT(other);

	schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&again, "A", 2, 1);
	nss_cert_make(&other, "Other", 3, 3);
	assert_string_equal(a.cert->spki_sha256, again.cert->spki_sha256);
	nss_row_cert(&folder, 10, &a, "one name");
	nss_row_cert(&folder, 20, &again, "one name");
	nss_row_cert(&folder, 30, &other, "one name");
	nss_row_trust(&folder, 11, RS_CKO_TRUST, &a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&folder, 21, RS_CKO_NSS_TRUST, &again, NSS_HASH, NSS_OLD_ANCHOR);
	nss_expect(&folder, "no_findings\ncertificate %.8s trust 1 seen 30 ids 10 11\n"
	       "certificate %.8s trust 1 seen 30 ids 20 21\n", a.cert->sha256, again.cert->sha256);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/nss-trust/vouching-wins", test_vouching_wins),
		NSS_TEST("/nss-trust/equal-issuer-serial", test_equal_issuer_serial),
		NSS_TEST("/nss-trust/no-hash", test_no_hash),
		NSS_TEST("/nss-trust/other-hash-algorithm", test_other_hash_algorithm),
		NSS_TEST("/nss-trust/contradicting-hash", test_contradicting_hash),
		NSS_TEST("/nss-trust/orphans", test_orphans),
		NSS_TEST("/nss-trust/orphans-idle", test_orphans_idle),
		NSS_TEST("/nss-trust/one-nickname-or-key", test_one_nickname_or_key),
	};

	return cmocka_run_group_tests_name("nss-trust", tests, nss_softoken_start, nss_softoken_end);
}
