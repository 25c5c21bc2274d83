/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: who else plans for the system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "file-fixture.h"
#include "plan.h"

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"
#define DIR "/etc/ssl/certs"
#define LOCAL "/usr/local/share/ca-certificates/"
#define POLICY "/etc/chromium/policies/managed/x"
#define CONF "/etc/ca-certificates.conf"
#define CACERTS "/opt/jdk/lib/security/cacerts"

/* Stores of the system and of two users, and findings in them. */
struct scene {
	struct rs_store *os, *dir, *policy, *alice, *bob;
	struct rs_user users[2];
	struct rs_scan scan;
	struct rs_scope scope;
	struct rs_matches matches;
	struct rs_plan plan;
};

static int
setup(void **state)
{
	struct scene *s = rs_alloc(sizeof(*s));

	s->os = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, BUNDLE);
	s->dir = rs_store_new(RS_KIND_OPENSSL_DIR, RS_OWNER_SYSTEM, DIR);
	s->policy = rs_store_new(RS_KIND_BROWSER_POLICY, RS_OWNER_SYSTEM, POLICY);
	s->alice = rs_store_new(RS_KIND_NSS, "alice", "/home/alice/.pki/nssdb/cert9.db");
	s->bob = rs_store_new(RS_KIND_NSS, "bob", "/home/bob/.pki/nssdb/cert9.db");
	s->scan.layout = "debian";
	s->users[0].name = (char *)(uintptr_t)"alice";
	s->users[1].name = (char *)(uintptr_t)"bob";
	rs_array_add(&s->scope.users, &s->users[0]);
	rs_array_add(&s->scope.users, &s->users[1]);
	*state = s;
	return 0;
}

static void
finding_free(void *p)
{
	struct rs_finding *finding = p;

	free(finding->reason);
	free(finding);
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	rs_plan_free(&s->plan);
	s->matches.findings.free_fn = finding_free;
	rs_array_free(&s->matches.findings);
	rs_array_free(&s->scope.users);
	rs_store_free(s->os);
	rs_store_free(s->dir);
	rs_store_free(s->policy);
	rs_store_free(s->alice);
	rs_store_free(s->bob);
	free(s);
	return 0;
}

static struct rs_anchor *
find(struct scene *s, struct rs_store *store, enum rs_action action)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_alloc(sizeof(struct rs_cert)));
	struct rs_finding *finding = rs_alloc(sizeof(*finding));

	rs_array_add(&store->anchors, anchor);
	*finding = (struct rs_finding){ .store = store, .anchor = anchor, .action = action };
	rs_array_add(&s->matches.findings, finding);
	return anchor;
}

static struct rs_origin *
place(struct rs_anchor *anchor, const char *path, enum rs_how how)
{
	struct rs_origin *origin = rs_origin_new(path, "object", how);

	origin->stamp = (struct rs_stamp){ 1, 2, 3, rs_strdup("digest") };
	return rs_array_add(&anchor->origins, origin);
}

static void
block(struct rs_anchor *anchor, const char *path, uint64_t offset, uint64_t siblings)
{
	struct rs_origin *origin = place(anchor, path, RS_HOW_BLOCK);

	origin->offset = offset;
	origin->length = 10;
	origin->siblings = siblings;
}

static void
describe_step(struct rs_buf *text, const struct rs_step *step)
{
	static const char *const ops[] = { "remove", "cut", "deselect", "element", "create",
					   "keystore" };

	rs_buf_printf(text, "%u %s %s%s%s", step->n, rs_step_kind_name(step->kind),
		      step->kind == RS_STEP_FILE ? ops[step->op] : step->layout ? step->layout : "-",
		      step->derived ? " stray " : " ", step->path);
	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];

		rs_buf_printf(text, " %llu+%llu", (unsigned long long)range->offset,
			      (unsigned long long)range->length);
	}
	for (size_t i = 0; i < step->ids.n; i++)
		rs_buf_printf(text, " %s", (char *)step->ids.v[i]);
	rs_buf_puts(text, "\n");
}

