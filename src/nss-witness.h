/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two readers of one NSS database: its rows, and softoken.
 */
#ifndef RS_NSS_WITNESS_H
#define RS_NSS_WITNESS_H

#include "store.h"
#include "token.h"

/*
 * Marks the anchors of store that softoken shows as well, and enters where
 * rows and softoken (struct rs_token_object *) differ as disagreements.
 */
void rs_nss_witness_compare(struct rs_store *store, const struct rs_array *rows,
			    const struct rs_array *softoken);

#endif
