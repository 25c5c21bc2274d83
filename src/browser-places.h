/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where browsers look for managed policies, and for the certificates that a
 * policy of Firefox's names: one table, of the system and of a home, by which
 * places are found, and by which an undo record is checked.
 */
#ifndef RS_BROWSER_PLACES_H
#define RS_BROWSER_PLACES_H

#include "home-open.h"

enum rs_browser_place {
	RS_PLACE_NONE,
	RS_PLACE_CHROMIUM,		/* a policy file of the Chromium family's */
	RS_PLACE_FIREFOX,		/* policies.json of the Firefox family's */
	RS_PLACE_CERTIFICATE,		/* what a bare name in Certificates.Install means */
};

/* What the table says of a path: of the system's where user is NULL, else of
 * that user's, which lies below the home. */
enum rs_browser_place rs_browser_place_of(const char *path, const struct rs_user *user);

struct rs_browser_search {
	const struct rs_home *home;	/* held open; NULL: the system's places */
	enum rs_browser_place place;
	const char *name;		/* of certificates: only files of this name; or NULL */
	/* A file, or what stands in its place: name in dirfd. */
	void (*found)(struct rs_browser_search *search, int dirfd, const char *path);
	/* What is there and cannot be opened; error is errno. */
	void (*failed)(struct rs_browser_search *search, const char *path, int error);
	void *data;			/* the caller's */
};

/* Finds every place of a kind that is there. */
void rs_browser_places_find(struct rs_browser_search *search);

#endif
