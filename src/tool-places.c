/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tool-places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* No more entries of one folder are looked at. */
#define MAX_ENTRIES 10000

struct matching {
	struct rs_tool_places *places;
	void (*found)(void *data, int dirfd, const char *name, const char *path);
	void *data;
};

const char *
rs_tool_owner(const struct rs_tool_places *places)
{
	return places->home != NULL ? places->home->home.user->name : RS_OWNER_SYSTEM;
}

bool
rs_tool_is_guarded(const struct rs_tool_places *places, const char *path)
{
	const char *home;

	if (places->home == NULL || places->home->home.own)
		return false;
	home = places->home->home.user->home;
	return rs_starts(path, home) && path[strlen(home)] == '/';
}

int
rs_tool_open_file(const struct rs_tool_places *places, int dirfd, const char *path, bool guarded)
{
	return guarded ? rs_home_open_file(&places->home->home, dirfd, path) :
	    rs_open_regular(dirfd, path, 0);
}

int
rs_tool_open_dir(const struct rs_tool_places *places, const char *path, bool guarded)
{
	return guarded ? rs_home_open_dir(&places->home->home, AT_FDCWD, path) :
	    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool
rs_tool_seen_before(const struct rs_tool_places *places, const struct stat *st)
{
	RS_AUTOFREE char *key = rs_printf("%llu %llu", (unsigned long long)st->st_dev,
					  (unsigned long long)st->st_ino);

	return places->home != NULL && !rs_map_add(&places->home->seen, key, places->home);
}

void
rs_tool_cannot_open(struct rs_tool_places *places, const char *path, int error)
{
	const char *kind = places->kind != NULL ? places->kind : RS_KIND_TOOL_CONFIG;
	struct rs_store *store;

	if (error == ENOENT || error == ENOTDIR || rs_array_has_str(&places->told, path))
		return;
	rs_array_add_str(&places->told, path);
	if (places->home != NULL) {
		rs_home_cannot_open(places->home, kind, path, error);
		return;
	}
	if (!places->sink->begin(places->sink, kind, path))
		return;
	store = rs_store_new(kind, RS_OWNER_SYSTEM, path);
	rs_store_fail(store, RS_STORE_ERROR, "%s cannot be opened: %s", path, strerror(error));
	places->sink->store(places->sink, store);
}

static int
open_part(const struct rs_tool_places *places, int dirfd, const char *name)
{
	/* To go through a folder, nobody needs the right to list it. */
	return places->home != NULL ? rs_home_open_dir(&places->home->home, dirfd, name) :
	    openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * A link to /dev/null is how a file is masked, and one to a neighbour that the
 * pattern also matches is met as that neighbour: neither hides anything.
 */
static bool
is_idle_link(int dirfd, const char *name, const char *pattern)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	return rs_streq(target, "/dev/null") ||
	    (strchr(target, '/') == NULL && !rs_streq(pattern, name) &&
	     fnmatch(pattern, target, FNM_PERIOD) == 0);
}

static void match(const struct matching *m, int dirfd, const char *dir, const char *pattern);

/* One name that the first part of the pattern matches; rest: behind that part. */
static void
match_name(const struct matching *m, int dirfd, const char *dir, const char *name,
	   const char *rest)
{
	RS_AUTOFREE char *path = rs_printf("%s/%s", dir, name);
	RS_AUTOCLOSE int fd = -1;

	if (rest[0] == '\0') {
		m->found(m->data, dirfd, name, path);
		return;
	}
	fd = open_part(m->places, dirfd, name);
	if (fd >= 0)
		match(m, fd, path, rest + 1);
	else
		rs_tool_cannot_open(m->places, path, errno);
}

static void
match(const struct matching *m, int dirfd, const char *dir, const char *pattern)
{
	size_t len = strcspn(pattern, "/"), entries = 0;
	RS_AUTOFREE char *part = rs_strndup(pattern, len);
	struct dirent *entry;
	int copy;
	DIR *d;

	if (strchr(part, '*') == NULL) {
		if (!is_idle_link(dirfd, part, part))
			match_name(m, dirfd, dir, part, pattern + len);
		return;
	}
	copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = copy < 0 ? NULL : fdopendir(copy);
	if (d == NULL) {
		rs_tool_cannot_open(m->places, dir, errno);
		rs_cleanup_close(&copy);
		return;
	}
	while ((entry = readdir(d)) != NULL && entries++ < MAX_ENTRIES)
		if (fnmatch(part, entry->d_name, FNM_PERIOD) == 0 &&
		    !is_idle_link(dirfd, entry->d_name, part))
			match_name(m, dirfd, dir, entry->d_name, pattern + len);
	closedir(d);
	if (entry != NULL) {
		RS_AUTOFREE char *text = rs_printf("%s, which has more than %d entries: not all "
						   "of it", dir, MAX_ENTRIES);

		m->places->sink->fact(m->places->sink, RS_FACT_NOT_LOOKED_AT, text);
	}
}

/* Where the user's own run has its settings elsewhere than in ~/.config. */
static void
match_config_home(const struct matching *m, const char *below)
{
	const struct rs_home *home = &m->places->home->home;
	const char *dir = home->own ? getenv("XDG_CONFIG_HOME") : NULL;
	RS_AUTOFREE char *usual = rs_printf("%s/.config", home->user->home);
	RS_AUTOCLOSE int fd = -1;

	if (dir == NULL || dir[0] != '/' || rs_streq(dir, usual))
		return;
	fd = rs_home_open_dir(home, home->fd, dir);
	if (fd >= 0)
		match(m, fd, dir, below);
	else
		rs_tool_cannot_open(m->places, dir, errno);
}

void
rs_tool_each(struct rs_tool_places *places, const char *pattern,
	     void (*found)(void *data, int dirfd, const char *name, const char *path),
	     void *data)
{
	const struct matching m = { places, found, data };
	RS_AUTOCLOSE int root = -1;

	if (places->home == NULL) {
		root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		match(&m, root, "", pattern);
		return;
	}
	match(&m, places->home->home.fd, places->home->home.user->home, pattern);
	if (rs_starts(pattern, ".config/"))
		match_config_home(&m, pattern + strlen(".config/"));
}
