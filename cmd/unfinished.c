/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What earlier runs left to be done: finished, or not planned again. */
#include "apply.h"
#include "cmd.h"
#include "message.h"
#include "rows-shape.h"

/* One certificate in one store. */
static char *
waiting_key(const char *store, const char *sha256, const char *sha1)
{
	return rs_printf("%s %s", sha256 ? sha256 : sha1 ? sha1 : "", store);
}

static void
note_waiting(const struct rs_record *record, struct rs_array *waiting)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		for (size_t k = 0; k < record->findings.n && step->state == RS_STEP_PENDING; k++) {
			const struct rs_record_finding *finding = record->findings.v[k];

			if (rs_streq(finding->store, step->store))
				rs_array_add(waiting, waiting_key(finding->store, finding->sha256,
								  finding->sha1));
		}
	}
}

/* Says how it went with a record that was not finished; whether it is now. */
static bool
say_finished(const struct rs_record *record)
{
	if (record->state == RS_RECORD_APPLIED || record->state == RS_RECORD_UNDONE ||
	    !rs_record_is_unfinished(record)) {
		rs_warn(record->id, "that run (%s) is finished now", record->owner);
		return true;
	}
	rs_warn(record->id, "that run (%s) is still not finished: rootsweep recover tries again, "
		"rootsweep undo %s takes it back", record->owner, record->id);
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		if (step->reason != NULL)
			rs_warn(record->id, "%s", step->reason);
	}
	return false;
}

bool
rs_unfinished_finish(const struct rs_scope *scope, const struct rs_options *options,
		     struct rs_array *waiting)
{
	struct rs_records_job job = { .what = RS_RECORDS_RECOVER };
	struct rs_earlier earlier;
	bool good;

	rs_earlier_make(&earlier, scope, false);
	if (earlier.unfinished > 0) {
		rs_confirm_possible(options);
		rs_warn(NULL, "an earlier run was not finished: finishing it first");
	}
	if (earlier.unfinished + earlier.unreadable > 0)
		rs_records_run(&job, scope);
	rs_earlier_free(&earlier);
	/* What is denied is said with the rest of what could not be looked at. */
	for (size_t i = scope->denied.n; i < job.problems.n; i++)
		rs_warn(NULL, "%s", (char *)job.problems.v[i]);
	good = job.problems.n <= scope->denied.n;
	for (size_t i = 0; i < job.records.n; i++) {
		const struct rs_record *record = job.records.v[i];

		if (!record->acted)
			continue;
		good &= say_finished(record);
		note_waiting(record, waiting);
	}
	rs_records_job_free(&job);
	return good;
}

void
rs_unfinished_mark(struct rs_matches *matches, const struct rs_array *waiting)
{
	for (size_t i = 0; i < matches->findings.n; i++) {
		struct rs_finding *finding = matches->findings.v[i];
		const struct rs_cert *cert = finding->anchor->cert;
		RS_AUTOFREE char *key = waiting_key(finding->store->id, cert->sha256, cert->sha1);

		if (finding->action != RS_ACTION_QUARANTINE || !rs_array_has_str(waiting, key))
			continue;
		finding->result = RS_RESULT_PENDING;
		free(finding->reason);
		finding->reason = rs_printf("an earlier run waits to take it out: close the program "
					    "that has %s open, then run rootsweep recover",
					    finding->store->path);
	}
}

void
rs_unfinished_mark_stores(struct rs_look *look)
{
	for (size_t i = 0; i < look->matches.findings.n; i++) {
		const struct rs_finding *finding = look->matches.findings.v[i];

		if (finding->result != RS_RESULT_PENDING || rs_rows_shape(finding->store->kind) == NULL)
			continue;
		for (size_t k = 0; k < look->scan.stores.n; k++) {
			struct rs_store *store = look->scan.stores.v[k];

			if (store == finding->store)
				rs_store_fail(store, RS_STORE_LOCKED, "%s", finding->reason);
		}
	}
}
