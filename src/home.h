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
	char *passed_over;	/* NULL, or a sentence: why not looked at */
	bool silent;		/* did not answer in time: not asked again in this run */
};

/*
 * Everyone whose home may hold stores: uid 0, each passwd entry between
 * UID_MIN and UID_MAX of login.defs, and each other whose home exists, is its
 * own and is no system directory. passwd and login_defs are files of the
 * tree that the process is in; with passwd NULL the system's own databases
 * answer.
 */
void rs_home_users(struct rs_array *users, const char *passwd, const char *login_defs);
/* One by name, or NULL. */
struct rs_user *rs_home_user(const char *name, const char *passwd);
/* The caller, by uid; home from passwd, else $HOME. */
struct rs_user *rs_home_caller(void);
struct rs_user *rs_user_copy(const struct rs_user *user);
void rs_user_free(void *user);

/* Supplementary groups. */
struct rs_groups {
	gid_t *ids;
	size_t n;
};

/* A user's, by the system's databases; ids is the caller's to free. */
void rs_home_groups(struct rs_groups *groups, const struct rs_user *user);

/*
 * In a child only: becomes the user, with these groups, for good. Reads ids
 * and groups back, empties all sets of capabilities but for
 * CAP_DAC_READ_SEARCH where read_all is set, and keeps to itself (below).
 * False with errno on failure: the child must then end.
 */
bool rs_home_become(const struct rs_user *user, const struct rs_groups *groups, bool read_all);

/*
 * Also without another user to become: no program gives this process rights
 * (no_new_privs), and none of the same user may look into it (not dumpable).
 */
bool rs_home_keep_to_oneself(void);

#endif
