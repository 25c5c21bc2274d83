/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-stores.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "chromium-rows.h"
#include "home-places.h"
#include "home-walk.h"
#include "nss-modules.h"
#include "nss-rows.h"
#include "store-browser-policy.h"
#include "store-chromium.h"
#include "store-java.h"
#include "store-nss.h"
#include "store-tool-config.h"

#define NSS_FILE_OLD "cert8.db"

/* Told one by one; more of them are one sentence. */
#define CUTS_MAX 20

/* What the search of a home did not look at. */
struct left_out {
	struct rs_home_reading *r;
	size_t cuts, closed;
	char *first_cut, *first_closed;
};

char *
rs_home_path(const struct rs_home_reading *r, const char *below)
{
	if (below[0] == '/')
		return rs_strdup(below);
	return rs_printf("%s%s%s", r->home.user->home, below[0] != '\0' ? "/" : "", below);
}

/* Told once, whatever ways lead there, and not again by a worker that had to
 * be started anew. */
RS_PRINTF(5, 6)
static void
tell(struct rs_home_reading *r, enum rs_store_state state, const char *kind, const char *path,
     const char *fmt, ...)
{
	RS_AUTOFREE char *key = rs_printf("%s %s", kind, path), *why = NULL;
	struct rs_store *store;
	va_list ap;

	if (!rs_map_add(&r->seen, key, r) || !r->sink->begin(r->sink, kind, path))
		return;
	va_start(ap, fmt);
	why = rs_vprintf(fmt, ap);
	va_end(ap);
	store = rs_store_new(kind, r->home.user->name, path);
	rs_store_fail(store, state, "%s", why);
	r->sink->store(r->sink, store);
}

/* Only what is there and cannot be read is worth a word. */
void
rs_home_cannot_open(struct rs_home_reading *r, const char *kind, const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		break;
	case ELOOP:
		tell(r, RS_STORE_SKIPPED, kind, path, "skipped: there is a link in %s; its "
		     "owner's own run follows it", path);
		break;
	case EXDEV:
		tell(r, RS_STORE_SKIPPED, kind, path, "skipped: %s lies outside of the home; its "
		     "owner's own run looks there", path);
		break;
	case EPERM:
		tell(r, RS_STORE_SKIPPED, kind, path, "skipped: %s belongs to somebody else", path);
		break;
	case ENXIO:
	case EISDIR:
		tell(r, RS_STORE_ERROR, kind, path, "%s is not a regular file", path);
		break;
	default:
		tell(r, RS_STORE_ERROR, kind, path, "%s cannot be opened: %s", path,
		     strerror(error));
	}
}

void
rs_home_cut(struct rs_home_reading *r, const char *kind, const char *path, const char *why)
{
	tell(r, RS_STORE_SKIPPED, kind, path, "skipped: %s", why);
}

struct rs_store *
rs_home_passed_over(const struct rs_user *user)
{
	struct rs_store *store = rs_store_new(RS_KIND_NSS, user->name, user->home);

	rs_store_fail(store, RS_STORE_SKIPPED, "skipped: %s", user->passed_over);
	return store;
}

