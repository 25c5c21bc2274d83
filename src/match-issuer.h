/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a certificate that says to be issued by a key was. For a worker
 * that has given up its rights: this parses what is foreign.
 */
#ifndef RS_MATCH_ISSUER_H
#define RS_MATCH_ISSUER_H

#include "policy.h"
#include "scan.h"

/* The public keys of all certificates of a scan. */
struct rs_keys {
	struct rs_map by_digest;	/* of key or certificate -> struct rs_key * */
	struct rs_array all;
};

enum rs_signature {
	RS_SIGNATURE_UNCHECKED,		/* no certificate with an entry's key is at hand */
	RS_SIGNATURE_BAD, RS_SIGNATURE_GOOD,
};

void rs_keys_make(struct rs_keys *keys, const struct rs_scan *scan);
void rs_keys_free(struct rs_keys *keys);

/*
 * Whether one of the keys that an entry names, itself or by its certificate's
 * digest, made the signature of cert. Names, dates and purposes do not count.
 */
enum rs_signature rs_keys_signed(const struct rs_keys *keys, const struct rs_policy_root *root,
				 const struct rs_cert *cert);

#endif
