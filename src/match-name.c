/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match-name.h"

#include <string.h>

#include "identity.h"
#include "name.h"
#include "der.h"
#include "wire.h"
#include "worker.h"

#define NAMES_SECONDS 30
#define STORE_SECONDS 5
/* More entries than this say nothing new of one anchor. */
#define MATCHES_MAX 64

/* As much of a beginning tells thousands of rules apart. */
#define BEGINNING_MAX 8

#define HOW_ISSUER "issuer"
#define HOW_SUBJECT "subject"
#define HOW_CONFIRMED "confirmed"

struct job {
	const struct rs_scan *scan;
	const struct rs_policy *policy;
	const struct rs_array *asked;	/* char *: names of identity.h, or NULL */
	struct rs_names *names;
	bool confirm;			/* lone trust is there: identities count */
};

/*
 * In both.
 */

/* What is to be done about an anchor. */
enum { TASK_NAMES = 1, TASK_CONFIRM = 2 };

static unsigned
tasks_of(const struct job *job, const struct rs_store *store, const struct rs_anchor *anchor)
{
	const struct rs_policy *policy = job->policy;
	const struct rs_cert *cert = anchor->cert;
	bool confirm = job->confirm && cert->der != NULL && rs_store_is_users(store);
	enum rs_match_how how;
	bool asked = job->asked != NULL && rs_identity_is_one_of(job->asked, cert, &how);
	unsigned tasks = confirm && asked ? TASK_CONFIRM : 0;

	if (rs_policy_match(policy, cert, &how) != NULL)
		return confirm ? TASK_CONFIRM : 0;
	if ((policy->by_subject.n > 0 && (cert->der != NULL || cert->issuer_der != NULL)) ||
	    (cert->der != NULL && rs_map_get(&policy->by_issuer_key, cert->aki) != NULL))
		tasks |= TASK_NAMES;
	return tasks;
}

static bool
has_tasks(const struct job *job, const struct rs_store *store)
{
	for (size_t i = 0; i < store->anchors.n; i++)
		if (tasks_of(job, store, store->anchors.v[i]) != 0)
			return true;
	return false;
}

/*
 * In the worker.
 */

/* A <subject>, filed under how the value of one of its attributes begins. */
struct rule {
	const struct rs_policy_root *root;
	size_t n;			/* of the root's */
};

struct telling {
	struct rs_wire *wire;
	const struct job *job;
	struct rs_map rules;		/* "OID beginning" -> struct rs_array of struct rule * */
	struct rs_array filed;		/* those arrays */
	bool lengths[BEGINNING_MAX + 1];	/* of the beginnings */
	struct rs_keys keys;
	bool keys_made;
	size_t store, anchor;
};

static json_object *
line_of(const struct telling *t, const char *how, const struct rs_policy_root *root)
{
	json_object *line = json_object_new_object();

	rs_wire_put_text(line, "type", "match");
	json_object_object_add(line, "store", json_object_new_uint64(t->store));
	json_object_object_add(line, "anchor", json_object_new_uint64(t->anchor));
	rs_wire_put_text(line, "how", how);
	rs_wire_put_text(line, "entry", root != NULL ? root->id : NULL);
	return line;
}

static bool
tell_issuer(struct telling *t, const struct rs_cert *cert)
{
	const struct rs_policy_root *root = rs_map_get(&t->job->policy->by_issuer_key, cert->aki);
	enum rs_signature signature;
	json_object *line;

	if (root == NULL)
		return false;
	if (!t->keys_made)
		rs_keys_make(&t->keys, t->job->scan);
	t->keys_made = true;
	signature = rs_keys_signed(&t->keys, root, cert);
	line = line_of(t, HOW_ISSUER, root);
	json_object_object_add(line, "checked",
			       json_object_new_boolean(signature != RS_SIGNATURE_UNCHECKED));
	json_object_object_add(line, "verified",
			       json_object_new_boolean(signature == RS_SIGNATURE_GOOD));
	rs_wire_send(t->wire, line);
	return true;
}

