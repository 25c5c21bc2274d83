/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "make-der.h"
#include "nss-fixture.h"

/* Elliptic curve, P-256, a point that need not be on it. */
#define SPKI_HEAD \
	"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01" \
	"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\0\x04"

void
nss_folder_make(struct nss_folder *folder, const char *name)
{
	*folder = (struct nss_folder){ .top = rs_strdup("/tmp/rootsweep-nss-XXXXXX"), .fd = -1 };
	assert_non_null(mkdtemp(folder->top));
	folder->dir = rs_printf("%s%s%s", folder->top, name ? "/" : "", name ? name : "");
	if (name != NULL)
		assert_int_equal(mkdir(folder->dir, 0700), 0);
	folder->file = rs_printf("%s/cert9.db", folder->dir);
	folder->fd = open(folder->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder->fd >= 0);
}

static int
remove_one(const char *path, const struct stat *st RS_UNUSED, int type RS_UNUSED,
	   struct FTW *ftw RS_UNUSED)
{
	return remove(path);
}

void
nss_folder_remove(struct nss_folder *folder)
{
	nftw(folder->top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	close(folder->fd);
	free(folder->top);
	free(folder->dir);
	free(folder->file);
	free(folder->before);
}

void
nss_cert_make(struct nss_cert *cert, const char *name, unsigned char serial, unsigned char key)
{
	RS_AUTOBUF struct rs_buf rdn = { 0 };
	RS_AUTOBUF struct rs_buf spki = { 0 };
	RS_AUTOBUF struct rs_buf der = { 0 };
	unsigned char point[64];

	memset(point, key, sizeof(point));
	make_rdn(&rdn, 3, 0x0c, name, strlen(name));
	rs_buf_add(&spki, MAKE_BYTES(SPKI_HEAD));
	rs_buf_add(&spki, point, sizeof(point));
	make_cert(&der, &(struct make_spec){
	    .subject = rdn.data, .subject_len = rdn.len,
	    .serial = (const char *)&serial, .serial_len = 1,
	    .spki = spki.data, .spki_len = spki.len,
	});
	nss_cert_set(cert, der.data, der.len);
	assert_true(cert->cert->parsed);
}

void
nss_cert_set(struct nss_cert *cert, const void *der, size_t len)
{
	cert->der = rs_memdup(der, len);
	cert->len = len;
	cert->cert = rs_cert_new(der, len);
}

void
nss_cert_free(struct nss_cert *cert)
{
	free(cert->der);
	rs_cert_free(cert->cert);
}

static void
run(char **argv, enum nss_which which)
{
	pid_t pid = fork();
	int status = -1;

	assert_true(pid >= 0);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		if (which == NSS_NEW)
			setenv("LD_LIBRARY_PATH", NSS_NEW_DIR, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s %s failed (status 0x%x): is libnss3-tools installed?", argv[2],
			 argv[3], (unsigned)status);
}

/* Bounded: some certutil ask for a password that nobody types, for ever. */
void
nss_certutil(const struct nss_folder *folder, enum nss_which which, ...)
{
	RS_AUTOFREE char *where = rs_printf("sql:%s", folder->dir);
	char *argv[24], *word;
	size_t n = 0;
	va_list ap;

	argv[n++] = rs_strdup("timeout");
	argv[n++] = rs_strdup("20");
	argv[n++] = rs_strdup("certutil");
	va_start(ap, which);
	while ((word = va_arg(ap, char *)) != NULL && n < 20)
		argv[n++] = rs_strdup(word);
	va_end(ap);
	argv[n++] = rs_strdup("-d");
	argv[n++] = rs_strdup(where);
	argv[n] = NULL;
	if (which == NSS_NEW && access(NSS_NEW_DIR "/libsoftokn3.so", R_OK) != 0)
		fail_msg("this test needs Firefox's own NSS: install firefox-esr");
	run(argv, which);
	for (size_t i = 0; i < n; i++)
		free(argv[i]);
}

void
nss_create(const struct nss_folder *folder, enum nss_which which)
{
	nss_certutil(folder, which, "-N", "--empty-password", NULL);
}

void
nss_import(const struct nss_folder *folder, enum nss_which which, const struct nss_cert *cert,
	   const char *nickname, const char *flags)
{
	RS_AUTOFREE char *path = rs_printf("%s.der", folder->top);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, cert->der, cert->len), cert->len);
	close(fd);
	nss_certutil(folder, which, "-A", "-n", nickname, "-t", flags, "-i", path, NULL);
	unlink(path);
}

