/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A record's XML: what is taken is written again as it was understood. */
#include <string.h>

#include "fuzz.h"
#include "record.h"

/* What rs_record_read() refuses afterwards, as no kind or no base64, is read as
 * nothing, and could not be written again. */
static bool
is_known(const struct rs_record *record)
{
	bool known = record->owner != NULL;

	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		known &= step->store_kind != NULL && step->store != NULL && step->path != NULL;
		for (size_t k = 0; k < step->copies.n; k++)
			known &= ((struct rs_copy *)step->copies.v[k])->path != NULL;
	}
	for (size_t i = 0; i < record->findings.n; i++)
		known &= ((struct rs_record_finding *)record->findings.v[i])->store != NULL;
	return known;
}

static bool
read_record(const char *xml, size_t len, char **written)
{
	struct rs_record *record = rs_record_new("20261122T190800Z-0123456789abcdef", NULL);
	RS_AUTOFREE char *why = NULL;
	bool ok = rs_record_from_xml(record, xml, len, &why), known;

	FUZZ_HOLDS(ok || why != NULL);
	known = ok && is_known(record);
	if (known)
		*written = rs_record_to_xml(record);
	rs_record_free(record);
	return known;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *xml = fuzz_copy(data, size), *once = NULL, *twice = NULL;

	if (!read_record(xml, size, &once))
		return 0;
	FUZZ_HOLDS(read_record(once, strlen(once), &twice));
	FUZZ_HOLDS(strcmp(once, twice) == 0);
	return 0;
}
