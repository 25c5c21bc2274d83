/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "der.h"

#include <string.h>

static bool
is_end_of_contents(const unsigned char *p, size_t left)
{
	return left >= 2 && p[0] == 0 && p[1] == 0;
}

/* The length octets at p: their number in *used. False if they do not fit. */
static bool
read_length(const unsigned char *p, size_t left, size_t *used, size_t *length,
	    bool *indefinite)
{
	size_t n, value = 0;

	if (left == 0)
		return false;
	*indefinite = p[0] == 0x80;
	n = p[0] & 0x80 ? p[0] & 0x7f : 0;
	if (n >= left)
		return false;
	for (size_t i = 1; i <= n; i++) {
		if (value > SIZE_MAX >> 8)
			return false;
		value = value << 8 | p[i];
	}
	*used = 1 + n;
	*length = p[0] & 0x80 ? value : p[0];
	return true;
}

/* Length of the elements at p that end-of-contents octets close. */
static bool
measure(const unsigned char *p, size_t left, unsigned depth, size_t *length)
{
	const unsigned char *start = p;
	struct rs_der element;

	while (!is_end_of_contents(p, left))
		if (!rs_der_next(&p, &left, depth, &element))
			return false;
	*length = (size_t)(p - start);
	return true;
}

bool
rs_der_next(const unsigned char **p, size_t *left, unsigned depth, struct rs_der *der)
{
	size_t used, length, closing = 0;
	bool indefinite;

	/* A tag of several octets has no place in a certificate's outer levels. */
	if (*left < 2 || ((*p)[0] & 0x1f) == 0x1f ||
	    !read_length(*p + 1, *left - 1, &used, &length, &indefinite))
		return false;
	der->tag = (*p)[0];
	der->raw = *p;
	der->body = *p + 1 + used;
	if (indefinite) {
		if (depth == 0 || !(der->tag & 0x20) ||
		    !measure(der->body, *left - 1 - used, depth - 1, &length))
			return false;
		closing = 2;
	}
	if (length + closing > *left - 1 - used)
		return false;
	der->body_len = length;
	der->raw_len = 1 + used + length + closing;
	*p += der->raw_len;
	*left -= der->raw_len;
	return true;
}

bool
rs_der_take(const unsigned char **p, size_t *left, unsigned depth, unsigned char tag,
	    struct rs_der *der)
{
	return *left > 0 && **p == tag && rs_der_next(p, left, depth, der);
}

bool
rs_der_enter(struct rs_der *in, unsigned char tag, struct rs_der *inner)
{
	return rs_der_take(&in->body, &in->body_len, 0, tag, inner);
}

bool
rs_der_is(const struct rs_der *der, const char *bytes, size_t len)
{
	return der->body_len == len && memcmp(der->body, bytes, len) == 0;
}

static bool
is_validity(const struct rs_der *der)
{
	return der->body_len > 0 &&
	    (der->body[0] == RS_DER_UTC_TIME || der->body[0] == RS_DER_TIME);
}

/* A version that is written out although it is the default, v1. */
static bool
is_zero(const struct rs_der *version)
{
	return version->body_len == 3 && memcmp(version->body, "\x02\x01", 3) == 0;
}

static bool
read_tbs(const struct rs_der *tbs, unsigned depth, struct rs_der_cert *cert)
{
	const unsigned char *p = tbs->body;
	size_t left = tbs->body_len;
	struct rs_der skipped;

	cert->v1 = !rs_der_take(&p, &left, depth, RS_DER_CONTEXT_0, &skipped) ||
	    is_zero(&skipped);
	return rs_der_take(&p, &left, depth, RS_DER_INTEGER, &cert->serial) &&
	    rs_der_take(&p, &left, depth, RS_DER_SEQUENCE, &skipped) &&
	    rs_der_take(&p, &left, depth, RS_DER_SEQUENCE, &cert->issuer) &&
	    rs_der_take(&p, &left, depth, RS_DER_SEQUENCE, &cert->validity) &&
	    is_validity(&cert->validity) &&
	    rs_der_take(&p, &left, depth, RS_DER_SEQUENCE, &cert->subject) &&
	    rs_der_take(&p, &left, depth, RS_DER_SEQUENCE, &cert->spki);
}

bool
rs_der_certificate(const void *data, size_t len, unsigned depth, struct rs_der_cert *cert)
{
	const unsigned char *start = data, *p = data;
	size_t used, length, left;
	struct rs_der tbs, skipped;
	bool indefinite;

	if (len < 2 || p[0] != RS_DER_SEQUENCE ||
	    !read_length(p + 1, len - 1, &used, &length, &indefinite))
		return false;
	p += 1 + used;
	left = len - 1 - used;
	if (!indefinite) {
		if (length > left)
			return false;
		left = length;
	}
	if (!rs_der_take(&p, &left, depth, RS_DER_SEQUENCE, &tbs) ||
	    !rs_der_take(&p, &left, depth, RS_DER_SEQUENCE, &skipped) ||
	    !rs_der_take(&p, &left, depth, RS_DER_BIT_STRING, &skipped) ||
	    !read_tbs(&tbs, depth, cert))
		return false;
	if (indefinite ? !is_end_of_contents(p, left) : left > 0)
		return false;
	cert->length = (size_t)(p - start) + (indefinite ? 2 : 0);
	return true;
}
