/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "message.h"
#include "text.h"

enum {
	OPT_DETAILED = 256, OPT_ENTRY, OPT_CERTIFICATE, OPT_FORCE, OPT_LAST, OPT_ALL,
	OPT_OLDER, OPT_UNKNOWN, OPT_SYSTEM, OPT_USER, OPT_ALL_USERS, OPT_POLICY, OPT_ROOT,
	OPT_EXCLUDE, OPT_FAIL_ON, OPT_FORMAT, OPT_COLOR, OPT_FRESH, OPT_NETWORK_HOMES,
	OPT_MOUNTS, OPT_TRY, OPT_UNLESS_KEPT, OPT_REFRESH_IN_ROOT,
};

/* One table: what is parsed, which commands take it, what the help says. */
static const struct option_row {
	struct option option;
	unsigned group;
	const char *argument;
	const char *help;
} rows[] = {
	{ { "dry-run", no_argument, NULL, 'n' }, RS_OPT_DRY, NULL,
	  "show what would be done, and change nothing" },
	{ { "yes", no_argument, NULL, 'y' }, RS_OPT_CHANGE, NULL, "do not ask" },
	{ { "detailed-exitcode", no_argument, NULL, OPT_DETAILED }, RS_OPT_CHANGE, NULL,
	  "exit with 2 where something was changed" },
	{ { "entry", required_argument, NULL, OPT_ENTRY }, RS_OPT_TAKE, "ID",
	  "take what this entry of the list names, whatever its action" },
	{ { "certificate", required_argument, NULL, OPT_CERTIFICATE }, RS_OPT_TAKE, "SHA256|SHA1|FILE",
	  "take this certificate, even if no entry names it" },
	{ { "force", no_argument, NULL, OPT_FORCE }, RS_OPT_TAKE, NULL,
	  "take more than 10 certificates, or a public one" },
	{ { "try", required_argument, NULL, OPT_TRY }, RS_OPT_TAKE, "TIME",
	  "put all back after 10m (or 90s, 2h, 1d), unless \"keep\" comes before" },
	{ { "last", no_argument, NULL, OPT_LAST }, RS_OPT_WHICH, NULL,
	  "the last run that changed something" },
	{ { "all", no_argument, NULL, OPT_ALL }, RS_OPT_WHICH | RS_OPT_AGE, NULL, "all records" },
	{ { "unless-kept", no_argument, NULL, OPT_UNLESS_KEPT }, RS_OPT_WHICH, NULL,
	  "only what is still on trial" },
	{ { "older-than", required_argument, NULL, OPT_OLDER }, RS_OPT_AGE, "AGE",
	  "records older than this: 90d, 12h, 2w" },
	{ { "unknown", no_argument, NULL, OPT_UNKNOWN }, RS_OPT_UNKNOWN, NULL,
	  "only what no public programme and no entry knows" },
	{ { "system", no_argument, NULL, OPT_SYSTEM }, RS_OPT_SCOPE, NULL, "the system's stores" },
	{ { "user", required_argument, NULL, OPT_USER }, RS_OPT_SCOPE, "NAME",
	  "this user's stores (may be repeated)" },
	{ { "all-users", no_argument, NULL, OPT_ALL_USERS }, RS_OPT_SCOPE, NULL,
	  "every user's stores" },
	{ { "network-homes", no_argument, NULL, OPT_NETWORK_HOMES }, RS_OPT_SCOPE, NULL,
	  "look also at homes that are on a server" },
	{ { "mounts", no_argument, NULL, OPT_MOUNTS }, RS_OPT_SCOPE, NULL,
	  "search also what is mounted in homes" },
	{ { "root", required_argument, NULL, OPT_ROOT }, RS_OPT_SCOPE, "DIR",
	  "the system in this folder, nothing of which is run" },
	{ { "refresh-in-root", no_argument, NULL, OPT_REFRESH_IN_ROOT }, RS_OPT_CHANGE, NULL,
	  "with --root: run that system's own updater, confined" },
	{ { "exclude", required_argument, NULL, OPT_EXCLUDE }, RS_OPT_SCOPE, "PATH|KIND|USER",
	  "leave this out (may be repeated)" },
	{ { "policy", required_argument, NULL, OPT_POLICY }, RS_OPT_POLICY, "FILE",
	  "use this list instead of the installed ones (may be repeated)" },
	{ { "fail-on", required_argument, NULL, OPT_FAIL_ON }, RS_OPT_FAIL,
	  "quarantine|report|unknown", "what exit status 2 is for" },
	{ { "format", required_argument, NULL, OPT_FORMAT }, RS_OPT_COMMON, "table|json|jsonl",
	  "how to print" },
	{ { "color", required_argument, NULL, OPT_COLOR }, RS_OPT_COMMON, "auto|always|never",
	  "whether headings stand out" },
	{ { "fresh", no_argument, NULL, OPT_FRESH }, RS_OPT_SCOPE, NULL,
	  "read everything again (every run does)" },
	{ { "jobs", required_argument, NULL, 'j' }, RS_OPT_COMMON, "N",
	  "read this many users' stores side by side" },
	{ { "quiet", no_argument, NULL, 'q' }, RS_OPT_COMMON, NULL, "say only what is asked for" },
	{ { "verbose", no_argument, NULL, 'v' }, RS_OPT_COMMON, NULL, "say more" },
	{ { "help", no_argument, NULL, 'h' }, RS_OPT_COMMON, NULL, "this help" },
	{ { "version", no_argument, NULL, 'V' }, RS_OPT_COMMON, NULL, "the version" },
};

