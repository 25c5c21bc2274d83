/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the policy that is shipped may say, and that it names what it means to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "cert.h"
#include "pem.h"
#include "policy.h"

/* The list itself, and what lies beside it and is not installed. */
struct lists {
	struct rs_policy *shipped, *candidates, *tests;
};

static void
complain(RS_UNUSED void *data, const char *where, const char *text)
{
	fprintf(stderr, "%s: %s\n", where, text);
}

static struct rs_policy *
load_one(const char *name)
{
	const char *dir = getenv("ROOTSWEEP_POLICY_DIR");
	RS_AUTOFREE char *path = rs_printf("%s/%s", dir ? dir : "policy", name);
	const struct rs_policy_place place = { .file = path };

	return rs_policy_load(&place, 1, false, complain, NULL);
}

static int
load(void **state)
{
	struct lists *lists = rs_alloc(sizeof(*lists));

	lists->shipped = load_one("interception-roots.xml");
	lists->candidates = load_one("extra/candidates.xml");
	lists->tests = load_one("extra/test-certificates.xml");
	*state = lists;
	return lists->shipped == NULL || lists->candidates == NULL || lists->tests == NULL;
}

static int
unload(void **state)
{
	struct lists *lists = *state;

	rs_policy_free(lists->shipped);
	rs_policy_free(lists->candidates);
	rs_policy_free(lists->tests);
	free(lists);
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

/* Nothing but a name, or a key identifier, which anybody can put into theirs. */
static bool
is_weak(const struct rs_policy_root *root)
{
	return root->spki.n + root->sha256.n + root->sha1.n + root->issuer_serial.n == 0;
}

static bool
has_acting_name(const struct rs_policy_root *root)
{
	for (size_t i = 0; i < root->subjects.n; i++)
		if (((const struct rs_policy_subject *)root->subjects.v[i])->acts)
			return true;
	return false;
}

static void
test_whole(void **state)
{
	const struct rs_policy *policy = ((struct lists *)*state)->shipped;

	assert_true(policy->roots.n > 120);
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
		assert_string_not_equal(root->evidence, "unconfirmed");
		assert_false(root->take_public);
	}
}

/* What is not installed only reports, and has ids of its own. */
static void
test_extra(void **state)
{
	const struct lists *lists = *state;
	const struct rs_policy *const extra[] = { lists->candidates, lists->tests };

	for (size_t k = 0; k < RS_COUNT(extra); k++) {
		assert_true(extra[k]->roots.n > 0);
		for (size_t i = 0; i < extra[k]->roots.n; i++) {
			const struct rs_policy_root *root = extra[k]->roots.v[i];

			assert_null(rs_map_get(&lists->shipped->by_id, root->id));
			assert_int_equal(root->action, RS_ACTION_REPORT);
			assert_false(has_acting_name(root));
			assert_true(root->sources.n > 0);
			if (k == 0)
				assert_string_equal(root->evidence, "unconfirmed");
			else
				assert_string_equal(root->category, "debugging");
		}
	}
}

/*
 * Only what is documented to intercept, or what anybody can intercept with;
 * of certificate authorities also what could and was revoked with its twin.
 */
static void
test_actions(void **state)
{
	static const char *const proven[] = { "intercepted", "key-public", NULL };
	static const char *const owners_choice[] = {
		"enterprise-proxy", "security-product", "debugging", NULL };
	const struct rs_policy *policy = ((struct lists *)*state)->shipped;

	for (size_t i = 0; i < policy->roots.n; i++) {
		const struct rs_policy_root *root = policy->roots.v[i];

		assert_int_not_equal(root->action, RS_ACTION_IGNORE);
		if (has_acting_name(root))
			assert_string_equal(root->category, "state");
		if (root->action != RS_ACTION_QUARANTINE)
			continue;
		assert_true(is_one_of(root->evidence, proven) ||
			    rs_streq(root->id, "misca-turktrust-kktc"));
		assert_string_not_equal(root->category, "enterprise-proxy");
		if (is_one_of(root->category, owners_choice))
			assert_string_equal(root->evidence, "key-public");
		if (is_weak(root))
			assert_true(has_acting_name(root));
	}
}

