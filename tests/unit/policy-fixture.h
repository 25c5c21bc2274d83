/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policy files in a folder of their own, and what is complained about them. */
#ifndef RS_TEST_POLICY_FIXTURE_H
#define RS_TEST_POLICY_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy.h"

#define NS "urn:rootsweep:policy:1"
#define HEAD "<?xml version=\"1.0\"?>\n<policy xmlns=\"" NS "\" version=\"2026.11.22\">\n"
#define TAIL "\n</policy>\n"
#define HEX16 "0123456789abcdef"
#define DIGEST HEX16 HEX16 HEX16 HEX16
#define SPKI "<spki sha256=\"" DIGEST "\"/>"
#define NAMED "<name>A root</name>\n"
/* Of four lines; behind HEAD the first is line 3. */
#define ROOT_OF(id, name, match) "<root id=\"" id "\" category=\"oem\" evidence=\"capable\"" \
	" action=\"quarantine\">\n" name "<match>" match "</match>\n</root>"
#define ROOT(id) ROOT_OF(id, NAMED, SPKI)

struct folder {
	char path[64];
	struct rs_buf said;		/* a line "FILE:LINE: text" a problem */
	size_t problems;
};

RS_UNUSED static int
folder_setup(void **state)
{
	struct folder *folder = rs_alloc(sizeof(*folder));

	strcpy(folder->path, "/tmp/rootsweep-policy.XXXXXX");
	*state = folder;
	return mkdtemp(folder->path) == NULL;
}

RS_UNUSED static int
folder_remove_one(const char *path, RS_UNUSED const struct stat *st, RS_UNUSED int flag,
		  RS_UNUSED struct FTW *ftw)
{
	return remove(path);
}

RS_UNUSED static int
folder_teardown(void **state)
{
	struct folder *folder = *state;
	int rc = nftw(folder->path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);

	rs_buf_free(&folder->said);
	free(folder);
	return rc;
}

RS_UNUSED static char *
folder_path(const struct folder *folder, const char *name)
{
	return rs_printf("%s/%s", folder->path, name);
}

RS_UNUSED static void
folder_write_bytes(const struct folder *folder, const char *name, const void *data, size_t len)
{
	RS_AUTOFREE char *path = folder_path(folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

RS_UNUSED static void
folder_write(const struct folder *folder, const char *name, const char *text)
{
	folder_write_bytes(folder, name, text, strlen(text));
}

RS_UNUSED static void
folder_mkdir(const struct folder *folder, const char *name)
{
	RS_AUTOFREE char *path = folder_path(folder, name);

	assert_int_equal(mkdir(path, 0755), 0);
}

RS_UNUSED static void
folder_complain(void *data, const char *where, const char *text)
{
	struct folder *folder = data;
	size_t skip = strncmp(where, folder->path, strlen(folder->path)) == 0 ?
	    strlen(folder->path) + 1 : 0;

	folder->problems++;
	rs_buf_printf(&folder->said, "%s: %s\n", where + skip, text);
}

RS_UNUSED static struct rs_policy *
folder_load_places(struct folder *folder, const struct rs_policy_place *places, size_t n,
		   bool privileged)
{
	struct rs_policy *policy;

	rs_buf_free(&folder->said);
	rs_buf_puts(&folder->said, "");
	folder->problems = 0;
	policy = rs_policy_load(places, n, privileged, folder_complain, folder);
	assert_true((policy == NULL) == (folder->problems > 0));
	return policy;
}

RS_UNUSED static struct rs_policy *
folder_load(struct folder *folder, const char *name)
{
	RS_AUTOFREE char *path = folder_path(folder, name);
	const struct rs_policy_place place = { .file = path };

	return folder_load_places(folder, &place, 1, false);
}

/* Loads, and shows on failure what was complained about. */
RS_UNUSED static struct rs_policy *
folder_load_text(struct folder *folder, const char *text)
{
	struct rs_policy *policy;

	folder_write(folder, "p.xml", text);
	policy = folder_load(folder, "p.xml");
	if (policy == NULL)
		fprintf(stderr, "%s", folder->said.data);
	return policy;
}

/* The file is refused, and what is said of it begins so. */
RS_UNUSED static void
folder_expect(struct folder *folder, const char *name, const char *said)
{
	assert_null(folder_load(folder, name));
	if (!rs_starts(folder->said.data, said))
		assert_string_equal(folder->said.data, said);
}

RS_UNUSED static void
folder_expect_text(struct folder *folder, const char *text, const char *said)
{
	folder_write(folder, "p.xml", text);
	folder_expect(folder, "p.xml", said);
}

RS_UNUSED static const struct rs_policy_root *
policy_root(const struct rs_policy *policy, const char *id)
{
	const struct rs_policy_root *root = rs_map_get(&policy->by_id, id);

	assert_non_null(root);
	return root;
}

#endif
