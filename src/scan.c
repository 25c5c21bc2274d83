/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan.h"

#include <string.h>
#include <unistd.h>

#include "home-stores.h"
#include "identity.h"
#include "immutable.h"
#include "layout.h"
#include "message.h"
#include "nss-modules.h"
#include "package.h"
#include "running.h"
#include "store-browser-policy.h"
#include "store-java.h"
#include "store-tool-config.h"
#include "token.h"
#include "wire.h"
#include "witness.h"
#include "worker.h"

/* A user's stores take this long at most, and each of them this long. */
#define USER_SECONDS 30
#define STORE_SECONDS 5
/* The OS store's file readers and modules. */
#define SYSTEM_SECONDS 60
#define SYSTEM_STORE_SECONDS 20

#define FACT_P11 "p11-kit"
#define FACT_P11_ABSENT "p11-kit_absent"
#define FACT_MISSING "reader_missing"

struct collecting {
	struct rs_scan *scan;
	const struct rs_scope *scope;
	struct rs_array witness;	/* struct rs_store *: as p11-kit tells them */
	struct rs_array p11_sources;	/* char *: paths whose files it reads as origins */
	bool p11_answered, p11_absent;
	char *p11_failure;
};

/*
 * In the p11-kit worker.
 */

static struct rs_store *
store_of_origin(struct rs_array *stores, const char *path)
{
	struct rs_store *store;

	for (size_t i = 0; i < stores->n; i++) {
		store = stores->v[i];
		if (rs_streq(store->path, path))
			return store;
	}
	store = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, path);
	return rs_array_add(stores, store);
}

static bool
is_distrusted(const struct rs_array *objects, const struct rs_cert *cert)
{
	for (size_t i = 0; i < objects->n; i++) {
		const struct rs_token_object *o = objects->v[i];

		if (o->distrusted && o->cert != NULL && cert->sha1 != NULL &&
		    rs_streq(o->cert->sha1, cert->sha1))
			return true;
	}
	return false;
}

static void
add_token_object(struct rs_array *stores, const struct rs_token_object *o)
{
	RS_AUTOFREE char *path = o->origin != NULL && o->origin[0] == '/' ?
	    rs_strdup(o->origin) : rs_printf("/p11-kit:%s", o->token ? o->token : "");
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(o->cert));
	struct rs_origin *origin = rs_origin_new(path, o->token, RS_HOW_REPORT);

	origin->reason = rs_printf("%s is kept by a p11-kit module in a way that is not "
				   "known here: take it out with the tool that put it there", path);
	rs_array_add(&anchor->origins, origin);
	anchor->trust = RS_TRUST_ANY;
	anchor->witnesses = RS_SEEN_P11KIT;
	/* No search for a twin: the module tells each object once. */
	rs_array_add(&store_of_origin(stores, path)->anchors, anchor);
}

static void
tell_public(struct rs_wire *wire, const struct rs_array *roots)
{
	for (size_t i = 0; i < roots->n; i++) {
		RS_AUTOFREE char *text = rs_identity_text(roots->v[i]);

		wire->sink.fact(&wire->sink, RS_FACT_PUBLIC, text);
	}
}

static void
run_p11kit(struct rs_worker *worker, struct rs_wire *wire)
{
	struct rs_array objects, stores, roots;
	char *why = NULL;

	setenv("P11_KIT_NO_USER_CONFIG", "1", 1);
	rs_array_init(&objects, rs_token_object_free);
	rs_array_init(&roots, NULL);
	rs_array_init(&stores, NULL);
	if (rs_token_public(&roots, &why))
		tell_public(wire, &roots);
	else
		wire->sink.fact(&wire->sink, RS_FACT_NOT_LOOKED_AT, why);
	free(rs_steal(&why));
	/* Modules answer for the running system, not for another tree. */
	if (worker->arg == NULL && rs_token_os(&objects, &why))
		wire->sink.fact(&wire->sink, FACT_P11, "");
	else if (worker->arg == NULL && why == NULL)
		wire->sink.fact(&wire->sink, FACT_P11_ABSENT, "");
	if (why != NULL)
		wire->sink.fact(&wire->sink, FACT_P11, why);
	for (size_t i = 0; i < objects.n; i++) {
		const struct rs_token_object *o = objects.v[i];

		if (o->trusted && !is_distrusted(&objects, o->cert))
			add_token_object(&stores, o);
	}
	for (size_t i = 0; i < stores.n; i++)
		wire->sink.store(&wire->sink, stores.v[i]);
}

