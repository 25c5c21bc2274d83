/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text.h"

#include <string.h>
#include <wchar.h>

#include "util.h"

struct range {
	uint32_t first, last;
};

/*
 * What a terminal acts upon or does not show: controls, Unicode's default
 * ignorable code points (bidirectional marks, joiners, fillers, variation
 * selectors, tags), separators, annotations and private use; sorted.
 */
static const struct range unsafe[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad },
	{ 0x034f, 0x034f }, { 0x061c, 0x061c }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	{ 0xf0000, 0x10ffff },
};

/* Length of the character at s, at most len bytes; 0 if that is no UTF-8 (RFC 3629). */
static size_t
decode(const char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	uint32_t c;

	if (n == 0 || n > len)
		return 0;
	c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n > 1 && (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)))
		return 0;
	*cp = c;
	return n;
}

static bool
is_unsafe(uint32_t cp)
{
	size_t low = 0, high = RS_COUNT(unsafe);

	if (cp >= 0x20 && cp < 0x7f)
		return false;
	if ((cp & 0xfffe) == 0xfffe)
		return true;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (cp > unsafe[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < RS_COUNT(unsafe) && cp >= unsafe[low].first;
}

char *
rs_text_safe_n(const char *s, size_t len)
{
	struct rs_buf out = { 0 };

	for (size_t i = 0, n; i < len; i += n) {
		uint32_t cp = 0;

		n = decode(s + i, len - i, &cp);
		if (n > 0 && !is_unsafe(cp)) {
			rs_buf_add(&out, s + i, n);
			continue;
		}
		if (n == 0)
			n = 1;
		for (size_t k = 0; k < n; k++)
			rs_buf_printf(&out, "\\x%02x", (unsigned char)s[i + k]);
	}
	return rs_buf_steal(&out);
}

char *
rs_text_safe(const char *s)
{
	return s == NULL ? rs_strdup("") : rs_text_safe_n(s, strlen(s));
}

/* A NUL byte is UTF-8, but would cut the text short where C handles it. */
static size_t
decode_text(const char *s, size_t len)
{
	uint32_t cp;
	size_t n = decode(s, len, &cp);

	return n == 1 && *s == '\0' ? 0 : n;
}

char *
rs_text_utf8(const char *s, size_t len)
{
	struct rs_buf out = { 0 };

	for (size_t i = 0, n; i < len; i += n) {
		n = decode_text(s + i, len - i);
		if (n > 0) {
			rs_buf_add(&out, s + i, n);
			continue;
		}
		rs_buf_puts(&out, "\xef\xbf\xbd");
		n = 1;
	}
	return rs_buf_steal(&out);
}

bool
rs_text_is_utf8(const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = decode_text(s + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

char *
rs_text_json(const char *json)
{
	struct rs_buf out = { 0 };
	size_t len = strlen(json);

	for (size_t i = 0, n; i < len; i += n) {
		uint32_t cp = 0xfffd;

		n = decode(json + i, len - i, &cp);
		if (n > 0 && (cp < 0x20 || !is_unsafe(cp)))
			rs_buf_add(&out, json + i, n);
		else if (cp > 0xffff)
			rs_buf_printf(&out, "\\u%04x\\u%04x", 0xd7c0 + (cp >> 10),
				      0xdc00 + (cp & 0x3ff));
		else
			rs_buf_printf(&out, "\\u%04x", cp);
		if (n == 0)
			n = 1;
	}
	return rs_buf_steal(&out);
}

/*
 * Columns of the character at s. Where the locale does not know it, 1. Marks
 * that pile up on one letter count from the third on, or a name could hold
 * any number of them in one column.
 */
static size_t
columns(const char *s, size_t len, size_t *bytes, unsigned *marks)
{
	uint32_t cp = 0;
	int width;

	*bytes = decode(s, len, &cp);
	if (*bytes == 0) {
		*bytes = 1;
		return 1;
	}
	width = wcwidth((wchar_t)cp);
	if (width != 0) {
		*marks = 0;
		return width < 0 ? 1 : (size_t)width;
	}
	return ++*marks > 2;
}

char *
rs_text_cut(const char *s, size_t max)
{
	size_t len = strlen(s), room = max > 3 ? max - 3 : 0;
	size_t used = 0, fits = 0, i = 0;
	unsigned marks = 0;

	while (i < len) {
		size_t bytes;

		used += columns(s + i, len - i, &bytes, &marks);
		if (used > max)
			return rs_printf("%.*s%.*s", (int)fits, s, (int)(max < 3 ? max : 3),
					 "...");
		i += bytes;
		if (used <= room)
			fits = i;
	}
	return rs_strdup(s);
}

/* Longer than any option or command. */
#define WORD_MAX 64

/* Levenshtein's distance, with one row of the table kept. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j] = best;
		}
	}
	return row[nb];
}

const char *
rs_text_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t best = 4;
	const char *nearest = NULL;

	/* Where every letter differs, it is no likeness. */
	if (strlen(word) < best)
		best = strlen(word);
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, candidates[i]);

		if (d < best) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}
