/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The people of this machine, and becoming one of them.
 */
#ifndef RS_HOME_H
#define RS_HOME_H

#include <sys/types.h>

#include "util.h"

struct rs_user {
	char *name, *home;
	uid_t uid;
	gid_t gid;
	bool leave;		/* looked at, but not to be changed by this run */
};

/*
 * Everyone whose home may hold stores: uid 0, each passwd entry between
 * UID_MIN and UID_MAX of login.defs, and each other whose home exists, is its
 * own and is no system directory. passwd and login_defs are files of the
 * tree in hand; with passwd NULL the system's own databases answer.
 */
void rs_home_users(struct rs_array *users, const char *passwd, const char *login_defs);
/* One by name, or NULL. */
struct rs_user *rs_home_user(const char *name, const char *passwd);
/* The caller, by uid; home from passwd, else $HOME. */
struct rs_user *rs_home_caller(void);
struct rs_user *rs_user_copy(const struct rs_user *user);
void rs_user_free(void *user);

/*
 * In a child only: becomes uid, gid (with the user's supplementary groups
 * where name is given), for good. Reads the ids back, empties the
 * capabilities but for CAP_DAC_READ_SEARCH where read_all is set, sets
 * no_new_privs, makes the process not dumpable. False with errno on failure:
 * the child must then end.
 */
bool rs_home_become(const char *name, uid_t uid, gid_t gid, bool read_all);

#endif
