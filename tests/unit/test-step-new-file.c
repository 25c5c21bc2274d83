/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps that make a file. In a private world, as root: it is to be root's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "step-fixture.h"

#define TEXT "what is to be there\n"

/* Nothing is there, and the plan wants TEXT. */
static void
scene_make(struct step_scene *s)
{
	step_scene_file(s, RS_FILE_CREATE, "x", 1);
	assert_int_equal(unlink(s->path), 0);
	s->step->content = rs_strdup(TEXT);
}

static void
test_create(void **state RS_UNUSED)
{
	STEP_SCENE(s);
	struct stat st;

	scene_make(&s);
	step_done(&s);
	step_expect_text(&s, TEXT);
	assert_int_equal(lstat(s.path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	assert_int_equal(st.st_uid | st.st_gid, 0);
	step_expect_do(&s, RS_STEP_DONE);
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_text(&s, NULL);
	step_expect_undo(&s, RS_STEP_UNDONE);
}

/* Gone already, or somebody else's now: then it is left. */
static void
test_undo_changed(void **state RS_UNUSED)
{
	STEP_SCENE(s);

	scene_make(&s);
	step_done(&s);
	file_puts(s.path, TEXT "and more\n");
	step_expect_undo(&s, RS_STEP_CONFLICT);
	assert_non_null(strstr(s.step->reason, "delete it by hand"));
	step_expect_text(&s, TEXT "and more\n");
	assert_int_equal(unlink(s.path), 0);
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_text(&s, NULL);
}

static void
test_refused(void **state RS_UNUSED)
{
	STEP_SCENE(s);
	STEP_SCENE(link);

	scene_make(&s);
	file_puts(s.path, "somebody's\n");
	step_expect_refused(&s, "is there already");
	scene_make(&link);
	assert_int_equal(symlink("/etc/passwd", link.path), 0);
	step_expect_refused(&link, "is there already");
}

static void
test_no_folder(void **state RS_UNUSED)
{
	STEP_SCENE(s);

	scene_make(&s);
	free(s.step->path);
	s.step->path = rs_printf("%s/none/f", s.folder.dir);
	free(s.path);
	s.path = rs_strdup(s.step->path);
	step_expect_refused(&s, "mkdir");
}

/* Between plan and step somebody made one. */
static void
test_appeared(void **state RS_UNUSED)
{
	STEP_SCENE(s);

	scene_make(&s);
	step_record(&s);
	file_puts(s.path, "somebody's\n");
	step_expect_do(&s, RS_STEP_FAILED);
	step_expect_text(&s, "somebody's\n");
	step_expect_undo(&s, RS_STEP_UNDONE);
	step_expect_text(&s, "somebody's\n");
}

/* What is to be made is in the record: a run that died is finished by it. */
static void
test_recorded(void **state RS_UNUSED)
{
	STEP_SCENE(s);

	scene_make(&s);
	step_record(&s);
	assert_string_equal(s.step->after.content, "step-1");
	free(s.step->content);
	s.step->content = NULL;
	step_expect_do(&s, RS_STEP_DONE);
	step_expect_text(&s, TEXT);
	step_expect_undo(&s, RS_STEP_UNDONE);
	/* Not what was planned: not put there. */
	assert_int_equal(unlinkat(s.record->dirfd, "step-1", 0), 0);
	step_expect_do(&s, RS_STEP_FAILED);
	step_expect_text(&s, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/step-new-file/create", test_create),
		FILE_TEST("/step-new-file/undo-changed", test_undo_changed),
		FILE_TEST("/step-new-file/refused", test_refused),
		FILE_TEST("/step-new-file/no-folder", test_no_folder),
		FILE_TEST("/step-new-file/appeared", test_appeared),
		FILE_TEST("/step-new-file/recorded", test_recorded),
	};

	file_private_world();
	return cmocka_run_group_tests_name("step-new-file", tests, NULL, NULL);
}
