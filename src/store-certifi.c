/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Python's certifi: a list of roots as a package, in every environment that
 * has requests or pip, each a copy of its own. A root is often added to it by
 * hand. Debian's is a link to the system's bundle, which is read as that.
 */
#include <errno.h>
#include <sys/stat.h>

#include "os-places.h"
#include "store-tool-config.h"
#include "tool-named.h"

#define LIST RS_CERTIFI_DIR "/" RS_CERTIFI_FILE

/* Where environments lie; those that tools make have a folder each. */
static const char *const home_prefixes[] = {
	".local", ".venv", "venv", ".virtualenvs/*", ".venvs/*",
	".local/share/virtualenvs/*", ".cache/pypoetry/virtualenvs/*",
	".local/share/pipx/venvs/*", ".local/pipx/venvs/*",
	".local/share/uv/tools/*", ".local/share/uv/python/*",
	".pyenv/versions/*", ".conda/envs/*",
	"miniconda3", "miniconda3/envs/*", "anaconda3", "anaconda3/envs/*",
	"miniforge3", "miniforge3/envs/*",
};

static const char *const system_prefixes[] = { "usr", "usr/local", "opt/*", "opt/*/envs/*" };

static const char *const packages[] = {
	"lib/python*/site-packages/" LIST,
	"lib/python*/site-packages/pip/_vendor/" LIST,
	"lib/python*/dist-packages/" LIST,
	"lib/python*/dist-packages/pip/_vendor/" LIST,
};

static void
tell(struct rs_tool_places *places, int fd, const char *path)
{
	struct rs_store *store = rs_store_new(RS_KIND_TOOL_CONFIG, rs_tool_owner(places), path);
	RS_AUTOFREE char *reason = rs_printf("%s is the list of Python's package certifi: install "
	    "that package again (pip install --force-reinstall certifi), or take the certificate "
	    "out of that file", path);

	rs_tool_add_file(store, fd, path, NULL, RS_SEEN_BUNDLE, reason);
	places->sink->store(places->sink, store);
}

static void
read_list(void *data, int dirfd, const char *name, const char *path)
{
	struct rs_tool_places *places = data;
	bool guarded = rs_tool_is_guarded(places, path);
	RS_AUTOCLOSE int fd = -1;
	struct stat st;

	fd = rs_tool_open_file(places, dirfd, name, guarded);
	if (fd < 0 || fstat(fd, &st) < 0) {
		rs_tool_cannot_open(places, path, errno);
		return;
	}
	/* The system's bundle, by a link of a package's; or met before. */
	if (rs_os_has(path, &st, !guarded) || rs_array_has_str(&places->told, path) ||
	    rs_tool_seen_before(places, &st))
		return;
	if (places->sink->begin(places->sink, RS_KIND_TOOL_CONFIG, path))
		tell(places, fd, path);
}

void
rs_tool_config_read_certifi(struct rs_home_reading *r, int dirfd, const char *dir)
{
	struct rs_tool_places places = { .sink = r->sink, .home = r };
	RS_AUTOFREE char *path = rs_printf("%s/" RS_CERTIFI_FILE, dir);

	rs_array_init(&places.told, free);
	read_list(&places, dirfd, RS_CERTIFI_FILE, path);
	rs_array_free(&places.told);
}

void
rs_certifi_read_known(struct rs_tool_places *places)
{
	bool system = places->home == NULL;
	const char *const *prefixes = system ? system_prefixes : home_prefixes;
	size_t n = system ? RS_COUNT(system_prefixes) : RS_COUNT(home_prefixes);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < RS_COUNT(packages); k++) {
			RS_AUTOFREE char *pattern = rs_printf("%s/%s", prefixes[i], packages[k]);

			rs_tool_each(places, pattern, read_list, places);
		}
}
