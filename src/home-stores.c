/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-stores.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nss-rows.h"
#include "store-nss.h"

/* Folders that hold a database themselves. */
static const char *const databases[] = {
	".pki/nssdb",
	".local/share/pki/nssdb",
	".local/share/evolution",
	".var/app/org.chromium.Chromium/data/pki/nssdb",
	".var/app/com.google.Chrome/data/pki/nssdb",
	".var/app/com.brave.Browser/data/pki/nssdb",
	".var/app/com.brave.Browser/.pki/nssdb",
};

/* Folders whose folders are profiles. */
static const char *const profile_roots[] = {
	".mozilla/firefox",
	".config/mozilla/firefox",
	"snap/firefox/common/.mozilla/firefox",
	"snap/firefox/common/.config/mozilla/firefox",
	".var/app/org.mozilla.firefox/.mozilla/firefox",
	".var/app/org.mozilla.firefox/config/mozilla/firefox",
	".thunderbird",
	"snap/thunderbird/common/.thunderbird",
	".var/app/org.mozilla.Thunderbird/.thunderbird",
	".librewolf",
	".waterfox",
	".mozilla/seamonkey",
};

/* Only what is there and cannot be read is worth a word. */
void
rs_home_cannot_open(struct rs_home_reading *r, const char *kind, const char *path, int error)
{
	struct rs_store *store;

	if (error == ENOENT || error == ENOTDIR)
		return;
	store = rs_store_new(kind, r->home.user->name, path);
	if (error == ELOOP || error == EXDEV)
		rs_store_fail(store, RS_STORE_SKIPPED, "skipped: there is a link in %s; "
			      "its owner's own run follows it", path);
	else if (error == EPERM)
		rs_store_fail(store, RS_STORE_SKIPPED, "skipped: %s belongs to somebody else", path);
	else
		rs_store_fail(store, RS_STORE_ERROR, "%s cannot be opened: %s", path,
			      strerror(error));
	r->sink->store(r->sink, store);
}

/* One database may be reached by two ways: it is one store. */
bool
rs_home_seen_before(struct rs_home_reading *r, int dirfd, const char *name)
{
	RS_AUTOFREE char *key = NULL;
	struct stat st;

	if (fstatat(dirfd, name, &st, 0) < 0)
		return false;
	key = rs_printf("%llu %llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	if (rs_array_has_str(&r->seen, key))
		return true;
	rs_array_add(&r->seen, rs_steal(&key));
	return false;
}

static void
read_database(struct rs_home_reading *r, int dirfd, const char *dir)
{
	RS_AUTOFREE char *path = rs_printf("%s/cert9.db", dir);
	struct stat st;

	if (fstatat(dirfd, RS_NSS_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			rs_home_cannot_open(r, RS_KIND_NSS, path, errno);
		else if (fstatat(dirfd, "cert8.db", &st, AT_SYMLINK_NOFOLLOW) == 0) {
			RS_AUTOFREE char *old = rs_printf("%s/cert8.db", dir);
			struct rs_store *store = rs_store_new(RS_KIND_NSS, r->home.user->name, old);

			rs_store_fail(store, RS_STORE_UNSUPPORTED, "%s is of a format that NSS gave "
				      "up in 2018: if its program is no longer used, delete it; else "
				      "look into that program's own list of certificates", old);
			r->sink->store(r->sink, store);
		}
		return;
	}
	if (!rs_home_seen_before(r, dirfd, RS_NSS_FILE) && r->sink->begin(r->sink, RS_KIND_NSS, path))
		r->sink->store(r->sink, rs_store_nss_read(r->home.user->name, path, dirfd, r->softoken));
}

static void
read_place(struct rs_home_reading *r, const char *below)
{
	RS_AUTOFREE char *dir = rs_printf("%s%s%s", below[0] == '/' ? "" : r->home.user->home,
					  below[0] == '/' ? "" : "/", below);
	RS_AUTOCLOSE int fd = rs_home_open_dir(&r->home, r->home.fd, below);

	if (fd < 0)
		rs_home_cannot_open(r, RS_KIND_NSS, dir, errno);
	else
		read_database(r, fd, dir);
}

static void
read_profile(struct rs_home_reading *r, int rootfd, const char *root, const char *name)
{
	RS_AUTOFREE char *dir = rs_printf("%s/%s", root, name);
	RS_AUTOCLOSE int fd = rs_home_open_dir(&r->home, rootfd, name);

	if (fd < 0)
		rs_home_cannot_open(r, RS_KIND_NSS, dir, errno);
	else
		read_database(r, fd, dir);
}

static bool
may_be_profile(int dirfd, const char *name)
{
	struct stat st;

	if (rs_streq(name, ".") || rs_streq(name, "..") ||
	    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode);
}

static void
read_profiles(struct rs_home_reading *r, const char *below)
{
	RS_AUTOFREE char *root = rs_printf("%s/%s", r->home.user->home, below);
	RS_AUTOCLOSE int fd = rs_home_open_dir(&r->home, r->home.fd, below);
	struct dirent *entry;
	int copy;
	DIR *d;

	if (fd < 0) {
		rs_home_cannot_open(r, RS_KIND_NSS, root, errno);
		return;
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	d = copy < 0 ? NULL : fdopendir(copy);
	if (d == NULL) {
		rs_cleanup_close(&copy);
		return;
	}
	while ((entry = readdir(d)) != NULL) {
		if (!may_be_profile(fd, entry->d_name))
			continue;
		read_profile(r, fd, root, entry->d_name);
		/* One level: a link or a stranger's joke may make it endless. */
		if (rs_streq(entry->d_name, "Profiles") && !rs_ends(below, "/Profiles")) {
			RS_AUTOFREE char *deeper = rs_printf("%s/Profiles", below);

			read_profiles(r, deeper);
		}
	}
	closedir(d);
}

void
rs_home_stores_read(const struct rs_user *user, bool own, struct rs_softoken *softoken,
		    struct rs_sink *sink)
{
	struct rs_home_reading r = { .softoken = softoken, .sink = sink };
	const char *data_home = own ? getenv("XDG_DATA_HOME") : NULL;

	rs_array_init(&r.seen, free);
	if (!rs_home_hold(&r.home, user, own)) {
		struct rs_store *store = rs_store_new(RS_KIND_NSS, user->name, user->home);

		rs_store_fail(store, errno == ENOENT ? RS_STORE_ABSENT : RS_STORE_ERROR,
			      "the home %s cannot be opened: %s", user->home, strerror(errno));
		sink->store(sink, store);
		return;
	}
	for (size_t i = 0; i < RS_COUNT(databases); i++)
		read_place(&r, databases[i]);
	if (data_home != NULL && data_home[0] == '/') {
		RS_AUTOFREE char *below = rs_printf("%s/pki/nssdb", data_home);

		read_place(&r, below);
	}
	for (size_t i = 0; i < RS_COUNT(profile_roots); i++)
		read_profiles(&r, profile_roots[i]);
	rs_array_free(&r.seen);
	rs_home_let_go(&r.home);
}
