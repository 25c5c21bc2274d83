/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: what is found in a home, and what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file-fixture.h"
#include "home-fixture.h"

static void
link_to(const char *target, const char *path)
{
	assert_int_equal(symlink(target, path), 0);
}

static void
test_no_home(void **state RS_UNUSED)
{
	home_expect("/home/nowhere", 0, "absent /home/nowhere\n");
	file_mkdir("/home/empty");
	home_expect("/home/empty", 0, "");
	home_expect("/home/empty", HOME_OWN, "");
	/* Whoever owns it. */
	home_database("/home/roots/.pki/nssdb");
	home_give("/home/roots/.pki");
	home_expect("/home/roots", 0, "no_findings /home/roots/.pki/nssdb/cert9.db\n");
}

/* Of both families, at known places and elsewhere. */
static void
test_found(void **state RS_UNUSED)
{
	home_database("/home/found/.mozilla/firefox/p q].default");
	home_database("/home/found/.thunderbird/Profiles/x");
	home_database("/home/found/some/where/else");
	home_file("/home/found/.mozilla/firefox/profiles.ini", "");
	home_file("/home/found/.config/chromium/Profile 1/ServerCertificate", "");
	home_file("/home/found/.config/opera/ServerCertificate", "");
	home_file("/home/found/kiosk/Default/ServerCertificate", "");
	home_file("/home/found/.moonchild productions/pale moon/old/cert8.db", "");
	home_file("/home/found/much older/cert8.db", "");
	/* What NSS left beside the new one is nobody's any more. */
	home_file("/home/found/some/where/else/cert8.db", "");
	home_give("/home/found");
	home_expect_line("/home/found", 0,
			 "no_findings /home/found/.mozilla/firefox/p q].default/cert9.db\n");
	home_expect_line("/home/found", 0, "no_findings /home/found/.thunderbird/Profiles/x/cert9.db\n");
	home_expect_line("/home/found", 0, "no_findings /home/found/some/where/else/cert9.db\n");
	home_expect_line("/home/found", HOME_REASONS, "unsupported /home/found/.moonchild productions/"
			 "pale moon/old/cert8.db: /home/found/.moonchild productions/pale moon/old/"
			 "cert8.db is of a format that NSS gave up in 2018: if its program is no "
			 "longer used, delete it; else look into that program's own list of "
			 "certificates\n");
	home_expect_line("/home/found", 0, "unsupported /home/found/much older/cert8.db\n");
	{
		RS_AUTOFREE char *got = home_listing("/home/found", 0);

		assert_null(strstr(got, "else/cert8.db"));
		assert_non_null(strstr(got, " /home/found/.config/chromium/Profile 1/ServerCertificate\n"));
		assert_non_null(strstr(got, " /home/found/.config/opera/ServerCertificate\n"));
		assert_non_null(strstr(got, " /home/found/kiosk/Default/ServerCertificate\n"));
	}
}

/* What is there and was not read is said; what leads out is not followed. */
static void
test_not_read(void **state RS_UNUSED)
{
	home_database("/home/odd/real");
	home_database("/home/odd/.mozilla/firefox/mine");
	home_database("/home/odd/.thunderbird/foreign");
	home_database("/home/odd/else/foreign");
	link_to("../../real", "/home/odd/.mozilla/firefox/link");
	link_to("/home/odd/real", "/home/odd/.librewolf");
	link_to("real", "/home/odd/.pki");
	home_give("/home/odd");
	assert_int_equal(chown("/home/odd/.thunderbird/foreign", 0, 0), 0);
	assert_int_equal(chown("/home/odd/else/foreign", 0, 0), 0);
	home_expect("/home/odd", 0,
		    "no_findings /home/odd/.mozilla/firefox/mine/cert9.db\n"
		    "no_findings /home/odd/real/cert9.db\n"
		    "not_looked_at 2 folders below /home/odd that are not open to its owner, or "
		    "belong to somebody else, such as /home/odd/else/foreign\n"
		    "skipped /home/odd/.librewolf\n"
		    "skipped /home/odd/.mozilla/firefox/link\n"
		    "skipped /home/odd/.pki/nssdb\n"
		    "skipped /home/odd/.thunderbird/foreign\n");
}

