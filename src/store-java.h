/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Java's keystores as stores: the system's, and a user's own. */
#ifndef RS_STORE_JAVA_H
#define RS_STORE_JAVA_H

#include "home-stores.h"
#include "layout.h"

/* How a keystore comes to hold what it holds. */
enum rs_java_made {
	RS_JAVA_BY_HAND,		/* as its JVM brought it, and whoever changed it */
	RS_JAVA_BY_HOOK,		/* Debian's: a hook adds and takes out single entries */
	RS_JAVA_WHOLE,			/* extracted anew from the origins at each update */
};

/*
 * A keystore of the system's. An entry that origins (NULL: none) explain is
 * derived from them; any other was put in by hand, or was left by an updater
 * that told Java nothing of a removal, and is only reported.
 */
struct rs_store *rs_store_java_read(const char *path, enum rs_java_made made,
				    const struct rs_store *origins);

/* Notes that the keystore at path is a store already. */
void rs_java_own(struct rs_copies *copies, const char *path);
/* Every keystore of the system that is no store yet; one for each real file. */
void rs_java_read_system(struct rs_copies *copies, struct rs_sink *sink);
/* Those of a user's own JVMs, and that user's ~/.keystore. Only reported. */
void rs_java_read_home(struct rs_home_reading *r);

#endif
