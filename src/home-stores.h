/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where programs keep a user's own trust, below that user's home. Called in
 * a worker that has become the user.
 */
#ifndef RS_HOME_STORES_H
#define RS_HOME_STORES_H

#include "home-open.h"
#include "store.h"
#include "token.h"

/* A home whose stores are being read; each kind has a reader that takes it. */
struct rs_home_reading {
	struct rs_home home;
	struct rs_softoken *softoken;	/* NULL where there is none */
	struct rs_sink *sink;
	struct rs_array seen;		/* char *: "dev ino" of databases */
};

/*
 * Reads every store of the user's into sink. softoken may be NULL.
 * own is true where the run is the user's own: then links are followed to
 * what that user owns, and $XDG_DATA_HOME counts; else no link below the home
 * is followed, and each is said.
 */
void rs_home_stores_read(const struct rs_user *user, bool own,
			 struct rs_softoken *softoken, struct rs_sink *sink);

/*
 * Tells of a place that is there and cannot be opened, as a store of this
 * kind; nothing where it is not there (error is errno).
 */
void rs_home_cannot_open(struct rs_home_reading *r, const char *kind, const char *path,
			 int error);
/* Whether the file NAME of dirfd was met before, by this or another way:
 * then it is one store. */
bool rs_home_seen_before(struct rs_home_reading *r, int dirfd, const char *name);

#endif
