/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DER name (RFC 5280, 4.1.2.4) as what its attributes say. To parse is for
 * a worker that has given up its rights: names are foreign.
 */
#ifndef RS_NAME_H
#define RS_NAME_H

#include "der.h"

/* One attribute of a name. */
struct rs_name_value {
	char *oid;	/* dotted */
	char *text;	/* UTF-8 */
};

/*
 * Adds the attributes of a name to values (struct rs_name_value *), which is
 * initialised here. A value that is no text, holds a NUL or is longer than
 * 1 KiB, and what stands behind the 256th attribute or behind an error, is
 * left out: no pattern fits it.
 */
void rs_name_values(const void *der, size_t len, struct rs_array *values);

/* A character string of any of ASN.1's types as UTF-8, the caller's to free;
 * NULL for what rs_name_values leaves out. */
char *rs_name_text(const struct rs_der *value);

#endif
