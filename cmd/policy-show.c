/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One entry, for a person who found it on their computer. */
#include "policy-cmd.h"

#include <string.h>

#include "text.h"

#define WIDTH 78

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
	{ "state", "is a root of a state or of a maker of surveillance software" },
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

/* Characters, not bytes: what the lines are broken by. */
static size_t
width(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* A paragraph with blanks before its lines, broken between words. */
static void
paragraph(struct rs_report *report, const char *before, const char *text)
{
	RS_AUTOFREE char *safe = rs_text_safe(text);
	RS_AUTOBUF struct rs_buf line = { 0 };
	size_t used = 0;

	for (const char *p = safe; *p != '\0';) {
		size_t len = strcspn(p, " ");

		if (used > 0 && used + 1 + width(p, len) > WIDTH - strlen(before)) {
			rs_report_say(report, "%s%s", before, line.data);
			line.len = used = 0;
		}
		if (used > 0)
			rs_buf_puts(&line, " ");
		rs_buf_add(&line, p, len);
		used = width(line.data, line.len);
		p += len + strspn(p + len, " ");
	}
	if (used > 0)
		rs_report_say(report, "%s%s", before, line.data);
}

static void
part(struct rs_report *report, const char *head, const char *text)
{
	if (text == NULL)
		return;
	rs_report_say(report, "%s", "");
	rs_report_head(report, "%s", head);
	paragraph(report, "  ", text);
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
	list(report, "issued by key:        ", &root->issuer_key_ids);
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

void
rs_policy_cmd_show(struct rs_report *report, const struct rs_policy_root *root, const char *lang)
{
	RS_AUTOFREE char *name = rs_text_safe(rs_policy_text(&root->names, lang));
	RS_AUTOFREE char *does = NULL, *kind = NULL, *by = NULL;
	struct rs_array rows;

	rs_array_init(&rows, NULL);
	rs_array_add(&rows, (void *)(uintptr_t)root);
	rs_report_list(report, "entries", &rs_noun_entry, &rows, false);
	rs_array_free(&rows);

	rs_report_head(report, "%s", name);
	rs_report_say(report, "%s", root->id);
	part(report, "What it is", rs_policy_text(&root->explains, lang));
	part(report, "What to do", rs_policy_text(&root->advices, lang));
	kind = rs_printf("It %s; %s.", in_words(categories, root->category),
			 in_words(evidences, root->evidence));
	if (root->operator != NULL)
		by = rs_printf("%s%s%s%s", root->operator, root->country ? " (" : "",
			       root->country ? root->country : "", root->country ? ")" : "");
	does = rs_printf("%s (%s).", in_words(actions, rs_action_name(root->action)),
			 rs_action_name(root->action));
	part(report, "Kind", kind);
	part(report, "Whose it is", by);
	part(report, "What rootsweep does with it", does);
	say_blocked(report, root);
	say_match(report, root);
	if (root->sources.n > 0) {
		rs_report_say(report, "%s", "");
		rs_report_head(report, "Where this is known from");
		list(report, "", &root->sources);
	}
	say_where(report, root);
}
