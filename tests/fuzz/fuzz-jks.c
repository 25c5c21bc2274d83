/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Java's own keystore format. */
#include "jks.h"

#include "keystore-fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *copy = fuzz_copy(data, size);
	struct rs_array entries;
	const char *why = NULL;
	bool intact = false, whole = rs_jks_read(copy, size, &entries, &intact, &why);

	FUZZ_HOLDS(whole || !intact);
	fuzz_entries(&entries, whole, why, size);
	return 0;
}
