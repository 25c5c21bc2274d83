/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certfile.h"
#include "debian-fixture.h"
#include "store.h"

static const char good_updater[] =
	"cd " RS_DEBIAN_DIR " || exit 1\n"
	"add() {\n"
	"	pem=$(basename \"$1\" .crt | sed -e 's/[ ,]/_/g' -e 's/[()]/=/g').pem\n"
	"	[ \"$(readlink \"$pem\")\" = \"$1\" ] || ln -sf \"$1\" \"$pem\"\n"
	"	cat \"$1\" >>new\n"
	"}\n"
	": >new\n"
	"sed -e '/^$/d' -e '/^#/d' -e '/^!/d' " RS_DEBIAN_CONF " | while read -r crt; do\n"
	"	[ ! -f \"" RS_DEBIAN_PACKAGES "/$crt\" ] || add \"" RS_DEBIAN_PACKAGES "/$crt\"\n"
	"done\n"
	"find -L " RS_DEBIAN_LOCAL " -type f -name '*.crt' | sort | while read -r crt; do\n"
	"	add \"$crt\"\n"
	"done\n"
	"mv new ca-certificates.crt\n";

static void
put_script(const char *path, const char *script)
{
	RS_AUTOFREE char *whole = rs_printf("#!/bin/sh\n%s\n", script);

	file_puts(path, whole);
	assert_int_equal(chmod(path, 0755), 0);
}

void
debian_updater(const char *script)
{
	put_script(RS_DEBIAN_UPDATER, script);
}

void
debian_hook(const char *script)
{
	put_script(RS_DEBIAN_HOOKS "/jks-keystore", script);
}

void
debian_make(void)
{
	static const char *const clean[] = {
		RS_DEBIAN_PACKAGES, RS_DEBIAN_LOCAL, RS_DEBIAN_DIR, RS_DEBIAN_HOOKS, RS_DEBIAN_CONF,
		"/var/lib/rootsweep",
	};

	for (size_t i = 0; i < RS_COUNT(clean); i++)
		file_remove(clean[i]);
	file_debian();
	file_mkdir(RS_DEBIAN_PACKAGES "/p");
	file_puts(RS_DEBIAN_CONF, "# roots\np/a.crt\np/none.crt\n");
	file_write(RS_DEBIAN_PACKAGES "/p/a.crt", pem_a.pem.data, pem_a.pem.len);
	file_write(RS_DEBIAN_LOCAL "/b (c).crt", pem_b.pem.data, pem_b.pem.len);
	file_write(RS_DEBIAN_LOCAL "/evil.crt", pem_evil.pem.data, pem_evil.pem.len);
	debian_updater(good_updater);
	assert_int_equal(system(RS_DEBIAN_UPDATER), 0);
	debian_hook("cat >>" DEBIAN_TOLD);
	free(debian_told());
}

char *
debian_bundle(void)
{
	struct rs_certfile *file = rs_certfile_read(RS_DEBIAN_BUNDLE);
	struct rs_buf text = { 0 };

	rs_buf_puts(&text, "");
	for (size_t i = 0; i < file->certs.n; i++) {
		const struct rs_cert *cert = file->certs.v[i];

		rs_buf_printf(&text, "%.*s ", (int)strcspn(cert->subject + 3, "\\"), cert->subject + 3);
	}
	rs_certfile_free(file);
	return rs_buf_steal(&text);
}

char *
debian_told(void)
{
	char *text = file_exists(DEBIAN_TOLD) ? file_text(DEBIAN_TOLD) : rs_strdup("");

	unlink(DEBIAN_TOLD);
	return text;
}

static void
finding_free(void *p)
{
	struct rs_finding *finding = p;

	free(finding->reason);
	free(finding);
}

void
debian_findings_make(struct debian_findings *found)
{
	*found = (struct debian_findings){ 0 };
	found->os = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, RS_DEBIAN_BUNDLE);
	rs_array_init(&found->matches.findings, finding_free);
	found->scan.layout = "debian";
	found->scope.system = true;
	found->scope.jobs = 2;
}

void
debian_findings_free(struct debian_findings *found)
{
	rs_array_free(&found->matches.findings);
	rs_array_free(&found->scope.users);
	rs_store_free(found->os);
}

static struct rs_origin *
find(struct debian_findings *found, const char *path, enum rs_how how,
     const struct pem_sample *sample)
{
	struct rs_anchor *anchor = rs_anchor_new(rs_cert_new(sample->der.data, sample->der.len));
	struct rs_origin *origin = rs_origin_new(path, "object", how);
	struct rs_certfile *file = rs_certfile_read(path);
	struct rs_finding *finding = rs_alloc(sizeof(*finding));

	rs_stamp_copy(&origin->stamp, &file->stamp);
	rs_certfile_free(file);
	rs_array_add(&anchor->origins, origin);
	rs_array_add(&anchor->origins, rs_origin_new(RS_DEBIAN_BUNDLE, "object", RS_HOW_DERIVED));
	*finding = (struct rs_finding){
		.store = found->os, .anchor = anchor, .action = RS_ACTION_QUARANTINE,
	};
	rs_array_add(&found->os->anchors, anchor);
	rs_array_add(&found->matches.findings, finding);
	return origin;
}

void
debian_find_file(struct debian_findings *found, const char *path, const struct pem_sample *sample)
{
	find(found, path, RS_HOW_FILE, sample);
}

void
debian_find_line(struct debian_findings *found, const char *line, const struct pem_sample *sample)
{
	RS_AUTOFREE char *conf = file_text(RS_DEBIAN_CONF);

	assert_non_null(strstr(conf, line));
	find(found, RS_DEBIAN_CONF, RS_HOW_CONF, sample)->offset =
	    (uint64_t)(strstr(conf, line) - conf);
}
