/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One certificate's DER: what is read of it is no more than its bytes say. */
#include <string.h>

#include "cert.h"
#include "der.h"
#include "fuzz.h"
#include "text.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *copy = fuzz_copy(data, size);
	struct rs_der_cert parts;
	struct rs_cert *cert;

	if (rs_der_certificate(copy, size, RS_DER_DEPTH, &parts)) {
		FUZZ_HOLDS(parts.length <= size);
		FUZZ_HOLDS(parts.subject.raw >= (unsigned char *)copy &&
			   parts.spki.raw + parts.spki.raw_len <= (unsigned char *)copy + size);
	}
	FUZZ_HOLDS(rs_cert_der_length(copy, size) <= size);
	cert = rs_cert_new(copy, size);
	FUZZ_HOLDS(rs_is_hex(cert->sha256, 64));
	if (cert->subject != NULL) {
		RS_AUTOFREE char *safe = rs_text_safe(cert->subject);

		FUZZ_HOLDS(rs_text_is_utf8(safe, strlen(safe)));
	}
	rs_cert_free(cert);
	return 0;
}
