/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The known places of a home (places.h), each opened by its name: read
 * whatever becomes of the search of the home, also on another file system,
 * and in the user's own run also by links and outside of the home.
 */
#ifndef RS_HOME_PLACES_H
#define RS_HOME_PLACES_H

#include "home-stores.h"

void rs_home_places_read(struct rs_home_reading *r);

#endif
