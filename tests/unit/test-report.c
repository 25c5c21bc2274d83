/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file-fixture.h"
#include "message.h"
#include "nss-fixture.h"
#include "report.h"

#define HOSTILE "/a\x1b[31m\n\xff\xe2\x80\xae\x7f/b"
/* As no locale is set: also what is no ASCII is escaped. */
#define HOSTILE_SAFE "/a\\x1b[31m\\x0a\\xef\\xbf\\xbd\\xe2\\x80\\xae\\x7f/b"

/* Rows of every noun, with every field that may be hostile. */
struct scene {
	struct nss_cert cert;
	struct rs_store *store;
	struct rs_anchor *anchor;
	struct rs_finding finding;
	struct rs_report_anchor listed;
	struct rs_step *step;
	struct rs_record *record;
	struct rs_report report;
	struct rs_policy policy;
	struct rs_policy_file file;
};

static int
setup(void **state)
{
	struct scene *s = rs_alloc(sizeof(*s));
	struct rs_origin *origin;
	struct rs_record_finding *found = rs_alloc(sizeof(*found));

	nss_cert_make(&s->cert, "A \x1b B", 1, 1);
	s->store = rs_store_new(RS_KIND_NSS, "u", HOSTILE);
	rs_store_fail(s->store, RS_STORE_LOCKED, "in use by " HOSTILE);
	s->anchor = rs_store_add(s->store, rs_anchor_new(rs_cert_copy(s->cert.cert)));
	s->anchor->trust = RS_TRUST_SERVER | RS_TRUST_EMAIL;
	s->anchor->witnesses = RS_SEEN_ROWS | RS_SEEN_SOFTOKEN;
	origin = rs_origin_new(HOSTILE, "certificate \x1b 1", RS_HOW_ROWS);
	rs_array_add(&s->anchor->origins, origin);
	s->finding = (struct rs_finding){
		.store = s->store, .anchor = s->anchor, .how = RS_MATCH_SHA1,
		.action = RS_ACTION_QUARANTINE, .reason = (char *)(uintptr_t)HOSTILE,
	};
	s->listed = (struct rs_report_anchor){ s->store, s->anchor };
	s->step = rs_step_new(RS_STEP_FILE, RS_KIND_P11KIT, "p11-kit:system:" HOSTILE, HOSTILE);
	s->step->n = 1;
	rs_step_set(s->step, RS_STEP_CONFLICT, "%s", HOSTILE);
	s->record = rs_record_new("20261122T190800Z-0123456789abcdef", NULL);
	s->record->owner = rs_strdup("u\x1b");
	s->record->time = rs_strdup("2026-11-22T19:08:00Z");
	s->record->state = RS_RECORD_PARTLY_UNDONE;
	*found = (struct rs_record_finding){ .entry = rs_strdup("e"), .store = rs_strdup(HOSTILE),
					     .title = rs_strdup("T " HOSTILE) };
	rs_array_add(&s->record->findings, found);
	rs_array_add(&s->record->steps, rs_step_new(RS_STEP_ROWS, RS_KIND_NSS, HOSTILE, HOSTILE));
	s->file = (struct rs_policy_file){ .path = (char *)(uintptr_t)"/p.xml",
					   .version = (char *)(uintptr_t)"2026.11.22", .entries = 7 };
	rs_array_add(&s->policy.files, &s->file);
	s->policy.date = (char *)(uintptr_t)"2026-11-22";
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	nss_cert_free(&s->cert);
	rs_store_free(s->store);
	rs_step_free(s->step);
	rs_record_free(s->record);
	rs_array_free(&s->policy.files);
	free(s);
	return 0;
}

/* What fn writes to standard output, in a child of its own. */
static char *
output(struct scene *s, void (*fn)(struct scene *))
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *path = NULL;
	int status;
	pid_t pid;

	file_folder_make(&folder);
	path = file_path(&folder, "out");
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

		setenv("ROOTSWEEP_TIME", "1795374480", 1);
		dup2(fd, 1);
		fn(s);
		_exit(fflush(stdout) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return file_text(path);
}

static void
list(struct scene *s, const char *key, const struct rs_report_noun *noun, void *row)
{
	struct rs_array rows;

	rs_array_init(&rows, NULL);
	if (row != NULL)
		rs_array_add(&rows, row);
	rs_report_list(&s->report, key, noun, &rows, true);
	rs_array_free(&rows);
}

