/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: entries of a JVM's keystore, with a keytool
 * whose keystores are lines of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "java-places.h"
#include "step-fixture.h"
#include "store.h"

#define JVM "/opt/jdk"
#define KEYTOOL JVM "/bin/keytool"
#define FOLDER JVM "/lib/security"
#define KEYSTORE FOLDER "/cacerts"
#define ALL "honest\nisp\nisp root\nlast\n"
#define REST "honest\nlast\n"

static void
put_keytool(const char *script)
{
	RS_AUTOFREE char *text = rs_printf("#!/bin/sh\n%s\n", script);

	file_mkdir(JVM "/bin");
	file_puts(KEYTOOL, text);
	assert_int_equal(chmod(KEYTOOL, 0755), 0);
}

/* Two entries are to go. */
static void
begin(struct step_scene *s, const char *path)
{
	*s = (struct step_scene){ .path = rs_strdup(path) };
	file_folder_make(&s->folder);
	s->record = record_begin(&s->records);
	s->step = rs_step_new(RS_STEP_FILE, RS_KIND_JAVA, "s", path);
	s->step->n = 1;
	s->step->op = RS_FILE_KEYSTORE;
	rs_array_add_str(&s->step->ids, "isp");
	rs_array_add_str(&s->step->ids, "isp root");
	rs_array_add(&s->record->steps, s->step);
	step_look_again(s);
}

static int
setup(void **state RS_UNUSED)
{
	file_remove(JVM);
	file_mkdir(FOLDER);
	file_puts(KEYSTORE, ALL);
	assert_int_equal(chown(KEYSTORE, 0, 12) | chmod(KEYSTORE, 0640), 0);
	put_keytool("[ \"$1 $2 $4 $5 $6\" = '-delete -keystore -storepass changeit -alias' ] ||"
		    " exit 9\ngrep -qx \"$7\" \"$3\" || { echo \"Alias <$7> does not exist\"; exit 1; }\n"
		    "sed -i \"/^$7\\$/d\" \"$3\"");
	return 0;
}

static void
expect_text(const char *path, const char *want)
{
	RS_AUTOFREE char *text = file_text(path);

	assert_string_equal(text, want);
}

static void
expect_names(const char *dir, const char *want)
{
	RS_AUTOFREE char *names = file_names(dir);

	assert_string_equal(names, want);
}

static void
test_round_trip(void **state RS_UNUSED)
{
	STEP_SCENE(s);
	RS_AUTOFREE char *now = NULL, *saved = NULL;
	struct stat st;

	begin(&s, KEYSTORE);
	step_record(&s);
	expect_text(KEYSTORE, ALL);
	saved = rs_printf("%s/" RECORD_ID, s.records.dir);
	expect_names(saved, "progress record.xml step-1 step-1-after ");
	step_expect_do(&s, RS_STEP_DONE);
	expect_text(KEYSTORE, REST);
	expect_names(FOLDER, "cacerts ");
	assert_int_equal(stat(KEYSTORE, &st), 0);
	assert_true(st.st_mode == (S_IFREG | 0640) && st.st_gid == 12);
	/* As after a crash before its note. */
	step_expect_do(&s, RS_STEP_DONE);
	step_expect_undo(&s, RS_STEP_UNDONE);
	now = file_look(KEYSTORE);
	assert_string_equal(now, s.was);
	step_expect_undo(&s, RS_STEP_UNDONE);
}

/* What is put in place is what was recorded, whatever keytool has become. */
static void
test_from_record(void **state RS_UNUSED)
{
	STEP_SCENE(s);
	RS_AUTOFREE char *after = NULL;
	struct rs_record *read;

	begin(&s, KEYSTORE);
	step_record(&s);
	file_remove(KEYTOOL);
	read = rs_record_read(s.records.fd, RECORD_ID, NULL);
	rs_record_check_contents(read);
	assert_int_equal(read->state, RS_RECORD_PENDING);
	assert_int_equal(read->steps.n, 1);
	rs_step_file_do(read->steps.v[0], read, NULL, false);
	assert_int_equal(((struct rs_step *)read->steps.v[0])->state, RS_STEP_DONE);
	expect_text(KEYSTORE, REST);
	rs_record_free(read);
	after = rs_printf("%s/" RECORD_ID "/step-1-after", s.records.dir);
	file_puts(after, "forged");
	read = rs_record_read(s.records.fd, RECORD_ID, NULL);
	rs_record_check_contents(read);
	assert_int_equal(read->state, RS_RECORD_DAMAGED);
	rs_record_free(read);
}

