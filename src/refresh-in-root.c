/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "refresh-in-root.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "rights.h"
#include "tree.h"
#include "util.h"

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
#define KEPT (1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE | 1U << CAP_FOWNER | 1U << CAP_FSETID)

static bool allowed;

void
rs_refresh_in_root_allow(bool may)
{
	allowed = may;
}

bool
rs_refresh_in_root_is_allowed(void)
{
	return allowed;
}

pid_t
rs_refresh_in_root_fork(void)
{
	pid_t pid;

	rs_rights_use(CAP_SYS_ADMIN, true);
	pid = (pid_t)syscall(SYS_clone, NAMESPACES | SIGCHLD, 0, 0, 0, 0);
	if (pid != 0)
		rs_rights_use(CAP_SYS_ADMIN, false);
	return pid;
}

/* What a tree that no kernel runs has none of; a shell would make /dev/null a
 * file. What is no folder there stays as it is. */
static bool
mount_own(void)
{
	static const struct {
		const char *type, *place;
		unsigned long flags;
		const char *options;
	} own[] = {
		{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "" },
		{ "tmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k" },
		{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m" },
	};
	static const struct { const char *path; unsigned minor; } devices[] = {
		{ "/dev/null", 3 }, { "/dev/zero", 5 }, { "/dev/random", 8 }, { "/dev/urandom", 9 },
	};

	for (size_t i = 0; i < RS_COUNT(own); i++)
		if (mount(own[i].type, own[i].place, own[i].type, own[i].flags,
			  own[i].options) < 0 && errno != ENOENT && errno != ENOTDIR)
			return false;
	for (size_t i = 0; i < RS_COUNT(devices); i++)
		if (mknod(devices[i].path, S_IFCHR | 0666, makedev(1, devices[i].minor)) < 0 &&
		    errno != ENOENT && errno != ENOTDIR && errno != EEXIST)
			return false;
	return true;
}

static bool
keep_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = KEPT, .permitted = KEPT },
	};

	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if ((cap > 31 || !(KEPT & 1U << cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return false;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
	    syscall(SYS_capset, &header, data) == 0;
}

bool
rs_refresh_in_root_confine(void)
{
	/* Where the kernel has no keyrings, there is none to share. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return false;
	rs_rights_use(CAP_MKNOD, true);
	umask(0);
	if (!rs_tree_let_run() || !mount_own())
		return false;
	umask(022);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && keep_capabilities();
}
