/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify-place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "certfile.h"
#include "layout.h"
#include "wire.h"
#include "worker.h"

#define SECONDS 60
#define OPENSSL_NUMBERS 1000		/* more of one hash are nowhere */

/* A file or folder; path NULL: what GnuTLS goes by when it is told nothing. */
struct place {
	char *path;
	struct rs_array findings;	/* struct rs_finding *, borrowed */
};

struct asking {
	struct rs_array places;		/* struct place * */
	struct rs_verdict *verdict;
};

static const char *const ways[] = {
	"in the file's bytes", "as OpenSSL looks it up", "as GnuTLS reads it",
};
enum way { WAY_BYTES, WAY_LOOKUP, WAY_GNUTLS };

#define FACT_LOST "lost"

static void
place_free(void *p)
{
	struct place *place = p;

	free(place->path);
	rs_array_free(&place->findings);
	free(place);
}

static void
add_place(struct asking *asking, const char *path, struct rs_finding *finding)
{
	struct place *place = NULL;

	for (size_t i = 0; i < asking->places.n && place == NULL; i++)
		if (rs_streq(((struct place *)asking->places.v[i])->path, path))
			place = asking->places.v[i];
	if (place == NULL) {
		place = rs_array_add(&asking->places, rs_alloc(sizeof(*place)));
		place->path = rs_strdup(path);
		rs_array_init(&place->findings, NULL);
	}
	for (size_t i = 0; i < place->findings.n; i++)
		if (place->findings.v[i] == finding)
			return;
	rs_array_add(&place->findings, finding);
}

static bool
is_store(const struct rs_scan *scan, const char *path)
{
	for (size_t i = 0; i < scan->stores.n; i++)
		if (rs_streq(((struct rs_store *)scan->stores.v[i])->path, path))
			return true;
	return false;
}

/* A store's own place; and of the OS store all copies that are none by themselves. */
static void
find_places(struct asking *asking, const struct rs_scan *before, const struct rs_array *taken,
	    const struct rs_scope *scope)
{
	const struct rs_layout *layout = rs_layout_find(before->layout);

	rs_array_init(&asking->places, place_free);
	for (size_t i = 0; i < taken->n; i++) {
		struct rs_finding *finding = taken->v[i];
		const struct rs_store *store = finding->store;
		bool os = rs_streq(store->kind, RS_KIND_P11KIT);

		if (finding->anchor->cert->der == NULL ||
		    (!os && !rs_streq(store->kind, RS_KIND_OPENSSL_DIR)))
			continue;
		add_place(asking, store->path, finding);
		if (!os)
			continue;
		for (size_t k = 0; layout != NULL && layout->derived[k] != NULL; k++)
			if (!is_store(before, layout->derived[k]))
				add_place(asking, layout->derived[k], finding);
		/* This system's libraries know nothing of another tree. */
		if (scope->root == NULL)
			add_place(asking, NULL, finding);
	}
}

/*
 * In the child.
 */

static void
tell(struct rs_wire *wire, size_t place, size_t finding, enum way way)
{
	RS_AUTOFREE char *text = rs_printf("%zu %zu %d", place, finding, way);

	wire->sink.fact(&wire->sink, "trusted", text);
}

/* Without any blank, as every reader of base64 sees it. */
static void
fold(const struct rs_buf *bytes, struct rs_buf *folded)
{
	rs_buf_puts(folded, "");
	for (size_t i = 0, run; i < bytes->len; i += run + 1) {
		for (run = 0; i + run < bytes->len &&
		     memchr(" \t\r\n\v\f", bytes->data[i + run], 7) == NULL; run++)
			;
		rs_buf_add(folded, bytes->data + i, run);
	}
}

/* The block that this stands in says of itself what it trusts and what not. */
static bool
is_auxiliary(const struct rs_buf *folded, const char *at)
{
	static const char begin[] = "-----BEGINTRUSTEDCERTIFICATE-----";
	size_t len = sizeof(begin) - 1;

	return (size_t)(at - folded->data) >= len && memcmp(at - len, begin, len) == 0;
}

