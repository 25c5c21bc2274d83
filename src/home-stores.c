/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-stores.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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

struct reading {
	const struct rs_user *user;
	bool own;
	struct rs_softoken *softoken;
	struct rs_sink *sink;
	struct rs_array seen;		/* char *: "dev ino" of databases */
};

static int
open_below(const struct reading *r, int dirfd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY,
		.resolve = RESOLVE_NO_MAGICLINKS |
		    (r->own ? 0 : RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH),
	};
	RS_AUTOCLOSE int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid != r->user->uid && r->user->uid != 0) {
		errno = EPERM;
		return -1;
	}
	return rs_steal_fd(&fd);
}

int
rs_home_open(const struct rs_user *user, bool own, const char *dir)
{
	const struct reading r = { .user = user, .own = own };
	RS_AUTOCLOSE int homefd = open(user->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = strlen(user->home);

	if (homefd < 0)
		return -1;
	if (strncmp(dir, user->home, n) == 0 && dir[n] == '/')
		return open_below(&r, homefd, dir + n + 1);
	if (own)
		return open_below(&r, homefd, dir);
	errno = EXDEV;
	return -1;
}

/* Only what is there and cannot be read is worth a word. */
static void
cannot_open(struct reading *r, const char *path, int error)
{
	struct rs_store *store;

	if (error == ENOENT || error == ENOTDIR)
		return;
	store = rs_store_new(RS_KIND_NSS, r->user->name, path);
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
static bool
seen_before(struct reading *r, int dirfd)
{
	RS_AUTOFREE char *key = NULL;
	struct stat st;

	if (fstatat(dirfd, "cert9.db", &st, 0) < 0)
		return false;
	key = rs_printf("%llu %llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	if (rs_array_has_str(&r->seen, key))
		return true;
	rs_array_add(&r->seen, rs_steal(&key));
	return false;
}

static void
read_database(struct reading *r, int dirfd, const char *dir)
{
	RS_AUTOFREE char *path = rs_printf("%s/cert9.db", dir);
	struct stat st;

	if (fstatat(dirfd, "cert9.db", &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			cannot_open(r, path, errno);
		else if (fstatat(dirfd, "cert8.db", &st, AT_SYMLINK_NOFOLLOW) == 0) {
			RS_AUTOFREE char *old = rs_printf("%s/cert8.db", dir);
			struct rs_store *store = rs_store_new(RS_KIND_NSS, r->user->name, old);

			rs_store_fail(store, RS_STORE_UNSUPPORTED, "%s is of a format that NSS gave "
				      "up in 2018: if its program is no longer used, delete it; else "
				      "look into that program's own list of certificates", old);
			r->sink->store(r->sink, store);
		}
		return;
	}
	if (!seen_before(r, dirfd) && r->sink->begin(r->sink, RS_KIND_NSS, path))
		r->sink->store(r->sink, rs_store_nss_read(r->user->name, path, dirfd, r->softoken));
}

static void
read_place(struct reading *r, int homefd, const char *below)
{
	RS_AUTOFREE char *dir = rs_printf("%s%s%s", below[0] == '/' ? "" : r->user->home,
					  below[0] == '/' ? "" : "/", below);
	RS_AUTOCLOSE int fd = open_below(r, homefd, below);

	if (fd < 0)
		cannot_open(r, dir, errno);
	else
		read_database(r, fd, dir);
}

static void
read_profile(struct reading *r, int rootfd, const char *root, const char *name)
{
	RS_AUTOFREE char *dir = rs_printf("%s/%s", root, name);
	RS_AUTOCLOSE int fd = open_below(r, rootfd, name);

	if (fd < 0)
		cannot_open(r, dir, errno);
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
read_profiles(struct reading *r, int homefd, const char *below)
{
	RS_AUTOFREE char *root = rs_printf("%s/%s", r->user->home, below);
	RS_AUTOCLOSE int fd = open_below(r, homefd, below);
	struct dirent *entry;
	int copy;
	DIR *d;

	if (fd < 0) {
		cannot_open(r, root, errno);
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

			read_profiles(r, homefd, deeper);
		}
	}
	closedir(d);
}

void
rs_home_stores_read(const struct rs_user *user, bool own, struct rs_softoken *softoken,
		    struct rs_sink *sink)
{
	struct reading r = { .user = user, .own = own, .softoken = softoken, .sink = sink };
	RS_AUTOCLOSE int homefd = open(user->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *data_home = own ? getenv("XDG_DATA_HOME") : NULL;

	rs_array_init(&r.seen, free);
	if (homefd < 0) {
		struct rs_store *store = rs_store_new(RS_KIND_NSS, user->name, user->home);

		rs_store_fail(store, errno == ENOENT ? RS_STORE_ABSENT : RS_STORE_ERROR,
			      "the home %s cannot be opened: %s", user->home, strerror(errno));
		sink->store(sink, store);
		return;
	}
	for (size_t i = 0; i < RS_COUNT(databases); i++)
		read_place(&r, homefd, databases[i]);
	if (data_home != NULL && data_home[0] == '/') {
		RS_AUTOFREE char *below = rs_printf("%s/pki/nssdb", data_home);

		read_place(&r, homefd, below);
	}
	for (size_t i = 0; i < RS_COUNT(profile_roots); i++)
		read_profiles(&r, homefd, profile_roots[i]);
	rs_array_free(&r.seen);
}
