/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: the table of places, and profiles that lie
 * where profiles.ini says. Nothing here is found by the search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-fixture.h"
#include "home-fixture.h"
#include "places.h"

/* A path with a name for each "*". */
static char *
example(const struct rs_place_view *view, const struct rs_place *place)
{
	const char *below = view->bases[place->base];
	char *path = rs_printf("%s%s%s%s%s", view->home, view->home[0] != '\0' ? "/" : "", below,
			       below[0] != '\0' ? "/" : "", place->path);

	for (char *p = path; (p = strchr(p, '*')) != NULL; p++)
		*p = 'X';
	return path;
}

static void
expect_place(const struct rs_place_view *view, const struct rs_place *place)
{
	RS_AUTOFREE char *path = example(view, place), *home = rs_strdup("/home/row");
	RS_AUTOFREE char *dir = rs_printf("%s/%s%s", home, path,
					  place->what == RS_PLACE_DATABASE ? "" : "/pro file");
	RS_AUTOFREE char *file = rs_printf("%s/%s", dir, place->what == RS_PLACE_CHROMIUM ?
					   "ServerCertificate" : "cert9.db");
	RS_AUTOFREE char *said = rs_printf(" %s\n", file), *got = NULL;

	if (place->what == RS_PLACE_CHROMIUM)
		home_file(file, "");
	else
		home_database(dir);
	home_give(home);
	got = home_listing(home, HOME_PLACES);
	if (strstr(got, said) == NULL)
		fail_msg("%s was not read: %s", file, got);
	assert_non_null(rs_places_browser_of(path));
	assert_string_equal(rs_places_browser_of(file + strlen(home) + 1), place->browser);
	file_remove(home);
}

static void
test_table(void **state RS_UNUSED)
{
	for (size_t i = 0; i < rs_place_views_n; i++)
		for (size_t k = 0; k < rs_places_n; k++)
			expect_place(&rs_place_views[i], &rs_places[k]);
}

static void
test_names(void **state RS_UNUSED)
{
	static const struct { const char *path, *name; } table[] = {
		{ ".mozilla/firefox/abc.default/cert9.db", "Firefox" },
		{ "snap/firefox/common/.mozilla/firefox/x/cert9.db", "Firefox" },
		{ ".var/app/org.mozilla.firefox/config/mozilla/firefox/x", "Firefox" },
		{ ".var/app/org.mozilla.Thunderbird/.thunderbird/x/cert9.db", "Thunderbird" },
		{ "snap/chromium/common/chromium/Default/ServerCertificate", "Chromium" },
		{ "snap/brave/417/.config/BraveSoftware/Brave-Browser/Default", "Brave" },
		{ ".config/google-chrome", "Google Chrome" },
		{ ".config/google-chrome-beta/Default", "Google Chrome Beta" },
		{ ".config/opera/ServerCertificate", "Opera" },
		{ ".local/share/torbrowser/tbb/x86_64/tor-browser/Browser/TorBrowser/Data/Browser/"
		  "profile.default/cert9.db", "Tor Browser" },
		{ ".local/share/evolution/cert9.db", "Evolution" },
		{ ".mozilla/firefoxes/x", NULL }, { ".mozilla", NULL }, { "", NULL },
		{ "/.mozilla/firefox/x", NULL }, { ".var/app", NULL }, { ".config/chrom", NULL },
		{ "snap/firefox", NULL }, { "x/.mozilla/firefox/y", NULL },
	};

	for (size_t i = 0; i < RS_COUNT(table); i++) {
		const char *name = rs_places_browser_of(table[i].path);

		if (!rs_streq(name, table[i].name))
			fail_msg("%s is said to be %s's", table[i].path, name ? name : "nobody");
	}
}

/* The caller's environment is that user's own only in that user's own run. */
static void
test_xdg(void **state RS_UNUSED)
{
	home_database("/home/xdg/data/pki/nssdb");
	home_database("/srv/conf/mozilla/firefox/x");
	home_file("/srv/conf/chromium/Default/ServerCertificate", "");
	home_give("/home/xdg");
	home_give("/srv/conf");
	setenv("XDG_DATA_HOME", "/home/xdg/data", 1);
	setenv("XDG_CONFIG_HOME", "/srv/conf", 1);
	home_expect("/home/xdg", HOME_PLACES, "");
	home_expect_line("/home/xdg", HOME_PLACES | HOME_OWN,
			 "no_findings /home/xdg/data/pki/nssdb/cert9.db\n");
	home_expect_line("/home/xdg", HOME_PLACES | HOME_OWN,
			 "no_findings /srv/conf/mozilla/firefox/x/cert9.db\n");
	setenv("XDG_DATA_HOME", "data", 1);
	setenv("XDG_CONFIG_HOME", "", 1);
	home_expect("/home/xdg", HOME_PLACES | HOME_OWN, "");
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CONFIG_HOME");
}