void
rs_usage(const struct rs_command *command)
{
	printf("Usage: rootsweep %s%s%s [option]...\n\n%s\n\nOptions:\n", command->name,
	       command->arguments[0] ? " " : "", command->arguments, command->help);
	for (size_t i = 0; i < RS_COUNT(rows); i++) {
		const struct option_row *row = &rows[i];
		RS_AUTOFREE char *words = NULL;
		char letter[8] = "    ";

		if (!(row->group & command->accepts))
			continue;
		if (row->option.val < 256)
			snprintf(letter, sizeof(letter), "-%c, ", row->option.val);
		words = rs_printf("%s--%s%s%s", letter, row->option.name,
				  row->argument ? " " : "", row->argument ? row->argument : "");
		printf("  %-36s %s\n", words, row->help);
	}
}

void
rs_bad_usage(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = rs_vprintf(fmt, ap);
	va_end(ap);
	rs_warn(NULL, "%s", text);
	free(text);
	rs_die(RS_EXIT_USAGE, "see rootsweep --help; nothing was touched");
}

static int
choose(const char *option, const char *value, const char *const names[], size_t n)
{
	RS_AUTOBUF struct rs_buf all = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (rs_streq(value, names[i]))
			return (int)i;
		rs_buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
	}
	rs_bad_usage("--%s: \"%s\" is none of: %s", option, value, all.data);
}

static long
parse_age(const char *value)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (errno != 0 || end == value || n < 0 || n > 100000 ||
	    (end[0] != '\0' && end[1] != '\0'))
		rs_bad_usage("--older-than: \"%s\" is no age such as 90d, 12h or 2w", value);
	switch (*end) {
	case 'h':
		return n * 3600;
	case '\0':
	case 'd':
		return n * 86400;
	case 'w':
		return n * 7 * 86400;
	default:
		rs_bad_usage("--older-than: \"%s\" is no age such as 90d, 12h or 2w", value);
	}
}

/* A unit has to be said: ten what? */
static long
parse_trial(const char *value)
{
	static const struct { char letter; long seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
	};
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	for (size_t i = 0; i < RS_COUNT(units); i++)
		if (errno == 0 && end != value && n > 0 && n <= 30 * 86400 / units[i].seconds &&
		    end[0] == units[i].letter && end[1] == '\0')
			return n * units[i].seconds;
	rs_bad_usage("--try: \"%s\" is no time such as 90s, 10m, 2h or 1d (up to 30d)", value);
}

