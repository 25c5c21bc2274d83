/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The deepest known place, Tor Browser's in flatpak, is 15 folders down. */
const struct rs_home_walk_bounds rs_home_walk_bounds = {
	.depth = 32, .folder_entries = 100000, .entries = 1000000, .milliseconds = 10000,
};

struct walking {
	struct rs_home_walk *walk;
	struct rs_array folders;	/* char *: below the home, nearest first */
	size_t next;			/* of folders; those before are done */
	size_t entries;
	int64_t deadline;
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static char *
whole_path(const struct walking *w, const char *below)
{
	return rs_printf("%s%s%s", w->walk->home->user->home, below[0] != '\0' ? "/" : "", below);
}

static void
cut(struct walking *w, const char *below, const char *why)
{
	RS_AUTOFREE char *dir = whole_path(w, below);

	w->walk->cut(w->walk, dir, why);
}

static bool
is_searched_for(const struct rs_home_walk *walk, const char *name)
{
	for (size_t i = 0; walk->names[i] != NULL; i++)
		if (strcmp(walk->names[i], name) == 0)
			return true;
	return false;
}

/* False where the folder has more entries than are read. */
static bool
read_entries(struct walking *w, DIR *d, const char *below, bool *found)
{
	const struct rs_home_walk_bounds *bounds = w->walk->bounds;
	const struct dirent *entry;
	size_t n = 0;

	*found = false;
	while ((entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (n++ >= bounds->folder_entries || w->entries++ >= bounds->entries)
			return false;
		*found |= is_searched_for(w->walk, name);
		if (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN)
			rs_array_add(&w->folders, rs_printf("%s%s%s", below,
							    below[0] != '\0' ? "/" : "", name));
	}
	return true;
}

/* The time that reading what was found takes is not the walk's. */
static void
tell_found(struct walking *w, int dirfd, const char *below)
{
	RS_AUTOFREE char *dir = whole_path(w, below);
	int64_t start = now_ms();

	w->walk->found(w->walk, dirfd, dir);
	w->deadline += now_ms() - start;
}

static void
cannot_open(struct walking *w, const char *below, int error)
{
	RS_AUTOFREE char *dir = whole_path(w, below), *why = NULL;

	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
		/* Gone, or no folder, or no longer one. */
		break;
	case EPERM:
	case EACCES:
		w->walk->closed(w->walk, dir);
		break;
	case EXDEV:
		w->walk->cut(w->walk, dir, "something else is mounted there, and the search for "
			     "unknown databases stays within one file system without --mounts");
		break;
	default:
		why = rs_printf("it cannot be opened: %s", strerror(error));
		w->walk->cut(w->walk, dir, why);
	}
}

static void
read_folder(struct walking *w, const char *below)
{
	/* The home is the user's, whoever owns it. */
	RS_AUTOCLOSE int fd = below[0] != '\0' ? rs_home_open_inside(w->walk->home, below) :
	    openat(w->walk->home->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RS_AUTOCLOSE int copy = -1;
	bool whole, found = false;
	DIR *d;

	if (fd >= 0)
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	d = copy < 0 ? NULL : fdopendir(copy);
	if (d == NULL) {
		cannot_open(w, below, errno);
		return;
	}
	copy = -1;
	whole = read_entries(w, d, below, &found);
	closedir(d);
	if (!whole && w->entries <= w->walk->bounds->entries) {
		RS_AUTOFREE char *why = rs_printf("it has more than %zu files; what is in it "
		    "by itself was looked at, but not all of its folders",
		    w->walk->bounds->folder_entries);

		cut(w, below, why);
	}
	if (found || !whole)
		tell_found(w, fd, below);
}

static unsigned
depth(const char *below)
{
	unsigned n = below[0] != '\0';

	for (; *below != '\0'; below++)
		n += *below == '/';
	return n;
}

/* One sentence for all that is left. */
static void
stopped(struct walking *w, const char *after)
{
	const char *first = w->next < w->folders.n ? w->folders.v[w->next] : "";
	RS_AUTOFREE char *place = whole_path(w, first);
	RS_AUTOFREE char *why = rs_printf("not all of it was searched: it was left after %s. "
	    "Folders still to see: %zu, the first of them %s. What is at places that programs are "
	    "known to use was looked at", after, w->folders.n - w->next, place);

	cut(w, "", why);
}

void
rs_home_walk(struct rs_home_walk *walk)
{
	const struct rs_home_walk_bounds *bounds = walk->bounds;
	struct walking w = { .walk = walk, .deadline = now_ms() + bounds->milliseconds };

	rs_array_init(&w.folders, free);
	rs_array_add(&w.folders, rs_strdup(""));
	while (w.next < w.folders.n) {
		RS_AUTOFREE char *below = rs_steal(&w.folders.v[w.next]);
		RS_AUTOFREE char *after = NULL;

		w.next++;
		if (depth(below) > bounds->depth)
			cut(&w, below, "it lies too deep below the home");
		else
			read_folder(&w, below);
		if (w.entries > bounds->entries)
			after = rs_printf("%zu files", bounds->entries);
		else if (now_ms() >= w.deadline && w.next < w.folders.n)
			after = rs_printf("%lld seconds", (long long)bounds->milliseconds / 1000);
		if (after != NULL) {
			stopped(&w, after);
			break;
		}
	}
	rs_array_free(&w.folders);
}
