/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "jks.h"
#include "make-jks.h"

#define JCEKS 0xcecececeu

static void
put_cert(struct rs_buf *out, uint32_t version, const char *der)
{
	put_cert_bytes(out, version, der, strlen(der));
}

static void
put_key(struct rs_buf *out, uint32_t version)
{
	put_entry(out, 1, "key", DATE);
	put_string(out, 4, "secret", 6);
	put(out, 4, 2);
	put_cert(out, version, "first of chain");
	put_cert(out, version, "second of chain");
}

/* A certificate, a key with its chain, and another certificate. */
static void
put_keystore(struct rs_buf *out, uint32_t magic, uint32_t version)
{
	put_head(out, magic, version, 3);
	put_entry(out, 2, "debian:one.pem", DATE);
	put_cert(out, version, "certificate 1");
	put_key(out, version);
	put_entry(out, 2, "\xc3\xa4rger", UINT64_MAX);
	put_cert(out, version, "certificate 2");
	put_digest(out);
}

static bool
read_exactly(const struct rs_buf *file, size_t len, struct rs_array *entries, bool *intact,
	     const char **why)
{
	/* Without the NUL that a buffer has, so that a step too far is seen. */
	char *exact = malloc(len > 0 ? len : 1);
	bool done;

	assert_non_null(exact);
	if (len > 0)
		memcpy(exact, file->data, len);
	done = rs_jks_read(exact, len, entries, intact, why);
	free(exact);
	return done;
}

static void
expect_keystore(uint32_t magic, uint32_t version)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	const struct rs_keystore_entry *one, *key, *two;
	struct rs_array entries;
	const char *why;
	bool intact;

	put_keystore(&file, magic, version);
	assert_true(read_exactly(&file, file.len, &entries, &intact, &why));
	assert_true(intact);
	assert_null(why);
	assert_int_equal(entries.n, 3);
	one = entries.v[0];
	key = entries.v[1];
	two = entries.v[2];
	assert_string_equal(one->alias, "debian:one.pem");
	assert_int_equal(one->created, DATE / 1000);
	assert_int_equal(one->der_len, 13);
	assert_memory_equal(one->der, "certificate 1", 13);
	assert_false(one->is_key || two->is_key);
	/* Of its chain the first alone. */
	assert_true(key->is_key);
	assert_string_equal(key->alias, "key");
	assert_int_equal(key->der_len, 14);
	assert_memory_equal(key->der, "first of chain", 14);
	assert_string_equal(two->alias, "\xc3\xa4rger");
	assert_int_equal(two->created, -1);
	assert_memory_equal(two->der, "certificate 2", 13);
	rs_array_free(&entries);
}

static void
test_formats(void **state RS_UNUSED)
{
	expect_keystore(JKS, 2);
	expect_keystore(JKS, 1);
	expect_keystore(JCEKS, 2);
}

static void
test_empty(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	struct rs_array entries;
	const char *why;
	bool intact;

	put_head(&file, JKS, 2, 0);
	put_digest(&file);
	assert_true(read_exactly(&file, file.len, &entries, &intact, &why));
	assert_true(intact);
	assert_int_equal(entries.n, 0);
	rs_array_free(&entries);
}

/* As a JVM reads a trust store: without its password, so without its digest. */
static void
test_digest(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	struct rs_array entries;
	const char *why;
	bool intact;

	put_keystore(&file, JKS, 2);
	rs_buf_puts(&file, "behind it");
	assert_true(read_exactly(&file, file.len, &entries, &intact, &why));
	assert_true(intact);
	rs_array_free(&entries);
	file.len -= 9;
	for (size_t cut = 1; cut <= 20; cut++) {
		assert_true(read_exactly(&file, file.len - cut, &entries, &intact, &why));
		assert_false(intact);
		assert_int_equal(entries.n, 3);
		rs_array_free(&entries);
	}
	file.data[file.len - 1] ^= 1;
	assert_true(read_exactly(&file, file.len, &entries, &intact, &why));
	assert_false(intact);
	rs_array_free(&entries);
	file.data[file.len - 1] ^= 1;
	file.data[20] ^= 1;
	assert_true(read_exactly(&file, file.len, &entries, &intact, &why));
	assert_false(intact);
	assert_int_equal(entries.n, 3);
	rs_array_free(&entries);
}

