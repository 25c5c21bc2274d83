/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tool-named.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "certfile.h"
#include "keystore.h"

/* Settings that are told of with each certificate. */
#define MAX_PLACES 20
/* Files of one folder. */
#define MAX_FILES 2000

static void
place_free(void *p)
{
	struct rs_tool_place *place = p;

	free(place->file);
	free(place->pem);
	free(place);
}

struct rs_tool_named *
rs_tool_named_new(enum rs_setting_what what, char *path)
{
	struct rs_tool_named *named = rs_alloc(sizeof(*named));

	named->what = what;
	named->path = path;
	rs_array_init(&named->places, place_free);
	return named;
}

void
rs_tool_named_free(void *p)
{
	struct rs_tool_named *named = p;

	free(named->path);
	rs_array_free(&named->places);
	free(named);
}

void
rs_tool_named_add(struct rs_tool_named *named, const char *file,
		  const struct rs_tool_setting *setting)
{
	struct rs_tool_place *place = rs_alloc(sizeof(*place));

	*place = (struct rs_tool_place){
		.file = rs_strdup(file), .line = setting->line, .key = setting->key,
		.tool = setting->tool,
		.pem = setting->what == RS_SETTING_PEM ? rs_strdup(setting->value) : NULL,
	};
	rs_array_add(&named->places, place);
}

int
rs_tool_open_named(const struct rs_tool_places *places, enum rs_setting_what what,
		   const char *path)
{
	bool guarded = rs_tool_is_guarded(places, path);

	return what == RS_SETTING_DIR ? rs_tool_open_dir(places, path, guarded) :
	    rs_tool_open_file(places, AT_FDCWD, path, guarded);
}

static char *
place_text(const struct rs_tool_place *place)
{
	return rs_printf("line %u: %s", place->line, place->key);
}

/* One that no step takes out. */
static struct rs_anchor *
new_anchor(const struct rs_cert *cert, const char *path, const char *object, unsigned witness,
	   const char *reason)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(cert));
	struct rs_origin *origin = rs_origin_new(path, object, RS_HOW_REPORT);

	origin->reason = rs_strdup(reason);
	rs_array_add(&anchor->origins, origin);
	anchor->trust = RS_TRUST_SERVER;
	anchor->witnesses = witness;
	return anchor;
}

static void
add_anchor(struct rs_store *store, struct rs_anchor *anchor, const struct rs_array *places,
	   const char *reason)
{
	size_t before = store->anchors.n;

	anchor = rs_store_add(store, anchor);
	/* Twice in the file: the settings are told of once. */
	if (store->anchors.n == before || places == NULL)
		return;
	for (size_t i = 0; i < places->n && i < MAX_PLACES; i++) {
		const struct rs_tool_place *place = places->v[i];
		RS_AUTOFREE char *text = place_text(place);
		struct rs_origin *origin = rs_origin_new(place->file, text, RS_HOW_REPORT);

		origin->reason = rs_strdup(reason);
		rs_array_add(&anchor->origins, origin);
	}
}

void
rs_tool_add_file(struct rs_store *store, int fd, const char *path, const struct rs_array *places,
		 unsigned witness, const char *reason)
{
	struct rs_certfile *file = rs_certfile_read_fd(fd, path);

	if (file->error != 0)
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(file->error));
	for (size_t i = 0; i < file->certs.n; i++) {
		RS_AUTOFREE char *object = rs_certfile_place(file, i);

		add_anchor(store, new_anchor(file->certs.v[i], path, object, witness, reason),
			   places, reason);
	}
	rs_certfile_free(file);
}

static char *
reason_of(const struct rs_tool_named *named)
{
	const struct rs_tool_place *first = named->places.v[0];
	const char *kind = named->what == RS_SETTING_DIR ? "folder" : "file";
	size_t others = named->places.n - 1;

	if (others > 0)
		return rs_printf("%s line %u, and %zu other setting%s, make %s trust the "
				 "certificates in %s: take those lines out, or the certificate out "
				 "of that %s", first->file, first->line, others,
				 others == 1 ? "" : "s", first->tool, named->path, kind);
	return rs_printf("%s line %u makes %s trust the certificates in %s: take that line out, or "
			 "the certificate out of that %s", first->file, first->line, first->tool,
			 named->path, kind);
}

static void
add_keystore(struct rs_store *store, const struct rs_tool_named *named, int fd,
	     const char *reason)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_array entries;
	const char *why = NULL;

	if (rs_read_all(fd, RS_KEYSTORE_MAX, &buf) < 0) {
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", store->path,
			      strerror(errno));
		return;
	}
	if (rs_keystore_read(buf.data, buf.len, &entries, &why) != RS_KEYSTORE_WHOLE)
		rs_store_fail(store, RS_STORE_UNSUPPORTED, "%s is not read whole (%s): keytool "
			      "-list -keystore shows what it holds", store->path, why);
	for (size_t i = 0; i < entries.n; i++) {
		const struct rs_keystore_entry *entry = entries.v[i];
		struct rs_cert *cert = rs_cert_new(entry->der, entry->der_len);

		add_anchor(store, new_anchor(cert, store->path, entry->alias, RS_SEEN_KEYSTORE,
					     reason), &named->places, reason);
		rs_cert_free(cert);
	}
	rs_array_free(&entries);
}

