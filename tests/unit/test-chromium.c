/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading Chromium's own certificate databases; nothing in the folder changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chromium-fixture.h"
#include "hold-fixture.h"
#include "store-chromium.h"
#include "wire.h"

static struct rs_store *
read_store(const struct nss_folder *folder)
{
	RS_AUTOFREE char *before = nss_snapshot(folder->dir), *after = NULL;
	struct rs_store *store = rs_store_chromium_read("somebody", folder->file, folder->fd);

	after = nss_snapshot(folder->dir);
	assert_string_equal(after, before);
	return store;
}

/* Each anchor: its digest's start, and for each origin "id object". */
static char *
describe(const struct rs_store *store)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, "");
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		assert_int_equal(anchor->trust, RS_TRUST_SERVER);
		assert_int_equal(anchor->witnesses, RS_SEEN_ROWS);
		rs_buf_printf(&text, "%.8s\n", anchor->cert->sha256);
		for (size_t k = 0; k < anchor->origins.n; k++) {
			const struct rs_origin *origin = anchor->origins.v[k];

			assert_string_equal(origin->path, store->path);
			assert_int_equal(origin->ids.n, 1);
			rs_buf_printf(&text, "  %s%s %s\n", origin->how == RS_HOW_ROWS ? "" : "report ",
				      (char *)origin->ids.v[0], origin->object);
		}
	}
	return rs_buf_steal(&text);
}

RS_PRINTF(2, 3)
static void
expect(const struct nss_folder *folder, const char *fmt, ...)
{
	struct rs_store *store = read_store(folder);
	RS_AUTOFREE char *got = describe(store), *want = NULL;
	va_list ap;

	va_start(ap, fmt);
	want = rs_vprintf(fmt, ap);
	va_end(ap);
	if (store->reason != NULL || store->state != RS_STORE_NO_FINDINGS)
		fail_msg("%s: %s", rs_store_state_name(store->state), store->reason);
	assert_int_equal(store->disagreements.n, 0);
	rs_store_free(store);
	assert_string_equal(got, want);
}

static void
expect_bad(const struct nss_folder *folder, enum rs_store_state state, const char *reason)
{
	struct rs_store *store = read_store(folder);

	if (store->reason == NULL || !rs_starts(store->reason, reason))
		fail_msg("\"%s\" is not \"%s...\"", store->reason, reason);
	assert_int_equal(store->state, state);
	assert_int_equal(store->anchors.n, 0);
	rs_store_free(store);
}

static void
test_trust(void **state RS_UNUSED)
{
	NSS_FOLDER(f);
	NSS_CERT(a);
	NSS_CERT(b);

	chromium_folder_make(&f);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&b, "B", 1, 2);
	expect(&f, "%s", "");
	chromium_add(&f, &a, NULL, CHROMIUM_DISTRUSTED);
	chromium_add(&f, &b, NULL, CHROMIUM_UNSPECIFIED);
	chromium_add(&f, &a, "1", "");
	chromium_add(&f, &a, "2", "0a020809");
	expect(&f, "%s", "");
	chromium_add(&f, &b, "3", CHROMIUM_TRUSTED);
	expect(&f, "%.8s\n  5 certificate with key 3...\n", b.cert->sha256);
}

/* What the key says is not what the certificate is. */
static void
test_key(void **state RS_UNUSED)
{
	NSS_FOLDER(f);
	NSS_CERT(a);
	RS_AUTOFREE char *der = NULL;

	chromium_folder_make(&f);
	nss_cert_make(&a, "A", 1, 1);
	der = rs_hex(a.der, a.len);
	chromium_add(&f, &a, "00", CHROMIUM_TRUSTED);
	chromium_add(&f, &a, NULL, CHROMIUM_TRUSTED);
	nss_sql(&f, "INSERT INTO certificates VALUES (NULL, x'%s', x'" CHROMIUM_TRUSTED "')", der);
	nss_sql(&f, "INSERT INTO certificates (rowid, sha256hash_hex, der_cert, trust_settings) "
		"VALUES (-1, 'minus', x'%s', x'" CHROMIUM_TRUSTED "')", der);
	expect(&f, "%.8s\n  18446744073709551615 certificate with key minus...\n"
	       "  1 certificate with key 00...\n  2 certificate with key %.12s...\n"
	       "  report 3 certificate with key (none)...\n", a.cert->sha256, a.cert->sha256);
}

