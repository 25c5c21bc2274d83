/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree-users.h"

#include <fcntl.h>
#include <unistd.h>

#include "layout.h"
#include "wire.h"
#include "worker.h"

#define SECONDS 20
#define MAX_ID 0xfffffffeU

#define PASSWD "/etc/passwd"
#define LOGIN_DEFS "/etc/login.defs"

/*
 * In the worker.
 */

static void
tell_user(struct rs_wire *wire, const char *type, const struct rs_user *user)
{
	json_object *line = json_object_new_object();

	rs_wire_put_text(line, "type", type);
	rs_wire_put_bytes(line, "name", user->name);
	rs_wire_put_bytes(line, "home", user->home);
	json_object_object_add(line, "uid", json_object_new_uint64(user->uid));
	json_object_object_add(line, "gid", json_object_new_uint64(user->gid));
	rs_wire_send(wire, line);
}

static void
run_users(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct rs_array *names = worker->arg;
	RS_CLEANUP(rs_array_free) struct rs_array all;
	/* A special file there would keep its reader waiting. */
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, PASSWD, 0);

	rs_array_init(&all, rs_user_free);
	if (fd >= 0 || rs_layout_detect() != NULL)
		wire->sink.fact(&wire->sink, "system", "");
	if (fd < 0)
		return;
	wire->sink.fact(&wire->sink, "passwd", "");
	rs_home_users(&all, PASSWD, LOGIN_DEFS);
	for (size_t i = 0; i < all.n; i++)
		tell_user(wire, "user", all.v[i]);
	for (size_t i = 0; i < names->n; i++) {
		struct rs_user *user = rs_home_user(names->v[i], PASSWD);

		if (user != NULL)
			tell_user(wire, "named", user);
		rs_user_free(user);
	}
}

/*
 * In the parent.
 */

static struct rs_user *
user_of(json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	struct rs_user *user = rs_alloc(sizeof(*user));

	user->name = rs_wire_bytes(&r, "name");
	user->home = rs_wire_bytes(&r, "home");
	user->uid = (uid_t)rs_wire_number(&r, "uid", MAX_ID);
	user->gid = (gid_t)rs_wire_number(&r, "gid", MAX_ID);
	if (r.why == NULL && user->name != NULL && user->name[0] != '\0' && user->home != NULL &&
	    user->home[0] == '/')
		return user;
	rs_user_free(user);
	return NULL;
}

static void
take_line(struct rs_worker *worker, json_object *line)
{
	struct rs_tree_users *users = worker->data;
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type");
	bool listed = rs_streq(type, "user");
	struct rs_user *user;

	users->has_passwd |= rs_streq(type, "passwd");
	users->has_system |= rs_streq(type, "system");
	user = listed || rs_streq(type, "named") ? user_of(line) : NULL;
	if (user != NULL)
		rs_array_add(listed ? &users->all : &users->named, user);
}

void
rs_tree_users_read(struct rs_tree_users *users, const char *root, const struct rs_array *names)
{
	static const struct rs_user nobody = { .uid = 65534, .gid = 65534 };
	struct rs_worker *worker = rs_worker_new(RS_OWNER_SYSTEM, run_users,
						 (void *)(uintptr_t)names);

	*users = (struct rs_tree_users){ 0 };
	rs_array_init(&users->all, rs_user_free);
	rs_array_init(&users->named, rs_user_free);
	worker->user = &nobody;
	worker->read_all = true;
	worker->root = root;
	worker->seconds = SECONDS;
	worker->line = take_line;
	worker->data = users;
	rs_worker_run(worker);
	users->failure = rs_steal(&worker->failure);
	rs_worker_free(worker);
}

void
rs_tree_users_free(struct rs_tree_users *users)
{
	rs_array_free(&users->all);
	rs_array_free(&users->named);
	free(users->failure);
}

const struct rs_user *
rs_tree_user(const struct rs_tree_users *users, const char *name)
{
	for (size_t i = 0; i < users->named.n; i++) {
		const struct rs_user *user = users->named.v[i];

		if (rs_streq(user->name, name))
			return user;
	}
	return NULL;
}
