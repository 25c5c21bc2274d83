/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hashed directory (openssl-rehash(1)): OpenSSL finds a certificate by a
 * link HHHHHHHH.N, p11-kit and the bundle know nothing of it. A certificate
 * file without such a link counts too, whatever its name: the next rehash may
 * make it one, and Go's programs read every file of the directory.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"

struct reading {
	struct rs_store *store;
	const char *dir;
	struct rs_certfiles *files;
	const struct rs_array *live;
};

static enum rs_how
how_of(const struct reading *r, const char *real, bool link, size_t certs)
{
	if (rs_array_has_str(r->live, real))
		return RS_HOW_DERIVED;
	if (link)
		return RS_HOW_LINK;
	return certs == 1 ? RS_HOW_FILE : RS_HOW_BLOCK;
}

static void
add_entry(struct reading *r, const char *path, const char *real, bool link)
{
	const struct rs_certfile *file = rs_certfiles_get(r->files, real);

	if (file->error != 0) {
		rs_store_fail(r->store, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(file->error));
		return;
	}
	for (size_t i = 0; i < file->certs.n; i++) {
		const struct rs_pem_block *block = file->blocks.v[i];
		RS_AUTOFREE char *place = rs_certfile_place(file, i);
		struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(file->certs.v[i]));
		struct rs_origin *origin =
		    rs_origin_new(path, place, how_of(r, real, link, file->certs.n));

		if (link && file->certs.n > 1 && origin->how == RS_HOW_LINK) {
			origin->how = RS_HOW_REPORT;
			origin->reason = rs_printf("%s is a link to a file that holds other "
						   "certificates too: edit that file by hand", path);
		}
		if (!link)
			rs_stamp_copy(&origin->stamp, &file->stamp);
		else if (!rs_stamp_link(&origin->stamp, path))
			rs_store_fail(r->store, RS_STORE_ERROR, "%s changed while it was read", path);
		origin->offset = block->offset;
		origin->length = block->length;
		origin->siblings = file->certs.n;
		if (origin->how != RS_HOW_DERIVED)
			rs_origin_date(origin, path);
		rs_array_add(&anchor->origins, origin);
		anchor->trust = RS_TRUST_ANY;
		anchor->witnesses = RS_SEEN_DIRECTORY;
		rs_store_add(r->store, anchor);
	}
}

static void
read_entry(struct reading *r, const char *name)
{
	RS_AUTOFREE char *path = rs_printf("%s/%s", r->dir, name);
	RS_AUTOFREE char *real = NULL;
	struct stat st, target;

	if (lstat(path, &st) < 0 || stat(path, &target) < 0) {
		/* What leads nowhere leads nobody else anywhere either. */
		if (errno != ENOENT && errno != ELOOP)
			rs_store_fail(r->store, RS_STORE_ERROR, "%s cannot be read: %s", path,
				      strerror(errno));
		return;
	}
	if (!S_ISREG(target.st_mode))
		return;
	real = realpath(path, NULL);
	if (real != NULL)
		add_entry(r, path, real, S_ISLNK(st.st_mode));
}

struct rs_store *
rs_store_hashdir_read(const char *dir, const char *bundle, struct rs_certfiles *files,
		      const struct rs_array *live)
{
	struct reading r = {
		.store = rs_store_new(RS_KIND_OPENSSL_DIR, RS_OWNER_SYSTEM, dir),
		.dir = dir, .files = files, .live = live,
	};
	const char *bundle_name = strrchr(bundle, '/') + 1;
	DIR *d = opendir(dir);
	struct dirent *entry;

	if (d == NULL) {
		rs_store_fail(r.store, errno == ENOENT ? RS_STORE_ABSENT : RS_STORE_ERROR,
			      "%s cannot be read: %s", dir, strerror(errno));
		return r.store;
	}
	while ((entry = readdir(d)) != NULL)
		if (!rs_streq(entry->d_name, bundle_name))
			read_entry(&r, entry->d_name);
	closedir(d);
	return r.store;
}