static sqlite3 *
database(const struct nss_folder *folder)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(folder->file, &db), SQLITE_OK);
	return db;
}

void
nss_sql(const struct nss_folder *folder, const char *fmt, ...)
{
	sqlite3 *db = database(folder);
	va_list ap;
	char *sql;

	va_start(ap, fmt);
	sql = rs_vprintf(fmt, ap);
	va_end(ap);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%.60s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
	free(sql);
}

void
nss_schema(const struct nss_folder *folder)
{
	nss_sql(folder, "CREATE TABLE nssPublic (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a0, a1, "
		"a2, a3, a11, a80, a81, a82, a8c, a101, a102, a170, a62c, a62d, a62e, a62f, a635, "
		"ace536358, ace536359, ace53635a, ace53635b, ace536360, ace5363b4, ace5363b5);"
		"CREATE INDEX issuer ON nssPublic (a81);"
		"CREATE INDEX subject ON nssPublic (a101);"
		"CREATE INDEX label ON nssPublic (a3);"
		"CREATE INDEX ckaid ON nssPublic (a102);");
}

/* A serial as NSS keeps it: the DER INTEGER with tag and length. */
static char *
serial_der(const struct nss_cert *cert)
{
	return rs_printf("02%02zx%s", strlen(cert->cert->serial) / 2, cert->cert->serial);
}

static char *
name_hex(const char *base64)
{
	unsigned char *der;
	size_t len;
	char *hex;

	assert_true(rs_unbase64(base64, &der, &len));
	hex = rs_hex(der, len);
	free(der);
	return hex;
}

void
nss_row_cert(const struct nss_folder *folder, long id, const struct nss_cert *cert,
	     const char *nickname)
{
	RS_AUTOFREE char *der = rs_hex(cert->der, cert->len), *serial = serial_der(cert);
	RS_AUTOFREE char *name = name_hex(cert->cert->issuer_der);
	RS_AUTOFREE char *label = rs_hex(nickname ? nickname : "", nickname ? strlen(nickname) : 0);

	nss_sql(folder, "INSERT INTO nssPublic (id, a0, a1, a2, a3, a11, a80, a81, a82, a101) "
		"VALUES (%ld, x'00000001', x'01', x'00', x'%s', x'%s', x'00000000', x'%s', x'%s', "
		"x'%s')",
		id, nickname ? label : "a5005a", der, name, serial, name);
}

void
nss_row_trust(const struct nss_folder *folder, long id, unsigned long class,
	      const struct nss_cert *cert, enum nss_hash hash, unsigned long value)
{
	bool old = class == RS_CKO_NSS_TRUST;
	RS_AUTOFREE char *serial = serial_der(cert), *name = name_hex(cert->cert->issuer_der);
	const char *digest = hash == NSS_NO_HASH ? "a5005a" :
	    old ? cert->cert->sha1 : cert->cert->sha256;

	nss_sql(folder, "INSERT INTO nssPublic (id, a0, a1, a2, a81, a82, %s, %s%s) VALUES "
		"(%ld, x'%08lx', x'01', x'00', x'%s', x'%s', x'%s', x'%08lx'%s)",
		old ? "ace5363b4" : "a635", old ? "ace536358" : "a62c", old ? "" : ", a8c",
		id, class, name, serial, digest, value, old ? "" : ", x'00000250'");
}

void
nss_trusting(struct nss_folder *folder, struct nss_cert *cert)
{
	nss_folder_make(folder, "profile");
	nss_schema(folder);
	nss_cert_make(cert, "A", 1, 1);
	nss_row_cert(folder, 10, cert, "A");
	nss_row_trust(folder, 11, RS_CKO_TRUST, cert, NSS_HASH, NSS_NEW_ANCHOR);
}

