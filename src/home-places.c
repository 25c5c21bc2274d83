/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "places.h"
#include "profiles.h"

/* Profiles of one program, applications of one flatpak or snap. */
#define FOLDERS_MAX 1000
#define TOO_MANY "it holds more than a program puts there: not all of it was looked at"

static const char *
kind_of(enum rs_place_what what)
{
	return what == RS_PLACE_CHROMIUM ? RS_KIND_CHROMIUM : RS_KIND_NSS;
}

/* path is below the home, or absolute. */
static void
read_folder(struct rs_home_reading *r, const char *kind, const char *path)
{
	RS_AUTOCLOSE int fd = rs_home_open_dir(&r->home, r->home.fd, path);
	RS_AUTOFREE char *dir = rs_home_path(r, path);

	if (fd < 0)
		rs_home_cannot_open(r, kind, dir, errno);
	else
		rs_home_read_folder(r, fd, dir);
}

/* A link to its neighbour leads to what is met by itself. */
static bool
leads_to_neighbour(int dirfd, const char *name)
{
	char target[NAME_MAX + 2];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target));

	return n > 0 && n <= NAME_MAX && memchr(target, '/', (size_t)n) == NULL &&
	    !(target[0] == '.' && (n == 1 || (n == 2 && target[1] == '.')));
}

static bool
may_be_folder(const struct rs_home_reading *r, int dirfd, const struct dirent *entry)
{
	const char *name = entry->d_name;

	if (rs_streq(name, ".") || rs_streq(name, ".."))
		return false;
	if (entry->d_type != DT_LNK)
		return entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
	/* Chromium's locks are links that lead nowhere. */
	if (rs_starts(name, "Singleton") || rs_streq(name, "RunningChromeVersion"))
		return false;
	return r->home.own || !leads_to_neighbour(dirfd, name);
}

/*
 * Adds what is in the folder path, and is a folder or a link, to paths (char
 * *): as path and name. files: what is no folder instead. False where the
 * folder cannot be read.
 */
static bool
list(struct rs_home_reading *r, const char *kind, const char *path, bool files,
     struct rs_array *paths)
{
	RS_AUTOCLOSE int fd = rs_home_open_dir(&r->home, r->home.fd, path);
	RS_AUTOFREE char *dir = rs_home_path(r, path);
	const struct dirent *entry;
	size_t n = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL) {
		rs_home_cannot_open(r, kind, dir, errno);
		return false;
	}
	while ((entry = readdir(d)) != NULL) {
		if (files ? entry->d_type == DT_DIR : !may_be_folder(r, fd, entry))
			continue;
		if (n++ == FOLDERS_MAX) {
			rs_home_cut(r, kind, dir, TOO_MANY);
			break;
		}
		rs_array_add(paths, rs_printf("%s%s%s", path, path[0] != '\0' ? "/" : "",
					      entry->d_name));
	}
	closedir(d);
	rs_steal_fd(&fd);
	return true;
}

/*
 * Adds the paths that a path with "*" in it stands for. Only rest is a
 * pattern: start is what was found, where a folder may be named "*".
 */
static void
expand(struct rs_home_reading *r, const char *kind, const char *start, const char *rest,
       struct rs_array *paths)
{
	const char *star = strstr(rest, "/*");
	RS_AUTOFREE char *path = rs_printf("%s%.*s", start, star == NULL ? (int)strlen(rest) :
					   (int)(star - rest), rest);
	RS_CLEANUP(rs_array_free) struct rs_array found = { 0 };

	if (star == NULL) {
		rs_array_add(paths, rs_steal(&path));
		return;
	}
	rs_array_init(&found, free);
	list(r, kind, path, false, &found);
	for (size_t i = 0; i < found.n; i++) {
		if (paths->n >= FOLDERS_MAX) {
			RS_AUTOFREE char *dir = rs_home_path(r, path);

			rs_home_cut(r, kind, dir, TOO_MANY);
			return;
		}
		expand(r, kind, found.v[i], star + 2, paths);
	}
}

static void
read_named(struct rs_home_reading *r, const char *root, const struct rs_array *names)
{
	RS_AUTOFREE char *dir = rs_home_path(r, root);

	for (size_t i = 0; i < names->n; i++) {
		RS_AUTOFREE char *path = rs_profiles_path(dir, names->v[i]);

		read_folder(r, RS_KIND_NSS, path);
	}
}

static void
not_all(struct rs_home_reading *r, const char *file, const char *why)
{
	RS_AUTOFREE char *text = rs_printf("its list of profiles was not read, or not wholly: %s. "
					   "Profiles that lie elsewhere may be missing here", why);

	rs_home_cut(r, RS_KIND_NSS, file, text);
}

