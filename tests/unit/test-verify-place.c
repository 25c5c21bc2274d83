/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the system's lists still have, asked without the readers that found it.
 * In a private world, as root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "debian-fixture.h"
#include "verify-place.h"

#define NAME "Evil, with a name of some length"
#define BUNDLE "/etc/ssl/other.pem"
#define SCENE(name) RS_CLEANUP(scene_remove) struct scene name; scene_make(&name)

/* The evil one was in one store, and was to go. */
struct scene {
	struct rs_scan scan;
	struct rs_scope scope;
	struct rs_finding finding;
	struct rs_array taken;
	struct rs_verdict verdict;
};

static void
scene_make(struct scene *s)
{
	*s = (struct scene){
		.scope = { .system = true, .jobs = 1 }, .scan = { .layout = "debian" },
	};
	debian_make();
	file_remove(BUNDLE);
	rs_array_init(&s->scan.stores, rs_store_free);
	rs_array_init(&s->taken, NULL);
	rs_array_add(&s->taken, &s->finding);
}

static void
scene_remove(struct scene *s)
{
	rs_verdict_free(&s->verdict);
	rs_array_free(&s->taken);
	rs_array_free(&s->scan.stores);
}

static void
take(struct scene *s, const char *kind, const char *path, const char *origin)
{
	struct rs_store *store = rs_array_add(&s->scan.stores, rs_store_new(kind, RS_OWNER_SYSTEM,
									    path));
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_new(pem_evil.der.data, pem_evil.der.len));

	rs_array_add(&anchor->origins, rs_origin_new(origin, NULL, RS_HOW_FILE));
	rs_array_add(&store->anchors, anchor);
	s->finding = (struct rs_finding){ .store = store, .anchor = anchor };
}

static void
expect(struct scene *s, const char *want, bool still)
{
	RS_AUTOBUF struct rs_buf got = { 0 };
	const struct rs_array *lists[] = {
		&s->verdict.still_trusted, &s->verdict.lost, &s->verdict.unverified,
	};

	rs_verdict_free(&s->verdict);
	for (size_t i = 0; i < RS_COUNT(lists); i++)
		rs_array_init((struct rs_array *)(uintptr_t)lists[i], free);
	s->finding.still_trusted = false;
	rs_verify_places(&s->verdict, &s->scan, &s->taken, &s->scope);
	rs_buf_puts(&got, "");
	for (size_t i = 0; i < RS_COUNT(lists); i++)
		for (size_t k = 0; k < lists[i]->n; k++)
			rs_buf_printf(&got, "%zu %s\n", i, (char *)lists[i]->v[k]);
	assert_string_equal(got.data, want);
	assert_int_equal(s->finding.still_trusted, still);
}

static bool
holds(const void *data, size_t len)
{
	struct rs_cert *cert = rs_cert_new(pem_evil.der.data, pem_evil.der.len);
	RS_AUTOBUF struct rs_buf bytes = { 0 };
	bool result;

	rs_buf_add(&bytes, data, len);
	result = rs_verify_bytes_hold(&bytes, cert);
	rs_cert_free(cert);
	return result;
}

static bool
text_holds(const char *before, const char *text, const char *after)
{
	RS_AUTOFREE char *whole = rs_printf("%s%s%s", before, text, after);

	return holds(whole, strlen(whole));
}

static void
test_bytes(void **state RS_UNUSED)
{
	RS_AUTOFREE char *narrow = pem_break_lines(pem_evil.line, 7, " \r\n\t");
	RS_AUTOFREE char *cut = rs_strndup(pem_evil.line, strlen(pem_evil.line) / 2);
	RS_AUTOBUF struct rs_buf raw = { 0 };

	rs_buf_puts(&raw, "noise");
	rs_buf_add(&raw, pem_evil.der.data, pem_evil.der.len);
	assert_true(holds(raw.data, raw.len));
	assert_true(holds(pem_evil.pem.data, pem_evil.pem.len));
	assert_true(text_holds("no PEM at all ", pem_evil.line, ""));
	assert_true(text_holds(BEGIN, narrow, END));
	assert_false(text_holds(BEGIN, cut, END));
	assert_false(holds(pem_a.pem.data, pem_a.pem.len));
	assert_false(holds("", 0));
}

/* What p11-kit distrusts stands in OpenSSL's own kind of block, denied. */
static void
test_auxiliary(void **state RS_UNUSED)
{
	static const char begin[] = "-----BEGIN TRUSTED CERTIFICATE-----\n";
	RS_AUTOFREE char *both = rs_printf("%s-----END TRUSTED CERTIFICATE-----\n%s", pem_evil.body,
					   pem_evil.pem.data);

	assert_false(text_holds(begin, pem_evil.body, "MAAA\n-----END TRUSTED CERTIFICATE-----\n"));
	assert_true(text_holds(begin, both, ""));
}

