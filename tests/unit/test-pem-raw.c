/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates in a file that are not PEM: raw, in BER, in p11-kit's object
 * text; and files that are meant to take for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "pem-fixture.h"

#define OBJECT "[p11-kit-object-v1]\n"

static void
test_der_file(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;

	rs_buf_add(&file, pem_evil.der.data, pem_evil.der.len);
	rs_buf_puts(&file, "junk\n");
	pem_find(&file, &found, NULL);
	assert_int_equal(found.n, 1);
	block = found.v[0];
	assert_true(pem_is(block, &pem_evil));
	assert_string_equal(block->label, "DER");
	assert_int_equal(block->offset, 0);
	assert_int_equal(block->length, pem_evil.der.len);
	assert_int_equal(block->line, 0);
	rs_array_free(&found);
	/* One byte less is none. */
	file.len = pem_evil.der.len - 1;
	pem_find(&file, &found, NULL);
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
		rs_buf_add(&text, pem_evil.der.data, pem_evil.der.len);
		rs_buf_puts(&text, after[i]);
		pem_expect(text.data, text.len, "DER", left, strlen(left));
	}
}

/* Its neighbour begins on the line where the DER ends, and keeps its line's end. */
static void
test_der_glued(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	RS_AUTOBUF struct rs_buf rest = { 0 };
	struct rs_array found;

	rs_buf_add(&text, pem_a.der.data, pem_a.der.len);
	rs_buf_add(&text, pem_evil.pem.data, pem_evil.pem.len);
	rs_buf_add(&text, pem_b.der.data, pem_b.der.len);
	pem_find(&text, &found, NULL);
	assert_int_equal(found.n, 3);
	assert_true(pem_is(found.v[0], &pem_a));
	assert_true(pem_is(found.v[1], &pem_evil));
	assert_true(pem_is(found.v[2], &pem_b));
	pem_cut(&rest, &text, found.v[1]);
	assert_int_equal(rest.len, pem_a.der.len + 1 + pem_b.der.len);
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
		pem_find(&file, &found, NULL);
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

	rs_buf_add(&extensions, pem_evil.pem.data, pem_evil.pem.len);
	make_wrap(&extensions, 0xa3);
	make_cert(&file, &(struct make_spec){
		.extensions = extensions.data, .extensions_len = extensions.len,
	});
	rs_buf_add(&file, pem_b.pem.data, pem_b.pem.len);
	pem_find(&file, &found, NULL);
	assert_int_equal(found.n, 3);
	assert_string_equal(((struct rs_pem_block *)found.v[0])->label, "DER");
	assert_true(pem_is(found.v[1], &pem_evil) && pem_is(found.v[2], &pem_b));
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

	assert_int_equal((unsigned char)pem_evil.der.data[1], 0x82);
	rs_buf_add(&ber, "\x30\x80", 2);
	rs_buf_add(&ber, pem_evil.der.data + 4, pem_evil.der.len - 4);
	rs_buf_add(&ber, "\0\0", 2);
	line = rs_base64(ber.data, ber.len);
	rs_buf_printf(&file, BEGIN "%s\n" END, line);
	rs_buf_add(&file, ber.data, ber.len);
	pem_find(&file, &found, NULL);
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
	pem_find(&file, &found, NULL);
	assert_int_equal(found.n, blocks);
	while (i < found.n && !pem_is(found.v[i], &pem_evil))
		i++;
	assert_true(i < found.n);
	block = found.v[i];
	assert_string_equal(block->label, label);
	pem_cut(&rest, &file, block);
	assert_string_equal(rest.data, left);
	rs_array_free(&found);
}

static void
test_object(void **state RS_UNUSED)
{
	static const char head[] = "class: certificate\ncertificate-type: x-509\n";
	RS_AUTOFREE char *value = rs_printf(OBJECT "%svalue: %s\ntrusted: true\n", head,
					    pem_evil.percent);
	RS_AUTOFREE char *number = rs_printf("# c\n\n \t" OBJECT "%s  17  :\t %s \r\n# d\n", head,
					     pem_evil.percent);
	RS_AUTOFREE char *pem = rs_printf("# c\n" OBJECT "trusted: true\n%s\n" OBJECT "a: 1\n",
					  pem_evil.pem.data);
	RS_AUTOFREE char *two = rs_printf(OBJECT "%svalue: %s\n\n" OBJECT "trusted: true\n%s",
					  head, pem_evil.percent, pem_a.pem.data);
	RS_AUTOFREE char *two_left = rs_printf("\n" OBJECT "trusted: true\n%s", pem_a.pem.data);

	expect_object(value, 1, "p11-kit", "");
	expect_object(number, 1, "p11-kit", "# c\n\n# d\n");
	expect_object(pem, 1, "CERTIFICATE", "# c\n\n" OBJECT "a: 1\n");
	expect_object(two, 2, "p11-kit", two_left);
}

