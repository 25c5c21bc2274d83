/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which package brought a file, asked of the system's own package manager:
 * rpm, pacman or apk. Debian's lists are read as they are (debian.h).
 */
#ifndef RS_PACKAGE_H
#define RS_PACKAGE_H

#include "scan.h"

/*
 * Names the package of each origin of the system's stores that has none yet,
 * where its certificate is neither public nor derived. The tool is run as
 * nobody, only if it is root's, and not at all for another tree. What it does
 * not answer in time stays without a name.
 */
void rs_packages_name(struct rs_scan *scan, const struct rs_scope *scope);

#endif
