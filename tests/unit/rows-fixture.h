/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An NSS database with a root in it, and a rows step that takes it out. */
#ifndef RS_TEST_ROWS_FIXTURE_H
#define RS_TEST_ROWS_FIXTURE_H

#include "file-fixture.h"
#include "match.h"
#include "nss-fixture.h"
#include "step.h"

/* The database is NSS's, or one of another kind (chromium-fixture.h). */
#define ROWS_SCENE(name) RS_CLEANUP(rows_scene_remove) struct rows_scene name

/* Root A is rows 10, 11 and 12; its twin is 5, 6 and 7. */
struct rows_scene {
	struct nss_folder folder;
	struct nss_cert a, twin;	/* twin: the same issuer and serial, another key */
	struct rs_user user;
	struct rs_part part;
	struct rs_store *store;
	struct rs_finding finding;
	struct rs_step *step;		/* on A */
	const char *table;
};

void rows_scene_make(struct rows_scene *s);
void rows_scene_remove(struct rows_scene *s);	/* for RS_CLEANUP */
/* The step on A with these rows, in place of the one there is. */
void rows_find(struct rows_scene *s, const char *ids);

/* Schema and rows, in the order of rowids, each value with its type. */
char *rows_dump(const struct rows_scene *s);
long rows_count(const struct rows_scene *s, const char *condition);

/* reason: a part of it; NULL for none at all. */
void rows_expect(const struct rows_scene *s, enum rs_step_state state, const char *reason);
void rows_prepare(struct rows_scene *s);
void rows_take_out(struct rows_scene *s);
void rows_expect_undo(struct rows_scene *s, enum rs_step_state state, const char *reason);

/* Nothing of the database is changed by what does not come about. */
#define ROWS_UNCHANGED(s, call) \
	do { \
		RS_AUTOFREE char *before_ = rows_dump(s), *after_ = NULL; \
		call; \
		after_ = rows_dump(s); \
		assert_string_equal(after_, before_); \
	} while (0)

#endif
