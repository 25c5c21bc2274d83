/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Another process that has something open, as a browser has its profile. */
#ifndef RS_TEST_HOLD_FIXTURE_H
#define RS_TEST_HOLD_FIXTURE_H

#include <sys/types.h>

/* What Chromium does all the time: reading keeps a lock on the database. */
#define HOLD_READING "BEGIN; SELECT * FROM sqlite_schema"

/* A process that runs SQL on the database and keeps it open. */
pid_t hold_database(const char *path, const char *sql);
/* One that holds a lock on the whole file, which it makes. */
pid_t hold_file(const char *path);
/* One that does nothing. */
pid_t hold_nothing(void);
void hold_end(pid_t pid);

#endif
