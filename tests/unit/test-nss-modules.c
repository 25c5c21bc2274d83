/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: what is told of modules, none of which is loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-fixture.h"
#include "nss-modules.h"

#define DIR "/home/alice/db"
#define FILE DIR "/pkcs11.txt"
#define CURE "close the program and take that module's lines out"
#define TRUST " brings in /usr/lib/p11-kit-trust.so: what the system's store trusts is trusted there " \
	"too; to end that, "
#define UNKNOWN ", which is for a smart card, or trusts certificates of its own; if you do not know " \
	"it, "
#define PLANTED " is a program library in a folder of certificates: browsers may load it"

struct listing {
	struct rs_sink sink;
	struct rs_buf text;
};

static void
list_fact(struct rs_sink *sink, const char *type, const char *text)
{
	rs_buf_printf(&((struct listing *)sink)->text, "%s: %s\n", type, text);
}

/* And where something is left unread, the store says so. */
static void
expect(const char *want)
{
	const struct rs_user alice = {
		.name = (char *)(uintptr_t)"alice", .home = (char *)(uintptr_t)"/home/alice",
	};
	struct listing l = { .sink = { .fact = list_fact } };
	struct rs_home_reading r = { .sink = &l.sink };
	struct rs_store *store = rs_store_new(RS_KIND_NSS, "alice", DIR "/cert9.db");
	int fd = open(DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	rs_buf_puts(&l.text, "");
	assert_true(rs_home_hold(&r.home, &alice, false));
	rs_nss_modules_tell(&r, fd, DIR, store);
	assert_string_equal(l.text.data, want);
	assert_int_equal(store->state, strstr(want, RS_FACT_NOT_LOOKED_AT) != NULL ?
			 RS_STORE_UNSUPPORTED : RS_STORE_NO_FINDINGS);
	rs_store_free(store);
	rs_home_let_go(&r.home);
	close(fd);
	rs_buf_free(&l.text);
}

static int
setup(void **state RS_UNUSED)
{
	if (file_exists(DIR))
		file_remove(DIR);
	file_mkdir(DIR);
	return 0;
}

/* As NSS and Firefox themselves write it. */
static void
test_usual(void **state RS_UNUSED)
{
	expect("");
	file_puts(FILE, "");
	expect("");
	file_puts(FILE, "library=\nname=NSS Internal PKCS #11 Module\nparameters=configdir='sql:"
		  DIR "' library=/x.so\nNSS=Flags=internal,critical\n\n\nlibrary=libnssckbi.so\n"
		  "name=Root Certs\n\nlibrary=/usr/lib/firefox/libnssckbi.so\nname=x\n");
	expect("");
}

static void
test_modules(void **state RS_UNUSED)
{
	file_puts(FILE, "library=\n\nlibrary=/usr/lib/p11-kit-trust.so\nname=a\n\n"
		  " Library=/opt/card reader.so\r\nname=b");
	expect("notice: " FILE " line 3" TRUST CURE "\n"
	       "not_looked_at: certificates of the module /opt/card reader.so, which " FILE " line 6 "
	       "brings in\n"
	       "notice: " FILE " line 6 brings in the module /opt/card reader.so" UNKNOWN CURE "\n");
}

/* Roots under a name that is known, from a place that is not. */
static void
test_disguised(void **state RS_UNUSED)
{
	static const char *const libraries[] = {
		"/home/alice/libnssckbi.so", "./libnssckbi.so", "/usr/../home/libnssckbi.so",
		"/tmp/libsoftokn3.so",
	};

	for (size_t i = 0; i < RS_COUNT(libraries); i++) {
		RS_AUTOFREE char *text = rs_printf("library=%s", libraries[i]);
		RS_AUTOFREE char *want = rs_printf("not_looked_at: certificates of the module %s, "
		    "which " FILE " line 1 brings in\nnotice: " FILE " line 1 brings in the module %s"
		    UNKNOWN CURE "\n", libraries[i], libraries[i]);

		file_puts(FILE, text);
		expect(want);
	}
}

/* A library that is known, told to read what is not. */
static void
test_elsewhere(void **state RS_UNUSED)
{
	file_puts(FILE, "parameters=configdir='sql:/srv/x'\nname=a\nlibrary=libsoftokn3.so\n\n"
		  "library=libnssckbi.so\nparameters= \n\nname=b\nparameters=x\n");
	expect("notice: " FILE " line 3 makes the module libsoftokn3.so read certificates at another "
	       "place; if you do not know it, " CURE "\n"
	       "not_looked_at: certificates that " FILE " line 3 makes the module libsoftokn3.so "
	       "read\n");
}

static void
test_many(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf text = { 0 }, want = { 0 };

	for (unsigned i = 1; i <= 1000; i++) {
		rs_buf_puts(&text, "library=/usr/lib/p11-kit-trust.so\n\n");
		if (i <= 8)
			rs_buf_printf(&want, "notice: " FILE " line %u" TRUST CURE "\n", 2 * i - 1);
	}
	rs_buf_puts(&want, "not_looked_at: certificates of 992 more modules that " FILE " brings in\n");
	file_puts(FILE, text.data);
	expect(want.data);
}

static void
test_bytes(void **state RS_UNUSED)
{
	static const char text[] = "\0\0library=/a.so\0\nx\xff\nlibrary=";

	file_write(FILE, text, sizeof(text) - 1);
	expect("not_looked_at: certificates of the module /a.so, which " FILE " line 3 brings in\n"
	       "notice: " FILE " line 3 brings in the module /a.so" UNKNOWN CURE "\n");
}

static void
test_not_read(void **state RS_UNUSED)
{
#define NOT_READ(why) expect("not_looked_at: certificates of modules that " FILE " may bring in: " why "\n")
	file_puts("/home/alice/else", "library=/a.so\n");
	assert_int_equal(symlink("../else", FILE), 0);
	NOT_READ("Too many levels of symbolic links");
	assert_int_equal(unlink(FILE) | mkfifo(FILE, 0600), 0);
	NOT_READ("No such device or address");
	assert_int_equal(unlink(FILE), 0);
	file_puts(FILE, "");
	assert_int_equal(truncate(FILE, 1 << 30), 0);
	NOT_READ("File too large");
}

static void
test_planted(void **state RS_UNUSED)
{
	file_puts(DIR "/libnssckbi.so", "");
	expect("notice: " DIR "/libnssckbi.so" PLANTED " in place of their own list of roots; no "
	       "program that is known puts one there, delete it\n"
	       "not_looked_at: certificates of " DIR "/libnssckbi.so, a library\n");
	assert_int_equal(unlink(DIR "/libnssckbi.so") | symlink("/none", DIR "/x.so"), 0);
	expect("notice: " DIR "/x.so" PLANTED "; no program that is known puts one there, delete it\n"
	       "not_looked_at: certificates of " DIR "/x.so, a library\n");
}

#define MODULE_TEST(name, function) { name, function, setup, NULL, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MODULE_TEST("/nss-modules/usual", test_usual),
		MODULE_TEST("/nss-modules/modules", test_modules),
		MODULE_TEST("/nss-modules/disguised", test_disguised),
		MODULE_TEST("/nss-modules/elsewhere", test_elsewhere),
		MODULE_TEST("/nss-modules/many", test_many),
		MODULE_TEST("/nss-modules/bytes", test_bytes),
		MODULE_TEST("/nss-modules/not-read", test_not_read),
		MODULE_TEST("/nss-modules/planted", test_planted),
	};

	file_private_world();
	return cmocka_run_group_tests_name("nss-modules", tests, NULL, NULL);
}
