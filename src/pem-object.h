/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * p11-kit's persistent objects: sections "[p11-kit-object-v1]" of NAME: VALUE
 * lines. Only p11-kit reads them, and it trusts a certificate in such a line
 * as much as one in a PEM block.
 */
#ifndef RS_PEM_OBJECT_H
#define RS_PEM_OBJECT_H

#include "util.h"

/*
 * Adds the certificates in such lines to found, which holds the file's other
 * blocks in order. An object that has just one certificate becomes the range
 * of that block: p11-kit reads nothing behind an object without its
 * certificate.
 */
void rs_pem_find_objects(const char *data, size_t len, struct rs_array *found);

#endif
