/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another system's tree (--root): an image, a mounted disk, a container's
 * root. All that is in it is a stranger's word, its programs, libraries and
 * links included.
 */
#ifndef RS_TREE_H
#define RS_TREE_H

#include <stdbool.h>

/*
 * In a child, as root: makes the tree at root all that there is. Where the
 * kernel lets it, in a mount namespace of its own that holds nothing else, so
 * that there is no way out, and in which nothing is executed or mapped as a
 * library (noexec, nosuid, nodev); else by chroot(2) alone. False with errno:
 * the child must then end.
 *
 * What is to be loaded is loaded before: from here on the C library's own
 * modules would be the tree's.
 */
bool rs_tree_enter(const char *root);

/* Whether this process is in a tree: then no program is run as on the system
 * itself. */
bool rs_tree_is_entered(void);

/*
 * In a copy of the namespace that rs_tree_enter made, of a child's own: what
 * the tree holds may be executed there. False with errno where the tree was
 * entered by chroot(2) alone.
 */
bool rs_tree_let_run(void);

#endif
