/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped policy, held against every root of Debian's older
 * ca-certificates: machines of all ages have them, and none but dead
 * authorities' may be taken out. Facts alone, see tests/data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "make-der.h"
#include "match.h"
#include "pem.h"
#include "token.h"

/* A line of the table; texts within it, or NULL. */
struct row {
	const char *first, *last;
	bool trusted;
	bool seen;			/* on this machine, and the same */
	struct rs_cert cert;
};

enum { FIRST, LAST, TRUST, SHA256, SHA1, SPKI, ISSUER, SERIAL, SUBJECT, COLUMNS };

struct table {
	struct rs_policy *policy;
	struct rs_buf text;
	struct rs_array rows;		/* struct row * */
	struct rs_map by_sha256;
};

static void
complain(RS_UNUSED void *data, const char *where, const char *text)
{
	fprintf(stderr, "%s: %s\n", where, text);
}

static char *
known(char *field)
{
	return rs_streq(field, "-") ? NULL : field;
}

static void
read_row(struct table *table, char *line)
{
	struct row *row = rs_array_add(&table->rows, rs_alloc(sizeof(*row)));
	char *fields[COLUMNS] = { NULL };

	for (size_t i = 0; i < COLUMNS; i++)
		fields[i] = strsep(&line, "\t");
	assert_null(line);
	assert_non_null(fields[SUBJECT]);
	*row = (struct row){
		.first = fields[FIRST], .last = fields[LAST],
		.trusted = rs_streq(fields[TRUST], "trusted"),
		.cert = {
			.sha256 = known(fields[SHA256]), .sha1 = known(fields[SHA1]),
			.spki_sha256 = known(fields[SPKI]), .issuer_der = fields[ISSUER],
			.serial = fields[SERIAL],
			.subject_der = rs_streq(fields[SUBJECT], "=") ? fields[ISSUER] :
			    known(fields[SUBJECT]),
		},
	};
	if (row->cert.sha256 != NULL)
		rs_map_add(&table->by_sha256, row->cert.sha256, row);
}

static int
setup(void **state)
{
	const char *dir = getenv("ROOTSWEEP_POLICY_DIR") ? getenv("ROOTSWEEP_POLICY_DIR") : "policy";
	RS_AUTOFREE char *policy = rs_printf("%s/interception-roots.xml", dir);
	RS_AUTOFREE char *path = rs_printf("%s/../tests/data/old-public-roots.tsv", dir);
	const struct rs_policy_place place = { .file = policy };
	struct table *table = rs_alloc(sizeof(*table));
	char *rest, *line;

	*state = table;
	rs_array_init(&table->rows, free);
	table->policy = rs_policy_load(&place, 1, false, complain, NULL);
	if (table->policy == NULL || rs_read_file(path, 1 << 20, &table->text) < 0)
		return 1;
	rest = table->text.data;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '#' && line[0] != '\0' && !rs_starts(line, "first\t"))
			read_row(table, line);
	return table->rows.n < 300;
}

static int
teardown(void **state)
{
	struct table *table = *state;

	rs_policy_free(table->policy);
	rs_map_free(&table->by_sha256);
	rs_array_free(&table->rows);
	rs_buf_free(&table->text);
	free(table);
	return 0;
}

/* Authorities that are dead, and were distrusted for what was done with them. */
static const char *const dead[] = {
	"misca-diginotar-root-a", "misca-diginotar-services1024", "misca-diginotar-cyber-a",
	"misca-diginotar-pkio-bedrijven", "misca-diginotar-organisatie-g2",
	"misca-trustwave-micros-ca", "misca-trustwave-mitm-2", "misca-turktrust-ego",
	"misca-turktrust-kktc", "misca-anssi-dg-tresor-ssl", "misca-mcs-holding",
};
/* The only one of them that was trusted itself, until it was broken into. */
#define WAS_TRUSTED "misca-diginotar-root-a"

static void
test_match(void **state)
{
	const struct table *table = *state;
	size_t found[RS_COUNT(dead)] = { 0 };

	for (size_t i = 0; i < table->rows.n; i++) {
		const struct row *row = table->rows.v[i];
		const struct rs_cert *c = &row->cert;
		/* Whole, and what a store may still have of it. */
		const struct rs_cert parts[] = {
			*c, { .spki_sha256 = c->spki_sha256 }, { .sha1 = c->sha1 },
			{ .issuer_der = c->issuer_der, .serial = c->serial },
		};

		for (size_t k = 0; k < RS_COUNT(parts); k++) {
			enum rs_match_how how;
			const struct rs_policy_root *root =
			    rs_policy_match(table->policy, &parts[k], &how);
			size_t n = 0;

			if (root == NULL || root->action != RS_ACTION_QUARANTINE)
				continue;
			while (n < RS_COUNT(dead) && !rs_streq(dead[n], root->id))
				n++;
			if (n == RS_COUNT(dead) ||
			    (row->trusted && !rs_streq(root->id, WAS_TRUSTED)))
				fail_msg("%s takes out a root of %s to %s (%s), by %s", root->id,
					 row->first, row->last, c->sha1, rs_match_name(how));
			found[n]++;
		}
	}
	/* The table has them, and they are found. */
	for (size_t i = 0; i < RS_COUNT(dead); i++)
		if (found[i] == 0)
			fail_msg("%s matches nothing", dead[i]);
}

