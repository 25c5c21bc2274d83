/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "running.h"

#include <stdio.h>
#include <string.h>

#define STATUS_MAX 65536

static char *
status_line(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	if (p == NULL)
		return NULL;
	p += strlen(key);
	return rs_strndup(p, strcspn(p, "\n"));
}

char *
rs_running_name(int64_t pid, uid_t uid)
{
	RS_AUTOFREE char *path = rs_printf("/proc/%lld/status", (long long)pid);
	RS_AUTOBUF struct rs_buf text = { 0 };
	RS_AUTOFREE char *uids = NULL;
	unsigned real;

	if (pid <= 0 || rs_read_file(path, STATUS_MAX, &text) < 0)
		return NULL;
	uids = status_line(text.data, "\nUid:\t");
	if (uids == NULL || sscanf(uids, "%u", &real) != 1 || real != uid ||
	    !rs_starts(text.data, "Name:\t"))
		return NULL;
	return status_line(text.data, "Name:\t");
}

void
rs_running_free(void *p)
{
	struct rs_running *running = p;

	free(running->name);
	rs_array_free(&running->stores);
	free(running);
}

void
rs_running_add(struct rs_array *all, const struct rs_store *store, uid_t uid)
{
	RS_AUTOFREE char *name = NULL;
	struct rs_running *running;

	if (store->pid == 0)
		return;
	for (size_t i = 0; i < all->n; i++) {
		running = all->v[i];
		if (running->pid == store->pid && rs_streq(running->user, store->owner)) {
			rs_array_add(&running->stores, (void *)(uintptr_t)store);
			return;
		}
	}
	name = rs_running_name(store->pid, uid);
	if (name == NULL)
		return;
	running = rs_array_add(all, rs_alloc(sizeof(*running)));
	running->pid = store->pid;
	running->name = rs_steal(&name);
	running->user = store->owner;
	rs_array_add(&running->stores, (void *)(uintptr_t)store);
}

static bool
is_shared(const struct rs_store *store)
{
	return rs_streq(store->kind, RS_KIND_NSS) && (rs_ends(store->path, "/.pki/nssdb/cert9.db") ||
						      rs_ends(store->path, "/pki/nssdb/cert9.db"));
}

bool
rs_running_uses(const struct rs_running *running, const struct rs_store *store)
{
	for (size_t i = 0; i < running->stores.n; i++) {
		const struct rs_store *own = running->stores.v[i];

		if (own == store || (rs_streq(own->kind, RS_KIND_CHROMIUM) && is_shared(store) &&
				     rs_streq(own->owner, store->owner)))
			return true;
	}
	return false;
}

void
rs_running_tell_step(struct rs_step *step, uid_t uid)
{
	RS_AUTOFREE char *name = NULL;

	if (step->state != RS_STEP_PENDING)
		return;
	name = rs_running_name(step->pid, uid);
	if (name != NULL)
		rs_step_set(step, RS_STEP_PENDING, "%s (process %lld) has %s open: close it, then "
			    "run rootsweep recover", name, (long long)step->pid, step->path);
}
