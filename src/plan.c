/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan.h"

#include <string.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "layout.h"

#define LAST_TURN 3		/* of a refresh */

struct planning {
	const struct rs_scan *scan;
	const struct rs_scope *scope;
};

static void
part_free(void *p)
{
	struct rs_part *part = p;

	free(part->owner);
	rs_array_free(&part->steps);
	rs_array_free(&part->findings);
	free(part->failure);
	free(part);
}

void
rs_plan_free(struct rs_plan *plan)
{
	rs_array_free(&plan->parts);
}

size_t
rs_plan_steps(const struct rs_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->parts.n; i++)
		n += ((struct rs_part *)plan->parts.v[i])->steps.n;
	return n;
}

bool
rs_plan_has_no_folder(const struct rs_plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->parts.n; i++) {
		const struct rs_part *part = plan->parts.v[i];

		if (part->steps.n > 0 && !part->no_folder)
			return false;
		any |= part->no_folder;
	}
	return any;
}

static const struct rs_user *
find_user(const struct rs_scope *scope, const char *name)
{
	for (size_t i = 0; i < scope->users.n; i++) {
		const struct rs_user *user = scope->users.v[i];

		if (rs_streq(user->name, name))
			return user;
	}
	return NULL;
}

static struct rs_part *
part_of(struct rs_plan *plan, const struct rs_scope *scope, const char *owner)
{
	struct rs_part *part;

	for (size_t i = 0; i < plan->parts.n; i++) {
		part = plan->parts.v[i];
		if (rs_streq(part->owner, owner))
			return part;
	}
	part = rs_alloc(sizeof(*part));
	part->owner = rs_strdup(owner);
	part->user = rs_streq(owner, RS_OWNER_SYSTEM) ? NULL : find_user(scope, owner);
	rs_array_init(&part->steps, rs_step_free);
	rs_array_init(&part->findings, NULL);
	return rs_array_add(&plan->parts, part);
}

/* Several findings in one file or database are one step. */
static struct rs_step *
step_of(struct rs_part *part, enum rs_step_kind kind, const struct rs_store *store,
	const struct rs_origin *origin)
{
	struct rs_step *step;

	for (size_t i = 0; i < part->steps.n; i++) {
		step = part->steps.v[i];
		if (step->kind == kind && rs_streq(step->path, origin->path))
			return step;
	}
	step = rs_step_new(kind, store->kind, store->id, origin->path);
	free(step->stamp.sha256);
	rs_stamp_copy(&step->stamp, &origin->stamp);
	return rs_array_add(&part->steps, step);
}

static void
add_range(struct rs_step *step, uint64_t offset, uint64_t length)
{
	struct rs_range *range;
	size_t i;

	for (i = 0; i < step->ranges.n; i++) {
		range = step->ranges.v[i];
		if (range->offset == offset)
			return;
	}
	range = rs_alloc(sizeof(*range));
	*range = (struct rs_range){ offset, length };
	rs_array_add(&step->ranges, range);
	for (i = step->ranges.n - 1; i > 0; i--) {
		struct rs_range *before = step->ranges.v[i - 1];

		if (before->offset < range->offset)
			break;
		step->ranges.v[i] = before;
		step->ranges.v[i - 1] = range;
	}
}

/* No tool makes anything of browsers' policies. */
static bool
is_policy(const char *store_kind)
{
	return rs_streq(store_kind, RS_KIND_BROWSER_POLICY);
}

/* A stray is undone after the refresh, which knows nothing of it. */
static bool
is_stray(const struct rs_finding *finding, const struct rs_origin *origin)
{
	const struct rs_store *store = finding->store;

	/* p11-kit may read its origins from one file; a bundle has none of its own. */
	return rs_streq(store->kind, RS_KIND_OPENSSL_DIR) ||
	    (!is_policy(store->kind) && rs_streq(origin->path, store->path) &&
	     (finding->anchor->witnesses & RS_SEEN_ORIGIN) == 0);
}

static void
refuse(struct rs_finding *finding, const char *reason)
{
	free(finding->reason);
	finding->reason = rs_strdup(reason);
	finding->result = RS_RESULT_REFUSED;
}

