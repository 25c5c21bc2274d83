/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where p11-kit's trust module reads: what pkcs11.conf(5) tells it, which
 * holds instead of what it was built with.
 */
#ifndef RS_P11_PATHS_H
#define RS_P11_PATHS_H

#include "util.h"

#define RS_P11_MODULE "p11-kit-trust.module"
#define RS_P11_ADMIN_MODULE "/etc/pkcs11/modules/" RS_P11_MODULE
#define RS_P11_VENDOR_MODULE "/usr/share/p11-kit/modules/" RS_P11_MODULE

/*
 * Adds the paths of the module's configuration in the tree at root ("": the
 * running system) to paths (char *; initialised by the caller with free). The
 * administrator's file goes before the package's, setting by setting. False
 * where neither names any.
 */
bool rs_p11_paths_configured(const char *root, struct rs_array *paths);

/* The same of one file's text. */
bool rs_p11_paths_parse(const char *text, struct rs_array *paths);

#endif
