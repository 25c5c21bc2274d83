/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-browser-policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "browser-policy.h"

/* The search for policies, and what it has met. */
struct reading {
	struct rs_sink *sink;
	struct rs_home_reading *home;	/* NULL: of the system's */
	struct rs_array seen;		/* char *: real paths of the system's */
};

static bool
is_new(struct reading *r, const char *path)
{
	if (rs_array_has_str(&r->seen, path))
		return false;
	rs_array_add_str(&r->seen, path);
	return true;
}

static void
found_policy(struct rs_browser_search *search, int dirfd, const char *path)
{
	struct reading *r = search->data;
	RS_AUTOFREE char *real = r->home == NULL ? realpath(path, NULL) : NULL;
	RS_CLEANUP(rs_browser_policy_free) struct rs_browser_policy policy = {
		.sink = r->sink, .home = search->home,
	};

	if (!is_new(r, real != NULL ? real : path) ||
	    !r->sink->begin(r->sink, RS_KIND_BROWSER_POLICY, real != NULL ? real : path))
		return;
	if (rs_browser_policy_open(&policy, dirfd, path)) {
		if (search->place == RS_PLACE_CHROMIUM)
			rs_chromium_policy_read(&policy);
		else
			rs_firefox_policy_read(&policy);
	}
	if (policy.store != NULL)
		r->sink->store(r->sink, rs_steal(&policy.store));
}

static void
failed(struct rs_browser_search *search, const char *path, int error)
{
	struct reading *r = search->data;
	struct rs_store *store;

	/* Several places of the table may lie behind it. */
	if (!is_new(r, path))
		return;
	if (r->home != NULL && error != E2BIG) {
		rs_home_cannot_open(r->home, RS_KIND_BROWSER_POLICY, path, error);
		return;
	}
	store = rs_store_new(RS_KIND_BROWSER_POLICY, r->home == NULL ? RS_OWNER_SYSTEM :
			     r->home->home.user->name, path);
	rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", path, error == E2BIG ?
		      "there are more names in it than are read" : strerror(error));
	r->sink->store(r->sink, store);
}

static void
read_policies(struct reading *r, const struct rs_home *home)
{
	static const enum rs_browser_place families[] = { RS_PLACE_CHROMIUM, RS_PLACE_FIREFOX };

	for (size_t i = 0; i < RS_COUNT(families); i++) {
		struct rs_browser_search search = {
			.home = home, .place = families[i], .found = found_policy,
			.failed = failed, .data = r,
		};

		rs_browser_places_find(&search);
	}
}

void
rs_browser_policies_read(struct rs_sink *sink)
{
	struct reading r = { .sink = sink };

	rs_array_init(&r.seen, free);
	read_policies(&r, NULL);
	rs_array_free(&r.seen);
}

/*
 * Files below a home that the system's policies name: the entry is of all
 * users, what it means is each user's own.
 */

static void
found_names(struct rs_browser_search *search, int dirfd, const char *path)
{
	RS_CLEANUP(rs_browser_policy_free) struct rs_browser_policy policy = { 0 };

	if (rs_browser_policy_open(&policy, dirfd, path))
		rs_firefox_policy_names(&policy, search->data);
}

/* What this user cannot read their Firefox cannot read either. */
static void
passed_over(struct rs_browser_search *search RS_UNUSED, const char *path RS_UNUSED,
	    int error RS_UNUSED)
{
}

static void
add_certificates(struct rs_store *store, const struct rs_certfile *file, bool known)
{
	for (size_t i = 0; i < file->certs.n; i++) {
		RS_AUTOFREE char *place = rs_certfile_place(file, i);
		struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(file->certs.v[i]));
		struct rs_origin *origin = rs_origin_new(file->path, place, RS_HOW_FILE);

		if (!known || file->certs.n > 1) {
			origin->how = RS_HOW_REPORT;
			origin->reason = rs_printf("a policy of the system's makes Firefox take %s, "
			    "which %s: take it out of Certificates.Install in policies.json",
			    file->path, known ? "holds several certificates" :
			    "may be there for something else");
		}
		rs_stamp_copy(&origin->stamp, &file->stamp);
		rs_origin_date(origin, file->path);
		rs_array_add(&anchor->origins, origin);
		anchor->trust = RS_TRUST_SERVER | RS_TRUST_CLIENT | RS_TRUST_EMAIL;
		anchor->witnesses = RS_SEEN_ORIGIN;
		rs_store_add(store, anchor);
	}
}

