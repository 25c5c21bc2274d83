/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cert.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "der.h"
#include "text.h"

/*
 * GnuTLS takes time in the square of the parts of a name and of a certificate:
 * longer ones, which no real root is, are read without it or in parts.
 */
#define NAME_MAX_LEN 4096
#define IMPORT_MAX_LEN (128u << 10)

#define SHA1_LEN 20
#define SHA256_LEN 32

size_t
rs_cert_der_length(const void *data, size_t len)
{
	const unsigned char *p = data;
	struct rs_der der;
	size_t left = len;

	if (len == 0 || *p != RS_DER_SEQUENCE || !rs_der_next(&p, &left, RS_DER_DEPTH, &der))
		return 0;
	return der.raw_len;
}

static char *
sha1_hex(const void *data, size_t len)
{
	unsigned char digest[SHA1_LEN];

	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, data, len, digest) < 0)
		return NULL;
	return rs_hex(digest, sizeof(digest));
}

static char *
sha256_hex(const void *data, size_t len)
{
	char hex[RS_SHA256_HEX];

	rs_sha256(data, len, hex);
	return rs_strdup(hex);
}

/* A Name in RFC 4514's form; NULL if GnuTLS cannot. */
static char *
print_name(const unsigned char *der, size_t len)
{
	gnutls_datum_t in = { (unsigned char *)(uintptr_t)der, (unsigned)len }, out = { 0 };
	char *text;

	if (len > UINT32_MAX || gnutls_x509_rdn_get2(&in, &out, 0) < 0)
		return NULL;
	text = rs_text_safe_n((const char *)out.data, out.size);
	gnutls_free(out.data);
	return text;
}

/* Whether an RDN has one attribute, as nearly all have. */
static bool
is_single(const struct rs_der *rdn)
{
	const unsigned char *p = rdn->body;
	size_t left = rdn->body_len;
	struct rs_der attribute;

	return rs_der_next(&p, &left, 0, &attribute) && left == 0;
}

/* An RDN, as the one part of a name of its own. */
static char *
print_rdn(const struct rs_der *rdn)
{
	unsigned char head[] = {
		RS_DER_SEQUENCE, 0x83, (unsigned char)(rdn->raw_len >> 16),
		(unsigned char)(rdn->raw_len >> 8), (unsigned char)rdn->raw_len,
	};
	RS_AUTOBUF struct rs_buf name = { 0 };
	RS_AUTOFREE char *hex = NULL;
	char *text = NULL;

	if (rdn->raw_len <= NAME_MAX_LEN || (rdn->raw_len <= 0xffffff && is_single(rdn))) {
		rs_buf_add(&name, head, sizeof(head));
		rs_buf_add(&name, rdn->raw, rdn->raw_len);
		text = print_name((unsigned char *)name.data, name.len);
	}
	if (text != NULL)
		return text;
	hex = rs_hex(rdn->raw, rdn->raw_len);
	return rs_printf("#%s", hex);
}

/*
 * GnuTLS prints no name of which it cannot print one part, such as an empty
 * value: then each part by itself, the last first as RFC 4514 has it, with
 * "#" and its bytes in hex for those that it cannot.
 */
static char *
print_parts(const struct rs_der *name)
{
	const unsigned char *p = name->body;
	size_t left = name->body_len;
	struct rs_array parts;
	struct rs_buf text = { 0 };
	struct rs_der rdn;

	rs_array_init(&parts, free);
	while (left > 0 && rs_der_next(&p, &left, 0, &rdn))
		rs_array_add(&parts, print_rdn(&rdn));
	if (left > 0) {
		RS_AUTOFREE char *hex = rs_hex(p, left);

		rs_array_add(&parts, rs_printf("#%s", hex));
	}
	for (size_t i = parts.n; i-- > 0;) {
		rs_buf_puts(&text, parts.v[i]);
		if (i > 0)
			rs_buf_puts(&text, ",");
	}
	rs_array_free(&parts);
	return rs_buf_steal(&text);
}

static char *
name_text(const struct rs_der *name)
{
	char *text = NULL;

	if (name->raw_len <= NAME_MAX_LEN)
		text = print_name(name->raw, name->raw_len);
	return text != NULL ? text : print_parts(name);
}

static bool
two_digits(const unsigned char **p, int *value)
{
	if ((*p)[0] < '0' || (*p)[0] > '9' || (*p)[1] < '0' || (*p)[1] > '9')
		return false;
	*value = ((*p)[0] - '0') * 10 + (*p)[1] - '0';
	*p += 2;
	return true;
}