/* One database by two ways is one store, as is a place that cannot be opened. */
static void
test_twice(void **state RS_UNUSED)
{
	home_database("/home/twice/.pki/nssdb");
	file_mkdir("/home/twice/.thunderbird");
	link_to("../.pki/nssdb", "/home/twice/.thunderbird/again");
	link_to(".", "/home/twice/.thunderbird/Profiles");
	file_mkdir("/home/twice/hard");
	assert_int_equal(link("/home/twice/.pki/nssdb/cert9.db", "/home/twice/hard/cert9.db"), 0);
	home_file("/home/twice/.thunderbird/profiles.ini", "[Profile0]\nPath=again\n");
	home_give("/home/twice");
	home_expect("/home/twice", HOME_OWN, "no_findings /home/twice/.pki/nssdb/cert9.db\n");
	home_expect("/home/twice", 0, "no_findings /home/twice/.pki/nssdb/cert9.db\n"
		    "skipped /home/twice/.thunderbird/Profiles\n"
		    "skipped /home/twice/.thunderbird/again\n");
}

/* A link to a database, met first, does not stand for that database. */
static void
test_link_hides_nothing(void **state RS_UNUSED)
{
	home_database("/home/hide/.mozilla/firefox/x");
	file_mkdir("/home/hide/.pki/nssdb");
	link_to("../../.mozilla/firefox/x/cert9.db", "/home/hide/.pki/nssdb/cert9.db");
	home_give("/home/hide");
	for (unsigned own = 0; own <= HOME_OWN; own++)
		home_expect("/home/hide", own,
			    "no_findings /home/hide/.mozilla/firefox/x/cert9.db\n"
			    "skipped /home/hide/.pki/nssdb/cert9.db\n");
}

static void
test_special_files(void **state RS_UNUSED)
{
	file_mkdir("/home/special/.pki/nssdb");
	file_mkdir("/home/special/device");
	file_mkdir("/home/special/folder/cert9.db");
	file_mkdir("/home/special/.config/chromium/Default");
	file_mkdir("/home/special/.mozilla/firefox");
	assert_int_equal(mkfifo("/home/special/.pki/nssdb/cert9.db", 0600), 0);
	assert_int_equal(mkfifo("/home/special/.mozilla/firefox/profiles.ini", 0600), 0);
	assert_int_equal(mkfifo("/home/special/.config/chromium/Default/ServerCertificate", 0600), 0);
	assert_int_equal(mknod("/home/special/device/cert9.db", S_IFCHR | 0600, makedev(1, 5)), 0);
	home_give("/home/special");
	home_expect_line("/home/special", HOME_REASONS, "error /home/special/.pki/nssdb/cert9.db: "
			 "a special file, not a database\n");
	home_expect_line("/home/special", HOME_REASONS, "error /home/special/device/cert9.db: ");
	home_expect_line("/home/special", HOME_REASONS, "error /home/special/folder/cert9.db: "
			 "a folder, not a database\n");
	home_expect_line("/home/special", HOME_REASONS, "error /home/special/.mozilla/firefox/"
			 "profiles.ini: /home/special/.mozilla/firefox/profiles.ini is not a regular "
			 "file\n");
}

/* A name is a name: no pattern, no code, no path. */
static void
test_odd_names(void **state RS_UNUSED)
{
	static const char *const names[] = {
		"a\nb", "\033[2J\033]0;x\007", "it's] x>", "\"q\" tokens=<0x8=[x]>",
		"a' flags= configDir='sql:inj", "back\\slash:colon;semi", "*", "%s%n", "\xff\xfe",
		" ", "-rf",
	};

	for (size_t i = 0; i < RS_COUNT(names); i++) {
		RS_AUTOFREE char *home = rs_printf("/home/names-%zu", i);
		RS_AUTOFREE char *app = rs_printf("%s/.var/app/%s/data/pki/nssdb", home, names[i]);
		RS_AUTOFREE char *snap = rs_printf("%s/snap/%s/%s/.pki/nssdb", home, names[i], names[i]);
		RS_AUTOFREE char *profile = rs_printf("%s/.zen/%s", home, names[i]);
		RS_AUTOFREE char *other = rs_printf("%s/%s/%s", home, names[i], names[i]);
		const char *const dirs[] = { app, profile, snap, other };

		for (size_t k = 0; k < RS_COUNT(dirs); k++)
			home_database(dirs[k]);
		home_give(home);
		for (size_t k = 0; k < RS_COUNT(dirs); k++) {
			RS_AUTOFREE char *line = rs_printf("no_findings %s/cert9.db\n", dirs[k]);

			home_expect_line(home, k < 3 ? HOME_PLACES : 0, line);
		}
	}
}

