/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Managed policies of browsers that bring certificates: each policy file is a
 * store. Chromium's hold the certificates themselves; Firefox's name files,
 * and Firefox copies what is in them into every profile at every start.
 */
#ifndef RS_STORE_BROWSER_POLICY_H
#define RS_STORE_BROWSER_POLICY_H

#include "home-stores.h"

/* The system's policies; in a worker that is nobody. */
void rs_browser_policies_read(struct rs_sink *sink);
/*
 * A user's own: policies of Flatpak's, and certificates below the home that a
 * policy, the system's too, names for Firefox.
 */
void rs_browser_policies_read_home(struct rs_home_reading *home);
/* The file with which a Firefox that is unpacked in a home has its policy, in
 * the folder of that name (absolute: dir, open as dirfd). It is only reported. */
#define RS_FIREFOX_POLICY_DIR "/distribution"
#define RS_FIREFOX_POLICY_FILE "policies.json"
void rs_browser_policies_read_unpacked(struct rs_home_reading *home, int dirfd, const char *dir);

#endif
