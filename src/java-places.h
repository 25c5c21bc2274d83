/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where Java's keystores of trusted certificates lie. */
#ifndef RS_JAVA_PLACES_H
#define RS_JAVA_PLACES_H

#include "tool-places.h"

/* What some distribution or other derives from its OS store; NULL at the end. */
extern const char *const rs_java_derived[];

/* Whether a keystore of a JVM in one of the system's usual places has this path. */
bool rs_java_is_jvms(const char *path);

/*
 * Calls found for each keystore: of the derived ones and every JVM in the
 * usual places of the system, or of a home. Several may be one file.
 */
void rs_java_each(struct rs_tool_places *places,
		  void (*found)(void *data, int dirfd, const char *name, const char *path),
		  void *data);

#endif
