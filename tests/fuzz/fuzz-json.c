/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON as bytes: elements that are found are cut out, and put back into the
 * rest, which then has them all again.
 */
#include <string.h>

#include "file-edit.h"
#include "fuzz.h"
#include "json-text.h"

/* Cut, then put back. */
static void
try_element(struct rs_buf *text, const struct rs_json_element *element)
{
	struct rs_range range = { element->offset, element->length };
	struct rs_array ranges = { .v = (void *[]){ &range }, .n = 1, .cap = 1 };
	RS_AUTOBUF struct rs_buf cut = { 0 };
	RS_AUTOFREE char *why = NULL;
	struct rs_array arrays;
	json_object *before, *after;

	if (!rs_json_cut(text, &ranges, &cut))
		return;
	FUZZ_HOLDS(cut.len + element->length <= text->len);
	FUZZ_HOLDS(rs_json_put_back(text, &ranges, &cut));
	before = rs_json_read(text->data, text->len, &arrays, &why);
	rs_array_free(&arrays);
	after = rs_json_read(cut.data, cut.len, &arrays, &why);
	rs_array_free(&arrays);
	/* Among equal neighbours it may stand at another place. */
	FUZZ_HOLDS(strlen(json_object_to_json_string(before)) ==
		   strlen(json_object_to_json_string(after)));
	json_object_put(before);
	json_object_put(after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *copy = fuzz_copy(data, size), *why = NULL;
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct rs_array arrays;
	json_object *root = rs_json_read(copy, size, &arrays, &why);
	size_t tried = 0;

	rs_buf_add(&text, data, size);
	FUZZ_HOLDS((root == NULL) == (why != NULL));
	for (size_t i = 0; root != NULL && i < arrays.n; i++) {
		const struct rs_json_array *array = arrays.v[i];

		FUZZ_HOLDS(array->open > 0 && copy[array->open - 1] == '[');
		for (size_t k = 0; k < array->elements.n; k++) {
			const struct rs_json_element *element = array->elements.v[k];

			FUZZ_HOLDS(element->length > 0 && element->offset >= array->open &&
				   element->offset + element->length < size);
			FUZZ_HOLDS(element->comma == 0 || copy[element->comma] == ',');
			FUZZ_HOLDS(rs_json_line(text.data, element->offset) > 0);
			if (tried++ < 4)
				try_element(&text, element);
		}
	}
	rs_array_free(&arrays);
	json_object_put(root);
	return 0;
}
