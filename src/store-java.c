/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Java keystore that the system derives from its OS store. An entry that
 * no origin explains was put in by hand, or was left by an updater that told
 * Java nothing of a removal.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "jks.h"
#include "layout.h"

#define MAX_KEYSTORE (64u << 20)
#define DEBIAN_ALIAS "debian:"

static bool
has_origin(const struct rs_store *origins, const struct rs_cert *cert)
{
	for (size_t i = 0; origins != NULL && i < origins->anchors.n; i++) {
		const struct rs_anchor *anchor = origins->anchors.v[i];

		if ((anchor->witnesses & RS_SEEN_ORIGIN) &&
		    rs_streq(anchor->cert->sha256, cert->sha256))
			return true;
	}
	return false;
}

static void
add_entry(struct rs_store *store, const struct rs_jks_entry *entry,
	  const struct rs_store *origins)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_new(entry->der, entry->der_len));
	struct rs_origin *origin = rs_origin_new(store->path, entry->alias, RS_HOW_DERIVED);

	if (!rs_starts(entry->alias, DEBIAN_ALIAS) || !has_origin(origins, anchor->cert)) {
		origin->how = RS_HOW_REPORT;
		/* A command to be typed: an alias must not be more than a word of it. */
		origin->reason = strchr(entry->alias, '\'') != NULL ?
		    rs_strdup("only Java's own list has it: keytool -delete -cacerts takes it out") :
		    rs_printf("only Java's own list has it: keytool -delete -cacerts -alias '%s' "
			      "takes it out", entry->alias);
	}
	rs_array_add(&anchor->origins, origin);
	anchor->trust = RS_TRUST_ANY;
	anchor->witnesses = RS_SEEN_KEYSTORE;
	rs_store_add(store, anchor);
}

struct rs_store *
rs_store_java_read(const char *path, const struct rs_store *origins)
{
	struct rs_store *store = rs_store_new(RS_KIND_JAVA, RS_OWNER_SYSTEM, path);
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_array entries;
	const char *why = NULL;
	bool intact;

	if (rs_read_file(path, MAX_KEYSTORE, &buf) < 0) {
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", path, strerror(errno));
		return store;
	}
	if (!rs_jks_read(buf.data, buf.len, &entries, &intact, &why))
		rs_store_fail(store, RS_STORE_ERROR, "%s is not read whole: %s", path, why);
	for (size_t i = 0; i < entries.n; i++)
		add_entry(store, entries.v[i], origins);
	rs_array_free(&entries);
	return store;
}
