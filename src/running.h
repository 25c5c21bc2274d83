/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that run on stores: they keep what they once trusted until they
 * are started again. A worker tells their process ids; here, in the parent,
 * they are checked, as a user may lie.
 */
#ifndef RS_RUNNING_H
#define RS_RUNNING_H

#include "plan.h"

/* The name of the process where it is there and that user's own, else NULL. */
char *rs_running_name(int64_t pid, uid_t uid);

/* Notes that a process of uid's runs on the store, which must outlive it. */
void rs_running_add(struct rs_array *running, const struct rs_store *store, uid_t uid);
void rs_running_free(void *running);

/* Whether it goes by what that store holds: its profile's own, or the
 * database that a user's Chromium-like browsers share. */
bool rs_running_uses(const struct rs_running *running, const struct rs_store *store);

/* Says who keeps a pending step waiting, where the step's worker knew it. */
void rs_running_tell_step(struct rs_step *step, uid_t uid);

#endif
