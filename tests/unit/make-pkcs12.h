/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keystores of the format PKCS #12, element by element. */
#ifndef RS_TEST_MAKE_PKCS12_H
#define RS_TEST_MAKE_PKCS12_H

#include <gnutls/crypto.h>

#include "make-der.h"

#define P12_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define P12_SALT "saltsalt"
#define P12_IV "0123456789abcdef"

enum { P12_TRUSTED = 1, P12_NAMED = 2 };

static void
p12_add(struct rs_buf *out, const struct rs_buf *part)
{
	rs_buf_add(out, part->data, part->len);
}

/* The content of name, in UTF-16 with the letters of ASCII, as an attribute. */
static void
p12_add_name(struct rs_buf *attributes, const char *name)
{
	RS_AUTOBUF struct rs_buf wide = { 0 };
	RS_AUTOBUF struct rs_buf attribute = { 0 };

	for (; *name != '\0'; name++) {
		rs_buf_add(&wide, "\0", 1);
		rs_buf_add(&wide, name, 1);
	}
	make_wrap(&wide, 0x1e);
	make_wrap(&wide, 0x31);
	rs_buf_add(&attribute, MAKE_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14"));
	p12_add(&attribute, &wide);
	make_wrap(&attribute, 0x30);
	p12_add(attributes, &attribute);
}

/* A bag with a certificate; what is said of it by flags. */
RS_UNUSED static void
p12_add_cert(struct rs_buf *bags, const char *name, const void *der, size_t len, unsigned flags)
{
	RS_AUTOBUF struct rs_buf bag = { 0 };
	RS_AUTOBUF struct rs_buf cert = { 0 };
	RS_AUTOBUF struct rs_buf attributes = { 0 };

	make_der(&cert, 0x04, der, len);
	make_wrap(&cert, 0xa0);
	rs_buf_add(&bag, MAKE_BYTES("\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"));
	p12_add(&bag, &cert);
	make_wrap(&bag, 0x30);
	make_wrap(&bag, 0xa0);
	rs_buf_free(&cert);
	rs_buf_add(&cert, MAKE_BYTES("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03"));
	p12_add(&cert, &bag);
	if (flags & P12_NAMED)
		p12_add_name(&attributes, name);
	if (flags & P12_TRUSTED)	/* for any use */
		rs_buf_add(&attributes, MAKE_BYTES("\x30\x16\x06\x0c\x60\x86\x48\x01\x86\xf9\x66"
		    "\xad\xca\x7b\x01\x01\x31\x06\x06\x04\x55\x1d\x25\0"));
	if (attributes.len > 0) {
		make_wrap(&attributes, 0x31);
		p12_add(&cert, &attributes);
	}
	make_wrap(&cert, 0x30);
	p12_add(bags, &cert);
}

/* What PBES2 with SHA-256 and AES-256 is told; iterations below 32768. */
static void
p12_add_algorithm(struct rs_buf *out, unsigned iterations)
{
	RS_AUTOBUF struct rs_buf kdf = { 0 };
	RS_AUTOBUF struct rs_buf all = { 0 };
	const char count[] = { 2, 2, (char)(iterations >> 8), (char)iterations };

	rs_buf_add(&kdf, MAKE_BYTES("\x04\x08" P12_SALT));
	rs_buf_add(&kdf, count, sizeof(count));
	rs_buf_add(&kdf, MAKE_BYTES("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05\0"));
	make_wrap(&kdf, 0x30);
	rs_buf_add(&all, MAKE_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"));
	p12_add(&all, &kdf);
	make_wrap(&all, 0x30);
	rs_buf_add(&all, MAKE_BYTES("\x30\x1d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
				    "\x04\x10" P12_IV));
	make_wrap(&all, 0x30);
	rs_buf_add(out, MAKE_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"));
	p12_add(out, &all);
	make_wrap(out, 0x30);
}

static void
p12_encrypt(struct rs_buf *bytes, const char *password, unsigned iterations)
{
	unsigned char key[32];
	const gnutls_datum_t secret = {
		(unsigned char *)(uintptr_t)password, (unsigned)strlen(password),
	};
	const gnutls_datum_t salt = { (unsigned char *)(uintptr_t)P12_SALT, 8 };
	const gnutls_datum_t key_datum = { key, sizeof(key) };
	const gnutls_datum_t iv = { (unsigned char *)(uintptr_t)P12_IV, 16 };
	char padding = (char)(16 - bytes->len % 16);
	gnutls_cipher_hd_t handle;

	for (char i = 0; i < padding; i++)
		rs_buf_add(bytes, &padding, 1);
	assert_int_equal(gnutls_pbkdf2(GNUTLS_MAC_SHA256, &secret, &salt, iterations, key,
				       sizeof(key)), 0);
	assert_int_equal(gnutls_cipher_init(&handle, GNUTLS_CIPHER_AES_256_CBC, &key_datum,
					    &iv), 0);
	assert_int_equal(gnutls_cipher_encrypt(handle, bytes->data, bytes->len), 0);
	gnutls_cipher_deinit(handle);
}

/* A part of a file: the bags in clear, or encrypted. */
RS_UNUSED static void
p12_add_part(struct rs_buf *parts, const struct rs_buf *bags, const char *password,
	     unsigned iterations)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	RS_AUTOBUF struct rs_buf part = { 0 };
	RS_AUTOBUF struct rs_buf info = { 0 };

	p12_add(&content, bags);
	make_wrap(&content, 0x30);
	if (password == NULL) {
		make_wrap(&content, 0x04);
		rs_buf_add(&part, MAKE_BYTES(P12_DATA));
	} else {
		p12_encrypt(&content, password, iterations);
		make_wrap(&content, 0x80);
		p12_add_algorithm(&info, iterations);
		rs_buf_add(&part, MAKE_BYTES(P12_DATA));
		p12_add(&part, &info);
		p12_add(&part, &content);
		make_wrap(&part, 0x30);
		rs_buf_free(&content);
		rs_buf_add(&content, MAKE_BYTES("\x02\x01\0"));
		p12_add(&content, &part);
		make_wrap(&content, 0x30);
		rs_buf_free(&part);
		rs_buf_add(&part, MAKE_BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"));
	}
	make_wrap(&content, 0xa0);
	p12_add(&part, &content);
	make_wrap(&part, 0x30);
	p12_add(parts, &part);
}

/* The file of these parts, without the digest, which nobody looks at. */
RS_UNUSED static void
p12_put_file(struct rs_buf *out, const struct rs_buf *parts)
{
	RS_AUTOBUF struct rs_buf safe = { 0 };
	RS_AUTOBUF struct rs_buf info = { 0 };

	p12_add(&safe, parts);
	make_wrap(&safe, 0x30);
	make_wrap(&safe, 0x04);
	make_wrap(&safe, 0xa0);
	rs_buf_add(&info, MAKE_BYTES(P12_DATA));
	p12_add(&info, &safe);
	make_wrap(&info, 0x30);
	rs_buf_add(out, MAKE_BYTES("\x02\x01\x03"));
	p12_add(out, &info);
	make_wrap(out, 0x30);
}

#endif
