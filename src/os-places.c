/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os-places.h"

#include "layout.h"

/* Of every family of distributions: a name that is not there does no harm. */
static const char *const places[] = {
	"/etc/ssl/certs",
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/ssl/certs/ca-bundle.crt",
	"/etc/ssl/certs/java/cacerts",
	"/etc/ssl/cert.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/certs",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/tls/cert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/pki/ca-trust/extracted/pem/directory-hash",
	"/etc/pki/ca-trust/extracted/java/cacerts",
	"/etc/ca-certificates/extracted/tls-ca-bundle.pem",
	"/etc/ca-certificates/extracted/cadir",
	"/etc/ca-certificates/extracted/java-cacerts.jks",
	"/var/lib/ca-certificates/ca-bundle.pem",
	"/var/lib/ca-certificates/java-cacerts",
	"/var/lib/ca-certificates/openssl",
	"/var/lib/ca-certificates/pem",
};

bool
rs_os_has(const char *path, const struct stat *st, bool follow)
{
	const struct rs_layout *layout = rs_layout_detect();
	RS_AUTOFREE char *real = follow ? realpath(path, NULL) : NULL;
	struct stat place;

	for (size_t i = 0; i < RS_COUNT(places); i++)
		if (stat(places[i], &place) == 0 && place.st_dev == st->st_dev &&
		    place.st_ino == st->st_ino)
			return true;
	return layout != NULL && (layout->reads(layout, path) ||
				  (real != NULL && layout->reads(layout, real)));
}
