/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Matching: which anchors the policy names, and which nobody vouches for.
 */
#ifndef RS_MATCH_H
#define RS_MATCH_H

#include "policy.h"
#include "scan.h"

enum rs_result {
	RS_RESULT_NONE,
	RS_RESULT_QUARANTINED, RS_RESULT_WOULD_QUARANTINE, RS_RESULT_REPORTED,
	RS_RESULT_FAILED, RS_RESULT_REFUSED, RS_RESULT_PENDING,
};

struct rs_finding {
	const struct rs_store *store;
	const struct rs_anchor *anchor;
	const struct rs_policy_root *root;	/* NULL: named by --certificate alone */
	enum rs_match_how how;
	bool by_name;				/* a name's or an issuer's rule led to it */
	enum rs_action action;			/* what this run is to do with it */
	enum rs_result result;
	bool still_trusted;			/* seen again after it was taken out */
	char *reason;
};

/* What the caller asked for by name. */
struct rs_wanted {
	struct rs_array entries;	/* char *: ids of --entry */
	/* char *: names of identity.h, by which --certificate is known. */
	struct rs_array certificates;
	bool force;
};

struct rs_matches {
	struct rs_array findings;	/* struct rs_finding * */
	struct rs_array unknown;	/* struct rs_finding *, root NULL: neither public nor named */
	/* struct rs_finding *: would be one of those but for an <allow>, or an
	 * entry whose action is ignore; reason says which. */
	struct rs_array allowed;
};

/*
 * Sets the state of each store that was read to findings or no_findings; one
 * whose names could not be compared is in error. Identity learnt is used:
 * where a certificate matches by any rule, lone trust that carries its digests
 * or its issuer and serial matches too, in every store.
 *
 * What a name or an issuer says is never more than a report unless the entry
 * and the anchor allow it: by issuer the signature must verify, by subject the
 * rule must act and the anchor be added here, not public, not a package's. A
 * public one, or trust that is left of one, goes only by --certificate with
 * --force, or by an entry for public ones that names its digest or key.
 *
 * A copy that the system makes from its store is allowed where its source is.
 */
void rs_match(struct rs_matches *matches, struct rs_scan *scan,
	      const struct rs_policy *policy, const struct rs_wanted *wanted);
void rs_matches_free(struct rs_matches *matches);

const char *rs_result_name(enum rs_result result);
/* The finding's entry id, or "certificate" where --certificate named it. */
const char *rs_finding_entry(const struct rs_finding *finding);

#endif
