/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the system's lists still have what was taken out of them, by other
 * ways than those that found and planned it: the bytes of each bundle, the
 * names that OpenSSL looks up in each folder, and GnuTLS, which validates the
 * certificate against each of them and against its own default.
 */
#ifndef RS_VERIFY_PLACE_H
#define RS_VERIFY_PLACE_H

#include "verify.h"

/*
 * Adds to an initialised verdict. taken (struct rs_finding *) are told what is
 * still trusted; those in places of other kinds are passed over. Looks in a
 * child without rights; a child that fails leaves its places unverified.
 */
void rs_verify_places(struct rs_verdict *verdict, const struct rs_scan *before,
		      const struct rs_array *taken, const struct rs_scope *scope);

/* Whether the bytes of a file hold this certificate: as DER, or in base64 that
 * is folded in any way. A block of OpenSSL's that may deny it does not count. */
bool rs_verify_bytes_hold(const struct rs_buf *bytes, const struct rs_cert *cert);

#endif
