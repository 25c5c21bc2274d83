/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan: plain data, made from findings, shown by a dry run and executed
 * by a real one. Three kinds of step, each reversible.
 */
#ifndef RS_PLAN_H
#define RS_PLAN_H

#include "match.h"

enum rs_step_kind { RS_STEP_FILE, RS_STEP_ROWS, RS_STEP_REFRESH };

enum rs_step_state {
	RS_STEP_PLANNED, RS_STEP_DONE, RS_STEP_UNDONE, RS_STEP_FAILED,
	RS_STEP_REFUSED, RS_STEP_PENDING, RS_STEP_CONFLICT,
};

/* What a file step does to its file; the inverse of an edit is by its kind. */
enum rs_file_op {
	RS_FILE_REMOVE,			/* file or link goes */
	RS_FILE_CUT,			/* ranges go: certificates of a bundle */
	RS_FILE_DESELECT,		/* lines get a "!" before them */
	RS_FILE_ELEMENT,		/* elements of JSON arrays go, each with a comma */
	RS_FILE_CREATE,			/* a new file: what distrusts a package's root */
	RS_FILE_KEYSTORE,		/* entries of a Java keystore go, by keytool */
};

struct rs_range {
	uint64_t offset, length;	/* RS_FILE_DESELECT: of the line; length 0 */
};

/* A file or link as it was, or as it is to be. */
struct rs_saved {
	enum rs_saved_type { RS_SAVED_ABSENT, RS_SAVED_FILE, RS_SAVED_LINK } type;
	unsigned mode;
	uint64_t uid, gid, size;
	int64_t mtime;			/* seconds */
	long mtime_nsec;
	char *sha256;			/* of the content, or of the link's target */
	char *target;			/* of a link */
	char *content;			/* name of the file in the record that holds the bytes */
	struct rs_array xattrs;		/* struct rs_xattr * */
};

struct rs_xattr {
	char *name;
	char *value;			/* base64 */
};

struct rs_column {
	char *name;
	enum rs_column_type {
		RS_COLUMN_NULL, RS_COLUMN_INTEGER, RS_COLUMN_REAL, RS_COLUMN_TEXT, RS_COLUMN_BLOB,
	} type;
	char *value;			/* decimal; text and blob in base64 */
};

struct rs_row {
	int64_t rowid;
	struct rs_array columns;	/* struct rs_column * */
};

struct rs_step {
	unsigned n;			/* from 1, within its plan */
	enum rs_step_kind kind;
	const char *store_kind;
	char *store;			/* the store's id */
	char *path;			/* file, database, or the derived copy of a refresh */
	enum rs_step_state state;
	char *reason;

	/* file */
	enum rs_file_op op;
	bool derived;			/* a stray in a derived place: undone after the refresh */
	struct rs_array ranges;		/* struct rs_range *, ascending */
	struct rs_stamp stamp;		/* what the plan saw */
	char *content;			/* RS_FILE_CREATE: what the plan wants there */
	struct rs_saved before, after;	/* filled when the record is made */
	/* rows */
	struct rs_array ids;		/* char *: object ids; RS_FILE_KEYSTORE: aliases */
	struct rs_array rows;		/* struct rs_row *, filled when the record is made */
	int64_t pid;			/* of who keeps a pending step waiting; 0: not known */
	/* refresh */
	char *layout;
	struct rs_array copies;		/* struct rs_copy *: derived copies as they were */
};

/* A derived copy's bytes, kept until a refresh has proved good. */
struct rs_copy {
	char *path;
	struct rs_saved saved;
};

/* The steps in one owner's stores: one record. */
struct rs_part {
	char *owner;
	const struct rs_user *user;	/* NULL: the system's */
	struct rs_array steps;		/* struct rs_step * */
	struct rs_array findings;	/* struct rs_finding *, borrowed */
	char *failure;			/* why the part as a whole could not be done */
	bool no_folder;			/* because its record has no safe place */
};

struct rs_plan {
	time_t try_until;		/* put back then, unless it is kept; 0: no trial */
	struct rs_array parts;		/* struct rs_part * */
};

/*
 * Plans the findings whose action is quarantine, but those that an earlier
 * run has in hand (result pending). A finding that no step can
 * take out gets result refused and a reason. scan tells of the system whose
 * stores they are.
 */
void rs_plan_make(struct rs_plan *plan, struct rs_matches *matches,
		  const struct rs_scan *scan, const struct rs_scope *scope);
void rs_plan_free(struct rs_plan *plan);
/* Why no step can take an anchor out of any of its places, or NULL. */
const char *rs_plan_beyond_reach(const struct rs_anchor *anchor);
size_t rs_plan_steps(const struct rs_plan *plan);
/* No part with steps had a place for its record: the run could do nothing. */
bool rs_plan_has_no_folder(const struct rs_plan *plan);

struct rs_step *rs_step_new(enum rs_step_kind kind, const char *store_kind,
			    const char *store, const char *path);
void rs_step_free(void *step);
void rs_saved_clear(struct rs_saved *saved);
void rs_row_free(void *row);
void rs_xattr_free(void *xattr);
void rs_copy_free(void *copy);
/* Sets state and reason. */
void rs_step_set(struct rs_step *step, enum rs_step_state state,
		 const char *fmt, ...) RS_PRINTF(3, 4);

/* No tool makes anything of what lies there: a browser's policy, a JVM's own
 * keystore. */
bool rs_step_stands_alone(const struct rs_step *step);

const char *rs_step_kind_name(enum rs_step_kind kind);
const char *rs_file_op_name(enum rs_file_op op);
const char *rs_step_state_name(enum rs_step_state state);

#endif
