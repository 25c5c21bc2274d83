/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * update-ca-certificates(8) forgets two things that matter here. Where an
 * origin is gone it leaves its links dangling, and it tells the hooks of
 * /etc/ca-certificates/update.d nothing, so that Java goes on trusting it.
 * Therefore the links of origins that live no more are removed first, the
 * updater is run without hooks, and the hooks are told here, from what the
 * links were before and are after.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "change.h"
#include "debian.h"
#include "refresh.h"

#define HOOK_SECONDS 120
#define DPKG_WAIT_SECONDS 10
#define MAX_DEPTH 16
#define MAX_LINES (1u << 20)

/* Link names of /etc/ssl/certs and what they lead to. */
struct links {
	struct rs_map targets;		/* name -> char *, owned by all */
	struct rs_array all;		/* char *: targets */
	struct rs_array names;		/* char * */
};

static void
links_init(struct links *links)
{
	*links = (struct links){ 0 };
	rs_array_init(&links->all, free);
	rs_array_init(&links->names, free);
}

static void
links_free(struct links *links)
{
	rs_map_free(&links->targets);
	rs_array_free(&links->all);
	rs_array_free(&links->names);
}

static void
links_add(struct links *links, const char *name, const char *target)
{
	char *copy = rs_array_add(&links->all, rs_strdup(target));

	if (rs_map_add(&links->targets, name, copy))
		rs_array_add(&links->names, rs_strdup(name));
}

/* How the updater names the link of an origin. */
static char *
link_name(const char *origin)
{
	const char *slash = strrchr(origin, '/');
	RS_AUTOFREE char *name = rs_strdup(slash ? slash + 1 : origin);

	if (rs_ends(name, ".crt"))
		name[strlen(name) - 4] = '\0';
	for (char *p = name; *p != '\0'; p++)
		if (*p == ' ' || *p == ',')
			*p = '_';
		else if (*p == '(' || *p == ')')
			*p = '=';
	return rs_printf("%s.pem", name);
}

static void
walk_local(struct links *live, const char *dir, unsigned depth)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		RS_AUTOFREE char *path = rs_printf("%s/%s", dir, entry->d_name);
		struct stat st;

		if (rs_streq(entry->d_name, ".") || rs_streq(entry->d_name, "..") ||
		    stat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH) {
			walk_local(live, path, depth + 1);
		} else if (S_ISREG(st.st_mode) && rs_ends(path, ".crt")) {
			RS_AUTOFREE char *name = link_name(path);

			links_add(live, name, path);
		}
	}
	if (d != NULL)
		closedir(d);
}

static void
find_live(struct links *live)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	char *save = NULL;

	links_init(live);
	walk_local(live, RS_DEBIAN_LOCAL, 0);
	if (rs_read_file(RS_DEBIAN_CONF, 16 << 20, &buf) < 0)
		return;
	for (char *line = strtok_r(buf.data, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		RS_AUTOFREE char *path = rs_debian_selected(line, strlen(line));
		RS_AUTOFREE char *name = path != NULL ? link_name(path) : NULL;

		if (path != NULL && access(path, F_OK) == 0)
			links_add(live, name, path);
	}
}

static void
find_links(struct links *links)
{
	DIR *d = opendir(RS_DEBIAN_DIR);
	struct dirent *entry;

	links_init(links);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		char target[PATH_MAX];
		ssize_t n;

		if (!rs_ends(entry->d_name, ".pem"))
			continue;
		n = readlinkat(dirfd(d), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		if (rs_starts(target, RS_DEBIAN_LOCAL "/") ||
		    rs_starts(target, RS_DEBIAN_PACKAGES "/"))
			links_add(links, entry->d_name, target);
	}
	if (d != NULL)
		closedir(d);
}

/* Links of origins that live no more. */
static bool
remove_dead(const struct links *before, const struct links *live, size_t *removed, char **why)
{
	RS_AUTOCLOSE int dirfd = open(RS_DEBIAN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < before->names.n; i++) {
		const char *name = before->names.v[i];

		if (rs_map_get(&live->targets, name) != NULL)
			continue;
		if (rs_change_unlink(dirfd, name, false) < 0 && errno != ENOENT) {
			*why = rs_printf("%s/%s: %s", RS_DEBIAN_DIR, name, strerror(errno));
			return false;
		}
		(*removed)++;
	}
	return true;
}

