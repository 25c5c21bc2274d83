/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Homes for tests, in a private world, and what is found in them. */
#ifndef RS_TEST_HOME_FIXTURE_H
#define RS_TEST_HOME_FIXTURE_H

#include "home-stores.h"

#define HOME_UID 4242

/* alice, with this home. */
struct rs_user home_user(const char *home);

/* An NSS database without a row. */
void home_database(const char *dir);
/* A file with this text, and the folders above it. */
void home_file(const char *path, const char *text);
/* Makes all that is in the home alice's, links by themselves. */
void home_give(const char *home);

/* The word that a reading's begin() says no to, as to what was told before. */
extern const char *home_told;

/*
 * What is told of the home: "state path", or "type text" of a fact, a line
 * each, sorted. HOME_REASONS adds ": reason". HOME_PLACES reads the known
 * places alone, HOME_MOUNTS searches also what is mounted there.
 */
enum { HOME_OWN = 1, HOME_REASONS = 2, HOME_PLACES = 4, HOME_MOUNTS = 8 };
char *home_listing(const char *home, unsigned flags);
void home_expect(const char *home, unsigned flags, const char *want);
/* Among the lines is this one, or one that begins so. */
void home_expect_line(const char *home, unsigned flags, const char *start);

#endif
