/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keystore.h"

#include "jks.h"
#include "pkcs12.h"

struct rs_keystore_entry *
rs_keystore_add(struct rs_array *entries, char *alias, const void *der, size_t len,
		time_t created)
{
	struct rs_keystore_entry *entry = rs_array_add(entries, rs_alloc(sizeof(*entry)));

	entry->alias = alias;
	entry->der = rs_memdup(der, len);
	entry->der_len = len;
	entry->created = created;
	return entry;
}

void
rs_keystore_entry_free(void *p)
{
	struct rs_keystore_entry *entry = p;

	if (entry == NULL)
		return;
	free(entry->alias);
	free(entry->der);
	free(entry);
}

enum rs_keystore_state
rs_keystore_read(const char *data, size_t len, struct rs_array *entries, const char **why)
{
	bool intact;

	if (rs_pkcs12_is(data, len))
		return rs_pkcs12_read(data, len, entries, why);
	return rs_jks_read(data, len, entries, &intact, why) ? RS_KEYSTORE_WHOLE :
	    RS_KEYSTORE_DAMAGED;
}
