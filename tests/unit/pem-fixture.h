/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three certificates in the forms that certificate files have them in, and
 * what is expected of such files.
 */
#ifndef RS_TEST_PEM_FIXTURE_H
#define RS_TEST_PEM_FIXTURE_H

#include "make-der.h"
#include "pem.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

/* One certificate, in all the forms that the tests need. */
struct pem_sample {
	struct rs_buf der, pem;
	char *body;		/* base64 in lines of 64, each with its end */
	char *line;		/* base64 in one */
	char *percent;		/* in quotes, each byte as %HH */
};

extern struct pem_sample pem_a, pem_b, pem_evil;

int pem_setup(void **state);
int pem_teardown(void **state);

char *pem_break_lines(const char *text, size_t width, const char *newline);
bool pem_is(const struct rs_pem_block *block, const struct pem_sample *sample);
/* Adds to out the file without this block. */
void pem_cut(struct rs_buf *out, const struct rs_buf *file, const struct rs_pem_block *block);
/* rs_pem_find, with nothing behind the bytes, so that a step too far is seen. */
void pem_find(const struct rs_buf *file, struct rs_array *found, size_t *broken);

/*
 * Between the blocks of a and b stands text with evil in it: all three are
 * found, and without evil's range there is left in its place.
 */
void pem_expect(const char *text, size_t len, const char *label, const char *left,
		size_t left_len);

#endif
