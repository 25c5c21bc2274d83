/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "wire.h"

/* What it says is parsed here: memory for a line's JSON is thirty times that. */
#define MAX_LINE (32u << 20)
#define MAX_TOTAL (256u << 20)
#define MAX_LINES 50000
#define MAX_RESTARTS 3
#define REAP_MS 1000

static volatile sig_atomic_t asked_to_end;
static const int end_signals[] = { SIGINT, SIGTERM, SIGHUP };

static void
on_signal(int sig)
{
	asked_to_end = sig;
}

int
rs_worker_signal(void)
{
	return asked_to_end;
}

static void
set_handlers(void (*handler)(int))
{
	struct sigaction act = { .sa_handler = handler };

	for (size_t i = 0; i < RS_COUNT(end_signals); i++)
		sigaction(end_signals[i], &act, NULL);
}

void
rs_worker_catch_signals(void)
{
	set_handlers(on_signal);
	signal(SIGPIPE, SIG_IGN);
}

void
rs_worker_end_on_signals(void)
{
	set_handlers(SIG_DFL);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct rs_worker *
rs_worker_new(const char *owner, void (*run)(struct rs_worker *, struct rs_wire *), void *arg)
{
	struct rs_worker *worker = rs_alloc(sizeof(*worker));

	worker->owner = owner;
	worker->run = run;
	worker->arg = arg;
	worker->fd = -1;
	rs_array_init(&worker->skipped, free);
	rs_array_init(&worker->told, free);
	return worker;
}

void
rs_worker_free(void *p)
{
	struct rs_worker *worker = p;

	if (worker == NULL)
		return;
	rs_cleanup_close(&worker->fd);
	rs_buf_free(&worker->input);
	rs_array_free(&worker->skipped);
	rs_array_free(&worker->told);
	free(worker->failure);
	free(worker->current);
	free(worker);
}

static bool
start(struct rs_worker *worker)
{
	int pair[2];

	/* Each of a run's stages would wait as long for whoever stops it. */
	if (worker->user != NULL && worker->user->silent) {
		worker->failure = rs_strdup("its owner's process did not answer before");
		return false;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		worker->failure = rs_printf("no socket: %s", strerror(errno));
		return false;
	}
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid == 0)
		rs_worker_child(worker, pair[1]);
	close(pair[1]);
	if (worker->pid < 0) {
		close(pair[0]);
		worker->failure = rs_printf("no process: %s", strerror(errno));
		return false;
	}
	worker->fd = pair[0];
	fcntl(worker->fd, F_SETFL, O_NONBLOCK);
	/* Once for all restarts, as the bound on its bytes. */
	if (worker->deadline == 0 && worker->seconds != 0)
		worker->deadline = now_ms() + worker->seconds * 1000;
	worker->store_deadline = 0;
	return true;
}

/*
 * Whether it has ended within a second. A child that waits for a file system
 * of its user's own cannot even be killed, as long as that does not answer.
 */
static bool
has_ended(pid_t pid)
{
	RS_AUTOCLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	int64_t end = now_ms() + REAP_MS, left;

	while (fd >= 0 && (left = end - now_ms()) > 0 && poll(&wait, 1, (int)left) < 0 &&
	       errno == EINTR)
		;
	return waitpid(pid, NULL, fd >= 0 ? WNOHANG : 0) == pid;
}

/* Killed also after its last word: whose it is may keep it from ending. */
static void
reap(struct rs_worker *worker)
{
	kill(worker->pid, SIGKILL);
	if (!has_ended(worker->pid) && worker->user != NULL &&
	    !rs_streq(worker->owner, RS_OWNER_SYSTEM))
		((struct rs_user *)(uintptr_t)worker->user)->silent = true;
	rs_cleanup_close(&worker->fd);
	worker->fd = -1;
	worker->pid = 0;
	rs_buf_free(&worker->input);
}

/* Ended without its word that all was told. */
static void
broken(struct rs_worker *worker, const char *why)
{
	reap(worker);
	if (worker->current != NULL && worker->restarts < MAX_RESTARTS && !asked_to_end) {
		/* One bad store must not hide the others. */
		rs_array_add(&worker->skipped, rs_steal(&worker->current));
		worker->restarts++;
		if (start(worker))
			return;
	}
	if (worker->failure == NULL)
		worker->failure = rs_strdup(why);
}

