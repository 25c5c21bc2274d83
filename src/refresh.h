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
	bool pending;			/* out: not now; a later run finishes it */
	char *reason;			/* out: why it failed or is pending */
};

/*
 * For layouts whose updater forgets nothing: runs it, and closes the gaps that
 * strays left in the numbers of hash links. pending where there is no updater.
 */
bool rs_refresh_by_updater(struct rs_refresh *refresh);

/* Runs a tool of the layout's as rs_change_run does. False with *why where it
 * could not be run, or ended with another status than 0. */
bool rs_refresh_run(const char *const argv[], const char *input, unsigned seconds, char **why);

#endif
