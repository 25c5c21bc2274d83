/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-chromium.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "browser-lock.h"
#include "chromium-rows.h"
#include "store-sqlite.h"

/* Of each kind; the rest is only counted. */
#define TOLD_LIMITS 3

static void
add_limits(struct rs_buf *text, const struct rs_array *limits, const char *none)
{
	if (limits->n == 0)
		rs_buf_puts(text, none);
	for (size_t i = 0; i < limits->n && i < TOLD_LIMITS; i++)
		rs_buf_printf(text, "%s%s", i > 0 ? ", " : "", (const char *)limits->v[i]);
	if (limits->n > TOLD_LIMITS)
		rs_buf_printf(text, ", %zu more", limits->n - TOLD_LIMITS);
}

/* Limits of one kind leave the other kind free. */
static char *
describe(const struct rs_chromium_row *row)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_printf(&text, "certificate with key %.12s...", row->key ? row->key : "(none)");
	if (row->trust.names.n + row->trust.networks.n > 0) {
		rs_buf_puts(&text, ", for ");
		add_limits(&text, &row->trust.names, "any name");
		rs_buf_puts(&text, " and ");
		add_limits(&text, &row->trust.networks, "any address");
		rs_buf_puts(&text, " only");
	}
	return rs_buf_steal(&text);
}

static void
add_anchor(struct rs_store *store, const struct rs_chromium_row *row, const struct stat *st)
{
	RS_AUTOFREE char *object = describe(row);
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(row->cert));
	struct rs_origin *origin = rs_origin_new(store->path, object, RS_HOW_ROWS);

	origin->stamp.dev = (uint64_t)st->st_dev;
	origin->stamp.ino = (uint64_t)st->st_ino;
	origin->stamp.size = (uint64_t)st->st_size;
	rs_array_add(&origin->ids, rs_strdup(row->id));
	if (row->key == NULL) {
		origin->how = RS_HOW_REPORT;
		origin->reason = rs_strdup("its row has no key, as Chromium never writes it: take it "
					   "out in the browser itself (chrome://certificate-manager)");
	}
	anchor->trust = RS_TRUST_SERVER;
	anchor->witnesses = RS_SEEN_ROWS;
	rs_array_add(&anchor->origins, origin);
	rs_store_add(store, anchor);
}

static enum rs_sqlite_result
read_rows(sqlite3 *db, void *rows, char **why)
{
	enum rs_sqlite_result result = rs_chromium_rows_check(db, why);

	return result == RS_SQLITE_OK ? rs_chromium_rows_read(db, rows, why) : result;
}

struct rs_store *
rs_store_chromium_read(const char *owner, const char *path, int dirfd)
{
	RS_CLEANUP(rs_sqlite_copy_remove) struct rs_sqlite_copy copy = RS_SQLITE_COPY_NONE;
	RS_CLEANUP(rs_array_free) struct rs_array rows;
	struct rs_store *store = rs_store_new(RS_KIND_CHROMIUM, owner, path);
	struct stat st = { 0 };
	size_t odd = 0;

	rs_array_init(&rows, rs_chromium_row_free);
	store->pid = rs_browser_lock_chromium(dirfd);
	if (!rs_store_sqlite_read(store, dirfd, RS_CHROMIUM_FILE, &copy, read_rows, &rows))
		return store;
	if (fstatat(dirfd, RS_CHROMIUM_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		memset(&st, 0, sizeof(st));
	for (size_t i = 0; i < rows.n; i++) {
		const struct rs_chromium_row *row = rows.v[i];

		odd += !row->understood;
		if (row->trust.type == RS_CHROMIUM_TRUSTED && row->understood && row->cert->der_len > 0)
			add_anchor(store, row, &st);
	}
	if (odd > 0)
		rs_store_disagree(store, "%s: the settings of %zu certificate%s cannot be decoded; "
				  "Chromium passes over such a row", path, odd, odd == 1 ? "" : "s");
	return store;
}
