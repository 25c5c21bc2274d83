/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policy, scan and match: what scan, quarantine and anchors share. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "certfile.h"
#include "cmd.h"
#include "confine.h"
#include "identity.h"
#include "message.h"
#include "text.h"
#include "worker.h"

/* Places of one owner that are told to a person. */
#define UNCHECKED_MAX 20
#define EXCLUDED_MAX 5

static void
complain(void *data RS_UNUSED, const char *where, const char *text)
{
	rs_warn(where, "%s", text);
}

/* Run from its source tree, the program takes the policy that lies there. */
static char *
vendor_dir(void)
{
	const char *given = secure_getenv("ROOTSWEEP_POLICY_DIR");
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	RS_AUTOFREE char *file = NULL;

	if (given != NULL)
		return rs_strdup(given);
	exe[n < 0 ? 0 : n] = '\0';
	if (!rs_ends(exe, "/cmd/rootsweep"))
		return rs_strdup(RS_POLICY_VENDOR_DIR);
	exe[strlen(exe) - strlen("/cmd/rootsweep")] = '\0';
	file = rs_printf("%s/policy/interception-roots.xml", exe);
	return access(file, F_OK) == 0 ? rs_printf("%s/policy", exe) :
	    rs_strdup(RS_POLICY_VENDOR_DIR);
}

struct rs_policy *
rs_policy_installed(rs_policy_complain told, void *data)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	RS_AUTOFREE char *user_dir = NULL, *vendor = vendor_dir();
	struct rs_policy_place places[] = {
		{ .dir = vendor, .vendor = true }, { .dir = RS_POLICY_ADMIN_DIR, .admin = true },
		{ .dir = NULL },
	};

	if (geteuid() != 0 && config != NULL && config[0] == '/')
		user_dir = rs_printf("%s/rootsweep/policy.d", config);
	else if (geteuid() != 0 && home != NULL && home[0] == '/')
		user_dir = rs_printf("%s/.config/rootsweep/policy.d", home);
	places[2].dir = user_dir;
	return rs_policy_load(places, user_dir != NULL ? 3 : 2, geteuid() == 0, told, data);
}

static struct rs_policy *
load_named(const struct rs_array *files)
{
	RS_AUTOFREE struct rs_policy_place *places = rs_alloc(files->n * sizeof(*places));

	for (size_t i = 0; i < files->n; i++)
		places[i] = (struct rs_policy_place){ .file = files->v[i], .admin = true };
	return rs_policy_load(places, files->n, geteuid() == 0, complain, NULL);
}

struct rs_policy *
rs_policy_get(const struct rs_options *options, bool needed)
{
	RS_AUTOFREE char *vendor = vendor_dir();
	struct rs_policy *policy = options->policies.n > 0 ? load_named(&options->policies) :
	    rs_policy_installed(complain, NULL);

	if (policy == NULL)
		rs_die(RS_EXIT_USAGE, "the list of known certificates is not valid: nothing was touched");
	if (needed && policy->roots.n == 0)
		rs_die(RS_EXIT_USAGE, "no list names any certificate: there is nothing to look for "
		       "(looked in %s%s%s)", options->policies.n > 0 ? "what --policy names" : vendor,
		       options->policies.n > 0 ? "" : " and ",
		       options->policies.n > 0 ? "" : RS_POLICY_ADMIN_DIR);
	rs_policy_warn(policy, NULL);
	for (size_t i = 0; i < policy->files.n; i++) {
		const struct rs_policy_file *file = policy->files.v[i];

		if (file->not_understood > 0)
			rs_warn(file->path, "%zu thing%s in it %s newer than this program and %s "
				"passed over", file->not_understood,
				file->not_understood == 1 ? "" : "s",
				file->not_understood == 1 ? "is" : "are",
				file->not_understood == 1 ? "was" : "were");
	}
	return policy;
}

__attribute__((noreturn))
static void
no_such_entry(const struct rs_policy *policy, const char *id)
{
	const char **ids = rs_alloc((policy->roots.n + 1) * sizeof(*ids)), *near;

	for (size_t i = 0; i < policy->roots.n; i++)
		ids[i] = ((struct rs_policy_root *)policy->roots.v[i])->id;
	near = rs_text_nearest(id, ids, policy->roots.n);
	if (near != NULL)
		rs_bad_usage("--entry: no entry is named %s; the nearest is %s", id, near);
	rs_bad_usage("--entry: no entry is named %s (rootsweep policy list shows them)", id);
}

