/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "file-fixture.h"
#include "json-text.h"
#include "plan.h"

#define BOM "\xef\xbb\xbf"

static struct rs_buf
buf_of(const char *text)
{
	struct rs_buf buf = { 0 };

	rs_buf_add(&buf, text, strlen(text));
	return buf;
}

/* What cuts mark: [[ before and ]] behind each element that is to go. */
static struct rs_buf
marked(const char *text, struct rs_array *ranges)
{
	struct rs_buf plain = { 0 };
	struct rs_range *range = NULL;

	rs_array_init(ranges, free);
	for (const char *p = text; *p != '\0'; p++) {
		if (p[0] == '<' && p[1] == '<') {
			range = rs_array_add(ranges, rs_alloc(sizeof(*range)));
			range->offset = plain.len;
			p++;
		} else if (p[0] == '>' && p[1] == '>') {
			range->length = plain.len - range->offset;
			p++;
		} else {
			rs_buf_add(&plain, p, 1);
		}
	}
	return plain;
}

static const struct { const char *marked, *cut; } cuts[] = {
	{ "{\"a\":[<<\"x\">>]}", "{\"a\":[]}" },
	{ "{\"a\":[ <<\"x\">> , \"y\"]}", "{\"a\":[   \"y\"]}" },
	{ "{\"a\":[\"x\", <<\"y\">>]}", "{\"a\":[\"x\" ]}" },
	{ "{\"a\":[\"x\", <<\"y\">>,]}", "{\"a\":[\"x\", ]}" },
	{ "{\"a\":[<<\"x\">>,<<\"y\">>]}", "{\"a\":[]}" },
	{ "{\"a\":[<<\"x\">>,<<\"y\">>,]}", "{\"a\":[]}" },
	{ "{\"a\":[\"x\",<<\"y\">>,<<\"z\">>]}", "{\"a\":[\"x\"]}" },
	{ "{\"a\":[<<\"x\">>,\"y\",<<\"z\">>]}", "{\"a\":[\"y\"]}" },
	/* Comments, line ends, an order mark: all stay. */
	{ "{/*c*/\"a\":[//x\n<<\"x\">>/*,*/,//y\n\"y\"],}", "{/*c*/\"a\":[//x\n/*,*///y\n\"y\"],}" },
	{ BOM "{\r\n\"a\": [\r\n\t\"y\",\r\n\t<<\"x\">>\r\n]\r\n}\r\n",
	  BOM "{\r\n\"a\": [\r\n\t\"y\"\r\n\t\r\n]\r\n}\r\n" },
	/* Escapes, brackets and commas in strings; keys that are escaped. */
	{ "{\"a\\\"]\":1,\"\\u0061\":[<<\"a\\/b\\\\\">>,\"],[\"]}", "{\"a\\\"]\":1,\"\\u0061\":[\"],[\"]}" },
	{ "{\"a\":[\"\xc3\xa9\\u00e9\xf0\x9f\x98\x80\",<<\"\xc3\xa9\">>]}",
	  "{\"a\":[\"\xc3\xa9\\u00e9\xf0\x9f\x98\x80\"]}" },
	{ "{\"\\x61\":[\"\\x41\\\\x41\",<<\"\\x41\">>]}", "{\"\\x61\":[\"\\x41\\\\x41\"]}" },
	/* Elements of any kind, twins too. */
	{ "{\"a\":{\"b\":[1,<<{\"c\":[1,{\"d\":[]}],\"e\":[2]}>>,[3]]}}", "{\"a\":{\"b\":[1,[3]]}}" },
	{ "{\"a\":[<<\"x\">>,\"y\",<<\"x\">>]}", "{\"a\":[\"y\"]}" },
	{ "{\"a\":[\"x\",<<\"x\">>]}", "{\"a\":[\"x\"]}" },
	{ "{\"a\":[null,<<null>>,-1.5e3,true]}", "{\"a\":[null,-1.5e3,true]}" },
	/* Two lists at once. */
	{ "{\"a\":[<<1>>],\"b\":[2,<<3>>]}", "{\"a\":[],\"b\":[2]}" },
};

static void
test_cut(void **state RS_UNUSED)
{
	for (size_t i = 0; i < RS_COUNT(cuts); i++) {
		RS_CLEANUP(rs_array_free) struct rs_array ranges;
		RS_AUTOBUF struct rs_buf from = marked(cuts[i].marked, &ranges), to = { 0 };

		if (!rs_json_cut(&from, &ranges, &to))
			fail_msg("not cut: %s", from.data);
		assert_string_equal(to.data, cuts[i].cut);
	}
}

/* Cut out and put back at once means what it meant before. */
static void
test_there_and_back(void **state RS_UNUSED)
{
	for (size_t i = 0; i < RS_COUNT(cuts); i++) {
		RS_CLEANUP(rs_array_free) struct rs_array ranges, a, b;
		RS_AUTOBUF struct rs_buf from = marked(cuts[i].marked, &ranges), now = { 0 };
		RS_AUTOFREE char *why = NULL;
		json_object *x, *y;

		assert_true(rs_json_cut(&from, &ranges, &now));
		assert_true(rs_json_put_back(&from, &ranges, &now));
		x = rs_json_read(from.data, from.len, &a, &why);
		y = rs_json_read(now.data, now.len, &b, &why);
		if (!json_object_equal(x, y))
			fail_msg("%s became %s", from.data, now.data);
		json_object_put(x);
		json_object_put(y);
	}
}

