/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records that tests write step by step. */
#ifndef RS_TEST_RECORD_FIXTURE_H
#define RS_TEST_RECORD_FIXTURE_H

#include "file-fixture.h"
#include "record.h"

#define RECORD_ID "20261122T190800Z-0123456789abcdef"

/* A system's record in a new folder, begun: its contents can be saved. */
struct rs_record *record_begin(struct file_folder *folder);

/* Adds the removal of a file that held "content\n", as step 1, 2, ... */
struct rs_step *record_add_file_step(struct rs_record *record, const char *path);

void record_commit(struct rs_record *record, const struct file_folder *folder);

/* Adds to a file of the committed record. */
void record_append(const struct file_folder *folder, const char *name, const char *text);

#endif
