/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON as bytes of a file: where an array's elements lie, so that one can be
 * cut out, or put back, while every other byte stays. Only places are found
 * here; what the text means is json-c's to say, before and after.
 *
 * Tolerant as Chromium is with its policies: comments, commas behind the last
 * element, a byte order mark, \xHH. Duplicate keys: the last one counts.
 */
#ifndef RS_JSON_TEXT_H
#define RS_JSON_TEXT_H

#include <json-c/json.h>

#include "util.h"

struct rs_json_element {
	size_t offset, length;		/* of the value, without blanks and comma */
	size_t comma;			/* offset of the comma behind it; 0: none */
};

/* An array that keys of objects lead to; others are passed over. */
struct rs_json_array {
	struct rs_array keys;		/* char *: from the outermost object inwards */
	size_t open;			/* offset behind its "[" */
	struct rs_array elements;	/* struct rs_json_element * */
};

/*
 * The document, or NULL with *why (the caller's to free): what is no JSON even
 * to a tolerant reader, or no object. Its arrays, in order, as struct
 * rs_json_array *; arrays is initialised here and the caller's to free.
 */
json_object *rs_json_read(const char *text, size_t len, struct rs_array *arrays, char **why);

/*
 * The array that these keys lead to (the last of them NULL), with *list as
 * json-c has it; NULL where there is none. Where both do not have equally many
 * elements, which a key that is there twice may bring about, *list alone.
 */
const struct rs_json_array *rs_json_array_find(const struct rs_array *arrays, json_object *root,
					       const char *const *keys, json_object **list);

unsigned rs_json_line(const char *text, size_t offset);		/* from 1 */

/*
 * Cuts elements out (struct rs_range *, ascending, each exactly an element),
 * each with one comma. False where the result does not mean the same without
 * them, or a range is no element.
 */
bool rs_json_cut(const struct rs_buf *from, const struct rs_array *ranges, struct rs_buf *to);

/*
 * Puts what was cut out of original back into now, which somebody changed:
 * into the array with the same keys, beside a neighbour that is still there,
 * else at its end; nothing where as many equal ones are there as were. False where the
 * array is gone, or now is no JSON: then now may hold anything.
 */
bool rs_json_put_back(const struct rs_buf *original, const struct rs_array *ranges,
		      struct rs_buf *now);

#endif
