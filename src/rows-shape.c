/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rows-shape.h"

#include "chromium-rows.h"
#include "nss-rows.h"

/* Whether the object is one of a finding's that this step is to take out. */
static bool
is_object_of(const struct rs_token_object *object, const struct rs_cert *cert)
{
	if (object->class != RS_CKO_CERTIFICATE)
		return rs_token_trust_is_for(object, cert);
	return cert->sha256 != NULL && rs_streq(object->cert->sha256, cert->sha256);
}

static bool
nss_is_found(const struct rs_token_object *object, const struct rs_step *step,
	     const struct rs_part *part)
{
	for (size_t i = 0; i < part->findings.n; i++) {
		const struct rs_finding *finding = part->findings.v[i];

		if (rs_streq(finding->store->id, step->store) &&
		    is_object_of(object, finding->anchor->cert))
			return true;
	}
	return false;
}

static bool
nss_are_as_found(const struct rs_step *step, const struct rs_part *part, sqlite3 *db)
{
	RS_CLEANUP(rs_array_free) struct rs_array objects;
	RS_AUTOFREE char *why = NULL;
	size_t odd, found = 0;

	rs_array_init(&objects, rs_token_object_free);
	if (rs_nss_rows_read(db, &objects, &odd, &why) != RS_SQLITE_OK)
		return false;
	for (size_t i = 0; i < objects.n; i++) {
		const struct rs_token_object *object = objects.v[i];

		if (!rs_array_has_str(&step->ids, object->id))
			continue;
		if (!nss_is_found(object, step, part))
			return false;
		found++;
	}
	return found == step->ids.n;
}

static bool
chromium_is_found(const struct rs_chromium_row *row, const struct rs_step *step,
		  const struct rs_part *part)
{
	for (size_t i = 0; i < part->findings.n; i++) {
		const struct rs_finding *finding = part->findings.v[i];

		if (rs_streq(finding->store->id, step->store) &&
		    rs_streq(finding->anchor->cert->sha256, row->cert->sha256))
			return true;
	}
	return false;
}

/* A row without a key could not be told from another such one. */
static bool
chromium_are_as_found(const struct rs_step *step, const struct rs_part *part, sqlite3 *db)
{
	RS_CLEANUP(rs_array_free) struct rs_array rows;
	RS_AUTOFREE char *why = NULL;
	size_t found = 0;

	rs_array_init(&rows, rs_chromium_row_free);
	if (rs_chromium_rows_read(db, &rows, &why) != RS_SQLITE_OK)
		return false;
	for (size_t i = 0; i < rows.n; i++) {
		const struct rs_chromium_row *row = rows.v[i];

		if (!rs_array_has_str(&step->ids, row->id))
			continue;
		if (row->key == NULL || !chromium_is_found(row, step, part))
			return false;
		found++;
	}
	return found == step->ids.n;
}

static const struct rs_rows_shape shapes[] = {
	{
		.store_kind = RS_KIND_NSS,
		.file = RS_NSS_FILE,
		.table = RS_NSS_TABLE,
		.id = "id",
		.key = "id",
		/* Class, issuer, serial, and the certificate or digests of it. */
		.identity = { "a0", "a81", "a82", "a11", "ace5363b4", "a635" },
		.check = rs_nss_rows_check,
		.are_as_found = nss_are_as_found,
	},
	{
		.store_kind = RS_KIND_CHROMIUM,
		.file = RS_CHROMIUM_FILE,
		.table = RS_CHROMIUM_TABLE,
		.id = "rowid",
		.key = RS_CHROMIUM_KEY,
		.identity = { "der_cert", "trust_settings" },
		.check = rs_chromium_rows_check,
		.are_as_found = chromium_are_as_found,
	},
};

const struct rs_rows_shape *
rs_rows_shape(const char *store_kind)
{
	for (size_t i = 0; i < RS_COUNT(shapes); i++)
		if (rs_streq(store_kind, shapes[i].store_kind))
			return &shapes[i];
	return NULL;
}
