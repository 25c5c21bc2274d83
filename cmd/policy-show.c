/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One entry, for a person who found it on their computer. */
#include <string.h>

#include "cmd.h"
#include "message.h"
#include "policy-cmd.h"
#include "text.h"

struct words {
	const char *word, *text;
};

static const char *
in_words(const struct words *words, const char *word)
{
	for (; words->word != NULL; words++)
		if (rs_streq(words->word, word))
			return words->text;
	return word;
}

static const struct words categories[] = {
	{ "state", "is a root of a state" },
	{ "oem", "came with a computer or a device" },
	{ "adware", "came with a program that shows advertisements" },
	{ "monitoring", "belongs to a program that watches or filters what is opened" },
	{ "debugging", "belongs to a tool for developers" },
	{ "security-product", "belongs to a program that filters what is opened" },
	{ "enterprise-proxy", "belongs to equipment of a company, school or authority" },
	{ "misissuing-ca", "belongs to a certificate authority that failed" },
	{ NULL, NULL },
};

static const struct words evidences[] = {
	{ "intercepted", "its use for reading encrypted traffic is documented" },
	{ "key-public", "its private key is public: anybody can use it" },
	{ "capable", "it can be used to read encrypted traffic; no such use is documented" },
	{ "unconfirmed", "what is known of it is not confirmed" },
	{ NULL, NULL },
};

/* A state's own root, or one that was made for states: both are listed. */
static const char *
kind_of(const struct rs_policy_root *root)
{
	if (rs_streq(root->category, "state") && rs_streq(root->evidence, "intercepted"))
		return "serves a state to read other people's traffic";
	return in_words(categories, root->category);
}

static const struct words actions[] = {
	{ "quarantine", "rootsweep takes it out, in a way that can be undone" },
	{ "report", "rootsweep reports it, and leaves it alone" },
	{ "ignore", "rootsweep does not mention it" },
	{ NULL, NULL },
};

static const struct words blockers[] = {
	{ "chromium", "Chromium and Chrome" }, { "firefox", "Firefox" }, { "apple", "Apple" },
	{ "microsoft", "Microsoft" }, { "java", "Java" }, { NULL, NULL },
};

static void
part(struct rs_report *report, const char *head, const char *text)
{
	if (text == NULL)
		return;
	rs_report_say(report, "%s", "");
	rs_report_head(report, "%s", head);
	rs_report_paragraph(report, "  ", text);
}

static void
list(struct rs_report *report, const char *what, const struct rs_array *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		RS_AUTOFREE char *safe = rs_text_safe(texts->v[i]);

		rs_report_say(report, "  %s%s", what, safe);
	}
}

static void
say_blocked(struct rs_report *report, const struct rs_policy_root *root)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	for (size_t i = 0; i < root->blocked.n; i++) {
		const struct rs_policy_blocked *by = root->blocked.v[i];

		rs_buf_printf(&text, "%s%s", i > 0 ? "; " : "", in_words(blockers, by->by));
		if (by->date != NULL)
			rs_buf_printf(&text, " since %s", by->date);
	}
	part(report, "Who refuses it already", text.data);
}

/* Names that may bring somebody into trouble on a screen are only counted. */
static void
say_targets(struct rs_report *report, const struct rs_policy_root *root)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	size_t counted = 0;

	for (size_t i = 0; i < root->targets.n; i++) {
		const struct rs_policy_target *target = root->targets.v[i];

		if (!rs_streq(target->sensitivity, "ordinary") && rs_verbosity < RS_VERBOSE)
			counted++;
		else
			rs_buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", target->host);
	}
	if (counted > 0)
		rs_buf_printf(&text, "%s%zu name%s of adult or blocked websites (-v shows %s)",
			      text.len > 0 ? ", and " : "", counted, counted == 1 ? "" : "s",
			      counted == 1 ? "it" : "them");
	part(report, "Seen intercepted", text.data);
}

