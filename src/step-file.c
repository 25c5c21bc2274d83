/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "certfile.h"
#include "change.h"
#include "step.h"

/* A directory held open, and a name in it. */
struct place {
	int dirfd;
	const char *name;
};

static bool
open_place(const char *path, struct place *place)
{
	RS_AUTOFREE char *dir = rs_strdup(path);
	char *slash = strrchr(dir, '/');

	place->name = strrchr(path, '/') + 1;
	slash[slash == dir ? 1 : 0] = '\0';
	place->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place->dirfd >= 0;
}

static void
read_xattrs(int fd, struct rs_saved *saved)
{
	char names[65536], value[65536];	/* the most there can be */
	ssize_t n = flistxattr(fd, names, sizeof(names));

	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t len = fgetxattr(fd, name, value, sizeof(value));
		struct rs_xattr *xattr;

		/* Who may run as more than its caller is no certificate. */
		if (len < 0 || rs_streq(name, "security.capability"))
			continue;
		xattr = rs_array_add(&saved->xattrs, rs_alloc(sizeof(*xattr)));
		xattr->name = rs_strdup(name);
		xattr->value = rs_base64(value, (size_t)len);
	}
}

static void
saved_of_stat(struct rs_saved *saved, const struct stat *st)
{
	/* Set-id bits mean nothing here, and no record may ask for them. */
	saved->mode = st->st_mode & 0777;
	saved->uid = st->st_uid;
	saved->gid = st->st_gid;
	saved->mtime = st->st_mtim.tv_sec;
	saved->mtime_nsec = st->st_mtim.tv_nsec;
}

