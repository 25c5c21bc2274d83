/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The columns of everything that is told: rootsweep(8), JSON. */
#include <string.h>

#include "report.h"
#include "text.h"

/* The bytes of a path that is not UTF-8; absent otherwise. */
static json_object *
bytes(const char *s)
{
	RS_AUTOFREE char *b64 = NULL;

	if (s == NULL || rs_text_is_utf8(s, strlen(s)))
		return NULL;
	b64 = rs_base64(s, strlen(s));
	return json_object_new_string(b64);
}

static json_object *
number(uint64_t n)
{
	return json_object_new_uint64(n);
}

static json_object *
when(int64_t t)
{
	RS_AUTOFREE char *rfc3339 = t > 0 ? rs_time_text((time_t)t) : NULL;

	return rs_report_text(rfc3339);
}

static json_object *
bit_names(unsigned bits, const char *const names[], size_t n)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		if (bits & 1U << i)
			json_object_array_add(list, json_object_new_string(names[i]));
	return list;
}

static json_object *
trust_names(unsigned trust)
{
	static const char *const names[] = { "server", "client", "email", "code", "any" };

	return bit_names(trust, names, RS_COUNT(names));
}

static json_object *
witness_names(unsigned witnesses)
{
	static const char *const names[] = {
		"p11-kit", "origin", "bundle", "directory", "rows", "softoken", "keystore",
	};

	return bit_names(witnesses, names, RS_COUNT(names));
}

static json_object *
origins(const struct rs_anchor *anchor)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < anchor->origins.n; i++) {
		const struct rs_origin *origin = anchor->origins.v[i];
		json_object *j = json_object_new_object(), *path64 = bytes(origin->path);

		json_object_object_add(j, "path", rs_report_text(origin->path));
		if (path64 != NULL)
			json_object_object_add(j, "path_b64", path64);
		json_object_object_add(j, "object", rs_report_text(origin->object));
		json_object_object_add(j, "derived",
				       json_object_new_boolean(origin->how == RS_HOW_DERIVED));
		json_object_object_add(j, "added", when(origin->added));
		json_object_object_add(j, "package", rs_report_text(origin->package));
		json_object_array_add(list, j);
	}
	return list;
}

/* Where trust comes from, for people: the origins, else what is derived. */
static json_object *
where(const struct rs_anchor *anchor)
{
	json_object *list = json_object_new_array();

	for (int derived = 0; derived < 2 && json_object_array_length(list) == 0; derived++)
		for (size_t i = 0; i < anchor->origins.n; i++) {
			const struct rs_origin *origin = anchor->origins.v[i];
			RS_AUTOFREE char *place = NULL;

			if ((origin->how == RS_HOW_DERIVED) != (derived == 1))
				continue;
			place = rs_origin_where(origin);
			json_object_array_add(list, rs_report_text(place));
		}
	return list;
}

static json_object *
title(const struct rs_cert *cert)
{
	RS_AUTOFREE char *name = rs_cert_title(cert);

	return rs_report_text(name);
}

#define GETTER(name, type, expr)			\
	static json_object *				\
	name(const void *row)				\
	{						\
		const type *r = row;			\
							\
		return expr;				\
	}

GETTER(store_id, struct rs_store, rs_report_text(r->id))
GETTER(store_kind, struct rs_store, rs_report_text(r->kind))
GETTER(store_path, struct rs_store, rs_report_text(r->path))
GETTER(store_path64, struct rs_store, bytes(r->path))
GETTER(store_owner, struct rs_store, rs_report_text(r->owner))
GETTER(store_state, struct rs_store, rs_report_text(rs_store_state_name(r->state)))
GETTER(store_anchors, struct rs_store, number(r->anchors.n))
GETTER(store_reason, struct rs_store, rs_report_text(r->reason))

static const struct rs_report_column store_columns[] = {
	{ "id", NULL, false, false, store_id },
	{ "kind", "KIND", false, false, store_kind },
	{ "path", "PATH", false, false, store_path },
	{ "path_b64", NULL, false, false, store_path64 },
	{ "owner", "OWNER", false, false, store_owner },
	{ "state", "STATE", false, false, store_state },
	{ "anchors", "ANCHORS", false, true, store_anchors },
	{ "reason", "REASON", false, false, store_reason },
};

