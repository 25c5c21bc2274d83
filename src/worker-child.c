/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The child's side of worker.h: what it says, and how it gives up its rights. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "sqlite-open.h"
#include "tree.h"
#include "wire.h"
#include "worker.h"

#define CHILD_FAILED 120
#define MAX_FILES 256
#define MAX_MEMORY (2UL << 30)
/* A private copy of a database, with what its journal adds. */
#define MAX_FILE_SIZE (2UL * RS_SQLITE_MAX_SIZE)

void
rs_wire_send(struct rs_wire *wire, json_object *line)
{
	const char *text = json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN);
	struct iovec { const char *p; size_t n; } parts[] = {
		{ text, strlen(text) }, { "\n", 1 },
	};

	for (size_t i = 0; i < RS_COUNT(parts); i++)
		while (parts[i].n > 0) {
			ssize_t n = send(wire->fd, parts[i].p, parts[i].n, MSG_NOSIGNAL);

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				_exit(CHILD_FAILED);
			parts[i].p += n;
			parts[i].n -= (size_t)n;
		}
	json_object_put(line);
}

static bool
wire_begin(struct rs_sink *sink, const char *kind, const char *path)
{
	struct rs_wire *wire = (struct rs_wire *)sink;
	RS_AUTOFREE char *key = rs_printf("%s %s", kind, path);
	json_object *line;

	if (rs_store_is_excluded(wire->worker->exclude, kind, wire->worker->owner, path)) {
		struct rs_store *store = rs_store_new(kind, wire->worker->owner, path);

		rs_store_fail(store, RS_STORE_EXCLUDED, "left out as asked");
		sink->store(sink, store);
		return false;
	}
	if (rs_array_has_str(&wire->worker->skipped, key) ||
	    rs_array_has_str(&wire->worker->told, key))
		return false;
	line = json_object_new_object();
	rs_wire_put_text(line, "type", "begin");
	rs_wire_put_bytes(line, "key", key);
	rs_wire_send(wire, line);
	return true;
}

static void
wire_store(struct rs_sink *sink, struct rs_store *store)
{
	rs_wire_send((struct rs_wire *)sink, rs_store_to_json(store));
	rs_store_free(store);
}

static void
wire_fact(struct rs_sink *sink, const char *type, const char *text)
{
	json_object *line = json_object_new_object();

	rs_wire_put_text(line, "type", type);
	rs_wire_put_bytes(line, "text", text);
	rs_wire_send((struct rs_wire *)sink, line);
}

/* Messages of the libraries must not reach a terminal from here. */
static void
close_others(int keep)
{
	/* A tree has none that is to be believed; who is in one is a worker, and
	 * has the system's already. */
	int null = rs_tree_is_entered() ? STDOUT_FILENO : open("/dev/null", O_RDWR);

	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		dup2(null, fd);
	if (null < 0 || dup2(keep, 3) != 3)
		_exit(CHILD_FAILED);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	if (close_range(4, ~0U, 0) < 0)
		_exit(CHILD_FAILED);
}

static void
set_limit(int what, rlim_t max)
{
	struct rlimit limit;

	/* Never raised: an administrator's may be lower. */
	if (getrlimit(what, &limit) == 0 && limit.rlim_max > max)
		limit.rlim_max = max;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(what, &limit);
}

static bool
has_sanitizer(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return true;
#elif defined(__has_feature)
	return __has_feature(address_sanitizer);
#else
	return false;
#endif
}

static void
set_limits(const struct rs_worker *worker)
{
	bool users = worker->user != NULL && !rs_streq(worker->owner, RS_OWNER_SYSTEM);

	umask(077);
	set_limit(RLIMIT_CORE, 0);
	if (worker->keep_rights)
		return;
	set_limit(RLIMIT_NOFILE, MAX_FILES);
	/* The parent's clock is what counts; this ends what outlives the parent. */
	if (worker->seconds != 0)
		set_limit(RLIMIT_CPU, worker->seconds + 1);
	if (!worker->changes) {
		signal(SIGXFSZ, SIG_IGN);
		set_limit(RLIMIT_FSIZE, MAX_FILE_SIZE);
	}
	/* No process of its own, whatever that user has elsewhere. A module of
	 * the system's may need a thread. */
	if (users)
		set_limit(RLIMIT_NPROC, 0);
	/* AddressSanitizer needs terabytes of it. */
	if (!has_sanitizer())
		set_limit(RLIMIT_AS, MAX_MEMORY);
}

/* A user's groups help a user's stores; nobody needs none, and those of
 * another tree are not this system's. */
static void
find_groups(const struct rs_worker *worker, struct rs_groups *groups)
{
	if (geteuid() == 0 && worker->user != NULL && worker->user->name != NULL &&
	    !worker->read_all && worker->root == NULL)
		rs_home_groups(groups, worker->user);
}

static void
drop_rights(struct rs_worker *worker, const struct rs_groups *groups)
{
	const struct rs_user *user = worker->user;
	const char *place = "/";

	if (worker->root != NULL && !rs_tree_enter(worker->root))
		_exit(CHILD_FAILED);
	if (worker->keep_rights && worker->changes)
		return;
	if (geteuid() == 0 && user != NULL) {
		if (!rs_home_become(user, groups, worker->read_all))
			_exit(CHILD_FAILED);
		if (user->home != NULL)
			place = user->home;
	} else if (!rs_home_keep_to_oneself()) {
		_exit(CHILD_FAILED);
	}
	/* Where the kernel refuses, it is bound by who it is, as without. */
	if (!worker->runs_tools)
		rs_confine(place, worker->changes);
}

void
rs_worker_child(struct rs_worker *worker, int fd)
{
	struct rs_wire wire = {
		.sink = { wire_begin, wire_store, wire_fact },
		.fd = 3,
		.worker = worker,
	};
	struct rs_groups groups = { 0 };

	if (!worker->changes)
		rs_worker_end_on_signals();
	/* First: what looks them up may leave a connection open. */
	find_groups(worker, &groups);
	close_others(fd);
	if (worker->prepare != NULL)
		worker->prepare(worker);
	set_limits(worker);
	drop_rights(worker, &groups);
	free(groups.ids);
	/* After the drop, which clears it. What changes something goes on to
	 * the end of its step, as after any other loss of its parent. */
	if (!worker->changes)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	worker->run(worker, &wire);
	wire_fact(&wire.sink, "end", "");
	_exit(0);
}