/* The link names of the origins that the record's steps touched. */
static void
touched_names(const struct rs_record *record, struct rs_array *names)
{
	rs_array_init(names, free);
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];
		RS_AUTOBUF struct rs_buf conf = { 0 };
		RS_AUTOFREE char *why = NULL, *name = NULL;

		if (step->kind != RS_STEP_FILE || step->derived)
			continue;
		if (step->op != RS_FILE_DESELECT) {
			name = link_name(step->path);
			rs_array_add_str(names, name);
			continue;
		}
		if (!rs_record_load(record, &step->before, &conf, &why))
			continue;
		for (size_t k = 0; k < step->ranges.n; k++) {
			const struct rs_range *range = step->ranges.v[k];
			const char *line = range->offset >= conf.len ? "" : conf.data + range->offset;
			RS_AUTOFREE char *path = rs_debian_selected(line, strcspn(line, "\n"));
			RS_AUTOFREE char *conf_name = path != NULL ? link_name(path) : NULL;

			if (path != NULL)
				rs_array_add_str(names, conf_name);
		}
	}
}

static void
tell(struct rs_buf *lines, char sign, const char *name)
{
	rs_buf_printf(lines, "%c" RS_DEBIAN_DIR "/%s\n", sign, name);
}

/*
 * Hooks go by the link's name. A name that now leads elsewhere, or that a
 * touched origin shares with one that lives, is taken out and put in again:
 * else the keystore would keep the wrong one, or lose the honest one. Touched
 * names are always told: a run before this one may have died after the links
 * and before the hooks.
 */
static void
hook_lines(const struct links *before, const struct links *after, const struct rs_array *touched,
	   bool undo, struct rs_buf *lines)
{
	for (size_t i = 0; i < touched->n; i++)
		if (!undo || rs_map_get(&before->targets, touched->v[i]) != NULL)
			tell(lines, '-', touched->v[i]);
	for (size_t i = 0; i < before->names.n; i++) {
		const char *name = before->names.v[i];

		if (!rs_array_has_str(touched, name) &&
		    !rs_streq(rs_map_get(&after->targets, name), rs_map_get(&before->targets, name)))
			tell(lines, '-', name);
	}
	for (size_t i = 0; i < after->names.n; i++) {
		const char *name = after->names.v[i];

		if (rs_array_has_str(touched, name) ||
		    !rs_streq(rs_map_get(&before->targets, name), rs_map_get(&after->targets, name)))
			tell(lines, '+', name);
	}
}

/*
 * Hash links that the updater would leave as they are. Forward: OpenSSL stops
 * at the first number that is missing, so whoever comes after a stray that
 * went, under the same hash, has to move up. Back: a file that had one
 * certificate while another was cut out of it has a link that it must lose.
 */
static bool
needs_rehash(const struct rs_record *record, bool undo)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];
		bool stray = step->derived && rs_starts(step->path, RS_DEBIAN_DIR "/") &&
		    !rs_streq(step->path, RS_DEBIAN_BUNDLE);

		if (undo ? step->kind == RS_STEP_FILE && !step->derived && step->op == RS_FILE_CUT :
		    stray)
			return true;
	}
	return false;
}

static bool
is_locked(const char *path)
{
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, path, 0);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* The Java hook calls dpkg, unless dpkg is who called us. */
static bool
dpkg_is_busy(void)
{
	if (getenv("DPKG_MAINTSCRIPT_PACKAGE") != NULL)
		return false;
	for (unsigned waited = 0; waited <= DPKG_WAIT_SECONDS; waited++) {
		if (!is_locked(RS_DEBIAN_DPKG_LOCK) && !is_locked("/var/lib/dpkg/lock"))
			return false;
		sleep(1);
	}
	return true;
}

/* run-parts(8): no dots, nothing but letters, digits, _ and -. */
static int
is_hook(const struct dirent *entry)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-";

	return strspn(entry->d_name, plain) == strlen(entry->d_name);
}

