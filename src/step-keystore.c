/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries of a Java keystore: keytool takes them out of a copy that lies in the
 * record, where nobody else reaches it, and what it leaves is kept there as
 * what the step puts in place.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "keystore.h"
#include "keytool.h"
#include "step.h"

static bool
edit_copy(const struct rs_step *step, struct rs_record *record, const char *name,
	  struct rs_buf *to, char **why)
{
	/* By path: keytool inherits no descriptor. */
	RS_AUTOFREE char *keytool = rs_keytool_find(step->path);
	RS_AUTOFREE char *dir = rs_folder_path(record->dirfd);
	RS_AUTOFREE char *copy = rs_printf("%s/%s", dir ? dir : "", name);
	RS_AUTOCLOSE int fd = -1;

	if (keytool == NULL || dir == NULL) {
		*why = rs_strdup("there is no keytool here");
		return false;
	}
	if (!rs_keytool_delete(keytool, copy, &step->ids, why))
		return false;
	fd = rs_open_regular(record->dirfd, name, O_NOFOLLOW);
	if (fd < 0 || rs_read_all(fd, RS_KEYSTORE_MAX, to) < 0) {
		*why = rs_printf("what keytool left cannot be read: %s", strerror(errno));
		return false;
	}
	return true;
}

bool
rs_step_keystore_edit(struct rs_step *step, struct rs_record *record, const struct rs_buf *from,
		      struct rs_buf *to)
{
	RS_AUTOFREE char *name = rs_printf("step-%u-copy", step->n), *why = NULL;
	bool edited;

	if (rs_record_save(record, name, from->data, from->len) < 0) {
		rs_step_set(step, RS_STEP_REFUSED, "a copy of %s cannot be made: %s", step->path,
			    strerror(errno));
		return false;
	}
	edited = edit_copy(step, record, name, to, &why);
	if (rs_change_unlink(record->dirfd, name, false) < 0 && edited) {
		edited = false;
		why = rs_strdup(strerror(errno));
	}
	if (!edited) {
		rs_step_set(step, RS_STEP_REFUSED, "%s is left as it is (%s): keytool -delete "
			    "-keystore takes a certificate out by hand", step->path, why);
		return false;
	}
	step->after.content = rs_printf("step-%u-after", step->n);
	if (rs_record_save(record, step->after.content, to->data, to->len) < 0) {
		rs_step_set(step, RS_STEP_REFUSED, "what %s is to be cannot be saved: %s",
			    step->path, strerror(errno));
		return false;
	}
	return true;
}
