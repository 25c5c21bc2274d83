/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the subcommands share: options, scope, policy, the common run. */
#ifndef RS_CMD_H
#define RS_CMD_H

#include "match.h"
#include "plan.h"
#include "record.h"
#include "report.h"
#include "scan.h"

enum rs_fail_on { RS_FAIL_ON_QUARANTINE, RS_FAIL_ON_REPORT, RS_FAIL_ON_UNKNOWN };

struct rs_options {
	const struct rs_command *command;
	bool dry_run, yes, detailed, force, last, all, unknown;
	bool system, all_users, network_homes, mounts;
	struct rs_array users;		/* char *: --user */
	struct rs_array policies;	/* char *: --policy */
	struct rs_array exclude;	/* char * */
	struct rs_wanted wanted;	/* --entry, --certificate, --force */
	const char *root;
	bool refresh_in_root;
	long older_than;		/* seconds; -1: not given */
	long try_seconds;		/* --try; 0: not given */
	bool unless_kept;
	enum rs_fail_on fail_on;
	enum rs_format format;
	bool color;
	unsigned jobs;
};

/* A subcommand takes what is left of the words and returns its exit status. */
struct rs_command {
	const char *name;
	int (*run)(struct rs_options *options, int argc, char **argv);
	unsigned accepts;		/* groups of options, below */
	const char *arguments;		/* for its help */
	const char *help;
};

/* Groups of options. */
enum {
	RS_OPT_COMMON = 1,		/* format, quiet, verbose, help, jobs */
	RS_OPT_SCOPE = 2,		/* system, user, all-users, root, exclude */
	RS_OPT_POLICY = 4,		/* policy */
	RS_OPT_CHANGE = 8,		/* yes, detailed-exitcode */
	RS_OPT_DRY = 16,		/* dry-run */
	RS_OPT_TAKE = 32,		/* entry, certificate, force */
	RS_OPT_WHICH = 64,		/* last, all */
	RS_OPT_AGE = 128,		/* older-than */
	RS_OPT_FAIL = 256,		/* fail-on */
	RS_OPT_UNKNOWN = 512,		/* unknown */
};

int rs_cmd_scan(struct rs_options *options, int argc, char **argv);
int rs_cmd_quarantine(struct rs_options *options, int argc, char **argv);
int rs_cmd_undo(struct rs_options *options, int argc, char **argv);
int rs_cmd_records(struct rs_options *options, int argc, char **argv);
int rs_cmd_recover(struct rs_options *options, int argc, char **argv);
int rs_cmd_keep(struct rs_options *options, int argc, char **argv);
int rs_cmd_forget(struct rs_options *options, int argc, char **argv);
int rs_cmd_anchors(struct rs_options *options, int argc, char **argv);
int rs_cmd_policy(struct rs_options *options, int argc, char **argv);

extern const struct rs_command rs_commands[];
extern const size_t rs_commands_n;

/* Parses options of command; argv's words stay, in order. Exits on a mistake. */
void rs_options_parse(struct rs_options *options, const struct rs_command *command,
		      int *argc, char ***argv);
void rs_options_free(struct rs_options *options);
void rs_usage(const struct rs_command *command);	/* on standard output */
/* "sudo ", where the next command needs it or this one was typed with it. */
const char *rs_sudo_word(bool needs_root);
/* A command with this one's scope and, where it takes them, lists and choices;
 * argument may be NULL. sudo: it needs root, which the caller may not be. Safe
 * for a terminal; the caller frees it. */
char *rs_command_words(const struct rs_options *options, const char *command,
		       const char *argument, bool sudo);
/* Ends with status 3: "rootsweep: text", and where to find help. */
__attribute__((noreturn))
void rs_bad_usage(const char *fmt, ...) RS_PRINTF(1, 2);

/*
 * Whose stores: what was asked for, else by who calls (rootsweep(8), SCOPE).
 * changes: the command changes something, so that under sudo other people's
 * stores are looked at and left.
 */
void rs_scope_make(struct rs_scope *scope, const struct rs_options *options, bool changes);
/* The same for undo records: what of them needs root is said, and a run is
 * put back whole, so that only owners can be left out. */
void rs_scope_make_records(struct rs_scope *scope, const struct rs_options *options, bool changes);
/* Whether this owner's stores and records are looked at, and left. */
bool rs_scope_leaves(const struct rs_scope *scope, const char *owner);
void rs_scope_free(struct rs_scope *scope);

/*
 * The policy that counts: --policy, else vendor's, administrator's and, for
 * an ordinary user's run, that user's. Ends with status 3 where a file is
 * invalid, or where no file names any root (unless a certificate is asked
 * for by name: needed false).
 */