bool
rs_home_seen_before(struct rs_home_reading *r, int dirfd, const char *name)
{
	RS_AUTOFREE char *key = NULL;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	key = rs_printf("%llu %llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return !rs_map_add(&r->seen, key, r);
}

/* Of whatever type: the reader says what is wrong with it. */
static bool
is_there(struct rs_home_reading *r, int dirfd, const char *kind, const char *path)
{
	struct stat st;

	if (fstatat(dirfd, strrchr(path, '/') + 1, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	rs_home_cannot_open(r, kind, path, errno);
	return false;
}

static bool
is_to_be_read(struct rs_home_reading *r, int dirfd, const char *kind, const char *path)
{
	return !rs_home_seen_before(r, dirfd, strrchr(path, '/') + 1) &&
	    r->sink->begin(r->sink, kind, path);
}

void
rs_home_read_folder(struct rs_home_reading *r, int dirfd, const char *dir)
{
	const char *owner = r->home.user->name;
	RS_AUTOFREE char *nss = rs_printf("%s/" RS_NSS_FILE, dir);
	RS_AUTOFREE char *old = rs_printf("%s/" NSS_FILE_OLD, dir);
	RS_AUTOFREE char *chromium = rs_printf("%s/" RS_CHROMIUM_FILE, dir);

	if (is_there(r, dirfd, RS_KIND_NSS, nss)) {
		if (is_to_be_read(r, dirfd, RS_KIND_NSS, nss)) {
			struct rs_store *store = rs_store_nss_read(owner, nss, dirfd, r->softoken);

			rs_nss_modules_tell(r, dirfd, dir, store);
			r->sink->store(r->sink, store);
		}
	} else if (is_there(r, dirfd, RS_KIND_NSS, old) &&
		   !rs_home_seen_before(r, dirfd, NSS_FILE_OLD)) {
		tell(r, RS_STORE_UNSUPPORTED, RS_KIND_NSS, old, "%s is of a format that NSS gave "
		     "up in 2018: if its program is no longer used, delete it; else look into "
		     "that program's own list of certificates", old);
	}
	if (is_there(r, dirfd, RS_KIND_CHROMIUM, chromium) &&
	    is_to_be_read(r, dirfd, RS_KIND_CHROMIUM, chromium))
		r->sink->store(r->sink, rs_store_chromium_read(owner, chromium, dirfd));
}

static void
walk_found(struct rs_home_walk *walk, int dirfd, const char *dir)
{
	struct left_out *left = walk->arg;

	rs_home_read_folder(left->r, dirfd, dir);
	if (rs_ends(dir, "/" RS_CERTIFI_DIR))
		rs_tool_config_read_certifi(left->r, dirfd, dir);
	if (rs_ends(dir, RS_FIREFOX_POLICY_DIR))
		rs_browser_policies_read_unpacked(left->r, dirfd, dir);
}

static void
walk_cut(struct rs_home_walk *walk, const char *dir, const char *why)
{
	struct left_out *left = walk->arg;

	/* That the search ended early is said of the home, however much came before. */
	if (left->cuts++ < CUTS_MAX || rs_streq(dir, walk->home->user->home))
		rs_home_cut(left->r, RS_KIND_NSS, dir, why);
	else if (left->first_cut == NULL)
		left->first_cut = rs_strdup(dir);
}

/* What a user cannot read or does not own, that user's programs do not go by. */
static void
walk_closed(struct rs_home_walk *walk, const char *dir)
{
	struct left_out *left = walk->arg;

	if (left->closed++ == 0)
		left->first_closed = rs_strdup(dir);
}

static void
search(struct rs_home_reading *r)
{
	static const char *const names[] = {
		RS_NSS_FILE, NSS_FILE_OLD, RS_CHROMIUM_FILE, RS_CERTIFI_FILE,
		RS_FIREFOX_POLICY_FILE, NULL,
	};
	struct left_out left = { .r = r };
	struct rs_home_walk walk = {
		.home = &r->home, .bounds = &rs_home_walk_bounds, .names = names, .arg = &left,
		.found = walk_found, .cut = walk_cut, .closed = walk_closed,
	};

	rs_home_walk(&walk);
	if (left.first_cut != NULL) {
		RS_AUTOFREE char *why = rs_printf("%zu more folders below the home were not, or "
		    "not wholly, searched", left.cuts - CUTS_MAX);

		rs_home_cut(r, RS_KIND_NSS, left.first_cut, why);
	}
	if (left.closed > 0) {
		RS_AUTOFREE char *text = rs_printf("%zu folder%s below %s that %s not open to its "
		    "owner, or belong%s to somebody else, such as %s", left.closed,
		    left.closed == 1 ? "" : "s", r->home.user->home,
		    left.closed == 1 ? "is" : "are", left.closed == 1 ? "s" : "",
		    left.first_closed);

		r->sink->fact(r->sink, RS_FACT_NOT_LOOKED_AT, text);
	}
	free(left.first_cut);
	free(left.first_closed);
}

void
rs_home_stores_read(const struct rs_user *user, bool own, bool mounts,
		    struct rs_softoken *softoken, struct rs_sink *sink)
{
	struct rs_home_reading r = { .softoken = softoken, .sink = sink };

	if (!rs_home_hold(&r.home, user, own)) {
		struct rs_store *store = rs_store_new(RS_KIND_NSS, user->name, user->home);

		rs_store_fail(store, errno == ENOENT ? RS_STORE_ABSENT : RS_STORE_ERROR,
			      "the home %s cannot be opened: %s", user->home, strerror(errno));
		sink->store(sink, store);
		return;
	}
	r.home.mounts = mounts;
	rs_home_places_read(&r);
	rs_java_read_home(&r);
	rs_tool_config_read_home(&r);
	search(&r);
	rs_browser_policies_read_home(&r);
	rs_map_free(&r.seen);
	rs_home_let_go(&r.home);
}
