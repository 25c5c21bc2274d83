/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "cert.h"
#include "make-der.h"
#include "pem.h"

#define JAN_2020 1577836800
#define JAN_2040 2208988800

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

static char *
hex_digest(gnutls_digest_algorithm_t algorithm, const void *data, size_t len)
{
	unsigned char digest[64];

	assert_return_code(gnutls_hash_fast(algorithm, data, len, digest), 0);
	return rs_hex(digest, (size_t)gnutls_hash_get_len(algorithm));
}

static void
test_plain(void **state RS_UNUSED)
{
	AUTOCERT *cert = made((struct make_spec){ 0 });
	RS_AUTOFREE char *sha256 = hex_digest(GNUTLS_DIG_SHA256, cert->der, cert->der_len);
	RS_AUTOFREE char *sha1 = hex_digest(GNUTLS_DIG_SHA1, cert->der, cert->der_len);
	RS_AUTOFREE char *spki = hex_digest(GNUTLS_DIG_SHA256, make_ed25519_spki,
					    sizeof(make_ed25519_spki) - 1);

	assert_true(cert->parsed);
	assert_true(cert->ca);
	assert_true(cert->self_issued);
	assert_string_equal(cert->sha256, sha256);
	assert_string_equal(cert->sha1, sha1);
	assert_string_equal(cert->spki_sha256, spki);
	assert_string_equal(cert->subject, "CN=Test");
	assert_string_equal(cert->issuer, "CN=Test");
	assert_string_equal(cert->subject_der, "MA8xDTALBgNVBAMMBFRlc3Q=");
	assert_string_equal(cert->issuer_der, cert->subject_der);
	assert_string_equal(cert->serial, "01");
	assert_null(cert->ski);
	assert_null(cert->aki);
	assert_int_equal(cert->not_before, JAN_2020);
	assert_int_equal(cert->not_after, JAN_2040);
}

/* A root made by GnuTLS, so that its own reading can be compared with ours. */
static gnutls_x509_crt_t
generated(gnutls_pk_algorithm_t algorithm, unsigned bits)
{
	time_t now = time(NULL);
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	const char *error;

	assert_return_code(gnutls_x509_privkey_init(&key), 0);
	assert_return_code(gnutls_x509_privkey_generate(key, algorithm, bits, 0), 0);
	assert_return_code(gnutls_x509_crt_init(&crt), 0);
	assert_return_code(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_return_code(gnutls_x509_crt_set_dn(crt, "CN=Root\\, new,O=Org,C=KZ", &error), 0);
	assert_return_code(gnutls_x509_crt_set_serial(crt, "\x12\x34", 2), 0);
	assert_return_code(gnutls_x509_crt_set_activation_time(crt, now), 0);
	assert_return_code(gnutls_x509_crt_set_expiration_time(crt, now + 86400), 0);
	assert_return_code(gnutls_x509_crt_set_key(crt, key), 0);
	assert_return_code(gnutls_x509_crt_set_basic_constraints(crt, 1, -1), 0);
	assert_return_code(gnutls_x509_crt_set_subject_key_id(crt, "\xaa\xbb\xcc", 3), 0);
	assert_return_code(gnutls_x509_crt_set_authority_key_id(crt, "\xdd\xee", 2), 0);
	assert_return_code(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA512, 0), 0);
	gnutls_x509_privkey_deinit(key);
	return crt;
}

static char *
gnutls_spki(gnutls_x509_crt_t crt)
{
	gnutls_datum_t der;
	gnutls_pubkey_t key;
	char *hex;

	assert_return_code(gnutls_pubkey_init(&key), 0);
	assert_return_code(gnutls_pubkey_import_x509(key, crt, 0), 0);
	assert_return_code(gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &der), 0);
	hex = hex_digest(GNUTLS_DIG_SHA256, der.data, der.size);
	gnutls_free(der.data);
	gnutls_pubkey_deinit(key);
	return hex;
}

static char *
gnutls_digest(gnutls_x509_crt_t crt, gnutls_digest_algorithm_t algorithm)
{
	unsigned char digest[64];
	size_t len = sizeof(digest);

	assert_return_code(gnutls_x509_crt_get_fingerprint(crt, algorithm, digest, &len), 0);
	return rs_hex(digest, len);
}