static void
test_truncated(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	struct rs_array entries;
	size_t before = 0;
	const char *why;
	bool intact;

	put_keystore(&file, JKS, 2);
	for (size_t len = 0; len < file.len - 20; len++) {
		assert_false(read_exactly(&file, len, &entries, &intact, &why));
		assert_non_null(why);
		assert_false(intact);
		assert_true(entries.n == before || entries.n == before + 1);
		before = entries.n;
		rs_array_free(&entries);
	}
	assert_int_equal(before, 2);
}

static void
expect_refused(const struct rs_buf *file, size_t entries_before, const char *word)
{
	struct rs_array entries;
	const char *why;
	bool intact;

	assert_false(read_exactly(file, file->len, &entries, &intact, &why));
	assert_false(intact);
	assert_non_null(strstr(why, word));
	assert_int_equal(entries.n, entries_before);
	rs_array_free(&entries);
}

static void
test_other_files(void **state RS_UNUSED)
{
	static const struct {
		const char *data;
		size_t len;
		const char *word;
	} cases[] = {
		{ "", 0, "no Java keystore" },
		{ MAKE_BYTES("\xfe\xed\xfe"), "no Java keystore" },
		{ MAKE_BYTES("-----BEGIN CERTIFICATE-----\n"), "no Java keystore" },
		{ MAKE_BYTES("0 text"), "no Java keystore" },
		{ MAKE_BYTES("\xfe\xed\xfe\xed\0\0\0\3\0\0\0\0"), "version" },
		{ MAKE_BYTES("\xfe\xed\xfe\xed\0\0\0\2\0\0"), "short" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		RS_AUTOBUF struct rs_buf file = { 0 };

		rs_buf_add(&file, cases[i].data, cases[i].len);
		expect_refused(&file, 0, cases[i].word);
	}
}

static void
test_secret_key(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf file = { 0 };

	put_head(&file, JCEKS, 2, 2);
	put_entry(&file, 2, "one", DATE);
	put_cert(&file, 2, "certificate");
	put_entry(&file, 3, "secret", DATE);
	rs_buf_puts(&file, "\xac\xed a serialised object of Java's");
	expect_refused(&file, 1, "secret key");
}

/* Counts and lengths that nothing backs. */
static void
test_hostile(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf count = { 0 };
	RS_AUTOBUF struct rs_buf cert = { 0 };
	RS_AUTOBUF struct rs_buf key = { 0 };
	RS_AUTOBUF struct rs_buf chain = { 0 };
	RS_AUTOBUF struct rs_buf tag = { 0 };

	put_head(&count, JKS, 2, UINT32_MAX);
	put_entry(&count, 2, "one", DATE);
	put_cert(&count, 2, "certificate");
	expect_refused(&count, 1, "damaged");
	put_head(&cert, JKS, 1, 1);
	put_entry(&cert, 2, "one", DATE);
	put(&cert, 4, UINT32_MAX);
	rs_buf_puts(&cert, "short");
	expect_refused(&cert, 0, "damaged");
	put_head(&key, JKS, 1, 1);
	put_entry(&key, 1, "one", DATE);
	put(&key, 4, 0x7fffffff);
	expect_refused(&key, 0, "damaged");
	put_head(&chain, JKS, 1, 1);
	put_entry(&chain, 1, "one", DATE);
	put_string(&chain, 4, "key", 3);
	put(&chain, 4, UINT32_MAX);
	put(&chain, 8, 0);
	expect_refused(&chain, 0, "damaged");
	put_head(&tag, JKS, 2, 1);
	put_entry(&tag, 7, "one", DATE);
	put_cert(&tag, 2, "certificate");
	expect_refused(&tag, 0, "damaged");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/jks/formats", test_formats, NULL, NULL, NULL },
		{ "/jks/empty", test_empty, NULL, NULL, NULL },
		{ "/jks/digest", test_digest, NULL, NULL, NULL },
		{ "/jks/truncated", test_truncated, NULL, NULL, NULL },
		{ "/jks/other-files", test_other_files, NULL, NULL, NULL },
		{ "/jks/secret-key", test_secret_key, NULL, NULL, NULL },
		{ "/jks/hostile", test_hostile, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("jks", tests, NULL, NULL);
}
