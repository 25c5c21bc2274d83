/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and dates of certificates, which their makers choose freely. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cert.h"
#include "make-der.h"

#define JAN_2020 1577836800

static void
cleanup_cert(struct rs_cert **cert)
{
	rs_cert_free(*cert);
}
#define AUTOCERT RS_CLEANUP(cleanup_cert) struct rs_cert

static struct rs_cert *
made(struct make_spec spec)
{
	RS_AUTOBUF struct rs_buf der = { 0 };

	make_cert(&der, &spec);
	return rs_cert_new(der.data, der.len);
}

static void
expect_name(const struct rs_buf *rdns, const char *text, const char *title)
{
	AUTOCERT *cert = made((struct make_spec){
		.subject = rdns->data != NULL ? rdns->data : "", .subject_len = rdns->len,
	});
	RS_AUTOFREE char *got = rs_cert_title(cert);

	assert_string_equal(cert->subject, text);
	assert_string_equal(cert->issuer, text);
	assert_string_equal(got, title != NULL ? title : cert->sha256);
}

static void
expect_cn(unsigned char tag, const char *value, size_t len, const char *text, const char *title)
{
	RS_AUTOBUF struct rs_buf rdns = { 0 };

	make_rdn(&rdns, 3, tag, value, len);
	expect_name(&rdns, text, title);
}

static void
test_names(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf two = { 0 };
	RS_AUTOBUF struct rs_buf same = { 0 };
	RS_AUTOBUF struct rs_buf country = { 0 };

	expect_name(&(struct rs_buf){ 0 }, "", NULL);
	expect_cn(0x0c, MAKE_BYTES("Мемлекеттік"), "CN=Мемлекеттік", "Мемлекеттік");
	expect_cn(0x1e, MAKE_BYTES("\x04\x10\x04\x1e"), "CN=АО", "АО");
	expect_cn(0x13, MAKE_BYTES("a, b+c=\"\\d"), "CN=a\\, b\\+c=\\\"\\\\d", "a, b+c=\"\\d");
	expect_cn(0x0c, MAKE_BYTES("#x "), "CN=\\#x\\ ", "#x ");
	/* The most specific part comes first, and a value may look like a name. */
	make_rdn(&two, 10, 0x0c, MAKE_BYTES("CN=x"));
	make_rdn(&two, 11, 0x0c, MAKE_BYTES("Unit"));
	expect_name(&two, "OU=Unit,O=CN=x", "CN=x");
	make_rdn(&same, 3, 0x0c, MAKE_BYTES("A"));
	make_rdn(&same, 3, 0x0c, MAKE_BYTES("A"));
	expect_name(&same, "CN=A,CN=A", "A");
	make_rdn(&country, 6, 0x13, MAKE_BYTES("KZ"));
	expect_name(&country, "C=KZ", "C=KZ");
}

static void
test_names_hostile(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf junk = { 0 };
	RS_AUTOBUF struct rs_buf empty = { 0 };

	expect_cn(0x0c, MAKE_BYTES("h\xff\x1b[2J"), "CN=h\\xff\\x1b[2J", "h\\xff\\x1b[2J");
	expect_cn(0x0c, MAKE_BYTES("a\xe2\x80\xae" "b"), "CN=a\\xe2\\x80\\xaeb",
		  "a\\xe2\\x80\\xaeb");
	expect_cn(0x0c, MAKE_BYTES("a\0b"), "CN=#0c03610062", "#0c03610062");
	/* GnuTLS gives up the whole name for one empty value. */
	make_rdn(&empty, 10, 0x0c, MAKE_BYTES("Org"));
	make_rdn(&empty, 3, 0x0c, "", 0);
	expect_name(&empty, "#3109300706035504030c00,O=Org", "Org");
	expect_cn(0x0c, "", 0, "#3109300706035504030c00", "#3109300706035504030c00");
	rs_buf_add(&junk, "\x31\x7f", 2);
	expect_name(&junk, "#317f", "#317f");
}

static void
test_names_long(void **state RS_UNUSED)
{
	enum { LONG = 65536, MANY = 20000 };
	RS_AUTOFREE char *value = rs_alloc(LONG + 1);
	RS_AUTOBUF struct rs_buf rdns = { 0 };
	RS_AUTOBUF struct rs_buf many = { 0 };
	RS_AUTOFREE char *text = NULL;
	struct rs_cert *cert;
	clock_t start = clock();

	memset(value, 'A', LONG);
	make_rdn(&rdns, 3, 0x0c, value, LONG);
	text = rs_printf("CN=%s", value);
	expect_name(&rdns, text, value);
	for (int i = 0; i < MANY; i++)
		make_rdn(&many, 3, 0x0c, "A", 1);
	cert = made((struct make_spec){ .subject = many.data, .subject_len = many.len });
	assert_int_equal(strlen(cert->subject), 5 * MANY - 1);
	assert_non_null(cert->spki_sha256);
	rs_cert_free(cert);
	/* GnuTLS alone takes eight seconds for it. */
	assert_true(clock() - start < 4 * CLOCKS_PER_SEC);
}

static void
expect_dates(const char *from, const char *to, time_t not_before, time_t not_after)
{
	AUTOCERT *cert = made((struct make_spec){ .not_before = from, .not_after = to });

	assert_int_equal(cert->not_before, not_before);
	assert_int_equal(cert->not_after, not_after);
	assert_non_null(cert->sha256);
}

static void
test_dates(void **state RS_UNUSED)
{
	expect_dates("200101000000Z", "20600101000000Z", JAN_2020, 2840140800);
	expect_dates("500101000000Z", "491231235959Z", -631152000, 2524607999);
	expect_dates("2001010000Z", "99981231235959Z", JAN_2020, 253370764799);
}

static void
test_dates_unknown(void **state RS_UNUSED)
{
	expect_dates("200230000000Z", "99991231235959Z", -1, -1);
	expect_dates("201301000000Z", "200101250000Z", -1, -1);
	expect_dates("2001010000+0100", "200101006000Z", -1, -1);
	expect_dates("", "20010100zz00Z", -1, -1);
	expect_dates("20010100000000", "200001010000.Z", -1, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/cert/names", test_names, NULL, NULL, NULL },
		{ "/cert/names/hostile", test_names_hostile, NULL, NULL, NULL },
		{ "/cert/names/long", test_names_long, NULL, NULL, NULL },
		{ "/cert/dates", test_dates, NULL, NULL, NULL },
		{ "/cert/dates/unknown", test_dates_unknown, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("cert-name", tests, NULL, NULL);
}
