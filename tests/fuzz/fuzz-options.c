/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command line: words that NUL bytes end, the first a command's name. A
 * mistake ends the program: here, by --wrap, the thread, which then cleans up
 * after itself as a return would (-fexceptions).
 */
#include <getopt.h>
#include <pthread.h>

#include "fuzz.h"

/* The program's own way to a command, without its main(). */
int rootsweep_main(int argc, char **argv);
#define main rootsweep_main
#include "../../cmd/rootsweep.c"
#undef main

#define MAX_WORDS 32

struct line {
	char *words[MAX_WORDS + 1], **argv;
	int argc;
	struct rs_options options;
	bool taken;
	int status;
};

static __thread struct line *current;

void __wrap_exit(int status) __attribute__((noreturn));
void __real_exit(int status) __attribute__((noreturn));

void
__wrap_exit(int status)
{
	if (current == NULL)
		__real_exit(status);
	current->status = status;
	pthread_exit(NULL);
}

static void *
parse(void *p)
{
	struct line *line = p;

	current = line;
	rs_options_parse(&line->options, find_command(line->argv[0]), &line->argc, &line->argv);
	line->taken = true;
	return NULL;
}

static void
split(struct line *line, char *text, size_t size)
{
	for (size_t at = 0; at < size && line->argc < MAX_WORDS; at += strlen(text + at) + 1)
		line->words[line->argc++] = text + at;
	line->argv = line->words;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_AUTOBUF struct rs_buf bytes = { 0 };
	struct line line = { 0 };
	char name[] = "rootsweep", *nothing[] = { name, NULL };
	pthread_t thread;

	rs_buf_add(&bytes, data, size);
	split(&line, bytes.data, size);
	if (line.argc == 0)
		return 0;
	/* getopt keeps a place in the words of the last call. */
	optind = 0;
	getopt(1, nothing, "");
	rs_verbosity = RS_NORMAL;
	FUZZ_HOLDS(pthread_create(&thread, NULL, parse, &line) == 0);
	pthread_join(thread, NULL);
	if (line.taken) {
		RS_AUTOFREE char *words = rs_command_words(&line.options, "undo", "--last", false);

		FUZZ_HOLDS(line.options.jobs >= 1 && line.options.jobs <= 1024);
		FUZZ_HOLDS(line.options.older_than >= -1 && words != NULL);
		FUZZ_HOLDS(line.options.root == NULL || line.options.root[0] == '/');
	} else {
		FUZZ_HOLDS(line.status == RS_EXIT_USAGE || line.status == RS_EXIT_OK);
	}
	rs_options_free(&line.options);
	return 0;
}
