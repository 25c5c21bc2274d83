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
#include "make-der.h"
#include "pem.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"
#define OBJECT "[p11-kit-object-v1]\n"
/* OpenSSL's trust settings: for servers. */
#define AUX "\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"

/* One certificate, in all the forms that the tests need. */
struct sample {
	struct rs_buf der, pem;
	char *body;		/* base64 in lines of 64, each with its end */
	char *line;		/* base64 in one */
	char *percent;		/* in quotes, each byte as %HH */
};

static struct sample a, b, evil;

static char *
break_lines(const char *text, size_t width, const char *newline)
{
	struct rs_buf out = { 0 };

	for (size_t len = strlen(text), i = 0; i < len; i += width) {
		rs_buf_add(&out, text + i, len - i < width ? len - i : width);
		rs_buf_puts(&out, newline);
	}
	return rs_buf_steal(&out);
}

static void
make_sample(struct sample *s, const char *name)
{
	RS_AUTOBUF struct rs_buf rdns = { 0 };
	RS_AUTOBUF struct rs_buf percent = { 0 };

	make_rdn(&rdns, 3, 0x0c, name, strlen(name));
	make_cert(&s->der, &(struct make_spec){ .subject = rdns.data, .subject_len = rdns.len });
	s->line = rs_base64(s->der.data, s->der.len);
	s->body = break_lines(s->line, 64, "\n");
	rs_buf_printf(&s->pem, BEGIN "%s" END, s->body);
	rs_buf_puts(&percent, "\"");
	for (size_t i = 0; i < s->der.len; i++)
		rs_buf_printf(&percent, i % 2 ? "%%%02X" : "%%%02x",
			      (unsigned char)s->der.data[i]);
	rs_buf_puts(&percent, "\"");
	s->percent = rs_buf_steal(&percent);
}

static int
setup(void **state RS_UNUSED)
{
	make_sample(&a, "A");
	make_sample(&b, "B");
	make_sample(&evil, "Evil, with a name of some length");
	return 0;
}

static void
free_sample(struct sample *s)
{
	rs_buf_free(&s->der);
	rs_buf_free(&s->pem);
	free(s->body);
	free(s->line);
	free(s->percent);
}

static int
teardown(void **state RS_UNUSED)
{
	free_sample(&a);
	free_sample(&b);
	free_sample(&evil);
	return 0;
}

static bool
is(const struct rs_pem_block *block, const struct sample *s)
{
	return block->der_len == s->der.len &&
	    memcmp(block->der, s->der.data, s->der.len) == 0;
}

/* The file without this block. */
static void
cut(struct rs_buf *out, const struct rs_buf *file, const struct rs_pem_block *block)
{
	assert_true(block->offset <= file->len && block->length <= file->len - block->offset);
	rs_buf_add(out, file->data, block->offset);
	rs_buf_add(out, file->data + block->offset + block->length,
		   file->len - block->offset - block->length);
}

static void
find(const struct rs_buf *file, struct rs_array *found, size_t *broken)
{
	/* Without the NUL that a buffer has, so that a step too far is seen. */
	char *exact = file->len > 0 ? malloc(file->len) : NULL;

	if (exact != NULL)
		memcpy(exact, file->data, file->len);
	rs_pem_find(exact, file->len, found, broken);
	free(exact);
}

/*
 * Between two ordinary blocks stands text with evil in it: all three are
 * found, and without evil's range there is left in its place.
 */
static void
expect(const char *text, size_t len, const char *label, const char *left, size_t left_len)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf got = { 0 };
	RS_AUTOBUF struct rs_buf want = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;
	size_t broken;

	rs_buf_add(&file, a.pem.data, a.pem.len);
	rs_buf_add(&file, text, len);
	rs_buf_add(&file, b.pem.data, b.pem.len);
	find(&file, &found, &broken);
	assert_int_equal(found.n, 3);
	assert_int_equal(broken, 0);
	block = found.v[1];
	assert_true(is(found.v[0], &a) && is(block, &evil) && is(found.v[2], &b));
	assert_string_equal(block->label, label);
	cut(&got, &file, block);
	rs_buf_add(&want, a.pem.data, a.pem.len);
	rs_buf_add(&want, left, left_len);
	rs_buf_add(&want, b.pem.data, b.pem.len);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	rs_array_free(&found);
}

