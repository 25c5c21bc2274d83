/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debian's refresh, with updaters and hooks good and bad. As root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply.h"
#include "debian-fixture.h"

#define ID "20261122T190800Z-0123456789abcdef"
#define EVIL RS_DEBIAN_LOCAL "/evil.crt"
#define SCENE(name) RS_CLEANUP(scene_remove) struct scene name

struct scene {
	struct debian_findings found;
	struct rs_plan plan;
	struct rs_records_job job;
	bool changed;
};

static void
scene_make(struct scene *s)
{
	*s = (struct scene){ 0 };
	debian_make();
	debian_findings_make(&s->found);
}

static void
scene_remove(struct scene *s)
{
	rs_plan_free(&s->plan);
	rs_records_job_free(&s->job);
	debian_findings_free(&s->found);
}

/* Where the evil one is taken out by its file. */
static void
scene_evil(struct scene *s)
{
	scene_make(s);
	debian_find_file(&s->found, EVIL, &pem_evil);
}

static void
apply(struct scene *s)
{
	rs_plan_make(&s->plan, &s->found.matches, &s->found.scan, &s->found.scope);
	assert_int_equal(s->plan.parts.n, 1);
	s->changed = rs_apply_plan(&s->plan, &s->found.scope, ID);
}

static void
expect_refresh(const struct rs_array *steps, enum rs_step_state state, const char *reason)
{
	const struct rs_step *step = steps->v[steps->n - 1];

	assert_int_equal(step->kind, RS_STEP_REFRESH);
	if (step->state != state)
		fail_msg("%s: %s", rs_step_state_name(step->state), step->reason);
	if (reason == NULL)
		assert_null(step->reason);
	else if (strstr(step->reason, reason) == NULL)
		assert_string_equal(step->reason, reason);
}

static void
expect_applied(struct scene *s, enum rs_step_state state, const char *reason)
{
	const struct rs_part *part = s->plan.parts.v[0];

	assert_null(part->failure);
	expect_refresh(&part->steps, state, reason);
}

static void
run_records(struct scene *s, enum rs_records_do what)
{
	rs_records_job_free(&s->job);
	s->job = (struct rs_records_job){ .what = what };
	rs_records_run(&s->job, &s->found.scope);
	if (s->job.problems.n > 0)
		fail_msg("%s", (char *)s->job.problems.v[0]);
	assert_int_equal(s->job.records.n, 1);
}

static void
expect_records(struct scene *s, enum rs_records_do what, enum rs_record_state state,
	       enum rs_step_state step, const char *reason)
{
	const struct rs_record *record;

	run_records(s, what);
	record = s->job.records.v[0];
	if (record->state != state)
		fail_msg("%s", rs_record_state_name(record->state));
	expect_refresh(&record->steps, step, reason);
}

static void
expect_bundle(const char *want)
{
	RS_AUTOFREE char *got = debian_bundle();

	assert_string_equal(got, want);
}

static void
expect_told(const char *want)
{
	RS_AUTOFREE char *got = debian_told();

	assert_string_equal(got, want);
}

#define ALL "A B Evil "
#define CERTS RS_DEBIAN_DIR "/"

static void
test_follows(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	scene_evil(&s);
	before = file_look(EVIL);
	expect_bundle(ALL);
	apply(&s);
	expect_applied(&s, RS_STEP_DONE, NULL);
	assert_true(s.changed);
	expect_bundle("A B ");
	assert_false(file_exists(EVIL) || file_exists(CERTS "evil.pem"));
	expect_told("-" CERTS "evil.pem\n");
	expect_records(&s, RS_RECORDS_UNDO, RS_RECORD_UNDONE, RS_STEP_UNDONE, NULL);
	expect_bundle(ALL);
	after = file_look(EVIL);
	assert_string_equal(after, before);
	assert_true(file_exists(CERTS "evil.pem"));
	expect_told("+" CERTS "evil.pem\n");
}