static void
run_files(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	const struct rs_layout *layout = rs_layout_detect();
	RS_AUTOFREE char *immutable = rs_immutable_advice(""), *dir = NULL;
	struct rs_copies alone = { 0 };

	if (immutable != NULL)
		wire->sink.fact(&wire->sink, RS_FACT_IMMUTABLE, immutable);
	if (layout != NULL && layout->distrust_dir != NULL)
		dir = layout->distrust_dir(layout);
	if (dir != NULL)
		wire->sink.fact(&wire->sink, RS_FACT_DISTRUST, dir);

	if (layout != NULL) {
		wire->sink.fact(&wire->sink, RS_FACT_LAYOUT, layout->name);
		layout->read(layout, &wire->sink);
	} else {
		wire->sink.fact(&wire->sink, RS_FACT_NOT_LOOKED_AT, "the files of the OS store: "
				"this system keeps them in a way that is not known yet");
		rs_java_read_system(&alone, &wire->sink);
		rs_map_free(&alone.keystores);
	}
	rs_tool_config_read_system(&wire->sink);
	rs_browser_policies_read(&wire->sink);
	rs_nss_modules_tell_system(&wire->sink);
}

/*
 * In a user's worker.
 */

static struct rs_softoken *softoken;
static char *softoken_why;

static void
prepare_user(struct rs_worker *worker RS_UNUSED)
{
	softoken = rs_softoken_new(&softoken_why);
}

static void
run_user(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct collecting *c = worker->data;

	if (softoken == NULL)
		wire->sink.fact(&wire->sink, FACT_MISSING, softoken_why);
	rs_home_stores_read(worker->user, worker->arg != NULL, c->scope->mounts, softoken,
			    &wire->sink);
}

/*
 * In the parent.
 */

static void
take_store(struct collecting *c, struct rs_worker *worker, json_object *line, bool witness)
{
	bool users = !rs_streq(worker->owner, RS_OWNER_SYSTEM);
	const char *why = "";
	struct rs_store *store = rs_store_from_json(line, worker->owner, &why);

	if (store != NULL && !rs_store_kind_may_be(store->kind, users)) {
		rs_store_free(store);
		store = NULL;
		why = "it tells of a store that is not its own";
	}
	if (store == NULL) {
		if (worker->failure == NULL)
			worker->failure = rs_printf("the child's word was not understood: %s", why);
		return;
	}
	rs_array_add(witness ? &c->witness : &c->scan->stores, store);
	/* The processes of this system have not started on another tree's. */
	if (users && worker->root == NULL)
		rs_running_add(&c->scan->running, store, worker->user->uid);
}

