/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify.h"

#include "verify-place.h"

static const struct rs_store *
store_by_id(const struct rs_scan *scan, const char *id)
{
	for (size_t i = 0; i < scan->stores.n; i++) {
		const struct rs_store *store = scan->stores.v[i];

		if (rs_streq(store->id, id))
			return store;
	}
	return NULL;
}

static bool
is_same(const struct rs_anchor *a, const struct rs_anchor *b)
{
	const struct rs_cert *x = a->cert, *y = b->cert;

	if (x->sha256 != NULL && y->sha256 != NULL)
		return rs_streq(x->sha256, y->sha256);
	if (x->sha1 != NULL && y->sha1 != NULL)
		return rs_streq(x->sha1, y->sha1);
	return x->issuer_der != NULL && rs_streq(x->issuer_der, y->issuer_der) &&
	    rs_streq(x->serial, y->serial);
}

static const struct rs_anchor *
find(const struct rs_store *store, const struct rs_anchor *wanted)
{
	for (size_t i = 0; store != NULL && i < store->anchors.n; i++)
		if (is_same(store->anchors.v[i], wanted))
			return store->anchors.v[i];
	return NULL;
}

static bool
was_taken(const struct rs_array *taken, const struct rs_anchor *anchor)
{
	for (size_t i = 0; i < taken->n; i++)
		if (is_same(((struct rs_finding *)taken->v[i])->anchor, anchor))
			return true;
	return false;
}

static void
note(struct rs_array *list, const struct rs_store *store, const struct rs_anchor *anchor)
{
	RS_AUTOFREE char *title = rs_cert_title(anchor->cert);
	RS_AUTOFREE char *line = rs_printf("%s: %s", store->path, title);

	rs_array_add_str(list, line);
}

/* Partial now, and not before: what is NULL counts as not partial. */
static bool
has_become_partial(const struct rs_store *store, const struct rs_store *old)
{
	return store != NULL && rs_store_is_partial(store) &&
	    (old == NULL || !rs_store_is_partial(old));
}

/*
 * What was read before and cannot be read now says nothing of what it trusts.
 * A store that is not told of at all may be gone, or its owner's worker died.
 */
static bool
note_unread(struct rs_verdict *verdict, const struct rs_scan *before, const struct rs_scan *now,
	    const struct rs_store *old)
{
	const struct rs_store *store = store_by_id(now, old->id);
	bool told = store != NULL || now->stores.n > 0;
	RS_AUTOFREE char *line = NULL;

	for (size_t i = 0; i < now->stores.n && store == NULL; i++) {
		const struct rs_store *other = now->stores.v[i];

		if (rs_streq(other->owner, old->owner) &&
		    has_become_partial(other, store_by_id(before, other->id)))
			store = other;
	}
	if (told && !has_become_partial(store, old))
		return false;
	line = rs_printf("%s: %s", old->path, store != NULL && store->reason != NULL ?
			 store->reason : "it was not looked at again");
	rs_array_add_str(&verdict->unverified, line);
	return true;
}

static void
compare(struct rs_verdict *verdict, const struct rs_scan *before, const struct rs_scan *now,
	const struct rs_array *taken)
{
	for (size_t i = 0; i < taken->n; i++) {
		struct rs_finding *finding = taken->v[i];
		const struct rs_store *store = store_by_id(now, finding->store->id);

		finding->still_trusted = find(store, finding->anchor) != NULL;
		if (finding->still_trusted)
			note(&verdict->still_trusted, finding->store, finding->anchor);
	}
	for (size_t i = 0; i < before->stores.n; i++) {
		const struct rs_store *old = before->stores.v[i];
		const struct rs_store *store = store_by_id(now, old->id);
		bool unread = old->anchors.n > 0 && note_unread(verdict, before, now, old);

		/* Of one that cannot be read nothing is known to be lost; and a user
		 * may take a store away, but who the system's? */
		if (store == NULL ? unread || !rs_streq(old->owner, RS_OWNER_SYSTEM) :
		    store->anchors.n == 0 && rs_store_is_partial(store))
			continue;
		for (size_t k = 0; k < old->anchors.n; k++) {
			const struct rs_anchor *anchor = old->anchors.v[k];

			if (!was_taken(taken, anchor) && find(store, anchor) == NULL)
				note(&verdict->lost, old, anchor);
		}
	}
}

void
rs_verify_gone(struct rs_verdict *verdict, const struct rs_scan *before,
	       const struct rs_array *taken, const struct rs_scope *scope)
{
	struct rs_scan now;

	rs_array_init(&verdict->still_trusted, free);
	rs_array_init(&verdict->lost, free);
	rs_array_init(&verdict->unverified, free);
	rs_scan_run(&now, scope);
	compare(verdict, before, &now, taken);
	rs_verify_places(verdict, before, taken, scope);
	rs_scan_free(&now);
}

void
rs_verdict_free(struct rs_verdict *verdict)
{
	rs_array_free(&verdict->still_trusted);
	rs_array_free(&verdict->lost);
	rs_array_free(&verdict->unverified);
}
