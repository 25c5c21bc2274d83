/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <gnutls/pkcs12.h>

#include "keystore.h"
#include "make-pkcs12.h"

#define ITERATIONS 100

static enum rs_keystore_state
read_exactly(const struct rs_buf *file, size_t len, struct rs_array *entries, const char **why)
{
	/* Without the NUL that a buffer has, so that a step too far is seen. */
	char *exact = malloc(len > 0 ? len : 1);
	enum rs_keystore_state state;

	assert_non_null(exact);
	if (len > 0)
		memcpy(exact, file->data, len);
	state = rs_keystore_read(exact, len, entries, why);
	free(exact);
	return state;
}

static void
expect(const struct rs_buf *file, enum rs_keystore_state want, size_t n, const char *word)
{
	struct rs_array entries;
	const char *why = "";

	assert_int_equal(read_exactly(file, file->len, &entries, &why), want);
	if (word == NULL)
		assert_null(why);
	else
		assert_non_null(strstr(why, word));
	assert_int_equal(entries.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct rs_keystore_entry *entry = entries.v[i];
		RS_AUTOFREE char *alias = rs_printf("root %zu", i + 1);
		RS_AUTOFREE char *der = rs_printf("certificate %zu", i + 1);

		assert_string_equal(entry->alias, alias);
		assert_int_equal(entry->der_len, strlen(der));
		assert_memory_equal(entry->der, der, strlen(der));
	}
	rs_array_free(&entries);
}

static void
put_bags(struct rs_buf *bags, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++) {
		RS_AUTOFREE char *alias = rs_printf("root %zu", i);
		RS_AUTOFREE char *der = rs_printf("certificate %zu", i);

		p12_add_cert(bags, alias, der, strlen(der), P12_TRUSTED | P12_NAMED);
	}
}

static void
put_file(struct rs_buf *file, size_t n, const char *password)
{
	RS_AUTOBUF struct rs_buf bags = { 0 };
	RS_AUTOBUF struct rs_buf parts = { 0 };

	put_bags(&bags, 1, n);
	p12_add_part(&parts, &bags, password, ITERATIONS);
	p12_put_file(file, &parts);
}

/* GnuTLS's own reader stops at 32 and says nothing. */
static void
test_counts(void **state RS_UNUSED)
{
	static const size_t counts[] = { 0, 1, 32, 33, 150, 1000 };
	static const char *const passwords[] = { NULL, "changeit", "" };

	for (size_t i = 0; i < RS_COUNT(counts); i++)
		for (size_t k = 0; k < RS_COUNT(passwords); k++) {
			RS_AUTOBUF struct rs_buf file = { 0 };

			put_file(&file, counts[i], passwords[k]);
			expect(&file, RS_KEYSTORE_WHOLE, counts[i], NULL);
		}
}

/* What is in clear, or has a password that is known, is told all the same. */
static void
test_wrong_password(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf parts = { 0 };
	RS_AUTOBUF struct rs_buf one = { 0 };
	RS_AUTOBUF struct rs_buf two = { 0 };
	RS_AUTOBUF struct rs_buf three = { 0 };

	put_file(&file, 3, "secret");
	expect(&file, RS_KEYSTORE_CLOSED, 0, "password");
	rs_buf_free(&file);
	put_bags(&one, 1, 1);
	put_bags(&two, 9, 1);
	put_bags(&three, 2, 1);
	p12_add_part(&parts, &one, NULL, 0);
	p12_add_part(&parts, &two, "secret", ITERATIONS);
	p12_add_part(&parts, &three, "changeit", ITERATIONS);
	p12_put_file(&file, &parts);
	expect(&file, RS_KEYSTORE_CLOSED, 2, "password");
}

/* The chain of a key makes nothing trusted. */
static void
test_untrusted(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf parts = { 0 };
	RS_AUTOBUF struct rs_buf bags = { 0 };

	p12_add_cert(&bags, "chain", "chain", 5, P12_NAMED);
	/* A key's bag. */
	rs_buf_add(&bags, MAKE_BYTES("\x30\x12\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02"
				     "\xa0\x03\x30\x01\0"));
	put_bags(&bags, 1, 1);
	p12_add_part(&parts, &bags, NULL, 0);
	p12_put_file(&file, &parts);
	expect(&file, RS_KEYSTORE_WHOLE, 1, NULL);
}

