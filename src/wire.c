/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

#include <string.h>

#include "anchor.h"
#include "store.h"
#include "text.h"

/* Bounds on what one store may say. */
#define MAX_ANCHORS 100000
#define MAX_ORIGINS 20000
#define MAX_IDS 10000
#define MAX_DISAGREEMENTS 1000

void
rs_wire_put_text(json_object *object, const char *key, const char *text)
{
	if (text != NULL)
		json_object_object_add(object, key, json_object_new_string(text));
}

void
rs_wire_put_bytes(json_object *object, const char *key, const char *bytes)
{
	RS_AUTOFREE char *text = NULL, *key64 = NULL;

	if (bytes == NULL)
		return;
	if (rs_text_is_utf8(bytes, strlen(bytes))) {
		rs_wire_put_text(object, key, bytes);
		return;
	}
	text = rs_base64(bytes, strlen(bytes));
	key64 = rs_printf("%s_b64", key);
	rs_wire_put_text(object, key64, text);
}

static json_object *
get(struct rs_wire_reader *r, const char *key, enum json_type type, const char *why)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(r->object, key, &value) || value == NULL)
		return NULL;
	if (json_object_get_type(value) != type) {
		if (r->why == NULL)
			r->why = why;
		return NULL;
	}
	return value;
}

char *
rs_wire_text(struct rs_wire_reader *r, const char *key)
{
	json_object *value = get(r, key, json_type_string, "a text was expected");

	if (value == NULL)
		return NULL;
	if (strlen(json_object_get_string(value)) != (size_t)json_object_get_string_len(value)) {
		r->why = "a text holds a NUL";
		return NULL;
	}
	return rs_strdup(json_object_get_string(value));
}

char *
rs_wire_bytes(struct rs_wire_reader *r, const char *key)
{
	RS_AUTOFREE char *key64 = rs_printf("%s_b64", key), *text = NULL;
	unsigned char *data;
	size_t len;

	text = rs_wire_text(r, key64);
	if (text == NULL)
		return rs_wire_text(r, key);
	if (!rs_unbase64(text, &data, &len)) {
		r->why = "base64 was expected";
		return NULL;
	}
	if (memchr(data, 0, len) != NULL)
		r->why = "a path holds a NUL";
	return (char *)data;
}

uint64_t
rs_wire_number(struct rs_wire_reader *r, const char *key, uint64_t max)
{
	json_object *value = get(r, key, json_type_int, "a number was expected");
	uint64_t n = value == NULL ? 0 : json_object_get_uint64(value);

	/* json-c makes 0 of a negative number. */
	if (n > max || (value != NULL && json_object_get_int64(value) < 0)) {
		r->why = "a number is out of range";
		return 0;
	}
	return n;
}

bool
rs_wire_bool(struct rs_wire_reader *r, const char *key)
{
	json_object *value = get(r, key, json_type_boolean, "true or false was expected");

	return value != NULL && json_object_get_boolean(value);
}

json_object *
rs_wire_array(struct rs_wire_reader *r, const char *key, size_t max)
{
	json_object *value = get(r, key, json_type_array, "an array was expected");

	if (value != NULL && json_object_array_length(value) > max) {
		r->why = "an array is too long";
		return NULL;
	}
	return value;
}

static json_object *
origin_to_json(const struct rs_origin *o)
{
	json_object *j = json_object_new_object(), *ids = json_object_new_array();

	rs_wire_put_bytes(j, "path", o->path);
	rs_wire_put_bytes(j, "object", o->object);
	json_object_object_add(j, "how", json_object_new_int(o->how));
	json_object_object_add(j, "dev", json_object_new_uint64(o->stamp.dev));
	json_object_object_add(j, "ino", json_object_new_uint64(o->stamp.ino));
	json_object_object_add(j, "size", json_object_new_uint64(o->stamp.size));
	rs_wire_put_text(j, "sha256", o->stamp.sha256);
	json_object_object_add(j, "offset", json_object_new_uint64(o->offset));
	json_object_object_add(j, "length", json_object_new_uint64(o->length));
	json_object_object_add(j, "siblings", json_object_new_uint64(o->siblings));
	rs_wire_put_bytes(j, "reason", o->reason);
	rs_wire_put_bytes(j, "package", o->package);
	json_object_object_add(j, "added", json_object_new_int64(o->added));
	for (size_t i = 0; i < o->ids.n; i++)
		json_object_array_add(ids, json_object_new_string(o->ids.v[i]));
	json_object_object_add(j, "ids", ids);
	return j;
}

