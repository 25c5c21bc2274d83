/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "nss-fixture.h"
#include "record-json.h"
#include "store.h"
#include "wire.h"

#define HOSTILE "/home/u/\xff\xfe \"q\" <&>'\n\x1b[31m"

static json_object *
there_and_back(json_object *j)
{
	json_object *copy = json_tokener_parse(json_object_to_json_string_ext(j, JSON_C_TO_STRING_PLAIN));

	assert_non_null(copy);
	json_object_put(j);
	return copy;
}

static struct rs_store *
make_store(const struct nss_cert *cert)
{
	struct rs_store *store = rs_store_new(RS_KIND_NSS, "u", HOSTILE "/cert9.db");
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(cert->cert));
	struct rs_origin *origin = rs_origin_new(HOSTILE, "object \xe9", RS_HOW_BLOCK);

	origin->stamp = (struct rs_stamp){ UINT64_MAX, 3, 4, rs_strdup(cert->cert->sha256) };
	origin->offset = 1ULL << 40;
	origin->length = INT64_MAX;
	origin->siblings = 2;
	origin->reason = rs_strdup("why \x01");
	origin->package = rs_strdup("ca-certificates");
	origin->added = 1778284800;
	rs_array_add_str(&origin->ids, "7");
	rs_array_add_str(&origin->ids, "4294967297");
	rs_array_add(&anchor->origins, origin);
	anchor->trust = RS_TRUST_SERVER | RS_TRUST_EMAIL;
	anchor->witnesses = RS_SEEN_ROWS | RS_SEEN_KEYSTORE;
	rs_store_add(store, anchor);
	rs_store_fail(store, RS_STORE_LOCKED, "in use\n");
	rs_store_disagree(store, "two \x1b readers");
	return store;
}

static void
test_store(void **state RS_UNUSED)
{
	NSS_CERT(cert);
	struct rs_store *store, *back;
	const struct rs_anchor *a, *b;
	const struct rs_origin *o;
	const char *why = NULL;
	json_object *j;

	nss_cert_make(&cert, "A", 1, 1);
	store = make_store(&cert);
	j = there_and_back(rs_store_to_json(store));
	back = rs_store_from_json(j, "somebody", &why);
	assert_null(why);
	assert_string_equal(back->path, store->path);
	assert_ptr_equal(back->kind, rs_store_kind(RS_KIND_NSS));
	assert_string_equal(back->owner, "somebody");
	assert_string_equal(back->id, "nss:somebody:" HOSTILE "/cert9.db");
	assert_int_equal(back->state, RS_STORE_LOCKED);
	assert_string_equal(back->reason, "in use\n");
	assert_string_equal(back->disagreements.v[0], "two \\x1b readers");
	assert_int_equal(back->anchors.n, 1);
	a = store->anchors.v[0];
	b = back->anchors.v[0];
	assert_int_equal(b->trust, a->trust);
	assert_int_equal(b->witnesses, a->witnesses);
	assert_false(b->is_public || b->trust_only);
	assert_int_equal(b->cert->der_len, cert.len);
	assert_memory_equal(b->cert->der, cert.der, cert.len);
	assert_string_equal(b->cert->sha256, cert.cert->sha256);
	assert_string_equal(b->cert->issuer_der, cert.cert->issuer_der);
	assert_string_equal(b->cert->serial, cert.cert->serial);
	assert_true(b->cert->parsed && b->cert->ca && b->cert->self_issued);
	o = b->origins.v[0];
	assert_string_equal(o->path, HOSTILE);
	assert_string_equal(o->object, "object \xe9");
	assert_int_equal(o->how, RS_HOW_BLOCK);
	assert_true(o->stamp.dev == UINT64_MAX && o->stamp.ino == 3 && o->stamp.size == 4);
	assert_string_equal(o->stamp.sha256, cert.cert->sha256);
	assert_true(o->offset == 1ULL << 40 && o->length == INT64_MAX && o->siblings == 2);
	assert_string_equal(o->reason, "why \x01");
	assert_string_equal(o->package, "ca-certificates");
	assert_int_equal(o->added, 1778284800);
	assert_int_equal(o->ids.n, 2);
	assert_string_equal(o->ids.v[1], "4294967297");
	json_object_put(j);
	rs_store_free(store);
	rs_store_free(back);
}

