/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <string.h>
#include <unistd.h>

#include "file-fixture.h"
#include "home-fixture.h"
#include "home-places.h"
#include "nss-fixture.h"

const char *home_told;

struct listing {
	struct rs_sink sink;
	struct rs_array lines;		/* char * */
	bool reasons;
};

struct rs_user
home_user(const char *home)
{
	return (struct rs_user){
		.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)home,
		.uid = HOME_UID, .gid = HOME_UID,
	};
}

void
home_database(const char *dir)
{
	struct nss_folder folder = { .file = rs_printf("%s/cert9.db", dir) };

	file_mkdir(dir);
	nss_schema(&folder);
	free(folder.file);
}

void
home_file(const char *path, const char *text)
{
	RS_AUTOFREE char *dir = rs_strdup(path);

	*strrchr(dir, '/') = '\0';
	file_mkdir(dir);
	file_puts(path, text);
}

static int
give(const char *path, const struct stat *st RS_UNUSED, int type RS_UNUSED,
     struct FTW *ftw RS_UNUSED)
{
	return lchown(path, HOME_UID, HOME_UID);
}

void
home_give(const char *home)
{
	assert_int_equal(nftw(home, give, 16, FTW_PHYS), 0);
}

static bool
list_begin(struct rs_sink *sink RS_UNUSED, const char *kind RS_UNUSED, const char *path)
{
	return home_told == NULL || strstr(path, home_told) == NULL;
}

static void
list_store(struct rs_sink *sink, struct rs_store *store)
{
	struct listing *l = (struct listing *)sink;
	bool reason = l->reasons && store->reason != NULL;

	rs_array_add(&l->lines, rs_printf("%s %s%s%s\n", rs_store_state_name(store->state),
					  store->path, reason ? ": " : "",
					  reason ? store->reason : ""));
	rs_store_free(store);
}

static void
list_fact(struct rs_sink *sink, const char *type, const char *text)
{
	rs_array_add(&((struct listing *)sink)->lines, rs_printf("%s %s\n", type, text));
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
home_listing(const char *home, unsigned flags)
{
	struct listing l = {
		.sink = { list_begin, list_store, list_fact }, .reasons = flags & HOME_REASONS,
	};
	struct rs_home_reading r = { .home = RS_HOME_NONE, .sink = &l.sink };
	struct rs_user user = home_user(home);
	struct rs_buf text = { 0 };

	rs_array_init(&l.lines, free);
	if (flags & HOME_PLACES) {
		assert_true(rs_home_hold(&r.home, &user, flags & HOME_OWN));
		rs_home_places_read(&r);
		rs_map_free(&r.seen);
		rs_home_let_go(&r.home);
	} else {
		rs_home_stores_read(&user, flags & HOME_OWN, flags & HOME_MOUNTS, NULL, &l.sink);
	}
	if (l.lines.n > 0)
		qsort(l.lines.v, l.lines.n, sizeof(*l.lines.v), by_text);
	rs_buf_puts(&text, "");
	for (size_t i = 0; i < l.lines.n; i++)
		rs_buf_puts(&text, l.lines.v[i]);
	rs_array_free(&l.lines);
	return rs_buf_steal(&text);
}

void
home_expect(const char *home, unsigned flags, const char *want)
{
	RS_AUTOFREE char *got = home_listing(home, flags);

	assert_string_equal(got, want);
}

void
home_expect_line(const char *home, unsigned flags, const char *start)
{
	RS_AUTOFREE char *got = home_listing(home, flags);
	RS_AUTOFREE char *inside = rs_printf("\n%s", start);

	if (!rs_starts(got, start) && strstr(got, inside) == NULL)
		fail_msg("no line begins with '%s' in:\n%s", start, got);
}
