/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "certfile.h"
#include "step-fixture.h"
#include "store.h"

static void
begin(struct step_scene *scene, enum rs_file_op op)
{
	*scene = (struct step_scene){ 0 };
	file_folder_make(&scene->folder);
	scene->path = file_path(&scene->folder, "f");
	scene->record = record_begin(&scene->records);
	scene->step = rs_step_new(RS_STEP_FILE, RS_KIND_P11KIT, "s", scene->path);
	scene->step->n = 1;
	scene->step->op = op;
	rs_array_add(&scene->record->steps, scene->step);
}

/* A time that no file has by chance. */
static void
make_old(const char *path)
{
	const struct timespec times[2] = { { 1000000001, 1 }, { 1000000002, 123456789 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

void
step_scene_file(struct step_scene *scene, enum rs_file_op op, const char *text, size_t len)
{
	begin(scene, op);
	file_write(scene->path, text, len);
	assert_int_equal(chown(scene->path, 0, 12) | chmod(scene->path, 0640), 0);
	assert_int_equal(setxattr(scene->path, "user.note", "kept \x01", 6, 0), 0);
	make_old(scene->path);
	step_look_again(scene);
}

void
step_scene_link(struct step_scene *scene, const char *target)
{
	begin(scene, RS_FILE_REMOVE);
	assert_int_equal(symlink(target, scene->path), 0);
	make_old(scene->path);
	scene->was = file_look(scene->path);
	assert_true(rs_stamp_link(&scene->step->stamp, scene->path));
}

void
step_look_again(struct step_scene *scene)
{
	struct rs_certfile *file = rs_certfile_read(scene->path);

	free(scene->step->stamp.sha256);
	rs_stamp_copy(&scene->step->stamp, &file->stamp);
	rs_certfile_free(file);
	free(scene->was);
	scene->was = file_look(scene->path);
}

void
step_scene_remove(struct step_scene *scene)
{
	rs_record_free(scene->record);
	file_folder_remove(&scene->folder);
	file_folder_remove(&scene->records);
	free(scene->path);
	free(scene->was);
}

static void
add_range(struct step_scene *scene, const char *bytes, uint64_t length)
{
	RS_AUTOFREE char *text = file_text(scene->path);
	struct rs_range *range = rs_array_add(&scene->step->ranges, rs_alloc(sizeof(*range)));

	assert_non_null(strstr(text, bytes));
	*range = (struct rs_range){ (uint64_t)(strstr(text, bytes) - text), length };
}

void
step_range(struct step_scene *scene, const char *bytes)
{
	add_range(scene, bytes, strlen(bytes));
}

void
step_deselect(struct step_scene *scene, const char *line)
{
	add_range(scene, line, 0);
}

void
step_record(struct step_scene *scene)
{
	rs_step_file_prepare(scene->step, scene->record, NULL, false);
	if (scene->step->state != RS_STEP_PLANNED)
		fail_msg("%s", scene->step->reason);
	record_commit(scene->record, &scene->records);
}

void
step_done(struct step_scene *scene)
{
	step_record(scene);
	step_expect_do(scene, RS_STEP_DONE);
}

static void
expect_state(const struct rs_step *step, enum rs_step_state state)
{
	if (step->state != state)
		fail_msg("%s: %s", rs_step_state_name(step->state), step->reason);
	assert_true((step->reason == NULL) == (state == RS_STEP_DONE || state == RS_STEP_UNDONE));
}

void
step_expect_refused(struct step_scene *scene, const char *reason)
{
	RS_AUTOFREE char *before = file_look(scene->path), *after = NULL;

	rs_step_file_prepare(scene->step, scene->record, NULL, false);
	expect_state(scene->step, RS_STEP_REFUSED);
	if (strstr(scene->step->reason, reason) == NULL)
		assert_string_equal(scene->step->reason, reason);
	assert_non_null(strstr(scene->step->reason, scene->path));
	after = file_look(scene->path);
	assert_string_equal(after, before);
}

void
step_expect_do(struct step_scene *scene, enum rs_step_state state)
{
	rs_step_file_do(scene->step, scene->record, NULL, false);
	expect_state(scene->step, state);
}

void
step_expect_undo(struct step_scene *scene, enum rs_step_state state)
{
	rs_step_file_undo(scene->step, scene->record, NULL, false);
	expect_state(scene->step, state);
}

void
step_expect_text(const struct step_scene *scene, const char *text)
{
	RS_AUTOFREE char *names = file_names(scene->folder.dir), *now = NULL;

	assert_string_equal(names, text ? "f " : "");
	if (text == NULL)
		return;
	now = file_text(scene->path);
	assert_string_equal(now, text);
}

void
step_expect_as_before(const struct step_scene *scene)
{
	RS_AUTOFREE char *now = file_look(scene->path), *names = file_names(scene->folder.dir);

	assert_string_equal(now, scene->was);
	assert_string_equal(names, "f ");
}
