/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * After a change, by new processes: is it gone, and is everything else still
 * there? The stores are read again by every witness; beside that the system's
 * lists are asked as the programs that use them would ask (verify-place.h).
 */
#ifndef RS_VERIFY_H
#define RS_VERIFY_H

#include "plan.h"

struct rs_verdict {
	struct rs_array still_trusted;	/* char *: "place: certificate" */
	struct rs_array lost;		/* char *: "place: certificate" */
	struct rs_array unverified;	/* char *: "place: why it could not be looked at again" */
};

/*
 * before: as it was scanned; taken: the findings whose steps were to take
 * them out (struct rs_finding *), each of which learns whether it is still
 * trusted; after a quarantine.
 */
void rs_verify_gone(struct rs_verdict *verdict, const struct rs_scan *before,
		    const struct rs_array *taken, const struct rs_scope *scope);
void rs_verdict_free(struct rs_verdict *verdict);

#endif
