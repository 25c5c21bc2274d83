/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Odd files, each of which OpenSSL, GnuTLS, p11-kit or Java reads: every
 * certificate is found, and cut out without harm to its neighbours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>

#include "cert.h"
#include "pem-fixture.h"

/* OpenSSL's trust settings: for servers. */
#define AUX "\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"

static void RS_PRINTF(1, 2)
expect_block(const char *fmt, ...)
{
	RS_AUTOFREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	pem_expect(text, strlen(text), "CERTIFICATE", "", 0);
}

/* The same with what is left, and for texts with a NUL: it stands for each "@". */
static void RS_PRINTF(2, 3)
expect_left(const char *left, const char *fmt, ...)
{
	RS_AUTOFREE char *text = NULL, *rest = rs_strdup(left);
	size_t len, rest_len = strlen(left);
	va_list ap;

	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	len = strlen(text);
	for (char *p = text; (p = memchr(p, '@', len - (size_t)(p - text))) != NULL;)
		*p = '\0';
	for (char *p = rest; (p = memchr(p, '@', rest_len - (size_t)(p - rest))) != NULL;)
		*p = '\0';
	pem_expect(text, len, "CERTIFICATE", rest, rest_len);
}

static void
test_plain(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	const struct rs_pem_block *first, *second;
	struct rs_array found;

	rs_buf_printf(&file, "# text\r\n%s\r\n%s", pem_a.pem.data, pem_b.pem.data);
	rs_pem_find(file.data, file.len, &found, NULL);
	assert_int_equal(found.n, 2);
	first = found.v[0];
	second = found.v[1];
	assert_int_equal(first->offset, 8);
	assert_int_equal(first->length, pem_a.pem.len);
	assert_int_equal(first->line, 2);
	assert_int_equal(second->offset, 8 + pem_a.pem.len + 2);
	assert_int_equal(second->line, 2 + (first->length - 28 - 26 + 64) / 65 + 2 + 1);
	rs_array_free(&found);
	expect_block("%s", pem_evil.pem.data);
}

static void
test_labels(void **state RS_UNUSED)
{
	static const char *const labels[][2] = {
		{ "X509 CERTIFICATE", "X509 CERTIFICATE" },
		{ "TRUSTED CERTIFICATE", "TRUSTED CERTIFICATE" },
		{ "CERTIFICATE FOO", "CERTIFICATE" }, { "PKCS7", "CERTIFICATE" },
		{ "", "CERTIFICATE" }, { "certificate", "CERTIFICATE" },
		{ " CERTIFICATE", "CERTIFICATE" }, { "CERTIFICATE foo\nbar", "CERTIFICATE" },
		{ "NEW CERTIFICATE REQUEST", "CERTIFICATE" },
	};

	for (size_t i = 0; i < RS_COUNT(labels); i++) {
		RS_AUTOFREE char *text = rs_printf("-----BEGIN %s-----\n%s" END, labels[i][0],
						   pem_evil.body);

		pem_expect(text, strlen(text), labels[i][1], "", 0);
	}
}

static void
test_trusted_with_settings(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf der = { 0 };
	RS_AUTOFREE char *line = NULL, *text = NULL;

	rs_buf_add(&der, pem_evil.der.data, pem_evil.der.len);
	rs_buf_add(&der, MAKE_BYTES(AUX));
	line = rs_base64(der.data, der.len);
	text = rs_printf("-----BEGIN TRUSTED CERTIFICATE-----\n%s\n"
			 "-----END TRUSTED CERTIFICATE-----\n", line);
	pem_expect(text, strlen(text), "TRUSTED CERTIFICATE", "", 0);
	/* OpenSSL takes any bytes behind any certificate. */
	expect_block(BEGIN "%s\n" END, line);
}

