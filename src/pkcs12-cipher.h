/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encryption by password as PKCS #12 keystores have it: PBES2 (RFC 8018) and,
 * of the older schemes of RFC 7292 (appendix C), those that keystores were
 * made with. GnuTLS has the ciphers and digests; its own reader of PKCS #12
 * gives no more than the first 32 certificates, and not what Java says of them.
 */
#ifndef RS_PKCS12_CIPHER_H
#define RS_PKCS12_CIPHER_H

#include "der.h"

/* The passwords that a list of trusted certificates may have. */
#define RS_PKCS12_PASSWORDS 3

/* What an AlgorithmIdentifier asks for; points into the caller's bytes. */
struct rs_pkcs12_cipher {
	const unsigned char *salt, *iv;
	size_t salt_len, iv_len, key_len;
	unsigned iterations;
	int cipher, mac;		/* of GnuTLS; mac 0: keys by RFC 7292, appendix B */
};

/* algorithm is the content of an AlgorithmIdentifier. False where it is none
 * that is known, or would take too long. */
bool rs_pkcs12_cipher_read(struct rs_pkcs12_cipher *cipher, const struct rs_der *algorithm);

/*
 * Decrypts with the nth password. False where that cannot be the password;
 * what it gives for a wrong one may also be no DER at all.
 */
bool rs_pkcs12_decrypt(const struct rs_pkcs12_cipher *cipher, unsigned nth,
		       const struct rs_der *encrypted, struct rs_buf *plain);

#endif