GETTER(f_store, struct rs_finding, rs_report_text(r->store->id))
GETTER(f_owner, struct rs_finding, rs_report_text(r->store->owner))
GETTER(f_kind, struct rs_finding, rs_report_text(r->store->kind))
GETTER(f_object, struct rs_finding, rs_report_text(r->anchor->trust_only ? "trust" : "certificate"))
GETTER(f_entry, struct rs_finding, r->root ? rs_report_text(r->root->id) : NULL)
GETTER(f_category, struct rs_finding, r->root ? rs_report_text(r->root->category) : NULL)
GETTER(f_action, struct rs_finding, rs_report_text(rs_action_name(r->action)))
GETTER(f_match, struct rs_finding, rs_report_text(rs_match_name(r->how)))
GETTER(f_sha256, struct rs_finding, rs_report_text(r->anchor->cert->sha256))
GETTER(f_spki, struct rs_finding, rs_report_text(r->anchor->cert->spki_sha256))
GETTER(f_sha1, struct rs_finding, rs_report_text(r->anchor->cert->sha1))
GETTER(f_subject, struct rs_finding, rs_report_text(r->anchor->cert->subject))
GETTER(f_title, struct rs_finding, title(r->anchor->cert))
GETTER(f_issuer, struct rs_finding, rs_report_text(r->anchor->cert->issuer))
GETTER(f_serial, struct rs_finding, rs_report_text(r->anchor->cert->serial))
GETTER(f_origins, struct rs_finding, origins(r->anchor))
GETTER(f_where, struct rs_finding, where(r->anchor))
GETTER(f_trust, struct rs_finding, trust_names(r->anchor->trust))
GETTER(f_witnesses, struct rs_finding, witness_names(r->anchor->witnesses))
GETTER(f_result, struct rs_finding, rs_report_text(rs_result_name(r->result)))
GETTER(f_reason, struct rs_finding, rs_report_text(r->reason))

#define FINDING_COLUMNS							\
	{ "store", NULL, false, false, f_store },			\
	{ "object", NULL, false, false, f_object },			\
	{ NULL, "NAME", false, false, f_title },			\
	{ "entry", "ENTRY", true, false, f_entry },			\
	{ "category", NULL, false, false, f_category },			\
	{ "action", "ACTION", true, false, f_action },			\
	{ "match", "MATCH", true, false, f_match },			\
	{ NULL, "WHOSE", false, false, f_owner },			\
	{ NULL, "KIND", true, false, f_kind },				\
	{ "sha256", "SHA-256", true, false, f_sha256 },			\
	{ "spki_sha256", NULL, false, false, f_spki },			\
	{ "sha1", NULL, false, false, f_sha1 },				\
	{ "subject", NULL, false, false, f_subject },			\
	{ "issuer", NULL, false, false, f_issuer },			\
	{ "serial", NULL, false, false, f_serial },			\
	{ "origins", NULL, false, false, f_origins },			\
	{ "trust", "TRUST", true, false, f_trust },			\
	{ "witnesses", "WITNESSES", true, false, f_witnesses }

static const struct rs_report_column finding_columns[] = {
	FINDING_COLUMNS,
	{ NULL, "WHERE", false, false, f_where },
	{ "reason", "NOTE", false, false, f_reason },
};

static const struct rs_report_column result_columns[] = {
	FINDING_COLUMNS,
	{ "result", "RESULT", false, false, f_result },
	{ NULL, "WHERE", false, false, f_where },
	{ "reason", "NOTE", false, false, f_reason },
};

#define UNKNOWN_COLUMNS							\
	{ "store", NULL, false, false, f_store },			\
	{ "object", NULL, false, false, f_object },			\
	{ "sha256", NULL, false, false, f_sha256 },			\
	{ "sha1", NULL, false, false, f_sha1 },				\
	{ "spki_sha256", NULL, false, false, f_spki },			\
	{ "subject", NULL, false, false, f_subject },			\
	{ "issuer", NULL, false, false, f_issuer },			\
	{ "serial", NULL, false, false, f_serial },			\
	{ "origins", NULL, false, false, f_origins }

/* For people they are grouped: cmd/unknown.c. */
static const struct rs_report_column unknown_columns[] = { UNKNOWN_COLUMNS };
static const struct rs_report_column allowed_columns[] = {
	UNKNOWN_COLUMNS,
	{ "entry", NULL, false, false, f_entry },
	{ "reason", NULL, false, false, f_reason },
};

