/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entries of a policy as tables and JSON. */
#include <locale.h>
#include <string.h>

#include "cmd.h"
#include "policy-cmd.h"

const char *
rs_text_for_user(const struct rs_array *texts)
{
	return rs_policy_text(texts, setlocale(LC_MESSAGES, NULL));
}

static json_object *
strings(const struct rs_array *array)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < array->n; i++)
		json_object_array_add(list, rs_report_text(array->v[i]));
	return list;
}

static json_object *
root_id(const void *row)
{
	return rs_report_text(((const struct rs_policy_root *)row)->id);
}

static json_object *
root_action(const void *row)
{
	return rs_report_text(rs_action_name(((const struct rs_policy_root *)row)->action));
}

static json_object *
root_category(const void *row)
{
	return rs_report_text(((const struct rs_policy_root *)row)->category);
}

static json_object *
root_evidence(const void *row)
{
	return rs_report_text(((const struct rs_policy_root *)row)->evidence);
}

static json_object *
root_country(const void *row)
{
	return rs_report_text(((const struct rs_policy_root *)row)->country);
}

static json_object *
root_name(const void *row)
{
	return rs_report_text(rs_policy_text(&((const struct rs_policy_root *)row)->names, "en"));
}

static json_object *
root_operator(const void *row)
{
	return rs_report_text(((const struct rs_policy_root *)row)->operator);
}

static json_object *
root_local_name(const void *row)
{
	return rs_report_text(rs_text_for_user(&((const struct rs_policy_root *)row)->names));
}

/* All that is said, by language; "" where it has none of its own. */
static json_object *
by_language(const struct rs_array *texts)
{
	json_object *j = json_object_new_object();

	for (size_t i = 0; i < texts->n; i++) {
		const struct rs_policy_text *text = texts->v[i];

		if (!json_object_object_get_ex(j, text->lang, NULL))
			json_object_object_add(j, text->lang, rs_report_text(text->text));
	}
	return j;
}

static json_object *
root_names(const void *row)
{
	return by_language(&((const struct rs_policy_root *)row)->names);
}

static json_object *
root_explains(const void *row)
{
	return by_language(&((const struct rs_policy_root *)row)->explains);
}

static json_object *
root_advices(const void *row)
{
	return by_language(&((const struct rs_policy_root *)row)->advices);
}

static json_object *
root_public(const void *row)
{
	return json_object_new_boolean(((const struct rs_policy_root *)row)->take_public);
}

static json_object *
root_targets(const void *row)
{
	const struct rs_array *targets = &((const struct rs_policy_root *)row)->targets;
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < targets->n; i++) {
		const struct rs_policy_target *target = targets->v[i];
		json_object *j = json_object_new_object();

		json_object_object_add(j, "host", rs_report_text(target->host));
		json_object_object_add(j, "sensitivity", rs_report_text(target->sensitivity));
		json_object_array_add(list, j);
	}
	return list;
}

static json_object *
root_issuer_serial(const void *row)
{
	const struct rs_array *pairs = &((const struct rs_policy_root *)row)->issuer_serial;
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < pairs->n; i++) {
		const char *pair = pairs->v[i], *space = strchr(pair, ' ');
		RS_AUTOFREE char *issuer = rs_strndup(pair, (size_t)(space - pair));
		json_object *j = json_object_new_object();

		json_object_object_add(j, "issuer", rs_report_text(issuer));
		json_object_object_add(j, "serial", rs_report_text(space + 1));
		json_object_array_add(list, j);
	}
	return list;
}

static json_object *
root_decided_by(const void *row)
{
	return rs_report_text(((const struct rs_policy_root *)row)->decided_by);
}

static json_object *
root_file(const void *row)
{
	return rs_report_text(((const struct rs_policy_root *)row)->file);
}

static json_object *
root_line(const void *row)
{
	return json_object_new_int64(((const struct rs_policy_root *)row)->line);
}

static json_object *
root_explain(const void *row)
{
	const struct rs_policy_root *root = row;

	return rs_report_text(rs_policy_text(&root->explains, "en"));
}

