/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening what lies below a home. In a run with privilege no link below the
 * home is followed and no path leaves it; in the user's own run links are
 * followed to what that user owns. The home itself may be reached by links.
 *
 * Called in a worker that has become the user.
 */
#ifndef RS_HOME_OPEN_H
#define RS_HOME_OPEN_H

#include "home.h"

/* A home, held open. */
struct rs_home {
	const struct rs_user *user;
	bool own;			/* the user's own run, without privilege */
	bool mounts;			/* what is mounted in it is searched as well */
	int fd;
};

#define RS_HOME_NONE { .fd = -1 }

/* False with errno where the home cannot be opened. */
bool rs_home_hold(struct rs_home *home, const struct rs_user *user, bool own);
void rs_home_let_go(struct rs_home *home);		/* for RS_CLEANUP */

/*
 * A folder or a regular file, for reading; path is relative to dirfd, which
 * lies in the home, or absolute. The descriptor, or -1 with errno: ELOOP for
 * a link, EXDEV for what leads out of the home, EPERM for what belongs to
 * somebody else, ENXIO for a special file.
 */
int rs_home_open_dir(const struct rs_home *home, int dirfd, const char *path);
int rs_home_open_file(const struct rs_home *home, int dirfd, const char *path);

/*
 * A folder below the home by its path from there, without any link and
 * without entering a mount point where mounts is not set, in anybody's run:
 * EXDEV for the latter.
 */
int rs_home_open_inside(const struct rs_home *home, const char *below);

#endif
