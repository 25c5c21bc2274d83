/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders and files for tests, and what can be seen of them. */
#ifndef RS_TEST_FILE_FIXTURE_H
#define RS_TEST_FILE_FIXTURE_H

#include "util.h"

#define FILE_FOLDER(name) RS_CLEANUP(file_folder_remove) struct file_folder name
#define FILE_TEST(name, function) { name, function, NULL, NULL, NULL }

/* A temporary folder, held open. */
struct file_folder {
	char *dir;
	int fd;
};

void file_folder_make(struct file_folder *folder);
void file_folder_remove(struct file_folder *folder);	/* for RS_CLEANUP */

/* The path of a name in it; the caller's to free. */
char *file_path(const struct file_folder *folder, const char *name);

void file_write(const char *path, const void *data, size_t len);
void file_puts(const char *path, const char *text);
/* Makes the folder and those above it. */
void file_mkdir(const char *path);
/* With all that is in it. */
void file_remove(const char *path);
bool file_exists(const char *path);			/* links count by themselves */
/* Its whole content. */
char *file_text(const char *path);

/* Type, mode, owner, times, digest or target, attributes of a file or link. */
char *file_look(const char *path);
/* The names in a folder, in order, each with a space behind it. */
char *file_names(const char *dir);

/*
 * The n-th changing call from here on (change.h) fails with EIO; or, with
 * variable "ROOTSWEEP_KILL_AT", is the last. In a child of its own.
 */
void file_fail_at(const char *variable, int n);

/*
 * Nobody's real trust is touched: from here on this process has mounts of its
 * own, in which /etc, /home, /opt, /root, /srv, /tmp, /usr/local, /usr/sbin,
 * /usr/share, /var/lib and where JVMs and Python's packages are installed are
 * empty but for what a program needs to know its users and to read records.
 * Ends the program where that cannot be.
 */
void file_private_world(void);

/* In such a world: the empty places of Debian's layout. */
void file_debian(void);

#endif
