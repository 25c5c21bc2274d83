/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Java's own tool for its keystores, which alone writes them. */
#ifndef RS_KEYTOOL_H
#define RS_KEYTOOL_H

#include "util.h"

/*
 * The keytool for this keystore, the caller's to free: that of the JVM whose
 * it is, else the system's. NULL where there is none. Whether it is run is
 * rs_change_run's to say.
 */
char *rs_keytool_find(const char *keystore);

/* Takes the entries of these aliases (char *) out of the keystore at path, with
 * the password "changeit". False with *why, the caller's to free. */
bool rs_keytool_delete(const char *keytool, const char *path, const struct rs_array *aliases,
		       char **why);

#endif
