/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match.h"

#include <string.h>

#include "identity.h"
#include "match-name.h"

static void
finding_free(void *p)
{
	struct rs_finding *finding = p;

	free(finding->reason);
	free(finding);
}

/* An entry that matches, and NULL or why nothing more than a report follows. */
struct hit {
	const struct rs_policy_root *root;
	enum rs_match_how how;
	const char *weak;
	bool is_public;			/* what matches is, or what its trust is of */
	bool by_name;			/* a name or an issuer, here or where it was learnt */
};

struct matching {
	const struct rs_scan *scan;
	const struct rs_policy *policy;
	const struct rs_wanted *wanted;
	struct rs_names names;
	struct rs_map from_package;	/* SHA-256 of what some package brought */
	struct rs_map sources;		/* SHA-256 -> store that copies are made of */
	struct rs_map certs;		/* identity -> certificate of the system's */
	struct rs_map learnt;		/* identity -> struct hit * */
	struct rs_map asked;		/* identity of what --certificate names -> anchor */
	struct rs_array hits;		/* those of learnt */
};

/* Of lone trust only: what a certificate matches, its own bytes tell. */
static const void *
recall(const struct rs_map *map, const struct rs_anchor *anchor, enum rs_match_how *how)
{
	return anchor->trust_only ? rs_identity_get(map, anchor->cert, how) : NULL;
}

/* Why no more than a report follows from what a name or an issuer says. */
static const char *
weakness(const struct matching *m, const struct rs_anchor *anchor,
	 const struct rs_name_match *match)
{
	if (anchor->is_public)
		return "it is in a public root programme, against which a name or an issuer alone "
		    "says nothing";
	if (match->subject == NULL)
		return match->signature == RS_SIGNATURE_GOOD ? NULL :
		    match->signature == RS_SIGNATURE_BAD ?
		    "it only says to be issued by that authority: the signature is another's" :
		    "it says to be issued by that authority, whose certificate is not here: the "
		    "signature could not be checked";
	if (anchor->trust_only)
		return "only its issuer's name is on the list";
	if (!match->subject->acts)
		return "only its name is on the list, and anybody can choose a name";
	if (rs_map_get(&m->from_package, anchor->cert->sha256) != NULL)
		return "only its name is on the list, and a package brought it";
	if (!m->scan->public_known)
		return "only its name is on the list, and which certificates are public could not "
		    "be told here";
	return NULL;
}

/* Of several: the last place's, what acts, and by its issuer, in this order. */
static int
strength(const struct hit *hit)
{
	return (hit->weak == NULL ? 2 : 0) + (hit->how == RS_MATCH_ISSUER);
}

static bool
match_names(const struct matching *m, const struct rs_anchor *anchor,
	    const struct rs_named *named, struct hit *best)
{
	best->root = NULL;
	for (size_t i = 0; i < named->matches.n; i++) {
		const struct rs_name_match *match = named->matches.v[i];
		struct hit hit = {
			.root = match->root,
			.how = match->subject == NULL ? RS_MATCH_ISSUER : RS_MATCH_SUBJECT,
			.weak = weakness(m, anchor, match),
			.is_public = anchor->is_public,
			.by_name = true,
		};

		if (best->root == NULL || hit.root->place > best->root->place ||
		    (hit.root->place == best->root->place && strength(&hit) > strength(best)))
			*best = hit;
	}
	return best->root != NULL;
}

static bool
match_one(const struct matching *m, const struct rs_anchor *anchor,
	  const struct rs_named *named, struct hit *hit)
{
	enum rs_match_how how = RS_MATCH_CERTIFICATE;
	const struct hit *known;

	*hit = (struct hit){ .how = how, .is_public = anchor->is_public };
	hit->root = rs_policy_match(m->policy, anchor->cert, &hit->how);
	if (hit->root != NULL)
		return true;
	known = recall(&m->learnt, anchor, &how);
	if (known == NULL)
		return match_names(m, anchor, named, hit);
	*hit = *known;
	hit->how = how;
	hit->is_public |= anchor->is_public;
	return true;
}

/* Whether --certificate names it, or what its trust is of; that may be public. */
static bool
is_asked(const struct matching *m, const struct rs_anchor *anchor, struct hit *hit)
{
	const struct rs_anchor *known;

	*hit = (struct hit){ .is_public = anchor->is_public };
	if (rs_identity_is_one_of(&m->wanted->certificates, anchor->cert, &hit->how))
		return true;
	known = recall(&m->asked, anchor, &hit->how);
	hit->is_public |= known != NULL && known->is_public;
	return known != NULL;
}