static void
test_no_cut(void **state RS_UNUSED)
{
	static const char *const texts[] = {
		/* No elements: parts of one, or more than one, or of no list. */
		"{\"a\":[\"<<x>>\"]}", "{\"a\":[<<\"x\" >>]}", "{\"a\":[<<\"x\",\"y\">>]}",
		"{\"a\":<<\"x\">>}", "{<<\"a\">>:[1]}", "<<{}>>",
		/* In a list that lies in another. */
		"{\"a\":[[<<1>>]]}", "{\"a\":[{\"b\":[<<1>>]}]}",
		/* In a list that a twin of its key hides, where that tells. */
		"{\"a\":[<<1>>],\"a\":[2,3]}", "{\"a\":{\"b\":[<<1>>]},\"a\":{}}",
		/* No JSON. */
		"{\"a\":[<<1>>", "{\"a\":[<<1>> 2]}", "{\"a\":[<<1>>]} x", "{\"a\":[<<1>>],,}",
		"{\"a\":[,<<1>>]}", "{\"a\":[<<1>>]/*}", "{'a':[<<1>>]}", "[<<1>>]", "",
	};

	for (size_t i = 0; i < RS_COUNT(texts); i++) {
		RS_CLEANUP(rs_array_free) struct rs_array ranges;
		RS_AUTOBUF struct rs_buf from = marked(texts[i], &ranges), to = { 0 };

		if (ranges.n == 0)
			rs_array_add(&ranges, rs_alloc(sizeof(struct rs_range)));
		if (rs_json_cut(&from, &ranges, &to))
			fail_msg("cut: %s", from.data);
	}
}

static void
test_put_back(void **state RS_UNUSED)
{
	static const struct { const char *original, *now, *wanted; } cases[] = {
		/* Behind the neighbour before, before the neighbour behind, at the end. */
		{ "{\"a\":[1,<<2>>,3]}", "{\"a\":[0,1,4]}", "{\"a\":[0,1, 2,4]}" },
		{ "{\"a\":[1,<<2>>,3]}", "{\"a\":[0,3]}", "{\"a\":[0, 2,3]}" },
		{ "{\"a\":[1,<<2>>,3]}", "{\"a\":[ 3 ]}", "{\"a\":[ 2, 3 ]}" },
		{ "{\"a\":[1,<<2>>,3]}", "{\"a\":[8,9]}", "{\"a\":[8,9, 2]}" },
		{ "{\"a\":[1,<<2>>,3]}", "{\"a\":[]}", "{\"a\":[2]}" },
		{ "{\"a\":[<<2>>]}", "{\"a\":[ // none\n]}", "{\"a\":[2 // none\n]}" },
		{ "{\"a\":[<<2>>]}", "{\"a\":[1 // one\n,]}", "{\"a\":[1, 2 // one\n,]}" },
		/* Wherever the list stands now; as it was written. */
		{ "{\"a\":{\"b\":[<<\"x\\/y\">>]}}", BOM "{\"c\":[1],\r\n\"a\":{\"d\":{},\"b\":[\"z\"]}}",
		  BOM "{\"c\":[1],\r\n\"a\":{\"d\":{},\"b\":[\"z\", \"x\\/y\"]}}" },
		{ "{\"a\":[<<1>>,<<2>>,3]}", "{\"a\":[3]}", "{\"a\":[1, 2, 3]}" },
		{ "{\"a\":[<<1>>],\"b\":[<<2>>]}", "{\"b\":[],\"a\":[]}", "{\"b\":[2],\"a\":[1]}" },
		/* There again already, written in another way. */
		{ "{\"a\":[<<\"x/y\">>]}", "{\"a\":[\"x\\/y\"]}", "{\"a\":[\"x\\/y\"]}" },
		{ "{\"a\":[<<1>>,<<1>>]}", "{\"a\":[1]}", "{\"a\":[1, 1]}" },
		/* The list is gone, or is none, or nothing is JSON any more. */
		{ "{\"a\":[<<1>>]}", "{}", NULL },
		{ "{\"a\":[<<1>>]}", "{\"b\":{\"a\":[]}}", NULL },
		{ "{\"a\":[<<1>>]}", "{\"a\":1}", NULL },
		{ "{\"a\":[<<1>>]}", "{\"a\":{}}", NULL },
		{ "{\"a\":[<<1>>]}", "", NULL },
		{ "{\"a\":[<<1>>]}", "{\"a\":[}", NULL },
		{ "{\"a\":[<<1>>]}", "{\"a\":[2],\"a\":[3,4]}", "{\"a\":[2],\"a\":[3,4, 1]}" },
		{ "{\"a\":[<<1>>],\"b\":[<<2>>]}", "{\"a\":[]}", NULL },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		RS_CLEANUP(rs_array_free) struct rs_array ranges;
		RS_AUTOBUF struct rs_buf original = marked(cases[i].original, &ranges);
		RS_AUTOBUF struct rs_buf now = buf_of(cases[i].now);
		bool put = rs_json_put_back(&original, &ranges, &now);

		if (put != (cases[i].wanted != NULL))
			fail_msg("%s: %s", put ? "put back" : "not put back", cases[i].now);
		if (put)
			assert_string_equal(now.data, cases[i].wanted);
	}
}

