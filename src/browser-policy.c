/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "browser-policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A larger one is no policy: a thousand certificates fit. */
#define MAX_POLICY (8u << 20)
#define MAX_ENTRIES 4096

static bool
mentions(const struct rs_buf *text)
{
	/* An escape may hide the name. */
	static const char *const words[] = { "Certificates", "\\x", "\\u" };

	for (size_t i = 0; i < RS_COUNT(words); i++)
		if (memmem(text->data, text->len, words[i], strlen(words[i])) != NULL)
			return true;
	return false;
}

/* False for what is no file, nor stands for one. */
static bool
settle_path(struct rs_browser_policy *policy, int dirfd, const char *path, const char *name)
{
	char *real = policy->home == NULL ? realpath(path, NULL) : NULL;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		free(real);
		return false;
	}
	policy->path = real != NULL ? real : rs_strdup(path);
	if (policy->home == NULL && rs_browser_place_of(policy->path, NULL) == RS_PLACE_NONE)
		policy->fixed = rs_printf("%s leads to %s, which may belong to something else: edit "
					  "it by hand", path, policy->path);
	return true;
}

static bool
read_text(struct rs_browser_policy *policy, int dirfd, const char *name)
{
	RS_AUTOCLOSE int fd = policy->home != NULL ?
	    rs_home_open_file(policy->home, dirfd, name) :
	    rs_open_regular(AT_FDCWD, policy->path, O_NOFOLLOW);
	char digest[RS_SHA256_HEX];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || rs_read_all(fd, MAX_POLICY, &policy->text) < 0)
		return false;
	rs_sha256(policy->text.data, policy->text.len, digest);
	policy->stamp = (struct rs_stamp){
		.dev = st.st_dev, .ino = st.st_ino, .size = policy->text.len,
		.sha256 = rs_strdup(digest),
	};
	return true;
}

static void
cannot_read(struct rs_browser_policy *policy, int error)
{
	bool skipped = policy->home != NULL && (error == ELOOP || error == EXDEV || error == EPERM);

	rs_store_fail(policy->store, skipped ? RS_STORE_SKIPPED : RS_STORE_ERROR,
		      skipped ? "skipped: %s is a link, or belongs to somebody else (%s)" :
		      "%s cannot be read: %s", policy->path,
		      error == EFBIG ? "it is too large for a policy" :
		      error == ENXIO ? "it is no file" : strerror(error));
}

bool
rs_browser_policy_open(struct rs_browser_policy *policy, int dirfd, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	RS_AUTOFREE char *why = NULL;

	/* A link that leads nowhere leads a browser nowhere either. */
	if (policy->home == NULL && faccessat(dirfd, name, F_OK, 0) < 0 && errno == ENOENT)
		return false;
	if (!settle_path(policy, dirfd, path, name))
		return false;
	policy->store = rs_store_new(RS_KIND_BROWSER_POLICY, policy->home != NULL ?
				     policy->home->user->name : RS_OWNER_SYSTEM, policy->path);
	if (!read_text(policy, dirfd, name)) {
		cannot_read(policy, errno);
		return false;
	}
	policy->root = rs_json_read(policy->text.data, policy->text.len, &policy->arrays, &why);
	/* Browsers pass over all of such a file; so do we, unless it is about
	 * certificates: then another version may read it after all. */
	if (policy->root == NULL && mentions(&policy->text))
		rs_store_fail(policy->store, RS_STORE_ERROR, "%s speaks of certificates, but is not "
			      "written as a policy is (%s): mend it, or delete it", policy->path, why);
	for (size_t i = 0; policy->root != NULL && i < policy->arrays.n; i++) {
		const struct rs_json_array *array = policy->arrays.v[i];

		if (array->elements.n <= MAX_ENTRIES)
			continue;
		rs_store_fail(policy->store, RS_STORE_ERROR, "%s has a list of %zu entries, which is "
			      "more than is read", policy->path, array->elements.n);
		return false;
	}
	return policy->root != NULL;
}

void
rs_browser_policy_free(struct rs_browser_policy *policy)
{
	free(policy->path);
	free(policy->fixed);
	free(policy->stamp.sha256);
	rs_store_free(policy->store);
	rs_buf_free(&policy->text);
	json_object_put(policy->root);
	rs_array_free(&policy->arrays);
}

bool
rs_policy_list_find(const struct rs_browser_policy *policy, const char *const *keys,
		    struct rs_policy_list *list)
{
	list->places = rs_json_array_find(&policy->arrays, policy->root, keys, &list->list);
	for (size_t i = 0; keys[i] != NULL; i++)
		list->name = keys[i];
	return list->list != NULL;
}

struct rs_origin *
rs_policy_origin_new(const struct rs_browser_policy *policy, const struct rs_policy_list *list,
		     size_t index, const char *more)
{
	const struct rs_json_element *element = list->places == NULL ? NULL :
	    list->places->elements.v[index];
	RS_AUTOFREE char *line = element == NULL ? rs_strdup("?") :
	    rs_printf("%u", rs_json_line(policy->text.data, element->offset));
	RS_AUTOFREE char *object = rs_printf("%s, entry %zu at line %s%s", list->name, index + 1,
					     line, more);
	struct rs_origin *origin = rs_origin_new(policy->path, object, RS_HOW_REPORT);

	rs_stamp_copy(&origin->stamp, &policy->stamp);
	rs_origin_date(origin, policy->path);
	if (policy->fixed != NULL) {
		origin->reason = rs_strdup(policy->fixed);
	} else if (element == NULL) {
		origin->reason = rs_printf("%s names %s twice: edit it by hand", policy->path,
					   list->name);
	} else {
		origin->how = RS_HOW_ELEMENT;
		origin->offset = element->offset;
		origin->length = element->length;
	}
	return origin;
}
