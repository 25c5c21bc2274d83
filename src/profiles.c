/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profiles.h"

#include <errno.h>
#include <string.h>

#include "sqlite-copy.h"

/* Firefox's own is less than a thousand bytes for each profile. */
#define INI_MAX (1U << 20)

static bool
add_path(struct rs_array *paths, const char *path, char **why)
{
	if (paths->n >= RS_PROFILES_MAX) {
		*why = rs_printf("names more than %d profiles", RS_PROFILES_MAX);
		return false;
	}
	if (path != NULL && path[0] != '\0')
		rs_array_add_str(paths, path);
	return true;
}

/* As Firefox's own reader (xpcom/base/nsINIParser.cpp): white space counts
 * only before a key, and a comment only as a whole line. */
static const char *
path_of_line(const char *line)
{
	line += strspn(line, " \t");
	return rs_starts(line, "Path=") ? line + strlen("Path=") : NULL;
}

/* IsRelative is not asked: a path is absolute, or it is not. */
bool
rs_profiles_ini_read(int fd, struct rs_array *paths, char **why)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	char *next, *line;
	bool whole = rs_read_all(fd, INI_MAX, &text) == 0;

	if (!whole)
		*why = errno == EFBIG ? rs_printf("larger than %u KiB", INI_MAX >> 10) :
		    rs_printf("cannot be read: %s", strerror(errno));
	for (next = text.data; (line = strsep(&next, "\r\n")) != NULL;) {
		RS_AUTOFREE char *too_many = NULL;

		if (add_path(paths, path_of_line(line), &too_many))
			continue;
		if (whole)
			*why = rs_steal(&too_many);
		return false;
	}
	return whole;
}

/* The table is as Firefox makes it in ProfilesDatastoreService.sys.mjs. */
static enum rs_sqlite_result
read_group(int dirfd, const char *name, struct rs_array *paths, char **why)
{
	RS_CLEANUP(rs_sqlite_close) sqlite3 *db = NULL;
	RS_CLEANUP(rs_sqlite_finalize) sqlite3_stmt *stmt = NULL;
	enum rs_sqlite_result result = rs_sqlite_open(dirfd, name, false, &db, why);
	int rc;

	if (result != RS_SQLITE_OK)
		return result;
	rc = sqlite3_prepare_v2(db, "SELECT path FROM main.Profiles NOT INDEXED", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
			if (!add_path(paths, (const char *)sqlite3_column_text(stmt, 0), why))
				return RS_SQLITE_BAD;
	return rs_sqlite_failed(db, rc, why);
}

bool
rs_profiles_group_read(int dirfd, const char *name, struct rs_array *paths, char **why)
{
	RS_CLEANUP(rs_sqlite_copy_remove) struct rs_sqlite_copy copy = RS_SQLITE_COPY_NONE;
	enum rs_sqlite_result result = read_group(dirfd, name, paths, why);

	if (result == RS_SQLITE_NEEDS_COPY) {
		free(rs_steal(why));
		result = rs_sqlite_copy_make(&copy, dirfd, name, why);
		if (result == RS_SQLITE_OK)
			result = read_group(copy.dirfd, name, paths, why);
	}
	return result == RS_SQLITE_OK || result == RS_SQLITE_ABSENT;
}

char *
rs_profiles_path(const char *root, const char *path)
{
	RS_AUTOFREE char *whole = path[0] == '/' ? rs_strdup(path) : rs_printf("%s/%s", root, path);
	char *clean = rs_alloc(strlen(whole) + 2), *next = whole, *name;
	size_t len = 0;

	while ((name = strsep(&next, "/")) != NULL) {
		if (name[0] == '\0' || strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") != 0) {
			clean[len++] = '/';
			memcpy(clean + len, name, strlen(name));
			len += strlen(name);
		} else {
			while (len > 0 && clean[--len] != '/')
				;
		}
		clean[len] = '\0';
	}
	if (len == 0)
		memcpy(clean, "/", sizeof("/"));
	return clean;
}
