/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Within the reader of tools' settings: tool-settings.c and its syntaxes. */
#ifndef RS_TOOL_PARSE_H
#define RS_TOOL_PARSE_H

#include "tool-settings.h"

/* A value longer than this is not understood: paths are shorter. */
#define RS_TOOL_VALUE_MAX 16384

struct rs_tool_key {
	const char *name;
	enum rs_setting_what what;
	const char *tool;
	bool off;		/* RS_SETTING_OFF: the value that turns the check off */
};

struct rs_tool_parse {
	struct rs_array *settings;
	enum rs_tool_syntax syntax;
	const char *home;
	unsigned line;
	const struct rs_tool_key *keys;	/* those that count here; end with name NULL */
	const struct rs_tool_key *section;	/* RS_SYNTAX_GIT: of the section in hand */
};

/* Whether the file says so much that the rest is left. */
bool rs_tool_parse_full(const struct rs_tool_parse *parse);
/* Takes value, in which NULL means not understood. What turns nothing off
 * and names nothing is no setting. */
void rs_tool_parse_add(struct rs_tool_parse *parse, const struct rs_tool_key *key, char *value);

/* One line, without its end. */
void rs_tool_parse_variables(struct rs_tool_parse *parse, const char *line);
void rs_tool_parse_option(struct rs_tool_parse *parse, const char *line);

#endif