/*
 * UTCTime or GeneralizedTime as RFC 5280, 4.1.2.5 has them, or as older
 * certificates do, without seconds. Not left to GnuTLS, which says 1970 for
 * anything earlier and takes 30 February. The year 9999 stands for "no date".
 */
static time_t
read_time(const struct rs_der *der)
{
	bool utc = der->tag == RS_DER_UTC_TIME;
	const unsigned char *p = der->body;
	size_t shortest = utc ? 11 : 13;
	int century = 0, year, month;
	struct tm tm = { 0 }, back;
	time_t t;

	if ((der->body_len != shortest && der->body_len != shortest + 2) ||
	    p[der->body_len - 1] != 'Z' ||
	    (!utc && !two_digits(&p, &century)) || !two_digits(&p, &year) ||
	    !two_digits(&p, &month) || !two_digits(&p, &tm.tm_mday) ||
	    !two_digits(&p, &tm.tm_hour) || !two_digits(&p, &tm.tm_min) ||
	    (der->body_len > shortest && !two_digits(&p, &tm.tm_sec)) ||
	    (century == 99 && year == 99))
		return (time_t)-1;
	if (utc)
		century = year < 50 ? 20 : 19;
	tm.tm_year = century * 100 + year - 1900;
	tm.tm_mon = month - 1;
	back = tm;
	t = timegm(&back);
	if (back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
	    back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min)
		return (time_t)-1;
	return t;
}

static void
take_dates(struct rs_cert *cert, const struct rs_der *validity)
{
	const unsigned char *p = validity->body;
	size_t left = validity->body_len;
	struct rs_der date;

	if (rs_der_next(&p, &left, 0, &date))
		cert->not_before = read_time(&date);
	if (rs_der_next(&p, &left, 0, &date))
		cert->not_after = read_time(&date);
}

typedef int (*get_id)(gnutls_x509_crt_t crt, void *id, size_t *len, unsigned *critical);

static char *
key_id(gnutls_x509_crt_t crt, get_id get)
{
	RS_AUTOFREE unsigned char *id = NULL;
	size_t len = 0;

	if (get(crt, NULL, &len, NULL) != GNUTLS_E_SHORT_MEMORY_BUFFER)
		return NULL;
	id = rs_alloc(len + 1);
	if (get(crt, id, &len, NULL) < 0 || len == 0)
		return NULL;
	return rs_hex(id, len);
}

/* What only GnuTLS knows to read. */
static void
import(struct rs_cert *cert)
{
	gnutls_datum_t der = { cert->der, (unsigned)cert->der_len };
	gnutls_x509_crt_t crt;
	int ca;

	if (cert->der_len > IMPORT_MAX_LEN || gnutls_x509_crt_init(&crt) < 0)
		return;
	cert->parsed = gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) >= 0;
	if (cert->parsed) {
		ca = gnutls_x509_crt_get_ca_status(crt, NULL);
		if (ca >= 0)
			cert->ca = ca > 0;
		cert->ski = key_id(crt, gnutls_x509_crt_get_subject_key_id);
		cert->aki = key_id(crt, gnutls_x509_crt_get_authority_key_id);
	}
	gnutls_x509_crt_deinit(crt);
}

/* What is taken from the bytes, whatever GnuTLS thinks of the rest. */
static void
take_parts(struct rs_cert *cert, const struct rs_der_cert *parts)
{
	const struct rs_der *subject = &parts->subject, *issuer = &parts->issuer;

	cert->spki_sha256 = sha256_hex(parts->spki.raw, parts->spki.raw_len);
	cert->serial = rs_hex(parts->serial.body, parts->serial.body_len);
	cert->subject_der = rs_base64(subject->raw, subject->raw_len);
	cert->issuer_der = rs_base64(issuer->raw, issuer->raw_len);
	cert->self_issued = subject->raw_len == issuer->raw_len &&
	    memcmp(subject->raw, issuer->raw, subject->raw_len) == 0;
	cert->subject = name_text(subject);
	cert->issuer = cert->self_issued ? rs_strdup(cert->subject) : name_text(issuer);
	cert->ca = parts->v1 && cert->self_issued;
	take_dates(cert, &parts->validity);
}

struct rs_cert *
rs_cert_new(const void *der, size_t len)
{
	struct rs_cert *cert = rs_alloc(sizeof(*cert));
	struct rs_der_cert parts;
	bool known = rs_der_certificate(der, len, RS_DER_DEPTH, &parts);

	cert->der_len = known ? parts.length : rs_cert_der_length(der, len);
	if (cert->der_len == 0)
		cert->der_len = len;
	cert->der = rs_memdup(der, cert->der_len);
	cert->sha256 = sha256_hex(cert->der, cert->der_len);
	cert->sha1 = sha1_hex(cert->der, cert->der_len);
	cert->not_before = cert->not_after = (time_t)-1;
	if (known)
		take_parts(cert, &parts);
	import(cert);
	return cert;
}

