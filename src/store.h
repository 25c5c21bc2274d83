/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one interface of all stores: a kind knows how to read its stores. What
 * it reads goes to a sink, store by store, as each ends. Readers run in
 * workers (worker.h) and change nothing.
 */
#ifndef RS_STORE_H
#define RS_STORE_H

#include "anchor.h"

/* The kinds; their names are part of the interface. */
#define RS_KIND_P11KIT "p11-kit"		/* the OS store */
#define RS_KIND_OPENSSL_DIR "openssl-dir"	/* hashed directories and bundles */
#define RS_KIND_JAVA "java"
#define RS_KIND_NSS "nss"
#define RS_KIND_CHROMIUM "chromium"
#define RS_KIND_BROWSER_POLICY "browser-policy"
#define RS_KIND_TOOL_CONFIG "tool-config"

#define RS_OWNER_SYSTEM "system"

/* The table's own constant for a kind's name, or NULL. */
const char *rs_store_kind(const char *name);
/* Whether there may be a store of this kind in a user's home (users), or in
 * the system. */
bool rs_store_kind_may_be(const char *kind, bool users);
bool rs_store_is_users(const struct rs_store *store);
/* Whether --exclude (char *: a path, a kind or an owner; may be NULL) names it. */
bool rs_store_is_excluded(const struct rs_array *exclude, const char *kind, const char *owner,
			  const char *path);

/* Where readers leave what they found. */
struct rs_sink {
	/* About to read a store that may hang: names it, so that it can be
	 * skipped when the worker had to be killed on it. False: skip it. */
	bool (*begin)(struct rs_sink *sink, const char *kind, const char *path);
	/* Takes the store. */
	void (*store)(struct rs_sink *sink, struct rs_store *store);
	/* A fact that belongs to no store: a certificate that is public, a
	 * place that was not looked at. */
	void (*fact)(struct rs_sink *sink, const char *type, const char *text);
};

/* Types of facts. */
#define RS_FACT_PUBLIC "public"			/* identity.h's line on a public root */
#define RS_FACT_PACKAGED "packaged"		/* the same: in the distribution's own package */
#define RS_FACT_P11_SOURCE "p11-kit_source"	/* a path whose files p11-kit reads as origins */
#define RS_FACT_LAYOUT "layout"			/* the layout's name */
#define RS_FACT_IMMUTABLE "immutable"		/* what to do on a system that is an image */
#define RS_FACT_DISTRUST "distrust"		/* the folder in which a file distrusts */
#define RS_FACT_NOT_LOOKED_AT "not_looked_at"	/* a sentence */
#define RS_FACT_NOTICE "notice"			/* a sentence: what a store's state does not say */

#endif
