/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mounts.h"

#include <string.h>

#define MOUNTINFO "/proc/self/mountinfo"
#define MAX_SIZE (16u << 20)

/* Fields before the optional ones, of which point is the fifth. */
#define FIXED_FIELDS 6

static void
mount_free(void *p)
{
	struct rs_mount *mount = p;

	free(mount->point);
	free(mount->type);
	free(mount->source);
	free(mount);
}

/* The kernel writes space, tab, newline and backslash as \ooo. */
static char *
unescape(const char *text)
{
	char *out = rs_alloc(strlen(text) + 1), *to = out;

	while (*text != '\0') {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
	return out;
}

static void
parse_line(struct rs_array *mounts, char *line)
{
	char *save = NULL, *point = NULL, *type, *source;
	struct rs_mount *mount;
	size_t n = 0;

	for (char *field = strtok_r(line, " ", &save); field != NULL;
	     field = strtok_r(NULL, " ", &save)) {
		if (++n == 5)
			point = field;
		if (n > FIXED_FIELDS && rs_streq(field, "-"))
			break;
	}
	type = strtok_r(NULL, " ", &save);
	source = strtok_r(NULL, " ", &save);
	if (point == NULL || type == NULL)
		return;
	mount = rs_array_add(mounts, rs_alloc(sizeof(*mount)));
	mount->point = unescape(point);
	mount->type = unescape(type);
	mount->source = unescape(source != NULL ? source : "");
}

void
rs_mounts_parse(struct rs_array *mounts, const char *text)
{
	RS_AUTOFREE char *copy = rs_strdup(text);
	char *save = NULL;

	rs_array_init(mounts, mount_free);
	for (char *line = strtok_r(copy, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		parse_line(mounts, line);
}

void
rs_mounts_read(struct rs_array *mounts)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_mounts_parse(mounts, rs_read_file(MOUNTINFO, MAX_SIZE, &text) < 0 ? "" : text.data);
}

static bool
is_below(const char *path, const char *point)
{
	size_t n = strlen(point);

	return strncmp(path, point, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool
is_network(const struct rs_mount *mount)
{
	/* autofs: nobody knows what going there would mount. */
	static const char *const types[] = {
		"afs", "autofs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph",
		"fuse.ceph-fuse", "fuse.curlftpfs", "fuse.davfs", "fuse.davfs2", "fuse.glusterfs",
		"fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs", "glusterfs", "lustre",
		"ncpfs", "nfs", "nfs4", "orangefs", "pvfs2", "smb3", "smbfs",
	};

	for (size_t i = 0; i < RS_COUNT(types); i++)
		if (rs_streq(mount->type, types[i]))
			return true;
	/* davfs2 and others name only their server. */
	return rs_starts(mount->type, "fuse") && strstr(mount->source, "://") != NULL;
}

const char *
rs_mounts_network(const struct rs_array *mounts, const char *path)
{
	const struct rs_mount *nearest = NULL;

	for (size_t i = 0; i < mounts->n; i++) {
		const struct rs_mount *mount = mounts->v[i];

		/* Of two at one place the later hides the earlier. Without the root
		 * nothing here would run, wherever it is. */
		if (mount->point[0] == '/' && mount->point[1] != '\0' &&
		    is_below(path, mount->point) && (nearest == NULL ||
		    strlen(mount->point) >= strlen(nearest->point)))
			nearest = mount;
	}
	return nearest != NULL && is_network(nearest) ? nearest->type : NULL;
}