static void RS_PRINTF(1, 2)
expect_block(const char *fmt, ...)
{
	RS_AUTOFREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	expect(text, strlen(text), "CERTIFICATE", "", 0);
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
	expect(text, len, "CERTIFICATE", rest, rest_len);
}

static void
test_plain(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	const struct rs_pem_block *first, *second;
	struct rs_array found;

	rs_buf_printf(&file, "# text\r\n%s\r\n%s", a.pem.data, b.pem.data);
	rs_pem_find(file.data, file.len, &found, NULL);
	assert_int_equal(found.n, 2);
	first = found.v[0];
	second = found.v[1];
	assert_int_equal(first->offset, 8);
	assert_int_equal(first->length, a.pem.len);
	assert_int_equal(first->line, 2);
	assert_int_equal(second->offset, 8 + a.pem.len + 2);
	assert_int_equal(second->line, 2 + (first->length - 28 - 26 + 64) / 65 + 2 + 1);
	rs_array_free(&found);
	expect_block("%s", evil.pem.data);
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
						   evil.body);

		expect(text, strlen(text), labels[i][1], "", 0);
	}
}

static void
test_trusted_with_settings(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf der = { 0 };
	RS_AUTOFREE char *line = NULL, *text = NULL;

	rs_buf_add(&der, evil.der.data, evil.der.len);
	rs_buf_add(&der, MAKE_BYTES(AUX));
	line = rs_base64(der.data, der.len);
	text = rs_printf("-----BEGIN TRUSTED CERTIFICATE-----\n%s\n"
			 "-----END TRUSTED CERTIFICATE-----\n", line);
	expect(text, strlen(text), "TRUSTED CERTIFICATE", "", 0);
	/* OpenSSL takes any bytes behind any certificate. */
	expect_block(BEGIN "%s\n" END, line);
}

static void
test_line_ends(void **state RS_UNUSED)
{
	RS_AUTOFREE char *crlf = break_lines(evil.line, 64, "\r\n");
	RS_AUTOFREE char *cr = break_lines(evil.line, 64, "\r");
	RS_AUTOBUF struct rs_buf file = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;

	expect_block("-----BEGIN CERTIFICATE-----\r\n%s-----END CERTIFICATE-----\r\n", crlf);
	expect_block("-----BEGIN CERTIFICATE-----\r%s-----END CERTIFICATE-----\r", cr);
	/* No end of line at the end of the file. */
	rs_buf_add(&file, evil.pem.data, evil.pem.len - 1);
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
	RS_AUTOFREE char *ones = break_lines(evil.line, 1, "\n");
	RS_AUTOFREE char *spaced = break_lines(evil.line, 20, " \t\v\f\n\n");

	expect_block(BEGIN "%s\n" END, evil.line);
	expect_block(BEGIN "%s" END, ones);
	expect_block(BEGIN "\n\n%s" END, spaced);
	expect_block("-----BEGIN CERTIFICATE-----%s-----END CERTIFICATE-----\n", evil.line);
}

static void
test_blanks(void **state RS_UNUSED)
{
	expect_block(" \t %s", evil.pem.data);
	expect_block("-----BEGIN CERTIFICATE----- \t\n%s-----END CERTIFICATE----- \t\n",
		     evil.body);
}

/* What stands before BEGIN on its line keeps the line's end. */
static void
test_within_a_line(void **state RS_UNUSED)
{
	expect_left("foo \n", "foo %s", evil.pem.data);
	expect_left("\xef\xbb\xbf\n", "\xef\xbb\xbf%s", evil.pem.data);
	expect_left(" hello\n", BEGIN "%s-----END CERTIFICATE----- hello\n", evil.body);
}