static char *
rule_key(const char *oid, const char *beginning, size_t n)
{
	return rs_printf("%s %.*s", oid, (int)n, beginning);
}

static void
file_rule(struct telling *t, const struct rs_policy_root *root, size_t n)
{
	const struct rs_policy_subject *subject = root->subjects.v[n];
	RS_AUTOFREE char *key = NULL;
	struct rs_array *rules;
	struct rule *rule;
	size_t longest = 0;

	for (size_t i = 0; i < subject->patterns.n; i++) {
		const struct rs_policy_pattern *pattern = subject->patterns.v[i];
		size_t len;
		const char *begin = rs_policy_pattern_beginning(pattern, &len);

		if (len > BEGINNING_MAX)
			len = BEGINNING_MAX;
		if (key != NULL && len <= longest)
			continue;
		longest = len;
		free(key);
		key = rule_key(pattern->oid, begin, len);
	}
	rules = rs_map_get(&t->rules, key);
	if (rules == NULL) {
		rules = rs_array_add(&t->filed, rs_alloc(sizeof(*rules)));
		rs_array_init(rules, free);
		rs_map_add(&t->rules, key, rules);
		t->lengths[longest] = true;
	}
	rule = rs_array_add(rules, rs_alloc(sizeof(*rule)));
	*rule = (struct rule){ root, n };
}

static void
rules_free(void *p)
{
	rs_array_free(p);
	free(p);
}

static void
file_rules(struct telling *t)
{
	const struct rs_array *roots = &t->job->policy->by_subject;

	rs_array_init(&t->filed, rules_free);
	for (size_t i = 0; i < roots->n; i++) {
		const struct rs_policy_root *root = roots->v[i];

		for (size_t k = 0; k < root->subjects.n; k++)
			file_rule(t, root, k);
	}
}

/* Any value of an attribute will do, for each of the patterns. */
static bool
fits(const struct rs_policy_subject *subject, const struct rs_array *values)
{
	for (size_t i = 0; i < subject->patterns.n; i++) {
		struct rs_policy_pattern *pattern = subject->patterns.v[i];
		bool any = false;

		for (size_t k = 0; !any && k < values->n; k++) {
			const struct rs_name_value *value = values->v[k];

			any = rs_streq(value->oid, pattern->oid) &&
			    rs_policy_pattern_fits(pattern, value->text);
		}
		if (!any)
			return false;
	}
	return true;
}

static void
tell_rules(struct telling *t, const struct rs_array *rules, const struct rs_array *values,
	   bool *told)
{
	for (size_t i = 0; rules != NULL && i < rules->n; i++) {
		const struct rule *rule = rules->v[i];
		json_object *line;

		if (!fits(rule->root->subjects.v[rule->n], values))
			continue;
		line = line_of(t, HOW_SUBJECT, rule->root);
		json_object_object_add(line, "rule", json_object_new_uint64(rule->n));
		rs_wire_send(t->wire, line);
		*told = true;
	}
}

static bool
tell_subject(struct telling *t, const void *der, size_t len)
{
	struct rs_array values;
	bool told = false;

	rs_name_values(der, len, &values);
	for (size_t i = 0; i < values.n; i++) {
		const struct rs_name_value *value = values.v[i];

		for (size_t n = 0; n <= BEGINNING_MAX && n <= strlen(value->text); n++) {
			RS_AUTOFREE char *key = t->lengths[n] ?
			    rule_key(value->oid, value->text, n) : NULL;

			tell_rules(t, rs_map_get(&t->rules, key), &values, &told);
		}
	}
	rs_array_free(&values);
	return told;
}

/*
 * A user's reader may say anything of a certificate. What else is taken for
 * the same, in other people's stores too, must follow from its bytes.
 */