/*
 * A digest as it was given, or all that a file's certificate is known by. Takes
 * the word and returns a digest for it: the next command that is told means the
 * same one, whatever lies at the path by then.
 */
static char *
resolve_certificate(struct rs_array *names, char *given)
{
	const struct rs_cert *cert;
	struct rs_certfile *file;

	if (rs_is_hex(given, 64) || rs_is_hex(given, 40)) {
		char *hex = rs_array_add(names, rs_strdup(given));

		for (char *p = hex; *p != '\0'; p++)
			if (*p >= 'A' && *p <= 'F')
				*p += 'a' - 'A';
		return given;
	}
	file = rs_certfile_read(given);
	if (file->error != 0)
		rs_bad_usage("--certificate: \"%s\" is no SHA-256 of 64 hex digits (or SHA-1 of "
			     "40), nor a file that can be read: %s", given, strerror(file->error));
	if (file->certs.n != 1)
		rs_bad_usage("--certificate: %s holds %zu certificates, not one", given,
			     file->certs.n);
	cert = file->certs.v[0];
	rs_identity_names(names, cert);
	free(given);
	given = rs_strdup(cert->sha256);
	rs_certfile_free(file);
	return given;
}

/* What to do where the system's files are not to be changed one by one. */
static void
advise(struct rs_look *look)
{
	const char *advice = look->scan.immutable;

	for (size_t i = 0; i < look->matches.findings.n && advice != NULL; i++) {
		struct rs_finding *finding = look->matches.findings.v[i];

		if (!rs_store_is_users(finding->store) && finding->reason == NULL)
			finding->reason = rs_strdup(advice);
	}
}

void
rs_wanted_resolve(struct rs_wanted *wanted, const struct rs_policy *policy)
{
	struct rs_array names;

	for (size_t i = 0; i < wanted->entries.n; i++)
		if (rs_map_get(&policy->by_id, wanted->entries.v[i]) == NULL)
			no_such_entry(policy, wanted->entries.v[i]);
	rs_array_init(&names, free);
	for (size_t i = 0; i < wanted->certificates.n; i++)
		wanted->certificates.v[i] =
		    resolve_certificate(&names, wanted->certificates.v[i]);
	wanted->certificates = names;
}

void
rs_look_make(struct rs_look *look, const struct rs_options *options, bool policy_needed)
{
	struct rs_wanted wanted = options->wanted;

	look->options = options;
	look->policy = rs_policy_get(options, policy_needed);
	rs_wanted_resolve(&wanted, look->policy);
	if (rs_confine_version() == 0)
		rs_note("this kernel has no Landlock: whoever reads a store is bound by who it is "
			"alone");
	rs_scan_run(&look->scan, &look->scope);
	for (size_t i = 0; i < look->scope.denied.n; i++)
		rs_array_add_str(&look->scan.not_looked_at, look->scope.denied.v[i]);
	if (rs_worker_signal() == 0)
		rs_match(&look->matches, &look->scan, look->policy, &wanted);
	advise(look);
	rs_array_free(&wanted.certificates);
	/* What a worker did not come to is not what is not there. */
	if (rs_worker_signal() != 0)
		exit(128 + rs_worker_signal());
}

void
rs_look_free(struct rs_look *look)
{
	rs_matches_free(&look->matches);
	rs_scan_free(&look->scan);
	rs_scope_free(&look->scope);
	rs_policy_free(look->policy);
}

bool
rs_look_knows_public(const struct rs_look *look)
{
	return look->scan.public_known || look->scan.packaged.n > 0;
}

bool
rs_look_is_partial(const struct rs_look *look)
{
	for (size_t i = 0; i < look->scan.stores.n; i++)
		if (rs_store_is_partial(look->scan.stores.v[i]))
			return true;
	/* Where nobody vouches for anything, everything is unknown: that is no verdict. */
	return look->scan.reader_missing || look->scope.denied.n > 0 ||
	    !rs_look_knows_public(look);
}

size_t
rs_look_places(const struct rs_look *look)
{
	size_t n = 0;

	for (size_t i = 0; i < look->scan.stores.n; i++) {
		const struct rs_store *store = look->scan.stores.v[i];

		n += store->state == RS_STORE_FINDINGS || store->state == RS_STORE_NO_FINDINGS;
	}
	return n;
}

