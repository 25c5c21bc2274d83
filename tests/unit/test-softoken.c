/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Softoken by itself: of the distribution, of Firefox, missing, and many
 * databases one after the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nss-fixture.h"

/* More than there are slots (97), so that one that is not given back is missed. */
#define MANY 300

static char *
describe(struct rs_softoken *softoken, int fd)
{
	RS_CLEANUP(rs_array_free) struct rs_array objects;
	RS_AUTOBUF struct rs_buf text = { 0 };
	RS_AUTOFREE char *why = NULL;

	rs_array_init(&objects, rs_token_object_free);
	if (!rs_softoken_read(softoken, fd, &objects, &why))
		return rs_printf("failed: %s\n", why);
	for (size_t i = 0; i < objects.n; i++) {
		const struct rs_token_object *object = objects.v[i];

		rs_buf_printf(&text, "%lx %s %s %s trust %x distrust %x label %s\n", object->class,
			      object->cert->sha256 ? object->cert->sha256 : "-",
			      object->cert->sha1 ? object->cert->sha1 : "-",
			      object->cert->serial ? object->cert->serial : "-",
			      object->trust, object->distrust, object->label ? object->label : "-");
	}
	return rs_buf_steal(&text);
}

static void
all_kinds(struct nss_folder *folder)
{
	NSS_CERT(a);
	NSS_CERT(b);
	NSS_CERT(c);

	nss_folder_make(folder, NULL);
	nss_cert_make(&a, "A", 1, 1);
	nss_cert_make(&b, "B", 2, 2);
	nss_cert_make(&c, "C", 3, 3);
	nss_create(folder, NSS_NEW);
	nss_import(folder, NSS_NEW, &a, "A", "CT,C,C");
	nss_import(folder, NSS_OLD, &a, "A", ",C,");
	nss_import(folder, NSS_OLD, &b, "B", "p,p,p");
	nss_import(folder, NSS_NEW, &c, "C", "p,,P");
}

static void
test_objects(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	RS_AUTOFREE char *why = NULL, *text = NULL;
	struct rs_softoken *softoken = rs_softoken_new(&why);

	assert_non_null(softoken);
	assert_null(why);
	all_kinds(&folder);
	text = describe(softoken, folder.fd);
	assert_non_null(strstr(text, "label A\n"));
	assert_non_null(strstr(text, "trust f distrust 0 label -\n"));
	assert_non_null(strstr(text, "trust 4 distrust 0 label -\n"));
	assert_non_null(strstr(text, "trust 0 distrust f label -\n"));
	assert_non_null(strstr(text, "trust 8 distrust 3 label -\n"));
	rs_softoken_free(softoken);
}

