/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Chromium keeps beside a certificate in ServerCertificate, column
 * trust_settings: a protobuf message CertificateMetadata
 * (components/server_certificate_database/server_certificate_database.proto).
 */
#ifndef RS_CHROMIUM_TRUST_H
#define RS_CHROMIUM_TRUST_H

#include "util.h"

enum rs_chromium_trust_type {
	RS_CHROMIUM_UNKNOWN,		/* Chromium passes the row over */
	RS_CHROMIUM_UNSPECIFIED,	/* a hint for building chains */
	RS_CHROMIUM_DISTRUSTED,
	RS_CHROMIUM_TRUSTED,
};

struct rs_chromium_trust {
	enum rs_chromium_trust_type type;
	/* char *: what it is trusted for; none of a kind: all of that kind. */
	struct rs_array names;		/* "example.org", as it was written */
	struct rs_array networks;	/* "10.0.0.0/8" */
};

/*
 * Decodes the bytes as a protobuf reader does: fields that are not known are
 * passed over, of one that comes twice the last counts. False where they are
 * no such message, which Chromium takes for a row that is not there. trust
 * is to be cleared in either case.
 */
bool rs_chromium_trust_decode(const void *data, size_t len, struct rs_chromium_trust *trust);
void rs_chromium_trust_clear(struct rs_chromium_trust *trust);	/* for RS_CLEANUP */

#endif
