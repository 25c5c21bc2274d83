/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading JSON that a stranger wrote: a worker's lines. Each getter checks
 * type and bounds; the first thing that is wrong is kept in why.
 */
#ifndef RS_WIRE_H
#define RS_WIRE_H

#include <json-c/json.h>

#include "util.h"

struct rs_wire_reader {
	json_object *object;
	const char *why;	/* NULL while all is well */
};

/* Bytes travel as base64 where they are no UTF-8: key or key_b64. */
void rs_wire_put_bytes(json_object *object, const char *key, const char *bytes);
void rs_wire_put_text(json_object *object, const char *key, const char *text);

char *rs_wire_bytes(struct rs_wire_reader *r, const char *key);	/* NULL where absent */
char *rs_wire_text(struct rs_wire_reader *r, const char *key);		/* NULL where absent */
uint64_t rs_wire_number(struct rs_wire_reader *r, const char *key, uint64_t max);
bool rs_wire_bool(struct rs_wire_reader *r, const char *key);
/* The array at key, or NULL; never more than max elements. */
json_object *rs_wire_array(struct rs_wire_reader *r, const char *key, size_t max);

#endif