static bool
want_color(int choice)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (choice != 0)
		return choice == 1;
	return (no_color == NULL || no_color[0] == '\0') && !rs_streq(term, "dumb") &&
	    isatty(STDOUT_FILENO);
}

static void
take_value(struct rs_options *o, int val, const char *value)
{
	static const char *const formats[] = { "table", "json", "jsonl" };
	static const char *const colors[] = { "auto", "always", "never" };
	static const char *const bars[] = { "quarantine", "report", "unknown" };
	char *end;

	switch (val) {
	case OPT_ENTRY:
		rs_array_add_str(&o->wanted.entries, value);
		break;
	case OPT_CERTIFICATE:
		rs_array_add_str(&o->wanted.certificates, value);
		break;
	case OPT_OLDER:
		o->older_than = parse_age(value);
		break;
	case OPT_TRY:
		o->try_seconds = parse_trial(value);
		break;
	case OPT_USER:
		rs_array_add_str(&o->users, value);
		break;
	case OPT_POLICY:
		rs_array_add_str(&o->policies, value);
		break;
	case OPT_ROOT:
		o->root = value;
		break;
	case OPT_EXCLUDE:
		if (value[0] == '\0')
			rs_bad_usage("--exclude needs a path, a kind or a user's name");
		rs_array_add_str(&o->exclude, value);
		break;
	case OPT_FAIL_ON:
		o->fail_on = (enum rs_fail_on)choose("fail-on", value, bars, 3);
		break;
	case OPT_FORMAT:
		o->format = (enum rs_format)choose("format", value, formats, 3);
		break;
	case OPT_COLOR:
		o->color = want_color(choose("color", value, colors, 3));
		break;
	case 'j':
		o->jobs = (unsigned)strtoul(value, &end, 10);
		if (*value == '-' || *end != '\0' || o->jobs == 0 || o->jobs > 1024)
			rs_bad_usage("--jobs: \"%s\" is no number from 1 to 1024", value);
		break;
	}
}

static void
take_flag(struct rs_options *o, const struct rs_command *command, int val)
{
	switch (val) {
	case 'n':
		o->dry_run = true;
		break;
	case 'y':
		o->yes = true;
		break;
	case OPT_DETAILED:
		o->detailed = true;
		break;
	case OPT_FORCE:
		o->wanted.force = o->force = true;
		break;
	case OPT_LAST:
		o->last = true;
		break;
	case OPT_ALL:
		o->all = true;
		break;
	case OPT_UNLESS_KEPT:
		o->unless_kept = true;
		break;
	case OPT_UNKNOWN:
		o->unknown = true;
		break;
	case OPT_SYSTEM:
		o->system = true;
		break;
	case OPT_ALL_USERS:
		o->all_users = true;
		break;
	case OPT_NETWORK_HOMES:
		o->network_homes = true;
		break;
	case OPT_REFRESH_IN_ROOT:
		o->refresh_in_root = true;
		break;
	case OPT_MOUNTS:
		o->mounts = true;
		break;
	case 'q':
		rs_verbosity = RS_QUIET;
		break;
	case 'v':
		rs_verbosity = RS_VERBOSE;
		break;
	case 'h':
		rs_usage(command);
		exit(fflush(stdout) == 0 ? RS_EXIT_OK : RS_EXIT_FAILED);
	case 'V':
		printf("rootsweep %s\n", PACKAGE_VERSION);
		exit(fflush(stdout) == 0 ? RS_EXIT_OK : RS_EXIT_FAILED);
	}
}

/* The word that getopt_long stopped at: it moves words that are no options
 * behind those that are, so that it is the last one taken that is one. */
