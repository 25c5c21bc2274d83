/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-fixture.h"
#include "layout.h"
#include "pem-fixture.h"

#define SCENE(name) RS_CLEANUP(scene_remove) struct scene name; scene_make(&name)

/* A directory of links, and one of origins beside it. */
struct scene {
	struct file_folder folder;
	char *dir, *bundle;
	struct rs_array live;		/* char *: origins that live */
};

static void
scene_make(struct scene *s)
{
	RS_AUTOFREE char *origins = NULL;

	*s = (struct scene){ 0 };
	file_folder_make(&s->folder);
	s->dir = file_path(&s->folder, "certs");
	origins = file_path(&s->folder, "origins");
	s->bundle = rs_printf("%s/ca-certificates.crt", s->dir);
	file_mkdir(s->dir);
	file_mkdir(origins);
	rs_array_init(&s->live, free);
}

static void
scene_remove(struct scene *s)
{
	rs_array_free(&s->live);
	free(s->dir);
	free(s->bundle);
	file_folder_remove(&s->folder);
}

static void
put(const struct scene *s, const char *name, const struct rs_buf *bytes)
{
	RS_AUTOFREE char *path = file_path(&s->folder, name);

	file_write(path, bytes->data, bytes->len);
}

static void
put_link(const struct scene *s, const char *target, const char *name)
{
	RS_AUTOFREE char *path = file_path(&s->folder, name);

	assert_int_equal(symlink(target, path), 0);
}

/* What of it lives is told by its real path. */
static void
live(struct scene *s, const char *name)
{
	RS_AUTOFREE char *path = file_path(&s->folder, name);

	rs_array_add(&s->live, realpath(path, NULL));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A line "name how place" an origin, in order. */
static char *
lines_of(const struct rs_store *store)
{
	static const char *const hows[] = {
		"file", "block", "conf", "rows", "distrust", "link", "derived", "report",
	};
	struct rs_buf text = { 0 };
	struct rs_array lines;

	rs_array_init(&lines, free);
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		assert_int_equal(anchor->witnesses, RS_SEEN_DIRECTORY);
		assert_int_equal(anchor->trust, RS_TRUST_ANY);
		for (size_t k = 0; k < anchor->origins.n; k++) {
			const struct rs_origin *o = anchor->origins.v[k];

			assert_true((o->how == RS_HOW_REPORT) == (o->reason != NULL));
			rs_array_add(&lines, rs_printf("%s %s %s %s\n", strrchr(o->path, '/') + 1,
			    hows[o->how], o->object, anchor->cert->subject));
		}
	}
	if (lines.n > 0)
		qsort(lines.v, lines.n, sizeof(*lines.v), by_text);
	rs_buf_puts(&text, "");
	for (size_t i = 0; i < lines.n; i++)
		rs_buf_puts(&text, lines.v[i]);
	rs_array_free(&lines);
	return rs_buf_steal(&text);
}

static struct rs_store *
look(const struct scene *s)
{
	struct rs_certfiles files = { 0 };
	struct rs_copies copies = { .files = &files, .live = &s->live };
	struct rs_store *store;

	rs_array_init(&copies.own, free);
	rs_array_add_str(&copies.own, s->bundle);
	store = rs_store_hashdir_read(&copies, s->dir);
	rs_array_free(&copies.own);
	rs_certfiles_free(&files);
	assert_string_equal(store->kind, RS_KIND_OPENSSL_DIR);
	assert_string_equal(store->path, s->dir);
	return store;
}

static void
expect(const struct scene *s, enum rs_store_state state, const char *want)
{
	struct rs_store *store = look(s);
	RS_AUTOFREE char *got = lines_of(store);

	if (store->state != state)
		fail_msg("%s: %s", rs_store_state_name(store->state), store->reason);
	assert_string_equal(got, want);
	rs_store_free(store);
}

static void
test_empty(void **state RS_UNUSED)
{
	SCENE(s);

	expect(&s, RS_STORE_NO_FINDINGS, "");
}

static void
test_derived(void **state RS_UNUSED)
{
	SCENE(s);

	put(&s, "origins/a.crt", &pem_a.pem);
	put_link(&s, "../origins/a.crt", "certs/a.pem");
	put_link(&s, "a.pem", "certs/0123abcd.0");
	live(&s, "origins/a.crt");
	expect(&s, RS_STORE_NO_FINDINGS, "0123abcd.0 derived certificate 1 at line 1 CN=A\n"
	       "a.pem derived certificate 1 at line 1 CN=A\n");
	/* The origin is no longer one: its links were forgotten. */
	rs_array_free(&s.live);
	expect(&s, RS_STORE_NO_FINDINGS, "0123abcd.0 link certificate 1 at line 1 CN=A\n"
	       "a.pem link certificate 1 at line 1 CN=A\n");
}

static void
test_strays(void **state RS_UNUSED)
{
	SCENE(s);
	struct rs_store *store;
	const struct rs_anchor *anchor;

	put(&s, "certs/stray.pem", &pem_evil.pem);
	put_link(&s, "stray.pem", "certs/0123abcd.0");
	expect(&s, RS_STORE_NO_FINDINGS,
	       "0123abcd.0 link certificate 1 at line 1 CN=Evil\\, with a name of some length\n"
	       "stray.pem file certificate 1 at line 1 CN=Evil\\, with a name of some length\n");
	store = look(&s);
	assert_int_equal(store->anchors.n, 1);
	anchor = store->anchors.v[0];
	for (size_t i = 0; i < 2; i++) {
		const struct rs_origin *o = anchor->origins.v[i];
		struct stat st;
		char digest[RS_SHA256_HEX];

		/* The file, or the link itself. */
		assert_int_equal(lstat(o->path, &st), 0);
		assert_true(o->stamp.dev == st.st_dev && o->stamp.ino == st.st_ino &&
			    o->stamp.size == (uint64_t)st.st_size);
		rs_sha256(o->how == RS_HOW_LINK ? "stray.pem" : pem_evil.pem.data,
			  o->how == RS_HOW_LINK ? 9 : pem_evil.pem.len, digest);
		assert_string_equal(o->stamp.sha256, digest);
	}
	rs_store_free(store);
}