/* A whole DER element of this tag, and nothing behind it. */
static bool
whole(const void *data, size_t len, unsigned char tag, struct rs_der *der)
{
	const unsigned char *p = data;
	size_t left = len;

	return len > 0 && *p == tag && rs_der_next(&p, &left, 0, der) && left == 0;
}

struct rs_cert *
rs_cert_new_trust(const void *issuer, size_t issuer_len, const void *serial, size_t serial_len,
		  const void *sha1, size_t sha1_len, const void *sha256, size_t sha256_len)
{
	struct rs_cert *cert = rs_alloc(sizeof(*cert));
	struct rs_der der;

	cert->not_before = cert->not_after = (time_t)-1;
	if (issuer_len > 0)
		cert->issuer_der = rs_base64(issuer, issuer_len);
	if (whole(issuer, issuer_len, RS_DER_SEQUENCE, &der)) {
		cert->issuer = name_text(&der);
	} else if (issuer_len > 0) {
		RS_AUTOFREE char *hex = rs_hex(issuer, issuer_len);

		cert->issuer = rs_printf("#%s", hex);
	}
	if (whole(serial, serial_len, RS_DER_INTEGER, &der))
		cert->serial = rs_hex(der.body, der.body_len);
	else if (serial_len > 0)
		cert->serial = rs_hex(serial, serial_len);
	if (sha1_len == SHA1_LEN)
		cert->sha1 = rs_hex(sha1, sha1_len);
	if (sha256_len == SHA256_LEN)
		cert->sha256 = rs_hex(sha256, sha256_len);
	return cert;
}

struct rs_cert *
rs_cert_copy(const struct rs_cert *cert)
{
	struct rs_cert *copy = rs_memdup(cert, sizeof(*cert));

	copy->der = cert->der == NULL ? NULL : rs_memdup(cert->der, cert->der_len);
	copy->sha256 = rs_strdup(cert->sha256);
	copy->sha1 = rs_strdup(cert->sha1);
	copy->spki_sha256 = rs_strdup(cert->spki_sha256);
	copy->subject = rs_strdup(cert->subject);
	copy->issuer = rs_strdup(cert->issuer);
	copy->subject_der = rs_strdup(cert->subject_der);
	copy->issuer_der = rs_strdup(cert->issuer_der);
	copy->serial = rs_strdup(cert->serial);
	copy->ski = rs_strdup(cert->ski);
	copy->aki = rs_strdup(cert->aki);
	return copy;
}

void
rs_cert_free(struct rs_cert *cert)
{
	if (cert == NULL)
		return;
	free(cert->der);
	free(cert->sha256);
	free(cert->sha1);
	free(cert->spki_sha256);
	free(cert->subject);
	free(cert->issuer);
	free(cert->subject_der);
	free(cert->issuer_der);
	free(cert->serial);
	free(cert->ski);
	free(cert->aki);
	free(cert);
}

/*
 * The value of an attribute in a name of RFC 4514's form, without the
 * escapes that only this form needs; NULL if absent or empty.
 */
static char *
attribute(const char *name, const char *type)
{
	size_t n = strlen(type);

	while (*name != '\0') {
		bool found = strncmp(name, type, n) == 0 && name[n] == '=';
		RS_AUTOBUF struct rs_buf value = { 0 };

		for (name += found ? n + 1 : 0; *name != '\0' && *name != ',' && *name != '+';
		     name++) {
			if (*name == '\\' && name[1] != '\0' && strchr(" \"#+,;<=>\\", name[1]))
				name++;
			if (found)
				rs_buf_add(&value, name, 1);
		}
		if (value.len > 0)
			return rs_buf_steal(&value);
		if (*name != '\0')
			name++;
	}
	return NULL;
}

char *
rs_cert_title(const struct rs_cert *cert)
{
	static const char *const types[] = { "CN", "O" };
	const char *name = cert->subject != NULL ? cert->subject : cert->issuer;
	const char *digest = cert->sha256 != NULL ? cert->sha256 : cert->sha1;

	for (size_t i = 0; name != NULL && i < RS_COUNT(types); i++) {
		char *value = attribute(name, types[i]);

		if (value != NULL)
			return value;
	}
	if (name != NULL && *name != '\0')
		return rs_strdup(name);
	if (digest != NULL)
		return rs_strdup(digest);
	return rs_strdup(cert->serial != NULL ? cert->serial : "?");
}
