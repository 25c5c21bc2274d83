/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File steps on a file of one's own, with a record to save into. */
#ifndef RS_TEST_STEP_FIXTURE_H
#define RS_TEST_STEP_FIXTURE_H

#include "record-fixture.h"
#include "step.h"

#define STEP_SCENE(name) RS_CLEANUP(step_scene_remove) struct step_scene name

/* One file, "f" in a folder of its own, and a step on it. */
struct step_scene {
	struct file_folder folder, records;
	char *path, *was;		/* was: its look before */
	struct rs_record *record;
	struct rs_step *step;
};

/* The file holds text, or is a link to it; the plan has seen it as it is. */
void step_scene_file(struct step_scene *scene, enum rs_file_op op, const char *text, size_t len);
void step_scene_link(struct step_scene *scene, const char *target);
void step_scene_remove(struct step_scene *scene);	/* for RS_CLEANUP */

/* The first of these bytes of the file, as a range. */
void step_range(struct step_scene *scene, const char *bytes);
void step_deselect(struct step_scene *scene, const char *line);
/* As the plan would see the file now. */
void step_look_again(struct step_scene *scene);

/* Prepared, recorded; and done. */
void step_record(struct step_scene *scene);
void step_done(struct step_scene *scene);
/* Each says how it went. */
void step_expect_refused(struct step_scene *scene, const char *reason);
void step_expect_do(struct step_scene *scene, enum rs_step_state state);
void step_expect_undo(struct step_scene *scene, enum rs_step_state state);

/* The file's content, NULL for none at all; and no other file beside it. */
void step_expect_text(const struct step_scene *scene, const char *text);
/* It is as it was, in every respect. */
void step_expect_as_before(const struct step_scene *scene);

#endif
