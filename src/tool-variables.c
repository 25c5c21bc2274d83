/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Assignments to variables of the environment, one line at a time: NAME=value
 * in the files of shells, of login and of systemd. Conditions around them are
 * not looked at: whatever may be set is told.
 */
#include <string.h>

#include "tool-parse.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* The bytes of $HOME or ${HOME}, or of systemd's %h, at c; else 0. */
static size_t
home_length(const struct rs_tool_parse *parse, const char *c)
{
	if (parse->syntax == RS_SYNTAX_UNIT)
		return rs_starts(c, "%h") ? 2 : 0;
	if (rs_starts(c, "${HOME}"))
		return 7;
	return rs_starts(c, "$HOME") && !is_one_of(c[5], NAME_CHARS) ? 5 : 0;
}

/* Whether the character, outside of single quotes, asks for more than is done here. */
static bool
is_foreign(const struct rs_tool_parse *parse, char c, char quote)
{
	switch (parse->syntax) {
	case RS_SYNTAX_UNIT:
		return c == '%';
	case RS_SYNTAX_ENV:
		return c == '$';
	default:
		return is_one_of(c, quote != '\0' ? "$`" : "$`*?[({");
	}
}

static bool
ends_value(const struct rs_tool_parse *parse, char c)
{
	switch (parse->syntax) {
	case RS_SYNTAX_UNIT:
		return is_one_of(c, " \t");
	case RS_SYNTAX_ENV:
		return false;
	default:
		return is_one_of(c, " \t;&|)<>");
	}
}

/* After a backslash: how many bytes it and what follows take, what they mean in out. */
static size_t
unescape(const struct rs_tool_parse *parse, const char *c, char quote, struct rs_buf *out)
{
	if (quote == '"' && parse->syntax != RS_SYNTAX_UNIT && !is_one_of(c[1], "$`\"\\")) {
		rs_buf_add(out, c, 1);
		return 1;
	}
	rs_buf_add(out, c + 1, 1);
	return 2;
}

static void
trim(struct rs_buf *value)
{
	while (value->len > 0 && is_one_of(value->data[value->len - 1], " \t"))
		value->data[--value->len] = '\0';
}

/*
 * The value at c; quote is the one that was opened before the name, and ends
 * it. NULL where it is not understood.
 */
static char *
read_value(const struct rs_tool_parse *parse, const char *c, const char quote_before)
{
	RS_AUTOBUF struct rs_buf out = { 0 };
	bool tilde = parse->syntax == RS_SYNTAX_SHELL || parse->syntax == RS_SYNTAX_FISH;
	char quote = quote_before;
	size_t n;

	if (tilde && quote == '\0' && *c == '~') {
		bool alone = c[1] == '/' || c[1] == '\0' || ends_value(parse, c[1]);

		if (parse->home == NULL || !alone)
			return NULL;
		rs_buf_puts(&out, parse->home);
		c++;
	}
	while (*c != '\0' && out.len <= RS_TOOL_VALUE_MAX) {
		if (*c == quote && quote_before != '\0') {
			/* A shell's alias: the rest is a command. */
			return tilde && strpbrk(out.data ? out.data : "", " \t") != NULL ? NULL :
			    rs_buf_steal(&out);
		} else if (*c == quote) {
			quote = '\0';
			c++;
		} else if (quote != '\'' && (n = home_length(parse, c)) > 0) {
			if (parse->home == NULL)
				return NULL;
			rs_buf_puts(&out, parse->home);
			c += n;
		} else if (parse->syntax == RS_SYNTAX_UNIT && rs_starts(c, "%%")) {
			rs_buf_add(&out, c, 1);
			c += 2;
		} else if (quote != '\'' && *c == '\\') {
			if (c[1] == '\0')
				return NULL;
			c += unescape(parse, c, quote, &out);
		} else if (quote != '\'' && is_foreign(parse, *c, quote)) {
			return NULL;
		} else if (quote == '\0' && is_one_of(*c, "\"'")) {
			quote = *c++;
		} else if (quote == '\0' && ends_value(parse, *c)) {
			break;
		} else {
			rs_buf_add(&out, c++, 1);
		}
	}
	if (quote != '\0' || out.len > RS_TOOL_VALUE_MAX)
		return NULL;
	if (parse->syntax == RS_SYNTAX_ENV)
		trim(&out);
	return rs_buf_steal(&out);
}

