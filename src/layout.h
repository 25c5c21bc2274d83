/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a family of distributions keeps its OS store: where origins lie, what
 * is derived from them, and what makes the derived copies follow. Detected by
 * what is there, not by the distribution's name.
 */
#ifndef RS_LAYOUT_H
#define RS_LAYOUT_H

#include "certfile.h"
#include "store.h"

struct rs_refresh;

struct rs_layout {
	const char *name;
	bool (*present)(const char *root);
	/* Reads the layout's stores and facts into the sink. */
	void (*read)(struct rs_sink *sink);
	/* Whether the certificates of the file at this path are read as the store's. */
	bool (*reads)(const char *path);
	/* Whether a file step may touch this path, on the way there or back. */
	bool (*owns)(const char *path);
	/* Derived copies whose bytes are kept until a refresh has proved good. */
	const char *const *derived;
	/* Makes derived copies follow: see step-refresh.c. */
	bool (*refresh)(struct rs_refresh *refresh);
};

/* The layout of this tree, or NULL where none is known. */
const struct rs_layout *rs_layout_detect(void);
/* The same for the tree at root (NULL: the running system). */
const struct rs_layout *rs_layout_of(const char *root);
const struct rs_layout *rs_layout_find(const char *name);

extern const struct rs_layout rs_layout_debian;

/* Files of certificates read once in a run, by path. */
struct rs_certfiles {
	struct rs_map by_path;
	struct rs_array all;
};

const struct rs_certfile *rs_certfiles_get(struct rs_certfiles *files, const char *path);
void rs_certfiles_free(struct rs_certfiles *files);

/*
 * Readers that layouts share. origins is the OS store as far as it is read:
 * it tells what is derived; live holds the real paths of its origin files.
 */
struct rs_store *rs_store_hashdir_read(const char *dir, const char *bundle,
				       struct rs_certfiles *files,
				       const struct rs_array *live);
struct rs_store *rs_store_java_read(const char *path, const struct rs_store *origins);
/* Adds the bundle's certificates to the OS store as its second witness. */
void rs_store_os_add_bundle(struct rs_store *store, const char *bundle,
			    struct rs_certfiles *files);

#endif