/* Each part with its steps; then each finding that has a result. */
static void
expect(struct scene *s, const char *want)
{
	RS_AUTOBUF struct rs_buf got = { 0 };
	size_t steps = 0;

	rs_plan_free(&s->plan);
	rs_plan_make(&s->plan, &s->matches, &s->scan, &s->scope);
	rs_buf_puts(&got, "");
	for (size_t i = 0; i < s->plan.parts.n; i++) {
		const struct rs_part *part = s->plan.parts.v[i];

		rs_buf_printf(&got, "%s %zu%s\n", part->owner, part->findings.n,
			      part->user ? " as it" : "");
		for (size_t k = 0; k < part->steps.n; k++) {
			const struct rs_step *step = part->steps.v[k];

			assert_int_equal(step->state, RS_STEP_PLANNED);
			describe_step(&got, step);
		}
		steps += part->steps.n;
	}
	assert_int_equal(rs_plan_steps(&s->plan), steps);
	for (size_t i = 0; i < s->matches.findings.n; i++) {
		const struct rs_finding *finding = s->matches.findings.v[i];

		if (finding->result != RS_RESULT_NONE)
			rs_buf_printf(&got, "%s: %s\n", rs_result_name(finding->result),
				      finding->reason ? finding->reason : "-");
	}
	assert_string_equal(got.data, want);
}

static void
test_nothing(void **state)
{
	struct scene *s = *state;

	expect(s, "");
	place(find(s, s->os, RS_ACTION_REPORT), LOCAL "a.crt", RS_HOW_FILE);
	place(find(s, s->alice, RS_ACTION_IGNORE), "/home/alice/x", RS_HOW_ROWS);
	expect(s, "reported: -\nreported: -\n");
}

static void
test_file(void **state)
{
	struct scene *s = *state;
	const struct rs_step *step;

	place(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "a.crt", RS_HOW_FILE);
	expect(s, "system 1\n1 file remove " LOCAL "a.crt\n2 refresh debian " BUNDLE "\n");
	step = ((struct rs_part *)s->plan.parts.v[0])->steps.v[0];
	assert_true(step->stamp.dev == 1 && step->stamp.ino == 2 && step->stamp.size == 3);
	assert_string_equal(step->stamp.sha256, "digest");
	assert_string_equal(step->store, "p11-kit:system:" BUNDLE);
	assert_string_equal(step->store_kind, RS_KIND_P11KIT);
}

/* One file is changed once, whatever is found in it how often. */
static void
test_blocks(void **state)
{
	struct scene *s = *state;

	block(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "many.crt", 50, 3);
	block(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "many.crt", 20, 3);
	block(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "many.crt", 50, 3);
	expect(s, "system 3\n1 file cut " LOCAL "many.crt 20+10 50+10\n"
	       "2 refresh debian " BUNDLE "\n");
	/* The last of it: a file without certificates is of no use. */
	block(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "many.crt", 0, 3);
	expect(s, "system 4\n1 file remove " LOCAL "many.crt 0+10 20+10 50+10\n"
	       "2 refresh debian " BUNDLE "\n");
}

/* But a bundle stays where programs look for it; strays come first. */
static void
test_strays(void **state)
{
	struct scene *s = *state;
	struct rs_anchor *anchor = find(s, s->os, RS_ACTION_QUARANTINE);

	place(anchor, LOCAL "a.crt", RS_HOW_FILE);
	block(anchor, BUNDLE, 7, 1);
	anchor = find(s, s->dir, RS_ACTION_QUARANTINE);
	place(anchor, DIR "/0123abcd.0", RS_HOW_LINK);
	place(anchor, DIR "/a.pem", RS_HOW_DERIVED);
	expect(s, "system 2\n1 file cut stray " BUNDLE " 7+10\n2 file remove stray " DIR
	       "/0123abcd.0\n3 file remove " LOCAL "a.crt\n4 refresh debian " BUNDLE "\n");
}

