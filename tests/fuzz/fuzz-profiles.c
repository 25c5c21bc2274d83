/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profiles.ini, and where its paths lead. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "profiles.h"

static bool
is_plain(const char *path)
{
	return path[0] == '/' && strstr(path, "//") == NULL && strstr(path, "/../") == NULL &&
	    strstr(path, "/./") == NULL && !rs_ends(path, "/..") && !rs_ends(path, "/.");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	RS_CLEANUP(rs_array_free) struct rs_array paths;
	RS_AUTOFREE char *why = NULL;

	if (fd < 0)
		fd = memfd_create("profiles.ini", MFD_CLOEXEC);
	FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size &&
		   lseek(fd, 0, SEEK_SET) == 0);
	rs_array_init(&paths, free);
	FUZZ_HOLDS(rs_profiles_ini_read(fd, &paths, &why) == (why == NULL));
	FUZZ_HOLDS(paths.n <= RS_PROFILES_MAX);
	for (size_t i = 0; i < paths.n; i++) {
		RS_AUTOFREE char *path = rs_profiles_path("/home/alice/.mozilla/firefox", paths.v[i]);

		FUZZ_HOLDS(is_plain(path));
	}
	return 0;
}