void
rs_look_report(struct rs_look *look, struct rs_report *report)
{
	struct rs_array all;

	rs_array_init(&all, NULL);
	rs_report_list(report, "stores", &rs_noun_store, &look->scan.stores,
		       rs_verbosity >= RS_VERBOSE);
	rs_report_set(report, "public_known", json_object_new_boolean(look->scan.public_known));
	rs_report_list(report, "unknown", &rs_noun_unknown, &look->matches.unknown, false);
	rs_report_list(report, "allowed", &rs_noun_allowed, &look->matches.allowed, false);
	for (size_t i = 0; i < look->scan.stores.n; i++) {
		const struct rs_store *store = look->scan.stores.v[i];

		for (size_t k = 0; k < store->disagreements.n; k++)
			rs_array_add(&all, store->disagreements.v[k]);
	}
	rs_report_texts(report, "disagreements", &all);
	rs_report_texts(report, "not_looked_at", &look->scan.not_looked_at);
	rs_report_texts(report, "notices", &look->scan.notices);
	rs_report_set(report, "restart", rs_restart_json(look));
	rs_report_set(report, "layout", look->scan.layout == NULL ? NULL :
		      json_object_new_string(look->scan.layout));
	rs_array_free(&all);
	report->partial |= rs_look_is_partial(look);
}

/* What exit status 4 stands for is said also to who wants to hear little. */
static void
say_unchecked(const struct rs_look *look, const struct rs_array *bad, struct rs_report *report)
{
	bool quiet = rs_verbosity <= RS_QUIET;

	if (report->format != RS_FORMAT_TABLE)
		return;
	if (bad->n > 0) {
		rs_report_say(report, " ");
		rs_report_head(report, "Not everything could be checked:");
	}
	for (size_t i = 0; i < bad->n; i++) {
		RS_AUTOFREE char *safe = rs_text_safe(bad->v[i]);

		if (quiet)
			rs_warn(NULL, "not checked: %s", safe);
		else
			rs_report_say(report, "  %s", safe);
	}
	quiet &= look->scan.reader_missing || look->scope.denied.n > 0;
	for (size_t i = 0; quiet && i < look->scan.not_looked_at.n; i++)
		rs_warn(NULL, "not looked at: %s", (char *)look->scan.not_looked_at.v[i]);
}

/* Nobody's places bury what is said of others: stores are sorted by owner. */
static void
list_unchecked(const struct rs_scan *scan, struct rs_array *bad)
{
	const char *owner = NULL;
	size_t n = 0;

	for (size_t i = 0; i < scan->stores.n; i++) {
		const struct rs_store *store = scan->stores.v[i];

		if (!rs_store_is_partial(store))
			continue;
		n = rs_streq(store->owner, owner) ? n + 1 : 1;
		owner = store->owner;
		if (n <= UNCHECKED_MAX)
			rs_array_add(bad, rs_printf("%s (%s): %s", store->path, owner,
						    store->reason ? store->reason : "?"));
		else if (n == UNCHECKED_MAX + 1)
			rs_array_add(bad, rs_printf("and more of %s's: --format json names them all",
						    owner));
	}
}

