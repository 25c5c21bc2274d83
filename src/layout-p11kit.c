/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where p11-kit's trust module reads the origins themselves (Fedora, RHEL,
 * Arch, openSUSE and others), and a tool extracts what programs read. Files
 * in anchors/ are trusted, those in blocklist/ distrusted, those beside the
 * two say it themselves. What packages brought is never edited: a copy in the
 * administrator's blocklist/ distrusts it, and outlives upgrades.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity.h"
#include "layout.h"
#include "openssl-places.h"
#include "p11-paths.h"
#include "refresh.h"
#include "store-java.h"

#define MAX_TOLD 10			/* files that are named one by one */

struct rs_p11_places {
	const char *paths[3];		/* the administrator's first; NULL: by configuration only */
	const char *made;		/* below it all is extracted */
	const char *dirs[3];		/* hashed directories */
	const char *packaged;		/* the distribution's own roots */
};

/* How p11-kit takes what a folder's files hold. */
enum place { PLACE_SAYS_ITSELF, PLACE_ANCHORS, PLACE_BLOCKLIST };

struct reading {
	struct rs_sink *sink;
	struct rs_store *os;
	struct rs_certfiles files;
	struct rs_map distrusted;	/* SHA-256, and issuer and serial, of what is */
	struct rs_map held;		/* SHA-256 of what is not trusted by its file */
	bool blocking;			/* now only what distrusts is read */
	size_t broken;			/* files with what cannot be decoded */
};

static bool
present(const struct rs_layout *layout)
{
	const struct rs_p11_places *places = layout->places;
	RS_CLEANUP(rs_array_free) struct rs_array paths;

	rs_array_init(&paths, free);
	if (places->paths[0] == NULL)
		return rs_p11_paths_configured("", &paths);
	return rs_layout_exists("", places->paths[0]) && rs_layout_exists("", places->made);
}

static void
get_paths(const struct rs_layout *layout, struct rs_array *paths)
{
	rs_array_init(paths, free);
	if (rs_p11_paths_configured("", paths))
		return;
	for (const char *const *path = layout->places->paths; *path != NULL; path++)
		rs_array_add_str(paths, *path);
}

/* The administrator's own places, where files may come and go. */
static bool
is_local(const char *path)
{
	static const char *const places[] = { "/etc", "/usr/local", "/var", "/opt" };

	for (size_t i = 0; i < RS_COUNT(places); i++)
		if (rs_layout_is_below(path, places[i]))
			return true;
	return false;
}

static char *
issuer_and_serial(const struct rs_cert *cert)
{
	return rs_printf("%s %s", cert->issuer_der ? cert->issuer_der : "",
			 cert->serial ? cert->serial : "");
}

/* As the tools that extract do: by the certificate, or by issuer and serial. */
static void
add_distrusted(struct reading *r, const struct rs_cert *cert)
{
	RS_AUTOFREE char *name = issuer_and_serial(cert);

	rs_map_add(&r->distrusted, cert->sha256, r);
	if (cert->serial != NULL)
		rs_map_add(&r->distrusted, name, r);
}

static bool
is_distrusted(const struct reading *r, const struct rs_cert *cert)
{
	RS_AUTOFREE char *name = issuer_and_serial(cert);

	return rs_map_get(&r->distrusted, cert->sha256) != NULL ||
	    rs_map_get(&r->distrusted, name) != NULL;
}

static struct rs_origin *
origin_of(struct reading *r, const char *path, const struct rs_certfile *file, size_t index)
{
	RS_AUTOFREE char *place = rs_certfile_place(file, index);

	if (is_local(path))
		return rs_layout_local_origin(r->os, path, file, index);
	return rs_origin_new(path, place, RS_HOW_DISTRUST);
}

static void
add_anchor(struct reading *r, const char *path, const struct rs_certfile *file, size_t index)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(file->certs.v[index]));
	struct rs_origin *origin = origin_of(r, path, file, index);

	rs_origin_date(origin, path);
	rs_array_add(&anchor->origins, origin);
	anchor->trust = RS_TRUST_ANY;
	anchor->witnesses = RS_SEEN_ORIGIN;
	rs_store_add(r->os, anchor);
}