/* A link to a neighbour, as rehash makes them: that is read by its own name. */
static bool
is_link_within(int dirfd, const char *name)
{
	char target[256];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target));

	return n > 0 && (size_t)n < sizeof(target) && memchr(target, '/', (size_t)n) == NULL;
}

static void
add_folder_file(const struct rs_tool_places *places, struct rs_store *store,
		const struct rs_tool_named *named, int dirfd, const char *name,
		const char *reason)
{
	RS_AUTOFREE char *path = rs_printf("%s/%s", named->path, name);
	RS_AUTOCLOSE int fd = -1;

	if (is_link_within(dirfd, name))
		return;
	fd = rs_tool_open_file(places, dirfd, name, rs_tool_is_guarded(places, path));
	if (fd >= 0)
		rs_tool_add_file(store, fd, path, &named->places, RS_SEEN_DIRECTORY, reason);
	else if (errno == ELOOP || errno == EXDEV || errno == EPERM)
		rs_store_fail(store, RS_STORE_SKIPPED, "skipped: %s is a link, or somebody else's; "
			      "its owner's own run follows links", path);
	else if (errno != ENOENT && errno != EISDIR)
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(errno));
}

static void
add_folder(const struct rs_tool_places *places, struct rs_store *store,
	   const struct rs_tool_named *named, int fd, const char *reason)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	size_t n = 0;

	if (d == NULL) {
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", named->path,
			      strerror(errno));
		rs_cleanup_close(&copy);
		return;
	}
	while ((entry = readdir(d)) != NULL && n++ < MAX_FILES)
		if (!rs_streq(entry->d_name, ".") && !rs_streq(entry->d_name, ".."))
			add_folder_file(places, store, named, fd, entry->d_name, reason);
	closedir(d);
	if (entry != NULL)
		rs_store_fail(store, RS_STORE_ERROR, "%s has more than %d files: not all was read",
			      named->path, MAX_FILES);
}

/* Certificates in settings themselves: each is its own line's. */
static void
add_inline(struct rs_store *store, const struct rs_tool_named *named)
{
	for (size_t i = 0; i < named->places.n; i++) {
		const struct rs_tool_place *place = named->places.v[i];
		RS_AUTOFREE char *text = place_text(place);
		RS_AUTOFREE char *reason = rs_printf("%s line %u makes %s trust a certificate that "
		    "stands in it: take that line out", place->file, place->line, place->tool);
		struct rs_array blocks;

		rs_pem_find(place->pem, strlen(place->pem), &blocks, NULL);
		for (size_t k = 0; k < blocks.n; k++) {
			const struct rs_pem_block *block = blocks.v[k];
			struct rs_cert *cert = rs_cert_new(block->der, block->der_len);

			rs_store_add(store, new_anchor(cert, named->path, text, RS_SEEN_ORIGIN,
						       reason));
			rs_cert_free(cert);
		}
		rs_array_free(&blocks);
	}
}

static void
cannot_open(struct rs_store *store, const struct rs_tool_named *named, int error)
{
	const struct rs_tool_place *first = named->places.v[0];

	if (error == ELOOP || error == EXDEV)
		rs_store_fail(store, RS_STORE_SKIPPED, "skipped: there is a link in %s, which %s "
			      "line %u names; its owner's own run follows it", named->path,
			      first->file, first->line);
	else
		rs_store_fail(store, RS_STORE_SKIPPED, "skipped: %s, which %s line %u names, "
			      "cannot be opened: %s", named->path, first->file, first->line,
			      strerror(error));
}

struct rs_store *
rs_tool_named_read(const struct rs_tool_places *places, const struct rs_tool_named *named)
{
	struct rs_store *store = rs_store_new(RS_KIND_TOOL_CONFIG, rs_tool_owner(places),
					      named->path);
	RS_AUTOFREE char *reason = reason_of(named);
	RS_AUTOCLOSE int fd = -1;

	if (named->what == RS_SETTING_PEM) {
		add_inline(store, named);
		return store;
	}
	fd = rs_tool_open_named(places, named->what, named->path);
	if (fd < 0)
		cannot_open(store, named, errno);
	else if (named->what == RS_SETTING_DIR)
		add_folder(places, store, named, fd, reason);
	else if (named->what == RS_SETTING_KEYSTORE)
		add_keystore(store, named, fd, reason);
	else
		rs_tool_add_file(store, fd, named->path, &named->places, RS_SEEN_BUNDLE, reason);
	return store;
}
