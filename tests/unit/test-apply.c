/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plan for the system and a user, each part in a process of its owner's;
 * and the records of it. In a private world, as root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apply.h"
#include "carry.h"
#include "debian-fixture.h"
#include "nss-fixture.h"

#define ID "20261122T190800Z-0123456789abcdef"
#define EVIL RS_DEBIAN_LOCAL "/evil.crt"
#define SYSTEM_RECORDS "/var/lib/rootsweep/records"
#define USER_RECORDS "/home/alice/.local/state/rootsweep/records"
#define UID 4242
#define SCENE(name) RS_CLEANUP(scene_remove) struct scene name; scene_make(&name)

/* One root in both places: evil.crt, and rows 10 and 11 of alice's database. */
struct scene {
	struct debian_findings found;
	struct nss_folder folder;
	struct nss_cert cert;
	struct rs_store *nss;
	struct rs_user alice;
	struct rs_plan plan;
	struct rs_records_job job;
	bool changed;
};

static void
give(const char *path)
{
	assert_int_equal(lchown(path, UID, UID), 0);
}

static void
make_database(struct scene *s)
{
	s->folder.dir = rs_strdup("/home/alice/.pki/nssdb");
	s->folder.file = rs_strdup("/home/alice/.pki/nssdb/cert9.db");
	file_remove("/home/alice");
	file_mkdir(s->folder.dir);
	nss_schema(&s->folder);
	nss_cert_set(&s->cert, pem_evil.der.data, pem_evil.der.len);
	nss_row_cert(&s->folder, 10, &s->cert, NULL);
	nss_row_trust(&s->folder, 11, RS_CKO_TRUST, &s->cert, NSS_HASH, NSS_NEW_ANCHOR);
	give("/home/alice");
	give("/home/alice/.pki");
	give(s->folder.dir);
	give(s->folder.file);
}

static void
find_rows(struct scene *s)
{
	struct rs_finding *finding = rs_alloc(sizeof(*finding));
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(s->cert.cert));
	struct rs_origin *origin = rs_origin_new(s->folder.file, "rows", RS_HOW_ROWS);

	s->nss = rs_store_new(RS_KIND_NSS, "alice", s->folder.file);
	rs_array_add_str(&origin->ids, "10");
	rs_array_add_str(&origin->ids, "11");
	rs_array_add(&anchor->origins, origin);
	rs_array_add(&s->nss->anchors, anchor);
	*finding = (struct rs_finding){
		.store = s->nss, .anchor = anchor, .action = RS_ACTION_QUARANTINE,
	};
	rs_array_add(&s->found.matches.findings, finding);
}

static void
scene_make(struct scene *s)
{
	*s = (struct scene){ 0 };
	debian_make();
	debian_findings_make(&s->found);
	make_database(s);
	s->alice = (struct rs_user){
		.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice",
		.uid = UID, .gid = UID,
	};
	rs_array_add(&s->found.scope.users, &s->alice);
	debian_find_file(&s->found, EVIL, &pem_evil);
	find_rows(s);
}

static void
scene_remove(struct scene *s)
{
	rs_plan_free(&s->plan);
	rs_records_job_free(&s->job);
	rs_store_free(s->nss);
	debian_findings_free(&s->found);
	nss_cert_free(&s->cert);
	free(s->folder.dir);
	free(s->folder.file);
}

