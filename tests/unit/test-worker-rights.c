/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: what a worker may still do, and how much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "file-fixture.h"
#include "message.h"
#include "wire.h"
#include "worker.h"

#define HOME "/home/alice"
#define UID 4242

static struct rs_user alice = {
	.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)HOME,
	.uid = UID, .gid = UID,
};

/* What its lines said, one a line. */
static void
take(struct rs_worker *worker, json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *text = rs_wire_bytes(&r, "text");

	rs_buf_printf(worker->data, "%s\n", text ? text : "-");
}

static void
fact(struct rs_wire *wire, const char *fmt, ...) RS_PRINTF(2, 3);

static void
fact(struct rs_wire *wire, const char *fmt, ...)
{
	RS_AUTOFREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	wire->sink.fact(&wire->sink, "fact", text);
}

typedef void (*deed)(struct rs_worker *worker, struct rs_wire *wire);

static void
expect(const char *owner, bool changes, deed run, const char *want)
{
	RS_AUTOBUF struct rs_buf said = { 0 };
	struct rs_worker *worker = rs_worker_new(owner, run, NULL);

	rs_buf_puts(&said, "");
	alice.silent = false;
	worker->user = &alice;
	worker->changes = changes;
	worker->seconds = 20;
	worker->line = take;
	worker->data = &said;
	rs_worker_run(worker);
	assert_string_equal(said.data, want);
	assert_null(worker->failure);
	rs_worker_free(worker);
}

static void
run_limits(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	static const struct { const char *name; int what; } limits[] = {
		{ "core", RLIMIT_CORE }, { "seconds", RLIMIT_CPU }, { "files", RLIMIT_NOFILE },
		{ "processes", RLIMIT_NPROC },
	};
	struct rlimit limit;

	for (size_t i = 0; i < RS_COUNT(limits); i++) {
		getrlimit((__rlimit_resource_t)limits[i].what, &limit);
		fact(wire, "%s %lld", limits[i].name, limit.rlim_max > 1000 ? -1 :
		     (long long)limit.rlim_max);
	}
	getrlimit(RLIMIT_FSIZE, &limit);
	fact(wire, "file size %s", limit.rlim_max == RLIM_INFINITY ? "any" : "bounded");
}

static void
test_limits(void **state RS_UNUSED)
{
	expect("alice", false, run_limits, "core 0\nseconds 21\nfiles 256\nprocesses 0\n"
	       "file size bounded\n");
	/* A step's journal may be as long as it has to be. */
	expect("alice", true, run_limits, "core 0\nseconds 21\nfiles 256\nprocesses 0\n"
	       "file size any\n");
	/* A module of the system's may make a thread. */
	expect(RS_OWNER_SYSTEM, false, run_limits, "core 0\nseconds 21\nfiles 256\nprocesses -1\n"
	       "file size bounded\n");
}

/* A bound that is met is an error, not the end. */
static void
run_too_much(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	int fd = open("/tmp/large", O_RDWR | O_CREAT | O_TRUNC, 0600);
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	fact(wire, "fork %s", pid < 0 && errno == EAGAIN ? "refused" : "done");
	fact(wire, "file %s", pwrite(fd, "x", 1, 1LL << 40) < 0 && errno == EFBIG ? "refused" :
	     "written");
	unlink("/tmp/large");
}

static void
test_too_much(void **state RS_UNUSED)
{
	expect("alice", false, run_too_much, "fork refused\nfile refused\n");
}

static void
run_places(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	static const char *const paths[] = { HOME "/file", "/srv/file", "/etc/file" };

	for (size_t i = 0; i < RS_COUNT(paths); i++)
		fact(wire, "%s %s %s", paths[i], open(paths[i], O_RDONLY) < 0 ? "-" : "read",
		     open(paths[i], O_WRONLY) < 0 ? "-" : "write");
	execl("/usr/bin/true", "true", (char *)NULL);
	/* EAGAIN where the user has other processes: none more is allowed. */
	fact(wire, "exec %s", errno == EACCES || errno == EAGAIN ? "refused" : "possible");
}

static void
test_places(void **state RS_UNUSED)
{
	static const char *const paths[] = { HOME "/file", "/srv/file", "/etc/file" };

	if (rs_confine_version() == 0)
		skip();
	file_mkdir(HOME);
	for (size_t i = 0; i < RS_COUNT(paths); i++) {
		file_puts(paths[i], "");
		assert_int_equal(chown(paths[i], UID, UID), 0);
	}
	assert_int_equal(chown(HOME, UID, UID), 0);
	expect("alice", false, run_places, HOME "/file read -\n/srv/file - -\n/etc/file read -\n"
	       "exec refused\n");
	expect("alice", true, run_places, HOME "/file read write\n/srv/file - -\n"
	       "/etc/file read -\nexec refused\n");
}

/* Also where the user asks for more words. */
static void
run_descriptors(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++)
		fact(wire, "%d %s", fd, fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
		     st.st_rdev == makedev(1, 3) ? "nowhere" : "somewhere");
	for (int fd = 4; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fact(wire, "%d is open", fd);
}

static void
test_silent(void **state RS_UNUSED)
{
	rs_verbosity = RS_VERBOSE;
	expect("alice", false, run_descriptors, "0 nowhere\n1 nowhere\n2 nowhere\n");
	rs_verbosity = RS_NORMAL;
}

/* Also who was nobody else before: another program of the same user's. */
static void
run_ends_privacy(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	fact(wire, "%d %d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_DUMPABLE));
}

static void
test_own_run(void **state RS_UNUSED)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(UID, UID, UID) < 0 || setresuid(UID, UID, UID) < 0)
			_exit(2);
		expect("alice", false, run_ends_privacy, "1 0\n");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Words without end cost the parent no more than so many. */
static void
run_babbles(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	for (;;)
		if (write(wire->fd, "{}\n{}\n{}\n{}\n", 12) != 12)
			_exit(1);
}

static void
ignore(struct rs_worker *worker, json_object *line RS_UNUSED)
{
	(*(size_t *)worker->data)++;
}

static void
test_babbles(void **state RS_UNUSED)
{
	struct rs_worker *worker = rs_worker_new("alice", run_babbles, NULL);
	size_t lines = 0;

	alice.silent = false;
	worker->user = &alice;
	worker->seconds = 20;
	worker->line = ignore;
	worker->data = &lines;
	rs_worker_run(worker);
	assert_string_equal(worker->failure, "the child says too much");
	assert_in_range(lines, 1000, 100000);
	assert_int_equal(worker->restarts, 3);
	rs_worker_free(worker);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/worker-rights/limits", test_limits),
		FILE_TEST("/worker-rights/too-much", test_too_much),
		FILE_TEST("/worker-rights/places", test_places),
		FILE_TEST("/worker-rights/silent", test_silent),
		FILE_TEST("/worker-rights/own-run", test_own_run),
		FILE_TEST("/worker-rights/babbles", test_babbles),
	};

	file_private_world();
	return cmocka_run_group_tests_name("worker-rights", tests, NULL, NULL);
}