struct rs_policy *rs_policy_get(const struct rs_options *options, bool needed);
/* The installed ones alone, as rs_policy_load; NULL where one is invalid. */
struct rs_policy *rs_policy_installed(rs_policy_complain told, void *data);

/* Scan, match and say: shared by scan and quarantine. */
struct rs_look {
	const struct rs_options *options;
	struct rs_policy *policy;
	struct rs_scope scope;
	struct rs_scan scan;
	struct rs_matches matches;
};

/* The scope has been made before. */
void rs_look_make(struct rs_look *look, const struct rs_options *options, bool policy_needed);
void rs_look_free(struct rs_look *look);
/* stores, unknown, allowed, disagreements, not_looked_at, restart: in JSON. */
void rs_look_report(struct rs_look *look, struct rs_report *report);
/* Programs that run on what was found or taken out: [{"pid","name","user"}]. */
json_object *rs_restart_json(const struct rs_look *look);
/* For people: head, then a line for each. Whether there is any. */
bool rs_restart_tell(const struct rs_look *look, struct rs_report *report, const char *head);
/* For people: what nobody vouches for, a line for each certificate, and what to do. */
void rs_unknown_tell(struct rs_look *look, struct rs_report *report);
/* For people: what could not be read, what was not looked at, the list's age. */
void rs_look_limits(struct rs_look *look, struct rs_report *report);
/* For people: how old the list is; in the other formats only that it is old. */
void rs_age_tell(const struct rs_policy *policy, struct rs_report *report);
/* A text in the user's language, as rs_policy_text. */
const char *rs_text_for_user(const struct rs_array *texts);
/* Whether anybody vouches for anything here: else all that no entry names is unknown. */
bool rs_look_knows_public(const struct rs_look *look);
/* Whether anything in it is partial (exit status 4). */
bool rs_look_is_partial(const struct rs_look *look);
size_t rs_look_places(const struct rs_look *look);	/* stores that were read */
/*
 * --certificate FILE|SHA256|SHA1 -> names of identity.h, in an array of wanted's
 * own in place of the caller's, whose words become digests; ends with status 3
 * on a bad one.
 */
void rs_wanted_resolve(struct rs_wanted *wanted, const struct rs_policy *policy);

/* Ends with status 3 where nobody can be asked and --yes was not said. */
void rs_confirm_possible(const struct rs_options *options);
/* Asks on the terminal; without one, --yes is needed: ends with status 3. */
bool rs_confirm(const struct rs_options *options, const char *question);

/* For people: what they may notice once what is to be taken out is gone. */
void rs_effect_of_taking(const struct rs_matches *matches, struct rs_report *report);
/* Who can read what once what these records (struct rs_record *) took out is back. */
void rs_effect_of_putting_back(const struct rs_array *records, struct rs_report *report);

/*
 * Sees to it that the run is put back after so many seconds, unless it is kept
 * before: begun before the first change. scope: the run's.
 */
void rs_trial_start(const char *id, const struct rs_scope *scope, long seconds);
/* For people: until when, and what to type. */
void rs_trial_tell(const struct rs_options *options, const char *id, time_t until,
		   struct rs_report *report);
/* That this one is on trial still, or should have been put back. */
void rs_trial_warn(const struct rs_record *record);

/* What is known of earlier runs. */
struct rs_earlier {
	size_t unfinished;		/* records that an interrupted run left */
	size_t unreadable;		/* folders or records: one may be unfinished */
	struct rs_array waiting;	/* char *: ids of stores with a step that waits */
};

/* Said, with what to do, where say is set. */
void rs_earlier_make(struct rs_earlier *earlier, const struct rs_scope *scope, bool say);
void rs_earlier_free(struct rs_earlier *earlier);
/*
 * For commands that only look: says it, marks the stores whose steps wait as
 * pending. Whether there is anything of the kind (exit status 4).
 */
bool rs_look_earlier(struct rs_look *look);

/*
 * Finishes them, in the scope of a command that changes something; says how it
 * went. Whether all is now as it should be. waiting (char *) gets what a step
 * of theirs still waits for.
 */
bool rs_unfinished_finish(const struct rs_scope *scope, const struct rs_options *options,
			  struct rs_array *waiting);
/* Findings that an earlier run waits for are pending, and not planned again. */
void rs_unfinished_mark(struct rs_matches *matches, const struct rs_array *waiting);
/* Databases in which findings are pending are locked. */
void rs_unfinished_mark_stores(struct rs_look *look);

/* A bit of RS_EXIT_PARTIAL and RS_EXIT_FOUND, or 128+n after a signal. */
int rs_exit_status(bool found, bool partial);

#endif