/* Glued together, as by cat of files without an end of line. */
static void
test_glued(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf rest = { 0 };
	struct rs_array found;
	size_t broken;

	rs_buf_add(&file, a.pem.data, a.pem.len - 1);
	rs_buf_add(&file, evil.pem.data, evil.pem.len - 1);
	rs_buf_add(&file, b.pem.data, b.pem.len);
	find(&file, &found, &broken);
	assert_int_equal(found.n, 3);
	assert_int_equal(broken, 0);
	assert_true(is(found.v[1], &evil));
	cut(&rest, &file, found.v[1]);
	rs_array_free(&found);
	assert_int_equal(rest.len, a.pem.len - 1 + b.pem.len);
	/* B begins within A's last line now, and loses no other line's end. */
	rs_buf_puts(&rest, "text\n");
	rs_buf_free(&file);
	find(&rest, &found, NULL);
	assert_int_equal(found.n, 2);
	cut(&file, &rest, found.v[1]);
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
		expect_block(BEGIN "%s%s", evil.body, ends[i]);
	/* Text behind a block without END stays. */
	expect_left("# text\n", BEGIN "%s-----\n# text\n", evil.body);
}

static void
test_headers(void **state RS_UNUSED)
{
	static const char *const headers[] = {
		"Foo: bar\n\n", "Foo: b-ar\n  more\n\n", "Foo: -----b\r\n \r\n", "no colon!!\n\n",
		"AAAA\n\n", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
	};

	for (size_t i = 0; i < RS_COUNT(headers); i++)
		expect_block(BEGIN "%s%s" END, headers[i], evil.body);
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

	rs_buf_add(&first, a.der.data, a.der.len);
	while (first.len % 3 != 0)
		rs_buf_add(&first, "", 1);
	line = rs_base64(first.data, first.len);
	rs_buf_printf(&file, BEGIN "%s\n\n%s" END "%s", line, evil.body, b.pem.data);
	find(&file, &found, NULL);
	assert_int_equal(found.n, 3);
	one = found.v[0];
	two = found.v[1];
	assert_true((is(one, &a) && is(two, &evil)) || (is(one, &evil) && is(two, &a)));
	assert_int_equal(one->offset, two->offset);
	assert_int_equal(one->length, two->length);
	assert_int_equal(one->length, file.len - b.pem.len);
	rs_array_free(&found);
}

static void
test_padding(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf der = { 0 };
	RS_AUTOFREE char *line = NULL;

	rs_buf_add(&der, evil.der.data, evil.der.len);
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
	RS_AUTOFREE char *high = break_lines(evil.line, 64, "\xa0\n");
	RS_AUTOFREE char *controls = break_lines(evil.line, 64, "\x01\x02\n");
	RS_AUTOFREE char *nul = break_lines(evil.line, 64, "@\n");

	expect_block(BEGIN "%s" END, high);
	expect_block(BEGIN "%s" END, controls);
	expect_left("", BEGIN "%s" END, nul);
	expect_left("@\n", "@\n%s", evil.pem.data);
	expect_left("@\n", "@%s", evil.pem.data);
	expect_left("", "-----BEGIN CERTIFICATE-----@\n%s" END, evil.body);
	expect_left("", BEGIN "%s-----END CERTIFICATE-----@@\n", evil.body);
}

static void
test_other_blocks(void **state RS_UNUSED)
{
	static const char crl[] =
		"-----BEGIN X509 CRL-----\nMAUCAQECAQI=\n-----END X509 CRL-----\n";
	static const char key[] =
		"-----BEGIN PRIVATE KEY-----\nMAUCAQECAQI=\n-----END PRIVATE KEY-----\n";

	expect_left(crl, "%s%s", crl, evil.pem.data);
	expect_left(key, "%s%s", evil.pem.data, key);
	expect_left(END, "%s%s", END, evil.pem.data);
	expect_left("-----BEGIN \n", "-----BEGIN \n%s", evil.pem.data);
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
		find(&file, &found, &broken);
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
		rs_buf_puts(&file, evil.body);
		rs_buf_puts(&file, split + 2);
		find(&file, &found, &broken);
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
	find(&file, &found, &broken);
	assert_int_equal(found.n, 1);
	assert_int_equal(broken, 0);
	rs_array_free(&found);
}

