/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "cmd.h"
#include "message.h"
#include "text.h"
#include "verify.h"

/* A plan that would take out more distinct certificates needs --force. */
#define MANY 10

/* All steps of all parts, in order: what a dry run prints and a run does. */
static void
all_steps(const struct rs_plan *plan, struct rs_array *steps)
{
	rs_array_init(steps, NULL);
	for (size_t i = 0; i < plan->parts.n; i++) {
		const struct rs_part *part = plan->parts.v[i];

		for (size_t k = 0; k < part->steps.n; k++)
			rs_array_add(steps, part->steps.v[k]);
	}
}

/*
 * Dead authorities of the shipped list: of those an old machine has many, and
 * nobody needs one of them. By what nobody else can choose, or the word alone
 * would open the guard to any file and to any name.
 */
static bool
is_dead_authority(const struct rs_finding *finding)
{
	return finding->root != NULL && finding->root->vendor && !finding->by_name &&
	    rs_streq(finding->root->category, "misissuing-ca") &&
	    (finding->how == RS_MATCH_CERTIFICATE || finding->how == RS_MATCH_SPKI ||
	     finding->how == RS_MATCH_SHA1);
}

static bool
counts(const struct rs_finding *finding)
{
	return finding->action == RS_ACTION_QUARANTINE && !is_dead_authority(finding);
}

/* What tells a finding's certificate from others. */
static char *
identity(const struct rs_cert *cert)
{
	if (cert->sha256 != NULL || cert->sha1 != NULL)
		return rs_strdup(cert->sha256 != NULL ? cert->sha256 : cert->sha1);
	return rs_printf("%s %s", cert->issuer_der ? cert->issuer_der : "",
			 cert->serial ? cert->serial : "");
}

/* One finding of each certificate that a plan would take out. */
static void
find_distinct(const struct rs_matches *matches, struct rs_array *distinct)
{
	struct rs_array seen;

	rs_array_init(&seen, free);
	/* Lone trust last: it may be of a certificate that was counted. */
	for (int lone = 0; lone < 2; lone++)
		for (size_t i = 0; i < matches->findings.n; i++) {
			struct rs_finding *finding = matches->findings.v[i];
			const struct rs_cert *cert = finding->anchor->cert;
			RS_AUTOFREE char *id = identity(cert);

			if (!counts(finding) || (cert->sha256 == NULL) != (lone == 1) ||
			    rs_array_has_str(&seen, id))
				continue;
			rs_array_add(distinct, finding);
			rs_array_add_str(&seen, id);
			if (cert->sha1 != NULL)
				rs_array_add_str(&seen, cert->sha1);
		}
	rs_array_free(&seen);
}

static void
guard(const struct rs_matches *matches, const struct rs_options *options)
{
	struct rs_array distinct;

	rs_array_init(&distinct, NULL);
	find_distinct(matches, &distinct);
	if (distinct.n > MANY && !options->force) {
		for (size_t i = 0; i < distinct.n; i++) {
			const struct rs_finding *finding = distinct.v[i];
			RS_AUTOFREE char *id = identity(finding->anchor->cert);
			RS_AUTOFREE char *title = rs_cert_title(finding->anchor->cert);

			rs_warn(NULL, "would take out \"%s\", %s (%s)", title, id,
				rs_finding_entry(finding));
		}
		rs_bad_usage("this would take out %zu different certificates, more than %d: if "
			     "that is wanted, say --force", distinct.n, MANY);
	}
	rs_array_free(&distinct);
}

/* The steps that a finding's fate depends on: those in its own places, else
 * the refresh that its derived copies follow. */
static const struct rs_step *
worst_step(const struct rs_part *part, const struct rs_finding *finding)
{
	const struct rs_step *worst = NULL;

	for (size_t i = 0; i < part->steps.n; i++) {
		const struct rs_step *step = part->steps.v[i];
		bool its = step->kind == RS_STEP_REFRESH;

		for (size_t k = 0; k < finding->anchor->origins.n; k++) {
			const struct rs_origin *origin = finding->anchor->origins.v[k];

			its |= origin->how != RS_HOW_DERIVED && rs_streq(origin->path, step->path);
			/* What denies a package's file is named by the certificate. */
			its |= origin->how == RS_HOW_DISTRUST && step->op == RS_FILE_CREATE &&
			    strstr(step->path, finding->anchor->cert->sha256) != NULL;
		}
		if (its && (worst == NULL || step->state > worst->state))
			worst = step;
	}
	return worst;
}

