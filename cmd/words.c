/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The next command to type: with the same scope and lists as this one. */
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "text.h"

static void
add_word(struct rs_buf *words, const char *option, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_./:=@%+,-";

	rs_buf_printf(words, " %s", option);
	if (value == NULL)
		return;
	rs_buf_puts(words, " ");
	if (value[0] != '\0' && strspn(value, plain) == strlen(value)) {
		rs_buf_puts(words, value);
		return;
	}
	rs_buf_puts(words, "'");
	for (const char *p = value; *p != '\0'; p++)
		if (*p == '\'')
			rs_buf_puts(words, "'\\''");
		else
			rs_buf_add(words, p, 1);
	rs_buf_puts(words, "'");
}

static void
add_words(struct rs_buf *words, const char *option, const struct rs_array *values)
{
	for (size_t i = 0; i < values->n; i++)
		add_word(words, option, values->v[i]);
}

static unsigned
accepted(const char *command)
{
	for (size_t i = 0; i < rs_commands_n; i++)
		if (rs_streq(rs_commands[i].name, command))
			return rs_commands[i].accepts;
	return 0;
}

const char *
rs_sudo_word(bool needs_root)
{
	/* Who typed sudo has to type it again, whatever it is for. */
	if (geteuid() == 0)
		return getenv("SUDO_USER") != NULL ? "sudo " : "";
	return needs_root ? "sudo " : "";
}

char *
rs_command_words(const struct rs_options *options, const char *command, const char *argument,
		 bool sudo)
{
	unsigned accepts = accepted(command);
	struct rs_buf words = { 0 };
	char *safe;

	rs_buf_printf(&words, "%srootsweep %s", rs_sudo_word(sudo), command);
	if (argument != NULL)
		rs_buf_printf(&words, " %s", argument);
	if (options->system)
		add_word(&words, "--system", NULL);
	if (options->all_users)
		add_word(&words, "--all-users", NULL);
	add_words(&words, "--user", &options->users);
	if (options->network_homes)
		add_word(&words, "--network-homes", NULL);
	if (options->mounts)
		add_word(&words, "--mounts", NULL);
	if (options->root != NULL)
		add_word(&words, "--root", options->root);
	if (options->refresh_in_root && (accepts & RS_OPT_CHANGE))
		add_word(&words, "--refresh-in-root", NULL);
	if (accepts & RS_OPT_POLICY) {
		add_words(&words, "--exclude", &options->exclude);
		add_words(&words, "--policy", &options->policies);
	}
	if (accepts & RS_OPT_TAKE) {
		add_words(&words, "--entry", &options->wanted.entries);
		add_words(&words, "--certificate", &options->wanted.certificates);
	}
	safe = rs_text_safe(words.data);
	rs_buf_free(&words);
	return safe;
}