/* Only what a child claims to be public or a package's is not believed. */
static void
test_public_is_not_heard(void **state RS_UNUSED)
{
	json_object *j = json_tokener_parse("{\"kind\":\"nss\",\"path\":\"/a\",\"owner\":\"system\","
	    "\"id\":\"x\",\"anchors\":[{\"is_public\":true,\"package_owned\":true}]}");
	const char *why = NULL;
	struct rs_store *store = rs_store_from_json(j, "u", &why);
	const struct rs_anchor *anchor;

	assert_non_null(store);
	anchor = store->anchors.v[0];
	assert_false(anchor->is_public || anchor->package_owned);
	assert_string_equal(store->owner, "u");
	assert_string_equal(store->id, "nss:u:/a");
	rs_store_free(store);
	json_object_put(j);
}

/* TEMPLATE with %s filled in is refused, and with what stands after | taken. */
static void
expect_refused(const char *template, const char *bad, const char *good)
{
	const char *const values[] = { bad, good };

	for (size_t i = 0; i < 2; i++) {
		const char *gap = strstr(template, "%s"), *why = NULL;
		RS_AUTOFREE char *text = rs_printf("%.*s%s%s", (int)(gap - template), template,
						   values[i], gap + 2);
		json_object *j = json_tokener_parse(text);
		struct rs_store *store;

		assert_non_null(j);
		store = rs_store_from_json(j, "u", &why);
		if ((store == NULL) != (i == 0) || (why == NULL) != (i == 1))
			fail_msg("%s: %s", text, why ? why : "was taken");
		rs_store_free(store);
		json_object_put(j);
	}
}

#define STORE "{\"kind\":\"nss\",\"path\":\"/a\",%s}"
#define ANCHOR "{\"kind\":\"nss\",\"path\":\"/a\",\"anchors\":[{},{%s}]}"
#define ORIGIN "{\"kind\":\"nss\",\"path\":\"/a\",\"anchors\":[{\"origins\":[{\"path\":\"/a\",%s}]}]}"
#define HEX8 "01234567"
#define HEX40 HEX8 HEX8 HEX8 HEX8 HEX8
#define HEX64 HEX40 HEX8 HEX8 HEX8

static void
test_wrong_store(void **state RS_UNUSED)
{
	expect_refused("{%s,\"path\":\"/a\"}", "\"kind\":\"shell\"", "\"kind\":\"nss\"");
	expect_refused("{%s,\"path\":\"/a\"}", "\"kind\":7", "\"kind\":\"java\"");
	expect_refused("{%s,\"path\":\"/a\"}", "\"none\":7", "\"kind\":\"java\"");
	expect_refused("{\"kind\":\"nss\",%s}", "\"path\":\"a\"", "\"path\":\"/a\"");
	expect_refused("{\"kind\":\"nss\",%s}", "\"path\":\"\"", "\"path\":\"/\"");
	expect_refused("{\"kind\":\"nss\",%s}", "\"path\":[]", "\"path\":\"/a\"");
	expect_refused("{\"kind\":\"nss\",%s}", "\"path\":\"/a\\u0000b\"", "\"path\":\"/ab\"");
	expect_refused("{\"kind\":\"nss\",%s}", "\"path_b64\":\"L2EAYg==\"", "\"path_b64\":\"L2FhYg==\"");
	expect_refused("{\"kind\":\"nss\",%s}", "\"path_b64\":\"L2E\"", "\"path_b64\":\"L2E=\"");
	expect_refused(STORE, "\"state\":9", "\"state\":8");
	expect_refused(STORE, "\"state\":-1", "\"state\":0");
	expect_refused(STORE, "\"state\":\"error\"", "\"state\":null");
	expect_refused(STORE, "\"state\":1.5", "\"state\":1");
	expect_refused(STORE, "\"reason\":{}", "\"reason\":\"\"");
	expect_refused(STORE, "\"anchors\":{}", "\"anchors\":[]");
	expect_refused(STORE, "\"anchors\":[7]", "\"anchors\":[{}]");
	expect_refused(STORE, "\"anchors\":[null]", "\"anchors\":null");
	expect_refused(STORE, "\"disagreements\":\"\"", "\"disagreements\":[\"x\"]");
}

