/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a loaded policy is asked. */
#include "policy-impl.h"

#include <string.h>
#include <strings.h>

#include "cert.h"

const char *
rs_action_name(enum rs_action action)
{
	return rs_policy_actions[action];
}

const char *
rs_match_name(enum rs_match_how how)
{
	static const char *const names[] = {
		[RS_MATCH_CERTIFICATE] = "certificate", [RS_MATCH_SPKI] = "spki",
		[RS_MATCH_SHA1] = "sha1", [RS_MATCH_ISSUER_SERIAL] = "issuer_serial",
		[RS_MATCH_ISSUER] = "issuer", [RS_MATCH_SUBJECT] = "subject",
	};

	return names[how];
}

/* The length of a tag or locale name without its encoding and modifier. */
static size_t
tag_length(const char *tag)
{
	return strcspn(tag, ".@");
}

static bool
same_tag(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++) {
		char x = a[i] == '_' ? '-' : a[i], y = b[i] == '_' ? '-' : b[i];

		if (strncasecmp(&x, &y, 1) != 0)
			return false;
	}
	return true;
}

/* 3: the very language, 2: its language part, 1: English, or said to be none. */
static int
fitness(const char *has, const char *wanted)
{
	size_t has_part = strcspn(has, "-_.@"), wanted_part = strcspn(wanted, "-_.@");

	if (has[0] != '\0' && same_tag(has, tag_length(has), wanted, tag_length(wanted)))
		return 3;
	if (has[0] != '\0' && same_tag(has, has_part, wanted, wanted_part))
		return 2;
	return has[0] == '\0' || same_tag(has, has_part, "en", 2);
}

const char *
rs_policy_text(const struct rs_array *texts, const char *lang)
{
	const struct rs_policy_text *best = NULL;
	int best_fit = -1;

	for (size_t i = 0; i < texts->n; i++) {
		const struct rs_policy_text *text = texts->v[i];
		int fit = fitness(text->lang, lang != NULL ? lang : "");

		if (fit > best_fit) {
			best = text;
			best_fit = fit;
		}
	}
	return best != NULL ? best->text : NULL;
}

/*
 * Issuer and serial are a stranger's choice: where the entry knows its
 * certificate's digest, an object with another digest is another's.
 */
static bool
contradicts(const struct rs_policy_root *root, const struct rs_cert *cert)
{
	return (cert->sha256 != NULL && root->sha256.n > 0) ||
	    (cert->sha1 != NULL && root->sha1.n > 0);
}

const struct rs_policy_root *
rs_policy_match(const struct rs_policy *policy, const struct rs_cert *cert,
		enum rs_match_how *how)
{
	RS_AUTOFREE char *issuer_serial = cert->issuer_der != NULL && cert->serial != NULL ?
	    rs_printf("%s %s", cert->issuer_der, rs_policy_serial(cert->serial)) : NULL;
	const struct {
		const struct rs_map *map;
		const char *key;
		enum rs_match_how how;
	} ways[] = {
		{ &policy->by_sha256, cert->sha256, RS_MATCH_CERTIFICATE },
		{ &policy->by_spki, cert->spki_sha256, RS_MATCH_SPKI },
		{ &policy->by_sha1, cert->sha1, RS_MATCH_SHA1 },
		{ &policy->by_issuer_serial, issuer_serial, RS_MATCH_ISSUER_SERIAL },
	};
	const struct rs_policy_root *best = NULL;

	for (size_t i = 0; i < RS_COUNT(ways); i++) {
		const struct rs_policy_root *root = rs_map_get(ways[i].map, ways[i].key);

		if (root == NULL ||
		    (ways[i].how == RS_MATCH_ISSUER_SERIAL && contradicts(root, cert)))
			continue;
		if (best == NULL || root->place > best->place) {
			best = root;
			*how = ways[i].how;
		}
	}
	return best;
}

static bool
is_for_store(const char *store, const char *store_id)
{
	size_t len = strlen(store);

	return strncmp(store, store_id, len) == 0 &&
	       (store_id[len] == '\0' || (store_id[len] == ':' && strchr(store, ':') == NULL));
}

const struct rs_policy_allow *
rs_policy_allowed(const struct rs_policy *policy, const struct rs_cert *cert,
		  const struct rs_policy_root *root, const char *store_id, time_t now)
{
	for (size_t i = 0; i < policy->allows.n; i++) {
		const struct rs_policy_allow *allow = policy->allows.v[i];

		if (allow->until != -1 && now >= allow->until)
			continue;
		if (allow->store != NULL && !is_for_store(allow->store, store_id))
			continue;
		if ((allow->sha256 != NULL && rs_streq(allow->sha256, cert->sha256)) ||
		    (allow->spki != NULL && rs_streq(allow->spki, cert->spki_sha256)) ||
		    (allow->entry != NULL && root != NULL && rs_streq(allow->entry, root->id)))
			return allow;
	}
	return NULL;
}
