/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json-text.h"

#include <ctype.h>
#include <string.h>

/* As deep as Chromium reads. */
#define MAX_DEPTH 200
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define KEY_MAX 128

struct scanner {
	const char *text;
	size_t len, at;
	struct rs_array *arrays;
	struct rs_array keys;		/* char *: where the scanner is */
	unsigned depth, in_array;
};

static void
array_free(void *p)
{
	struct rs_json_array *array = p;

	rs_array_free(&array->keys);
	rs_array_free(&array->elements);
	free(array);
}

/* False for a comment that does not end. */
static bool
skip_blanks(struct scanner *s)
{
	while (s->at < s->len) {
		const char *p = s->text + s->at, *end;
		size_t left = s->len - s->at;

		if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') {
			s->at++;
		} else if (left > 1 && p[0] == '/' && p[1] == '/') {
			end = memchr(p, '\n', left);
			s->at = end == NULL ? s->len : (size_t)(end - s->text) + 1;
		} else if (left > 1 && p[0] == '/' && p[1] == '*') {
			end = memmem(p + 2, left - 2, "*/", 2);
			if (end == NULL)
				return false;
			s->at = (size_t)(end - s->text) + 2;
		} else {
			break;
		}
	}
	return true;
}

/* The next byte that means something, 0 at the end. */
static char
peek(struct scanner *s)
{
	return skip_blanks(s) && s->at < s->len ? s->text[s->at] : '\0';
}

static bool
skip_string(struct scanner *s)
{
	for (s->at++; s->at < s->len && s->text[s->at] != '\0'; s->at++) {
		if (s->text[s->at] == '"') {
			s->at++;
			return true;
		}
		/* What is escaped cannot end the string; s->text ends in a NUL. */
		if (s->text[s->at] == '\\' && s->text[s->at + 1] != '\0')
			s->at++;
	}
	return false;
}

/* A number, true, false or null: which of them is for json-c to say. */
static bool
skip_word(struct scanner *s)
{
	size_t start = s->at;

	while (s->at < s->len && (isalnum((unsigned char)s->text[s->at]) ||
				  s->text[s->at] == '+' || s->text[s->at] == '-' ||
				  s->text[s->at] == '.'))
		s->at++;
	return s->at > start;
}

/* By json-c, which knows no \xHH; to Chromium that is \u00HH. */
static json_object *
parse(const char *text, size_t len, const char **error)
{
	struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH + 1);
	RS_AUTOBUF struct rs_buf plain = { 0 };
	json_object *value;
	size_t from = 0;

	for (size_t i = 0; i + 1 < len; i++) {
		if (text[i] != '\\')
			continue;
		i++;
		if (text[i] != 'x')
			continue;
		rs_buf_add(&plain, text + from, i - from);
		rs_buf_puts(&plain, "u00");
		from = i + 1;
	}
	rs_buf_add(&plain, text + from, len - from);
	value = plain.len > INT32_MAX ? NULL :
	    json_tokener_parse_ex(tokener, plain.data, (int)plain.len);
	*error = json_tokener_error_desc(json_tokener_get_error(tokener));
	json_tokener_free(tokener);
	return value;
}

static char *
key_of(const char *text, size_t len)
{
	const char *error;
	json_object *string = parse(text, len, &error);
	char *key = json_object_is_type(string, json_type_string) ?
	    rs_strndup(json_object_get_string(string), (size_t)json_object_get_string_len(string)) :
	    NULL;

	json_object_put(string);
	return key;
}

static bool scan_value(struct scanner *s);

static bool
scan_member(struct scanner *s)
{
	size_t start = s->at;
	char *key;
	bool good;

	if (peek(s) != '"' || !skip_string(s))
		return false;
	key = key_of(s->text + start, s->at - start);
	if (key == NULL)
		return false;
	/* No key that is looked for is so long, and each array copies it. */
	rs_array_add(&s->keys, strlen(key) > KEY_MAX ? key + strlen(key) : key);
	good = peek(s) == ':';
	s->at++;
	good = good && scan_value(s);
	s->keys.n--;
	free(key);
	return good;
}

static struct rs_json_array *
array_here(struct scanner *s)
{
	struct rs_json_array *array = rs_alloc(sizeof(*array));

	rs_array_init(&array->keys, free);
	for (size_t i = 0; i < s->keys.n; i++)
		rs_array_add(&array->keys, rs_strdup(s->keys.v[i]));
	/* So that it can be handed on as a list of strings. */
	rs_array_add(&array->keys, NULL);
	array->keys.n--;
	rs_array_init(&array->elements, free);
	array->open = s->at;
	return rs_array_add(s->arrays, array);
}

