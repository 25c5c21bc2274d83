/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-tool-config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os-places.h"
#include "tool-named.h"

/* Of one owner; what is more is said and left. */
#define MAX_NAMED 100
#define MAX_SENTENCES 20

struct gathering {
	struct rs_tool_places places;
	struct rs_array named;		/* struct rs_tool_named * */
	struct rs_array read;		/* char *: "dev ino" of files with settings */
	size_t sentences;
	enum rs_tool_syntax syntax;	/* of the file in hand */
	bool included;			/* it was named by another */
};

RS_PRINTF(3, 4)
static void
say(struct gathering *g, const char *type, const char *fmt, ...)
{
	RS_AUTOFREE char *text = NULL;
	va_list ap;

	if (g->sentences == MAX_SENTENCES) {
		text = rs_printf("more settings of tools (%s): only the first %d of which there is "
				 "something to be said are named here", rs_tool_owner(&g->places),
				 MAX_SENTENCES);
		g->sentences++;
		g->places.sink->fact(g->places.sink, RS_FACT_NOT_LOOKED_AT, text);
		return;
	}
	if (g->sentences > MAX_SENTENCES)
		return;
	g->sentences++;
	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	g->places.sink->fact(g->places.sink, type, text);
}

/*
 * What a setting names, one name for one place: without empty parts and ".".
 * NULL where there is a "..", which may lead past a link.
 */
static char *
plain_path(const char *path)
{
	RS_AUTOBUF struct rs_buf out = { 0 };

	for (const char *c = path; *c != '\0';) {
		size_t n;

		c += strspn(c, "/");
		n = strcspn(c, "/");
		if (n == 2 && strncmp(c, "..", 2) == 0)
			return NULL;
		if (n > 0 && !(n == 1 && *c == '.'))
			rs_buf_printf(&out, "/%.*s", (int)n, c);
		c += n;
	}
	return out.len == 0 ? rs_strdup("/") : rs_buf_steal(&out);
}

/* The one that is the same file, by whatever name. */
static struct rs_tool_named *
find_named(const struct gathering *g, enum rs_setting_what what, const char *path,
	   const struct stat *st)
{
	for (size_t i = 0; i < g->named.n; i++) {
		struct rs_tool_named *named = g->named.v[i];

		if ((named->what == RS_SETTING_PEM) == (what == RS_SETTING_PEM) &&
		    (rs_streq(named->path, path) ||
		     (st->st_ino != 0 && named->ino == st->st_ino && named->dev == st->st_dev)))
			return named;
	}
	return NULL;
}

/* Takes path. NULL where the setting makes nobody trust anything of its own. */
static struct rs_tool_named *
named_by(struct gathering *g, enum rs_setting_what what, char *path)
{
	RS_AUTOFREE char *owned = path;
	struct rs_tool_named *named;
	struct stat st = { 0 };

	if (what != RS_SETTING_PEM) {
		RS_AUTOCLOSE int fd = rs_tool_open_named(&g->places, what, path);

		/* Where there is nothing the tool finds nothing either. */
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EISDIR))
			return NULL;
		if (fd >= 0 && fstat(fd, &st) == 0 &&
		    rs_os_has(path, &st, !rs_tool_is_guarded(&g->places, path)))
			return NULL;
	}
	named = find_named(g, what, path, &st);
	if (named != NULL)
		return named;
	if (g->named.n == MAX_NAMED) {
		say(g, RS_FACT_NOT_LOOKED_AT, "%s, as settings of tools of %s name more than %d "
		    "files", path, rs_tool_owner(&g->places), MAX_NAMED);
		return NULL;
	}
	named = rs_array_add(&g->named, rs_tool_named_new(what, rs_steal(&owned)));
	named->dev = st.st_dev;
	named->ino = st.st_ino;
	return named;
}

static void read_file(void *data, int dirfd, const char *name, const char *path);

/* One level: what is included there is only told of. */
static void
follow_include(struct gathering *g, const char *file, const struct rs_tool_setting *setting)
{
	RS_AUTOFREE char *joined = NULL, *path = NULL;

	if (g->included) {
		say(g, RS_FACT_NOT_LOOKED_AT, "%s, which %s line %u includes: it is included "
		    "itself", setting->value, file, setting->line);
		return;
	}
	joined = setting->value[0] == '/' ? rs_strdup(setting->value) :
	    rs_printf("%.*s/%s", (int)(strrchr(file, '/') - file), file, setting->value);
	path = plain_path(joined);
	if (path == NULL) {
		say(g, RS_FACT_NOT_LOOKED_AT, "%s, which %s line %u includes: its path has \"..\"",
		    joined, file, setting->line);
		return;
	}
	g->included = true;
	read_file(g, AT_FDCWD, path, path);
	g->included = false;
}

static void
take_setting(struct gathering *g, const char *file, const struct rs_tool_setting *setting)
{
	struct rs_tool_named *named;
	char *path;

	if (setting->value == NULL) {
		say(g, RS_FACT_NOT_LOOKED_AT, "%s line %u sets %s in a way that is not understood",
		    file, setting->line, setting->key);
		return;
	}
	switch (setting->what) {
	case RS_SETTING_OFF:
		say(g, RS_FACT_NOTICE, "%s line %u turns off the check of certificates in %s: "
		    "anybody on the way can read what is sent and received", file,
		    setting->line, setting->tool);
		return;
	case RS_SETTING_INCLUDE:
		follow_include(g, file, setting);
		return;
	case RS_SETTING_PEM:
		path = rs_strdup(file);
		break;
	default:
		path = setting->value[0] == '/' ? plain_path(setting->value) : NULL;
	}
	if (path == NULL) {
		say(g, RS_FACT_NOT_LOOKED_AT, "%s, which %s line %u names by %s: its path is not "
		    "from the root without \"..\"", setting->value, file, setting->line,
		    setting->key);
		return;
	}
	named = named_by(g, setting->what, path);
	if (named != NULL)
		rs_tool_named_add(named, file, setting);
}

