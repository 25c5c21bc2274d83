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
#define PARAMETERS "parameters="
#define ROOTS "libnssckbi.so"
#define TRUST "p11-kit-trust"

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* By name alone, or where programs' own libraries are. */
static bool
is_programs(const char *library)
{
	static const char *const places[] = { "/usr/", "/lib", "/opt/", "/app/", "/snap/" };

	for (size_t i = 0; i < RS_COUNT(places); i++)
		if (rs_starts(library, places[i]) && strstr(library, "/../") == NULL)
			return true;
	return base_name(library) == library;
}

static bool
is_nss_own(const char *library)
{
	const char *name = base_name(library);

	return (rs_streq(name, ROOTS) || rs_starts(name, "libsoftokn3")) && is_programs(library);
}

/* What is not read may trust anything. */
static void
tell_unread(struct rs_sink *sink, struct rs_store *store, const char *unread)
{
	sink->fact(sink, RS_FACT_NOT_LOOKED_AT, unread);
	rs_store_fail(store, RS_STORE_UNSUPPORTED, "it is not all that is trusted there: not read "
		      "are the %s", unread);
}

static bool
is_p11_kit(const char *library)
{
	const char *name = base_name(library);

	return rs_starts(name, TRUST) || rs_starts(name, "p11-kit-proxy") ||
	    rs_starts(name, "libp11-kit");
}

void
rs_nss_module_tell(struct rs_sink *sink, struct rs_store *store, const char *place,
		   const char *library, const char *cure)
{
	RS_AUTOFREE char *text = NULL, *unread = NULL;

	if (is_nss_own(library))
		return;
	if (is_p11_kit(library) && is_programs(library)) {
		text = rs_printf("%s brings in %s: what the system's store trusts is trusted there "
				 "too; to end that, %s", place, library, cure);
	} else {
		text = rs_printf("%s brings in the module %s, which is for a smart card, or trusts "
				 "certificates of its own; if you do not know it, %s", place, library,
				 cure);
		unread = rs_printf("certificates of the module %s, which %s brings in", library,
				   place);
		tell_unread(sink, store, unread);
	}
	sink->fact(sink, RS_FACT_NOTICE, text);
}

/*
 * NSS's own library and p11-kit's know where their certificates are; told
 * where by a parameter, they read them elsewhere.
 */
static void
tell_parameters(struct rs_sink *sink, struct rs_store *store, const char *place,
		const char *library)
{
	RS_AUTOFREE char *text = rs_printf("%s makes the module %s read certificates at another "
	    "place; if you do not know it, close the program and take that module's lines out",
	    place, library);
	RS_AUTOFREE char *unread = rs_printf("certificates that %s makes the module %s read", place,
					     library);

	sink->fact(sink, RS_FACT_NOTICE, text);
	tell_unread(sink, store, unread);
}

/* What one block of lines says, up to an empty one. */
struct block {
	const char *library, *parameters;
	unsigned line;			/* of the library */
};

static void
tell_block(struct rs_sink *sink, struct rs_store *store, const char *path,
	   const struct block *block)
{
	RS_AUTOFREE char *place = rs_printf("%s line %u", path, block->line);

	rs_nss_module_tell(sink, store, place, block->library, "close the program and take that "
			   "module's lines out");
	if (block->parameters != NULL && (is_nss_own(block->library) || is_p11_kit(block->library)))
		tell_parameters(sink, store, place, block->library);
}

/* The value of a line of that name that has one, or NULL. */
static const char *
value_of(const char *text, const char *name)
{
	if (strncasecmp(text, name, strlen(name)) != 0)
		return NULL;
	text += strlen(name);
	text += strspn(text, " \t");
	return *text != '\0' ? text : NULL;
}

static void
tell_file(struct rs_sink *sink, struct rs_store *store, const char *path, char *text)
{
	struct block block = { 0 };
	unsigned line = 0, told = 0;

	for (char *p = text, *next; p != NULL; p = next) {
		const char *library, *parameters;

		line++;
		next = strchr(p, '\n');
		if (next != NULL)
			*next++ = '\0';
		p += strspn(p, " \t");
		p[strcspn(p, "\r")] = '\0';
		library = value_of(p, LIBRARY);
		parameters = value_of(p, PARAMETERS);
		if (library != NULL) {
			block.library = library;
			block.line = line;
		}
		if (parameters != NULL)
			block.parameters = parameters;
		if (*p != '\0' && next != NULL)
			continue;
		if (block.library != NULL && told++ < MAX_TOLD)
			tell_block(sink, store, path, &block);
		block = (struct block){ 0 };
	}
	if (told > MAX_TOLD) {
		RS_AUTOFREE char *more = rs_printf("certificates of %u more modules that %s brings in",
						   told - MAX_TOLD, path);

		tell_unread(sink, store, more);
	}
}

static void
read_file(struct rs_home_reading *r, int dirfd, const char *dir, struct rs_store *store)
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
			tell_file(r->sink, store, path, text.data);
	} else if (errno != ENOENT) {
		why = rs_printf("certificates of modules that %s may bring in: %s", path,
				strerror(errno));
		tell_unread(r->sink, store, why);
	}
}

static void
tell_planted(struct rs_sink *sink, struct rs_store *store, const char *dir, const char *name)
{
	RS_AUTOFREE char *text = rs_printf("%s/%s is a program library in a folder of certificates: "
	    "browsers may load it%s; no program that is known puts one there, delete it", dir, name,
	    rs_starts(name, ROOTS) ? " in place of their own list of roots" : "");
	RS_AUTOFREE char *unread = rs_printf("certificates of %s/%s, a library", dir, name);

	sink->fact(sink, RS_FACT_NOTICE, text);
	tell_unread(sink, store, unread);
}

void
rs_nss_modules_tell(struct rs_home_reading *r, int dirfd, const char *dir, struct rs_store *store)
{
	int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	unsigned told = 0;

	read_file(r, dirfd, dir, store);
	if (d == NULL) {
		rs_cleanup_close(&copy);
		return;
	}
	for (unsigned n = 0; n < MAX_NAMES && told < MAX_TOLD && (entry = readdir(d)) != NULL; n++)
		if (rs_ends(entry->d_name, ".so")) {
			tell_planted(r->sink, store, dir, entry->d_name);
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
