/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run tells on standard output. One table of columns for each noun
 * drives text, JSON and JSON Lines, so that they cannot disagree.
 */
#ifndef RS_REPORT_H
#define RS_REPORT_H

#include <json-c/json.h>

#include "policy.h"
#include "record.h"

enum rs_format { RS_FORMAT_TABLE, RS_FORMAT_JSON, RS_FORMAT_JSONL };

struct rs_report_column {
	const char *key;		/* in JSON; NULL: only in tables */
	const char *head;		/* in tables; NULL: only in JSON */
	bool verbose;			/* in tables only with -v */
	bool right;			/* numbers */
	json_object *(*get)(const void *row);	/* NULL: unknown */
};

struct rs_report_noun {
	const char *type;		/* of a JSON line: "store" */
	const struct rs_report_column *columns;
	size_t n;
};

extern const struct rs_report_noun rs_noun_store, rs_noun_finding, rs_noun_result,
    rs_noun_unknown, rs_noun_allowed, rs_noun_anchor, rs_noun_step, rs_noun_undo_step,
    rs_noun_record, rs_noun_undone;

struct rs_report {
	enum rs_format format;
	bool color;
	json_object *doc;		/* JSON: the document; JSON Lines: the summary */
	bool partial;			/* "complete" will be false */
};

/* An anchor with its store, as anchors are listed. */
struct rs_report_anchor {
	const struct rs_store *store;
	const struct rs_anchor *anchor;
};

void rs_report_begin(struct rs_report *report, const char *schema,
		     const struct rs_policy *policy);
/* The rows under key; in a table format only if as_table. */
void rs_report_list(struct rs_report *report, const char *key,
		    const struct rs_report_noun *noun, const struct rs_array *rows,
		    bool as_table);
/* A value of the document; nothing in table format. Takes value. */
void rs_report_set(struct rs_report *report, const char *key, json_object *value);
/* An array of texts of the document. */
void rs_report_texts(struct rs_report *report, const char *key, const struct rs_array *texts);
/* A line for people; nothing in the other formats. */
void rs_report_say(struct rs_report *report, const char *fmt, ...) RS_PRINTF(2, 3);
/* The same, made to stand out where colours are wanted. */
void rs_report_head(struct rs_report *report, const char *fmt, ...) RS_PRINTF(2, 3);
/* Text as lines of 78 characters at most, each with these blanks before it. */
void rs_report_paragraph(struct rs_report *report, const char *before, const char *text);
/* Prints what is left; a write error on standard output ends with status 1. */
void rs_report_end(struct rs_report *report);

/* A text of JSON, U+FFFD for what is no UTF-8; NULL (null) for NULL. */
json_object *rs_report_text(const char *text);

/* A table of any rows, indented, for people. */
void rs_report_table(const struct rs_report_noun *noun, const struct rs_array *rows);

#endif
