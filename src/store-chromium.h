/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The certificates that a profile of Chromium's keeps by itself. */
#ifndef RS_STORE_CHROMIUM_H
#define RS_STORE_CHROMIUM_H

#include "store.h"

/* Reads the ServerCertificate of the folder dirfd; path is how people know
 * that file. Never NULL. */
struct rs_store *rs_store_chromium_read(const char *owner, const char *path, int dirfd);

#endif
