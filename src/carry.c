/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "carry.h"

#include <unistd.h>

#include "record-json.h"
#include "step.h"

/* A user could stop its worker for ever; the system's runs the updaters. */
#define USER_SECONDS 120
#define SYSTEM_SECONDS 900

void
rs_carry_tell_failure(struct rs_wire *wire, const char *fmt, const char *what)
{
	RS_AUTOFREE char *text = rs_printf("%s%s", fmt, what);

	wire->sink.fact(&wire->sink, "failure", text);
}

void
rs_carry_tell(struct rs_wire *wire, const struct rs_record *record, const struct rs_array *refused)
{
	json_object *line = rs_record_to_json(record);
	json_object *steps = NULL;

	json_object_object_get_ex(line, "steps", &steps);
	for (size_t i = 0; refused != NULL && i < refused->n; i++)
		json_object_array_add(steps, rs_step_to_json(refused->v[i]));
	json_object_object_add(line, "type", json_object_new_string("record"));
	rs_wire_send(wire, line);
}

struct rs_worker *
rs_carry_worker(const struct rs_scope *scope, const char *owner, const struct rs_user *user,
	    void (*run)(struct rs_worker *, struct rs_wire *), void *arg)
{
	struct rs_worker *worker = rs_worker_new(owner, run, arg);

	worker->user = user;
	worker->keep_rights = user == NULL;
	worker->changes = true;
	worker->root = scope->root;
	worker->seconds = user == NULL ? SYSTEM_SECONDS : USER_SECONDS;
	return worker;
}

void
rs_carry_run(struct rs_array *workers, unsigned jobs, bool system_first)
{
	for (int turn = 0; turn < 2; turn++) {
		struct rs_array some;

		rs_array_init(&some, NULL);
		for (size_t i = 0; i < workers->n; i++) {
			struct rs_worker *worker = workers->v[i];

			if ((worker->user == NULL) == (system_first == (turn == 0)))
				rs_array_add(&some, worker);
		}
		rs_workers_run(&some, jobs);
		rs_array_free(&some);
	}
}

bool
rs_carry_is_own(const struct rs_user *user)
{
	return user != NULL && getuid() != 0 && user->uid == getuid();
}

static void
do_step(struct rs_step *step, struct rs_record *record, const struct rs_carrying *a)
{
	if (step->kind == RS_STEP_FILE)
		rs_step_file_do(step, record, a->part->user, a->own);
	else if (step->kind == RS_STEP_ROWS)
		rs_step_rows_do(step, a->part->user, a->own);
	else
		rs_step_refresh_run(step, record, false, a->refresh_in_root);
}

static void
undo_step(struct rs_step *step, struct rs_record *record, const struct rs_carrying *a)
{
	if (step->kind == RS_STEP_FILE)
		rs_step_file_undo(step, record, a->part->user, a->own);
	else if (step->kind == RS_STEP_ROWS)
		rs_step_rows_undo(step, a->part->user, a->own);
	else
		rs_step_refresh_run(step, record, true, a->refresh_in_root);
}

static bool
all_are(const struct rs_record *record, enum rs_step_state state)
{
	for (size_t i = 0; i < record->steps.n; i++)
		if (((struct rs_step *)record->steps.v[i])->state != state)
			return false;
	return true;
}

static bool
any_is(const struct rs_record *record, enum rs_step_state state)
{
	for (size_t i = 0; i < record->steps.n; i++)
		if (((struct rs_step *)record->steps.v[i])->state == state)
			return true;
	return false;
}

/* Returns false where a note could not be written: better to stop there. */
bool
rs_carry_forward(struct rs_record *record, const struct rs_carrying *a)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		struct rs_step *step = record->steps.v[i];

		if (rs_worker_signal() != 0)
			return false;
		do_step(step, record, a);
		if (rs_record_note_step(record, step) < 0)
			return false;
	}
	return rs_record_note_state(record, record->try_until != 0 ? RS_RECORD_TRYING :
				    rs_record_applied_state(record, a->some_refused)) == 0;
}

/* Origins first, then the refresh, then the strays that it knows nothing of. */
bool
rs_carry_back(struct rs_record *record, const struct rs_carrying *a)
{
	if (rs_record_note_state(record, RS_RECORD_UNDOING) < 0)
		return false;
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = record->steps.n; i-- > 0; ) {
			struct rs_step *step = record->steps.v[i];
			int turn = step->kind == RS_STEP_REFRESH ? 1 : step->derived ? 2 : 0;

			if (turn != pass)
				continue;
			if (rs_worker_signal() != 0)
				return false;
			undo_step(step, record, a);
			/* Not of a failure: a note of one says that the step was never done. */
			if (step->state != RS_STEP_FAILED && rs_record_note_step(record, step) < 0)
				return false;
		}
	return rs_record_note_state(record, all_are(record, RS_STEP_UNDONE) ?
				    RS_RECORD_UNDONE : RS_RECORD_PARTLY_UNDONE) == 0;
}

/* Only what waits is done again, in the direction that the record has. */
static bool
finish_pending(struct rs_record *record, const struct rs_carrying *a)
{
	bool undo = record->state == RS_RECORD_PARTLY_UNDONE;

	for (size_t i = 0; i < record->steps.n; i++) {
		struct rs_step *step = record->steps.v[i];

		if (step->state != RS_STEP_PENDING)
			continue;
		if (undo)
			undo_step(step, record, a);
		else
			do_step(step, record, a);
		if (rs_record_note_step(record, step) < 0)
			return false;
	}
	if (undo)
		return !all_are(record, RS_STEP_UNDONE) ||
		    rs_record_note_state(record, RS_RECORD_UNDONE) == 0;
	return record->state == RS_RECORD_TRYING || !all_are(record, RS_STEP_DONE) ||
	    rs_record_note_state(record, RS_RECORD_APPLIED) == 0;
}

bool
rs_carry_recover(struct rs_record *record, const struct rs_carrying *a)
{
	if (record->state == RS_RECORD_UNDOING || rs_record_is_expired(record))
		return rs_carry_back(record, a);
	if (record->state != RS_RECORD_PENDING)
		return finish_pending(record, a);
	if (!rs_carry_forward(record, a))
		return false;
	if (!any_is(record, RS_STEP_FAILED))
		return true;
	return rs_carry_back(record, a);
}