static void
test_conf(void **state)
{
	struct scene *s = *state;

	place(find(s, s->os, RS_ACTION_QUARANTINE), CONF, RS_HOW_CONF)->offset = 40;
	place(find(s, s->os, RS_ACTION_QUARANTINE), CONF, RS_HOW_CONF)->offset = 10;
	place(find(s, s->os, RS_ACTION_QUARANTINE), CONF, RS_HOW_CONF)->offset = 40;
	expect(s, "system 3\n1 file deselect " CONF " 10+0 40+0\n2 refresh debian " BUNDLE "\n");
}

/* What is left in derived copies alone goes by the updater. */
static void
test_derived_only(void **state)
{
	struct scene *s = *state;

	place(find(s, s->os, RS_ACTION_QUARANTINE), BUNDLE, RS_HOW_DERIVED);
	expect(s, "system 1\n1 refresh debian " BUNDLE "\n");
}

static const struct rs_finding *
last_finding(const struct scene *s)
{
	return s->matches.findings.v[s->matches.findings.n - 1];
}

/* A copy of what cannot be taken out stays with it; of what can, it follows. */
static void
test_copies(void **state)
{
	struct scene *s = *state;
	struct rs_anchor *os = find(s, s->os, RS_ACTION_QUARANTINE);
	struct rs_anchor *copy = find(s, s->dir, RS_ACTION_QUARANTINE);

	os->cert->sha256 = rs_strdup("1");
	copy->cert->sha256 = rs_strdup("1");
	place(os, LOCAL "a.crt", RS_HOW_REPORT)->reason = rs_strdup("by hand");
	place(copy, DIR "/a.pem", RS_HOW_DERIVED);
	expect(s, "system 0\nrefused: by hand\nrefused: by hand\n");
	assert_int_equal(last_finding(s)->result, RS_RESULT_REFUSED);
	assert_string_equal(last_finding(s)->reason, "by hand");
}

static void
test_copies_of_two(void **state)
{
	struct scene *s = *state;
	struct rs_anchor *refused = find(s, s->os, RS_ACTION_QUARANTINE);
	struct rs_anchor *stray = find(s, s->dir, RS_ACTION_QUARANTINE);
	struct rs_anchor *copy = find(s, s->os, RS_ACTION_QUARANTINE);

	refused->cert->sha256 = rs_strdup("1");
	stray->cert->sha256 = rs_strdup("1");
	copy->cert->sha256 = rs_strdup("1");
	place(refused, LOCAL "a.crt", RS_HOW_REPORT)->reason = rs_strdup("by hand");
	place(stray, DIR "/0123abcd.0", RS_HOW_LINK);
	place(copy, BUNDLE, RS_HOW_DERIVED);
	expect(s, "system 2\n1 file remove stray " DIR "/0123abcd.0\n2 refresh debian " BUNDLE
	       "\nrefused: by hand\n");
	assert_int_equal(last_finding(s)->result, RS_RESULT_NONE);
}

static void
test_rows(void **state)
{
	struct scene *s = *state;
	struct rs_origin *first = place(find(s, s->alice, RS_ACTION_QUARANTINE), s->alice->path,
					RS_HOW_ROWS);
	struct rs_origin *second = place(find(s, s->alice, RS_ACTION_QUARANTINE), s->alice->path,
					 RS_HOW_ROWS);

	rs_array_add_str(&first->ids, "10");
	rs_array_add_str(&first->ids, "11");
	rs_array_add_str(&second->ids, "11");
	rs_array_add_str(&second->ids, "20");
	rs_array_add_str(&place(find(s, s->bob, RS_ACTION_QUARANTINE), s->bob->path,
				RS_HOW_ROWS)->ids, "5");
	expect(s, "alice 2 as it\n1 rows - /home/alice/.pki/nssdb/cert9.db 10 11 20\n"
	       "bob 1 as it\n2 rows - /home/bob/.pki/nssdb/cert9.db 5\n");
}

static void
element(struct rs_anchor *anchor, const char *path, uint64_t offset)
{
	struct rs_origin *origin = place(anchor, path, RS_HOW_ELEMENT);

	origin->offset = offset;
	origin->length = 10;
}

