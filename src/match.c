/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match.h"

#include <string.h>

static void
finding_free(void *p)
{
	struct rs_finding *finding = p;

	free(finding->reason);
	free(finding);
}

struct learnt {
	struct rs_map roots;		/* identity -> struct rs_policy_root * */
	struct rs_map named;		/* identities of what --certificate names */
	const struct rs_policy *policy;
	const struct rs_wanted *wanted;
};

static char *
issuer_serial_key(const struct rs_cert *cert)
{
	if (cert->issuer_der == NULL || cert->serial == NULL)
		return NULL;
	return rs_printf("%s %s", cert->issuer_der, cert->serial);
}

static void
learn(struct rs_map *map, const struct rs_cert *cert, const void *what)
{
	RS_AUTOFREE char *key = issuer_serial_key(cert);
	const char *const names[] = { cert->sha256, cert->sha1, key };

	for (size_t i = 0; i < RS_COUNT(names); i++)
		if (names[i] != NULL)
			rs_map_add(map, names[i], (void *)(uintptr_t)what);
}

static const void *
recall(const struct rs_map *map, const struct rs_cert *cert, enum rs_match_how *how)
{
	RS_AUTOFREE char *key = issuer_serial_key(cert);
	const void *what;

	*how = RS_MATCH_CERTIFICATE;
	what = rs_map_get(map, cert->sha256);
	if (what != NULL)
		return what;
	*how = RS_MATCH_SHA1;
	what = rs_map_get(map, cert->sha1);
	/* A digest that contradicts is another certificate's trust. */
	if (what != NULL || cert->sha1 != NULL || cert->sha256 != NULL)
		return what;
	*how = RS_MATCH_ISSUER_SERIAL;
	return rs_map_get(map, key);
}

/*
 * Issuer and serial are a stranger's choice: where the entry knows its
 * certificate's digest, an object with another digest is another's.
 */
static const struct rs_policy_root *
match_policy(const struct rs_policy *policy, const struct rs_cert *cert, enum rs_match_how *how)
{
	const struct rs_policy_root *root = rs_policy_match(policy, cert, how);

	if (root != NULL && *how == RS_MATCH_ISSUER_SERIAL &&
	    ((cert->sha256 != NULL && root->sha256.n > 0) ||
	     (cert->sha1 != NULL && root->sha1.n > 0)))
		return NULL;
	return root;
}

static const struct rs_policy_root *
match_one(const struct learnt *learnt, const struct rs_anchor *anchor, enum rs_match_how *how)
{
	const struct rs_policy_root *root = match_policy(learnt->policy, anchor->cert, how);

	return root != NULL ? root : recall(&learnt->roots, anchor->cert, how);
}

static bool
is_wanted(const struct learnt *learnt, const struct rs_cert *cert)
{
	return cert->sha256 != NULL && rs_array_has_str(&learnt->wanted->sha256, cert->sha256);
}

/* What of its action stands once the caller's wishes and the guards are heard. */
static enum rs_action
decide(const struct rs_wanted *wanted, struct rs_finding *finding, bool by_digest)
{
	bool some_named = wanted->entries.n + wanted->sha256.n > 0;
	enum rs_action action = finding->root ? finding->root->action : RS_ACTION_REPORT;

	if (by_digest)
		action = RS_ACTION_QUARANTINE;
	else if (finding->root != NULL && rs_array_has_str(&wanted->entries, finding->root->id))
		action = RS_ACTION_QUARANTINE;
	else if (some_named && action == RS_ACTION_QUARANTINE)
		action = RS_ACTION_REPORT;
	if (action == RS_ACTION_QUARANTINE && finding->anchor->is_public &&
	    !(by_digest && wanted->force)) {
		finding->reason = rs_strdup("it is in a public root programme: only --certificate "
					    "with --force takes it out");
		action = RS_ACTION_REPORT;
		finding->result = by_digest ? RS_RESULT_REFUSED : RS_RESULT_NONE;
	}
	return action;
}

