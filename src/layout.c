/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layout.h"

#include <string.h>

static const struct rs_layout *const layouts[] = {
	&rs_layout_debian,
};

const struct rs_layout *
rs_layout_of(const char *root)
{
	for (size_t i = 0; i < RS_COUNT(layouts); i++)
		if (layouts[i]->present(root != NULL ? root : ""))
			return layouts[i];
	return NULL;
}

const struct rs_layout *
rs_layout_detect(void)
{
	return rs_layout_of(NULL);
}

const struct rs_layout *
rs_layout_find(const char *name)
{
	for (size_t i = 0; i < RS_COUNT(layouts); i++)
		if (rs_streq(layouts[i]->name, name))
			return layouts[i];
	return NULL;
}

const struct rs_certfile *
rs_certfiles_get(struct rs_certfiles *files, const char *path)
{
	struct rs_certfile *file = rs_map_get(&files->by_path, path);

	if (file == NULL) {
		file = rs_certfile_read(path);
		rs_map_add(&files->by_path, path, file);
		files->all.free_fn = rs_certfile_free;
		rs_array_add(&files->all, file);
	}
	return file;
}

void
rs_certfiles_free(struct rs_certfiles *files)
{
	rs_map_free(&files->by_path);
	rs_array_free(&files->all);
}
