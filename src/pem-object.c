/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pem-object.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "der.h"
#include "pem.h"

#define HEADER "[p11-kit-object-v1]"

/* One object: from its header to its last line or block. */
struct object {
	bool open;
	size_t start, end;
	size_t blocks;
	struct rs_pem_block *block;
	bool trusted, distrusted;
};

static int
hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' :
	    isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* A value in quotes, bytes of it as %HH; NULL where it is no such value. */
static unsigned char *
decode(const char *p, const char *end, size_t *len)
{
	unsigned char *out;
	size_t n = 0;

	if (end - p < 2 || *p != '"' || end[-1] != '"')
		return NULL;
	end--;
	out = rs_alloc((size_t)(end - p));
	for (p++; p < end; p++) {
		if (*p != '%') {
			out[n++] = (unsigned char)*p;
			continue;
		}
		if (end - p < 3 || hex_digit(p[1]) < 0 || hex_digit(p[2]) < 0) {
			free(out);
			return NULL;
		}
		out[n++] = (unsigned char)(hex_digit(p[1]) << 4 | hex_digit(p[2]));
		p += 2;
	}
	*len = n;
	return out;
}

/* The certificate in a line's value, whatever its name: it may be a number. */
static struct rs_pem_block *
read_value(const char *p, const char *end)
{
	struct rs_pem_block *block;
	struct rs_der_cert parts;
	unsigned char *der;
	size_t len;

	while (p < end && isspace((unsigned char)*p))
		p++;
	der = decode(p, end, &len);
	if (der == NULL || !rs_der_certificate(der, len, RS_DER_DEPTH, &parts)) {
		free(der);
		return NULL;
	}
	block = rs_alloc(sizeof(*block));
	block->label = "p11-kit";
	block->der = der;
	block->der_len = parts.length;
	return block;
}

static void
note_block(struct object *object, struct rs_pem_block *block)
{
	size_t end = block->offset + block->length;

	if (!object->open)
		return;
	object->block = block;
	object->blocks++;
	if (end > object->end)
		object->end = end;
}

static void
close_object(struct object *object)
{
	if (object->open && object->blocks == 1) {
		object->block->offset = object->start;
		object->block->length = object->end - object->start;
		object->block->trusted = object->trusted && !object->distrusted;
		object->block->distrusted = object->distrusted;
	}
	*object = (struct object){ 0 };
}

/* A line "NAME: true" of one of two names that p11-kit takes for the same. */
static bool
says(const char *p, const char *end, const char *name, const char *cka)
{
	RS_AUTOFREE char *line = rs_strndup(p, (size_t)(end - p));
	char key[32], value[8];

	return sscanf(line, " %31[A-Za-z_-] : %7s", key, value) == 2 && rs_streq(value, "true") &&
	    (rs_streq(key, name) || rs_streq(key, cka));
}

/* The line from start to next. */
static void
take_line(struct object *object, const char *data, size_t start, size_t next, unsigned line,
	  struct rs_array *found)
{
	const char *p = data + start, *end = data + next;
	struct rs_pem_block *block;

	while (p < end && isspace((unsigned char)*p))
		p++;
	while (p < end && isspace((unsigned char)end[-1]))
		end--;
	if (p == end || *p == '#')
		return;
	if (*p == '[') {
		close_object(object);
		object->open = (size_t)(end - p) == strlen(HEADER) &&
		    memcmp(p, HEADER, strlen(HEADER)) == 0;
		object->start = start;
		object->end = next;
		return;
	}
	if (!object->open || memchr(p, ':', (size_t)(end - p)) == NULL)
		return;
	object->trusted |= says(p, end, "trusted", "CKA_TRUSTED");
	object->distrusted |= says(p, end, "x-distrusted", "CKA_X_DISTRUSTED");
	p = memchr(p, ':', (size_t)(end - p));
	object->end = next;
	block = read_value(p + 1, end);
	if (block == NULL)
		return;
	block->offset = start;
	block->length = next - start;
	block->line = line;
	note_block(object, block);
	rs_array_add(found, block);
}

void
rs_pem_find_objects(const char *data, size_t len, struct rs_array *found)
{
	struct object object = { 0 };
	size_t at = 0, k = 0, n = found->n;
	unsigned line = 1;

	if (len == 0 || memmem(data, len, HEADER, strlen(HEADER)) == NULL)
		return;
	while (at < len) {
		struct rs_pem_block *block = k < n ? found->v[k] : NULL;
		size_t limit = block != NULL ? block->offset : len, next;
		const char *newline;

		if (at >= limit) {
			next = block->offset + block->length;
			for (; at < next; at++)
				line += data[at] == '\n';
			note_block(&object, block);
			k++;
			continue;
		}
		newline = memchr(data + at, '\n', limit - at);
		next = newline == NULL ? limit : (size_t)(newline - data) + 1;
		take_line(&object, data, at, next, line, found);
		line += newline != NULL;
		at = next;
	}
	close_object(&object);
}
