/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Enumeration: every store in scope, read by workers and joined here. The
 * parent opens nothing below a home and parses nothing foreign.
 */
#ifndef RS_SCAN_H
#define RS_SCAN_H

#include "home.h"
#include "store.h"

/* Whose stores a command is about. */
struct rs_scope {
	bool system;			/* the OS stores */
	struct rs_array users;		/* struct rs_user * */
	struct rs_array passed_over;	/* struct rs_user *: not looked at, each says why */
	bool everyone;			/* users are all that there are */
	struct rs_array denied;		/* char *: asked for, and not the caller's to have */
	const char *root;		/* tree to work on, or NULL */
	bool no_passwd;			/* of that tree, which then has no users */
	bool refresh_in_root;		/* its own updater may be run, confined */
	const struct rs_array *exclude;	/* char *: path, kind or user */
	unsigned jobs;
	bool network_homes;		/* look also at homes on the network */
	bool mounts;			/* search what is mounted in homes */
};

/* A program that runs on stores (running.h). */
struct rs_running {
	int64_t pid;
	char *name;			/* as the process calls itself */
	const char *user;
	struct rs_array stores;		/* const struct rs_store *: those that its locks are in */
};

struct rs_scan {
	struct rs_array stores;		/* struct rs_store * */
	struct rs_array running;	/* struct rs_running * */
	struct rs_array not_looked_at;	/* char *: sentences */
	struct rs_array notices;	/* char *: sentences */
	const char *layout;		/* how the OS store is kept, or NULL: not known */
	char *immutable;		/* immutable.h's sentence, or NULL */
	char *distrust_dir;		/* where a file distrusts what it holds, or NULL: nowhere */
	struct rs_map public_roots;	/* Mozilla's programme's, by identity.h */
	struct rs_map packaged;		/* the distribution's package's, the same */
	bool public_known;		/* the programme could be read */
	bool reader_missing;		/* one of the readers is not installed */
};

void rs_scan_run(struct rs_scan *scan, const struct rs_scope *scope);
void rs_scan_free(struct rs_scan *scan);

/* How many anchors all stores hold. */
size_t rs_scan_anchors(const struct rs_scan *scan);

#endif
