/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rootsweep policy check FILE...: what is wrong with files, before they count. */
#include <string.h>

#include "cmd.h"
#include "message.h"
#include "policy-cmd.h"
#include "text.h"

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
	return rs_report_text(((const struct checked *)row)->path);
}

static json_object *
checked_valid(const void *row)
{
	return json_object_new_boolean(((const struct checked *)row)->valid);
}

static json_object *
checked_version(const void *row)
{
	return rs_report_text(((const struct checked *)row)->version);
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

		json_object_object_add(j, "where", rs_report_text(problem->where));
		json_object_object_add(j, "text", rs_report_text(problem->text));
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

/* What is the same for all files of a run. */
struct checking {
	struct rs_public public;
	struct rs_map ids;		/* id -> the root that has it, of files before */
	struct rs_array policies;	/* struct rs_policy *: what ids point into */
};

static void
policy_free(void *policy)
{
	rs_policy_free(policy);
}

/*
 * A rule that acts on names and fits a public root fits whatever else bears
 * such a name: the guard that keeps the public one does not keep the others.
 */
static void
note_hit(struct checked *checked, const struct rs_public_hit *hit)
{
	const struct rs_policy_root *root = hit->root;
	RS_AUTOFREE char *where = rs_printf("%s:%u", root->file, root->line), *text = NULL;
	bool sure = hit->how != RS_MATCH_ISSUER && hit->how != RS_MATCH_SUBJECT;
	json_object *j = json_object_new_object();

	json_object_object_add(j, "entry", rs_report_text(root->id));
	json_object_object_add(j, "line", json_object_new_int64(root->line));
	json_object_object_add(j, "match", rs_report_text(rs_match_name(hit->how)));
	json_object_object_add(j, "sha256", rs_report_text(hit->sha256));
	json_object_object_add(j, "name", rs_report_text(hit->title));
	json_object_array_add(checked->public, j);
	text = rs_printf("\"%s\" names a public root, \"%s\" (by %s, SHA-256 %s): %s", root->id,
		hit->title, rs_match_name(hit->how), hit->sha256, hit->acts ?
		"a name that acts must fit none: make it narrower, or say acts=\"no\"" :
		root->take_public && sure && root->action == RS_ACTION_QUARANTINE ?
		"with public=\"yes\" it is taken out, and websites stop opening" :
		"it is only reported");
	if (hit->acts) {
		checked->valid = false;
		note_problem(checked, where, text);
	} else {
		rs_warn(where, "%s", text);
	}
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

/* Those of one command line are one place together, as for --policy. */
static void
check_ids(struct checking *checking, struct checked *checked, const struct rs_policy *policy)
{
	for (size_t i = 0; i < policy->roots.n; i++) {
		struct rs_policy_root *root = policy->roots.v[i];
		const struct rs_policy_root *first = rs_map_get(&checking->ids, root->id);
		RS_AUTOFREE char *where = rs_printf("%s:%u", root->file, root->line), *text = NULL;

		if (rs_map_add(&checking->ids, root->id, root))
			continue;
		text = rs_printf("id=\"%s\" is used already at %s:%u: expected an id of its own",
				 root->id, first->file, first->line);
		checked->valid = false;
		note_problem(checked, where, text);
	}
}

static struct checked *
check_one(const char *path, struct checking *checking)
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
		check_ids(checking, checked, policy);
		check_public(checked, policy, &checking->public);
		rs_array_add(&checking->policies, policy);
	}
	return checked;
}

static void
no_complaint(RS_UNUSED void *data, RS_UNUSED const char *where, RS_UNUSED const char *text)
{
}

/* An id may be that of an installed entry: there the file will stand beside it. */
static void
warn_of_strangers(struct checking *checking)
{
	struct rs_policy *installed = rs_policy_installed(no_complaint, NULL);

	if (installed == NULL)
		rs_warn(NULL, "the installed policy is not valid (rootsweep policy list says why): "
			"ids are looked for in the named files only");
	for (size_t i = 0; installed != NULL && i < installed->roots.n; i++) {
		struct rs_policy_root *root = installed->roots.v[i];

		rs_map_add(&checking->ids, root->id, root);
	}
	for (size_t i = 0; i < checking->policies.n; i++)
		rs_policy_warn(checking->policies.v[i], &checking->ids);
	rs_policy_free(installed);
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
	struct checking checking = { 0 };
	struct rs_array rows;
	bool all_valid = true;

	rs_array_init(&rows, checked_free);
	rs_array_init(&checking.policies, policy_free);
	rs_report_begin(report, "rootsweep.policy-check/1", NULL);
	for (int i = 0; i < n; i++) {
		struct checked *checked = rs_array_add(&rows, check_one(files[i], &checking));

		all_valid = all_valid && checked->valid;
		if (checked->valid)
			say_valid(report, checked);
	}
	warn_of_strangers(&checking);
	if (checking.public.why != NULL)
		rs_warn(NULL, "which public roots are named could not be told whole: %s",
			checking.public.why);
	rs_report_list(report, "files", &noun_checked, &rows, false);
	rs_report_end(report);
	rs_array_free(&rows);
	rs_map_free(&checking.ids);
	rs_array_free(&checking.policies);
	rs_public_free(&checking.public);
	return all_valid ? RS_EXIT_OK : RS_EXIT_USAGE;
}
