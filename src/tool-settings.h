/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings by which tools are told whom to trust: which files hold them, in
 * which syntax, and what they are called. Nothing of a file is executed, and
 * nothing but the home's path is expanded.
 */
#ifndef RS_TOOL_SETTINGS_H
#define RS_TOOL_SETTINGS_H

#include "util.h"

enum rs_tool_syntax {
	RS_SYNTAX_SHELL,	/* sh(1) and its kin: NAME=value wherever a word begins */
	RS_SYNTAX_FISH,		/* as that, and set -x NAME value */
	RS_SYNTAX_ENV,		/* environment.d(5), pam_env(8): NAME=value to the line's end */
	RS_SYNTAX_UNIT,		/* systemd.exec(5): Environment=NAME=value "NAME=value" */
	RS_SYNTAX_CURL,		/* curl(1), --config */
	RS_SYNTAX_WGET,
	RS_SYNTAX_GIT,		/* git-config(1) */
	RS_SYNTAX_NPM,
	RS_SYNTAX_PIP,
};

enum rs_setting_what {
	RS_SETTING_FILE,	/* names a file of certificates */
	RS_SETTING_DIR,		/* names a folder of them */
	RS_SETTING_KEYSTORE,	/* names a keystore of Java's */
	RS_SETTING_PEM,		/* is a certificate itself */
	RS_SETTING_OFF,		/* turns the check of certificates off */
	RS_SETTING_INCLUDE,	/* names another file of this syntax */
};

struct rs_tool_setting {
	enum rs_setting_what what;
	const char *key;	/* what it is called: "cacert" */
	const char *tool;	/* who obeys it, for people: "curl" */
	char *value;		/* path or PEM; NULL: set in a way that is not understood */
	unsigned line;		/* from 1 */
};

/* A place of such a file: below the home, or from the root without its slash;
 * each part may be a pattern. */
struct rs_tool_file {
	const char *pattern;
	enum rs_tool_syntax syntax;
};

extern const struct rs_tool_file rs_tool_home_files[];		/* ends with pattern NULL */
extern const struct rs_tool_file rs_tool_system_files[];

/* A larger file is not read. */
#define RS_TOOL_FILE_MAX (1u << 20)
/* No more settings are taken from one file. */
#define RS_TOOL_SETTINGS_MAX 1000

/*
 * The settings in a file's bytes, in their order, as struct rs_tool_setting *;
 * settings is initialised here and owned by the caller. An assignment does not
 * hide an earlier one: all are told. home stands for ~, $HOME and %h; with
 * NULL a value with one of these is not understood.
 */
void rs_tool_settings_read(struct rs_array *settings, enum rs_tool_syntax syntax,
			   const char *data, size_t len, const char *home);

#endif
