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
rs_may_run(const char *program, char real[PATH_MAX], char **why)
{
	char part[PATH_MAX];

	if (realpath(program, real) == NULL || access(real, X_OK) < 0) {
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
child(const char *program, const char *const argv[], char **env, int in, int out)
{
	struct sigaction act = { .sa_handler = SIG_DFL };

	setpgid(0, 0);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
	sigaction(SIGPIPE, &act, NULL);
	umask(022);
	if (chdir("/") < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	close_range(3, ~0U, 0);
	execve(program, (char *const *)(uintptr_t)argv, env);
	_exit(127);
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
		return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
rs_run(const char *const argv[], const char *input, unsigned seconds, struct rs_buf *output,
       char **why)
{
	char real[PATH_MAX];
	struct running r = { .input = input ? input : "", .output = output };
	struct rs_array env;
	int in[2], out[2], status;
	char **environment;

	if (!rs_may_run(argv[0], real, why))
		return -1;
	if (pipe2(in, O_CLOEXEC) < 0) {
		*why = rs_printf("%s cannot be started: %s", argv[0], strerror(errno));
		return -1;
	}
	if (pipe2(out, O_CLOEXEC) < 0) {
		*why = rs_printf("%s cannot be started: %s", argv[0], strerror(errno));
		close(in[0]);
		close(in[1]);
		return -1;
	}
	r.left = strlen(r.input);
	environment = make_environment(&env);
	r.pid = fork();
	if (r.pid == 0)
		child(real, argv, environment, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	r.in = in[1];
	r.out = out[0];
	fcntl(r.in, F_SETFL, O_NONBLOCK);
	if (r.pid < 0) {
		*why = rs_printf("%s cannot be started: %s", argv[0], strerror(errno));
		status = -1;
	} else {
		status = wait_for(&r, seconds, why);
	}
	close_in(&r);
	close(r.out);
	rs_array_free(&env);
	return status;
}

int
rs_change_run(const char *const argv[], const char *input, unsigned seconds,
	      struct rs_buf *output, char **why)
{
	if (rs_change_point() < 0) {
		*why = rs_printf("%s cannot be started: %s", argv[0], strerror(errno));
		return -1;
	}
	return rs_run(argv, input, seconds, output, why);
}
