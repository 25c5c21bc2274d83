/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records with a step that waits for a program to let go of its database:
 * what recover and undo make of them, while it runs and after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "carry.h"
#include "chromium-fixture.h"
#include "hold-fixture.h"
#include "running.h"

#define ID "20261122T190800Z-0123456789abcdef"
#define SCENE(name) RS_CLEANUP(scene_remove) struct scene name; scene_make(&name)

/* A user's record of one step, and the process that runs on its database. */
struct scene {
	struct rows_scene rows;
	struct file_folder records;
	struct rs_record *record;
	struct rs_carrying carrying;
	pid_t browser;
};

static void
scene_make(struct scene *s)
{
	*s = (struct scene){ 0 };
	chromium_scene_make(&s->rows);
	file_folder_make(&s->records);
	rows_prepare(&s->rows);
	s->rows.step->n = 1;
	s->rows.part.owner = (char *)(uintptr_t)"u";
	s->record = rs_record_new(ID, NULL);
	s->record->owner = rs_strdup("u");
	s->record->time = rs_strdup("2026-11-22T19:08:00Z");
	rs_array_add(&s->record->steps, rs_steal(&s->rows.step));
	assert_int_equal(rs_record_begin(s->record, s->records.fd), 0);
	assert_int_equal(rs_record_commit(s->record, s->records.fd), 0);
	s->carrying = (struct rs_carrying){ .part = &s->rows.part };
	s->browser = hold_database(s->rows.folder.file, HOLD_READING);
}

static void
scene_remove(struct scene *s)
{
	if (s->browser != 0)
		hold_end(s->browser);
	rs_record_free(s->record);
	file_folder_remove(&s->records);
	rows_scene_remove(&s->rows);
}

static void
close_browser(struct scene *s)
{
	hold_end(s->browser);
	s->browser = 0;
}

/* As it is on disk, by the next run; and how many of the rows are there. */
static void
expect(struct scene *s, enum rs_record_state state, enum rs_step_state step, bool unfinished,
       long rows)
{
	rs_record_free(s->record);
	s->record = rs_record_read(s->records.fd, ID, &s->rows.user);
	assert_null(s->record->reason);
	assert_int_equal(s->record->state, state);
	assert_int_equal(((struct rs_step *)s->record->steps.v[0])->state, step);
	assert_int_equal(rs_record_is_unfinished(s->record), unfinished);
	assert_int_equal(rows_count(&s->rows, "1"), rows);
}

static void
test_recover(void **state RS_UNUSED)
{
	SCENE(s);

	assert_true(rs_carry_forward(s.record, &s.carrying));
	expect(&s, RS_RECORD_PARTLY_APPLIED, RS_STEP_PENDING, true, 4);
	/* It runs on: said again, and nothing is taken back. */
	assert_true(rs_carry_recover(s.record, &s.carrying));
	assert_int_equal(((struct rs_step *)s.record->steps.v[0])->pid, s.browser);
	expect(&s, RS_RECORD_PARTLY_APPLIED, RS_STEP_PENDING, true, 4);
	close_browser(&s);
	assert_true(rs_carry_recover(s.record, &s.carrying));
	expect(&s, RS_RECORD_APPLIED, RS_STEP_DONE, false, 2);
	assert_true(rs_carry_back(s.record, &s.carrying));
	expect(&s, RS_RECORD_UNDONE, RS_STEP_UNDONE, false, 4);
}

/* Killed before the first note: the step that waits is no reason to go back. */
static void
test_recover_interrupted(void **state RS_UNUSED)
{
	SCENE(s);

	assert_true(rs_carry_recover(s.record, &s.carrying));
	expect(&s, RS_RECORD_PARTLY_APPLIED, RS_STEP_PENDING, true, 4);
	close_browser(&s);
	assert_true(rs_carry_recover(s.record, &s.carrying));
	expect(&s, RS_RECORD_APPLIED, RS_STEP_DONE, false, 2);
}

/* Nothing was taken: nothing is put back, with the browser there or not. */
static void
test_undo_pending(void **state RS_UNUSED)
{
	SCENE(s);

	assert_true(rs_carry_forward(s.record, &s.carrying));
	assert_true(rs_record_is_undoable(s.record));
	assert_true(rs_carry_back(s.record, &s.carrying));
	expect(&s, RS_RECORD_UNDONE, RS_STEP_UNDONE, false, 4);
}

