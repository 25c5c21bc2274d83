/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "text.h"
#include "util.h"

#define BYTES(s) (s), sizeof(s) - 1

static void
expect_safe(const char *text, size_t len, const char *want)
{
	RS_AUTOFREE char *got = rs_text_safe_n(text, len);

	assert_string_equal(got, want);
	assert_true(rs_text_is_utf8(got, strlen(got)));
}

static void
test_safe_plain(void **state RS_UNUSED)
{
	RS_AUTOFREE char *none = rs_text_safe(NULL);
	RS_AUTOFREE char *name = rs_text_safe("CN=Qaznet Trust Network,C=KZ");

	assert_string_equal(none, "");
	assert_string_equal(name, "CN=Qaznet Trust Network,C=KZ");
	expect_safe(BYTES(""), "");
	expect_safe(BYTES("Ministère, АО \"Казахтелеком\", 中文, 😀"),
		    "Ministère, АО \"Казахтелеком\", 中文, 😀");
	expect_safe(BYTES("a\\,b\\x"), "a\\,b\\x");
	expect_safe(BYTES("e\xcc\x81"), "e\xcc\x81");
}

static void
test_safe_controls(void **state RS_UNUSED)
{
	expect_safe(BYTES("a\x1b[31mb"), "a\\x1b[31mb");
	expect_safe(BYTES("a\nb\rc\td"), "a\\x0ab\\x0dc\\x09d");
	expect_safe(BYTES("a\0b"), "a\\x00b");
	expect_safe(BYTES("\x7f"), "\\x7f");
	expect_safe(BYTES("\xc2\x9b" "31m"), "\\xc2\\x9b31m");
	expect_safe(BYTES("\xc2\x80\xc2\xa0"), "\\xc2\\x80\xc2\xa0");
}

static void
test_safe_invisible(void **state RS_UNUSED)
{
	static const char *const hidden[] = {
		"\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xaa", "\xe2\x80\xae",
		"\xe2\x81\xa6", "\xe2\x81\xa9", "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d",
		"\xe2\x81\xa0", "\xe2\x81\xa4", "\xef\xbb\xbf", "\xc2\xad", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe3\x85\xa4", "\xef\xb8\x8f", "\xf3\xa0\x81\x81",
		"\xf3\xa0\x80\x80", "\xee\x80\x80", "\xf3\xb0\x80\x80", "\xf4\x8f\xbf\xbd",
		"\xef\xb7\x90", "\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbe",
	};

	for (size_t i = 0; i < RS_COUNT(hidden); i++) {
		RS_AUTOFREE char *got = rs_text_safe(hidden[i]);

		assert_int_equal(strlen(got), 4 * strlen(hidden[i]));
		assert_true(rs_starts(got, "\\x"));
	}
	/* Their neighbours are text. */
	expect_safe(BYTES("\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xef\xbf\xbd\xe2\x81\xb0"),
		    "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xa7\xef\xbf\xbd\xe2\x81\xb0");
}

