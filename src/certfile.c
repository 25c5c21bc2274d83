/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "certfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
free_cert(void *cert)
{
	rs_cert_free(cert);
}

static void
parse(struct rs_certfile *file, const struct rs_buf *buf)
{
	rs_pem_find(buf->data, buf->len, &file->blocks, &file->broken);
	for (size_t i = 0; i < file->blocks.n; i++) {
		const struct rs_pem_block *block = file->blocks.v[i];

		rs_array_add(&file->certs, rs_cert_new(block->der, block->der_len));
	}
}

struct rs_certfile *
rs_certfile_read(const char *path)
{
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, path, 0);

	return rs_certfile_read_fd(fd, path);
}

struct rs_certfile *
rs_certfile_read_fd(int fd, const char *path)
{
	int error = errno;
	struct rs_certfile *file = rs_alloc(sizeof(*file));
	RS_AUTOBUF struct rs_buf buf = { 0 };
	char digest[RS_SHA256_HEX];
	struct stat st;

	file->path = rs_strdup(path);
	rs_array_init(&file->blocks, rs_pem_block_free);
	rs_array_init(&file->certs, free_cert);
	if (fd < 0 || fstat(fd, &st) < 0 || rs_read_all(fd, RS_CERTFILE_MAX, &buf) < 0) {
		file->error = fd < 0 ? error : errno;
		return file;
	}
	rs_sha256(buf.data, buf.len, digest);
	file->stamp = (struct rs_stamp){
		.dev = st.st_dev, .ino = st.st_ino, .size = buf.len,
		.sha256 = rs_strdup(digest),
	};
	parse(file, &buf);
	return file;
}

void
rs_certfile_free(void *p)
{
	struct rs_certfile *file = p;

	if (file == NULL)
		return;
	free(file->path);
	free(file->stamp.sha256);
	rs_array_free(&file->blocks);
	rs_array_free(&file->certs);
	free(file);
}

bool
rs_stamp_link(struct rs_stamp *stamp, const char *path)
{
	char target[PATH_MAX], digest[RS_SHA256_HEX];
	struct stat st;
	ssize_t n;

	if (lstat(path, &st) < 0 || (n = readlink(path, target, sizeof(target))) < 0 ||
	    (size_t)n == sizeof(target))
		return false;
	rs_sha256(target, (size_t)n, digest);
	*stamp = (struct rs_stamp){
		.dev = st.st_dev, .ino = st.st_ino, .size = (uint64_t)n,
		.sha256 = rs_strdup(digest),
	};
	return true;
}

void
rs_stamp_copy(struct rs_stamp *to, const struct rs_stamp *from)
{
	*to = *from;
	to->sha256 = rs_strdup(from->sha256);
}

void
rs_origin_date(struct rs_origin *origin, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_mtime > 0)
		origin->added = st.st_mtime;
}

char *
rs_certfile_place(const struct rs_certfile *file, size_t index)
{
	const struct rs_pem_block *block = file->blocks.v[index];

	if (block->line > 0)
		return rs_printf("certificate %zu at line %u", index + 1, block->line);
	return rs_printf("certificate %zu at byte %zu", index + 1, block->offset);
}
