/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the policy that is shipped may say, and that it names what it means to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "cert.h"
#include "pem.h"
#include "policy.h"

static void
complain(RS_UNUSED void *data, const char *where, const char *text)
{
	fprintf(stderr, "%s: %s\n", where, text);
}

static int
load(void **state)
{
	const char *dir = getenv("ROOTSWEEP_POLICY_DIR");
	RS_AUTOFREE char *path = rs_printf("%s/interception-roots.xml", dir ? dir : "policy");
	const struct rs_policy_place place = { .file = path };

	*state = rs_policy_load(&place, 1, false, complain, NULL);
	return *state == NULL;
}

static int
unload(void **state)
{
	rs_policy_free(*state);
	return 0;
}

static bool
is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (rs_streq(word, *words))
			return true;
	return false;
}

static void
test_whole(void **state)
{
	const struct rs_policy *policy = *state;

	assert_true(policy->roots.n > 50);
	assert_non_null(policy->date);
	assert_int_equal(policy->sets.n + policy->allows.n, 0);
	for (size_t i = 0; i < policy->roots.n; i++) {
		const struct rs_policy_root *root = policy->roots.v[i];
		const char *explain = rs_policy_text(&root->explains, "en");

		assert_non_null(root->operator);
		assert_true(root->sources.n > 0);
		assert_non_null(rs_policy_text(&root->advices, "en"));
		assert_non_null(explain);
		assert_true(strlen(explain) < 600);
		assert_true(root->spki.n + root->sha256.n + root->sha1.n > 0);
		assert_false(root->take_public);
	}
}

/* Only what is documented to intercept, or what anybody can intercept with. */
static void
test_actions(void **state)
{
	static const char *const proven[] = { "intercepted", "key-public", NULL };
	static const char *const owners_choice[] = {
		"enterprise-proxy", "security-product", "debugging", NULL };
	const struct rs_policy *policy = *state;

	for (size_t i = 0; i < policy->roots.n; i++) {
		const struct rs_policy_root *root = policy->roots.v[i];

		assert_int_not_equal(root->action, RS_ACTION_IGNORE);
		if (root->action != RS_ACTION_QUARANTINE)
			continue;
		assert_true(is_one_of(root->evidence, proven));
		assert_string_not_equal(root->category, "enterprise-proxy");
		if (is_one_of(root->category, owners_choice))
			assert_string_equal(root->evidence, "key-public");
	}
}

static void
test_kazakhstan(void **state)
{
	const struct rs_policy *policy = *state;
	size_t roots = 0, intermediates = 0;

	for (size_t i = 0; i < policy->roots.n; i++) {
		const struct rs_policy_root *root = policy->roots.v[i];

		if (!rs_streq(root->country, "KZ"))
			continue;
		assert_string_equal(root->category, "state");
		assert_string_equal(root->evidence, "intercepted");
		assert_int_equal(root->action, RS_ACTION_QUARANTINE);
		if (strstr(root->id, "intermediate") != NULL)
			intermediates++;
		else
			roots += root->spki.n == 1 && root->sha256.n == 1 && root->sha1.n == 1 &&
				 root->issuer_serial.n == 1;
	}
	assert_int_equal(roots, 10);
	assert_int_equal(intermediates, 7);
}

/* All that the entry says of its certificate is the certificate's. */
static void
check_certificate(const struct rs_policy *policy, const struct rs_policy_root *root,
		  const struct rs_cert *cert)
{
	struct rs_cert orphan = { .issuer_der = cert->issuer_der, .serial = cert->serial };
	struct rs_cert reissued = { .spki_sha256 = cert->spki_sha256 };
	struct rs_cert old_trust = { .sha1 = cert->sha1 };
	const struct rs_policy_root *found;
	enum rs_match_how how;

	assert_ptr_equal(rs_policy_match(policy, cert, &how), root);
	assert_int_equal(how, RS_MATCH_CERTIFICATE);
	assert_ptr_equal(rs_policy_match(policy, &old_trust, &how), root);
	assert_int_equal(how, RS_MATCH_SHA1);
	/* Some share a key, or issuer and serial, with another of their family. */
	found = rs_policy_match(policy, &reissued, &how);
	assert_non_null(found);
	assert_int_equal(how, RS_MATCH_SPKI);
	assert_int_equal(found->action, root->action);
	found = rs_policy_match(policy, &orphan, &how);
	assert_non_null(found);
	assert_int_equal(how, RS_MATCH_ISSUER_SERIAL);
	assert_int_equal(found->action, root->action);
}

static void
check_file(const struct rs_policy *policy, const char *path, const char *id, size_t *checked,
	   size_t *strangers)
{
	const struct rs_policy_root *root = rs_map_get(&policy->by_id, id);
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct rs_array found;
	struct rs_cert *cert;
	enum rs_match_how how;

	assert_int_equal(rs_read_file(path, 1 << 20, &text), 0);
	rs_pem_find(text.data, text.len, &found, NULL);
	assert_int_equal(found.n, 1);
	cert = rs_cert_new(((struct rs_pem_block *)found.v[0])->der,
			   ((struct rs_pem_block *)found.v[0])->der_len);
	if (root != NULL) {
		check_certificate(policy, root, cert);
		++*checked;
	} else {
		assert_null(rs_policy_match(policy, cert, &how));
		++*strangers;
	}
	rs_cert_free(cert);
	rs_array_free(&found);
}

/* Of the folder of real certificates, ID.pem, if there is one. */
static void
test_real(void **state)
{
	const char *folder = getenv("ROOTSWEEP_REAL_CERTS");
	size_t checked = 0, strangers = 0;
	struct dirent *entry;
	DIR *dir;

	if (folder == NULL || *folder == '\0')
		return;
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		RS_AUTOFREE char *path = rs_printf("%s/%s", folder, entry->d_name);
		RS_AUTOFREE char *id = rs_strdup(entry->d_name);

		if (!rs_ends(id, ".pem"))
			continue;
		id[strlen(id) - 4] = '\0';
		check_file(*state, path, id, &checked, &strangers);
	}
	closedir(dir);
	assert_true(checked >= 35);
	assert_true(strangers > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/policy/shipped/whole", test_whole, NULL, NULL, NULL },
		{ "/policy/shipped/actions", test_actions, NULL, NULL, NULL },
		{ "/policy/shipped/kazakhstan", test_kazakhstan, NULL, NULL, NULL },
		{ "/policy/shipped/real-certificates", test_real, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("policy-shipped", tests, load, unload);
}
