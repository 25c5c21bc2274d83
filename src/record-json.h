/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records and steps on the wire between a worker and its parent. What the
 * parent reads is a stranger's word: id, states and texts are checked, the
 * owner is the parent's own, and such a record is for the report only.
 */
#ifndef RS_RECORD_JSON_H
#define RS_RECORD_JSON_H

#include <json-c/json.h>

#include "record.h"

json_object *rs_step_to_json(const struct rs_step *step);
json_object *rs_record_to_json(const struct rs_record *record);
/* NULL where it is not understood. */
struct rs_record *rs_record_from_json(json_object *json, const char *owner);

#endif
