/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nss-modules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "token-module.h"

#define FILE_NAME "pkcs11.txt"
#define FILE_MAX (1u << 20)
/* More of them in one folder are counted, not named. */
#define MAX_TOLD 8
#define MAX_NAMES 4096

#define LIBRARY "library="
#define ROOTS "libnssckbi.so"
#define TRUST "p11-kit-trust"

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* NSS's own roots, by name alone or where a program's own libraries are. */
static bool
is_nss_own(const char *library)
{
	static const char *const places[] = { "/usr/", "/lib", "/opt/", "/app/", "/snap/" };
	const char *name = base_name(library);

	if (!rs_streq(name, ROOTS) && !rs_starts(name, "libsoftokn3"))
		return false;
	for (size_t i = 0; i < RS_COUNT(places); i++)
		if (rs_starts(library, places[i]) && strstr(library, "/../") == NULL)
			return true;
	return name == library;
}

void
rs_nss_module_tell(struct rs_sink *sink, const char *place, const char *library,
		   const char *cure)
{
	const char *name = base_name(library);
	RS_AUTOFREE char *text = NULL, *unread = NULL;

	if (is_nss_own(library))
		return;
	if (rs_starts(name, TRUST) || rs_starts(name, "p11-kit-proxy") ||
	    rs_starts(name, "libp11-kit")) {
		text = rs_printf("%s brings in %s: what the system's store trusts is trusted there "
				 "too; to end that, %s", place, library, cure);
	} else {
		text = rs_printf("%s brings in the module %s, which is for a smart card, or trusts "
				 "certificates of its own; if you do not know it, %s", place, library,
				 cure);
		unread = rs_printf("certificates of the module %s, which %s brings in", library,
				   place);
		sink->fact(sink, RS_FACT_NOT_LOOKED_AT, unread);
	}
	sink->fact(sink, RS_FACT_NOTICE, text);
}

/* One line after the other; what is no "library=" is no matter here. */
static void
tell_file(struct rs_sink *sink, const char *path, char *text)
{
	unsigned line = 0, told = 0;

	for (char *p = text, *next; p != NULL; p = next) {
		RS_AUTOFREE char *place = rs_printf("%s line %u", path, ++line);

		next = strchr(p, '\n');
		if (next != NULL)
			*next++ = '\0';
		p += strspn(p, " \t");
		p[strcspn(p, "\r")] = '\0';
		if (strncasecmp(p, LIBRARY, strlen(LIBRARY)) != 0 || p[strlen(LIBRARY)] == '\0')
			continue;
		if (told++ < MAX_TOLD)
			rs_nss_module_tell(sink, place, p + strlen(LIBRARY), "close the program and "
					   "take that module's lines out");
	}
	if (told > MAX_TOLD) {
		RS_AUTOFREE char *more = rs_printf("%u more modules that %s brings in",
						   told - MAX_TOLD, path);

		sink->fact(sink, RS_FACT_NOT_LOOKED_AT, more);
	}
}

static void
read_file(struct rs_home_reading *r, int dirfd, const char *dir)
{
	RS_AUTOCLOSE int fd = rs_home_open_file(&r->home, dirfd, FILE_NAME);
	RS_AUTOFREE char *path = rs_printf("%s/" FILE_NAME, dir);
	RS_AUTOBUF struct rs_buf text = { 0 };
	RS_AUTOFREE char *why = NULL;

	if (fd >= 0 && rs_read_all(fd, FILE_MAX, &text) == 0) {
		/* A NUL byte ends a line as well as any. */
		for (char *p = text.data; p != NULL && p < text.data + text.len; p++)
			if (*p == '\0')
				*p = '\n';
		if (text.len > 0)
			tell_file(r->sink, path, text.data);
	} else if (errno != ENOENT) {
		why = rs_printf("modules that %s may bring in: %s", path, strerror(errno));
		r->sink->fact(r->sink, RS_FACT_NOT_LOOKED_AT, why);
	}
}

static void
tell_planted(struct rs_sink *sink, const char *dir, const char *name)
{
	RS_AUTOFREE char *text = rs_printf("%s/%s is a program library in a folder of certificates: "
	    "browsers may load it%s; no program that is known puts one there, delete it", dir, name,
	    rs_starts(name, ROOTS) ? " in place of their own list of roots" : "");
	RS_AUTOFREE char *unread = rs_printf("certificates of %s/%s, a library", dir, name);

	sink->fact(sink, RS_FACT_NOTICE, text);
	sink->fact(sink, RS_FACT_NOT_LOOKED_AT, unread);
}

void
rs_nss_modules_tell(struct rs_home_reading *r, int dirfd, const char *dir)
{
	int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	unsigned told = 0;

	read_file(r, dirfd, dir);
	if (d == NULL) {
		rs_cleanup_close(&copy);
		return;
	}
	for (unsigned n = 0; n < MAX_NAMES && told < MAX_TOLD && (entry = readdir(d)) != NULL; n++)
		if (rs_ends(entry->d_name, ".so")) {
			tell_planted(r->sink, dir, entry->d_name);
			told++;
		}
	closedir(d);
}

static void
tell_links(struct rs_sink *sink, const char *pattern, const char *whose, struct rs_array *seen)
{
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		RS_AUTOFREE char *real = realpath(path, NULL), *text = NULL;

		if (real == NULL || !rs_starts(base_name(real), TRUST) || rs_array_has_str(seen, path))
			continue;
		rs_array_add_str(seen, path);
		text = rs_printf("%s is the system's store (%s): %s, and what is taken out of that "
				 "store is taken out there too", path, real, whose);
		sink->fact(sink, RS_FACT_NOTICE, text);
	}
	globfree(&found);
}

void
rs_nss_modules_tell_system(struct rs_sink *sink)
{
	/* Firefox takes the one beside it, where it has one. */
	static const char *const programs[] = {
		"/usr/lib/*/" ROOTS, "/usr/lib64/*/" ROOTS, "/opt/*/" ROOTS,
	};
	RS_CLEANUP(rs_array_free) struct rs_array seen;
	RS_AUTOFREE char *dirs = rs_strdup(RS_NSS_LIBDIRS);
	char *save = NULL;

	rs_array_init(&seen, free);
	for (char *dir = strtok_r(dirs, ":", &save); dir != NULL; dir = strtok_r(NULL, ":", &save)) {
		RS_AUTOFREE char *pattern = rs_printf("%s/" ROOTS, dir);

		tell_links(sink, pattern, "Chromium, Chrome and other programs that use NSS go by it "
			   "on this system", &seen);
	}
	for (size_t i = 0; i < RS_COUNT(programs); i++)
		tell_links(sink, programs[i], "the Firefox or other program in that folder goes by it",
			   &seen);
}
