/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "places.h"

#include <string.h>

#include "util.h"

/* Programs of the Chromium family share one NSS database in a home. */
#define SHARED "Chromium, Chrome and their relatives"

const struct rs_place rs_places[] = {
	{ RS_PLACE_HOME, ".pki/nssdb", RS_PLACE_DATABASE, SHARED },
	{ RS_PLACE_DATA, "pki/nssdb", RS_PLACE_DATABASE, SHARED },
	{ RS_PLACE_DATA, "evolution", RS_PLACE_DATABASE, "Evolution" },

	{ RS_PLACE_HOME, ".mozilla/firefox", RS_PLACE_FIREFOX, "Firefox" },
	{ RS_PLACE_CONFIG, "mozilla/firefox", RS_PLACE_FIREFOX, "Firefox" },
	{ RS_PLACE_HOME, ".librewolf", RS_PLACE_FIREFOX, "LibreWolf" },
	{ RS_PLACE_CONFIG, "librewolf/librewolf", RS_PLACE_FIREFOX, "LibreWolf" },
	{ RS_PLACE_HOME, ".waterfox", RS_PLACE_FIREFOX, "Waterfox" },
	{ RS_PLACE_CONFIG, "waterfox", RS_PLACE_FIREFOX, "Waterfox" },
	{ RS_PLACE_HOME, ".floorp", RS_PLACE_FIREFOX, "Floorp" },
	{ RS_PLACE_CONFIG, "floorp", RS_PLACE_FIREFOX, "Floorp" },
	{ RS_PLACE_HOME, ".zen", RS_PLACE_FIREFOX, "Zen" },
	{ RS_PLACE_CONFIG, "zen", RS_PLACE_FIREFOX, "Zen" },
	{ RS_PLACE_HOME, ".mullvad/mullvadbrowser", RS_PLACE_FIREFOX, "Mullvad Browser" },
	{ RS_PLACE_HOME, "mullvad-browser/Browser/TorBrowser/Data/Browser", RS_PLACE_FIREFOX,
	  "Mullvad Browser" },
	{ RS_PLACE_HOME, "tor-browser/Browser/TorBrowser/Data/Browser", RS_PLACE_FIREFOX,
	  "Tor Browser" },
	{ RS_PLACE_DATA, "torbrowser/tbb/*/*/Browser/TorBrowser/Data/Browser", RS_PLACE_FIREFOX,
	  "Tor Browser" },
	{ RS_PLACE_HOME, ".mozilla/seamonkey", RS_PLACE_FIREFOX, "SeaMonkey" },
	{ RS_PLACE_HOME, ".mozilla/icecat", RS_PLACE_FIREFOX, "IceCat" },
	{ RS_PLACE_HOME, ".moonchild productions/pale moon", RS_PLACE_FIREFOX, "Pale Moon" },
	{ RS_PLACE_HOME, ".moonchild productions/basilisk", RS_PLACE_FIREFOX, "Basilisk" },
	{ RS_PLACE_HOME, ".thunderbird", RS_PLACE_FIREFOX, "Thunderbird" },
	{ RS_PLACE_CONFIG, "thunderbird", RS_PLACE_FIREFOX, "Thunderbird" },
	{ RS_PLACE_HOME, ".betterbird", RS_PLACE_FIREFOX, "Betterbird" },

	{ RS_PLACE_CONFIG, "chromium", RS_PLACE_CHROMIUM, "Chromium" },
	{ RS_PLACE_HOME, "snap/chromium/common/chromium", RS_PLACE_CHROMIUM, "Chromium" },
	{ RS_PLACE_CONFIG, "google-chrome", RS_PLACE_CHROMIUM, "Google Chrome" },
	{ RS_PLACE_CONFIG, "google-chrome-beta", RS_PLACE_CHROMIUM, "Google Chrome Beta" },
	{ RS_PLACE_CONFIG, "google-chrome-unstable", RS_PLACE_CHROMIUM, "Google Chrome Dev" },
	{ RS_PLACE_CONFIG, "google-chrome-for-testing", RS_PLACE_CHROMIUM,
	  "Google Chrome for Testing" },
	{ RS_PLACE_CONFIG, "BraveSoftware/Brave-Browser", RS_PLACE_CHROMIUM, "Brave" },
	{ RS_PLACE_CONFIG, "BraveSoftware/Brave-Browser-Beta", RS_PLACE_CHROMIUM, "Brave Beta" },
	{ RS_PLACE_CONFIG, "BraveSoftware/Brave-Browser-Nightly", RS_PLACE_CHROMIUM,
	  "Brave Nightly" },
	{ RS_PLACE_CONFIG, "microsoft-edge", RS_PLACE_CHROMIUM, "Microsoft Edge" },
	{ RS_PLACE_CONFIG, "microsoft-edge-beta", RS_PLACE_CHROMIUM, "Microsoft Edge Beta" },
	{ RS_PLACE_CONFIG, "microsoft-edge-dev", RS_PLACE_CHROMIUM, "Microsoft Edge Dev" },
	{ RS_PLACE_CONFIG, "vivaldi", RS_PLACE_CHROMIUM, "Vivaldi" },
	{ RS_PLACE_CONFIG, "vivaldi-snapshot", RS_PLACE_CHROMIUM, "Vivaldi Snapshot" },
	{ RS_PLACE_CONFIG, "opera", RS_PLACE_CHROMIUM, "Opera" },
	{ RS_PLACE_CONFIG, "opera-beta", RS_PLACE_CHROMIUM, "Opera Beta" },
	{ RS_PLACE_CONFIG, "opera-developer", RS_PLACE_CHROMIUM, "Opera Developer" },
	{ RS_PLACE_CONFIG, "yandex-browser", RS_PLACE_CHROMIUM, "Yandex Browser" },
	{ RS_PLACE_CONFIG, "yandex-browser-beta", RS_PLACE_CHROMIUM, "Yandex Browser Beta" },
	{ RS_PLACE_CONFIG, "thorium", RS_PLACE_CHROMIUM, "Thorium" },
};
const size_t rs_places_n = RS_COUNT(rs_places);

const struct rs_place_view rs_place_views[] = {
	{ "", { "", ".config", ".local/share" } },
	{ ".var/app/*", { "", "config", "data" } },
	{ "snap/*/*", { "", ".config", ".local/share" } },
};
const size_t rs_place_views_n = RS_COUNT(rs_place_views);

/* What is left of path behind the pattern; NULL where it does not lie there. */
static const char *
behind(const char *path, const char *pattern)
{
	while (path != NULL && *pattern != '\0') {
		size_t n = strcspn(path, "/"), want = strcspn(pattern, "/");
		bool any = want == 1 && *pattern == '*';

		if (n == 0 || (!any && (n != want || strncmp(path, pattern, n) != 0)))
			return NULL;
		path += n + strspn(path + n, "/");
		pattern += want + strspn(pattern + want, "/");
	}
	return path;
}

const char *
rs_places_browser_of(const char *path_below_home)
{
	for (size_t i = 0; i < rs_place_views_n; i++) {
		const struct rs_place_view *view = &rs_place_views[i];
		const char *in_view = behind(path_below_home, view->home);

		for (size_t k = 0; in_view != NULL && k < rs_places_n; k++) {
			const struct rs_place *place = &rs_places[k];

			if (behind(behind(in_view, view->bases[place->base]), place->path) != NULL)
				return place->browser;
		}
	}
	return NULL;
}
