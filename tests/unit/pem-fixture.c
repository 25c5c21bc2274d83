/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "pem-fixture.h"

struct pem_sample pem_a, pem_b, pem_evil;

char *
pem_break_lines(const char *text, size_t width, const char *newline)
{
	struct rs_buf out = { 0 };

	for (size_t len = strlen(text), i = 0; i < len; i += width) {
		rs_buf_add(&out, text + i, len - i < width ? len - i : width);
		rs_buf_puts(&out, newline);
	}
	return rs_buf_steal(&out);
}

static void
make_sample(struct pem_sample *s, const char *name)
{
	RS_AUTOBUF struct rs_buf rdns = { 0 };
	RS_AUTOBUF struct rs_buf percent = { 0 };

	make_rdn(&rdns, 3, 0x0c, name, strlen(name));
	make_cert(&s->der, &(struct make_spec){ .subject = rdns.data, .subject_len = rdns.len });
	s->line = rs_base64(s->der.data, s->der.len);
	s->body = pem_break_lines(s->line, 64, "\n");
	rs_buf_printf(&s->pem, BEGIN "%s" END, s->body);
	rs_buf_puts(&percent, "\"");
	for (size_t i = 0; i < s->der.len; i++)
		rs_buf_printf(&percent, i % 2 ? "%%%02X" : "%%%02x",
			      (unsigned char)s->der.data[i]);
	rs_buf_puts(&percent, "\"");
	s->percent = rs_buf_steal(&percent);
}

int
pem_setup(void **state RS_UNUSED)
{
	make_sample(&pem_a, "A");
	make_sample(&pem_b, "B");
	make_sample(&pem_evil, "Evil, with a name of some length");
	return 0;
}

static void
free_sample(struct pem_sample *s)
{
	rs_buf_free(&s->der);
	rs_buf_free(&s->pem);
	free(s->body);
	free(s->line);
	free(s->percent);
}

int
pem_teardown(void **state RS_UNUSED)
{
	free_sample(&pem_a);
	free_sample(&pem_b);
	free_sample(&pem_evil);
	return 0;
}

bool
pem_is(const struct rs_pem_block *block, const struct pem_sample *s)
{
	return block->der_len == s->der.len &&
	    memcmp(block->der, s->der.data, s->der.len) == 0;
}

void
pem_cut(struct rs_buf *out, const struct rs_buf *file, const struct rs_pem_block *block)
{
	assert_true(block->offset <= file->len && block->length <= file->len - block->offset);
	rs_buf_add(out, file->data, block->offset);
	rs_buf_add(out, file->data + block->offset + block->length,
		   file->len - block->offset - block->length);
}

void
pem_find(const struct rs_buf *file, struct rs_array *found, size_t *broken)
{
	char *exact = file->len > 0 ? malloc(file->len) : NULL;

	if (exact != NULL)
		memcpy(exact, file->data, file->len);
	rs_pem_find(exact, file->len, found, broken);
	free(exact);
}

void
pem_expect(const char *text, size_t len, const char *label, const char *left,
	   size_t left_len)
{
	RS_AUTOBUF struct rs_buf file = { 0 };
	RS_AUTOBUF struct rs_buf got = { 0 };
	RS_AUTOBUF struct rs_buf want = { 0 };
	const struct rs_pem_block *block;
	struct rs_array found;
	size_t broken;

	rs_buf_add(&file, pem_a.pem.data, pem_a.pem.len);
	rs_buf_add(&file, text, len);
	rs_buf_add(&file, pem_b.pem.data, pem_b.pem.len);
	pem_find(&file, &found, &broken);
	assert_int_equal(found.n, 3);
	assert_int_equal(broken, 0);
	block = found.v[1];
	assert_true(pem_is(found.v[0], &pem_a));
	assert_true(pem_is(block, &pem_evil));
	assert_true(pem_is(found.v[2], &pem_b));
	assert_string_equal(block->label, label);
	pem_cut(&got, &file, block);
	rs_buf_add(&want, pem_a.pem.data, pem_a.pem.len);
	rs_buf_add(&want, left, left_len);
	rs_buf_add(&want, pem_b.pem.data, pem_b.pem.len);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	rs_array_free(&found);
}