GETTER(a_store, struct rs_report_anchor, rs_report_text(r->store->id))
GETTER(a_owner, struct rs_report_anchor, rs_report_text(r->store->owner))
GETTER(a_kind, struct rs_report_anchor, rs_report_text(r->store->kind))
GETTER(a_sha256, struct rs_report_anchor, rs_report_text(r->anchor->cert->sha256))
GETTER(a_spki, struct rs_report_anchor, rs_report_text(r->anchor->cert->spki_sha256))
GETTER(a_subject, struct rs_report_anchor, rs_report_text(r->anchor->cert->subject))
GETTER(a_title, struct rs_report_anchor, title(r->anchor->cert))
GETTER(a_origins, struct rs_report_anchor, origins(r->anchor))
GETTER(a_where, struct rs_report_anchor, where(r->anchor))
GETTER(a_trust, struct rs_report_anchor, trust_names(r->anchor->trust))
GETTER(a_public, struct rs_report_anchor, json_object_new_boolean(r->anchor->is_public))
GETTER(a_witnesses, struct rs_report_anchor, witness_names(r->anchor->witnesses))

static const struct rs_report_column anchor_columns[] = {
	{ "store", NULL, false, false, a_store },
	{ NULL, "NAME", false, false, a_title },
	{ NULL, "WHOSE", false, false, a_owner },
	{ NULL, "KIND", true, false, a_kind },
	{ "public", "PUBLIC", false, false, a_public },
	{ "sha256", "SHA-256", true, false, a_sha256 },
	{ "spki_sha256", NULL, false, false, a_spki },
	{ "subject", NULL, false, false, a_subject },
	{ "origins", NULL, false, false, a_origins },
	{ "trust", "TRUST", true, false, a_trust },
	{ "witnesses", "WITNESSES", true, false, a_witnesses },
	{ NULL, "WHERE", false, false, a_where },
};

GETTER(s_n, struct rs_step, number(r->n))
GETTER(s_kind, struct rs_step, rs_report_text(rs_step_kind_name(r->kind)))
GETTER(s_path, struct rs_step, rs_report_text(r->path))
GETTER(s_path64, struct rs_step, bytes(r->path))
GETTER(s_store, struct rs_step, rs_report_text(r->store))
GETTER(s_state, struct rs_step, rs_report_text(rs_step_state_name(r->state)))
GETTER(s_reason, struct rs_step, rs_report_text(r->reason))

/* Of a file step. */
static json_object *
s_op(const void *row)
{
	const struct rs_step *step = row;

	return step->kind != RS_STEP_FILE ? NULL : rs_report_text(rs_file_op_name(step->op));
}

/* What a step does, in words. */
static json_object *
s_what(const void *row)
{
	static const char *const words[] = {
		[RS_FILE_REMOVE] = "move to the undo record",
		[RS_FILE_CUT] = "cut certificates out of",
		[RS_FILE_DESELECT] = "deselect in",
		[RS_FILE_ELEMENT] = "take the certificate out of the policy",
		[RS_FILE_CREATE] = "distrust by the new file",
		[RS_FILE_KEYSTORE] = "take entries out of the keystore",
	};
	const struct rs_step *step = row;

	if (step->kind == RS_STEP_ROWS)
		return rs_report_text("take entries out of");
	if (step->kind == RS_STEP_REFRESH)
		return rs_report_text("let the system's updater follow");
	return rs_report_text(words[step->op]);
}

/* And its way back. */
static json_object *
s_undo_what(const void *row)
{
	static const char *const words[] = {
		[RS_FILE_REMOVE] = "put back",
		[RS_FILE_CUT] = "put certificates back into",
		[RS_FILE_DESELECT] = "select again in",
		[RS_FILE_ELEMENT] = "put the certificate back into the policy",
		[RS_FILE_CREATE] = "delete the file that distrusts",
		[RS_FILE_KEYSTORE] = "put entries back into the keystore",
	};
	const struct rs_step *step = row;

	if (step->kind == RS_STEP_ROWS)
		return rs_report_text("put entries back into");
	if (step->kind == RS_STEP_REFRESH)
		return rs_report_text("let the system's updater follow");
	return rs_report_text(words[step->op]);
}

#define STEP_COLUMNS(what)					\
	{ "n", "N", false, true, s_n },				\
	{ "kind", "KIND", true, false, s_kind },		\
	{ "op", NULL, false, false, s_op },			\
	{ NULL, "WHAT", false, false, what },			\
	{ "path", "PATH", false, false, s_path },		\
	{ "path_b64", NULL, false, false, s_path64 },		\
	{ "store", "STORE", true, false, s_store }