static void
compare(gnutls_x509_crt_t crt, const struct rs_cert *cert)
{
	RS_AUTOFREE char *sha256 = gnutls_digest(crt, GNUTLS_DIG_SHA256);
	RS_AUTOFREE char *sha1 = gnutls_digest(crt, GNUTLS_DIG_SHA1);
	RS_AUTOFREE char *spki = gnutls_spki(crt);
	gnutls_datum_t subject, issuer;

	assert_true(cert->parsed);
	assert_string_equal(cert->sha256, sha256);
	assert_string_equal(cert->sha1, sha1);
	assert_string_equal(cert->spki_sha256, spki);
	assert_return_code(gnutls_x509_crt_get_dn3(crt, &subject, 0), 0);
	assert_return_code(gnutls_x509_crt_get_issuer_dn3(crt, &issuer, 0), 0);
	assert_string_equal(cert->subject, (char *)subject.data);
	assert_string_equal(cert->issuer, (char *)issuer.data);
	assert_int_equal(cert->not_before, gnutls_x509_crt_get_activation_time(crt));
	assert_int_equal(cert->not_after, gnutls_x509_crt_get_expiration_time(crt));
	gnutls_free(subject.data);
	gnutls_free(issuer.data);
}

static void
test_generated(void **state RS_UNUSED)
{
	static const struct {
		gnutls_pk_algorithm_t algorithm;
		unsigned bits;
	} keys[] = {
		{ GNUTLS_PK_RSA, 1024 },
		{ GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1) },
		{ GNUTLS_PK_EDDSA_ED25519, 0 },
	};

	for (size_t i = 0; i < RS_COUNT(keys); i++) {
		gnutls_x509_crt_t crt = generated(keys[i].algorithm, keys[i].bits);
		gnutls_datum_t der;
		struct rs_cert *cert;

		assert_return_code(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
		cert = rs_cert_new(der.data, der.size);
		compare(crt, cert);
		assert_string_equal(cert->subject, "CN=Root\\, new,O=Org,C=KZ");
		assert_string_equal(cert->serial, "1234");
		assert_string_equal(cert->ski, "aabbcc");
		assert_string_equal(cert->aki, "ddee");
		assert_true(cert->ca);
		rs_cert_free(cert);
		gnutls_free(der.data);
		gnutls_x509_crt_deinit(crt);
	}
}

static void
compare_file(const char *path)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct rs_array found;
	size_t broken;

	assert_int_equal(rs_read_file(path, 1 << 20, &text), 0);
	rs_pem_find(text.data, text.len, &found, &broken);
	assert_int_equal(found.n, 1);
	assert_int_equal(broken, 0);
	for (size_t i = 0; i < found.n; i++) {
		const struct rs_pem_block *block = found.v[i];
		AUTOCERT *cert = rs_cert_new(block->der, block->der_len);
		gnutls_datum_t der = { block->der, (unsigned)block->der_len };
		gnutls_x509_crt_t crt;

		assert_return_code(gnutls_x509_crt_init(&crt), 0);
		assert_return_code(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), 0);
		compare(crt, cert);
		gnutls_x509_crt_deinit(crt);
	}
	rs_array_free(&found);
}

/* Real certificates, where there are some. */
static void
test_real(void **state RS_UNUSED)
{
	const char *dir = getenv("ROOTSWEEP_REAL_CERTS");
	size_t files = 0;
	struct dirent *entry;
	DIR *d;

	if (dir == NULL)
		return;
	d = opendir(dir);
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		RS_AUTOFREE char *path = rs_printf("%s/%s", dir, entry->d_name);

		if (!rs_ends(entry->d_name, ".pem"))
			continue;
		compare_file(path);
		files++;
	}
	closedir(d);
	assert_true(files > 0);
}

static void
test_v1(void **state RS_UNUSED)
{
	AUTOCERT *cert = made((struct make_spec){ .v1 = true });
	AUTOCERT *other = made((struct make_spec){
		.v1 = true, .issuer = "", .issuer_len = 0,
	});

	assert_true(cert->parsed);
	assert_true(cert->ca);
	assert_true(other->parsed);
	assert_false(other->self_issued);
	assert_false(other->ca);
}

