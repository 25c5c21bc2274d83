/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which browser runs on a profile: by the locks that it holds while it does.
 * Called in a worker that has become the user; what comes of it is that
 * user's word, which running.h checks.
 */
#ifndef RS_BROWSER_LOCK_H
#define RS_BROWSER_LOCK_H

#include <sys/types.h>

/*
 * The process that runs on the profile dirfd, or 0. The locks of the file
 * system count (Firefox and its kin: .parentlock; Chromium: its certificate
 * database); a link that names a process (lock; SingletonLock, in the folder
 * above too) only where there is no such lock, and the process lives and was
 * there before the link: one that was killed leaves it behind.
 *
 * Not to be called while this process has the certificate database open.
 */
pid_t rs_browser_lock_firefox(int dirfd);
pid_t rs_browser_lock_chromium(int dirfd);

#endif
