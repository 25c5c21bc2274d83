/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is read as the OS store, so that a tool's setting that names it makes
 * no store of its own.
 */
#ifndef RS_OS_PLACES_H
#define RS_OS_PLACES_H

#include <sys/stat.h>

#include "util.h"

/*
 * Whether this file or folder is one of the OS store's bundles or folders, by
 * whatever name, or a file that the layout reads. st is of what path leads to;
 * follow: links on the way may be followed.
 */
bool rs_os_has(const char *path, const struct stat *st, bool follow);

#endif