static void
test_limits(void **state RS_UNUSED)
{
	NSS_FOLDER(f);
	NSS_CERT(a);

	chromium_folder_make(&f);
	nss_cert_make(&a, "A", 1, 1);
	chromium_add(&f, &a, "1", CHROMIUM_TRUSTED "1217" "0a0b6578616d706c652e6f7267"
		     "1a08" "0a040a000000" "1008");
	chromium_add(&f, &a, "2", CHROMIUM_TRUSTED "120a" "1a08" "0a040a000000" "1008");
	chromium_add(&f, &a, "3", CHROMIUM_TRUSTED "120f" "0a0161" "0a0162" "0a0163" "0a0164" "0a0165");
	expect(&f, "%.8s\n"
	       "  1 certificate with key 1..., for example.org and 10.0.0.0/8 only\n"
	       "  2 certificate with key 2..., for any name and 10.0.0.0/8 only\n"
	       "  3 certificate with key 3..., for a, b, c, 2 more and any address only\n",
	       a.cert->sha256);
}

static void
test_undecodable(void **state RS_UNUSED)
{
	NSS_FOLDER(f);
	NSS_CERT(a);
	struct rs_store *store;

	chromium_folder_make(&f);
	nss_cert_make(&a, "A", 1, 1);
	chromium_add(&f, &a, "1", "ff");
	chromium_add(&f, &a, "2", CHROMIUM_TRUSTED "0a");
	chromium_add(&f, &a, "3", CHROMIUM_TRUSTED);
	store = read_store(&f);
	assert_int_equal(store->anchors.n, 1);
	assert_int_equal(store->disagreements.n, 1);
	assert_non_null(strstr(store->disagreements.v[0], "the settings of 2 certificates cannot be"));
	rs_store_free(store);
}

/* What is no certificate is hashed all the same; nothing is no anchor's. */
static void
test_no_certificate(void **state RS_UNUSED)
{
	NSS_FOLDER(f);
	struct rs_store *store;

	chromium_folder_make(&f);
	nss_sql(&f, "INSERT INTO certificates VALUES ('1', x'3000', x'" CHROMIUM_TRUSTED "'),"
		"('2', x'', x'" CHROMIUM_TRUSTED "'), ('3', 'text', x'" CHROMIUM_TRUSTED "')");
	store = read_store(&f);
	assert_int_equal(store->anchors.n, 2);
	for (size_t i = 0; i < store->anchors.n; i++)
		assert_false(((struct rs_anchor *)store->anchors.v[i])->cert->parsed);
	rs_store_free(store);
}

static void
test_bad(void **state RS_UNUSED)
{
	static const char *const sql[] = {
		"DROP TABLE certificates",
		"ALTER TABLE certificates ADD COLUMN more",
		"ALTER TABLE certificates RENAME TO was; CREATE VIEW certificates AS SELECT * FROM was",
		"DROP TABLE certificates; CREATE TABLE certificates (sha256hash_hex, der_cert, "
		"trust_settings)",
		"DROP TABLE certificates; CREATE VIEW certificates AS WITH RECURSIVE r(x) AS "
		"(SELECT 1 UNION ALL SELECT x FROM r) SELECT x AS sha256hash_hex, x AS der_cert, "
		"x AS trust_settings FROM r",
	};

	for (size_t i = 0; i < RS_COUNT(sql); i++) {
		NSS_FOLDER(f);

		chromium_folder_make(&f);
		nss_sql(&f, "%s", sql[i]);
		expect_bad(&f, RS_STORE_ERROR, "not a certificate database of Chromium's");
	}
}

