/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cert.h"
#include "message.h"
#include "policy-impl.h"
#include "store.h"

#define DAY (24 * 60 * 60)

static void
file_free(void *p)
{
	struct rs_policy_file *file = p;

	free(file->path);
	free(file->version);
	free(file);
}

void
rs_policy_free(struct rs_policy *policy)
{
	if (policy == NULL)
		return;
	rs_map_free(&policy->by_id);
	rs_map_free(&policy->by_spki);
	rs_map_free(&policy->by_sha256);
	rs_map_free(&policy->by_sha1);
	rs_map_free(&policy->by_issuer_serial);
	rs_map_free(&policy->by_issuer_key);
	rs_array_free(&policy->by_subject);
	rs_array_free(&policy->roots);
	rs_array_free(&policy->sets);
	rs_array_free(&policy->allows);
	rs_array_free(&policy->files);
	free(policy->date);
	free(policy);
}

void
rs_policy_problem(struct rs_policy_reading *reading, unsigned long line, const char *fmt, ...)
{
	RS_AUTOFREE char *where = NULL, *text = NULL;
	const char *path = reading->file->path;
	va_list ap;

	if (++reading->problems > RS_POLICY_PROBLEMS_MAX + 1)
		return;
	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	where = line > 0 ? rs_printf("%s:%lu", path, line) : rs_strdup(path);
	if (reading->problems > RS_POLICY_PROBLEMS_MAX)
		reading->complain(reading->data, path, "more problems follow; not read on");
	else
		reading->complain(reading->data, where, text);
}

/* --- which files ------------------------------------------------------------ */

struct found {
	char *path;
	const char *name;		/* within path; NULL: not of a directory */
	size_t place;
	bool nothing;			/* a link to /dev/null */
};

static void
found_free(void *p)
{
	struct found *found = p;

	free(found->path);
	free(found);
}

static struct found *
found_add(struct rs_array *files, char *path, size_t place)
{
	struct found *found = rs_alloc(sizeof(*found));

	found->path = path;
	found->place = place;
	return rs_array_add(files, found);
}

static int
is_policy_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && rs_ends(entry->d_name, ".xml");
}

/* By bytes: the order of files must not hang on anybody's locale. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
is_dev_null(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static void
mask_earlier(struct rs_array *files, const struct found *by)
{
	size_t kept = 0;

	for (size_t i = 0; i < files->n; i++) {
		struct found *found = files->v[i];

		if (found->place < by->place && rs_streq(found->name, by->name))
			found_free(found);
		else
			files->v[kept++] = found;
	}
	files->n = kept;
}

/* A link to nothing decides too: root hears it only where root alone made it. */
static bool
may_mask(const struct rs_policy_reading *reading, const struct found *found)
{
	if (!reading->privileged || rs_policy_is_roots_directory(found->path))
		return true;
	reading->complain(reading->data, found->path, RS_POLICY_NOT_ROOTS_DIRECTORY);
	return false;
}

static bool
find_in_directory(const struct rs_policy_reading *reading, struct rs_array *files,
		  const char *dir, size_t place)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_policy_name, by_bytes);
	bool ok = true;

	if (n < 0 && errno != ENOENT) {
		RS_AUTOFREE char *text = rs_printf("cannot be read: %s", strerror(errno));

		reading->complain(reading->data, dir, text);
		return false;
	}
	for (int i = 0; i < n; i++) {
		char *path = rs_printf("%s/%s", dir, entries[i]->d_name);
		struct found *found = found_add(files, path, place);

		found->name = strrchr(found->path, '/') + 1;
		found->nothing = is_dev_null(found->path);
		ok &= !found->nothing || may_mask(reading, found);
		mask_earlier(files, found);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ok;
}

/* --- reading ---------------------------------------------------------------- */

/* Two roots of one id in one place: which of them would be meant? */
static void
check_ids(struct rs_policy_reading *reading, struct rs_map *ids, size_t from)
{
	const struct rs_array *roots = &reading->policy->roots;

	for (size_t i = from; i < roots->n; i++) {
		struct rs_policy_root *root = roots->v[i];
		const struct rs_policy_root *first = rs_map_get(ids, root->id);

		if (first == NULL)
			rs_map_add(ids, root->id, root);
		else
			rs_policy_problem(reading, root->line, "id=\"%s\" is used already at "
					  "%s:%u: expected an id of its own",
					  root->id, first->file, first->line);
	}
}