/* Blocks that follow belong to the same object: only the one is cut out. */
static void
test_object_before_blocks(void **state RS_UNUSED)
{
	RS_AUTOFREE char *text = rs_printf(OBJECT "class: certificate\n%s%s", pem_evil.pem.data,
					   pem_a.pem.data);
	RS_AUTOFREE char *left = rs_printf(OBJECT "class: certificate\n%s", pem_a.pem.data);
	RS_AUTOFREE char *value = rs_printf("%s" OBJECT "value: %s\n%s", pem_a.pem.data,
					    pem_evil.percent, pem_b.pem.data);
	RS_AUTOFREE char *value_left = rs_printf("%s" OBJECT "%s", pem_a.pem.data, pem_b.pem.data);

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
		rs_buf_puts(&file, pem_evil.percent);
		rs_buf_puts(&file, split + 2);
		pem_find(&file, &found, &broken);
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
	pem_find(&file, &found, &broken);
	assert_int_equal(found.n, 0);
	assert_int_equal(broken, 1);
	rs_array_free(&found);
}

/* What a file says of its only certificate: trusted, distrusted, neither. */
static void
expect_word(const char *text, size_t len, bool trusted, bool distrusted)
{
	struct rs_buf file = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;

	rs_buf_add(&file, text, len);
	pem_find(&file, &found, NULL);
	assert_int_equal(found.n, 1);
	block = found.v[0];
	assert_int_equal(block->trusted, trusted);
	assert_int_equal(block->distrusted, distrusted);
	rs_array_free(&found);
	rs_buf_free(&file);
}

#define SERVER "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"
#define EMAIL "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04"
#define ANY "\x06\x04\x55\x1d\x25\x00"

static void
test_trusted_uses(void **state RS_UNUSED)
{
	static const struct { const char *aux; size_t len; bool trusted; } cases[] = {
		{ MAKE_BYTES(""), true },
		{ MAKE_BYTES("\x30\x00"), true },
		{ MAKE_BYTES("\x30\x0c\x30\x0a" SERVER), true },
		{ MAKE_BYTES("\x30\x02\x30\x00"), false },
		{ MAKE_BYTES("\x30\x0c\xa0\x0a" SERVER), false },
		{ MAKE_BYTES("\x30\x08\xa0\x06" ANY), false },
		{ MAKE_BYTES("\x30\x0c\xa0\x0a" EMAIL), true },
		{ MAKE_BYTES("\x30\x18\x30\x0a" EMAIL "\xa0\x0a" SERVER), true },
		/* Cut short, or no such data at all. */
		{ MAKE_BYTES("\x30\x0c\xa0\x0a"), true },
		{ MAKE_BYTES("\x02\x01\x00"), true },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		RS_AUTOBUF struct rs_buf der = { 0 };
		RS_AUTOFREE char *line = NULL, *text = NULL, *plain = NULL;

		rs_buf_add(&der, pem_a.der.data, pem_a.der.len);
		rs_buf_add(&der, cases[i].aux, cases[i].len);
		line = rs_base64(der.data, der.len);
		text = rs_printf("-----BEGIN TRUSTED CERTIFICATE-----\n%s\n"
				 "-----END TRUSTED CERTIFICATE-----\n", line);
		expect_word(text, strlen(text), cases[i].trusted, !cases[i].trusted);
		/* Under another label nobody reads it. */
		plain = rs_printf(BEGIN "%s\n" END, line);
		expect_word(plain, strlen(plain), false, false);
	}
}

static void
test_object_says(void **state RS_UNUSED)
{
	static const struct { const char *says; bool trusted, distrusted; } cases[] = {
		{ "", false, false }, { "trusted: true\n", true, false },
		{ " trusted :  true \n", true, false }, { "CKA_TRUSTED: true\n", true, false },
		{ "trusted: false\n", false, false }, { "trusted: \"true\"\n", false, false },
		{ "x-distrusted: true\n", false, true },
		{ "CKA_X_DISTRUSTED: true\n", false, true },
		{ "x-distrusted: true\ntrusted: true\n", false, true },
		{ "# trusted: true\n", false, false },
		{ "label: \"trusted: true\"\n", false, false },
		{ "modifiable: false\n", false, false },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		RS_AUTOFREE char *head = rs_printf("[p11-kit-object-v1]\n%s%s", cases[i].says,
						   pem_a.pem.data);
		/* The word may also stand behind the block; not in another object. */
		RS_AUTOFREE char *tail = rs_printf("[p11-kit-object-v1]\n%s%s", pem_a.pem.data,
						   cases[i].says);
		RS_AUTOFREE char *other = rs_printf("[p11-kit-object-v1]\n%s"
		    "[p11-kit-object-v1]\n%s", cases[i].says, pem_a.pem.data);

		expect_word(head, strlen(head), cases[i].trusted, cases[i].distrusted);
		expect_word(tail, strlen(tail), cases[i].trusted, cases[i].distrusted);
		expect_word(other, strlen(other), false, false);
	}
}

#define TEST(name, function) { name, function, NULL, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("/pem/der/file", test_der_file),
		TEST("/pem/der/between", test_der_between),
		TEST("/pem/der/glued", test_der_glued),
		TEST("/pem/der/of-others", test_der_of_others),
		TEST("/pem/der/over-pem", test_der_over_pem),
		TEST("/pem/der/indefinite", test_ber),
		TEST("/pem/object", test_object),
		TEST("/pem/object/before-blocks", test_object_before_blocks),
		TEST("/pem/object/none", test_object_none),
		TEST("/pem/object/says", test_object_says),
		TEST("/pem/trusted-uses", test_trusted_uses),
		TEST("/pem/hostile", test_hostile),
		TEST("/pem/hostile/nesting", test_hostile_nesting),
	};

	return cmocka_run_group_tests_name("pem-raw", tests, pem_setup, pem_teardown);
}
