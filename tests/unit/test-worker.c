/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As root: children give up rights that an ordinary user does not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-fixture.h"
#include "wire.h"
#include "worker.h"

static struct rs_user nobody = {
	.name = (char *)(uintptr_t)"nobody", .home = (char *)(uintptr_t)"/",
	.uid = 65534, .gid = 65534,
};

/* What a worker's lines said, one a line: "type text". */
static void
take(struct rs_worker *worker, json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type"), *text = rs_wire_bytes(&r, "text");
	RS_AUTOFREE char *path = rs_wire_bytes(&r, "path");

	rs_buf_printf(worker->data, "%s %s\n", type ? type : "?", text ? text : path ? path : "-");
}

static struct rs_worker *
worker_of(void (*run)(struct rs_worker *, struct rs_wire *), void *arg, struct rs_buf *said)
{
	struct rs_worker *worker = rs_worker_new("nobody", run, arg);

	nobody.silent = false;
	worker->user = &nobody;
	worker->seconds = 20;
	worker->line = take;
	worker->data = said;
	rs_buf_puts(said, "");
	return worker;
}

/* Runs one; it must say this, and end so (NULL: well). */
static void
expect(void (*run)(struct rs_worker *, struct rs_wire *), void *arg, const char *said,
       const char *failure)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_worker *worker = worker_of(run, arg, &buf);

	rs_worker_run(worker);
	assert_string_equal(buf.data, said);
	if (failure == NULL)
		assert_null(worker->failure);
	else
		assert_string_equal(worker->failure, failure);
	assert_int_equal(worker->pid, 0);
	assert_int_equal(worker->fd, -1);
	rs_worker_free(worker);
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

static bool
tell_store(struct rs_wire *wire, const char *path)
{
	if (!wire->sink.begin(&wire->sink, RS_KIND_NSS, path))
		return false;
	wire->sink.store(&wire->sink, rs_store_new(RS_KIND_NSS, "nobody", path));
	return true;
}

static void
run_tells(struct rs_worker *worker, struct rs_wire *wire)
{
	fact(wire, "%s", (char *)worker->arg);
	fact(wire, "\xff line\n two");
	tell_store(wire, "/a b\xfe");
}

static void
test_tells(void **state RS_UNUSED)
{
	expect(run_tells, (void *)(uintptr_t)"hello",
	       "fact hello\nfact \xff line\n two\nstore /a b\xfe\n", NULL);
}

static void
run_nothing(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire RS_UNUSED)
{
}

static void
test_nothing(void **state RS_UNUSED)
{
	expect(run_nothing, NULL, "", NULL);
}

static void
run_much(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	RS_AUTOFREE char *text = rs_alloc(200001);

	memset(text, 'x', 200000);
	for (int i = 0; i < 20; i++)
		fact(wire, "%s", text);
}

static void
test_much(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_worker *worker = worker_of(run_much, NULL, &buf);

	rs_worker_run(worker);
	assert_null(worker->failure);
	assert_int_equal(buf.len, 20 * (strlen("fact \n") + 200000));
	rs_worker_free(worker);
}

/*
 * Children that come to grief on one of their stores.
 */

enum grief { GRIEF_HANG, GRIEF_DIE, GRIEF_GARBAGE, GRIEF_LEAVE };

struct trouble {
	const char *store;	/* on all, where NULL */
	enum grief grief;
};

static void
come_to_grief(enum grief grief, struct rs_wire *wire)
{
	switch (grief) {
	case GRIEF_HANG:
		for (;;)
			pause();
	case GRIEF_DIE:
		raise(SIGKILL);
		break;
	case GRIEF_GARBAGE:
		dprintf(wire->fd, "{\"type\":\n");
		for (;;)
			pause();
	case GRIEF_LEAVE:
		_exit(0);
	}
}

static void
run_stores(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct trouble *trouble = worker->arg;

	for (char path[] = "/1"; path[1] <= '6'; path[1]++) {
		if (!wire->sink.begin(&wire->sink, RS_KIND_NSS, path))
			continue;
		if (trouble->store == NULL || rs_streq(trouble->store, path))
			come_to_grief(trouble->grief, wire);
		wire->sink.store(&wire->sink, rs_store_new(RS_KIND_NSS, "nobody", path));
	}
	fact(wire, "all");
}

