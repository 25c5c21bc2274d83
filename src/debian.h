/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places of update-ca-certificates(8). */
#ifndef RS_DEBIAN_H
#define RS_DEBIAN_H

#include <stdbool.h>
#include <stddef.h>

#define RS_DEBIAN_CONF "/etc/ca-certificates.conf"
#define RS_DEBIAN_PACKAGES "/usr/share/ca-certificates"
#define RS_DEBIAN_LOCAL "/usr/local/share/ca-certificates"
#define RS_DEBIAN_DIR "/etc/ssl/certs"
#define RS_DEBIAN_BUNDLE RS_DEBIAN_DIR "/ca-certificates.crt"
/* Where OpenSSL itself looks (OPENSSLDIR): links to the above, as shipped. */
#define RS_DEBIAN_OPENSSL_FILE "/usr/lib/ssl/cert.pem"
#define RS_DEBIAN_OPENSSL_DIR "/usr/lib/ssl/certs"
#define RS_DEBIAN_JAVA RS_DEBIAN_DIR "/java/cacerts"
#define RS_DEBIAN_HOOKS "/etc/ca-certificates/update.d"
#define RS_DEBIAN_UPDATER "/usr/sbin/update-ca-certificates"
#define RS_DEBIAN_REHASH "/usr/bin/openssl"
#define RS_DEBIAN_DPKG_INFO "/var/lib/dpkg/info"
#define RS_DEBIAN_PACKAGE "ca-certificates"
#define RS_DEBIAN_DPKG_LIST RS_DEBIAN_DPKG_INFO "/" RS_DEBIAN_PACKAGE ".list"
#define RS_DEBIAN_DPKG_LOCK "/var/lib/dpkg/lock-frontend"

struct rs_refresh;
struct rs_store;

/*
 * Names the package that owns the file of each origin of the two stores (the
 * second may be NULL), where one does. Of the distribution's own roots, which
 * are most, only the list of their package is asked.
 */
void rs_debian_find_packages(struct rs_store *os, struct rs_store *dir);

bool rs_debian_refresh(struct rs_refresh *refresh);
/* A hook of the updater's that keeps copies of which nothing is known here. */
char *rs_debian_other_hook(void);

/*
 * The file of the packages' folder that a line of RS_DEBIAN_CONF selects,
 * there or not, as the updater's shell understands the line; NULL where it
 * selects none. The caller's to free.
 */
char *rs_debian_selected(const char *line, size_t len);

#endif