static char *
pem_of(const struct rs_cert *cert)
{
	gnutls_datum_t der = { cert->der, (unsigned)cert->der_len }, pem;
	char *text;

	if (cert->der == NULL || gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem) < 0)
		return NULL;
	text = rs_strndup((const char *)pem.data, pem.size);
	gnutls_free(pem.data);
	return text;
}

/* The package's file stays as it is; another file distrusts what it holds. */
static bool
plan_distrust(struct rs_part *part, struct rs_finding *finding, const struct rs_origin *origin,
	      const struct planning *planning)
{
	const struct rs_cert *cert = finding->anchor->cert;
	RS_AUTOFREE char *pem = pem_of(cert), *path = NULL, *why = NULL;
	struct rs_step *step;

	if (pem != NULL && cert->sha256 != NULL && planning->scan->distrust_dir != NULL)
		path = rs_printf("%s/rootsweep-%s.pem", planning->scan->distrust_dir,
				 cert->sha256);
	if (path == NULL) {
		why = rs_printf("%s belongs to a package, and p11-kit reads no folder here in "
				"which it could be distrusted", origin->path);
		refuse(finding, why);
		return false;
	}
	for (size_t i = 0; i < part->steps.n; i++)
		if (rs_streq(((struct rs_step *)part->steps.v[i])->path, path))
			return true;
	step = rs_step_new(RS_STEP_FILE, finding->store->kind, finding->store->id, path);
	step->op = RS_FILE_CREATE;
	step->content = rs_steal(&pem);
	rs_array_add(&part->steps, step);
	return true;
}

const char *
rs_plan_beyond_reach(const struct rs_anchor *anchor)
{
	const char *reason = NULL;

	for (size_t i = 0; i < anchor->origins.n; i++) {
		const struct rs_origin *origin = anchor->origins.v[i];

		if (origin->how != RS_HOW_REPORT)
			return NULL;
		reason = origin->reason != NULL ? origin->reason : "";
	}
	return reason;
}

/*
 * Of another tree no tool is run that would make it anew: its bundles lose the
 * certificate, its folders what is a name for this one alone.
 */
static bool
plan_copy(struct rs_part *part, const struct rs_finding *finding, const struct rs_origin *origin)
{
	const struct rs_store *store = finding->store;
	bool bundle = rs_streq(origin->path, store->path);
	struct rs_step *step;

	if ((!rs_streq(store->kind, RS_KIND_P11KIT) && !rs_streq(store->kind, RS_KIND_OPENSSL_DIR)) ||
	    (!bundle && origin->siblings != 1))
		return true;
	step = step_of(part, RS_STEP_FILE, store, origin);
	step->derived = true;
	step->op = bundle ? RS_FILE_CUT : RS_FILE_REMOVE;
	if (bundle)
		add_range(step, origin->offset, origin->length);
	return true;
}

static bool
plan_origin(struct rs_part *part, struct rs_finding *finding, const struct rs_origin *origin,
	    const struct planning *planning)
{
	struct rs_step *step;

	switch (origin->how) {
	case RS_HOW_FILE:
	case RS_HOW_LINK:
		step = step_of(part, RS_STEP_FILE, finding->store, origin);
		step->op = RS_FILE_REMOVE;
		break;
	case RS_HOW_BLOCK:
		step = step_of(part, RS_STEP_FILE, finding->store, origin);
		add_range(step, origin->offset, origin->length);
		/* A file without any certificate is of no use to anyone; but a
		 * bundle that a tool makes stays in its place. */
		step->op = step->ranges.n == origin->siblings &&
		    !rs_streq(origin->path, finding->store->path) ?
		    RS_FILE_REMOVE : RS_FILE_CUT;
		break;
	case RS_HOW_CONF:
		step = step_of(part, RS_STEP_FILE, finding->store, origin);
		add_range(step, origin->offset, 0);
		step->op = RS_FILE_DESELECT;
		break;
	case RS_HOW_ELEMENT:
		step = step_of(part, RS_STEP_FILE, finding->store, origin);
		add_range(step, origin->offset, origin->length);
		step->op = RS_FILE_ELEMENT;
		break;
	case RS_HOW_ROWS:
		step = step_of(part, RS_STEP_ROWS, finding->store, origin);
		for (size_t i = 0; i < origin->ids.n; i++)
			rs_array_add_str(&step->ids, origin->ids.v[i]);
		return true;
	case RS_HOW_KEYSTORE:
		step = step_of(part, RS_STEP_FILE, finding->store, origin);
		step->op = RS_FILE_KEYSTORE;
		rs_array_add_str(&step->ids, origin->object);
		return true;
	case RS_HOW_DISTRUST:
		return plan_distrust(part, finding, origin, planning);
	case RS_HOW_DERIVED:
		return planning->scope->root == NULL || plan_copy(part, finding, origin);
	case RS_HOW_REPORT:
	default:
		refuse(finding, origin->reason);
		return false;
	}
	step->derived = is_stray(finding, origin);
	return true;
}

