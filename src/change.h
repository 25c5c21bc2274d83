/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every call that changes something on disk (SQLite's own apart, which are
 * bracketed by rs_change_point). Nothing outside this file may call write,
 * rename, unlink and their like on a store or a record: so the test build can
 * count the calls, fail the n-th or die before it.
 *
 * All take a directory's descriptor and a name in it, never a longer path,
 * return 0, or -1 with errno, and are on disk (fsync) when they return where
 * their comment says "synced".
 */
#ifndef RS_CHANGE_H
#define RS_CHANGE_H

#include <limits.h>
#include <sys/types.h>

#include "plan.h"

/* A point where a change is about to happen that another library makes. */
int rs_change_point(void);

/* Whether what this place in the source writes is synced: always, but in the
 * test build, which proves of each that it is needed. */
bool rs_change_syncs(const char *site);

/* All that anybody has written to the file system that fd lies on is on disk
 * then: other programs seldom see to that. */
int rs_change_sync_all(int fd);

int rs_change_mkdir(int dirfd, const char *name, mode_t mode);		/* synced */
/* A new file with content; never over an existing one. Synced. */
int rs_change_create(int dirfd, const char *name, const void *data, size_t len, mode_t mode);
/* Adds to a file of ours. Synced. */
int rs_change_append(int dirfd, const char *name, const char *text);
int rs_change_rename(int dirfd, const char *from, const char *to);	/* synced */
int rs_change_unlink(int dirfd, const char *name, bool directory);	/* synced */

/*
 * Puts a file or link in place, whole or not at all: written beside it under
 * a temporary name with saved's mode, owner, extended attributes and, where
 * set, times; synced; renamed over it; the directory synced.
 */
int rs_change_put(int dirfd, const char *name, const struct rs_saved *saved,
		  const void *data, size_t len, bool times);

/* Removes what a put of name left when it was cut short. Synced. */
int rs_change_sweep(int dirfd, const char *name);

/*
 * Runs a program of the layout's as the caller, which is root where the program
 * is to change something: argv[0] is its path. It is run only if it and every
 * directory above it are root's and writable by nobody else. input (may be
 * NULL) is its standard input, the environment is PATH, HOME, LC_ALL and the
 * caller's DPKG_*. Ended with its process group after seconds. Another tree's
 * program is run as refresh-in-root.h says. Returns its exit status, 128+n for
 * a signal, or one of the following, which are negative, with *why set; and the
 * end of what it printed in output.
 */
enum { RS_RUN_NOT_STARTED = -1, RS_RUN_TOO_LONG = -2 };
int rs_change_run(const char *const argv[], const char *input, unsigned seconds,
		  struct rs_buf *output, char **why);
/* Whether it is a file that may be executed; where it is mounted is no matter
 * (tree.h). False with errno. */
bool rs_run_is_program(const char *path);
/* As rs_change_run, of a program that only tells something: no point of change. */
int rs_run(const char *const argv[], const char *input, unsigned seconds, struct rs_buf *output,
	   char **why);
/* Whether the program and every directory above it are root's alone; real gets
 * its path without links. */
bool rs_may_run(const char *program, char real[PATH_MAX], char **why);

#endif
