/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts.h"
#include "rights.h"

struct rs_user *
rs_user_copy(const struct rs_user *user)
{
	struct rs_user *copy = rs_alloc(sizeof(*copy));

	*copy = *user;
	copy->name = rs_strdup(user->name);
	copy->home = rs_strdup(user->home);
	copy->passed_over = rs_strdup(user->passed_over);
	return copy;
}

void
rs_user_free(void *p)
{
	struct rs_user *user = p;

	if (user == NULL)
		return;
	free(user->name);
	free(user->home);
	free(user->passed_over);
	free(user);
}

static struct rs_user *
user_of(const struct passwd *pw)
{
	struct rs_user user = {
		.name = pw->pw_name, .home = pw->pw_dir,
		.uid = pw->pw_uid, .gid = pw->pw_gid,
	};

	return rs_user_copy(&user);
}

static void
login_defs_range(const char *path, uid_t *min, uid_t *max)
{
	RS_AUTOBUF struct rs_buf buf = { 0 };
	char *line, *save = NULL;

	*min = 1000;
	*max = 60000;
	if (rs_read_file(path, 1 << 20, &buf) < 0)
		return;
	for (line = strtok_r(buf.data, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned long value;

		if (sscanf(line, " UID_MIN %lu", &value) == 1)
			*min = (uid_t)value;
		else if (sscanf(line, " UID_MAX %lu", &value) == 1)
			*max = (uid_t)value;
	}
}

/* Homes of daemons that are in fact parts of the system. */
static bool
is_system_directory(const char *home)
{
	static const char *const trees[] = {
		"/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run",
		"/sbin", "/sys", "/usr", "/nonexistent", "/tmp", "/var/tmp",
	};

	if (home[0] != '/' || home[1] == '\0')
		return true;
	for (size_t i = 0; i < RS_COUNT(trees); i++) {
		size_t n = strlen(trees[i]);

		if (strncmp(home, trees[i], n) == 0 && (home[n] == '/' || home[n] == '\0'))
			return true;
	}
	return false;
}

/* What lies on a network is not gone to from here: its owner's worker tells. */
static bool
has_own_home(const struct passwd *pw, const struct rs_array *mounts)
{
	struct stat st;

	if (rs_mounts_network(mounts, pw->pw_dir) != NULL)
		return true;
	return !is_system_directory(pw->pw_dir) && stat(pw->pw_dir, &st) == 0 &&
	    S_ISDIR(st.st_mode) && st.st_uid == pw->pw_uid;
}

static bool
has_user(const struct rs_array *users, const struct passwd *pw)
{
	for (size_t i = 0; i < users->n; i++) {
		const struct rs_user *user = users->v[i];

		if (user->uid == pw->pw_uid && rs_streq(user->home, pw->pw_dir))
			return true;
	}
	return false;
}

static void
consider(struct rs_array *users, const struct passwd *pw, uid_t min, uid_t max,
	 const struct rs_array *mounts)
{
	bool person = pw->pw_uid >= min && pw->pw_uid <= max;

	if (pw->pw_dir[0] != '/' || pw->pw_dir[1] == '\0' || has_user(users, pw))
		return;
	/* A person's home may be anywhere, also in /usr or /tmp: it is read as
	 * that person. Root reads as root, and not where others may write. */
	if (person || (pw->pw_uid == 0 ? !is_system_directory(pw->pw_dir) :
		       has_own_home(pw, mounts)))
		rs_array_add(users, user_of(pw));
}

void
rs_home_users(struct rs_array *users, const char *passwd, const char *login_defs)
{
	FILE *file = passwd == NULL ? NULL : fopen(passwd, "re");
	struct rs_array mounts;
	struct passwd *pw;
	uid_t min, max;

	rs_array_init(users, rs_user_free);
	login_defs_range(login_defs, &min, &max);
	rs_mounts_read(&mounts);
	if (passwd == NULL)
		setpwent();
	while ((pw = passwd == NULL ? getpwent() : file ? fgetpwent(file) : NULL) != NULL)
		consider(users, pw, min, max, &mounts);
	if (passwd == NULL)
		endpwent();
	if (file != NULL)
		fclose(file);
	rs_array_free(&mounts);
}

struct rs_user *
rs_home_user(const char *name, const char *passwd)
{
	FILE *file;
	struct passwd *pw;
	struct rs_user *user = NULL;

	if (passwd == NULL) {
		pw = getpwnam(name);
		return pw == NULL ? NULL : user_of(pw);
	}
	file = fopen(passwd, "re");
	if (file == NULL)
		return NULL;
	while (user == NULL && (pw = fgetpwent(file)) != NULL)
		if (rs_streq(pw->pw_name, name))
			user = user_of(pw);
	fclose(file);
	return user;
}

struct rs_user *
rs_home_caller(void)
{
	struct passwd *pw = getpwuid(getuid());
	const char *home = getenv("HOME");
	struct rs_user user = { .uid = getuid(), .gid = getgid() };
	char name[32];

	if (pw != NULL)
		return user_of(pw);
	snprintf(name, sizeof(name), "%lu", (unsigned long)getuid());
	user.name = name;
	user.home = (char *)(uintptr_t)(home != NULL && home[0] == '/' ? home : "/");
	return rs_user_copy(&user);
}

void
rs_home_groups(struct rs_groups *groups, const struct rs_user *user)
{
	int n = 64;

	groups->ids = rs_alloc((size_t)n * sizeof(gid_t));
	if (getgrouplist(user->name, user->gid, groups->ids, &n) < 0) {
		groups->ids = rs_realloc(groups->ids, (size_t)n * sizeof(gid_t));
		if (getgrouplist(user->name, user->gid, groups->ids, &n) < 0)
			n = 0;
	}
	groups->n = (size_t)n;
}

/* What a program that it executed could have: nothing. Where root itself may
 * not (a container's), no_new_privs has to do. */
static void
drop_bounding_set(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static bool
ids_are(uid_t uid, gid_t gid, size_t groups)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return false;
	return r == uid && e == uid && s == uid && rg == gid && eg == gid && sg == gid &&
	    getgroups(0, NULL) == (int)groups;
}

bool
rs_home_become(const struct rs_user *user, const struct rs_groups *groups, bool read_all)
{
	uint32_t keep = read_all ? 1U << CAP_DAC_READ_SEARCH : 0;
	uid_t uid = user->uid;
	gid_t gid = user->gid;

	drop_bounding_set();
	if (prctl(PR_SET_KEEPCAPS, read_all ? 1 : 0, 0, 0, 0) < 0 ||
	    setgroups(groups->n, groups->ids) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return false;
	if (!ids_are(uid, gid, groups->n)) {
		errno = EPERM;
		return false;
	}
	return rs_rights_keep(keep) && rs_home_keep_to_oneself();
}

bool
rs_home_keep_to_oneself(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}
