/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a layout's reader tells, as text. */
#ifndef RS_TEST_LAYOUT_FIXTURE_H
#define RS_TEST_LAYOUT_FIXTURE_H

#include "layout.h"

/*
 * A line for each store, certificate, origin and fact; certificates of a store
 * in the order of their names. The caller's to free.
 */
char *layout_listing(const struct rs_layout *layout);

#endif
