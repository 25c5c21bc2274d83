/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policy files and entries as tables and JSON. */
#include "policy-cmd.h"

#include <string.h>

#include "message.h"
#include "text.h"

static json_object *
text_or_null(const char *text)
{
	RS_AUTOFREE char *utf8 = text == NULL ? NULL : rs_text_utf8(text, strlen(text));

	return utf8 == NULL ? NULL : json_object_new_string(utf8);
}

static json_object *
strings(const struct rs_array *array)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < array->n; i++)
		json_object_array_add(list, text_or_null(array->v[i]));
	return list;
}

/* --- check ------------------------------------------------------------------ */

struct checked {
	const char *path;
	char *version;
	bool valid;
	size_t entries, not_understood;
	struct rs_array problems;	/* struct problem * */
	json_object *public;		/* the public roots that it hits */
};

struct problem {
	char *where, *text;
};

static void
problem_free(void *p)
{
	struct problem *problem = p;

	free(problem->where);
	free(problem->text);
	free(problem);
}

static void
checked_free(void *p)
{
	struct checked *checked = p;

	rs_array_free(&checked->problems);
	json_object_put(checked->public);
	free(checked->version);
	free(checked);
}

static void
note_problem(void *data, const char *where, const char *text)
{
	struct checked *checked = data;
	struct problem *problem = rs_alloc(sizeof(*problem));

	problem->where = rs_strdup(where);
	problem->text = rs_strdup(text);
	rs_array_add(&checked->problems, problem);
	rs_warn(where, "%s", text);
}

static json_object *
checked_path(const void *row)
{
	return text_or_null(((const struct checked *)row)->path);
}

static json_object *
checked_valid(const void *row)
{
	return json_object_new_boolean(((const struct checked *)row)->valid);
}

static json_object *
checked_version(const void *row)
{
	return text_or_null(((const struct checked *)row)->version);
}

static json_object *
checked_entries(const void *row)
{
	return json_object_new_uint64(((const struct checked *)row)->entries);
}

static json_object *
checked_not_understood(const void *row)
{
	return json_object_new_uint64(((const struct checked *)row)->not_understood);
}

static json_object *
checked_problems(const void *row)
{
	const struct rs_array *problems = &((const struct checked *)row)->problems;
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *problem = problems->v[i];
		json_object *j = json_object_new_object();

		json_object_object_add(j, "where", text_or_null(problem->where));
		json_object_object_add(j, "text", text_or_null(problem->text));
		json_object_array_add(list, j);
	}
	return list;
}

static json_object *
checked_public(const void *row)
{
	return json_object_get(((const struct checked *)row)->public);
}

static const struct rs_report_column checked_columns[] = {
	{ "file", NULL, false, false, checked_path },
	{ "valid", NULL, false, false, checked_valid },
	{ "version", NULL, false, false, checked_version },
	{ "entries", NULL, false, true, checked_entries },
	{ "not_understood", NULL, false, true, checked_not_understood },
	{ "problems", NULL, false, false, checked_problems },
	{ "public", NULL, false, false, checked_public },
};
static const struct rs_report_noun noun_checked = {
	"file", checked_columns, RS_COUNT(checked_columns) };

static void
note_hit(struct checked *checked, const struct rs_public_hit *hit)
{
	const struct rs_policy_root *root = hit->root;
	RS_AUTOFREE char *where = rs_printf("%s:%u", root->file, root->line);
	bool sure = hit->how != RS_MATCH_ISSUER && hit->how != RS_MATCH_SUBJECT;
	json_object *j = json_object_new_object();

	json_object_object_add(j, "entry", text_or_null(root->id));
	json_object_object_add(j, "line", json_object_new_int64(root->line));
	json_object_object_add(j, "match", text_or_null(rs_match_name(hit->how)));
	json_object_object_add(j, "sha256", text_or_null(hit->sha256));
	json_object_object_add(j, "name", text_or_null(hit->title));
	json_object_array_add(checked->public, j);
	rs_warn(where, "\"%s\" names a public root, \"%s\" (by %s, SHA-256 %s): %s", root->id,
		hit->title, rs_match_name(hit->how), hit->sha256,
		root->take_public && sure && root->action == RS_ACTION_QUARANTINE ?
		"with public=\"yes\" it is taken out, and websites stop opening" :
		"it is only reported");
}

static void
check_public(struct checked *checked, const struct rs_policy *policy, struct rs_public *public)
{
	struct rs_array hits;

	/* Read once, and only for a file that could hit anything. */
	if (policy->roots.n == 0)
		return;
	if (public->scan.stores.n == 0)
		rs_public_make(public);
	rs_public_hits(public, policy, &hits);
	for (size_t i = 0; i < hits.n; i++)
		note_hit(checked, hits.v[i]);
	rs_array_free(&hits);
}