/* The first row that an id begins with decides. */
static const struct {
	const char *begins;
	enum rs_action action;
} decisions[] = {
	{ "kz-qaznet-intermediate", RS_ACTION_REPORT },
	{ "kz-", RS_ACTION_QUARANTINE },
	{ "ru-", RS_ACTION_REPORT },
	{ "it-hackingteam-", RS_ACTION_QUARANTINE },
	{ "oem-", RS_ACTION_QUARANTINE },
	{ "adware-privdog-pattern", RS_ACTION_REPORT },
	{ "adware-privdog", RS_ACTION_QUARANTINE },
	{ "adware-", RS_ACTION_REPORT },
	{ "komodia-", RS_ACTION_QUARANTINE },
	{ "monitoring-", RS_ACTION_REPORT },
	{ "security-adguard-r73-", RS_ACTION_QUARANTINE },
	{ "security-adguard-key", RS_ACTION_QUARANTINE },
	{ "security-", RS_ACTION_REPORT },
	{ "debugging-goagent-ca", RS_ACTION_QUARANTINE },
	{ "debugging-w3af-mitm", RS_ACTION_QUARANTINE },
	{ "debugging-", RS_ACTION_REPORT },
	{ "proxy-", RS_ACTION_REPORT },
	{ "misca-diginotar-", RS_ACTION_QUARANTINE },
	{ "misca-mcs-holding", RS_ACTION_QUARANTINE },
	{ "misca-turktrust-", RS_ACTION_QUARANTINE },
	{ "misca-anssi-", RS_ACTION_QUARANTINE },
	{ "misca-trustwave-", RS_ACTION_QUARANTINE },
	{ "misca-", RS_ACTION_REPORT },
};

static void
test_decisions(void **state)
{
	const struct rs_policy *policy = ((struct lists *)*state)->shipped;
	size_t used[RS_COUNT(decisions)] = { 0 };

	for (size_t i = 0; i < policy->roots.n; i++) {
		const struct rs_policy_root *root = policy->roots.v[i];
		size_t k = 0;

		while (k < RS_COUNT(decisions) && !rs_starts(root->id, decisions[k].begins))
			k++;
		assert_true(k < RS_COUNT(decisions));
		if (root->action != decisions[k].action)
			print_error("%s has another action\n", root->id);
		assert_int_equal(root->action, decisions[k].action);
		used[k]++;
	}
	for (size_t k = 0; k < RS_COUNT(decisions); k++)
		assert_true(used[k] > 0);
}

static void
test_kazakhstan(void **state)
{
	const struct rs_policy *policy = ((struct lists *)*state)->shipped;
	size_t roots = 0, intermediates = 0, names = 0;

	for (size_t i = 0; i < policy->roots.n; i++) {
		const struct rs_policy_root *root = policy->roots.v[i];

		if (!rs_streq(root->country, "KZ"))
			continue;
		assert_string_equal(root->category, "state");
		assert_string_equal(root->evidence, "intercepted");
		intermediates += rs_starts(root->id, "kz-isca-intermediate-") &&
				 root->sha1.n == 1;
		names += has_acting_name(root);
		roots += root->spki.n == 1 && root->sha256.n == 1 && root->sha1.n == 1 &&
			 root->issuer_serial.n == 1 && root->issuer_key_ids.n == 1;
	}
	assert_int_equal(roots, 10);
	assert_int_equal(intermediates, 7);
	assert_int_equal(names, 2);
}

static bool
fits(const struct rs_policy_subject *subject, const char *type, const char *value)
{
	bool fitting = false;

	for (size_t i = 0; i < subject->patterns.n; i++) {
		const struct rs_policy_pattern *pattern = subject->patterns.v[i];
		regex_t regex;

		assert_int_equal(regcomp(&regex, pattern->match, REG_EXTENDED | REG_NOSUB), 0);
		if (rs_streq(pattern->type, type))
			fitting = fitting || regexec(&regex, value, 0, NULL, 0) == 0;
		regfree(&regex);
	}
	return fitting;
}

/*
 * The ordinary electronic government of Kazakhstan shares a name with its
 * root of 2015; others share one with an appliance or with a product's maker.
 */