static void
test_find(void **state RS_UNUSED)
{
	static const char *const ab[] = { "a", "b", NULL }, *const a[] = { "a", NULL };
	static const struct { const char *text; const char *const *keys; int n, places; } cases[] = {
		{ "{\"a\":{\"b\":[1,2]}}", ab, 2, 2 },
		{ "{\"a\":{\"b\":[1,2],},}", ab, 2, 2 },
		{ BOM "{\"a\":[1]}", a, 1, 1 },
		{ "{\"\\u0061\":[]}", a, 0, 0 },
		{ "{\"\\x61\":[\"\\\\x\"]}", a, 1, 1 },
		{ "{\"a\":[1],\"a\":[2,3]}", a, 2, 2 },
		/* The last "a" is not the one whose list is found. */
		{ "{\"a\":{\"b\":[1]},\"a\":{\"b\":[1,2]}}", ab, 2, 2 },
		{ "{\"a\":{\"b\":[1]},\"a\":{}}", ab, -1, -1 },
		{ "{\"a\":[[1,2]]}", ab, -1, -1 },
		{ "{\"b\":[1]}", ab, -1, -1 },
		{ "{\"a\":null}", ab, -1, -1 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		RS_CLEANUP(rs_array_free) struct rs_array arrays;
		RS_AUTOFREE char *why = NULL;
		json_object *list, *root =
		    rs_json_read(cases[i].text, strlen(cases[i].text), &arrays, &why);
		const struct rs_json_array *places;

		assert_non_null(root);
		places = rs_json_array_find(&arrays, root, cases[i].keys, &list);
		assert_int_equal(list == NULL ? -1 : (int)json_object_array_length(list), cases[i].n);
		assert_int_equal(places == NULL ? -1 : (int)places->elements.n, cases[i].places);
		json_object_put(root);
	}
}

static void
expect_no_json(const char *text, size_t len)
{
	RS_CLEANUP(rs_array_free) struct rs_array arrays;
	RS_AUTOFREE char *why = NULL;

	if (rs_json_read(text, len, &arrays, &why) != NULL)
		fail_msg("read: %.60s", text);
	assert_non_null(why);
	assert_int_equal(arrays.n, 0);
}

static void
test_no_json(void **state RS_UNUSED)
{
	static const char *const texts[] = {
		"", " ", BOM, "{", "}", "[]", "1", "\"a\"", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{a:1}",
		"{'a':1}", "{\"a\":'b'}", "{,}", "{\"a\":[,]}", "{\"a\":1 \"b\":2}", "{\"a\":1}{}",
		"{\"a\":1} x", "{\"a\":\"b}", "{\"a\":\"\\\"}", "{\"a\":\"\\x4\"}", "{\"a\":\"\\v\"}", "/*{}", "{}/", "\xff{}",
		("{}" BOM),
	};

	for (size_t i = 0; i < RS_COUNT(texts); i++)
		expect_no_json(texts[i], strlen(texts[i]));
	expect_no_json("{\"a\":\"\0\"}", 9);
	expect_no_json("{\"a\":1}\0{}", 10);
}

/* As deep as it may be, and one deeper. */
static void
test_depth(void **state RS_UNUSED)
{
	for (size_t depth = 200; depth < 100000; depth = depth == 200 ? 201 : depth * 20) {
		RS_CLEANUP(rs_array_free) struct rs_array arrays;
		RS_AUTOBUF struct rs_buf text = buf_of("{\"a\":");
		RS_AUTOFREE char *why = NULL;
		json_object *root;

		for (size_t i = 1; i < depth; i++)
			rs_buf_puts(&text, "[");
		for (size_t i = 1; i < depth; i++)
			rs_buf_puts(&text, "]");
		rs_buf_puts(&text, "}");
		root = rs_json_read(text.data, text.len, &arrays, &why);
		assert_int_equal(root != NULL, depth == 200);
		json_object_put(root);
	}
}

static void
test_line(void **state RS_UNUSED)
{
	assert_int_equal(rs_json_line("a\nb\r\nc", 0), 1);
	assert_int_equal(rs_json_line("a\nb\r\nc", 2), 2);
	assert_int_equal(rs_json_line("a\nb\r\nc", 5), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/json-text/cut", test_cut),
		FILE_TEST("/json-text/there-and-back", test_there_and_back),
		FILE_TEST("/json-text/no-cut", test_no_cut),
		FILE_TEST("/json-text/put-back", test_put_back),
		FILE_TEST("/json-text/find", test_find),
		FILE_TEST("/json-text/no-json", test_no_json),
		FILE_TEST("/json-text/depth", test_depth),
		FILE_TEST("/json-text/line", test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
