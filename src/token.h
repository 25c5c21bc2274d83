/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PKCS#11 (2.40, and the trust objects of 3.2 and of NSS) through p11-kit.
 * All of this loads foreign code: call it in a worker only.
 */
#ifndef RS_TOKEN_H
#define RS_TOKEN_H

#include "anchor.h"

/* NSS's vendor class (nss/lib/util/pkcs11n.h) and PKCS#11 3.2's. */
#define RS_CKO_CERTIFICATE 0x00000001UL
#define RS_CKO_NSS_TRUST 0xce534353UL
#define RS_CKO_TRUST 0x0000000bUL

/*
 * A certificate or trust object as one reader tells it: a token, or the rows
 * of a database (nss-rows.h). A trust object's cert has what
 * rs_cert_new_trust takes; so has that of a distrusted certificate of which
 * a token knows only issuer and serial.
 */
struct rs_token_object {
	unsigned long class;		/* RS_CKO_... */
	struct rs_cert *cert;
	unsigned trust;			/* trust class: RS_TRUST_ purposes it vouches for */
	unsigned distrust;		/* trust class: RS_TRUST_ purposes it denies */
	bool trusted;			/* certificate: CKA_TRUSTED of p11-kit-trust */
	bool distrusted;		/* certificate: CKA_X_DISTRUSTED; trust: denies server use */
	char *origin;			/* file that it came from (CKA_X_ORIGIN), or NULL */
	char *token;			/* the token's label, or NULL */
	char *label;			/* the object's own (a nickname), or NULL */
	char *id;			/* rows: the object id in decimal, else NULL */
};

struct rs_token_object *rs_token_object_new(unsigned long class);
void rs_token_object_free(void *object);

/*
 * Enters what one purpose (RS_TRUST_...) of a trust object says. The two
 * classes number their values differently; what is neither an anchor or
 * trusted peer, nor denied, says nothing.
 */
void rs_token_object_trust(struct rs_token_object *object, unsigned purpose,
			   unsigned long value);

/*
 * Enters whom a trust object is about. algorithm is the hash's (CKM_...) or
 * 0; of another than SHA-1 and SHA-256 the hash cannot be compared and is
 * left out.
 */
void rs_token_object_identify(struct rs_token_object *object,
			      const void *issuer, size_t issuer_len,
			      const void *serial, size_t serial_len,
			      const void *hash, size_t hash_len, unsigned long algorithm);

/*
 * Whether a trust object speaks of a certificate: its hash decides; issuer
 * and serial only where it carries none, as strangers can choose them alike.
 */
bool rs_token_trust_is_for(const struct rs_token_object *trust, const struct rs_cert *cert);

/*
 * Adds every object of every configured p11-kit module that is a source of
 * trust policy to objects (struct rs_token_object *), which the caller has
 * initialised with rs_token_object_free. Anchors are told from what is
 * distrusted: see trusted, trust and distrusted. False where nothing could
 * be read at all. *why (the caller's to free) is set where a module or token
 * failed, or p11-kit as a whole; else it is NULL: with false, where no module
 * is a source of trust policy, so that nobody here goes by p11-kit.
 */
bool rs_token_os(struct rs_array *objects, char **why);

/*
 * Adds each root (struct rs_cert *) that libnssckbi trusts for TLS or e-mail:
 * Mozilla's programme. False with *why (the caller's to free) where the module
 * is missing, or is another under its name: Fedora, Arch and openSUSE install
 * p11-kit-trust so, which is the OS store.
 */
bool rs_token_public(struct rs_array *certs, char **why);
/* The same with the module of these directories (colon-separated patterns). */
bool rs_token_public_from(const char *dirs, struct rs_array *certs, char **why);

/*
 * libsoftokn3, initialised once without any database; rs_softoken_read adds
 * one as a slot, by descriptor of its directory (never by path: a folder's
 * name is code to softoken), and takes it away again.
 */
struct rs_softoken;

/* NULL with *why (the caller's to free), which names the packages to install. */
struct rs_softoken *rs_softoken_new(char **why);
/* The same with the module of these directories (colon-separated patterns). */
struct rs_softoken *rs_softoken_new_from(const char *dirs, char **why);
void rs_softoken_free(struct rs_softoken *softoken);
/*
 * Adds certificates and trust objects of both classes of the cert9.db in
 * dirfd. Softoken does not say why it fails: probe the file.
 */
bool rs_softoken_read(struct rs_softoken *softoken, int dirfd,
		      struct rs_array *objects, char **why);

#endif
