/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file may be a policy: a regular one, without a DOCTYPE and, for root, root's own. */
#include "policy-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>

/*
 * The group's bits are the mask of an access list: where one is, they tell
 * what others may, whatever group the file has.
 */
static bool
others_may_write(const struct stat *st)
{
	return st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

bool
rs_policy_is_roots_directory(const char *path)
{
	RS_AUTOFREE char *copy = rs_strdup(path);
	char *slash = strrchr(copy, '/');
	struct stat st;

	if (slash != NULL)
		slash[slash == copy] = '\0';
	return stat(slash != NULL ? copy : ".", &st) == 0 && !others_may_write(&st);
}

static bool
is_roots(struct rs_policy_reading *reading, int fd)
{
	const char *path = reading->file->path;
	RS_AUTOFREE char *real = realpath(path, NULL);
	struct stat st;

	if (fstat(fd, &st) < 0 || others_may_write(&st))
		rs_policy_problem(reading, 0, "a run as root reads only what root alone can "
				  "write: chown root:root it, and chmod go-w");
	else if (!rs_policy_is_roots_directory(path) || real == NULL ||
		 !rs_policy_is_roots_directory(real))
		rs_policy_problem(reading, 0, RS_POLICY_NOT_ROOTS_DIRECTORY);
	else
		return true;
	return false;
}

static const char *
why_not(int error)
{
	switch (error) {
	case EISDIR:
		return "is a directory: expected an XML file";
	case ENXIO:
		return "is not a regular file: expected an XML file";
	default:
		return strerror(error);
	}
}

struct prolog {
	xmlParserCtxt *ctxt;
	unsigned long doctype;		/* its line */
	bool ended;
};

static void
on_doctype(void *data, RS_UNUSED const xmlChar *name, RS_UNUSED const xmlChar *public_id,
	   RS_UNUSED const xmlChar *system_id)
{
	struct prolog *prolog = data;

	prolog->doctype = (unsigned long)xmlSAX2GetLineNumber(prolog->ctxt);
	prolog->ended = true;
	xmlStopParser(prolog->ctxt);
}

static void
on_element(void *data, RS_UNUSED const xmlChar *name, RS_UNUSED const xmlChar *prefix,
	   RS_UNUSED const xmlChar *uri, RS_UNUSED int n_namespaces,
	   RS_UNUSED const xmlChar **namespaces, RS_UNUSED int n_attributes,
	   RS_UNUSED int n_defaulted, RS_UNUSED const xmlChar **attributes)
{
	struct prolog *prolog = data;

	prolog->ended = true;
	xmlStopParser(prolog->ctxt);
}

static void
on_error(RS_UNUSED void *data, RS_UNUSED rs_xml_error *error)
{
}

/*
 * The line of a DOCTYPE, else 0: found before anything that it declares is
 * looked at. Errors are left to the reader, which says them better.
 */
static unsigned long
find_doctype(int fd)
{
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC, .internalSubset = on_doctype,
		.startElementNs = on_element, .serror = on_error,
	};
	struct prolog prolog = { 0 };
	char buf[4096];
	off_t at = 0;
	ssize_t n;

	prolog.ctxt = xmlCreatePushParserCtxt(&sax, &prolog, NULL, 0, NULL);
	if (prolog.ctxt == NULL)
		return 0;
	xmlCtxtUseOptions(prolog.ctxt, XML_PARSE_NONET);
	while (!prolog.ended && (n = pread(fd, buf, sizeof(buf), at)) > 0) {
		at += n;
		if (xmlParseChunk(prolog.ctxt, buf, (int)n, 0) != 0)
			break;
	}
	xmlFreeParserCtxt(prolog.ctxt);
	return prolog.doctype;
}

/* 0, or -1 after a problem was told. */
static int
check_content(struct rs_policy_reading *reading, int fd, off_t size)
{
	unsigned long doctype;

	if (size > (off_t)RS_POLICY_FILE_MAX) {
		rs_policy_problem(reading, 0, "is larger than 64 MiB, the bound for a policy");
		return -1;
	}
	if (size == 0) {
		rs_policy_problem(reading, 0, "is empty: expected <policy xmlns=\"%s\" "
				  "version=\"...\">", RS_POLICY_NS);
		return -1;
	}
	doctype = find_doctype(fd);
	if (doctype > 0) {
		rs_policy_problem(reading, doctype, "a DOCTYPE: expected none in a policy");
		return -1;
	}
	return 0;
}

int
rs_policy_open(struct rs_policy_reading *reading)
{
	RS_AUTOCLOSE int fd = rs_open_regular(AT_FDCWD, reading->file->path, 0);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		rs_policy_problem(reading, 0, "cannot be read: %s", why_not(errno));
		return -1;
	}
	if (reading->privileged && !is_roots(reading, fd))
		return -1;
	return check_content(reading, fd, st.st_size) < 0 ? -1 : rs_steal_fd(&fd);
}
