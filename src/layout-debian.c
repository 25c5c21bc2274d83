/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Debian, Ubuntu and what follows them: update-ca-certificates(8). Origins
 * are *.crt files below the local folder, and those of the packages' folder
 * that /etc/ca-certificates.conf lists without a "!". Everything below
 * /etc/ssl/certs is derived, but for what somebody put there by hand. Alpine's
 * updater is another program of that name, for the same files.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "debian.h"
#include "identity.h"
#include "layout.h"
#include "openssl-places.h"
#include "refresh.h"
#include "store-java.h"

#define MAX_DEPTH 16

struct reading {
	const struct rs_layout *layout;
	struct rs_sink *sink;
	struct rs_store *os;
	struct rs_certfiles files;
	struct rs_copies copies;
	struct rs_array live;		/* char *: real paths of origin files */
};

/* Others have an updater of that name too. */
static bool
is_debian(const struct rs_layout *layout RS_UNUSED)
{
	return (rs_layout_exists("", RS_DEBIAN_CONF) ||
		(rs_layout_exists("", RS_DEBIAN_UPDATER) &&
		 rs_layout_exists("", RS_DEBIAN_DPKG_INFO))) &&
	    rs_layout_exists("", RS_DEBIAN_PACKAGES);
}

static bool
is_alpine(const struct rs_layout *layout RS_UNUSED)
{
	return rs_layout_exists("", RS_DEBIAN_CONF) &&
	    rs_layout_exists("", RS_DEBIAN_PACKAGES) &&
	    (rs_layout_exists("", "/lib/apk/db") || rs_layout_exists("", "/usr/lib/apk/db"));
}

static void
note_live(struct reading *r, const char *path)
{
	char *real = realpath(path, NULL);

	if (real != NULL)
		rs_array_add(&r->live, real);
}

static void
add_origins(struct reading *r, const char *path, enum rs_how how, uint64_t line_offset,
	    const struct rs_stamp *conf)
{
	const struct rs_certfile *file = rs_certfiles_get(&r->files, path);

	if (file->error != 0) {
		rs_store_fail(r->os, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(file->error));
		return;
	}
	note_live(r, path);
	for (size_t i = 0; i < file->certs.n; i++) {
		struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(file->certs.v[i]));
		struct rs_origin *origin;

		if (how == RS_HOW_CONF) {
			origin = rs_origin_new(RS_DEBIAN_CONF, path, how);
			rs_stamp_copy(&origin->stamp, conf);
			origin->offset = line_offset;
			if (file->certs.n > 1) {
				origin->how = RS_HOW_REPORT;
				origin->reason = rs_printf("%s holds other certificates too and "
				    "belongs to a package: deselect it with dpkg-reconfigure "
				    "ca-certificates if none is wanted", path);
			}
		} else {
			origin = rs_layout_local_origin(r->os, path, file, i);
		}
		rs_origin_date(origin, path);
		rs_array_add(&anchor->origins, origin);
		anchor->trust = RS_TRUST_ANY;
		anchor->witnesses = RS_SEEN_ORIGIN;
		rs_store_add(r->os, anchor);
	}
}

/*
 * As the updaters do: Debian's goes by find -L to any depth and takes *.crt;
 * Alpine's takes every file at the top that is not hidden.
 */
static bool
is_local_origin(const struct reading *r, const char *name)
{
	return r->layout->flat ? name[0] != '.' : rs_ends(name, ".crt");
}

static void
walk_local(struct reading *r, const char *dir, unsigned depth)
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
		RS_AUTOFREE char *path = NULL;
		struct stat st;

		if (rs_streq(entry->d_name, ".") || rs_streq(entry->d_name, ".."))
			continue;
		path = rs_printf("%s/%s", dir, entry->d_name);
		if (stat(path, &st) < 0) {
			if (errno != ENOENT && errno != ELOOP)
				rs_store_fail(r->os, RS_STORE_ERROR, "%s cannot be read: %s", path,
					      strerror(errno));
			continue;
		}
		if (S_ISDIR(st.st_mode) && !r->layout->flat) {
			if (depth == MAX_DEPTH)
				rs_store_fail(r->os, RS_STORE_ERROR, "%s is too deep to be read",
					      path);
			else
				walk_local(r, path, depth + 1);
		} else if (S_ISREG(st.st_mode) && is_local_origin(r, entry->d_name)) {
			add_origins(r, path, RS_HOW_FILE, 0, NULL);
		}
	}
	closedir(d);
}

