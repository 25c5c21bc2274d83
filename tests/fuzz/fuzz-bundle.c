/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of certificates: PEM, TRUSTED, X509, DER and p11-kit's objects. No
 * block lies beyond the file, and without a block it is found no more.
 */
#include <string.h>

#include "cert.h"
#include "fuzz.h"
#include "pem.h"

static size_t
count(const struct rs_array *found, const struct rs_pem_block *like)
{
	size_t n = 0;

	for (size_t i = 0; i < found->n; i++) {
		const struct rs_pem_block *block = found->v[i];

		n += block->der_len == like->der_len &&
		    memcmp(block->der, like->der, like->der_len) == 0;
	}
	return n;
}

static void
try_cut(const char *data, size_t size, const struct rs_array *found, const struct rs_pem_block *block)
{
	RS_AUTOBUF struct rs_buf rest = { 0 };
	RS_CLEANUP(rs_array_free) struct rs_array left;

	rs_buf_add(&rest, data, block->offset);
	rs_buf_add(&rest, data + block->offset + block->length, size - block->offset - block->length);
	rs_pem_find(rest.data, rest.len, &left, NULL);
	FUZZ_HOLDS(count(&left, block) < count(found, block));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOFREE char *copy = fuzz_copy(data, size);
	RS_CLEANUP(rs_array_free) struct rs_array found;
	size_t broken = 0, at = 0;

	rs_pem_find(copy, size, &found, &broken);
	for (size_t i = 0; i < found.n; i++) {
		const struct rs_pem_block *block = found.v[i];
		struct rs_cert *cert = rs_cert_new(block->der, block->der_len);

		FUZZ_HOLDS(block->offset >= at && block->offset <= size && block->length > 0 &&
			   block->length <= size - block->offset);
		FUZZ_HOLDS(block->der_len > 0 && block->label != NULL);
		FUZZ_HOLDS(cert != NULL && cert->sha256 != NULL);
		at = block->offset;
		rs_cert_free(cert);
		if (i < 4)
			try_cut(copy, size, &found, block);
	}
	return 0;
}
