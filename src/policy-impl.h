/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the policy share among themselves. */
#ifndef RS_POLICY_IMPL_H
#define RS_POLICY_IMPL_H

#include <libxml/tree.h>

#include "policy.h"
#include "schema.h"

#define RS_POLICY_NS "urn:rootsweep:policy:1"
/* The policy language of this program: what requires="..." asks for. */
#define RS_POLICY_LANGUAGE 1

#define RS_POLICY_FILE_MAX (64U * 1024 * 1024)
/* Some of what libxml2 does with an element takes quadratic time. */
#define RS_POLICY_ENTRY_MAX (256U * 1024)
#define RS_POLICY_DEPTH_MAX 16
#define RS_POLICY_ROOTS_MAX 200000
/* A file with more problems than this is not read on. */
#define RS_POLICY_PROBLEMS_MAX 20

/* One file on its way into a policy. */
struct rs_policy_reading {
	struct rs_policy *policy;
	struct rs_policy_file *file;
	xmlRelaxNG *schema;
	size_t place;
	bool admin;			/* public="yes" may stand here */
	bool vendor;			/* of what comes with the program */
	bool privileged;
	unsigned long entry_line;	/* on which the entry in hand begins */
	size_t problems;
	rs_policy_complain complain;
	void *data;
};

/* Line 0: the file as a whole. */
void rs_policy_problem(struct rs_policy_reading *reading, unsigned long line,
		       const char *fmt, ...) RS_PRINTF(3, 4);

/* policy-read.c: problems are told and counted in reading. */
void rs_policy_read(struct rs_policy_reading *reading);

/* policy-open.c: -1 after a problem was told. */
int rs_policy_open(struct rs_policy_reading *reading);
/* Whether root alone can put another file in this one's place. */
bool rs_policy_is_roots_directory(const char *path);
#define RS_POLICY_NOT_ROOTS_DIRECTORY "a run as root reads only from a directory that root " \
	"alone can write: chown root:root it, and chmod go-w"

/* policy-entry.c: a valid <root>, <set> or <allow> into the policy. */
void rs_policy_entry(struct rs_policy_reading *reading, const xmlNode *node);
void rs_policy_root_free(void *root);
void rs_policy_set_free(void *set);
void rs_policy_allow_free(void *allow);

/*
 * policy-explain.c: the schema refused an element: says what is wrong with it
 * in words of its own. with_children is false for <policy>, whose children are
 * looked at one by one. Returns whether it found anything.
 */
bool rs_policy_explain(struct rs_policy_reading *reading, const xmlNode *node,
		       bool with_children);

/* policy-value.c */
bool rs_policy_ours(const xmlNode *node);
/* Attribute without namespace, white space collapsed; NULL where missing. */
char *rs_policy_attribute(const xmlNode *node, const char *name);
/* Its own text without that of child elements, white space collapsed. */
char *rs_policy_content(const xmlNode *node);
/* Also where libxml2's own count of 16 bits has ended. */
unsigned long rs_policy_line(const xmlNode *node);
char *rs_policy_collapse(const char *text);
/* Midnight UTC at which a day begins; -1 where there is no such day. */
time_t rs_policy_day(const char *date);
/* Leading zeros do not tell two serial numbers of one issuer apart. */
const char *rs_policy_serial(const char *hex);

/* policy-pattern.c */
/* The OID of a name's attribute, by its usual name or as it is; NULL: not known. */
const char *rs_policy_attribute_oid(const char *type);
/* NULL, or what is wrong with a pattern for names. */
const char *rs_policy_bad_pattern(const char *pattern);
void rs_policy_pattern_free(void *pattern);

/* The words of an enumerated attribute; constants, so that they can be kept. */
extern const char *const rs_policy_categories[], *const rs_policy_evidences[],
    *const rs_policy_actions[], *const rs_policy_blockers[],
    *const rs_policy_sensitivities[];
/* The constant that equals word, or NULL. */
const char *rs_policy_word(const char *const *words, const char *word);

#endif