static bool
may_change(struct rs_finding *finding, const struct planning *planning)
{
	const struct rs_scope *scope = planning->scope;
	const char *immutable = planning->scan->immutable;
	const char *owner = finding->store->owner;
	const struct rs_user *user = find_user(scope, owner);

	/* Of what root cannot take out either, its own reason says more. */
	if (rs_streq(owner, RS_OWNER_SYSTEM) && geteuid() != 0 &&
	    rs_plan_beyond_reach(finding->anchor) == NULL) {
		refuse(finding, "needs root: the same command with sudo takes it out");
		return false;
	}
	if (rs_streq(owner, RS_OWNER_SYSTEM) && immutable != NULL) {
		refuse(finding, immutable);
		return false;
	}
	if (user != NULL && user->leave) {
		free(finding->reason);
		finding->reason = rs_printf("left alone: it is %s's; the same command with "
					    "--user %s takes it out", owner, owner);
		finding->result = RS_RESULT_REPORTED;
		return false;
	}
	return true;
}

/* Of another tree nothing is run, and this system's keytool may not fit. */
static void
report_keystore(const struct rs_anchor *anchor)
{
	for (size_t i = 0; i < anchor->origins.n; i++) {
		struct rs_origin *origin = anchor->origins.v[i];

		if (origin->how == RS_HOW_KEYSTORE)
			origin->how = RS_HOW_REPORT;
	}
}

static void
plan_finding(struct rs_plan *plan, struct rs_finding *finding, const struct planning *planning)
{
	const struct rs_scope *scope = planning->scope;
	const char *reason;
	struct rs_part *part;

	if (finding->action != RS_ACTION_QUARANTINE) {
		if (finding->result == RS_RESULT_NONE)
			finding->result = RS_RESULT_REPORTED;
		return;
	}
	/* Of an earlier run, whose record has a step for it. */
	if (finding->result == RS_RESULT_PENDING)
		return;
	if (scope->root != NULL)
		report_keystore(finding->anchor);
	if (!may_change(finding, planning))
		return;
	reason = rs_plan_beyond_reach(finding->anchor);
	if (reason != NULL) {
		/* No part of what is done, nor of what is looked for afterwards. */
		refuse(finding, reason);
		return;
	}
	part = part_of(plan, scope, finding->store->owner);
	rs_array_add(&part->findings, finding);
	for (size_t i = 0; i < finding->anchor->origins.n; i++)
		plan_origin(part, finding, finding->anchor->origins.v[i], planning);
}

static bool
is_copy(const struct rs_finding *finding)
{
	for (size_t i = 0; i < finding->anchor->origins.n; i++)
		if (((struct rs_origin *)finding->anchor->origins.v[i])->how != RS_HOW_DERIVED)
			return false;
	return true;
}