/* A certificate under its hash's name, no link at all. */
static void
test_file_named_by_hash(void **state RS_UNUSED)
{
	SCENE(s);

	put(&s, "certs/0123abcd.12", &pem_a.der);
	expect(&s, RS_STORE_NO_FINDINGS, "0123abcd.12 file certificate 1 at byte 0 CN=A\n");
}

static void
test_many_in_a_file(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOBUF struct rs_buf both = { 0 };
	struct rs_store *store;
	const struct rs_origin *o;

	rs_buf_puts(&both, "two of them\n");
	rs_buf_add(&both, pem_a.pem.data, pem_a.pem.len);
	rs_buf_add(&both, pem_b.pem.data, pem_b.pem.len);
	put(&s, "certs/two.pem", &both);
	put_link(&s, "two.pem", "certs/0123abcd.0");
	store = look(&s);
	assert_int_equal(store->anchors.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		for (size_t k = 0; k < anchor->origins.n; k++) {
			o = anchor->origins.v[k];
			assert_int_equal(o->siblings, 2);
			assert_int_equal(o->how, rs_ends(o->path, "two.pem") ? RS_HOW_BLOCK :
					 RS_HOW_REPORT);
			assert_memory_equal(both.data + o->offset, BEGIN, strlen(BEGIN));
			assert_true(o->offset + o->length <= both.len);
		}
	}
	rs_store_free(store);
}

static void
test_names(void **state RS_UNUSED)
{
	static const char *const counted[] = {
		"a.pem", "a.PEM", "b.Crt", "c.cer", "d.crl", ".pem", "0123abcd.0", "ffffffff.123",
		"a b [c] \xff\n.pem",
		/* Go's programs go by no name at all. */
		"a.txt", "pem", "a.pem.bak", "0123abcd", "0123ABCD.0", "0123abcd.r0", "README",
		"ca-certificates.crt.new",
	};
	static const char *const not_counted[] = { "ca-certificates.crt" };

	for (size_t i = 0; i < RS_COUNT(counted) + RS_COUNT(not_counted); i++) {
		SCENE(s);
		bool counts = i < RS_COUNT(counted);
		const char *base = counts ? counted[i] : not_counted[i - RS_COUNT(counted)];
		RS_AUTOFREE char *name = rs_printf("certs/%s", base);
		struct rs_store *store;

		put(&s, name, &pem_a.pem);
		store = look(&s);
		if (store->anchors.n != counts)
			fail_msg("%s: %zu", base, store->anchors.n);
		if (counts)
			assert_true(rs_ends(((struct rs_origin *)((struct rs_anchor *)
			    store->anchors.v[0])->origins.v[0])->path, base));
		rs_store_free(store);
	}
}

/* Nothing that waits, or that nobody can read as a certificate. */
static void
test_other_things(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *fifo = file_path(&s.folder, "certs/fifo.pem");
	RS_AUTOFREE char *dir = file_path(&s.folder, "certs/dir.pem");
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, "no certificate");
	assert_int_equal(mkfifo(fifo, 0600) | mkdir(dir, 0700), 0);
	put(&s, "certs/text.pem", &text);
	put_link(&s, "none", "certs/dangling.pem");
	put_link(&s, "loop.pem", "certs/loop.pem");
	put_link(&s, "fifo.pem", "certs/0123abcd.0");
	put_link(&s, "/dev/zero", "certs/0123abcd.1");
	put(&s, "certs/a.pem", &pem_a.pem);
	expect(&s, RS_STORE_NO_FINDINGS, "a.pem file certificate 1 at line 1 CN=A\n");
}

static void
test_no_directory(void **state RS_UNUSED)
{
	SCENE(s);

	assert_int_equal(rmdir(s.dir), 0);
	expect(&s, RS_STORE_ABSENT, "");
	file_puts(s.dir, "");
	expect(&s, RS_STORE_ERROR, "");
}

/* One that is too large is an error, and the others are read. */
static void
test_too_large(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *path = file_path(&s.folder, "certs/large.pem");

	file_puts(path, "");
	assert_int_equal(truncate(path, RS_CERTFILE_MAX + 1), 0);
	put(&s, "certs/a.pem", &pem_a.pem);
	expect(&s, RS_STORE_ERROR, "a.pem file certificate 1 at line 1 CN=A\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/hashdir/empty", test_empty),
		FILE_TEST("/hashdir/derived", test_derived),
		FILE_TEST("/hashdir/strays", test_strays),
		FILE_TEST("/hashdir/file-named-by-hash", test_file_named_by_hash),
		FILE_TEST("/hashdir/many-in-a-file", test_many_in_a_file),
		FILE_TEST("/hashdir/names", test_names),
		FILE_TEST("/hashdir/other-things", test_other_things),
		FILE_TEST("/hashdir/no-directory", test_no_directory),
		FILE_TEST("/hashdir/too-large", test_too_large),
	};

	return cmocka_run_group_tests_name("hashdir", tests, pem_setup, pem_teardown);
}