static void
test_nameless(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf parts = { 0 };
	RS_AUTOBUF struct rs_buf bags = { 0 };
	struct rs_array entries;
	const char *why;

	p12_add_cert(&bags, "", "one", 3, P12_TRUSTED);
	p12_add_cert(&bags, "mine", "two", 3, P12_TRUSTED | P12_NAMED);
	p12_add_part(&parts, &bags, NULL, 0);
	p12_put_file(&file, &parts);
	assert_int_equal(read_exactly(&file, file.len, &entries, &why), RS_KEYSTORE_WHOLE);
	assert_int_equal(entries.n, 2);
	assert_string_equal(((struct rs_keystore_entry *)entries.v[0])->alias,
			    "(entry 1, without a name)");
	assert_string_equal(((struct rs_keystore_entry *)entries.v[1])->alias, "mine");
	rs_array_free(&entries);
}

/* GnuTLS encrypts, in each of its ways; it cannot say that Java trusts it. */
static void
test_schemes(void **state RS_UNUSED)
{
	static const unsigned schemes[] = {
		GNUTLS_PKCS_USE_PKCS12_3DES, GNUTLS_PKCS_USE_PKCS12_RC2_40,
		GNUTLS_PKCS_USE_PBES2_3DES, GNUTLS_PKCS_USE_PBES2_AES_128,
		GNUTLS_PKCS_USE_PBES2_AES_192, GNUTLS_PKCS_USE_PBES2_AES_256,
	};
	static const struct { const char *text; enum rs_keystore_state want; } passwords[] = {
		{ "changeit", RS_KEYSTORE_WHOLE }, { "", RS_KEYSTORE_WHOLE },
		{ "Changeit", RS_KEYSTORE_CLOSED },
	};

	for (size_t i = 0; i < RS_COUNT(schemes) * RS_COUNT(passwords); i++) {
		unsigned scheme = schemes[i / RS_COUNT(passwords)];
		const char *password = passwords[i % RS_COUNT(passwords)].text;
		enum rs_keystore_state want = passwords[i % RS_COUNT(passwords)].want;
		gnutls_datum_t data = { (unsigned char *)(uintptr_t)"certificate", 11 }, out;
		struct rs_buf file = { 0 };
		gnutls_pkcs12_bag_t bag;
		gnutls_pkcs12_t p12;

		assert_int_equal(gnutls_pkcs12_init(&p12) | gnutls_pkcs12_bag_init(&bag), 0);
		assert_true(gnutls_pkcs12_bag_set_data(bag, GNUTLS_BAG_CERTIFICATE, &data) >= 0);
		assert_int_equal(gnutls_pkcs12_bag_encrypt(bag, password, scheme), 0);
		assert_int_equal(gnutls_pkcs12_set_bag(p12, bag), 0);
		assert_int_equal(gnutls_pkcs12_generate_mac(p12, password), 0);
		assert_int_equal(gnutls_pkcs12_export2(p12, GNUTLS_X509_FMT_DER, &out), 0);
		rs_buf_add(&file, out.data, out.size);
		expect(&file, want, 0, want == RS_KEYSTORE_WHOLE ? NULL : "password");
		rs_buf_free(&file);
		gnutls_free(out.data);
		gnutls_pkcs12_bag_deinit(bag);
		gnutls_pkcs12_deinit(p12);
	}
}

static void
test_truncated(void **state RS_UNUSED)
{
	static const char *const passwords[] = { NULL, "changeit" };

	for (size_t i = 0; i < RS_COUNT(passwords); i++) {
		RS_AUTOBUF struct rs_buf file = { 0 };

		put_file(&file, 2, passwords[i]);
		for (size_t len = 0; len < file.len; len++) {
			struct rs_array entries;
			const char *why = NULL;

			assert_int_equal(read_exactly(&file, len, &entries, &why),
					 RS_KEYSTORE_DAMAGED);
			assert_non_null(why);
			assert_int_equal(entries.n, 0);
			rs_array_free(&entries);
		}
	}
}