/* snapd's "current" is a link to its neighbour; a link that leads away is said. */
static void
test_links(void **state RS_UNUSED)
{
	home_database("/home/links/snap/chromium/12/.pki/nssdb");
	home_database("/home/links/snap/chromium/13/.pki/nssdb");
	home_database("/home/links/elsewhere/.pki/nssdb");
	file_mkdir("/home/links/.config/chromium");
	assert_int_equal(symlink("13", "/home/links/snap/chromium/current"), 0);
	assert_int_equal(symlink("../elsewhere", "/home/links/snap/moved"), 0);
	assert_int_equal(symlink("..", "/home/links/snap/up"), 0);
	assert_int_equal(symlink("host-123", "/home/links/.config/chromium/SingletonLock"), 0);
	assert_int_equal(symlink("/tmp/x/SingletonSocket",
				 "/home/links/.config/chromium/SingletonSocket"), 0);
	assert_int_equal(symlink("1.2.3", "/home/links/.config/chromium/RunningChromeVersion"), 0);
	assert_int_equal(symlink("/x/y", "/home/links/.config/chromium/Default"), 0);
	home_give("/home/links");
	home_expect("/home/links", HOME_PLACES,
		    "no_findings /home/links/snap/chromium/12/.pki/nssdb/cert9.db\n"
		    "no_findings /home/links/snap/chromium/13/.pki/nssdb/cert9.db\n"
		    "skipped /home/links/.config/chromium/Default\n"
		    "skipped /home/links/snap/moved\n"
		    "skipped /home/links/snap/up\n");
}

static void
ini(const char *home, const char *paths)
{
	RS_AUTOFREE char *file = rs_printf("%s/.mozilla/firefox/profiles.ini", home);
	RS_AUTOFREE char *text = rs_printf("[General]\nStartWithLastProfile=1\n%s", paths);

	home_file(file, text);
}

static void
test_ini(void **state RS_UNUSED)
{
	home_database("/home/ini/.mozilla/firefox/deep/er/profile");
	home_database("/home/ini/other");
	home_database("/home/ini/absolute");
	home_database("/srv/mine");
	home_database("/srv/foreign");
	ini("/home/ini", "[Profile0]\nName=a\nIsRelative=1\nPath=deep/er/profile\n\n"
	    "[Profile1]\r\n  Path=../../other\r\nIsRelative=1\r\n"
	    "[Profile2]\nIsRelative=0\nPath=/home/ini/absolute\n"
	    "[Profile3]\nIsRelative=0\nPath=/srv/mine\n"
	    "[Profile4]\nIsRelative=0\nPath=/srv/foreign\n"
	    "[Profile5]\nPath=gone\n[Profile6]\nPath=\n; Path=/comment\n");
	home_give("/home/ini");
	home_give("/srv/mine");
	home_expect("/home/ini", HOME_PLACES,
		    "no_findings /home/ini/.mozilla/firefox/deep/er/profile/cert9.db\n"
		    "no_findings /home/ini/absolute/cert9.db\n"
		    "no_findings /home/ini/other/cert9.db\n"
		    "skipped /srv/foreign\nskipped /srv/mine\n");
	home_expect_line("/home/ini", HOME_PLACES | HOME_REASONS, "skipped /srv/mine: skipped: "
			 "/srv/mine lies outside of the home; its owner's own run looks there\n");
	home_expect("/home/ini", HOME_PLACES | HOME_OWN,
		    "no_findings /home/ini/.mozilla/firefox/deep/er/profile/cert9.db\n"
		    "no_findings /home/ini/absolute/cert9.db\n"
		    "no_findings /home/ini/other/cert9.db\n"
		    "no_findings /srv/mine/cert9.db\n"
		    "skipped /srv/foreign\n");
	home_expect_line("/home/ini", HOME_PLACES | HOME_OWN | HOME_REASONS, "skipped /srv/foreign: "
			 "skipped: /srv/foreign belongs to somebody else\n");
}

/* A profile that a hostile file names is another's, or leads out by a link. */
static void
test_ini_hostile(void **state RS_UNUSED)
{
	home_database("/home/victim/.mozilla/firefox/v");
	file_mkdir("/home/hostile/.mozilla/firefox");
	assert_int_equal(symlink("/home/victim", "/home/hostile/link"), 0);
	ini("/home/hostile", "[Profile0]\nPath=../../../victim/.mozilla/firefox/v\n"
	    "[Profile1]\nPath=/home/hostile/link/.mozilla/firefox/v\n"
	    "[Profile2]\nPath=/home/hostile/../victim/.mozilla/firefox/v\n"
	    "[Profile3]\nPath=../../../../../../../..\n[Profile4]\nPath=/\n"
	    "[Profile5]\nPath=/home/hostile-not\n");
	home_give("/home/hostile");
	home_expect("/home/hostile", HOME_PLACES, "skipped /\n"
		    "skipped /home/hostile-not\n"
		    "skipped /home/hostile/link/.mozilla/firefox/v\n"
		    "skipped /home/victim/.mozilla/firefox/v\n");
}