/* Nothing is made of policies; an element is cut even where it is the last. */
static void
test_policy(void **state)
{
	struct scene *s = *state;
	struct rs_anchor *anchor = find(s, s->policy, RS_ACTION_QUARANTINE);

	element(anchor, POLICY, 40);
	element(anchor, POLICY, 7);
	place(anchor, "/usr/lib/mozilla/certificates/a", RS_HOW_FILE);
	place(anchor, "/srv/a.pem", RS_HOW_DERIVED);
	expect(s, "system 1\n1 file element " POLICY " 7+10 40+10\n"
	       "2 file remove /usr/lib/mozilla/certificates/a\n");
	/* Before what a browser makes of it, behind strays, which go back last. */
	block(find(s, s->os, RS_ACTION_QUARANTINE), BUNDLE, 7, 1);
	place(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "a.crt", RS_HOW_FILE);
	expect(s, "system 3\n1 file cut stray " BUNDLE " 7+10\n2 file element " POLICY
	       " 7+10 40+10\n3 file remove /usr/lib/mozilla/certificates/a\n4 file remove " LOCAL
	       "a.crt\n5 refresh debian " BUNDLE "\n");
}

/* By alias, and nothing is made of it either. */
static void
test_keystore(void **state)
{
	struct scene *s = *state;
	struct rs_store *store = rs_store_new(RS_KIND_JAVA, RS_OWNER_SYSTEM, CACERTS);
	struct rs_anchor *anchor = find(s, store, RS_ACTION_QUARANTINE);
	struct rs_origin *first = place(anchor, CACERTS, RS_HOW_KEYSTORE), *second;

	first->reason = rs_strdup("keytool does it");
	free(place(anchor, CACERTS, RS_HOW_KEYSTORE)->object);
	second = anchor->origins.v[1];
	second->object = rs_strdup("again");
	second->reason = rs_strdup("keytool does it");
	expect(s, "system 1\n1 file keystore " CACERTS " object again\n");
	/* Beside what is made of an origin. */
	place(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "a.crt", RS_HOW_FILE);
	expect(s, "system 2\n1 file keystore " CACERTS " object again\n2 file remove " LOCAL
	       "a.crt\n3 refresh debian " BUNDLE "\n");
	/* Nothing of another tree is run. */
	finding_free(s->matches.findings.v[--s->matches.findings.n]);
	s->scope.root = "/";
	expect(s, "refused: keytool does it\n");
	rs_plan_free(&s->plan);
	finding_free(s->matches.findings.v[--s->matches.findings.n]);
	rs_store_free(store);
}

static void
test_policy_of_user(void **state)
{
	struct scene *s = *state;
	struct rs_store *store = rs_store_new(RS_KIND_BROWSER_POLICY, "alice", "/home/alice/p");

	rs_array_add_str(&place(find(s, s->alice, RS_ACTION_QUARANTINE), s->alice->path,
				RS_HOW_ROWS)->ids, "10");
	element(find(s, store, RS_ACTION_QUARANTINE), "/home/alice/p", 3);
	expect(s, "alice 2 as it\n1 file element /home/alice/p 3+10\n"
	       "2 rows - /home/alice/.pki/nssdb/cert9.db 10\n");
	rs_store_free(store);
	s->matches.findings.n--;
	finding_free(s->matches.findings.v[s->matches.findings.n]);
	rs_plan_free(&s->plan);
}

/* What no step can take out is said, and the rest of it is done. */
static void
test_report_only(void **state)
{
	struct scene *s = *state;
	struct rs_anchor *anchor = find(s, s->os, RS_ACTION_QUARANTINE);

	place(anchor, LOCAL "a.crt", RS_HOW_FILE);
	place(anchor, "/opt/x.pem", RS_HOW_REPORT)->reason = rs_strdup("by hand");
	expect(s, "system 1\n1 file remove " LOCAL "a.crt\n2 refresh debian " BUNDLE "\n"
	       "refused: by hand\n");
}

static void
test_nothing_but_report(void **state)
{
	struct scene *s = *state;

	place(find(s, s->os, RS_ACTION_QUARANTINE), "/opt/x.pem", RS_HOW_REPORT)->reason =
	    rs_strdup("by hand");
	expect(s, "refused: by hand\n");
}

