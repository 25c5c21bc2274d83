/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker is a forked child that has become somebody with fewer rights
 * before it opens anything foreign. It never executes a program while it is
 * a user, holds one socket and no other descriptor of its parent's, and tells
 * what it finds in lines of JSON. From the drop on it belongs to that user,
 * who may stop it, starve it or lie through it: so the parent bounds time by
 * its own clock, bounds bytes, and takes identities from itself.
 */
#ifndef RS_WORKER_H
#define RS_WORKER_H

#include <json-c/json.h>
#include <sys/types.h>

#include "home.h"
#include "store.h"

struct rs_worker;

/* The child's end: a sink whose events become lines. */
struct rs_wire {
	struct rs_sink sink;		/* first: a sink pointer is a wire pointer */
	int fd;
	const struct rs_worker *worker;	/* tells what not to read again */
};

/* Sends one line; takes line. Ends the process where the parent is gone. */
void rs_wire_send(struct rs_wire *wire, json_object *line);

struct rs_worker {
	const char *owner;		/* whose stores: "system" or a user's name */
	/* Who the child becomes; user NULL: stays who the caller is. One who is
	 * silent is not waited for again. */
	const struct rs_user *user;
	bool read_all;			/* may read every file (CAP_DAC_READ_SEARCH) */
	bool keep_rights;		/* stays root: for steps on the system's stores */
	bool runs_tools;		/* of the system's: Landlock would let it run none */
	bool changes;			/* ends between steps on a signal, not at once */
	const char *root;		/* enters that tree first (tree.h), or NULL */
	const struct rs_array *exclude;	/* char *: what not to read, or NULL */
	unsigned seconds;		/* in all; 0: no bound */
	unsigned store_seconds;		/* between begin and the store's line; 0: none */
	void (*prepare)(struct rs_worker *worker);	/* in the child, before the drop */
	void (*run)(struct rs_worker *worker, struct rs_wire *wire);
	void *arg;			/* for run */
	/* In the parent, for each line; the line is freed after. */
	void (*line)(struct rs_worker *worker, json_object *line);
	void *data;			/* for line */

	/* Result: NULL, or why it did not end well. */
	char *failure;
	struct rs_array skipped;	/* char *: "kind path" that it was killed on */
	struct rs_array told;		/* char *: "kind path" that it has told of */

	pid_t pid;
	int fd;
	struct rs_buf input;
	size_t total, lines;
	int64_t deadline, store_deadline;	/* milliseconds, monotonic; 0: none */
	char *current;			/* "kind path" now being read */
	unsigned restarts;
};

struct rs_worker *rs_worker_new(const char *owner, void (*run)(struct rs_worker *, struct rs_wire *),
				void *arg);
void rs_worker_free(void *worker);

/* Runs all, at most jobs at once, until each has ended. */
void rs_workers_run(struct rs_array *workers, unsigned jobs);
/* One alone. */
void rs_worker_run(struct rs_worker *worker);

/*
 * The signal that asked this run to end (SIGINT, SIGTERM, SIGHUP), else 0.
 * Workers that change something look at it between steps; the parent hands
 * it on to them, the others end at once.
 */
int rs_worker_signal(void);
void rs_worker_catch_signals(void);

/*
 * In the child, as it begins, and only of worker.c: gives up what it has of
 * its parent's, becomes who it is to be, runs, ends (worker-child.c).
 */
__attribute__((noreturn))
void rs_worker_child(struct rs_worker *worker, int fd);
void rs_worker_end_on_signals(void);

#endif
