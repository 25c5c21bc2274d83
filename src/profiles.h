/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where programs of the Firefox family say that their profiles are: in
 * profiles.ini, and in the databases of "Profile Groups" (Firefox 138 and
 * later). Both are a stranger's word.
 */
#ifndef RS_PROFILES_H
#define RS_PROFILES_H

#include "util.h"

/* No person has so many; a file that names more is not read to its end. */
#define RS_PROFILES_MAX 1000

/*
 * Adds the profiles' paths to paths (char *, free), as they are written:
 * relative to the folder of profiles.ini, or absolute. False with *why (the
 * caller's to free) where not all could be read; paths has what could.
 *
 * The first reads profiles.ini, open as fd; the second the database NAME of
 * the folder "Profile Groups", open as dirfd.
 */
bool rs_profiles_ini_read(int fd, struct rs_array *paths, char **why);
bool rs_profiles_group_read(int dirfd, const char *name, struct rs_array *paths, char **why);

/*
 * The absolute path that such a path means, with root that of profiles.ini's
 * folder. Firefox goes up by the name, not by what a link leads to.
 */
char *rs_profiles_path(const char *root, const char *path);

#endif
