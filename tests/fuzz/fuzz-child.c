/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of a child's: a store, a record, or what one is known by. */
#include <string.h>

#include "anchor.h"
#include "fuzz.h"
#include "identity.h"
#include "record-json.h"
#include "store.h"
#include "wire.h"

static void
try_store(json_object *line)
{
	const char *why = NULL;
	struct rs_store *store = rs_store_from_json(line, "alice", &why), *again;
	json_object *told;

	FUZZ_HOLDS((store == NULL) == (why != NULL));
	if (store == NULL)
		return;
	FUZZ_HOLDS(strcmp(store->owner, "alice") == 0 && store->path[0] == '/');
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		for (size_t k = 0; k < anchor->origins.n; k++)
			FUZZ_HOLDS(((struct rs_origin *)anchor->origins.v[k])->path[0] == '/');
	}
	told = rs_store_to_json(store);
	again = rs_store_from_json(told, "alice", &why);
	FUZZ_HOLDS(again != NULL && again->anchors.n == store->anchors.n);
	rs_store_free(again);
	json_object_put(told);
	rs_store_free(store);
}

static void
try_record(json_object *line)
{
	struct rs_record *record = rs_record_from_json(line, "alice"), *again;
	json_object *told;

	if (record == NULL)
		return;
	FUZZ_HOLDS(strcmp(record->owner, "alice") == 0 && rs_record_id_valid(record->id));
	told = rs_record_to_json(record);
	again = rs_record_from_json(told, "alice");
	FUZZ_HOLDS(again != NULL && again->steps.n == record->steps.n);
	rs_record_free(again);
	json_object_put(told);
	rs_record_free(record);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *text = rs_strndup((const char *)data, size);
	json_object *line = json_tokener_parse(text);
	struct rs_wire_reader r = { .object = line };
	struct rs_map map = { 0 };

	if (json_object_is_type(line, json_type_object)) {
		RS_AUTOFREE char *fact = rs_wire_bytes(&r, "text");

		if (fact != NULL)
			rs_identity_add_text(&map, fact, &map);
		try_store(line);
		try_record(line);
	}
	rs_map_free(&map);
	json_object_put(line);
	return 0;
}
