/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd.h"

static bool
is_unknown(const struct rs_matches *matches, const struct rs_anchor *anchor)
{
	for (size_t i = 0; i < matches->unknown.n; i++)
		if (((struct rs_finding *)matches->unknown.v[i])->anchor == anchor)
			return true;
	return false;
}

int
rs_cmd_anchors(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_look look = { 0 };
	struct rs_array rows;
	int status;

	if (argc > 0)
		rs_bad_usage("anchors takes no words, so not \"%s\"", argv[0]);
	/* A list is needed only to tell the unknown from the known. */
	rs_scope_make(&look.scope, options, false);
	rs_look_make(&look, options, options->unknown);
	rs_array_init(&rows, free);
	for (size_t i = 0; i < look.scan.stores.n; i++) {
		const struct rs_store *store = look.scan.stores.v[i];

		for (size_t k = 0; k < store->anchors.n; k++) {
			const struct rs_anchor *anchor = store->anchors.v[k];
			struct rs_report_anchor *row;

			if (options->unknown && !is_unknown(&look.matches, anchor))
				continue;
			row = rs_array_add(&rows, rs_alloc(sizeof(*row)));
			*row = (struct rs_report_anchor){ store, anchor };
		}
	}
	report.partial = rs_look_earlier(&look);
	rs_report_begin(&report, "rootsweep.anchors/1", look.policy);
	rs_look_report(&look, &report);
	rs_report_list(&report, "anchors", &rs_noun_anchor, &rows, !options->unknown);
	if (options->unknown)
		rs_unknown_tell(&look, &report);
	rs_look_limits(&look, &report);
	status = rs_exit_status(false, report.partial);
	rs_report_end(&report);
	rs_array_free(&rows);
	rs_look_free(&look);
	return status;
}