/* A worker that had to be started anew tells nothing twice. */
static void
test_told_before(void **state RS_UNUSED)
{
	home_database("/home/told/.pki/nssdb");
	home_file("/home/told/x/cert8.db", "");
	link_to("x", "/home/told/.librewolf");
	home_give("/home/told");
	home_told = "/home/told/";
	home_expect("/home/told", 0, "");
	home_told = "cert8.db";
	home_expect("/home/told", 0, "no_findings /home/told/.pki/nssdb/cert9.db\n"
		    "skipped /home/told/.librewolf\n");
	home_told = NULL;
}

/* What is mounted below a home is looked into only where it is known. */
static void
test_mounted(void **state RS_UNUSED)
{
	file_mkdir("/home/mounted/.mozilla/firefox");
	file_mkdir("/home/mounted/disk");
	home_give("/home/mounted");
	assert_int_equal(mount("none", "/home/mounted/.mozilla/firefox", "tmpfs", 0, NULL), 0);
	assert_int_equal(mount("none", "/home/mounted/disk", "tmpfs", 0, NULL), 0);
	home_database("/home/mounted/.mozilla/firefox/x");
	home_database("/home/mounted/disk/x");
	home_give("/home/mounted");
	home_expect_line("/home/mounted", 0, "no_findings /home/mounted/.mozilla/firefox/x/cert9.db\n");
	home_expect_line("/home/mounted", HOME_REASONS, "skipped /home/mounted/disk: skipped: "
			 "something else is mounted there");
	home_expect_line("/home/mounted", HOME_MOUNTS, "no_findings /home/mounted/disk/x/cert9.db\n");
	/* A worker stays in the folder of its last database, and ends. */
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(umount("/home/mounted/disk") | umount("/home/mounted/.mozilla/firefox"), 0);
}

/* However many places were left out, a few are told. */
static void
test_told_bounded(void **state RS_UNUSED)
{
	RS_AUTOFREE char *got = NULL;
	size_t lines = 0;

	for (int i = 0; i < 30; i++) {
		RS_AUTOFREE char *dir = rs_printf("/home/bounded/m%d", i);

		file_mkdir(dir);
		assert_int_equal(mount("none", dir, "tmpfs", 0, NULL), 0);
	}
	home_give("/home/bounded");
	got = home_listing("/home/bounded", HOME_REASONS);
	for (const char *p = got; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_int_equal(lines, 21);
	assert_non_null(strstr(got, ": skipped: 10 more folders below the home were not, or not "
			       "wholly, searched\n"));
	for (int i = 0; i < 30; i++) {
		RS_AUTOFREE char *dir = rs_printf("/home/bounded/m%d", i);

		assert_int_equal(umount(dir), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/home-stores/no-home", test_no_home),
		FILE_TEST("/home-stores/found", test_found),
		FILE_TEST("/home-stores/not-read", test_not_read),
		FILE_TEST("/home-stores/twice", test_twice),
		FILE_TEST("/home-stores/link-hides-nothing", test_link_hides_nothing),
		FILE_TEST("/home-stores/special-files", test_special_files),
		FILE_TEST("/home-stores/odd-names", test_odd_names),
		FILE_TEST("/home-stores/told-before", test_told_before),
		FILE_TEST("/home-stores/mounted", test_mounted),
		FILE_TEST("/home-stores/told-bounded", test_told_bounded),
	};

	file_private_world();
	return cmocka_run_group_tests_name("home-stores", tests, NULL, NULL);
}