static const char *
option_word(int argc, char **argv, int at)
{
	static char letter[] = "-?";

	if (optopt > 0 && optopt < 256 && (optind >= argc || argv[optind - 1][0] != '-' ||
					   argv[optind - 1][1] != '-')) {
		letter[1] = (char)optopt;
		return letter;
	}
	for (int i = optind - 1; i >= at && i > 0; i--)
		if (argv[i][0] == '-')
			return argv[i];
	return argv[at < argc ? at : argc - 1];
}

static void
unknown_option(const struct rs_command *command, const char *word)
{
	const char *names[RS_COUNT(rows)], *near;
	RS_AUTOFREE char *bare = rs_strdup(word);
	size_t n = 0;

	for (size_t i = 0; i < RS_COUNT(rows); i++)
		if (rows[i].group & command->accepts)
			names[n++] = rows[i].option.name;
	bare[strcspn(bare, "=")] = '\0';
	near = rs_text_nearest(bare + strspn(bare, "-"), names, n);
	for (size_t i = 0; i < RS_COUNT(rows); i++)
		if (!(rows[i].group & command->accepts) && rs_streq(rows[i].option.name, bare +
								   strspn(bare, "-")))
			rs_bad_usage("%s takes no %s", command->name, bare);
	if (near != NULL)
		rs_bad_usage("there is no option %s; the nearest is --%s", bare, near);
	rs_bad_usage("there is no option %s", bare);
}

static void
set_defaults(struct rs_options *o)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	*o = (struct rs_options){ .older_than = -1 };
	o->jobs = processors > 0 && processors <= 1024 ? (unsigned)processors : 1;
	o->color = want_color(0);
	rs_array_init(&o->users, free);
	rs_array_init(&o->policies, free);
	rs_array_init(&o->exclude, free);
	rs_array_init(&o->wanted.entries, free);
	rs_array_init(&o->wanted.certificates, free);
}

static bool
is_here(const char *root)
{
	struct stat st, here;

	return stat(root, &st) == 0 && stat("/", &here) == 0 && st.st_dev == here.st_dev &&
	    st.st_ino == here.st_ino;
}

void
rs_options_parse(struct rs_options *o, const struct rs_command *command, int *argc, char ***argv)
{
	struct option options[RS_COUNT(rows) + 1] = { 0 };
	size_t n = 0;
	int val;

	set_defaults(o);
	o->command = command;
	for (size_t i = 0; i < RS_COUNT(rows); i++)
		if (rows[i].group & command->accepts)
			options[n++] = rows[i].option;
	opterr = 0;
	optind = 1;
	for (;;) {
		int at = optind;
		bool taken = false;

		val = getopt_long(*argc, *argv, ":nyqvhVj:", options, NULL);
		if (val == -1)
			break;
		if (val == ':')
			rs_bad_usage("%s needs a value", (*argv)[optind - 1]);
		for (size_t i = 0; i < RS_COUNT(rows); i++)
			taken |= rows[i].option.val == val && (rows[i].group & command->accepts);
		if (val == '?' || !taken)
			unknown_option(command, option_word(*argc, *argv, at));
		if (optarg != NULL)
			take_value(o, val, optarg);
		else
			take_flag(o, command, val);
		optarg = NULL;
	}
	*argv += optind;
	*argc -= optind;
	if (o->root != NULL && o->root[0] != '/')
		rs_bad_usage("--root needs an absolute path, not \"%s\"", o->root);
	/* The system that runs is worked on as such, its own programs included. */
	if (o->root != NULL && is_here(o->root))
		o->root = NULL;
	else if (o->refresh_in_root && o->root == NULL)
		rs_bad_usage("--refresh-in-root goes with --root DIR");
}

void
rs_options_free(struct rs_options *o)
{
	rs_array_free(&o->users);
	rs_array_free(&o->policies);
	rs_array_free(&o->exclude);
	rs_array_free(&o->wanted.entries);
	rs_array_free(&o->wanted.certificates);
}
