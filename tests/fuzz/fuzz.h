/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libFuzzer and replay.c ask of a target: one parser each. A target says
 * not only "does not crash" but what holds for every input that it takes.
 */
#ifndef RS_FUZZ_H
#define RS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process where that does not hold, as any fault does. */
#define FUZZ_HOLDS(what) do { \
	if (!(what)) { \
		fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #what); \
		abort(); \
	} \
} while (0)

/* The bytes in a block of memory of just their size, so that a step too far is
 * seen. The caller frees it. */
static inline char *
fuzz_copy(const uint8_t *data, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);

	FUZZ_HOLDS(copy != NULL);
	for (size_t i = 0; i < size; i++)
		copy[i] = (char)data[i];
	return copy;
}

#endif
