/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rights.h"

#include <limits.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

#define BIT(capability) (1U << (capability))

/* Read and write what is root's, as it was; become a user and bound, change
 * root and end that child. */
#define IN_USE (BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | \
		BIT(CAP_FOWNER) | BIT(CAP_FSETID) | BIT(CAP_KILL) | BIT(CAP_SETGID) | \
		BIT(CAP_SETUID) | BIT(CAP_SETPCAP) | BIT(CAP_SYS_CHROOT))
/* Taken up where they are needed alone: for a file's security label, where the
 * kernel has no module that knows it, and for the namespaces of another tree. */
#define IN_RESERVE (BIT(CAP_SYS_ADMIN) | BIT(CAP_MKNOD))

/* Language, terminal, and who calls. A prefix ends with an underscore. */
static const char *const kept[] = {
	"LANG=", "LANGUAGE=", "LC_", "TERM=", "COLUMNS=", "LINES=", "NO_COLOR=", "SUDO_USER=",
	"DPKG_", "ROOTSWEEP_",
};
/* What libraries have gone by already: in their constructors, or in ld.so for
 * all that will yet be loaded. */
static const char *const early[] = { "GNUTLS_", "LD_LIBRARY_PATH=" };

extern char **environ;

static bool
begins_with_one(const char *variable, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rs_starts(variable, names[i]))
			return true;
	return false;
}

/* A language is a name; as a path it would be a file of somebody's choice. */
static bool
is_kept(const char *variable)
{
	return begins_with_one(variable, kept, RS_COUNT(kept)) &&
	    (variable[0] != 'L' || strchr(variable, '/') == NULL);
}

/* Whether all of it came too late for some library. */
static bool
scrub_environment(void)
{
	bool late = false;
	size_t n = 0;

	for (char **e = environ; *e != NULL; e++) {
		if (is_kept(*e))
			environ[n++] = *e;
		else
			late |= begins_with_one(*e, early, RS_COUNT(early));
	}
	environ[n] = NULL;
	return late;
}

static void
start_anew(char **argv)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return;
	self[n] = '\0';
	execve(self, argv, environ);
}

/* glibc has no wrappers for capset(2) and capget(2). */
static const struct __user_cap_header_struct self = { .version = _LINUX_CAPABILITY_VERSION_3 };

static bool
get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = self;

	return syscall(SYS_capget, &header, data) == 0;
}

static bool
set(const struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = self;

	return syscall(SYS_capset, &header, data) == 0;
}

bool
rs_rights_keep(uint32_t bits)
{
	struct __user_cap_data_struct data[2] = {
		{ .effective = bits, .permitted = bits },
	};

	return set(data);
}

void
rs_rights_use(unsigned capability, bool use)
{
	struct __user_cap_data_struct data[2] = { { 0 } };
	uint32_t bit = BIT(capability);

	if (!get(data))
		return;
	data[0].effective = use ? data[0].effective | (bit & data[0].permitted) :
	    data[0].effective & ~bit;
	set(data);
}

void
rs_rights_begin(char **argv)
{
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (geteuid() != 0)
		return;
	if (scrub_environment())
		start_anew(argv);
	if (!get(data))
		return;
	/* In a container root may have less. */
	if (rs_rights_keep(data[0].permitted & (IN_USE | IN_RESERVE)))
		for (unsigned cap = 0; cap < 32; cap++)
			if (IN_RESERVE & BIT(cap))
				rs_rights_use(cap, false);
}