static void
test_v3_without_extensions(void **state RS_UNUSED)
{
	AUTOCERT *cert = made((struct make_spec){ .extensions = "" });

	assert_true(cert->parsed);
	assert_true(cert->self_issued);
	assert_false(cert->ca);
}

static void
expect_serial(const char *serial, size_t len, const char *want)
{
	AUTOCERT *cert = made((struct make_spec){ .serial = serial, .serial_len = len });

	assert_true(cert->parsed);
	assert_string_equal(cert->serial, want);
}

static void
test_serials(void **state RS_UNUSED)
{
	expect_serial(MAKE_BYTES("\xa4\x4c"), "a44c");
	expect_serial(MAKE_BYTES("\0"), "00");
	expect_serial(MAKE_BYTES("\0\xff"), "00ff");
	expect_serial("", 0, "");
	expect_serial(MAKE_BYTES("0123456789012345678901234567890123456789"),
		      "3031323334353637383930313233343536373839"
		      "3031323334353637383930313233343536373839");
}

#define RSA "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
#define MD5_RSA "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00"
/* GOST R 34.10-2012 with a 256 bit key, and the signature of it */
#define GOST_KEY "\x30\x66\x30\x1f\x06\x08\x2a\x85\x03\x07\x01\x01\x01\x01\x30\x13" \
	"\x06\x07\x2a\x85\x03\x02\x02\x23\x01\x06\x08\x2a\x85\x03\x07\x01\x01\x02\x02" \
	"\x03\x43\x00\x04\x40"
#define GOST_SIGNATURE "\x30\x0a\x06\x08\x2a\x85\x03\x07\x01\x01\x03\x02"

/* An RSA key with a modulus of this many octets. */
static void
make_rsa(struct rs_buf *spki, size_t octets)
{
	RS_AUTOBUF struct rs_buf numbers = { 0 };
	RS_AUTOBUF struct rs_buf bits = { 0 };
	RS_AUTOFREE char *modulus = rs_alloc(octets + 1);

	memset(modulus + 1, 0xc5, octets);
	make_der(&numbers, 0x02, modulus, octets + 1);
	make_der(&numbers, 0x02, "\x01\x00\x01", 3);
	rs_buf_add(&bits, "\0", 1);
	make_der(&bits, 0x30, numbers.data, numbers.len);
	rs_buf_add(spki, MAKE_BYTES(RSA));
	make_der(spki, 0x03, bits.data, bits.len);
	make_wrap(spki, 0x30);
}

static void
expect_key(const char *spki, size_t len, const char *algorithm, size_t algorithm_len)
{
	AUTOCERT *cert = made((struct make_spec){
		.spki = spki, .spki_len = len,
		.algorithm = algorithm, .algorithm_len = algorithm_len,
	});
	RS_AUTOFREE char *sha256 = hex_digest(GNUTLS_DIG_SHA256, spki, len);

	assert_true(cert->parsed);
	assert_string_equal(cert->spki_sha256, sha256);
	assert_string_equal(cert->subject, "CN=Test");
}

static void
test_keys(void **state RS_UNUSED)
{
	static const size_t octets[] = { 1024 / 8, 16384 / 8 };
	RS_AUTOBUF struct rs_buf gost = { 0 };

	for (size_t i = 0; i < RS_COUNT(octets); i++) {
		RS_AUTOBUF struct rs_buf spki = { 0 };

		make_rsa(&spki, octets[i]);
		expect_key(spki.data, spki.len, MAKE_BYTES(MD5_RSA));
	}
	rs_buf_add(&gost, MAKE_BYTES(GOST_KEY));
	for (int i = 0; i < 64; i++)
		rs_buf_add(&gost, "\x17", 1);
	expect_key(gost.data, gost.len, MAKE_BYTES(GOST_SIGNATURE));
	/* None that anybody knows. */
	expect_key(MAKE_BYTES("\x30\x00"), MAKE_BYTES("\x30\x05\x06\x03\x2b\x65\x7f"));
}

