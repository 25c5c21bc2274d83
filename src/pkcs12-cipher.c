/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pkcs12-cipher.h"

#include <string.h>

#include <gnutls/crypto.h>

#define MAX_ITERATIONS 1000000		/* about a second for each password */
#define MAX_SALT 128
#define MAX_KEY 32
#define MAX_IV 16
#define SHA1_LEN 20
#define SHA1_BLOCK 64
#define OID(bytes) (bytes), sizeof(bytes) - 1

enum { FOR_KEY = 1, FOR_IV = 2 };

/* "changeit" is that of every trust store; as UTF-16 with a zero at its end. */
static const struct {
	const char *text, *wide;
	size_t wide_len;
} passwords[RS_PKCS12_PASSWORDS] = {
	{ "changeit", OID("\0c\0h\0a\0n\0g\0e\0i\0t\0\0") },
	{ "", OID("\0\0") },
	{ "", OID("") },
};

static const struct {
	const char *oid;
	size_t oid_len;
	gnutls_mac_algorithm_t mac;
} digests[] = {
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x02\x07"), GNUTLS_MAC_SHA1 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x02\x09"), GNUTLS_MAC_SHA256 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x02\x0a"), GNUTLS_MAC_SHA384 },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x02\x0b"), GNUTLS_MAC_SHA512 },
};

/* Of PBES2, and the last two of PKCS #12 itself. */
static const struct {
	const char *oid;
	size_t oid_len;
	gnutls_cipher_algorithm_t cipher;
	bool whole;			/* names how the key is made as well */
} ciphers[] = {
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x01\x02"), GNUTLS_CIPHER_AES_128_CBC, false },
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x01\x16"), GNUTLS_CIPHER_AES_192_CBC, false },
	{ OID("\x60\x86\x48\x01\x65\x03\x04\x01\x2a"), GNUTLS_CIPHER_AES_256_CBC, false },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x03\x07"), GNUTLS_CIPHER_3DES_CBC, false },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03"), GNUTLS_CIPHER_3DES_CBC, true },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06"), GNUTLS_CIPHER_RC2_40_CBC, true },
};

static bool
read_number(struct rs_der *in, unsigned *value)
{
	struct rs_der number;

	if (!rs_der_enter(in, RS_DER_INTEGER, &number) || number.body_len == 0 ||
	    number.body_len > 4 || (number.body[0] & 0x80))
		return false;
	*value = 0;
	for (size_t i = 0; i < number.body_len; i++)
		*value = *value << 8 | number.body[i];
	return true;
}

static bool
read_salt(struct rs_pkcs12_cipher *cipher, struct rs_der *in)
{
	struct rs_der salt;

	if (!rs_der_enter(in, RS_DER_OCTETS, &salt) || !read_number(in, &cipher->iterations))
		return false;
	cipher->salt = salt.body;
	cipher->salt_len = salt.body_len;
	return salt.body_len <= MAX_SALT && cipher->iterations > 0 &&
	    cipher->iterations <= MAX_ITERATIONS;
}

static bool
find_cipher(struct rs_pkcs12_cipher *cipher, const struct rs_der *oid, bool whole)
{
	for (size_t i = 0; i < RS_COUNT(ciphers); i++)
		if (ciphers[i].whole == whole &&
		    rs_der_is(oid, ciphers[i].oid, ciphers[i].oid_len)) {
			cipher->cipher = ciphers[i].cipher;
			cipher->key_len = gnutls_cipher_get_key_size(ciphers[i].cipher);
			cipher->iv_len = gnutls_cipher_get_iv_size(ciphers[i].cipher);
			return cipher->key_len > 0 && cipher->key_len <= MAX_KEY &&
			    cipher->iv_len > 0 && cipher->iv_len <= MAX_IV;
		}
	return false;
}

