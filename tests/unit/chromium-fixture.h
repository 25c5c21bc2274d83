/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chromium's own certificate databases, as Chromium makes them. */
#ifndef RS_TEST_CHROMIUM_FIXTURE_H
#define RS_TEST_CHROMIUM_FIXTURE_H

#include "rows-fixture.h"

/* trust_settings, in hex. */
#define CHROMIUM_TRUSTED "0a020803"
#define CHROMIUM_DISTRUSTED "0a020802"
#define CHROMIUM_UNSPECIFIED "0a020801"

/* The folder's file is a ServerCertificate with no rows. */
void chromium_folder_make(struct nss_folder *folder);
/* A row; key NULL: the digest, as Chromium writes it. */
void chromium_add(const struct nss_folder *folder, const struct nss_cert *cert, const char *key,
		  const char *trust);

/*
 * Such a database with root A under its own digest (rowid 2) and under "zz"
 * (rowid 4), its twin in rowid 1 and another in 3; and a step on A.
 */
void chromium_scene_make(struct rows_scene *s);

#endif