static void
judge_finding(const struct rs_part *part, struct rs_finding *finding, bool dry)
{
	const struct rs_step *step = worst_step(part, finding);
	enum rs_step_state state = step != NULL ? step->state : RS_STEP_DONE;
	const char *reason = step != NULL ? step->reason : NULL;

	if (finding->result == RS_RESULT_REFUSED)
		return;
	if (dry) {
		finding->result = RS_RESULT_WOULD_QUARANTINE;
		return;
	}
	/* A child that died left its steps as they were planned. */
	if (state == RS_STEP_PLANNED || (part->failure != NULL && state != RS_STEP_DONE)) {
		state = RS_STEP_FAILED;
		reason = part->failure != NULL ? part->failure : reason;
	}
	if (state == RS_STEP_DONE && finding->still_trusted) {
		state = RS_STEP_FAILED;
		reason = "it was taken out, and is trusted here all the same: see still_trusted, "
		    "and run rootsweep scan";
	}
	finding->result = state == RS_STEP_DONE ? RS_RESULT_QUARANTINED :
	    state == RS_STEP_PENDING ? RS_RESULT_PENDING :
	    state == RS_STEP_REFUSED ? RS_RESULT_REFUSED : RS_RESULT_FAILED;
	if (reason != NULL && finding->result != RS_RESULT_QUARANTINED) {
		free(finding->reason);
		finding->reason = rs_strdup(reason);
	}
}

/* What a run did not come to is not planned any more. */
static void
settle_steps(struct rs_part *part)
{
	const char *why = part->failure;

	for (size_t i = 0; i < part->steps.n && why == NULL; i++) {
		const struct rs_step *step = part->steps.v[i];

		if (step->state == RS_STEP_REFUSED)
			why = step->reason;
	}
	for (size_t i = 0; i < part->steps.n; i++) {
		struct rs_step *step = part->steps.v[i];

		if (step->state == RS_STEP_PLANNED)
			rs_step_set(step, part->failure != NULL ? RS_STEP_FAILED : RS_STEP_REFUSED,
				    why != NULL ? "%s" : NULL, why);
	}
}

static void
judge(struct rs_plan *plan, bool dry)
{
	for (size_t i = 0; i < plan->parts.n; i++) {
		struct rs_part *part = plan->parts.v[i];

		if (!dry)
			settle_steps(part);
		for (size_t k = 0; k < part->findings.n; k++)
			judge_finding(part, part->findings.v[k], dry);
	}
}

/* Something that should have been taken out was not: exit status 4. */
static bool
anything_left(const struct rs_matches *matches, const struct rs_plan *plan)
{
	for (size_t i = 0; i < plan->parts.n; i++)
		if (((struct rs_part *)plan->parts.v[i])->failure != NULL)
			return true;
	for (size_t i = 0; i < matches->findings.n; i++) {
		const struct rs_finding *finding = matches->findings.v[i];

		if (finding->result == RS_RESULT_REFUSED || finding->result == RS_RESULT_FAILED ||
		    finding->result == RS_RESULT_PENDING)
			return true;
	}
	return false;
}

/* Found, and on purpose not touched by this run: other people's stores. */
static size_t
left_alone(const struct rs_matches *matches)
{
	size_t n = 0;

	for (size_t i = 0; i < matches->findings.n; i++) {
		const struct rs_finding *finding = matches->findings.v[i];

		n += finding->action == RS_ACTION_QUARANTINE &&
		    finding->result == RS_RESULT_REPORTED;
	}
	return n;
}

static void
show_plan(const struct rs_look *look, const struct rs_plan *plan, struct rs_report *report)
{
	/* Told after it was done, a plan would mislead. */
	bool table = report->format == RS_FORMAT_TABLE &&
	    (rs_verbosity > RS_QUIET || look->options->dry_run || !look->options->yes);
	struct rs_array steps;

	all_steps(plan, &steps);
	if (table && look->matches.findings.n > 0) {
		rs_report_head(report, "What was found here:");
		rs_report_table(&rs_noun_finding, &look->matches.findings);
	}
	if (table && steps.n > 0) {
		rs_report_say(report, " ");
		rs_report_head(report, "What is to be done, each step with a copy kept for undo:");
		rs_report_table(&rs_noun_step, &steps);
	}
	if (steps.n > 0 && (look->options->dry_run || !look->options->yes))
		rs_restart_tell(look, report, "\nThese programs run with it; what they keep open is "
				"taken out once they are closed:");
	if (steps.n > 0)
		rs_effect_of_taking(&look->matches, report);
	rs_array_free(&steps);
}

/* Never more than what was looked at. */
static void
tell_verdict(const struct rs_look *look, const struct rs_verdict *verdict, bool left,
	     struct rs_report *report)
{
	size_t others = left_alone(&look->matches);

