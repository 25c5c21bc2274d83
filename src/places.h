/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where programs keep a user's own trust: the one table of known places. It
 * serves to be sure of them, whatever becomes of the search of the home
 * (home-walk.h), and to name the program that goes by a place.
 */
#ifndef RS_PLACES_H
#define RS_PLACES_H

#include <stddef.h>

/* What a place is. */
enum rs_place_what {
	RS_PLACE_DATABASE,	/* the folder of one NSS database */
	RS_PLACE_FIREFOX,	/* profiles.ini, and folders that are profiles */
	RS_PLACE_CHROMIUM,	/* folders that are profiles; it may be one itself */
};

/* What a place's path is relative to (XDG Base Directory Specification). */
enum rs_place_base {
	RS_PLACE_HOME,
	RS_PLACE_CONFIG,	/* ~/.config, $XDG_CONFIG_HOME */
	RS_PLACE_DATA,		/* ~/.local/share, $XDG_DATA_HOME */
	RS_PLACE_BASES
};

/* A component "*" of a path is any one name. */
struct rs_place {
	enum rs_place_base base;
	const char *path;
	enum rs_place_what what;
	const char *browser;	/* its name, for people */
};

extern const struct rs_place rs_places[];
extern const size_t rs_places_n;

/*
 * A program sees its own home: the user's, or what flatpak or snap give it.
 * Where that is, relative to the user's, and the bases relative to that.
 */
struct rs_place_view {
	const char *home;
	const char *bases[RS_PLACE_BASES];
};

extern const struct rs_place_view rs_place_views[];
extern const size_t rs_place_views_n;

/* The name for people of the program that keeps its trust at or below this
 * path, relative to the home; NULL where the table knows none. */
const char *rs_places_browser_of(const char *path_below_home);

#endif
