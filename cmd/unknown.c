/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What nobody vouches for, told to a person: a line for each certificate with
 * all the places that trust it, and the command that takes it out.
 */
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "text.h"

/* Up to here each gets a command of its own. */
#define COMMANDS_MAX 5

/* The findings of one certificate, in several stores. */
struct group {
	struct rs_array findings;	/* struct rs_finding * */
};

static void
group_free(void *p)
{
	struct group *group = p;

	rs_array_free(&group->findings);
	free(group);
}

/* Of lone trust often no more than its SHA-1 is left. */
static const char *
best_digest(const struct rs_cert *cert)
{
	return cert->sha256 != NULL ? cert->sha256 : cert->sha1;
}

static void
make_groups(struct rs_array *groups, const struct rs_array *findings)
{
	struct rs_map by_digest = { 0 };

	rs_array_init(groups, group_free);
	for (size_t i = 0; i < findings->n; i++) {
		struct rs_finding *finding = findings->v[i];
		const struct rs_cert *cert = finding->anchor->cert;
		const char *digest = best_digest(cert);
		struct group *group = rs_map_get(&by_digest, digest);

		if (group == NULL) {
			group = rs_array_add(groups, rs_alloc(sizeof(*group)));
			rs_array_init(&group->findings, NULL);
			if (digest != NULL)
				rs_map_add(&by_digest, digest, group);
		}
		rs_array_add(&group->findings, finding);
	}
	rs_map_free(&by_digest);
}

static const struct rs_finding *
first_of(const void *row)
{
	return ((const struct group *)row)->findings.v[0];
}

static json_object *
list_of(struct rs_array *texts)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < texts->n; i++)
		json_object_array_add(list, rs_report_text(texts->v[i]));
	rs_array_free(texts);
	return list;
}

static json_object *
g_name(const void *row)
{
	RS_AUTOFREE char *title = rs_cert_title(first_of(row)->anchor->cert);

	return rs_report_text(title);
}

static json_object *
g_whose(const void *row)
{
	const struct group *group = row;
	struct rs_array owners;

	rs_array_init(&owners, free);
	for (size_t i = 0; i < group->findings.n; i++)
		rs_array_add_str(&owners,
				 ((const struct rs_finding *)group->findings.v[i])->store->owner);
	return list_of(&owners);
}

typedef void (*visit)(void *data, const struct rs_origin *origin);

static void
visit_origins(const struct group *group, bool derived, visit visit_one, void *data)
{
	for (size_t i = 0; i < group->findings.n; i++) {
		const struct rs_finding *finding = group->findings.v[i];

		for (size_t k = 0; k < finding->anchor->origins.n; k++) {
			const struct rs_origin *origin = finding->anchor->origins.v[k];

			if ((origin->how == RS_HOW_DERIVED) == derived)
				visit_one(data, origin);
		}
	}
}

static void
visit_place(void *data, const struct rs_origin *origin)
{
	RS_AUTOFREE char *place = rs_origin_where(origin);

	rs_array_add_str(data, place);
}

static void
visit_package(void *data, const struct rs_origin *origin)
{
	if (origin->package != NULL)
		rs_array_add_str(data, origin->package);
}

static void
visit_date(void *data, const struct rs_origin *origin)
{
	int64_t *earliest = data;

	if (origin->added > 0 && (*earliest == 0 || origin->added < *earliest))
		*earliest = origin->added;
}

/* Copies that a tool makes are named only where nothing else is there. */
static json_object *
g_where(const void *row)
{
	struct rs_array places;

	rs_array_init(&places, free);
	visit_origins(row, false, visit_place, &places);
	if (places.n == 0)
		visit_origins(row, true, visit_place, &places);
	return list_of(&places);
}

static json_object *
g_package(const void *row)
{
	struct rs_array packages;

	rs_array_init(&packages, free);
	visit_origins(row, false, visit_package, &packages);
	return list_of(&packages);
}