static void
write_all(struct scene *s)
{
	rs_report_begin(&s->report, "rootsweep.test/1", &s->policy);
	rs_report_say(&s->report, "said");
	list(s, "stores", &rs_noun_store, s->store);
	list(s, "findings", &rs_noun_finding, &s->finding);
	list(s, "results", &rs_noun_result, &s->finding);
	list(s, "unknown", &rs_noun_unknown, &s->finding);
	list(s, "anchors", &rs_noun_anchor, &s->listed);
	list(s, "steps", &rs_noun_step, s->step);
	list(s, "records", &rs_noun_record, s->record);
	list(s, "undone", &rs_noun_undone, s->record);
	list(s, "none", &rs_noun_store, NULL);
	rs_report_end(&s->report);
}

static json_object *
document(struct scene *s, void (*fn)(struct scene *))
{
	RS_AUTOFREE char *text = NULL;
	json_object *json;

	s->report.format = RS_FORMAT_JSON;
	text = output(s, fn);
	json = json_tokener_parse(text);
	if (json == NULL)
		fail_msg("no JSON: %s", text);
	/* Nothing that steers a terminal, nor bytes that are no UTF-8. */
	for (const char *p = text; *p != '\0'; p++)
		assert_true((unsigned char)*p >= 0x20 || *p == '\n');
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(text, 0x7f));
	assert_null(strchr(text, '\xff'));
	return json;
}

static json_object *
get(json_object *json, const char *key)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(json, key, &value))
		fail_msg("no %s in %s", key, json_object_to_json_string(json));
	return value;
}

static json_object *
first(json_object *json, const char *key)
{
	json_object *array = get(json, key);

	assert_true(json_object_is_type(array, json_type_array));
	assert_int_equal(json_object_array_length(array), 1);
	return json_object_array_get_idx(array, 0);
}

static void
expect_text(json_object *json, const char *key, const char *want)
{
	json_object *value = get(json, key);

	if (!rs_streq(json_object_get_string(value), want))
		fail_msg("%s is %s", key, json_object_get_string(value));
}

static void
expect_keys(json_object *json, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		get(json, keys[i]);
}

#define EXPECT_KEYS(json, ...) \
	do { \
		static const char *const keys_[] = { __VA_ARGS__ }; \
		expect_keys(json, keys_, RS_COUNT(keys_)); \
	} while (0)

#define U "\xef\xbf\xbd"
#define HOSTILE_JSON "/a\x1b[31m\n" U "\xe2\x80\xae\x7f/b"
#define HOSTILE_B64 "L2EbWzMxbQr/4oCufy9i"

static void
test_document(void **state)
{
	json_object *json = document(*state, write_all), *policy;

	EXPECT_KEYS(json, "schema", "version", "time", "host", "policy", "policy_date", "complete");
	expect_text(json, "schema", "rootsweep.test/1");
	expect_text(json, "time", "2026-11-22T19:08:00Z");
	expect_text(json, "policy_date", "2026-11-22");
	assert_true(json_object_get_boolean(get(json, "complete")));
	policy = first(json, "policy");
	expect_text(policy, "file", "/p.xml");
	expect_text(policy, "version", "2026.11.22");
	assert_int_equal(json_object_get_int(get(policy, "entries")), 7);
	assert_int_equal(json_object_array_length(get(json, "none")), 0);
	json_object_put(json);
}

static void
write_without_policy(struct scene *s)
{
	s->report.partial = true;
	rs_report_begin(&s->report, "s", NULL);
	rs_report_end(&s->report);
}

static void
test_incomplete(void **state)
{
	json_object *json = document(*state, write_without_policy);

	assert_false(json_object_get_boolean(get(json, "complete")));
	assert_null(get(json, "policy_date"));
	assert_int_equal(json_object_array_length(get(json, "policy")), 0);
	json_object_put(json);
}

static void
test_store(void **state)
{
	json_object *json = document(*state, write_all), *store = first(json, "stores");

	EXPECT_KEYS(store, "id", "kind", "path", "owner", "state", "anchors", "reason");
	expect_text(store, "id", "nss:u:" HOSTILE_JSON);
	expect_text(store, "path", HOSTILE_JSON);
	expect_text(store, "path_b64", HOSTILE_B64);
	expect_text(store, "state", "locked");
	assert_int_equal(json_object_get_int(get(store, "anchors")), 1);
	json_object_put(json);
}

static void
test_finding(void **state)
{
	struct scene *s = *state;
	json_object *json = document(s, write_all), *finding = first(json, "findings"), *origin;

	EXPECT_KEYS(finding, "store", "object", "entry", "category", "action", "match", "sha256",
		    "spki_sha256", "sha1", "subject", "issuer", "serial", "origins", "trust",
		    "witnesses", "reason");
	expect_text(finding, "object", "certificate");
	assert_null(get(finding, "entry"));
	expect_text(finding, "action", "quarantine");
	expect_text(finding, "match", "sha1");
	expect_text(finding, "sha256", s->cert.cert->sha256);
	expect_text(finding, "serial", "01");
	expect_text(finding, "trust", "[ \"server\", \"email\" ]");
	expect_text(finding, "witnesses", "[ \"rows\", \"softoken\" ]");
	origin = first(finding, "origins");
	expect_text(origin, "path", HOSTILE_JSON);
	expect_text(origin, "path_b64", HOSTILE_B64);
	expect_text(origin, "object", "certificate \x1b 1");
	assert_null(get(first(json, "results"), "result"));
	EXPECT_KEYS(first(json, "unknown"), "store", "sha256", "spki_sha256", "subject", "origins");
	EXPECT_KEYS(first(json, "anchors"), "store", "sha256", "spki_sha256", "subject", "origins",
		    "trust", "public");
	json_object_put(json);
}