static bool
scan_element(struct scanner *s, struct rs_json_array *array)
{
	struct rs_json_element *element;
	size_t start = s->at;

	if (!scan_value(s))
		return false;
	if (array == NULL)
		return true;
	element = rs_array_add(&array->elements, rs_alloc(sizeof(*element)));
	*element = (struct rs_json_element){ start, s->at - start, 0 };
	if (peek(s) == ',')
		element->comma = s->at;
	return true;
}

/* What stands between the brackets of an object or array, and the last one. */
static bool
scan_inside(struct scanner *s, char close, struct rs_json_array *array)
{
	bool first = true;

	for (;;) {
		char c = peek(s);

		if (c == close) {
			s->at++;
			return true;
		}
		if (!first) {
			if (c != ',')
				return false;
			s->at++;
			if (peek(s) == close)
				continue;
		}
		first = false;
		if (!(close == '}' ? scan_member(s) : scan_element(s, array)))
			return false;
	}
}

static bool
scan_value(struct scanner *s)
{
	char c = peek(s);
	bool good;

	if (c == '"')
		return skip_string(s);
	if (c != '{' && c != '[')
		return skip_word(s);
	if (s->depth == MAX_DEPTH)
		return false;
	s->at++;
	s->depth++;
	if (c == '{') {
		good = scan_inside(s, '}', NULL);
	} else {
		struct rs_json_array *array = s->in_array > 0 ? NULL : array_here(s);

		s->in_array++;
		good = scan_inside(s, ']', array);
		s->in_array--;
	}
	s->depth--;
	return good;
}

static bool
scan(const char *text, size_t len, struct rs_array *arrays)
{
	struct scanner s = { .text = text, .len = len, .arrays = arrays };
	bool good;

	rs_array_init(&s.keys, NULL);
	good = scan_value(&s) && peek(&s) == '\0' && s.at == len;
	rs_array_free(&s.keys);
	return good;
}

static size_t
mark_length(const char *text, size_t len)
{
	size_t n = strlen(BYTE_ORDER_MARK);

	return len >= n && memcmp(text, BYTE_ORDER_MARK, n) == 0 ? n : 0;
}

json_object *
rs_json_read(const char *text, size_t len, struct rs_array *arrays, char **why)
{
	size_t mark = mark_length(text, len);
	const char *error;
	json_object *root = parse(text + mark, len - mark, &error);

	rs_array_init(arrays, array_free);
	if (root != NULL && (!json_object_is_type(root, json_type_object) ||
			     !scan(text + mark, len - mark, arrays))) {
		error = "it is no JSON object";
		json_object_put(root);
		root = NULL;
	}
	if (root == NULL) {
		rs_array_free(arrays);
		*why = rs_strdup(error);
		return NULL;
	}
	for (size_t i = 0; i < arrays->n; i++) {
		struct rs_json_array *array = arrays->v[i];

		array->open += mark;
		for (size_t k = 0; k < array->elements.n; k++) {
			struct rs_json_element *element = array->elements.v[k];

			element->offset += mark;
			element->comma += element->comma > 0 ? mark : 0;
		}
	}
	return root;
}

static bool
has_keys(const struct rs_json_array *array, const char *const *keys)
{
	size_t n = 0;

	while (keys[n] != NULL && n < array->keys.n && rs_streq(keys[n], array->keys.v[n]))
		n++;
	return keys[n] == NULL && n == array->keys.n;
}

const struct rs_json_array *
rs_json_array_find(const struct rs_array *arrays, json_object *root, const char *const *keys,
		   json_object **list)
{
	const struct rs_json_array *found = NULL;

	*list = root;
	for (size_t i = 0; keys[i] != NULL; i++)
		if (!json_object_is_type(*list, json_type_object) ||
		    !json_object_object_get_ex(*list, keys[i], list))
			*list = NULL;
	if (!json_object_is_type(*list, json_type_array)) {
		*list = NULL;
		return NULL;
	}
	for (size_t i = 0; i < arrays->n; i++)
		if (has_keys(arrays->v[i], keys))
			found = arrays->v[i];
	return found != NULL && found->elements.n == json_object_array_length(*list) ? found : NULL;
}

unsigned
rs_json_line(const char *text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}
