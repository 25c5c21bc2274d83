/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Places that tools look into, by patterns: below a home by the rules of
 * home-open.h, or the system's.
 */
#ifndef RS_TOOL_PLACES_H
#define RS_TOOL_PLACES_H

#include <sys/stat.h>

#include "home-stores.h"

struct rs_tool_places {
	struct rs_sink *sink;
	struct rs_home_reading *home;	/* NULL: the system's */
	struct rs_array told;		/* char *: what could not be opened, said once */
	const char *kind;		/* of the stores; NULL: tool-config */
};

/* Whose they are. */
const char *rs_tool_owner(const struct rs_tool_places *places);
/* Whether no link may be followed to this absolute path: below the home, in a
 * run with privilege. */
bool rs_tool_is_guarded(const struct rs_tool_places *places, const char *path);

/*
 * What a setting names by an absolute path, or a name in dirfd that was opened
 * so: the descriptor, or -1 with errno. Never a special file that would block.
 * Below a home as rs_home_open_file does it; what lies elsewhere may be
 * anybody's: the worker can read no more than its user.
 */
int rs_tool_open_file(const struct rs_tool_places *places, int dirfd, const char *path,
		      bool guarded);
int rs_tool_open_dir(const struct rs_tool_places *places, const char *path, bool guarded);

/* Whether this file of a home was met before, by whatever name: then it is a
 * store already. */
bool rs_tool_seen_before(const struct rs_tool_places *places, const struct stat *st);

/*
 * Calls found for each place that the pattern matches; its last part may be
 * missing where it has no "*". What is there and cannot be opened is told.
 */
void rs_tool_each(struct rs_tool_places *places, const char *pattern,
		  void (*found)(void *data, int dirfd, const char *name, const char *path),
		  void *data);

/* As rs_home_cannot_open, once for each path. */
void rs_tool_cannot_open(struct rs_tool_places *places, const char *path, int error);

#endif