static void
test_conf(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *before = NULL, *after = NULL;

	scene_make(&s);
	before = file_look(RS_DEBIAN_CONF);
	debian_find_line(&s.found, "p/a.crt", &pem_a);
	apply(&s);
	expect_applied(&s, RS_STEP_DONE, NULL);
	expect_bundle("B Evil ");
	assert_false(file_exists(CERTS "a.pem"));
	expect_told("-" CERTS "a.pem\n");
	expect_records(&s, RS_RECORDS_UNDO, RS_RECORD_UNDONE, RS_STEP_UNDONE, NULL);
	expect_bundle(ALL);
	expect_told("+" CERTS "a.pem\n");
	after = file_look(RS_DEBIAN_CONF);
	assert_string_equal(after, before);
}

/* A name as the updater's links have it. */
static void
test_odd_name(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	debian_find_file(&s.found, RS_DEBIAN_LOCAL "/b (c).crt", &pem_b);
	apply(&s);
	expect_applied(&s, RS_STEP_DONE, NULL);
	expect_told("-" CERTS "b_=c=.pem\n");
	expect_bundle("A Evil ");
}

/* An honest root has a file of the same name: Java must not lose it. */
static void
test_same_name(void **state RS_UNUSED)
{
	SCENE(s);

	scene_make(&s);
	file_mkdir(RS_DEBIAN_LOCAL "/sub");
	file_write(RS_DEBIAN_LOCAL "/sub/evil.crt", pem_b.pem.data, pem_b.pem.len);
	assert_int_equal(system(RS_DEBIAN_UPDATER), 0);
	debian_find_file(&s.found, EVIL, &pem_evil);
	apply(&s);
	expect_applied(&s, RS_STEP_DONE, NULL);
	expect_told("-" CERTS "evil.pem\n+" CERTS "evil.pem\n");
	expect_bundle("A B B ");
	assert_true(file_exists(CERTS "evil.pem"));
}

/*
 * Updaters that go wrong.
 */

static void
expect_bad_updater(const char *script, const char *reason, const char *bundle)
{
	SCENE(s);
	RS_AUTOFREE char *good = NULL, *whole = NULL;

	scene_evil(&s);
	good = file_text(RS_DEBIAN_UPDATER);
	whole = rs_printf("%s\n%s", good + strlen("#!/bin/sh\n"), script);
	debian_updater(whole);
	apply(&s);
	expect_applied(&s, RS_STEP_FAILED, reason);
	expect_bundle(bundle);
	/* What was done is recorded, and can be undone once the updater works. */
	expect_records(&s, RS_RECORDS_LIST, RS_RECORD_PARTLY_APPLIED, RS_STEP_FAILED, NULL);
	debian_updater(good + strlen("#!/bin/sh\n"));
	expect_records(&s, RS_RECORDS_UNDO, RS_RECORD_UNDONE, RS_STEP_UNDONE, NULL);
	expect_bundle(ALL);
	assert_true(file_exists(EVIL));
}

static void
test_updater_fails(void **state RS_UNUSED)
{
	expect_bad_updater("echo more words >&2; echo its last words >&2; exit 7",
			   RS_DEBIAN_UPDATER " ended with status 7: its last words", "A B ");
	expect_bad_updater("kill -KILL $$", RS_DEBIAN_UPDATER " ended with status 137", "A B ");
}

/* Somebody else's root is missing, or all of them: what was there comes back. */
static void
test_updater_loses(void **state RS_UNUSED)
{
	expect_bad_updater("cp " RS_DEBIAN_PACKAGES "/p/a.crt ca-certificates.crt",
			   "lacked 1 other certificate: what it held before was put back", ALL);
	expect_bad_updater(": >ca-certificates.crt", "lacked 2 other certificates", ALL);
	expect_bad_updater("rm ca-certificates.crt", "lacked", ALL);
}

static void
test_updater_not_run(void **state RS_UNUSED)
{
	SCENE(s);

	scene_evil(&s);
	assert_int_equal(chmod(RS_DEBIAN_UPDATER, 0777), 0);
	apply(&s);
	expect_applied(&s, RS_STEP_FAILED, "can be written by others than root");
	expect_told("");
	assert_int_equal(unlink(RS_DEBIAN_UPDATER), 0);
	expect_records(&s, RS_RECORDS_UNDO, RS_RECORD_PARTLY_UNDONE, RS_STEP_FAILED,
		       "cannot be run: No such file or directory");
	assert_true(file_exists(EVIL));
}

