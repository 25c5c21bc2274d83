/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The people of another system's tree, as its own passwd names them: read by a
 * child that is nobody and in the tree, since all of it is a stranger's word.
 */
#ifndef RS_TREE_USERS_H
#define RS_TREE_USERS_H

#include "home.h"

struct rs_tree_users {
	struct rs_array all;		/* struct rs_user *: as rs_home_users tells them */
	struct rs_array named;		/* struct rs_user *: those of names that are there */
	bool has_passwd;		/* an unpacked container image may have none */
	bool has_system;		/* that, or a certificate store of a layout that is known */
	char *failure;			/* NULL, or why it could not be read */
};

/* names (char *) are looked for besides. */
void rs_tree_users_read(struct rs_tree_users *users, const char *root,
			const struct rs_array *names);
void rs_tree_users_free(struct rs_tree_users *users);
/* The one of this name, or NULL; still users' own. */
const struct rs_user *rs_tree_user(const struct rs_tree_users *users, const char *name);

#endif