/* Returns false once the worker's last word was heard. */
static bool
one_line(struct rs_worker *worker, const char *text)
{
	json_object *line = json_tokener_parse(text);
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = NULL;
	bool more = true;

	if (++worker->lines > MAX_LINES) {
		json_object_put(line);
		worker->restarts = MAX_RESTARTS;
		broken(worker, "the child says too much");
		return false;
	}
	if (!json_object_is_type(line, json_type_object)) {
		json_object_put(line);
		broken(worker, "the child's word was not understood");
		return false;
	}
	type = rs_wire_text(&r, "type");
	if (rs_streq(type, "begin")) {
		free(worker->current);
		worker->current = rs_wire_bytes(&r, "key");
		if (worker->store_seconds)
			worker->store_deadline = now_ms() + worker->store_seconds * 1000;
	} else if (rs_streq(type, "end")) {
		more = false;
	} else {
		if (rs_streq(type, "store") && worker->current != NULL) {
			rs_array_add(&worker->told, rs_steal(&worker->current));
			worker->store_deadline = 0;
		}
		worker->line(worker, line);
	}
	json_object_put(line);
	if (!more)
		reap(worker);
	return more;
}

static void
take_lines(struct rs_worker *worker)
{
	struct rs_buf *in = &worker->input;
	size_t start_at = 0;
	char *end;

	while ((end = memchr(in->data + start_at, '\n', in->len - start_at)) != NULL) {
		pid_t pid = worker->pid;

		*end = '\0';
		if (!one_line(worker, in->data + start_at) || worker->pid != pid)
			return;
		start_at = (size_t)(end - in->data) + 1;
	}
	memmove(in->data, in->data + start_at, in->len - start_at);
	in->len -= start_at;
}

static void
receive(struct rs_worker *worker)
{
	char chunk[65536];
	ssize_t n = read(worker->fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		broken(worker, "the child ended too early");
		return;
	}
	worker->total += (size_t)n;
	rs_buf_add(&worker->input, chunk, (size_t)n);
	if (memchr(chunk, '\n', (size_t)n) != NULL)
		take_lines(worker);
	else if (worker->input.len > MAX_LINE)
		broken(worker, "a line of the child's is too long");
	if (worker->pid != 0 && worker->total > MAX_TOTAL)
		broken(worker, "the child says too much");
}

static void
check_time(struct rs_worker *worker, int64_t now)
{
	if (worker->deadline && now >= worker->deadline) {
		worker->restarts = MAX_RESTARTS;
		broken(worker, "timed out");
		/* Only its owner's own is somebody who could be asked again. */
		if (worker->user != NULL && !rs_streq(worker->owner, RS_OWNER_SYSTEM))
			((struct rs_user *)(uintptr_t)worker->user)->silent = true;
	} else if (worker->store_deadline && now >= worker->store_deadline) {
		broken(worker, "timed out");
	}
}

static int
wait_ms(const struct rs_array *workers)
{
	int64_t first = 0, now = now_ms();

	for (size_t i = 0; i < workers->n; i++) {
		const struct rs_worker *w = workers->v[i];
		const int64_t ends[] = { w->deadline, w->store_deadline };

		for (size_t k = 0; w->pid != 0 && k < RS_COUNT(ends); k++)
			if (ends[k] && (first == 0 || ends[k] < first))
				first = ends[k];
	}
	if (first == 0)
		return -1;
	return first <= now ? 0 : (int)(first - now);
}

static void
hand_on_signal(struct rs_array *workers)
{
	static bool done;

	for (size_t i = 0; !done && asked_to_end && i < workers->n; i++) {
		const struct rs_worker *w = workers->v[i];

		if (w->pid != 0)
			kill(w->pid, asked_to_end);
	}
	done = asked_to_end != 0;
}

static void
poll_once(struct rs_array *workers)
{
	struct pollfd *fds = rs_alloc((workers->n + 1) * sizeof(*fds));
	int64_t now;

	for (size_t i = 0; i < workers->n; i++) {
		const struct rs_worker *w = workers->v[i];

		fds[i] = (struct pollfd){ .fd = w->pid ? w->fd : -1, .events = POLLIN };
	}
	if (poll(fds, workers->n, wait_ms(workers)) > 0)
		for (size_t i = 0; i < workers->n; i++)
			if (fds[i].revents != 0)
				receive(workers->v[i]);
	free(fds);
	hand_on_signal(workers);
	now = now_ms();
	for (size_t i = 0; i < workers->n; i++) {
		struct rs_worker *w = workers->v[i];

		if (w->pid != 0)
			check_time(w, now);
	}
}

void
rs_workers_run(struct rs_array *workers, unsigned jobs)
{
	size_t next = 0;

	for (;;) {
		size_t running = 0;

		for (size_t i = 0; i < next; i++)
			running += ((struct rs_worker *)workers->v[i])->pid != 0;
		if (asked_to_end)
			next = workers->n;
		while (running < jobs && next < workers->n)
			running += start(workers->v[next++]);
		if (running == 0 && next == workers->n)
			return;
		poll_once(workers);
	}
}

void
rs_worker_run(struct rs_worker *worker)
{
	struct rs_array one;

	rs_array_init(&one, NULL);
	rs_array_add(&one, worker);
	rs_workers_run(&one, 1);
	rs_array_free(&one);
}
