/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In trees of their own, as any user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "file-fixture.h"
#include "immutable.h"

/* The marks of a system, and a word of what is said to do there. */
static void
expect(const char *const marks[], const char *advice)
{
	FILE_FOLDER(folder);
	RS_AUTOFREE char *said = NULL;

	file_folder_make(&folder);
	for (size_t i = 0; i < 2 && marks[i] != NULL; i++) {
		RS_AUTOFREE char *path = file_path(&folder, marks[i]);

		file_mkdir(path);
	}
	said = rs_immutable_advice(folder.dir);
	if (advice == NULL)
		assert_null(said);
	else if (said == NULL || strstr(said, advice) == NULL)
		assert_string_equal(said ? said : "nothing", advice);
}

static void
test_kinds(void **state RS_UNUSED)
{
	expect((const char *[]){ "etc/NIXOS", "run/current-system" },
	       "security.pki.certificateFiles");
	expect((const char *[]){ "gnu/store", "run/current-system" }, "guix system reconfigure");
	expect((const char *[]){ "run/ostree-booted", NULL }, "rpm-ostree uninstall");
}

static void
test_others(void **state RS_UNUSED)
{
	expect((const char *[]){ NULL }, NULL);
	expect((const char *[]){ "etc", "usr" }, NULL);
	/* Guix beside another system; the tool on one whose /usr can be written. */
	expect((const char *[]){ "gnu/store", NULL }, NULL);
	expect((const char *[]){ "usr/sbin/transactional-update", "etc" }, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST("/immutable/kinds", test_kinds),
		FILE_TEST("/immutable/others", test_others),
	};

	return cmocka_run_group_tests_name("immutable", tests, NULL, NULL);
}
