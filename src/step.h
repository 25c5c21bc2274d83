/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Carrying out a step, both ways. Each is judged by comparing the present
 * with the states before and after that its record holds, never by notes
 * alone: so a step can be repeated after a crash at any point.
 *
 * Called in the worker that is the part's owner.
 */
#ifndef RS_STEP_H
#define RS_STEP_H

#include "record.h"

/* What the present is, compared with a step's record. */
enum rs_present {
	RS_PRESENT_BEFORE,		/* as before the step */
	RS_PRESENT_AFTER,		/* as the step left it */
	RS_PRESENT_OTHER,		/* somebody else changed it */
	RS_PRESENT_UNKNOWN,		/* it cannot be read: reason is set */
};

/*
 * Fills what the record must hold (before, after, rows, copies) and saves
 * bytes into it. Refuses, with the step's state and reason, where the world
 * has moved since the plan, or where the place has several names or a
 * stranger for owner.
 */
void rs_step_file_prepare(struct rs_step *step, struct rs_record *record,
			  const struct rs_user *user, bool own);
void rs_step_rows_prepare(struct rs_step *step, const struct rs_part *part, bool own);
void rs_step_refresh_prepare(struct rs_step *step, struct rs_record *record);

/* The parts of RS_FILE_CREATE, for step-file.c: before is known already; put
 * returns 0, or -1 with errno. */
void rs_step_new_file_prepare(struct rs_step *step, struct rs_record *record);
int rs_step_new_file_put(const struct rs_step *step, struct rs_record *record, int dirfd,
			 const char *name);

/*
 * For RS_FILE_KEYSTORE: what the bytes of the keystore are without the
 * entries. False, and the step is refused, where keytool does not do that.
 */
bool rs_step_keystore_edit(struct rs_step *step, struct rs_record *record,
			   const struct rs_buf *from, struct rs_buf *to);

/*
 * Forward and back. Each sets the step's state (done or undone, failed,
 * conflict, pending) and its reason.
 */
void rs_step_file_do(struct rs_step *step, struct rs_record *record,
		     const struct rs_user *user, bool own);
void rs_step_file_undo(struct rs_step *step, struct rs_record *record,
		       const struct rs_user *user, bool own);
void rs_step_rows_do(struct rs_step *step, const struct rs_user *user, bool own);
void rs_step_rows_undo(struct rs_step *step, const struct rs_user *user, bool own);
/*
 * The folder of the step's place, for reading: below a home as home-open.h
 * does it; the system's (user NULL) by its path, that of what stands alone
 * only where no link is in the path and nobody but root may write in it. -1
 * with errno.
 */
int rs_step_open_folder(const struct rs_step *step, const struct rs_user *user, bool own);
/* A refresh is the same tool in both directions; in_root: in another tree, too. */
void rs_step_refresh_run(struct rs_step *step, struct rs_record *record, bool undo, bool in_root);

#endif
