/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "witness.h"

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

static const char *
bundle_place(const struct rs_anchor *anchor, const char *path)
{
	for (size_t i = 0; i < anchor->origins.n; i++) {
		const struct rs_origin *origin = anchor->origins.v[i];

		if (rs_streq(origin->path, path))
			return origin->object;
	}
	return "?";
}

void
rs_witness_compare(struct rs_store *store, const struct rs_store *p11)
{
	size_t unseen = 0, extra = 0;
	const struct rs_anchor *first = NULL;

	for (size_t i = 0; p11 != NULL && i < p11->anchors.n; i++) {
		const struct rs_anchor *seen = p11->anchors.v[i];
		struct rs_anchor *anchor = find_anchor(store, seen->cert->sha256);

		if (anchor != NULL)
			anchor->witnesses |= RS_SEEN_P11KIT;
		if (anchor == NULL || !(anchor->witnesses & RS_SEEN_BUNDLE))
			extra++;
	}
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		if ((anchor->witnesses & (RS_SEEN_BUNDLE | RS_SEEN_P11KIT)) != RS_SEEN_BUNDLE)
			continue;
		if (first == NULL)
			first = anchor;
		unseen++;
	}
	if (unseen > 0)
		rs_store_disagree(store, "%s: p11-kit does not see %zu certificate%s that other "
				  "programs trust, the first of them %s", store->path, unseen,
				  unseen == 1 ? "" : "s", bundle_place(first, store->path));
	if (extra > 0)
		rs_store_disagree(store, "%s: p11-kit sees %zu certificate%s that no other reader "
				  "sees", store->path, extra, extra == 1 ? "" : "s");
}
