/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records that somebody changed, with a digest that fits: whoever can write
 * there can make one. In a private world, as root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record-fixture.h"
#include "record-json.h"
#include "store.h"

#define LOCAL "/usr/local/share/ca-certificates/"

static char *
record_file(const struct file_folder *folder, const char *name)
{
	return rs_printf("%s/" RECORD_ID "/%s", folder->dir, name);
}

/* Puts the bytes in record.xml's place, and their digest into progress. */
static void
forge(const struct file_folder *folder, const char *xml, size_t len)
{
	RS_AUTOFREE char *path = record_file(folder, "record.xml"), *first = NULL;
	RS_AUTOFREE char *progress = record_file(folder, "progress");
	char digest[RS_SHA256_HEX];

	file_write(path, xml, len);
	rs_sha256(xml, len, digest);
	first = rs_printf("record %s\n", digest);
	file_puts(progress, first);
}

/* A record with a file step and a refresh, in a new folder. */
static char *
make_record(struct file_folder *folder)
{
	struct rs_record *record = record_begin(folder);
	struct rs_step *step = record_add_file_step(record, LOCAL "a.crt");
	struct rs_step *refresh = rs_step_new(RS_STEP_REFRESH, RS_KIND_P11KIT, "s",
					      "/etc/ssl/certs/ca-certificates.crt");
	struct rs_copy *copy = rs_alloc(sizeof(*copy));
	RS_AUTOFREE char *path = record_file(folder, "record.xml");

	refresh->n = 2;
	refresh->layout = rs_strdup("debian");
	copy->path = rs_strdup("/etc/ssl/certs/ca-certificates.crt");
	copy->saved = (struct rs_saved){
		.type = RS_SAVED_FILE, .mode = 0644, .sha256 = rs_strdup(step->before.sha256),
		.content = rs_strdup("step-1"), .xattrs.free_fn = rs_xattr_free,
	};
	rs_array_add(&refresh->copies, copy);
	rs_array_add(&record->steps, refresh);
	record_commit(record, folder);
	rs_record_free(record);
	return file_text(path);
}

static struct rs_record *
read_back(const struct file_folder *folder, const struct rs_user *user)
{
	struct rs_record *record = rs_record_read(folder->fd, RECORD_ID, user), *told;
	json_object *json;

	if (record->state != RS_RECORD_DAMAGED)
		rs_record_check_contents(record);
	/* Whatever it is, the parent must hear of it. */
	json = rs_record_to_json(record);
	told = rs_record_from_json(json, "system");
	assert_non_null(told);
	assert_int_equal(told->state, record->state);
	rs_record_free(told);
	json_object_put(json);
	return record;
}

static void
expect_good(const struct file_folder *folder, const struct rs_user *user)
{
	struct rs_record *record = read_back(folder, user);

	if (record->reason != NULL)
		fail_msg("%s", record->reason);
	assert_int_equal(record->state, RS_RECORD_PENDING);
	rs_record_free(record);
}

static void
expect_damaged(const struct file_folder *folder, const struct rs_user *user, const char *reason)
{
	struct rs_record *record = read_back(folder, user);

	assert_int_equal(record->state, RS_RECORD_DAMAGED);
	assert_false(rs_record_is_undoable(record) || rs_record_is_unfinished(record));
	if (strstr(record->reason, reason) == NULL)
		assert_string_equal(record->reason, reason);
	rs_record_free(record);
}

/* In the record's text from (once there) becomes to. */
static void
expect_forged(const char *from, const char *to, const char *reason)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *xml = make_record(&folder), *forged = NULL;
	char *at = strstr(xml, from);

	if (at == NULL)
		fail_msg("no %s in %s", from, xml);
	forged = rs_printf("%.*s%s%s", (int)(at - xml), xml, to, at + strlen(from));
	forge(&folder, forged, strlen(forged));
	if (reason == NULL)
		expect_good(&folder, NULL);
	else
		expect_damaged(&folder, NULL, reason);
}

#define STEP_PATH "path=\"" LOCAL "a.crt\""
#define NO_STEP "which no step of this kind could have changed"
#define NO_RECORD "record.xml is not a record"
#define NO_MODE "asks for an owner, a mode or an attribute that no step has"

