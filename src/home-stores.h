/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user's own stores: what is at the places that programs are known to use
 * (home-places.h), then what a search of the home finds beyond that
 * (home-walk.h). Called in a worker that has become the user.
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
	struct rs_map seen;		/* "dev ino" of files that were met */
};

/*
 * Reads every store of the user's into sink. softoken may be NULL.
 * own is true where the run is the user's own: then known places are also
 * reached by links to what that user owns, and $XDG_CONFIG_HOME and
 * $XDG_DATA_HOME count; else no link below the home is followed, and each at
 * a known place is said. mounts: the search enters what is mounted in it.
 */
void rs_home_stores_read(const struct rs_user *user, bool own, bool mounts,
			 struct rs_softoken *softoken, struct rs_sink *sink);

/* A path below the home made whole; an absolute one as it is. */
char *rs_home_path(const struct rs_home_reading *r, const char *below);

/*
 * Reads the stores that lie in this folder by themselves: an NSS database,
 * the certificates of a Chromium profile. Those met before are left out.
 */
void rs_home_read_folder(struct rs_home_reading *r, int dirfd, const char *dir);

/*
 * Tells of a place that is there and cannot be opened, as a store of this
 * kind; nothing where it is not there (error is errno).
 */
void rs_home_cannot_open(struct rs_home_reading *r, const char *kind, const char *path,
			 int error);
/* In the parent: for a user whose home is not looked at, what is said of it. */
struct rs_store *rs_home_passed_over(const struct rs_user *user);
/* Tells of a place that was not, or not wholly, looked at, as a skipped store. */
void rs_home_cut(struct rs_home_reading *r, const char *kind, const char *path, const char *why);
/*
 * Whether the file NAME of dirfd was met before, by this or another way:
 * then it is one store. A link counts by itself, or one to a database would
 * hide that database.
 */
bool rs_home_seen_before(struct rs_home_reading *r, int dirfd, const char *name);

#endif