static bool
look_at_link(const struct place *place, const struct stat *st, struct rs_saved *saved)
{
	char target[PATH_MAX], digest[RS_SHA256_HEX];
	ssize_t n = readlinkat(place->dirfd, place->name, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	rs_sha256(target, (size_t)n, digest);
	saved->type = RS_SAVED_LINK;
	saved_of_stat(saved, st);
	saved->size = (uint64_t)n;
	saved->target = rs_strdup(target);
	saved->sha256 = rs_strdup(digest);
	return true;
}

static bool
look_at_file(const struct place *place, struct rs_saved *saved, struct rs_buf *content,
	     struct stat *st)
{
	RS_AUTOCLOSE int fd = rs_open_regular(place->dirfd, place->name, O_NOFOLLOW);
	char digest[RS_SHA256_HEX];

	if (fd < 0 || fstat(fd, st) < 0 || rs_read_all(fd, RS_CERTFILE_MAX, content) < 0)
		return false;
	rs_sha256(content->data, content->len, digest);
	saved->type = RS_SAVED_FILE;
	saved_of_stat(saved, st);
	saved->size = content->len;
	saved->sha256 = rs_strdup(digest);
	read_xattrs(fd, saved);
	return true;
}

/* The present at a place: its state and, of a file, its bytes. */
static bool
look(const struct place *place, struct rs_saved *saved, struct rs_buf *content,
     struct stat *st)
{
	rs_saved_clear(saved);
	if (fstatat(place->dirfd, place->name, st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	if (S_ISLNK(st->st_mode))
		return look_at_link(place, st, saved);
	return look_at_file(place, saved, content, st);
}

/*
 * The bytes of an edited file: ranges cut out, or "!" put before lines.
 */
static bool
edit(const struct rs_step *step, const struct rs_buf *from, struct rs_buf *to)
{
	uint64_t at = 0;

	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];

		if (range->offset < at || range->offset > from->len ||
		    range->length > from->len - range->offset)
			return false;
		rs_buf_add(to, from->data + at, range->offset - at);
		if (step->op == RS_FILE_DESELECT)
			rs_buf_puts(to, "!");
		at = range->offset + range->length;
	}
	rs_buf_add(to, from->data + at, from->len - at);
	return true;
}

static bool
unchanged_since_plan(const struct rs_step *step, const struct stat *st)
{
	return step->stamp.dev == st->st_dev && step->stamp.ino == st->st_ino &&
	    step->stamp.size == step->before.size &&
	    rs_streq(step->stamp.sha256, step->before.sha256);
}

static bool
may_be_touched(struct rs_step *step, const struct stat *st, uid_t owner)
{
	if (step->before.type == RS_SAVED_ABSENT)
		rs_step_set(step, RS_STEP_REFUSED, "%s is gone since it was looked at", step->path);
	else if (!unchanged_since_plan(step, st))
		rs_step_set(step, RS_STEP_REFUSED, "%s has changed since it was looked at: "
			    "run the same command again", step->path);
	else if (st->st_uid != owner)
		rs_step_set(step, RS_STEP_REFUSED, "%s belongs to uid %lu, not to root: look who "
			    "put it there, then give it to root (chown root) or delete it by hand",
			    step->path, (unsigned long)st->st_uid);
	else if (st->st_nlink > 1)
		rs_step_set(step, RS_STEP_REFUSED, "%s has %lu names (hard links): find the "
			    "others with find -samefile and delete them first", step->path,
			    (unsigned long)st->st_nlink);
	else
		return true;
	return false;
}

static void
describe_after(struct rs_step *step, const struct rs_buf *after)
{
	char digest[RS_SHA256_HEX];

	if (step->op == RS_FILE_REMOVE) {
		step->after.type = RS_SAVED_ABSENT;
		return;
	}
	rs_sha256(after->data, after->len, digest);
	step->after.type = RS_SAVED_FILE;
	step->after.mode = step->before.mode;
	step->after.uid = step->before.uid;
	step->after.gid = step->before.gid;
	step->after.size = after->len;
	step->after.sha256 = rs_strdup(digest);
}

void
rs_step_file_prepare(struct rs_step *step, struct rs_record *record, uid_t owner)
{
	RS_AUTOBUF struct rs_buf content = { 0 }, after = { 0 };
	struct place place = { .dirfd = -1 };
	struct stat st = { 0 };

	if (!open_place(step->path, &place) || !look(&place, &step->before, &content, &st)) {
		rs_step_set(step, RS_STEP_REFUSED, "%s cannot be read: %s", step->path,
			    strerror(errno));
	} else if (may_be_touched(step, &st, owner)) {
		if (step->op != RS_FILE_REMOVE && !edit(step, &content, &after)) {
			rs_step_set(step, RS_STEP_REFUSED, "%s is not as it was looked at",
				    step->path);
		} else {
			describe_after(step, &after);
			if (step->before.type == RS_SAVED_FILE) {
				step->before.content = rs_printf("step-%u", step->n);
				if (rs_record_save(record, step->before.content, content.data,
						   content.len) < 0)
					rs_step_set(step, RS_STEP_REFUSED, "its bytes cannot be "
						    "saved: %s", strerror(errno));
			}
		}
	}
	rs_cleanup_close(&place.dirfd);
}

static bool
same(const struct rs_saved *a, const struct rs_saved *b)
{
	if (a->type != b->type)
		return false;
	return a->type == RS_SAVED_ABSENT || rs_streq(a->sha256, b->sha256);
}

static enum rs_present
judge(const struct rs_step *step, const struct place *place, struct rs_saved *now,
      struct rs_buf *content)
{
	struct stat st;

	if (!look(place, now, content, &st))
		return RS_PRESENT_UNKNOWN;
	if (same(now, &step->after))
		return RS_PRESENT_AFTER;
	if (same(now, &step->before))
		return RS_PRESENT_BEFORE;
	return RS_PRESENT_OTHER;
}

static int
take_out(struct rs_step *step, const struct place *place, const struct rs_buf *content)
{
	RS_AUTOBUF struct rs_buf after = { 0 };

	if (step->op == RS_FILE_REMOVE)
		return rs_change_unlink(place->dirfd, place->name, false);
	if (!edit(step, content, &after)) {
		errno = EINVAL;
		return -1;
	}
	return rs_change_put(place->dirfd, place->name, &step->before, after.data, after.len,
			     false);
}

void
rs_step_file_do(struct rs_step *step, struct rs_record *record RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	struct rs_saved now = { .xattrs.free_fn = rs_xattr_free };
	struct place place = { .dirfd = -1 };
	enum rs_present present = RS_PRESENT_UNKNOWN;

	if (open_place(step->path, &place) && rs_change_sweep(place.dirfd, place.name) == 0)
		present = judge(step, &place, &now, &content);
	if (present == RS_PRESENT_AFTER)
		rs_step_set(step, RS_STEP_DONE, NULL);
	else if (present == RS_PRESENT_OTHER)
		rs_step_set(step, RS_STEP_FAILED, "%s was changed by somebody else meanwhile",
			    step->path);
	else if (present == RS_PRESENT_UNKNOWN || take_out(step, &place, &content) < 0)
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, strerror(errno));
	else
		rs_step_set(step, RS_STEP_DONE, NULL);
	rs_saved_clear(&now);
	rs_cleanup_close(&place.dirfd);
}