static void
test_places(void **state RS_UNUSED)
{
	expect_forged(STEP_PATH, "path=\"/etc/ca-certificates.conf\"", NULL);
	expect_forged(STEP_PATH, "path=\"" LOCAL "x/y z.crt\"", NULL);
	expect_forged(STEP_PATH, "path=\"/etc/ssl/certs/stray.pem\"", NULL);
	expect_forged(STEP_PATH, "path=\"/etc/passwd\"", NO_STEP);
	expect_forged(STEP_PATH, "path=\"" LOCAL "../../../../etc/passwd\"", NO_STEP);
	expect_forged(STEP_PATH, "path=\"" LOCAL "a/..\"", NO_STEP);
	expect_forged(STEP_PATH, "path=\"" LOCAL "\"", NO_STEP);
	expect_forged(STEP_PATH, "path=\"/usr/local/share/ca-certificatesx\"", NO_STEP);
	expect_forged(STEP_PATH, "path=\"usr/local/share/ca-certificates/a\"", NO_STEP);
	expect_forged(STEP_PATH, "path=\"\"", NO_STEP);
	expect_forged(STEP_PATH, "path-b64=\"L2V0Yy9wYXNzd2Q=\"", NO_STEP);
	/* A NUL in it, and no base64 at all. */
	expect_forged(STEP_PATH, "path-b64=\"L3Vzci9sb2NhbC9zaGFyZS9jYS1jZXJ0aWZpY2F0ZXMvYQBi\"",
		      NO_STEP);
	expect_forged(STEP_PATH, "path-b64=\"*\"", NO_STEP);
	expect_forged(STEP_PATH, "", NO_RECORD);
}

static void
test_kinds(void **state RS_UNUSED)
{
	expect_forged("store-kind=\"p11-kit\"", "store-kind=\"openssl-dir\"", NULL);
	expect_forged("store-kind=\"p11-kit\"", "store-kind=\"shell\"", NO_STEP);
	expect_forged("layout=\"debian\"", "layout=\"/bin/sh\"", NO_STEP);
	expect_forged("store-kind=\"p11-kit\"", "store-kind=\"browser-policy\"", NO_STEP);
	expect_forged("kind=\"file\"", "kind=\"program\"", NO_RECORD);
	expect_forged("op=\"remove\"", "op=\"element\"", NO_STEP);
	expect_forged("op=\"remove\"", "op=\"keystore\"", NO_STEP);
	expect_forged("store-kind=\"p11-kit\"", "store-kind=\"java\"", NO_STEP);
	expect_forged("op=\"remove\"", "op=\"run\"", NO_RECORD);
	expect_forged("n=\"1\"", "n=\"0\"", NO_RECORD);
	expect_forged("n=\"1\"", "n=\"-1\"", NO_RECORD);
}

/* The derived copies that are put back are the layout's, none else. */
static void
test_copies(void **state RS_UNUSED)
{
#define COPY "<copy path=\"/etc/ssl/certs/ca-certificates.crt\">"
	expect_forged(COPY, "<copy path=\"/etc/ssl/certs/java/cacerts\">", NULL);
	expect_forged(COPY, "<copy path=\"/etc/passwd\">", NO_STEP);
	expect_forged(COPY, "<copy path=\"/etc/ssl/certs/other\">", NO_STEP);
	expect_forged(COPY, "<copy path=\"cacerts\">", NO_STEP);
	expect_forged(COPY, "<copy path-b64=\"*\">", NO_STEP);
	expect_forged(COPY "\n   <before type=\"file\" mode=\"0644\" uid=\"0\"",
		      COPY "\n   <before type=\"file\" mode=\"0644\" uid=\"1000\"", NO_MODE);
}

#define BEFORE "<before type=\"file\" mode=\"0644\" uid=\"0\""

