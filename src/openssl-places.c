/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "openssl-places.h"

#include <string.h>
#include <sys/stat.h>

static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
	"/etc/pki/tls/cert.pem", "/etc/pki/tls/cacert.pem", "/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ca-certificates/extracted/tls-ca-bundle.pem",
	"/var/lib/ca-certificates/ca-bundle.pem",
};

static const char *const dirs[] = { "/etc/ssl/certs", "/etc/pki/tls/certs" };

void
rs_openssl_own(struct rs_copies *copies, const char *path)
{
	RS_AUTOFREE char *real = realpath(path, NULL);

	if (real != NULL)
		rs_array_add_str(&copies->own, real);
}

/* The real path of one that is there and is no store yet, or NULL. */
static char *
take(struct rs_copies *copies, const char *path, mode_t type)
{
	RS_AUTOFREE char *real = realpath(path, NULL);
	struct stat st;

	if (real == NULL || stat(real, &st) < 0 || (st.st_mode & S_IFMT) != type ||
	    rs_array_has_str(&copies->own, real))
		return NULL;
	rs_array_add_str(&copies->own, real);
	return rs_steal(&real);
}

/* What a link leads to, out of all known places, is somebody else's file. */
static void
report_foreign(struct rs_store *store, const char *path)
{
	RS_AUTOFREE char *reason = rs_printf("%s is a link to %s, which is no usual place: take the "
					     "certificate out of that by hand, or make the link "
					     "lead to the system's own", path, store->path);

	rs_store_report_only(store, reason);
}

void
rs_openssl_bundle_read(struct rs_copies *copies, const char *path, struct rs_sink *sink)
{
	RS_AUTOFREE char *real = take(copies, path, S_IFREG);
	bool made = real != NULL && copies->made != NULL && rs_layout_is_below(real, copies->made);
	struct rs_copies alone = { .files = copies->files };
	struct rs_store *store;

	if (real == NULL || !sink->begin(sink, RS_KIND_OPENSSL_DIR, real))
		return;
	store = rs_store_new(RS_KIND_OPENSSL_DIR, RS_OWNER_SYSTEM, real);
	rs_store_add_bundle(store, made ? copies : &alone, real);
	if (!made && !rs_openssl_places_own(real))
		report_foreign(store, path);
	sink->store(sink, store);
}

void
rs_openssl_dir_read(struct rs_copies *copies, const char *path, struct rs_sink *sink)
{
	RS_AUTOFREE char *real = take(copies, path, S_IFDIR);
	bool made = real != NULL && copies->made != NULL &&
	    (rs_streq(real, copies->made) || rs_layout_is_below(real, copies->made));
	RS_AUTOFREE char *within = NULL;
	struct rs_store *store;

	if (real == NULL || !sink->begin(sink, RS_KIND_OPENSSL_DIR, real))
		return;
	within = rs_printf("%s/x", real);
	store = rs_store_hashdir_read(copies, real);
	if (!made && !rs_openssl_places_own(within))
		report_foreign(store, path);
	sink->store(sink, store);
}

void
rs_openssl_places_read(struct rs_copies *copies, struct rs_sink *sink)
{
	/* Bundles first: they are no entries of the folders that they lie in. */
	for (size_t i = 0; i < RS_COUNT(bundles); i++)
		rs_openssl_bundle_read(copies, bundles[i], sink);
	for (size_t i = 0; i < RS_COUNT(dirs); i++)
		rs_openssl_dir_read(copies, dirs[i], sink);
}

bool
rs_openssl_places_own(const char *path)
{
	for (size_t i = 0; i < RS_COUNT(bundles); i++)
		if (rs_streq(path, bundles[i]))
			return true;
	for (size_t i = 0; i < RS_COUNT(dirs); i++)
		if (rs_layout_is_below(path, dirs[i]))
			return true;
	return false;
}