static void
test_wrong_anchor(void **state RS_UNUSED)
{
	expect_refused(ANCHOR, "\"der\":\"*\"", "\"der\":\"MAA=\"");
	expect_refused(ANCHOR, "\"der\":5", "\"der\":\"\"");
	expect_refused(ANCHOR, "\"sha256\":\"" HEX40 "\"", "\"sha256\":\"" HEX64 "\"");
	expect_refused(ANCHOR, "\"sha256\":\"" HEX64 "0\"", "\"sha256\":\"" HEX64 "\"");
	expect_refused(ANCHOR, "\"sha256\":\"\"", "\"sha256\":null");
	expect_refused(ANCHOR, "\"sha1\":\"" HEX64 "\"", "\"sha1\":\"" HEX40 "\"");
	expect_refused(ANCHOR, "\"spki\":\"../" HEX40 "\"", "\"spki\":\"" HEX64 "\"");
	expect_refused(ANCHOR, "\"subject\":[]", "\"subject\":\"CN=A\"");
	expect_refused(ANCHOR, "\"serial\":1", "\"serial\":\"01\"");
	expect_refused(ANCHOR, "\"parsed\":1", "\"parsed\":true");
	expect_refused(ANCHOR, "\"trust_only\":\"no\"", "\"trust_only\":false");
	expect_refused(ANCHOR, "\"trust\":32", "\"trust\":31");
	expect_refused(ANCHOR, "\"witnesses\":128", "\"witnesses\":127");
	expect_refused(ANCHOR, "\"witnesses\":-1", "\"witnesses\":0");
	expect_refused(ANCHOR, "\"origins\":{}", "\"origins\":[]");
	expect_refused(ANCHOR, "\"origins\":[[]]", "\"origins\":[{\"path\":\"/\"}]");
}

static void
test_wrong_origin(void **state RS_UNUSED)
{
	expect_refused(ANCHOR, "\"origins\":[{}]", "\"origins\":[{\"path\":\"/a\"}]");
	expect_refused(ANCHOR, "\"origins\":[{\"path\":\"a\"}]", "\"origins\":[{\"path\":\"/a\"}]");
	expect_refused(ORIGIN, "\"how\":10", "\"how\":9");
	expect_refused(ORIGIN, "\"how\":\"rows\"", "\"how\":3");
	expect_refused(ORIGIN, "\"offset\":9223372036854775808", "\"offset\":9223372036854775807");
	expect_refused(ORIGIN, "\"offset\":-1", "\"offset\":1");
	expect_refused(ORIGIN, "\"length\":-9223372036854775808", "\"length\":0");
	expect_refused(ORIGIN, "\"dev\":-1", "\"dev\":18446744073709551615");
	expect_refused(ORIGIN, "\"size\":true", "\"size\":5");
	expect_refused(ORIGIN, "\"added\":-1", "\"added\":0");
	expect_refused(ORIGIN, "\"added\":253402300800", "\"added\":253402300799");
	expect_refused(ORIGIN, "\"sha256\":7", "\"sha256\":\"" HEX64 "\"");
	expect_refused(ORIGIN, "\"sha256\":\"/etc/passwd\"", "\"sha256\":\"" HEX64 "\"");
	expect_refused(ORIGIN, "\"ids\":[\"1; DROP\"]", "\"ids\":[\"1\"]");
	expect_refused(ORIGIN, "\"ids\":[\"-1\"]", "\"ids\":[\"0\"]");
	expect_refused(ORIGIN, "\"ids\":[\"\"]", "\"ids\":[\"9223372036854775807\"]");
	expect_refused(ORIGIN, "\"ids\":[null]", "\"ids\":[]");
	expect_refused(ORIGIN, "\"ids\":[\"111111111111111111111\"]", "\"ids\":[\"1\"]");
	expect_refused(ORIGIN, "\"ids\":\"1\"", "\"ids\":[\"1\"]");
}

static char *
repeated(const char *first, const char *again, size_t n, const char *last)
{
	struct rs_buf buf = { 0 };

	rs_buf_puts(&buf, first);
	for (size_t i = 0; i < n; i++)
		rs_buf_printf(&buf, "%s%s", i ? "," : "", again);
	rs_buf_puts(&buf, last);
	return rs_buf_steal(&buf);
}

static void
test_too_long(void **state RS_UNUSED)
{
	static const struct { const char *template, *first, *again; size_t max; } lists[] = {
		{ STORE, "\"anchors\":[", "{}", 100000 },
		{ STORE, "\"disagreements\":[", "\"\"", 1000 },
		{ ANCHOR, "\"origins\":[", "{\"path\":\"/\"}", 20000 },
		{ ORIGIN, "\"ids\":[", "\"1\"", 10000 },
	};

	for (size_t i = 0; i < RS_COUNT(lists); i++) {
		RS_AUTOFREE char *more = repeated(lists[i].first, lists[i].again, lists[i].max + 1, "]");
		RS_AUTOFREE char *most = repeated(lists[i].first, lists[i].again, lists[i].max, "]");

		expect_refused(lists[i].template, more, most);
	}
}

