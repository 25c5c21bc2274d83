/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records that are there: rs_records_run of apply.h. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply.h"
#include "carry.h"
#include "record-json.h"
#include "running.h"
#include "wire.h"

/* Whose records they are may stop the worker: every run waits that long. */
#define LIST_SECONDS 30

#define FACT_RUN "run"

struct going {
	struct rs_records_job *job;
	struct rs_carrying applying;
	struct rs_part part;
};

static bool
one_record(struct going *g, struct rs_record *record, int recordsfd)
{
	switch (g->job->what) {
	case RS_RECORDS_RECOVER:
		record->acted = rs_record_is_unfinished(record);
		return !record->acted || rs_carry_recover(record, &g->applying);
	case RS_RECORDS_UNDO:
		record->acted = rs_record_is_undoable(record) &&
		    (!g->job->unless_kept || rs_record_is_on_trial(record));
		return !record->acted || rs_carry_back(record, &g->applying);
	case RS_RECORDS_KEEP:
		record->acted = record->state == RS_RECORD_TRYING;
		return !record->acted || rs_record_note_state(record,
		    rs_record_applied_state(record, false)) == 0;
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
tell_runs(struct rs_wire *wire, int fd)
{
	struct rs_array runs;

	rs_array_init(&runs, free);
	rs_records_runs(fd, &runs);
	for (size_t i = 0; i < runs.n; i++)
		wire->sink.fact(&wire->sink, FACT_RUN, runs.v[i]);
	rs_array_free(&runs);
}

/* While a user has a part of a run, its note tells root's last run. */
static void
forget_runs(const struct rs_array *runs, struct rs_wire *wire, int fd)
{
	for (size_t i = 0; runs != NULL && i < runs->n; i++)
		if (rs_record_forget_run(fd, runs->v[i]) < 0)
			rs_carry_tell_failure(wire, "not forgotten: ", runs->v[i]);
}

static void
run_folder(struct going *g, struct rs_wire *wire, int fd)
{
	bool reading = g->job->what == RS_RECORDS_LIST;
	struct rs_array ids;

	if (!reading && rs_records_lock(fd, RS_LOCK_SECONDS) < 0) {
		rs_carry_tell_failure(wire, "another rootsweep is at work: try again once it has ended", "");
		return;
	}
	if (reading && g->part.user == NULL)
		tell_runs(wire, fd);
	rs_records_list(fd, &ids, !reading);
	/* The newest goes back first. */
	for (size_t i = ids.n; i-- > 0; ) {
		struct rs_record *record;

		if (!is_asked_for(g->job, ids.v[i]))
			continue;
		record = rs_record_read(fd, ids.v[i], g->part.user);
		rs_record_check_contents(record);
		if (!one_record(g, record, fd))
			rs_carry_tell_failure(wire, "not finished: run rootsweep recover; record ", record->id);
		rs_carry_tell(wire, record, NULL);
		rs_record_free(record);
		if (rs_worker_signal() != 0)
			break;
	}
	if (g->job->what == RS_RECORDS_FORGET && g->part.user == NULL)
		forget_runs(g->job->forget_runs, wire, fd);
	rs_array_free(&ids);
}

static bool
is_same(int fd, const struct stat *st)
{
	struct stat other;

	return fstat(fd, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static void
run_records(struct rs_worker *worker, struct rs_wire *wire)
{
	struct going *g = worker->arg;
	RS_AUTOFREE char *why = NULL, *why_other = NULL;
	int own = rs_records_open(g->part.user, g->applying.own, false, &why);
	int error = errno;
	struct stat st = { 0 };

	if (own >= 0) {
		fstat(own, &st);
		run_folder(g, wire, own);
		close(own);
	} else if (error != ENOENT) {
		wire->sink.fact(&wire->sink, RS_FACT_NO_FOLDER, why);
	}
	/* What root's runs left for a user lies in the passwd home. */
	if (g->applying.own && getenv("XDG_STATE_HOME") != NULL) {
		int other = rs_records_open(g->part.user, false, false, &why_other);

		if (other >= 0 && !is_same(other, &st))
			run_folder(g, wire, other);
		if (other >= 0)
			close(other);
	}
}

static void
take_record(struct rs_worker *worker, json_object *line)
{
	struct going *g = worker->data;
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type");
	struct rs_record *record;

	if (rs_streq(type, "failure") || rs_streq(type, RS_FACT_NO_FOLDER)) {
		RS_AUTOFREE char *text = rs_wire_bytes(&r, "text");
		bool no_folder = rs_streq(type, RS_FACT_NO_FOLDER);
		char *problem = rs_printf("%s: %s%s", worker->owner, no_folder ?
					  "the undo records are not read: " : "", text ? text : "?");

		rs_array_add(&g->job->problems, problem);
		if (no_folder && rs_streq(worker->owner, RS_OWNER_SYSTEM))
			g->job->no_folder = problem;
		return;
	}
	if (rs_streq(type, FACT_RUN) && rs_streq(worker->owner, RS_OWNER_SYSTEM)) {
		RS_AUTOFREE char *id = rs_wire_text(&r, "text");

		if (id != NULL)
			rs_array_add_str(&g->job->runs, id);
		return;
	}
	if (!rs_streq(type, "record"))
		return;
	record = rs_record_from_json(line, worker->owner);
	/* Of what was not asked for, nothing can have become. */
	if (record != NULL && !is_asked_for(g->job, record->id)) {
		rs_record_free(record);
		record = NULL;
	}
	if (record == NULL) {
		rs_array_add(&g->job->problems, rs_printf("%s: what was told of a record was not "
							  "understood", worker->owner));
		return;
	}
	g->job->changed |= record->acted;
	for (size_t i = 0; i < record->steps.n && g->part.user != NULL; i++)
		rs_running_tell_step(record->steps.v[i], g->part.user->uid);
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
	g->applying = (struct rs_carrying){
		.part = &g->part, .refresh_in_root = scope->refresh_in_root, .own = rs_carry_is_own(user),
	};
	worker = rs_carry_worker(scope, user ? user->name : RS_OWNER_SYSTEM, user, run_records, g);
	worker->prepare = prepare_records;
	worker->changes = job->what != RS_RECORDS_LIST;
	if (job->what == RS_RECORDS_LIST)
		worker->seconds = LIST_SECONDS;
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

static bool
is_excluded(const struct rs_scope *scope, const char *owner)
{
	return scope->exclude != NULL && rs_array_has_str(scope->exclude, owner);
}

static void
add_owners(struct rs_array *workers, struct rs_records_job *job, const struct rs_scope *scope)
{
	if (scope->system && geteuid() == 0 && !is_excluded(scope, RS_OWNER_SYSTEM))
		add_owner(workers, job, scope, NULL);
	for (size_t i = 0; i < scope->users.n; i++) {
		const struct rs_user *user = scope->users.v[i];

		if ((!user->leave || job->what == RS_RECORDS_LIST) &&
		    !is_excluded(scope, user->name))
			add_owner(workers, job, scope, user);
	}
}

void
rs_records_run(struct rs_records_job *job, const struct rs_scope *scope)
{
	struct rs_array workers;

	rs_array_init(&job->records, rs_record_free);
	rs_array_init(&job->problems, free);
	rs_array_init(&job->runs, free);
	rs_array_init(&workers, rs_worker_free);
	for (size_t i = 0; i < scope->denied.n; i++)
		rs_array_add(&job->problems, rs_strdup(scope->denied.v[i]));
	add_owners(&workers, job, scope);
	/* The other way round than they were carried out. */
	rs_carry_run(&workers, scope->jobs, job->what != RS_RECORDS_UNDO);
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
	rs_array_free(&job->runs);
}