static void
tell_confirmed(struct telling *t, const struct rs_cert *said)
{
	enum rs_match_how how = RS_MATCH_SUBJECT, found = how;
	const struct rs_policy_root *root = rs_policy_match(t->job->policy, said, &how);
	struct rs_cert *cert = rs_cert_new(said->der, said->der_len);

	if (rs_policy_match(t->job->policy, cert, &found) == root && found == how &&
	    rs_streq(cert->sha256, said->sha256) && rs_streq(cert->sha1, said->sha1) &&
	    rs_streq(cert->issuer_der, said->issuer_der) && rs_streq(cert->serial, said->serial))
		rs_wire_send(t->wire, line_of(t, HOW_CONFIRMED, NULL));
	rs_cert_free(cert);
}

static void
tell_anchor(struct telling *t, const struct rs_anchor *anchor, unsigned tasks)
{
	const struct rs_cert *cert = anchor->cert;
	RS_AUTOFREE unsigned char *issuer = NULL;
	struct rs_der_cert parts;
	size_t len;

	if (cert->der == NULL) {
		if (rs_unbase64(cert->issuer_der, &issuer, &len))
			tell_subject(t, issuer, len);
		return;
	}
	if (tasks & TASK_NAMES) {
		bool told = tell_issuer(t, cert);

		if (rs_der_certificate(cert->der, cert->der_len, RS_DER_DEPTH, &parts))
			told |= tell_subject(t, parts.subject.raw, parts.subject.raw_len);
		if (told && t->job->confirm)
			tasks |= TASK_CONFIRM;
	}
	if (tasks & TASK_CONFIRM)
		tell_confirmed(t, cert);
}

static void
tell_store(struct telling *t, const struct rs_store *store)
{
	for (t->anchor = 0; t->anchor < store->anchors.n; t->anchor++) {
		const struct rs_anchor *anchor = store->anchors.v[t->anchor];
		unsigned tasks = tasks_of(t->job, store, anchor);

		if (tasks != 0)
			tell_anchor(t, anchor, tasks);
	}
}

static void
run_names(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct job *job = worker->arg;
	struct telling t = { .wire = wire, .job = job };

	file_rules(&t);
	for (t.store = 0; t.store < job->scan->stores.n; t.store++) {
		const struct rs_store *store = job->scan->stores.v[t.store];

		if (has_tasks(job, store) && wire->sink.begin(&wire->sink, store->kind, store->path))
			tell_store(&t, store);
	}
	rs_keys_free(&t.keys);
	rs_map_free(&t.rules);
	rs_array_free(&t.filed);
}

/*
 * In the parent.
 */

static void
add_match(struct rs_named *named, const struct rs_name_match *match)
{
	if (named->matches.n >= MATCHES_MAX)
		return;
	/* A worker that was begun again says again what it said. */
	for (size_t i = 0; i < named->matches.n; i++) {
		const struct rs_name_match *old = named->matches.v[i];

		if (old->root == match->root && old->subject == match->subject)
			return;
	}
	rs_array_add(&named->matches, rs_memdup(match, sizeof(*match)));
}

static bool
take_issuer(struct rs_wire_reader *r, const struct rs_anchor *anchor,
	    struct rs_name_match *match)
{
	bool checked = rs_wire_bool(r, "checked"), verified = rs_wire_bool(r, "verified");

	match->signature = verified ? RS_SIGNATURE_GOOD :
	    checked ? RS_SIGNATURE_BAD : RS_SIGNATURE_UNCHECKED;
	return anchor->cert->der != NULL && anchor->cert->aki != NULL &&
	    rs_array_has_str(&match->root->issuer_key_ids, anchor->cert->aki);
}

static bool
take_subject(struct rs_wire_reader *r, struct rs_name_match *match)
{
	const struct rs_array *rules = &match->root->subjects;
	uint64_t rule = rs_wire_number(r, "rule", UINT32_MAX);

	if (rule < rules->n)
		match->subject = rules->v[rule];
	return match->subject != NULL;
}

