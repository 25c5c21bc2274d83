/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "browser-places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More names than this in one folder are not gone through. */
#define MAX_NAMES 4096

#define FLATPAK "flatpak/extension/*/*/*"

/* "*" is any one name. Paths of homes are relative to the home. */
static const struct {
	enum rs_browser_place place;
	bool users;
	const char *path;
} table[] = {
	/* chromium, chromium-browser, brave, vivaldi; chrome, edge, opera. */
	{ RS_PLACE_CHROMIUM, false, "/etc/*/policies/managed/*" },
	{ RS_PLACE_CHROMIUM, false, "/etc/*/policies/recommended/*" },
	{ RS_PLACE_CHROMIUM, false, "/etc/opt/*/policies/managed/*" },
	{ RS_PLACE_CHROMIUM, false, "/etc/opt/*/policies/recommended/*" },
	{ RS_PLACE_CHROMIUM, false, "/var/lib/" FLATPAK "/policies/managed/*" },
	{ RS_PLACE_CHROMIUM, false, "/var/lib/" FLATPAK "/policies/recommended/*" },
	{ RS_PLACE_CHROMIUM, true, ".local/share/" FLATPAK "/policies/managed/*" },
	{ RS_PLACE_CHROMIUM, true, ".local/share/" FLATPAK "/policies/recommended/*" },

	{ RS_PLACE_FIREFOX, false, "/etc/firefox/policies/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/etc/floorp/policies/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/etc/librewolf/policies/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/etc/thunderbird/policies/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/etc/waterfox/policies/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/etc/zen/policies/policies.json" },
	/* Where programs are installed; on Debian they link to /usr/share. */
	{ RS_PLACE_FIREFOX, false, "/usr/lib/*/distribution/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/usr/lib64/*/distribution/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/usr/share/*/distribution/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/usr/local/lib/*/distribution/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/opt/*/distribution/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/opt/*/*/distribution/policies.json" },
	{ RS_PLACE_FIREFOX, false, "/var/lib/" FLATPAK "/policies/policies.json" },
	{ RS_PLACE_FIREFOX, true, ".local/share/" FLATPAK "/policies/policies.json" },

	{ RS_PLACE_CERTIFICATE, false, "/usr/lib/mozilla/certificates/*" },
	{ RS_PLACE_CERTIFICATE, false, "/usr/lib64/mozilla/certificates/*" },
	{ RS_PLACE_CERTIFICATE, false, "/usr/lib/*/distribution/certificates/*" },
	{ RS_PLACE_CERTIFICATE, false, "/usr/lib64/*/distribution/certificates/*" },
	{ RS_PLACE_CERTIFICATE, false, "/usr/share/*/distribution/certificates/*" },
	{ RS_PLACE_CERTIFICATE, false, "/usr/local/lib/*/distribution/certificates/*" },
	{ RS_PLACE_CERTIFICATE, false, "/opt/*/distribution/certificates/*" },
	{ RS_PLACE_CERTIFICATE, false, "/opt/*/*/distribution/certificates/*" },
	{ RS_PLACE_CERTIFICATE, true, ".mozilla/certificates/*" },
};

static size_t
name_length(const char *path)
{
	return strcspn(path, "/");
}

/* Name by name; one that leads up, or is empty, is no name. */
static bool
fits(const char *pattern, const char *path)
{
	for (;;) {
		size_t n = name_length(path), p = name_length(pattern);

		if (n == 0 || strncmp(path, ".", n) == 0 || (n == 2 && strncmp(path, "..", 2) == 0))
			return false;
		if (!(p == 1 && pattern[0] == '*') && (n != p || strncmp(path, pattern, n) != 0))
			return false;
		path += n;
		pattern += p;
		if (*path == '\0' || *pattern == '\0')
			return *path == *pattern;
		path++;
		pattern++;
	}
}

enum rs_browser_place
rs_browser_place_of(const char *path, const struct rs_user *user)
{
	size_t n = user == NULL ? 0 : strlen(user->home);

	if ((user != NULL && strncmp(path, user->home, n) != 0) || path[n] != '/')
		return RS_PLACE_NONE;
	for (size_t i = 0; i < RS_COUNT(table); i++)
		if (table[i].users == (user != NULL) &&
		    fits(table[i].path + (user == NULL), path + n + 1))
			return table[i].place;
	return RS_PLACE_NONE;
}

static void walk(struct rs_browser_search *search, int dirfd, const char *path,
		 const char *rest);

static int
open_folder(const struct rs_browser_search *search, int dirfd, const char *name)
{
	/* On the way, for no more: what lies above a place may not be listed by
	 * a worker that is confined to some of the system's folders. */
	return search->home != NULL ? rs_home_open_dir(search->home, dirfd, name) :
	    openat(dirfd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * One name further. What cannot be opened is told, but for folders of the
 * system's that are not the table's own names: most of them are not meant.
 */
static void
walk_name(struct rs_browser_search *search, int dirfd, const char *path, const char *name,
	  const char *rest, bool quiet)
{
	RS_AUTOFREE char *below = rs_printf("%s%s%s", path, rs_ends(path, "/") ? "" : "/", name);
	RS_AUTOCLOSE int fd = -1;
	struct stat st;

	if (rest[0] == '\0') {
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			search->found(search, dirfd, below);
		return;
	}
	fd = open_folder(search, dirfd, name);
	if (fd >= 0)
		walk(search, fd, below, rest + 1);
	else if (!quiet && errno != ENOENT && errno != ENOTDIR)
		search->failed(search, below, errno);
}

static void
walk_all(struct rs_browser_search *search, int dirfd, const char *path, const char *rest)
{
	int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	unsigned n = 0;

	if (d == NULL) {
		search->failed(search, path, errno);
		rs_cleanup_close(&copy);
		return;
	}
	while ((entry = readdir(d)) != NULL) {
		if (rs_streq(entry->d_name, ".") || rs_streq(entry->d_name, ".."))
			continue;
		if (n++ == MAX_NAMES) {
			search->failed(search, path, E2BIG);
			break;
		}
		walk_name(search, dirfd, path, entry->d_name, rest, search->home == NULL);
	}
	closedir(d);
}

static void
walk(struct rs_browser_search *search, int dirfd, const char *path, const char *rest)
{
	size_t n = name_length(rest);
	RS_AUTOFREE char *name = rs_strndup(rest, n);

	if (!rs_streq(name, "*"))
		walk_name(search, dirfd, path, name, rest + n, false);
	else if (search->name != NULL && rest[n] == '\0')
		walk_name(search, dirfd, path, search->name, rest + n, false);
	else
		walk_all(search, dirfd, path, rest + n);
}

void
rs_browser_places_find(struct rs_browser_search *search)
{
	const struct rs_home *home = search->home;
	RS_AUTOCLOSE int root = home != NULL ? -1 : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < RS_COUNT(table); i++) {
		if (table[i].place != search->place || table[i].users != (home != NULL))
			continue;
		if (home != NULL)
			walk(search, home->fd, home->user->home, table[i].path);
		else
			walk(search, root, "/", table[i].path + 1);
	}
}
