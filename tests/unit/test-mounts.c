/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "file-fixture.h"
#include "mounts.h"

/* Where path lies by this table: the network's type, or "here". */
static void
expect(const char *table, const char *path, const char *want)
{
	struct rs_array mounts;
	const char *type;

	rs_mounts_parse(&mounts, table);
	type = rs_mounts_network(&mounts, path);
	assert_string_equal(type != NULL ? type : "here", want);
	rs_array_free(&mounts);
}

#define ROOT "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define HOME "40 22 0:50 / /home rw,relatime shared:9 - nfs4 server:/home rw,vers=4.2\n"
#define LOCAL "41 40 8:2 / /home/alice rw - xfs /dev/sdb1 rw\n"

static void
test_nearest(void **state RS_UNUSED)
{
	expect(ROOT HOME LOCAL, "/home/bob", "nfs4");
	expect(ROOT HOME LOCAL, "/home", "nfs4");
	expect(ROOT HOME LOCAL, "/home/alice", "here");
	expect(ROOT HOME LOCAL, "/home/alice/x", "here");
	expect(ROOT HOME LOCAL, "/home/alicea", "nfs4");
	expect(ROOT HOME LOCAL, "/homes/bob", "here");
	expect(ROOT HOME LOCAL, "/root", "here");
	/* The order of the table is that of mounting. */
	expect(LOCAL HOME ROOT, "/home/alice", "here");
}

static void
test_stacked(void **state RS_UNUSED)
{
	static const char automount[] = "50 22 0:60 / /home/a rw - autofs systemd-1 rw,fd=30\n";
	static const char mounted[] = "51 50 8:3 / /home/a rw - ext4 /dev/sdc1 rw\n";
	RS_AUTOFREE char *both = rs_printf(ROOT "%s%s", automount, mounted);
	RS_AUTOFREE char *only = rs_printf(ROOT "%s", automount);

	expect(only, "/home/a", "autofs");
	expect(both, "/home/a", "here");
}

static void
test_types(void **state RS_UNUSED)
{
	static const char *const remote[] = {
		"nfs", "nfs4", "cifs", "smb3", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs",
		"davfs", "autofs", "coda", "fuse.glusterfs", "fuse.rclone",
	};
	static const char *const local[] = {
		"ext4", "btrfs", "zfs", "overlay", "tmpfs", "ecryptfs", "fuse.gocryptfs", "fuse.encfs",
		"fuse", "fuseblk", "nfsd", "9p", "virtiofs",
	};

	for (size_t i = 0; i < RS_COUNT(remote); i++) {
		RS_AUTOFREE char *table = rs_printf("4 1 0:5 / /h rw - %s x rw\n", remote[i]);

		expect(table, "/h/a", remote[i]);
	}
	for (size_t i = 0; i < RS_COUNT(local); i++) {
		RS_AUTOFREE char *table = rs_printf("4 1 0:5 / /h rw - %s x rw\n", local[i]);

		expect(table, "/h/a", "here");
	}
	/* davfs2 is known by its source alone. */
	expect("4 1 0:5 / /h rw - fuse https://example.org/dav rw\n", "/h/a", "fuse");
	expect("4 1 0:5 / /h rw - ext4 https://example.org/dav rw\n", "/h/a", "here");
}

static void
test_optional_fields(void **state RS_UNUSED)
{
	expect("4 1 0:5 / /h rw master:1 propagate_from:2 unbindable - nfs s:/ rw\n", "/h/a", "nfs");
	expect("4 1 0:5 / /h rw - nfs\n", "/h/a", "nfs");
	/* A "-" among the fixed fields is no end of the optional ones. */
	expect("4 1 0:5 - /h rw - nfs s:/ rw\n", "/h/a", "nfs");
}

static void
test_escapes(void **state RS_UNUSED)
{
	expect("4 1 0:5 / /h/a\\040b\\011c\\134d\\012e rw - nfs s rw\n", "/h/a b\tc\\d\ne/f", "nfs");
	expect("4 1 0:5 / /h/a\\040b rw - nfs s rw\n", "/h/a", "here");
	expect("4 1 0:5 / /h/a\\04 rw - nfs s rw\n", "/h/a\\04", "nfs");
	expect("4 1 0:5 / /h\\ rw - nfs s rw\n", "/h\\", "nfs");
	expect("4 1 0:5 / /h rw - n\\146s s rw\n", "/h", "nfs");
}

/* Without the root nothing here would run, wherever it is. */
static void
test_root(void **state RS_UNUSED)
{
	expect("22 1 0:9 / / rw - nfs server:/root rw\n", "/home/a", "here");
	expect("22 1 0:9 / / rw - nfs server:/root rw\n" HOME, "/home/a", "nfs4");
}

static void
test_bad(void **state RS_UNUSED)
{
	static const char *const tables[] = {
		"", "\n\n", "-", "- nfs s rw", "4 1 0:5 / /h rw", "4 1 0:5 / /h rw -",
		"4 1 0:5 / /h - nfs s rw", "4 1 0:5 / h rw - nfs s rw", "\\", "4 1 0:5 / \\000 rw - nfs s rw",
		"4 1 0:5 /\n/h rw - nfs s rw",
	};

	for (size_t i = 0; i < RS_COUNT(tables); i++) {
		expect(tables[i], "/h/a", "here");
		expect(tables[i], "/", "here");
		expect(tables[i], "", "here");
	}
	expect("garbage\n" HOME "garbage", "/home/a", "nfs4");
}

static void
test_this_machine(void **state RS_UNUSED)
{
	struct rs_array mounts;
	bool proc = false;

	rs_mounts_read(&mounts);
	for (size_t i = 0; i < mounts.n; i++) {
		const struct rs_mount *mount = mounts.v[i];

		proc |= rs_streq(mount->point, "/proc") && rs_streq(mount->type, "proc");
	}
	assert_true(proc);
	rs_array_free(&mounts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/mounts/nearest", test_nearest),
		FILE_TEST("/mounts/stacked", test_stacked),
		FILE_TEST("/mounts/types", test_types),
		FILE_TEST("/mounts/optional-fields", test_optional_fields),
		FILE_TEST("/mounts/escapes", test_escapes),
		FILE_TEST("/mounts/root", test_root),
		FILE_TEST("/mounts/bad", test_bad),
		FILE_TEST("/mounts/this-machine", test_this_machine),
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