static void
expect_trouble(const char *store, enum grief grief, const char *said, const char *failure,
	       size_t skipped)
{
	struct trouble trouble = { store, grief };
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_worker *worker = worker_of(run_stores, &trouble, &buf);

	worker->store_seconds = 1;
	rs_worker_run(worker);
	assert_string_equal(buf.data, said);
	assert_int_equal(worker->skipped.n, skipped);
	if (skipped == 1)
		assert_string_equal(worker->skipped.v[0], "nss /3");
	assert_true((worker->failure == NULL) == (failure == NULL));
	if (failure != NULL)
		assert_string_equal(worker->failure, failure);
	rs_worker_free(worker);
}

#define ALL_BUT_3 "store /1\nstore /2\nstore /4\nstore /5\nstore /6\nfact all\n"

static void
test_hangs_on_store(void **state RS_UNUSED)
{
	expect_trouble("/3", GRIEF_HANG, ALL_BUT_3, NULL, 1);
}

static void
test_dies_on_store(void **state RS_UNUSED)
{
	expect_trouble("/3", GRIEF_DIE, ALL_BUT_3, NULL, 1);
	expect_trouble("/3", GRIEF_GARBAGE, ALL_BUT_3, NULL, 1);
	expect_trouble("/3", GRIEF_LEAVE, ALL_BUT_3, NULL, 1);
}

/* Three times at most. */
static void
test_dies_on_all(void **state RS_UNUSED)
{
	expect_trouble(NULL, GRIEF_DIE, "", "the child ended too early", 3);
	expect_trouble(NULL, GRIEF_GARBAGE, "", "the child's word was not understood", 3);
}

/*
 * Children that are somebody's who wishes no good.
 */

static void
run_bytes(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct rs_buf *bytes = worker->arg;

	for (size_t sent = 0; sent < bytes->len;) {
		ssize_t n = write(wire->fd, bytes->data + sent, bytes->len - sent);

		if (n <= 0)
			_exit(1);
		sent += (size_t)n;
	}
	for (;;)
		pause();
}

static void
expect_bytes(const char *bytes, size_t len, const char *said, const char *failure)
{
	struct rs_buf buf = { (char *)(uintptr_t)bytes, len, 0 };

	expect(run_bytes, &buf, said, failure);
}

#define BYTES(s) (s), sizeof(s) - 1
#define NOT_UNDERSTOOD "the child's word was not understood"

static void
test_lies(void **state RS_UNUSED)
{
	static const char *const lines[] = {
		"\n", "garbage\n", "7\n", "null\n", "[]\n", "\"end\"\n", "{\n", "{\"type\":\"fact\"\n",
		"\xff\xfe\n", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]\n",
	};

	for (size_t i = 0; i < RS_COUNT(lines); i++)
		expect_bytes(lines[i], strlen(lines[i]), "", NOT_UNDERSTOOD);
	expect_bytes(BYTES("\0\n"), "", NOT_UNDERSTOOD);
	expect_bytes(BYTES("{\"type\":\"fact\",\"text\":\"a\"}\n\n"), "fact a\n", NOT_UNDERSTOOD);
	expect_bytes(BYTES("{}\n{\"type\":7}\n{\"type\":\"x\",\"text\":[]}\n{\"type\":\"end\"}\n"),
		     "? -\n? -\nx -\n", NULL);
}

/* After its last word nobody waits for it, nor hears more. */
static void
test_end_and_stays(void **state RS_UNUSED)
{
	time_t start = time(NULL);

	expect_bytes(BYTES("{\"type\":\"end\"}\n{\"type\":\"fact\",\"text\":\"late\"}\n"), "", NULL);
	assert_true(time(NULL) - start < 10);
}

static void
test_endless_line(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf bytes = { 0 };
	char chunk[65536];

	memset(chunk, 'x', sizeof(chunk));
	while (bytes.len <= 65u << 20)
		rs_buf_add(&bytes, chunk, sizeof(chunk));
	expect_bytes(bytes.data, bytes.len, "", "a line of the child's is too long");
}