/* Trust whose certificate is gone: what is not known is null. */
static void
test_lone_trust(void **state)
{
	struct scene *s = *state;
	json_object *json, *finding;
	struct rs_cert empty = { 0 }, *kept = s->anchor->cert;

	s->anchor->cert = &empty;
	s->anchor->trust_only = true;
	s->finding.result = RS_RESULT_WOULD_QUARANTINE;
	json = document(s, write_all);
	s->anchor->cert = kept;
	finding = first(json, "results");
	expect_text(finding, "object", "trust");
	expect_text(finding, "result", "would_quarantine");
	for (size_t i = 0; i < 6; i++) {
		static const char *const unknown[] = {
			"sha256", "spki_sha256", "sha1", "subject", "issuer", "serial",
		};

		assert_null(get(finding, unknown[i]));
	}
	json_object_put(json);
}

static void
test_steps_and_records(void **state)
{
	json_object *json = document(*state, write_all);
	json_object *step = first(json, "steps"), *record = first(json, "records");
	json_object *undone = first(json, "undone"), *finding = first(record, "findings");

	EXPECT_KEYS(step, "n", "kind", "path", "store", "state", "reason");
	expect_text(step, "path_b64", HOSTILE_B64);
	expect_text(step, "state", "conflict");
	EXPECT_KEYS(record, "id", "owner", "time", "state", "findings");
	expect_text(record, "state", "partly_undone");
	expect_text(finding, "name", "T " HOSTILE_JSON);
	assert_null(get(finding, "sha256"));
	EXPECT_KEYS(undone, "id", "owner", "state", "steps");
	EXPECT_KEYS(first(undone, "steps"), "n", "kind", "path", "store", "state", "reason");
	json_object_put(json);
}

/* One object a line, the summary last, with the schema. */
static void
test_lines(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *text = NULL;
	static const char *const types[] = {
		"store", "finding", "finding", "unknown", "anchor", "step", "record", "record", "summary",
	};
	char *save = NULL, *line;
	size_t n = 0;

	s->report.format = RS_FORMAT_JSONL;
	text = output(s, write_all);
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		json_object *json = json_tokener_parse(line);

		assert_non_null(json);
		assert_true(n < RS_COUNT(types));
		expect_text(json, "type", types[n]);
		if (n == 0)
			expect_text(json, "path_b64", HOSTILE_B64);
		if (++n == RS_COUNT(types))
			EXPECT_KEYS(json, "schema", "version", "time", "policy", "complete");
		json_object_put(json);
	}
	assert_int_equal(n, RS_COUNT(types));
}

/*
 * For people.
 */

