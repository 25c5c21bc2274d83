/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tolerant reader of certificate files. Consumers of a bundle differ in
 * what they accept (p11-kit stops at the first thing that it cannot parse,
 * OpenSSL and GnuTLS go on), so this one finds every certificate that any of
 * them would: PEM with the labels CERTIFICATE, X509 CERTIFICATE and TRUSTED
 * CERTIFICATE (OpenSSL's, with trust settings behind the certificate), with
 * text, blanks, CR, CRLF or LF, NUL bytes and other blocks around them, and
 * DER: a whole file, or raw certificates between blocks.
 */
#ifndef RS_PEM_H
#define RS_PEM_H

#include "util.h"

struct rs_pem_block {
	size_t offset, length;	/* in the file; for PEM from the first byte of
				 * the BEGIN line to behind the END line's end */
	const char *label;	/* "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED
				 * CERTIFICATE" or "DER" */
	unsigned char *der;	/* the certificate alone */
	size_t der_len;
	unsigned line;		/* of the BEGIN line, from 1; 0 for DER */
};

/*
 * All certificates of a file's bytes, in order, as struct rs_pem_block *;
 * found is initialised here and owned by the caller. A block whose base64 or
 * outer DER length is broken is not a block; *broken counts those (may be
 * NULL).
 */
void rs_pem_find(const char *data, size_t len, struct rs_array *found, size_t *broken);
void rs_pem_block_free(void *block);

#endif