static bool
read_places(struct rs_policy_reading *reading, const struct rs_policy_place *places,
	    const struct rs_array *files)
{
	struct rs_map ids = { 0 };
	size_t problems = 0;

	for (size_t i = 0; i < files->n; i++) {
		const struct found *found = files->v[i];
		size_t before = reading->policy->roots.n;

		if (found->nothing)
			continue;
		if (i > 0 && found->place != reading->place)
			rs_map_free(&ids);
		reading->place = found->place;
		reading->admin = places[found->place].admin;
		reading->vendor = places[found->place].vendor;
		reading->problems = 0;
		reading->file = rs_alloc(sizeof(*reading->file));
		reading->file->path = rs_strdup(found->path);
		reading->file->vendor = reading->vendor;
		rs_array_add(&reading->policy->files, reading->file);
		rs_policy_read(reading);
		check_ids(reading, &ids, before);
		problems += reading->problems;
	}
	rs_map_free(&ids);
	return problems == 0;
}

/* --- merging ---------------------------------------------------------------- */

/* The last place's root of an id stays, at its place in the order. */
static void
replace_roots(struct rs_policy *policy)
{
	struct rs_array *roots = &policy->roots;
	size_t kept = 0;

	for (size_t i = roots->n; i-- > 0;) {
		struct rs_policy_root *root = roots->v[i];

		if (!rs_map_add(&policy->by_id, root->id, root)) {
			rs_policy_root_free(root);
			roots->v[i] = NULL;
		}
	}
	for (size_t i = 0; i < roots->n; i++)
		if (roots->v[i] != NULL)
			roots->v[kept++] = roots->v[i];
	roots->n = kept;
	for (size_t i = 0; i < kept; i++)
		((struct rs_policy_root *)roots->v[i])->order = i;
}

static void
decide(struct rs_policy_root *root, const struct rs_policy_set *set)
{
	/* What a later place describes anew is not for an earlier one to set. */
	if (root == NULL || set->place < root->place)
		return;
	root->action = set->action;
	root->decided_by = set->file;
	root->decided_line = set->line;
}

/* Place by place; within one, a single entry's word counts after its category's. */
static void
apply_sets(struct rs_policy *policy, size_t n_places)
{
	const struct rs_array *sets = &policy->sets;

	for (size_t place = 0; place < n_places; place++) {
		struct rs_map last = { 0 };

		for (size_t i = sets->n; i-- > 0;) {
			struct rs_policy_set *set = sets->v[i];

			if (set->place == place && set->category != NULL)
				rs_map_add(&last, set->category, set);
		}
		for (size_t i = 0; last.n > 0 && i < policy->roots.n; i++) {
			struct rs_policy_root *root = policy->roots.v[i];
			const struct rs_policy_set *set = rs_map_get(&last, root->category);

			if (set != NULL)
				decide(root, set);
		}
		rs_map_free(&last);
		for (size_t i = 0; i < sets->n; i++) {
			const struct rs_policy_set *set = sets->v[i];

			if (set->place == place && set->id != NULL)
				decide(rs_map_get(&policy->by_id, set->id), set);
		}
	}
}

/* Not invalid: the entry may have gone with an update of another file. */
static void
warn_of_strangers(const struct rs_policy *policy, const struct rs_map *others)
{
	for (size_t i = 0; i < policy->sets.n + policy->allows.n; i++) {
		const struct rs_policy_set *set = i < policy->sets.n ? policy->sets.v[i] : NULL;
		const struct rs_policy_allow *allow =
		    set == NULL ? policy->allows.v[i - policy->sets.n] : NULL;
		const char *id = set != NULL ? set->id : allow->entry;
		RS_AUTOFREE char *where = rs_printf("%s:%u", set ? set->file : allow->file,
						    set ? set->line : allow->line);

		if (id != NULL && rs_map_get(&policy->by_id, id) == NULL &&
		    (others == NULL || rs_map_get(others, id) == NULL))
			rs_warn(where, "no entry has the id \"%s\": this has no effect", id);
	}
}

/* What leaves nothing alone any more, or never did. */
static void
warn_of_allows(const struct rs_policy *policy)
{
	for (size_t i = 0; i < policy->allows.n; i++) {
		const struct rs_policy_allow *allow = policy->allows.v[i];
		RS_AUTOFREE char *where = rs_printf("%s:%u", allow->file, allow->line);

		if (allow->until != -1 && rs_now() >= allow->until) {
			RS_AUTOFREE char *last = rs_time_text(allow->until - 1);

			rs_warn(where, "this <allow> ended with %.10s: it has no effect any more",
				last);
		}
		if (allow->store != NULL && strchr(allow->store, ':') == NULL &&
		    rs_store_kind(allow->store) == NULL)
			rs_warn(where, "no kind of store is called \"%s\": this has no effect "
				"(p11-kit, openssl-dir, java, nss and so on, or a store's whole id)",
				allow->store);
	}
}

