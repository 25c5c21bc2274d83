/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A certificate (RFC 5280), or what a store still knows of one that is gone:
 * a trust object that lost its certificate has only digests, issuer and
 * serial. Text fields are NULL where the source does not hold them.
 */
#ifndef RS_CERT_H
#define RS_CERT_H

#include "util.h"

struct rs_cert {
	unsigned char *der;		/* NULL where only trust is left */
	size_t der_len;
	char *sha256, *sha1;		/* of the DER, lower-case hex */
	char *spki_sha256;		/* of the DER SubjectPublicKeyInfo */
	char *subject, *issuer;		/* RFC 4514, UTF-8, safe for a terminal */
	char *subject_der, *issuer_der;	/* the DER names in base64 */
	char *serial;			/* content of the DER INTEGER, hex */
	char *ski, *aki;		/* key identifiers, hex; NULL if absent */
	bool parsed;			/* GnuTLS understood it */
	bool ca;			/* basicConstraints, or a v1 self-issued one */
	bool self_issued;		/* subject and issuer are the same bytes */
	time_t not_before, not_after;	/* (time_t)-1 where unknown */
};

/*
 * Never NULL. What GnuTLS cannot parse, or is longer than 128 KiB, is hashed
 * all the same: parsed is false, sha256 and sha1 are set, and where the bytes
 * have a certificate's shape also the key's hash, names, serial and dates;
 * key ids, and the CA flag of a v3 certificate, need GnuTLS. Trailing bytes
 * behind the outer SEQUENCE are not part of the certificate and are cut off
 * before hashing. A part of a name that cannot be printed is "#" and its
 * bytes in hex.
 */
struct rs_cert *rs_cert_new(const void *der, size_t len);

/*
 * From a trust object without certificate: issuer as DER Name, serial as
 * DER INTEGER with tag and length (as NSS keeps it), digests as raw bytes;
 * any may be NULL with length 0.
 */
struct rs_cert *rs_cert_new_trust(const void *issuer, size_t issuer_len,
				  const void *serial, size_t serial_len,
				  const void *sha1, size_t sha1_len,
				  const void *sha256, size_t sha256_len);

struct rs_cert *rs_cert_copy(const struct rs_cert *cert);
void rs_cert_free(struct rs_cert *cert);

/*
 * The outer length of the DER SEQUENCE at data: 0 if there is none within
 * len. BER's longer and indefinite lengths count, as other readers trust them.
 */
size_t rs_cert_der_length(const void *data, size_t len);

/*
 * The name a person would call it by: CN, else O, else the whole subject (the
 * issuer of lone trust), else a digest. Of any length; the caller frees it.
 */
char *rs_cert_title(const struct rs_cert *cert);

#endif
