/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file or folder of certificates that settings of tools name, with the
 * settings: what becomes one store of kind tool-config.
 */
#ifndef RS_TOOL_NAMED_H
#define RS_TOOL_NAMED_H

#include <sys/types.h>

#include "tool-places.h"
#include "tool-settings.h"

/* A setting, and the file that it stands in. */
struct rs_tool_place {
	char *file;
	unsigned line;
	const char *key, *tool;
	char *pem;			/* RS_SETTING_PEM: what it says */
};

struct rs_tool_named {
	enum rs_setting_what what;
	char *path;			/* RS_SETTING_PEM: of the file that has the setting */
	dev_t dev;
	ino_t ino;			/* 0: not known */
	struct rs_array places;		/* struct rs_tool_place * */
};

/* Takes path. */
struct rs_tool_named *rs_tool_named_new(enum rs_setting_what what, char *path);
void rs_tool_named_free(void *named);
void rs_tool_named_add(struct rs_tool_named *named, const char *file,
		       const struct rs_tool_setting *setting);

/* The descriptor, or -1 with errno; not for RS_SETTING_PEM. */
int rs_tool_open_named(const struct rs_tool_places *places, enum rs_setting_what what,
		       const char *path);

/* The store; never NULL, and the caller's. */
struct rs_store *rs_tool_named_read(const struct rs_tool_places *places,
				    const struct rs_tool_named *named);

/*
 * Adds the certificates of an open file to the store, which no step takes
 * out, each with the settings' places (NULL: none). witness is of RS_SEEN_.
 */
void rs_tool_add_file(struct rs_store *store, int fd, const char *path,
		      const struct rs_array *places, unsigned witness, const char *reason);

#endif