/*
 * The way back where somebody changed the file since: what the step did is
 * taken back, and nothing else of the file is touched.
 */

static char *
find_line(const struct rs_buf *content, const char *line)
{
	size_t n = strlen(line);

	for (char *p = content->data; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, line, n) == 0 && (p[n] == '\n' || p[n] == '\0'))
			return p;
	}
	return NULL;
}

/* Each deselected line loses its "!" again, wherever it stands now, unless
 * somebody has taken that away already. */
static size_t
reselect(const struct rs_step *step, const struct rs_buf *original, struct rs_buf *content)
{
	size_t found = 0;

	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];
		const char *line = original->data + range->offset;
		size_t n = strcspn(line, "\n");
		RS_AUTOFREE char *wanted = rs_printf("!%.*s", (int)n, line);
		char *p = find_line(content, wanted);

		if (p != NULL) {
			memmove(p, p + 1, content->len - (size_t)(p - content->data));
			content->len--;
		}
		found += p != NULL || find_line(content, wanted + 1) != NULL;
	}
	return found;
}

/* What stood on both sides of a range is enough to find its place again. */
#define NEIGHBOURS 512

/* The offset in content where the range stood, or its end where the
 * neighbours are not (once) there any more. */
static size_t
old_place(const struct rs_step *step, size_t index, const struct rs_buf *original,
	  const struct rs_buf *content)
{
	const struct rs_range *range = step->ranges.v[index];
	RS_AUTOBUF struct rs_buf both = { 0 };
	uint64_t at = range->offset + range->length;
	size_t before = range->offset < NEIGHBOURS ? range->offset : NEIGHBOURS;
	const char *found;

	rs_buf_add(&both, original->data + range->offset - before, before);
	/* Ranges behind this one are still out. */
	for (size_t i = index + 1; i <= step->ranges.n && both.len < before + NEIGHBOURS; i++) {
		const struct rs_range *next = i < step->ranges.n ? step->ranges.v[i] : NULL;
		uint64_t end = next != NULL ? next->offset : original->len;
		size_t wanted = before + NEIGHBOURS - both.len;

		rs_buf_add(&both, original->data + at, end - at < wanted ? end - at : wanted);
		at = next != NULL ? next->offset + next->length : end;
	}
	found = both.len == 0 ? NULL : memmem(content->data, content->len, both.data, both.len);
	if (found == NULL || memmem(found + 1, content->len - (size_t)(found + 1 - content->data),
				    both.data, both.len) != NULL)
		return content->len;
	return (size_t)(found - content->data) + before;
}

/* Each cut certificate comes back, unless it is there again already. */
static size_t
put_back(const struct rs_step *step, const struct rs_buf *original, struct rs_buf *content)
{
	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];
		const char *block = original->data + range->offset;
		struct rs_buf joined = { 0 };
		size_t place;

		if (memmem(content->data, content->len, block, range->length) != NULL)
			continue;
		place = old_place(step, i, original, content);
		rs_buf_add(&joined, content->data, place);
		if (place > 0 && place == content->len && content->data[place - 1] != '\n')
			rs_buf_puts(&joined, "\n");
		rs_buf_add(&joined, block, range->length);
		rs_buf_add(&joined, content->data + place, content->len - place);
		rs_buf_free(content);
		*content = joined;
	}
	return step->ranges.n;
}

