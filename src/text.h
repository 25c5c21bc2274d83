/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text from certificates, files and paths is chosen by strangers. It passes
 * through here before a terminal, a log or a JSON document sees it.
 */
#ifndef RS_TEXT_H
#define RS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * For a terminal or a log: one line, valid UTF-8. Control characters (C0,
 * DEL, C1), bidirectional and other invisible format characters, line and
 * paragraph separators, private use, noncharacters and bytes that are no
 * UTF-8 become \xHH (a byte each); a backslash stays as it is. The result
 * is the caller's to free; NULL gives "".
 */
char *rs_text_safe(const char *s);
char *rs_text_safe_n(const char *s, size_t len);

/*
 * For JSON: the same bytes where they are valid UTF-8 (RFC 3629: no
 * surrogates, no overlong forms), U+FFFD for each byte that is not. A NUL
 * byte counts as one that is not.
 */
char *rs_text_utf8(const char *s, size_t len);
bool rs_text_is_utf8(const char *s, size_t len);

/*
 * A JSON document that a terminal may see: what rs_text_safe would not let
 * through, ASCII's whitespace apart, becomes \uHHHH, and bytes that are no
 * UTF-8 become \ufffd. The same document to every reader of JSON.
 */
char *rs_text_json(const char *json);

/*
 * Shortens to at most max columns' worth of characters (as the locale counts
 * them), with "..." at the end where something was cut.
 */
char *rs_text_cut(const char *s, size_t max);

/*
 * The candidate nearest to word, else NULL: an edit distance of 3 or less,
 * and less than the word is long.
 */
const char *rs_text_nearest(const char *word, const char *const *candidates, size_t n);

#endif