static void
test_safe_not_utf8(void **state RS_UNUSED)
{
	expect_safe(BYTES("h\xe9llo"), "h\\xe9llo");
	expect_safe(BYTES("\xff\xfe"), "\\xff\\xfe");
	expect_safe(BYTES("\xc3"), "\\xc3");
	expect_safe(BYTES("\xe2\x82"), "\\xe2\\x82");
	expect_safe(BYTES("\xc0\xaf"), "\\xc0\\xaf");
	expect_safe(BYTES("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");
	expect_safe(BYTES("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf");
	expect_safe(BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80");
	expect_safe(BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
	expect_safe(BYTES("\x80"), "\\x80");
	expect_safe(BYTES("\xc3" "A\xc3\xa9"), "\\xc3A\xc3\xa9");
}

static void
expect_json(const char *text, size_t len, const char *want, bool valid)
{
	RS_AUTOFREE char *got = rs_text_utf8(text, len);

	assert_string_equal(got, want);
	assert_int_equal(rs_text_is_utf8(text, len), valid);
}

static void
test_utf8(void **state RS_UNUSED)
{
	expect_json(BYTES(""), "", true);
	expect_json(BYTES("na\xc3\xafve \xf0\x9f\x98\x80\n\x1b"),
		    "na\xc3\xafve \xf0\x9f\x98\x80\n\x1b", true);
	expect_json(BYTES("h\xe9"), "h\xef\xbf\xbd", false);
	expect_json(BYTES("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", false);
	expect_json(BYTES("\xf0\x9f\x98"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", false);
	expect_json(BYTES("a\0b"), "a\xef\xbf\xbd" "b", false);
}

static void
expect_cut(const char *text, size_t max, const char *want)
{
	RS_AUTOFREE char *got = rs_text_cut(text, max);

	assert_string_equal(got, want);
}

static void
test_cut(void **state RS_UNUSED)
{
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	expect_cut("", 5, "");
	expect_cut("abcde", 5, "abcde");
	expect_cut("abcdef", 5, "ab...");
	expect_cut("abcdef", 3, "...");
	expect_cut("abcdef", 2, "..");
	expect_cut("abcdef", 0, "");
	expect_cut("ééééé", 5, "ééééé");
	expect_cut("éééééé", 5, "éé...");
	expect_cut("中中中", 6, "中中中");
	expect_cut("中中中中", 6, "中...");
	expect_cut("\xff\xff\xff\xff\xff\xff", 5, "\xff\xff...");
	expect_cut("e\xcc\x81" "e\xcc\x81" "e\xcc\x81", 3, "e\xcc\x81" "e\xcc\x81" "e\xcc\x81");
}

static void
expect_document(const char *json, const char *wanted)
{
	RS_AUTOFREE char *got = rs_text_json(json);

	assert_string_equal(got, wanted);
}

/* What a terminal acts upon, escaped as JSON escapes it; the rest as it is. */
static void
test_json(void **state RS_UNUSED)
{
	expect_document("", "");
	expect_document("{\n\t\"é\": \"\\u001b 中\"\n}", "{\n\t\"é\": \"\\u001b 中\"\n}");
	expect_document("\"\x7f\"", "\"\\u007f\"");
	expect_document("\"\xc2\x9b\xe2\x80\xae\"", "\"\\u009b\\u202e\"");
	expect_document("\"\xf3\xa0\x80\x81\"", "\"\\udb40\\udc01\"");
	expect_document("\"a\xff\xc3\"", "\"a\\ufffd\\ufffd\"");
}

/* Marks take no column, but a thousand of them on one letter are no text. */
static void
test_cut_piled_marks(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	RS_AUTOFREE char *got = NULL;

	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	for (size_t i = 0; i < 1000; i++)
		rs_buf_puts(&text, i == 0 ? "e" : "\xcc\x81");
	got = rs_text_cut(text.data, 20);
	assert_true(strlen(got) < 60);
	assert_true(rs_ends(got, "..."));
}

static void
test_nearest(void **state RS_UNUSED)
{
	static const char *const commands[] = {
		"scan", "quarantine", "undo", "records", "recover", "anchors",
	};
	char endless[5000];

	memset(endless, 'q', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_string_equal(rs_text_nearest("quarentine", commands, 6), "quarantine");
	assert_string_equal(rs_text_nearest("udno", commands, 6), "undo");
	assert_string_equal(rs_text_nearest("record", commands, 6), "records");
	assert_string_equal(rs_text_nearest("recovr", commands, 6), "recover");
	assert_string_equal(rs_text_nearest("scan", commands, 6), "scan");
	assert_null(rs_text_nearest("install", commands, 6));
	assert_null(rs_text_nearest("xyz", commands, 6));
	assert_null(rs_text_nearest("", commands, 6));
	assert_null(rs_text_nearest("scan", commands, 0));
	assert_null(rs_text_nearest(endless, commands, 6));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/text/safe/plain", test_safe_plain, NULL, NULL, NULL },
		{ "/text/safe/controls", test_safe_controls, NULL, NULL, NULL },
		{ "/text/safe/invisible", test_safe_invisible, NULL, NULL, NULL },
		{ "/text/safe/not-utf8", test_safe_not_utf8, NULL, NULL, NULL },
		{ "/text/utf8", test_utf8, NULL, NULL, NULL },
		{ "/text/json", test_json, NULL, NULL, NULL },
		{ "/text/cut", test_cut, NULL, NULL, NULL },
		{ "/text/cut/piled-marks", test_cut_piled_marks, NULL, NULL, NULL },
		{ "/text/nearest", test_nearest, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