/* Copies follow what they are made from: where all of that stays, so do they. */
static void
refuse_copy(const struct rs_matches *matches, struct rs_finding *copy)
{
	const struct rs_finding *refused = NULL;

	for (size_t i = 0; i < matches->findings.n; i++) {
		const struct rs_finding *other = matches->findings.v[i];

		if (is_copy(other) || other->anchor->cert->sha256 == NULL ||
		    !rs_streq(other->store->owner, copy->store->owner) ||
		    !rs_streq(other->anchor->cert->sha256, copy->anchor->cert->sha256))
			continue;
		if (other->result != RS_RESULT_REFUSED)
			return;
		refused = other;
	}
	if (refused != NULL)
		refuse(copy, refused->reason);
}

static void
refuse_copies(struct rs_part *part, const struct rs_matches *matches)
{
	size_t kept = 0;

	for (size_t i = 0; i < part->findings.n; i++) {
		struct rs_finding *finding = part->findings.v[i];

		if (finding->result == RS_RESULT_NONE && is_copy(finding))
			refuse_copy(matches, finding);
		if (finding->result != RS_RESULT_REFUSED || !is_copy(finding))
			part->findings.v[kept++] = finding;
	}
	part->findings.n = kept;
}

static bool
is_in_keystore(const struct rs_finding *finding)
{
	for (size_t i = 0; i < finding->anchor->origins.n; i++)
		if (((struct rs_origin *)finding->anchor->origins.v[i])->how == RS_HOW_KEYSTORE)
			return true;
	return false;
}

static bool
needs_refresh(const struct rs_part *part)
{
	for (size_t i = 0; i < part->steps.n; i++) {
		const struct rs_step *step = part->steps.v[i];

		if (step->kind == RS_STEP_FILE && !rs_step_stands_alone(step))
			return true;
	}
	for (size_t i = 0; i < part->findings.n; i++) {
		const struct rs_finding *finding = part->findings.v[i];

		if (finding->result == RS_RESULT_NONE && !is_policy(finding->store->kind) &&
		    !is_in_keystore(finding))
			return true;
	}
	return false;
}

/*
 * Strays of derived places first: on the way back they come last. Policies
 * before databases, into which a browser puts again what its policy says.
 */
static unsigned
turn_of(const struct rs_step *step)
{
	if (step->kind == RS_STEP_REFRESH)
		return LAST_TURN;
	return step->derived ? 0 : is_policy(step->store_kind) ? 1 : 2;
}

/* Numbered through the whole plan, from n on. */
static unsigned
order_steps(struct rs_part *part, unsigned n)
{
	struct rs_array ordered;

	rs_array_init(&ordered, rs_step_free);
	for (unsigned turn = 0; turn <= LAST_TURN; turn++)
		for (size_t i = 0; i < part->steps.n; i++) {
			struct rs_step *step = part->steps.v[i];

			if (turn_of(step) == turn)
				rs_array_add(&ordered, step);
		}
	free(part->steps.v);
	part->steps = ordered;
	for (size_t i = 0; i < ordered.n; i++)
		((struct rs_step *)ordered.v[i])->n = ++n;
	return n;
}

static void
add_refresh(struct rs_part *part, const struct rs_layout *layout)
{
	const char *path = layout->derived[0];
	RS_AUTOFREE char *id = rs_printf("%s:%s:%s", RS_KIND_P11KIT, RS_OWNER_SYSTEM, path);
	struct rs_step *step = rs_step_new(RS_STEP_REFRESH, RS_KIND_P11KIT, id, path);

	step->layout = rs_strdup(layout->name);
	rs_array_add(&part->steps, step);
}

void
rs_plan_make(struct rs_plan *plan, struct rs_matches *matches, const struct rs_scan *scan,
	     const struct rs_scope *scope)
{
	const struct planning planning = { scan, scope };
	const struct rs_layout *layout = rs_layout_find(scan->layout);
	unsigned n = 0;

	rs_array_init(&plan->parts, part_free);
	for (size_t i = 0; i < matches->findings.n; i++)
		plan_finding(plan, matches->findings.v[i], &planning);
	for (size_t i = 0; i < plan->parts.n; i++) {
		struct rs_part *part = plan->parts.v[i];

		refuse_copies(part, matches);
		if (part->user == NULL && layout != NULL && needs_refresh(part))
			add_refresh(part, layout);
		n = order_steps(part, n);
	}
}