static void
read_file(struct reading *r, const char *path, enum place place)
{
	const struct rs_certfile *file = rs_certfiles_get(&r->files, path);

	if (file->error != 0) {
		rs_store_fail(r->os, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(file->error));
		return;
	}
	for (size_t i = 0; i < file->certs.n; i++) {
		const struct rs_pem_block *block = file->blocks.v[i];
		const struct rs_cert *cert = file->certs.v[i];
		bool distrusts = place == PLACE_BLOCKLIST || block->distrusted;

		bool trusts = !distrusts && (place == PLACE_ANCHORS || block->trusted);

		if (r->blocking && distrusts)
			add_distrusted(r, cert);
		if (r->blocking && !trusts)
			rs_map_add(&r->held, cert->sha256, r);
		if (!r->blocking && trusts && !is_distrusted(r, cert))
			add_anchor(r, path, file, i);
	}
	if (r->blocking && file->broken > 0 && r->broken++ < MAX_TOLD) {
		RS_AUTOFREE char *text = rs_printf("%s holds %zu certificate%s that cannot be "
		    "decoded, and that p11-kit passes over", path, file->broken,
		    file->broken == 1 ? "" : "s");

		r->sink->fact(r->sink, RS_FACT_NOTICE, text);
	}
}

static void
tell_more_broken(const struct reading *r)
{
	RS_AUTOFREE char *text = NULL;

	if (r->broken <= MAX_TOLD)
		return;
	text = rs_printf("%zu more files below %s hold certificates that cannot be decoded",
			 r->broken - MAX_TOLD, r->os->path);
	r->sink->fact(r->sink, RS_FACT_NOTICE, text);
}

/* Every regular file, whatever its name, but in no folder below. */
static void
read_dir(struct reading *r, const char *dir, enum place place)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	if (d == NULL) {
		if (errno != ENOENT)
			rs_store_fail(r->os, RS_STORE_ERROR, "%s cannot be read: %s", dir,
				      strerror(errno));
		return;
	}
	while ((entry = readdir(d)) != NULL) {
		RS_AUTOFREE char *path = rs_printf("%s/%s", dir, entry->d_name);
		struct stat st;

		/* What leads nowhere leads p11-kit nowhere either. */
		if (stat(path, &st) < 0) {
			if (errno != ENOENT && errno != ELOOP)
				rs_store_fail(r->os, RS_STORE_ERROR, "%s cannot be read: %s", path,
					      strerror(errno));
		} else if (S_ISREG(st.st_mode)) {
			read_file(r, path, place);
		}
	}
	closedir(d);
}

/* The folder's name in this p11-kit: the older one only where there is no other. */
static char *
blocklist_of(const char *source)
{
	RS_AUTOFREE char *dir = rs_printf("%s/blocklist", source);
	RS_AUTOFREE char *old = rs_printf("%s/blacklist", source);

	return rs_layout_exists("", dir) || !rs_layout_exists("", old) ?
	    rs_steal(&dir) : rs_steal(&old);
}

static void
read_source(struct reading *r, const char *source)
{
	RS_AUTOFREE char *anchors = rs_printf("%s/anchors", source);
	RS_AUTOFREE char *blocklist = blocklist_of(source);
	struct stat st;

	if (stat(source, &st) < 0) {
		if (errno != ENOENT)
			rs_store_fail(r->os, RS_STORE_ERROR, "%s cannot be read: %s", source,
				      strerror(errno));
	} else if (S_ISREG(st.st_mode)) {
		read_file(r, source, PLACE_ANCHORS);
	} else {
		read_dir(r, source, PLACE_SAYS_ITSELF);
		read_dir(r, anchors, PLACE_ANCHORS);
		read_dir(r, blocklist, PLACE_BLOCKLIST);
	}
}