static const struct rs_tool_key *
key_at(const struct rs_tool_parse *parse, const char *c, size_t *len)
{
	*len = strspn(c, NAME_CHARS);
	for (const struct rs_tool_key *key = parse->keys; key->name != NULL; key++)
		if (strlen(key->name) == *len && strncmp(key->name, c, *len) == 0)
			return key;
	return NULL;
}

/* fish: the words before the name are set and its options. */
static bool
is_set(const char *line, const char *name)
{
	const char *end = name, *word;

	while (end > line && is_one_of(end[-1], " \t")) {
		while (end > line && is_one_of(end[-1], " \t"))
			end--;
		for (word = end; word > line && !is_one_of(word[-1], " \t;&|("); word--)
			;
		if (end - word == 3 && strncmp(word, "set", 3) == 0)
			return true;
		if (*word != '-')
			return false;
		end = word;
	}
	return false;
}

/* pam_env.conf(5): NAME DEFAULT=value OVERRIDE=value, with variables of its own. */
static bool
is_pam_default(const struct rs_tool_parse *parse, const char *after)
{
	return parse->syntax == RS_SYNTAX_ENV && is_one_of(*after, " \t") &&
	    (strstr(after, "DEFAULT=") != NULL || strstr(after, "OVERRIDE=") != NULL);
}

/*
 * A name that counts, at c. quote is the one that it stands in, or NUL;
 * opened: it stands right behind that one's opening.
 */
static void
found_name(struct rs_tool_parse *parse, const struct rs_tool_key *key, const char *line,
	   const char *c, size_t len, char quote, bool opened)
{
	const char *after = c + len, *begins = " \t;&|({`";
	bool at_start;

	if (parse->syntax == RS_SYNTAX_UNIT)
		begins = " \t=";
	at_start = quote != '\0' ? opened : c == line || is_one_of(c[-1], begins);
	if (parse->syntax == RS_SYNTAX_FISH && quote == '\0' && is_one_of(*after, " \t") &&
	    is_set(line, c)) {
		after += strspn(after, " \t");
		rs_tool_parse_add(parse, key, read_value(parse, after, '\0'));
	} else if (*after == '=' && at_start) {
		rs_tool_parse_add(parse, key, read_value(parse, after + 1, quote));
	} else if (*after == '=' || rs_starts(after, "+=") || is_pam_default(parse, after)) {
		rs_tool_parse_add(parse, key, NULL);
	}
}

void
rs_tool_parse_variables(struct rs_tool_parse *parse, const char *line)
{
	bool shell = parse->syntax == RS_SYNTAX_SHELL || parse->syntax == RS_SYNTAX_FISH;
	const char *c = line + strspn(line, " \t"), *opened = NULL;
	char quote = '\0';
	size_t len;

	if (*c == '#' || (*c == ';' && !shell))
		return;
	while (*c != '\0' && !rs_tool_parse_full(parse)) {
		const struct rs_tool_key *key = key_at(parse, c, &len);
		bool at_start = c == line || is_one_of(c[-1], " \t;&|(");

		if (key != NULL && (c == line || !is_one_of(c[-1], "$")))
			found_name(parse, key, line, c, len, quote, opened == c);
		if (len > 0) {
			c += len;
			continue;
		}
		if (*c == quote) {
			quote = '\0';
		} else if (quote == '\0' && is_one_of(*c, "\"'")) {
			quote = *c;
			opened = c + 1;
		} else if (quote != '\'' && *c == '\\' && c[1] != '\0') {
			c++;
		} else if (shell && quote == '\0' && *c == '#' && at_start) {
			return;
		}
		c++;
	}
}
