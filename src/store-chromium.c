/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-chromium.h"

struct rs_store *
rs_store_chromium_read(const char *owner, const char *path, int dirfd RS_UNUSED)
{
	struct rs_store *store = rs_store_new(RS_KIND_CHROMIUM, owner, path);

	rs_store_fail(store, RS_STORE_UNSUPPORTED, "look into the browser's own list of "
		      "certificates: chrome://certificate-manager");
	return store;
}
