/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose stores and records a command is about. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "message.h"
#include "mounts.h"
#include "text.h"
#include "tree-users.h"

/* Whose a run is: this system's people, or those of another's tree. */
struct people {
	bool tree;
	struct rs_tree_users users;
};

static struct rs_user *
find_user(const struct people *people, const char *name)
{
	const struct rs_user *user;

	if (!people->tree)
		return rs_home_user(name, NULL);
	user = rs_tree_user(&people->users, name);
	return user == NULL ? NULL : rs_user_copy(user);
}

static void
read_tree(struct people *people, const struct rs_options *options)
{
	RS_CLEANUP(rs_array_free) struct rs_array names;
	struct stat st;

	if (geteuid() != 0)
		rs_die(RS_EXIT_PARTIAL, "--root needs root: sudo rootsweep ... --root %s",
		       options->root);
	if (stat(options->root, &st) < 0)
		rs_bad_usage("--root: %s: %s", options->root, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		rs_bad_usage("--root: %s is no folder", options->root);
	rs_array_init(&names, NULL);
	for (size_t i = 0; i < options->users.n; i++)
		rs_array_add(&names, options->users.v[i]);
	for (size_t i = 0; i < options->exclude.n; i++)
		rs_array_add(&names, options->exclude.v[i]);
	people->tree = true;
	rs_tree_users_read(&people->users, options->root, &names);
	if (people->users.failure != NULL)
		rs_die(RS_EXIT_FAILED, "--root: %s cannot be looked into: %s", options->root,
		       people->users.failure);
	if (!people->users.has_system)
		rs_bad_usage("--root: there is no system in %s (no etc/passwd, and no certificates "
			     "in a way that is known)", options->root);
}

static void
add_user(struct rs_scope *scope, struct rs_user *user, bool leave)
{
	user->leave = leave;
	rs_array_add(&scope->users, user);
}

/* What only root may have: the rest is done, this is said, exit status 4. */
static void
deny(struct rs_scope *scope, const struct rs_options *options, const char *whose)
{
	RS_AUTOFREE char *words = rs_command_words(options, options->command->name, NULL, true);

	rs_array_add(&scope->denied, rs_printf("%s: needs root: %s", whose, words));
}

static void
add_named(struct rs_scope *scope, const struct rs_options *options, const struct people *people)
{
	for (size_t i = 0; i < options->users.n; i++) {
		const char *name = options->users.v[i];
		struct rs_user *user = find_user(people, name);

		if (user == NULL)
			rs_bad_usage("--user: there is no user %s here", name);
		if (geteuid() == 0 || user->uid == getuid()) {
			add_user(scope, user, false);
			continue;
		}
		deny(scope, options, user->name);
		rs_user_free(user);
	}
}

/* Everyone; under sudo what is not the caller's is looked at and left. */
static void
add_everyone(struct rs_scope *scope, const struct people *people, const char *only)
{
	struct rs_user *user;
	struct rs_array all;
	bool met = false;

	for (size_t i = 0; people->tree && i < people->users.all.n; i++)
		add_user(scope, rs_user_copy(people->users.all.v[i]), false);
	if (people->tree)
		return;
	rs_home_users(&all, NULL, "/etc/login.defs");
	for (size_t i = 0; i < all.n; i++) {
		user = all.v[i];
		met |= rs_streq(user->name, only);
		add_user(scope, user, only != NULL && !rs_streq(user->name, only));
	}
	/* A directory service may tell of a user, and not list its users. */
	user = only == NULL || met ? NULL : rs_home_user(only, NULL);
	if (user != NULL)
		add_user(scope, user, false);
	all.n = 0;
	rs_array_free(&all);
}

/* A word that names nothing would leave in what was to be left out. */
static void
check_exclude(const struct rs_options *options, const struct people *people)
{
	static const char *const words[] = {
		RS_OWNER_SYSTEM, RS_KIND_P11KIT, RS_KIND_OPENSSL_DIR, RS_KIND_JAVA, RS_KIND_NSS,
		RS_KIND_CHROMIUM, RS_KIND_BROWSER_POLICY, RS_KIND_TOOL_CONFIG,
	};

	for (size_t i = 0; i < options->exclude.n; i++) {
		const char *what = options->exclude.v[i], *near;
		struct rs_user *user;

		if (what[0] == '/' || rs_streq(what, RS_OWNER_SYSTEM) || rs_store_kind(what) != NULL)
			continue;
		user = find_user(people, what);
		near = rs_text_nearest(what, words, RS_COUNT(words));
		if (user == NULL)
			rs_bad_usage("--exclude: \"%s\" is no absolute path, no kind of store and no "
				     "user here%s%s", what, near ? "; the nearest is " : "",
				     near ? near : "");
		rs_user_free(user);
	}
}

/* A sentence, where a run cannot look at this user's stores as it should. */
static char *
reason_to_pass_over(const struct rs_scope *scope, const struct rs_user *user,
		    const struct rs_array *mounts)
{
	RS_AUTOFREE char *home = rs_printf("%s%s", scope->root ? scope->root : "", user->home);
	const char *type = rs_mounts_network(mounts, home);

	if (rs_streq(user->name, RS_OWNER_SYSTEM))
		return rs_strdup("a user of the name system cannot be told from the system itself: "
				 "give that user another name");
	/* A user's own run waits for the server as that user does. */
	if (type == NULL || scope->network_homes || geteuid() != 0)
		return NULL;
	return rs_printf("%s is, or may be, on a server (%s): say --network-homes to look there, "
			 "or run rootsweep as %s", user->home, type, user->name);
}

static void
pass_over(struct rs_scope *scope)
{
	struct rs_array mounts;
	size_t kept = 0;

	rs_mounts_read(&mounts);
	for (size_t i = 0; i < scope->users.n; i++) {
		struct rs_user *user = scope->users.v[i];

		user->passed_over = reason_to_pass_over(scope, user, &mounts);
		if (user->passed_over != NULL)
			rs_array_add(&scope->passed_over, user);
		else
			scope->users.v[kept++] = user;
	}
	scope->users.n = kept;
	rs_array_free(&mounts);
}

void
rs_scope_make(struct rs_scope *scope, const struct rs_options *options, bool changes)
{
	bool given = options->system || options->users.n > 0 || options->all_users;
	const char *sudo = geteuid() == 0 && changes ? getenv("SUDO_USER") : NULL;
	struct people people = { 0 };

	*scope = (struct rs_scope){ .root = options->root,
				    .refresh_in_root = options->refresh_in_root, .exclude = &options->exclude,
				    .jobs = options->jobs,
				    .network_homes = options->network_homes,
				    .mounts = options->mounts };
	rs_array_init(&scope->users, rs_user_free);
	rs_array_init(&scope->passed_over, rs_user_free);
	rs_array_init(&scope->denied, free);
	if (options->root != NULL) {
		read_tree(&people, options);
		sudo = NULL;
	}
	scope->system = options->system || !given;
	add_named(scope, options, &people);
	if (options->all_users && geteuid() != 0)
		deny(scope, options, "other people's places");
	if ((options->all_users && geteuid() == 0) || (!given && geteuid() == 0)) {
		scope->everyone = true;
		add_everyone(scope, &people, given || rs_streq(sudo, "root") ? NULL : sudo);
	} else if (!given || options->all_users) {
		add_user(scope, rs_home_caller(), false);
	}
	check_exclude(options, &people);
	pass_over(scope);
	scope->no_passwd = people.tree && !people.users.has_passwd;
	rs_tree_users_free(&people.users);
}

void
rs_scope_make_records(struct rs_scope *scope, const struct rs_options *options, bool changes)
{
	rs_scope_make(scope, options, changes);
	for (size_t i = 0; i < options->exclude.n; i++) {
		const char *what = options->exclude.v[i];

		if (what[0] == '/' || rs_store_kind(what) != NULL)
			rs_bad_usage("--exclude %s: a run is put back whole, so that %s takes "
				     "only users' names and \"system\" there", what,
				     options->command->name);
	}
	if (options->system && geteuid() != 0)
		deny(scope, options, "the system's undo records");
	for (size_t i = 0; i < scope->passed_over.n; i++) {
		const struct rs_user *user = scope->passed_over.v[i];

		rs_array_add(&scope->denied, rs_printf("%s: the undo records are passed over: %s",
						       user->name, user->passed_over));
	}
}

bool
rs_scope_leaves(const struct rs_scope *scope, const char *owner)
{
	for (size_t i = 0; i < scope->users.n; i++) {
		const struct rs_user *user = scope->users.v[i];

		if (rs_streq(user->name, owner))
			return user->leave;
	}
	return false;
}

void
rs_scope_free(struct rs_scope *scope)
{
	rs_array_free(&scope->users);
	rs_array_free(&scope->passed_over);
	rs_array_free(&scope->denied);
}
