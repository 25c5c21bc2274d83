/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two readers of the same bytes: what one sees and the other does not. */
#ifndef RS_WITNESS_H
#define RS_WITNESS_H

#include "anchor.h"

/*
 * Marks in the layout's store what p11-kit sees of it too, and says in its
 * disagreements where they differ. p11: the same store as p11-kit tells it, or
 * NULL where it tells of none.
 */
void rs_witness_compare(struct rs_store *store, const struct rs_store *p11);

#endif
