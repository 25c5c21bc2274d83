/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a record: nothing that it says is believed before its digests
 * agree, its schema holds, and each place in it is one that a step of its
 * kind could have had.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "browser-places.h"
#include "java-places.h"
#include "layout.h"
#include "record.h"
#include "rows-shape.h"

#define MAX_PROGRESS (16u << 20)

static void
damaged(struct rs_record *record, char *why)
{
	if (record->state != RS_RECORD_DAMAGED) {
		record->state = RS_RECORD_DAMAGED;
		record->reason = rs_strdup(why);
	}
	free(why);
}

static void
note_of_step(struct rs_record *record, unsigned n, const char *name)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		struct rs_step *step = record->steps.v[i];

		for (int s = RS_STEP_PLANNED; s <= RS_STEP_CONFLICT && step->n == n; s++)
			if (rs_streq(name, rs_step_state_name((enum rs_step_state)s)))
				step->state = (enum rs_step_state)s;
	}
}

/* A line that a crash cut short says nothing. */
static void
read_notes(struct rs_record *record, char *text)
{
	char *save = NULL, *end = strrchr(text, '\n');

	if (end != NULL)
		*end = '\0';
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char name[16];
		unsigned n;

		if (sscanf(line, "step %u %15s", &n, name) == 2)
			note_of_step(record, n, name);
		else if (sscanf(line, "state %15s", name) == 1)
			for (int s = RS_RECORD_PENDING; s < RS_RECORD_DAMAGED; s++)
				if (rs_streq(name, rs_record_state_name((enum rs_record_state)s)))
					record->state = (enum rs_record_state)s;
	}
}

static bool
copies_are_possible(const struct rs_step *step, const struct rs_layout *layout)
{
	for (size_t i = 0; i < step->copies.n; i++) {
		const struct rs_copy *copy = step->copies.v[i];
		size_t k = 0;

		while (layout->derived[k] != NULL && !rs_streq(layout->derived[k], copy->path))
			k++;
		if (layout->derived[k] == NULL)
			return false;
	}
	return true;
}

/* A policy loses elements, a certificate goes whole; links are none of either. */
static bool
policy_is_possible(const struct rs_step *step, const struct rs_user *user)
{
	enum rs_browser_place place = rs_browser_place_of(step->path, user);

	return step->kind == RS_STEP_FILE && !step->derived &&
	    step->before.type == RS_SAVED_FILE && place != RS_PLACE_NONE &&
	    step->op == (place == RS_PLACE_CERTIFICATE ? RS_FILE_REMOVE : RS_FILE_ELEMENT) &&
	    step->after.type == (place == RS_PLACE_CERTIFICATE ? RS_SAVED_ABSENT : RS_SAVED_FILE);
}

/* A JVM's keystore loses entries, and is a file still. */
static bool
keystore_is_possible(const struct rs_step *step, const struct rs_user *user)
{
	return step->kind == RS_STEP_FILE && step->op == RS_FILE_KEYSTORE && user == NULL &&
	    !step->derived && step->before.type == RS_SAVED_FILE &&
	    step->after.type == RS_SAVED_FILE && rs_java_is_jvms(step->path);
}

static bool
is_users_database(const struct rs_step *step)
{
	const struct rs_rows_shape *shape = rs_rows_shape(step->store_kind);
	const char *name = strrchr(step->path, '/');

	return step->kind == RS_STEP_ROWS && shape != NULL && step->path[0] == '/' &&
	    rs_streq(name + 1, shape->file) && strstr(step->path, "/../") == NULL;
}

/* A place that a step of this kind could have had, with this owner. */
static bool
place_is_possible(const struct rs_step *step, const struct rs_user *user)
{
	const struct rs_layout *layout = NULL;

	if (step->path == NULL || step->store == NULL || step->store_kind == NULL)
		return false;
	if (rs_streq(step->store_kind, RS_KIND_BROWSER_POLICY))
		return policy_is_possible(step, user);
	if (rs_streq(step->store_kind, RS_KIND_JAVA) || step->op == RS_FILE_KEYSTORE)
		return keystore_is_possible(step, user) &&
		    rs_streq(step->store_kind, RS_KIND_JAVA);
	if (user != NULL)
		return is_users_database(step);
	if (step->kind == RS_STEP_REFRESH) {
		layout = rs_layout_find(step->layout);
		return layout != NULL && copies_are_possible(step, layout);
	}
	layout = rs_layout_detect();
	return step->kind == RS_STEP_FILE && step->op != RS_FILE_ELEMENT && layout != NULL &&
	    layout->owns(layout, step->path);
}

