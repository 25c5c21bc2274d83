/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where programs look by themselves: the certificate folders and bundles that
 * OpenSSL (OPENSSLDIR), Go, curl and others are built with on some
 * distribution or other. On most systems all are links to what the layout's
 * own reader has read; where one is not, it is a store of its own.
 */
#ifndef RS_OPENSSL_PLACES_H
#define RS_OPENSSL_PLACES_H

#include "layout.h"

/* Notes that path, by its real path, is a store of its own. */
void rs_openssl_own(struct rs_copies *copies, const char *path);

/* Reads a bundle or folder into the sink as a store, unless it is not there or
 * is one already. */
void rs_openssl_bundle_read(struct rs_copies *copies, const char *path, struct rs_sink *sink);
void rs_openssl_dir_read(struct rs_copies *copies, const char *path, struct rs_sink *sink);

/* All of the well-known places. */
void rs_openssl_places_read(struct rs_copies *copies, struct rs_sink *sink);

/* Whether a file step may touch this path: a well-known bundle, or a file of a
 * well-known folder. */
bool rs_openssl_places_own(const char *path);

#endif
