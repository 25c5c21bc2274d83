/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for the entries of any keystore. */
#ifndef RS_FUZZ_KEYSTORE_H
#define RS_FUZZ_KEYSTORE_H

#include "fuzz.h"
#include "keystore.h"

static inline void
fuzz_entries(struct rs_array *entries, bool whole, const char *why, size_t size)
{
	size_t total = 0;

	FUZZ_HOLDS(whole || (why != NULL && why[0] != '\0'));
	for (size_t i = 0; i < entries->n; i++) {
		const struct rs_keystore_entry *entry = entries->v[i];

		FUZZ_HOLDS(entry->alias != NULL && entry->der != NULL);
		total += entry->der_len;
	}
	/* Nothing is made out of nothing. */
	FUZZ_HOLDS(total <= size);
	rs_array_free(entries);
}

#endif