static json_object *
anchor_to_json(const struct rs_anchor *a)
{
	json_object *j = json_object_new_object(), *origins = json_object_new_array();
	const struct rs_cert *c = a->cert;

	if (c->der != NULL) {
		RS_AUTOFREE char *der = rs_base64(c->der, c->der_len);

		rs_wire_put_text(j, "der", der);
	}
	rs_wire_put_text(j, "sha256", c->sha256);
	rs_wire_put_text(j, "sha1", c->sha1);
	rs_wire_put_text(j, "spki", c->spki_sha256);
	rs_wire_put_bytes(j, "subject", c->subject);
	rs_wire_put_bytes(j, "issuer", c->issuer);
	rs_wire_put_text(j, "subject_der", c->subject_der);
	rs_wire_put_text(j, "issuer_der", c->issuer_der);
	rs_wire_put_text(j, "serial", c->serial);
	rs_wire_put_text(j, "ski", c->ski);
	rs_wire_put_text(j, "aki", c->aki);
	json_object_object_add(j, "parsed", json_object_new_boolean(c->parsed));
	json_object_object_add(j, "ca", json_object_new_boolean(c->ca));
	json_object_object_add(j, "self_issued", json_object_new_boolean(c->self_issued));
	json_object_object_add(j, "trust_only", json_object_new_boolean(a->trust_only));
	json_object_object_add(j, "trust", json_object_new_int((int)a->trust));
	json_object_object_add(j, "witnesses", json_object_new_int((int)a->witnesses));
	for (size_t i = 0; i < a->origins.n; i++)
		json_object_array_add(origins, origin_to_json(a->origins.v[i]));
	json_object_object_add(j, "origins", origins);
	return j;
}

json_object *
rs_store_to_json(const struct rs_store *s)
{
	json_object *j = json_object_new_object(), *list = json_object_new_array();

	rs_wire_put_text(j, "type", "store");
	rs_wire_put_text(j, "kind", s->kind);
	rs_wire_put_bytes(j, "path", s->path);
	json_object_object_add(j, "state", json_object_new_int(s->state));
	rs_wire_put_bytes(j, "reason", s->reason);
	json_object_object_add(j, "pid", json_object_new_int64(s->pid));
	for (size_t i = 0; i < s->anchors.n; i++)
		json_object_array_add(list, anchor_to_json(s->anchors.v[i]));
	json_object_object_add(j, "anchors", list);
	list = json_object_new_array();
	for (size_t i = 0; i < s->disagreements.n; i++) {
		RS_AUTOFREE char *text = rs_text_safe(s->disagreements.v[i]);

		json_object_array_add(list, json_object_new_string(text));
	}
	json_object_object_add(j, "disagreements", list);
	return j;
}

static struct rs_origin *
origin_from_json(json_object *j, const char **why)
{
	struct rs_wire_reader r = { .object = j };
	struct rs_origin *o;
	json_object *ids;

	if (!json_object_is_type(j, json_type_object)) {
		*why = "an origin is no object";
		return NULL;
	}
	o = rs_origin_new(NULL, NULL, (enum rs_how)rs_wire_number(&r, "how", RS_HOW_REPORT));
	o->path = rs_wire_bytes(&r, "path");
	o->object = rs_wire_bytes(&r, "object");
	o->stamp.dev = rs_wire_number(&r, "dev", UINT64_MAX);
	o->stamp.ino = rs_wire_number(&r, "ino", UINT64_MAX);
	o->stamp.size = rs_wire_number(&r, "size", UINT64_MAX);
	o->stamp.sha256 = rs_wire_text(&r, "sha256");
	o->offset = rs_wire_number(&r, "offset", INT64_MAX);
	o->length = rs_wire_number(&r, "length", INT64_MAX);
	o->siblings = rs_wire_number(&r, "siblings", INT64_MAX);
	o->reason = rs_wire_bytes(&r, "reason");
	o->package = rs_wire_bytes(&r, "package");
	o->added = (int64_t)rs_wire_number(&r, "added", 253402300799);
	ids = rs_wire_array(&r, "ids", MAX_IDS);
	for (size_t i = 0; ids != NULL && i < json_object_array_length(ids); i++) {
		const char *id = json_object_get_string(json_object_array_get_idx(ids, i));

		if (id == NULL || *id == '\0' || strspn(id, "0123456789") != strlen(id) ||
		    strlen(id) > 20)
			r.why = "an object id is no number";
		else
			rs_array_add(&o->ids, rs_strdup(id));
	}
	if (r.why == NULL && (o->path == NULL || o->path[0] != '/'))
		r.why = "an origin has no absolute path";
	if (r.why == NULL && o->stamp.sha256 != NULL && !rs_is_hex(o->stamp.sha256, 64))
		r.why = "a digest is not of its length";
	if (r.why != NULL) {
		*why = r.why;
		rs_origin_free(o);
		return NULL;
	}
	return o;
}