bool
rs_verify_bytes_hold(const struct rs_buf *bytes, const struct rs_cert *cert)
{
	RS_AUTOFREE char *base64 = rs_base64(cert->der, cert->der_len);
	RS_AUTOBUF struct rs_buf folded = { 0 };
	/* The last group may be another's where more follows the certificate. */
	size_t len = cert->der_len / 3 * 4;

	if (cert->der_len < 3 || bytes->len < cert->der_len)
		return false;
	if (memmem(bytes->data, bytes->len, cert->der, cert->der_len) != NULL)
		return true;
	fold(bytes, &folded);
	for (const char *at = folded.data; ; at++) {
		at = memmem(at, folded.len - (size_t)(at - folded.data), base64, len);
		if (at == NULL)
			return false;
		if (!is_auxiliary(&folded, at))
			return true;
	}
}

static bool
read_bytes(int dirfd, const char *name, struct rs_buf *bytes)
{
	RS_AUTOCLOSE int fd = rs_open_regular(dirfd, name, 0);

	return fd >= 0 && rs_read_all(fd, RS_CERTFILE_MAX, bytes) == 0;
}

static void
search(const struct place *place, size_t n, int dirfd, const char *name, enum way way,
       struct rs_wire *wire)
{
	RS_AUTOBUF struct rs_buf bytes = { 0 };

	if (!read_bytes(dirfd, name, &bytes))
		return;
	for (size_t i = 0; i < place->findings.n; i++) {
		const struct rs_finding *finding = place->findings.v[i];

		if (rs_verify_bytes_hold(&bytes, finding->anchor->cert))
			tell(wire, n, i, way);
	}
}

/* HHHHHHHH.N of openssl-rehash(1), whatever the hash is. */
static bool
is_hash_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] != '\0' &&
	    strspn(name + 9, "0123456789") == strlen(name + 9) && strlen(name) < 8 + 5;
}

static bool
is_there(int dirfd, const char *hash, unsigned n)
{
	RS_AUTOFREE char *name = rs_printf("%.8s.%u", hash, n);
	struct stat st;

	/* A link that leads nowhere is passed over, not the end: lstat(2) decides. */
	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* OpenSSL stops at the first number that is missing: who is behind a number
 * that was taken is not found any more. */
static void
look_behind(const struct place *place, int dirfd, struct rs_wire *wire)
{
	size_t len = strlen(place->path);

	for (size_t i = 0; i < place->findings.n; i++) {
		const struct rs_finding *finding = place->findings.v[i];

		for (size_t k = 0; k < finding->anchor->origins.n; k++) {
			const struct rs_origin *origin = finding->anchor->origins.v[k];
			const char *name = origin->path + len + 1;
			unsigned n;

			if (!rs_layout_is_below(origin->path, place->path) || !is_hash_name(name))
				continue;
			n = (unsigned)strtoul(name + 9, NULL, 10);
			for (unsigned next = n + 1; next < OPENSSL_NUMBERS &&
			     !is_there(dirfd, name, n); next++) {
				RS_AUTOFREE char *text = rs_printf("%s/%.8s.%u", place->path, name,
								   next);

				if (is_there(dirfd, name, next))
					wire->sink.fact(&wire->sink, FACT_LOST, text);
			}
		}
	}
}

static void
look_up(const struct place *place, size_t n, DIR *d, struct rs_wire *wire)
{
	struct dirent *entry;

	while ((entry = readdir(d)) != NULL)
		if (is_hash_name(entry->d_name))
			search(place, n, dirfd(d), entry->d_name, WAY_LOOKUP, wire);
	look_behind(place, dirfd(d), wire);
}

/*
 * What issued itself is valid where its key is trusted, under whichever
 * certificate; of another only itself is asked for, since who issued it may
 * rightly be trusted. Age and weak digests are no question here.
 */
static bool
gnutls_trusts(gnutls_x509_trust_list_t list, const struct rs_cert *cert)
{
	gnutls_datum_t der = { cert->der, (unsigned)cert->der_len };
	gnutls_x509_crt_t crt, issuer;
	unsigned status = GNUTLS_CERT_INVALID;
	bool trusts = false;

	if (gnutls_x509_crt_init(&crt) < 0)
		return false;
	if (gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER) == 0) {
		if (gnutls_x509_trust_list_get_issuer(list, crt, &issuer,
						      GNUTLS_TL_GET_COPY) == 0) {
			trusts = gnutls_x509_crt_equals(crt, issuer) != 0;
			gnutls_x509_crt_deinit(issuer);
		}
		trusts |= cert->self_issued &&
		    gnutls_x509_trust_list_verify_crt2(list, &crt, 1, NULL, 0,
			GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
			GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS | GNUTLS_VERIFY_ALLOW_BROKEN |
			GNUTLS_VERIFY_ALLOW_ANY_X509_V1_CA_CRT, &status, NULL) == 0 && status == 0;
	}
	gnutls_x509_crt_deinit(crt);
	return trusts;
}

