/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "carry.h"
#include "record-json.h"
#include "running.h"
#include "step.h"
#include "wire.h"

#define NO_FOLDER "nothing was touched, since the undo record has no safe place: "

static void
prepare_step(struct rs_step *step, struct rs_record *record, const struct rs_carrying *a)
{
	if (step->kind == RS_STEP_FILE)
		rs_step_file_prepare(step, record, a->part->user, a->own);
	else if (step->kind == RS_STEP_ROWS)
		rs_step_rows_prepare(step, a->part, a->own);
	else
		rs_step_refresh_prepare(step, record);
}

/* Origins that go while no derived copy can follow would only seem to be gone;
 * of some places nothing is derived. */
static void
refuse_origins(struct rs_record *record, const struct rs_step *refresh, struct rs_array *refused)
{
	size_t kept = 0;

	for (size_t i = 0; i < record->steps.n; i++) {
		struct rs_step *step = record->steps.v[i];

		if (rs_step_stands_alone(step)) {
			record->steps.v[kept++] = step;
			continue;
		}
		rs_step_set(step, RS_STEP_REFUSED, "%s is left as it is, since what is made of it "
			    "could not follow: %s", step->path, refresh->reason);
		rs_array_add(refused, step);
	}
	record->steps.n = kept;
}

/* Steps that were refused do not belong in the record, only in the report. */
static void
prepare(struct rs_record *record, const struct rs_carrying *a, struct rs_array *refused)
{
	const struct rs_step *refresh = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < record->steps.n; i++) {
		struct rs_step *step = record->steps.v[i];

		prepare_step(step, record, a);
		if (step->state != RS_STEP_REFUSED) {
			record->steps.v[kept++] = step;
			continue;
		}
		rs_array_add(refused, step);
		if (step->kind == RS_STEP_REFRESH)
			refresh = step;
	}
	record->steps.n = kept;
	if (refresh != NULL)
		refuse_origins(record, refresh, refused);
}

static bool
has_work(const struct rs_record *record, const struct rs_array *refused)
{
	for (size_t i = 0; i < record->steps.n; i++)
		if (((struct rs_step *)record->steps.v[i])->kind != RS_STEP_REFRESH)
			return true;
	/* A refresh alone is work where derived copies are all that is left. */
	return record->steps.n > 0 && refused->n == 0;
}

/* What cannot be read now could not be undone then. NULL, or why not. */
static char *
check_record(const struct rs_carrying *a, int fd)
{
	struct rs_record *record = rs_record_read(fd, a->id, a->part->user);
	char *why = NULL;

	rs_record_check_contents(record);
	if (record->state == RS_RECORD_DAMAGED)
		why = rs_steal(&record->reason);
	rs_record_free(record);
	return why;
}

static bool
has_changed(const struct rs_record *record)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		if (step->kind != RS_STEP_REFRESH && step->state != RS_STEP_FAILED)
			return true;
		/* Where nothing but derived copies was to follow. */
		if (record->steps.n == 1 && step->state != RS_STEP_FAILED)
			return true;
	}
	return false;
}

/*
 * A run of which every step failed leaves no record behind that undo could
 * take for the last change, once it is sure that all is as before.
 */
static void
drop_if_unchanged(struct rs_record *record, const struct rs_carrying *a, int fd)
{
	if (!has_changed(record) && rs_carry_back(record, a) &&
	    record->state == RS_RECORD_UNDONE)
		rs_record_delete(fd, record->id);
}

static void
run_apply(struct rs_worker *worker, struct rs_wire *wire)
{
	struct rs_carrying *a = worker->arg;
	struct rs_record *record = rs_record_new(a->id, a->part);
	RS_AUTOFREE char *why = NULL;
	RS_AUTOCLOSE int fd = rs_records_open(a->part->user, a->own, true, &why);
	struct rs_array refused;

	record->try_until = a->try_until;
	rs_array_init(&refused, rs_step_free);
	if (fd < 0) {
		wire->sink.fact(&wire->sink, RS_FACT_NO_FOLDER, why);
		return;
	}
	if (rs_records_lock(fd, RS_LOCK_SECONDS) < 0) {
		rs_carry_tell_failure(wire, "another rootsweep is at work: try again once it has ended", "");
		return;
	}
	if (rs_record_begin(record, fd) < 0) {
		rs_carry_tell_failure(wire, "the undo record cannot be made: ", strerror(errno));
		return;
	}
	prepare(record, a, &refused);
	if (!has_work(record, &refused)) {
		rs_record_abandon(record, fd);
		rs_carry_tell(wire, record, &refused);
		return;
	}
	if (rs_record_commit(record, fd) < 0) {
		int error = errno;

		rs_record_abandon(record, fd);
		rs_carry_tell_failure(wire, "the undo record cannot be written, so nothing was touched: ",
			     strerror(error));
		return;
	}
	why = check_record(a, fd);
	if (why != NULL) {
		rs_record_abandon(record, fd);
		rs_carry_tell_failure(wire, "the undo record could not be read again, so nothing was "
				      "touched: ", why);
		return;
	}
	a->some_refused = refused.n > 0;
	if (!rs_carry_forward(record, a))
		rs_carry_tell_failure(wire, "interrupted: run rootsweep recover to finish it, or rootsweep "
			     "undo ", a->id);
	rs_carry_tell(wire, record, &refused);
	drop_if_unchanged(record, a, fd);
}

