/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "cmd.h"
#include "message.h"
#include "text.h"

/* Whether a run did something that its owner could want to have back first. */
static bool
has_changed(const struct rs_record *record)
{
	if (record->state == RS_RECORD_PENDING || record->state == RS_RECORD_UNDOING)
		return true;
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		if (step->state != RS_STEP_FAILED && step->state != RS_STEP_UNDONE)
			return true;
	}
	return false;
}

/*
 * The last run, or all. A user's folder could hold any id: root's last run is
 * one that the system's own folder knows, and a later one is only named.
 */
static void
choose_runs(const struct rs_options *options, const struct rs_records_job *list,
	    const struct rs_scope *scope, struct rs_array *ids)
{
	bool by_system = geteuid() == 0 && scope->system;

	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (!rs_record_is_undoable(record) || rs_scope_leaves(scope, record->owner))
			continue;
		if (options->all)
			rs_array_add_str(ids, record->id);
		else if (ids->n > 0 || !has_changed(record))
			continue;
		else if (!by_system || rs_array_has_str(&list->runs, record->id))
			rs_array_add_str(ids, record->id);
		else
			rs_warn(NULL, "passed over: %s, a later run of %s's own; to put that back: "
				"rootsweep undo %s", record->id, record->owner, record->id);
	}
}

/* The records that the words and options name; exits on an unknown one. */
static void
choose(const struct rs_options *options, int argc, char **argv, const struct rs_records_job *list,
       const struct rs_scope *scope, struct rs_array *ids)
{
	const char **known = rs_alloc((list->records.n + 1) * sizeof(*known)), *near;
	size_t n = 0;

	rs_array_init(ids, free);
	if (options->last || options->all)
		choose_runs(options, list, scope, ids);
	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (!rs_scope_leaves(scope, record->owner))
			known[n++] = record->id;
	}
	for (int i = 0; i < argc; i++) {
		bool found = false;

		for (size_t k = 0; k < n; k++)
			found |= rs_streq(argv[i], known[k]);
		near = found ? NULL : rs_text_nearest(argv[i], known, n);
		if (!found && list->no_folder != NULL)
			rs_die(RS_EXIT_FAILED, "%s", list->no_folder);
		if (!found && near != NULL)
			rs_bad_usage("there is no record %s; the nearest is %s", argv[i], near);
		if (!found)
			rs_bad_usage("there is no record %s that you may touch (rootsweep records "
				     "shows them)", argv[i]);
		rs_array_add_str(ids, argv[i]);
	}
	free(known);
}

/* Parts of the same runs with people whose stores this run leaves. */
static void
say_left(const struct rs_records_job *list, const struct rs_scope *scope,
	 const struct rs_array *ids, struct rs_report *report)
{
	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (rs_scope_leaves(scope, record->owner) && rs_array_has_str(ids, record->id) &&
		    rs_record_is_undoable(record))
			rs_report_say(report, "Left as it is: what was taken out of %s's places; to "
				      "put that back:\n  rootsweep undo %s --user %s", record->owner,
				      record->id, record->owner);
	}
	if (geteuid() != 0 && scope->system && ids->n > 0 && scope->denied.n == 0)
		rs_report_say(report, "Only your own places: what a run of root's took out of the "
			      "system's list, sudo rootsweep\nundo puts back.");
}

/* A damaged record is no candidate for --last or --all: say so. */
static bool
warn_damaged(const struct rs_options *options, const struct rs_records_job *list)
{
	bool any = false;

	for (size_t i = 0; i < list->records.n && (options->last || options->all); i++) {
		const struct rs_record *record = list->records.v[i];

		if (record->state != RS_RECORD_DAMAGED)
			continue;
		any = true;
		rs_warn(record->id, "this record (%s) is passed over, it cannot be used: %s",
			record->owner, record->reason ? record->reason : "it is damaged");
	}
	return any;
}

static void
keep_chosen(struct rs_records_job *job, const struct rs_array *ids, const struct rs_scope *scope,
	    bool unless_kept)
{
	size_t kept = 0;

	for (size_t i = 0; i < job->records.n; i++) {
		struct rs_record *record = job->records.v[i];

		if (rs_array_has_str(ids, record->id) && !rs_scope_leaves(scope, record->owner) &&
		    (!unless_kept || rs_record_is_on_trial(record)))
			job->records.v[kept++] = record;
		else
			rs_record_free(record);
	}
	job->records.n = kept;
}