void
rs_policy_warn(const struct rs_policy *policy, const struct rs_map *others)
{
	warn_of_strangers(policy, others);
	warn_of_allows(policy);
}

static void
index_keys(struct rs_map *map, const struct rs_array *keys, struct rs_policy_root *root)
{
	for (size_t i = 0; i < keys->n; i++)
		rs_map_add(map, keys->v[i], root);
}

/* The first that is added stays: so later places first, each in its order. */
static void
index_roots(struct rs_policy *policy, size_t n_places)
{
	for (size_t place = n_places; place-- > 0;)
		for (size_t i = 0; i < policy->roots.n; i++) {
			struct rs_policy_root *root = policy->roots.v[i];

			if (root->place != place)
				continue;
			index_keys(&policy->by_spki, &root->spki, root);
			index_keys(&policy->by_sha256, &root->sha256, root);
			index_keys(&policy->by_sha1, &root->sha1, root);
			index_keys(&policy->by_issuer_serial, &root->issuer_serial, root);
			index_keys(&policy->by_issuer_key, &root->issuer_key_ids, root);
			if (root->subjects.n > 0)
				rs_array_add(&policy->by_subject, root);
		}
}

/* The day that a version begins with, as YYYY-MM-DD; NULL where it has none yet. */
static char *
date_of(const char *version)
{
	RS_AUTOFREE char *date = rs_strdup(version != NULL ? version : "");
	time_t day;

	for (char *p = date; *p != '\0'; p++)
		if (*p == '.')
			*p = '-';
	if (strlen(date) > 10 && (date[10] == '-' || date[10] == '+'))
		date[10] = '\0';
	day = rs_policy_day(date);
	/* It may be tomorrow already where the list was made. */
	return day == -1 || day > rs_now() + DAY ? NULL : rs_steal(&date);
}

/*
 * The oldest of the lists that came with the program, or where there is none
 * of those, of any: what a newer file beside it allows makes no list younger.
 */
static void
find_date(struct rs_policy *policy)
{
	bool vendor = false, known = true;

	for (size_t i = 0; i < policy->files.n; i++) {
		const struct rs_policy_file *file = policy->files.v[i];

		vendor |= file->vendor && file->entries > 0;
	}
	for (size_t i = 0; i < policy->files.n; i++) {
		const struct rs_policy_file *file = policy->files.v[i];
		RS_AUTOFREE char *date = date_of(file->version);

		if (file->entries == 0 || file->vendor != vendor)
			continue;
		known &= date != NULL;
		if (date == NULL || (policy->date != NULL && strcmp(date, policy->date) >= 0))
			continue;
		free(policy->date);
		policy->date = rs_steal(&date);
	}
	if (known)
		return;
	free(policy->date);
	policy->date = NULL;
}

static struct rs_policy *
policy_new(void)
{
	struct rs_policy *policy = rs_alloc(sizeof(*policy));

	rs_array_init(&policy->files, file_free);
	rs_array_init(&policy->roots, rs_policy_root_free);
	rs_array_init(&policy->sets, rs_policy_set_free);
	rs_array_init(&policy->allows, rs_policy_allow_free);
	rs_array_init(&policy->by_subject, NULL);
	return policy;
}

struct rs_policy *
rs_policy_load(const struct rs_policy_place *places, size_t n, bool privileged,
	       rs_policy_complain complain, void *data)
{
	struct rs_policy_reading reading = {
		.policy = policy_new(), .privileged = privileged,
		.complain = complain, .data = data,
	};
	struct rs_array files;
	RS_AUTOFREE char *why = NULL;
	size_t named = 0;
	bool ok = true;

	rs_array_init(&files, found_free);
	for (size_t i = 0; i < n; i++) {
		/* Files that were named one by one are one place together. */
		if (places[i].file != NULL && (i == 0 || places[i - 1].file == NULL))
			named = i;
		if (places[i].file != NULL)
			found_add(&files, rs_strdup(places[i].file), named);
		else if (!find_in_directory(&reading, &files, places[i].dir, i))
			ok = false;
	}
	reading.schema = rs_schema_read("policy.rng", "foreign-entry", &why);
	if (reading.schema == NULL) {
		complain(data, "policy", why);
		ok = false;
	} else if (!read_places(&reading, places, &files)) {
		ok = false;
	}
	xmlRelaxNGFree(reading.schema);
	rs_array_free(&files);
	if (!ok) {
		rs_policy_free(reading.policy);
		return NULL;
	}
	replace_roots(reading.policy);
	apply_sets(reading.policy, n);
	index_roots(reading.policy, n);
	find_date(reading.policy);
	return reading.policy;
}
