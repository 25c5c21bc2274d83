/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that holds certificates, read once with all that is needed to find
 * it unchanged later.
 */
#ifndef RS_CERTFILE_H
#define RS_CERTFILE_H

#include "anchor.h"
#include "pem.h"

/* A larger bundle is not read: the largest real one is under 1 MiB. */
#define RS_CERTFILE_MAX (64u << 20)

struct rs_certfile {
	char *path;
	struct rs_stamp stamp;
	struct rs_array blocks;		/* struct rs_pem_block * */
	struct rs_array certs;		/* struct rs_cert *, one for each block */
	size_t broken;			/* blocks that do not decode */
	int error;			/* errno where it could not be read, else 0 */
};

/* Follows links; never NULL. */
struct rs_certfile *rs_certfile_read(const char *path);
/* The same of an open file, called path; fd -1 with errno: it could not be opened. */
struct rs_certfile *rs_certfile_read_fd(int fd, const char *path);
void rs_certfile_free(void *file);

/* What a link itself is: device, inode, digest of its target. */
bool rs_stamp_link(struct rs_stamp *stamp, const char *path);
void rs_stamp_copy(struct rs_stamp *to, const struct rs_stamp *from);

/* When the file or link at path was last written, for people. */
void rs_origin_date(struct rs_origin *origin, const char *path);

/* "certificate 2 at line 31", or "certificate 1 at byte 0". */
char *rs_certfile_place(const struct rs_certfile *file, size_t index);

#endif