static void
take_line(struct rs_worker *worker, json_object *line)
{
	struct collecting *c = worker->data;
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type"), *text = rs_wire_bytes(&r, "text");
	bool system = rs_streq(worker->owner, RS_OWNER_SYSTEM);

	if (rs_streq(type, "store")) {
		take_store(c, worker, line, worker->run == run_p11kit);
	} else if (text == NULL) {
		return;
	} else if (rs_streq(type, RS_FACT_PUBLIC) && system) {
		c->scan->public_known |= rs_identity_add_text(&c->scan->public_roots, text,
							      c->scan);
	} else if (rs_streq(type, RS_FACT_PACKAGED) && system) {
		rs_identity_add_text(&c->scan->packaged, text, c->scan);
	} else if (rs_streq(type, FACT_P11_ABSENT) && system) {
		/* Where no program can go by p11-kit, it is no reader to hear. */
		c->p11_absent = true;
		rs_array_add_str(&c->scan->not_looked_at, "the system's store by p11-kit, which "
				 "has no source of trust set up here (package p11-kit)");
	} else if (rs_streq(type, FACT_P11) && system) {
		c->p11_answered |= text[0] == '\0';
		if (text[0] != '\0' && c->p11_failure == NULL)
			c->p11_failure = rs_strdup(text);
	} else if (rs_streq(type, RS_FACT_P11_SOURCE) && system) {
		rs_array_add_str(&c->p11_sources, text);
	} else if (rs_streq(type, RS_FACT_LAYOUT) && system) {
		if (rs_layout_find(text) != NULL)
			c->scan->layout = rs_layout_find(text)->name;
	} else if (rs_streq(type, RS_FACT_IMMUTABLE) && system && c->scan->immutable == NULL) {
		c->scan->immutable = rs_steal(&text);
	} else if (rs_streq(type, RS_FACT_DISTRUST) && system && c->scan->distrust_dir == NULL) {
		c->scan->distrust_dir = rs_steal(&text);
	} else if (rs_streq(type, RS_FACT_NOTICE)) {
		rs_array_add_str(&c->scan->notices, text);
	} else if (rs_streq(type, FACT_MISSING) && rs_store_is_excluded(worker->exclude, RS_KIND_NSS,
								       worker->owner, "/")) {
		return;
	} else if (rs_streq(type, RS_FACT_NOT_LOOKED_AT) || rs_streq(type, FACT_MISSING)) {
		c->scan->reader_missing |= rs_streq(type, FACT_MISSING);
		rs_array_add_str(&c->scan->not_looked_at, text);
	}
}

/* What a worker could not tell is a store that could not be read. */
static void
take_failure(struct rs_scan *scan, const struct rs_worker *worker, const char *kind,
	     const char *path)
{
	bool users = !rs_streq(worker->owner, RS_OWNER_SYSTEM);
	struct rs_store *store;

	for (size_t i = 0; i < worker->skipped.n; i++) {
		const char *key = worker->skipped.v[i], *space = strchr(key, ' ');
		RS_AUTOFREE char *name = rs_strndup(key, strcspn(key, " "));
		const char *its_kind = rs_store_kind(name);

		if (space == NULL || its_kind == NULL || !rs_store_kind_may_be(its_kind, users) || space[1] != '/')
			continue;
		store = rs_store_new(its_kind, worker->owner, space + 1);
		rs_store_fail(store, RS_STORE_ERROR, "timed out, or its reader failed: it was "
			      "not read");
		rs_array_add(&scan->stores, store);
	}
	if (worker->failure == NULL)
		return;
	store = rs_store_new(kind, worker->owner, path);
	rs_store_fail(store, RS_STORE_ERROR, "not all was read: %s", worker->failure);
	rs_array_add(&scan->stores, store);
}

static struct rs_worker *
system_worker(const struct rs_scope *scope, struct collecting *c,
	      void (*run)(struct rs_worker *, struct rs_wire *))
{
	static const struct rs_user nobody = {
		.name = (char *)(uintptr_t)"nobody", .home = (char *)(uintptr_t)"/",
		.uid = 65534, .gid = 65534,
	};
	struct rs_worker *worker = rs_worker_new(RS_OWNER_SYSTEM, run, NULL);

	worker->user = &nobody;
	worker->read_all = run == run_files;
	if (run == run_p11kit)
		worker->arg = (void *)(uintptr_t)scope->root;
	else
		worker->root = scope->root;
	worker->seconds = SYSTEM_SECONDS;
	worker->store_seconds = SYSTEM_STORE_SECONDS;
	worker->line = take_line;
	worker->data = c;
	return worker;
}

static struct rs_worker *
user_worker(const struct rs_scope *scope, struct collecting *c, const struct rs_user *user)
{
	struct rs_worker *worker = rs_worker_new(user->name, run_user, NULL);

	worker->user = user;
	worker->root = scope->root;
	/* Only a caller's own run, without privilege, obeys the caller's links
	 * and environment. */
	worker->arg = getuid() != 0 && user->uid == getuid() ? worker : NULL;
	/* The system's stores explain each other, so that they are read all the
	 * same; a user's are each for itself. */
	worker->exclude = scope->exclude;
	worker->seconds = USER_SECONDS;
	worker->store_seconds = STORE_SECONDS;
	worker->prepare = prepare_user;
	worker->line = take_line;
	worker->data = c;
	return worker;
}

