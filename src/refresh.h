/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What step-refresh.c hands to a layout's refresh function. */
#ifndef RS_REFRESH_H
#define RS_REFRESH_H

#include "record.h"

#define RS_UPDATER_SECONDS 120

struct rs_refresh {
	const struct rs_step *step;
	struct rs_record *record;
	bool undo;
	bool in_root;			/* the tree's own tools are run, confined */
	bool pending;			/* out: not now; a later run finishes it */
	char *reason;			/* out: why it failed or is pending */
};

/*
 * For layouts whose updater forgets nothing: runs it, and closes the gaps that
 * strays left in the numbers of hash links. pending where there is no updater.
 */
bool rs_refresh_by_updater(struct rs_refresh *refresh);

/*
 * Runs a tool of the layout's as rs_change_run does. False with *why where it
 * could not be run, or ended with another status than 0; and pending, where
 * another tree's cannot be started from here.
 */
bool rs_refresh_run(struct rs_refresh *refresh, const char *const argv[], const char *input,
		    unsigned seconds, char **why);

/* What strays left free in the numbers of hash links is closed. */
bool rs_refresh_close_gaps(const struct rs_record *record, char **why);

#endif