	rs_report_say(report, " ");
	if (left || verdict->still_trusted.n > 0)
		rs_report_head(report, "Taken out, but not everywhere: see above.");
	else if (verdict->unverified.n > 0)
		rs_report_head(report, "Taken out, but not every place could be looked at again: "
			       "see above.");
	else if (others > 0)
		rs_report_head(report, "Taken out. It is still trusted in %zu place%s of other "
			       "people here: see above.", others, others == 1 ? "" : "s");
	else if (rs_look_is_partial(look))
		rs_report_head(report, "Taken out of every place that could be checked. Not all "
			       "could: see below.");
	else
		rs_report_head(report, "Taken out. Looked again by every way: none of the %zu "
			       "places trusts it any more.", rs_look_places(look));
}

static void
tell_result(const struct rs_look *look, const struct rs_plan *plan, const char *id, bool changed,
	    const struct rs_verdict *verdict, bool left, struct rs_report *report)
{
	RS_AUTOFREE char *words = NULL;

	for (size_t i = 0; i < plan->parts.n; i++) {
		const struct rs_part *part = plan->parts.v[i];

		if (part->failure != NULL)
			rs_warn(part->owner, "%s", part->failure);
		for (size_t k = 0; k < part->steps.n; k++) {
			const struct rs_step *step = part->steps.v[k];

			if (step->state != RS_STEP_DONE && step->reason != NULL)
				rs_warn(NULL, "%s", step->reason);
		}
	}
	for (size_t i = 0; i < verdict->still_trusted.n; i++)
		rs_warn(NULL, "still trusted: %s", (char *)verdict->still_trusted.v[i]);
	for (size_t i = 0; i < verdict->lost.n; i++)
		rs_warn(NULL, "lost, and not meant to be: %s", (char *)verdict->lost.v[i]);
	for (size_t i = 0; i < verdict->unverified.n; i++)
		rs_warn(NULL, "could not be looked at again, run rootsweep scan later: %s",
			(char *)verdict->unverified.v[i]);
	if (id == NULL) {
		rs_report_head(report, "Nothing was changed.");
		return;
	}
	if (!changed) {
		rs_report_head(report, "Nothing was taken out yet: it waits for the programs named "
			       "above.");
		rs_report_say(report, "When they are closed: rootsweep recover");
		rs_report_say(report, "To give it up: rootsweep undo %s", id);
		if (plan->try_until != 0)
			rs_trial_tell(look->options, id, plan->try_until, report);
		return;
	}
	tell_verdict(look, verdict, left, report);
	rs_restart_tell(look, report, "Close these programs and start them again:");
	rs_report_say(report, "Programs that run may go on trusting it until they are started "
		      "again: restart the\ncomputer to be sure.");
	words = rs_command_words(look->options, "undo", id, false);
	rs_report_say(report, "To put everything back: %s", words);
	if (plan->try_until != 0)
		rs_trial_tell(look->options, id, plan->try_until, report);
}

/* A certificate that was asked for, and that no place trusts. */
static void
say_not_found(const struct rs_look *look, struct rs_report *report)
{
	const struct rs_array *asked = &look->options->wanted.certificates;

	for (size_t i = 0; i < asked->n; i++) {
		bool found = false;

		for (size_t k = 0; k < look->matches.findings.n && !found; k++) {
			const struct rs_finding *finding = look->matches.findings.v[k];
			const struct rs_cert *cert = finding->anchor->cert;

			found = rs_streq(cert->sha256, asked->v[i]) ||
			    rs_streq(cert->sha1, asked->v[i]);
		}
		if (!found)
			rs_report_say(report, "No place that could be checked trusts %s.",
				      (char *)asked->v[i]);
	}
}

/* What an ordinary user's run had to leave in the system's stores. */
static void
say_needs_root(const struct rs_look *look, struct rs_report *report)
{
	RS_AUTOFREE char *words = rs_command_words(look->options, "quarantine", NULL, true);

	for (size_t i = 0; geteuid() != 0 && i < look->matches.findings.n; i++) {
		const struct rs_finding *finding = look->matches.findings.v[i];

		if (finding->result != RS_RESULT_REFUSED || rs_store_is_users(finding->store) ||
		    rs_plan_beyond_reach(finding->anchor) != NULL)
			continue;
		rs_report_head(report, "To take out what needs root, type: %s", words);
		return;
	}
}

