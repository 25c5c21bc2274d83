/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "record-fixture.h"
#include "store.h"

#define CONTENT "content\n"

struct rs_record *
record_begin(struct file_folder *folder)
{
	struct rs_record *record = rs_record_new(RECORD_ID, NULL);

	file_folder_make(folder);
	record->owner = rs_strdup(RS_OWNER_SYSTEM);
	record->time = rs_strdup("2026-11-22T19:08:00Z");
	assert_int_equal(rs_record_begin(record, folder->fd), 0);
	return record;
}

struct rs_step *
record_add_file_step(struct rs_record *record, const char *path)
{
	RS_AUTOFREE char *id = rs_printf("p11-kit:system:%s", path);
	struct rs_step *step = rs_array_add(&record->steps,
	    rs_step_new(RS_STEP_FILE, RS_KIND_P11KIT, id, path));
	char digest[RS_SHA256_HEX];

	rs_sha256(CONTENT, strlen(CONTENT), digest);
	step->n = (unsigned)record->steps.n;
	step->before.type = RS_SAVED_FILE;
	step->before.mode = 0644;
	step->before.size = strlen(CONTENT);
	step->before.sha256 = rs_strdup(digest);
	step->before.content = rs_printf("step-%u", step->n);
	assert_int_equal(rs_record_save(record, step->before.content, CONTENT, strlen(CONTENT)), 0);
	return step;
}

void
record_commit(struct rs_record *record, const struct file_folder *folder)
{
	assert_int_equal(rs_record_commit(record, folder->fd), 0);
}

void
record_append(const struct file_folder *folder, const char *name, const char *text)
{
	RS_AUTOFREE char *path = rs_printf("%s/" RECORD_ID "/%s", folder->dir, name);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}