static bool
modes_are_possible(const struct rs_saved *saved, const struct rs_user *user)
{
	if (saved->type == RS_SAVED_ABSENT)
		return true;
	if (saved->type == RS_SAVED_LINK && saved->target == NULL)
		return false;
	if (saved->sha256 == NULL)
		return false;
	for (size_t i = 0; i < saved->xattrs.n; i++) {
		const struct rs_xattr *xattr = saved->xattrs.v[i];

		if (rs_streq(xattr->name, "security.capability"))
			return false;
	}
	return (saved->mode & ~0777U) == 0 && (user != NULL || saved->uid == 0);
}

static bool
all_modes_are_possible(const struct rs_step *step, const struct rs_user *user)
{
	bool possible = modes_are_possible(&step->before, user) &&
	    modes_are_possible(&step->after, user);

	for (size_t i = 0; i < step->copies.n && possible; i++)
		possible = modes_are_possible(&((struct rs_copy *)step->copies.v[i])->saved, user);
	return possible;
}

static void
check_places(struct rs_record *record, const struct rs_user *user)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		if (!place_is_possible(step, user))
			damaged(record, rs_printf("step %u names %s, which no step of this kind "
			    "could have changed", step->n, step->path ? step->path : "nothing"));
		else if (!all_modes_are_possible(step, user))
			damaged(record, rs_printf("step %u asks for an owner, a mode or an "
			    "attribute that no step has", step->n));
	}
}

void
rs_record_check_contents(struct rs_record *record)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];
		RS_AUTOBUF struct rs_buf buf = { 0 };
		char *why = NULL;

		if (step->before.type == RS_SAVED_FILE &&
		    !rs_record_load(record, &step->before, &buf, &why))
			damaged(record, why);
		if ((step->op == RS_FILE_CREATE || step->op == RS_FILE_KEYSTORE) &&
		    step->after.type == RS_SAVED_FILE) {
			RS_AUTOBUF struct rs_buf bytes = { 0 };

			if (!rs_record_load(record, &step->after, &bytes, &why))
				damaged(record, why);
		}
		for (size_t k = 0; k < step->copies.n; k++) {
			const struct rs_copy *copy = step->copies.v[k];
			RS_AUTOBUF struct rs_buf bytes = { 0 };

			if (!rs_record_load(record, &copy->saved, &bytes, &why))
				damaged(record, why);
		}
	}
}

static bool
read_file(int dirfd, const char *name, size_t max, struct rs_buf *buf)
{
	RS_AUTOCLOSE int fd = rs_open_regular(dirfd, name, O_NOFOLLOW);

	return fd >= 0 && rs_read_all(fd, max, buf) == 0;
}

struct rs_record *
rs_record_read(int recordsfd, const char *id, const struct rs_user *user)
{
	struct rs_record *record = rs_record_new(id, NULL);
	RS_AUTOBUF struct rs_buf xml = { 0 }, progress = { 0 };
	char digest[RS_SHA256_HEX], expected[RS_SHA256_HEX];
	char *why = NULL;

	record->dirfd = openat(recordsfd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (record->dirfd < 0 || !read_file(record->dirfd, RS_RECORD_XML, RS_RECORD_MAX, &xml) ||
	    !read_file(record->dirfd, RS_RECORD_PROGRESS, MAX_PROGRESS, &progress)) {
		damaged(record, rs_printf("it cannot be read: %s", strerror(errno)));
		return record;
	}
	rs_sha256(xml.data, xml.len, digest);
	if (sscanf(progress.data, "record %64[0-9a-f]", expected) != 1 ||
	    !rs_streq(digest, expected)) {
		damaged(record, rs_strdup("record.xml is not what was written (its digest differs)"));
		return record;
	}
	if (!rs_record_from_xml(record, xml.data, xml.len, &why)) {
		damaged(record, why);
	} else {
		read_notes(record, progress.data);
		check_places(record, user);
	}
	/* Its steps are not to be heard, and might not even be told. */
	if (record->state == RS_RECORD_DAMAGED)
		rs_array_free(&record->steps);
	return record;
}