/*
 * In the parent.
 */

static struct rs_step *
find_step(struct rs_part *part, unsigned n)
{
	for (size_t i = 0; i < part->steps.n; i++) {
		struct rs_step *step = part->steps.v[i];

		if (step->n == n)
			return step;
	}
	return NULL;
}

static void
take_applied(struct rs_worker *worker, json_object *line)
{
	struct rs_carrying *a = worker->data;
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type");
	struct rs_record *told;

	if (rs_streq(type, "failure") || rs_streq(type, RS_FACT_NO_FOLDER)) {
		RS_AUTOFREE char *text = rs_wire_bytes(&r, "text");

		a->part->no_folder = rs_streq(type, RS_FACT_NO_FOLDER);
		free(a->part->failure);
		a->part->failure = rs_printf("%s%s", a->part->no_folder ? NO_FOLDER : "",
					     text ? text : "?");
		return;
	}
	told = rs_streq(type, "record") ? rs_record_from_json(line, worker->owner) : NULL;
	for (size_t i = 0; told != NULL && i < told->steps.n; i++) {
		const struct rs_step *from = told->steps.v[i];
		struct rs_step *step = find_step(a->part, from->n);

		if (step == NULL)
			continue;
		rs_step_set(step, from->state, from->reason ? "%s" : NULL, from->reason);
		step->pid = from->pid;
		if (a->part->user != NULL)
			rs_running_tell_step(step, a->part->user->uid);
		*a->recorded |= from->state == RS_STEP_DONE || from->state == RS_STEP_PENDING;
	}
	rs_record_free(told);
}

/*
 * Root's run is noted in the system's folder before any user has a part of
 * it: what a user's folder says later is no proof that there was a run.
 */
static void
run_note(struct rs_worker *worker, struct rs_wire *wire)
{
	const char *id = worker->arg;
	RS_AUTOFREE char *why = NULL;
	RS_AUTOCLOSE int fd = rs_records_open(NULL, false, true, &why);

	if (fd < 0)
		rs_carry_tell_failure(wire, "", why);
	else if (rs_record_note_run(fd, id) < 0)
		rs_carry_tell_failure(wire, RS_STATE_DIR "/records cannot be written: ",
				      strerror(errno));
}

static void
take_failure(struct rs_worker *worker, json_object *line)
{
	struct rs_wire_reader r = { .object = line };

	if (worker->failure == NULL)
		worker->failure = rs_wire_bytes(&r, "text");
}

static bool
note_run(const struct rs_plan *plan, const struct rs_scope *scope, const char *id)
{
	struct rs_worker *worker =
	    rs_carry_worker(scope, RS_OWNER_SYSTEM, NULL, run_note, (void *)(uintptr_t)id);
	bool noted;

	worker->line = take_failure;
	rs_worker_run(worker);
	noted = worker->failure == NULL;
	for (size_t i = 0; i < plan->parts.n && !noted; i++) {
		struct rs_part *part = plan->parts.v[i];

		part->failure = rs_printf(NO_FOLDER "%s", worker->failure);
		part->no_folder = true;
	}
	rs_worker_free(worker);
	return noted;
}

static bool
has_users_part(const struct rs_plan *plan)
{
	for (size_t i = 0; i < plan->parts.n; i++)
		if (((struct rs_part *)plan->parts.v[i])->user != NULL)
			return true;
	return false;
}

bool
rs_apply_plan(struct rs_plan *plan, const struct rs_scope *scope, const char *id)
{
	struct rs_carrying *all;
	struct rs_array workers;
	bool recorded = false;

	if (geteuid() == 0 && has_users_part(plan) && !note_run(plan, scope, id))
		return false;
	all = rs_alloc((plan->parts.n + 1) * sizeof(*all));
	rs_array_init(&workers, rs_worker_free);
	for (size_t i = 0; i < plan->parts.n; i++) {
		struct rs_part *part = plan->parts.v[i];
		struct rs_worker *worker;

		all[i] = (struct rs_carrying){
			.part = part, .id = id, .refresh_in_root = scope->refresh_in_root,
			.try_until = plan->try_until,
			.own = rs_carry_is_own(part->user), .recorded = &recorded,
		};
		if (part->steps.n == 0)
			continue;
		worker = rs_carry_worker(scope, part->owner, part->user, run_apply, &all[i]);
		worker->line = take_applied;
		worker->data = &all[i];
		rs_array_add(&workers, worker);
	}
	/* A policy of the system's puts roots into a user's databases again. */
	rs_carry_run(&workers, scope->jobs, true);
	for (size_t i = 0; i < workers.n; i++) {
		struct rs_worker *worker = workers.v[i];
		struct rs_carrying *a = worker->data;

		if (worker->failure != NULL && a->part->failure == NULL)
			a->part->failure = rs_printf("not finished (%s): run rootsweep recover",
						     worker->failure);
	}
	rs_array_free(&workers);
	free(all);
	return recorded;
}