static void
test_ini_huge(void **state RS_UNUSED)
{
	home_database("/home/huge/first");
	home_database("/home/huge/.mozilla/firefox/listed");
	ini("/home/huge", "[Profile0]\nPath=../../first\n");
	assert_int_equal(truncate("/home/huge/.mozilla/firefox/profiles.ini", 100 << 20), 0);
	home_give("/home/huge");
	home_expect("/home/huge", HOME_PLACES | HOME_REASONS,
		    "no_findings /home/huge/.mozilla/firefox/listed/cert9.db\n"
		    "no_findings /home/huge/first/cert9.db\n"
		    "skipped /home/huge/.mozilla/firefox/profiles.ini: skipped: its list of profiles "
		    "was not read, or not wholly: larger than 1024 KiB. Profiles that lie "
		    "elsewhere may be missing here\n");
}

static void
group(const char *file, const char *sql)
{
	RS_AUTOFREE char *dir = rs_strdup(file);
	sqlite3 *db;

	*strrchr(dir, '/') = '\0';
	file_mkdir(dir);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
test_groups(void **state RS_UNUSED)
{
	home_database("/home/group/.mozilla/firefox/sub/one");
	home_database("/home/group/two");
	group("/home/group/.mozilla/firefox/Profile Groups/0f.sqlite",
	      "PRAGMA journal_mode = WAL; CREATE TABLE Profiles (id INTEGER NOT NULL, path TEXT NOT "
	      "NULL UNIQUE, name TEXT, PRIMARY KEY (id)); "
	      "INSERT INTO Profiles VALUES (1, 'sub/one', 'a'), (2, '../../two', 'b')");
	home_file("/home/group/.mozilla/firefox/Profile Groups/notes.txt", "no database");
	home_give("/home/group");
	home_expect("/home/group", HOME_PLACES,
		    "no_findings /home/group/.mozilla/firefox/sub/one/cert9.db\n"
		    "no_findings /home/group/two/cert9.db\n");
	{
		RS_AUTOFREE char *names = file_names("/home/group/.mozilla/firefox/Profile Groups");

		assert_string_equal(names, "0f.sqlite notes.txt ");
	}
	home_file("/home/group/.mozilla/firefox/Profile Groups/bad.sqlite", "no database");
	home_give("/home/group");
	home_expect_line("/home/group", HOME_PLACES | HOME_REASONS,
			 "skipped /home/group/.mozilla/firefox/Profile Groups/bad.sqlite: skipped: "
			 "its list of profiles was not read, or not wholly: not an SQLite database");
}

static void
folders(const char *above, int n)
{
	for (int i = 0; i < n; i++) {
		RS_AUTOFREE char *dir = rs_printf("%s/%04d", above, i);

		file_mkdir(dir);
	}
}

/* More than a program makes: what is beyond is said; what is not, is not. */
static void
test_many(void **state RS_UNUSED)
{
	folders("/home/many/.config/opera", 1000);
	folders("/home/many/.config/vivaldi", 1001);
	folders("/home/many/snap/a", 600);
	folders("/home/many/snap/b", 600);
	home_give("/home/many");
	{
		RS_AUTOFREE char *got = home_listing("/home/many", HOME_PLACES);

		assert_non_null(strstr(got, "skipped /home/many/.config/vivaldi\n"));
		assert_non_null(strstr(got, "skipped /home/many/snap/"));
		assert_null(strstr(got, "opera"));
	}
	home_expect_line("/home/many", HOME_PLACES | HOME_REASONS, "skipped /home/many/.config/vivaldi: "
			 "skipped: it holds more than a program puts there: not all of it was looked at\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/home-places/table", test_table),
		FILE_TEST("/home-places/names", test_names),
		FILE_TEST("/home-places/xdg", test_xdg),
		FILE_TEST("/home-places/links", test_links),
		FILE_TEST("/home-places/ini", test_ini),
		FILE_TEST("/home-places/ini-hostile", test_ini_hostile),
		FILE_TEST("/home-places/ini-huge", test_ini_huge),
		FILE_TEST("/home-places/groups", test_groups),
		FILE_TEST("/home-places/many", test_many),
	};

	file_private_world();
	return cmocka_run_group_tests_name("home-places", tests, NULL, NULL);
}
