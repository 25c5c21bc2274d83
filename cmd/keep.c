/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "apply.h"
#include "cmd.h"
#include "message.h"
#include "text.h"

/* Half a run that comes back by itself is nothing that anybody asked for. */
static const struct rs_record *
unfinished_part(const struct rs_records_job *list, const char *id)
{
	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (rs_streq(record->id, id) && (record->state == RS_RECORD_PENDING ||
						 record->state == RS_RECORD_UNDOING))
			return record;
	}
	return NULL;
}

static bool
has_state(const struct rs_records_job *list, const char *id, enum rs_record_state state)
{
	for (size_t i = 0; i < list->records.n; i++) {
		const struct rs_record *record = list->records.v[i];

		if (rs_streq(record->id, id) && record->state == state)
			return true;
	}
	return false;
}

/* Whether this run is there to be kept; says why where it is not. */
static bool
can_keep(const struct rs_records_job *list, const char *id, bool *partial)
{
	const struct rs_record *part = unfinished_part(list, id);

	if (part != NULL)
		rs_warn(id, "it was interrupted (%s): run rootsweep recover, then keep it",
			part->owner);
	else if (has_state(list, id, RS_RECORD_TRYING))
		return true;
	else if (has_state(list, id, RS_RECORD_UNDONE))
		rs_warn(id, "too late: it has been put back; run rootsweep quarantine again");
	else
		return false;
	*partial = true;
	return false;
}

static void
choose(int argc, char **argv, const struct rs_records_job *list, struct rs_array *ids,
       bool *partial)
{
	struct rs_array asked;

	rs_array_init(ids, free);
	rs_array_init(&asked, free);
	for (size_t i = 0; i < list->records.n && argc == 0; i++) {
		const struct rs_record *record = list->records.v[i];

		if (rs_record_is_on_trial(record) && !rs_array_has_str(&asked, record->id))
			rs_array_add_str(&asked, record->id);
	}
	for (int i = 0; i < argc; i++) {
		bool found = false;

		for (size_t k = 0; k < list->records.n; k++)
			found |= rs_streq(((struct rs_record *)list->records.v[k])->id, argv[i]);
		if (!found)
			rs_bad_usage("there is no record %s that you may touch (rootsweep records "
				     "shows them)", argv[i]);
		rs_array_add_str(&asked, argv[i]);
	}
	for (size_t i = 0; i < asked.n; i++)
		if (can_keep(list, asked.v[i], partial))
			rs_array_add_str(ids, asked.v[i]);
	rs_array_free(&asked);
}

int
rs_cmd_keep(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_records_job list = { .what = RS_RECORDS_LIST };
	struct rs_records_job job = { .what = RS_RECORDS_KEEP };
	struct rs_scope scope;
	struct rs_array ids;
	int status;

	/* Under sudo too, all parts of a run. */
	rs_scope_make_records(&scope, options, false);
	rs_records_run(&list, &scope);
	if (list.no_folder != NULL && list.records.n == 0)
		rs_die(RS_EXIT_FAILED, "%s", list.no_folder);
	choose(argc, argv, &list, &ids, &report.partial);
	job.ids = &ids;
	rs_records_run(&job, &scope);
	for (size_t i = 0; i < job.problems.n; i++)
		rs_warn(NULL, "%s", (char *)job.problems.v[i]);
	rs_report_begin(&report, "rootsweep.keep/1", NULL);
	rs_report_list(&report, "records", &rs_noun_record, &job.records, true);
	rs_report_set(&report, "changed", json_object_new_boolean(job.changed));
	rs_report_texts(&report, "problems", &job.problems);
	report.partial |= job.problems.n > 0;
	rs_report_head(&report, job.changed ? "It stays taken out." : report.partial ?
		       "Nothing was kept: see above." : "No trial is running.");
	status = rs_exit_status(job.changed && options->detailed, report.partial);
	rs_report_end(&report);
	rs_array_free(&ids);
	rs_records_job_free(&job);
	rs_records_job_free(&list);
	rs_scope_free(&scope);
	return status;
}