static void
test_undo_waits(void **state RS_UNUSED)
{
	SCENE(s);

	close_browser(&s);
	assert_true(rs_carry_forward(s.record, &s.carrying));
	expect(&s, RS_RECORD_APPLIED, RS_STEP_DONE, false, 2);
	s.browser = hold_database(s.rows.folder.file, HOLD_READING);
	assert_true(rs_carry_back(s.record, &s.carrying));
	expect(&s, RS_RECORD_PARTLY_UNDONE, RS_STEP_PENDING, true, 2);
	assert_true(rs_carry_recover(s.record, &s.carrying));
	expect(&s, RS_RECORD_PARTLY_UNDONE, RS_STEP_PENDING, true, 2);
	close_browser(&s);
	assert_true(rs_carry_recover(s.record, &s.carrying));
	expect(&s, RS_RECORD_UNDONE, RS_STEP_UNDONE, false, 4);
}

/* Changed while it waited: no longer what was found, and said once. */
static void
test_changed_meanwhile(void **state RS_UNUSED)
{
	SCENE(s);

	assert_true(rs_carry_forward(s.record, &s.carrying));
	close_browser(&s);
	nss_sql(&s.rows.folder, "UPDATE certificates SET trust_settings = x'" CHROMIUM_DISTRUSTED
		"' WHERE rowid = 2");
	assert_true(rs_carry_recover(s.record, &s.carrying));
	expect(&s, RS_RECORD_PARTLY_APPLIED, RS_STEP_FAILED, false, 4);
}

/* The user took them out in the browser itself. */
static void
test_gone_meanwhile(void **state RS_UNUSED)
{
	SCENE(s);

	assert_true(rs_carry_forward(s.record, &s.carrying));
	close_browser(&s);
	nss_sql(&s.rows.folder, "DELETE FROM certificates WHERE rowid IN (2, 4)");
	assert_true(rs_carry_recover(s.record, &s.carrying));
	expect(&s, RS_RECORD_APPLIED, RS_STEP_DONE, false, 2);
}

/* The parent names who keeps it waiting, if that is the user's own. */
static void
test_told(void **state RS_UNUSED)
{
	SCENE(s);
	RS_AUTOFREE char *name = rs_running_name(s.browser, getuid()), *want = NULL;
	struct rs_step *step = s.record->steps.v[0];

	assert_true(rs_carry_forward(s.record, &s.carrying));
	rs_running_tell_step(step, getuid() + 1);
	assert_non_null(strstr(step->reason, "is in use by another program"));
	rs_running_tell_step(step, getuid());
	want = rs_printf("%s (process %d) has %s open: close it, then run rootsweep recover", name,
			 s.browser, s.rows.folder.file);
	assert_string_equal(step->reason, want);
}

/* What a user's record may name as a place of such a step. */
static void
test_places(void **state RS_UNUSED)
{
	static const struct { const char *kind, *path; bool possible; } places[] = {
		{ RS_KIND_CHROMIUM, "/h/u/.config/chromium/Default/ServerCertificate", true },
		{ RS_KIND_NSS, "/h/u/.pki/nssdb/cert9.db", true },
		{ RS_KIND_CHROMIUM, "/h/u/.pki/nssdb/cert9.db", false },
		{ RS_KIND_NSS, "/h/u/.config/chromium/Default/ServerCertificate", false },
		{ RS_KIND_CHROMIUM, "/h/u/../v/ServerCertificate", false },
		{ RS_KIND_CHROMIUM, "ServerCertificate", false },
		{ RS_KIND_CHROMIUM, "/h/u/MyServerCertificate", false },
		{ RS_KIND_JAVA, "/h/u/ServerCertificate", false },
	};

	for (size_t i = 0; i < RS_COUNT(places); i++) {
		SCENE(s);
		struct rs_step *step = s.record->steps.v[0];
		RS_AUTOFREE char *other = rs_strdup("20261122T190801Z-0123456789abcdef");
		struct rs_record *record;

		free(step->path);
		step->path = rs_strdup(places[i].path);
		step->store_kind = places[i].kind;
		free(s.record->id);
		s.record->id = rs_strdup(other);
		close(s.record->dirfd);
		assert_int_equal(rs_record_begin(s.record, s.records.fd), 0);
		assert_int_equal(rs_record_commit(s.record, s.records.fd), 0);
		record = rs_record_read(s.records.fd, other, &s.rows.user);
		if ((record->state != RS_RECORD_DAMAGED) != places[i].possible)
			fail_msg("%s: %s", places[i].path, record->reason);
		rs_record_free(record);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/pending/recover", test_recover),
		FILE_TEST("/pending/recover-interrupted", test_recover_interrupted),
		FILE_TEST("/pending/undo", test_undo_pending),
		FILE_TEST("/pending/undo-waits", test_undo_waits),
		FILE_TEST("/pending/changed-meanwhile", test_changed_meanwhile),
		FILE_TEST("/pending/gone-meanwhile", test_gone_meanwhile),
		FILE_TEST("/pending/told", test_told),
		FILE_TEST("/pending/places", test_places),
	};

	return cmocka_run_group_tests_name("pending", tests, NULL, NULL);
}
