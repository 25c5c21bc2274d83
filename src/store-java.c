/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-java.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "java-places.h"
#include "keystore.h"
#include "keytool.h"

#define DEBIAN_ALIAS "debian:"

/* The system's keystores while they are read. */
struct finding {
	struct rs_tool_places places;
	struct rs_copies *copies;
};

static bool
has_origin(const struct rs_store *origins, const struct rs_cert *cert)
{
	for (size_t i = 0; origins != NULL && i < origins->anchors.n; i++) {
		const struct rs_anchor *anchor = origins->anchors.v[i];

		if ((anchor->witnesses & RS_SEEN_ORIGIN) &&
		    rs_streq(anchor->cert->sha256, cert->sha256))
			return true;
	}
	return false;
}

/* A command to be typed: path and alias must not be more than a word of it. */
static char *
reason_of(const char *path, const char *alias, enum rs_java_made made)
{
	bool words = strchr(alias, '\'') == NULL && strchr(path, '\'') == NULL;

	switch (made) {
	case RS_JAVA_WHOLE:
		return rs_strdup("only Java's own list has it: the tool that makes that list "
				 "(update-ca-trust, or update-ca-certificates) takes it out");
	case RS_JAVA_BY_HOOK:
		return words ? rs_printf("only Java's own list has it: keytool -delete -cacerts "
					 "-alias '%s' takes it out", alias) :
		    rs_strdup("only Java's own list has it: keytool -delete -cacerts takes it out");
	case RS_JAVA_BY_HAND:
	default:
		return words ? rs_printf("it is in a list of Java's: keytool -delete -keystore "
					 "'%s' -alias '%s' takes it out", path, alias) :
		    rs_strdup("it is in a list of Java's: keytool -delete -keystore takes it out");
	}
}

static void
add_entry(struct rs_store *store, const struct rs_keystore_entry *entry, enum rs_java_made made,
	  const struct rs_store *origins)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_new(entry->der, entry->der_len));
	struct rs_origin *origin = rs_origin_new(store->path, entry->alias, RS_HOW_DERIVED);
	bool follows = made == RS_JAVA_WHOLE ||
	    (made == RS_JAVA_BY_HOOK && rs_starts(entry->alias, DEBIAN_ALIAS));

	if (!follows || !has_origin(origins, anchor->cert)) {
		origin->how = RS_HOW_REPORT;
		origin->reason = reason_of(store->path, entry->alias, made);
	}
	rs_array_add(&anchor->origins, origin);
	anchor->trust = RS_TRUST_ANY;
	anchor->witnesses = RS_SEEN_KEYSTORE;
	rs_store_add(store, anchor);
}

static void
add_keystore(struct rs_store *store, const struct rs_buf *bytes, enum rs_java_made made,
	     const struct rs_store *origins)
{
	struct rs_array entries;
	const char *why = NULL;
	enum rs_keystore_state state = rs_keystore_read(bytes->data, bytes->len, &entries, &why);

	if (state == RS_KEYSTORE_CLOSED)
		rs_store_fail(store, RS_STORE_UNSUPPORTED, "%s is not read whole: %s; keytool "
			      "-list -keystore shows what it holds", store->path, why);
	else if (state == RS_KEYSTORE_DAMAGED)
		rs_store_fail(store, RS_STORE_ERROR, "%s is not read whole: %s", store->path, why);
	for (size_t i = 0; i < entries.n; i++) {
		const struct rs_keystore_entry *entry = entries.v[i];

		/* keytool's own default is for people's own keys: no JVM takes it
		 * for a list of roots by itself. */
		if (!entry->is_key || !rs_ends(store->path, "/.keystore"))
			add_entry(store, entry, made, origins);
	}
	rs_array_free(&entries);
}

/* Root's own file, with one name, in a place that a record may name. */
static bool
may_be_edited(const char *path, const struct stat *st)
{
	RS_AUTOFREE char *keytool = rs_keytool_find(path);

	return keytool != NULL && st->st_uid == 0 && st->st_nlink == 1 && rs_java_is_jvms(path);
}

/* keytool does for root what the reasons tell a person to do. */
static void
let_edit(struct rs_store *store, const struct stat *st, const struct rs_buf *bytes)
{
	char digest[RS_SHA256_HEX];

	rs_sha256(bytes->data, bytes->len, digest);
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];

		for (size_t k = 0; k < anchor->origins.n; k++) {
			struct rs_origin *origin = anchor->origins.v[k];

			origin->how = RS_HOW_KEYSTORE;
			origin->stamp = (struct rs_stamp){
				st->st_dev, st->st_ino, bytes->len, rs_strdup(digest),
			};
		}
	}
}