static void
test_no_pattern_for(void **state)
{
	static const char *const honest[] = {
		"НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ", "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)",
		"НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST)", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)",
		"127.0.0.1", "localhost", "Security Certificate Authority", "Kaspersky Lab",
		"support.kaspersky.ru", "www.zscaler.com", "Cisco Root CA M2", "Sophos",
		"Fortinet", "Blue Coat Systems", "Sample CA", "ISRG Root X1",
	};
	const struct lists *lists = *state;
	const struct rs_policy *const both[] = { lists->shipped, lists->candidates };

	for (size_t k = 0; k < RS_COUNT(both); k++)
		for (size_t i = 0; i < both[k]->roots.n; i++) {
			const struct rs_policy_root *root = both[k]->roots.v[i];

			for (size_t j = 0; j < root->subjects.n; j++)
				for (size_t h = 0; h < (k == 0 ? RS_COUNT(honest) : 4); h++)
					assert_false(fits(root->subjects.v[j], "CN", honest[h]));
		}
}

/* --- held against the certificates themselves ------------------------------- */

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
	for (size_t i = 0; i < root->issuer_key_ids.n; i++)
		assert_string_equal(root->issuer_key_ids.v[i], cert->ski);
}

struct counts {
	size_t shipped, extra;
};

static void
check_file(const struct lists *lists, const char *path, const char *id, struct counts *counts)
{
	const struct rs_policy_root *root = rs_map_get(&lists->shipped->by_id, id);
	RS_AUTOBUF struct rs_buf text = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;
	struct rs_cert *cert;
	enum rs_match_how how;

	assert_int_equal(rs_read_file(path, 1 << 20, &text), 0);
	rs_pem_find(text.data, text.len, &found, NULL);
	assert_int_equal(found.n, 1);
	block = found.v[0];
	cert = rs_cert_new(block->der, block->der_len);
	if (root != NULL) {
		check_certificate(lists->shipped, root, cert);
		counts->shipped++;
	} else {
		const struct rs_policy *policy = lists->candidates;

		assert_null(rs_policy_match(lists->shipped, cert, &how));
		root = rs_map_get(&policy->by_id, id);
		if (root == NULL) {
			policy = lists->tests;
			root = rs_map_get(&policy->by_id, id);
		}
		assert_non_null(root);
		check_certificate(policy, root, cert);
		counts->extra++;
	}
	rs_cert_free(cert);
	rs_array_free(&found);
}

/* Of the folder of real certificates, ID.pem, if there is one. */
static void
test_real(void **state)
{
	const char *folder = getenv("ROOTSWEEP_REAL_CERTS");
	struct counts counts = { 0 };
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
		check_file(*state, path, id, &counts);
	}
	closedir(dir);
	print_message("%zu certificates in the shipped policy, %zu beside it\n", counts.shipped,
		      counts.extra);
	assert_true(counts.shipped >= 69);
	assert_int_equal(counts.extra, 3);
}

/* --- held against other lists ----------------------------------------------- */

/* The columns of a table of other lists' entries. */
enum {
	COLUMN_LIST, COLUMN_VERSION, COLUMN_ENTRY, COLUMN_REASON, COLUMN_OUR_ID, COLUMN_STATUS,
	COLUMN_REFUSED, COLUMN_SOURCE, COLUMNS
};

/*
 * The digest that an entry is known by, in lower-case hex, or NULL: some lists
 * have issuer and serial number instead, and Apple's has re-issued ones too,
 * which are covered by their key.
 */