/* PBKDF2's parameters: salt, iterations, perhaps the key's length, the digest. */
static bool
read_pbkdf2(struct rs_pkcs12_cipher *cipher, struct rs_der *kdf)
{
	struct rs_der oid, in, prf;
	unsigned length;

	if (!rs_der_enter(kdf, RS_DER_OID, &oid) ||
	    !rs_der_is(&oid, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")) ||
	    !rs_der_enter(kdf, RS_DER_SEQUENCE, &in) || !read_salt(cipher, &in))
		return false;
	read_number(&in, &length);
	cipher->mac = GNUTLS_MAC_SHA1;
	if (in.body_len == 0)
		return true;
	if (!rs_der_enter(&in, RS_DER_SEQUENCE, &prf) || !rs_der_enter(&prf, RS_DER_OID, &oid))
		return false;
	for (size_t i = 0; i < RS_COUNT(digests); i++)
		if (rs_der_is(&oid, digests[i].oid, digests[i].oid_len)) {
			cipher->mac = digests[i].mac;
			return true;
		}
	return false;
}

static bool
read_pbes2(struct rs_pkcs12_cipher *cipher, struct rs_der *in)
{
	struct rs_der kdf, encryption, oid, iv;

	if (!rs_der_enter(in, RS_DER_SEQUENCE, &kdf) || !read_pbkdf2(cipher, &kdf) ||
	    !rs_der_enter(in, RS_DER_SEQUENCE, &encryption) ||
	    !rs_der_enter(&encryption, RS_DER_OID, &oid) ||
	    !find_cipher(cipher, &oid, false) || !rs_der_enter(&encryption, RS_DER_OCTETS, &iv))
		return false;
	cipher->iv = iv.body;
	return iv.body_len == cipher->iv_len;
}

bool
rs_pkcs12_cipher_read(struct rs_pkcs12_cipher *cipher, const struct rs_der *algorithm)
{
	struct rs_der rest = *algorithm, oid, in;

	*cipher = (struct rs_pkcs12_cipher){ 0 };
	if (!rs_der_enter(&rest, RS_DER_OID, &oid) || !rs_der_enter(&rest, RS_DER_SEQUENCE, &in))
		return false;
	if (rs_der_is(&oid, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")))
		return read_pbes2(cipher, &in);
	return find_cipher(cipher, &oid, true) && read_salt(cipher, &in);
}

/* Adds data, again and again, until it ends with a block of SHA-1's. */
static void
fill_block(struct rs_buf *to, const void *data, size_t len)
{
	size_t wanted = (len + SHA1_BLOCK - 1) / SHA1_BLOCK * SHA1_BLOCK;

	for (size_t n = 0; n < wanted; n += len)
		rs_buf_add(to, data, wanted - n < len ? wanted - n : len);
}

/* block + addend + 1, of big-endian numbers; the addend repeats. */
static void
add_to_block(unsigned char *block, const unsigned char *addend)
{
	unsigned carry = 1;

	for (size_t i = SHA1_BLOCK; i-- > 0; carry >>= 8) {
		carry += (unsigned)block[i] + addend[i % SHA1_LEN];
		block[i] = (unsigned char)carry;
	}
}

/* RFC 7292, appendix B.2, with SHA-1. */
static bool
derive(const struct rs_pkcs12_cipher *cipher, unsigned nth, unsigned char purpose,
       unsigned char *out, size_t len)
{
	RS_AUTOBUF struct rs_buf in = { 0 };
	unsigned char digest[SHA1_LEN];

	for (size_t i = 0; i < SHA1_BLOCK; i++)
		rs_buf_add(&in, &purpose, 1);
	fill_block(&in, cipher->salt, cipher->salt_len);
	fill_block(&in, passwords[nth].wide, passwords[nth].wide_len);
	for (size_t got = 0; got < len; got += SHA1_LEN) {
		if (gnutls_hash_fast(GNUTLS_DIG_SHA1, in.data, in.len, digest) < 0)
			return false;
		for (unsigned i = 1; i < cipher->iterations; i++)
			if (gnutls_hash_fast(GNUTLS_DIG_SHA1, digest, SHA1_LEN, digest) < 0)
				return false;
		memcpy(out + got, digest, len - got < SHA1_LEN ? len - got : SHA1_LEN);
		for (size_t i = SHA1_BLOCK; i < in.len; i += SHA1_BLOCK)
			add_to_block((unsigned char *)in.data + i, digest);
	}
	return true;
}

static bool
make_key(const struct rs_pkcs12_cipher *cipher, unsigned nth, unsigned char *key,
	 unsigned char *iv)
{
	const gnutls_datum_t password = {
		(unsigned char *)(uintptr_t)passwords[nth].text,
		(unsigned)strlen(passwords[nth].text),
	};
	const gnutls_datum_t salt = {
		(unsigned char *)(uintptr_t)cipher->salt, (unsigned)cipher->salt_len,
	};

	if (cipher->mac == 0)
		return derive(cipher, nth, FOR_KEY, key, cipher->key_len) &&
		    derive(cipher, nth, FOR_IV, iv, cipher->iv_len);
	memcpy(iv, cipher->iv, cipher->iv_len);
	return gnutls_pbkdf2((gnutls_mac_algorithm_t)cipher->mac, &password, &salt,
			     cipher->iterations, key, cipher->key_len) == 0;
}

/* The last byte is the number of those that fill the last block. */
static bool
strip_padding(struct rs_buf *plain, size_t block)
{
	size_t n = plain->len > 0 ? (unsigned char)plain->data[plain->len - 1] : 0;

	if (n == 0 || n > block || n > plain->len)
		return false;
	plain->len -= n;
	return true;
}

bool
rs_pkcs12_decrypt(const struct rs_pkcs12_cipher *cipher, unsigned nth,
		  const struct rs_der *encrypted, struct rs_buf *plain)
{
	unsigned char key[MAX_KEY], iv[MAX_IV];
	const gnutls_datum_t key_datum = { key, (unsigned)cipher->key_len };
	const gnutls_datum_t iv_datum = { iv, (unsigned)cipher->iv_len };
	gnutls_cipher_hd_t handle;
	int rc;

	/* Without a password those of PBES2 are the same as with an empty one. */
	if ((cipher->mac != 0 && nth == RS_PKCS12_PASSWORDS - 1) || encrypted->body_len == 0 ||
	    encrypted->body_len % cipher->iv_len != 0 || !make_key(cipher, nth, key, iv) ||
	    gnutls_cipher_init(&handle, (gnutls_cipher_algorithm_t)cipher->cipher, &key_datum,
			       &iv_datum) < 0)
		return false;
	plain->len = 0;
	rs_buf_add(plain, encrypted->body, encrypted->body_len);
	rc = gnutls_cipher_decrypt(handle, plain->data, plain->len);
	gnutls_cipher_deinit(handle);
	return rc == 0 && strip_padding(plain, cipher->iv_len);
}
