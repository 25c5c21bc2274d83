/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "file-edit.h"

#include <string.h>

#include "json-text.h"

/*
 * The bytes of an edited file: ranges cut out, or "!" put before lines.
 */
static bool
cut_or_mark(const struct rs_step *step, const struct rs_buf *from, struct rs_buf *to)
{
	uint64_t at = 0;

	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];

		if (range->offset < at || range->offset > from->len ||
		    range->length > from->len - range->offset)
			return false;
		rs_buf_add(to, from->data + at, range->offset - at);
		if (step->op == RS_FILE_DESELECT)
			rs_buf_puts(to, "!");
		at = range->offset + range->length;
	}
	rs_buf_add(to, from->data + at, from->len - at);
	return true;
}

bool
rs_file_edit(const struct rs_step *step, const struct rs_buf *from, struct rs_buf *to)
{
	return step->op == RS_FILE_ELEMENT ? rs_json_cut(from, &step->ranges, to) :
	    cut_or_mark(step, from, to);
}

/*
 * The way back where somebody changed the file since: what the step did is
 * taken back, and nothing else of the file is touched.
 */

static char *
find_line(const struct rs_buf *content, const char *line)
{
	size_t n = strlen(line);

	for (char *p = content->data; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, line, n) == 0 && (p[n] == '\n' || p[n] == '\0'))
			return p;
	}
	return NULL;
}

/* Each deselected line loses its "!" again, wherever it stands now, unless
 * somebody has taken that away already. */
static size_t
reselect(const struct rs_step *step, const struct rs_buf *original, struct rs_buf *content)
{
	size_t found = 0;

	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];
		const char *line = original->data + range->offset;
		size_t n = strcspn(line, "\n");
		RS_AUTOFREE char *wanted = rs_printf("!%.*s", (int)n, line);
		char *p = find_line(content, wanted);

		if (p != NULL) {
			memmove(p, p + 1, content->len - (size_t)(p - content->data));
			content->len--;
		}
		found += p != NULL || find_line(content, wanted + 1) != NULL;
	}
	return found;
}

/* What stood on both sides of a range is enough to find its place again. */
#define NEIGHBOURS 512

/* The offset in content where the range stood, or its end where the
 * neighbours are not (once) there any more. */
static size_t
old_place(const struct rs_step *step, size_t index, const struct rs_buf *original,
	  const struct rs_buf *content)
{
	const struct rs_range *range = step->ranges.v[index];
	RS_AUTOBUF struct rs_buf both = { 0 };
	uint64_t at = range->offset + range->length;
	size_t before = range->offset < NEIGHBOURS ? range->offset : NEIGHBOURS;
	const char *found;

	rs_buf_add(&both, original->data + range->offset - before, before);
	/* Ranges behind this one are still out. */
	for (size_t i = index + 1; i <= step->ranges.n && both.len < before + NEIGHBOURS; i++) {
		const struct rs_range *next = i < step->ranges.n ? step->ranges.v[i] : NULL;
		uint64_t end = next != NULL ? next->offset : original->len;
		size_t wanted = before + NEIGHBOURS - both.len;

		rs_buf_add(&both, original->data + at, end - at < wanted ? end - at : wanted);
		at = next != NULL ? next->offset + next->length : end;
	}
	found = both.len == 0 ? NULL : memmem(content->data, content->len, both.data, both.len);
	if (found == NULL || memmem(found + 1, content->len - (size_t)(found + 1 - content->data),
				    both.data, both.len) != NULL)
		return content->len;
	return (size_t)(found - content->data) + before;
}

/* Each cut certificate comes back, unless it is there again already. */
static size_t
put_back(const struct rs_step *step, const struct rs_buf *original, struct rs_buf *content)
{
	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];
		const char *block = original->data + range->offset;
		struct rs_buf joined = { 0 };
		size_t place;

		if (memmem(content->data, content->len, block, range->length) != NULL)
			continue;
		place = old_place(step, i, original, content);
		rs_buf_add(&joined, content->data, place);
		if (place > 0 && place == content->len && content->data[place - 1] != '\n')
			rs_buf_puts(&joined, "\n");
		rs_buf_add(&joined, block, range->length);
		rs_buf_add(&joined, content->data + place, content->len - place);
		rs_buf_free(content);
		*content = joined;
	}
	return step->ranges.n;
}

bool
rs_file_edit_back(const struct rs_step *step, const struct rs_buf *original,
		  struct rs_buf *content)
{
	RS_AUTOBUF struct rs_buf cut = { 0 };

	/* Ranges that cannot have been cut are not put back. */
	if (!rs_file_edit(step, original, &cut))
		return false;
	if (step->op == RS_FILE_ELEMENT)
		return rs_json_put_back(original, &step->ranges, content);
	return step->ranges.n == (step->op == RS_FILE_DESELECT ?
	    reselect(step, original, content) : put_back(step, original, content));
}
