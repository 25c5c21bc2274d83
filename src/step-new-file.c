/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps that make a file where none was: root's, and readable by all. */
#include <errno.h>
#include <string.h>

#include "change.h"
#include "step.h"

void
rs_step_new_file_prepare(struct rs_step *step, struct rs_record *record)
{
	size_t len = step->content != NULL ? strlen(step->content) : 0;
	char digest[RS_SHA256_HEX];

	if (step->before.type != RS_SAVED_ABSENT || len == 0) {
		rs_step_set(step, RS_STEP_REFUSED, "%s is there already: look what it is for, and "
			    "move it away", step->path);
		return;
	}
	rs_sha256(step->content, len, digest);
	step->after.type = RS_SAVED_FILE;
	step->after.mode = 0644;
	step->after.size = len;
	step->after.sha256 = rs_strdup(digest);
	step->after.content = rs_printf("step-%u", step->n);
	if (rs_record_save(record, step->after.content, step->content, len) < 0)
		rs_step_set(step, RS_STEP_REFUSED, "what is to be in it cannot be saved: %s",
			    strerror(errno));
}

int
rs_step_new_file_put(const struct rs_step *step, struct rs_record *record, int dirfd,
		     const char *name)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	RS_AUTOFREE char *why = NULL;

	if (!rs_record_load(record, &step->after, &content, &why)) {
		errno = EINVAL;
		return -1;
	}
	return rs_change_put(dirfd, name, &step->after, content.data, content.len, false);
}