static struct rs_finding *
new_finding(const struct rs_store *store, const struct rs_anchor *anchor)
{
	struct rs_finding *finding = rs_alloc(sizeof(*finding));

	finding->store = store;
	finding->anchor = anchor;
	finding->action = RS_ACTION_REPORT;
	return finding;
}

static void
match_anchor(struct rs_matches *matches, const struct learnt *learnt, struct rs_store *store,
	     const struct rs_anchor *anchor)
{
	const struct rs_cert *cert = anchor->cert;
	enum rs_match_how how, named_how = RS_MATCH_CERTIFICATE;
	const struct rs_policy_root *root = match_one(learnt, anchor, &how);
	bool by_digest = is_wanted(learnt, cert) ||
	    recall(&learnt->named, cert, &named_how) != NULL;
	const struct rs_policy_allow *allow =
	    rs_policy_allowed(learnt->policy, cert, root, store->id, rs_now());
	struct rs_finding *finding;

	if (root != NULL && root->action == RS_ACTION_IGNORE && !by_digest &&
	    !rs_array_has_str(&learnt->wanted->entries, root->id))
		return;
	if (root == NULL && !by_digest) {
		if (!anchor->is_public && allow == NULL)
			rs_array_add(&matches->unknown, new_finding(store, anchor));
		return;
	}
	finding = new_finding(store, anchor);
	finding->root = root;
	finding->how = root != NULL ? how : named_how;
	finding->action = decide(learnt->wanted, finding, by_digest);
	if (allow != NULL && !by_digest && finding->action == RS_ACTION_QUARANTINE) {
		finding->action = RS_ACTION_REPORT;
		finding->reason = rs_printf("allowed by %s, line %u%s%s", allow->file, allow->line,
		    allow->reason ? ": " : "", allow->reason ? allow->reason : "");
	}
	rs_array_add(&matches->findings, finding);
	if (store->state == RS_STORE_NO_FINDINGS)
		store->state = RS_STORE_FINDINGS;
}

/* Whatever rule found a certificate: its other names are known from now on. */
static void
learn_identities(const struct rs_scan *scan, struct learnt *learnt)
{
	for (size_t i = 0; i < scan->stores.n; i++) {
		const struct rs_store *store = scan->stores.v[i];

		for (size_t k = 0; k < store->anchors.n; k++) {
			const struct rs_anchor *anchor = store->anchors.v[k];
			enum rs_match_how how;
			const struct rs_policy_root *root =
			    match_policy(learnt->policy, anchor->cert, &how);

			if (root != NULL && !anchor->trust_only)
				learn(&learnt->roots, anchor->cert, root);
			if (is_wanted(learnt, anchor->cert))
				learn(&learnt->named, anchor->cert, anchor);
		}
	}
}

void
rs_match(struct rs_matches *matches, struct rs_scan *scan, const struct rs_policy *policy,
	 const struct rs_wanted *wanted)
{
	struct learnt learnt = { .policy = policy, .wanted = wanted };

	rs_array_init(&matches->findings, finding_free);
	rs_array_init(&matches->unknown, finding_free);
	learn_identities(scan, &learnt);
	for (size_t i = 0; i < scan->stores.n; i++) {
		struct rs_store *store = scan->stores.v[i];

		for (size_t k = 0; k < store->anchors.n; k++)
			match_anchor(matches, &learnt, store, store->anchors.v[k]);
	}
	rs_map_free(&learnt.roots);
	rs_map_free(&learnt.named);
}

void
rs_matches_free(struct rs_matches *matches)
{
	rs_array_free(&matches->findings);
	rs_array_free(&matches->unknown);
}

const char *
rs_result_name(enum rs_result result)
{
	static const char *const names[] = {
		[RS_RESULT_QUARANTINED] = "quarantined",
		[RS_RESULT_WOULD_QUARANTINE] = "would_quarantine",
		[RS_RESULT_REPORTED] = "reported",
		[RS_RESULT_FAILED] = "failed",
		[RS_RESULT_REFUSED] = "refused",
		[RS_RESULT_PENDING] = "pending",
	};

	return names[result];
}

const char *
rs_finding_entry(const struct rs_finding *finding)
{
	return finding->root != NULL ? finding->root->id : "certificate";
}
