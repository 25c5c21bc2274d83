/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Landlock (landlock(7)): what a process that may be taken over could still
 * do is bounded once more, by the kernel, for good. An older kernel bounds
 * less, one without it nothing: who the process is bounds it then as before.
 */
#ifndef RS_CONFINE_H
#define RS_CONFINE_H

#include <stdbool.h>

/* The version of this kernel's Landlock; 0 where there is none. */
int rs_confine_version(void);

/*
 * In a child that has become who it is to be, and has no_new_privs: from here
 * on it reads below place, in the system's own folders and in those for
 * temporary files, which it may write; with write it also writes below place.
 * place "/" is everything. It executes nothing, makes no device, opens no TCP
 * port or connection, and sends no signal out. False with errno where a
 * kernel that has Landlock refuses: the child then goes on as it is.
 */
bool rs_confine(const char *place, bool write);

#endif