static void
test_table(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *text = output(s, write_all);
	size_t lines = 0;

	for (const char *p = text; *p != '\0'; p++) {
		assert_true(*p == '\n' || ((unsigned char)*p >= 0x20 && *p != 0x7f));
		lines += *p == '\n';
	}
	assert_true(rs_starts(text, "said\nKIND"));
	assert_non_null(strstr(text, HOSTILE_SAFE));
	assert_null(strstr(text, "\xff"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	/* A head and a row, but of unknown ones: hostile text makes no more of them. */
	assert_int_equal(lines, 1 + 7 * 2);
	assert_null(strstr(text, "SHA-256 ENTRY"));
}

static void
write_in_c(struct scene *s)
{
	setlocale(LC_ALL, "C");
	rs_report_begin(&s->report, "s", NULL);
	list(s, "stores", &rs_noun_store, s->store);
	rs_report_end(&s->report);
}

static void
write_in_utf8(struct scene *s)
{
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	rs_report_begin(&s->report, "s", NULL);
	list(s, "stores", &rs_noun_store, s->store);
	rs_report_end(&s->report);
}

/* libsmartcols does not end on bytes that the locale does not know. */
static void
write_store(struct scene *s)
{
	rs_report_begin(&s->report, "s", NULL);
	list(s, "stores", &rs_noun_store, s->store);
	rs_report_end(&s->report);
}

/* Of 64 KiB of name a table shows the beginning, JSON all. */
static void
test_long_name(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *table = NULL;
	RS_AUTOBUF struct rs_buf name = { 0 };
	json_object *json;

	while (name.len < 65536)
		rs_buf_puts(&name, "/long");
	free(s->store->path);
	s->store->path = rs_strdup(name.data);
	s->report.format = RS_FORMAT_TABLE;
	table = output(s, write_store);
	assert_non_null(strstr(table, "/long/long/lon... "));
	assert_true(strlen(table) < 2000);
	json = document(s, write_store);
	expect_text(first(json, "stores"), "path", name.data);
	json_object_put(json);
}

static void
test_locale(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *c = NULL, *utf8 = NULL;

	free(s->store->path);
	s->store->path = rs_strdup("/\xc3\xbc/\xe4\xb8\xad/\xff");
	c = output(s, write_in_c);
	utf8 = output(s, write_in_utf8);
	assert_non_null(strstr(c, " /\\xc3\\xbc/\\xe4\\xb8\\xad/\\xef\\xbf\\xbd "));
	assert_non_null(strstr(utf8, " /\xc3\xbc/\xe4\xb8\xad/" U " "));
}

static void
write_verbose(struct scene *s)
{
	rs_verbosity = RS_VERBOSE;
	write_all(s);
}

static void
test_verbose(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *text = output(s, write_verbose), *plain = output(s, write_all);

	assert_non_null(strstr(text, s->cert.cert->sha256));
	assert_non_null(strstr(text, "WITNESSES"));
	assert_null(strstr(plain, "WITNESSES"));
	assert_null(strstr(text, "path_b64"));
}

static void
write_heads(struct scene *s)
{
	rs_report_begin(&s->report, "s", NULL);
	rs_report_head(&s->report, "%d of them", 3);
	rs_report_end(&s->report);
}

static void
write_heads_in_color(struct scene *s)
{
	s->report.color = true;
	write_heads(s);
}

static void
write_quietly(struct scene *s)
{
	rs_verbosity = RS_QUIET;
	s->report.color = true;
	rs_report_begin(&s->report, "s", NULL);
	rs_report_head(&s->report, "head");
	rs_report_say(&s->report, "line");
	rs_report_end(&s->report);
}

static void
test_said(void **state)
{
	struct scene *s = *state;
	RS_AUTOFREE char *plain = output(s, write_heads), *color = output(s, write_heads_in_color);
	RS_AUTOFREE char *quiet = output(s, write_quietly);
	json_object *json;

	assert_string_equal(plain, "3 of them\n");
	assert_string_equal(color, "\x1b[1m3 of them\x1b[0m\n");
	assert_string_equal(quiet, "");
	json = document(s, write_heads_in_color);
	json_object_put(json);
}

/* A full disk behind standard output is no success. */
static void
test_full_disk(void **state)
{
	struct scene *s = *state;

	for (enum rs_format format = RS_FORMAT_TABLE; format <= RS_FORMAT_JSONL; format++) {
		int status;
		pid_t pid;

		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			int full = open("/dev/full", O_WRONLY), null = open("/dev/null", O_WRONLY);

			dup2(full, 1);
			dup2(null, 2);
			s->report.format = format;
			write_all(s);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), RS_EXIT_FAILED);
	}
}

static void
write_texts(struct scene *s)
{
	struct rs_array texts;

	rs_array_init(&texts, NULL);
	rs_report_begin(&s->report, "s", NULL);
	rs_report_texts(&s->report, "none", &texts);
	rs_array_add(&texts, (void *)(uintptr_t)HOSTILE);
	rs_report_texts(&s->report, "some", &texts);
	rs_report_end(&s->report);
	rs_array_free(&texts);
}

static void
test_texts(void **state)
{
	json_object *json = document(*state, write_texts);

	assert_int_equal(json_object_array_length(get(json, "none")), 0);
	assert_string_equal(json_object_get_string(first(json, "some")), HOSTILE_JSON);
	json_object_put(json);
}

#define REPORT_TEST(name, function) { name, function, setup, teardown, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		REPORT_TEST("/report/document", test_document),
		REPORT_TEST("/report/incomplete", test_incomplete),
		REPORT_TEST("/report/store", test_store),
		REPORT_TEST("/report/finding", test_finding),
		REPORT_TEST("/report/lone-trust", test_lone_trust),
		REPORT_TEST("/report/steps-and-records", test_steps_and_records),
		REPORT_TEST("/report/lines", test_lines),
		REPORT_TEST("/report/table", test_table),
		REPORT_TEST("/report/long-name", test_long_name),
		REPORT_TEST("/report/locale", test_locale),
		REPORT_TEST("/report/verbose", test_verbose),
		REPORT_TEST("/report/said", test_said),
		REPORT_TEST("/report/full-disk", test_full_disk),
		REPORT_TEST("/report/texts", test_texts),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
