/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hold-fixture.h"
#include "util.h"

static bool
open_database(const char *path, const char *sql)
{
	sqlite3 *db;

	return sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool
lock_file(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0;
}

/* path NULL: holds nothing; sql NULL: the file itself. */
static pid_t
hold(const char *path, const char *sql)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		bool ok = path == NULL || (sql != NULL ? open_database(path, sql) : lock_file(path));

		if (!ok || write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

pid_t
hold_database(const char *path, const char *sql)
{
	return hold(path, sql);
}

pid_t
hold_file(const char *path)
{
	return hold(path, NULL);
}

pid_t
hold_nothing(void)
{
	return hold(NULL, NULL);
}

void
hold_end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}
