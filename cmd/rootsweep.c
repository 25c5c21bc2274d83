/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "cmd.h"
#include "message.h"
#include "rights.h"
#include "text.h"
#include "worker.h"

const struct rs_command rs_commands[] = {
	{ "scan", rs_cmd_scan,
	  RS_OPT_COMMON | RS_OPT_SCOPE | RS_OPT_POLICY | RS_OPT_FAIL, "",
	  "Say what is trusted here that the list names, and what nobody vouches for.\n"
	  "Changes nothing." },
	{ "quarantine", rs_cmd_quarantine,
	  RS_OPT_COMMON | RS_OPT_SCOPE | RS_OPT_POLICY | RS_OPT_CHANGE | RS_OPT_DRY | RS_OPT_TAKE, "",
	  "Take out what the list names, so that it can be put back." },
	{ "undo", rs_cmd_undo,
	  RS_OPT_COMMON | RS_OPT_SCOPE | RS_OPT_CHANGE | RS_OPT_DRY | RS_OPT_WHICH, "[ID]...",
	  "Put back exactly what a run took out." },
	{ "records", rs_cmd_records, RS_OPT_COMMON | RS_OPT_SCOPE, "[ID]",
	  "Show the undo records, or one of them." },
	{ "recover", rs_cmd_recover, RS_OPT_COMMON | RS_OPT_SCOPE | RS_OPT_CHANGE, "",
	  "Finish what an interrupted run left." },
	{ "keep", rs_cmd_keep, RS_OPT_COMMON | RS_OPT_SCOPE | RS_OPT_CHANGE, "[ID]...",
	  "End a trial (quarantine --try): what it took out stays out." },
	{ "forget", rs_cmd_forget, RS_OPT_COMMON | RS_OPT_SCOPE | RS_OPT_CHANGE | RS_OPT_AGE,
	  "[ID]...", "Delete undo records: undo is then impossible." },
	{ "anchors", rs_cmd_anchors,
	  RS_OPT_COMMON | RS_OPT_SCOPE | RS_OPT_POLICY | RS_OPT_UNKNOWN, "",
	  "Show everything that is trusted, from where, and whether it is public." },
	{ "policy", rs_cmd_policy, RS_OPT_COMMON | RS_OPT_POLICY,
	  "check FILE... | list | show ENTRY | new FILE",
	  "Check list files, show the list that counts, or one entry of it, or begin a list\n"
	  "with the certificate of a file." },
};
const size_t rs_commands_n = RS_COUNT(rs_commands);

static void
help(void)
{
	printf("Usage: rootsweep [command] [option]...\n\n"
	       "Finds certificates that let others read this computer's encrypted traffic,\n"
	       "takes them out, and can put back exactly what it took.\n\nCommands:\n");
	for (size_t i = 0; i < rs_commands_n; i++)
		printf("  %-11s %.*s\n", rs_commands[i].name,
		       (int)strcspn(rs_commands[i].help, "\n"), rs_commands[i].help);
	printf("\nWithout a command: scan. Each command has --help; rootsweep(8) tells all.\n");
}

static const struct rs_command *
find_command(const char *name)
{
	const char *names[RS_COUNT(rs_commands)], *near;

	for (size_t i = 0; i < rs_commands_n; i++) {
		names[i] = rs_commands[i].name;
		if (rs_streq(name, names[i]))
			return &rs_commands[i];
	}
	near = rs_text_nearest(name, names, rs_commands_n);
	if (near != NULL)
		rs_bad_usage("there is no command %s; the nearest is %s", name, near);
	rs_bad_usage("there is no command %s", name);
}

/* Descriptors that the caller left closed must not become our files. */
static void
open_standard_files(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
		;
	if (fd >= 0)
		close(fd);
}

int
main(int argc, char **argv)
{
	const struct rs_command *command = &rs_commands[0];
	struct rs_options options;
	int status;

	rs_rights_begin(argv);
	open_standard_files();
	setlocale(LC_ALL, "");
	rs_worker_catch_signals();
	if (argc > 1 && (rs_streq(argv[1], "--help") || rs_streq(argv[1], "-h") ||
			 rs_streq(argv[1], "help"))) {
		if (argc > 2 && argv[1][0] == 'h')
			rs_usage(find_command(argv[2]));
		else
			help();
		return fflush(stdout) == 0 ? RS_EXIT_OK : RS_EXIT_FAILED;
	}
	if (argc > 1 && argv[1][0] != '-') {
		command = find_command(argv[1]);
		argv++;
		argc--;
	}
	rs_options_parse(&options, command, &argc, &argv);
	status = command->run(&options, argc, argv);
	rs_options_free(&options);
	return status;
}
