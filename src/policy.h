/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The policy: XML files (rootsweep-policy(5), policy/policy.rng) that name
 * known interception roots. Parsed as a stream (xmlReader), an entry at a
 * time; no network, no DTD, no entities; bounds of 64 MiB a file, 256 KiB
 * an entry, 16 levels and 200,000 entries. One invalid file makes the whole
 * policy invalid.
 */
#ifndef RS_POLICY_H
#define RS_POLICY_H

#include <regex.h>

#include "util.h"

enum rs_action { RS_ACTION_IGNORE, RS_ACTION_REPORT, RS_ACTION_QUARANTINE };

enum rs_match_how {
	RS_MATCH_CERTIFICATE, RS_MATCH_SPKI, RS_MATCH_SHA1,
	RS_MATCH_ISSUER_SERIAL, RS_MATCH_ISSUER, RS_MATCH_SUBJECT,
};

/* A text that may be repeated with xml:lang; lang is "" where it has none. */
struct rs_policy_text {
	char *lang, *text;
};

/* One attribute of a subject's name, and the pattern that it must fit. */
struct rs_policy_pattern {
	char *type, *match;
	const char *oid;		/* of type; its own where that is one */
	regex_t regex;			/* once it was needed: compiled */
	bool compiled;
};

struct rs_policy_subject {
	bool acts;			/* may quarantine, not only report */
	struct rs_array patterns;	/* struct rs_policy_pattern *: all must fit */
};

/* A name whose traffic was seen intercepted. */
struct rs_policy_target {
	char *host;
	const char *sensitivity;	/* "ordinary", "blocked" or "adult" */
};

struct rs_policy_blocked {
	const char *by;			/* "chromium", "firefox", ... */
	char *date, *href;		/* NULL where not known */
};

struct rs_policy_root {
	char *id, *country, *operator;	/* the last two may be NULL */
	const char *category, *evidence;
	enum rs_action action;		/* with every <set> heard */
	enum rs_action own_action;	/* as it describes itself */
	bool take_public;		/* public="yes" of an administrator's file */
	bool vendor;			/* of a file that came with the program */
	struct rs_array names, explains, advices;	/* struct rs_policy_text * */
	struct rs_array sources;	/* char *: text and href, as one line each */
	struct rs_array targets;	/* struct rs_policy_target * */
	struct rs_array blocked;	/* struct rs_policy_blocked * */
	struct rs_array spki;		/* char *: lower-case hex */
	struct rs_array sha256, sha1;	/* char *: of certificates */
	struct rs_array issuer_serial;	/* char *: base64 DER name, space, serial hex */
	struct rs_array issuer_key_ids;	/* char *: lower-case hex */
	struct rs_array subjects;	/* struct rs_policy_subject * */
	const char *file;		/* that describes it */
	unsigned line;
	const char *decided_by;		/* file that decides its action */
	unsigned decided_line;
	size_t place;			/* that file describes it: later ones weigh more */
	size_t order;
};

/* <set>: another action for one entry, or for a category. */
struct rs_policy_set {
	const char *category;		/* or NULL, and */
	char *id;
	enum rs_action action;
	const char *file;
	unsigned line;
	size_t place;
};

/* <allow>: one of spki, sha256 and entry is set. */
struct rs_policy_allow {
	char *spki, *sha256, *entry;
	char *store;			/* kind or id of a store; NULL: all */
	time_t until;			/* first second that it does not hold; -1: for ever */
	char *reason;			/* may be NULL */
	const char *file;
	unsigned line;
	size_t place;
};

/* One file that counts. */
struct rs_policy_file {
	char *path, *version;
	bool vendor;			/* came with the program */
	size_t entries;
	size_t not_understood;		/* elements and attributes of other namespaces */
};

struct rs_policy {
	struct rs_array files;		/* struct rs_policy_file * */
	struct rs_array roots;		/* struct rs_policy_root * */
	struct rs_array sets;		/* struct rs_policy_set * */
	struct rs_array allows;		/* struct rs_policy_allow * */
	struct rs_map by_id, by_spki, by_sha256, by_sha1, by_issuer_serial, by_issuer_key;
	struct rs_array by_subject;	/* struct rs_policy_root * that have any, later places first */
	/* How old the list is, as YYYY-MM-DD: the oldest version of the program's own
	 * files that name roots, else of all such; NULL where one is no day that was. */
	char *date;
};

struct rs_policy_place {
	const char *dir;		/* directory of *.xml, read in name order */
	const char *file;		/* or one file */
	bool admin;			/* the machine's owner speaks here: public="yes" may stand */
	bool vendor;			/* what comes with the program */
};

/* "FILE:LINE", or "FILE" alone, and a sentence that says what was expected. */
typedef void (*rs_policy_complain)(void *data, const char *where, const char *text);

/*
 * Reads places, in order, into one policy. A file of a directory masks those
 * of the same name in earlier directories, and so does a link to /dev/null; a
 * directory that is not there is an empty one, a missing file a problem. Files
 * that follow each other are one place. A root is replaced whole by a later place's of the same id; two of one place
 * are a problem. With privileged, only files are taken that none but root can
 * have written or put there. Each problem is told; with any, the result is
 * NULL.
 */
struct rs_policy *rs_policy_load(const struct rs_policy_place *places, size_t n,
				 bool privileged, rs_policy_complain complain, void *data);
void rs_policy_free(struct rs_policy *policy);

/*
 * Warns of every <set> and <allow> that has no effect. others: ids that count
 * as known beside the policy's own, or NULL.
 */
void rs_policy_warn(const struct rs_policy *policy, const struct rs_map *others);

const char *rs_action_name(enum rs_action action);
const char *rs_match_name(enum rs_match_how how);	/* as in JSON: "spki", ... */

/*
 * The text for a language (a tag, or a locale's name): exact, else its
 * language part, else English, else any. NULL where there is none at all.
 */
const char *rs_policy_text(const struct rs_array *texts, const char *lang);

/*
 * The root that a certificate (or lone trust) matches, and how; NULL if none.
 * Of several, that of the last place; in one place the surest way: by
 * certificate, spki, sha1, issuer and serial; these last only where no digest
 * contradicts.
 */
struct rs_cert;
const struct rs_policy_root *rs_policy_match(const struct rs_policy *policy,
					     const struct rs_cert *cert,
					     enum rs_match_how *how);

/*
 * Whether an attribute's value (UTF-8, at most 1 KiB) fits, in whatever
 * locale. Compiles the pattern the first time.
 */
bool rs_policy_pattern_fits(struct rs_policy_pattern *pattern, const char *text);
/* Plain text that all that fits begins with, in pattern; its length may be 0. */
const char *rs_policy_pattern_beginning(const struct rs_policy_pattern *pattern, size_t *len);

/*
 * The <allow> that leaves cert alone in a store ("kind:owner:path") at a
 * time, or NULL. root is what it matches, NULL where that is nothing.
 */
const struct rs_policy_allow *rs_policy_allowed(const struct rs_policy *policy,
						const struct rs_cert *cert,
						const struct rs_policy_root *root,
						const char *store_id, time_t now);

#endif
