/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pem.h"

#include <ctype.h>
#include <string.h>

#include "cert.h"
#include "der.h"
#include "pem-object.h"

/*
 * Every loop here goes on where the last one ended, so that hostile input
 * takes no more than linear time.
 */
#define DASHES "-----"
#define DASHES_LEN 5
#define BEGIN_LEN 10	/* of "-----BEGIN" */
#define END_LEN 8

struct reader {
	const char *data;
	size_t len;
	struct rs_array *found;
	size_t broken;
	size_t counted;		/* bytes whose line ends are counted */
	unsigned line;
};

/* What stands between a BEGIN and the next BEGIN or END. */
struct armor {
	size_t begin, next;	/* offsets of the dashes */
	bool closed;		/* next is an END */
	const char *label, *label_end;
};

void
rs_pem_block_free(void *p)
{
	struct rs_pem_block *block = p;

	if (block == NULL)
		return;
	free(block->der);
	free(block);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_newline(char c)
{
	return c == '\n' || c == '\r';
}

/* What OpenSSL does not see at the end of a line. */
static bool
is_ignored(char c)
{
	return !is_newline(c) && ((unsigned char)c <= ' ' || (unsigned char)c >= 0x7f);
}

static bool
has(const struct reader *r, size_t at, const char *word)
{
	size_t n = strlen(word);

	return r->len - at >= n && memcmp(r->data + at, word, n) == 0;
}

/* The next run of five dashes or more: where its last five begin; else the end. */
static size_t
find_dashes(const struct reader *r, size_t from)
{
	const char *p, *end = r->data + r->len;

	for (p = r->data + from; p < end; p++) {
		const char *run = memchr(p, '-', (size_t)(end - p));

		if (run == NULL)
			break;
		for (p = run; p < end && *p == '-'; p++)
			continue;
		if (p - run >= DASHES_LEN)
			return (size_t)(p - r->data) - DASHES_LEN;
	}
	return r->len;
}

/* The next "-----BEGIN" or "-----END"; the length of the data if there is none. */
static size_t
find_armor(const struct reader *r, size_t from, bool *is_end)
{
	for (; from < r->len; from += DASHES_LEN) {
		from = find_dashes(r, from);
		*is_end = from < r->len && has(r, from + DASHES_LEN, "END");
		if (*is_end || (from < r->len && has(r, from + DASHES_LEN, "BEGIN")))
			return from;
	}
	return r->len;
}

static unsigned
line_at(struct reader *r, size_t offset)
{
	for (; r->counted < offset; r->counted++) {
		const char *c = r->data + r->counted;

		if (*c == '\n' || (*c == '\r' && r->counted + 1 < r->len && c[1] != '\n'))
			r->line++;
	}
	return r->line;
}

/*
 * Base64 up to a dash or "=", as OpenSSL and GnuTLS read it. OpenSSL ignores
 * control characters and bytes above ASCII at the end of a line, some leave
 * out the padding, and most do not look at the bits behind the last byte.
 */
static unsigned char *
decode(const char *p, const char *end, size_t *len)
{
	RS_AUTOFREE char *text = rs_alloc((size_t)(end - p) + 4);
	unsigned char *der;
	size_t n = 0, padding = 0;

	for (; p < end && *p != '-' && *p != '='; p++) {
		unsigned char c = (unsigned char)*p;

		if (c <= ' ' || c >= 0x7f)
			continue;
		if (!isalnum(c) && c != '+' && c != '/')
			return NULL;
		text[n++] = *p;
	}
	if (n < 4 || n % 4 == 1)
		return NULL;
	for (; n % 4 != 0; padding++)
		text[n++] = 'A';
	if (!rs_unbase64(text, &der, len))
		return NULL;
	*len -= padding;
	return der;
}

/* p11-kit skips what stands before the first empty line, if there is one. */
static const char *
behind_headers(const char *p, const char *end)
{
	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		for (p++; p < end && isspace((unsigned char)*p); p++)
			if (*p == '\n')
				return p + 1;
	}
	return NULL;
}

static bool
label_is(const struct armor *a, const char *name)
{
	return (size_t)(a->label_end - a->label) == strlen(name) &&
	    memcmp(a->label, name, strlen(name)) == 0;
}

