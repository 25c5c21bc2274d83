/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * policies.json of the Firefox family's. Certificates.Install names files,
 * whose certificates Firefox copies into each profile at each start, where
 * they stay. SecurityDevices loads modules that may bring roots of their own.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "browser-policy.h"
#include "debian.h"
#include "nss-modules.h"
#include "rights.h"

#define POLICY_FILE "/policies/policies.json"
#define FLATPAK "/flatpak/extension/"
/* Where Flatpak's Firefox sees the folder of an extension of its own. */
#define IN_FLATPAK "/app/etc/"

static const char *const install[] = { "policies", "Certificates", "Install", NULL };

/* Files that one entry names. */
struct named {
	struct rs_browser_policy *policy;
	struct rs_array files;		/* struct rs_certfile * */
};

static bool
is_known(const struct named *named, const struct rs_stamp *stamp)
{
	for (size_t i = 0; i < named->files.n; i++) {
		const struct rs_certfile *file = named->files.v[i];

		if (file->stamp.dev == stamp->dev && file->stamp.ino == stamp->ino)
			return true;
	}
	return false;
}

static void
take_file(struct named *named, struct rs_certfile *file)
{
	if (file->error == 0 && !is_known(named, &file->stamp)) {
		rs_array_add(&named->files, file);
		return;
	}
	if (file->error != 0 && file->error != ENOENT && file->error != ENOTDIR &&
	    file->error != EISDIR)
		rs_store_fail(named->policy->store, RS_STORE_ERROR, "%s, which it names, cannot be "
			      "read: %s", file->path, strerror(file->error));
	rs_certfile_free(file);
}

/* As anybody may read it: what Firefox cannot read brings nothing. */
static void
read_file(struct named *named, const char *path)
{
	RS_AUTOFREE char *real = NULL;
	struct rs_certfile *file;

	rs_rights_use(CAP_DAC_READ_SEARCH, false);
	real = realpath(path, NULL);
	file = rs_certfile_read(real != NULL ? real : path);
	rs_rights_use(CAP_DAC_READ_SEARCH, true);
	take_file(named, file);
}

static void
read_home_file(struct named *named, int dirfd, const char *name, const char *path)
{
	RS_AUTOCLOSE int fd = rs_home_open_file(named->policy->home, dirfd, name);

	take_file(named, rs_certfile_read_fd(fd, path));
}

static void
found_file(struct rs_browser_search *search, int dirfd, const char *path)
{
	if (search->home == NULL)
		read_file(search->data, path);
	else
		read_home_file(search->data, dirfd, strrchr(path, '/') + 1, path);
}

static void
failed_folder(struct rs_browser_search *search, const char *path, int error)
{
	const struct named *named = search->data;

	/* Firefox of an ordinary user's comes no further there either. */
	if (error != EACCES)
		rs_store_fail(named->policy->store, RS_STORE_ERROR, "%s cannot be opened: %s", path,
			      strerror(error));
}

static char *
outside_flatpak(const struct rs_browser_policy *policy, const char *name)
{
	const char *rest = rs_starts(name, IN_FLATPAK) && strstr(policy->path, FLATPAK) != NULL ?
	    strchr(name + strlen(IN_FLATPAK), '/') : NULL;

	return rest == NULL ? NULL : rs_printf("%.*s%s", (int)(strlen(policy->path) -
	    strlen(POLICY_FILE)), policy->path, rest);
}

static void
read_named(struct named *named, const char *name)
{
	const struct rs_home *home = named->policy->home;
	RS_AUTOFREE char *outside = outside_flatpak(named->policy, name);
	struct rs_browser_search search = {
		.place = RS_PLACE_CERTIFICATE, .name = name, .found = found_file,
		.failed = failed_folder, .data = named,
	};
	size_t n = home == NULL ? 0 : strlen(home->user->home);

	if (outside != NULL)
		name = outside;
	if (name[0] == '/' && home != NULL && strncmp(name, home->user->home, n) == 0 &&
	    name[n] == '/') {
		read_home_file(named, home->fd, name, name);
	} else if (name[0] == '/') {
		read_file(named, name);
	} else if (name[0] != '\0' && strchr(name, '/') == NULL) {
		if (home != NULL) {
			/* Beside the policy of a Firefox that is unpacked in a home. */
			RS_AUTOFREE char *beside = rs_printf("%.*s/certificates/%s",
			    (int)(strrchr(named->policy->path, '/') - named->policy->path),
			    named->policy->path, name);

			read_home_file(named, home->fd, beside, beside);
		}
		rs_browser_places_find(&search);
		search.home = home;
		if (home != NULL)
			rs_browser_places_find(&search);
	}
}

static size_t
distinct(const struct named *named)
{
	RS_CLEANUP(rs_array_free) struct rs_array seen;

	rs_array_init(&seen, free);
	for (size_t i = 0; i < named->files.n; i++) {
		const struct rs_certfile *file = named->files.v[i];

		for (size_t k = 0; k < file->certs.n; k++)
			rs_array_add_str(&seen, ((struct rs_cert *)file->certs.v[k])->sha256);
	}
	return seen.n;
}

/* The entry is enough: a file that nothing names any more goes only where it
 * cannot be there for anything else. */
