/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Systems whose files are made or replaced as a whole: what is taken out of
 * them by hand is there again after the next build or update, or cannot be
 * taken out at all.
 */
#ifndef RS_IMMUTABLE_H
#define RS_IMMUTABLE_H

/*
 * What kind of system the tree at root is ("": the running system) and what to
 * do there, as a sentence; the caller's to free. NULL where files may be
 * changed one by one.
 */
char *rs_immutable_advice(const char *root);

#endif
