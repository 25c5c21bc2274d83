/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a program of the layout's: rs_change_run of change.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change.h"
#include "refresh-in-root.h"
#include "tree.h"

#define KEPT_OUTPUT 4000

extern char **environ;

static bool
roots_alone(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_uid == 0 && !S_ISLNK(st.st_mode) &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool
rs_run_is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return false;
	errno = EACCES;
	return S_ISREG(st.st_mode) && (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

bool
rs_may_run(const char *program, char real[PATH_MAX], char **why)
{
	char part[PATH_MAX];

	if (realpath(program, real) == NULL || !rs_run_is_program(real)) {
		*why = rs_printf("%s cannot be run: %s", program, strerror(errno));
		return false;
	}
	strcpy(part, real);
	for (;;) {
		char *slash;

		if (!roots_alone(part)) {
			*why = rs_printf("%s is not run: %s can be written by others than root",
					 program, part);
			return false;
		}
		if (part[1] == '\0')
			return true;
		slash = strrchr(part, '/');
		slash[slash == part ? 1 : 0] = '\0';
	}
}

static char **
make_environment(struct rs_array *env)
{
	static const char *const fixed[] = {
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C",
	};

	rs_array_init(env, free);
	for (size_t i = 0; i < RS_COUNT(fixed); i++)
		rs_array_add(env, rs_strdup(fixed[i]));
	/* Debian's Java hook must know when dpkg is its caller. */
	for (char **e = environ; *e != NULL; e++)
		if (rs_starts(*e, "DPKG_"))
			rs_array_add(env, rs_strdup(*e));
	rs_array_add(env, NULL);
	env->n--;
	return (char **)env->v;
}

struct running {
	pid_t pid;
	int in, out;
	const char *input;
	size_t left;
	struct rs_buf *output;
};

static void
keep_end(struct rs_buf *output, const char *data, size_t len)
{
	rs_buf_add(output, data, len);
	if (output->len > KEPT_OUTPUT) {
		memmove(output->data, output->data + output->len - KEPT_OUTPUT, KEPT_OUTPUT);
		output->len = KEPT_OUTPUT;
		output->data[KEPT_OUTPUT] = '\0';
	}
}

static void
close_in(struct running *r)
{
	rs_cleanup_close(&r->in);
	r->in = -1;
}

/* Returns false once the program has closed its output. */
static bool
exchange(struct running *r, int timeout)
{
	struct pollfd fds[] = {
		{ .fd = r->out, .events = POLLIN }, { .fd = r->in, .events = POLLOUT },
	};
	char chunk[4096];
	ssize_t n;

	if (poll(fds, 2, timeout) <= 0)
		return true;
	if (fds[1].revents != 0) {
		n = r->left > 0 ? write(r->in, r->input, r->left) : 0;
		if (n > 0) {
			r->input += n;
			r->left -= (size_t)n;
		}
		if (r->left == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			close_in(r);
	}
	if (fds[0].revents != 0) {
		n = read(r->out, chunk, sizeof(chunk));
		if (n > 0)
			keep_end(r->output, chunk, (size_t)n);
		return n > 0 || (n < 0 && errno == EINTR);
	}
	return true;
}

__attribute__((noreturn))
static void
give_up(int report)
{
	int error = errno;

	_exit(write(report, &error, sizeof(error)) == (ssize_t)sizeof(error) ? 127 : 126);
}

__attribute__((noreturn))
static void
child(const char *program, const char *const argv[], char **env, const int ends[3])
{
	const int report = 3;
	struct sigaction act = { .sa_handler = SIG_DFL };

	setpgid(0, 0);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGPIPE, &act, NULL);
	umask(022);
	if (chdir("/") < 0 || dup2(ends[0], 0) < 0 || dup2(ends[1], 1) < 0 ||
	    dup2(ends[1], 2) < 0 || (ends[2] != report && dup2(ends[2], report) < 0))
		_exit(126);
	close_range(report + 1, ~0U, 0);
	fcntl(report, F_SETFD, FD_CLOEXEC);
	if (rs_tree_is_entered() && !rs_refresh_in_root_confine())
		give_up(report);
	execve(program, (char *const *)(uintptr_t)argv, env);
	give_up(report);
}

/* Why the program could not even be executed; 0 where it was. */
static int
why_not_executed(int report)
{
	int error;
	ssize_t n;

	do
		n = read(report, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(error) ? error : 0;
}

static int
wait_for(struct running *r, unsigned seconds, char **why)
{
	time_t end = time(NULL) + seconds;
	bool open = true, killed = false;
	int status;

	for (;;) {
		pid_t pid = waitpid(r->pid, &status, WNOHANG);

		if (pid == r->pid)
			break;
		if (time(NULL) >= end && !killed) {
			kill(-r->pid, SIGKILL);
			/* It may not have had its own group yet. */
			kill(r->pid, SIGKILL);
			killed = true;
		}
		if (open)
			open = exchange(r, 200);
		else
			usleep(20000);
	}
	/* What it left behind in the background is not waited for. */
	while (open && exchange(r, 0) && poll(&(struct pollfd){ r->out, POLLIN, 0 }, 1, 0) > 0)
		;
	if (killed) {
		*why = rs_printf("it did not end within %u seconds", seconds);
		return RS_RUN_TOO_LONG;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool
make_pipes(int in[2], int out[2], int report[2])
{
	int *const pipes[] = { in, out, report };

	for (size_t i = 0; i < RS_COUNT(pipes); i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0) {
			int error = errno;

			while (i-- > 0) {
				close(pipes[i][0]);
				close(pipes[i][1]);
			}
			errno = error;
			return false;
		}
	return true;
}

static int
cannot_start(const char *program, int error, char **why)
{
	*why = rs_printf("%s cannot be started: %s%s", program, strerror(error), error != ENOEXEC ?
			 "" : " (it is made for another kind of processor, or is no program)");
	return RS_RUN_NOT_STARTED;
}

/* ends[0]: of its input, ends[1] of its output, ends[2] where it says why not. */
static int
start(struct running *r, const char *program, const char *const argv[], const int ends[3])
{
	struct rs_array env;
	char **environment = make_environment(&env);
	int error;

	r->pid = rs_tree_is_entered() ? rs_refresh_in_root_fork() : fork();
	if (r->pid == 0)
		child(program, argv, environment, ends);
	error = r->pid < 0 ? errno : 0;
	rs_array_free(&env);
	for (int i = 0; i < 3; i++)
		close(ends[i]);
	return error;
}

int
rs_run(const char *const argv[], const char *input, unsigned seconds, struct rs_buf *output,
       char **why)
{
	char real[PATH_MAX];
	struct running r = { .input = input ? input : "", .output = output };
	int in[2], out[2], report[2], status, error;

	if (rs_tree_is_entered() && !rs_refresh_in_root_is_allowed()) {
		*why = rs_strdup("no program of another system is run");
		return RS_RUN_NOT_STARTED;
	}
	if (!rs_may_run(argv[0], real, why))
		return RS_RUN_NOT_STARTED;
	if (!make_pipes(in, out, report))
		return cannot_start(argv[0], errno, why);
	r.left = strlen(r.input);
	r.in = in[1];
	r.out = out[0];
	fcntl(r.in, F_SETFL, O_NONBLOCK);
	error = start(&r, real, argv, (const int[3]){ in[0], out[1], report[1] });
	if (error == 0)
		error = why_not_executed(report[0]);
	else
		r.pid = 0;
	status = r.pid == 0 ? 0 : wait_for(&r, seconds, why);
	if (error != 0)
		status = cannot_start(argv[0], error, why);
	close_in(&r);
	close(r.out);
	close(report[0]);
	return status;
}

int
rs_change_run(const char *const argv[], const char *input, unsigned seconds,
	      struct rs_buf *output, char **why)
{
	if (rs_change_point() < 0)
		return cannot_start(argv[0], errno, why);
	return rs_run(argv, input, seconds, output, why);
}