static void
finish_report(struct rs_look *look, const struct rs_plan *plan, const char *id, bool changed,
	      const struct rs_verdict *verdict, struct rs_report *report)
{
	RS_AUTOFREE char *until = id != NULL && plan->try_until != 0 ?
	    rs_time_text(plan->try_until) : NULL;
	struct rs_array steps;

	all_steps(plan, &steps);
	rs_look_report(look, report);
	rs_report_list(report, "findings", &rs_noun_result, &look->matches.findings, false);
	rs_report_list(report, "steps", &rs_noun_step, &steps, false);
	rs_report_set(report, "changed", json_object_new_boolean(changed));
	rs_report_set(report, "record", id == NULL ? NULL : json_object_new_string(id));
	rs_report_set(report, "try_until", until == NULL ? NULL : json_object_new_string(until));
	rs_report_texts(report, "still_trusted", &verdict->still_trusted);
	rs_report_texts(report, "lost", &verdict->lost);
	rs_report_texts(report, "unverified", &verdict->unverified);
	rs_array_free(&steps);
}

static void
taken_findings(const struct rs_plan *plan, struct rs_array *taken)
{
	rs_array_init(taken, NULL);
	for (size_t i = 0; i < plan->parts.n; i++) {
		const struct rs_part *part = plan->parts.v[i];

		for (size_t k = 0; k < part->findings.n; k++)
			rs_array_add(taken, part->findings.v[k]);
	}
}

static bool
any_done(const struct rs_plan *plan)
{
	struct rs_array steps;
	bool any = false;

	all_steps(plan, &steps);
	for (size_t i = 0; i < steps.n; i++)
		any |= ((struct rs_step *)steps.v[i])->state == RS_STEP_DONE;
	rs_array_free(&steps);
	return any;
}

/* Returns the run's id where it made a record, NULL where it did nothing. */
static char *
carry_out(struct rs_look *look, struct rs_plan *plan, struct rs_verdict *verdict, bool *changed)
{
	RS_AUTOFREE char *id = rs_record_id_new();
	struct rs_array taken;

	if (plan->try_until != 0)
		rs_trial_start(id, &look->scope, look->options->try_seconds);
	if (!rs_apply_plan(plan, &look->scope, id))
		return NULL;
	*changed = any_done(plan);
	taken_findings(plan, &taken);
	rs_verify_gone(verdict, &look->scan, &taken, &look->scope);
	rs_array_free(&taken);
	return rs_steal(&id);
}

int
rs_cmd_quarantine(struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_verdict verdict = { 0 };
	struct rs_look look = { 0 };
	struct rs_plan plan = { 0 };
	RS_AUTOFREE char *id = NULL;
	bool changed = false, go, left;
	struct rs_array waiting;
	size_t steps;
	int status;

	if (argc > 0)
		rs_bad_usage("quarantine takes no words, so not \"%s\"", argv[0]);
	rs_array_init(&waiting, free);
	rs_scope_make(&look.scope, options, true);
	if (!options->dry_run)
		report.partial = !rs_unfinished_finish(&look.scope, options, &waiting);
	rs_look_make(&look, options, options->wanted.certificates.n == 0);
	if (options->dry_run)
		report.partial = rs_look_earlier(&look);
	guard(&look.matches, options);
	rs_unfinished_mark(&look.matches, &waiting);
	rs_plan_make(&plan, &look.matches, &look.scan, &look.scope);
	steps = rs_plan_steps(&plan);
	if (steps > 0 && !options->dry_run)
		rs_confirm_possible(options);
	rs_report_begin(&report, "rootsweep.quarantine/1", look.policy);
	show_plan(&look, &plan, &report);
	go = steps > 0 && !options->dry_run && rs_confirm(options, "Do this now?");
	if (go && options->try_seconds > 0)
		plan.try_until = rs_now() + options->try_seconds;
	if (go)
		id = carry_out(&look, &plan, &verdict, &changed);
	judge(&plan, !go);
	rs_unfinished_mark_stores(&look);
	left = anything_left(&look.matches, &plan);
	report.partial |= left || verdict.still_trusted.n + verdict.lost.n + verdict.unverified.n > 0;
	finish_report(&look, &plan, id, changed, &verdict, &report);
	if (steps == 0)
		rs_report_head(&report, left ? "Nothing could be done here." :
			       "There is nothing to take out.");
	else if (!go)
		rs_report_head(&report, options->dry_run ?
			       "Nothing was changed: this was a dry run." : "Nothing was changed.");
	else
		tell_result(&look, &plan, id, changed, &verdict, left, &report);
	say_not_found(&look, &report);
	say_needs_root(&look, &report);
	rs_look_limits(&look, &report);
	status = rs_exit_status(options->dry_run ? steps > 0 : changed && options->detailed,
				report.partial);
	if (rs_plan_has_no_folder(&plan) && status < 128)
		status = RS_EXIT_FAILED;
	rs_report_end(&report);
	rs_verdict_free(&verdict);
	rs_plan_free(&plan);
	rs_look_free(&look);
	rs_array_free(&waiting);
	return status;
}