static char *
digest_of(char *const *row)
{
	const char *text = row[COLUMN_ENTRY];
	char *digest;

	if (rs_starts(row[COLUMN_LIST], "Apple"))
		return NULL;
	if (rs_starts(text, "spki "))
		text += strlen("spki ");
	digest = rs_strndup(text, strspn(text, "0123456789abcdefABCDEF"));
	for (char *p = digest; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (rs_is_hex(digest, 64) || rs_is_hex(digest, 40))
		return digest;
	free(digest);
	return NULL;
}

/*
 * Who refuses what is on a list. Chromium's notes on keys, and those that it
 * only names in its warning, refuse nothing.
 */
static const char *
refused_by(const char *list)
{
	static const struct {
		const char *list, *by;
	} lists[] = {
		{ "Chromium kSPKIBlockList", "chromium" }, { "Apple", "apple" },
		{ "Mozilla OneCRL", "firefox" }, { "NSS certdata.txt distrust", "firefox" },
		{ "Microsoft", "microsoft" }, { "OpenJDK", "java" }, { "Oracle Java", "java" },
	};

	for (size_t i = 0; i < RS_COUNT(lists); i++)
		if (rs_starts(list, lists[i].list))
			return lists[i].by;
	return NULL;
}

static bool
says_blocked(const struct rs_policy_root *root, const char *by)
{
	for (size_t i = 0; i < root->blocked.n; i++)
		if (rs_streq(((const struct rs_policy_blocked *)root->blocked.v[i])->by, by))
			return true;
	return by == NULL;
}

static void
check_covered(const struct lists *lists, char *const *row)
{
	RS_AUTOFREE char *digest = digest_of(row);
	const struct rs_policy *const all[] = { lists->shipped, lists->candidates, lists->tests };
	const struct rs_policy_root *root = NULL;
	bool covered;

	for (size_t i = 0; i < RS_COUNT(all) && root == NULL; i++)
		root = rs_map_get(&all[i]->by_id, row[COLUMN_OUR_ID]);
	covered = root != NULL && (digest == NULL || rs_array_has_str(&root->sha256, digest) ||
				   rs_array_has_str(&root->spki, digest) ||
				   rs_array_has_str(&root->sha1, digest));
	if (!covered)
		print_error("%s: %s is not covered by %s\n", row[COLUMN_LIST],
			    row[COLUMN_ENTRY], row[COLUMN_OUR_ID]);
	assert_true(covered);
	if (!says_blocked(root, refused_by(row[COLUMN_LIST])))
		print_error("%s does not say that %s refuses it\n", root->id,
			    refused_by(row[COLUMN_LIST]));
	assert_true(says_blocked(root, refused_by(row[COLUMN_LIST])));
}

static void
check_refused(const struct lists *lists, char *const *row)
{
	RS_AUTOFREE char *digest = digest_of(row);

	assert_string_equal(row[COLUMN_STATUS], "refused");
	assert_true(strlen(row[COLUMN_REFUSED]) > 10);
	if (digest == NULL)
		return;
	assert_null(rs_map_get(&lists->shipped->by_sha256, digest));
	assert_null(rs_map_get(&lists->shipped->by_spki, digest));
	assert_null(rs_map_get(&lists->shipped->by_sha1, digest));
}

/* Every entry of other lists is here, or was refused for a reason. */
static void
test_coverage(void **state)
{
	const char *path = getenv("ROOTSWEEP_COVERAGE");
	RS_AUTOBUF struct rs_buf text = { 0 };
	size_t covered = 0, refused = 0;
	char *rest, *line;

	if (path == NULL || *path == '\0')
		return;
	assert_int_equal(rs_read_file(path, 4 << 20, &text), 0);
	rest = text.data;
	assert_true(rs_starts(strsep(&rest, "\n"), "list\tlist_version\tlist_entry\t"));
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *row[COLUMNS];
		size_t n = 0;

		if (*line == '\0')
			continue;
		while (n < COLUMNS && line != NULL)
			row[n++] = strsep(&line, "\t");
		assert_int_equal(n, COLUMNS);
		if (row[COLUMN_OUR_ID][0] != '\0') {
			check_covered(*state, row);
			covered++;
		} else {
			check_refused(*state, row);
			refused++;
		}
	}
	print_message("%zu entries of other lists: %zu covered, %zu refused\n",
		      covered + refused, covered, refused);
	assert_true(covered > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/policy/shipped/whole", test_whole, NULL, NULL, NULL },
		{ "/policy/shipped/extra", test_extra, NULL, NULL, NULL },
		{ "/policy/shipped/actions", test_actions, NULL, NULL, NULL },
		{ "/policy/shipped/decisions", test_decisions, NULL, NULL, NULL },
		{ "/policy/shipped/kazakhstan", test_kazakhstan, NULL, NULL, NULL },
		{ "/policy/shipped/no-pattern-for", test_no_pattern_for, NULL, NULL, NULL },
		{ "/policy/shipped/real-certificates", test_real, NULL, NULL, NULL },
		{ "/policy/shipped/other-lists", test_coverage, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("policy-shipped", tests, load, unload);
}
