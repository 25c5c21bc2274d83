/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bounded search of a home for files by their names. What lies near the
 * top is come to first, so that a bound cuts off what is deep. No link is
 * followed and no mount point is entered, in anybody's run; no entry is
 * looked at but by its name and type. Called in a worker that has become the
 * user.
 */
#ifndef RS_HOME_WALK_H
#define RS_HOME_WALK_H

#include "home-open.h"

struct rs_home_walk_bounds {
	unsigned depth;			/* of folders below the home */
	size_t folder_entries;		/* of one folder */
	size_t entries;			/* of all */
	int64_t milliseconds;		/* without those that found() takes */
};

/* A home of a person's is well within; and half a minute is a user's whole time. */
extern const struct rs_home_walk_bounds rs_home_walk_bounds;

struct rs_home_walk {
	const struct rs_home *home;
	const struct rs_home_walk_bounds *bounds;
	const char *const *names;	/* what is searched for; NULL at the end */
	void *arg;			/* for the caller's functions */

	/* dirfd is a folder that holds at least one of names, of whatever type,
	 * or that may hold one (it has too many entries); dir is its path. */
	void (*found)(struct rs_home_walk *walk, int dirfd, const char *dir);
	/* Why dir was not looked into, or not wholly: a sentence. */
	void (*cut)(struct rs_home_walk *walk, const char *dir, const char *why);
	/* dir may not be opened by this user, or belongs to somebody else. */
	void (*closed)(struct rs_home_walk *walk, const char *dir);
};

void rs_home_walk(struct rs_home_walk *walk);

#endif