static struct rs_cert *
cert_from_json(struct rs_wire_reader *r)
{
	struct rs_cert *c = rs_alloc(sizeof(*c));
	RS_AUTOFREE char *der = rs_wire_text(r, "der");

	if (der != NULL && !rs_unbase64(der, &c->der, &c->der_len))
		r->why = "a certificate is not base64";
	c->sha256 = rs_wire_text(r, "sha256");
	c->sha1 = rs_wire_text(r, "sha1");
	c->spki_sha256 = rs_wire_text(r, "spki");
	c->subject = rs_wire_bytes(r, "subject");
	c->issuer = rs_wire_bytes(r, "issuer");
	c->subject_der = rs_wire_text(r, "subject_der");
	c->issuer_der = rs_wire_text(r, "issuer_der");
	c->serial = rs_wire_text(r, "serial");
	c->ski = rs_wire_text(r, "ski");
	c->aki = rs_wire_text(r, "aki");
	c->parsed = rs_wire_bool(r, "parsed");
	c->ca = rs_wire_bool(r, "ca");
	c->self_issued = rs_wire_bool(r, "self_issued");
	c->not_before = c->not_after = (time_t)-1;
	if ((c->sha256 != NULL && !rs_is_hex(c->sha256, 64)) ||
	    (c->sha1 != NULL && !rs_is_hex(c->sha1, 40)) ||
	    (c->spki_sha256 != NULL && !rs_is_hex(c->spki_sha256, 64)))
		r->why = "a digest is not of its length";
	return c;
}

static struct rs_anchor *
anchor_from_json(json_object *j, const char **why)
{
	struct rs_wire_reader r = { .object = j };
	struct rs_anchor *a;
	json_object *origins;

	if (!json_object_is_type(j, json_type_object)) {
		*why = "an anchor is no object";
		return NULL;
	}
	a = rs_anchor_new(cert_from_json(&r));
	a->trust_only = rs_wire_bool(&r, "trust_only");
	a->trust = (unsigned)rs_wire_number(&r, "trust", 31);
	a->witnesses = (unsigned)rs_wire_number(&r, "witnesses", 127);
	origins = rs_wire_array(&r, "origins", MAX_ORIGINS);
	for (size_t i = 0; origins != NULL && i < json_object_array_length(origins); i++) {
		struct rs_origin *o =
		    origin_from_json(json_object_array_get_idx(origins, i), &r.why);

		if (o != NULL)
			rs_array_add(&a->origins, o);
	}
	if (r.why != NULL) {
		*why = r.why;
		rs_anchor_free(a);
		return NULL;
	}
	return a;
}

static void
lists_from_json(struct rs_store *s, struct rs_wire_reader *r)
{
	json_object *list = rs_wire_array(r, "anchors", MAX_ANCHORS);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct rs_anchor *a =
		    anchor_from_json(json_object_array_get_idx(list, i), &r->why);

		if (a != NULL)
			rs_array_add(&s->anchors, a);
	}
	list = rs_wire_array(r, "disagreements", MAX_DISAGREEMENTS);
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(list, i));

		if (text != NULL)
			rs_array_add(&s->disagreements, rs_text_safe(text));
	}
}

struct rs_store *
rs_store_from_json(json_object *j, const char *owner, const char **why)
{
	struct rs_wire_reader r = { .object = j };
	RS_AUTOFREE char *kind = rs_wire_text(&r, "kind"), *path = rs_wire_bytes(&r, "path");
	struct rs_store *s;

	if (rs_store_kind(kind) == NULL || path == NULL || path[0] != '/') {
		*why = "a store has no known kind or no path";
		return NULL;
	}
	s = rs_store_new(rs_store_kind(kind), owner, path);
	s->state = (enum rs_store_state)rs_wire_number(&r, "state", RS_STORE_ERROR);
	s->reason = rs_wire_bytes(&r, "reason");
	s->pid = (int64_t)rs_wire_number(&r, "pid", INT32_MAX);
	lists_from_json(s, &r);
	if (r.why != NULL) {
		*why = r.why;
		rs_store_free(s);
		return NULL;
	}
	return s;
}
