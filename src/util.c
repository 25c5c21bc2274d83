/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "message.h"

static void *
or_die(void *p)
{
	if (p == NULL)
		rs_die(RS_EXIT_FAILED, "no memory left");
	return p;
}

void *
rs_alloc(size_t size)
{
	return or_die(calloc(1, size ? size : 1));
}

void *
rs_realloc(void *p, size_t size)
{
	return or_die(realloc(p, size ? size : 1));
}

void *
rs_memdup(const void *p, size_t size)
{
	char *copy = rs_alloc(size + 1);

	if (size > 0)
		memcpy(copy, p, size);
	return copy;
}

char *
rs_strdup(const char *s)
{
	return s == NULL ? NULL : or_die(strdup(s));
}

char *
rs_strndup(const char *s, size_t n)
{
	return or_die(strndup(s, n));
}

char *
rs_vprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		or_die(NULL);
	return s;
}

char *
rs_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = rs_vprintf(fmt, ap);
	va_end(ap);
	return s;
}

void
rs_cleanup_free(void *pp)
{
	free(*(void **)pp);
}

void
rs_cleanup_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

void
rs_buf_add(struct rs_buf *buf, const void *data, size_t len)
{
	if (buf->cap - buf->len < len + 1 || buf->data == NULL) {
		size_t want = buf->len + len + 1;

		if (want < len)
			or_die(NULL);
		buf->cap = want < 128 ? 128 : want + want / 2;
		buf->data = rs_realloc(buf->data, buf->cap);
	}
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
rs_buf_puts(struct rs_buf *buf, const char *s)
{
	rs_buf_add(buf, s, strlen(s));
}

void
rs_buf_printf(struct rs_buf *buf, const char *fmt, ...)
{
	RS_AUTOFREE char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	s = rs_vprintf(fmt, ap);
	va_end(ap);
	rs_buf_puts(buf, s);
}

char *
rs_buf_steal(struct rs_buf *buf)
{
	char *data;

	rs_buf_add(buf, "", 0);
	data = buf->data;
	*buf = (struct rs_buf){ 0 };
	return data;
}

void
rs_buf_free(struct rs_buf *buf)
{
	free(buf->data);
	*buf = (struct rs_buf){ 0 };
}

void
rs_array_init(struct rs_array *a, void (*free_fn)(void *))
{
	*a = (struct rs_array){ .free_fn = free_fn };
}

void *
rs_array_add(struct rs_array *a, void *elem)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 8;
		a->v = or_die(reallocarray(a->v, a->cap, sizeof(*a->v)));
	}
	a->v[a->n++] = elem;
	return elem;
}

void
rs_array_free(struct rs_array *a)
{
	if (a->free_fn != NULL)
		for (size_t i = 0; i < a->n; i++)
			a->free_fn(a->v[i]);
	free(a->v);
	*a = (struct rs_array){ .free_fn = a->free_fn };
}

bool
rs_array_has_str(const struct rs_array *a, const char *s)
{
	for (size_t i = 0; i < a->n; i++)
		if (rs_streq(a->v[i], s))
			return true;
	return false;
}

void
rs_array_add_str(struct rs_array *a, const char *s)
{
	if (!rs_array_has_str(a, s))
		rs_array_add(a, rs_strdup(s));
}

/* FNV-1a: keys are digests or short names of our own files. */
static size_t
map_hash(const char *key)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * 0x100000001b3;
	return (size_t)(h ^ (h >> 32));
}

