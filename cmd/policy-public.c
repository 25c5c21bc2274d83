/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which entries of a policy file hit public roots of this machine: such an
 * entry is nearly always a mistake, and would be one with grave results.
 */
#include <string.h>

#include "match-name.h"
#include "policy-cmd.h"
#include "token.h"
#include "wire.h"
#include "worker.h"

#define SECONDS 20

static void
run_public(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	struct rs_store *store = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, "/");
	struct rs_array certs;
	char *why = NULL;

	rs_array_init(&certs, NULL);
	if (!rs_token_public(&certs, &why))
		wire->sink.fact(&wire->sink, RS_FACT_NOT_LOOKED_AT, why);
	for (size_t i = 0; i < certs.n; i++)
		rs_array_add(&store->anchors, rs_anchor_new(certs.v[i]));
	wire->sink.store(&wire->sink, store);
}

static void
take_line(struct rs_worker *worker, json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type");
	struct rs_public *public = worker->data;
	const char *why = "";
	struct rs_store *store;

	if (!rs_streq(type, "store")) {
		if (public->why == NULL)
			public->why = rs_wire_bytes(&r, "text");
		return;
	}
	store = rs_store_from_json(line, RS_OWNER_SYSTEM, &why);
	if (store != NULL && public->scan.stores.n == 0)
		rs_array_add(&public->scan.stores, store);
	else
		rs_store_free(store);
}

/* What the distribution's package brought and Mozilla's list does not have. */
static void
add_packaged(struct rs_public *public, const struct rs_scan *scan)
{
	struct rs_store *store = public->scan.stores.v[0];

	for (size_t i = 0; i < scan->stores.n; i++) {
		const struct rs_store *from = scan->stores.v[i];

		for (size_t k = 0; k < from->anchors.n; k++) {
			const struct rs_anchor *anchor = from->anchors.v[k];

			if (anchor->is_public && anchor->cert->der != NULL)
				rs_store_add(store, rs_anchor_new(rs_cert_copy(anchor->cert)));
		}
	}
	for (size_t i = 0; i < store->anchors.n; i++)
		((struct rs_anchor *)store->anchors.v[i])->is_public = true;
}

void
rs_public_make(struct rs_public *public)
{
	static const struct rs_user nobody = { .uid = 65534, .gid = 65534 };
	struct rs_worker *worker = rs_worker_new(RS_OWNER_SYSTEM, run_public, NULL);
	const struct rs_scope scope = { .system = true, .jobs = 2 };
	struct rs_scan scan;

	*public = (struct rs_public){ 0 };
	rs_array_init(&public->scan.stores, rs_store_free);
	worker->user = &nobody;
	worker->seconds = SECONDS;
	worker->line = take_line;
	worker->data = public;
	rs_worker_run(worker);
	if (worker->failure != NULL && public->why == NULL)
		public->why = rs_strdup(worker->failure);
	rs_worker_free(worker);
	if (public->scan.stores.n == 0)
		rs_array_add(&public->scan.stores,
			     rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, "/"));
	rs_scan_run(&scan, &scope);
	add_packaged(public, &scan);
	rs_scan_free(&scan);
}

void
rs_public_free(struct rs_public *public)
{
	rs_array_free(&public->scan.stores);
	free(public->why);
}

static void
hit_free(void *p)
{
	struct rs_public_hit *hit = p;

	free(hit->title);
	free(hit);
}

static void
add_hit(struct rs_array *hits, const struct rs_policy_root *root, const struct rs_cert *cert,
	enum rs_match_how how, bool acts)
{
	struct rs_public_hit *hit = rs_array_add(hits, rs_alloc(sizeof(*hit)));

	*hit = (struct rs_public_hit){ root, cert->sha256, rs_cert_title(cert), how, acts };
}

void
rs_public_hits(const struct rs_public *public, const struct rs_policy *policy,
	       struct rs_array *hits)
{
	const struct rs_store *store = public->scan.stores.v[0];
	struct rs_names names;

	rs_array_init(hits, hit_free);
	rs_names_make(&names, &public->scan, policy, NULL);
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_cert *cert = ((const struct rs_anchor *)store->anchors.v[i])->cert;
		const struct rs_named *named = rs_names_of(&names, 0, i);
		enum rs_match_how how;
		const struct rs_policy_root *root = rs_policy_match(policy, cert, &how);

		if (root != NULL)
			add_hit(hits, root, cert, how, false);
		for (size_t k = 0; k < named->matches.n; k++) {
			const struct rs_name_match *match = named->matches.v[k];

			add_hit(hits, match->root, cert,
				match->subject != NULL ? RS_MATCH_SUBJECT : RS_MATCH_ISSUER,
				match->subject != NULL && match->subject->acts);
		}
	}
	rs_names_free(&names);
}
