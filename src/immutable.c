/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "immutable.h"

#include <sys/statvfs.h>

#include "layout.h"

static bool
is_read_only(const char *root, const char *path)
{
	RS_AUTOFREE char *full = rs_printf("%s%s", root, path);
	struct statvfs fs;

	return statvfs(full, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

/* A Guix that is only a guest on another system has no system of its own. */
static bool
is_guix(const char *root)
{
	return rs_layout_exists(root, "/gnu/store") &&
	    rs_layout_exists(root, "/run/current-system");
}

char *
rs_immutable_advice(const char *root)
{
	const char *read_only = is_read_only(root, "/usr") ? "/usr" :
	    is_read_only(root, "/etc") ? "/etc" : NULL;

	if (rs_layout_exists(root, "/etc/NIXOS"))
		return rs_strdup("this is NixOS, which makes these files from its configuration: "
		    "take the certificate out of security.pki.certificateFiles and "
		    "security.pki.certificates in configuration.nix, then run nixos-rebuild "
		    "switch");
	if (is_guix(root))
		return rs_strdup("this is Guix System, which makes these files from its "
		    "configuration: take the package that brings the certificate out of the "
		    "packages in config.scm, then run guix system reconfigure");
	if (rs_layout_exists(root, "/run/ostree-booted"))
		return rs_strdup("this system is an image (ostree): take the certificate out of "
		    "what the image is made from, or uninstall the package that brought it "
		    "(rpm-ostree uninstall NAME); a file that was put below /etc or /usr/local "
		    "by hand can be deleted by hand, then run the system's tool that updates "
		    "certificates");
	if (read_only != NULL && rs_layout_exists(root, "/usr/sbin/transactional-update"))
		return rs_strdup("this system is changed by snapshots: run transactional-update "
		    "shell, delete the file or uninstall the package in there, then restart");
	if (read_only != NULL)
		return rs_printf("%s is read-only here: change the image that it comes from, or "
		    "make it writable (mount -o remount,rw %s) and run the same command again",
		    read_only, read_only);
	return NULL;
}