char *
rs_debian_selected(const char *line, size_t len)
{
	if (len > 0 && (line[0] == '#' || line[0] == '!'))
		return NULL;
	/* The shell's read drops blanks on both sides. */
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	return len == 0 ? NULL : rs_printf("%s/%.*s", RS_DEBIAN_PACKAGES, (int)len, line);
}

static bool
is_file(const char *path)
{
	struct stat st;

	return path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Whose file it is, and who else reads it, is not known. */
static void
report_linked_conf(struct rs_store *os)
{
	for (size_t i = 0; i < os->anchors.n; i++) {
		const struct rs_anchor *anchor = os->anchors.v[i];

		for (size_t k = 0; k < anchor->origins.n; k++) {
			struct rs_origin *origin = anchor->origins.v[k];

			if (origin->how != RS_HOW_CONF)
				continue;
			origin->how = RS_HOW_REPORT;
			origin->reason = rs_strdup(RS_DEBIAN_CONF " is a link: put a \"!\" before the "
						   "certificate's line in what it leads to, then run "
						   "update-ca-certificates --fresh");
		}
	}
}

static void
read_conf(struct reading *r)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	char digest[RS_SHA256_HEX];
	struct rs_stamp stamp;
	struct stat st;
	char *line;

	if (rs_read_file(RS_DEBIAN_CONF, 16 << 20, &buf) < 0 || stat(RS_DEBIAN_CONF, &st) < 0) {
		if (errno != ENOENT)
			rs_store_fail(r->os, RS_STORE_ERROR, "%s cannot be read: %s",
				      RS_DEBIAN_CONF, strerror(errno));
		return;
	}
	rs_sha256(buf.data, buf.len, digest);
	stamp = (struct rs_stamp){ .dev = st.st_dev, .ino = st.st_ino, .size = buf.len,
				   .sha256 = digest };
	line = buf.data;
	while (line < buf.data + buf.len) {
		char *end = memchr(line, '\n', buf.len - (size_t)(line - buf.data));
		size_t len = (size_t)((end != NULL ? end : buf.data + buf.len) - line);
		RS_AUTOFREE char *path = rs_debian_selected(line, len);

		/* A line whose file is not there is only warned about by the updater. */
		if (is_file(path))
			add_origins(r, path, RS_HOW_CONF, (uint64_t)(line - buf.data), &stamp);
		if (end == NULL)
			break;
		line = end + 1;
	}
	if (lstat(RS_DEBIAN_CONF, &st) == 0 && S_ISLNK(st.st_mode))
		report_linked_conf(r->os);
}

static void
tell_identity(struct reading *r, const struct rs_cert *cert)
{
	RS_AUTOFREE char *text = rs_identity_text(cert);

	r->sink->fact(r->sink, RS_FACT_PACKAGED, text);
}

/* Which certificates the distribution's own package brought. */
static void
tell_packaged(struct reading *r)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	char *line, *save = NULL;

	if (rs_read_file(RS_DEBIAN_DPKG_LIST, 16 << 20, &buf) < 0)
		return;
	for (line = strtok_r(buf.data, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		const struct rs_certfile *file;

		if (!rs_starts(line, RS_DEBIAN_PACKAGES "/") || !rs_ends(line, ".crt"))
			continue;
		file = rs_certfiles_get(&r->files, line);
		for (size_t i = 0; i < file->certs.n; i++) {
			const struct rs_cert *cert = file->certs.v[i];

			tell_identity(r, cert);
		}
	}
}

static bool
leads_to(const char *path, const char *wanted)
{
	RS_AUTOFREE char *real = realpath(path, NULL), *real_wanted = realpath(wanted, NULL);

	return real == NULL || rs_streq(real, real_wanted);
}

/* Not ours to edit: it was a link of a package's, and should be again. */
static void
report_only(struct rs_store *store, const char *wanted)
{
	RS_AUTOFREE char *reason = rs_printf("%s is not the link to %s that its package made: "
					     "ln -sfn %s %s puts it back", store->path, wanted,
					     wanted, store->path);

	rs_store_report_only(store, reason);
}

/*
 * OpenSSL's own default places are links to the system's. Where somebody put
 * something else there, programs that use the defaults go by that.
 */