/* No record may name another place, nor a user's record this kind. */
static void
test_places(void **state RS_UNUSED)
{
	static const char *const others[] = {
		"/etc/lib/security/cacerts", FOLDER "/java.policy", JVM "/cacerts",
		JVM "/../etc/lib/security/cacerts", "opt/jdk/lib/security/cacerts",
		"/etc/ssl/certs/java/cacerts", "/opt/a/b/lib/security/cacerts",
	};
	const struct rs_user alice = {
		.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice",
		.uid = 4242, .gid = 4242,
	};
	STEP_SCENE(users);
	struct rs_record *read;

	assert_true(rs_java_is_jvms(KEYSTORE));
	assert_true(rs_java_is_jvms("/usr/lib/jvm/java-8/jre/lib/security/jssecacerts"));
	for (size_t i = 0; i < RS_COUNT(others); i++) {
		STEP_SCENE(s);

		assert_false(rs_java_is_jvms(others[i]));
		begin(&s, KEYSTORE);
		rs_step_file_prepare(s.step, s.record, NULL, false);
		free(s.step->path);
		s.step->path = rs_strdup(others[i]);
		record_commit(s.record, &s.records);
		read = rs_record_read(s.records.fd, RECORD_ID, NULL);
		assert_int_equal(read->state, RS_RECORD_DAMAGED);
		rs_record_free(read);
	}
	begin(&users, KEYSTORE);
	step_record(&users);
	read = rs_record_read(users.records.fd, RECORD_ID, &alice);
	assert_int_equal(read->state, RS_RECORD_DAMAGED);
	rs_record_free(read);
}

static void
expect_refused(const char *reason)
{
	STEP_SCENE(s);

	begin(&s, KEYSTORE);
	step_expect_refused(&s, reason);
	expect_names(FOLDER, "cacerts ");
}

static void
test_refused(void **state RS_UNUSED)
{
	STEP_SCENE(linked);

	file_puts(KEYSTORE, "honest\nisp\nlast\n");
	expect_refused("status 1: Alias <isp root> does not exist");
	file_puts(KEYSTORE, ALL);
	put_keytool("kill -KILL $$");
	expect_refused("status 137");
	put_keytool("rm -f \"$3\"; [ \"$7\" = isp ] || exit 0");
	expect_refused("what keytool left cannot be read");
	put_keytool("exit 0");
	assert_int_equal(chmod(KEYTOOL, 0775), 0);
	expect_refused("can be written by others than root");
	assert_int_equal(chmod(KEYTOOL, 0755) | chmod(FOLDER, 0775), 0);
	expect_refused("folder that belongs to somebody else");
	assert_int_equal(chmod(FOLDER, 0755) | symlink(JVM, "/opt/link"), 0);
	begin(&linked, "/opt/link/lib/security/cacerts");
	step_expect_refused(&linked, "cannot be read");
	assert_int_equal(unlink("/opt/link"), 0);
}

/* The launcher of Java's tools would load what -J names, as root. */
static void
test_option_for_alias(void **state RS_UNUSED)
{
	static const char *const aliases[] = { "-J-agentpath:/tmp/evil.so", "-storepass", "@/tmp/args" };

	put_keytool("touch /opt/ran");
	for (size_t i = 0; i < RS_COUNT(aliases); i++) {
		STEP_SCENE(s);

		begin(&s, KEYSTORE);
		rs_array_free(&s.step->ids);
		rs_array_add_str(&s.step->ids, aliases[i]);
		step_expect_refused(&s, "for an option");
		expect_text(KEYSTORE, ALL);
	}
	assert_false(file_exists("/opt/ran"));
}

static void
test_changed_since(void **state RS_UNUSED)
{
	STEP_SCENE(plan);
	STEP_SCENE(before);
	STEP_SCENE(after);

	begin(&plan, KEYSTORE);
	file_puts(KEYSTORE, ALL "new\n");
	step_expect_refused(&plan, "has changed since");
	begin(&before, KEYSTORE);
	step_record(&before);
	file_puts(KEYSTORE, ALL);
	step_expect_do(&before, RS_STEP_FAILED);
	expect_text(KEYSTORE, ALL);
	begin(&after, KEYSTORE);
	step_done(&after);
	file_puts(KEYSTORE, REST "new\n");
	step_expect_undo(&after, RS_STEP_CONFLICT);
	expect_text(KEYSTORE, REST "new\n");
}

#define KEYSTORE_TEST(name, function) { name, function, setup, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEYSTORE_TEST("/step-keystore/round-trip", test_round_trip),
		KEYSTORE_TEST("/step-keystore/from-record", test_from_record),
		KEYSTORE_TEST("/step-keystore/places", test_places),
		KEYSTORE_TEST("/step-keystore/refused", test_refused),
		KEYSTORE_TEST("/step-keystore/option-for-alias", test_option_for_alias),
		KEYSTORE_TEST("/step-keystore/changed-since", test_changed_since),
	};

	file_private_world();
	return cmocka_run_group_tests_name("step-keystore", tests, NULL, NULL);
}