/* Under sudo: other people's are looked at and left. */
static void
test_left(void **state)
{
	struct scene *s = *state;

	rs_array_add_str(&place(find(s, s->alice, RS_ACTION_QUARANTINE), s->alice->path,
				RS_HOW_ROWS)->ids, "10");
	s->users[0].leave = true;
	expect(s, "reported: left alone: it is alice's; the same command with --user alice "
	       "takes it out\n");
}

static void
test_not_root(void **state)
{
	struct scene *s = *state;

	place(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "a.crt", RS_HOW_FILE);
	rs_array_add_str(&place(find(s, s->alice, RS_ACTION_QUARANTINE), s->alice->path,
				RS_HOW_ROWS)->ids, "10");
	assert_int_equal(seteuid(65534), 0);
	expect(s, "alice 1 as it\n1 rows - /home/alice/.pki/nssdb/cert9.db 10\n"
	       "refused: needs root: the same command with sudo takes it out\n");
	assert_int_equal(seteuid(0), 0);
}

/* No layout that is known. */
static void
test_no_layout(void **state)
{
	struct scene *s = *state;

	place(find(s, s->os, RS_ACTION_QUARANTINE), LOCAL "a.crt", RS_HOW_FILE);
	s->scan.layout = NULL;
	expect(s, "system 1\n1 file remove " LOCAL "a.crt\n");
}

/* Copies in another tree are changed one by one, where they are this one's alone. */
static void
test_copies_of_tree(void **state)
{
	struct scene *s = *state;
	struct rs_anchor *anchor = find(s, s->os, RS_ACTION_QUARANTINE), *copy;

	anchor->witnesses = RS_SEEN_ORIGIN | RS_SEEN_BUNDLE;
	place(anchor, LOCAL "a.crt", RS_HOW_FILE);
	block(anchor, BUNDLE, 30, 3);
	((struct rs_origin *)anchor->origins.v[1])->how = RS_HOW_DERIVED;
	copy = find(s, s->dir, RS_ACTION_QUARANTINE);
	block(copy, DIR "/a.pem", 0, 1);
	block(copy, DIR "/several.pem", 0, 2);
	((struct rs_origin *)copy->origins.v[0])->how = RS_HOW_DERIVED;
	((struct rs_origin *)copy->origins.v[1])->how = RS_HOW_DERIVED;
	s->scope.root = "/srv/tree";
	expect(s, "system 2\n1 file cut stray " BUNDLE " 30+10\n2 file remove stray " DIR
	       "/a.pem\n3 file remove " LOCAL "a.crt\n4 refresh debian " BUNDLE "\n");
	s->scope.root = NULL;
	expect(s, "system 2\n1 file remove " LOCAL "a.crt\n2 refresh debian " BUNDLE "\n");
}

#define PLAN_TEST(name, function) { name, function, setup, teardown, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST("/plan/nothing", test_nothing),
		PLAN_TEST("/plan/file", test_file),
		PLAN_TEST("/plan/blocks", test_blocks),
		PLAN_TEST("/plan/strays", test_strays),
		PLAN_TEST("/plan/conf", test_conf),
		PLAN_TEST("/plan/derived-only", test_derived_only),
		PLAN_TEST("/plan/copies", test_copies),
		PLAN_TEST("/plan/copies-of-two", test_copies_of_two),
		PLAN_TEST("/plan/rows", test_rows),
		PLAN_TEST("/plan/policy", test_policy),
		PLAN_TEST("/plan/keystore", test_keystore),
		PLAN_TEST("/plan/policy-of-user", test_policy_of_user),
		PLAN_TEST("/plan/report-only", test_report_only),
		PLAN_TEST("/plan/nothing-but-report", test_nothing_but_report),
		PLAN_TEST("/plan/left", test_left),
		PLAN_TEST("/plan/not-root", test_not_root),
		PLAN_TEST("/plan/no-layout", test_no_layout),
		PLAN_TEST("/plan/copies-of-tree", test_copies_of_tree),
	};

	file_private_world();
	file_debian();
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
