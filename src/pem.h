/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tolerant reader of certificate files. Consumers of a bundle differ in
 * what they accept (p11-kit stops at the first thing that it cannot parse,
 * OpenSSL and GnuTLS go on), so this one finds every certificate that any of
 * them would: PEM with any label, under headers, with text, blanks, CR, CRLF
 * or LF, NUL bytes and other blocks around it, glued to its neighbours or
 * without an END of its own; DER: a whole file, or raw certificates between
 * blocks; and p11-kit's own object text.
 */
#ifndef RS_PEM_H
#define RS_PEM_H

#include "util.h"

struct rs_pem_block {
	/*
	 * In the file. For PEM from the first byte of the BEGIN line to
	 * behind the END line's end; where other text stands on the BEGIN
	 * line, the line's end stays. For p11-kit's text all of the object
	 * that has only this certificate. With these bytes cut out the
	 * usual readers read every other certificate as before, unless
	 * a BEGIN without an END stands before the block.
	 */
	size_t offset, length;
	const char *label;	/* "CERTIFICATE" (and any other label that holds
				 * one), "X509 CERTIFICATE", "TRUSTED
				 * CERTIFICATE", "DER" or "p11-kit" */
	unsigned char *der;	/* the certificate alone */
	size_t der_len;
	unsigned line;		/* of the BEGIN line, from 1; 0 for DER */
	/*
	 * What the file itself says of the certificate: p11-kit's object with
	 * "trusted: true" or "x-distrusted: true" about it; behind it, OpenSSL's
	 * auxiliary data (x509(1)), which trusts it, or denies it TLS servers or
	 * all uses. Neither is set where nothing is said.
	 */
	bool trusted, distrusted;
};

/*
 * All certificates of a file's bytes, in order of their offset, as struct
 * rs_pem_block *; found is initialised here and owned by the caller. Where
 * readers see different certificates in one block both are told, with equal
 * ranges; a PEM block may lie within the bytes of a raw certificate; else
 * ranges are disjoint. A block whose base64 or outer DER length is broken is
 * not a block; *broken counts those that say to be certificates (may be NULL).
 */
void rs_pem_find(const char *data, size_t len, struct rs_array *found, size_t *broken);
void rs_pem_block_free(void *block);

#endif