static void
test_modes(void **state RS_UNUSED)
{
	expect_forged(BEFORE, "<before type=\"file\" mode=\"0600\" uid=\"0\"", NULL);
	expect_forged(BEFORE, "<before type=\"file\" mode=\"4755\" uid=\"0\"", NO_RECORD);
	expect_forged(BEFORE, "<before type=\"file\" mode=\"04755\" uid=\"0\"", NO_RECORD);
	expect_forged(BEFORE, "<before type=\"file\" mode=\"2644\" uid=\"0\"", NO_RECORD);
	expect_forged(BEFORE, "<before type=\"file\" mode=\"644\" uid=\"0\"", NO_RECORD);
	expect_forged(BEFORE, "<before type=\"file\" mode=\"0644\" uid=\"1000\"", NO_MODE);
	expect_forged(BEFORE, "<before type=\"file\" mode=\"0644\" uid=\"-1\"", NO_RECORD);
	expect_forged(BEFORE, "<before type=\"device\" mode=\"0644\" uid=\"0\"", NO_RECORD);
	expect_forged(BEFORE, "<before type=\"link\" mode=\"0644\" uid=\"0\"", NO_MODE);
	expect_forged(BEFORE, "<before type=\"link\" target=\"/etc\" mode=\"0777\" uid=\"0\"", NULL);
	expect_forged(BEFORE, "<before type=\"link\" target-b64=\"*\" mode=\"0777\" uid=\"0\"", NO_MODE);
	expect_forged("<after type=\"absent\"/>", "<after type=\"file\" mode=\"0644\" uid=\"5\" "
		      "gid=\"0\" size=\"0\" mtime=\"0.000000000\" sha256=\"e3b0c44298fc1c149afbf4c8996fb924"
		      "27ae41e4649b934ca495991b7852b855\"/>", NO_MODE);
}

static void
test_attributes(void **state RS_UNUSED)
{
#define CONTENT "content=\"step-1\"/>"
#define XATTR(name) "content=\"step-1\"><xattr name=\"" name "\" value=\"AQAAAg==\"/></before>"
	expect_forged(CONTENT, XATTR("security.selinux"), NULL);
	expect_forged(CONTENT, XATTR("security.capability"), NO_MODE);
	expect_forged(CONTENT, "content=\"../../x\"/>", NO_RECORD);
	expect_forged(CONTENT, "content=\"/etc/shadow\"/>", NO_RECORD);
	expect_forged(CONTENT, "content=\"record.xml\"/>", NO_RECORD);
	expect_forged(CONTENT, "content=\"progress\"/>", "its digest differs");
	expect_forged(CONTENT, "content=\"none\"/>", "cannot be read");
	expect_forged(CONTENT, "/>", "holds no bytes for it");
}

static void
test_documents(void **state RS_UNUSED)
{
#define ROOT "<record xmlns=\"urn:rootsweep:record:1\""
	expect_forged(ROOT, "<record xmlns=\"urn:rootsweep:record:2\"", NO_RECORD);
	expect_forged(ROOT, "<record", NO_RECORD);
	expect_forged(ROOT, "<!DOCTYPE record>\n" ROOT, "no XML document of ours");
	expect_forged(ROOT, "<!DOCTYPE record [<!ENTITY e SYSTEM \"/etc/passwd\">]>\n" ROOT,
		      "no XML document of ours");
	expect_forged(ROOT, ROOT " more=\"1\"", NO_RECORD);
	expect_forged("</record>", "<run/></record>", NO_RECORD);
	expect_forged("</record>", "", "no XML document of ours");
	expect_forged("id=\"" RECORD_ID "\"", "id=\"20261122T190800Z-0123456789abcdee\"",
		      "another id than its folder");
	expect_forged("id=\"" RECORD_ID "\"", "id=\"../" RECORD_ID "\"", NO_RECORD);
	expect_forged("<after type=\"absent\"/>", "", NO_RECORD);
	expect_forged("<after type=\"absent\"/>", "<after type=\"absent\"/><after type=\"absent\"/>",
		      NO_RECORD);
}

