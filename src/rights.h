/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this process may do, and by which words of its caller's it goes: no
 * more than it needs.
 */
#ifndef RS_RIGHTS_H
#define RS_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * First in main; does nothing but for root. Of the environment only what is
 * known to be harmless stays: the libraries here would go by dozens of other
 * variables, and load or read what those name. Where one was set that a
 * library goes by before main, the program starts anew, once, without it.
 * Of the capabilities those in use stay. The bounding set stays whole: the
 * system's own updater is to have what it has when root runs it.
 */
void rs_rights_begin(char **argv);

/* All capabilities of this process but bits (1 << CAP_...) go, for good. False with errno. */
bool rs_rights_keep(uint32_t bits);

/*
 * Lets go of a capability (CAP_...) for a while, or takes it again. Where this
 * process may not have it, nothing happens.
 */
void rs_rights_use(unsigned capability, bool use);

#endif
