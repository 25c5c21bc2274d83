/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rootsweep policy new FILE: a policy file with an entry for a certificate. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "message.h"
#include "pem.h"
#include "policy-cmd.h"
#include "text.h"
#include "wire.h"
#include "worker.h"

#define FILE_MAX (16u << 20)
#define SECONDS 20
/* What the schema takes. */
#define ID_MAX 60
#define SERIAL_MAX 128
#define ISSUER_MAX 10900

/* The file is foreign: its certificates are found and parsed as nobody. */
static void
run_new(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct rs_buf *file = worker->arg;
	struct rs_store *store = rs_store_new(RS_KIND_P11KIT, RS_OWNER_SYSTEM, "/");
	struct rs_array blocks;

	rs_pem_find(file->data, file->len, &blocks, NULL);
	for (size_t i = 0; i < blocks.n; i++) {
		const struct rs_pem_block *block = blocks.v[i];

		rs_store_add(store, rs_anchor_new(rs_cert_new(block->der, block->der_len)));
	}
	wire->sink.store(&wire->sink, store);
	rs_array_free(&blocks);
}

static void
take_line(struct rs_worker *worker, json_object *line)
{
	struct rs_store **store = worker->data;
	const char *why = "";

	if (*store == NULL)
		*store = rs_store_from_json(line, RS_OWNER_SYSTEM, &why);
}

static struct rs_store *
read_certificates(const char *path)
{
	static const struct rs_user nobody = { .uid = 65534, .gid = 65534 };
	RS_AUTOBUF struct rs_buf file = { 0 };
	struct rs_store *store = NULL;
	struct rs_worker *worker;

	if (rs_read_file(path, FILE_MAX, &file) < 0)
		rs_bad_usage("%s cannot be read: %s", path, strerror(errno));
	worker = rs_worker_new(RS_OWNER_SYSTEM, run_new, &file);
	worker->user = &nobody;
	worker->seconds = SECONDS;
	worker->line = take_line;
	worker->data = &store;
	rs_worker_run(worker);
	if (store == NULL)
		rs_bad_usage("%s cannot be read: %s", path,
			     worker->failure ? worker->failure : "no reason given");
	if (store->anchors.n == 0)
		rs_bad_usage("%s holds no certificate: expected PEM or DER", path);
	rs_worker_free(worker);
	return store;
}

/* Lower-case letters and digits, with "-" for what is between them. */
static char *
make_id(const char *title, const struct rs_cert *cert, struct rs_array *ids)
{
	struct rs_buf id = { 0 };
	bool between = false;

	rs_buf_puts(&id, "");
	for (const char *p = title; *p != '\0' && id.len < ID_MAX; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
			rs_buf_printf(&id, "%s%c", between ? "-" : "", c);
			between = false;
		} else {
			between = id.len > 0;
		}
	}
	if (id.len == 0)
		rs_buf_puts(&id, "certificate");
	if (rs_array_has_str(ids, id.data) || rs_streq(id.data, "certificate"))
		rs_buf_printf(&id, "-%.16s", cert->sha256);
	rs_array_add_str(ids, id.data);
	return rs_buf_steal(&id);
}

static void
print_escaped(const char *text)
{
	RS_AUTOFREE char *safe = rs_text_safe(text);

	for (const char *p = safe; *p != '\0'; p++)
		if (*p == '&')
			fputs("&amp;", stdout);
		else if (*p == '<')
			fputs("&lt;", stdout);
		else if (*p == '>')
			fputs("&gt;", stdout);
		else
			putchar(*p);
}

static void
print_entry(const struct rs_cert *cert, struct rs_array *ids)
{
	RS_AUTOFREE char *title = rs_cert_title(cert), *id = make_id(title, cert, ids);

	printf("  <root id=\"%s\" category=\"enterprise-proxy\" evidence=\"unconfirmed\"\n"
	       "        action=\"report\">\n    <name>", id);
	print_escaped(title[strspn(title, " ")] != '\0' ? title : cert->sha256);
	printf("</name>\n    <match>\n");
	if (cert->spki_sha256 != NULL)
		printf("      <spki sha256=\"%s\"/>\n", cert->spki_sha256);
	printf("      <certificate sha256=\"%s\"\n                   sha1=\"%s\"/>\n",
	       cert->sha256, cert->sha1);
	if (cert->issuer_der != NULL && cert->serial != NULL && *cert->serial != '\0' &&
	    strlen(cert->serial) <= SERIAL_MAX && strlen(cert->issuer_der) <= ISSUER_MAX)
		printf("      <issuer-serial issuer=\"%s\"\n                     serial=\"%s\"/>\n",
		       cert->issuer_der, cert->serial);
	printf("    </match>\n"
	       "    <!-- <explain>What it lets others do, and who puts it there.</explain>\n"
	       "         <advice>What somebody who finds it should do.</advice>\n"
	       "         <source href=\"https://...\">Where this is known from.</source> -->\n"
	       "  </root>\n");
}

static bool
is_whole(const struct rs_cert *cert)
{
	return cert->sha256 != NULL && cert->sha1 != NULL;
}

int
rs_policy_cmd_new(const char *path)
{
	struct rs_store *store = read_certificates(path);
	RS_AUTOFREE char *today = rs_time_text(rs_now());
	struct rs_array ids;

	rs_array_init(&ids, free);
	today[4] = today[7] = '.';
	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	       "<!--\n"
	       "  Category and evidence are not known: fill in what they are, and what is to be\n"
	       "  done. Then check this file: rootsweep policy check FILE\n"
	       "    category  state, oem, adware, monitoring, debugging, security-product,\n"
	       "              enterprise-proxy or misissuing-ca\n"
	       "    evidence  intercepted, key-public, capable or unconfirmed\n"
	       "    action    quarantine, report or ignore\n"
	       "-->\n"
	       "<policy xmlns=\"urn:rootsweep:policy:1\" version=\"%.10s\">\n", today);
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_cert *cert = ((const struct rs_anchor *)store->anchors.v[i])->cert;

		if (is_whole(cert))
			print_entry(cert, &ids);
	}
	printf("</policy>\n");
	rs_array_free(&ids);
	rs_store_free(store);
	if (fflush(stdout) != 0 || ferror(stdout))
		rs_die(RS_EXIT_FAILED, "standard output cannot be written: %s", strerror(errno));
	return RS_EXIT_OK;
}
