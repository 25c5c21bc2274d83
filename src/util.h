/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory, owning containers and small encodings.
 *
 * Allocation never fails to its caller: with no memory left the process
 * prints one line and ends with status 1.  That is safe at any point, as a
 * change to a store is always in a synced record before it happens.
 */
#ifndef RS_UTIL_H
#define RS_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define RS_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define RS_UNUSED __attribute__((unused))
#define RS_COUNT(a) (sizeof(a) / sizeof((a)[0]))

void *rs_alloc(size_t size);			/* zeroed */
void *rs_realloc(void *p, size_t size);
void *rs_memdup(const void *p, size_t size);	/* with a NUL behind it */
char *rs_strdup(const char *s);			/* NULL gives NULL */
char *rs_strndup(const char *s, size_t n);
char *rs_printf(const char *fmt, ...) RS_PRINTF(1, 2);
char *rs_vprintf(const char *fmt, va_list ap) RS_PRINTF(1, 0);

/* Owner leaves the scope, content goes with it. */
#define RS_CLEANUP(fn) __attribute__((cleanup(fn)))
#define RS_AUTOFREE RS_CLEANUP(rs_cleanup_free)
#define RS_AUTOCLOSE RS_CLEANUP(rs_cleanup_close)

void rs_cleanup_free(void *pp);
void rs_cleanup_close(int *fd);

static inline void *
rs_steal_pointer(void *pp)
{
	void **p = pp, *v = *p;

	*p = NULL;
	return v;
}
#define rs_steal(pp) ((__typeof__(*(pp)))rs_steal_pointer(pp))

static inline int
rs_steal_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

/* A growing byte string; data always ends in a NUL that len does not count. */
struct rs_buf {
	char *data;
	size_t len, cap;
};

void rs_buf_add(struct rs_buf *buf, const void *data, size_t len);
void rs_buf_puts(struct rs_buf *buf, const char *s);
void rs_buf_printf(struct rs_buf *buf, const char *fmt, ...) RS_PRINTF(2, 3);
char *rs_buf_steal(struct rs_buf *buf);		/* never NULL; buf is empty after */
void rs_buf_free(struct rs_buf *buf);
#define RS_AUTOBUF RS_CLEANUP(rs_buf_free)

/* An array that owns its elements: freed by free_fn, if there is one. */
struct rs_array {
	void **v;
	size_t n, cap;
	void (*free_fn)(void *);
};

void rs_array_init(struct rs_array *a, void (*free_fn)(void *));
void *rs_array_add(struct rs_array *a, void *elem);	/* returns elem */
void rs_array_free(struct rs_array *a);			/* elements and array */
bool rs_array_has_str(const struct rs_array *a, const char *s);
/* Adds a copy of s unless it is there; free_fn must be free. */
void rs_array_add_str(struct rs_array *a, const char *s);

/* A map from a string to a pointer that it does not own. */
struct rs_map {
	struct rs_map_slot { char *key; void *value; } *slots;
	size_t n, cap;
};

void *rs_map_get(const struct rs_map *m, const char *key);
/* Returns false, and changes nothing, where the key is there already. */
bool rs_map_add(struct rs_map *m, const char *key, void *value);
void rs_map_free(struct rs_map *m);

bool rs_streq(const char *a, const char *b);		/* NULL equals only NULL */
bool rs_starts(const char *s, const char *prefix);
bool rs_ends(const char *s, const char *suffix);

/* Lower-case hex. rs_unhex takes either case, refuses anything else. */
char *rs_hex(const void *data, size_t len);
bool rs_unhex(const char *hex, unsigned char **data, size_t *len);
bool rs_is_hex(const char *s, size_t digits);

/* RFC 4648 base64 without line breaks; decoding allows white space. */
char *rs_base64(const void *data, size_t len);
bool rs_unbase64(const char *text, unsigned char **data, size_t *len);

/* SHA-256 of bytes, lower-case hex, 64 digits and a NUL. */
#define RS_SHA256_HEX 65
void rs_sha256(const void *data, size_t len, char hex[RS_SHA256_HEX]);

/* RFC 3339 in UTC, seconds: 2026-11-22T19:08:00Z. */
char *rs_time_text(time_t t);
/* The present; ROOTSWEEP_TIME (seconds) in a test build stands in for it. */
time_t rs_now(void);

/*
 * Reads all of fd, at most max bytes. Returns 0, or -1 with errno (EFBIG
 * where there is more). buf gets what was read and belongs to the caller.
 */
int rs_read_all(int fd, size_t max, struct rs_buf *buf);

/*
 * Opens a regular file for reading: never a FIFO or device that would block,
 * no terminal of ours, no leak over exec. O_NOFOLLOW and the like in flags.
 * Returns the descriptor, or -1 with errno (EISDIR, ENXIO for a special file).
 */
int rs_open_regular(int dirfd, const char *path, int flags);

/*
 * Makes dirfd (which may be O_PATH) the process's folder, for what knows files
 * by path alone: another tree has no /proc by which a descriptor has one.
 * Returns a descriptor for rs_cleanup_go_back, or -1 with errno.
 */
int rs_go_to(int dirfd);
void rs_cleanup_go_back(int *fd);

/* The folder's path as it is now, the caller's to free; NULL with errno. */
char *rs_folder_path(int dirfd);

/* rs_open_regular and rs_read_all in one. */
int rs_read_file(const char *path, size_t max, struct rs_buf *buf);

#endif
