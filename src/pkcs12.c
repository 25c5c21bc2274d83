/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pkcs12.h"

#include <string.h>

#include "name.h"
#include "pkcs12-cipher.h"

#define DAMAGED "is cut short or damaged"
#define OID(bytes) (bytes), sizeof(bytes) - 1
#define OID_DATA OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define OID_ENCRYPTED OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06")
#define OID_CERT_BAG OID("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03")
#define OID_X509 OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01")
#define OID_FRIENDLY_NAME OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14")
/* It belongs to a key: what that is to Java says jks.c. */
#define OID_LOCAL_KEY_ID OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15")
/* 2.16.840.1.113894.746875.1.1, of Oracle's: what the certificate is trusted for. */
#define OID_TRUSTED_KEY_USAGE OID("\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01")

enum { CONTEXT_0_OCTETS = 0x80 };

struct reading {
	struct rs_array *entries;
	enum rs_keystore_state state;
	const char *why;
};

/* What was read before stays; the first reason is told. */
static void
fail(struct reading *r, enum rs_keystore_state state, const char *why)
{
	if (r->state != RS_KEYSTORE_WHOLE)
		return;
	r->state = state;
	r->why = why;
}

/* Where the file names none, no alias that keytool could take for another. */
static char *
alias_of(const struct reading *r, struct rs_der *values)
{
	struct rs_der value;
	char *alias = NULL;

	if (values->body != NULL && rs_der_next(&values->body, &values->body_len, 0, &value))
		alias = rs_name_text(&value);
	return alias != NULL ? alias : rs_printf("(entry %zu, without a name)", r->entries->n + 1);
}

/* A bag's attributes; false where they are damaged. */
static bool
read_attributes(struct rs_der *in, struct rs_der *names, bool *trusted, bool *is_key)
{
	struct rs_der all, attribute, oid, values;

	if (in->body_len == 0)
		return true;
	if (!rs_der_enter(in, RS_DER_SET, &all))
		return false;
	while (all.body_len > 0) {
		if (!rs_der_enter(&all, RS_DER_SEQUENCE, &attribute) ||
		    !rs_der_enter(&attribute, RS_DER_OID, &oid) ||
		    !rs_der_enter(&attribute, RS_DER_SET, &values))
			return false;
		if (rs_der_is(&oid, OID_FRIENDLY_NAME))
			*names = values;
		*trusted |= rs_der_is(&oid, OID_TRUSTED_KEY_USAGE);
		*is_key |= rs_der_is(&oid, OID_LOCAL_KEY_ID);
	}
	return true;
}

/* False where the bag is damaged. Keys, and what else there is, are no matter. */
static bool
read_bag(struct reading *r, struct rs_der *bag)
{
	struct rs_der oid, value, in, type, wrap, cert, names = { 0 };
	bool trusted = false, is_key = false;

	if (!rs_der_enter(bag, RS_DER_OID, &oid) || !rs_der_enter(bag, RS_DER_CONTEXT_0, &value))
		return false;
	if (!rs_der_is(&oid, OID_CERT_BAG))
		return true;
	if (!rs_der_enter(&value, RS_DER_SEQUENCE, &in) || !rs_der_enter(&in, RS_DER_OID, &type) ||
	    !rs_der_enter(&in, RS_DER_CONTEXT_0, &wrap) ||
	    !read_attributes(bag, &names, &trusted, &is_key))
		return false;
	if ((!trusted && !is_key) || !rs_der_is(&type, OID_X509))
		return true;
	if (!rs_der_enter(&wrap, RS_DER_OCTETS, &cert))
		return false;
	rs_keystore_add(r->entries, alias_of(r, &names), cert.body, cert.body_len,
			(time_t)-1)->is_key = !trusted;
	return true;
}

static void
read_bags(struct reading *r, const void *data, size_t len)
{
	struct rs_der in = { .body = data, .body_len = len }, bags, bag;

	if (!rs_der_enter(&in, RS_DER_SEQUENCE, &bags)) {
		fail(r, RS_KEYSTORE_DAMAGED, DAMAGED);
		return;
	}
	while (bags.body_len > 0)
		if (!rs_der_enter(&bags, RS_DER_SEQUENCE, &bag) || !read_bag(r, &bag)) {
			fail(r, RS_KEYSTORE_DAMAGED, DAMAGED);
			return;
		}
}

