/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

/*
 * The interface as of version 6. <linux/landlock.h> of the machine that
 * builds may be older than the kernel that runs it; the numbers are the same
 * on all.
 */
enum {
	FS_EXECUTE = 1 << 0, FS_WRITE_FILE = 1 << 1, FS_READ_FILE = 1 << 2, FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4, FS_REMOVE_FILE = 1 << 5, FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8, FS_MAKE_SYM = 1 << 12, FS_REFER = 1 << 13, FS_TRUNCATE = 1 << 14,
};

#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define READ (FS_READ_FILE | FS_READ_DIR)
#define WRITE (READ | FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | \
	       FS_MAKE_REG | FS_MAKE_SYM | FS_REFER | FS_TRUNCATE)
/* All that the version knows to forbid; the first knew thirteen. */
#define FS_FIRST 0x1fff
#define NET_ALL 3		/* TCP: bind, connect */
#define SCOPE_ALL 3		/* abstract sockets, signals */

#define CREATE_VERSION 1U	/* a flag: only tell the version */
#define RULE_PATH_BENEATH 1

struct ruleset {
	uint64_t fs, net, scope;
};

struct path_beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* Libraries and their data, settings, and the files that settings name. */
static const char *const systems[] = {
	"/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/proc", "/usr", "/var/lib",
	"/dev/null", "/dev/random", "/dev/urandom",
};

int
rs_confine_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

	return version < 0 ? 0 : (int)version;
}

static struct ruleset
handled(int version)
{
	struct ruleset set = { .fs = FS_FIRST };

	if (version >= 2)
		set.fs |= FS_REFER;
	if (version >= 3)
		set.fs |= FS_TRUNCATE;
	if (version >= 4)
		set.net = NET_ALL;
	if (version >= 5)
		set.fs |= 1 << 15;	/* ioctl on devices */
	if (version >= 6)
		set.scope = SCOPE_ALL;
	return set;
}

/* What is not there, or may not be reached, needs no rule. */
static bool
allow(int fd, const struct ruleset *set, const char *path, uint64_t rights)
{
	RS_AUTOCLOSE int place = open(path, O_PATH | O_CLOEXEC);
	struct path_beneath rule = { .allowed = rights & set->fs, .fd = place };
	struct stat st;

	if (place < 0 || fstat(place, &st) < 0)
		return true;
	if (!S_ISDIR(st.st_mode))
		rule.allowed &= FS_OF_FILES;
	return syscall(SYS_landlock_add_rule, fd, RULE_PATH_BENEATH, &rule, 0) == 0;
}

bool
rs_confine(const char *place, bool write)
{
	const char *temporary[] = { getenv("TMPDIR"), "/tmp", "/var/tmp" };
	int version = rs_confine_version();
	struct ruleset set = handled(version);
	/* A kernel takes the structure of its own version, or a shorter one. */
	size_t size = version >= 6 ? sizeof(set) : version >= 4 ? 2 * sizeof(set.fs) :
	    sizeof(set.fs);
	RS_AUTOCLOSE int fd = -1;
	bool ok;

	if (version == 0)
		return true;
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (fd < 0)
		return false;
	ok = allow(fd, &set, place, write ? WRITE : READ);
	for (size_t i = 0; i < RS_COUNT(systems) && ok; i++)
		ok = allow(fd, &set, systems[i], READ);
	for (size_t i = 0; i < RS_COUNT(temporary) && ok; i++)
		if (temporary[i] != NULL && temporary[i][0] == '/')
			ok = allow(fd, &set, temporary[i], WRITE);
	return ok && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
}