static void
read_profiles_ini(struct rs_home_reading *r, const char *root, struct rs_array *names)
{
	RS_AUTOFREE char *below = rs_printf("%s/profiles.ini", root);
	RS_AUTOFREE char *file = rs_home_path(r, below), *why = NULL;
	RS_AUTOCLOSE int fd = rs_home_open_file(&r->home, r->home.fd, below);

	if (fd < 0)
		rs_home_cannot_open(r, RS_KIND_NSS, file, errno);
	else if (!rs_profiles_ini_read(fd, names, &why))
		not_all(r, file, why);
}

static void
read_groups(struct rs_home_reading *r, const char *root, struct rs_array *names)
{
	RS_AUTOFREE char *below = rs_printf("%s/Profile Groups", root);
	RS_AUTOCLOSE int fd = rs_home_open_dir(&r->home, r->home.fd, below);
	RS_CLEANUP(rs_array_free) struct rs_array files;

	rs_array_init(&files, free);
	list(r, RS_KIND_NSS, below, true, &files);
	for (size_t i = 0; fd >= 0 && i < files.n; i++) {
		RS_AUTOFREE char *file = rs_home_path(r, files.v[i]), *why = NULL;

		if (rs_ends(file, ".sqlite") &&
		    !rs_profiles_group_read(fd, strrchr(file, '/') + 1, names, &why))
			not_all(r, file, why);
	}
}

/* Each folder may be a profile, whether profiles.ini names it or not. */
static void
read_firefox(struct rs_home_reading *r, const char *root)
{
	RS_AUTOFREE char *deeper = rs_printf("%s/Profiles", root);
	RS_CLEANUP(rs_array_free) struct rs_array folders, names;

	rs_array_init(&folders, free);
	rs_array_init(&names, free);
	if (!list(r, RS_KIND_NSS, root, false, &folders))
		return;
	list(r, RS_KIND_NSS, deeper, false, &folders);
	for (size_t i = 0; i < folders.n; i++)
		read_folder(r, RS_KIND_NSS, folders.v[i]);
	read_profiles_ini(r, root, &names);
	read_groups(r, root, &names);
	read_named(r, root, &names);
}

static void
read_chromium(struct rs_home_reading *r, const char *root)
{
	RS_CLEANUP(rs_array_free) struct rs_array folders;

	rs_array_init(&folders, free);
	if (!list(r, RS_KIND_CHROMIUM, root, false, &folders))
		return;
	read_folder(r, RS_KIND_CHROMIUM, root);
	for (size_t i = 0; i < folders.n; i++)
		read_folder(r, RS_KIND_CHROMIUM, folders.v[i]);
}

static void
read_place(struct rs_home_reading *r, const char *base, const struct rs_place *place)
{
	RS_AUTOFREE char *start = rs_printf("%s%s", base, base[0] != '\0' ? "/" : "");
	RS_CLEANUP(rs_array_free) struct rs_array paths;

	rs_array_init(&paths, free);
	expand(r, kind_of(place->what), start, place->path, &paths);
	for (size_t i = 0; i < paths.n; i++) {
		if (place->what == RS_PLACE_FIREFOX)
			read_firefox(r, paths.v[i]);
		else if (place->what == RS_PLACE_CHROMIUM)
			read_chromium(r, paths.v[i]);
		else
			read_folder(r, RS_KIND_NSS, paths.v[i]);
	}
}

static void
read_view(struct rs_home_reading *r, const struct rs_place_view *view)
{
	RS_CLEANUP(rs_array_free) struct rs_array homes;

	rs_array_init(&homes, free);
	expand(r, RS_KIND_NSS, "", view->home, &homes);
	for (size_t i = 0; i < homes.n; i++)
		for (size_t k = 0; k < rs_places_n; k++) {
			const char *home = homes.v[i], *below = view->bases[rs_places[k].base];
			RS_AUTOFREE char *base = rs_printf("%s%s%s", home, home[0] != '\0' &&
							   below[0] != '\0' ? "/" : "", below);

			read_place(r, base, &rs_places[k]);
		}
}

/* The environment is the user's own only in that user's own run. */
static void
read_xdg(struct rs_home_reading *r)
{
	const char *const folders[RS_PLACE_BASES] = {
		[RS_PLACE_CONFIG] = getenv("XDG_CONFIG_HOME"),
		[RS_PLACE_DATA] = getenv("XDG_DATA_HOME"),
	};

	for (size_t i = 0; i < rs_places_n; i++) {
		const char *folder = folders[rs_places[i].base];

		if (folder != NULL && folder[0] == '/')
			read_place(r, folder, &rs_places[i]);
	}
}

void
rs_home_places_read(struct rs_home_reading *r)
{
	for (size_t i = 0; i < rs_place_views_n; i++)
		read_view(r, &rs_place_views[i]);
	if (r->home.own)
		read_xdg(r);
}
