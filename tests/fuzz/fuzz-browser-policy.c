/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A managed policy, as both families of browsers have it. */
#include <string.h>

#include "browser-policy.h"
#include "fuzz.h"

/* Nothing is there: what a policy names is looked for, and not found. */
#define HOME "/nonexistent"

static void
on_fact(struct rs_sink *sink RS_UNUSED, const char *type, const char *text)
{
	FUZZ_HOLDS(type[0] != '\0' && text[0] != '\0');
}

static void
check_store(const struct rs_store *store, size_t size)
{
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		FUZZ_HOLDS(anchor->origins.n > 0);
		for (size_t k = 0; k < anchor->origins.n; k++) {
			const struct rs_origin *origin = anchor->origins.v[k];

			FUZZ_HOLDS(origin->how == RS_HOW_ELEMENT ?
				   origin->length > 0 && origin->offset + origin->length < size :
				   origin->reason != NULL);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "alice", place[] = HOME;
	const struct rs_user user = { .name = name, .home = place, .uid = 4242, .gid = 4242 };
	const struct rs_home home = { .user = &user, .fd = -1 };
	struct rs_sink sink = { .fact = on_fact };
	struct rs_browser_policy policy = {
		.sink = &sink, .home = &home, .path = rs_strdup(HOME "/policies.json"),
		.store = rs_store_new(RS_KIND_BROWSER_POLICY, name, HOME "/policies.json"),
	};
	RS_CLEANUP(rs_array_free) struct rs_array names;
	RS_AUTOFREE char *why = NULL;

	rs_array_init(&names, free);
	rs_buf_add(&policy.text, data, size);
	policy.root = rs_json_read(policy.text.data, policy.text.len, &policy.arrays, &why);
	if (policy.root != NULL) {
		rs_chromium_policy_read(&policy);
		rs_firefox_policy_names(&policy, &names);
		/* A name without a slash is looked for in many folders: slow, and
		 * not by what this is to try. */
		for (size_t i = 0; i < names.n; i++)
			if (strchr(names.v[i], '/') == NULL)
				goto out;
		rs_firefox_policy_read(&policy);
	}
out:
	check_store(policy.store, size);
	rs_browser_policy_free(&policy);
	return 0;
}
