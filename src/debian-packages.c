/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which package brought a file: dpkg's lists, read as they are. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "anchor.h"
#include "debian.h"

#define LIST_MAX (16u << 20)
#define SUFFIX ".list"

/* The files that are asked about. */
struct asking {
	struct rs_map origins;		/* path -> struct rs_array of struct rs_origin * */
	struct rs_array lists;		/* those arrays */
	bool lengths[4096];		/* of the paths: nearly all lines are of others */
	size_t open;			/* paths without an answer */
};

static void
list_free(void *p)
{
	rs_array_free(p);
	free(p);
}

static void
ask(struct asking *asking, const char *path, struct rs_origin *origin)
{
	struct rs_array *list = rs_map_get(&asking->origins, path);
	size_t len = strlen(path);

	if (len >= RS_COUNT(asking->lengths))
		return;
	if (list == NULL) {
		list = rs_array_add(&asking->lists, rs_alloc(sizeof(*list)));
		rs_array_init(list, NULL);
		rs_map_add(&asking->origins, path, list);
		asking->lengths[len] = true;
		asking->open++;
	}
	rs_array_add(list, origin);
}

static void
ask_store(struct asking *asking, const struct rs_store *store)
{
	for (size_t i = 0; store != NULL && i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		for (size_t k = 0; k < anchor->origins.n; k++) {
			struct rs_origin *origin = anchor->origins.v[k];

			if (origin->package != NULL || origin->how == RS_HOW_DERIVED)
				continue;
			if (rs_streq(origin->path, RS_DEBIAN_CONF))
				ask(asking, origin->object, origin);
			else if (!rs_streq(origin->path, store->path))
				ask(asking, origin->path, origin);
		}
	}
}

static void
answer(struct asking *asking, const char *path, const char *package)
{
	const struct rs_array *list = rs_map_get(&asking->origins, path);

	for (size_t i = 0; list != NULL && i < list->n; i++) {
		struct rs_origin *origin = list->v[i];

		if (origin->package != NULL)
			return;
		origin->package = rs_strdup(package);
		asking->open -= i == 0;
	}
}

static void
read_list(struct asking *asking, const char *name)
{
	RS_AUTOFREE char *path = rs_printf("%s/%s", RS_DEBIAN_DPKG_INFO, name);
	/* Behind a colon stands the architecture. */
	RS_AUTOFREE char *package =
	    rs_strndup(name, strcspn(name, ":") < strlen(name) ? strcspn(name, ":") :
		       strlen(name) - strlen(SUFFIX));
	RS_AUTOBUF struct rs_buf buf = { 0 };
	char *line, *end;

	if (rs_read_file(path, LIST_MAX, &buf) < 0)
		return;
	line = buf.data;
	while ((end = memchr(line, '\n', buf.len - (size_t)(line - buf.data))) != NULL) {
		size_t len = (size_t)(end - line);

		*end = '\0';
		if (len < RS_COUNT(asking->lengths) && asking->lengths[len])
			answer(asking, line, package);
		line = end + 1;
	}
}

static void
read_lists(struct asking *asking)
{
	struct dirent *entry;
	DIR *d;

	read_list(asking, RS_DEBIAN_PACKAGE SUFFIX);
	d = asking->open > 0 ? opendir(RS_DEBIAN_DPKG_INFO) : NULL;
	if (d == NULL)
		return;
	while (asking->open > 0 && (entry = readdir(d)) != NULL)
		if (rs_ends(entry->d_name, SUFFIX))
			read_list(asking, entry->d_name);
	closedir(d);
}

void
rs_debian_find_packages(struct rs_store *os, struct rs_store *dir)
{
	struct asking asking = { 0 };

	rs_array_init(&asking.lists, list_free);
	ask_store(&asking, os);
	ask_store(&asking, dir);
	if (asking.open > 0)
		read_lists(&asking);
	rs_map_free(&asking.origins);
	rs_array_free(&asking.lists);
}