static json_object *
root_advice(const void *row)
{
	return rs_report_text(rs_policy_text(&((const struct rs_policy_root *)row)->advices, "en"));
}

static json_object *
root_spki(const void *row)
{
	return strings(&((const struct rs_policy_root *)row)->spki);
}

static json_object *
root_sha256(const void *row)
{
	return strings(&((const struct rs_policy_root *)row)->sha256);
}

static json_object *
root_sha1(const void *row)
{
	return strings(&((const struct rs_policy_root *)row)->sha1);
}

static json_object *
root_issuers(const void *row)
{
	return strings(&((const struct rs_policy_root *)row)->issuer_key_ids);
}

static json_object *
root_subjects(const void *row)
{
	const struct rs_array *subjects = &((const struct rs_policy_root *)row)->subjects;
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < subjects->n; i++) {
		const struct rs_policy_subject *subject = subjects->v[i];
		json_object *j = json_object_new_object(), *patterns = json_object_new_object();

		for (size_t k = 0; k < subject->patterns.n; k++) {
			const struct rs_policy_pattern *pattern = subject->patterns.v[k];

			json_object_object_add(patterns, pattern->type,
					       rs_report_text(pattern->match));
		}
		json_object_object_add(j, "acts", json_object_new_boolean(subject->acts));
		json_object_object_add(j, "attributes", patterns);
		json_object_array_add(list, j);
	}
	return list;
}

static json_object *
root_sources(const void *row)
{
	return strings(&((const struct rs_policy_root *)row)->sources);
}

static json_object *
root_blocked(const void *row)
{
	const struct rs_array *blocked = &((const struct rs_policy_root *)row)->blocked;
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < blocked->n; i++) {
		const struct rs_policy_blocked *by = blocked->v[i];
		json_object *j = json_object_new_object();

		json_object_object_add(j, "by", rs_report_text(by->by));
		json_object_object_add(j, "date", rs_report_text(by->date));
		json_object_object_add(j, "href", rs_report_text(by->href));
		json_object_array_add(list, j);
	}
	return list;
}

static const struct rs_report_column root_columns[] = {
	{ "id", "ENTRY", false, false, root_id },
	{ "action", "ACTION", false, false, root_action },
	{ "category", "CATEGORY", false, false, root_category },
	{ "evidence", "EVIDENCE", true, false, root_evidence },
	{ "country", "COUNTRY", false, false, root_country },
	{ "name", NULL, false, false, root_name },
	{ NULL, "NAME", false, false, root_local_name },
	{ "operator", "OPERATOR", true, false, root_operator },
	{ "decided_by", "FILE", false, false, root_decided_by },
	{ "file", NULL, false, false, root_file },
	{ "line", NULL, false, true, root_line },
	{ "explain", NULL, false, false, root_explain },
	{ "advice", NULL, false, false, root_advice },
	{ "names", NULL, false, false, root_names },
	{ "explains", NULL, false, false, root_explains },
	{ "advices", NULL, false, false, root_advices },
	{ "public", NULL, false, false, root_public },
	{ "spki_sha256", NULL, false, false, root_spki },
	{ "sha256", NULL, false, false, root_sha256 },
	{ "sha1", NULL, false, false, root_sha1 },
	{ "issuer_serial", NULL, false, false, root_issuer_serial },
	{ "issuer_key_ids", NULL, false, false, root_issuers },
	{ "subjects", NULL, false, false, root_subjects },
	{ "targets", NULL, false, false, root_targets },
	{ "blocked", NULL, false, false, root_blocked },
	{ "sources", NULL, false, false, root_sources },
};
const struct rs_report_noun rs_noun_entry = { "entry", root_columns, RS_COUNT(root_columns) };

void
rs_policy_cmd_list(struct rs_report *report, const struct rs_policy *policy)
{
	rs_report_begin(report, "rootsweep.policy/1", policy);
	rs_report_list(report, "entries", &rs_noun_entry, &policy->roots, true);
	if (policy->roots.n == 0)
		rs_report_say(report, "No policy file names any root.");
	rs_age_tell(policy, report);
	rs_report_end(report);
}
