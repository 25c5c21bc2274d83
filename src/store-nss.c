/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-nss.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "browser-lock.h"
#include "nss-rows.h"
#include "nss-witness.h"
#include "store-sqlite.h"

/* Of a database that a program writes to just now. */
#define TRIES 3

/* Rows that make one certificate trusted, or what is left of one. */
struct group {
	const struct rs_cert *cert;
	const char *label;
	unsigned trust;
	struct rs_array ids;		/* char *, the certificate's rows first */
	struct group *next_serial;	/* another with this issuer and serial */
};

struct grouping {
	struct rs_array groups, orphans;	/* struct group * */
	struct rs_array idle;			/* const struct rs_token_object *: vouch for nothing */
	struct rs_map by_sha256, by_sha1, by_serial;
	struct rs_map orphan_by_key;
};

static void
group_free(void *p)
{
	struct group *group = p;

	rs_array_free(&group->ids);
	free(group);
}

static void
grouping_free(struct grouping *g)
{
	rs_map_free(&g->by_sha256);
	rs_map_free(&g->by_sha1);
	rs_map_free(&g->by_serial);
	rs_map_free(&g->orphan_by_key);
	rs_array_free(&g->groups);
	rs_array_free(&g->orphans);
	rs_array_free(&g->idle);
}

static struct group *
group_new(struct rs_array *groups, const struct rs_cert *cert)
{
	struct group *group = rs_alloc(sizeof(*group));

	group->cert = cert;
	rs_array_init(&group->ids, free);
	return rs_array_add(groups, group);
}

/* NULL where either is unknown. */
static char *
serial_key(const struct rs_cert *cert)
{
	if (cert->issuer_der == NULL || cert->serial == NULL)
		return NULL;
	return rs_printf("%s %s", cert->issuer_der, cert->serial);
}

/* Several rows may hold one certificate. */
static void
add_certificate(struct grouping *g, const struct rs_token_object *object)
{
	struct group *group = rs_map_get(&g->by_sha256, object->cert->sha256);

	if (group == NULL) {
		RS_AUTOFREE char *key = serial_key(object->cert);
		struct group *first = rs_map_get(&g->by_serial, key);

		group = group_new(&g->groups, object->cert);
		rs_map_add(&g->by_sha256, object->cert->sha256, group);
		rs_map_add(&g->by_sha1, object->cert->sha1, group);
		if (first != NULL) {
			group->next_serial = first->next_serial;
			first->next_serial = group;
		} else if (key != NULL) {
			rs_map_add(&g->by_serial, key, group);
		}
	}
	if (group->label == NULL)
		group->label = object->label;
	rs_array_add(&group->ids, rs_strdup(object->id));
}

static void
add_row(struct group *group, const struct rs_token_object *trust)
{
	group->trust |= trust->trust;
	rs_array_add(&group->ids, rs_strdup(trust->id));
}

/* Whom a trust object without a certificate is about. */
static char *
orphan_key(const struct rs_cert *cert)
{
	if (cert->sha256 != NULL)
		return rs_strdup(cert->sha256);
	return rs_printf("%s %s %s", cert->sha1 != NULL ? cert->sha1 : "",
			 cert->issuer_der != NULL ? cert->issuer_der : "",
			 cert->serial != NULL ? cert->serial : "");
}

static void
add_orphan(struct grouping *g, const struct rs_token_object *trust)
{
	const struct rs_cert *cert = trust->cert;
	RS_AUTOFREE char *key = orphan_key(cert);
	struct group *group = rs_map_get(&g->orphan_by_key, key);

	if (group == NULL) {
		group = group_new(&g->orphans, cert);
		rs_map_add(&g->orphan_by_key, key, group);
	}
	add_row(group, trust);
}

/*
 * A trust object without a hash speaks of every certificate of its issuer
 * and serial; one with a hash of that certificate alone.
 */
static void
add_trust(struct grouping *g, const struct rs_token_object *trust)
{
	RS_AUTOFREE char *key = serial_key(trust->cert);
	bool hashed = trust->cert->sha256 != NULL || trust->cert->sha1 != NULL;
	struct group *group = trust->cert->sha256 != NULL ?
	    rs_map_get(&g->by_sha256, trust->cert->sha256) :
	    hashed ? rs_map_get(&g->by_sha1, trust->cert->sha1) : rs_map_get(&g->by_serial, key);
	bool ours = false;

	for (; group != NULL; group = hashed ? NULL : group->next_serial) {
		if (!rs_token_trust_is_for(trust, group->cert))
			continue;
		add_row(group, trust);
		ours = true;
	}
	if (!ours && trust->trust != 0)
		add_orphan(g, trust);
	else if (!ours)
		rs_array_add(&g->idle, (void *)(uintptr_t)trust);
}

/* Rows that deny, or say nothing, go with the one that vouches. */
static void
add_idle(struct grouping *g)
{
	for (size_t i = 0; i < g->idle.n; i++) {
		const struct rs_token_object *trust = g->idle.v[i];
		RS_AUTOFREE char *key = orphan_key(trust->cert);
		struct group *group = rs_map_get(&g->orphan_by_key, key);

		if (group != NULL)
			add_row(group, trust);
	}
}

static char *
describe(const struct group *group, bool orphan)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	if (orphan)
		rs_buf_puts(&text, "trust without its certificate");
	else if (group->label != NULL)
		rs_buf_printf(&text, "certificate \"%s\"", group->label);
	else
		rs_buf_puts(&text, "certificate");
	rs_buf_puts(&text, group->ids.n == 1 ? " (object " : " (objects ");
	for (size_t i = 0; i < group->ids.n; i++)
		rs_buf_printf(&text, "%s%s", i > 0 ? ", " : "", (char *)group->ids.v[i]);
	rs_buf_puts(&text, ")");
	return rs_buf_steal(&text);
}

