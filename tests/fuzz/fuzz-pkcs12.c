/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A keystore of the format PKCS #12, its encrypted parts too. */
#include "keystore-fuzz.h"
#include "pkcs12.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *copy = fuzz_copy(data, size);
	struct rs_array entries;
	const char *why = NULL;
	enum rs_keystore_state state = rs_pkcs12_read(copy, size, &entries, &why);

	FUZZ_HOLDS(state != RS_KEYSTORE_WHOLE || rs_pkcs12_is(copy, size));
	fuzz_entries(&entries, state == RS_KEYSTORE_WHOLE, why, size);
	return 0;
}
