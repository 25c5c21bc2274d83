/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What token.c and softoken.c share: finding a module of NSS, and reading
 * the certificates and trust objects of one session.
 */
#ifndef RS_TOKEN_MODULE_H
#define RS_TOKEN_MODULE_H

#include <p11-kit/p11-kit.h>

#include "token.h"

/*
 * Where distributions keep NSS's modules: a colon-separated list of patterns
 * as of glob(7). configure may name others.
 */
#ifndef RS_NSS_LIBDIRS
#define RS_NSS_LIBDIRS \
	"/usr/lib/*-linux-*:/usr/lib/*-linux-*/nss:/usr/lib64:/usr/lib64/nss:" \
	"/usr/lib:/usr/lib/nss:/lib64"
#endif

/*
 * The first NAME in dirs that can be loaded, unmanaged and not initialised.
 * It stays loaded: NSPR, which it brings along, does not clean up behind
 * itself when it is unloaded. NULL with *why: no such file, or what the last
 * one found lacked.
 */
CK_FUNCTION_LIST *rs_token_module_load(const char *dirs, const char *name, char **why);

/* Attributes that only p11-kit-trust has are costly to ask others for. */
enum rs_token_dialect { RS_DIALECT_NSS, RS_DIALECT_P11KIT };

/* Adds the session's objects. False with *why where the token broke off. */
bool rs_token_session_read(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session,
			   enum rs_token_dialect dialect, const char *token,
			   struct rs_array *objects, char **why);

#endif