/* Nothing that one wrong byte says makes more of it, or goes unsaid. */
static void
test_flipped(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	size_t closed = 0, damaged = 0;

	put_file(&file, 2, "changeit");
	for (size_t i = 0; i < file.len * 8; i++) {
		struct rs_array entries;
		enum rs_keystore_state got;
		const char *why = NULL;

		file.data[i / 8] ^= (char)(1 << i % 8);
		got = read_exactly(&file, file.len, &entries, &why);
		assert_true((got == RS_KEYSTORE_WHOLE) == (why == NULL));
		assert_true(entries.n <= 2);
		closed += got == RS_KEYSTORE_CLOSED;
		damaged += got == RS_KEYSTORE_DAMAGED;
		rs_array_free(&entries);
		file.data[i / 8] ^= (char)(1 << i % 8);
	}
	assert_true(closed > 0 && damaged > 0);
	expect(&file, RS_KEYSTORE_WHOLE, 2, NULL);
}

/* Replaces the first bytes that are these by others, as many. */
static void
expect_changed(const char *from, size_t len, const char *to, enum rs_keystore_state want,
	       const char *word)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	char *at;

	put_file(&file, 2, "changeit");
	at = memmem(file.data, file.len, from, len);
	assert_non_null(at);
	memcpy(at, to, len);
	expect(&file, want, 0, word);
}

static void
test_unknown(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };

	/* Another cipher, another way to make a key, another digest. */
	expect_changed(MAKE_BYTES("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"),
		       "\x60\x86\x48\x01\x65\x03\x04\x01\x2e", RS_KEYSTORE_CLOSED, "way");
	expect_changed(MAKE_BYTES("\xf7\x0d\x01\x05\x0d"), "\xf7\x0d\x01\x05\x0e",
		       RS_KEYSTORE_CLOSED, "way");
	expect_changed(MAKE_BYTES("\xf7\x0d\x01\x05\x0c"), "\xf7\x0d\x01\x05\x0f",
		       RS_KEYSTORE_CLOSED, "way");
	expect_changed(MAKE_BYTES("\xf7\x0d\x02\x09"), "\xf7\x0d\x02\x7f", RS_KEYSTORE_CLOSED,
		       "way");
	/* A key's encryption, which is of another kind. */
	expect_changed(MAKE_BYTES("\xf7\x0d\x01\x07\x06"), "\xf7\x0d\x01\x07\x03",
		       RS_KEYSTORE_CLOSED, "key");
	/* Not one of Java's. */
	expect_changed(MAKE_BYTES("\xf7\x0d\x01\x07\x01"), "\xf7\x0d\x01\x07\x02",
		       RS_KEYSTORE_DAMAGED, "no Java keystore");
	rs_buf_add(&file, MAKE_BYTES("\x30\x80\x02\x01\x03\0\0"));
	expect(&file, RS_KEYSTORE_CLOSED, 0, "BER");
}

/* Four thousand million rounds, none, and less than none. */
static void
test_iterations(void **state RS_UNUSED)
{
	static const char *const counts[] = {
		"\x02\x04\x7f\xff", "\x02\x02\0\0", "\x02\x02\xff\xff",
	};

	for (size_t i = 0; i < RS_COUNT(counts); i++)
		expect_changed(MAKE_BYTES("\x02\x02\0\x64"), counts[i], RS_KEYSTORE_CLOSED, "way");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/pkcs12/counts", test_counts, NULL, NULL, NULL },
		{ "/pkcs12/wrong-password", test_wrong_password, NULL, NULL, NULL },
		{ "/pkcs12/untrusted", test_untrusted, NULL, NULL, NULL },
		{ "/pkcs12/nameless", test_nameless, NULL, NULL, NULL },
		{ "/pkcs12/schemes", test_schemes, NULL, NULL, NULL },
		{ "/pkcs12/truncated", test_truncated, NULL, NULL, NULL },
		{ "/pkcs12/flipped", test_flipped, NULL, NULL, NULL },
		{ "/pkcs12/unknown", test_unknown, NULL, NULL, NULL },
		{ "/pkcs12/iterations", test_iterations, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("pkcs12", tests, NULL, NULL);
}
