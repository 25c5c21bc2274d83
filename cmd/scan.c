/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "message.h"
#include "text.h"

struct counts {
	size_t quarantine, report;
	size_t beyond_reach;		/* of quarantine: what no step can take out */
};

static struct counts
count(const struct rs_matches *matches)
{
	struct counts counts = { 0 };

	for (size_t i = 0; i < matches->findings.n; i++) {
		const struct rs_finding *finding = matches->findings.v[i];

		if (finding->action != RS_ACTION_QUARANTINE)
			counts.report++;
		else
			counts.quarantine++;
		if (finding->action == RS_ACTION_QUARANTINE &&
		    rs_plan_beyond_reach(finding->anchor) != NULL)
			counts.beyond_reach++;
	}
	return counts;
}

static size_t
excluded(const struct rs_scan *scan)
{
	size_t n = 0;

	for (size_t i = 0; i < scan->stores.n; i++)
		n += ((struct rs_store *)scan->stores.v[i])->state == RS_STORE_EXCLUDED;
	return n;
}

/* What no step can take out says so where it is found. */
static void
tell_by_hand(struct rs_matches *matches)
{
	for (size_t i = 0; i < matches->findings.n; i++) {
		struct rs_finding *finding = matches->findings.v[i];
		const char *reason = rs_plan_beyond_reach(finding->anchor);

		if (finding->reason == NULL && reason != NULL &&
		    finding->action == RS_ACTION_QUARANTINE)
			finding->reason = rs_strdup(reason);
	}
}

static json_object *
summary(const struct rs_look *look, const struct counts *counts)
{
	const struct { const char *key; size_t n; } numbers[] = {
		{ "stores", look->scan.stores.n },
		{ "anchors", rs_scan_anchors(&look->scan) },
		{ "findings", look->matches.findings.n },
		{ "to_quarantine", counts->quarantine },
		{ "reported", counts->report },
		{ "unknown", look->matches.unknown.n },
		{ "allowed", look->matches.allowed.n },
		{ "excluded", excluded(&look->scan) },
	};
	json_object *j = json_object_new_object();

	for (size_t i = 0; i < RS_COUNT(numbers); i++)
		json_object_object_add(j, numbers[i].key, json_object_new_uint64(numbers[i].n));
	return j;
}

/* What the list says of each entry that was found, once each. */
static void
explain(const struct rs_look *look, struct rs_report *report)
{
	struct rs_array told;

	rs_array_init(&told, free);
	for (size_t i = 0; i < look->matches.findings.n; i++) {
		const struct rs_finding *finding = look->matches.findings.v[i];
		const struct rs_policy_root *root = finding->root;
		RS_AUTOFREE char *name = NULL;
		const char *why, *advice;

		if (root == NULL || rs_array_has_str(&told, root->id))
			continue;
		rs_array_add_str(&told, root->id);
		name = rs_text_safe(rs_text_for_user(&root->names));
		why = rs_text_for_user(&root->explains);
		/* Written for what the list itself does with it. */
		advice = root->action == root->own_action ? rs_text_for_user(&root->advices) : NULL;
		rs_report_say(report, " ");
		rs_report_head(report, "%s", name);
		if (why != NULL)
			rs_report_paragraph(report, "", why);
		if (advice != NULL)
			rs_report_paragraph(report, "", advice);
	}
	rs_array_free(&told);
}

static void
tell_findings(struct rs_look *look, struct rs_report *report, const struct counts *counts)
{
	size_t places = rs_look_places(look), found = counts->quarantine + counts->report;

	if (look->matches.findings.n == 0) {
		rs_report_head(report, "Nothing from the list was found in the %zu place%s that "
			       "could be checked.", places, places == 1 ? "" : "s");
		return;
	}
	if (counts->quarantine > 0)
		rs_report_head(report, "Found in %zu place%s: certificates with which others can read "
			       "this computer's\nencrypted traffic.", found, found == 1 ? "" : "s");
	else
		rs_report_head(report, "Found in %zu place%s: certificates that the list knows, and "
			       "leaves it to you to judge.", found, found == 1 ? "" : "s");
	explain(look, report);
	rs_report_say(report, " ");
	if (report->format == RS_FORMAT_TABLE)
		rs_report_table(&rs_noun_finding, &look->matches.findings);
}

static void
tell_next(const struct rs_look *look, struct rs_report *report, const struct counts *counts)
{
	RS_AUTOFREE char *words = rs_command_words(look->options, "quarantine", NULL, true);

	rs_report_say(report, "Nothing was changed.");
	if (rs_restart_tell(look, report, "These programs run with what was found; close them before "
			    "it is taken out:"))
		rs_report_say(report, " ");
	if (counts->quarantine > counts->beyond_reach)
		rs_report_head(report, "To take them out, type: %s", words);
	if (counts->beyond_reach > 0)
		rs_report_say(report, "What has a note above has to be taken out by hand, as the note "
			      "says.");
}

__attribute__((noreturn))
static void
bad_word(const char *word)
{
	for (size_t i = 0; i < rs_commands_n; i++)
		if (rs_streq(word, rs_commands[i].name))
			rs_bad_usage("the command comes first: rootsweep %s [option]...", word);
	rs_bad_usage("scan takes no words, so not \"%s\"", word);
}

int
rs_cmd_scan(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_look look = { 0 };
	struct counts counts;
	bool found;
	int status;

	if (argc > 0)
		bad_word(argv[0]);
	rs_scope_make(&look.scope, options, false);
	rs_look_make(&look, options, true);
	tell_by_hand(&look.matches);
	counts = count(&look.matches);
	report.partial = rs_look_earlier(&look);
	rs_report_begin(&report, "rootsweep.scan/1", look.policy);
	rs_look_report(&look, &report);
	rs_report_list(&report, "findings", &rs_noun_finding, &look.matches.findings, false);
	rs_report_set(&report, "summary", summary(&look, &counts));
	tell_findings(&look, &report, &counts);
	rs_unknown_tell(&look, &report);
	rs_look_limits(&look, &report);
	tell_next(&look, &report, &counts);
	found = counts.quarantine > 0 ||
	    (options->fail_on >= RS_FAIL_ON_REPORT && counts.report > 0) ||
	    (options->fail_on == RS_FAIL_ON_UNKNOWN && look.matches.unknown.n > 0);
	status = rs_exit_status(found, report.partial);
	rs_report_end(&report);
	rs_look_free(&look);
	return status;
}