static void
ask_gnutls(const struct place *place, size_t n, bool folder, struct rs_wire *wire)
{
	gnutls_x509_trust_list_t list;
	int loaded;

	if (gnutls_x509_trust_list_init(&list, 0) < 0)
		return;
	if (place->path == NULL)
		loaded = gnutls_x509_trust_list_add_system_trust(list, 0, 0);
	else if (folder)
		loaded = gnutls_x509_trust_list_add_trust_dir(list, place->path, NULL,
							      GNUTLS_X509_FMT_PEM, 0, 0);
	else
		loaded = gnutls_x509_trust_list_add_trust_file(list, place->path, NULL,
							       GNUTLS_X509_FMT_PEM, 0, 0);
	for (size_t i = 0; i < place->findings.n && loaded > 0; i++) {
		const struct rs_finding *finding = place->findings.v[i];

		if (gnutls_trusts(list, finding->anchor->cert))
			tell(wire, n, i, WAY_GNUTLS);
	}
	gnutls_x509_trust_list_deinit(list, 1);
}

static void
run(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct asking *asking = worker->arg;

	for (size_t n = 0; n < asking->places.n; n++) {
		const struct place *place = asking->places.v[n];
		DIR *d = place->path != NULL ? opendir(place->path) : NULL;

		if (d != NULL) {
			look_up(place, n, d, wire);
			closedir(d);
		} else if (place->path != NULL) {
			search(place, n, AT_FDCWD, place->path, WAY_BYTES, wire);
		}
		ask_gnutls(place, n, d != NULL, wire);
	}
}

/*
 * In the parent.
 */

static void
take_trusted(struct asking *asking, const char *text)
{
	size_t n, i;
	unsigned way;
	struct rs_finding *finding;
	const struct place *place;
	RS_AUTOFREE char *title = NULL, *line = NULL;

	if (sscanf(text, "%zu %zu %u", &n, &i, &way) != 3 || n >= asking->places.n ||
	    way >= RS_COUNT(ways))
		return;
	place = asking->places.v[n];
	if (i >= place->findings.n)
		return;
	finding = place->findings.v[i];
	finding->still_trusted = true;
	title = rs_cert_title(finding->anchor->cert);
	line = rs_printf("%s: %s (%s)", place->path != NULL ? place->path :
			 "what programs with GnuTLS go by", title, ways[way]);
	rs_array_add_str(&asking->verdict->still_trusted, line);
}

static void
take_line(struct rs_worker *worker, json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type"), *text = rs_wire_bytes(&r, "text");
	struct asking *asking = worker->data;

	if (text != NULL && rs_streq(type, FACT_LOST)) {
		RS_AUTOFREE char *lost = rs_printf("%s: OpenSSL does not find it, as a number "
						   "before it is missing", text);

		rs_array_add_str(&asking->verdict->lost, lost);
	} else if (text != NULL && rs_streq(type, "trusted")) {
		take_trusted(asking, text);
	}
}

static void
ask(struct asking *asking, const struct rs_scope *scope)
{
	static const struct rs_user nobody = { .uid = 65534, .gid = 65534 };
	struct rs_worker *worker = rs_worker_new(RS_OWNER_SYSTEM, run, asking);

	worker->user = &nobody;
	worker->read_all = true;
	worker->root = scope->root;
	worker->seconds = SECONDS;
	worker->line = take_line;
	worker->data = asking;
	rs_worker_run(worker);
	for (size_t i = 0; worker->failure != NULL && i < asking->places.n; i++) {
		const struct place *place = asking->places.v[i];
		RS_AUTOFREE char *line = rs_printf("%s: %s", place->path != NULL ? place->path :
						   "what programs with GnuTLS go by",
						   worker->failure);

		rs_array_add_str(&asking->verdict->unverified, line);
	}
	rs_worker_free(worker);
}

void
rs_verify_places(struct rs_verdict *verdict, const struct rs_scan *before,
		 const struct rs_array *taken, const struct rs_scope *scope)
{
	struct asking asking = { .verdict = verdict };

	find_places(&asking, before, taken, scope);
	if (asking.places.n > 0)
		ask(&asking, scope);
	rs_array_free(&asking.places);
}
