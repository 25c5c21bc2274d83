/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chromium-trust.h"

#include <arpa/inet.h>
#include <string.h>

/* No user gives so many; and a message within itself ends somewhere. */
#define MAX_LIMITS 1000
#define MAX_DEPTH 20

/* https://protobuf.dev/programming-guides/encoding/ */
enum wire_type {
	WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_GROUP = 3, WIRE_GROUP_END = 4,
	WIRE_32 = 5,
};

enum {
	METADATA_TRUST = 1, METADATA_CONSTRAINTS = 2,
	TRUST_TYPE = 1,
	CONSTRAINTS_NAME = 1, CONSTRAINTS_NETWORK = 3,
	NETWORK_ADDRESS = 1, NETWORK_PREFIX = 2,
};

struct reader {
	const unsigned char *p;
	size_t left;
	bool bad;
};

struct field {
	unsigned number;
	enum wire_type type;
	uint64_t value;			/* WIRE_VARINT */
	struct reader bytes;		/* WIRE_BYTES */
};

static const unsigned char *
take(struct reader *r, uint64_t n)
{
	const unsigned char *p = r->p;

	if (n > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

static uint64_t
take_varint(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		const unsigned char *p = take(r, 1);

		if (p == NULL)
			return 0;
		if (shift < 64)
			value |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p & 0x80))
			return value;
	}
	r->bad = true;
	return 0;
}

/* False at the end of the message, of the group, or of what makes sense. */
static bool
next_field(struct reader *r, struct field *field, unsigned depth)
{
	struct field inner = { 0 };
	uint64_t tag;

	if (r->left == 0 || r->bad)
		return false;
	tag = take_varint(r);
	if (tag >> 3 == 0 || tag > UINT32_MAX || depth > MAX_DEPTH) {
		r->bad = true;
		return false;
	}
	*field = (struct field){ .number = (unsigned)(tag >> 3), .type = tag & 7 };
	switch (field->type) {
	case WIRE_VARINT:
		field->value = take_varint(r);
		break;
	case WIRE_64:
		take(r, 8);
		break;
	case WIRE_32:
		take(r, 4);
		break;
	case WIRE_BYTES:
		field->bytes.left = take_varint(r);
		field->bytes.p = take(r, field->bytes.left);
		break;
	case WIRE_GROUP:
		/* Old, and no field of ours: up to its own end. */
		while (next_field(r, &inner, depth + 1) && inner.type != WIRE_GROUP_END)
			;
		r->bad |= inner.type != WIRE_GROUP_END || inner.number != field->number;
		break;
	case WIRE_GROUP_END:
		r->bad |= depth == 0;
		break;
	default:
		r->bad = true;
	}
	return !r->bad;
}

static bool
is(const struct field *field, unsigned number, enum wire_type type)
{
	return field->number == number && field->type == type;
}

static bool
read_trust(struct reader r, struct rs_chromium_trust *trust)
{
	struct field field;

	while (next_field(&r, &field, 0))
		/* An enum is a varint of which 32 bits count. */
		if (is(&field, TRUST_TYPE, WIRE_VARINT))
			trust->type = (uint32_t)field.value <= RS_CHROMIUM_TRUSTED ?
			    (enum rs_chromium_trust_type)(uint32_t)field.value : RS_CHROMIUM_UNKNOWN;
	return !r.bad;
}

static bool
read_network(struct reader r, struct rs_array *networks)
{
	struct reader address = { 0 };
	char text[INET6_ADDRSTRLEN];
	uint32_t prefix = 0;
	struct field field;

	while (next_field(&r, &field, 0))
		if (is(&field, NETWORK_ADDRESS, WIRE_BYTES))
			address = field.bytes;
		else if (is(&field, NETWORK_PREFIX, WIRE_VARINT))
			prefix = (uint32_t)field.value;
	if (r.bad)
		return false;
	if ((address.left == 4 || address.left == 16) &&
	    inet_ntop(address.left == 4 ? AF_INET : AF_INET6, address.p, text, sizeof(text)) != NULL)
		rs_array_add(networks, rs_printf("%s/%u", text, prefix));
	else
		rs_array_add(networks, rs_strdup("a network that is none"));
	return true;
}

static bool
read_constraints(struct reader r, struct rs_chromium_trust *trust)
{
	struct field field;

	while (trust->names.n + trust->networks.n < MAX_LIMITS && next_field(&r, &field, 0))
		if (is(&field, CONSTRAINTS_NAME, WIRE_BYTES))
			rs_array_add(&trust->names, rs_strndup((const char *)field.bytes.p,
							       field.bytes.left));
		else if (is(&field, CONSTRAINTS_NETWORK, WIRE_BYTES))
			r.bad |= !read_network(field.bytes, &trust->networks);
	return !r.bad;
}

bool
rs_chromium_trust_decode(const void *data, size_t len, struct rs_chromium_trust *trust)
{
	struct reader r = { .p = data, .left = len };
	struct field field;

	*trust = (struct rs_chromium_trust){ .type = RS_CHROMIUM_UNKNOWN };
	rs_array_init(&trust->names, free);
	rs_array_init(&trust->networks, free);
	while (next_field(&r, &field, 0))
		if (is(&field, METADATA_TRUST, WIRE_BYTES))
			r.bad |= !read_trust(field.bytes, trust);
		else if (is(&field, METADATA_CONSTRAINTS, WIRE_BYTES))
			r.bad |= !read_constraints(field.bytes, trust);
	return !r.bad;
}

void
rs_chromium_trust_clear(struct rs_chromium_trust *trust)
{
	rs_array_free(&trust->names);
	rs_array_free(&trust->networks);
}
