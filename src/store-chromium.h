/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The certificates that Chromium and its kin keep for each profile
 * (ServerCertificate), beside those of the NSS database that all share.
 */
#ifndef RS_STORE_CHROMIUM_H
#define RS_STORE_CHROMIUM_H

#include "store.h"

/*
 * Reads the ServerCertificate of the profile's folder dirfd; path is how
 * people know that file. Never NULL; what cannot be read is said in the
 * store's state and reason (which does not name the file). An anchor is a
 * certificate that the user trusts, a server's own too; the names and
 * networks that it is trusted for are said in its origin's object. A row whose
 * settings cannot be decoded is a disagreement: Chromium passes it over.
 * No file in dirfd is made or changed. Not to be called while this process
 * has that file open.
 */
struct rs_store *rs_store_chromium_read(const char *owner, const char *path, int dirfd);

#endif
