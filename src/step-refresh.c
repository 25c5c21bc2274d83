/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A refresh is only as good as what it leaves: each derived copy must hold
 * what it held, less what the record took. Else its bytes are put back.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certfile.h"
#include "change.h"
#include "layout.h"
#include "refresh.h"
#include "refresh-in-root.h"
#include "step.h"
#include "store-java.h"
#include "tree.h"
#include "wire.h"
#include "worker.h"

#define SET_SECONDS 30

/* The certificates of one file, read by a child without rights. */
struct set {
	const char *path;
	bool keystore;
	struct rs_map members;
	bool read;
};

static void
read_set(struct rs_worker *worker, struct rs_wire *wire)
{
	const struct set *set = worker->arg;
	struct rs_store *store;

	if (set->keystore) {
		store = rs_store_java_read(set->path, RS_JAVA_BY_HAND, NULL);
		for (size_t i = 0; i < store->anchors.n; i++)
			wire->sink.fact(&wire->sink, "member",
			    ((struct rs_anchor *)store->anchors.v[i])->cert->sha256);
		if (store->state == RS_STORE_NO_FINDINGS)
			wire->sink.fact(&wire->sink, "read", "");
	} else {
		struct rs_certfile *file = rs_certfile_read(set->path);

		for (size_t i = 0; i < file->certs.n; i++)
			if (!((struct rs_pem_block *)file->blocks.v[i])->distrusted)
				wire->sink.fact(&wire->sink, "member",
				    ((struct rs_cert *)file->certs.v[i])->sha256);
		if (file->error == 0)
			wire->sink.fact(&wire->sink, "read", "");
	}
}

static void
take_member(struct rs_worker *worker, json_object *line)
{
	struct rs_wire_reader r = { .object = line };
	RS_AUTOFREE char *type = rs_wire_text(&r, "type"), *text = rs_wire_text(&r, "text");
	struct set *set = worker->data;

	if (rs_streq(type, "read"))
		set->read = true;
	else if (rs_streq(type, "member") && text != NULL && rs_is_hex(text, 64))
		rs_map_add(&set->members, text, set);
}

static bool
get_set(struct set *set)
{
	static const struct rs_user nobody = { .uid = 65534, .gid = 65534 };
	struct rs_worker *worker = rs_worker_new(RS_OWNER_SYSTEM, read_set, set);

	worker->user = &nobody;
	worker->read_all = true;
	worker->seconds = SET_SECONDS;
	worker->line = take_member;
	worker->data = set;
	rs_worker_run(worker);
	if (worker->failure != NULL)
		set->read = false;
	rs_worker_free(worker);
	return set->read;
}

static bool
is_keystore(const char *path)
{
	return rs_ends(path, "cacerts") || rs_ends(path, ".jks");
}

static bool
was_taken(const struct rs_record *record, const char *sha256)
{
	for (size_t i = 0; i < record->findings.n; i++) {
		const struct rs_record_finding *finding = record->findings.v[i];

		if (rs_streq(finding->sha256, sha256))
			return true;
	}
	return false;
}

static void
saved_of_file(struct rs_saved *saved, int fd, const struct rs_buf *buf)
{
	char digest[RS_SHA256_HEX];
	struct stat st;

	rs_sha256(buf->data, buf->len, digest);
	*saved = (struct rs_saved){ .type = RS_SAVED_FILE, .xattrs.free_fn = rs_xattr_free };
	if (fstat(fd, &st) == 0) {
		saved->mode = st.st_mode & 0777;
		saved->uid = st.st_uid;
		saved->gid = st.st_gid;
		saved->mtime = st.st_mtim.tv_sec;
		saved->mtime_nsec = st.st_mtim.tv_nsec;
	}
	saved->size = buf->len;
	saved->sha256 = rs_strdup(digest);
}

/* Keeps a derived copy's bytes in the record; NULL where there is none. */
static struct rs_copy *
keep_copy(struct rs_record *record, const char *path, const char *name, int *error)
{
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, path, 0);
	RS_AUTOBUF struct rs_buf buf = { 0 };
	struct rs_copy *copy;

	*error = 0;
	if (fd < 0 && errno == ENOENT)
		return NULL;
	/* An earlier attempt's, whole or not, is of another moment. */
	if (fd < 0 || rs_read_all(fd, RS_CERTFILE_MAX, &buf) < 0 ||
	    (rs_change_unlink(record->dirfd, name, false) < 0 && errno != ENOENT) ||
	    rs_record_save(record, name, buf.data, buf.len) < 0) {
		*error = errno;
		return NULL;
	}
	copy = rs_alloc(sizeof(*copy));
	copy->path = rs_strdup(path);
	saved_of_file(&copy->saved, fd, &buf);
	copy->saved.content = rs_strdup(name);
	return copy;
}

static bool
keep_copies(const struct rs_step *step, struct rs_record *record, const char *prefix,
	    struct rs_array *copies, char **why)
{
	const struct rs_layout *layout = rs_layout_find(step->layout);

