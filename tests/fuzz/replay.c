/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands where libFuzzer would: gives a target each input of its corpus once,
 * in TAP. fuzz-NAME has its inputs in $ROOTSWEEP_FUZZ_CORPUS/NAME, or in the
 * files that it is given.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

static int
replay(const char *path)
{
	RS_AUTOBUF struct rs_buf input = { 0 };

	if (rs_read_file(path, 1u << 24, &input) < 0)
		return -1;
	LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.len);
	return 0;
}

static void
find_corpus(const char *program, glob_t *found)
{
	const char *dir = getenv("ROOTSWEEP_FUZZ_CORPUS"), *slash = strrchr(program, '/');
	const char *name = strstr(slash != NULL ? slash : program, "fuzz-");
	RS_AUTOFREE char *pattern = NULL;

	if (dir == NULL || name == NULL)
		return;
	pattern = rs_printf("%s/%s/*", dir, name + strlen("fuzz-"));
	glob(pattern, 0, NULL, found);
}

int
main(int argc, char **argv)
{
	glob_t found = { .gl_pathc = (size_t)argc - 1, .gl_pathv = argv + 1 };
	/* What a target prints is no result. */
	FILE *tap = fdopen(dup(STDOUT_FILENO), "w");
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), failed = 0;

	if (tap == NULL || null < 0)
		return 1;
	dup2(null, STDOUT_FILENO);
	setvbuf(tap, NULL, _IOLBF, 0);
	if (argc == 1)
		find_corpus(argv[0], &found);
	if (found.gl_pathc == 0) {
		fprintf(tap, "1..1\nnot ok 1 - the corpus has inputs\n");
		return 1;
	}
	fprintf(tap, "1..%zu\n", found.gl_pathc);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		bool ok = replay(path) == 0;

		fprintf(tap, "%sok %zu - %s\n", ok ? "" : "not ", i + 1, strrchr(path, '/') ?
			strrchr(path, '/') + 1 : path);
		failed += !ok;
	}
	if (argc == 1)
		globfree(&found);
	fclose(tap);
	close(null);
	return failed > 0;
}
