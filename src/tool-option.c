/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options of tools, one line at a time: a name, and a value behind "=", ":"
 * or a blank. Each tool has its own quotes and comments.
 */
#include <string.h>
#include <strings.h>

#include "tool-parse.h"

#define BLANKS " \t"

static const struct rs_tool_key git_http[] = {
	{ "sslCAInfo", RS_SETTING_FILE, "git", false },
	{ "sslCAPath", RS_SETTING_DIR, "git", false },
	{ "proxySSLCAInfo", RS_SETTING_FILE, "git", false },
	{ "sslVerify", RS_SETTING_OFF, "git", false },
	{ .name = NULL },
};

static const struct rs_tool_key git_include[] = {
	{ "path", RS_SETTING_INCLUDE, "git", false },
	{ .name = NULL },
};

static const struct {
	const char *name_ends;		/* what stands between name and value */
	const char *quotes, *ends;	/* of values */
	bool escapes;			/* a backslash counts without quotes too */
	bool tilde, variables;		/* what is expanded in a path */
} rules[] = {
	[RS_SYNTAX_CURL] = { "=: \t", "\"", BLANKS, false, false, false },
	[RS_SYNTAX_WGET] = { "=", "", "", false, true, false },
	[RS_SYNTAX_GIT] = { "=#;", "\"", "#;", true, true, false },
	[RS_SYNTAX_NPM] = { "=", "\"'", "#;", true, true, true },
	[RS_SYNTAX_PIP] = { "=:", "", "", false, true, false },
};

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static char *
unquote(enum rs_tool_syntax syntax, const char *c)
{
	RS_AUTOBUF struct rs_buf out = { 0 };
	size_t keep = 0;		/* blanks behind this are none of the value's */
	char quote = '\0';

	rs_buf_puts(&out, "");
	for (; *c != '\0'; c++) {
		if (*c == '\\' && (quote != '\0' || rules[syntax].escapes)) {
			if (*++c == '\0')
				return NULL;
			rs_buf_add(&out, *c == 'n' ? "\n" : *c == 't' ? "\t" : c, 1);
			keep = out.len;
		} else if (*c == quote) {
			quote = '\0';
			keep = out.len;
		} else if (quote == '\0' && is_one_of(*c, rules[syntax].quotes)) {
			quote = *c;
		} else if (quote == '\0' && is_one_of(*c, rules[syntax].ends)) {
			break;
		} else {
			rs_buf_add(&out, c, 1);
			if (quote != '\0' || !is_one_of(*c, BLANKS))
				keep = out.len;
		}
	}
	if (quote != '\0')
		return NULL;
	out.data[keep] = '\0';
	return rs_buf_steal(&out);
}

/* A path as the tool would expand it, or NULL. */
static char *
expand(const struct rs_tool_parse *parse, const char *path)
{
	static const char *const homes[] = { "~/", "${HOME}/" };
	bool may[] = { rules[parse->syntax].tilde, rules[parse->syntax].variables };

	for (size_t i = 0; i < RS_COUNT(homes); i++)
		if (may[i] && rs_starts(path, homes[i]))
			return parse->home == NULL ? NULL :
			    rs_printf("%s/%s", parse->home, path + strlen(homes[i]));
	if ((may[0] && path[0] == '~') || (may[1] && strstr(path, "${") != NULL))
		return NULL;
	return rs_strdup(path);
}

static char *
read_value(const struct rs_tool_parse *parse, const struct rs_tool_key *key, const char *c)
{
	RS_AUTOFREE char *value = unquote(parse->syntax, c);

	if (value == NULL || key->what == RS_SETTING_PEM || key->what == RS_SETTING_OFF)
		return rs_steal(&value);
	return strlen(value) > RS_TOOL_VALUE_MAX ? NULL : expand(parse, value);
}

/* wget and git do not look at case, wget neither at "-" and "_". */
static bool
is_named(enum rs_tool_syntax syntax, const char *name, size_t len, const char *key)
{
	const char *end = name + len;

	if (syntax == RS_SYNTAX_GIT)
		return strlen(key) == len && strncasecmp(name, key, len) == 0;
	if (syntax != RS_SYNTAX_WGET)
		return strlen(key) == len && strncmp(name, key, len) == 0;
	for (;;) {
		while (name < end && is_one_of(*name, "-_"))
			name++;
		key += strspn(key, "-_");
		if (name == end || *key == '\0')
			return name == end && *key == '\0';
		if (strncasecmp(name++, key++, 1) != 0)
			return false;
	}
}

/* A section's head; returns what stands behind it, where settings may follow. */
static const char *
git_section(struct rs_tool_parse *parse, const char *c)
{
	size_t len = strcspn(c, " \t.\"]");
	bool quoted = false;

	parse->section = len == 4 && strncasecmp(c, "http", 4) == 0 ? git_http :
	    (len == 7 && strncasecmp(c, "include", 7) == 0) ||
	    (len == 9 && strncasecmp(c, "includeIf", 9) == 0) ? git_include : NULL;
	for (c += len; *c != '\0' && (quoted || *c != ']'); c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (*c == '\\' && c[1] != '\0')
			c++;
	}
	return *c == ']' ? c + 1 : c;
}

void
rs_tool_parse_option(struct rs_tool_parse *parse, const char *line)
{
	const char *c = line + strspn(line, BLANKS), *name_ends = rules[parse->syntax].name_ends;
	const struct rs_tool_key *keys = parse->keys;
	size_t len;

	if (parse->syntax == RS_SYNTAX_GIT) {
		if (*c == '[')
			c = git_section(parse, c + 1);
		keys = parse->section;
		c += strspn(c, BLANKS);
	}
	if (is_one_of(*c, parse->syntax == RS_SYNTAX_CURL ? "#" : "#;") || keys == NULL)
		return;
	if (parse->syntax == RS_SYNTAX_CURL)
		c += strspn(c, "-");
	len = strcspn(c, name_ends);
	while (len > 0 && is_one_of(c[len - 1], BLANKS))
		len--;
	for (; keys->name != NULL; keys++) {
		const char *value = c + len;

		if (!is_named(parse->syntax, c, len, keys->name))
			continue;
		value += strspn(value, BLANKS);
		if (is_one_of(*value, "=:") && is_one_of(*value, name_ends)) {
			value++;
		} else if (parse->syntax != RS_SYNTAX_CURL) {
			/* A name alone is "true", which turns none of these off. */
			return;
		}
		value += strspn(value, parse->syntax == RS_SYNTAX_CURL ? name_ends : BLANKS);
		if (parse->syntax == RS_SYNTAX_CURL && keys->what == RS_SETTING_OFF)
			value = "";
		rs_tool_parse_add(parse, keys, read_value(parse, keys, value));
		return;
	}
}
