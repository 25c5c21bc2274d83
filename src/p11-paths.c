/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "p11-paths.h"

#include <ctype.h>
#include <string.h>

#define CONFIG_MAX (1u << 20)
#define SETTING "x-init-reserved"
#define ARGUMENT "paths="

/*
 * The next word of the module's arguments: blanks part words, quotes of
 * either kind and backslashes hold them together. NULL at the end.
 */
static char *
next_word(const char **text)
{
	RS_AUTOBUF struct rs_buf word = { 0 };
	const char *p = *text;
	char quote = '\0';

	while (isspace((unsigned char)*p))
		p++;
	if (*p == '\0')
		return NULL;
	for (; *p != '\0' && (quote != '\0' || !isspace((unsigned char)*p)); p++) {
		if (*p == quote && quote != '\0')
			quote = '\0';
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && p[1] != '\0')
			rs_buf_add(&word, ++p, 1);
		else
			rs_buf_add(&word, p, 1);
	}
	*text = p;
	return rs_buf_steal(&word);
}

static void
add_paths(char *list, struct rs_array *paths)
{
	char *save = NULL;

	for (char *path = strtok_r(list, ":", &save); path != NULL;
	     path = strtok_r(NULL, ":", &save)) {
		size_t len = strlen(path);

		while (len > 1 && path[len - 1] == '/')
			path[--len] = '\0';
		if (path[0] == '/')
			rs_array_add_str(paths, path);
	}
}

/* The last "paths=" of the module's arguments holds. */
static bool
read_arguments(const char *arguments, struct rs_array *paths)
{
	RS_AUTOFREE char *list = NULL;

	for (;;) {
		RS_AUTOFREE char *word = next_word(&arguments);

		if (word == NULL)
			break;
		if (!rs_starts(word, ARGUMENT))
			continue;
		free(list);
		list = rs_strdup(word + strlen(ARGUMENT));
	}
	if (list != NULL)
		add_paths(list, paths);
	return list != NULL;
}

bool
rs_p11_paths_parse(const char *text, struct rs_array *paths)
{
	RS_AUTOFREE char *copy = rs_strdup(text);
	char *save = NULL, *value = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char *colon = strchr(line, ':');
		size_t n;

		line += strspn(line, " \t\r");
		if (*line == '#' || colon == NULL || colon < line)
			continue;
		n = (size_t)(colon - line);
		while (n > 0 && isspace((unsigned char)line[n - 1]))
			n--;
		if (n == strlen(SETTING) && memcmp(line, SETTING, n) == 0)
			value = colon + 1;
	}
	return value != NULL && read_arguments(value, paths);
}

bool
rs_p11_paths_configured(const char *root, struct rs_array *paths)
{
	static const char *const files[] = { RS_P11_ADMIN_MODULE, RS_P11_VENDOR_MODULE };

	for (size_t i = 0; i < RS_COUNT(files); i++) {
		RS_AUTOFREE char *file = rs_printf("%s%s", root, files[i]);
		RS_AUTOBUF struct rs_buf text = { 0 };

		if (rs_read_file(file, CONFIG_MAX, &text) == 0 && text.len > 0 &&
		    rs_p11_paths_parse(text.data, paths))
			return paths->n > 0;
	}
	return false;
}