static void
test_line_ends(void **state RS_UNUSED)
{
	RS_AUTOFREE char *crlf = pem_break_lines(pem_evil.line, 64, "\r\n");
	RS_AUTOFREE char *cr = pem_break_lines(pem_evil.line, 64, "\r");
	RS_AUTOBUF struct rs_buf file = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;

	expect_block("-----BEGIN CERTIFICATE-----\r\n%s-----END CERTIFICATE-----\r\n", crlf);
	expect_block("-----BEGIN CERTIFICATE-----\r%s-----END CERTIFICATE-----\r", cr);
	/* No end of line at the end of the file. */
	rs_buf_add(&file, pem_evil.pem.data, pem_evil.pem.len - 1);
	rs_pem_find(file.data, file.len, &found, NULL);
	assert_int_equal(found.n, 1);
	block = found.v[0];
	assert_int_equal(block->offset, 0);
	assert_int_equal(block->length, file.len);
	rs_array_free(&found);
}

static void
test_line_lengths(void **state RS_UNUSED)
{
	RS_AUTOFREE char *ones = pem_break_lines(pem_evil.line, 1, "\n");
	RS_AUTOFREE char *spaced = pem_break_lines(pem_evil.line, 20, " \t\v\f\n\n");

	expect_block(BEGIN "%s\n" END, pem_evil.line);
	expect_block(BEGIN "%s" END, ones);
	expect_block(BEGIN "\n\n%s" END, spaced);
	expect_block("-----BEGIN CERTIFICATE-----%s-----END CERTIFICATE-----\n", pem_evil.line);
}

static void
test_blanks(void **state RS_UNUSED)
{
	expect_block(" \t %s", pem_evil.pem.data);
	expect_block("-----BEGIN CERTIFICATE----- \t\n%s-----END CERTIFICATE----- \t\n",
		     pem_evil.body);
}

/* What stands before BEGIN on its line keeps the line's end. */
static void
test_within_a_line(void **state RS_UNUSED)
{
	expect_left("foo \n", "foo %s", pem_evil.pem.data);
	expect_left("\xef\xbb\xbf\n", "\xef\xbb\xbf%s", pem_evil.pem.data);
	expect_left(" hello\n", BEGIN "%s-----END CERTIFICATE----- hello\n", pem_evil.body);
}

/* Glued together, as by cat of files without an end of line. */
static void
test_glued(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf rest = { 0 };
	struct rs_array found;
	size_t broken;

	rs_buf_add(&file, pem_a.pem.data, pem_a.pem.len - 1);
	rs_buf_add(&file, pem_evil.pem.data, pem_evil.pem.len - 1);
	rs_buf_add(&file, pem_b.pem.data, pem_b.pem.len);
	pem_find(&file, &found, &broken);
	assert_int_equal(found.n, 3);
	assert_int_equal(broken, 0);
	assert_true(pem_is(found.v[1], &pem_evil));
	pem_cut(&rest, &file, found.v[1]);
	rs_array_free(&found);
	assert_int_equal(rest.len, pem_a.pem.len - 1 + pem_b.pem.len);
	/* B begins within A's last line now, and loses no other line's end. */
	rs_buf_puts(&rest, "text\n");
	rs_buf_free(&file);
	pem_find(&rest, &found, NULL);
	assert_int_equal(found.n, 2);
	pem_cut(&file, &rest, found.v[1]);
	assert_true(rs_ends(file.data, "CERTIFICATE-----\ntext\n"));
	rs_array_free(&found);
}

static void
test_ends(void **state RS_UNUSED)
{
	static const char *const ends[] = {
		"-----END X509 CERTIFICATE-----\n", "-----END FOO-----\n", "-----END \n",
		"-----END CERTIFICATE\n", "-----END CERTIFICATE\r\n", "-----\n", "",
		"-junk\n" END, "--\n" END, "-----junk-----\n" END,
	};

	for (size_t i = 0; i < RS_COUNT(ends); i++)
		expect_block(BEGIN "%s%s", pem_evil.body, ends[i]);
	/* Text behind a block without END stays. */
	expect_left("# text\n", BEGIN "%s-----\n# text\n", pem_evil.body);
}

static void
test_headers(void **state RS_UNUSED)
{
	static const char *const headers[] = {
		"Foo: bar\n\n", "Foo: b-ar\n  more\n\n", "Foo: -----b\r\n \r\n", "no colon!!\n\n",
		"AAAA\n\n", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
	};

	for (size_t i = 0; i < RS_COUNT(headers); i++)
		expect_block(BEGIN "%s%s" END, headers[i], pem_evil.body);
}