/* Beginning stores for ever does not gain time. */
static void
run_begins(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	for (;;) {
		wire->sink.begin(&wire->sink, RS_KIND_NSS, "/1");
		usleep(100000);
	}
}

static void
test_total_time(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_worker *worker = worker_of(run_begins, NULL, &buf);
	time_t start = time(NULL);

	worker->seconds = 2;
	worker->store_seconds = 1;
	rs_worker_run(worker);
	assert_true(nobody.silent);
	assert_string_equal(worker->failure, "timed out");
	assert_true(time(NULL) - start < 10);
	rs_worker_free(worker);
	/* Whoever did not answer is not waited for again. */
	worker = worker_of(run_begins, NULL, &buf);
	nobody.silent = true;
	start = time(NULL);
	rs_worker_run(worker);
	assert_string_equal(worker->failure, "its owner's process did not answer before");
	assert_true(time(NULL) - start < 2);
	rs_worker_free(worker);
}

/* Nor does hanging on one store after the other: the time is for all. */
static void
test_total_time_of_restarts(void **state RS_UNUSED)
{
	struct trouble trouble = { NULL, GRIEF_HANG };
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_worker *worker = worker_of(run_stores, &trouble, &buf);

	worker->seconds = 2;
	worker->store_seconds = 1;
	rs_worker_run(worker);
	assert_string_equal(worker->failure, "timed out");
	assert_true(worker->skipped.n <= 2);
	rs_worker_free(worker);
}

/*
 * What a child still has of its parent's.
 */

/* Asked before the drop: afterwards /proc/self is root's. */
static void
look_at_descriptors(struct rs_worker *worker)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;
	int *found = worker->arg;

	*found = 0;
	while (d != NULL && (entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(d))
			*found |= 1 << atoi(entry->d_name);
	if (d != NULL)
		closedir(d);
}

