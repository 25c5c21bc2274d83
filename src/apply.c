/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "record-json.h"
#include "step.h"
#include "wire.h"
#include "worker.h"

#define LOCK_SECONDS 10
/* A user could stop its worker for ever; the system's runs the updaters. */
#define USER_SECONDS 120
#define SYSTEM_SECONDS 900

struct applying {
	struct rs_part *part;
	const char *id;
	const char *root;
	bool own;			/* the caller's own run, without privilege */
	bool some_refused;		/* steps that did not even get into the record */
	bool *changed;
};

static void
send_failure(struct rs_wire *wire, const char *fmt, const char *what)
{
	RS_AUTOFREE char *text = rs_printf("%s%s", fmt, what);

	wire->sink.fact(&wire->sink, "failure", text);
}

static void
do_step(struct rs_step *step, struct rs_record *record, const struct applying *a)
{
	if (step->kind == RS_STEP_FILE)
		rs_step_file_do(step, record);
	else if (step->kind == RS_STEP_ROWS)
		rs_step_rows_do(step, a->part->user, a->own);
	else if (a->root != NULL)
		rs_step_set(step, RS_STEP_PENDING, "the tree's own tools are not run from here: "
			    "run them in that system when it is up (update-ca-certificates --fresh)");
	else
		rs_step_refresh_run(step, record, false);
}

static void
undo_step(struct rs_step *step, struct rs_record *record, const struct applying *a)
{
	if (step->kind == RS_STEP_FILE)
		rs_step_file_undo(step, record);
	else if (step->kind == RS_STEP_ROWS)
		rs_step_rows_undo(step, a->part->user, a->own);
	else if (a->root != NULL)
		rs_step_set(step, RS_STEP_PENDING, "the tree's own tools are not run from here: "
			    "run them in that system when it is up (update-ca-certificates --fresh)");
	else
		rs_step_refresh_run(step, record, true);
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
static bool
forward(struct rs_record *record, const struct applying *a)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		struct rs_step *step = record->steps.v[i];

		if (rs_worker_signal() != 0)
			return false;
		do_step(step, record, a);
		if (rs_record_note_step(record, step) < 0)
			return false;
	}
	return rs_record_note_state(record, all_are(record, RS_STEP_DONE) && !a->some_refused ?
				    RS_RECORD_APPLIED : RS_RECORD_PARTLY_APPLIED) == 0;
}

/* Origins first, then the refresh, then the strays that it knows nothing of. */
static bool
backward(struct rs_record *record, const struct applying *a)
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
			if (rs_record_note_step(record, step) < 0)
				return false;
		}
	return rs_record_note_state(record, all_are(record, RS_STEP_UNDONE) ?
				    RS_RECORD_UNDONE : RS_RECORD_PARTLY_UNDONE) == 0;
}

/* Only what waits is done again, in the direction that the record has. */
static bool
finish_pending(struct rs_record *record, const struct applying *a)
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
	return !all_are(record, RS_STEP_DONE) ||
	    rs_record_note_state(record, RS_RECORD_APPLIED) == 0;
}

/* Forward; where a step cannot be completed, the whole part goes back. */
static bool
recover(struct rs_record *record, const struct applying *a)
{
	if (record->state == RS_RECORD_UNDOING)
		return backward(record, a);
	if (record->state != RS_RECORD_PENDING)
		return finish_pending(record, a);
	if (!forward(record, a))
		return false;
	if (!any_is(record, RS_STEP_FAILED))
		return true;
	return backward(record, a);
}

/*
 * A new record.
 */

static void
prepare_step(struct rs_step *step, struct rs_record *record, const struct applying *a)
{
	if (step->kind == RS_STEP_FILE)
		rs_step_file_prepare(step, record, a->part->user ? a->part->user->uid : 0);
	else if (step->kind == RS_STEP_ROWS)
		rs_step_rows_prepare(step, a->part, a->own);
	else
		rs_step_refresh_prepare(step, record);
}