static void
conflicts(const struct rs_records_job *job, struct rs_array *list)
{
	rs_array_init(list, free);
	for (size_t i = 0; i < job->records.n; i++) {
		const struct rs_record *record = job->records.v[i];

		for (size_t k = 0; k < record->steps.n; k++) {
			const struct rs_step *step = record->steps.v[k];

			if (step->state == RS_STEP_CONFLICT)
				rs_array_add(list, rs_printf("%s: %s", record->owner,
							     step->reason ? step->reason : step->path));
		}
	}
}

static bool
is_partial(const struct rs_records_job *job)
{
	for (size_t i = 0; i < job->records.n; i++) {
		const struct rs_record *record = job->records.v[i];

		if (record->state != RS_RECORD_UNDONE && record->state != RS_RECORD_APPLIED &&
		    (record->state != RS_RECORD_TRYING || rs_record_is_unfinished(record)))
			return true;
	}
	return job->problems.n > 0;
}

static void
tell(const struct rs_records_job *job, struct rs_report *report, const struct rs_options *options)
{
	for (size_t i = 0; i < job->problems.n; i++)
		rs_warn(NULL, "%s", (char *)job->problems.v[i]);
	for (size_t i = 0; i < job->records.n && !options->dry_run; i++) {
		const struct rs_record *record = job->records.v[i];

		if (record->state == RS_RECORD_DAMAGED)
			rs_warn(record->id, "this record is refused: %s; nothing of it was undone",
				record->reason ? record->reason : "it is damaged");
		for (size_t k = 0; k < record->steps.n; k++) {
			const struct rs_step *step = record->steps.v[k];

			if (step->state != RS_STEP_UNDONE && step->reason != NULL)
				rs_warn(record->id, "%s", step->reason);
		}
	}
	if (report->format == RS_FORMAT_TABLE && job->records.n > 0 && rs_verbosity > RS_QUIET)
		rs_report_table(&rs_noun_undone, &job->records);
}

static void
report_records(struct rs_records_job *job, struct rs_report *report,
	       const struct rs_options *options)
{
	struct rs_array clashes;

	conflicts(job, &clashes);
	rs_report_list(report, "records", &rs_noun_undone, &job->records, false);
	rs_report_set(report, "changed", json_object_new_boolean(job->changed));
	rs_report_texts(report, "conflicts", &clashes);
	rs_report_texts(report, "problems", &job->problems);
	tell(job, report, options);
	rs_array_free(&clashes);
}

/* In a dry run nothing has been tried: each step is still to come. */
static void
mark_planned(struct rs_records_job *job)
{
	for (size_t i = 0; i < job->records.n; i++) {
		struct rs_record *record = job->records.v[i];

		for (size_t k = 0; k < record->steps.n && rs_record_is_undoable(record); k++)
			rs_step_set(record->steps.v[k], RS_STEP_PLANNED, NULL);
	}
}

static bool
any_undoable(const struct rs_records_job *job)
{
	for (size_t i = 0; i < job->records.n; i++)
		if (rs_record_is_undoable(job->records.v[i]))
			return true;
	return false;
}

static void
show(const struct rs_records_job *list, struct rs_report *report)
{
	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (!rs_record_is_undoable(record))
			continue;
		if (report->format == RS_FORMAT_TABLE && rs_verbosity > RS_QUIET)
			rs_report_table(&rs_noun_undo_step, &record->steps);
		for (size_t k = 0; k < record->findings.n; k++) {
			const struct rs_record_finding *finding = record->findings.v[k];
			RS_AUTOFREE char *name = rs_text_safe(finding->title);
			/* Of its id, kind:owner:path, the place. */
			const char *path = finding->store ? strchr(finding->store, '/') : NULL;
			RS_AUTOFREE char *store = rs_text_safe(path ? path : finding->store);

			rs_report_say(report, "Will be trusted again: %s (%s)", name, store);
		}
	}
	rs_effect_of_putting_back(&list->records, report);
}

/* Unfinished runs that this one does not deal with. */
static bool
others_unfinished(const struct rs_records_job *list, const struct rs_scope *scope,
		  const struct rs_array *ids)
{
	bool any = false;

	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (!rs_record_is_unfinished(record) || rs_array_has_str(ids, record->id) ||
		    rs_scope_leaves(scope, record->owner))
			continue;
		any = true;
		rs_warn(NULL, "an earlier run (%s, %s) is not finished: rootsweep recover finishes "
			"it", record->id, record->owner);
	}
	return any;
}