static bool
take_match(const struct job *job, json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type"), *how = rs_wire_text(&r, "how");
	RS_AUTOFREE char *entry = rs_wire_text(&r, "entry");
	uint64_t i = rs_wire_number(&r, "store", UINT32_MAX);
	uint64_t k = rs_wire_number(&r, "anchor", UINT32_MAX);
	struct rs_name_match match = { .root = rs_map_get(&job->policy->by_id, entry) };
	const struct rs_store *store;
	struct rs_named *named;
	unsigned tasks;
	bool ok;

	if (!rs_streq(type, "match") || i >= job->scan->stores.n)
		return false;
	store = job->scan->stores.v[i];
	if (k >= store->anchors.n)
		return false;
	named = &job->names->of[job->names->first[i] + k];
	tasks = tasks_of(job, store, store->anchors.v[k]);
	if (rs_streq(how, HOW_CONFIRMED)) {
		named->confirmed = tasks != 0 && r.why == NULL;
		return named->confirmed;
	}
	if (match.root == NULL || !(tasks & TASK_NAMES))
		return false;
	ok = rs_streq(how, HOW_ISSUER) ? take_issuer(&r, store->anchors.v[k], &match) :
	    rs_streq(how, HOW_SUBJECT) && take_subject(&r, &match);
	if (!ok || r.why != NULL)
		return false;
	add_match(named, &match);
	return true;
}

static void
take_line(struct rs_worker *worker, json_object *line)
{
	if (!take_match(worker->data, line) && worker->failure == NULL)
		worker->failure = rs_strdup("the child's word was not understood");
}

static void
fail_stores(const struct job *job, const struct rs_worker *worker)
{
	for (size_t i = 0; i < job->scan->stores.n; i++) {
		struct rs_store *store = job->scan->stores.v[i];
		RS_AUTOFREE char *key = rs_printf("%s %s", store->kind, store->path);
		const char *why = rs_array_has_str(&worker->skipped, key) ?
		    "timed out, or its reader failed" : worker->failure;

		if (why != NULL && has_tasks(job, store))
			rs_store_fail(store, RS_STORE_ERROR, "the names in its certificates could "
				      "not be compared with the list: %s", why);
	}
}

static void
run_worker(struct job *job)
{
	static const struct rs_user nobody = { .uid = 65534, .gid = 65534 };
	struct rs_worker *worker = rs_worker_new(RS_OWNER_SYSTEM, run_names, job);

	worker->user = &nobody;
	worker->seconds = NAMES_SECONDS;
	worker->store_seconds = STORE_SECONDS;
	worker->line = take_line;
	worker->data = job;
	rs_worker_run(worker);
	fail_stores(job, worker);
	rs_worker_free(worker);
}

void
rs_names_make(struct rs_names *names, const struct rs_scan *scan, const struct rs_policy *policy,
	      const struct rs_array *asked)
{
	struct job job = { .scan = scan, .policy = policy, .asked = asked, .names = names };
	bool needed = false;

	*names = (struct rs_names){ .first = rs_alloc((scan->stores.n + 1) * sizeof(size_t)) };
	for (size_t i = 0; i < scan->stores.n; i++) {
		const struct rs_store *store = scan->stores.v[i];

		names->first[i] = names->n;
		names->n += store->anchors.n;
		for (size_t k = 0; k < store->anchors.n; k++)
			job.confirm |= ((const struct rs_anchor *)store->anchors.v[k])->trust_only;
	}
	names->of = rs_alloc((names->n + 1) * sizeof(*names->of));
	for (size_t i = 0; i < names->n; i++)
		rs_array_init(&names->of[i].matches, free);
	for (size_t i = 0; !needed && i < scan->stores.n; i++)
		needed = has_tasks(&job, scan->stores.v[i]);
	if (needed)
		run_worker(&job);
}

void
rs_names_free(struct rs_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		rs_array_free(&names->of[i].matches);
	free(names->of);
	free(names->first);
}

const struct rs_named *
rs_names_of(const struct rs_names *names, size_t store, size_t anchor)
{
	return &names->of[names->first[store] + anchor];
}
