/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In a private world, as root: the system's records have their one place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-fixture.h"
#include "record.h"
#include "record-fixture.h"
#include "store.h"

#define HOSTILE "/a/\xff\xfe \"q\" <&>'\n\r\t\x1b[31m]]>\x7f"

static void
test_ids(void **state RS_UNUSED)
{
	static const char *const bad[] = {
		"", "20261122T190800Z-0123456789abcde", "20261122T190800Z-0123456789abcdef0",
		"20261122T190800Z-0123456789ABCDEF", "20261122T190800Z-0123456789abcdeg",
		"20261122t190800Z-0123456789abcdef", "20261122T190800z-0123456789abcdef",
		"20261122T190800Z_0123456789abcdef", "2026112aT190800Z-0123456789abcdef",
		"20261122T19080aZ-0123456789abcdef", ".0261122T190800Z-0123456789abcdef",
		"../../../../../../etc/passwd/////", "20261122T190800Z-0123456789abcde/",
		"20261122T190800Z-0123456789abcde\n", ".new-20261122T190800Z-0123456789ab",
	};

	assert_true(rs_record_id_valid(RECORD_ID));
	assert_int_equal(strlen(RECORD_ID), RS_RECORD_ID_LEN);
	for (size_t i = 0; i < RS_COUNT(bad); i++)
		if (rs_record_id_valid(bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
test_new_ids(void **state RS_UNUSED)
{
	RS_AUTOFREE char *first = NULL, *second = NULL;

	setenv("ROOTSWEEP_TIME", "1795374480", 1);
	first = rs_record_id_new();
	second = rs_record_id_new();
	unsetenv("ROOTSWEEP_TIME");
	assert_true(rs_record_id_valid(first));
	assert_true(rs_starts(first, "20261122T190800Z-"));
	assert_string_not_equal(first, second);
}

static void
set_saved(struct rs_saved *saved, enum rs_saved_type type, const char *text)
{
	char digest[RS_SHA256_HEX];
	struct rs_xattr *xattr;

	rs_sha256(text, strlen(text), digest);
	*saved = (struct rs_saved){
		.type = type, .mode = type == RS_SAVED_LINK ? 0777 : 0640, .uid = 0,
		.gid = 4294967295, .size = strlen(text), .mtime = -12345, .mtime_nsec = 6789,
		.sha256 = rs_strdup(digest), .xattrs.free_fn = rs_xattr_free,
	};
	if (type == RS_SAVED_LINK) {
		saved->target = rs_strdup(text);
		return;
	}
	saved->content = rs_strdup("step-1");
	xattr = rs_array_add(&saved->xattrs, rs_alloc(sizeof(*xattr)));
	xattr->name = rs_strdup("security.selinux");
	xattr->value = rs_strdup("c3lzdGVtX3U=");
}

static void
add_column(struct rs_row *row, const char *name, enum rs_column_type type, const char *value)
{
	struct rs_column *column = rs_array_add(&row->columns, rs_alloc(sizeof(*column)));

	column->name = rs_strdup(name);
	column->type = type;
	column->value = rs_strdup(value);
}

static void
add_steps(struct rs_record *record)
{
	struct rs_step *file = rs_step_new(RS_STEP_FILE, RS_KIND_P11KIT, "p11-kit:system:" HOSTILE,
					   HOSTILE);
	struct rs_step *link = rs_step_new(RS_STEP_FILE, RS_KIND_OPENSSL_DIR, "s", "/b");
	struct rs_step *rows = rs_step_new(RS_STEP_ROWS, RS_KIND_NSS, "s", "/c");
	struct rs_step *refresh = rs_step_new(RS_STEP_REFRESH, RS_KIND_P11KIT, "s", "/d");
	struct rs_range *range = rs_alloc(sizeof(*range));
	struct rs_row *row = rs_alloc(sizeof(*row));
	struct rs_copy *copy = rs_alloc(sizeof(*copy));

	file->op = RS_FILE_CUT;
	set_saved(&file->before, RS_SAVED_FILE, "content");
	set_saved(&file->after, RS_SAVED_FILE, "rest");
	*range = (struct rs_range){ 1ULL << 40, UINT64_MAX };
	rs_array_add(&file->ranges, range);
	link->derived = true;
	set_saved(&link->before, RS_SAVED_LINK, "../" HOSTILE);
	row->rowid = INT64_MIN;
	add_column(row, "id", RS_COLUMN_INTEGER, "-9223372036854775808");
	add_column(row, "a11", RS_COLUMN_BLOB, "AAECAw==");
	add_column(row, "a3", RS_COLUMN_TEXT, "");
	add_column(row, "a0", RS_COLUMN_REAL, "0.5");
	add_column(row, "a1", RS_COLUMN_NULL, NULL);
	rs_array_add(&rows->rows, row);
	refresh->layout = rs_strdup("debian");
	copy->path = rs_strdup(HOSTILE);
	set_saved(&copy->saved, RS_SAVED_FILE, "bundle");
	rs_array_add(&refresh->copies, copy);
	rs_array_add(&record->steps, file);
	rs_array_add(&record->steps, link);
	rs_array_add(&record->steps, rows);
	rs_array_add(&record->steps, refresh);
	for (size_t i = 0; i < record->steps.n; i++)
		((struct rs_step *)record->steps.v[i])->n = (unsigned)i + 1;
}

static void
expect_saved(const struct rs_saved *a, const struct rs_saved *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->mode, b->mode);
	assert_true(a->uid == b->uid && a->gid == b->gid && a->size == b->size);
	assert_true(a->mtime == b->mtime && a->mtime_nsec == b->mtime_nsec);
	assert_true(rs_streq(a->sha256, b->sha256) && rs_streq(a->target, b->target) &&
		    rs_streq(a->content, b->content));
	assert_int_equal(a->xattrs.n, b->xattrs.n);
	for (size_t i = 0; i < a->xattrs.n; i++) {
		const struct rs_xattr *x = a->xattrs.v[i], *y = b->xattrs.v[i];

		assert_string_equal(x->name, y->name);
		assert_string_equal(x->value, y->value);
	}
}

static void
expect_rows(const struct rs_step *a, const struct rs_step *b)
{
	const struct rs_row *x = a->rows.v[0], *y = b->rows.v[0];

	assert_int_equal(b->rows.n, 1);
	assert_true(x->rowid == y->rowid);
	/* What is null is not written: the last one. */
	assert_int_equal(y->columns.n, x->columns.n - 1);
	for (size_t i = 0; i < y->columns.n; i++) {
		const struct rs_column *c = x->columns.v[i], *d = y->columns.v[i];

		assert_string_equal(c->name, d->name);
		assert_int_equal(c->type, d->type);
		assert_string_equal(c->value, d->value);
	}
}

static void
expect_steps(const struct rs_record *a, const struct rs_record *b)
{
	const struct rs_step *file = b->steps.v[0], *refresh = b->steps.v[3];
	const struct rs_range *range = file->ranges.v[0];
	const struct rs_copy *copy = refresh->copies.v[0];

	assert_int_equal(b->steps.n, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct rs_step *x = a->steps.v[i], *y = b->steps.v[i];

		assert_int_equal(x->n, y->n);
		assert_int_equal(x->kind, y->kind);
		assert_ptr_equal(rs_store_kind(x->store_kind), y->store_kind);
		assert_string_equal(x->store, y->store);
		assert_string_equal(x->path, y->path);
		assert_int_equal(x->op, y->op);
		assert_int_equal(x->derived, y->derived);
		expect_saved(&x->before, &y->before);
		expect_saved(&x->after, &y->after);
	}
	assert_true(range->offset == 1ULL << 40 && range->length == UINT64_MAX);
	expect_rows(a->steps.v[2], b->steps.v[2]);
	assert_string_equal(refresh->layout, "debian");
	assert_string_equal(copy->path, HOSTILE);
	expect_saved(&copy->saved, &((struct rs_copy *)((struct rs_step *)a->steps.v[3])->copies.v[0])->saved);
}

/* XML can hold none of these bytes, or not say which of them they were. */
static void
test_xml(void **state RS_UNUSED)
{
	struct rs_record *record = rs_record_new(RECORD_ID, NULL);
	struct rs_record *back = rs_record_new(RECORD_ID, NULL);
	struct rs_record_finding *finding = rs_alloc(sizeof(*finding));
	RS_AUTOFREE char *xml = NULL, *why = NULL;

	record->owner = rs_strdup("\xe9");
	record->time = rs_strdup("2026-11-22T19:08:00Z");
	*finding = (struct rs_record_finding){
		.entry = rs_strdup("certificate"), .store = rs_strdup(HOSTILE),
		.title = rs_strdup("\xef\xbf\xbe " HOSTILE),
	};
	rs_array_add(&record->findings, finding);
	add_steps(record);
	xml = rs_record_to_xml(record);
	assert_true(rs_record_from_xml(back, xml, strlen(xml), &why));
	assert_string_equal(back->owner, "\xe9");
	assert_string_equal(back->time, record->time);
	expect_steps(record, back);
	finding = back->findings.v[0];
	assert_string_equal(finding->store, HOSTILE);
	assert_string_equal(finding->title, "\xef\xbf\xbe " HOSTILE);
	assert_null(finding->sha256);
	rs_record_free(record);
	rs_record_free(back);
}

/*
 * On disk.
 */

static void
expect_mode(const char *path, unsigned mode)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_int_equal(st.st_uid, 0);
}

static void
test_commit(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	struct rs_record *record = record_begin(&folder), *back;
	RS_AUTOFREE char *dir = file_path(&folder, RECORD_ID), *file = NULL, *names = NULL;
	RS_AUTOBUF struct rs_buf bytes = { 0 };
	RS_AUTOFREE char *why = NULL;
	struct rs_saved saved = { .content = (char *)(uintptr_t)"step-1" };
	char digest[RS_SHA256_HEX];

	rs_sha256("a\0b", 3, digest);
	saved.sha256 = digest;
	assert_int_equal(rs_record_save(record, "step-1", "a\0b", 3), 0);
	record_commit(record, &folder);
	names = file_names(folder.dir);
	assert_string_equal(names, RECORD_ID " ");
	expect_mode(dir, 0700);
	file = rs_printf("%s/record.xml", dir);
	expect_mode(file, 0600);
	assert_true(rs_record_load(record, &saved, &bytes, &why));
	assert_int_equal(bytes.len, 3);
	assert_memory_equal(bytes.data, "a\0b", 3);
	back = rs_record_read(folder.fd, RECORD_ID, NULL);
	assert_null(back->reason);
	assert_int_equal(back->state, RS_RECORD_PENDING);
	assert_string_equal(back->owner, "system");
	assert_true(rs_record_is_unfinished(back) && rs_record_is_undoable(back));
	rs_record_free(record);
	rs_record_free(back);
}

static void
test_notes(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	struct rs_record *record = record_begin(&folder), *back;
	struct rs_step *first = record_add_file_step(record, "/usr/local/share/ca-certificates/a.crt");
	struct rs_step *second = record_add_file_step(record, "/usr/local/share/ca-certificates/b.crt");

	record_commit(record, &folder);
	first->state = RS_STEP_DONE;
	second->state = RS_STEP_PENDING;
	assert_int_equal(rs_record_note_step(record, first), 0);
	assert_int_equal(rs_record_note_step(record, second), 0);
	assert_int_equal(rs_record_note_state(record, RS_RECORD_PARTLY_APPLIED), 0);
	back = rs_record_read(folder.fd, RECORD_ID, NULL);
	assert_null(back->reason);
	assert_int_equal(back->state, RS_RECORD_PARTLY_APPLIED);
	assert_int_equal(((struct rs_step *)back->steps.v[0])->state, RS_STEP_DONE);
	assert_int_equal(((struct rs_step *)back->steps.v[1])->state, RS_STEP_PENDING);
	assert_true(rs_record_is_unfinished(back));
	rs_record_free(back);
	assert_int_equal(rs_record_note_state(record, RS_RECORD_UNDONE), 0);
	second->state = RS_STEP_UNDONE;
	assert_int_equal(rs_record_note_step(record, second), 0);
	back = rs_record_read(folder.fd, RECORD_ID, NULL);
	assert_false(rs_record_is_unfinished(back) || rs_record_is_undoable(back));
	rs_record_free(back);
	rs_record_free(record);
}

/* A crash cut the last line short: what is noted after it counts. */
static void
test_cut_notes(void **state RS_UNUSED)
{
	static const char *const cuts[] = { "s", "step", "step 1", "step 1 do", "state appl", "state undoing" };

	for (size_t i = 0; i < RS_COUNT(cuts); i++) {
		FILE_FOLDER(folder);
		struct rs_record *record = record_begin(&folder), *back;
		struct rs_step *step =
		    record_add_file_step(record, "/usr/local/share/ca-certificates/a.crt");

		record_commit(record, &folder);
		record_append(&folder, "progress", cuts[i]);
		back = rs_record_read(folder.fd, RECORD_ID, NULL);
		assert_int_equal(back->state, RS_RECORD_PENDING);
		assert_int_equal(((struct rs_step *)back->steps.v[0])->state, RS_STEP_PLANNED);
		assert_int_equal(rs_record_note_state(back, RS_RECORD_UNDOING), 0);
		rs_record_free(back);
		record_append(&folder, "progress", cuts[i]);
		step->state = RS_STEP_UNDONE;
		assert_int_equal(rs_record_note_step(record, step), 0);
		back = rs_record_read(folder.fd, RECORD_ID, NULL);
		assert_int_equal(back->state, RS_RECORD_UNDOING);
		assert_int_equal(((struct rs_step *)back->steps.v[0])->state, RS_STEP_UNDONE);
		rs_record_free(back);
		rs_record_free(record);
	}
}

static void
test_abandon(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	struct rs_record *record = record_begin(&folder);
	RS_AUTOFREE char *before = file_names(folder.dir), *names = NULL;

	assert_string_equal(before, ".new-" RECORD_ID " ");
	assert_int_equal(rs_record_save(record, "step-1", "x", 1), 0);
	rs_record_abandon(record, folder.fd);
	names = file_names(folder.dir);
	assert_string_equal(names, "");
	rs_record_free(record);
}

/* The place cannot be made twice, nor made where something is. */
static void
test_begin_twice(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	struct rs_record *record = record_begin(&folder);

	errno = 0;
	assert_int_equal(rs_record_begin(record, folder.fd), -1);
	assert_int_equal(errno, EEXIST);
	rs_record_free(record);
}

#define OTHER_ID "20261122T190801Z-0123456789abcdef"

static void
test_list(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	static const char *const made[] = {
		OTHER_ID, RECORD_ID, (".new-" OTHER_ID), "lost+found", "20261122T190801Z-0123456789ABCDEF",
	};
	struct rs_array ids;

	file_folder_make(&folder);
	for (size_t i = 0; i < RS_COUNT(made); i++) {
		RS_AUTOFREE char *path = file_path(&folder, made[i]), *file = NULL;

		file_mkdir(path);
		file = rs_printf("%s/record.xml", path);
		file_puts(file, "x");
	}
	for (int sweep = 0; sweep < 2; sweep++) {
		RS_AUTOFREE char *names = NULL;

		rs_records_list(folder.fd, &ids, sweep == 1);
		assert_int_equal(ids.n, 2);
		assert_string_equal(ids.v[0], RECORD_ID);
		assert_string_equal(ids.v[1], OTHER_ID);
		rs_array_free(&ids);
		names = file_names(folder.dir);
		assert_int_equal(strstr(names, ".new-") == NULL, sweep);
		assert_non_null(strstr(names, "lost+found"));
	}
}

static void
test_delete(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	struct rs_record *record = record_begin(&folder), *gone;
	RS_AUTOFREE char *names = NULL;

	record_commit(record, &folder);
	assert_int_equal(rs_record_delete(folder.fd, RECORD_ID), 0);
	names = file_names(folder.dir);
	assert_string_equal(names, "");
	assert_int_equal(rs_record_delete(folder.fd, RECORD_ID), -1);
	gone = rs_record_read(folder.fd, RECORD_ID, NULL);
	assert_int_equal(gone->state, RS_RECORD_DAMAGED);
	assert_string_equal(gone->reason, "it cannot be read: No such file or directory");
	rs_record_free(gone);
	rs_record_free(record);
}

/*
 * The folders that hold records.
 */

static char *open_why;		/* of the last one */

static int
open_error(const struct rs_user *user, bool own, bool create)
{
	int fd;

	free(rs_steal(&open_why));
	errno = 0;
	fd = rs_records_open(user, own, create, &open_why);
	assert_true((fd < 0) == (open_why != NULL));
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void
test_open_system(void **state RS_UNUSED)
{
	assert_int_equal(open_error(NULL, false, false), ENOENT);
	assert_false(file_exists("/var/lib/rootsweep"));
	assert_int_equal(open_error(NULL, false, true), 0);
	expect_mode("/var/lib/rootsweep/records", 0700);
	assert_int_equal(open_error(NULL, false, false), 0);
	assert_int_equal(chmod("/var/lib/rootsweep", 0720), 0);
	assert_int_equal(open_error(NULL, false, false), EPERM);
	assert_string_equal(open_why, "/var/lib/rootsweep can be written by others: take that right "
			    "away (chmod go-w)");
	assert_int_equal(chmod("/var/lib/rootsweep", 0755) | chmod("/var/lib", 0757), 0);
	assert_int_equal(open_error(NULL, false, true), EPERM);
	assert_true(rs_starts(open_why, "/var/lib can be written by others"));
	assert_int_equal(chmod("/var/lib", 0755), 0);
	assert_int_equal(chown("/var/lib/rootsweep/records", 1, 0), 0);
	assert_int_equal(open_error(NULL, false, true), EPERM);
	assert_string_equal(open_why, "/var/lib/rootsweep/records belongs to the user of number 1: "
			    "give it back (chown 0)");
	assert_int_equal(chown("/var/lib/rootsweep/records", 0, 0), 0);
	assert_int_equal(rmdir("/var/lib/rootsweep/records") | mkdir("/var/lib/elsewhere", 0700) |
			 symlink("/var/lib/elsewhere", "/var/lib/rootsweep/records"), 0);
	assert_int_not_equal(open_error(NULL, false, true), 0);
	assert_string_equal(open_why, "/var/lib/rootsweep/records is a link: put a folder in its place");
	assert_int_equal(unlink("/var/lib/rootsweep/records"), 0);
	file_puts("/var/lib/rootsweep/records", "");
	assert_int_not_equal(open_error(NULL, false, true), 0);
	assert_string_equal(open_why, "/var/lib/rootsweep/records is no folder: move it away");
	assert_int_equal(unlink("/var/lib/rootsweep/records") | rmdir("/var/lib/rootsweep"), 0);
}

static void
test_open_user(void **state RS_UNUSED)
{
	struct rs_user user = {
		.name = (char *)(uintptr_t)"u", .home = (char *)(uintptr_t)"/home/u",
	};

	assert_int_equal(open_error(&user, false, true), ENOENT);
	assert_true(rs_starts(open_why, "/home/u cannot be opened"));
	file_mkdir("/home/u");
	file_mkdir("/home/state");
	assert_int_equal(open_error(&user, false, true), 0);
	expect_mode("/home/u/.local/state/rootsweep/records", 0700);
	setenv("XDG_STATE_HOME", "/home/state", 1);
	assert_int_equal(open_error(&user, false, false), 0);
	assert_int_equal(open_error(&user, true, false), ENOENT);
	assert_int_equal(open_error(&user, true, true), 0);
	expect_mode("/home/state/rootsweep/records", 0700);
	setenv("XDG_STATE_HOME", "state", 1);
	assert_int_equal(open_error(&user, true, false), 0);
	unsetenv("XDG_STATE_HOME");
	assert_int_equal(chown("/home/u/.local/state", 7, 7), 0);
	assert_int_equal(open_error(&user, false, false), EPERM);
	assert_int_equal(chown("/home/u/.local/state", 0, 0), 0);
	assert_int_equal(chmod("/home/u/.local/state/rootsweep", 0777), 0);
	assert_int_equal(open_error(&user, false, false), EPERM);
	assert_true(rs_starts(open_why, "/home/u/.local/state/rootsweep can be written by others"));
}

static void
test_lock(void **state RS_UNUSED)
{
	FILE_FOLDER(folder);
	int other;

	file_folder_make(&folder);
	other = open(folder.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(rs_records_lock(folder.fd, 0), 0);
	errno = 0;
	assert_int_equal(rs_records_lock(other, 1), -1);
	assert_int_equal(errno, EAGAIN);
	close(folder.fd);
	assert_int_equal(rs_records_lock(other, 0), 0);
	folder.fd = other;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/record/ids", test_ids),
		FILE_TEST("/record/new-ids", test_new_ids),
		FILE_TEST("/record/xml", test_xml),
		FILE_TEST("/record/commit", test_commit),
		FILE_TEST("/record/notes", test_notes),
		FILE_TEST("/record/cut-notes", test_cut_notes),
		FILE_TEST("/record/abandon", test_abandon),
		FILE_TEST("/record/begin-twice", test_begin_twice),
		FILE_TEST("/record/list", test_list),
		FILE_TEST("/record/delete", test_delete),
		FILE_TEST("/record/open-system", test_open_system),
		FILE_TEST("/record/open-user", test_open_user),
		FILE_TEST("/record/lock", test_lock),
	};

	file_private_world();
	file_debian();
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