static void
test_der_file(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;

	rs_buf_add(&file, evil.der.data, evil.der.len);
	rs_buf_puts(&file, "junk\n");
	find(&file, &found, NULL);
	assert_int_equal(found.n, 1);
	block = found.v[0];
	assert_true(is(block, &evil));
	assert_string_equal(block->label, "DER");
	assert_int_equal(block->offset, 0);
	assert_int_equal(block->length, evil.der.len);
	assert_int_equal(block->line, 0);
	rs_array_free(&found);
	/* One byte less is none. */
	file.len = evil.der.len - 1;
	find(&file, &found, NULL);
	assert_int_equal(found.n, 0);
	rs_array_free(&found);
}

static void
test_der_between(void **state RS_UNUSED)
{
	static const char *const before[] = { "", "text\n", "0\x82", "\x30\x82\x01\x01\x30\x03" };
	static const char *const after[] = { "", "\n", "text\n", "\x30\x80" };

	for (size_t i = 0; i < RS_COUNT(before); i++) {
		RS_AUTOBUF struct rs_buf text = { 0 };
		RS_AUTOFREE char *left = rs_printf("%s%s", before[i], after[i]);

		rs_buf_puts(&text, before[i]);
		rs_buf_add(&text, evil.der.data, evil.der.len);
		rs_buf_puts(&text, after[i]);
		expect(text.data, text.len, "DER", left, strlen(left));
	}
}

/* Its neighbour begins on the line where the DER ends, and keeps its line's end. */
static void
test_der_glued(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	RS_AUTOBUF struct rs_buf rest = { 0 };
	struct rs_array found;

	rs_buf_add(&text, a.der.data, a.der.len);
	rs_buf_add(&text, evil.pem.data, evil.pem.len);
	rs_buf_add(&text, b.der.data, b.der.len);
	find(&text, &found, NULL);
	assert_int_equal(found.n, 3);
	assert_true(is(found.v[0], &a) && is(found.v[1], &evil) && is(found.v[2], &b));
	cut(&rest, &text, found.v[1]);
	assert_int_equal(rest.len, a.der.len + 1 + b.der.len);
	rs_array_free(&found);
}

/* Other signed structures look like certificates from outside. */
static void
test_der_of_others(void **state RS_UNUSED)
{
	static const char tail[] = "\x30\x05\x06\x03\x2b\x65\x70\x03\x02\0\x01";
	static const char *const bodies[] = {
		/* a request: version, subject, key */
		"\x30\x0b\x02\x01\x05\x30\x00\x30\x02\x05\x05\xa0\x00",
		/* a revocation list: algorithm, issuer, time */
		("\x30\x13\x30\x00\x30\x00\x17\x0d" "200101000000Z"),
		/* no time in the validity */
		"\x30\x0f\x02\x01\x05\x30\x00\x30\x00\x30\x02\x05\x05\x30\x00\x30\x00",
	};

	for (size_t i = 0; i < RS_COUNT(bodies); i++) {
		RS_AUTOBUF struct rs_buf file = { 0 };
		struct rs_array found;
		size_t len = (unsigned char)bodies[i][1] + 2u;

		rs_buf_add(&file, bodies[i], len);
		rs_buf_add(&file, tail, sizeof(tail) - 1);
		make_wrap(&file, 0x30);
		find(&file, &found, NULL);
		assert_int_equal(found.n, 0);
		rs_array_free(&found);
	}
}

/* A raw certificate whose length spans a block does not hide it. */
static void
test_der_over_pem(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf extensions = { 0 };
	struct rs_array found;

	rs_buf_add(&extensions, evil.pem.data, evil.pem.len);
	make_wrap(&extensions, 0xa3);
	make_cert(&file, &(struct make_spec){
		.extensions = extensions.data, .extensions_len = extensions.len,
	});
	rs_buf_add(&file, b.pem.data, b.pem.len);
	find(&file, &found, NULL);
	assert_int_equal(found.n, 3);
	assert_string_equal(((struct rs_pem_block *)found.v[0])->label, "DER");
	assert_true(is(found.v[1], &evil) && is(found.v[2], &b));
	rs_array_free(&found);
}

