/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where programs keep a user's own trust, below that user's home. Called in
 * a worker that has become the user.
 */
#ifndef RS_HOME_STORES_H
#define RS_HOME_STORES_H

#include "home.h"
#include "store.h"
#include "token.h"

/*
 * Reads every store of the user's into sink. softoken may be NULL.
 * own is true where the run is the user's own: then links are followed to
 * what that user owns, and $XDG_DATA_HOME counts; else no link below the home
 * is followed, and each is said.
 */
void rs_home_stores_read(const struct rs_user *user, bool own,
			 struct rs_softoken *softoken, struct rs_sink *sink);

/*
 * Opens a folder that a store of the user's lies in, by the same rules: its
 * absolute path is below the home, or, in the user's own run, anywhere that
 * the user owns. The descriptor, or -1 with errno.
 */
int rs_home_open(const struct rs_user *user, bool own, const char *dir);

#endif
