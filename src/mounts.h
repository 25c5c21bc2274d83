/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is mounted where (proc_pid_mountinfo(5)). To look at a path is to go
 * there, and a server that does not answer stops whoever goes: the table of
 * mounts tells which homes are on the network without going.
 */
#ifndef RS_MOUNTS_H
#define RS_MOUNTS_H

#include "util.h"

struct rs_mount {
	char *point;
	char *type;
	char *source;
};

/* From the text of a mountinfo file; rows that are not understood are left
 * out. The array owns its struct rs_mount *. */
void rs_mounts_parse(struct rs_array *mounts, const char *text);
/* Of this process; empty where there is no /proc. */
void rs_mounts_read(struct rs_array *mounts);

/*
 * The file system's type (borrowed from mounts) where path, absolute, lies on
 * one of the network or where one may be mounted on demand; else NULL. Asks
 * nothing but the table: links in path are not followed.
 */
const char *rs_mounts_network(const struct rs_array *mounts, const char *path);

#endif