/* A wrong password's bytes may end as if they were padded. */
static bool
is_sequence(const struct rs_buf *plain)
{
	const unsigned char *p = (const unsigned char *)plain->data;
	size_t left = plain->len;
	struct rs_der der;

	return rs_der_take(&p, &left, 0, RS_DER_SEQUENCE, &der) && left == 0;
}

static void
read_encrypted(struct reading *r, struct rs_der *content)
{
	RS_AUTOBUF struct rs_buf plain = { 0 };
	struct rs_der in, version, info, type, algorithm, encrypted;
	struct rs_pkcs12_cipher cipher;

	if (!rs_der_enter(content, RS_DER_SEQUENCE, &in) ||
	    !rs_der_enter(&in, RS_DER_INTEGER, &version) ||
	    !rs_der_enter(&in, RS_DER_SEQUENCE, &info) ||
	    !rs_der_enter(&info, RS_DER_OID, &type) ||
	    !rs_der_enter(&info, RS_DER_SEQUENCE, &algorithm) ||
	    !rs_der_enter(&info, CONTEXT_0_OCTETS, &encrypted)) {
		fail(r, RS_KEYSTORE_DAMAGED, DAMAGED);
		return;
	}
	if (!rs_pkcs12_cipher_read(&cipher, &algorithm)) {
		fail(r, RS_KEYSTORE_CLOSED, "is encrypted in a way that is not known here");
		return;
	}
	for (unsigned nth = 0; nth < RS_PKCS12_PASSWORDS; nth++)
		if (rs_pkcs12_decrypt(&cipher, nth, &encrypted, &plain) && is_sequence(&plain)) {
			read_bags(r, plain.data, plain.len);
			return;
		}
	fail(r, RS_KEYSTORE_CLOSED, "has a password that is not \"changeit\"");
}

/* The content of an OCTET STRING is what it was made of. */
static void
read_content(struct reading *r, struct rs_der *info)
{
	struct rs_der oid, content, data;

	if (!rs_der_enter(info, RS_DER_OID, &oid) ||
	    !rs_der_enter(info, RS_DER_CONTEXT_0, &content))
		fail(r, RS_KEYSTORE_DAMAGED, DAMAGED);
	else if (rs_der_is(&oid, OID_ENCRYPTED))
		read_encrypted(r, &content);
	else if (!rs_der_is(&oid, OID_DATA))
		fail(r, RS_KEYSTORE_CLOSED, "is encrypted for somebody's key");
	else if (!rs_der_enter(&content, RS_DER_OCTETS, &data))
		fail(r, RS_KEYSTORE_DAMAGED, DAMAGED);
	else
		read_bags(r, data.body, data.body_len);
}

/* The file's outer layers, down to the list of its parts. */
static bool
find_parts(const char *data, size_t len, struct rs_der *parts)
{
	struct rs_der in = { .body = (const unsigned char *)data, .body_len = len };
	struct rs_der pfx, version, info, oid, content, safe;

	return rs_der_enter(&in, RS_DER_SEQUENCE, &pfx) &&
	    rs_der_enter(&pfx, RS_DER_INTEGER, &version) &&
	    rs_der_enter(&pfx, RS_DER_SEQUENCE, &info) &&
	    rs_der_enter(&info, RS_DER_OID, &oid) && rs_der_is(&oid, OID_DATA) &&
	    rs_der_enter(&info, RS_DER_CONTEXT_0, &content) &&
	    rs_der_enter(&content, RS_DER_OCTETS, &safe) &&
	    rs_der_enter(&safe, RS_DER_SEQUENCE, parts);
}

bool
rs_pkcs12_is(const char *data, size_t len)
{
	return len > 0 && data[0] == RS_DER_SEQUENCE;
}

enum rs_keystore_state
rs_pkcs12_read(const char *data, size_t len, struct rs_array *entries, const char **why)
{
	struct reading r = { .entries = entries };
	struct rs_der parts, info;

	rs_array_init(entries, rs_keystore_entry_free);
	if (len > 1 && (unsigned char)data[1] == 0x80) {
		fail(&r, RS_KEYSTORE_CLOSED, "is written in a way that Java does not write (BER)");
	} else if (!find_parts(data, len, &parts)) {
		fail(&r, RS_KEYSTORE_DAMAGED, "is no Java keystore, or a damaged one");
	} else {
		while (parts.body_len > 0) {
			if (!rs_der_enter(&parts, RS_DER_SEQUENCE, &info)) {
				fail(&r, RS_KEYSTORE_DAMAGED, DAMAGED);
				break;
			}
			read_content(&r, &info);
		}
	}
	*why = r.why;
	return r.state;
}
