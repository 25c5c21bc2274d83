/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages for people, on standard error, and the two families of errors:
 * bad input is warned about, with its place, and the run goes on;
 * what stops the run as a whole dies with an exit status of the contract.
 * Every string argument is made safe for a terminal on the way out.
 */
#ifndef RS_MESSAGE_H
#define RS_MESSAGE_H

#include "util.h"

/* Exit statuses of the interface (rootsweep(8), EXIT STATUS). */
enum rs_exit {
	RS_EXIT_OK = 0,
	RS_EXIT_FAILED = 1,	/* the run as a whole could not do its job */
	RS_EXIT_FOUND = 2,	/* something to quarantine, or changes made */
	RS_EXIT_USAGE = 3,	/* usage, invalid policy, --yes missing: nothing touched */
	RS_EXIT_PARTIAL = 4,	/* a bit: may be or-ed with RS_EXIT_FOUND */
};

enum { RS_QUIET = -1, RS_NORMAL = 0, RS_VERBOSE = 1 };
extern int rs_verbosity;

/* "rootsweep: WHERE: text"; where may be NULL, else names file and place. */
void rs_warn(const char *where, const char *fmt, ...) RS_PRINTF(2, 3);
/* Only with -v. */
void rs_note(const char *fmt, ...) RS_PRINTF(1, 2);
__attribute__((noreturn))
void rs_die(enum rs_exit status, const char *fmt, ...) RS_PRINTF(2, 3);

#endif