/* Nothing is to be done, or only to be shown. */
static int
only_show(struct rs_records_job *list, struct rs_report *report,
	  const struct rs_options *options, bool work)
{
	bool partial = list->problems.n > 0 || (!work && is_partial(list));

	if (work)
		show(list, report);
	mark_planned(list);
	report_records(list, report, options);
	rs_report_head(report, work ? "Nothing was changed: this was a dry run." :
		       "There is nothing to put back.");
	for (size_t i = 0; i < list->records.n && !work; i++)
		partial |= ((struct rs_record *)list->records.v[i])->state == RS_RECORD_DAMAGED;
	report->partial |= partial;
	return list->no_folder != NULL && !work ? RS_EXIT_FAILED :
	    rs_exit_status(work, report->partial);
}

static int
put_back(struct rs_records_job *list, struct rs_report *report, const struct rs_options *options,
	 const struct rs_scope *scope, const struct rs_array *ids)
{
	struct rs_records_job job = { .what = RS_RECORDS_UNDO, .ids = ids,
				      .unless_kept = options->unless_kept };
	int status;

	show(list, report);
	if (!rs_confirm(options, "Put it back now?")) {
		mark_planned(list);
		report_records(list, report, options);
		rs_report_say(report, "Nothing was changed.");
		return RS_EXIT_OK;
	}
	rs_records_run(&job, scope);
	report_records(&job, report, options);
	report->partial |= is_partial(&job);
	status = rs_exit_status(job.changed && options->detailed, report->partial);
	rs_records_job_free(&job);
	return status;
}

int
rs_cmd_undo(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_records_job list = { .what = RS_RECORDS_LIST };
	struct rs_scope scope;
	struct rs_array ids;
	bool work;
	int status;

	if ((argc > 0) + options->last + options->all != 1)
		rs_bad_usage("undo needs either the ids of records, or --last, or --all");
	rs_scope_make_records(&scope, options, true);
	rs_records_run(&list, &scope);
	choose(options, argc, argv, &list, &scope, &ids);
	report.partial = warn_damaged(options, &list);
	report.partial |= others_unfinished(&list, &scope, &ids);
	rs_report_begin(&report, "rootsweep.undo/1", NULL);
	say_left(&list, &scope, &ids, &report);
	keep_chosen(&list, &ids, &scope, options->unless_kept);
	work = any_undoable(&list);
	if (work && !options->dry_run) {
		rs_confirm_possible(options);
		status = put_back(&list, &report, options, &scope, &ids);
	} else {
		status = only_show(&list, &report, options, work);
	}
	rs_report_end(&report);
	rs_array_free(&ids);
	rs_records_job_free(&list);
	rs_scope_free(&scope);
	return status;
}

int
rs_cmd_recover(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_records_job job = { .what = RS_RECORDS_RECOVER };
	struct rs_earlier earlier;
	struct rs_scope scope;
	size_t kept = 0;
	int status;

	if (argc > 0)
		rs_bad_usage("recover takes no words, so not \"%s\"", argv[0]);
	rs_scope_make_records(&scope, options, true);
	rs_report_begin(&report, "rootsweep.recover/1", NULL);
	/* What it finishes was confirmed when it was begun. */
	rs_earlier_make(&earlier, &scope, false);
	if (earlier.unfinished + earlier.unreadable + scope.denied.n > 0)
		rs_records_run(&job, &scope);
	rs_earlier_free(&earlier);
	for (size_t i = 0; i < job.records.n; i++) {
		struct rs_record *record = job.records.v[i];

		if (record->acted)
			job.records.v[kept++] = record;
		else
			rs_record_free(record);
	}
	job.records.n = kept;
	report_records(&job, &report, options);
	report.partial = is_partial(&job);
	rs_report_head(&report, kept == 0 ? "There is nothing to finish." : report.partial ?
		       "Not all could be finished: see above." :
		       "What was left unfinished was dealt with.");
	status = rs_exit_status(job.changed && options->detailed, report.partial);
	rs_report_end(&report);
	rs_records_job_free(&job);
	rs_scope_free(&scope);
	return status;
}