struct rs_store *
rs_store_java_read(const char *path, enum rs_java_made made, const struct rs_store *origins)
{
	struct rs_store *store = rs_store_new(RS_KIND_JAVA, RS_OWNER_SYSTEM, path);
	RS_AUTOBUF struct rs_buf bytes = { 0 };
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, path, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || rs_read_all(fd, RS_KEYSTORE_MAX, &bytes) < 0) {
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(errno));
		return store;
	}
	add_keystore(store, &bytes, made, origins);
	if (made == RS_JAVA_BY_HAND && may_be_edited(path, &st))
		let_edit(store, &st, &bytes);
	return store;
}

static bool
own(struct rs_copies *copies, const struct stat *st)
{
	RS_AUTOFREE char *key = rs_printf("%llu %llu", (unsigned long long)st->st_dev,
					  (unsigned long long)st->st_ino);

	return rs_map_add(&copies->keystores, key, copies);
}

void
rs_java_own(struct rs_copies *copies, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		own(copies, &st);
}

static bool
is_made(const struct rs_copies *copies, const char *real)
{
	if (copies->made != NULL && rs_layout_is_below(real, copies->made))
		return true;
	for (size_t i = 0; copies->derived != NULL && copies->derived[i] != NULL; i++)
		if (rs_streq(copies->derived[i], real))
			return true;
	return false;
}

static void
found_in_system(void *data, int dirfd RS_UNUSED, const char *name RS_UNUSED, const char *path)
{
	struct finding *f = data;
	struct rs_copies *copies = f->copies;
	RS_AUTOFREE char *real = realpath(path, NULL);
	struct stat st;

	if (real == NULL || stat(real, &st) < 0) {
		if (errno != ELOOP)
			rs_tool_cannot_open(&f->places, path, errno);
		return;
	}
	if (own(copies, &st) && f->places.sink->begin(f->places.sink, RS_KIND_JAVA, real))
		f->places.sink->store(f->places.sink,
				      rs_store_java_read(real, is_made(copies, real) ?
							 RS_JAVA_WHOLE : RS_JAVA_BY_HAND,
							 copies->origins));
}

void
rs_java_read_system(struct rs_copies *copies, struct rs_sink *sink)
{
	struct finding f = {
		.places = { .sink = sink, .kind = RS_KIND_JAVA }, .copies = copies,
	};

	rs_array_init(&f.places.told, free);
	rs_java_each(&f.places, found_in_system, &f);
	rs_array_free(&f.places.told);
}

/* The system's, and read as that. */
static bool
is_link_to_derived(int dirfd, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	for (size_t i = 0; rs_java_derived[i] != NULL; i++)
		if (rs_streq(target, rs_java_derived[i]))
			return true;
	return false;
}

static void
found_in_home(void *data, int dirfd, const char *name, const char *path)
{
	struct rs_tool_places *places = data;
	struct rs_home_reading *r = places->home;
	RS_AUTOBUF struct rs_buf bytes = { 0 };
	RS_AUTOCLOSE int fd = -1;
	struct rs_store *store;
	struct stat st;

	if (is_link_to_derived(dirfd, name))
		return;
	fd = rs_home_open_file(&r->home, dirfd, name);
	if (fd < 0 || fstat(fd, &st) < 0) {
		rs_tool_cannot_open(places, path, errno);
		return;
	}
	if (rs_tool_seen_before(places, &st) || !r->sink->begin(r->sink, RS_KIND_JAVA, path))
		return;
	store = rs_store_new(RS_KIND_JAVA, r->home.user->name, path);
	if (rs_read_all(fd, RS_KEYSTORE_MAX, &bytes) < 0)
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(errno));
	else
		add_keystore(store, &bytes, RS_JAVA_BY_HAND, NULL);
	r->sink->store(r->sink, store);
}

void
rs_java_read_home(struct rs_home_reading *r)
{
	struct rs_tool_places places = { .sink = r->sink, .home = r, .kind = RS_KIND_JAVA };

	rs_array_init(&places.told, free);
	rs_java_each(&places, found_in_home, &places);
	rs_array_free(&places.told);
}
