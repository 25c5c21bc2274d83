/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "chromium-fixture.h"
#include "chromium-rows.h"

void
chromium_folder_make(struct nss_folder *folder)
{
	nss_folder_make(folder, "Default");
	free(folder->file);
	folder->file = rs_printf("%s/" RS_CHROMIUM_FILE, folder->dir);
	nss_sql(folder, "CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, "
		"value LONGVARCHAR);"
		"INSERT INTO meta VALUES('mmap_status','-1');"
		"INSERT INTO meta VALUES('version','1');"
		"INSERT INTO meta VALUES('last_compatible_version','1');"
		"CREATE TABLE certificates(sha256hash_hex TEXT PRIMARY KEY,der_cert BLOB NOT NULL,"
		"trust_settings BLOB NOT NULL)");
}

void
chromium_add(const struct nss_folder *folder, const struct nss_cert *cert, const char *key,
	     const char *trust)
{
	RS_AUTOFREE char *der = rs_hex(cert->der, cert->len);

	nss_sql(folder, "INSERT INTO certificates VALUES ('%s', x'%s', x'%s')",
		key != NULL ? key : cert->cert->sha256, der, trust);
}

void
chromium_scene_make(struct rows_scene *s)
{
	NSS_CERT(other);

	*s = (struct rows_scene){ .table = RS_CHROMIUM_TABLE };
	chromium_folder_make(&s->folder);
	nss_cert_make(&s->a, "A", 1, 1);
	nss_cert_make(&s->twin, "A", 1, 2);
	nss_cert_make(&other, "Other", 3, 3);
	chromium_add(&s->folder, &s->twin, NULL, CHROMIUM_TRUSTED);
	chromium_add(&s->folder, &s->a, NULL, CHROMIUM_TRUSTED);
	chromium_add(&s->folder, &other, NULL, CHROMIUM_DISTRUSTED);
	chromium_add(&s->folder, &s->a, "zz", CHROMIUM_TRUSTED "12020a00");
	s->user = (struct rs_user){ .name = s->folder.top, .home = s->folder.top,
				    .uid = geteuid(), .gid = getegid() };
	s->store = rs_store_new(RS_KIND_CHROMIUM, "u", s->folder.file);
	s->finding.store = s->store;
	s->finding.anchor = rs_store_add(s->store, rs_anchor_new(rs_cert_copy(s->a.cert)));
	s->part.user = &s->user;
	rs_array_add(&s->part.findings, &s->finding);
	rows_find(s, "2 4");
}