static const struct rs_report_column step_columns[] = {
	STEP_COLUMNS(s_what),
	{ "state", "STATE", false, false, s_state },
	{ "reason", "NOTE", false, false, s_reason },
};

/* Shown before it is done: there is no state yet. */
static const struct rs_report_column undo_step_columns[] = { STEP_COLUMNS(s_undo_what) };

GETTER(r_id, struct rs_record, rs_report_text(r->id))
GETTER(r_owner, struct rs_record, rs_report_text(r->owner))
GETTER(r_time, struct rs_record, rs_report_text(r->time))
GETTER(r_state, struct rs_record, rs_report_text(rs_record_state_name(r->state)))
GETTER(r_reason, struct rs_record, rs_report_text(r->reason))
GETTER(r_try_until, struct rs_record, when(r->try_until))

static json_object *
r_findings(const void *row)
{
	const struct rs_record *record = row;
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < record->findings.n; i++) {
		const struct rs_record_finding *finding = record->findings.v[i];
		json_object *j = json_object_new_object();

		json_object_object_add(j, "entry", rs_report_text(finding->entry));
		json_object_object_add(j, "store", rs_report_text(finding->store));
		json_object_object_add(j, "sha256", rs_report_text(finding->sha256));
		json_object_object_add(j, "sha1", rs_report_text(finding->sha1));
		json_object_object_add(j, "name", rs_report_text(finding->title));
		json_object_array_add(list, j);
	}
	return list;
}

static json_object *
r_names(const void *row)
{
	const struct rs_record *record = row;
	json_object *list = json_object_new_array();
	struct rs_array seen;

	rs_array_init(&seen, free);
	for (size_t i = 0; i < record->findings.n; i++) {
		const struct rs_record_finding *finding = record->findings.v[i];

		if (finding->title == NULL || rs_array_has_str(&seen, finding->title))
			continue;
		rs_array_add_str(&seen, finding->title);
		json_object_array_add(list, rs_report_text(finding->title));
	}
	rs_array_free(&seen);
	return list;
}

static json_object *
r_steps(const void *row)
{
	const struct rs_record *record = row;
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < record->steps.n; i++) {
		json_object *j = json_object_new_object();

		for (size_t k = 0; k < RS_COUNT(step_columns); k++)
			if (step_columns[k].key != NULL)
				json_object_object_add(j, step_columns[k].key,
						       step_columns[k].get(record->steps.v[i]));
		json_object_array_add(list, j);
	}
	return list;
}

static const struct rs_report_column record_columns[] = {
	{ "id", "RECORD", false, false, r_id },
	{ "owner", "WHOSE", false, false, r_owner },
	{ "time", "TIME", false, false, r_time },
	{ "state", "STATE", false, false, r_state },
	{ "try_until", NULL, false, false, r_try_until },
	{ "findings", NULL, false, false, r_findings },
	{ NULL, "TOOK OUT", false, false, r_names },
	{ "reason", "NOTE", false, false, r_reason },
};

static const struct rs_report_column undone_columns[] = {
	{ "id", "RECORD", false, false, r_id },
	{ "owner", "WHOSE", false, false, r_owner },
	{ "state", "STATE", false, false, r_state },
	{ "try_until", NULL, false, false, r_try_until },
	{ "steps", NULL, false, false, r_steps },
	{ NULL, "NAME", false, false, r_names },
	{ "reason", "NOTE", false, false, r_reason },
};

#define NOUN(type, columns) { type, columns, RS_COUNT(columns) }

const struct rs_report_noun rs_noun_store = NOUN("store", store_columns);
const struct rs_report_noun rs_noun_finding = NOUN("finding", finding_columns);
const struct rs_report_noun rs_noun_result = NOUN("finding", result_columns);
const struct rs_report_noun rs_noun_unknown = NOUN("unknown", unknown_columns);
const struct rs_report_noun rs_noun_allowed = NOUN("allowed", allowed_columns);
const struct rs_report_noun rs_noun_anchor = NOUN("anchor", anchor_columns);
const struct rs_report_noun rs_noun_step = NOUN("step", step_columns);
const struct rs_report_noun rs_noun_undo_step = NOUN("step", undo_step_columns);
const struct rs_report_noun rs_noun_record = NOUN("record", record_columns);
const struct rs_report_noun rs_noun_undone = NOUN("record", undone_columns);
