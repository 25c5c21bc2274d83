/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What enumeration finds: an anchor is a certificate (or the trust that is
 * left of one) that a store makes trusted, with every place that makes it so.
 */
#ifndef RS_ANCHOR_H
#define RS_ANCHOR_H

#include <json-c/json.h>

#include "cert.h"
#include "util.h"

/* How a place makes its anchor trusted, and so how it is taken out. */
enum rs_how {
	RS_HOW_FILE,		/* the file holds nothing else: remove it */
	RS_HOW_BLOCK,		/* bytes of a file: cut them out */
	RS_HOW_CONF,		/* a line that selects a package's file: deselect it */
	RS_HOW_ROWS,		/* rows of an SQLite database: move them out */
	RS_HOW_DISTRUST,	/* a package's file: distrusted in the layout's own way */
	RS_HOW_LINK,		/* a link by which a stray is found: remove it */
	RS_HOW_DERIVED,		/* other places make it so: it follows them, by a refresh or at once */
	RS_HOW_ELEMENT,		/* an element of a JSON array: cut it out */
	RS_HOW_KEYSTORE,	/* an entry of a Java keystore: keytool takes it out */
	RS_HOW_REPORT,		/* no step can take this out: say why */
};

/* What the present is compared with before a place is touched. */
struct rs_stamp {
	uint64_t dev, ino, size;
	char *sha256;			/* of the content, or of a link's target */
};

struct rs_origin {
	char *path;			/* as on disk, any bytes */
	char *object;			/* place within, for people: "certificate 2 at line 31" */
	enum rs_how how;
	struct rs_stamp stamp;
	uint64_t offset, length;	/* RS_HOW_BLOCK, RS_HOW_ELEMENT, RS_HOW_CONF (the line) */
	uint64_t siblings;		/* RS_HOW_BLOCK: certificates in the file, this one too */
	struct rs_array ids;		/* RS_HOW_ROWS: object ids in decimal (char *) */
	char *reason;			/* RS_HOW_REPORT: why not; RS_HOW_KEYSTORE: by hand */
	char *package;			/* that owns the file, if known */
	int64_t added;			/* when the file was last written, in seconds; 0: not known */
};

/* Bits of rs_anchor.trust. */
enum {
	RS_TRUST_SERVER = 1, RS_TRUST_CLIENT = 2, RS_TRUST_EMAIL = 4,
	RS_TRUST_CODE = 8, RS_TRUST_ANY = 16,
};

/* Bits of rs_anchor.witnesses: who saw it. */
enum {
	RS_SEEN_P11KIT = 1, RS_SEEN_ORIGIN = 2, RS_SEEN_BUNDLE = 4,
	RS_SEEN_DIRECTORY = 8, RS_SEEN_ROWS = 16, RS_SEEN_SOFTOKEN = 32,
	RS_SEEN_KEYSTORE = 64,
};

struct rs_anchor {
	struct rs_cert *cert;
	bool trust_only;		/* "object": "trust", the certificate is gone */
	bool is_public;			/* Mozilla's programme, or the distribution's package */
	bool package_owned;		/* by the distribution's ca-certificates package */
	unsigned trust, witnesses;
	struct rs_array origins;	/* struct rs_origin * */
};

enum rs_store_state {
	RS_STORE_NO_FINDINGS, RS_STORE_FINDINGS, RS_STORE_EXCLUDED,
	RS_STORE_ABSENT, RS_STORE_SKIPPED, RS_STORE_LOCKED, RS_STORE_PENDING,
	RS_STORE_UNSUPPORTED, RS_STORE_ERROR,
};

struct rs_store {
	const char *kind;		/* one of the kinds of store.h */
	char *path;			/* the file or directory that decides trust */
	char *owner;			/* "system" or a user's name */
	char *id;			/* kind:owner:path */
	enum rs_store_state state;
	char *reason;			/* NULL, or why state is what it is */
	struct rs_array anchors;	/* struct rs_anchor * */
	struct rs_array disagreements;	/* char *: file, place and who says what */
	int64_t pid;			/* of the browser that uses it now; 0: none is known */
};

struct rs_origin *rs_origin_new(const char *path, const char *object, enum rs_how how);
void rs_origin_free(void *origin);
/* Where a person finds it, the caller's to free: the file, with the place
 * within where it is for the person to change. */
char *rs_origin_where(const struct rs_origin *origin);
struct rs_anchor *rs_anchor_new(struct rs_cert *cert);	/* takes cert */
void rs_anchor_free(void *anchor);
/* Takes nothing; kind must be one of the table's constants. */
struct rs_store *rs_store_new(const char *kind, const char *owner, const char *path);
void rs_store_free(void *store);
/* Sets state and a reason; a later, graver state replaces an earlier one. */
void rs_store_fail(struct rs_store *store, enum rs_store_state state,
		   const char *fmt, ...) RS_PRINTF(3, 4);
/* It could not be read, or its readers disagree: exit status 4. */
bool rs_store_is_partial(const struct rs_store *store);
/* No step takes anything out of it: each origin gets this reason. */
void rs_store_report_only(struct rs_store *store, const char *reason);
/* "file: place: who sees what": two readers of the same bytes differ. */
void rs_store_disagree(struct rs_store *store, const char *fmt, ...) RS_PRINTF(2, 3);

/*
 * Adds an anchor to a store; where one with the same certificate (or the same
 * lone trust) is there, trust, witnesses and origins are merged into it.
 * Takes anchor and returns the one that is in the store.
 */
struct rs_anchor *rs_store_add(struct rs_store *store, struct rs_anchor *anchor);

const char *rs_store_state_name(enum rs_store_state state);

/*
 * The wire between a worker and its parent: one JSON object per store. What
 * comes from a worker is a stranger's word: rs_store_from_json checks every
 * type and bound, takes owner from its caller, kind from the table, and
 * returns NULL with *why set (static text) for anything else.
 */
json_object *rs_store_to_json(const struct rs_store *store);
struct rs_store *rs_store_from_json(json_object *json, const char *owner, const char **why);

#endif
