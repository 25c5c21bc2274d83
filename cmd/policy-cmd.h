/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The policy, told to a person: what the subcommand policy is made of. */
#ifndef RS_POLICY_CMD_H
#define RS_POLICY_CMD_H

#include "report.h"
#include "scan.h"

/* An entry of the policy: struct rs_policy_root. */
extern const struct rs_report_noun rs_noun_entry;

/* Every root that this machine has from Mozilla's programme or its distribution. */
struct rs_public {
	struct rs_scan scan;		/* one store */
	char *why;			/* NULL, or why the programme could not be read */
};

struct rs_public_hit {
	const struct rs_policy_root *root;
	const char *sha256;
	char *title;
	enum rs_match_how how;
	bool acts;			/* by a name, with acts="yes" */
};

void rs_public_make(struct rs_public *public);
void rs_public_free(struct rs_public *public);
/* Initialises hits (struct rs_public_hit *), which hold as long as both others. */
void rs_public_hits(const struct rs_public *public, const struct rs_policy *policy,
		    struct rs_array *hits);

/*
 * Each file: whether it is valid, what is wrong with it, and which of its
 * entries hit public roots, which no name that acts may; ids are looked for in
 * the other files and the installed policy too, and no two files may share one.
 * 0, or RS_EXIT_USAGE where any is refused. Changes nothing, so it may be
 * anybody's file wherever it lies.
 */
int rs_policy_cmd_check(struct rs_report *report, char **files, int n);

/* Every entry with the action that counts, and the file that decides it. */
void rs_policy_cmd_list(struct rs_report *report, const struct rs_policy *policy);

/* A policy file for the certificates of a file, on standard output. */
int rs_policy_cmd_new(const char *path);

/* One entry, in words of the user's language, or all of it in JSON. */
void rs_policy_cmd_show(struct rs_report *report, const struct rs_policy *policy,
			const struct rs_policy_root *root);

#endif
