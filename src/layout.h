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

struct rs_p11_places;
struct rs_refresh;

struct rs_layout {
	const char *name;
	bool (*present)(const struct rs_layout *layout);
	/* Reads the layout's stores and facts into the sink. */
	void (*read)(const struct rs_layout *layout, struct rs_sink *sink);
	/* Whether the certificates of the file at this path are read as the store's. */
	bool (*reads)(const struct rs_layout *layout, const char *path);
	/* Whether a file step may touch this path, on the way there or back. */
	bool (*owns)(const struct rs_layout *layout, const char *path);
	/* Derived copies whose bytes are kept until a refresh has proved good; the
	 * first is the one that TLS programs read. */
	const char *const *derived;
	/*
	 * The folder in which a file distrusts the certificates that it holds; the
	 * caller's to free. NULL: there is no such way.
	 */
	char *(*distrust_dir)(const struct rs_layout *layout);
	/* Makes derived copies follow: see step-refresh.c. */
	bool (*refresh)(struct rs_refresh *refresh);
	/* A program that makes copies which derived does not name; the caller's to
	 * free. NULL: there is none, as where this is NULL. */
	char *(*other_tool)(void);
	/* The first that is there, and its argument or NULL. */
	const char *updaters[3], *argument;
	const struct rs_p11_places *places;	/* of layout-p11kit.c's own */
	bool flat;				/* Debian's kin: local origins only at the top */
};

/* The layout of this system, or NULL where none is known. */
const struct rs_layout *rs_layout_detect(void);
const struct rs_layout *rs_layout_find(const char *name);
/* What a person types to make derived copies follow; the caller's to free. */
char *rs_layout_command(const struct rs_layout *layout);

extern const struct rs_layout rs_layout_alpine, rs_layout_debian;
extern const struct rs_layout rs_layout_fedora, rs_layout_arch, rs_layout_suse;
extern const struct rs_layout rs_layout_p11kit;

/* Whether path is there below root. */
bool rs_layout_exists(const char *root, const char *path);
/* Whether path lies below dir, without a way out by "..". */
bool rs_layout_is_below(const char *path, const char *dir);

/* Files of certificates read once in a run, by path. */
struct rs_certfiles {
	struct rs_map by_path;
	struct rs_array all;
};

const struct rs_certfile *rs_certfiles_get(struct rs_certfiles *files, const char *path);
void rs_certfiles_free(struct rs_certfiles *files);

/*
 * Readers that layouts share.
 */

/*
 * The origin that a certificate of a file of local origins has: the file, its
 * bytes, or the link by which it is found, which is removed as what it is.
 */
struct rs_origin *rs_layout_local_origin(struct rs_store *store, const char *path,
					 const struct rs_certfile *file, size_t index);

/* What readers of derived places go by. */
struct rs_copies {
	struct rs_certfiles *files;
	const struct rs_array *live;	/* char *: real paths of origin files, or NULL */
	/* A tool makes all below made of what origins holds, and removes what it
	 * did not make; NULL where there is no such tool. */
	const char *made;
	const char *const *derived;	/* what it makes elsewhere as well; NULL at the end, or NULL */
	const struct rs_store *origins;
	/* SHA-256 of what the origins hold and do not trust, or NULL: OpenSSL's
	 * own copies have it as well, with its uses rejected. */
	const struct rs_map *held;
	struct rs_array own;		/* char *: real paths that are stores of their own */
	struct rs_map keystores;	/* the same of Java's: "dev ino" */
};

/* Every certificate in the directory, but for files that are stores of their own. */
struct rs_store *rs_store_hashdir_read(const struct rs_copies *copies, const char *dir);
/*
 * Adds the bundle's certificates to store. What copies->origins holds by one
 * of its origins counts as derived from it, all else as put there by hand;
 * origins may be store itself, or NULL.
 */
void rs_store_add_bundle(struct rs_store *store, const struct rs_copies *copies,
			 const char *bundle);

/*
 * Whether a copy's certificate is there only to be denied: by what the file
 * says, and by the origins as well. Others read past such a word: alone it
 * would hide a certificate from us and not from them.
 */
bool rs_copies_deny(const struct rs_copies *copies, const struct rs_certfile *file, size_t index);

#endif
