/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "witness.h"

#include <sys/stat.h>

static struct rs_anchor *
find_anchor(const struct rs_store *store, const char *sha256)
{
	for (size_t i = 0; i < store->anchors.n; i++) {
		struct rs_anchor *anchor = store->anchors.v[i];

		if (rs_streq(anchor->cert->sha256, sha256))
			return anchor;
	}
	return NULL;
}

static char *
first_place(const struct rs_anchor *anchor, const char *path)
{
	for (size_t i = 0; i < anchor->origins.n; i++) {
		const struct rs_origin *origin = anchor->origins.v[i];

		if (rs_streq(origin->path, path))
			return rs_strdup(origin->object);
	}
	return anchor->origins.n == 0 ? rs_strdup("?") :
	    rs_strdup(((struct rs_origin *)anchor->origins.v[0])->path);
}

/* A file that only root can read is nothing to p11-kit, which nobody asks. */
static bool
is_hidden(const struct rs_anchor *anchor)
{
	struct stat st;

	for (size_t i = 0; i < anchor->origins.n; i++)
		if (stat(((struct rs_origin *)anchor->origins.v[i])->path, &st) < 0 ||
		    (st.st_mode & S_IROTH) != 0)
			return false;
	return true;
}

void
rs_witness_compare(struct rs_store *store, const struct rs_store *p11, unsigned reader)
{
	size_t unseen = 0, extra = 0;
	const struct rs_anchor *first = NULL;

	for (size_t i = 0; p11 != NULL && i < p11->anchors.n; i++) {
		const struct rs_anchor *seen = p11->anchors.v[i];
		struct rs_anchor *anchor = find_anchor(store, seen->cert->sha256);

		if (anchor != NULL)
			anchor->witnesses |= RS_SEEN_P11KIT;
		if (anchor == NULL || !(anchor->witnesses & reader))
			extra++;
	}
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		if ((anchor->witnesses & (reader | RS_SEEN_P11KIT)) != reader ||
		    (reader == RS_SEEN_ORIGIN && is_hidden(anchor)))
			continue;
		if (first == NULL)
			first = anchor;
		unseen++;
	}
	if (unseen > 0) {
		RS_AUTOFREE char *place = first_place(first, store->path);

		rs_store_disagree(store, "%s: p11-kit does not see %zu certificate%s that other "
				  "programs trust, the first of them %s", store->path, unseen,
				  unseen == 1 ? "" : "s", place);
	}
	if (extra > 0)
		rs_store_disagree(store, "%s: p11-kit sees %zu certificate%s that no other reader "
				  "sees", store->path, extra, extra == 1 ? "" : "s");
}
