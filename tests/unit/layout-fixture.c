/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "layout-fixture.h"

/* Everything that the layout's reader tells, line by line. */
struct listing {
	struct rs_sink sink;
	struct rs_buf text;
};

static bool
list_begin(struct rs_sink *sink RS_UNUSED, const char *kind RS_UNUSED, const char *path RS_UNUSED)
{
	return true;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
describe(const struct rs_anchor *anchor)
{
	static const char *const hows[] = {
		"file", "block", "conf", "rows", "distrust", "link", "derived", "element", "keystore",
		"report",
	};
	struct rs_buf text = { 0 };

	rs_buf_printf(&text, "  %.6s %x\n", anchor->cert->subject, anchor->witnesses);
	for (size_t i = 0; i < anchor->origins.n; i++) {
		const struct rs_origin *o = anchor->origins.v[i];

		rs_buf_printf(&text, "    %s %s %s\n", hows[o->how], o->path, o->object);
	}
	return rs_buf_steal(&text);
}

/* A folder's files come in no order. */
static void
list_store(struct rs_sink *sink, struct rs_store *store)
{
	struct rs_buf *text = &((struct listing *)sink)->text;
	struct rs_array lines;

	rs_buf_printf(text, "%s %s%s%s\n", store->kind, rs_store_state_name(store->state),
		      store->reason ? ": " : "", store->reason ? store->reason : "");
	rs_array_init(&lines, free);
	for (size_t i = 0; i < store->anchors.n; i++)
		rs_array_add(&lines, describe(store->anchors.v[i]));
	if (lines.n > 0)
		qsort(lines.v, lines.n, sizeof(*lines.v), by_text);
	for (size_t i = 0; i < lines.n; i++)
		rs_buf_puts(text, lines.v[i]);
	rs_array_free(&lines);
	rs_store_free(store);
}

static void
list_fact(struct rs_sink *sink, const char *type, const char *text)
{
	rs_buf_printf(&((struct listing *)sink)->text, "%s %.8s\n", type, text);
}

char *
layout_listing(const struct rs_layout *layout)
{
	struct listing l = { .sink = { list_begin, list_store, list_fact } };

	layout->read(layout, &l.sink);
	return rs_buf_steal(&l.text);
}
