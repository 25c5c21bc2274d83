/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What settings of tools make those trust, as stores: of a made home, by root
 * for its user and in the user's own run, and of a made system.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certfile.h"
#include "file-fixture.h"
#include "make-jks.h"
#include "pem-fixture.h"
#include "store-tool-config.h"
#include "tool-named.h"

#define UID 4711
#define HOME "/home/alice"
#define CONFIG_TEST(name, function) { name, function, setup, teardown, NULL }

static struct rs_user alice = {
	.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)HOME,
	.uid = UID, .gid = UID,
};

static int
setup(void **state RS_UNUSED)
{
	file_mkdir(HOME);
	file_mkdir("/srv/ca");
	assert_int_equal(chown(HOME, UID, UID), 0);
	return 0;
}

static int
teardown(void **state RS_UNUSED)
{
	file_remove(HOME);
	file_remove("/srv/ca");
	return 0;
}

/* The folders above it and the file are alice's where they are in the home. */
static void
give(const char *path)
{
	RS_AUTOFREE char *part = rs_strdup(path);

	for (char *slash = part + strlen("/home/"); (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		assert_int_equal(lchown(part, UID, UID), 0);
		*slash = '/';
	}
	assert_int_equal(lchown(path, UID, UID), 0);
}

static void
put_bytes(const char *path, const char *data, size_t len)
{
	RS_AUTOFREE char *dir = rs_strndup(path, (size_t)(strrchr(path, '/') - path));

	file_mkdir(dir);
	file_write(path, data, len);
	if (rs_starts(path, HOME "/"))
		give(path);
}

static void
put_text(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void
put_cert_file(const char *path, const struct pem_sample *sample)
{
	put_bytes(path, sample->pem.data, sample->pem.len);
}

static void
put_link(const char *target, const char *path)
{
	assert_int_equal(symlink(target, path), 0);
	give(path);
}

struct listing {
	struct rs_sink sink;
	struct rs_buf text;
	size_t stores, facts;
};

static bool
list_begin(struct rs_sink *sink RS_UNUSED, const char *kind, const char *path)
{
	assert_string_equal(kind, RS_KIND_TOOL_CONFIG);
	return strstr(path, "left-out") == NULL;
}

static void
list_store(struct rs_sink *sink, struct rs_store *store)
{
	struct listing *l = (struct listing *)sink;

	l->stores++;
	rs_buf_printf(&l->text, "%s %s", rs_store_state_name(store->state), store->path);
	/* The reasons of home-stores.h are its own tests'. */
	if (store->reason != NULL &&
	    (strstr(store->reason, ", which ") || strstr(store->reason, "cannot be read") ||
	     strstr(store->reason, " read whole ") || rs_ends(store->reason, "was read") ||
	     rs_ends(store->reason, "follows links")))
		rs_buf_printf(&l->text, ": %s", store->reason);
	rs_buf_puts(&l->text, "\n");
	for (size_t i = 0; i < store->anchors.n; i++) {
		const struct rs_anchor *anchor = store->anchors.v[i];
		RS_AUTOFREE char *title = rs_cert_title(anchor->cert);

		rs_buf_printf(&l->text, "  %s", title);
		for (size_t k = 0; k < anchor->origins.n; k++) {
			const struct rs_origin *origin = anchor->origins.v[k];

			assert_int_equal(origin->how, RS_HOW_REPORT);
			assert_non_null(origin->reason);
			rs_buf_printf(&l->text, " | %s %s", origin->path, origin->object);
		}
		rs_buf_puts(&l->text, "\n");
	}
	rs_store_free(store);
}

static void
list_fact(struct rs_sink *sink, const char *type, const char *text)
{
	struct listing *l = (struct listing *)sink;

	l->facts++;
	rs_buf_printf(&l->text, "%s %s\n", type, text);
}

static void
read_home(struct listing *l, bool own)
{
	struct rs_home_reading r = { .sink = &l->sink };

	*l = (struct listing){ .sink = { list_begin, list_store, list_fact } };
	rs_buf_puts(&l->text, "");
	assert_true(rs_home_hold(&r.home, &alice, own));
	rs_tool_config_read_home(&r);
	rs_home_let_go(&r.home);
	rs_map_free(&r.seen);
}

static void
expect_as(bool own, const char *want)
{
	struct listing l;

	read_home(&l, own);
	assert_string_equal(l.text.data, want);
	rs_buf_free(&l.text);
}

static void
expect(const char *want)
{
	expect_as(false, want);
	expect_as(true, want);
}

static void
expect_system(const char *want)
{
	struct listing l = { .sink = { list_begin, list_store, list_fact } };

	rs_buf_puts(&l.text, "");
	rs_tool_config_read_system(&l.sink);
	assert_string_equal(l.text.data, want);
	rs_buf_free(&l.text);
}

#define IN_A " certificate 1 at line 1"

static void
test_file(void **state RS_UNUSED)
{
	expect("");
	put_cert_file(HOME "/a.pem", &pem_a);
	expect("");
	put_text(HOME "/.curlrc", "silent\ncacert = " HOME "/a.pem\n");
	expect("no_findings " HOME "/a.pem\n  A | " HOME "/a.pem" IN_A " | " HOME
	       "/.curlrc line 2: cacert\n");
	/* What is named may lie anywhere that the user can read, and be anybody's. */
	put_cert_file("/srv/ca/b.pem", &pem_b);
	put_text(HOME "/.curlrc", "cacert = /srv/ca/b.pem\n");
	expect("no_findings /srv/ca/b.pem\n  B | /srv/ca/b.pem" IN_A " | " HOME
	       "/.curlrc line 1: cacert\n");
}

/* One store for one file, however it is named. */
static void
test_named_twice(void **state RS_UNUSED)
{
	put_cert_file(HOME "/a.pem", &pem_a);
	put_text(HOME "/.bashrc", "export PIP_CERT=~/a.pem\nexport PIP_CERT=$HOME//./a.pem\n");
	put_text(HOME "/.config/git/config", "[http]\n\tsslCAInfo = ~/hard.pem\n");
	assert_int_equal(link(HOME "/a.pem", HOME "/hard.pem"), 0);
	expect("no_findings " HOME "/a.pem\n  A | " HOME "/a.pem" IN_A " | " HOME
	       "/.bashrc line 1: PIP_CERT | " HOME "/.bashrc line 2: PIP_CERT | " HOME
	       "/.config/git/config line 2: sslCAInfo\n");
}

static void
test_reason(void **state RS_UNUSED)
{
	static const char want[] = HOME "/.curlrc line 1 makes curl trust the certificates in "
	    HOME "/a.pem: take that line out, or the certificate out of that file";
	struct rs_home_reading r = { 0 };
	struct rs_tool_setting setting = {
		.what = RS_SETTING_FILE, .key = "cacert", .tool = "curl", .line = 1,
	};
	struct rs_tool_places places = { .home = &r };
	struct rs_tool_named *named = rs_tool_named_new(RS_SETTING_FILE, rs_strdup(HOME "/a.pem"));
	const struct rs_anchor *anchor;
	struct rs_store *store;

	put_cert_file(HOME "/a.pem", &pem_a);
	assert_true(rs_home_hold(&r.home, &alice, false));
	rs_tool_named_add(named, HOME "/.curlrc", &setting);
	store = rs_tool_named_read(&places, named);
	assert_string_equal(store->id, "tool-config:alice:" HOME "/a.pem");
	anchor = store->anchors.v[0];
	for (size_t i = 0; i < anchor->origins.n; i++)
		assert_string_equal(((struct rs_origin *)anchor->origins.v[i])->reason, want);
	assert_int_equal(anchor->trust, RS_TRUST_SERVER);
	rs_store_free(store);
	rs_tool_named_free(named);
	rs_home_let_go(&r.home);
}

static void
test_nothing_named(void **state RS_UNUSED)
{
	file_mkdir(HOME "/folder");
	give(HOME "/folder");
	put_text(HOME "/a.pem", "");
	/* Not there, a folder for a file, a file for a folder, below a file. */
	put_text(HOME "/.curlrc", "cacert = /srv/ca/none.pem\ncacert = " HOME "/folder\n"
		 "capath = " HOME "/a.pem\ncacert = " HOME "/a.pem/b\n");
	expect("");
	put_text(HOME "/.curlrc", "cacert = " HOME "/a.pem\n");
	expect("no_findings " HOME "/a.pem\n");
	put_text(HOME "/.curlrc", "cacert = /srv/left-out.pem\n");
	put_cert_file("/srv/left-out.pem", &pem_a);
	expect("");
}

static void
test_not_understood(void **state RS_UNUSED)
{
	put_text(HOME "/.bashrc", "\nexport NODE_EXTRA_CA_CERTS=$(find-it)\nexport X=$(x)\n");
	put_text(HOME "/.curlrc", "cacert = a.pem\ncacert = " HOME "/../bob/a.pem\n");
	expect("not_looked_at " HOME "/.bashrc line 2 sets NODE_EXTRA_CA_CERTS in a way that is "
	       "not understood\n"
	       "not_looked_at a.pem, which " HOME "/.curlrc line 1 names by cacert: its path is "
	       "not from the root without \"..\"\n"
	       "not_looked_at " HOME "/../bob/a.pem, which " HOME "/.curlrc line 2 names by "
	       "cacert: its path is not from the root without \"..\"\n");
}

static void
test_off(void **state RS_UNUSED)
{
	put_text(HOME "/.gitconfig", "[http]\n\n\n\tsslVerify = false\n");
	expect("notice " HOME "/.gitconfig line 4 turns off the check of certificates in git: "
	       "anybody on the way can read what is sent and received\n");
}

static void
test_folder(void **state RS_UNUSED)
{
	put_cert_file(HOME "/ca/one.pem", &pem_a);
	put_link("one.pem", HOME "/ca/0a1b2c3d.0");
	put_text(HOME "/.wgetrc", "ca_directory = ~/ca\n");
#define OF_FOLDER(file) " | " HOME "/ca/" file IN_A " | " HOME "/.wgetrc line 1: ca_directory\n"
	expect("no_findings " HOME "/ca\n  A" OF_FOLDER("one.pem"));
	/* A link out of the folder is followed in the user's own run alone. */
	put_cert_file(HOME "/b.pem", &pem_b);
	put_link("../b.pem", HOME "/ca/1a1b2c3d.0");
	file_remove(HOME "/ca/one.pem");
	expect_as(true, "no_findings " HOME "/ca\n  B" OF_FOLDER("1a1b2c3d.0"));
	expect_as(false, "skipped " HOME "/ca: skipped: " HOME "/ca/1a1b2c3d.0 is a link, or "
		  "somebody else's; its owner's own run follows links\n");
}

static void
test_keystore(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf jks = { 0 };

	put_head(&jks, JKS, 2, 1);
	put_entry(&jks, 2, "mine", DATE);
	put_cert_bytes(&jks, 2, pem_a.der.data, pem_a.der.len);
	put_digest(&jks);
	put_bytes(HOME "/k.jks", jks.data, jks.len);
	put_text(HOME "/.profile", "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=" HOME "/k.jks\n");
#define OF_KEYSTORE "\n  A | " HOME "/k.jks mine | " HOME "/.profile line 1: JAVA_TOOL_OPTIONS\n"
	expect("no_findings " HOME "/k.jks" OF_KEYSTORE);
	put_bytes(HOME "/k.jks", pem_a.der.data, pem_a.der.len);
	{
		struct listing l;

		read_home(&l, false);
		assert_non_null(strstr(l.text.data, "unsupported " HOME "/k.jks: " HOME "/k.jks is "
				       "not read whole ("));
		rs_buf_free(&l.text);
	}
}

static void
test_inline(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_printf(&text, "ca=\"-----BEGIN CERTIFICATE-----\\n%s\\n-----END CERTIFICATE-----\"\n"
		      "ca[]=\"-----BEGIN CERTIFICATE-----\\n%s\\n-----END CERTIFICATE-----\"\n"
		      "ca[]=nonsense\n", pem_a.line, pem_b.line);
	put_text(HOME "/.npmrc", text.data);
	expect("no_findings " HOME "/.npmrc\n  A | " HOME "/.npmrc line 1: ca\n  B | " HOME
	       "/.npmrc line 2: ca[]\n");
}

/* git's includes: one level. */
static void
test_include(void **state RS_UNUSED)
{
	put_cert_file(HOME "/a.pem", &pem_a);
	put_text(HOME "/.gitconfig", "[include]\npath = more\npath = /srv/ca/none\npath = ../x\n");
	put_text(HOME "/more", "[http]\nsslCAInfo=" HOME "/a.pem\n[include]\n"
		 "path = " HOME "/more\n");
	expect("not_looked_at " HOME "/more, which " HOME "/more line 4 includes: it is included "
	       "itself\n"
	       "not_looked_at " HOME "/../x, which " HOME "/.gitconfig line 4 includes: its path "
	       "has \"..\"\n"
	       "no_findings " HOME "/a.pem\n  A | " HOME "/a.pem" IN_A " | " HOME
	       "/more line 2: sslCAInfo\n");
}

#define LINK_IN(path) "skipped " path "\n"

static void
test_links(void **state RS_UNUSED)
{
	put_cert_file(HOME "/a.pem", &pem_a);
	put_text(HOME "/dots/curlrc", "cacert = " HOME "/a.pem\n");
	put_link("dots/curlrc", HOME "/.curlrc");
	expect_as(false, LINK_IN(HOME "/.curlrc"));
#define OF_A "no_findings " HOME "/a.pem\n  A | " HOME "/a.pem" IN_A " | " HOME \
	"/.curlrc line 1: cacert\n"
	expect_as(true, OF_A);
	/* A folder on the way is said once. */
	file_remove(HOME "/.curlrc");
	put_link("dots", HOME "/.config");
	expect_as(false, LINK_IN(HOME "/.config"));
	expect_as(true, "no_findings " HOME "/a.pem\n  A | " HOME "/a.pem" IN_A " | " HOME
		  "/.config/curlrc line 1: cacert\n");
	file_remove(HOME "/.config");
	/* What is named is a link itself. */
	put_link("a.pem", HOME "/l.pem");
	put_text(HOME "/.curlrc", "cacert = " HOME "/l.pem\n");
	expect_as(false, "skipped " HOME "/l.pem: skipped: there is a link in " HOME "/l.pem, "
		  "which " HOME "/.curlrc line 1 names; its owner's own run follows it\n");
	expect_as(true, "no_findings " HOME "/l.pem\n  A | " HOME "/l.pem" IN_A " | " HOME
		  "/.curlrc line 1: cacert\n");
	/* Another spelling of the home does not lead past that. */
	put_text(HOME "/.curlrc", "cacert = /home/./alice//l.pem\n");
	expect_as(false, "skipped " HOME "/l.pem: skipped: there is a link in " HOME "/l.pem, "
		  "which " HOME "/.curlrc line 1 names; its owner's own run follows it\n");
}

/* A link to /dev/null masks a file; one to a neighbour has nothing of its own. */
static void
test_idle_links(void **state RS_UNUSED)
{
	put_cert_file(HOME "/a.pem", &pem_a);
	put_link("/dev/null", HOME "/.bashrc");
	put_text(HOME "/.config/environment.d/a.conf", "PIP_CERT=" HOME "/a.pem\n");
	put_link("/dev/null", HOME "/.config/environment.d/b.conf");
	put_link("a.conf", HOME "/.config/environment.d/c.conf");
	put_text(HOME "/.config/environment.d/.d.conf", "PIP_CERT=" HOME "/a.pem\n");
	put_text(HOME "/.config/environment.d/e", "PIP_CERT=" HOME "/a.pem\n");
	expect("no_findings " HOME "/a.pem\n  A | " HOME "/a.pem" IN_A " | " HOME
	       "/.config/environment.d/a.conf line 1: PIP_CERT\n");
}

static void
test_hostile_files(void **state RS_UNUSED)
{
	assert_int_equal(mkfifo(HOME "/.bashrc", 0600), 0);
	assert_int_equal(mkfifo(HOME "/fifo", 0600), 0);
	assert_int_equal(mkfifo("/srv/ca/fifo", 0666), 0);
	give(HOME "/.bashrc");
	give(HOME "/fifo");
	put_text(HOME "/.profile", "");
	assert_int_equal(truncate(HOME "/.profile", RS_TOOL_FILE_MAX + 1), 0);
	put_text(HOME "/.curlrc", "cacert = " HOME "/fifo\ncacert = /srv/ca/fifo\n"
		 "cacert = /dev/zero\ncacert = " HOME "/huge\n");
	put_text(HOME "/huge", "");
	assert_int_equal(truncate(HOME "/huge", 1LL << 40), 0);
	put_text(HOME "/.wgetrc", "");
	assert_int_equal(chown(HOME "/.wgetrc", UID + 1, UID), 0);
#define NO_FILE(path, line) "skipped " path ": skipped: " path ", which " HOME "/.curlrc line " \
	line " names, cannot be opened: No such device or address\n"
	expect("error " HOME "/.profile\nerror " HOME "/.bashrc\nskipped " HOME "/.wgetrc\n"
	       NO_FILE(HOME "/fifo", "1") NO_FILE("/srv/ca/fifo", "2") NO_FILE("/dev/zero", "3")
	       "error " HOME "/huge: " HOME "/huge cannot be read: File too large\n");
}

/* Ten thousand assignments are neither as many stores nor as many sentences. */
static void
test_many(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf files = { 0 };
	RS_AUTOBUF struct rs_buf odd = { 0 };
	struct listing l;

	for (int i = 0; i < 10000; i++) {
		RS_AUTOFREE char *path = rs_printf("/srv/ca/%d.pem", i);

		if (i < 200)
			put_cert_file(path, &pem_a);
		rs_buf_printf(&files, "cacert = %s\n", path);
		rs_buf_printf(&odd, "PIP_CERT=$X%d\n", i);
	}
	put_text(HOME "/.curlrc", files.data);
	put_text(HOME "/.bashrc", odd.data);
	read_home(&l, false);
	assert_int_equal(l.stores, 100);
	assert_int_equal(l.facts, 21);
	assert_non_null(strstr(l.text.data, "not_looked_at more settings of tools (alice)"));
	rs_buf_free(&l.text);
}

static void
test_many_files(void **state RS_UNUSED)
{
	struct listing l;

	put_text(HOME "/.wgetrc", "ca_directory = ~/ca\n");
	for (int i = 0; i < 2100; i++) {
		RS_AUTOFREE char *path = rs_printf(HOME "/ca/%d.pem", i);

		put_text(path, "");
	}
	read_home(&l, false);
	assert_non_null(strstr(l.text.data, "has more than 2000 files: not all was read"));
	rs_buf_free(&l.text);
}

/* What is read as the OS store is no store of a tool's. */
static void
test_os_store(void **state RS_UNUSED)
{
	file_debian();
	put_cert_file("/etc/ssl/certs/ca-certificates.crt", &pem_a);
	put_cert_file("/etc/ssl/certs/stray.pem", &pem_a);
	put_cert_file("/usr/local/share/ca-certificates/x/mine.crt", &pem_a);
	put_cert_file("/usr/share/ca-certificates/other.crt", &pem_a);
	assert_int_equal(symlink("/etc/ssl/certs/ca-certificates.crt", "/srv/ca/bundle"), 0);
	assert_int_equal(symlink("/usr/local/share/ca-certificates/x/mine.crt", "/srv/ca/mine"), 0);
	put_text(HOME "/.curlrc", "cacert = /etc/ssl/certs/ca-certificates.crt\n"
		 "cacert = /srv/ca/bundle\ncapath = /etc/ssl/certs/\n"
		 "cacert = /etc/ssl/certs/stray.pem\ncacert = /srv/ca/mine\n"
		 "cacert = /usr/local/share/ca-certificates/x/mine.crt\n");
	expect("");
	/* The updater takes no file of this name, and this one only where it is selected. */
	put_cert_file("/usr/local/share/ca-certificates/mine.pem", &pem_a);
	put_text(HOME "/.curlrc", "cacert = /usr/local/share/ca-certificates/mine.pem\n"
		 "cacert = /usr/share/ca-certificates/other.crt\n");
#define OF(path, line) "no_findings " path "\n  A | " path IN_A " | " HOME "/.curlrc line " line \
	": cacert\n"
	expect(OF("/usr/local/share/ca-certificates/mine.pem", "1")
	       OF("/usr/share/ca-certificates/other.crt", "2"));
}

static void
test_config_home(void **state RS_UNUSED)
{
	put_cert_file(HOME "/a.pem", &pem_a);
	put_text(HOME "/conf/curlrc", "cacert = " HOME "/a.pem\n");
	setenv("XDG_CONFIG_HOME", HOME "/conf", 1);
	expect_as(false, "");
	expect_as(true, "no_findings " HOME "/a.pem\n  A | " HOME "/a.pem" IN_A " | " HOME
		  "/conf/curlrc line 1: cacert\n");
	setenv("XDG_CONFIG_HOME", HOME "/.config", 1);
	expect_as(true, "");
	setenv("XDG_CONFIG_HOME", "conf", 1);
	expect_as(true, "");
	unsetenv("XDG_CONFIG_HOME");
}

#define SITE ".virtualenvs/x/lib/python3.11/site-packages/"
#define SITE_TOO ".virtualenvs/y/lib/python3.12/site-packages/"

static void
test_certifi(void **state RS_UNUSED)
{
	put_cert_file(HOME "/" SITE "certifi/cacert.pem", &pem_a);
	put_cert_file(HOME "/" SITE "pip/_vendor/certifi/cacert.pem", &pem_b);
	/* The same file by another environment. */
	file_mkdir(HOME "/" SITE_TOO "certifi");
	assert_int_equal(link(HOME "/" SITE "certifi/cacert.pem",
			      HOME "/" SITE_TOO "certifi/cacert.pem"), 0);
	give(HOME "/" SITE_TOO "certifi/cacert.pem");
	put_link("x", HOME "/.virtualenvs/z");
	{
		struct listing l;

		read_home(&l, false);
		assert_int_equal(l.stores, 2);
		assert_non_null(strstr(l.text.data, "  A | " HOME "/.virtualenvs/"));
		assert_non_null(strstr(l.text.data, "  B | " HOME "/" SITE "pip/_vendor/certifi/"
				       "cacert.pem certificate 1 at line 1\n"));
		rs_buf_free(&l.text);
	}
	/* Named by a setting too: with that setting, once. */
	put_text(HOME "/.bashrc", "export REQUESTS_CA_BUNDLE=~/" SITE "certifi/cacert.pem\n");
	{
		struct listing l;

		read_home(&l, false);
		assert_int_equal(l.stores, 2);
		assert_non_null(strstr(l.text.data, "/.bashrc line 1: REQUESTS_CA_BUNDLE\n"));
		rs_buf_free(&l.text);
	}
}

static void
test_certifi_folder(void **state RS_UNUSED)
{
	struct listing l = { .sink = { list_begin, list_store, list_fact } };
	struct rs_home_reading r = { .sink = &l.sink };
	RS_AUTOCLOSE int fd = -1;

	put_cert_file(HOME "/project/certifi/cacert.pem", &pem_a);
	assert_true(rs_home_hold(&r.home, &alice, false));
	fd = rs_home_open_dir(&r.home, r.home.fd, "project/certifi");
	assert_true(fd >= 0);
	for (int i = 0; i < 2; i++)
		rs_tool_config_read_certifi(&r, fd, HOME "/project/certifi");
	assert_string_equal(l.text.data, "no_findings " HOME "/project/certifi/cacert.pem\n  A | " HOME
			    "/project/certifi/cacert.pem" IN_A "\n");
	/* Neither a link nor what is not there. */
	file_remove(HOME "/project/certifi/cacert.pem");
	rs_tool_config_read_certifi(&r, fd, HOME "/project/certifi");
	put_link("/etc/ssl/certs/ca-certificates.crt", HOME "/project/certifi/cacert.pem");
	l.text.len = 0;
	rs_tool_config_read_certifi(&r, fd, HOME "/project/certifi");
	assert_true(rs_starts(l.text.data, "skipped " HOME "/project/certifi/cacert.pem\n"));
	rs_buf_free(&l.text);
	rs_home_let_go(&r.home);
	rs_map_free(&r.seen);
}

static void
test_system(void **state RS_UNUSED)
{
	file_debian();
	expect_system("");
	put_cert_file("/srv/ca/a.pem", &pem_a);
	put_cert_file("/srv/ca/b.pem", &pem_b);
	put_text("/etc/environment", "SSL_CERT_FILE=/srv/ca/a.pem\n");
	put_text("/etc/profile.d/x.sh", "export SSL_CERT_FILE=/srv/ca/a.pem\n"
		 "export PIP_CERT=~/a.pem\n");
	put_text("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=NODE_EXTRA_CA_CERTS="
		 "/srv/ca/b.pem\n");
	put_cert_file("/usr/local/lib/python3.11/dist-packages/certifi/cacert.pem", &pem_a);
	put_cert_file("/etc/ssl/certs/ca-certificates.crt", &pem_a);
	file_mkdir("/usr/lib/python3/dist-packages/certifi");
	if (!file_exists("/usr/lib/python3/dist-packages/certifi/cacert.pem"))
		assert_int_equal(symlink("/etc/ssl/certs/ca-certificates.crt",
					 "/usr/lib/python3/dist-packages/certifi/cacert.pem"), 0);
	expect_system("not_looked_at /etc/profile.d/x.sh line 2 sets PIP_CERT in a way that is not "
		      "understood\n"
		      "no_findings /srv/ca/a.pem\n  A | /srv/ca/a.pem" IN_A
		      " | /etc/environment line 1: SSL_CERT_FILE"
		      " | /etc/profile.d/x.sh line 1: SSL_CERT_FILE\n"
		      "no_findings /srv/ca/b.pem\n  B | /srv/ca/b.pem" IN_A
		      " | /etc/systemd/system.conf line 2: NODE_EXTRA_CA_CERTS\n"
		      "no_findings /usr/local/lib/python3.11/dist-packages/certifi/cacert.pem\n"
		      "  A | /usr/local/lib/python3.11/dist-packages/certifi/cacert.pem" IN_A "\n");
}

/* The one that stands for a pattern. */
static char *
example(const char *top, const char *pattern)
{
	RS_AUTOBUF struct rs_buf path = { 0 };

	rs_buf_printf(&path, "%s/", top);
	for (const char *c = pattern; *c != '\0'; c++)
		rs_buf_add(&path, *c == '*' ? "x" : c, 1);
	return rs_buf_steal(&path);
}

static const char *const samples[] = {
	[RS_SYNTAX_SHELL] = "PIP_CERT=/srv/ca/a.pem",
	[RS_SYNTAX_FISH] = "set -x PIP_CERT /srv/ca/a.pem",
	[RS_SYNTAX_ENV] = "PIP_CERT=/srv/ca/a.pem",
	[RS_SYNTAX_UNIT] = "Environment=PIP_CERT=/srv/ca/a.pem",
	[RS_SYNTAX_CURL] = "cacert=/srv/ca/a.pem",
	[RS_SYNTAX_WGET] = "ca_certificate=/srv/ca/a.pem",
	[RS_SYNTAX_GIT] = "[http] sslCAInfo=/srv/ca/a.pem",
	[RS_SYNTAX_NPM] = "cafile=/srv/ca/a.pem",
	[RS_SYNTAX_PIP] = "cert=/srv/ca/a.pem",
};

/* Each file of the table is read, in its own syntax. */
static void
test_every_file(void **state RS_UNUSED)
{
	put_cert_file("/srv/ca/a.pem", &pem_a);
	for (const struct rs_tool_file *f = rs_tool_home_files; f->pattern != NULL; f++) {
		RS_AUTOFREE char *path = example(HOME, f->pattern);
		RS_AUTOFREE char *place = rs_printf(" | %s line 1: ", path);
		struct listing l;

		put_text(path, samples[f->syntax]);
		read_home(&l, false);
		assert_non_null(strstr(l.text.data, place));
		rs_buf_free(&l.text);
		file_remove(path);
	}
	for (const struct rs_tool_file *f = rs_tool_system_files; f->pattern != NULL; f++) {
		RS_AUTOFREE char *path = example("", f->pattern);
		RS_AUTOFREE char *place = rs_printf(" | %s line 1: ", path);
		struct listing l = { .sink = { list_begin, list_store, list_fact } };

		/* The machine's own. */
		if (rs_starts(path, "/usr/lib/") || rs_starts(path, "/usr/etc/"))
			continue;
		put_text(path, samples[f->syntax]);
		rs_tool_config_read_system(&l.sink);
		assert_non_null(strstr(l.text.data, place));
		rs_buf_free(&l.text);
		file_remove(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST("/tool-config/file", test_file),
		CONFIG_TEST("/tool-config/named-twice", test_named_twice),
		CONFIG_TEST("/tool-config/reason", test_reason),
		CONFIG_TEST("/tool-config/nothing-named", test_nothing_named),
		CONFIG_TEST("/tool-config/not-understood", test_not_understood),
		CONFIG_TEST("/tool-config/off", test_off),
		CONFIG_TEST("/tool-config/folder", test_folder),
		CONFIG_TEST("/tool-config/keystore", test_keystore),
		CONFIG_TEST("/tool-config/inline", test_inline),
		CONFIG_TEST("/tool-config/include", test_include),
		CONFIG_TEST("/tool-config/links", test_links),
		CONFIG_TEST("/tool-config/idle-links", test_idle_links),
		CONFIG_TEST("/tool-config/hostile-files", test_hostile_files),
		CONFIG_TEST("/tool-config/many", test_many),
		CONFIG_TEST("/tool-config/many-files", test_many_files),
		CONFIG_TEST("/tool-config/os-store", test_os_store),
		CONFIG_TEST("/tool-config/config-home", test_config_home),
		CONFIG_TEST("/tool-config/certifi", test_certifi),
		CONFIG_TEST("/tool-config/certifi-folder", test_certifi_folder),
		CONFIG_TEST("/tool-config/system", test_system),
		CONFIG_TEST("/tool-config/every-file", test_every_file),
	};

	file_private_world();
	return cmocka_run_group_tests_name("tool-config", tests, pem_setup, pem_teardown);
}
