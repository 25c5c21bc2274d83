/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies of the Chromium family that bring roots: each is base64 of DER in
 * the policy itself, and lives in memory only. What CADistrustedCertificates
 * names by its key is trusted nowhere, whatever else says so.
 */
#include <string.h>

#include "browser-policy.h"

static struct rs_cert *
cert_of(json_object *value)
{
	RS_AUTOFREE unsigned char *der = NULL;
	size_t len;

	if (!json_object_is_type(value, json_type_string) ||
	    !rs_unbase64(json_object_get_string(value), &der, &len) ||
	    rs_cert_der_length(der, len) == 0)
		return NULL;
	return rs_cert_new(der, len);
}

static void
read_distrusted(const struct rs_browser_policy *policy, struct rs_array *keys)
{
	static const char *const path[] = { "CADistrustedCertificates", NULL };
	struct rs_policy_list list;

	rs_array_init(keys, free);
	for (size_t i = 0; rs_policy_list_find(policy, path, &list) &&
	     i < json_object_array_length(list.list); i++) {
		struct rs_cert *cert = cert_of(json_object_array_get_idx(list.list, i));

		if (cert != NULL && cert->spki_sha256 != NULL)
			rs_array_add_str(keys, cert->spki_sha256);
		rs_cert_free(cert);
	}
}

static void
add(struct rs_browser_policy *policy, const struct rs_policy_list *list, size_t index,
    json_object *value, const char *more, const struct rs_array *distrusted)
{
	struct rs_cert *cert = cert_of(value);
	struct rs_anchor *anchor;

	if (cert == NULL)
		return;
	if (cert->spki_sha256 != NULL && rs_array_has_str(distrusted, cert->spki_sha256)) {
		rs_cert_free(cert);
		return;
	}
	anchor = rs_anchor_new(cert);
	anchor->trust = RS_TRUST_SERVER;
	anchor->witnesses = RS_SEEN_ORIGIN;
	rs_array_add(&anchor->origins, rs_policy_origin_new(policy, list, index, more));
	rs_store_add(policy->store, anchor);
}

/* " (only for example.com, 10.0.0.0/8)": of its constraints. */
static char *
limits_of(json_object *element)
{
	static const char *const names[] = { "permitted_dns_names", "permitted_cidrs" };
	RS_AUTOBUF struct rs_buf text = { 0 };
	json_object *constraints = NULL, *list;

	json_object_object_get_ex(element, "constraints", &constraints);
	for (size_t i = 0; i < RS_COUNT(names); i++) {
		if (!json_object_is_type(constraints, json_type_object) ||
		    !json_object_object_get_ex(constraints, names[i], &list) ||
		    !json_object_is_type(list, json_type_array))
			continue;
		for (size_t k = 0; k < json_object_array_length(list); k++)
			rs_buf_printf(&text, "%s%s", text.len > 0 ? ", " : " (only for ",
			    json_object_get_string(json_object_array_get_idx(list, k)));
	}
	if (text.len > 0)
		rs_buf_puts(&text, ")");
	return rs_buf_steal(&text);
}

void
rs_chromium_policy_read(struct rs_browser_policy *policy)
{
	static const char *const plain[] = { "CACertificates", NULL };
	static const char *const limited[] = { "CACertificatesWithConstraints", NULL };
	RS_CLEANUP(rs_array_free) struct rs_array distrusted;
	struct rs_policy_list list;

	read_distrusted(policy, &distrusted);
	for (size_t i = 0; rs_policy_list_find(policy, plain, &list) &&
	     i < json_object_array_length(list.list); i++)
		add(policy, &list, i, json_object_array_get_idx(list.list, i), "", &distrusted);
	for (size_t i = 0; rs_policy_list_find(policy, limited, &list) &&
	     i < json_object_array_length(list.list); i++) {
		json_object *element = json_object_array_get_idx(list.list, i), *value = NULL;
		RS_AUTOFREE char *limits = NULL;

		if (!json_object_is_type(element, json_type_object) ||
		    !json_object_object_get_ex(element, "certificate", &value))
			continue;
		limits = limits_of(element);
		add(policy, &list, i, value, limits, &distrusted);
	}
}
