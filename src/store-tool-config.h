/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What settings of tools make those trust (kind tool-config): one store for
 * each file or folder that a setting names. Only told of, with the settings'
 * places, never edited: a person wrote them.
 */
#ifndef RS_STORE_TOOL_CONFIG_H
#define RS_STORE_TOOL_CONFIG_H

#include "tool-places.h"

/* A home's, in the worker that has become the user. */
void rs_tool_config_read_home(struct rs_home_reading *r);
/* The system's. */
void rs_tool_config_read_system(struct rs_sink *sink);

#define RS_CERTIFI_DIR "certifi"
#define RS_CERTIFI_FILE "cacert.pem"

/*
 * The list that a copy of Python's package certifi brings, in the folder dirfd
 * of that name, whose path is dir.
 */
void rs_tool_config_read_certifi(struct rs_home_reading *r, int dirfd, const char *dir);

/* Where such copies are known to be; a file that was met before is left out. */
void rs_certifi_read_known(struct rs_tool_places *places);

#endif
