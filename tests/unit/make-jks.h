/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Java keystores, element by element. */
#ifndef RS_TEST_MAKE_JKS_H
#define RS_TEST_MAKE_JKS_H

#include <gnutls/crypto.h>

#include "make-der.h"

#define JKS 0xfeedfeedu
#define DATE 1750775984000u

static void
put(struct rs_buf *out, size_t octets, uint64_t value)
{
	for (size_t i = octets; i-- > 0;) {
		char c = (char)(value >> (8 * i));

		rs_buf_add(out, &c, 1);
	}
}

static void
put_string(struct rs_buf *out, size_t octets, const void *data, size_t len)
{
	put(out, octets, len);
	rs_buf_add(out, data, len);
}

RS_UNUSED static void
put_head(struct rs_buf *out, uint32_t magic, uint32_t version, uint32_t count)
{
	put(out, 4, magic);
	put(out, 4, version);
	put(out, 4, count);
}

RS_UNUSED static void
put_entry(struct rs_buf *out, uint32_t tag, const char *alias, uint64_t date)
{
	put(out, 4, tag);
	put_string(out, 2, alias, strlen(alias));
	put(out, 8, date);
}

RS_UNUSED static void
put_cert_bytes(struct rs_buf *out, uint32_t version, const void *der, size_t len)
{
	if (version == 2)
		put_string(out, 2, "X.509", 5);
	put_string(out, 4, der, len);
}

RS_UNUSED static void
put_digest(struct rs_buf *out)
{
	RS_AUTOBUF struct rs_buf all = { 0 };
	unsigned char digest[20];

	rs_buf_add(&all, MAKE_BYTES("\0c\0h\0a\0n\0g\0e\0i\0t"));
	rs_buf_puts(&all, "Mighty Aphrodite");
	rs_buf_add(&all, out->data, out->len);
	assert_int_equal(gnutls_hash_fast(GNUTLS_DIG_SHA1, all.data, all.len, digest), 0);
	rs_buf_add(out, digest, sizeof(digest));
}

#endif