static void
read_certificates(struct reading *r, int dirfd, const char *name, const char *path)
{
	const struct rs_user *user = r->home->home.user;
	RS_AUTOCLOSE int fd = rs_home_open_file(&r->home->home, dirfd, name);
	struct rs_certfile *file;
	struct rs_store *store;

	if (fd < 0 && errno != EISDIR)
		rs_home_cannot_open(r->home, RS_KIND_BROWSER_POLICY, path, errno);
	if (fd < 0 || !is_new(r, path) ||
	    !r->sink->begin(r->sink, RS_KIND_BROWSER_POLICY, path))
		return;
	store = rs_store_new(RS_KIND_BROWSER_POLICY, user->name, path);
	file = rs_certfile_read_fd(fd, path);
	if (file->error != 0)
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be read: %s", path,
			      strerror(file->error));
	add_certificates(store, file, rs_browser_place_of(path, user) == RS_PLACE_CERTIFICATE);
	rs_certfile_free(file);
	r->sink->store(r->sink, store);
}

static void
found_certificate(struct rs_browser_search *search, int dirfd, const char *path)
{
	read_certificates(search->data, dirfd, strrchr(path, '/') + 1, path);
}

static void
read_named(struct reading *r, const char *name)
{
	const struct rs_home *home = &r->home->home;
	RS_AUTOFREE char *path = rs_starts(name, "~/") ?
	    rs_printf("%s%s", home->user->home, name + 1) : rs_strdup(name);
	struct rs_browser_search search = {
		.home = home, .place = RS_PLACE_CERTIFICATE, .name = name,
		.found = found_certificate, .failed = failed, .data = r,
	};
	size_t n = strlen(home->user->home);

	if (strncmp(path, home->user->home, n) == 0 && path[n] == '/')
		read_certificates(r, home->fd, path, path);
	else if (name[0] != '\0' && strchr(name, '/') == NULL)
		rs_browser_places_find(&search);
}

void
rs_browser_policies_read_home(struct rs_home_reading *home)
{
	struct reading r = { .sink = home->sink, .home = home };
	struct rs_array names;
	struct rs_browser_search search = {
		.place = RS_PLACE_FIREFOX, .found = found_names, .failed = passed_over,
		.data = &names,
	};

	rs_array_init(&r.seen, free);
	rs_array_init(&names, free);
	read_policies(&r, &home->home);
	rs_browser_places_find(&search);
	for (size_t i = 0; i < names.n; i++)
		read_named(&r, names.v[i]);
	rs_array_free(&names);
	rs_array_free(&r.seen);
}

void
rs_browser_policies_read_unpacked(struct rs_home_reading *home, int dirfd, const char *dir)
{
	RS_AUTOFREE char *path = rs_printf("%s/" RS_FIREFOX_POLICY_FILE, dir);
	RS_AUTOFREE char *reason = rs_printf("%s is a Firefox's own that lies in this home: edit it "
					     "by hand", path);
	RS_CLEANUP(rs_browser_policy_free) struct rs_browser_policy policy = {
		.sink = home->sink, .home = &home->home,
	};

	if (faccessat(dirfd, RS_FIREFOX_POLICY_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !home->sink->begin(home->sink, RS_KIND_BROWSER_POLICY, path))
		return;
	if (rs_browser_policy_open(&policy, dirfd, path))
		rs_firefox_policy_read(&policy);
	if (policy.store == NULL)
		return;
	rs_store_report_only(policy.store, reason);
	home->sink->store(home->sink, rs_steal(&policy.store));
}