/* An indefinite length outside: three readers trust it. */
static void
test_ber(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf ber = { 0 };
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOFREE char *line = NULL;
	struct rs_array found;

	assert_int_equal((unsigned char)evil.der.data[1], 0x82);
	rs_buf_add(&ber, "\x30\x80", 2);
	rs_buf_add(&ber, evil.der.data + 4, evil.der.len - 4);
	rs_buf_add(&ber, "\0\0", 2);
	line = rs_base64(ber.data, ber.len);
	rs_buf_printf(&file, BEGIN "%s\n" END, line);
	rs_buf_add(&file, ber.data, ber.len);
	find(&file, &found, NULL);
	assert_int_equal(found.n, 2);
	for (size_t i = 0; i < found.n; i++) {
		const struct rs_pem_block *block = found.v[i];

		assert_int_equal(block->der_len, ber.len);
		assert_memory_equal(block->der, ber.data, ber.len);
	}
	rs_array_free(&found);
}

/* Of p11-kit's text, after cutting evil out, this is left. */
static void
expect_object(const char *text, size_t blocks, const char *label, const char *left)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf rest = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;
	size_t i = 0;

	rs_buf_puts(&file, text);
	find(&file, &found, NULL);
	assert_int_equal(found.n, blocks);
	while (i < found.n && !is(found.v[i], &evil))
		i++;
	assert_true(i < found.n);
	block = found.v[i];
	assert_string_equal(block->label, label);
	cut(&rest, &file, block);
	assert_string_equal(rest.data, left);
	rs_array_free(&found);
}

static void
test_object(void **state RS_UNUSED)
{
	static const char head[] = "class: certificate\ncertificate-type: x-509\n";
	RS_AUTOFREE char *value = rs_printf(OBJECT "%svalue: %s\ntrusted: true\n", head,
					    evil.percent);
	RS_AUTOFREE char *number = rs_printf("# c\n\n \t" OBJECT "%s  17  :\t %s \r\n# d\n", head,
					     evil.percent);
	RS_AUTOFREE char *pem = rs_printf("# c\n" OBJECT "trusted: true\n%s\n" OBJECT "a: 1\n",
					  evil.pem.data);
	RS_AUTOFREE char *two = rs_printf(OBJECT "%svalue: %s\n\n" OBJECT "trusted: true\n%s",
					  head, evil.percent, a.pem.data);
	RS_AUTOFREE char *two_left = rs_printf("\n" OBJECT "trusted: true\n%s", a.pem.data);

	expect_object(value, 1, "p11-kit", "");
	expect_object(number, 1, "p11-kit", "# c\n\n# d\n");
	expect_object(pem, 1, "CERTIFICATE", "# c\n\n" OBJECT "a: 1\n");
	expect_object(two, 2, "p11-kit", two_left);
}

/* Blocks that follow belong to the same object: only the one is cut out. */
static void
test_object_before_blocks(void **state RS_UNUSED)
{
	RS_AUTOFREE char *text = rs_printf(OBJECT "class: certificate\n%s%s", evil.pem.data,
					   a.pem.data);
	RS_AUTOFREE char *left = rs_printf(OBJECT "class: certificate\n%s", a.pem.data);
	RS_AUTOFREE char *value = rs_printf("%s" OBJECT "value: %s\n%s", a.pem.data, evil.percent,
					    b.pem.data);
	RS_AUTOFREE char *value_left = rs_printf("%s" OBJECT "%s", a.pem.data, b.pem.data);

	expect_object(text, 2, "CERTIFICATE", left);
	expect_object(value, 3, "p11-kit", value_left);
}