static void
tell_packaged(struct reading *r, const struct rs_layout *layout)
{
	const char *path = layout->places->packaged;
	const struct rs_certfile *file;

	if (path == NULL || access(path, F_OK) < 0)
		return;
	file = rs_certfiles_get(&r->files, path);
	for (size_t i = 0; i < file->certs.n; i++) {
		RS_AUTOFREE char *text = rs_identity_text(file->certs.v[i]);

		if (((const struct rs_pem_block *)file->blocks.v[i])->trusted)
			r->sink->fact(r->sink, RS_FACT_PACKAGED, text);
	}
}

static bool
is_bundle(const char *path)
{
	return rs_ends(path, ".pem") || rs_ends(path, ".crt");
}

static void
read_copies(struct reading *r, const struct rs_layout *layout)
{
	const struct rs_p11_places *places = layout->places;
	struct rs_copies copies = {
		.files = &r->files, .made = places->made, .origins = r->os, .held = &r->held,
		.derived = places->made != NULL ? layout->derived : NULL,
	};

	rs_array_init(&copies.own, free);
	for (size_t i = 0; places->made != NULL && layout->derived[i] != NULL; i++)
		if (is_bundle(layout->derived[i]))
			rs_openssl_bundle_read(&copies, layout->derived[i], r->sink);
		else
			rs_openssl_own(&copies, layout->derived[i]);
	for (const char *const *dir = places->dirs; *dir != NULL; dir++)
		rs_openssl_dir_read(&copies, *dir, r->sink);
	rs_openssl_places_read(&copies, r->sink);
	rs_java_read_system(&copies, r->sink);
	rs_map_free(&copies.keystores);
	rs_array_free(&copies.own);
}

static void
read_stores(const struct rs_layout *layout, struct rs_sink *sink)
{
	struct reading r = { .sink = sink };
	RS_CLEANUP(rs_array_free) struct rs_array paths;
	struct rs_store *os;

	get_paths(layout, &paths);
	os = r.os = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, paths.v[0]);
	if (sink->begin(sink, RS_KIND_P11KIT, paths.v[0])) {
		for (int pass = 0; pass < 2; pass++) {
			r.blocking = pass == 0;
			for (size_t i = 0; i < paths.n; i++)
				read_source(&r, paths.v[i]);
		}
		for (size_t i = 0; i < paths.n; i++)
			sink->fact(sink, RS_FACT_P11_SOURCE, paths.v[i]);
		tell_more_broken(&r);
		tell_packaged(&r, layout);
	} else {
		rs_store_fail(os, RS_STORE_ERROR, "timed out");
	}
	/* The copies are judged by it: it is told last. */
	read_copies(&r, layout);
	sink->store(sink, os);
	rs_map_free(&r.distrusted);
	rs_map_free(&r.held);
	rs_certfiles_free(&r.files);
}

static bool
reads(const struct rs_layout *layout, const char *path)
{
	RS_CLEANUP(rs_array_free) struct rs_array paths;

	get_paths(layout, &paths);
	for (size_t i = 0; i < paths.n; i++)
		if (rs_streq(path, paths.v[i]) || rs_layout_is_below(path, paths.v[i]))
			return true;
	return layout->places->made != NULL && rs_layout_is_below(path, layout->places->made);
}

static bool
owns(const struct rs_layout *layout, const char *path)
{
	RS_CLEANUP(rs_array_free) struct rs_array paths;

	get_paths(layout, &paths);
	for (size_t i = 0; i < paths.n; i++)
		if (is_local(path) && (rs_streq(path, paths.v[i]) ||
				       rs_layout_is_below(path, paths.v[i])))
			return true;
	return (layout->places->made != NULL && rs_layout_is_below(path, layout->places->made)) ||
	    rs_openssl_places_own(path);
}

static char *
distrust_dir(const struct rs_layout *layout)
{
	RS_CLEANUP(rs_array_free) struct rs_array paths;

	get_paths(layout, &paths);
	for (size_t i = 0; i < paths.n; i++) {
		struct stat st;

		if (is_local(paths.v[i]) && stat(paths.v[i], &st) == 0 && S_ISDIR(st.st_mode))
			return blocklist_of(paths.v[i]);
	}
	return NULL;
}

