/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The policy: XML files (rootsweep-policy(5), policy/policy.rng) that name
 * known interception roots. Parsed as a stream (xmlReader), never as a tree;
 * no network, no DTD, no entities; bounds of 64 MiB, 16 levels and 200,000
 * entries. One invalid file makes the whole policy invalid.
 */
#ifndef RS_POLICY_H
#define RS_POLICY_H

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

struct rs_policy_root {
	char *id, *category, *country, *evidence, *operator;
	enum rs_action action;
	struct rs_array names, explains, advices;	/* struct rs_policy_text * */
	struct rs_array sources;	/* char *: href and text, as one line each */
	struct rs_array spki;		/* char *: lower-case hex */
	struct rs_array sha256, sha1;	/* char *: of certificates */
	struct rs_array issuer_serial;	/* char *: base64 DER name, space, serial hex */
	char *file;			/* that decides it */
	unsigned line;
	size_t order;
};

/* One file that counts. */
struct rs_policy_file {
	char *path, *version;
	size_t entries;
	size_t not_understood;		/* elements and attributes of other namespaces */
};

struct rs_policy {
	struct rs_array files;		/* struct rs_policy_file * */
	struct rs_array roots;		/* struct rs_policy_root * */
	struct rs_map by_id, by_spki, by_sha256, by_sha1, by_issuer_serial;
	char *date;			/* newest version that is a date, as YYYY-MM-DD; else NULL */
};

/*
 * Reads files, in order, into one policy. Each problem is handed to complain
 * as "FILE:LINE" and a sentence that says what was expected. Returns NULL
 * where any file is invalid. An earlier place's root is replaced whole by a
 * later place's of the same id; two of one place are an error.
 */
struct rs_policy_place {
	const char *dir;		/* directory of *.xml, read in name order */
	const char *file;		/* or one file */
};
typedef void (*rs_policy_complain)(void *data, const char *where, const char *text);

struct rs_policy *rs_policy_load(const struct rs_policy_place *places, size_t n,
				 rs_policy_complain complain, void *data);
void rs_policy_free(struct rs_policy *policy);

const char *rs_action_name(enum rs_action action);
const char *rs_match_name(enum rs_match_how how);	/* as in JSON: "spki", ... */

/* The text for a language: exact, else its language part, else English, else any. */
const char *rs_policy_text(const struct rs_array *texts, const char *lang);

/*
 * The root that a certificate (or lone trust) matches, and how; NULL if none.
 * The surest way first: certificate, spki, sha1, issuer and serial.
 */
struct rs_cert;
const struct rs_policy_root *rs_policy_match(const struct rs_policy *policy,
					     const struct rs_cert *cert,
					     enum rs_match_how *how);

#endif