static void
read_openssl_defaults(struct reading *r)
{
	struct rs_store *store;

	if (!leads_to(RS_DEBIAN_OPENSSL_FILE, RS_DEBIAN_BUNDLE) &&
	    r->sink->begin(r->sink, RS_KIND_OPENSSL_DIR, RS_DEBIAN_OPENSSL_FILE)) {
		store = rs_store_new(RS_KIND_OPENSSL_DIR, RS_OWNER_SYSTEM, RS_DEBIAN_OPENSSL_FILE);
		rs_store_add_bundle(store, &(struct rs_copies){ .files = &r->files },
				    RS_DEBIAN_OPENSSL_FILE);
		report_only(store, RS_DEBIAN_BUNDLE);
		r->sink->store(r->sink, store);
	}
	if (!leads_to(RS_DEBIAN_OPENSSL_DIR, RS_DEBIAN_DIR) &&
	    r->sink->begin(r->sink, RS_KIND_OPENSSL_DIR, RS_DEBIAN_OPENSSL_DIR)) {
		store = rs_store_hashdir_read(&r->copies, RS_DEBIAN_OPENSSL_DIR);
		report_only(store, RS_DEBIAN_DIR);
		r->sink->store(r->sink, store);
	}
}

static void
read_stores(const struct rs_layout *layout, struct rs_sink *sink)
{
	struct reading r = {
		.layout = layout, .sink = sink,
		.copies = { .files = &r.files, .live = &r.live },
	};
	struct rs_store *dir = NULL, *java = NULL;

	rs_array_init(&r.live, free);
	rs_array_init(&r.copies.own, free);
	rs_openssl_own(&r.copies, RS_DEBIAN_BUNDLE);
	rs_openssl_own(&r.copies, RS_DEBIAN_DIR);
	r.os = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, RS_DEBIAN_BUNDLE);
	if (sink->begin(sink, RS_KIND_P11KIT, RS_DEBIAN_BUNDLE)) {
		read_conf(&r);
		walk_local(&r, RS_DEBIAN_LOCAL, 0);
		rs_store_add_bundle(r.os, &(struct rs_copies){ .files = &r.files, .origins = r.os },
				    RS_DEBIAN_BUNDLE);
		tell_packaged(&r);
	} else {
		rs_store_fail(r.os, RS_STORE_ERROR, "timed out");
	}
	if (sink->begin(sink, RS_KIND_OPENSSL_DIR, RS_DEBIAN_DIR))
		dir = rs_store_hashdir_read(&r.copies, RS_DEBIAN_DIR);
	if (access(RS_DEBIAN_JAVA, F_OK) == 0 && sink->begin(sink, RS_KIND_JAVA, RS_DEBIAN_JAVA))
		java = rs_store_java_read(RS_DEBIAN_JAVA, RS_JAVA_BY_HOOK, r.os);
	rs_debian_find_packages(r.os, dir);
	sink->store(sink, r.os);
	if (dir != NULL)
		sink->store(sink, dir);
	if (java != NULL)
		sink->store(sink, java);
	read_openssl_defaults(&r);
	rs_openssl_places_read(&r.copies, sink);
	rs_java_own(&r.copies, RS_DEBIAN_JAVA);
	rs_java_read_system(&r.copies, sink);
	rs_map_free(&r.copies.keystores);
	rs_array_free(&r.copies.own);
	rs_array_free(&r.live);
	rs_certfiles_free(&r.files);
}

static bool
reads(const struct rs_layout *layout RS_UNUSED, const char *path)
{
	if (rs_starts(path, RS_DEBIAN_LOCAL "/"))
		return rs_ends(path, ".crt") && strstr(path, "/../") == NULL;
	return rs_starts(path, RS_DEBIAN_DIR "/") &&
	    strchr(path + strlen(RS_DEBIAN_DIR "/"), '/') == NULL;
}

static bool
owns(const struct rs_layout *layout RS_UNUSED, const char *path)
{
	return rs_streq(path, RS_DEBIAN_CONF) || rs_layout_is_below(path, RS_DEBIAN_LOCAL) ||
	    rs_layout_is_below(path, RS_DEBIAN_DIR) || rs_openssl_places_own(path);
}

static const char *const derived[] = { RS_DEBIAN_BUNDLE, RS_DEBIAN_JAVA, NULL };

const struct rs_layout rs_layout_debian = {
	.name = "debian",
	.present = is_debian,
	.read = read_stores,
	.reads = reads,
	.owns = owns,
	.derived = derived,
	.refresh = rs_debian_refresh,
	.other_tool = rs_debian_other_hook,
	.updaters = { RS_DEBIAN_UPDATER }, .argument = "--fresh",
};

const struct rs_layout rs_layout_alpine = {
	.name = "alpine",
	.present = is_alpine,
	.read = read_stores,
	.reads = reads,
	.owns = owns,
	.derived = derived,
	.refresh = rs_refresh_by_updater,
	.other_tool = rs_debian_other_hook,
	.updaters = { RS_DEBIAN_UPDATER },
	.flat = true,
};