#define MADE "/etc/pki/ca-trust/extracted"

static const char *const fedora_derived[] = {
	MADE "/pem/tls-ca-bundle.pem", MADE "/pem/email-ca-bundle.pem",
	MADE "/pem/objsign-ca-bundle.pem", MADE "/openssl/ca-bundle.trust.crt",
	MADE "/java/cacerts", MADE "/edk2/cacerts.bin", NULL,
};

static const struct rs_p11_places fedora = {
	.paths = { "/etc/pki/ca-trust/source", "/usr/share/pki/ca-trust-source" },
	.made = MADE,
	.dirs = { MADE "/pem/directory-hash" },
	.packaged = "/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit",
};

const struct rs_layout rs_layout_fedora = {
	.name = "fedora",
	.present = present, .read = read_stores, .reads = reads, .owns = owns,
	.distrust_dir = distrust_dir,
	.refresh = rs_refresh_by_updater, .derived = fedora_derived, .places = &fedora,
	.updaters = { "/usr/bin/update-ca-trust", "/usr/sbin/update-ca-trust" },
};

#undef MADE
#define MADE "/etc/ca-certificates/extracted"

static const char *const arch_derived[] = {
	MADE "/tls-ca-bundle.pem", MADE "/email-ca-bundle.pem", MADE "/objsign-ca-bundle.pem",
	MADE "/ca-bundle.trust.crt", MADE "/edk2-cacerts.bin", MADE "/java-cacerts.jks",
	"/etc/ssl/certs/java/cacerts", NULL,
};

static const struct rs_p11_places arch = {
	.paths = { "/etc/ca-certificates/trust-source", "/usr/share/ca-certificates/trust-source" },
	.made = MADE,
	.dirs = { MADE, MADE "/cadir" },
	.packaged = "/usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit",
};

const struct rs_layout rs_layout_arch = {
	.name = "arch",
	.present = present, .read = read_stores, .reads = reads, .owns = owns,
	.distrust_dir = distrust_dir,
	.refresh = rs_refresh_by_updater, .derived = arch_derived, .places = &arch,
	.updaters = { "/usr/bin/update-ca-trust" },
};

#undef MADE
#define MADE "/var/lib/ca-certificates"

static const char *const suse_derived[] = {
	MADE "/ca-bundle.pem", MADE "/java-cacerts", NULL,
};

static const struct rs_p11_places suse = {
	.paths = { "/etc/pki/trust", "/usr/share/pki/trust" },
	.made = MADE,
	.dirs = { MADE "/pem", MADE "/openssl" },
	.packaged = "/usr/share/pki/trust/ca-certificates-mozilla.trust.p11-kit",
};

const struct rs_layout rs_layout_suse = {
	.name = "suse",
	.present = present, .read = read_stores, .reads = reads, .owns = owns,
	.distrust_dir = distrust_dir,
	.refresh = rs_refresh_by_updater, .derived = suse_derived, .places = &suse,
	/* Else it may leave the bundle as it is, going by the files' times. */
	.updaters = { "/usr/sbin/update-ca-certificates" }, .argument = "--fresh",
};

/* What its tool makes, and where, is not known. */
static const char *const other_derived[] = {
	"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/certs/ca-bundle.crt", NULL,
};

static const struct rs_p11_places other = { 0 };

const struct rs_layout rs_layout_p11kit = {
	.name = "p11-kit",
	.present = present, .read = read_stores, .reads = reads, .owns = owns,
	.distrust_dir = distrust_dir,
	.refresh = rs_refresh_by_updater, .derived = other_derived, .places = &other,
	/* What "trust extract-compat" runs. */
	.updaters = { "/usr/libexec/p11-kit/trust-extract-compat",
		      "/usr/lib/p11-kit/trust-extract-compat" },
};