/* One block, of which GnuTLS reads the first certificate and p11-kit the second. */
static void
test_two_in_one_block(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf first = { 0 };
	const struct rs_pem_block *one, *two;
	RS_AUTOFREE char *line = NULL;
	struct rs_array found;

	rs_buf_add(&first, pem_a.der.data, pem_a.der.len);
	while (first.len % 3 != 0)
		rs_buf_add(&first, "", 1);
	line = rs_base64(first.data, first.len);
	rs_buf_printf(&file, BEGIN "%s\n\n%s" END "%s", line, pem_evil.body, pem_b.pem.data);
	pem_find(&file, &found, NULL);
	assert_int_equal(found.n, 3);
	one = found.v[0];
	two = found.v[1];
	assert_true(pem_is(one, &pem_a) || pem_is(two, &pem_a));
	assert_true(pem_is(one, &pem_evil) || pem_is(two, &pem_evil));
	assert_int_equal(one->offset, two->offset);
	assert_int_equal(one->length, two->length);
	assert_int_equal(one->length, file.len - pem_b.pem.len);
	rs_array_free(&found);
}

static void
test_padding(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf der = { 0 };
	RS_AUTOFREE char *line = NULL;

	rs_buf_add(&der, pem_evil.der.data, pem_evil.der.len);
	while (der.len % 3 != 1)
		rs_buf_add(&der, "", 1);
	line = rs_base64(der.data, der.len);
	assert_true(rs_ends(line, "A=="));
	expect_block(BEGIN "%s\n====\n" END, line);
	/* OpenSSL does not look at the bits behind the last byte. */
	line[strlen(line) - 3] = 'B';
	expect_block(BEGIN "%s\n" END, line);
	line[strlen(line) - 2] = '\0';
	expect_block(BEGIN "%s\n" END, line);
}

static void
test_odd_bytes(void **state RS_UNUSED)
{
	RS_AUTOFREE char *high = pem_break_lines(pem_evil.line, 64, "\xa0\n");
	RS_AUTOFREE char *controls = pem_break_lines(pem_evil.line, 64, "\x01\x02\n");
	RS_AUTOFREE char *nul = pem_break_lines(pem_evil.line, 64, "@\n");

	expect_block(BEGIN "%s" END, high);
	expect_block(BEGIN "%s" END, controls);
	expect_left("", BEGIN "%s" END, nul);
	expect_left("@\n", "@\n%s", pem_evil.pem.data);
	expect_left("@\n", "@%s", pem_evil.pem.data);
	expect_left("", "-----BEGIN CERTIFICATE-----@\n%s" END, pem_evil.body);
	expect_left("", BEGIN "%s-----END CERTIFICATE-----@@\n", pem_evil.body);
}

static void
test_other_blocks(void **state RS_UNUSED)
{
	static const char crl[] =
		"-----BEGIN X509 CRL-----\nMAUCAQECAQI=\n-----END X509 CRL-----\n";
	static const char key[] =
		"-----BEGIN PRIVATE KEY-----\nMAUCAQECAQI=\n-----END PRIVATE KEY-----\n";

	expect_left(crl, "%s%s", crl, pem_evil.pem.data);
	expect_left(key, "%s%s", pem_evil.pem.data, key);
	expect_left(END, "%s%s", END, pem_evil.pem.data);
	expect_left("-----BEGIN \n", "-----BEGIN \n%s", pem_evil.pem.data);
}

