/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "certfile.h"
#include "change.h"
#include "file-edit.h"
#include "home-open.h"
#include "step.h"

/* A directory held open, and a name in it. */
struct place {
	int dirfd;
	const char *name;
};

/*
 * A browser's folder, or a JVM's, may lie where others than root can write: below /opt
 * programs are often somebody's own. Its real path was recorded, so that no
 * link may be in it now, and what lies in it must be root's to name.
 */
static int
open_roots_folder(const char *dir)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	RS_AUTOCLOSE int fd = (int)syscall(SYS_openat2, AT_FDCWD, dir, &how, sizeof(how));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		errno = EPERM;
		return -1;
	}
	return rs_steal_fd(&fd);
}

int
rs_step_open_folder(const struct rs_step *step, const struct rs_user *user, bool own)
{
	RS_CLEANUP(rs_home_let_go) struct rs_home home = RS_HOME_NONE;
	RS_AUTOFREE char *dir = rs_strdup(step->path);
	char *slash = strrchr(dir, '/');

	slash[slash == dir ? 1 : 0] = '\0';
	if (user != NULL)
		return rs_home_hold(&home, user, own) ? rs_home_open_dir(&home, home.fd, dir) : -1;
	return rs_step_stands_alone(step) ? open_roots_folder(dir) :
	    open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool
open_place(const struct rs_step *step, const struct rs_user *user, bool own,
	   struct place *place)
{
	place->name = strrchr(step->path, '/') + 1;
	place->dirfd = rs_step_open_folder(step, user, own);
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

static bool
unchanged_since_plan(const struct rs_step *step, const struct stat *st)
{
	return step->stamp.dev == st->st_dev && step->stamp.ino == st->st_ino &&
	    step->stamp.size == step->before.size &&
	    rs_streq(step->stamp.sha256, step->before.sha256);
}

static bool
may_be_touched(struct rs_step *step, const struct stat *st, const struct rs_user *user)
{
	const char *name = user != NULL ? user->name : "root";

	if (step->before.type == RS_SAVED_ABSENT)
		rs_step_set(step, RS_STEP_REFUSED, "%s is gone since it was looked at", step->path);
	else if (!unchanged_since_plan(step, st))
		rs_step_set(step, RS_STEP_REFUSED, "%s has changed since it was looked at: "
			    "run the same command again", step->path);
	else if (st->st_uid != (user != NULL ? user->uid : 0))
		rs_step_set(step, RS_STEP_REFUSED, "%s belongs to uid %lu, not to %s: look who "
			    "put it there, then give it to %s (chown) or delete it by hand",
			    step->path, (unsigned long)st->st_uid, name, name);
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

static void
cannot_open(struct rs_step *step, int error)
{
	if (error == EPERM)
		rs_step_set(step, RS_STEP_REFUSED, "%s lies in a folder that belongs to somebody "
			    "else, or that others may write in: look what is there, then make it "
			    "its owner's alone (chown, chmod go-w)", step->path);
	else
		rs_step_set(step, RS_STEP_REFUSED, "%s cannot be read: %s", step->path,
			    strerror(error));
}

static bool
edit(struct rs_step *step, struct rs_record *record, const struct rs_buf *content,
     struct rs_buf *after)
{
	if (step->op == RS_FILE_REMOVE)
		return true;
	if (step->op == RS_FILE_KEYSTORE)
		return rs_step_keystore_edit(step, record, content, after);
	if (rs_file_edit(step, content, after))
		return true;
	rs_step_set(step, RS_STEP_REFUSED, "%s is not as it was looked at, or is written in a way "
		    "that cannot be edited: edit it by hand", step->path);
	return false;
}

void
rs_step_file_prepare(struct rs_step *step, struct rs_record *record,
		     const struct rs_user *user, bool own)
{
	RS_AUTOBUF struct rs_buf content = { 0 }, after = { 0 };
	struct place place = { .dirfd = -1 };
	struct stat st = { 0 };

	if (!open_place(step, user, own, &place) && step->op == RS_FILE_CREATE && errno == ENOENT) {
		rs_step_set(step, RS_STEP_REFUSED, "the folder of %s is not there: make it "
			    "(mkdir), and run the same command again", step->path);
	} else if (place.dirfd < 0 || !look(&place, &step->before, &content, &st)) {
		cannot_open(step, errno);
	} else if (step->op == RS_FILE_CREATE) {
		rs_step_new_file_prepare(step, record);
	} else if (may_be_touched(step, &st, user) && edit(step, record, &content, &after)) {
		describe_after(step, &after);
		if (step->before.type == RS_SAVED_FILE) {
			step->before.content = rs_printf("step-%u", step->n);
			if (rs_record_save(record, step->before.content, content.data,
					   content.len) < 0)
				rs_step_set(step, RS_STEP_REFUSED, "its bytes cannot be saved: %s",
					    strerror(errno));
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
take_out(struct rs_step *step, struct rs_record *record, const struct place *place,
	 const struct rs_buf *content)
{
	RS_AUTOBUF struct rs_buf after = { 0 };
	RS_AUTOFREE char *why = NULL;

	if (step->op == RS_FILE_CREATE)
		return rs_step_new_file_put(step, record, place->dirfd, place->name);
	if (step->op == RS_FILE_REMOVE)
		return rs_change_unlink(place->dirfd, place->name, false);
	if (step->op == RS_FILE_KEYSTORE ? !rs_record_load(record, &step->after, &after, &why) :
	    !rs_file_edit(step, content, &after)) {
		errno = EINVAL;
		return -1;
	}
	return rs_change_put(place->dirfd, place->name, &step->before, after.data, after.len,
			     false);
}

void
rs_step_file_do(struct rs_step *step, struct rs_record *record, const struct rs_user *user,
		bool own)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	struct rs_saved now = { .xattrs.free_fn = rs_xattr_free };
	struct place place = { .dirfd = -1 };
	enum rs_present present = RS_PRESENT_UNKNOWN;

	if (open_place(step, user, own, &place) && rs_change_sweep(place.dirfd, place.name) == 0)
		present = judge(step, &place, &now, &content);
	if (present == RS_PRESENT_AFTER)
		rs_step_set(step, RS_STEP_DONE, NULL);
	else if (present == RS_PRESENT_OTHER)
		rs_step_set(step, RS_STEP_FAILED, "%s was changed by somebody else meanwhile",
			    step->path);
	else if (present == RS_PRESENT_UNKNOWN || take_out(step, record, &place, &content) < 0)
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, strerror(errno));
	else
		rs_step_set(step, RS_STEP_DONE, NULL);
	rs_saved_clear(&now);
	rs_cleanup_close(&place.dirfd);
}

/* What the step did is taken back, and nothing else of the file is touched. */
static bool
inverse_edit(struct rs_step *step, struct rs_record *record, const struct place *place,
	     const struct rs_saved *now, struct rs_buf *content)
{
	RS_AUTOBUF struct rs_buf original = { 0 };
	RS_AUTOFREE char *why = NULL;

	return step->op != RS_FILE_REMOVE && step->op != RS_FILE_CREATE &&
	    step->op != RS_FILE_KEYSTORE && now->type == RS_SAVED_FILE &&
	    rs_record_load(record, &step->before, &original, &why) &&
	    rs_file_edit_back(step, &original, content) &&
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

static int
put_before(const struct rs_step *step, const struct place *place, const struct rs_buf *content)
{
	if (step->before.type == RS_SAVED_ABSENT)
		return rs_change_unlink(place->dirfd, place->name, false);
	return rs_change_put(place->dirfd, place->name, &step->before, content->data, content->len,
			     true);
}

static void
restore(struct rs_step *step, struct rs_record *record, const struct place *place)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	RS_AUTOFREE char *why = NULL;

	if (step->before.type == RS_SAVED_FILE &&
	    !rs_record_load(record, &step->before, &content, &why))
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, why);
	else if (put_before(step, place, &content) < 0)
		rs_step_set(step, RS_STEP_FAILED, "%s: %s", step->path, strerror(errno));
	else
		rs_step_set(step, RS_STEP_UNDONE, NULL);
}

static void
say_conflict(struct rs_step *step, const struct rs_record *record)
{
	RS_AUTOFREE char *kept = step->before.content == NULL ? NULL :
	    rs_record_place(record, step->before.content);

	rs_step_set(step, RS_STEP_CONFLICT, "%s was changed by somebody else since, and is left as it "
		    "is; what it held before: %s", step->path, kept ? kept :
		    step->before.target ? step->before.target : "nothing");
}

void
rs_step_file_undo(struct rs_step *step, struct rs_record *record,
		  const struct rs_user *user, bool own)
{
	RS_AUTOBUF struct rs_buf content = { 0 };
	struct rs_saved now = { .xattrs.free_fn = rs_xattr_free };
	struct place place = { .dirfd = -1 };
	enum rs_present present = RS_PRESENT_UNKNOWN;
	bool failed = step->state == RS_STEP_FAILED;

	if (open_place(step, user, own, &place) && rs_change_sweep(place.dirfd, place.name) == 0)
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
	else if (step->op == RS_FILE_CREATE)
		rs_step_set(step, RS_STEP_CONFLICT, "%s was changed by somebody else since it was "
			    "made, and is left as it is: delete it by hand if it is of no use",
			    step->path);
	else
		say_conflict(step, record);
	rs_saved_clear(&now);
	rs_cleanup_close(&place.dirfd);
}
