/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of the two families' policies share. */
#ifndef RS_BROWSER_POLICY_H
#define RS_BROWSER_POLICY_H

#include "browser-places.h"
#include "certfile.h"
#include "home-stores.h"
#include "json-text.h"

/* A policy file in hand. */
struct rs_browser_policy {
	struct rs_sink *sink;
	const struct rs_home *home;	/* NULL: it is the system's */
	char *path;			/* the system's without any link */
	struct rs_store *store;
	struct rs_buf text;
	struct rs_stamp stamp;
	json_object *root;
	struct rs_array arrays;		/* struct rs_json_array * */
	char *fixed;			/* why it is not to be edited, or NULL */
};

/*
 * Opens and reads what stands at path, which is in dirfd. False where there is
 * nothing to read any further: without a store where it is no file at all,
 * else the store says why. Free it in either case.
 */
bool rs_browser_policy_open(struct rs_browser_policy *policy, int dirfd, const char *path);
void rs_browser_policy_free(struct rs_browser_policy *policy);

/* A list of the policy's, and where its elements lie (NULL: that is not clear). */
struct rs_policy_list {
	const char *name;		/* for people */
	json_object *list;
	const struct rs_json_array *places;
};

/* keys end in NULL; false where there is no such list. */
bool rs_policy_list_find(const struct rs_browser_policy *policy, const char *const *keys,
			 struct rs_policy_list *list);

/* Where a list's element stands, and so how it is taken out; more is said of
 * it for people. The caller's to free. */
struct rs_origin *rs_policy_origin_new(const struct rs_browser_policy *policy,
				       const struct rs_policy_list *list, size_t index,
				       const char *more);

/* Reads what the policy says into its store. */
void rs_chromium_policy_read(struct rs_browser_policy *policy);
void rs_firefox_policy_read(struct rs_browser_policy *policy);

/* Adds the names that a policy of Firefox's has under Certificates.Install. */
void rs_firefox_policy_names(const struct rs_browser_policy *policy, struct rs_array *names);

#endif
