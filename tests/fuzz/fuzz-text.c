/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of strangers, on its way to a terminal, a log or JSON. */
#include <string.h>

#include <json-c/json.h>

#include "fuzz.h"
#include "text.h"

/* No byte that could end a line or begin a sequence. */
static bool
is_calm(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			return false;
	return rs_text_is_utf8(text, strlen(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *copy = fuzz_copy(data, size);
	RS_AUTOFREE char *safe = rs_text_safe_n(copy, size), *again = rs_text_safe(safe);
	RS_AUTOFREE char *utf8 = rs_text_utf8(copy, size), *cut = rs_text_cut(safe, size % 100);
	RS_AUTOFREE char *json = NULL;
	json_object *string = json_object_new_string(utf8), *read;

	FUZZ_HOLDS(is_calm(safe) && is_calm(cut) && strcmp(safe, again) == 0);
	FUZZ_HOLDS(strlen(cut) <= strlen(safe) + 3);
	FUZZ_HOLDS(rs_text_is_utf8(utf8, strlen(utf8)));
	FUZZ_HOLDS(rs_text_is_utf8(copy, size) == (strlen(utf8) == size &&
						   memcmp(utf8, copy, size) == 0));
	json = rs_text_json(json_object_to_json_string(string));
	FUZZ_HOLDS(is_calm(json));
	read = json_tokener_parse(json);
	FUZZ_HOLDS(json_object_equal(string, read));
	json_object_put(string);
	json_object_put(read);
	return 0;
}
