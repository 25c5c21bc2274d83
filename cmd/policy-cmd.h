/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The policy, told to a person: what the subcommand policy is made of. */
#ifndef RS_POLICY_CMD_H
#define RS_POLICY_CMD_H

#include "report.h"

/* An entry of the policy: struct rs_policy_root. */
extern const struct rs_report_noun rs_noun_entry;

/*
 * Each file by itself: whether it is valid, and what is wrong with it. 0, or
 * RS_EXIT_USAGE where any is invalid. Changes nothing, so it may be anybody's
 * file wherever it lies.
 */
int rs_policy_cmd_check(struct rs_report *report, char **files, int n);

/* Every entry with the action that counts, and the file that decides it. */
void rs_policy_cmd_list(struct rs_report *report, const struct rs_policy *policy);

/* One entry, in words, or all of it in JSON; lang is a language or locale. */
void rs_policy_cmd_show(struct rs_report *report, const struct rs_policy_root *root,
			const char *lang);

#endif
