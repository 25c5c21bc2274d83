/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layout.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is told by least comes last: any of them may have the trust module. */
static const struct rs_layout *const layouts[] = {
	&rs_layout_alpine, &rs_layout_debian, &rs_layout_fedora, &rs_layout_arch,
	&rs_layout_suse, &rs_layout_p11kit,
};

const struct rs_layout *
rs_layout_detect(void)
{
	for (size_t i = 0; i < RS_COUNT(layouts); i++)
		if (layouts[i]->present(layouts[i]))
			return layouts[i];
	return NULL;
}

char *
rs_layout_command(const struct rs_layout *layout)
{
	const char *slash = strrchr(layout->updaters[0], '/');

	return rs_printf("%s%s%s", slash + 1, layout->argument ? " " : "",
			 layout->argument ? layout->argument : "");
}

const struct rs_layout *
rs_layout_find(const char *name)
{
	for (size_t i = 0; i < RS_COUNT(layouts); i++)
		if (rs_streq(layouts[i]->name, name))
			return layouts[i];
	return NULL;
}

bool
rs_layout_exists(const char *root, const char *path)
{
	RS_AUTOFREE char *full = rs_printf("%s%s", root, path);

	return access(full, F_OK) == 0;
}

bool
rs_layout_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return rs_starts(path, dir) && path[n] == '/' && path[n + 1] != '\0' &&
	    strstr(path, "/../") == NULL && !rs_ends(path, "/..") && !rs_ends(path, "/");
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

bool
rs_copies_deny(const struct rs_copies *copies, const struct rs_certfile *file, size_t index)
{
	const struct rs_pem_block *block = file->blocks.v[index];
	const struct rs_cert *cert = file->certs.v[index];

	return block->distrusted && copies->held != NULL &&
	    rs_map_get(copies->held, cert->sha256) != NULL;
}

struct rs_origin *
rs_layout_local_origin(struct rs_store *store, const char *path, const struct rs_certfile *file,
		       size_t index)
{
	const struct rs_pem_block *block = file->blocks.v[index];
	RS_AUTOFREE char *place = rs_certfile_place(file, index);
	struct rs_origin *origin =
	    rs_origin_new(path, place, file->certs.n == 1 ? RS_HOW_FILE : RS_HOW_BLOCK);
	struct stat st;

	origin->offset = block->offset;
	origin->length = block->length;
	origin->siblings = file->certs.n;
	if (lstat(path, &st) < 0) {
		rs_store_fail(store, RS_STORE_ERROR, "%s changed while it was read", path);
	} else if (!S_ISLNK(st.st_mode)) {
		rs_stamp_copy(&origin->stamp, &file->stamp);
	} else if (file->certs.n == 1) {
		/* Removing the link takes the certificate out. */
		origin->how = RS_HOW_LINK;
		rs_stamp_link(&origin->stamp, path);
	} else {
		origin->how = RS_HOW_REPORT;
		origin->reason = rs_printf("%s is a link to a file that holds other "
					   "certificates too: edit that file by hand", path);
	}
	return origin;
}
