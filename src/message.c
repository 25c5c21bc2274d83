/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message.h"

#include <stdio.h>

#include "text.h"

int rs_verbosity = RS_NORMAL;

RS_PRINTF(2, 0)
static void
say(const char *where, const char *fmt, va_list ap)
{
	RS_AUTOFREE char *raw = rs_vprintf(fmt, ap);
	RS_AUTOFREE char *text = rs_text_safe(raw);
	RS_AUTOFREE char *place = where == NULL ? NULL : rs_text_safe(where);

	/* One call, so that lines of several processes do not mix. */
	fprintf(stderr, "rootsweep: %s%s%s\n", place ? place : "",
		place ? ": " : "", text);
}

void
rs_warn(const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(where, fmt, ap);
	va_end(ap);
}

void
rs_note(const char *fmt, ...)
{
	va_list ap;

	if (rs_verbosity < RS_VERBOSE)
		return;
	va_start(ap, fmt);
	say(NULL, fmt, ap);
	va_end(ap);
}

void
rs_die(enum rs_exit status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(NULL, fmt, ap);
	va_end(ap);
	exit(status);
}
