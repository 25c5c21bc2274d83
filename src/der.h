/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Just enough of DER to find the parts of a certificate in their exact bytes,
 * which GnuTLS gives only of what it accepts as a whole. Lengths in BER's
 * longer and indefinite forms are read too: OpenSSL, p11-kit and Java trust
 * certificates that are written so.
 */
#ifndef RS_DER_H
#define RS_DER_H

#include "util.h"

enum {
	RS_DER_INTEGER = 0x02, RS_DER_BIT_STRING = 0x03, RS_DER_OCTETS = 0x04,
	RS_DER_OID = 0x06, RS_DER_UTC_TIME = 0x17, RS_DER_TIME = 0x18, RS_DER_BMP = 0x1e,
	RS_DER_SEQUENCE = 0x30, RS_DER_SET = 0x31, RS_DER_CONTEXT_0 = 0xa0,
};

/* How deep indefinite lengths may nest in what is known to be a certificate. */
#define RS_DER_DEPTH 16

struct rs_der {
	const unsigned char *raw, *body;	/* with, without tag and length */
	size_t raw_len, body_len;
	unsigned char tag;
};

/*
 * Takes the next element off *p, which has *left bytes. Only elements up to
 * depth levels deep may be of indefinite length; with 0 this takes constant
 * time. False, and nothing is taken, where no element fits.
 */
bool rs_der_next(const unsigned char **p, size_t *left, unsigned depth, struct rs_der *der);

/* The same, if the next element has this tag. */
bool rs_der_take(const unsigned char **p, size_t *left, unsigned depth, unsigned char tag,
		 struct rs_der *der);

/* Takes the next element off what is left of in's content, if it has this tag
 * and a definite length. */
bool rs_der_enter(struct rs_der *in, unsigned char tag, struct rs_der *inner);
/* Whether an element's content is these bytes. */
bool rs_der_is(const struct rs_der *der, const char *bytes, size_t len);

/* The parts of a certificate, in the caller's bytes. */
struct rs_der_cert {
	size_t length;			/* of the whole */
	bool v1;			/* says no version */
	struct rs_der serial, issuer, validity, subject, spki;
};

/*
 * False where data does not begin with what has the shape of a certificate
 * (RFC 5280, 4.1); other signed structures have another.
 */
bool rs_der_certificate(const void *data, size_t len, unsigned depth,
			struct rs_der_cert *cert);

#endif
