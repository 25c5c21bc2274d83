/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "cmd.h"
#include "message.h"
#include "text.h"

static size_t
keep(struct rs_records_job *job, const char *id)
{
	size_t kept = 0;

	for (size_t i = 0; i < job->records.n; i++) {
		struct rs_record *record = job->records.v[i];

		if (id == NULL || rs_streq(record->id, id))
			job->records.v[kept++] = record;
		else
			rs_record_free(record);
	}
	return job->records.n = kept;
}

__attribute__((noreturn))
static void
no_such_record(const struct rs_records_job *job, const char *id)
{
	const char **known = rs_alloc((job->records.n + 1) * sizeof(*known)), *near;

	for (size_t i = 0; i < job->records.n; i++)
		known[i] = ((struct rs_record *)job->records.v[i])->id;
	near = rs_text_nearest(id, known, job->records.n);
	if (near != NULL)
		rs_bad_usage("there is no record %s; the nearest is %s", id, near);
	rs_bad_usage("there is no record %s that you may see", id);
}

static bool
exists(const struct rs_records_job *job, const char *id)
{
	for (size_t i = 0; i < job->records.n; i++)
		if (rs_streq(((struct rs_record *)job->records.v[i])->id, id))
			return true;
	return false;
}

static bool
is_partial(const struct rs_records_job *job)
{
	for (size_t i = 0; i < job->records.n; i++) {
		const struct rs_record *record = job->records.v[i];

		if (record->state == RS_RECORD_DAMAGED || rs_record_is_unfinished(record))
			return true;
	}
	return job->problems.n > 0;
}

int
rs_cmd_records(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_records_job job = { .what = RS_RECORDS_LIST };
	struct rs_scope scope;
	int status;

	if (argc > 1)
		rs_bad_usage("records takes one id, so not \"%s\" too", argv[1]);
	rs_scope_make_records(&scope, options, false);
	rs_records_run(&job, &scope);
	if (job.no_folder != NULL && job.records.n == 0)
		rs_die(RS_EXIT_FAILED, "%s", job.no_folder);
	if (argc == 1 && !exists(&job, argv[0]))
		no_such_record(&job, argv[0]);
	keep(&job, argc == 1 ? argv[0] : NULL);
	rs_report_begin(&report, "rootsweep.records/1", NULL);
	rs_report_list(&report, "records", &rs_noun_record, &job.records, true);
	for (size_t i = 0; i < job.records.n && argc == 1; i++) {
		const struct rs_record *record = job.records.v[i];

		if (report.format == RS_FORMAT_TABLE)
			rs_report_table(&rs_noun_step, &record->steps);
	}
	if (job.records.n == 0)
		rs_report_say(&report, "There are no undo records.");
	for (size_t i = 0; i < job.problems.n; i++)
		rs_warn(NULL, "%s", (char *)job.problems.v[i]);
	report.partial = is_partial(&job);
	status = rs_exit_status(false, report.partial);
	rs_report_end(&report);
	rs_records_job_free(&job);
	rs_scope_free(&scope);
	return status;
}

/* A record's id begins with its time. */
static bool
is_older(const struct rs_record *record, long age)
{
	struct tm tm = { 0 };

	if (sscanf(record->id, "%4d%2d%2dT%2d%2d%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return timegm(&tm) < rs_now() - age;
}

static void
choose(const struct rs_options *options, int argc, char **argv, const struct rs_records_job *list,
       const struct rs_scope *scope, struct rs_array *ids)
{
	rs_array_init(ids, free);
	for (int i = 0; i < argc; i++) {
		if (!exists(list, argv[i]))
			no_such_record(list, argv[i]);
		rs_array_add_str(ids, argv[i]);
	}
	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (rs_scope_leaves(scope, record->owner))
			continue;
		if (options->all || (options->older_than >= 0 && is_older(record, options->older_than)))
			rs_array_add_str(ids, record->id);
	}
}

/* Runs of which no part stays behind: who has parts is known only of all. */
static void
choose_runs(const struct rs_records_job *list, const struct rs_scope *scope,
	    const struct rs_array *ids, struct rs_array *runs)
{
	rs_array_init(runs, free);
	for (size_t i = 0; i < list->runs.n && scope->everyone && scope->system; i++) {
		const char *id = list->runs.v[i];
		bool stays = false, part = false;

		for (size_t k = 0; k < list->records.n; k++) {
			const struct rs_record *record = list->records.v[k];

			part |= rs_streq(record->id, id);
			stays |= rs_streq(record->id, id) && (rs_scope_leaves(scope, record->owner) ||
							       !rs_array_has_str(ids, id));
		}
		if (!stays && (part || list->problems.n == 0))
			rs_array_add_str(runs, id);
	}
}

int
rs_cmd_forget(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_records_job list = { .what = RS_RECORDS_LIST };
	struct rs_records_job job = { .what = RS_RECORDS_FORGET };
	struct rs_scope scope;
	struct rs_array ids, runs, *problems = &list.problems;
	int status;

	if ((argc > 0) + options->all + (options->older_than >= 0) != 1)
		rs_bad_usage("forget needs either the ids of records, or --all, or --older-than");
	rs_scope_make_records(&scope, options, true);
	rs_records_run(&list, &scope);
	choose(options, argc, argv, &list, &scope, &ids);
	choose_runs(&list, &scope, &ids, &runs);
	job.forget_runs = &runs;
	for (size_t i = 0; i < ids.n; i++)
		rs_report_say(&report, "To be deleted: %s", (char *)ids.v[i]);
	if (ids.n > 0 && rs_confirm(options, "Delete these records? What they took out can then "
				    "not be put back.")) {
		job.ids = &ids;
		rs_records_run(&job, &scope);
		problems = &job.problems;
	}
	for (size_t i = 0; i < problems->n; i++)
		rs_warn(NULL, "%s", (char *)problems->v[i]);
	rs_report_begin(&report, "rootsweep.forget/1", NULL);
	rs_report_list(&report, "records", &rs_noun_record, &job.records, false);
	rs_report_set(&report, "changed", json_object_new_boolean(job.changed));
	rs_report_say(&report, "%zu record%s deleted.", job.records.n, job.records.n == 1 ? "" : "s");
	if (job.records.n > 0)
		rs_report_say(&report, "rootsweep cannot delete what others keep of its runs: the "
			      "shell's history, logs of sudo\nand of package managers, the journal, "
			      "backups and snapshots, and what a disk of\nmemory chips keeps of "
			      "deleted files.");
	report.partial = problems->n > 0;
	status = rs_exit_status(job.changed && options->detailed, report.partial);
	rs_report_end(&report);
	rs_array_free(&ids);
	rs_array_free(&runs);
	rs_records_job_free(&job);
	rs_records_job_free(&list);
	rs_scope_free(&scope);
	return status;
}