	for (size_t i = 0; layout->derived[i] != NULL; i++) {
		RS_AUTOFREE char *name = rs_printf("%s-%zu", prefix, i + 1);
		int error;
		struct rs_copy *copy = keep_copy(record, layout->derived[i], name, &error);

		if (error != 0) {
			*why = rs_printf("%s cannot be kept: %s", layout->derived[i],
					 strerror(error));
			return false;
		}
		if (copy != NULL)
			rs_array_add(copies, copy);
	}
	return true;
}

void
rs_step_refresh_prepare(struct rs_step *step, struct rs_record *record)
{
	RS_AUTOFREE char *why = NULL;

	if (rs_layout_find(step->layout) == NULL)
		rs_step_set(step, RS_STEP_REFUSED, "this layout is not known");
	else if (!keep_copies(step, record, "copy", &step->copies, &why))
		rs_step_set(step, RS_STEP_REFUSED, "%s", why);
}

/* Returns what came of it, to be told. */
static char *
put_back_copy(const struct rs_copy *copy, const struct rs_record *record)
{
	RS_AUTOFREE char *dir = rs_strdup(copy->path), *why = NULL;
	RS_AUTOBUF struct rs_buf buf = { 0 };
	RS_AUTOCLOSE int fd = -1;

	*strrchr(dir, '/') = '\0';
	if (!rs_record_load(record, &copy->saved, &buf, &why))
		return rs_printf("what it held before cannot be put back: %s", why);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || rs_change_put(fd, strrchr(copy->path, '/') + 1, &copy->saved, buf.data,
				    buf.len, true) < 0)
		return rs_printf("what it held before cannot be put back (%s), and is kept in "
		    RS_STATE_DIR "/records/%s/%s: copy that there by hand", strerror(errno),
		    record->id, copy->saved.content);
	return rs_strdup("what it held before was put back");
}

/*
 * What the copy held before the quarantine, where that is known. Java names
 * its entries by file name: one that only came in while another of the same
 * name was out goes again when that one is back, and is not lost.
 */
static void
get_original(const struct rs_record *record, const char *path, struct set *original)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		for (size_t k = 0; k < step->copies.n; k++) {
			const struct rs_copy *copy = step->copies.v[k];
			RS_AUTOFREE char *kept = NULL;

			if (!rs_streq(copy->path, path))
				continue;
			kept = rs_printf(RS_STATE_DIR "/records/%s/%s", record->id,
					 copy->saved.content);
			original->path = kept;
			original->keystore = true;
			get_set(original);
		}
	}
}

/* False with *why where a copy lacks what it must still hold. */
static bool
check_copy(const struct rs_copy *copy, const struct rs_record *record, bool undo, char **why)
{
	struct set original = { 0 };
	RS_AUTOFREE char *kept = rs_printf(RS_STATE_DIR "/records/%s/%s", record->id,
					   copy->saved.content);
	struct set before = { .path = kept, .keystore = is_keystore(copy->path) };
	struct set after = { .path = copy->path, .keystore = before.keystore };
	size_t lost = 0;

	if (!get_set(&before)) {
		/* It was no readable copy before: nothing is to be compared. */
		rs_map_free(&before.members);
		return true;
	}
	if (!get_set(&after))
		lost = before.members.n;
	if (undo && after.keystore)
		get_original(record, copy->path, &original);
	for (size_t i = 0; after.read && i < before.members.cap; i++) {
		const char *sha256 = before.members.slots[i].key;

		if (sha256 != NULL && rs_map_get(&after.members, sha256) == NULL &&
		    (undo ? !original.read || rs_map_get(&original.members, sha256) != NULL :
		     !was_taken(record, sha256)))
			lost++;
	}
	if (lost > 0)
		*why = rs_printf("after the update %s lacked %zu other certificate%s", copy->path,
				 lost, lost == 1 ? "" : "s");
	rs_map_free(&original.members);
	rs_map_free(&before.members);
	rs_map_free(&after.members);
	return lost == 0;
}

static bool
is_as_kept(const struct rs_copy *copy)
{
	RS_AUTOBUF struct rs_buf now = { 0 };
	char digest[RS_SHA256_HEX];

	if (rs_read_file(copy->path, RS_CERTFILE_MAX, &now) < 0)
		return false;
	rs_sha256(now.data, now.len, digest);
	return rs_streq(digest, copy->saved.sha256);
}

static bool
check_copies(const struct rs_array *copies, const struct rs_record *record, bool undo, char **why)
{
	bool good = true;

	for (size_t i = 0; i < copies->n; i++) {
		const struct rs_copy *copy = copies->v[i];
		RS_AUTOFREE char *problem = NULL, *end = NULL;

		if (check_copy(copy, record, undo, &problem))
			continue;
		good = false;
		end = put_back_copy(copy, record);
		if (*why == NULL)
			*why = rs_printf("%s: %s", problem, end);
	}
	return good;
}

/* The system's tools sync nothing: a loss of power could leave a bundle empty,
 * or as it was before, that we have noted as done. */
