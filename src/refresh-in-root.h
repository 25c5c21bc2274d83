/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --refresh-in-root: the tree's own updater, which is a stranger's program, is
 * run where it sees the tree and nothing else.
 */
#ifndef RS_REFRESH_IN_ROOT_H
#define RS_REFRESH_IN_ROOT_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether programs of the tree may be run at all; at first, none may. */
void rs_refresh_in_root_allow(bool may);
bool rs_refresh_in_root_is_allowed(void);

/*
 * As fork(2), in a process that has entered the tree (tree.h): the child is
 * process 1 of namespaces of its own (mount, process, network, IPC, host
 * name), which all end with it. -1 with errno.
 */
pid_t rs_refresh_in_root_fork(void);

/*
 * In that child, before it executes the program: its own /proc, /dev and /tmp,
 * a new session keyring, no_new_privs, and of all capabilities only those that
 * writing certificates takes. False with errno: it must then end.
 */
bool rs_refresh_in_root_confine(void);

#endif
