/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PKCS#11 (2.40, and the trust objects of 3.2 and of NSS) through p11-kit.
 */
#ifndef RS_TOKEN_H
#define RS_TOKEN_H

#include "anchor.h"

/* NSS's vendor classes (nss/lib/util/pkcs11n.h) and PKCS#11 3.2's. */
#define RS_CKO_NSS_TRUST 0xce534353UL
#define RS_CKO_TRUST 0x0000000bUL

/*
 * A certificate or trust object as a token tells it. der is the certificate,
 * or NULL for a trust object, which then has what rs_cert_new_trust takes.
 */
struct rs_token_object {
	unsigned long class;		/* CKO_CERTIFICATE or a trust class */
	struct rs_cert *cert;
	unsigned trust;			/* trust class: purposes it makes an anchor or peer for */
	bool distrusted;		/* says "not trusted" for server use */
	bool trusted;			/* certificate: CKA_TRUSTED of p11-kit-trust */
	char *origin;			/* file that it came from (CKA_X_ORIGIN), or NULL */
	char *token;			/* label */
};

/*
 * Every object of every configured p11-kit module that is a source of trust
 * policy; struct rs_token_object *, caller frees with rs_token_object_free.
 * *why is set (static or owned by the caller? owned, free it) and false
 * returned when nothing could be read at all; a module that fails is warned
 * about through it while the rest goes on. Loads foreign code: call in a
 * worker only.
 */
bool rs_token_os(struct rs_array *objects, char **why);

/*
 * The SHA-256 (hex, char *) of each root that libnssckbi trusts for TLS or
 * e-mail: Mozilla's programme. False with *why where the module is missing
 * or is p11-kit-trust in disguise (Fedora, Arch, openSUSE install it so).
 */
bool rs_token_public(struct rs_array *sha256, char **why);

/*
 * libsoftokn3, initialised once without any database; rs_softoken_open adds
 * one as a slot through an object of class CKO_NSS_NEWSLOT, by descriptor of
 * its directory (never by path: a folder's name is code to softoken).
 */
struct rs_softoken;

struct rs_softoken *rs_softoken_new(char **why);
void rs_softoken_free(struct rs_softoken *softoken);
/* Certificates and trust objects of both classes of the database in dirfd. */
bool rs_softoken_read(struct rs_softoken *softoken, int dirfd,
		      struct rs_array *objects, char **why);

void rs_token_object_free(void *object);

#endif