static bool
sync_copies(const struct rs_layout *layout, char **why)
{
	for (size_t i = 0; layout->derived[i] != NULL; i++) {
		RS_AUTOFREE char *dir = rs_strdup(layout->derived[i]);
		RS_AUTOCLOSE int fd = -1;

		*strrchr(dir, '/') = '\0';
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || rs_change_sync_all(fd) < 0) {
			*why = rs_printf("%s is not yet safe on the disk (%s): run rootsweep recover",
					 dir, strerror(errno));
			return false;
		}
	}
	return true;
}

/* Whether the set holds anything that the record took. */
static bool
holds_taken(const struct set *set, const struct rs_record *record)
{
	for (size_t i = 0; i < set->members.cap; i++)
		if (set->members.slots[i].key != NULL &&
		    was_taken(record, set->members.slots[i].key))
			return true;
	return false;
}

static bool
has_own_step(const struct rs_record *record, const char *path)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		if (step->kind == RS_STEP_FILE && rs_streq(step->path, path))
			return true;
	}
	return false;
}

/* A copy that file steps have not changed, nor will; NULL where there is none. */
static const char *
not_followed(const struct rs_step *step, const struct rs_record *record, bool undo)
{
	const struct rs_layout *layout = rs_layout_find(step->layout);

	for (size_t i = 0; !undo && layout->derived[i] != NULL; i++) {
		const char *path = layout->derived[i];
		struct set set = { .path = path, .keystore = is_keystore(path) };
		bool follows;

		if (access(path, F_OK) < 0)
			continue;
		follows = get_set(&set) && !holds_taken(&set, record);
		rs_map_free(&set.members);
		if (!follows)
			return path;
	}
	for (size_t i = 0; undo && i < step->copies.n; i++) {
		const struct rs_copy *copy = step->copies.v[i];
		RS_AUTOFREE char *lack = NULL;

		if (!has_own_step(record, copy->path) && !is_as_kept(copy) &&
		    !check_copy(copy, record, true, &lack))
			return copy->path;
	}
	return NULL;
}

/*
 * Of another tree no tool is run: file steps have changed its copies. Where
 * they could not change all, a tool of that system still has to.
 */
static bool
follow_without_tools(struct rs_refresh *refresh)
{
	const struct rs_layout *layout = rs_layout_find(refresh->step->layout);
	RS_AUTOFREE char *command = rs_layout_command(layout);
	RS_AUTOFREE char *tool = layout->other_tool != NULL ? layout->other_tool() : NULL;
	const char *path = not_followed(refresh->step, refresh->record, refresh->undo);

	if (path == NULL && tool == NULL)
		return true;
	refresh->pending = true;
	refresh->reason = rs_printf("%s %s, and nothing of another system is run from here: run %s "
	    "in that system once it is up and then rootsweep recover there, or say "
	    "--refresh-in-root", path != NULL ? path : tool, path != NULL ?
	    "can only be made anew by that system's own tool" : "keeps copies of its own", command);
	return false;
}

static bool
refresh_now(struct rs_refresh *refresh)
{
	const struct rs_layout *layout = rs_layout_find(refresh->step->layout);

	rs_refresh_in_root_allow(refresh->in_root);
	if (rs_tree_is_entered() && !refresh->undo &&
	    !rs_refresh_close_gaps(refresh->record, &refresh->reason))
		return false;
	return rs_tree_is_entered() && !refresh->in_root ? follow_without_tools(refresh) :
	    layout->refresh(refresh);
}

void
rs_step_refresh_run(struct rs_step *step, struct rs_record *record, bool undo, bool in_root)
{
	struct rs_refresh refresh = {
		.step = step, .record = record, .undo = undo, .in_root = in_root,
	};
	struct rs_array present;
	char *why = NULL;
	bool good;

	rs_array_init(&present, rs_copy_free);
	if (undo && !keep_copies(step, record, "undo-copy", &present, &why)) {
		rs_step_set(step, RS_STEP_FAILED, "%s", why);
		free(why);
		rs_array_free(&present);
		return;
	}
	good = refresh_now(&refresh);
	if (!check_copies(undo ? &present : &step->copies, record, undo, &why))
		rs_step_set(step, RS_STEP_FAILED, "%s", why);
	else if (refresh.pending)
		rs_step_set(step, RS_STEP_PENDING, "%s", refresh.reason);
	else if (!good)
		rs_step_set(step, RS_STEP_FAILED, "%s", refresh.reason);
	else if (!sync_copies(rs_layout_find(step->layout), &why))
		rs_step_set(step, RS_STEP_PENDING, "%s", why);
	else
		rs_step_set(step, undo ? RS_STEP_UNDONE : RS_STEP_DONE, NULL);
	for (size_t i = 0; i < present.n && good && !refresh.pending; i++)
		rs_change_unlink(record->dirfd, ((struct rs_copy *)present.v[i])->saved.content,
				 false);
	free(refresh.reason);
	free(why);
	rs_array_free(&present);
}
