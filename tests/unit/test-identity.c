/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a certificate is known by, as a line and as names of a map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "identity.h"
#include "nss-fixture.h"

static struct nss_cert made;

static int
setup(void **state RS_UNUSED)
{
	nss_cert_make(&made, "A", 1, 1);
	return 0;
}

static int
teardown(void **state RS_UNUSED)
{
	nss_cert_free(&made);
	return 0;
}

/* The names of a certificate, less what is not known of it. */
static struct rs_cert
part(bool sha256, bool sha1, bool serial)
{
	return (struct rs_cert){
		.sha256 = sha256 ? made.cert->sha256 : NULL, .sha1 = sha1 ? made.cert->sha1 : NULL,
		.issuer_der = serial ? made.cert->issuer_der : NULL,
		.serial = serial ? made.cert->serial : NULL,
	};
}

static void
expect_found(const struct rs_map *map, struct rs_cert cert, enum rs_match_how want)
{
	enum rs_match_how how;

	assert_ptr_equal(rs_identity_get(map, &cert, &how), &made);
	assert_int_equal(how, want);
}

static void
test_line(void **state RS_UNUSED)
{
	RS_AUTOFREE char *text = rs_identity_text(made.cert);
	struct rs_map map = { 0 };
	enum rs_match_how how;
	struct rs_cert none = { 0 };

	assert_true(rs_identity_add_text(&map, text, &made));
	expect_found(&map, part(true, true, true), RS_MATCH_CERTIFICATE);
	expect_found(&map, part(false, true, true), RS_MATCH_SHA1);
	expect_found(&map, part(false, false, true), RS_MATCH_ISSUER_SERIAL);
	assert_null(rs_identity_get(&map, &none, &how));
	rs_map_free(&map);
}

/* One with the same issuer and serial, or half the digests, is another. */
static void
test_contradicts(void **state RS_UNUSED)
{
	struct rs_cert other = part(true, true, true);
	struct rs_map map = { 0 };
	enum rs_match_how how;
	char digest[65];

	memset(digest, 'a', 64);
	digest[64] = '\0';
	rs_identity_add(&map, made.cert, &made);
	other.sha256 = digest;
	assert_null(rs_identity_get(&map, &other, &how));
	other.sha256 = NULL;
	digest[40] = '\0';
	other.sha1 = digest;
	assert_null(rs_identity_get(&map, &other, &how));
	rs_map_free(&map);
}

static void
test_bad_lines(void **state RS_UNUSED)
{
	static const char *const lines[] = {
		"", " ", "aa", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef 01",
		"0123456789abcdef0123456789abcdef01234567 aa",
	};
	struct rs_map map = { 0 };

	for (size_t i = 0; i < RS_COUNT(lines); i++)
		assert_false(rs_identity_add_text(&map, lines[i], &made));
	assert_int_equal(map.n, 0);
}

static void
test_names(void **state RS_UNUSED)
{
	struct rs_cert serial = part(false, false, true), mixed = part(false, true, true);
	struct rs_array names;
	enum rs_match_how how;

	rs_array_init(&names, free);
	rs_identity_names(&names, &serial);
	assert_int_equal(names.n, 1);
	assert_true(rs_identity_is_one_of(&names, &serial, &how));
	assert_int_equal(how, RS_MATCH_ISSUER_SERIAL);
	/* What has a digest is asked by that. */
	assert_false(rs_identity_is_one_of(&names, &mixed, &how));
	rs_identity_names(&names, made.cert);
	assert_true(rs_identity_is_one_of(&names, &mixed, &how));
	assert_int_equal(how, RS_MATCH_SHA1);
	rs_array_free(&names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/identity/line", test_line, NULL, NULL, NULL },
		{ "/identity/contradicts", test_contradicts, NULL, NULL, NULL },
		{ "/identity/bad-lines", test_bad_lines, NULL, NULL, NULL },
		{ "/identity/names", test_names, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("identity", tests, setup, teardown);
}
