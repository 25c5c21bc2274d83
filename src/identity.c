/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include <string.h>

/* "ISSUER SERIAL", as it stands in the line too; NULL where one is missing. */
static char *
issuer_serial(const struct rs_cert *cert)
{
	if (cert->issuer_der == NULL || cert->serial == NULL)
		return NULL;
	return rs_printf("%s %s", cert->issuer_der, cert->serial);
}

void
rs_identity_add(struct rs_map *map, const struct rs_cert *cert, void *what)
{
	RS_AUTOFREE char *key = issuer_serial(cert);
	const char *const names[] = { cert->sha256, cert->sha1, key };

	for (size_t i = 0; i < RS_COUNT(names); i++)
		if (names[i] != NULL)
			rs_map_add(map, names[i], what);
}

void *
rs_identity_get(const struct rs_map *map, const struct rs_cert *cert, enum rs_match_how *how)
{
	RS_AUTOFREE char *key = issuer_serial(cert);

	*how = cert->sha256 != NULL ? RS_MATCH_CERTIFICATE :
	    cert->sha1 != NULL ? RS_MATCH_SHA1 : RS_MATCH_ISSUER_SERIAL;
	return rs_map_get(map, cert->sha256 != NULL ? cert->sha256 :
			  cert->sha1 != NULL ? cert->sha1 : key);
}

bool
rs_identity_is_one_of(const struct rs_array *names, const struct rs_cert *cert,
		      enum rs_match_how *how)
{
	RS_AUTOFREE char *key = cert->sha256 == NULL && cert->sha1 == NULL ?
	    issuer_serial(cert) : NULL;
	const struct {
		const char *name;
		enum rs_match_how how;
	} ways[] = {
		{ cert->sha256, RS_MATCH_CERTIFICATE }, { cert->sha1, RS_MATCH_SHA1 },
		{ key, RS_MATCH_ISSUER_SERIAL },
	};

	for (size_t i = 0; i < RS_COUNT(ways); i++) {
		*how = ways[i].how;
		if (ways[i].name != NULL && rs_array_has_str(names, ways[i].name))
			return true;
	}
	return false;
}

void
rs_identity_names(struct rs_array *names, const struct rs_cert *cert)
{
	RS_AUTOFREE char *key = issuer_serial(cert);
	const char *const known[] = { cert->sha256, cert->sha1, key };

	for (size_t i = 0; i < RS_COUNT(known); i++)
		if (known[i] != NULL)
			rs_array_add_str(names, known[i]);
}

char *
rs_identity_text(const struct rs_cert *cert)
{
	RS_AUTOFREE char *key = issuer_serial(cert);

	return rs_printf("%s %s%s%s", cert->sha256, cert->sha1, key != NULL ? " " : "",
			 key != NULL ? key : "");
}

bool
rs_identity_add_text(struct rs_map *map, const char *text, void *what)
{
	RS_AUTOFREE char *copy = rs_strdup(text);
	char *rest = copy, *sha256 = strsep(&rest, " "), *sha1 = strsep(&rest, " ");

	if (!rs_is_hex(sha256, 64) || sha1 == NULL || !rs_is_hex(sha1, 40))
		return false;
	rs_map_add(map, sha256, what);
	rs_map_add(map, sha1, what);
	if (rest != NULL)
		rs_map_add(map, rest, what);
	return true;
}
