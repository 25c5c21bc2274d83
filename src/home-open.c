/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool
rs_home_hold(struct rs_home *home, const struct rs_user *user, bool own)
{
	*home = (struct rs_home){
		.user = user, .own = own,
		.fd = open(user->home, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};
	return home->fd >= 0;
}

void
rs_home_let_go(struct rs_home *home)
{
	rs_cleanup_close(&home->fd);
	home->fd = -1;
}

/* What lies below the home is opened from there, whatever the path's form. */
static const char *
below_home(const struct rs_home *home, const char *path)
{
	size_t n = strlen(home->user->home);

	if (strncmp(path, home->user->home, n) != 0 || path[n] != '/')
		return NULL;
	return path + n + strspn(path + n, "/");
}

static int
open_how(const struct rs_home *home, int dirfd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags),
		.resolve = RESOLVE_NO_MAGICLINKS | resolve,
	};
	RS_AUTOCLOSE int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid != home->user->uid && home->user->uid != 0) {
		errno = EPERM;
		return -1;
	}
	if (!(flags & O_DIRECTORY) && !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
		return -1;
	}
	return rs_steal_fd(&fd);
}

static int
open_owned(const struct rs_home *home, int dirfd, const char *path, int flags)
{
	const char *below = path[0] == '/' ? below_home(home, path) : NULL;

	if (path[0] == '/' && below == NULL && !home->own) {
		errno = EXDEV;
		return -1;
	}
	if (below != NULL) {
		dirfd = home->fd;
		path = below[0] != '\0' ? below : ".";
	}
	return open_how(home, dirfd, path, flags,
			home->own ? 0 : RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH);
}

int
rs_home_open_dir(const struct rs_home *home, int dirfd, const char *path)
{
	return open_owned(home, dirfd, path, O_DIRECTORY);
}

int
rs_home_open_file(const struct rs_home *home, int dirfd, const char *path)
{
	return open_owned(home, dirfd, path, 0);
}

int
rs_home_open_inside(const struct rs_home *home, const char *below)
{
	return open_how(home, home->fd, below, O_DIRECTORY,
			RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |
			(home->mounts ? 0 : RESOLVE_NO_XDEV));
}
