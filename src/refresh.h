/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What step-refresh.c hands to a layout's refresh function. */
#ifndef RS_REFRESH_H
#define RS_REFRESH_H

#include "record.h"

struct rs_refresh {
	const struct rs_step *step;
	struct rs_record *record;
	bool undo;
	bool pending;			/* out: not now; a later run finishes it */
	char *reason;			/* out: why it failed or is pending */
};

#endif