static char *
qaznet(void)
{
	RS_AUTOBUF struct rs_buf name = { 0 };
	RS_AUTOBUF struct rs_buf der = { 0 };
	struct rs_cert *cert;
	char *subject;

	make_rdn(&name, 6, 0x13, "KZ", 2);
	make_rdn(&name, 3, 0x0c, "Qaznet Trust Network", 20);
	make_cert(&der, &(struct make_spec){ .subject = name.data, .subject_len = name.len });
	cert = rs_cert_new(der.data, der.len);
	subject = rs_strdup(cert->subject_der);
	rs_cert_free(cert);
	return subject;
}

/* By the rules for names: each subject as the issuer of trust, which is matched by it. */
static void
test_names(void **state)
{
	const struct table *table = *state;
	RS_AUTOFREE char *listed = qaznet();
	struct rs_scan scan = { .public_known = true };
	struct rs_wanted wanted = { 0 };
	struct rs_matches matches;
	struct rs_store *store;
	size_t acting = 0;

	rs_array_init(&scan.stores, rs_store_free);
	store = rs_array_add(&scan.stores, rs_store_new(RS_KIND_NSS, "u", "/home/u/.pki/nssdb"));
	for (size_t i = 0; i <= table->rows.n; i++) {
		const struct row *row = i < table->rows.n ? table->rows.v[i] : NULL;
		const char *subject = row != NULL ? row->cert.subject_der : listed;
		struct rs_anchor *anchor;

		if (subject == NULL)
			continue;
		anchor = rs_anchor_new(rs_alloc(sizeof(struct rs_cert)));
		anchor->trust_only = true;
		anchor->cert->issuer_der = rs_strdup(subject);
		rs_array_add(&store->anchors, anchor);
	}
	rs_match(&matches, &scan, table->policy, &wanted);
	for (size_t i = 0; i < matches.findings.n; i++) {
		const struct rs_finding *finding = matches.findings.v[i];

		if (finding->how != RS_MATCH_SUBJECT || finding->root->action != RS_ACTION_QUARANTINE)
			continue;
		acting++;
		assert_string_equal(finding->anchor->cert->issuer_der, listed);
	}
	/* It is seen that they were looked at. */
	assert_int_equal(acting, 1);
	rs_matches_free(&matches);
	rs_array_free(&scan.stores);
}

/* --- the table itself ------------------------------------------------------- */

static const struct table *compared;	/* nftw has no room for more */
static size_t same;

static void
compare(const struct rs_cert *cert)
{
	struct row *row = rs_map_get(&compared->by_sha256, cert->sha256);

	if (row == NULL || row->seen)
		return;
	assert_string_equal(row->cert.sha1, cert->sha1);
	assert_string_equal(row->cert.spki_sha256, cert->spki_sha256);
	assert_string_equal(row->cert.issuer_der, cert->issuer_der);
	assert_string_equal(row->cert.subject_der, cert->subject_der);
	assert_string_equal(row->cert.serial, cert->serial);
	row->seen = true;
	same++;
}

static int
compare_file(const char *path, RS_UNUSED const struct stat *st, int type,
	     RS_UNUSED struct FTW *ftw)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct rs_array found;

	if (type != FTW_F || !rs_ends(path, ".crt"))
		return 0;
	assert_int_equal(rs_read_file(path, 1 << 20, &text), 0);
	rs_pem_find(text.data, text.len, &found, NULL);
	for (size_t i = 0; i < found.n; i++) {
		const struct rs_pem_block *block = found.v[i];
		struct rs_cert *cert = rs_cert_new(block->der, block->der_len);

		compare(cert);
		rs_cert_free(cert);
	}
	rs_array_free(&found);
	return 0;
}

/* What this machine has of them says the same: so does the table of the rest. */
static void
test_recomputed(void **state)
{
	RS_AUTOFREE char *why = NULL;
	struct rs_array certs;

	compared = *state;
	same = 0;
	nftw("/usr/share/ca-certificates", compare_file, 8, FTW_PHYS);
	rs_array_init(&certs, NULL);
	assert_true(rs_token_public(&certs, &why));
	for (size_t i = 0; i < certs.n; i++) {
		compare(certs.v[i]);
		rs_cert_free(certs.v[i]);
	}
	rs_array_free(&certs);
	print_message("%zu of %zu rows recomputed\n", same, compared->rows.n);
	assert_true(same >= 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{ "/policy/old-roots/match", test_match, NULL, NULL, NULL },
		{ "/policy/old-roots/names", test_names, NULL, NULL, NULL },
		{ "/policy/old-roots/recomputed", test_recomputed, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("policy-old-roots", tests, setup, teardown);
}