/* Steps that were refused do not belong in the record, only in the report. */
static void
prepare(struct rs_record *record, const struct applying *a, struct rs_array *refused)
{
	size_t kept = 0;

	for (size_t i = 0; i < record->steps.n; i++) {
		struct rs_step *step = record->steps.v[i];

		prepare_step(step, record, a);
		if (step->state == RS_STEP_REFUSED)
			rs_array_add(refused, step);
		else
			record->steps.v[kept++] = step;
	}
	record->steps.n = kept;
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

static void
send_record(struct rs_wire *wire, const struct rs_record *record, const struct rs_array *refused,
	    bool recorded)
{
	json_object *line = rs_record_to_json(record);
	json_object *steps = NULL;

	json_object_object_get_ex(line, "steps", &steps);
	for (size_t i = 0; refused != NULL && i < refused->n; i++)
		json_object_array_add(steps, rs_step_to_json(refused->v[i]));
	json_object_object_add(line, "type", json_object_new_string("record"));
	json_object_object_add(line, "recorded", json_object_new_boolean(recorded));
	rs_wire_send(wire, line);
}

static void
run_apply(struct rs_worker *worker, struct rs_wire *wire)
{
	struct applying *a = worker->arg;
	struct rs_record *record = rs_record_new(a->id, a->part);
	RS_AUTOCLOSE int fd = rs_records_open(a->part->user, a->own, true);
	struct rs_array refused;

	rs_array_init(&refused, rs_step_free);
	if (fd < 0) {
		RS_AUTOFREE char *where = rs_printf("%s%s: %s", a->part->user ? a->part->user->home :
		    RS_STATE_DIR, a->part->user ? "/.local/state/rootsweep" : "/records",
		    strerror(errno));

		send_failure(wire, "the folder for undo records cannot be made in ", where);
		return;
	}
	if (rs_records_lock(fd, LOCK_SECONDS) < 0) {
		send_failure(wire, "another rootsweep is at work: try again once it has ended", "");
		return;
	}
	if (rs_record_begin(record, fd) < 0) {
		send_failure(wire, "the undo record cannot be made: ", strerror(errno));
		return;
	}
	prepare(record, a, &refused);
	if (!has_work(record, &refused)) {
		rs_record_abandon(record, fd);
		send_record(wire, record, &refused, false);
		return;
	}
	if (rs_record_commit(record, fd) < 0) {
		int error = errno;

		rs_record_abandon(record, fd);
		send_failure(wire, "the undo record cannot be written, so nothing was touched: ",
			     strerror(error));
		return;
	}
	a->some_refused = refused.n > 0;
	if (!forward(record, a))
		send_failure(wire, "interrupted: run rootsweep recover to finish it, or rootsweep "
			     "undo ", a->id);
	send_record(wire, record, &refused, true);
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
	struct applying *a = worker->data;
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type");
	struct rs_record *told;

	if (rs_streq(type, "failure")) {
		free(a->part->failure);
		a->part->failure = rs_wire_bytes(&r, "text");
		return;
	}
	told = rs_streq(type, "record") ? rs_record_from_json(line, worker->owner) : NULL;
	for (size_t i = 0; told != NULL && i < told->steps.n; i++) {
		const struct rs_step *from = told->steps.v[i];
		struct rs_step *step = find_step(a->part, from->n);

		if (step == NULL)
			continue;
		rs_step_set(step, from->state, from->reason ? "%s" : NULL, from->reason);
		*a->changed |= from->state == RS_STEP_DONE || from->state == RS_STEP_PENDING;
	}
	rs_record_free(told);
}

static struct rs_worker *
part_worker(const struct rs_scope *scope, const char *owner, const struct rs_user *user,
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

static bool
is_own(const struct rs_user *user)
{
	return user != NULL && getuid() != 0 && user->uid == getuid();
}

bool
rs_apply_plan(struct rs_plan *plan, const struct rs_scope *scope, const char *id)
{
	struct applying *all = rs_alloc((plan->parts.n + 1) * sizeof(*all));
	struct rs_array workers;
	bool changed = false;

	rs_array_init(&workers, rs_worker_free);
	for (size_t i = 0; i < plan->parts.n; i++) {
		struct rs_part *part = plan->parts.v[i];
		struct rs_worker *worker;

		all[i] = (struct applying){
			.part = part, .id = id, .root = scope->root,
			.own = is_own(part->user), .changed = &changed,
		};
		if (part->steps.n == 0)
			continue;
		worker = part_worker(scope, part->owner, part->user, run_apply, &all[i]);
		worker->line = take_applied;
		worker->data = &all[i];
		rs_array_add(&workers, worker);
	}
	rs_workers_run(&workers, scope->jobs);
	for (size_t i = 0; i < workers.n; i++) {
		struct rs_worker *worker = workers.v[i];
		struct applying *a = worker->data;

		if (worker->failure != NULL && a->part->failure == NULL)
			a->part->failure = rs_printf("not finished (%s): run rootsweep recover",
						     worker->failure);
	}
	rs_array_free(&workers);
	free(all);
	return changed;
}

/*
 * Records that are there.
 */

struct going {
	struct rs_records_job *job;
	struct applying applying;
	struct rs_part part;
};

static bool
one_record(struct going *g, struct rs_record *record, int recordsfd)
{
	switch (g->job->what) {
	case RS_RECORDS_RECOVER:
		record->acted = rs_record_is_unfinished(record);
		return !record->acted || recover(record, &g->applying);
	case RS_RECORDS_UNDO:
		record->acted = rs_record_is_undoable(record);
		return !record->acted || backward(record, &g->applying);
	case RS_RECORDS_FORGET:
		record->acted = true;
		return rs_record_delete(recordsfd, record->id) == 0;
	case RS_RECORDS_LIST:
	default:
		return true;
	}
}

static bool
is_asked_for(const struct rs_records_job *job, const char *id)
{
	return job->ids == NULL || rs_array_has_str(job->ids, id);
}

static void
run_folder(struct going *g, struct rs_wire *wire, int fd)
{
	bool reading = g->job->what == RS_RECORDS_LIST;
	struct rs_array ids;

	if (!reading && rs_records_lock(fd, LOCK_SECONDS) < 0) {
		send_failure(wire, "another rootsweep is at work: try again once it has ended", "");
		return;
	}
	rs_records_list(fd, &ids, !reading);
	/* The newest goes back first. */
	for (size_t i = ids.n; i-- > 0; ) {
		struct rs_record *record;

		if (!is_asked_for(g->job, ids.v[i]))
			continue;
		record = rs_record_read(fd, ids.v[i], g->part.user);
		rs_record_check_contents(record);
		if (!one_record(g, record, fd))
			send_failure(wire, "not finished: run rootsweep recover; record ", record->id);
		send_record(wire, record, NULL, true);
		rs_record_free(record);
		if (rs_worker_signal() != 0)
			break;
	}
	rs_array_free(&ids);
}

static void
run_records(struct rs_worker *worker, struct rs_wire *wire)
{
	struct going *g = worker->arg;
	int own = rs_records_open(g->part.user, g->applying.own, false);
	int error = errno;

	if (own >= 0) {
		run_folder(g, wire, own);
		close(own);
	} else if (error != ENOENT) {
		send_failure(wire, "the undo records cannot be read: ", strerror(error));
	}
	/* What root's runs left for a user lies in the passwd home. */
	if (g->applying.own && getenv("XDG_STATE_HOME") != NULL) {
		int other = rs_records_open(g->part.user, false, false);

		if (other >= 0) {
			run_folder(g, wire, other);
			close(other);
		}
	}
}

static void
take_record(struct rs_worker *worker, json_object *line)
{
	struct going *g = worker->data;
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type");
	struct rs_record *record;

	if (rs_streq(type, "failure")) {
		RS_AUTOFREE char *text = rs_wire_bytes(&r, "text");

		rs_array_add(&g->job->problems, rs_printf("%s: %s", worker->owner,
							  text ? text : "?"));
		return;
	}
	record = rs_streq(type, "record") ? rs_record_from_json(line, worker->owner) : NULL;
	if (record == NULL)
		return;
	g->job->changed |= record->acted;
	rs_array_add(&g->job->records, record);
}

static void
prepare_records(struct rs_worker *worker RS_UNUSED)
{
	RS_AUTOFREE char *why = NULL;

	/* A record that cannot be checked is said to be damaged, with this. */
	rs_record_prepare(&why);
}

static void
add_owner(struct rs_array *workers, struct rs_records_job *job, const struct rs_scope *scope,
	  const struct rs_user *user)
{
	struct going *g = rs_alloc(sizeof(*g));
	struct rs_worker *worker;

	g->job = job;
	g->part.user = user;
	g->applying = (struct applying){
		.part = &g->part, .root = scope->root, .own = is_own(user),
	};
	worker = part_worker(scope, user ? user->name : RS_OWNER_SYSTEM, user, run_records, g);
	worker->prepare = prepare_records;
	worker->changes = job->what != RS_RECORDS_LIST;
	worker->line = take_record;
	worker->data = g;
	rs_array_add(workers, worker);
}

static int
newest_first(const void *a, const void *b)
{
	const struct rs_record *x = *(struct rs_record *const *)a;
	const struct rs_record *y = *(struct rs_record *const *)b;
	int order = strcmp(y->id, x->id);

	return order != 0 ? order : strcmp(x->owner, y->owner);
}

void
rs_records_run(struct rs_records_job *job, const struct rs_scope *scope)
{
	struct rs_array workers;

	rs_array_init(&job->records, rs_record_free);
	rs_array_init(&job->problems, free);
	rs_array_init(&workers, rs_worker_free);
	if (scope->system && geteuid() == 0)
		add_owner(&workers, job, scope, NULL);
	for (size_t i = 0; i < scope->users.n; i++) {
		const struct rs_user *user = scope->users.v[i];

		if (!user->leave)
			add_owner(&workers, job, scope, user);
	}
	rs_workers_run(&workers, scope->jobs);
	for (size_t i = 0; i < workers.n; i++) {
		struct rs_worker *worker = workers.v[i];

		if (worker->failure != NULL)
			rs_array_add(&job->problems, rs_printf("%s: the undo records were not all "
			    "read: %s", worker->owner, worker->failure));
		free(worker->arg);
	}
	rs_array_free(&workers);
	if (job->records.n > 0)
		qsort(job->records.v, job->records.n, sizeof(*job->records.v), newest_first);
}

void
rs_records_job_free(struct rs_records_job *job)
{
	rs_array_free(&job->records);
	rs_array_free(&job->problems);
}