static void
add_anchor(struct rs_store *store, struct group *group, bool orphan, const struct stat *st)
{
	RS_AUTOFREE char *object = describe(group, orphan);
	struct rs_origin *origin = rs_origin_new(store->path, object, RS_HOW_ROWS);
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(group->cert));

	origin->stamp.dev = (uint64_t)st->st_dev;
	origin->stamp.ino = (uint64_t)st->st_ino;
	origin->stamp.size = (uint64_t)st->st_size;
	for (size_t i = 0; i < group->ids.n; i++)
		rs_array_add(&origin->ids, rs_strdup(group->ids.v[i]));
	anchor->trust_only = orphan;
	anchor->trust = group->trust;
	anchor->witnesses = RS_SEEN_ROWS;
	rs_array_add(&anchor->origins, origin);
	rs_store_add(store, anchor);
}

static void
add_anchors(struct rs_store *store, const struct rs_array *objects, const struct stat *st)
{
	RS_CLEANUP(grouping_free) struct grouping g = { 0 };

	rs_array_init(&g.groups, group_free);
	rs_array_init(&g.orphans, group_free);
	for (size_t i = 0; i < objects->n; i++) {
		const struct rs_token_object *object = objects->v[i];

		if (object->class == RS_CKO_CERTIFICATE && object->cert->der != NULL)
			add_certificate(&g, object);
	}
	for (size_t i = 0; i < objects->n; i++) {
		const struct rs_token_object *object = objects->v[i];

		if (object->class != RS_CKO_CERTIFICATE)
			add_trust(&g, object);
	}
	add_idle(&g);
	for (size_t i = 0; i < g.groups.n; i++) {
		struct group *group = g.groups.v[i];

		if (group->trust != 0)
			add_anchor(store, group, false, st);
	}
	for (size_t i = 0; i < g.orphans.n; i++)
		add_anchor(store, g.orphans.v[i], true, st);
}

struct rows {
	struct rs_array objects;	/* struct rs_token_object * */
	size_t odd;
};

static enum rs_sqlite_result
read_rows(sqlite3 *db, void *data, char **why)
{
	struct rows *rows = data;
	enum rs_sqlite_result result = rs_nss_rows_check(db, why);

	return result == RS_SQLITE_OK ? rs_nss_rows_read(db, &rows->objects, &rows->odd, why) :
	    result;
}

/* Softoken does not say why it fails; only a lock can have come since. */
static void
ask_softoken(struct rs_store *store, int dirfd, const struct rs_array *objects,
	     struct rs_softoken *softoken)
{
	RS_CLEANUP(rs_array_free) struct rs_array seen;
	RS_CLEANUP(rs_sqlite_close) sqlite3 *db = NULL;
	RS_AUTOFREE char *why = NULL, *probed = NULL;

	rs_array_init(&seen, rs_token_object_free);
	if (softoken == NULL) {
		rs_store_fail(store, store->state, "read by one reader only");
		return;
	}
	if (rs_softoken_read(softoken, dirfd, &seen, &why)) {
		rs_nss_witness_compare(store, objects, &seen);
		return;
	}
	if (rs_sqlite_open(dirfd, RS_NSS_FILE, false, &db, &probed) == RS_SQLITE_LOCKED)
		rs_store_fail(store, RS_STORE_LOCKED, "%s", probed);
	else
		rs_store_fail(store, RS_STORE_ERROR, "its rows can be read, but %s: programs that "
			      "use it may not see what is listed here", why);
}

static void
rows_free(struct rows *rows)
{
	rs_array_free(&rows->objects);
}

static struct rs_store *
read_once(const char *owner, const char *path, int dirfd, struct rs_softoken *softoken)
{
	RS_CLEANUP(rs_sqlite_copy_remove) struct rs_sqlite_copy copy = RS_SQLITE_COPY_NONE;
	RS_CLEANUP(rows_free) struct rows rows = { 0 };
	struct rs_store *store = rs_store_new(RS_KIND_NSS, owner, path);
	struct stat st = { 0 };

	rs_array_init(&rows.objects, rs_token_object_free);
	store->pid = rs_browser_lock_firefox(dirfd);
	if (!rs_store_sqlite_read(store, dirfd, RS_NSS_FILE, &copy, read_rows, &rows))
		return store;
	if (fstatat(dirfd, RS_NSS_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
		memset(&st, 0, sizeof(st));
	add_anchors(store, &rows.objects, &st);
	if (rows.odd > 0)
		rs_store_disagree(store, "%s: %zu rows hold certificates or trust under an id that "
				  "is no number, which NSS cannot use", path, rows.odd);
	if (rows.objects.n > 0)
		ask_softoken(store, copy.dirfd >= 0 ? copy.dirfd : dirfd, &rows.objects, softoken);
	return store;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Readers that differ since a program wrote in between do not disagree. */
struct rs_store *
rs_store_nss_read(const char *owner, const char *path, int dirfd, struct rs_softoken *softoken)
{
	for (int try = 1;; try++) {
		struct stat before = { 0 }, after = { 0 };
		struct rs_store *store;

		fstatat(dirfd, RS_NSS_FILE, &before, AT_SYMLINK_NOFOLLOW);
		store = read_once(owner, path, dirfd, softoken);
		fstatat(dirfd, RS_NSS_FILE, &after, AT_SYMLINK_NOFOLLOW);
		if (store->disagreements.n == 0 || try == TRIES || same_file(&before, &after))
			return store;
		rs_store_free(store);
	}
}
