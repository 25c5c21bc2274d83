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
	const struct rs_copies *copies;
	struct rs_store *store;
};

/* Whether a tool made the file of what an origin holds. */
static bool
is_made(const struct rs_copies *copies, const char *real, const struct rs_cert *cert)
{
	const struct rs_store *origins = copies->origins;

	if (copies->made == NULL || !rs_layout_is_below(real, copies->made))
		return false;
	for (size_t i = 0; i < origins->anchors.n; i++) {
		const struct rs_anchor *anchor = origins->anchors.v[i];

		if (rs_streq(anchor->cert->sha256, cert->sha256))
			return true;
	}
	return false;
}

static enum rs_how
how_of(const struct reading *r, const char *real, bool link, const struct rs_certfile *file,
       size_t index)
{
	if ((r->copies->live != NULL && rs_array_has_str(r->copies->live, real)) ||
	    is_made(r->copies, real, file->certs.v[index]))
		return RS_HOW_DERIVED;
	if (link)
		return RS_HOW_LINK;
	return file->certs.n == 1 ? RS_HOW_FILE : RS_HOW_BLOCK;
}

static void
add_certificate(struct reading *r, const char *path, const char *real, bool link,
		const struct rs_certfile *file, size_t i)
{
	const struct rs_pem_block *block = file->blocks.v[i];
	RS_AUTOFREE char *place = rs_certfile_place(file, i);
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(file->certs.v[i]));
	struct rs_origin *origin = rs_origin_new(path, place, how_of(r, real, link, file, i));

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

static void
add_entry(struct reading *r, const char *path, const char *real, bool link)
{
	const struct rs_certfile *file = rs_certfiles_get(r->copies->files, real);

	if (file->error != 0) {
		rs_store_fail(r->store, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(file->error));
		return;
	}
	for (size_t i = 0; i < file->certs.n; i++)
		if (!rs_copies_deny(r->copies, file, i))
			add_certificate(r, path, real, link, file, i);
}

static void
read_entry(struct reading *r, const char *name)
{
	RS_AUTOFREE char *path = rs_printf("%s/%s", r->store->path, name);
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
	if (real != NULL && !rs_array_has_str(&r->copies->own, real))
		add_entry(r, path, real, S_ISLNK(st.st_mode));
}

struct rs_store *
rs_store_hashdir_read(const struct rs_copies *copies, const char *dir)
{
	struct reading r = {
		.store = rs_store_new(RS_KIND_OPENSSL_DIR, RS_OWNER_SYSTEM, dir),
		.copies = copies,
	};
	DIR *d = opendir(dir);
	struct dirent *entry;

	if (d == NULL) {
		rs_store_fail(r.store, errno == ENOENT ? RS_STORE_ABSENT : RS_STORE_ERROR,
			      "%s cannot be read: %s", dir, strerror(errno));
		return r.store;
	}
	while ((entry = readdir(d)) != NULL)
		read_entry(&r, entry->d_name);
	closedir(d);
	return r.store;
}
