/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The undo record (rootsweep-record(5), policy/record.rng): written and
 * synced before the first change, all that is needed to take each step back.
 *
 * A record is a directory named by its id: record.xml, which never changes
 * once it is there; saved contents, each named in it with its SHA-256; and
 * progress, to which lines are added: the digest of record.xml first, then
 * each step as it ends, and the record's state. It appears whole: made under
 * a temporary name and renamed. It names layouts, kinds of store and places
 * that a step of that kind could have, never a program or a free path.
 */
#ifndef RS_RECORD_H
#define RS_RECORD_H

#include "plan.h"

enum rs_record_state {
	RS_RECORD_PENDING, RS_RECORD_TRYING, RS_RECORD_APPLIED, RS_RECORD_PARTLY_APPLIED,
	RS_RECORD_UNDOING, RS_RECORD_PARTLY_UNDONE, RS_RECORD_UNDONE, RS_RECORD_DAMAGED,
};

/* What was found, for people and for the history. */
struct rs_record_finding {
	char *entry, *store, *sha256, *sha1, *title;
};

struct rs_record {
	char *id, *owner, *time;
	enum rs_record_state state;
	char *reason;			/* of a damaged one */
	time_t try_until;		/* put back then, unless it is kept; 0: no trial */
	struct rs_array steps;		/* struct rs_step * */
	struct rs_array findings;	/* struct rs_record_finding * */
	int dirfd;			/* the record's directory */
	bool acted;			/* this run did something with it */
};

#define RS_RECORD_XML "record.xml"
#define RS_RECORD_PROGRESS "progress"
#define RS_RECORD_MAX (256u << 20)	/* bytes of record.xml, or of a saved content */
#define RS_RECORD_ID_LEN 33		/* YYYYMMDDTHHMMSSZ- and 16 hex digits */

bool rs_record_id_valid(const char *id);
char *rs_record_id_new(void);

/*
 * The folder of an owner's records; user NULL: the system's. In the worker
 * that is that owner. With create, made where missing (0700). Refused (errno
 * EPERM) where a folder of the chain is a link, is not the owner's or is
 * writable by others. own: the caller's own run, which keeps to
 * $XDG_STATE_HOME. Where it is not opened: -1 with errno, and *why, the
 * caller's to free, names the folder of the chain and what to do about it.
 */
int rs_records_open(const struct rs_user *user, bool own, bool create, char **why);
/* Takes the folder's lock, waiting at most seconds: -1 with errno EAGAIN. */
int rs_records_lock(int recordsfd, unsigned seconds);

/* In memory, from a part of the plan; nothing on disk yet. */
struct rs_record *rs_record_new(const char *id, struct rs_part *part);
void rs_record_free(void *record);

/*
 * Writing: begin makes the temporary directory that contents go to (dirfd);
 * commit writes record.xml and progress, syncs, renames. 0, or -1 with errno.
 */
int rs_record_begin(struct rs_record *record, int recordsfd);
int rs_record_commit(struct rs_record *record, int recordsfd);
/* Removes what begin made. */
void rs_record_abandon(struct rs_record *record, int recordsfd);
/* Saves bytes under name in the record's directory. */
int rs_record_save(struct rs_record *record, const char *name, const void *data, size_t len);
/* Reads saved bytes; false with *why where they are not as their digest says. */
bool rs_record_load(const struct rs_record *record, const struct rs_saved *saved,
		    struct rs_buf *buf, char **why);
/* Where a file of the record lies, for people. */
char *rs_record_place(const struct rs_record *record, const char *name);
/* Marks a record damaged where any of its saved contents is not as its digest
 * says: before anything of it is put back. */
void rs_record_check_contents(struct rs_record *record);
/* Notes a step's or the record's state in progress. */
int rs_record_note_step(struct rs_record *record, const struct rs_step *step);
int rs_record_note_state(struct rs_record *record, enum rs_record_state state);

/*
 * Reads one; never NULL: a damaged one says so in state and reason. What it
 * names is checked against what an owner's steps could touch.
 */
struct rs_record *rs_record_read(int recordsfd, const char *id, const struct rs_user *user);
/* Ids in the folder, oldest first (char *). Temporary ones of a crash, which
 * changed nothing, are swept away where sweep is set. */
void rs_records_list(int recordsfd, struct rs_array *ids, bool sweep);
/*
 * The system's own list of runs: a user's folder could hold any id, so that
 * root's last run is not to be told from it. Each of root's runs is noted in
 * the system's folder, where it has no record, before its users' parts.
 */
int rs_record_note_run(int recordsfd, const char *id);
/* Adds the ids of noted runs and of records (char *). */
void rs_records_runs(int recordsfd, struct rs_array *runs);
int rs_record_forget_run(int recordsfd, const char *id);
/* Deletes a record: undo is then impossible. */
int rs_record_delete(int recordsfd, const char *id);

/* The XML document; record-write.c and record-read.c. */
char *rs_record_to_xml(const struct rs_record *record);
/* Reads the schema, which another tree does not have. */
bool rs_record_prepare(char **why);
bool rs_record_from_xml(struct rs_record *record, const char *xml, size_t len, char **why);

const char *rs_record_state_name(enum rs_record_state state);
/* Its work is not done: recover has something to do. */
bool rs_record_is_unfinished(const struct rs_record *record);
/* It is put back when its time is over: nobody has said yet that it is to stay. */
bool rs_record_is_on_trial(const struct rs_record *record);
/* Its time is over by the clock: recover puts it back. */
bool rs_record_is_expired(const struct rs_record *record);
/* The state that it has once its steps have been tried. */
enum rs_record_state rs_record_applied_state(const struct rs_record *record, bool some_refused);
/* Something of it can still be undone. */
bool rs_record_is_undoable(const struct rs_record *record);

#endif