static struct rs_origin *
file_origin(const struct rs_browser_policy *policy, const struct rs_certfile *file, size_t index)
{
	const struct rs_user *user = policy->home != NULL ? policy->home->user : NULL;
	RS_AUTOFREE char *place = rs_certfile_place(file, index);
	struct rs_origin *origin = rs_origin_new(file->path, place, RS_HOW_DERIVED);

	if (file->certs.n == 1 && rs_browser_place_of(file->path, user) == RS_PLACE_CERTIFICATE)
		origin->how = RS_HOW_FILE;
	rs_stamp_copy(&origin->stamp, &file->stamp);
	rs_origin_date(origin, file->path);
	return origin;
}

static void
add_entry(struct rs_browser_policy *policy, const struct rs_policy_list *list, size_t index,
	  const struct named *named)
{
	size_t kinds = distinct(named);

	for (size_t i = 0; i < named->files.n; i++) {
		const struct rs_certfile *file = named->files.v[i];
		RS_AUTOFREE char *more = rs_printf(" (%s)", file->path);

		for (size_t k = 0; k < file->certs.n; k++) {
			struct rs_anchor *anchor = rs_anchor_new(rs_cert_copy(file->certs.v[k]));
			struct rs_origin *entry = rs_policy_origin_new(policy, list, index, more);

			if (kinds > 1) {
				entry->how = RS_HOW_REPORT;
				free(entry->reason);
				entry->reason = rs_printf("%s line %u names %s, and with it other "
				    "certificates: edit both by hand", policy->path,
				    rs_json_line(policy->text.data, entry->offset), file->path);
				rs_array_add(&anchor->origins, entry);
			} else if (i + k == 0) {
				rs_array_add(&anchor->origins, entry);
			} else {
				rs_origin_free(entry);
			}
			if (kinds == 1)
				rs_array_add(&anchor->origins, file_origin(policy, file, k));
			anchor->trust = RS_TRUST_SERVER | RS_TRUST_CLIENT | RS_TRUST_EMAIL;
			anchor->witnesses = RS_SEEN_ORIGIN;
			rs_store_add(policy->store, anchor);
		}
	}
}

/* A package's file is not taken away; where it is not known whose a file of
 * the system's is, neither. */
static void
spare_packages(struct rs_browser_policy *policy)
{
	bool known = access(RS_DEBIAN_DPKG_INFO, F_OK) == 0;

	if (policy->home != NULL)
		return;
	if (known)
		rs_debian_find_packages(policy->store, NULL);
	for (size_t i = 0; i < policy->store->anchors.n; i++) {
		const struct rs_anchor *anchor = policy->store->anchors.v[i];

		for (size_t k = 0; k < anchor->origins.n; k++) {
			struct rs_origin *origin = anchor->origins.v[k];

			if (origin->how == RS_HOW_FILE && (!known || origin->package != NULL))
				origin->how = RS_HOW_DERIVED;
		}
	}
}

static void
tell_devices(struct rs_browser_policy *policy, json_object *devices)
{
	const char *text = policy->text.data;
	const char *key = memmem(text, policy->text.len, "SecurityDevices",
				 strlen("SecurityDevices"));
	RS_AUTOFREE char *place = rs_printf("%s line %u (SecurityDevices)", policy->path,
					    rs_json_line(text, key ? (size_t)(key - text) : 0));

	if (!json_object_is_type(devices, json_type_object))
		return;
	json_object_object_foreach(devices, name, value) {
		/* Since Firefox 114 under Add, earlier without. */
		if (rs_streq(name, "Add"))
			tell_devices(policy, value);
		else if (json_object_is_type(value, json_type_string))
			rs_nss_module_tell(policy->sink, policy->store, place,
					   json_object_get_string(value), "take it out of "
					   "SecurityDevices, and out of pkcs11.txt in each "
					   "profile");
	}
}

void
rs_firefox_policy_read(struct rs_browser_policy *policy)
{
	struct rs_policy_list list;
	json_object *policies = NULL, *devices = NULL;

	for (size_t i = 0; rs_policy_list_find(policy, install, &list) &&
	     i < json_object_array_length(list.list); i++) {
		json_object *value = json_object_array_get_idx(list.list, i);
		struct named named = { .policy = policy };

		rs_array_init(&named.files, rs_certfile_free);
		if (json_object_is_type(value, json_type_string))
			read_named(&named, json_object_get_string(value));
		add_entry(policy, &list, i, &named);
		rs_array_free(&named.files);
	}
	spare_packages(policy);
	json_object_object_get_ex(policy->root, "policies", &policies);
	if (json_object_is_type(policies, json_type_object) &&
	    json_object_object_get_ex(policies, "SecurityDevices", &devices))
		tell_devices(policy, devices);
}

void
rs_firefox_policy_names(const struct rs_browser_policy *policy, struct rs_array *names)
{
	struct rs_policy_list list;

	for (size_t i = 0; rs_policy_list_find(policy, install, &list) &&
	     i < json_object_array_length(list.list); i++) {
		json_object *value = json_object_array_get_idx(list.list, i);

		if (json_object_is_type(value, json_type_string))
			rs_array_add_str(names, json_object_get_string(value));
	}
}