static bool
inverse_edit(struct rs_step *step, struct rs_record *record, const struct place *place,
	     const struct rs_saved *now, struct rs_buf *content)
{
	RS_AUTOBUF struct rs_buf original = { 0 }, cut = { 0 };
	RS_AUTOFREE char *why = NULL;
	size_t found;

	if (step->op == RS_FILE_REMOVE || now->type != RS_SAVED_FILE)
		return false;
	/* Ranges that cannot have been cut are not put back. */
	if (!rs_record_load(record, &step->before, &original, &why) ||
	    !edit(step, &original, &cut))
		return false;
	found = step->op == RS_FILE_DESELECT ? reselect(step, &original, content) :
	    put_back(step, &original, content);
	return found == step->ranges.n &&
	    rs_change_put(place->dirfd, place->name, now, content->data, content->len, false) == 0;
}

/* Eight hex digits, a dot and a number: openssl-rehash(1). */
static bool
is_hash_link(const struct rs_step *step, const char *name)
{
	return step->derived && step->before.type == RS_SAVED_LINK &&
	    strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] != '\0' &&
	    strspn(name + 9, "0123456789") == strlen(name + 9);
}

/*
 * A rehash has given the number of a stray's link to another certificate of
 * the same hash: that one moves on to the next free number, where OpenSSL
 * finds it as well, and the stray's own number is free again.
 */
static bool
make_room(const struct place *place, const struct rs_saved *now)
{
	for (unsigned n = 0; n < 1000; n++) {
		RS_AUTOFREE char *name = rs_printf("%.9s%u", place->name, n);
		char target[PATH_MAX];
		ssize_t len = readlinkat(place->dirfd, name, target, sizeof(target) - 1);

		if (len >= 0 && !rs_streq(name, place->name)) {
			target[len] = '\0';
			if (rs_streq(target, now->target))
				return true;
		}
		if (len < 0 && errno == ENOENT)
			return rs_change_put(place->dirfd, name, now, NULL, 0, false) == 0;
	}
	return false;
}

static void
restore(struct rs_step *step, struct rs_record *record, const struct place *place)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	RS_AUTOFREE char *why = NULL;

	if (step->before.type == RS_SAVED_FILE &&
	    !rs_record_load(record, &step->before, &content, &why))
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, why);
	else if (rs_change_put(place->dirfd, place->name, &step->before, content.data,
			       content.len, true) < 0)
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, strerror(errno));
	else
		rs_step_set(step, RS_STEP_UNDONE, NULL);
}

void
rs_step_file_undo(struct rs_step *step, struct rs_record *record)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	struct rs_saved now = { .xattrs.free_fn = rs_xattr_free };
	struct place place = { .dirfd = -1 };
	enum rs_present present = RS_PRESENT_UNKNOWN;
	bool failed = step->state == RS_STEP_FAILED;

	if (open_place(step->path, &place) && rs_change_sweep(place.dirfd, place.name) == 0)
		present = judge(step, &place, &now, &content);
	/* A step that failed for what somebody else did has nothing to undo. */
	if (present == RS_PRESENT_BEFORE || (failed && present == RS_PRESENT_OTHER))
		rs_step_set(step, RS_STEP_UNDONE, NULL);
	else if (present == RS_PRESENT_AFTER ||
		 (present == RS_PRESENT_OTHER && now.type == RS_SAVED_LINK &&
		  is_hash_link(step, place.name) && make_room(&place, &now)))
		restore(step, record, &place);
	else if (present == RS_PRESENT_UNKNOWN)
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, strerror(errno));
	else if (inverse_edit(step, record, &place, &now, &content))
		rs_step_set(step, RS_STEP_UNDONE, NULL);
	else
		rs_step_set(step, RS_STEP_CONFLICT, "%s was changed by somebody else since, and is "
			    "left as it is; what it held before is kept in the record as %s",
			    step->path, step->before.content ? step->before.content :
			    step->before.target ? step->before.target : "nothing");
	rs_saved_clear(&now);
	rs_cleanup_close(&place.dirfd);
}
