/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "browser-lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chromium-rows.h"
#include "util.h"

/* Of /proc/PID/stat. */
#define STAT_MAX 4096

/* A number and nothing behind it. */
static pid_t
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return isdigit((unsigned char)*text) && n <= INT_MAX && *end == '\0' ? (pid_t)n : 0;
}

/* When the process began (proc_pid_stat(5), field 22), or -1. */
static time_t
start_of(pid_t pid)
{
	RS_AUTOFREE char *path = rs_printf("/proc/%ld/stat", (long)pid);
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct timespec now, since_boot;
	unsigned long long ticks = 0;
	const char *p;

	if (rs_read_file(path, STAT_MAX, &text) < 0)
		return -1;
	/* The name in parentheses may hold anything. */
	p = strrchr(text.data, ')');
	for (int field = 3; p != NULL && field <= 22; field++)
		p = strchr(p + 1, ' ');
	if (p == NULL || sscanf(p, " %llu", &ticks) != 1)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &since_boot);
	return now.tv_sec - since_boot.tv_sec + (time_t)(ticks / (unsigned long)sysconf(_SC_CLK_TCK));
}

/* Made by a process that still runs: numbers are given again. */
static bool
is_alive(pid_t pid, const struct stat *link)
{
	time_t start;

	if (pid <= 0 || (kill(pid, 0) < 0 && errno != EPERM))
		return false;
	start = start_of(pid);
	/* Both are seconds, cut off. */
	return start >= 0 && start <= link->st_mtim.tv_sec + 1;
}

static bool
read_link(int dirfd, const char *name, char target[PATH_MAX], struct stat *st)
{
	ssize_t n = readlinkat(dirfd, name, target, PATH_MAX - 1);

	target[n < 0 ? 0 : n] = '\0';
	return n > 0 && fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* "ADDRESS:+PID", or "ADDRESS:PID" where the file system knows no locks. */
pid_t
rs_browser_lock_firefox(int dirfd)
{
	RS_AUTOCLOSE int fd = rs_open_regular(dirfd, ".parentlock", O_NOFOLLOW);
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char target[PATH_MAX];
	const char *colon;
	struct stat st;
	pid_t pid;

	if (fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0)
		return lock.l_type != F_UNLCK && lock.l_pid > 0 ? lock.l_pid : 0;
	if (!read_link(dirfd, "lock", target, &st) || (colon = strrchr(target, ':')) == NULL)
		return 0;
	pid = number(colon + 1 + (colon[1] == '+'));
	return is_alive(pid, &st) ? pid : 0;
}

/* "HOST-PID"; a profile may be the data folder itself, or lie in it. */
pid_t
rs_browser_lock_chromium(int dirfd)
{
	static const char *const names[] = { "../SingletonLock", "SingletonLock" };
	pid_t pid = rs_sqlite_lock_holder(dirfd, RS_CHROMIUM_FILE);
	char host[HOST_NAME_MAX + 1] = "";

	gethostname(host, sizeof(host) - 1);
	for (size_t i = 0; i < RS_COUNT(names) && pid == 0; i++) {
		char target[PATH_MAX], *dash;
		struct stat st;

		if (!read_link(dirfd, names[i], target, &st) || (dash = strrchr(target, '-')) == NULL)
			continue;
		*dash = '\0';
		pid = number(dash + 1);
		if (!rs_streq(target, host) || !is_alive(pid, &st))
			pid = 0;
	}
	return pid;
}
