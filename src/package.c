/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "package.h"

#include <string.h>
#include <unistd.h>

#include "change.h"
#include "wire.h"
#include "worker.h"

/* A list that is longer than this is no list of what somebody added. */
#define MAX_PATHS 100
#define ALL_SECONDS 20
#define ONE_SECONDS 5

/* How each is asked for one file; the path is the last word. */
static const struct tool {
	const char *database;		/* there where packages are managed by it */
	const char *argv[6];
	const char *before;		/* what stands before the name in the answer */
} tools[] = {
	{ "/usr/lib/sysimage/rpm", { "/usr/bin/rpm", "-qf", "--qf", "%{NAME}\\n", "--" }, "" },
	{ "/var/lib/rpm", { "/usr/bin/rpm", "-qf", "--qf", "%{NAME}\\n", "--" }, "" },
	{ "/var/lib/pacman/local", { "/usr/bin/pacman", "-Qqo", "--" }, "" },
	{ "/lib/apk/db", { "/sbin/apk", "info", "--who-owns" }, " is owned by " },
	{ "/usr/lib/apk/db", { "/usr/bin/apk", "info", "--who-owns" }, " is owned by " },
};

struct asking {
	const struct tool *tool;
	struct rs_array paths;		/* char * */
	struct rs_array names;		/* char *, one for each path; "" without an answer */
};

/*
 * In the worker, as nobody.
 */

/* A package's name, and nothing else: letters, digits and a few signs. */
static char *
name_in(const char *answer, const char *before)
{
	static const char signs[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "+-._@:~";
	const char *name = strstr(answer, before);
	size_t n;

	if (name == NULL)
		return NULL;
	name += strlen(before);
	n = strspn(name, signs);
	return n > 0 && (name[n] == '\n' || name[n] == '\0') ? rs_strndup(name, n) : NULL;
}

static void
run_asking(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct asking *asking = worker->arg;

	for (size_t i = 0; i < asking->paths.n; i++) {
		const char *argv[RS_COUNT(asking->tool->argv) + 2] = { NULL };
		RS_AUTOBUF struct rs_buf answer = { 0 };
		RS_AUTOFREE char *why = NULL, *name = NULL, *number = rs_printf("%zu", i);
		size_t n = 0;

		for (; asking->tool->argv[n] != NULL; n++)
			argv[n] = asking->tool->argv[n];
		argv[n] = asking->paths.v[i];
		if (rs_run(argv, NULL, ONE_SECONDS, &answer, &why) == 0 && answer.len > 0)
			name = name_in(answer.data, asking->tool->before);
		if (name != NULL)
			wire->sink.fact(&wire->sink, number, name);
	}
}

/*
 * In the parent.
 */

static void
take_name(struct rs_worker *worker, json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *number = rs_wire_text(&r, "type"), *name = rs_wire_text(&r, "text");
	struct asking *asking = worker->data;
	size_t i = number != NULL ? strtoul(number, NULL, 10) : 0;

	if (name == NULL || i >= asking->names.n)
		return;
	free(asking->names.v[i]);
	asking->names.v[i] = rs_steal(&name);
}

static const struct tool *
find_tool(void)
{
	for (size_t i = 0; i < RS_COUNT(tools); i++)
		if (access(tools[i].database, F_OK) == 0 && access(tools[i].argv[0], X_OK) == 0)
			return &tools[i];
	return NULL;
}

/* Calls act for each origin that is to have a name. */
static void
each_origin(const struct rs_scan *scan, struct asking *asking,
	    void (*act)(struct asking *, struct rs_origin *))
{
	for (size_t i = 0; i < scan->stores.n; i++) {
		const struct rs_store *store = scan->stores.v[i];

		for (size_t k = 0; !rs_store_is_users(store) && k < store->anchors.n; k++) {
			const struct rs_anchor *anchor = store->anchors.v[k];

			for (size_t m = 0; !anchor->is_public && m < anchor->origins.n; m++) {
				struct rs_origin *origin = anchor->origins.v[m];

				if (origin->package == NULL && origin->how != RS_HOW_DERIVED)
					act(asking, origin);
			}
		}
	}
}

static void
ask(struct asking *asking, struct rs_origin *origin)
{
	if (asking->paths.n < MAX_PATHS && !rs_array_has_str(&asking->paths, origin->path)) {
		rs_array_add(&asking->paths, rs_strdup(origin->path));
		rs_array_add(&asking->names, rs_strdup(""));
	}
}

static void
answer(struct asking *asking, struct rs_origin *origin)
{
	for (size_t i = 0; i < asking->paths.n; i++) {
		const char *name = asking->names.v[i];

		if (rs_streq(asking->paths.v[i], origin->path) && name[0] != '\0')
			origin->package = rs_strdup(name);
	}
}

void
rs_packages_name(struct rs_scan *scan, const struct rs_scope *scope)
{
	static const struct rs_user nobody = { .uid = 65534, .gid = 65534 };
	struct asking asking = { .tool = find_tool() };
	struct rs_worker *worker;

	if (asking.tool == NULL || scope->root != NULL)
		return;
	rs_array_init(&asking.paths, free);
	rs_array_init(&asking.names, free);
	each_origin(scan, &asking, ask);
	if (asking.paths.n > 0) {
		worker = rs_worker_new(RS_OWNER_SYSTEM, run_asking, &asking);
		worker->user = &nobody;
		worker->runs_tools = true;
		worker->seconds = ALL_SECONDS;
		worker->line = take_name;
		worker->data = &asking;
		rs_worker_run(worker);
		rs_worker_free(worker);
		each_origin(scan, &asking, answer);
	}
	rs_array_free(&asking.paths);
	rs_array_free(&asking.names);
}
