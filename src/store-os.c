/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The OS store's bundle, read by a tolerant reader: the second witness beside
 * p11-kit, which stops at the first thing that it cannot parse while OpenSSL
 * and GnuTLS go on.
 */
#include <errno.h>
#include <string.h>

#include "layout.h"

static bool
has_origin(const struct rs_store *store, const struct rs_cert *cert)
{
	for (size_t i = 0; store != NULL && i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		if ((anchor->witnesses & RS_SEEN_ORIGIN) &&
		    rs_streq(anchor->cert->sha256, cert->sha256))
			return true;
	}
	return false;
}

void
rs_store_add_bundle(struct rs_store *store, const struct rs_copies *copies, const char *bundle)
{
	const struct rs_certfile *file = rs_certfiles_get(copies->files, bundle);

	if (file->error == ENOENT)
		return;
	if (file->error != 0) {
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", bundle,
			      strerror(file->error));
		return;
	}
	for (size_t i = 0; i < file->certs.n; i++) {
		const struct rs_pem_block *block = file->blocks.v[i];
		RS_AUTOFREE char *place = rs_certfile_place(file, i);
		struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(file->certs.v[i]));
		struct rs_origin *origin;

		if (rs_copies_deny(copies, file, i)) {
			rs_anchor_free(anchor);
			continue;
		}
		/* What no origin explains was put into the bundle by hand. */
		origin = rs_origin_new(bundle, place, has_origin(copies->origins, anchor->cert) ?
				       RS_HOW_DERIVED : RS_HOW_BLOCK);
		rs_stamp_copy(&origin->stamp, &file->stamp);
		origin->offset = block->offset;
		origin->length = block->length;
		origin->siblings = file->certs.n;
		rs_array_add(&anchor->origins, origin);
		anchor->trust = RS_TRUST_ANY;
		anchor->witnesses = RS_SEEN_BUNDLE;
		rs_store_add(store, anchor);
	}
}