static long
rows(const struct scene *s)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	long n;

	assert_int_equal(sqlite3_open_v2(s->folder.file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM nssPublic", -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

static void
expect_taken(const struct scene *s, bool file, bool database)
{
	RS_AUTOFREE char *bundle = debian_bundle();

	assert_int_equal(file_exists(EVIL), !file);
	assert_string_equal(bundle, file ? "A B " : "A B Evil ");
	assert_int_equal(rows(s), database ? 0 : 2);
}

static void
apply(struct scene *s)
{
	rs_plan_make(&s->plan, &s->found.matches, &s->found.scan, &s->found.scope);
	assert_int_equal(s->plan.parts.n, 2);
	s->changed = rs_apply_plan(&s->plan, &s->found.scope, ID);
}

static const struct rs_part *
part(const struct scene *s, size_t i)
{
	return s->plan.parts.v[i];
}

/* Each of the part's steps came to this. */
static void
expect_part(const struct scene *s, size_t i, enum rs_step_state state, const char *reason)
{
	const struct rs_part *p = part(s, i);

	for (size_t k = 0; k < p->steps.n; k++) {
		const struct rs_step *step = p->steps.v[k];

		if (step->state != state)
			fail_msg("%s: %s", rs_step_state_name(step->state), step->reason);
		if (reason != NULL && strstr(step->reason, reason) == NULL)
			assert_string_equal(step->reason, reason);
	}
}

static void
run_records(struct scene *s, enum rs_records_do what)
{
	rs_records_job_free(&s->job);
	s->job = (struct rs_records_job){ .what = what };
	rs_records_run(&s->job, &s->found.scope);
}

/* The states of the records, that of alice first, and what is wrong. */
static void
expect_records(struct scene *s, enum rs_records_do what, const char *want)
{
	RS_AUTOBUF struct rs_buf got = { 0 };

	run_records(s, what);
	rs_buf_puts(&got, "");
	for (size_t i = 0; i < s->job.records.n; i++) {
		const struct rs_record *record = s->job.records.v[i];

		assert_string_equal(record->id, ID);
		rs_buf_printf(&got, "%s %s%s", record->owner, rs_record_state_name(record->state),
			      record->acted ? " acted" : "");
		for (size_t k = 0; k < record->steps.n; k++)
			rs_buf_printf(&got, " %s", rs_step_state_name(
			    ((struct rs_step *)record->steps.v[k])->state));
		rs_buf_puts(&got, record->reason ? " reason\n" : "\n");
	}
	for (size_t i = 0; i < s->job.problems.n; i++)
		rs_buf_printf(&got, "%s\n", (char *)s->job.problems.v[i]);
	assert_string_equal(got.data, want);
}

static void
expect_owner(const char *path, unsigned uid, unsigned mode)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, uid);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void
test_round_trip(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *before = file_look(EVIL), *after = NULL;

	expect_records(&s, RS_RECORDS_LIST, "");
	apply(&s);
	assert_true(s.changed);
	expect_part(&s, 0, RS_STEP_DONE, NULL);
	expect_part(&s, 1, RS_STEP_DONE, NULL);
	expect_taken(&s, true, true);
	/* One run has one id, each part lies with its owner. */
	expect_owner(SYSTEM_RECORDS "/" ID, 0, 0700);
	expect_owner(SYSTEM_RECORDS "/" ID "/record.xml", 0, 0600);
	expect_owner(USER_RECORDS "/" ID, UID, 0700);
	expect_owner(USER_RECORDS "/" ID "/record.xml", UID, 0600);
	expect_records(&s, RS_RECORDS_LIST, "alice applied done\nsystem applied done done\n");
	assert_false(s.job.changed);
	expect_records(&s, RS_RECORDS_RECOVER, "alice applied done\nsystem applied done done\n");
	expect_records(&s, RS_RECORDS_UNDO, "alice undone acted undone\n"
		       "system undone acted undone undone\n");
	assert_true(s.job.changed);
	expect_taken(&s, false, false);
	after = file_look(EVIL);
	assert_string_equal(after, before);
	expect_records(&s, RS_RECORDS_UNDO, "alice undone undone\nsystem undone undone undone\n");
	expect_records(&s, RS_RECORDS_FORGET, "alice undone acted undone\n"
		       "system undone acted undone undone\n");
	expect_records(&s, RS_RECORDS_LIST, "");
}

/*
 * The system's part before users' parts, or behind them: never at once.
 */

static void
run_turn(struct rs_worker *worker, struct rs_wire *wire)
{
	if (worker->user == NULL)
		usleep(300000);
	wire->sink.fact(&wire->sink, "fact", worker->owner);
}

static void
take_turn(struct rs_worker *worker, json_object *line RS_UNUSED)
{
	rs_buf_puts(worker->data, worker->user == NULL ? "system " : "user ");
}

static void
expect_turns(bool system_first, const char *want)
{
	const struct rs_user nobody = {
		.name = (char *)(uintptr_t)"nobody", .home = (char *)(uintptr_t)"/",
		.uid = 65534, .gid = 65534,
	};
	const struct rs_user *const users[] = { &nobody, NULL, &nobody };
	RS_AUTOBUF struct rs_buf said = { 0 };
	struct rs_array workers;

	rs_array_init(&workers, rs_worker_free);
	for (size_t i = 0; i < RS_COUNT(users); i++) {
		struct rs_worker *worker = rs_worker_new("x", run_turn, NULL);

		worker->user = users[i];
		worker->keep_rights = users[i] == NULL;
		worker->line = take_turn;
		worker->data = &said;
		rs_array_add(&workers, worker);
	}
	rs_carry_run(&workers, 4, system_first);
	rs_array_free(&workers);
	assert_string_equal(said.data, want);
}

static void
test_turns(void **state RS_UNUSED)
{
	expect_turns(true, "system user user ");
	expect_turns(false, "user user system ");
}

/* Those of one owner, or of one id. */
static void
test_scope(void **state RS_UNUSED)
{
	SCENE(s);
	struct rs_array ids;

	apply(&s);
	s.found.scope.system = false;
	expect_records(&s, RS_RECORDS_UNDO, "alice undone acted undone\n");
	expect_taken(&s, true, false);
	s.found.scope.system = true;
	/* What is left is read all the same. */
	s.alice.leave = true;
	expect_records(&s, RS_RECORDS_LIST, "alice undone undone\nsystem applied done done\n");
	rs_array_init(&ids, free);
	rs_array_add_str(&ids, "20261122T190800Z-0123456789abcdee");
	rs_records_job_free(&s.job);
	s.job = (struct rs_records_job){ .what = RS_RECORDS_UNDO, .ids = &ids };
	rs_records_run(&s.job, &s.found.scope);
	assert_int_equal(s.job.records.n, 0);
	rs_array_free(&ids);
	expect_taken(&s, true, false);
}

/* One owner's trouble is not the other's. */
static void
test_locked_database(void **state RS_UNUSED)
{
	SCENE(s);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(s.folder.file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	apply(&s);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	expect_part(&s, 0, RS_STEP_DONE, NULL);
	expect_part(&s, 1, RS_STEP_REFUSED, "is in use: close the program that uses it");
	expect_taken(&s, true, false);
	/* What is refused leaves no record. */
	expect_records(&s, RS_RECORDS_LIST, "system applied done done\n");
	sqlite3_close(db);
}

/* An undo that has to wait is tried again, and not taken for done. */
static void
test_undo_again(void **state RS_UNUSED)
{
	SCENE(s);
	sqlite3 *db;

	apply(&s);
	assert_int_equal(sqlite3_open(s.folder.file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	expect_records(&s, RS_RECORDS_UNDO, "alice partly_undone acted pending\n"
		       "system undone acted undone undone\n");
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_taken(&s, false, true);
	expect_records(&s, RS_RECORDS_UNDO, "alice undone acted undone\n"
		       "system undone undone undone\n");
	expect_taken(&s, false, false);
}

/* Nor where the place was written to between the two. */
static void
test_undo_again_elsewhere(void **state RS_UNUSED)
{
	SCENE(s);

	apply(&s);
	assert_int_equal(mount(NULL, "/usr/local", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	expect_records(&s, RS_RECORDS_UNDO, "alice undone acted undone\n"
		       "system partly_undone acted failed undone\n");
	assert_int_equal(mount(NULL, "/usr/local", NULL, MS_REMOUNT, NULL), 0);
	file_puts(EVIL, "somebody else's");
	expect_records(&s, RS_RECORDS_UNDO, "alice undone undone\n"
		       "system partly_undone acted conflict undone\n");
	assert_int_equal(unlink(EVIL), 0);
	expect_records(&s, RS_RECORDS_UNDO, "alice undone undone\n"
		       "system undone acted undone undone\n");
	expect_taken(&s, false, false);
}

/*
 * Where no record can be made nothing is touched.
 */

static void
expect_no_record(struct scene *s, size_t i, const char *failure)
{
	RS_AUTOFREE char *before = file_look(EVIL), *after = NULL;

	apply(s);
	expect_part(s, i, RS_STEP_PLANNED, NULL);
	assert_non_null(part(s, i)->failure);
	if (strstr(part(s, i)->failure, failure) == NULL)
		assert_string_equal(part(s, i)->failure, failure);
	expect_taken(s, i != 0, i != 1);
	after = file_look(EVIL);
	if (i == 0)
		assert_string_equal(after, before);
}

static void
test_folder_refused(void **state RS_UNUSED)
{
	{
		SCENE(s);

		/* Where root's run cannot be noted, it touches nobody's. */
		file_mkdir("/var/lib/rootsweep");
		assert_int_equal(chmod("/var/lib/rootsweep", 0777), 0);
		apply(&s);
		for (size_t i = 0; i < 2; i++) {
			expect_part(&s, i, RS_STEP_PLANNED, NULL);
			assert_non_null(strstr(part(&s, i)->failure, "nothing was touched"));
			assert_non_null(strstr(part(&s, i)->failure, "/var/lib/rootsweep can be "
					       "written by others"));
			assert_true(part(&s, i)->no_folder);
		}
		assert_true(rs_plan_has_no_folder(&s.plan));
		assert_false(s.changed);
		expect_taken(&s, false, false);
	}
	{
		SCENE(s);

		s.found.matches.findings.n = 1;
		file_mkdir("/var/lib/rootsweep");
		assert_int_equal(chmod("/var/lib/rootsweep", 0777), 0);
		rs_plan_make(&s.plan, &s.found.matches, &s.found.scan, &s.found.scope);
		s.found.matches.findings.n = 2;
		assert_false(rs_apply_plan(&s.plan, &s.found.scope, ID));
		assert_non_null(strstr(part(&s, 0)->failure, "/var/lib/rootsweep can be written by "
				       "others"));
		assert_true(rs_plan_has_no_folder(&s.plan));
		expect_taken(&s, false, false);
	}
	{
		SCENE(s);

		/* A link would have root's words written elsewhere. */
		file_mkdir("/home/alice/.local");
		assert_int_equal(symlink("/tmp", "/home/alice/.local/state"), 0);
		give("/home/alice/.local");
		expect_no_record(&s, 1, "/home/alice/.local/state is a link");
		/* The system's part was done. */
		assert_true(part(&s, 1)->no_folder);
		assert_false(rs_plan_has_no_folder(&s.plan));
	}
}

/* Each call that changes something, in both parts, fails in its turn. */
static void
test_failing_calls(void **state RS_UNUSED)
{
	for (int n = 1; n <= 40; n++) {
		SCENE(s);
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			file_fail_at("ROOTSWEEP_FAIL_AT", n);
			apply(&s);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		/* Whatever came of it: it is in the record, and goes back. */
		run_records(&s, RS_RECORDS_RECOVER);
		run_records(&s, RS_RECORDS_UNDO);
		expect_taken(&s, false, false);
	}
}

/* A record that could not be read again would make undo impossible. */
static void
test_record_not_readable(void **state RS_UNUSED)
{
	SCENE(s);

	assert_int_equal(chown(RS_DEBIAN_BUNDLE, 1000, 1000), 0);
	expect_no_record(&s, 0, "the undo record could not be read again, so nothing was touched: ");
	expect_records(&s, RS_RECORDS_LIST, "alice applied done\n");
}

/* Root's runs are those that the system's folder knows, whatever a user's holds. */
static void
test_runs(void **state RS_UNUSED)
{
	SCENE(s);
	struct rs_array runs;

	apply(&s);
	assert_int_equal(rename(USER_RECORDS "/" ID, USER_RECORDS "/20991122T190800Z-0123456789abcdef"),
			 0);
	run_records(&s, RS_RECORDS_LIST);
	assert_int_equal(s.job.records.n, 2);
	assert_int_equal(s.job.runs.n, 1);
	assert_string_equal(s.job.runs.v[0], ID);
	/* A note stays until the caller knows that nobody has a part. */
	run_records(&s, RS_RECORDS_FORGET);
	run_records(&s, RS_RECORDS_LIST);
	assert_int_equal(s.job.records.n, 0);
	assert_int_equal(s.job.runs.n, 1);
	rs_array_init(&runs, free);
	rs_array_add_str(&runs, ID);
	rs_records_job_free(&s.job);
	s.job = (struct rs_records_job){ .what = RS_RECORDS_FORGET, .forget_runs = &runs };
	rs_records_run(&s.job, &s.found.scope);
	run_records(&s, RS_RECORDS_LIST);
	assert_int_equal(s.job.runs.n, 0);
	rs_array_free(&runs);
}

/*
 * Records that somebody damaged.
 */

static void
test_damaged(void **state RS_UNUSED)
{
	SCENE(s);
	int fd;

	apply(&s);
	fd = open(SYSTEM_RECORDS "/" ID "/step-1", O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	file_puts(USER_RECORDS "/" ID "/record.xml", "<record/>");
	expect_records(&s, RS_RECORDS_UNDO, "alice damaged reason\n"
		       "system damaged done done reason\n");
	expect_taken(&s, true, true);
	expect_records(&s, RS_RECORDS_RECOVER, "alice damaged reason\n"
		       "system damaged done done reason\n");
	/* They can be forgotten. */
	expect_records(&s, RS_RECORDS_FORGET, "alice damaged acted reason\n"
		       "system damaged acted done done reason\n");
	assert_false(file_exists(SYSTEM_RECORDS "/" ID) || file_exists(USER_RECORDS "/" ID));
}

/* A user's record for a place that is not that user's. */
static void
test_users_record_elsewhere(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *xml = NULL, *forged = NULL, *first = NULL;
	char digest[RS_SHA256_HEX], *at;

	apply(&s);
	file_mkdir("/home/bob/.pki");
	file_write("/home/bob/.pki/cert9.db", "x", 1);
	xml = file_text(USER_RECORDS "/" ID "/record.xml");
	at = strstr(xml, " path=\"/home/alice/.pki/nssdb/cert9.db\"");
	assert_non_null(at);
	forged = rs_printf("%.*s path=\"/home/bob/.pki/cert9.db\"%s", (int)(at - xml), xml,
			   at + strlen(" path=\"/home/alice/.pki/nssdb/cert9.db\""));
	rs_sha256(forged, strlen(forged), digest);
	first = rs_printf("record %s\nstate applied\n", digest);
	file_puts(USER_RECORDS "/" ID "/record.xml", forged);
	file_puts(USER_RECORDS "/" ID "/progress", first);
	s.found.scope.system = false;
	expect_records(&s, RS_RECORDS_UNDO, "alice partly_undone acted failed\n");
	free(first);
	first = file_text("/home/bob/.pki/cert9.db");
	assert_string_equal(first, "x");
}

static void
test_folder_of_records(void **state RS_UNUSED)
{
	SCENE(s);

	apply(&s);
	assert_int_equal(chmod(SYSTEM_RECORDS, 0722), 0);
	expect_records(&s, RS_RECORDS_UNDO, "alice undone acted undone\n"
		       "system: the undo records are not read: " SYSTEM_RECORDS " can be written by "
		       "others: take that right away (chmod go-w)\n");
	expect_taken(&s, true, false);
}

/* In a child that is alice: her own run, with her environment. */
static int
as_alice(struct scene *s, const char *state_home, const char *want)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		RS_AUTOBUF struct rs_buf got = { 0 };

		setenv("XDG_STATE_HOME", state_home, 1);
		if (setresgid(UID, UID, UID) < 0 || setresuid(UID, UID, UID) < 0)
			_exit(1);
		run_records(s, RS_RECORDS_LIST);
		rs_buf_puts(&got, "");
		for (size_t i = 0; i < s->job.records.n; i++)
			rs_buf_printf(&got, "%s ", ((struct rs_record *)s->job.records.v[i])->owner);
		_exit(rs_streq(got.data, want) && s->job.problems.n == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What root's run left for her she finds, and each once. */
static void
test_own_run(void **state RS_UNUSED)
{
	SCENE(s);

	apply(&s);
	assert_int_equal(as_alice(&s, "/home/alice/elsewhere", "alice "), 0);
	assert_int_equal(as_alice(&s, "/home/alice/.local/state", "alice "), 0);
	assert_int_equal(as_alice(&s, "not/absolute", "alice "), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/apply/round-trip", test_round_trip),
		FILE_TEST("/apply/turns", test_turns),
		FILE_TEST("/apply/scope", test_scope),
		FILE_TEST("/apply/locked-database", test_locked_database),
		FILE_TEST("/apply/undo-again", test_undo_again),
		FILE_TEST("/apply/undo-again-elsewhere", test_undo_again_elsewhere),
		FILE_TEST("/apply/folder-refused", test_folder_refused),
		FILE_TEST("/apply/failing-calls", test_failing_calls),
		FILE_TEST("/apply/record-not-readable", test_record_not_readable),
		FILE_TEST("/apply/runs", test_runs),
		FILE_TEST("/apply/damaged", test_damaged),
		FILE_TEST("/apply/users-record-elsewhere", test_users_record_elsewhere),
		FILE_TEST("/apply/folder-of-records", test_folder_of_records),
		FILE_TEST("/apply/own-run", test_own_run),
	};

	file_private_world();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("apply", tests, pem_setup, pem_teardown);
}