static void
run_tell_number(struct rs_worker *worker, struct rs_wire *wire)
{
	struct stat st;

	fact(wire, "%x", *(int *)worker->arg);
	for (int fd = 0; fd < 4; fd++)
		fact(wire, "%d %s", fd, fstat(fd, &st) < 0 ? "-" : S_ISSOCK(st.st_mode) ? "socket" :
		     S_ISCHR(st.st_mode) ? "character" : "other");
	for (int fd = 4; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fact(wire, "%d is open", fd);
}

static void
test_descriptors(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	int found = 0, secret = open("/etc/shadow-like", O_RDWR | O_CREAT, 0600);
	int high = fcntl(secret, F_DUPFD, 200);
	struct rs_worker *worker = worker_of(run_tell_number, &found, &buf);

	assert_true(secret >= 3);
	assert_true(high >= 200);
	worker->prepare = look_at_descriptors;
	rs_worker_run(worker);
	assert_null(worker->failure);
	assert_string_equal(buf.data, "fact f\nfact 0 character\nfact 1 character\n"
			    "fact 2 character\nfact 3 socket\n");
	rs_worker_free(worker);
	close(secret);
	close(high);
}

static void
run_rights(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;
	struct rlimit core;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	getrlimit(RLIMIT_CORE, &core);
	fact(wire, "%u %u %u %u %u %u", r, e, s, rg, eg, sg);
	fact(wire, "core %u umask %03o", (unsigned)core.rlim_max, umask(0));
	fact(wire, "no_new_privs %d dumpable %d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	     prctl(PR_GET_DUMPABLE));
	fact(wire, "back to root: %d %d", setuid(0), setresuid(0, 0, 0));
	fact(wire, "back to its group: %d", setgid(0));
	fact(wire, "root's file: %s", open("/etc/root-only", O_RDONLY) < 0 ? "closed" : "open");
}

static void
make_secret(void)
{
	file_puts("/etc/root-only", "secret\n");
	assert_int_equal(chmod("/etc/root-only", 0600), 0);
}

static void
test_becomes_nobody(void **state RS_UNUSED)
{
	make_secret();
	expect(run_rights, NULL, "fact 65534 65534 65534 65534 65534 65534\n"
	       "fact core 0 umask 077\nfact no_new_privs 1 dumpable 0\n"
	       "fact back to root: -1 -1\nfact back to its group: -1\n"
	       "fact root's file: closed\n", NULL);
}

static void
run_reads(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	fact(wire, "read: %s", open("/etc/root-only", O_RDONLY) < 0 ? "no" : "yes");
	fact(wire, "write: %s", open("/etc/root-only", O_WRONLY) < 0 ? "no" : "yes");
	fact(wire, "owner: %s", chown("/etc/root-only", 65534, 65534) < 0 ? "no" : "yes");
	fact(wire, "uid: %d", setuid(0));
}

/* Reading is all that it may do with what is root's. */
static void
test_reads_all(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_worker *worker = worker_of(run_reads, NULL, &buf);

	make_secret();
	worker->read_all = true;
	rs_worker_run(worker);
	assert_null(worker->failure);
	assert_string_equal(buf.data, "fact read: yes\nfact write: no\nfact owner: no\nfact uid: -1\n");
	rs_worker_free(worker);
}

static void
run_root(struct rs_worker *worker RS_UNUSED, struct rs_wire *wire)
{
	fact(wire, "%s %s", file_exists("/inside") ? "inside" : "outside",
	     file_exists("/../etc/passwd") ? "out" : "in");
	fact(wire, "%u", (unsigned)getuid());
}

static void
test_root(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_worker *worker = worker_of(run_root, NULL, &buf);

	file_mkdir("/srv/tree");
	file_puts("/srv/tree/inside", "");
	worker->root = "/srv/tree";
	rs_worker_run(worker);
	assert_null(worker->failure);
	assert_string_equal(buf.data, "fact inside in\nfact 65534\n");
	rs_worker_free(worker);
	buf.len = 0;
	worker = worker_of(run_root, NULL, &buf);
	worker->root = "/srv/none";
	rs_worker_run(worker);
	assert_string_equal(worker->failure, "the child ended too early");
	assert_string_equal(buf.data, "");
	rs_worker_free(worker);
}

/*
 * Several at once.
 */

static void
run_waits(struct rs_worker *worker, struct rs_wire *wire)
{
	usleep(*(unsigned *)worker->arg * 1000);
	fact(wire, "%u", *(unsigned *)worker->arg);
}

static int64_t
run_four(unsigned jobs)
{
	static unsigned waits[] = { 400, 400, 400, 400 };
	struct timespec start, end;
	struct rs_array workers;
	struct rs_buf said[4] = { { 0 } };

	rs_array_init(&workers, rs_worker_free);
	for (size_t i = 0; i < 4; i++)
		rs_array_add(&workers, worker_of(run_waits, &waits[i], &said[i]));
	clock_gettime(CLOCK_MONOTONIC, &start);
	rs_workers_run(&workers, jobs);
	clock_gettime(CLOCK_MONOTONIC, &end);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(said[i].data, "fact 400\n");
		rs_buf_free(&said[i]);
	}
	rs_array_free(&workers);
	return (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
}

static void
test_jobs(void **state RS_UNUSED)
{
	assert_true(run_four(1) >= 1600);
	assert_true(run_four(4) < 1600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/worker/tells", test_tells),
		FILE_TEST("/worker/nothing", test_nothing),
		FILE_TEST("/worker/much", test_much),
		FILE_TEST("/worker/hangs-on-store", test_hangs_on_store),
		FILE_TEST("/worker/dies-on-store", test_dies_on_store),
		FILE_TEST("/worker/dies-on-all", test_dies_on_all),
		FILE_TEST("/worker/lies", test_lies),
		FILE_TEST("/worker/end-and-stays", test_end_and_stays),
		FILE_TEST("/worker/endless-line", test_endless_line),
		FILE_TEST("/worker/total-time", test_total_time),
		FILE_TEST("/worker/total-time-of-restarts", test_total_time_of_restarts),
		FILE_TEST("/worker/descriptors", test_descriptors),
		FILE_TEST("/worker/becomes-nobody", test_becomes_nobody),
		FILE_TEST("/worker/reads-all", test_reads_all),
		FILE_TEST("/worker/root", test_root),
		FILE_TEST("/worker/jobs", test_jobs),
	};

	file_private_world();
	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