/* What of its action stands once the caller's wishes and the guards are heard. */
static void
decide(const struct rs_wanted *wanted, struct rs_finding *finding, const struct hit *hit,
       bool by_digest)
{
	const struct rs_policy_root *root = hit->root;
	bool some_named = wanted->entries.n + wanted->certificates.n > 0;
	bool may = by_digest ? wanted->force : root->take_public;

	finding->action = root != NULL ? root->action : RS_ACTION_REPORT;
	if (by_digest || rs_array_has_str(&wanted->entries, root->id))
		finding->action = RS_ACTION_QUARANTINE;
	else if (some_named && finding->action == RS_ACTION_QUARANTINE)
		finding->action = RS_ACTION_REPORT;
	if (hit->weak != NULL && !by_digest) {
		finding->reason = rs_strdup(hit->weak);
		finding->action = RS_ACTION_REPORT;
	}
	if (finding->action == RS_ACTION_QUARANTINE && hit->is_public && !may) {
		finding->reason = rs_strdup("it is in a public root programme: only --certificate "
					    "with --force takes it out, or public=\"yes\" in an "
					    "administrator's policy file");
		finding->action = RS_ACTION_REPORT;
		finding->result = by_digest ? RS_RESULT_REFUSED : RS_RESULT_NONE;
	}
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

/* Neither shown as a finding nor as unknown, but not passed over in silence. */
static void
leave(struct rs_matches *matches, struct rs_finding *finding,
      const struct rs_policy_allow *allow)
{
	const struct rs_policy_root *root = finding->root;

	finding->action = RS_ACTION_IGNORE;
	if (allow == NULL)
		finding->reason = rs_printf("ignored by %s, line %u", root->decided_by,
					    root->decided_line);
	if (finding->anchor->is_public)
		finding_free(finding);
	else
		rs_array_add(&matches->allowed, finding);
}

static bool
is_derived(const struct rs_anchor *anchor)
{
	for (size_t i = 0; i < anchor->origins.n; i++)
		if (((const struct rs_origin *)anchor->origins.v[i])->how != RS_HOW_DERIVED)
			return false;
	return anchor->origins.n > 0;
}

/* A copy that a tool makes comes and goes with its source, so with its <allow>. */
static const struct rs_policy_allow *
find_allow(const struct matching *m, const struct rs_store *store,
	   const struct rs_anchor *anchor, const struct rs_policy_root *root)
{
	const struct rs_store *source = !rs_store_is_users(store) && is_derived(anchor) ?
	    rs_map_get(&m->sources, anchor->cert->sha256) : NULL;
	enum rs_match_how how;
	const struct rs_cert *cert = recall(&m->certs, anchor, &how);

	return rs_policy_allowed(m->policy, cert != NULL ? cert : anchor->cert, root,
				 source != NULL ? source->id : store->id, rs_now());
}

/*
 * Nothing to tell of a public root; but issuer and serial alone, which anybody
 * can choose, are not enough to be silent about trust.
 */
static bool
is_vouched_for(const struct rs_anchor *anchor)
{
	return anchor->is_public &&
	    (!anchor->trust_only || anchor->cert->sha256 != NULL || anchor->cert->sha1 != NULL);
}

/* Neither named by an entry nor asked for. */
static void
add_unknown(struct rs_matches *matches, struct rs_finding *finding,
	    const struct rs_policy_allow *allow)
{
	if (allow != NULL)
		leave(matches, finding, allow);
	else
		rs_array_add(&matches->unknown, finding);
}

static void
match_anchor(struct rs_matches *matches, const struct matching *m, struct rs_store *store,
	     const struct rs_anchor *anchor, const struct rs_named *named)
{
	const struct rs_policy_allow *allow;
	struct rs_finding *finding;
	struct hit hit, asked;
	bool by_digest = is_asked(m, anchor, &asked);
	bool matched = match_one(m, anchor, named, &hit);

	allow = by_digest ? NULL : find_allow(m, store, anchor, hit.root);
	if (!matched && !by_digest && is_vouched_for(anchor))
		return;
	hit.is_public |= asked.is_public;
	finding = new_finding(store, anchor);
	finding->root = hit.root;
	finding->how = matched ? hit.how : asked.how;
	finding->by_name = matched && hit.by_name;
	if (allow != NULL)
		finding->reason = rs_printf("allowed by %s, line %u%s%s", allow->file, allow->line,
		    allow->reason ? ": " : "", allow->reason ? allow->reason : "");
	if (!matched && !by_digest) {
		add_unknown(matches, finding, allow);
		return;
	}
	if (matched && hit.root->action == RS_ACTION_IGNORE && !by_digest &&
	    !rs_array_has_str(&m->wanted->entries, hit.root->id)) {
		leave(matches, finding, allow);
		return;
	}
	if (allow == NULL)
		decide(m->wanted, finding, &hit, by_digest);
	rs_array_add(&matches->findings, finding);
	if (store->state == RS_STORE_NO_FINDINGS)
		store->state = RS_STORE_FINDINGS;
}

/*
 * Whatever rule found a certificate: its other names are known from now on.
 * From a user's store only what its bytes confirm, or one user could have
 * another's trust taken out.
 */
static void
learn_identities(struct matching *m)
{
	for (size_t i = 0; i < m->scan->stores.n; i++) {
		const struct rs_store *store = m->scan->stores.v[i];

		for (size_t k = 0; k < store->anchors.n; k++) {
			struct rs_anchor *anchor = store->anchors.v[k];
			const struct rs_named *named = rs_names_of(&m->names, i, k);
			struct hit hit, asked;

			if (anchor->trust_only ||
			    (rs_store_is_users(store) && !named->confirmed))
				continue;
			if (match_one(m, anchor, named, &hit))
				rs_identity_add(&m->learnt, anchor->cert, rs_array_add(&m->hits,
						rs_memdup(&hit, sizeof(hit))));
			if (is_asked(m, anchor, &asked))
				rs_identity_add(&m->asked, anchor->cert, anchor);
		}
	}
}

/* What some package brought: by the file of a folder, or a line that selects one. */
static bool
is_packaged(const struct rs_anchor *anchor)
{
	for (size_t i = 0; i < anchor->origins.n; i++) {
		const struct rs_origin *origin = anchor->origins.v[i];

		if (origin->package != NULL || origin->how == RS_HOW_DISTRUST)
			return true;
	}
	return anchor->package_owned;
}

/* A user's word on packages, and on other people's certificates, counts for nothing. */
static void
learn_system(struct matching *m)
{
	for (size_t i = 0; i < m->scan->stores.n; i++) {
		struct rs_store *store = m->scan->stores.v[i];

		for (size_t k = 0; !rs_store_is_users(store) && k < store->anchors.n; k++) {
			const struct rs_anchor *anchor = store->anchors.v[k];
			struct rs_cert *cert = anchor->cert;

			if (cert->sha256 == NULL)
				continue;
			if (is_packaged(anchor))
				rs_map_add(&m->from_package, cert->sha256, m);
			if (rs_streq(store->kind, RS_KIND_P11KIT) && !is_derived(anchor))
				rs_map_add(&m->sources, cert->sha256, store);
			if (m->policy->allows.n > 0)
				rs_identity_add(&m->certs, cert, cert);
		}
	}
}

void
rs_match(struct rs_matches *matches, struct rs_scan *scan, const struct rs_policy *policy,
	 const struct rs_wanted *wanted)
{
	struct matching m = { .scan = scan, .policy = policy, .wanted = wanted };

	rs_array_init(&matches->findings, finding_free);
	rs_array_init(&matches->unknown, finding_free);
	rs_array_init(&matches->allowed, finding_free);
	rs_array_init(&m.hits, free);
	rs_names_make(&m.names, scan, policy, &wanted->certificates);
	learn_system(&m);
	learn_identities(&m);
	for (size_t i = 0; i < scan->stores.n; i++) {
		struct rs_store *store = scan->stores.v[i];

		for (size_t k = 0; k < store->anchors.n; k++)
			match_anchor(matches, &m, store, store->anchors.v[k],
				     rs_names_of(&m.names, i, k));
	}
	rs_map_free(&m.learnt);
	rs_map_free(&m.asked);
	rs_map_free(&m.from_package);
	rs_map_free(&m.sources);
	rs_map_free(&m.certs);
	rs_array_free(&m.hits);
	rs_names_free(&m.names);
}

void
rs_matches_free(struct rs_matches *matches)
{
	rs_array_free(&matches->findings);
	rs_array_free(&matches->unknown);
	rs_array_free(&matches->allowed);
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