struct rs_softoken *nss_softoken;

int
nss_softoken_start(void **state RS_UNUSED)
{
	RS_AUTOFREE char *why = NULL;

	nss_softoken = rs_softoken_new(&why);
	if (nss_softoken == NULL)
		print_error("%s\n", why);
	return nss_softoken == NULL;
}

int
nss_softoken_end(void **state RS_UNUSED)
{
	rs_softoken_free(nss_softoken);
	return 0;
}

static int
not_parent(const struct dirent *entry)
{
	return strcmp(entry->d_name, "..") != 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

char *
nss_snapshot(const char *dir)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct dirent **names;
	int n = scandir(dir, &names, not_parent, by_name);

	for (int i = 0; i < n; i++) {
		RS_AUTOFREE char *path = rs_printf("%s/%s", dir, names[i]->d_name);
		RS_AUTOBUF struct rs_buf data = { 0 };
		char digest[RS_SHA256_HEX] = "";
		struct stat st;

		assert_int_equal(lstat(path, &st), 0);
		if (S_ISREG(st.st_mode) && st.st_size < 16 << 20) {
			rs_read_file(path, 16 << 20, &data);
			rs_sha256(data.data, data.len, digest);
		}
		rs_buf_printf(&text, "%s %o %u %lld %lld.%09ld %s\n", names[i]->d_name, st.st_mode,
			      (unsigned)st.st_uid, (long long)st.st_size,
			      (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, digest);
		free(names[i]);
	}
	free(names);
	return rs_buf_steal(&text);
}

struct rs_store *
nss_read(struct nss_folder *folder, struct rs_softoken *softoken)
{
	RS_AUTOFREE char *after = NULL;
	struct rs_store *store;

	free(folder->before);
	folder->before = nss_snapshot(folder->dir);
	store = rs_store_nss_read("somebody", folder->file, folder->fd, softoken);
	after = nss_snapshot(folder->dir);
	assert_string_equal(after, folder->before);
	return store;
}

char *
nss_describe(const struct rs_store *store)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, rs_store_state_name(store->state));
	if (store->reason != NULL)
		rs_buf_printf(&text, ": %s", store->reason);
	rs_buf_puts(&text, "\n");
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];
		const struct rs_origin *origin = anchor->origins.v[0];

		assert_int_equal(anchor->origins.n, 1);
		assert_int_equal(origin->how, RS_HOW_ROWS);
		assert_string_equal(origin->path, store->path);
		rs_buf_printf(&text, "%s %.8s trust %x seen %x ids", anchor->trust_only ? "trust" :
			      "certificate", anchor->cert->sha256 ? anchor->cert->sha256 :
			      anchor->cert->sha1 ? anchor->cert->sha1 : "-", anchor->trust,
			      anchor->witnesses);
		for (size_t k = 0; k < origin->ids.n; k++)
			rs_buf_printf(&text, " %s", (char *)origin->ids.v[k]);
		rs_buf_puts(&text, "\n");
	}
	for (size_t i = 0; i < store->disagreements.n; i++)
		rs_buf_printf(&text, "disagreement %s\n", (char *)store->disagreements.v[i]);
	return rs_buf_steal(&text);
}

void
nss_expect(struct nss_folder *folder, const char *fmt, ...)
{
	struct rs_store *store = nss_read(folder, nss_softoken);
	RS_AUTOFREE char *got = nss_describe(store), *want = NULL;
	va_list ap;

	va_start(ap, fmt);
	want = rs_vprintf(fmt, ap);
	va_end(ap);
	rs_store_free(store);
	assert_string_equal(got, want);
}

void
nss_expect_bad(struct nss_folder *folder, enum rs_store_state state, const char *reason)
{
	struct rs_store *store = nss_read(folder, nss_softoken);

	if (store->reason == NULL || !rs_starts(store->reason, reason))
		fail_msg("\"%s\" is not \"%s...\"", store->reason, reason);
	assert_int_equal(store->state, state);
	assert_int_equal(store->anchors.n, 0);
	rs_store_free(store);
}