void
rs_look_limits(struct rs_look *look, struct rs_report *report)
{
	struct rs_array bad, excluded;

	rs_array_init(&bad, free);
	rs_array_init(&excluded, NULL);
	for (size_t i = 0; i < look->scan.stores.n; i++) {
		struct rs_store *store = look->scan.stores.v[i];

		if (store->state == RS_STORE_EXCLUDED || store->state == RS_STORE_ABSENT)
			rs_array_add(&excluded, store);
	}
	list_unchecked(&look->scan, &bad);
	say_unchecked(look, &bad, report);
	rs_report_say(report, " ");
	for (size_t i = 0; i < excluded.n && excluded.n <= EXCLUDED_MAX; i++) {
		const struct rs_store *store = excluded.v[i];
		RS_AUTOFREE char *safe = rs_text_safe(store->path);

		rs_report_say(report, "%s: %s.", store->state == RS_STORE_ABSENT ? "Not there" :
			      "Left out", safe);
	}
	if (excluded.n > EXCLUDED_MAX)
		rs_report_say(report, "%zu places were left out, or are not there.", excluded.n);
	if (rs_verbosity >= RS_VERBOSE && look->scan.layout != NULL)
		rs_report_say(report, "The system's store is kept as on %s.", look->scan.layout);
	for (size_t i = 0; i < look->scan.notices.n; i++) {
		RS_AUTOFREE char *safe = rs_text_safe(look->scan.notices.v[i]);

		rs_report_say(report, "Note: %s.", safe);
	}
	for (size_t i = 0; i < look->scan.not_looked_at.n; i++) {
		RS_AUTOFREE char *safe = rs_text_safe(look->scan.not_looked_at.v[i]);

		rs_report_say(report, "Not looked at: %s.", safe);
	}
	if (!look->scope.system)
		rs_report_say(report, "Not looked at: the system's own list (--system adds it).");
	rs_report_say(report, "Not looked at: phones and other devices, other systems on the disk, "
		      "containers, and\nprograms that carry a list of their own.");
	rs_age_tell(look->policy, report);
	rs_array_free(&bad);
	rs_array_free(&excluded);
}

void
rs_confirm_possible(const struct rs_options *options)
{
	if (options->yes)
		return;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		rs_die(RS_EXIT_USAGE, "there is no terminal to ask on: say --yes if this is wanted; "
		       "nothing was touched");
	if (options->format != RS_FORMAT_TABLE)
		rs_die(RS_EXIT_USAGE, "nobody is asked in this format: look with --dry-run, then "
		       "say --yes; nothing was touched");
}

bool
rs_confirm(const struct rs_options *options, const char *question)
{
	char answer[16] = "";

	rs_confirm_possible(options);
	if (options->yes)
		return true;
	fflush(stdout);
	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(answer, sizeof(answer), stdin) == NULL)
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}

static void
note_waiting(struct rs_earlier *earlier, const struct rs_record *record)
{
	for (size_t i = 0; i < record->steps.n; i++) {
		const struct rs_step *step = record->steps.v[i];

		if (step->state == RS_STEP_PENDING)
			rs_array_add_str(&earlier->waiting, step->store);
	}
}

void
rs_earlier_make(struct rs_earlier *earlier, const struct rs_scope *scope, bool say)
{
	struct rs_records_job job = { .what = RS_RECORDS_LIST };

	*earlier = (struct rs_earlier){ 0 };
	rs_array_init(&earlier->waiting, free);
	rs_records_run(&job, scope);
	for (size_t i = 0; i < job.records.n; i++) {
		const struct rs_record *record = job.records.v[i];

		if (rs_scope_leaves(scope, record->owner))
			continue;
		if (say && rs_record_is_on_trial(record))
			rs_trial_warn(record);
		if (!rs_record_is_unfinished(record))
			continue;
		earlier->unfinished++;
		note_waiting(earlier, record);
		if (say && !rs_record_is_expired(record))
			rs_warn(NULL, "an earlier run (%s, %s) is not finished: rootsweep recover "
				"finishes it", record->id, record->owner);
	}
	earlier->unreadable = job.problems.n - scope->denied.n;
	for (size_t i = scope->denied.n; i < job.problems.n && say; i++)
		rs_warn(NULL, "%s", (char *)job.problems.v[i]);
	rs_records_job_free(&job);
}

void
rs_earlier_free(struct rs_earlier *earlier)
{
	rs_array_free(&earlier->waiting);
}

bool
rs_look_earlier(struct rs_look *look)
{
	struct rs_earlier earlier;
	bool any;

	rs_earlier_make(&earlier, &look->scope, true);
	for (size_t i = 0; i < look->scan.stores.n; i++) {
		struct rs_store *store = look->scan.stores.v[i];

		if (rs_array_has_str(&earlier.waiting, store->id))
			rs_store_fail(store, RS_STORE_PENDING, "a step of an earlier run waits: "
				      "rootsweep recover finishes it");
	}
	any = earlier.unfinished + earlier.unreadable > 0;
	rs_earlier_free(&earlier);
	return any;
}

int
rs_exit_status(bool found, bool partial)
{
	if (rs_worker_signal() != 0)
		return 128 + rs_worker_signal();
	return (found ? RS_EXIT_FOUND : 0) | (partial ? RS_EXIT_PARTIAL : 0);
}
