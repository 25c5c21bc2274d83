/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carrying out plans and records, each owner's part in a worker that is that
 * owner. The parent only hears how it went.
 */
#ifndef RS_APPLY_H
#define RS_APPLY_H

#include "record.h"

/*
 * Records and carries out each part of the plan under one id. Step states
 * and reasons, and part->failure, tell how it went. Returns whether there is
 * now a record of something that was done, or that waits to be done.
 */
bool rs_apply_plan(struct rs_plan *plan, const struct rs_scope *scope, const char *id);

#define RS_LOCK_SECONDS 10		/* that another run is waited for */

/* What to do with records; records.c. */
enum rs_records_do {
	RS_RECORDS_LIST, RS_RECORDS_RECOVER, RS_RECORDS_UNDO, RS_RECORDS_KEEP, RS_RECORDS_FORGET,
};

struct rs_records_job {
	enum rs_records_do what;
	const struct rs_array *ids;	/* char *; NULL: all */
	/* char *; to forget: runs of which no part is left. NULL: none */
	const struct rs_array *forget_runs;
	bool unless_kept;		/* to undo only what is still on trial */
	struct rs_array records;	/* struct rs_record *: how each is after it */
	struct rs_array problems;	/* char *: what could not be read */
	struct rs_array runs;		/* char *: ids of root's runs, by the system's word */
	bool changed;
	const char *no_folder;		/* the problem that the system's records have no safe
					 * place, or NULL */
};

/*
 * In the parts of every owner in scope that the caller may touch; listing
 * also reads those that this run is to leave. Owners that --exclude names are
 * passed over.
 */
void rs_records_run(struct rs_records_job *job, const struct rs_scope *scope);
void rs_records_job_free(struct rs_records_job *job);

#endif