char *
rs_debian_other_hook(void)
{
	struct dirent **entries;
	int n = scandir(RS_DEBIAN_HOOKS, &entries, is_hook, NULL);
	char *other = NULL;

	for (int i = 0; i < n; i++) {
		/* Of Java's the keystore itself tells. */
		if (other == NULL && !rs_streq(entries[i]->d_name, "jks-keystore"))
			other = rs_printf(RS_DEBIAN_HOOKS "/%s", entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return other;
}

static int
by_byte(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool
run_hooks(struct rs_refresh *refresh, const char *lines)
{
	char **why = &refresh->reason;

	struct dirent **entries;
	int n = scandir(RS_DEBIAN_HOOKS, &entries, is_hook, by_byte);
	bool good = true;

	for (int i = 0; i < n; i++) {
		RS_AUTOFREE char *path = rs_printf(RS_DEBIAN_HOOKS "/%s", entries[i]->d_name);
		const char *const argv[] = { path, NULL };
		RS_AUTOFREE char *problem = NULL;

		if (rs_run_is_program(path) &&
		    !rs_refresh_run(refresh, argv, lines, HOOK_SECONDS, &problem)) {
			good = false;
			if (*why == NULL)
				*why = rs_steal(&problem);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return good;
}

/* What hooks are still to be told outlives a crash, and a busy dpkg. */
static bool
tell_hooks(struct rs_refresh *refresh, struct rs_buf *lines)
{
	const char *name = refresh->undo ? "hook-lines-undo" : "hook-lines";
	RS_AUTOBUF struct rs_buf owed = { 0 };
	RS_AUTOCLOSE int fd = rs_open_regular(refresh->record->dirfd, name, O_NOFOLLOW);
	const char *text;

	if (fd >= 0) {
		if (rs_read_all(fd, MAX_LINES, &owed) == 0 && lines->len == 0)
			rs_buf_puts(lines, owed.data);
	} else if (lines->len > 0 &&
		   rs_change_create(refresh->record->dirfd, name, lines->data, lines->len, 0600) < 0) {
		refresh->reason = rs_printf("what the hooks are to be told cannot be saved: %s",
					    strerror(errno));
		return false;
	}
	text = lines->len > 0 ? lines->data : "";
	if (text[0] == '\0' || access(RS_DEBIAN_HOOKS, F_OK) < 0)
		return true;
	if (dpkg_is_busy()) {
		refresh->pending = true;
		refresh->reason = rs_strdup("a package manager is at work, and Java's list of "
		    "certificates can only follow once it has ended: then run rootsweep recover");
		return false;
	}
	if (!run_hooks(refresh, text)) {
		refresh->pending = true;
		return false;
	}
	rs_change_unlink(refresh->record->dirfd, name, false);
	return true;
}

bool
rs_debian_refresh(struct rs_refresh *refresh)
{
	static const char *const updater[] = { RS_DEBIAN_UPDATER, "--hooksdir", "", NULL };
	static const char *const rehash[] = { RS_DEBIAN_REHASH, "rehash", RS_DEBIAN_DIR, NULL };
	RS_AUTOBUF struct rs_buf lines = { 0 };
	struct links live, before, after;
	struct rs_array touched;
	size_t removed = 0;
	bool good;

	find_live(&live);
	find_links(&before);
	links_init(&after);
	touched_names(refresh->record, &touched);
	good = remove_dead(&before, &live, &removed, &refresh->reason) &&
	    rs_refresh_run(refresh, updater, NULL, RS_UPDATER_SECONDS, &refresh->reason) &&
	    ((removed == 0 && !needs_rehash(refresh->record, refresh->undo)) ||
	     rs_refresh_run(refresh, rehash, NULL, RS_UPDATER_SECONDS, &refresh->reason));
	if (good) {
		links_free(&after);
		find_links(&after);
		hook_lines(&before, &after, &touched, refresh->undo, &lines);
		good = tell_hooks(refresh, &lines);
	}
	rs_array_free(&touched);
	links_free(&live);
	links_free(&before);
	links_free(&after);
	return good;
}