static void
test_no_database(void **state RS_UNUSED)
{
	NSS_FOLDER(f);

	chromium_folder_make(&f);
	assert_int_equal(truncate(f.file, 0), 0);
	expect_bad(&f, RS_STORE_ERROR, "an empty file");
	assert_int_equal(unlink(f.file), 0);
	expect_bad(&f, RS_STORE_ABSENT, "no such file");
	assert_int_equal(symlink("/etc/shadow", f.file), 0);
	expect_bad(&f, RS_STORE_SKIPPED, "skipped: link to /etc/shadow");
	assert_int_equal(unlink(f.file), 0);
	assert_int_equal(mkfifo(f.file, 0600), 0);
	expect_bad(&f, RS_STORE_ERROR, "a special file");
	assert_int_equal(unlink(f.file), 0);
	assert_int_equal(mkdir(f.file, 0700), 0);
	expect_bad(&f, RS_STORE_ERROR, "a folder");
}

/* As it is while Chromium runs: read, and the process named; that is gone when
 * it is, and a wait for a writer has an end. */
static void
test_in_use(void **state RS_UNUSED)
{
	NSS_FOLDER(f);
	NSS_CERT(a);
	struct rs_store *store;
	pid_t pid;

	chromium_folder_make(&f);
	nss_cert_make(&a, "A", 1, 1);
	chromium_add(&f, &a, "1", CHROMIUM_TRUSTED);
	pid = hold_database(f.file, HOLD_READING);
	store = read_store(&f);
	assert_int_equal(store->state, RS_STORE_NO_FINDINGS);
	assert_int_equal(store->anchors.n, 1);
	assert_int_equal(store->pid, pid);
	rs_store_free(store);
	hold_end(pid);
	store = read_store(&f);
	assert_int_equal(store->pid, 0);
	rs_store_free(store);
	pid = hold_database(f.file, "BEGIN EXCLUSIVE");
	expect_bad(&f, RS_STORE_LOCKED, "locked");
	hold_end(pid);
}

/* With a log beside it: a copy is read, and nothing left in the folder. */
static void
test_log(void **state RS_UNUSED)
{
	NSS_FOLDER(f);
	NSS_CERT(a);
	pid_t pid;

	chromium_folder_make(&f);
	nss_cert_make(&a, "A", 1, 1);
	nss_sql(&f, "PRAGMA journal_mode=WAL");
	chromium_add(&f, &a, "1", CHROMIUM_TRUSTED);
	pid = hold_database(f.file, "UPDATE certificates SET sha256hash_hex = '2'");
	expect(&f, "%.8s\n  1 certificate with key 2...\n", a.cert->sha256);
	hold_end(pid);
}

/* What the wire carries of it. */
static void
test_wire(void **state RS_UNUSED)
{
	struct rs_store *store = rs_store_new(RS_KIND_CHROMIUM, "u", "/p"), *told;
	const char *why = NULL;
	json_object *line;

	store->pid = 1234;
	line = rs_store_to_json(store);
	told = rs_store_from_json(line, "u", &why);
	assert_int_equal(told->pid, 1234);
	rs_store_free(told);
	json_object_object_add(line, "pid", json_object_new_int64(-1));
	assert_null(rs_store_from_json(line, "u", &why));
	json_object_object_add(line, "pid", json_object_new_int64(1LL << 40));
	assert_null(rs_store_from_json(line, "u", &why));
	json_object_put(line);
	rs_store_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/chromium/trust", test_trust),
		NSS_TEST("/chromium/key", test_key),
		NSS_TEST("/chromium/limits", test_limits),
		NSS_TEST("/chromium/undecodable", test_undecodable),
		NSS_TEST("/chromium/no-certificate", test_no_certificate),
		NSS_TEST("/chromium/bad", test_bad),
		NSS_TEST("/chromium/no-database", test_no_database),
		NSS_TEST("/chromium/in-use", test_in_use),
		NSS_TEST("/chromium/log", test_log),
		NSS_TEST("/chromium/wire", test_wire),
	};

	return cmocka_run_group_tests_name("chromium", tests, NULL, NULL);
}
