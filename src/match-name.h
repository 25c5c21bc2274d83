/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the policy's rules for names and issuers say of the anchors of a scan.
 * They need names and signatures parsed, which are foreign: a worker does
 * that, as nobody, and its word is checked against what the parent has.
 */
#ifndef RS_MATCH_NAME_H
#define RS_MATCH_NAME_H

#include "match-issuer.h"

struct rs_name_match {
	const struct rs_policy_root *root;
	const struct rs_policy_subject *subject;	/* the rule; NULL: by its issuer */
	enum rs_signature signature;			/* by its issuer */
};

/* Of one anchor. */
struct rs_named {
	struct rs_array matches;	/* struct rs_name_match *: no digest or key matched it */
	/* What a user's reader said of it follows from its bytes. Asked only
	 * where it matches, and lone trust is there to be found by it. */
	bool confirmed;
};

struct rs_names {
	struct rs_named *of;
	size_t *first;			/* of each store in of */
	size_t n;
};

/*
 * Runs the worker if there is anything for it to do. A store whose names it
 * could not read is in error from then on. asked: names (char *, identity.h)
 * of what counts as matched, whatever the policy says; NULL: none.
 */
void rs_names_make(struct rs_names *names, const struct rs_scan *scan,
		   const struct rs_policy *policy, const struct rs_array *asked);
void rs_names_free(struct rs_names *names);

/* Of an anchor, by its and its store's place in the scan. */
const struct rs_named *rs_names_of(const struct rs_names *names, size_t store, size_t anchor);

#endif
