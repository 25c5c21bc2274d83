/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "anchor.h"

#include <string.h>

#include "store.h"

struct rs_origin *
rs_origin_new(const char *path, const char *object, enum rs_how how)
{
	struct rs_origin *origin = rs_alloc(sizeof(*origin));

	origin->path = rs_strdup(path);
	origin->object = rs_strdup(object);
	origin->how = how;
	rs_array_init(&origin->ids, free);
	return origin;
}

void
rs_origin_free(void *p)
{
	struct rs_origin *origin = p;

	if (origin == NULL)
		return;
	free(origin->path);
	free(origin->object);
	free(origin->stamp.sha256);
	free(origin->reason);
	free(origin->package);
	rs_array_free(&origin->ids);
	free(origin);
}

char *
rs_origin_where(const struct rs_origin *origin)
{
	if (origin->how == RS_HOW_REPORT && origin->object != NULL)
		return rs_printf("%s: %s", origin->path, origin->object);
	/* The line of a list is as good as the file that it selects. */
	return rs_strdup(origin->how == RS_HOW_CONF ? origin->object : origin->path);
}

struct rs_anchor *
rs_anchor_new(struct rs_cert *cert)
{
	struct rs_anchor *anchor = rs_alloc(sizeof(*anchor));

	anchor->cert = cert;
	rs_array_init(&anchor->origins, rs_origin_free);
	return anchor;
}

void
rs_anchor_free(void *p)
{
	struct rs_anchor *anchor = p;

	if (anchor == NULL)
		return;
	rs_cert_free(anchor->cert);
	rs_array_free(&anchor->origins);
	free(anchor);
}

struct rs_store *
rs_store_new(const char *kind, const char *owner, const char *path)
{
	struct rs_store *store = rs_alloc(sizeof(*store));

	store->kind = kind;
	store->owner = rs_strdup(owner);
	store->path = rs_strdup(path);
	store->id = rs_printf("%s:%s:%s", kind, owner, path);
	rs_array_init(&store->anchors, rs_anchor_free);
	rs_array_init(&store->disagreements, free);
	return store;
}

void
rs_store_free(void *p)
{
	struct rs_store *store = p;

	if (store == NULL)
		return;
	free(store->path);
	free(store->owner);
	free(store->id);
	free(store->reason);
	rs_array_free(&store->anchors);
	rs_array_free(&store->disagreements);
	free(store);
}

void
rs_store_fail(struct rs_store *store, enum rs_store_state state, const char *fmt, ...)
{
	va_list ap;

	if (store->reason != NULL && store->state >= state)
		return;
	free(store->reason);
	va_start(ap, fmt);
	store->reason = rs_vprintf(fmt, ap);
	va_end(ap);
	store->state = state;
}

bool
rs_store_is_partial(const struct rs_store *store)
{
	switch (store->state) {
	case RS_STORE_SKIPPED:
	case RS_STORE_LOCKED:
	case RS_STORE_PENDING:
	case RS_STORE_UNSUPPORTED:
	case RS_STORE_ERROR:
		return true;
	default:
		return store->disagreements.n > 0;
	}
}

void
rs_store_report_only(struct rs_store *store, const char *reason)
{
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		for (size_t k = 0; k < anchor->origins.n; k++) {
			struct rs_origin *origin = anchor->origins.v[k];

			origin->how = RS_HOW_REPORT;
			free(origin->reason);
			origin->reason = rs_strdup(reason);
		}
	}
}

void
rs_store_disagree(struct rs_store *store, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	rs_array_add(&store->disagreements, rs_vprintf(fmt, ap));
	va_end(ap);
}

static bool
same_identity(const struct rs_anchor *a, const struct rs_anchor *b)
{
	const struct rs_cert *x = a->cert, *y = b->cert;

	if (a->trust_only != b->trust_only)
		return false;
	if (x->sha256 != NULL && y->sha256 != NULL)
		return rs_streq(x->sha256, y->sha256);
	return rs_streq(x->sha256, y->sha256) && rs_streq(x->sha1, y->sha1) &&
	    rs_streq(x->issuer_der, y->issuer_der) && rs_streq(x->serial, y->serial);
}

struct rs_anchor *
rs_store_add(struct rs_store *store, struct rs_anchor *anchor)
{
	for (size_t i = 0; i < store->anchors.n; i++) {
		struct rs_anchor *old = store->anchors.v[i];

		if (!same_identity(old, anchor))
			continue;
		old->trust |= anchor->trust;
		old->witnesses |= anchor->witnesses;
		old->is_public |= anchor->is_public;
		old->package_owned |= anchor->package_owned;
		for (size_t k = 0; k < anchor->origins.n; k++)
			rs_array_add(&old->origins, anchor->origins.v[k]);
		anchor->origins.n = 0;
		rs_anchor_free(anchor);
		return old;
	}
	return rs_array_add(&store->anchors, anchor);
}

static const char *const state_names[] = {
	[RS_STORE_NO_FINDINGS] = "no_findings",
	[RS_STORE_FINDINGS] = "findings",
	[RS_STORE_EXCLUDED] = "excluded",
	[RS_STORE_ABSENT] = "absent",
	[RS_STORE_SKIPPED] = "skipped",
	[RS_STORE_LOCKED] = "locked",
	[RS_STORE_PENDING] = "pending",
	[RS_STORE_UNSUPPORTED] = "unsupported",
	[RS_STORE_ERROR] = "error",
};

const char *
rs_store_state_name(enum rs_store_state state)
{
	return state_names[state];
}

static const struct {
	const char *name;
	bool system, users;		/* who may have stores of this kind */
} kinds[] = {
	{ RS_KIND_P11KIT, true, false },
	{ RS_KIND_OPENSSL_DIR, true, false },
	{ RS_KIND_JAVA, true, true },
	{ RS_KIND_NSS, false, true },
	{ RS_KIND_CHROMIUM, false, true },
	{ RS_KIND_BROWSER_POLICY, true, true },
	{ RS_KIND_TOOL_CONFIG, true, true },
};

const char *
rs_store_kind(const char *name)
{
	for (size_t i = 0; i < RS_COUNT(kinds); i++)
		if (rs_streq(name, kinds[i].name))
			return kinds[i].name;
	return NULL;
}

bool
rs_store_kind_may_be(const char *kind, bool users)
{
	for (size_t i = 0; i < RS_COUNT(kinds); i++)
		if (rs_streq(kind, kinds[i].name))
			return users ? kinds[i].users : kinds[i].system;
	return false;
}

bool
rs_store_is_excluded(const struct rs_array *exclude, const char *kind, const char *owner,
		     const char *path)
{
	for (size_t i = 0; exclude != NULL && i < exclude->n; i++) {
		const char *what = exclude->v[i];
		size_t n = strlen(what);

		if (rs_streq(what, kind) || rs_streq(what, owner))
			return true;
		if (what[0] == '/' && strncmp(path, what, n) == 0 &&
		    (path[n] == '\0' || path[n] == '/' || what[n - 1] == '/'))
			return true;
	}
	return false;
}

bool
rs_store_is_users(const struct rs_store *store)
{
	return !rs_streq(store->owner, RS_OWNER_SYSTEM);
}
