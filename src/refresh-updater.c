/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Layouts whose updater makes all that is derived anew. What it does not know
 * of are hash links that somebody made by hand: where one of several with the
 * same hash went, OpenSSL would stop looking at its number.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "layout.h"
#include "refresh.h"

#define MAX_NUMBER 1000

bool
rs_refresh_run(struct rs_refresh *refresh, const char *const argv[], const char *input,
	       unsigned seconds, char **why)
{
	RS_AUTOBUF struct rs_buf output = { 0 };
	RS_AUTOFREE char *problem = NULL;
	int status = rs_change_run(argv, input, seconds, &output, &problem);
	char *last;

	if (status == 0)
		return true;
	refresh->pending |= refresh->in_root && status == RS_RUN_NOT_STARTED;
	while (output.len > 0 && output.data[output.len - 1] == '\n')
		output.data[--output.len] = '\0';
	last = output.len > 0 ? strrchr(output.data, '\n') : NULL;
	if (status < 0)
		*why = rs_printf("%s: %s", argv[0], problem);
	else
		*why = rs_printf("%s ended with status %d%s%s", argv[0], status,
				 output.len > 0 ? ": " : "",
				 output.len > 0 ? last ? last + 1 : output.data : "");
	return false;
}

/* HASH of "HASH.NUMBER", with its dot; 0 where name is none. */
static size_t
hash_length(const char *name)
{
	size_t n = strspn(name, "0123456789abcdef");

	return n == 8 && name[8] == '.' && name[9] != '\0' &&
	    strspn(name + 9, "0123456789") == strlen(name + 9) ? 9 : 0;
}

static bool
is_there(int dirfd, const char *name)
{
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The last of the same hash takes the number that is free now. */
static bool
close_gap(const struct rs_step *step, char **why)
{
	const char *name = strrchr(step->path, '/') + 1;
	RS_AUTOFREE char *dir = rs_strndup(step->path, (size_t)(name - step->path));
	size_t hash = hash_length(name), number;
	RS_AUTOFREE char *last = NULL;
	RS_AUTOCLOSE int fd = -1;

	if (hash == 0)
		return true;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || is_there(fd, name))
		return true;
	for (number = strtoul(name + hash, NULL, 10) + 1; number < MAX_NUMBER; number++) {
		RS_AUTOFREE char *next = rs_printf("%.*s%zu", (int)hash, name, number);

		if (!is_there(fd, next))
			break;
		free(last);
		last = rs_steal(&next);
	}
	if (last == NULL || rs_change_rename(fd, last, name) == 0)
		return true;
	*why = rs_printf("%s%s: %s", dir, last, strerror(errno));
	return false;
}

bool
rs_refresh_close_gaps(const struct rs_record *record, char **why)
{
	bool good = true;

	for (size_t i = 0; i < record->steps.n && good; i++) {
		const struct rs_step *step = record->steps.v[i];

		if (step->kind == RS_STEP_FILE && step->derived && step->op == RS_FILE_REMOVE)
			good = close_gap(step, why);
	}
	return good;
}

bool
rs_refresh_by_updater(struct rs_refresh *refresh)
{
	const struct rs_layout *layout = rs_layout_find(refresh->step->layout);
	const char *argv[] = { NULL, layout->argument, NULL };

	for (const char *const *path = layout->updaters; *path != NULL && argv[0] == NULL; path++)
		if (access(*path, F_OK) == 0)
			argv[0] = *path;
	if (argv[0] == NULL) {
		refresh->pending = true;
		refresh->reason = rs_printf("%s is not there, and no other tool is known here that "
		    "makes the copies which programs read: make them, then run rootsweep recover",
		    layout->updaters[0]);
		return false;
	}
	return rs_refresh_run(refresh, argv, NULL, RS_UPDATER_SECONDS, &refresh->reason) &&
	    (refresh->undo || rs_refresh_close_gaps(refresh->record, &refresh->reason));
}
