/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps as plain data: plan.h. */
#include <string.h>

#include "plan.h"

struct rs_step *
rs_step_new(enum rs_step_kind kind, const char *store_kind, const char *store, const char *path)
{
	struct rs_step *step = rs_alloc(sizeof(*step));

	step->kind = kind;
	step->store_kind = store_kind;
	step->store = rs_strdup(store);
	step->path = rs_strdup(path);
	rs_array_init(&step->ranges, free);
	rs_array_init(&step->ids, free);
	rs_array_init(&step->rows, rs_row_free);
	rs_array_init(&step->copies, rs_copy_free);
	rs_array_init(&step->before.xattrs, rs_xattr_free);
	rs_array_init(&step->after.xattrs, rs_xattr_free);
	return step;
}

void
rs_saved_clear(struct rs_saved *saved)
{
	free(saved->sha256);
	free(saved->target);
	free(saved->content);
	rs_array_free(&saved->xattrs);
	*saved = (struct rs_saved){ .xattrs.free_fn = rs_xattr_free };
}

void
rs_xattr_free(void *p)
{
	struct rs_xattr *xattr = p;

	free(xattr->name);
	free(xattr->value);
	free(xattr);
}

static void
column_free(struct rs_column *column)
{
	free(column->name);
	free(column->value);
	free(column);
}

void
rs_row_free(void *p)
{
	struct rs_row *row = p;

	for (size_t i = 0; i < row->columns.n; i++)
		column_free(row->columns.v[i]);
	row->columns.free_fn = NULL;
	rs_array_free(&row->columns);
	free(row);
}

void
rs_copy_free(void *p)
{
	struct rs_copy *copy = p;

	free(copy->path);
	rs_saved_clear(&copy->saved);
	free(copy);
}

void
rs_step_free(void *p)
{
	struct rs_step *step = p;

	if (step == NULL)
		return;
	free(step->store);
	free(step->path);
	free(step->reason);
	rs_array_free(&step->ranges);
	free(step->stamp.sha256);
	free(step->content);
	rs_saved_clear(&step->before);
	rs_saved_clear(&step->after);
	rs_array_free(&step->ids);
	rs_array_free(&step->rows);
	free(step->layout);
	rs_array_free(&step->copies);
	free(step);
}

void
rs_step_set(struct rs_step *step, enum rs_step_state state, const char *fmt, ...)
{
	va_list ap;

	step->state = state;
	free(step->reason);
	step->reason = NULL;
	if (fmt == NULL)
		return;
	va_start(ap, fmt);
	step->reason = rs_vprintf(fmt, ap);
	va_end(ap);
}

bool
rs_step_stands_alone(const struct rs_step *step)
{
	return rs_streq(step->store_kind, RS_KIND_BROWSER_POLICY) ||
	    rs_streq(step->store_kind, RS_KIND_JAVA);
}

const char *
rs_file_op_name(enum rs_file_op op)
{
	static const char *const names[] = {
		[RS_FILE_REMOVE] = "remove", [RS_FILE_CUT] = "cut",
		[RS_FILE_DESELECT] = "deselect", [RS_FILE_ELEMENT] = "element",
		[RS_FILE_CREATE] = "create", [RS_FILE_KEYSTORE] = "keystore",
	};

	return names[op];
}

const char *
rs_step_kind_name(enum rs_step_kind kind)
{
	static const char *const names[] = {
		[RS_STEP_FILE] = "file", [RS_STEP_ROWS] = "rows", [RS_STEP_REFRESH] = "refresh",
	};

	return names[kind];
}

const char *
rs_step_state_name(enum rs_step_state state)
{
	static const char *const names[] = {
		[RS_STEP_PLANNED] = "planned", [RS_STEP_DONE] = "done",
		[RS_STEP_UNDONE] = "undone", [RS_STEP_FAILED] = "failed",
		[RS_STEP_REFUSED] = "refused", [RS_STEP_PENDING] = "pending",
		[RS_STEP_CONFLICT] = "conflict",
	};

	return names[state];
}
