/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carrying a record's steps forward or back, in the worker that is its
 * owner; and what such workers have in common.
 */
#ifndef RS_CARRY_H
#define RS_CARRY_H

#include "record.h"
#include "worker.h"

struct rs_carrying {
	struct rs_part *part;		/* whose steps: its user, and in a new record its plan */
	const char *id;			/* of a new record */
	bool refresh_in_root;		/* another tree's own tools are run too */
	bool own;			/* the caller's own run, without privilege */
	time_t try_until;		/* of a new record; 0: no trial */
	bool some_refused;		/* steps that did not even get into the record */
	bool *recorded;			/* where it is told that there is a record with work in it */
};

/* Runs workers of all owners, the system's first or last, users' side by side. */
void rs_carry_run(struct rs_array *workers, unsigned jobs, bool system_first);

/*
 * Each step's state and the record's are noted as they come. False where a
 * note could not be written or a signal asks to end: the rest is recover's.
 */
bool rs_carry_forward(struct rs_record *record, const struct rs_carrying *a);
/* Origins first, then the refresh, then the strays that it knows nothing of. */
bool rs_carry_back(struct rs_record *record, const struct rs_carrying *a);
/* What an interrupted run left: forward; where a step cannot be completed, the
 * whole part goes back. So does a trial whose time is over. */
bool rs_carry_recover(struct rs_record *record, const struct rs_carrying *a);

/* In the worker: lines to its parent. refused may be NULL. */
void rs_carry_tell_failure(struct rs_wire *wire, const char *fmt, const char *what);
/* The folder for records cannot be used, so that nothing was begun. */
#define RS_FACT_NO_FOLDER "no_folder"
void rs_carry_tell(struct rs_wire *wire, const struct rs_record *record,
		   const struct rs_array *refused);

/* In the parent: a worker that is the owner (user NULL: stays root). */
struct rs_worker *rs_carry_worker(const struct rs_scope *scope, const char *owner,
				  const struct rs_user *user,
				  void (*run)(struct rs_worker *, struct rs_wire *), void *arg);
bool rs_carry_is_own(const struct rs_user *user);

#endif