static void
test_broken(void **state RS_UNUSED)
{
	static const struct {
		const char *text;
		size_t broken;
	} cases[] = {
		{ "", 0 }, { "text\n", 0 }, { "-----BEGIN", 0 }, { "-----BEGIN CERTIFICATE-----", 1 },
		{ BEGIN END, 1 }, { BEGIN "MIIB\n", 1 }, { BEGIN "MIIBAAAA\n" END, 1 },
		{ BEGIN "MAUCAQECAQI\n!!\n" END, 1 }, { BEGIN "MAUCA\n" END BEGIN "M\n" END, 2 },
		{ "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n", 0 },
		{ "-----BEGIN RSA PRIVATE KEY-----\nMAUCAQECAQI=\n-----END RSA PRIVATE KEY-----\n", 0 },
		{ "----BEGIN CERTIFICATE----\nMAUCAQECAQI=\n----END CERTIFICATE----\n", 0 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		RS_AUTOBUF struct rs_buf file = { 0 };
		struct rs_array found;
		size_t broken = 99;

		rs_buf_puts(&file, cases[i].text);
		pem_find(&file, &found, &broken);
		assert_int_equal(found.n, 0);
		assert_int_equal(broken, cases[i].broken);
		rs_array_free(&found);
	}
}

/* Nobody reads these: text behind BEGIN, no END at all. */
static void
test_unread(void **state RS_UNUSED)
{
	static const char *const formats[] = {
		"-----BEGIN CERTIFICATE----- text\n%s" END, BEGIN "%s", BEGIN "%s-----\n",
		BEGIN "#\n%s" END,
	};

	for (size_t i = 0; i < RS_COUNT(formats); i++) {
		RS_AUTOBUF struct rs_buf file = { 0 };
		const char *split = strstr(formats[i], "%s");
		struct rs_array found;
		size_t broken;

		rs_buf_add(&file, formats[i], (size_t)(split - formats[i]));
		rs_buf_puts(&file, pem_evil.body);
		rs_buf_puts(&file, split + 2);
		pem_find(&file, &found, &broken);
		assert_int_equal(found.n, 0);
		assert_int_equal(broken, 1);
		rs_array_free(&found);
	}
}

/* What says to be a certificate and is whole DER is told, whatever it is. */
static void
test_named_but_none(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	struct rs_array found;
	size_t broken;

	rs_buf_puts(&file, BEGIN "MAMCAQU=\n" END);
	pem_find(&file, &found, &broken);
	assert_int_equal(found.n, 1);
	assert_int_equal(broken, 0);
	rs_array_free(&found);
}

/* Real certificates, where there are some: each file is cut to nothing. */
static void
test_real(void **state RS_UNUSED)
{
	const char *dir = getenv("ROOTSWEEP_REAL_CERTS");
	RS_AUTOBUF struct rs_buf bundle = { 0 };
	size_t files = 0, end = 0;
	struct dirent *entry;
	struct rs_array found;
	DIR *d;

	if (dir == NULL)
		return;
	d = opendir(dir);
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		RS_AUTOFREE char *path = rs_printf("%s/%s", dir, entry->d_name);
		RS_AUTOBUF struct rs_buf text = { 0 };

		if (!rs_ends(entry->d_name, ".pem"))
			continue;
		assert_int_equal(rs_read_file(path, 1 << 20, &text), 0);
		rs_buf_add(&bundle, text.data, text.len);
		files++;
	}
	closedir(d);
	assert_true(files > 0);
	pem_find(&bundle, &found, NULL);
	assert_int_equal(found.n, files);
	for (size_t i = 0; i < found.n; i++) {
		const struct rs_pem_block *block = found.v[i];

		assert_true(block->offset >= end);
		assert_int_equal(rs_cert_der_length(block->der, block->der_len), block->der_len);
		end = block->offset + block->length;
	}
	rs_array_free(&found);
}

#define TEST(name, function) { name, function, NULL, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("/pem/plain", test_plain),
		TEST("/pem/labels", test_labels),
		TEST("/pem/trusted-with-settings", test_trusted_with_settings),
		TEST("/pem/line-ends", test_line_ends),
		TEST("/pem/line-lengths", test_line_lengths),
		TEST("/pem/blanks", test_blanks),
		TEST("/pem/within-a-line", test_within_a_line),
		TEST("/pem/glued", test_glued),
		TEST("/pem/ends", test_ends),
		TEST("/pem/headers", test_headers),
		TEST("/pem/two-in-one-block", test_two_in_one_block),
		TEST("/pem/padding", test_padding),
		TEST("/pem/odd-bytes", test_odd_bytes),
		TEST("/pem/other-blocks", test_other_blocks),
		TEST("/pem/broken", test_broken),
		TEST("/pem/unread", test_unread),
		TEST("/pem/named-but-none", test_named_but_none),
		TEST("/pem/real", test_real),
	};

	return cmocka_run_group_tests_name("pem", tests, pem_setup, pem_teardown);
}
