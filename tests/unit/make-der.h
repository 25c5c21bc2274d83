/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Certificates as no library would make them: built element by element, with
 * a signature that is none. Nothing here verifies signatures.
 */
#ifndef RS_TEST_MAKE_DER_H
#define RS_TEST_MAKE_DER_H

#include <stdio.h>
#include <string.h>

#include "util.h"

#define MAKE_BYTES(s) (s), sizeof(s) - 1

/* Appends one element to out. */
RS_UNUSED static void
make_der(struct rs_buf *out, unsigned char tag, const void *body, size_t len)
{
	unsigned char head[6] = { tag, (unsigned char)len };
	size_t n = 2;

	if (len >= 0x80) {
		size_t octets = len > 0xffff ? 3 : len > 0xff ? 2 : 1;

		head[1] = (unsigned char)(0x80 | octets);
		for (size_t i = octets; i-- > 0;)
			head[n++] = (unsigned char)(len >> (8 * i));
	}
	rs_buf_add(out, head, n);
	rs_buf_add(out, body, len);
}

/* Puts what buf holds into an element of its own. */
RS_UNUSED static void
make_wrap(struct rs_buf *buf, unsigned char tag)
{
	struct rs_buf whole = { 0 };

	make_der(&whole, tag, buf->data, buf->len);
	rs_buf_free(buf);
	*buf = whole;
}

/* An RDN of one attribute id-at-TYPE (3 CN, 10 O, 11 OU, 6 C), its value with this tag. */
RS_UNUSED static void
make_rdn(struct rs_buf *name, unsigned char type, unsigned char tag, const void *value,
	 size_t len)
{
	RS_AUTOBUF struct rs_buf rdn = { 0 };
	unsigned char oid[] = { 0x55, 0x04, type };

	make_der(&rdn, 0x06, oid, sizeof(oid));
	make_der(&rdn, tag, value, len);
	make_wrap(&rdn, 0x30);
	make_wrap(&rdn, 0x31);
	rs_buf_add(name, rdn.data, rdn.len);
}

/*
 * What differs from an ordinary self-issued v3 CA with CN=Test. A name is
 * given as its RDNs; spki, algorithm and extensions with tag and length.
 */
struct make_spec {
	const char *serial, *subject, *issuer, *spki, *extensions, *algorithm;
	size_t serial_len, subject_len, issuer_len, spki_len, extensions_len, algorithm_len;
	const char *not_before, *not_after;	/* UTCTime, or of 15 letters GeneralizedTime */
	bool v1;
};


static const char make_ed25519_spki[] =
	"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\0"
	"0123456789abcdef0123456789abcdef";
static const char make_ed25519_algorithm[] = "\x30\x05\x06\x03\x2b\x65\x70";
/* basicConstraints, critical, CA:TRUE */
static const char make_ca_extensions[] =
	"\xa3\x13\x30\x11\x30\x0f\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x05\x30\x03\x01\x01\xff";

static void
make_time(struct rs_buf *out, const char *text)
{
	make_der(out, strlen(text) == 15 ? 0x18 : 0x17, text, strlen(text));
}

static void
make_name(struct rs_buf *out, const char *der, size_t len)
{
	RS_AUTOBUF struct rs_buf name = { 0 };

	if (der == NULL) {
		make_rdn(&name, 3, 0x0c, "Test", 4);
		der = name.data;
		len = name.len;
	}
	make_der(out, 0x30, der, len);
}

RS_UNUSED static void
make_cert(struct rs_buf *out, const struct make_spec *spec)
{
	RS_AUTOBUF struct rs_buf tbs = { 0 };
	RS_AUTOBUF struct rs_buf validity = { 0 };
	const char *algorithm = spec->algorithm ? spec->algorithm : make_ed25519_algorithm;
	size_t algorithm_len = spec->algorithm ? spec->algorithm_len :
	    sizeof(make_ed25519_algorithm) - 1;
	char signature[65] = { 0 };

	if (!spec->v1)
		rs_buf_add(&tbs, MAKE_BYTES("\xa0\x03\x02\x01\x02"));
	make_der(&tbs, 0x02, spec->serial ? spec->serial : "\x01",
		 spec->serial ? spec->serial_len : 1);
	rs_buf_add(&tbs, algorithm, algorithm_len);
	make_name(&tbs, spec->issuer ? spec->issuer : spec->subject,
		  spec->issuer ? spec->issuer_len : spec->subject_len);
	make_time(&validity, spec->not_before ? spec->not_before : "200101000000Z");
	make_time(&validity, spec->not_after ? spec->not_after : "400101000000Z");
	make_der(&tbs, 0x30, validity.data, validity.len);
	make_name(&tbs, spec->subject, spec->subject_len);
	rs_buf_add(&tbs, spec->spki ? spec->spki : make_ed25519_spki,
		   spec->spki ? spec->spki_len : sizeof(make_ed25519_spki) - 1);
	if (spec->extensions)
		rs_buf_add(&tbs, spec->extensions, spec->extensions_len);
	else if (!spec->v1)
		rs_buf_add(&tbs, make_ca_extensions, sizeof(make_ca_extensions) - 1);
	make_der(out, 0x30, tbs.data, tbs.len);
	rs_buf_add(out, algorithm, algorithm_len);
	make_der(out, 0x03, signature, sizeof(signature));
	make_wrap(out, 0x30);
}

#endif