static bool
label_has(const struct armor *a, const char *word)
{
	return memmem(a->label, (size_t)(a->label_end - a->label), word, strlen(word)) != NULL;
}

/* Says to be a certificate. */
static bool
is_named(const struct armor *a)
{
	return label_has(a, "CERTIFICATE") && !label_has(a, "REQUEST");
}

static const char *
known_label(const struct armor *a)
{
	if (label_is(a, "X509 CERTIFICATE"))
		return "X509 CERTIFICATE";
	if (label_is(a, "TRUSTED CERTIFICATE"))
		return "TRUSTED CERTIFICATE";
	return "CERTIFICATE";
}

/* Where the block's last line ends, without its line end. */
static size_t
find_end(const struct reader *r, const struct armor *a)
{
	size_t at = (size_t)(a->label_end - r->data) + DASHES_LEN;

	if (a->closed) {
		for (at = a->next + END_LEN; at < r->len && !is_newline(r->data[at]); at++)
			if (has(r, at, DASHES))
				return has(r, at, DASHES "BEGIN") ? at : at + DASHES_LEN;
		return at;
	}
	/* Without an END the data ends at a dash, and the block with that line. */
	while (at < a->next && r->data[at] != '-')
		at++;
	while (at < a->next && !is_newline(r->data[at]))
		at++;
	return at;
}

/*
 * The bytes to cut. A block that begins within a line leaves that line's end,
 * or the text before it would be glued to the next line.
 */
static void
set_range(const struct reader *r, const struct armor *a, struct rs_pem_block *block)
{
	size_t start = a->begin, end = find_end(r, a), rest;

	while (start > 0 && is_blank(r->data[start - 1]))
		start--;
	if (start > 0 && !is_newline(r->data[start - 1])) {
		start = a->begin;
	} else {
		for (rest = end; rest < r->len && is_ignored(r->data[rest]); rest++)
			continue;
		if (rest == r->len || is_newline(r->data[rest]))
			end = rest;
		if (has(r, end, "\r\n"))
			end += 2;
		else if (end < r->len && is_newline(r->data[end]))
			end++;
	}
	block->offset = start;
	block->length = end - start;
}

/* Whether a list of uses has that of TLS servers, or any use. */
static bool
has_server_use(const struct rs_der *uses)
{
	static const char server[] = "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01";
	static const char any[] = "\x06\x04\x55\x1d\x25\x00";

	return memmem(uses->body, uses->body_len, server, sizeof(server) - 1) != NULL ||
	    memmem(uses->body, uses->body_len, any, sizeof(any) - 1) != NULL;
}

/*
 * X509_CERT_AUX: the uses trusted, then the uses rejected. An empty list of
 * trusted uses trusts none; without a list all are, but for those rejected.
 */
static void
read_aux(struct rs_pem_block *block, const unsigned char *p, size_t left)
{
	struct rs_der aux, uses;
	bool listed = false;

	block->trusted = true;
	if (!rs_der_next(&p, &left, 0, &aux) || aux.tag != RS_DER_SEQUENCE)
		return;
	p = aux.body;
	left = aux.body_len;
	while (rs_der_next(&p, &left, 0, &uses))
		if (uses.tag == RS_DER_SEQUENCE) {
			listed = true;
			block->distrusted = uses.body_len == 0;
		} else if (uses.tag == RS_DER_CONTEXT_0 && !listed) {
			block->distrusted = has_server_use(&uses);
		}
	block->trusted = !block->distrusted;
}

/* Takes der, which has der_len bytes of certificate and then the rest. */
static void
add_block(struct reader *r, const struct armor *a, unsigned char *der, size_t der_len, size_t len)
{
	struct rs_pem_block *block = rs_alloc(sizeof(*block));

	set_range(r, a, block);
	block->label = known_label(a);
	block->der = der;
	block->der_len = der_len;
	if (label_is(a, "TRUSTED CERTIFICATE"))
		read_aux(block, der + der_len, len - der_len);
	block->line = line_at(r, a->begin);
	rs_array_add(r->found, block);
}

static bool
same_as_last(const struct reader *r, const unsigned char *der, size_t len)
{
	const struct rs_pem_block *last = r->found->v[r->found->n - 1];

	return last->der_len == len && memcmp(last->der, der, len) == 0;
}

