/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "name.h"

#include <string.h>

#include "der.h"
#include "text.h"

#define VALUE_MAX 1024
#define VALUES_MAX 256

enum {
	DER_OID = 0x06, DER_UTF8 = 0x0c, DER_NUMERIC = 0x12, DER_PRINTABLE = 0x13,
	DER_TELETEX = 0x14, DER_IA5 = 0x16, DER_VISIBLE = 0x1a, DER_UNIVERSAL = 0x1c,
	DER_BMP = 0x1e,
};

static void
value_free(void *p)
{
	struct rs_name_value *value = p;

	free(value->oid);
	free(value->text);
	free(value);
}

static char *
oid_text(const struct rs_der *der)
{
	struct rs_buf text = { 0 };
	uint64_t arc = 0;
	bool first = true;

	for (size_t i = 0; i < der->body_len && i < 64; i++) {
		arc = arc << 7 | (der->body[i] & 0x7f);
		if (der->body[i] & 0x80)
			continue;
		if (first) {
			uint64_t top = arc < 40 ? 0 : arc < 80 ? 1 : 2;

			rs_buf_printf(&text, "%u.", (unsigned)top);
			arc -= top * 40;
		}
		rs_buf_printf(&text, "%s%llu", first ? "" : ".", (unsigned long long)arc);
		first = false;
		arc = 0;
	}
	return rs_buf_steal(&text);
}

static void
add_character(struct rs_buf *text, uint32_t c)
{
	char bytes[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = n == 1 ? (char)c : (char)((0xf00u >> n & 0xff) | c);
	rs_buf_add(text, bytes, n);
}

/* Characters of 1 (Latin-1), 2 or 4 bytes each. */
static void
add_wide(struct rs_buf *text, const struct rs_der *der, size_t width)
{
	for (size_t i = 0; i + width <= der->body_len; i += width) {
		uint32_t c = 0;

		for (size_t k = 0; k < width; k++)
			c = c << 8 | der->body[i + k];
		add_character(text, c < 0x110000 ? c : 0);
	}
}

/* UTF-8 without a NUL, and so without surrogates. */
static bool
is_text(const char *text, size_t len)
{
	return len <= VALUE_MAX && rs_text_is_utf8(text, len);
}

char *
rs_name_text(const struct rs_der *der)
{
	RS_AUTOBUF struct rs_buf wide = { 0 };

	if (der->body_len > VALUE_MAX * 4)
		return NULL;
	rs_buf_puts(&wide, "");
	switch (der->tag) {
	case DER_TELETEX:
		if (!is_text((const char *)der->body, der->body_len)) {
			add_wide(&wide, der, 1);
			break;
		}
		/* Many makers write UTF-8 whatever the tag says. */
		/* fall through */
	case DER_UTF8:
	case DER_NUMERIC:
	case DER_PRINTABLE:
	case DER_IA5:
	case DER_VISIBLE:
		rs_buf_add(&wide, der->body, der->body_len);
		break;
	case DER_BMP:
		add_wide(&wide, der, 2);
		break;
	case DER_UNIVERSAL:
		add_wide(&wide, der, 4);
		break;
	default:
		return NULL;
	}
	return is_text(wide.data, wide.len) ? rs_buf_steal(&wide) : NULL;
}

static bool
add_value(struct rs_array *values, const struct rs_der *attribute)
{
	const unsigned char *p = attribute->body;
	size_t left = attribute->body_len;
	struct rs_der oid, content;
	struct rs_name_value *value;
	char *text;

	if (!rs_der_next(&p, &left, 0, &oid) || oid.tag != DER_OID ||
	    !rs_der_next(&p, &left, 0, &content))
		return false;
	text = rs_name_text(&content);
	if (text == NULL)
		return true;
	value = rs_alloc(sizeof(*value));
	value->oid = oid_text(&oid);
	value->text = text;
	rs_array_add(values, value);
	return true;
}

void
rs_name_values(const void *der, size_t len, struct rs_array *values)
{
	const unsigned char *p = der;
	struct rs_der name, part, attribute;
	size_t left = len, n = 0;

	rs_array_init(values, value_free);
	if (!rs_der_next(&p, &left, 0, &name) || name.tag != RS_DER_SEQUENCE)
		return;
	p = name.body;
	left = name.body_len;
	while (left > 0 && rs_der_next(&p, &left, 0, &part) && part.tag == RS_DER_SET) {
		const unsigned char *q = part.body;
		size_t in_part = part.body_len;

		while (in_part > 0)
			if (++n > VALUES_MAX || !rs_der_next(&q, &in_part, 0, &attribute) ||
			    attribute.tag != RS_DER_SEQUENCE || !add_value(values, &attribute))
				return;
	}
}