static void
test_bytes(void **state RS_UNUSED)
{
	static const struct { const char *bytes; size_t len; } files[] = {
		{ "", 0 }, { "\0", 1 }, { "<", 1 }, { "\xff\xfe<\0", 4 }, { "record", 6 },
		{ "<record/>", 9 }, { "<?xml version=\"1.0\" encoding=\"none\"?><record/>", 46 },
	};

	for (size_t i = 0; i < RS_COUNT(files); i++) {
		FILE_FOLDER(folder);

		free(make_record(&folder));
		forge(&folder, files[i].bytes, files[i].len);
		expect_damaged(&folder, NULL, "record.xml is no");
	}
}

/* References that would become gigabytes, or another file's bytes. */
static void
test_entities(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOBUF struct rs_buf xml = { 0 };

	free(make_record(&folder));
	rs_buf_puts(&xml, "<!DOCTYPE record [<!ENTITY a0 \"aaaaaaaaaa\">");
	for (int i = 1; i < 20; i++)
		rs_buf_printf(&xml, "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;\">", i,
			      i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	rs_buf_puts(&xml, "]><record>&a19;</record>");
	forge(&folder, xml.data, xml.len);
	expect_damaged(&folder, NULL, "no XML document of ours");
}

/*
 * What does not fit together on disk.
 */

static void
test_digest(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *xml = make_record(&folder), *path = record_file(&folder, "record.xml");
	RS_AUTOFREE char *progress = record_file(&folder, "progress");
	RS_AUTOFREE char *upper = NULL, *text = file_text(progress);

	expect_good(&folder, NULL);
	record_append(&folder, "record.xml", " ");
	expect_damaged(&folder, NULL, "is not what was written (its digest differs)");
	file_puts(path, xml);
	expect_good(&folder, NULL);
	file_puts(progress, "");
	expect_damaged(&folder, NULL, "is not what was written");
	file_puts(progress, "state applied\n");
	expect_damaged(&folder, NULL, "is not what was written");
	upper = rs_printf("  %s", text);
	file_puts(progress, upper);
	expect_damaged(&folder, NULL, "is not what was written");
	file_puts(progress, text);
	expect_good(&folder, NULL);
}

/* Notes that nobody could have made change nothing. */
static void
test_notes(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	struct rs_record *record;

	free(make_record(&folder));
	record_append(&folder, "progress", "step 1 damaged\nstep 3 done\nstep -1 done\nstate damaged\n"
		      "state \xff\nstep 4294967298 done\nrecord 0\nstep 1 doneandmore\n\n\n step\n");
	record = read_back(&folder, NULL);
	assert_int_equal(record->state, RS_RECORD_PENDING);
	assert_int_equal(((struct rs_step *)record->steps.v[0])->state, RS_STEP_PLANNED);
	rs_record_free(record);
}

static void
test_contents(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *saved = NULL, *target = NULL;

	free(make_record(&folder));
	saved = record_file(&folder, "step-1");
	target = file_path(&folder, "elsewhere");
	record_append(&folder, "step-1", "x");
	expect_damaged(&folder, NULL, "the saved copy step-1 is not what was saved");
	file_puts(saved, "content\n");
	expect_good(&folder, NULL);
	assert_int_equal(unlink(saved), 0);
	expect_damaged(&folder, NULL, "the saved copy step-1 cannot be read: No such file");
	file_puts(target, "content\n");
	assert_int_equal(symlink(target, saved), 0);
	expect_damaged(&folder, NULL, "the saved copy step-1 cannot be read");
	assert_int_equal(unlink(saved) | mkfifo(saved, 0600), 0);
	expect_damaged(&folder, NULL, "the saved copy step-1 cannot be read");
}

static void
test_special_files(void **state RS_UNUSED)
{
	static const char *const names[] = { "record.xml", "progress" };

	for (size_t i = 0; i < RS_COUNT(names); i++) {
		FILE_FOLDER(folder);
		RS_AUTOFREE char *file = NULL, *moved = NULL;

		free(make_record(&folder));
		file = record_file(&folder, names[i]);
		moved = file_path(&folder, "moved");
		assert_int_equal(link(file, moved) | unlink(file) | symlink(moved, file), 0);
		expect_damaged(&folder, NULL, "it cannot be read");
		assert_int_equal(unlink(file) | mkfifo(file, 0600), 0);
		expect_damaged(&folder, NULL, "it cannot be read");
		assert_int_equal(unlink(file) | mkdir(file, 0700), 0);
		expect_damaged(&folder, NULL, "it cannot be read");
		assert_int_equal(rmdir(file), 0);
		expect_damaged(&folder, NULL, "it cannot be read");
	}
}

static void
test_link(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *dir = NULL, *moved = NULL;

	free(make_record(&folder));
	dir = file_path(&folder, RECORD_ID);
	moved = file_path(&folder, "moved");
	expect_good(&folder, NULL);
	assert_int_equal(rename(dir, moved) | symlink("moved", dir), 0);
	expect_damaged(&folder, NULL, "it cannot be read");
}

/*
 * A user's: rows of databases, and nothing else.
 */

static const struct rs_user alice = {
	.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice", .uid = 1000,
};

static void
expect_users_row(const char *path, const char *column, const char *reason)
{
	FILE_FOLDER(folder);
	RS_AUTOBUF struct rs_buf xml = { 0 };

	free(make_record(&folder));
	rs_buf_printf(&xml, "<record xmlns=\"urn:rootsweep:record:1\" id=\"" RECORD_ID "\" time=\"\" "
		      "owner=\"alice\"><step n=\"1\" kind=\"rows\" store-kind=\"nss\" store=\"s\" "
		      "path=\"%s\"><row rowid=\"1\"><column name=\"id\" type=\"integer\">1</column>"
		      "<column name=\"%s\" type=\"blob\">AA==</column></row></step></record>",
		      path, column);
	forge(&folder, xml.data, xml.len);
	if (reason == NULL)
		expect_good(&folder, &alice);
	else
		expect_damaged(&folder, &alice, reason);
	/* Nor can such a step stand in the system's. */
	expect_damaged(&folder, NULL, reason != NULL && strstr(reason, "record.xml") ? reason : NO_STEP);
}

static void
test_users(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);

	expect_users_row("/home/alice/.pki/nssdb/cert9.db", "a11", NULL);
	expect_users_row("/home/alice/.pki/nssdb/key4.db", "a11", NO_STEP);
	expect_users_row("/etc/passwd", "a11", NO_STEP);
	expect_users_row("home/alice/cert9.db", "a11", NO_STEP);
	expect_users_row("/home/alice/../bob/cert9.db", "a11", NO_STEP);
	expect_users_row("cert9.db", "a11", NO_STEP);
	expect_users_row("/home/alice/cert9.db", "a11) VALUES (1); DROP TABLE x; --", NO_RECORD);
	expect_users_row("/home/alice/cert9.db", "a&quot;b", NO_RECORD);
	expect_users_row("/home/alice/cert9.db", "", NO_RECORD);
	/* The system's record, in a user's folder. */
	free(make_record(&folder));
	expect_damaged(&folder, &alice, NO_STEP);
}