/*
 * All that follows the BEGIN line, or only what follows its headers: which of
 * them is the certificate depends on the reader.
 */
static void
read_body(struct reader *r, const struct armor *a)
{
	const char *body = a->label_end + DASHES_LEN, *end = r->data + a->next;
	const char *starts[] = { body, behind_headers(body, end) };
	bool named = is_named(a);
	size_t before = r->found->n, len;

	for (size_t i = 0; i < RS_COUNT(starts) && starts[i] != NULL; i++) {
		unsigned char *der = decode(starts[i], end, &len);
		struct rs_der_cert parts;
		size_t length = 0;

		if (der == NULL)
			continue;
		if (rs_der_certificate(der, len, RS_DER_DEPTH, &parts))
			length = parts.length;
		else if (named)
			length = rs_cert_der_length(der, len);
		if (length > 0 && (r->found->n == before || !same_as_last(r, der, length)))
			add_block(r, a, der, length, len);
		else
			free(der);
	}
	if (named && r->found->n == before)
		r->broken++;
}

static void
find_pem(struct reader *r)
{
	bool is_end;
	size_t at = find_armor(r, 0, &is_end);

	while (at < r->len) {
		struct armor a = { .begin = at, .label = r->data + at + BEGIN_LEN };

		if (is_end) {
			at = find_armor(r, at + END_LEN, &is_end);
			continue;
		}
		at = a.next = find_armor(r, at + BEGIN_LEN, &is_end);
		a.closed = at < r->len && is_end;
		/* GnuTLS takes a label of any length, over several lines. */
		a.label_end = memmem(a.label, (size_t)(r->data + a.next - a.label),
				     DASHES, DASHES_LEN);
		if (a.label_end == NULL)
			continue;
		if (a.label < a.label_end && *a.label == ' ')
			a.label++;
		if (at < r->len)
			read_body(r, &a);
		else if (is_named(&a))
			r->broken++;
	}
}

static void
add_raw(struct reader *r, size_t at, size_t length)
{
	struct rs_pem_block *block = rs_alloc(sizeof(*block));

	block->offset = at;
	block->length = length;
	block->label = "DER";
	block->der = rs_memdup(r->data + at, length);
	block->der_len = length;
	rs_array_add(r->found, block);
}

/* Raw certificates outside PEM blocks. */
static void
find_raw(struct reader *r)
{
	size_t at = 0, k = 0, n = r->found->n;

	while (at < r->len) {
		const struct rs_pem_block *pem = k < n ? r->found->v[k] : NULL;
		size_t limit = pem == NULL ? r->len : pem->offset;
		struct rs_der_cert parts;
		const char *p;

		if (at >= limit) {
			if (at < pem->offset + pem->length)
				at = pem->offset + pem->length;
			k++;
			continue;
		}
		p = memchr(r->data + at, RS_DER_SEQUENCE, limit - at);
		at = p == NULL ? limit : (size_t)(p - r->data);
		if (p == NULL)
			continue;
		if (rs_der_certificate(p, r->len - at, 0, &parts)) {
			add_raw(r, at, parts.length);
			at += parts.length;
		} else {
			at++;
		}
	}
}

static int
by_place(const void *a, const void *b)
{
	const struct rs_pem_block *x = *(struct rs_pem_block *const *)a;
	const struct rs_pem_block *y = *(struct rs_pem_block *const *)b;
	size_t n = x->der_len < y->der_len ? x->der_len : y->der_len;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return memcmp(x->der, y->der, n);
}

static void
sort(struct rs_array *found)
{
	if (found->n > 1)
		qsort(found->v, found->n, sizeof(*found->v), by_place);
}

void
rs_pem_find(const char *data, size_t len, struct rs_array *found, size_t *broken)
{
	struct reader r = { .data = data, .len = len, .found = found, .line = 1 };

	rs_array_init(found, rs_pem_block_free);
	if (len > 0) {
		find_pem(&r);
		find_raw(&r);
		sort(found);
		rs_pem_find_objects(data, len, found);
		sort(found);
	}
	if (broken != NULL)
		*broken = r.broken;
}
