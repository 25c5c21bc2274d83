/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NSS certificate databases: those of Firefox, Thunderbird and Chromium.
 */
#ifndef RS_STORE_NSS_H
#define RS_STORE_NSS_H

#include "store.h"
#include "token.h"

/*
 * Reads the cert9.db of the folder dirfd; path is how people know that file.
 * Never NULL; what cannot be read is said in the store's state and reason
 * (which does not name the file).  An anchor is what a trust object of either
 * class vouches for, for any purpose, also where the certificate is gone.
 * Where the classes differ NSS 3.125 goes by CKO_TRUST and 3.87 by
 * CKO_NSS_TRUST: whichever vouches, some program believes it.  An anchor has
 * one origin, whose ids are those of all its rows.
 *
 * The rows are read, and with softoken (may be NULL: "read by one reader
 * only") NSS's own view of them; what differs is a disagreement.  No file in
 * or below dirfd is made or changed.
 */
struct rs_store *rs_store_nss_read(const char *owner, const char *path, int dirfd,
				   struct rs_softoken *softoken);

#endif