/*
 * Browsers' policies: of the system and of users, each with what fits it.
 */

#define MANAGED "/etc/chromium/policies/managed/x"
#define CERTIFICATE "/usr/lib/mozilla/certificates/a"
#define HERS "/home/alice/.local/share/flatpak/extension/a/b/c/policies/policies.json"
#define HER_CERTIFICATE "/home/alice/.mozilla/certificates/a"

#define EMPTY_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define FILE_STATE "type=\"file\" mode=\"0644\" uid=\"0\" gid=\"0\" size=\"0\" " \
	"mtime=\"0.000000000\" sha256=\"" EMPTY_DIGEST "\""
#define ABSENT "type=\"absent\""

static bool
policy_step_is_good(const struct rs_user *user, const char *path, const char *op,
		    const char *before, const char *after)
{
	FILE_FOLDER(folder);
	RS_AUTOBUF struct rs_buf xml = { 0 };
	struct rs_record *record;
	bool good;

	free(make_record(&folder));
	rs_buf_printf(&xml, "<record xmlns=\"urn:rootsweep:record:1\" id=\"" RECORD_ID "\" time=\"\" "
		      "owner=\"x\"><step n=\"1\" kind=\"file\" store-kind=\"browser-policy\" "
		      "store=\"s\" path=\"%s\" op=\"%s\"><before %s/><after %s/></step></record>",
		      path, op, before, after);
	forge(&folder, xml.data, xml.len);
	record = rs_record_read(folder.fd, RECORD_ID, user);
	good = record->state != RS_RECORD_DAMAGED;
	if (!good && strstr(record->reason, NO_STEP) == NULL)
		fail_msg("%s", record->reason);
	rs_record_free(record);
	return good;
}