static struct rs_record *
make_record(void)
{
	struct rs_record *record = rs_record_new("20261122T190800Z-0123456789abcdef", NULL);
	struct rs_record_finding *finding = rs_alloc(sizeof(*finding));
	struct rs_step *step = rs_step_new(RS_STEP_ROWS, RS_KIND_NSS, "nss:u:" HOSTILE, HOSTILE);

	record->owner = rs_strdup("u");
	record->time = rs_strdup("2026-11-22T19:08:00Z");
	record->state = RS_RECORD_PARTLY_APPLIED;
	record->reason = rs_strdup("so \xff");
	record->acted = true;
	step->n = 3;
	rs_step_set(step, RS_STEP_CONFLICT, "%s", HOSTILE);
	rs_array_add(&record->steps, step);
	finding->entry = rs_strdup("kz-qaznet");
	finding->store = rs_strdup("nss:u:" HOSTILE);
	finding->sha1 = rs_strdup(HEX40);
	finding->title = rs_strdup("T\xc3\xbcrk");
	rs_array_add(&record->findings, finding);
	return record;
}

static void
test_record(void **state RS_UNUSED)
{
	struct rs_record *record = make_record(), *back;
	json_object *j = there_and_back(rs_record_to_json(record));
	const struct rs_record_finding *finding;
	const struct rs_step *step;

	back = rs_record_from_json(j, "me");
	assert_non_null(back);
	assert_string_equal(back->id, record->id);
	assert_string_equal(back->owner, "me");
	assert_string_equal(back->time, record->time);
	assert_string_equal(back->reason, "so \xff");
	assert_int_equal(back->state, RS_RECORD_PARTLY_APPLIED);
	assert_true(back->acted);
	step = back->steps.v[0];
	assert_int_equal(step->n, 3);
	assert_int_equal(step->kind, RS_STEP_ROWS);
	assert_int_equal(step->state, RS_STEP_CONFLICT);
	assert_string_equal(step->path, HOSTILE);
	assert_string_equal(step->reason, HOSTILE);
	finding = back->findings.v[0];
	assert_string_equal(finding->entry, "kz-qaznet");
	assert_string_equal(finding->store, "nss:u:" HOSTILE);
	assert_null(finding->sha256);
	assert_string_equal(finding->sha1, HEX40);
	rs_record_free(record);
	rs_record_free(back);
	json_object_put(j);
}

static void
expect_record(const char *key, const char *value, bool taken)
{
	struct rs_record *record = make_record(), *back;
	json_object *j = there_and_back(rs_record_to_json(record));

	json_object_object_add(j, key, json_tokener_parse(value));
	back = rs_record_from_json(j, "u");
	if ((back != NULL) != taken)
		fail_msg("%s: %s was %s", key, value, taken ? "refused" : "taken");
	rs_record_free(record);
	rs_record_free(back);
	json_object_put(j);
}

#define STEP(rest) "[{\"store_kind\":\"nss\",\"store\":\"s\",\"path\":\"/p\"" rest "}]"

static void
test_wrong_record(void **state RS_UNUSED)
{
	expect_record("id", "\"../../etc\"", false);
	expect_record("id", "\"20261122T190800Z-0123456789ABCDEF\"", false);
	expect_record("id", "null", false);
	expect_record("state", "8", false);
	expect_record("state", "7", true);
	expect_record("state", "-3", false);
	expect_record("state", "\"undone\"", false);
	expect_record("acted", "1", false);
	expect_record("steps", "{}", false);
	expect_record("steps", "[]", true);
	expect_record("steps", STEP(""), true);
	expect_record("steps", STEP(",\"kind\":3"), false);
	expect_record("steps", STEP(",\"state\":7"), false);
	expect_record("steps", STEP(",\"state\":6"), true);
	expect_record("steps", STEP(",\"n\":4294967296"), false);
	expect_record("steps", STEP(",\"n\":-1"), false);
	expect_record("steps", STEP(",\"reason\":[]"), false);
	expect_record("steps", "[{\"store_kind\":\"sh\",\"store\":\"s\",\"path\":\"/p\"}]", false);
	expect_record("steps", "[{\"store_kind\":\"nss\",\"store\":\"s\"}]", false);
	expect_record("steps", "[null]", false);
	expect_record("findings", "[{\"title\":\"x\"}]", true);
	expect_record("findings", "[{\"title\":7}]", false);
	expect_record("findings", "[7]", false);
	expect_record("findings", "7", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/wire/store", test_store),
		NSS_TEST("/wire/public-is-not-heard", test_public_is_not_heard),
		NSS_TEST("/wire/wrong-store", test_wrong_store),
		NSS_TEST("/wire/wrong-anchor", test_wrong_anchor),
		NSS_TEST("/wire/wrong-origin", test_wrong_origin),
		NSS_TEST("/wire/too-long", test_too_long),
		NSS_TEST("/wire/record", test_record),
		NSS_TEST("/wire/wrong-record", test_wrong_record),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