/* Its libraries go by the names of the distribution's: in a process of its own. */
static char *
describe_by_new(const struct nss_folder *folder)
{
	RS_AUTOBUF struct rs_buf out = { 0 };
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		setenv("LD_LIBRARY_PATH", NSS_NEW_DIR, 1);
		execl("/proc/self/exe", "test-softoken", "describe", folder->dir, (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	assert_int_equal(rs_read_all(pipes[0], 1 << 20, &out), 0);
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return rs_buf_steal(&out);
}

static int
describe_main(const char *dir)
{
	RS_AUTOFREE char *why = NULL, *text = NULL;
	struct rs_softoken *softoken = rs_softoken_new_from(NSS_NEW_DIR, &why);
	RS_AUTOCLOSE int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (softoken == NULL) {
		printf("%s\n", why);
		return 1;
	}
	text = describe(softoken, fd);
	fputs(text, stdout);
	rs_softoken_free(softoken);
	return 0;
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
sorted(char *text)
{
	RS_AUTOBUF struct rs_buf out = { 0 };
	char *lines[64], *save = NULL;
	size_t n = 0;

	for (char *line = strtok_r(text, "\n", &save); line != NULL && n < 64;
	     line = strtok_r(NULL, "\n", &save))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < n; i++)
		rs_buf_printf(&out, "%s\n", lines[i]);
	return rs_buf_steal(&out);
}

/* A number that the older does not know it hands out in another form. */
static void
test_same_by_both(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	RS_AUTOFREE char *why = NULL, *ours = NULL, *theirs = NULL, *a = NULL, *b = NULL;
	struct rs_softoken *softoken = rs_softoken_new(&why);

	assert_non_null(softoken);
	all_kinds(&folder);
	ours = describe(softoken, folder.fd);
	theirs = describe_by_new(&folder);
	a = sorted(ours);
	b = sorted(theirs);
	assert_true(strlen(a) > 500);
	assert_string_equal(a, b);
	rs_softoken_free(softoken);
}

static void
test_many(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	NSS_CERT(a);
	RS_AUTOFREE char *why = NULL;
	struct rs_softoken *softoken = rs_softoken_new(&why);

	assert_non_null(softoken);
	nss_folder_make(&folder, NULL);
	nss_schema(&folder);
	nss_cert_make(&a, "A", 1, 1);
	nss_row_cert(&folder, 10, &a, "A");
	for (int i = 0; i < MANY; i++) {
		RS_AUTOFREE char *text = describe(softoken, folder.fd);

		assert_non_null(strstr(text, "label A\n"));
	}
	rs_softoken_free(softoken);
}

/* One that cannot be opened takes no slot away from those that can. */
static void
test_many_failures(void **state RS_UNUSED)
{
	NSS_FOLDER(empty);
	NSS_FOLDER(good);
	RS_AUTOFREE char *why = NULL, *text = NULL;
	struct rs_softoken *softoken = rs_softoken_new(&why);

	assert_non_null(softoken);
	nss_folder_make(&empty, NULL);
	for (int i = 0; i < MANY; i++) {
		RS_AUTOFREE char *failed = describe(softoken, empty.fd);

		assert_true(rs_starts(failed, "failed: softoken cannot open it"));
	}
	/* And makes nothing there. */
	assert_int_equal(rmdir(empty.dir), 0);
	nss_folder_make(&good, NULL);
	nss_schema(&good);
	text = describe(softoken, good.fd);
	assert_string_equal(text, "");
	rs_softoken_free(softoken);
}

static void
test_again(void **state RS_UNUSED)
{
	for (int i = 0; i < 2; i++) {
		RS_AUTOFREE char *why = NULL;
		struct rs_softoken *softoken = rs_softoken_new(&why);

		assert_non_null(softoken);
		rs_softoken_free(softoken);
	}
}

static void
test_missing(void **state RS_UNUSED)
{
	RS_AUTOFREE char *why = NULL;

	assert_null(rs_softoken_new_from("/nonexistent:/nonexistent/*", &why));
	assert_non_null(strstr(why, "libsoftokn3.so is in none of the usual places: install "));
	assert_non_null(strstr(why, "nss-softokn (Fedora)"));
}

static void
test_broken(void **state RS_UNUSED)
{
	NSS_FOLDER(folder);
	RS_AUTOFREE char *why = NULL, *path = NULL;
	FILE *file;

	nss_folder_make(&folder, NULL);
	path = rs_printf("%s/libsoftokn3.so", folder.dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("no library\n", file);
	fclose(file);
	assert_null(rs_softoken_new_from(folder.dir, &why));
	assert_non_null(strstr(why, path));
	assert_non_null(strstr(why, "cannot be loaded"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		NSS_TEST("/softoken/objects", test_objects),
		NSS_TEST("/softoken/same-by-both", test_same_by_both),
		NSS_TEST("/softoken/many", test_many),
		NSS_TEST("/softoken/many-failures", test_many_failures),
		NSS_TEST("/softoken/again", test_again),
		NSS_TEST("/softoken/missing", test_missing),
		NSS_TEST("/softoken/broken", test_broken),
	};

	if (argc == 3 && rs_streq(argv[1], "describe"))
		return describe_main(argv[2]);
	return cmocka_run_group_tests_name("softoken", tests, NULL, NULL);
}