/* GnuTLS refuses the whole; another reader may trust it. */
static void
test_refused(void **state RS_UNUSED)
{
	static const struct make_spec specs[] = {
		{ .v1 = true, .extensions = make_ca_extensions,
		  .extensions_len = sizeof(make_ca_extensions) - 1 },
		{ .extensions = "\xa3\x02\x05\x00", .extensions_len = 4 },
		{ .not_before = "2001010000zzZ" },
	};

	for (size_t i = 0; i < RS_COUNT(specs); i++) {
		AUTOCERT *cert = made(specs[i]);
		RS_AUTOFREE char *spki = hex_digest(GNUTLS_DIG_SHA256, make_ed25519_spki,
						    sizeof(make_ed25519_spki) - 1);

		assert_false(cert->parsed);
		assert_non_null(cert->sha1);
		assert_string_equal(cert->spki_sha256, spki);
		assert_string_equal(cert->subject, "CN=Test");
		assert_string_equal(cert->serial, "01");
		assert_int_equal(cert->not_after, JAN_2040);
	}
}

static void
test_no_certificate(void **state RS_UNUSED)
{
	static const struct {
		const char *der;
		size_t len, hashed;
	} cases[] = {
		{ "", 0, 0 },
		{ "hello", 5, 5 },
		{ "\x30", 1, 1 },
		{ "\x30\x82\xff\xff", 4, 4 },
		{ "\x30\x80\x30\x80", 4, 4 },
		{ "\x30\x03\x02\x01\x05junk", 9, 5 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		AUTOCERT *cert = rs_cert_new(cases[i].der, cases[i].len);
		RS_AUTOFREE char *sha256 = hex_digest(GNUTLS_DIG_SHA256, cases[i].der,
						      cases[i].hashed);
		RS_AUTOFREE char *title = rs_cert_title(cert);

		assert_false(cert->parsed);
		assert_int_equal(cert->der_len, cases[i].hashed);
		assert_string_equal(cert->sha256, sha256);
		assert_string_equal(title, sha256);
		assert_null(cert->subject);
		assert_null(cert->spki_sha256);
	}
}

static void
test_trailing_bytes(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf der = { 0 };
	AUTOCERT *want = made((struct make_spec){ 0 });
	AUTOCERT *got = NULL;

	rs_buf_add(&der, want->der, want->der_len);
	rs_buf_add(&der, "\0\0junk", 6);
	got = rs_cert_new(der.data, der.len);
	assert_true(got->parsed);
	assert_int_equal(got->der_len, want->der_len);
	assert_string_equal(got->sha256, want->sha256);
}

static void
test_truncated(void **state RS_UNUSED)
{
	AUTOCERT *whole = made((struct make_spec){ 0 });

	for (size_t len = 0; len < whole->der_len; len++) {
		/* A copy of just that length, so that a sanitizer sees a step too far. */
		RS_AUTOFREE unsigned char *der = rs_alloc(len + 1);
		AUTOCERT *cert = NULL;

		memcpy(der, whole->der, len);
		cert = rs_cert_new(der, len);
		assert_false(cert->parsed);
		assert_int_equal(cert->der_len, len);
		assert_int_equal(rs_cert_der_length(der, len), 0);
	}
	assert_int_equal(rs_cert_der_length(whole->der, whole->der_len), whole->der_len);
}

/* OpenSSL, p11-kit and Java trust a certificate whose outer length is indefinite. */
static void
test_ber(void **state RS_UNUSED)
{
	AUTOCERT *der = made((struct make_spec){ 0 });
	RS_AUTOBUF struct rs_buf ber = { 0 };
	RS_AUTOBUF struct rs_buf padded = { 0 };
	AUTOCERT *indefinite = NULL, *longer = NULL;

	assert_int_equal(der->der[1], 0x81);
	rs_buf_add(&ber, "\x30\x80", 2);
	rs_buf_add(&ber, der->der + 3, der->der_len - 3);
	rs_buf_add(&ber, "\0\0", 2);
	assert_int_equal(rs_cert_der_length(ber.data, ber.len), ber.len);
	assert_int_equal(rs_cert_der_length(ber.data, ber.len - 1), 0);
	indefinite = rs_cert_new(ber.data, ber.len);
	assert_string_equal(indefinite->spki_sha256, der->spki_sha256);
	assert_string_equal(indefinite->subject, "CN=Test");
	rs_buf_add(&padded, "\x30\x84\0\0\0", 5);
	rs_buf_add(&padded, der->der + 2, der->der_len - 2);
	longer = rs_cert_new(padded.data, padded.len);
	assert_int_equal(longer->der_len, padded.len);
	assert_string_equal(longer->spki_sha256, der->spki_sha256);
}

static void
test_trust(void **state RS_UNUSED)
{
	static const char issuer[] = "\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04Test";
	static const unsigned char sha1[20] = { 0xaa }, sha256[32] = { 0xbb };
	AUTOCERT *cert = rs_cert_new_trust(MAKE_BYTES(issuer), MAKE_BYTES("\x02\x02\x80\x01"),
					   sha1, sizeof(sha1), sha256, sizeof(sha256));
	AUTOCERT *none = rs_cert_new_trust(NULL, 0, NULL, 0, NULL, 0, NULL, 0);
	AUTOCERT *odd = rs_cert_new_trust("Test", 4, "\x02\x05\x01", 3, sha1, 19, sha256, 20);
	RS_AUTOFREE char *title = rs_cert_title(cert), *nothing = rs_cert_title(none);

	assert_null(cert->der);
	assert_null(cert->subject);
	assert_null(cert->spki_sha256);
	assert_false(cert->parsed);
	assert_string_equal(cert->issuer, "CN=Test");
	assert_string_equal(cert->issuer_der, "MA8xDTALBgNVBAMMBFRlc3Q=");
	assert_string_equal(cert->serial, "8001");
	assert_true(rs_starts(cert->sha1, "aa00") && rs_is_hex(cert->sha1, 40));
	assert_true(rs_starts(cert->sha256, "bb00") && rs_is_hex(cert->sha256, 64));
	assert_int_equal(cert->not_after, -1);
	assert_string_equal(title, "Test");
	assert_null(none->issuer);
	assert_null(none->serial);
	assert_null(none->sha1);
	assert_string_equal(nothing, "?");
	assert_string_equal(odd->issuer, "#54657374");
	assert_string_equal(odd->serial, "020501");
	assert_null(odd->sha1);
	assert_null(odd->sha256);
}

static void
test_copy(void **state RS_UNUSED)
{
	AUTOCERT *cert = made((struct make_spec){ 0 });
	AUTOCERT *copy = rs_cert_copy(cert);
	AUTOCERT *trust = rs_cert_new_trust(NULL, 0, "\x02\x01\x05", 3, NULL, 0, NULL, 0);
	AUTOCERT *second = rs_cert_copy(trust);

	assert_ptr_not_equal(copy->der, cert->der);
	assert_memory_equal(copy->der, cert->der, cert->der_len);
	assert_ptr_not_equal(copy->subject, cert->subject);
	assert_string_equal(copy->subject, cert->subject);
	assert_string_equal(copy->spki_sha256, cert->spki_sha256);
	assert_true(copy->ca);
	assert_null(second->der);
	assert_string_equal(second->serial, "05");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/cert/plain", test_plain, NULL, NULL, NULL },
		{ "/cert/generated", test_generated, NULL, NULL, NULL },
		{ "/cert/real", test_real, NULL, NULL, NULL },
		{ "/cert/v1", test_v1, NULL, NULL, NULL },
		{ "/cert/v3-without-extensions", test_v3_without_extensions, NULL, NULL, NULL },
		{ "/cert/serials", test_serials, NULL, NULL, NULL },
		{ "/cert/keys", test_keys, NULL, NULL, NULL },
		{ "/cert/refused", test_refused, NULL, NULL, NULL },
		{ "/cert/no-certificate", test_no_certificate, NULL, NULL, NULL },
		{ "/cert/trailing-bytes", test_trailing_bytes, NULL, NULL, NULL },
		{ "/cert/truncated", test_truncated, NULL, NULL, NULL },
		{ "/cert/ber", test_ber, NULL, NULL, NULL },
		{ "/cert/trust", test_trust, NULL, NULL, NULL },
		{ "/cert/copy", test_copy, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("cert", tests, NULL, NULL);
}