static json_object *
g_added(const void *row)
{
	RS_AUTOFREE char *date = NULL;
	int64_t earliest = 0;

	visit_origins(row, false, visit_date, &earliest);
	if (earliest == 0)
		return NULL;
	date = rs_time_text((time_t)earliest);
	date[strcspn(date, "T")] = '\0';
	return rs_report_text(date);
}

static const char *
digest_of(const struct group *group)
{
	return best_digest(first_of(group)->anchor->cert);
}

static json_object *
g_digest(const void *row)
{
	return rs_report_text(digest_of(row));
}

static json_object *
g_reason(const void *row)
{
	return rs_report_text(first_of(row)->reason);
}

#define GROUP_COLUMNS					\
	{ NULL, "NAME", false, false, g_name },		\
	{ NULL, "WHOSE", false, false, g_whose },	\
	{ NULL, "ADDED", false, false, g_added },	\
	{ NULL, "PACKAGE", false, false, g_package },	\
	{ NULL, "DIGEST", true, false, g_digest },	\
	{ NULL, "WHERE", false, false, g_where }

static const struct rs_report_column unknown_columns[] = { GROUP_COLUMNS };
static const struct rs_report_column allowed_columns[] = {
	GROUP_COLUMNS,
	{ NULL, "NOTE", false, false, g_reason },
};
static const struct rs_report_noun noun_unknown = {
	"unknown", unknown_columns, RS_COUNT(unknown_columns) };
static const struct rs_report_noun noun_allowed = {
	"allowed", allowed_columns, RS_COUNT(allowed_columns) };

static bool
is_systems(const struct group *group)
{
	for (size_t i = 0; i < group->findings.n; i++)
		if (rs_streq(((const struct rs_finding *)group->findings.v[i])->store->owner,
			     RS_OWNER_SYSTEM))
			return true;
	return false;
}

static void
say_commands(struct rs_report *report, const struct rs_array *groups)
{
	rs_report_say(report, "What you do not know, or do not want, goes with:");
	for (size_t i = 0; groups->n <= COMMANDS_MAX && i < groups->n; i++)
		/* Trust that has no digest is reached by its certificate's file alone. */
		rs_report_say(report, "  %srootsweep quarantine --certificate %s",
			      rs_sudo_word(is_systems(groups->v[i])),
			      digest_of(groups->v[i]) ? digest_of(groups->v[i]) : "FILE");
	if (groups->n > COMMANDS_MAX)
		rs_report_say(report, "  %srootsweep quarantine --certificate SHA256     "
			      "(-v shows the digest of each)", rs_sudo_word(true));
}

static void
tell_allowed(struct rs_look *look, struct rs_report *report)
{
	struct rs_array groups;

	make_groups(&groups, &look->matches.allowed);
	if (groups.n > 0) {
		rs_report_say(report, " ");
		rs_report_head(report, "%zu other certificate%s left alone, as a policy file asks:",
			       groups.n, groups.n == 1 ? " is" : "s are");
		if (report->format == RS_FORMAT_TABLE)
			rs_report_table(&noun_allowed, &groups);
	}
	rs_array_free(&groups);
}

void
rs_unknown_tell(struct rs_look *look, struct rs_report *report)
{
	struct rs_array groups;
	bool told = rs_look_knows_public(look);

	make_groups(&groups, &look->matches.unknown);
	if (!look->scan.public_known)
		rs_report_say(report, "\nWhich of the others are public could not be told here%s",
			      told ? " but by what the system's own package brought." : ".");
	if (groups.n == 0)
		rs_report_say(report, "No other certificate was added.");
	else if (told && report->format == RS_FORMAT_TABLE) {
		rs_report_say(report, " ");
		rs_report_head(report, "%zu other certificate%s added that no browser maker "
			       "vouches for:", groups.n, groups.n == 1 ? " was" : "s were");
		rs_report_table(&noun_unknown, &groups);
		say_commands(report, &groups);
	}
	rs_array_free(&groups);
	tell_allowed(look, report);
}
