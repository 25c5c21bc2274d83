/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record-json.h"

#include "wire.h"

#define MAX_STEPS 100000
#define MAX_FINDINGS 100000

json_object *
rs_step_to_json(const struct rs_step *step)
{
	json_object *j = json_object_new_object();

	json_object_object_add(j, "n", json_object_new_int64(step->n));
	json_object_object_add(j, "kind", json_object_new_int(step->kind));
	json_object_object_add(j, "op", json_object_new_int(step->op));
	rs_wire_put_text(j, "store_kind", step->store_kind);
	rs_wire_put_bytes(j, "store", step->store);
	rs_wire_put_bytes(j, "path", step->path);
	json_object_object_add(j, "state", json_object_new_int(step->state));
	rs_wire_put_bytes(j, "reason", step->reason);
	json_object_object_add(j, "pid", json_object_new_int64(step->pid));
	return j;
}

json_object *
rs_record_to_json(const struct rs_record *record)
{
	json_object *j = json_object_new_object(), *list = json_object_new_array();

	rs_wire_put_text(j, "id", record->id);
	rs_wire_put_text(j, "time", record->time);
	json_object_object_add(j, "state", json_object_new_int(record->state));
	rs_wire_put_bytes(j, "reason", record->reason);
	json_object_object_add(j, "try_until", json_object_new_int64(record->try_until));
	json_object_object_add(j, "acted", json_object_new_boolean(record->acted));
	for (size_t i = 0; i < record->steps.n; i++)
		json_object_array_add(list, rs_step_to_json(record->steps.v[i]));
	json_object_object_add(j, "steps", list);
	list = json_object_new_array();
	for (size_t i = 0; i < record->findings.n; i++) {
		const struct rs_record_finding *finding = record->findings.v[i];
		json_object *f = json_object_new_object();

		rs_wire_put_bytes(f, "entry", finding->entry);
		rs_wire_put_bytes(f, "store", finding->store);
		rs_wire_put_text(f, "sha256", finding->sha256);
		rs_wire_put_text(f, "sha1", finding->sha1);
		rs_wire_put_bytes(f, "title", finding->title);
		json_object_array_add(list, f);
	}
	json_object_object_add(j, "findings", list);
	return j;
}

static struct rs_step *
step_from_json(json_object *j)
{
	struct rs_wire_reader r = { .object = j };
	RS_AUTOFREE char *kind = NULL, *store = NULL, *path = NULL;
	struct rs_step *step;

	if (!json_object_is_type(j, json_type_object))
		return NULL;
	kind = rs_wire_text(&r, "store_kind");
	store = rs_wire_bytes(&r, "store");
	path = rs_wire_bytes(&r, "path");
	step = rs_step_new((enum rs_step_kind)rs_wire_number(&r, "kind", RS_STEP_REFRESH),
			   rs_store_kind(kind), store, path);
	step->op = (enum rs_file_op)rs_wire_number(&r, "op", RS_FILE_KEYSTORE);
	step->n = (unsigned)rs_wire_number(&r, "n", UINT32_MAX);
	step->state = (enum rs_step_state)rs_wire_number(&r, "state", RS_STEP_CONFLICT);
	step->reason = rs_wire_bytes(&r, "reason");
	step->pid = (int64_t)rs_wire_number(&r, "pid", INT32_MAX);
	if (r.why == NULL && step->store_kind != NULL && store != NULL && path != NULL)
		return step;
	rs_step_free(step);
	return NULL;
}

static bool
finding_from_json(struct rs_record *record, json_object *j)
{
	struct rs_wire_reader r = { .object = j };
	struct rs_record_finding *finding;

	if (!json_object_is_type(j, json_type_object))
		return false;
	finding = rs_array_add(&record->findings, rs_alloc(sizeof(*finding)));
	finding->entry = rs_wire_bytes(&r, "entry");
	finding->store = rs_wire_bytes(&r, "store");
	finding->sha256 = rs_wire_text(&r, "sha256");
	finding->sha1 = rs_wire_text(&r, "sha1");
	finding->title = rs_wire_bytes(&r, "title");
	return r.why == NULL;
}

struct rs_record *
rs_record_from_json(json_object *j, const char *owner)
{
	struct rs_wire_reader r = { .object = j };
	RS_AUTOFREE char *id = rs_wire_text(&r, "id");
	struct rs_record *record;
	json_object *list;

	if (id == NULL || !rs_record_id_valid(id))
		return NULL;
	record = rs_record_new(id, NULL);
	record->owner = rs_strdup(owner);
	record->time = rs_wire_text(&r, "time");
	record->state = (enum rs_record_state)rs_wire_number(&r, "state", RS_RECORD_DAMAGED);
	record->reason = rs_wire_bytes(&r, "reason");
	record->try_until = (time_t)rs_wire_number(&r, "try_until", INT64_MAX);
	record->acted = rs_wire_bool(&r, "acted");
	list = rs_wire_array(&r, "steps", MAX_STEPS);
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct rs_step *step = step_from_json(json_object_array_get_idx(list, i));

		if (step != NULL)
			rs_array_add(&record->steps, step);
		else
			r.why = "a step is not understood";
	}
	list = rs_wire_array(&r, "findings", MAX_FINDINGS);
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		if (!finding_from_json(record, json_object_array_get_idx(list, i)))
			r.why = "a finding is not understood";
	if (r.why == NULL)
		return record;
	rs_record_free(record);
	return NULL;
}