static void
test_policies(void **state RS_UNUSED)
{
	static const char *const bad[] = {
		"/etc/passwd", "/etc/cron.d/x", "/etc/chromium/policies/managed", MANAGED "/y",
		"/etc/chromium/policies/managed/..", "/etc/a/../chromium/policies/managed/x",
		"/usr/local/share/ca-certificates/a.crt", "/home/alice/.pki/nssdb/cert9.db", "x", "",
	};

	assert_true(policy_step_is_good(NULL, MANAGED, "element", FILE_STATE, FILE_STATE));
	assert_true(policy_step_is_good(NULL, CERTIFICATE, "remove", FILE_STATE, ABSENT));
	assert_true(policy_step_is_good(&alice, HERS, "element", FILE_STATE, FILE_STATE));
	assert_true(policy_step_is_good(&alice, HER_CERTIFICATE, "remove", FILE_STATE, ABSENT));
	/* Each owner's own. */
	assert_false(policy_step_is_good(&alice, MANAGED, "element", FILE_STATE, FILE_STATE));
	assert_false(policy_step_is_good(&alice, CERTIFICATE, "remove", FILE_STATE, ABSENT));
	assert_false(policy_step_is_good(NULL, HERS, "element", FILE_STATE, FILE_STATE));
	assert_false(policy_step_is_good(NULL, HER_CERTIFICATE, "remove", FILE_STATE, ABSENT));
	/* No other step: a policy is never made nor taken away. */
	assert_false(policy_step_is_good(NULL, MANAGED, "remove", FILE_STATE, ABSENT));
	assert_false(policy_step_is_good(NULL, MANAGED, "cut", FILE_STATE, FILE_STATE));
	assert_false(policy_step_is_good(NULL, MANAGED, "element", FILE_STATE, ABSENT));
	assert_false(policy_step_is_good(NULL, MANAGED, "element", ABSENT, FILE_STATE));
	assert_false(policy_step_is_good(NULL, CERTIFICATE, "element", FILE_STATE, FILE_STATE));
	assert_false(policy_step_is_good(NULL, CERTIFICATE, "remove", "type=\"link\" mode=\"0777\" "
	    "uid=\"0\" gid=\"0\" size=\"0\" mtime=\"0.000000000\" target=\"/etc\" sha256=\""
	    EMPTY_DIGEST "\"", ABSENT));
	for (size_t i = 0; i < RS_COUNT(bad); i++) {
		assert_false(policy_step_is_good(NULL, bad[i], "element", FILE_STATE, FILE_STATE));
		assert_false(policy_step_is_good(NULL, bad[i], "remove", FILE_STATE, ABSENT));
		assert_false(policy_step_is_good(&alice, bad[i], "element", FILE_STATE, FILE_STATE));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/record-bad/places", test_places),
		FILE_TEST("/record-bad/kinds", test_kinds),
		FILE_TEST("/record-bad/copies", test_copies),
		FILE_TEST("/record-bad/modes", test_modes),
		FILE_TEST("/record-bad/attributes", test_attributes),
		FILE_TEST("/record-bad/documents", test_documents),
		FILE_TEST("/record-bad/bytes", test_bytes),
		FILE_TEST("/record-bad/entities", test_entities),
		FILE_TEST("/record-bad/digest", test_digest),
		FILE_TEST("/record-bad/notes", test_notes),
		FILE_TEST("/record-bad/contents", test_contents),
		FILE_TEST("/record-bad/special-files", test_special_files),
		FILE_TEST("/record-bad/link", test_link),
		FILE_TEST("/record-bad/users", test_users),
		FILE_TEST("/record-bad/policies", test_policies),
	};

	file_private_world();
	file_debian();
	return cmocka_run_group_tests_name("record-bad", tests, NULL, NULL);
}
