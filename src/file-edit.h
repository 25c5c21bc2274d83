/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a file step does to a file's bytes, and its inverse where somebody has
 * changed the file since.
 */
#ifndef RS_FILE_EDIT_H
#define RS_FILE_EDIT_H

#include "plan.h"

/*
 * The bytes of the edited file (op is not RS_FILE_REMOVE). False where from is
 * not what the step's ranges were made for.
 */
bool rs_file_edit(const struct rs_step *step, const struct rs_buf *from, struct rs_buf *to);

/*
 * Takes back in content, which is what the file holds now, what the step did
 * to original; nothing else of it is touched. False where that cannot be:
 * content is then of no use.
 */
bool rs_file_edit_back(const struct rs_step *step, const struct rs_buf *original,
		       struct rs_buf *content);

#endif
