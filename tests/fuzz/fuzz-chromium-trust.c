/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Chromium's database says of a certificate. */
#include <string.h>

#include "chromium-trust.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *copy = fuzz_copy(data, size);
	RS_CLEANUP(rs_chromium_trust_clear) struct rs_chromium_trust trust = { 0 };

	if (!rs_chromium_trust_decode(copy, size, &trust))
		return 0;
	FUZZ_HOLDS(trust.type >= RS_CHROMIUM_UNKNOWN && trust.type <= RS_CHROMIUM_TRUSTED);
	for (size_t i = 0; i < trust.names.n; i++)
		FUZZ_HOLDS(strlen(trust.names.v[i]) <= size);
	for (size_t i = 0; i < trust.networks.n; i++)
		FUZZ_HOLDS(strlen(trust.networks.v[i]) > strlen("::/"));
	return 0;
}