static void
test_object_none(void **state RS_UNUSED)
{
	static const char *const formats[] = {
		"value: %s\n", "[other]\nvalue: %s\n" OBJECT, "# " OBJECT "value: %s\n",
		OBJECT "value %s\n", OBJECT "#value: %s\n", OBJECT "value: x%s\n",
		OBJECT "value: %s;\n", OBJECT "[x]\nvalue: %s\n", OBJECT "value: \"%%3\"\nx%s\n",
	};

	for (size_t i = 0; i < RS_COUNT(formats); i++) {
		RS_AUTOBUF struct rs_buf file = { 0 };
		const char *split = strstr(formats[i], "%s");
		struct rs_array found;
		size_t broken;

		rs_buf_add(&file, formats[i], (size_t)(split - formats[i]));
		rs_buf_puts(&file, evil.percent);
		rs_buf_puts(&file, split + 2);
		find(&file, &found, &broken);
		assert_int_equal(found.n, 0);
		assert_int_equal(broken, 0);
		rs_array_free(&found);
	}
}

/* Twenty megabytes of each take linear time: a second or two at most. */
static void
test_hostile(void **state RS_UNUSED)
{
	static const struct {
		const char *unit;
		size_t len;
	} units[] = {
		{ MAKE_BYTES("-----BEGIN") }, { MAKE_BYTES("-----BEGIN CERTIFICATE-----") },
		{ MAKE_BYTES("-") }, { MAKE_BYTES(END) }, { MAKE_BYTES(BEGIN "AAAA\n" END) },
		{ MAKE_BYTES("-----BEGIN A-----AAAA-----END A-----") },
		{ MAKE_BYTES("\x30\x82") }, { MAKE_BYTES("\x30\x80") }, { MAKE_BYTES("0") },
		{ MAKE_BYTES("\x30\x84\0\0\0\x20") }, { MAKE_BYTES("\x04\x02\x30\x80") },
		{ MAKE_BYTES(OBJECT "value: \"%30%82\"\n") }, { MAKE_BYTES(" ") },
	};
	enum { SIZE = 20 << 20 };

	for (size_t i = 0; i < RS_COUNT(units); i++) {
		char *data = malloc(SIZE);
		clock_t start = clock();
		struct rs_array found;

		assert_non_null(data);
		for (size_t k = 0; k < SIZE; k++)
			data[k] = units[i].unit[k % units[i].len];
		rs_pem_find(data, SIZE, &found, NULL);
		assert_int_equal(found.n, 0);
		rs_array_free(&found);
		free(data);
		assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
	}
}

/* BER that nests without end, in a block that says to be a certificate. */
static void
test_hostile_nesting(void **state RS_UNUSED)
{
	enum { SIZE = 3 << 20 };
	char *der = rs_alloc(SIZE);
	RS_AUTOFREE char *line = NULL;
	RS_AUTOBUF struct rs_buf file = { 0 };
	struct rs_array found;
	size_t broken;

	for (size_t i = 0; i < SIZE; i++)
		der[i] = i % 2 ? '\x80' : '\x30';
	line = rs_base64(der, SIZE);
	free(der);
	rs_buf_puts(&file, BEGIN);
	rs_buf_puts(&file, line);
	rs_buf_puts(&file, "\n" END);
	find(&file, &found, &broken);
	assert_int_equal(found.n, 0);
	assert_int_equal(broken, 1);
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
	find(&bundle, &found, NULL);
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
		TEST("/pem/der/file", test_der_file),
		TEST("/pem/der/between", test_der_between),
		TEST("/pem/der/glued", test_der_glued),
		TEST("/pem/der/of-others", test_der_of_others),
		TEST("/pem/der/over-pem", test_der_over_pem),
		TEST("/pem/der/indefinite", test_ber),
		TEST("/pem/object", test_object),
		TEST("/pem/object/before-blocks", test_object_before_blocks),
		TEST("/pem/object/none", test_object_none),
		TEST("/pem/hostile", test_hostile),
		TEST("/pem/hostile/nesting", test_hostile_nesting),
		TEST("/pem/real", test_real),
	};

	return cmocka_run_group_tests_name("pem", tests, setup, teardown);
}
