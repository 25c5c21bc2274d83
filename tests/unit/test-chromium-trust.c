/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "chromium-trust.h"

/* "type names networks", or "bad" where the bytes are no such message. */
static void
expect(const char *hex, const char *want)
{
	RS_CLEANUP(rs_chromium_trust_clear) struct rs_chromium_trust trust;
	RS_AUTOFREE unsigned char *data = NULL, *exact = NULL;
	RS_AUTOBUF struct rs_buf got = { 0 };
	const struct rs_array *lists[] = { &trust.names, &trust.networks };
	size_t len = 0;

	assert_true(rs_unhex(hex, &data, &len));
	/* Without a byte behind it, so that reading too far is noticed. */
	exact = malloc(len > 0 ? len : 1);
	memcpy(exact, data, len);
	if (!rs_chromium_trust_decode(exact, len, &trust)) {
		assert_string_equal("bad", want);
		return;
	}
	rs_buf_printf(&got, "%d", trust.type);
	for (size_t i = 0; i < RS_COUNT(lists); i++)
		for (size_t k = 0; k < lists[i]->n; k++)
			rs_buf_printf(&got, " %s", (const char *)lists[i]->v[k]);
	assert_string_equal(got.data, want);
}

static void
test_types(void **state RS_UNUSED)
{
	expect("0a020803", "3");
	expect("0a020802", "2");
	expect("0a020801", "1");
	expect("0a020800", "0");
	/* Nothing said is nothing trusted; nor is a value that is not known. */
	expect("", "0");
	expect("0a00", "0");
	expect("0a020804", "0");
	expect("0a03088001", "0");
	/* An enum is of 32 bits: the rest of a longer number does not count. */
	expect("0a0b088380808080808080807f", "3");
	expect("0a0c08838080808080808080807f", "bad");
	expect("0a0708838080808001", "3");
	expect("0a0708838080801001", "bad");
}

static void
test_limits(void **state RS_UNUSED)
{
	expect("0a020803120b0a096c6f63616c686f7374", "3 localhost");
	/* The length of the network's prefix outside of the network. */
	expect("0a02080312081a060a040a0000001008", "3 10.0.0.0/0");
	expect("0a020803120a1a080a040a0000001008", "3 10.0.0.0/8");
	expect("0a0208031208" "1a06" "0a047f000001", "3 127.0.0.1/0");
	expect("0a0208031216" "1a14" "0a1020010db8000000000000000000000000" "1020",
	       "3 2001:db8::/32");
	expect("0a0208031206" "1a04" "0a02ffff", "3 a network that is none");
	expect("0a020803120c" "0a0161" "0a0162" "1a040a00" "1008", "3 a b a network that is none");
}

/* As a protobuf reader does, and so as Chromium does. */
static void
test_unknown(void **state RS_UNUSED)
{
	/* Fields that are not known, of every type. */
	expect("7a03616263" "0a020803" "78ff01" "7900000000000000007d00000000", "3");
	expect("0a0510011a000803", "bad");
	expect("0a061001" "1a00" "0803", "3");
	/* Groups, one in another. */
	expect("1b" "23" "0801" "24" "1c" "0a020803", "3");
	/* A known number of another type is not known. */
	expect("0801" "0a020803" "1001", "3");
	expect("0a020803" "0a030a0102", "3");
	/* The last counts, and messages are joined. */
	expect("0a0408021003" "0a020803", "3");
	expect("0a020803" "0a020802", "2");
	expect("0a020803" "1203" "0a0161" "1203" "0a0162", "3 a b");
	expect("0a0408020803", "3");
	/* A number may be written with more bytes than it needs. */
	expect("0a0308" "8300", "3");
	expect("8a00020803", "3");
}

static void
test_bad(void **state RS_UNUSED)
{
	static const char *const texts[] = {
		"00", "0a", "0a0208", "0a03", "0a0408", "0a020803ff", "0a02080300", "02", "07", "0f01",
		"08", "0880", "09000000", "0d0000", "0bffffffffffffffffff01", "0c", "1b", "1b24", "1b1b1c",
		"0affffffffffffffffff01", "0affffffff0f", "ffffffffffffffffffff01", "8080808080808000",
		"120212", "1203120a", "12031a0201", "1205" "1a03" "0a0201",
	};

	for (size_t i = 0; i < RS_COUNT(texts); i++)
		expect(texts[i], "bad");
}

/* A group in a group in a group: refused before the stack ends. */
static void
test_deep(void **state RS_UNUSED)
{
	RS_AUTOFREE char *hex = rs_alloc(200001);

	for (size_t i = 0; i < 200000; i += 2)
		memcpy(hex + i, "1b", 2);
	expect(hex, "bad");
}

/* Every byte changed to every value: nothing but an answer comes of it. */
static void
test_mutations(void **state RS_UNUSED)
{
	static const unsigned char good[] = {
		0x0a, 0x02, 0x08, 0x03, 0x12, 0x13, 0x0a, 0x03, 'a', '.', 'b', 0x1a, 0x08, 0x0a, 0x04,
		10, 0, 0, 0, 0x10, 0x08, 0x1b, 0x08, 0x01, 0x1c,
	};

	for (size_t i = 0; i < sizeof(good); i++)
		for (unsigned value = 0; value < 256; value++) {
			RS_CLEANUP(rs_chromium_trust_clear) struct rs_chromium_trust trust;
			RS_AUTOFREE unsigned char *copy = malloc(sizeof(good));

			memcpy(copy, good, sizeof(good));
			copy[i] = (unsigned char)value;
			rs_chromium_trust_decode(copy, sizeof(good), &trust);
			assert_true(trust.type <= RS_CHROMIUM_TRUSTED);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/chromium-trust/types", test_types, NULL, NULL, NULL },
		{ "/chromium-trust/limits", test_limits, NULL, NULL, NULL },
		{ "/chromium-trust/unknown", test_unknown, NULL, NULL, NULL },
		{ "/chromium-trust/bad", test_bad, NULL, NULL, NULL },
		{ "/chromium-trust/deep", test_deep, NULL, NULL, NULL },
		{ "/chromium-trust/mutations", test_mutations, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("chromium-trust", tests, NULL, NULL);
}