static struct rs_store *
layout_store(struct rs_scan *scan)
{
	for (size_t i = 0; i < scan->stores.n; i++) {
		struct rs_store *store = scan->stores.v[i];

		if (rs_streq(store->kind, RS_KIND_P11KIT))
			return store;
	}
	return NULL;
}

/* Whether p11-kit read this file as the layout's store, or as part of it. */
static bool
is_layouts(const struct collecting *c, const struct rs_store *store, const char *path)
{
	if (rs_streq(store->path, path))
		return true;
	for (size_t i = 0; i < c->p11_sources.n; i++)
		if (rs_streq(path, c->p11_sources.v[i]) ||
		    rs_layout_is_below(path, c->p11_sources.v[i]))
			return true;
	return false;
}

static void
join(struct rs_store *to, struct rs_store *from)
{
	for (size_t i = 0; i < from->anchors.n; i++)
		rs_array_add(&to->anchors, from->anchors.v[i]);
	from->anchors.n = 0;
	rs_store_free(from);
}

/* p11-kit's word is joined to the layout's store; what it alone has stays. */
static void
join_witness(struct collecting *c, bool expected)
{
	struct rs_store *store = layout_store(c->scan), *same = NULL;
	unsigned reader = c->p11_sources.n > 0 ? RS_SEEN_ORIGIN : RS_SEEN_BUNDLE;

	for (size_t i = 0; i < c->witness.n; i++) {
		struct rs_store *p11 = c->witness.v[i];

		if (store != NULL && is_layouts(c, store, p11->path) && same != NULL)
			join(same, p11);
		else if (store != NULL && is_layouts(c, store, p11->path))
			same = p11;
		else
			rs_array_add(&c->scan->stores, p11);
	}
	if (store != NULL && c->p11_answered)
		rs_witness_compare(store, same, reader);
	else if (store != NULL && expected && !c->p11_absent)
		rs_store_fail(store, RS_STORE_ERROR, "p11-kit, one of its readers, did not "
			      "answer: %s", c->p11_failure ? c->p11_failure : "no reason given");
	if (store == NULL && expected && !c->p11_answered) {
		/* Then nothing at all has spoken for the OS store. */
		store = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, "/");
		rs_store_fail(store, RS_STORE_ERROR, "the OS store could not be read: p11-kit did "
			      "not answer: %s", c->p11_failure ? c->p11_failure :
			      "it has no source of trust set up here");
		rs_array_add(&c->scan->stores, store);
	}
	rs_store_free(same);
	c->witness.n = 0;
}

/* The home of a user, or the system's stores: not even opened. */
static bool
owner_is_excluded(struct rs_scan *scan, const struct rs_scope *scope, const char *kind,
		  const char *owner, const char *path)
{
	if (!rs_store_is_excluded(scope->exclude, "", owner, path))
		return false;
	rs_store_fail(rs_array_add(&scan->stores, rs_store_new(kind, owner, path)),
		      RS_STORE_EXCLUDED, "left out as asked");
	return true;
}