/* By a link it may have two names: Debian's environment.d has /etc/environment. */
static bool
was_read(struct gathering *g, int fd)
{
	RS_AUTOFREE char *key = NULL;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	key = rs_printf("%llu %llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	if (rs_array_has_str(&g->read, key))
		return true;
	rs_array_add(&g->read, rs_steal(&key));
	return false;
}

static void
read_file(void *data, int dirfd, const char *name, const char *path)
{
	struct gathering *g = data;
	bool home = g->places.home != NULL && !g->included;
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_array settings;
	RS_AUTOCLOSE int fd = -1;

	fd = rs_tool_open_file(&g->places, dirfd, name,
			       home || rs_tool_is_guarded(&g->places, path));
	if (fd < 0) {
		rs_tool_cannot_open(&g->places, path, errno);
		return;
	}
	if (was_read(g, fd))
		return;
	if (rs_read_all(fd, RS_TOOL_FILE_MAX, &buf) < 0) {
		rs_tool_cannot_open(&g->places, path, errno);
		return;
	}
	rs_tool_settings_read(&settings, g->syntax, buf.data, buf.len, g->places.home != NULL ?
			      g->places.home->home.user->home : NULL);
	for (size_t i = 0; i < settings.n; i++)
		take_setting(g, path, settings.v[i]);
	if (settings.n == RS_TOOL_SETTINGS_MAX)
		say(g, RS_FACT_NOT_LOOKED_AT, "%s behind its first %d settings", path,
		    RS_TOOL_SETTINGS_MAX);
	rs_array_free(&settings);
}

/* As p11-kit reads its files: NAME: VALUE, and "#" before what is none. */
static bool
is_trust_policy(char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		if (!rs_starts(line, "trust-policy"))
			continue;
		line += strlen("trust-policy");
		line += strspn(line, " \t");
		if (*line++ == ':' && rs_starts(line + strspn(line, " \t"), "yes"))
			return true;
	}
	return false;
}

/*
 * A module of p11-kit's that is the user's own: in that user's programs, and
 * no others, it brings roots beside the system's, or changes where that
 * module reads which has its name. It is never loaded.
 */
static void
read_module(void *data, int dirfd, const char *name, const char *path)
{
	struct gathering *g = data;
	RS_AUTOFREE char *vendor = rs_printf("/usr/share/p11-kit/modules/%s", name);
	RS_AUTOFREE char *admin = rs_printf("/etc/pkcs11/modules/%s", name);
	RS_AUTOCLOSE int fd = rs_tool_open_file(&g->places, dirfd, name, true);
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_store *store;

	if (fd < 0 || rs_read_all(fd, RS_TOOL_FILE_MAX, &buf) < 0) {
		rs_tool_cannot_open(&g->places, path, errno);
		return;
	}
	if ((buf.len == 0 || !is_trust_policy(buf.data)) && access(vendor, F_OK) < 0 &&
	    access(admin, F_OK) < 0)
		return;
	if (!g->places.sink->begin(g->places.sink, RS_KIND_TOOL_CONFIG, path))
		return;
	store = rs_store_new(RS_KIND_TOOL_CONFIG, rs_tool_owner(&g->places), path);
	rs_store_fail(store, RS_STORE_UNSUPPORTED, "%s makes programs that use p11-kit trust what a "
		      "module of its own brings, which is not read: if you do not know it, delete "
		      "that file; \"trust list\" shows what is trusted then", path);
	g->places.sink->store(g->places.sink, store);
}

static void
tell_named(struct gathering *g, const struct rs_tool_named *named)
{
	const struct stat st = { .st_dev = named->dev, .st_ino = named->ino };
	struct rs_sink *sink = g->places.sink;

	rs_array_add_str(&g->places.told, named->path);
	if (named->ino != 0 && rs_tool_seen_before(&g->places, &st))
		return;
	if (sink->begin(sink, RS_KIND_TOOL_CONFIG, named->path))
		sink->store(sink, rs_tool_named_read(&g->places, named));
}

static void
read_all(struct gathering *g, const struct rs_tool_file *files)
{
	rs_array_init(&g->named, rs_tool_named_free);
	rs_array_init(&g->read, free);
	rs_array_init(&g->places.told, free);
	for (; files->pattern != NULL; files++) {
		g->syntax = files->syntax;
		rs_tool_each(&g->places, files->pattern, read_file, g);
	}
	for (size_t i = 0; i < g->named.n; i++)
		tell_named(g, g->named.v[i]);
	rs_certifi_read_known(&g->places);
	if (g->places.home != NULL)
		rs_tool_each(&g->places, ".config/pkcs11/modules/*.module", read_module, g);
	rs_array_free(&g->named);
	rs_array_free(&g->read);
	rs_array_free(&g->places.told);
}

void
rs_tool_config_read_home(struct rs_home_reading *r)
{
	struct gathering g = { .places = { .sink = r->sink, .home = r } };

	read_all(&g, rs_tool_home_files);
}

void
rs_tool_config_read_system(struct rs_sink *sink)
{
	struct gathering g = { .places = { .sink = sink } };

	read_all(&g, rs_tool_system_files);
}