static void
test_bundle(void **state RS_UNUSED)
{
	SCENE(s);

	take(&s, RS_KIND_OPENSSL_DIR, BUNDLE, BUNDLE);
	expect(&s, "", false);
	file_write(BUNDLE, pem_a.pem.data, pem_a.pem.len);
	expect(&s, "", false);
	file_write(BUNDLE, pem_evil.pem.data, pem_evil.pem.len);
	expect(&s, "0 " BUNDLE ": " NAME " (in the file's bytes)\n"
	       "0 " BUNDLE ": " NAME " (as GnuTLS reads it)\n", true);
	/* Where no reader of PEM sees it. */
	file_puts(BUNDLE, pem_evil.line);
	expect(&s, "0 " BUNDLE ": " NAME " (in the file's bytes)\n", true);
}

/* Copies that are no stores, and what GnuTLS goes by, are the OS store's. */
static void
test_copies(void **state RS_UNUSED)
{
	SCENE(s);

	take(&s, RS_KIND_P11KIT, "/etc/source", "/etc/source/evil.crt");
	expect(&s, "0 " RS_DEBIAN_BUNDLE ": " NAME " (in the file's bytes)\n"
	       "0 " RS_DEBIAN_BUNDLE ": " NAME " (as GnuTLS reads it)\n"
	       "0 what programs with GnuTLS go by: " NAME " (as GnuTLS reads it)\n", true);
	file_write(RS_DEBIAN_BUNDLE, pem_a.pem.data, pem_a.pem.len);
	expect(&s, "", false);
	file_write(RS_DEBIAN_JAVA, pem_evil.der.data, pem_evil.der.len);
	expect(&s, "0 " RS_DEBIAN_JAVA ": " NAME " (in the file's bytes)\n", true);
}

#define DIR "/etc/ssl/hashed"

static void
test_lookup(void **state RS_UNUSED)
{
	SCENE(s);

	file_remove(DIR);
	file_mkdir(DIR);
	take(&s, RS_KIND_OPENSSL_DIR, DIR, DIR "/0123abcd.0");
	file_write(DIR "/a.pem", pem_a.pem.data, pem_a.pem.len);
	expect(&s, "", false);
	/* DER is nothing to GnuTLS here, and other names are nothing to OpenSSL. */
	file_write(DIR "/0123abc.0", pem_evil.der.data, pem_evil.der.len);
	file_write(DIR "/0123abcd.r0", pem_evil.der.data, pem_evil.der.len);
	expect(&s, "", false);
	file_write(DIR "/0123abcd.12", pem_evil.der.data, pem_evil.der.len);
	expect(&s, "0 " DIR ": " NAME " (as OpenSSL looks it up)\n"
	       "1 " DIR "/0123abcd.12: OpenSSL does not find it, as a number before it is missing\n",
	       true);
	assert_int_equal(unlink(DIR "/0123abcd.12"), 0);
	file_write(DIR "/any", pem_evil.pem.data, pem_evil.pem.len);
	expect(&s, "0 " DIR ": " NAME " (as GnuTLS reads it)\n", true);
	file_remove(DIR);
}

/* Another of the same hash has to move up. */
static void
test_number_missing(void **state RS_UNUSED)
{
	SCENE(s);

	file_remove(DIR);
	file_mkdir(DIR);
	take(&s, RS_KIND_OPENSSL_DIR, DIR, DIR "/0123abcd.1");
	file_write(DIR "/0123abcd.0", pem_a.pem.data, pem_a.pem.len);
	file_write(DIR "/0123abcd.2", pem_b.pem.data, pem_b.pem.len);
	expect(&s, "1 " DIR "/0123abcd.2: OpenSSL does not find it, as a number before it is "
	       "missing\n", false);
	file_write(DIR "/0123abcd.1", pem_b.pem.data, pem_b.pem.len);
	expect(&s, "", false);
	file_remove(DIR);
}

/* Trust without a certificate, and other kinds, are the readers' to judge. */
static void
test_others(void **state RS_UNUSED)
{
	SCENE(s);

	take(&s, RS_KIND_JAVA, RS_DEBIAN_BUNDLE, RS_DEBIAN_BUNDLE);
	expect(&s, "", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/verify/place/bytes", test_bytes),
		FILE_TEST("/verify/place/auxiliary", test_auxiliary),
		FILE_TEST("/verify/place/bundle", test_bundle),
		FILE_TEST("/verify/place/copies", test_copies),
		FILE_TEST("/verify/place/lookup", test_lookup),
		FILE_TEST("/verify/place/number-missing", test_number_missing),
		FILE_TEST("/verify/place/others", test_others),
	};

	file_private_world();
	return cmocka_run_group_tests_name("verify-place", tests, pem_setup, pem_teardown);
}