static struct rs_map_slot *
map_slot(const struct rs_map *m, const char *key)
{
	size_t i = map_hash(key) & (m->cap - 1);

	while (m->slots[i].key != NULL && strcmp(m->slots[i].key, key) != 0)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

void *
rs_map_get(const struct rs_map *m, const char *key)
{
	if (m->cap == 0 || key == NULL)
		return NULL;
	return map_slot(m, key)->value;
}

static void
map_grow(struct rs_map *m)
{
	struct rs_map old = *m;

	m->cap = old.cap ? old.cap * 2 : 64;
	m->slots = rs_alloc(m->cap * sizeof(*m->slots));
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key != NULL)
			*map_slot(m, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

bool
rs_map_add(struct rs_map *m, const char *key, void *value)
{
	struct rs_map_slot *slot;

	if (m->n + 1 > m->cap / 4 * 3)
		map_grow(m);
	slot = map_slot(m, key);
	if (slot->key != NULL)
		return false;
	slot->key = rs_strdup(key);
	slot->value = value;
	m->n++;
	return true;
}

void
rs_map_free(struct rs_map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		free(m->slots[i].key);
	free(m->slots);
	*m = (struct rs_map){ 0 };
}

bool
rs_streq(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool
rs_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
rs_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

char *
rs_hex(const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;
	char *hex = rs_alloc(len * 2 + 1);

	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[p[i] >> 4];
		hex[2 * i + 1] = digits[p[i] & 15];
	}
	return hex;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
rs_unhex(const char *hex, unsigned char **data, size_t *len)
{
	size_t n = strlen(hex);
	RS_AUTOFREE unsigned char *out = rs_alloc(n / 2 + 1);

	if (n % 2 != 0)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_value(hex[i]), lo = hex_value(hex[i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i / 2] = (unsigned char)(hi << 4 | lo);
	}
	*data = rs_steal(&out);
	*len = n / 2;
	return true;
}

bool
rs_is_hex(const char *s, size_t digits)
{
	size_t n = 0;

	while (s[n] != '\0' && hex_value(s[n]) >= 0)
		n++;
	return n == digits && s[n] == '\0';
}

char *
rs_base64(const void *data, size_t len)
{
	gnutls_datum_t in = { rs_memdup(data, len), (unsigned)len }, out;
	char *text;

	/* GnuTLS refuses an empty input. */
	if (len == 0) {
		free(in.data);
		return rs_strdup("");
	}
	if (gnutls_base64_encode2(&in, &out) < 0)
		or_die(NULL);
	text = rs_strndup((const char *)out.data, out.size);
	gnutls_free(out.data);
	free(in.data);
	return text;
}

bool
rs_unbase64(const char *text, unsigned char **data, size_t *len)
{
	RS_AUTOFREE char *packed = rs_alloc(strlen(text) + 1);
	gnutls_datum_t in, out;
	size_t n = 0;

	for (; *text != '\0'; text++)
		if (!isspace((unsigned char)*text))
			packed[n++] = *text;
	if (n == 0) {
		*data = rs_alloc(1);
		*len = 0;
		return true;
	}
	in = (gnutls_datum_t){ (unsigned char *)packed, (unsigned)n };
	if (gnutls_base64_decode2(&in, &out) < 0)
		return false;
	*data = rs_memdup(out.data, out.size);
	*len = out.size;
	gnutls_free(out.data);
	return true;
}

void
rs_sha256(const void *data, size_t len, char hex[RS_SHA256_HEX])
{
	unsigned char digest[32];
	char *text;

	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, digest) < 0)
		rs_die(RS_EXIT_FAILED, "GnuTLS cannot compute SHA-256 here");
	text = rs_hex(digest, sizeof(digest));
	memcpy(hex, text, RS_SHA256_HEX);
	free(text);
}

char *
rs_time_text(time_t t)
{
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return rs_strdup("unknown");
	return rs_strdup(text);
}

time_t
rs_now(void)
{
#ifdef RS_TEST_SEAMS
	const char *fixed = getenv("ROOTSWEEP_TIME");

	if (fixed != NULL)
		return (time_t)strtoll(fixed, NULL, 10);
#endif
	return time(NULL);
}

int
rs_read_all(int fd, size_t max, struct rs_buf *buf)
{
	char chunk[65536];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		if ((size_t)n > max - buf->len) {
			errno = EFBIG;
			return -1;
		}
		rs_buf_add(buf, chunk, (size_t)n);
	}
	rs_buf_add(buf, "", 0);
	return 0;
}

int
rs_open_regular(int dirfd, const char *path, int flags)
{
	RS_AUTOCLOSE int fd = -1;
	struct stat st;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENXIO;
		return -1;
	}
	return rs_steal_fd(&fd);
}

int
rs_go_to(int dirfd)
{
	/* Who became somebody else may not be able to come back here. */
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (back < 0)
		back = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (back >= 0 && fchdir(dirfd) < 0)
		rs_cleanup_close(&back);
	return back;
}

void
rs_cleanup_go_back(int *fd)
{
	if (*fd >= 0 && fchdir(*fd) < 0 && chdir("/") < 0)
		abort();
	rs_cleanup_close(fd);
}

char *
rs_folder_path(int dirfd)
{
	RS_CLEANUP(rs_cleanup_go_back) int back = rs_go_to(dirfd);

	return back < 0 ? NULL : getcwd(NULL, 0);
}

int
rs_read_file(const char *path, size_t max, struct rs_buf *buf)
{
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, path, 0);

	return fd < 0 ? -1 : rs_read_all(fd, max, buf);
}
