/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rights.h"

/* <linux/mount.h> and the C library's <sys/mount.h> are at odds in some versions. */
enum {
	TREE_RECURSIVE = 0x8000, TREE_NOSUID = 2, TREE_NODEV = 4, TREE_NOEXEC = 8,
};

static bool entered, alone;

bool
rs_tree_is_entered(void)
{
	return entered;
}

/* Of Linux 5.12, and of this namespace alone: never called outside of one. */
static bool
set_attributes(uint64_t set, uint64_t clear)
{
	struct {
		uint64_t set, clear, propagation, userns_fd;
	} attributes = { .set = set, .clear = clear };

	return syscall(SYS_mount_setattr, AT_FDCWD, "/", TREE_RECURSIVE, &attributes,
		       sizeof(attributes)) == 0;
}

/* A container's root may not: what the tree holds is then kept in by less. */
static bool
move_in(const char *root)
{
	if (unshare(CLONE_NEWNS) < 0)
		return false;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(root) < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0)
		return false;
	/* The old root lies on the new one, and goes with all below it. */
	return umount2(".", MNT_DETACH) == 0;
}

bool
rs_tree_enter(const char *root)
{
	rs_rights_use(CAP_SYS_ADMIN, true);
	alone = move_in(root);
	entered = (alone || chroot(root) == 0) && chdir("/") == 0;
	if (entered && alone)
		set_attributes(TREE_NOSUID | TREE_NODEV | TREE_NOEXEC, 0);
	rs_rights_use(CAP_SYS_ADMIN, false);
	return entered;
}

bool
rs_tree_let_run(void)
{
	if (!alone) {
		errno = EPERM;
		return false;
	}
	return set_attributes(0, TREE_NOEXEC);
}