/* Nothing is touched where the copies for undo cannot be kept. */
static void
test_copies_not_kept(void **state RS_UNUSED)
{
	SCENE(s);
	const struct rs_part *part;
	const struct rs_step *step;

	scene_evil(&s);
	file_mkdir(RS_DEBIAN_JAVA);
	apply(&s);
	expect_applied(&s, RS_STEP_REFUSED, RS_DEBIAN_JAVA " cannot be kept: Is a directory");
	expect_bundle(ALL);
	assert_false(s.changed);
	assert_true(file_exists(EVIL));
	part = s.plan.parts.v[0];
	step = part->steps.v[0];
	assert_int_equal(step->state, RS_STEP_REFUSED);
	assert_true(rs_starts(step->reason, EVIL " is left as it is"));
}

/*
 * Hooks: what they are owed is not forgotten.
 */

static void
test_hook_fails(void **state RS_UNUSED)
{
	SCENE(s);

	scene_evil(&s);
	debian_hook("echo dpkg was locked >&2; exit 2");
	apply(&s);
	expect_applied(&s, RS_STEP_PENDING, "jks-keystore ended with status 2: dpkg was locked");
	expect_bundle("A B ");
	expect_records(&s, RS_RECORDS_RECOVER, RS_RECORD_PARTLY_APPLIED, RS_STEP_PENDING, "status 2");
	debian_hook("cat >>" DEBIAN_TOLD);
	expect_records(&s, RS_RECORDS_RECOVER, RS_RECORD_APPLIED, RS_STEP_DONE, NULL);
	expect_told("-" CERTS "evil.pem\n");
	expect_bundle("A B ");
	expect_records(&s, RS_RECORDS_UNDO, RS_RECORD_UNDONE, RS_STEP_UNDONE, NULL);
	expect_told("+" CERTS "evil.pem\n");
}

/* Those that run-parts would run, in its order, each with all lines. */
static void
test_hooks(void **state RS_UNUSED)
{
	SCENE(s);
	static const char *const names[] = { "b-last", "a_first", "not.run", "~no", "A1" };

	scene_evil(&s);
	for (size_t i = 0; i < RS_COUNT(names); i++) {
		RS_AUTOFREE char *path = rs_printf(RS_DEBIAN_HOOKS "/%s", names[i]);
		RS_AUTOFREE char *text = rs_printf("#!/bin/sh\n(echo %s; cat) >>" DEBIAN_TOLD "\n",
						   names[i]);

		file_puts(path, text);
		assert_int_equal(chmod(path, 0755), 0);
	}
	file_puts(RS_DEBIAN_HOOKS "/not-executable", "");
	apply(&s);
	expect_applied(&s, RS_STEP_DONE, NULL);
	expect_told("A1\n-" CERTS "evil.pem\na_first\n-" CERTS "evil.pem\nb-last\n-" CERTS
		    "evil.pem\n-" CERTS "evil.pem\n");
}

static void
test_no_hooks(void **state RS_UNUSED)
{
	SCENE(s);

	scene_evil(&s);
	file_remove(RS_DEBIAN_HOOKS);
	apply(&s);
	expect_applied(&s, RS_STEP_DONE, NULL);
	expect_bundle("A B ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/refresh/follows", test_follows),
		FILE_TEST("/refresh/conf", test_conf),
		FILE_TEST("/refresh/odd-name", test_odd_name),
		FILE_TEST("/refresh/same-name", test_same_name),
		FILE_TEST("/refresh/updater-fails", test_updater_fails),
		FILE_TEST("/refresh/updater-loses", test_updater_loses),
		FILE_TEST("/refresh/updater-not-run", test_updater_not_run),
		FILE_TEST("/refresh/copies-not-kept", test_copies_not_kept),
		FILE_TEST("/refresh/hook-fails", test_hook_fails),
		FILE_TEST("/refresh/hooks", test_hooks),
		FILE_TEST("/refresh/no-hooks", test_no_hooks),
	};

	file_private_world();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("refresh", tests, pem_setup, pem_teardown);
}
