/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XML that is read here is never more than the bytes of its one file: no
 * network, no other file, nothing on standard error by libxml2 itself. And
 * it is held against a RELAX NG schema that is part of the program.
 */
#ifndef RS_SCHEMA_H
#define RS_SCHEMA_H

#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>

#include "util.h"

/* What a handler of structured errors is given; const since libxml2 2.12. */
#if LIBXML_VERSION >= 21200
typedef const xmlError rs_xml_error;
#else
typedef xmlError rs_xml_error;
#endif

/* Before any other use of libxml2. May be called again. */
void rs_xml_init(void);

/*
 * Reads and compiles a schema. without names a definition of it (NULL: none):
 * references to that are taken out first. NULL with *why set, which says the
 * file and what is wrong with it, and is the caller's.
 */
xmlRelaxNG *rs_schema_read(const char *name, const char *without, char **why);

#endif