static void
say_subjects(struct rs_report *report, const struct rs_policy_root *root)
{
	for (size_t i = 0; i < root->subjects.n; i++) {
		const struct rs_policy_subject *subject = root->subjects.v[i];
		RS_AUTOBUF struct rs_buf text = { 0 };

		for (size_t k = 0; k < subject->patterns.n; k++) {
			const struct rs_policy_pattern *pattern = subject->patterns.v[k];

			rs_buf_printf(&text, "%s%s fits %s", k > 0 ? ", " : "",
				      pattern->type, pattern->match);
		}
		if (text.data != NULL) {
			RS_AUTOFREE char *safe = rs_text_safe(text.data);

			rs_report_say(report, "  name:                 %s", safe);
		}
	}
}

static void
say_match(struct rs_report *report, const struct rs_policy_root *root)
{
	rs_report_say(report, "%s", "");
	rs_report_head(report, "How it is recognised (any one is enough)");
	list(report, "certificate, SHA-256: ", &root->sha256);
	list(report, "certificate, SHA-1:   ", &root->sha1);
	list(report, "key, SHA-256:         ", &root->spki);
	for (size_t i = 0; i < root->issuer_serial.n; i++)
		rs_report_say(report, "  serial number:        %s (with its issuer)",
			      strrchr(root->issuer_serial.v[i], ' ') + 1);
	list(report, "what this key issued: ", &root->issuer_key_ids);
	say_subjects(report, root);
}

static void
say_where(struct rs_report *report, const struct rs_policy_root *root)
{
	RS_AUTOFREE char *file = rs_text_safe(root->file);
	RS_AUTOFREE char *decided_by = rs_text_safe(root->decided_by);

	rs_report_say(report, "%s", "");
	rs_report_say(report, "Described in %s, line %u.", file, root->line);
	if (root->decided_by != root->file || root->decided_line != root->line)
		rs_report_say(report, "What rootsweep does with it is set in %s, line %u.",
			      decided_by, root->decided_line);
}

static void
say_action(struct rs_report *report, const struct rs_policy_root *root)
{
	const char *action = rs_action_name(root->action);
	RS_AUTOFREE char *does = rs_printf("%s (%s).", in_words(actions, action), action);

	part(report, "What rootsweep does with it", does);
	rs_report_say(report, "  Where it was found, it goes with: sudo rootsweep quarantine%s%s",
		      root->action == RS_ACTION_QUARANTINE ? "" : " --entry ",
		      root->action == RS_ACTION_QUARANTINE ? "" : root->id);
	rs_report_say(report, "  And comes back with:              sudo rootsweep undo --last");
}

static void
say_entry(struct rs_report *report, const struct rs_policy_root *root)
{
	RS_AUTOFREE char *name = rs_text_safe(rs_text_for_user(&root->names));
	RS_AUTOFREE char *kind = rs_printf("It %s; %s.", kind_of(root),
					   in_words(evidences, root->evidence));

	rs_report_head(report, "%s", name);
	rs_report_say(report, "%s", root->id);
	part(report, "What it is", rs_text_for_user(&root->explains));
	/* It was written for what the list does with it. */
	part(report, root->action == root->own_action ? "What to do" :
	     "What the list advises (something else is set here)",
	     rs_text_for_user(&root->advices));
	part(report, "Kind", kind);
	/* Operators are mostly told with their country. */
	part(report, "Whose it is", root->operator != NULL ? root->operator : root->country);
	say_action(report, root);
	say_blocked(report, root);
	say_targets(report, root);
	say_match(report, root);
	if (root->sources.n > 0) {
		rs_report_say(report, "%s", "");
		rs_report_head(report, "Where this is known from");
		list(report, "", &root->sources);
	}
	say_where(report, root);
}

void
rs_policy_cmd_show(struct rs_report *report, const struct rs_policy *policy,
		   const struct rs_policy_root *root)
{
	struct rs_array rows;

	rs_report_begin(report, "rootsweep.policy/1", policy);
	rs_array_init(&rows, NULL);
	rs_array_add(&rows, (void *)(uintptr_t)root);
	rs_report_list(report, "entries", &rs_noun_entry, &rows, false);
	rs_array_free(&rows);
	say_entry(report, root);
	rs_age_tell(policy, report);
	rs_report_end(report);
}
