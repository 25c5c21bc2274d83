/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trust module's configuration; the files in a private world, as root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "file-fixture.h"
#include "p11-paths.h"

/* The paths, each with a blank behind it; "none" where no setting names any. */
static char *
join(bool found, struct rs_array *paths)
{
	struct rs_buf text = { 0 };

	rs_buf_puts(&text, found ? "" : "none");
	for (size_t i = 0; i < paths->n; i++)
		rs_buf_printf(&text, "%s ", (char *)paths->v[i]);
	rs_array_free(paths);
	return rs_buf_steal(&text);
}

static void
expect(const char *text, const char *want)
{
	struct rs_array paths;
	RS_AUTOFREE char *got = NULL;
	bool found;

	rs_array_init(&paths, free);
	found = rs_p11_paths_parse(text, &paths);
	got = join(found, &paths);
	assert_string_equal(got, want);
}

static void
expect_configured(const char *want)
{
	struct rs_array paths;
	RS_AUTOFREE char *got = NULL;
	bool found;

	rs_array_init(&paths, free);
	found = rs_p11_paths_configured("", &paths);
	got = join(found, &paths);
	assert_string_equal(got, want);
}

static void
test_none(void **state RS_UNUSED)
{
	expect("", "none");
	expect("module: p11-kit-trust.so\n", "none");
	expect("x-init-reserved:", "none");
	expect("x-init-reserved: verbose=yes\n", "none");
	expect("# x-init-reserved: paths='/a'\n", "none");
	expect("  # x-init-reserved: paths='/a'\n", "none");
	expect("x-init-reserved paths='/a'\n", "none");
	expect("not-x-init-reserved: paths='/a'\n", "none");
	expect("x-init-reserved2: paths='/a'\n", "none");
	expect("x-init-reserved: 'a paths=/a'\n", "none");
}

static void
test_paths(void **state RS_UNUSED)
{
	expect("x-init-reserved: paths='/a:/b'\n", "/a /b ");
	expect("module: x\n  x-init-reserved :\tpaths=\"/a:/b\" verbose=yes", "/a /b ");
	expect("x-init-reserved: verbose=yes paths=/a\r\n", "/a ");
	expect("x-init-reserved: paths='/a b':/c\n", "/a b /c ");
	expect("x-init-reserved: paths=/a\\ b\n", "/a b ");
	expect("x-init-reserved: paths='/a/:/b//'\n", "/a /b ");
	/* The last holds, of words and of lines. */
	expect("x-init-reserved: paths=/a paths=/b\n", "/b ");
	expect("x-init-reserved: paths=/a\nx-init-reserved: paths=/b\n", "/b ");
}

static void
test_odd(void **state RS_UNUSED)
{
	/* No path that p11-kit would take from its own working directory. */
	expect("x-init-reserved: paths='a:/b::'\n", "/b ");
	expect("x-init-reserved: paths=''\n", "");
	expect("x-init-reserved: paths='/a\n", "/a ");
	expect("x-init-reserved: paths='/a' \\", "/a ");
	expect("x-init-reserved: paths=/a:/a\n", "/a ");
	expect(":\n::\n\n:x-init-reserved: paths=/a\n", "none");
}

/* The administrator's file goes first, and says what it does not say itself by
 * the package's. */
static void
test_files(void **state RS_UNUSED)
{
	expect_configured("none");
	file_mkdir("/usr/share/p11-kit/modules");
	file_mkdir("/etc/pkcs11/modules");
	file_puts(RS_P11_VENDOR_MODULE, "x-init-reserved: paths=/vendor\n");
	expect_configured("/vendor ");
	file_puts(RS_P11_ADMIN_MODULE, "priority: 1\n");
	expect_configured("/vendor ");
	file_puts(RS_P11_ADMIN_MODULE, "x-init-reserved: paths=/admin\n");
	expect_configured("/admin ");
	file_puts(RS_P11_ADMIN_MODULE, "x-init-reserved: paths=\n");
	expect_configured("none");
	file_puts(RS_P11_ADMIN_MODULE, "");
	expect_configured("/vendor ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/p11-paths/none", test_none),
		FILE_TEST("/p11-paths/paths", test_paths),
		FILE_TEST("/p11-paths/odd", test_odd),
		FILE_TEST("/p11-paths/files", test_files),
	};

	file_private_world();
	return cmocka_run_group_tests_name("p11-paths", tests, NULL, NULL);
}