static int
by_owner_and_id(const void *a, const void *b)
{
	const struct rs_store *x = *(struct rs_store *const *)a;
	const struct rs_store *y = *(struct rs_store *const *)b;
	bool xs = rs_streq(x->owner, RS_OWNER_SYSTEM), ys = rs_streq(y->owner, RS_OWNER_SYSTEM);

	if (xs != ys)
		return xs ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void
settle(struct rs_scan *scan, const struct rs_scope *scope)
{
	for (size_t i = 0; i < scan->stores.n; i++) {
		struct rs_store *store = scan->stores.v[i];

		if (rs_store_is_excluded(scope->exclude, store->kind, store->owner, store->path)) {
			rs_array_free(&store->anchors);
			rs_array_free(&store->disagreements);
			store->state = RS_STORE_EXCLUDED;
			free(store->reason);
			store->reason = rs_strdup("left out as asked");
			continue;
		}
		if (store->disagreements.n > 0)
			rs_store_fail(store, RS_STORE_ERROR, "its readers disagree: %s",
				      (char *)store->disagreements.v[0]);
		for (size_t k = 0; k < store->anchors.n; k++) {
			struct rs_anchor *anchor = store->anchors.v[k];
			const struct rs_cert *cert = anchor->cert;
			enum rs_match_how how;

			/* Trust that lost its certificate is a public root's all the same. */
			anchor->package_owned =
			    rs_identity_get(&scan->packaged, cert, &how) != NULL;
			anchor->is_public = anchor->package_owned ||
			    rs_identity_get(&scan->public_roots, cert, &how) != NULL;
		}
	}
	if (scan->stores.n > 0)
		qsort(scan->stores.v, scan->stores.n, sizeof(*scan->stores.v), by_owner_and_id);
}

void
rs_scan_run(struct rs_scan *scan, const struct rs_scope *scope)
{
	struct collecting c = { .scan = scan, .scope = scope };
	struct rs_array workers;
	bool system;

	*scan = (struct rs_scan){ 0 };
	rs_array_init(&scan->stores, rs_store_free);
	rs_array_init(&scan->running, rs_running_free);
	rs_array_init(&scan->not_looked_at, free);
	rs_array_init(&scan->notices, free);
	rs_array_init(&c.witness, rs_store_free);
	rs_array_init(&c.p11_sources, free);
	rs_array_init(&workers, rs_worker_free);
	/* The p11-kit worker also knows what is public: always needed. */
	rs_array_add(&workers, system_worker(scope, &c, run_p11kit));
	system = scope->system &&
	    !owner_is_excluded(scan, scope, RS_KIND_P11KIT, RS_OWNER_SYSTEM, "/");
	if (system)
		rs_array_add(&workers, system_worker(scope, &c, run_files));
	if (scope->no_passwd)
		rs_array_add_str(&scan->not_looked_at, "homes: there is no /etc/passwd that names "
				 "anybody's");
	for (size_t i = 0; i < scope->users.n; i++) {
		const struct rs_user *user = scope->users.v[i];

		if (!owner_is_excluded(scan, scope, RS_KIND_NSS, user->name, user->home))
			rs_array_add(&workers, user_worker(scope, &c, user));
	}
	for (size_t i = 0; i < scope->passed_over.n; i++)
		rs_array_add(&scan->stores, rs_home_passed_over(scope->passed_over.v[i]));
	rs_workers_run(&workers, scope->jobs);
	for (size_t i = 0; i < workers.n; i++) {
		struct rs_worker *w = workers.v[i];

		if (w->run == run_p11kit && w->failure != NULL && c.p11_failure == NULL)
			c.p11_failure = rs_strdup(w->failure);
		else if (w->run == run_files)
			take_failure(scan, w, RS_KIND_P11KIT, "/");
		else if (w->run == run_user)
			take_failure(scan, w, RS_KIND_NSS, w->user->home);
	}
	if (system)
		join_witness(&c, scope->root == NULL && rs_worker_signal() == 0);
	rs_array_free(&c.witness);
	rs_array_free(&c.p11_sources);
	settle(scan, scope);
	if (scope->system && rs_worker_signal() == 0)
		rs_packages_name(scan, scope);
	free(c.p11_failure);
	rs_array_free(&workers);
}

void
rs_scan_free(struct rs_scan *scan)
{
	rs_array_free(&scan->running);
	rs_array_free(&scan->stores);
	rs_array_free(&scan->not_looked_at);
	rs_array_free(&scan->notices);
	free(scan->immutable);
	free(scan->distrust_dir);
	rs_map_free(&scan->public_roots);
	rs_map_free(&scan->packaged);
}

size_t
rs_scan_anchors(const struct rs_scan *scan)
{
	size_t n = 0;

	for (size_t i = 0; i < scan->stores.n; i++)
		n += ((struct rs_store *)scan->stores.v[i])->anchors.n;
	return n;
}
