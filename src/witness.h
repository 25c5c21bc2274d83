/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two readers of the same bytes: what one sees and the other does not. */
#ifndef RS_WITNESS_H
#define RS_WITNESS_H

#include "anchor.h"

/*
 * Marks in the layout's store what p11-kit sees of it too, and says in its
 * disagreements where they differ. p11: the same store as p11-kit tells it, or
 * NULL where it tells of none; reader: who else read the same bytes, the
 * bundle's or the origins' (RS_SEEN_BUNDLE, RS_SEEN_ORIGIN).
 */
void rs_witness_compare(struct rs_store *store, const struct rs_store *p11, unsigned reader);

#endif
