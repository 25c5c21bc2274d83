/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /etc/ca-certificates.conf: each line that selects a file is deselected, and
 * selected again, also after somebody has put a line before it.
 */
#include <string.h>

#include "debian.h"
#include "file-edit.h"
#include "fuzz.h"

/* The lines that select something, at most a few. */
static void
find_lines(const struct rs_buf *conf, struct rs_array *ranges)
{
	const char *line = conf->data, *end;

	for (; line < conf->data + conf->len && ranges->n < 8; line = end + 1) {
		size_t left = conf->len - (size_t)(line - conf->data);
		RS_AUTOFREE char *path = NULL;
		struct rs_range *range;

		end = memchr(line, '\n', left);
		if (end == NULL)
			end = line + left;
		path = rs_debian_selected(line, (size_t)(end - line));
		if (path == NULL)
			continue;
		FUZZ_HOLDS(rs_starts(path, RS_DEBIAN_PACKAGES "/") && line[0] != '!');
		range = rs_array_add(ranges, rs_alloc(sizeof(*range)));
		range->offset = (uint64_t)(line - conf->data);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_step *step = rs_step_new(RS_STEP_FILE, NULL, "", RS_DEBIAN_CONF);
	RS_AUTOBUF struct rs_buf conf = { 0 };
	RS_AUTOBUF struct rs_buf edited = { 0 };
	RS_AUTOBUF struct rs_buf changed = { 0 };

	rs_buf_add(&conf, data, size);
	step->op = RS_FILE_DESELECT;
	find_lines(&conf, &step->ranges);
	FUZZ_HOLDS(rs_file_edit(step, &conf, &edited));
	FUZZ_HOLDS(edited.len == size + step->ranges.n);
	/* What an editor would do with NUL bytes nobody knows. */
	if (memchr(conf.data, 0, size) == NULL) {
		rs_buf_puts(&changed, "# a line of somebody else's\n");
		rs_buf_add(&changed, edited.data, edited.len);
		FUZZ_HOLDS(rs_file_edit_back(step, &conf, &changed));
		FUZZ_HOLDS(changed.len <= size + step->ranges.n + 28);
	}
	rs_step_free(step);
	return 0;
}