static struct checked *
check_one(const char *path, struct rs_public *public)
{
	struct checked *checked = rs_alloc(sizeof(*checked));
	const struct rs_policy_place place = { .file = path, .admin = true };
	struct rs_policy *policy;

	checked->path = path;
	checked->public = json_object_new_array();
	rs_array_init(&checked->problems, problem_free);
	policy = rs_policy_load(&place, 1, false, note_problem, checked);
	if (policy != NULL) {
		const struct rs_policy_file *file = policy->files.v[0];

		checked->valid = true;
		checked->version = rs_strdup(file->version);
		checked->entries = file->entries;
		checked->not_understood = file->not_understood;
		check_public(checked, policy, public);
	}
	rs_policy_free(policy);
	return checked;
}

static void
say_valid(struct rs_report *report, const struct checked *checked)
{
	RS_AUTOFREE char *path = rs_text_safe(checked->path);

	rs_report_say(report, "%s: OK, version %s, %zu %s", path, checked->version,
		      checked->entries, checked->entries == 1 ? "entry" : "entries");
	if (checked->not_understood > 0)
		rs_report_say(report, "%s: %zu of its elements and attributes are of other "
			      "namespaces: they were ignored", path, checked->not_understood);
}

int
rs_policy_cmd_check(struct rs_report *report, char **files, int n)
{
	struct rs_public public = { 0 };
	struct rs_array rows;
	bool all_valid = true;

	rs_array_init(&rows, checked_free);
	rs_report_begin(report, "rootsweep.policy-check/1", NULL);
	for (int i = 0; i < n; i++) {
		struct checked *checked = rs_array_add(&rows, check_one(files[i], &public));

		all_valid = all_valid && checked->valid;
		if (checked->valid)
			say_valid(report, checked);
	}
	if (public.why != NULL)
		rs_warn(NULL, "which public roots are named could not be told whole: %s",
			public.why);
	rs_report_list(report, "files", &noun_checked, &rows, false);
	rs_report_end(report);
	rs_array_free(&rows);
	rs_public_free(&public);
	return all_valid ? RS_EXIT_OK : RS_EXIT_USAGE;
}

/* --- list and show ---------------------------------------------------------- */

static json_object *
root_id(const void *row)
{
	return text_or_null(((const struct rs_policy_root *)row)->id);
}

static json_object *
root_action(const void *row)
{
	return text_or_null(rs_action_name(((const struct rs_policy_root *)row)->action));
}

static json_object *
root_category(const void *row)
{
	return text_or_null(((const struct rs_policy_root *)row)->category);
}

static json_object *
root_evidence(const void *row)
{
	return text_or_null(((const struct rs_policy_root *)row)->evidence);
}

static json_object *
root_country(const void *row)
{
	return text_or_null(((const struct rs_policy_root *)row)->country);
}

static json_object *
root_name(const void *row)
{
	return text_or_null(rs_policy_text(&((const struct rs_policy_root *)row)->names, "en"));
}

static json_object *
root_operator(const void *row)
{
	return text_or_null(((const struct rs_policy_root *)row)->operator);
}

static json_object *
root_decided_by(const void *row)
{
	return text_or_null(((const struct rs_policy_root *)row)->decided_by);
}

static json_object *
root_file(const void *row)
{
	return text_or_null(((const struct rs_policy_root *)row)->file);
}

static json_object *
root_line(const void *row)
{
	return json_object_new_int64(((const struct rs_policy_root *)row)->line);
}

static json_object *
root_explain(const void *row)
{
	return text_or_null(rs_policy_text(&((const struct rs_policy_root *)row)->explains, "en"));
}

static json_object *
root_advice(const void *row)
{
	return text_or_null(rs_policy_text(&((const struct rs_policy_root *)row)->advices, "en"));
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
					       text_or_null(pattern->match));
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

		json_object_object_add(j, "by", text_or_null(by->by));
		json_object_object_add(j, "date", text_or_null(by->date));
		json_object_object_add(j, "href", text_or_null(by->href));
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
	{ "name", "NAME", false, false, root_name },
	{ "operator", "OPERATOR", true, false, root_operator },
	{ "decided_by", "FILE", false, false, root_decided_by },
	{ "file", NULL, false, false, root_file },
	{ "line", NULL, false, true, root_line },
	{ "explain", NULL, false, false, root_explain },
	{ "advice", NULL, false, false, root_advice },
	{ "spki_sha256", NULL, false, false, root_spki },
	{ "sha256", NULL, false, false, root_sha256 },
	{ "sha1", NULL, false, false, root_sha1 },
	{ "issuer_key_ids", NULL, false, false, root_issuers },
	{ "subjects", NULL, false, false, root_subjects },
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
	rs_report_end(report);
}
