/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cutting elements out of JSON, and the way back: json-text.h. */
#include <string.h>

#include "json-text.h"
#include "plan.h"

/* Bytes that go. */
struct gap {
	size_t offset, length;
};

static int
by_offset(const void *a, const void *b)
{
	const struct gap *x = *(struct gap *const *)a, *y = *(struct gap *const *)b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void
add_gap(struct rs_array *gaps, size_t offset, size_t length)
{
	struct gap *gap = rs_array_add(gaps, rs_alloc(sizeof(*gap)));

	*gap = (struct gap){ offset, length };
}

static bool
is_cut(const struct rs_json_element *element, const struct rs_array *ranges)
{
	for (size_t i = 0; i < ranges->n; i++) {
		const struct rs_range *range = ranges->v[i];

		if (range->offset == element->offset && range->length == element->length)
			return true;
	}
	return false;
}

/*
 * Each element that goes takes the comma behind it; where there is none, the
 * last one before it that no other took. So exactly as many stay as the rest
 * needs, and one behind the last element stays what it is.
 */
static size_t
gaps_of_array(const struct rs_json_array *array, const struct rs_array *ranges,
	      struct rs_array *gaps)
{
	RS_AUTOFREE bool *taken = rs_alloc(array->elements.n + 1);
	size_t cut = 0;

	for (size_t i = 0; i < array->elements.n; i++) {
		const struct rs_json_element *element = array->elements.v[i];

		if (!is_cut(element, ranges))
			continue;
		cut++;
		add_gap(gaps, element->offset, element->length);
		for (size_t k = i + 1; k-- > 0; ) {
			const struct rs_json_element *before = array->elements.v[k];

			if (before->comma == 0 || taken[k])
				continue;
			taken[k] = true;
			add_gap(gaps, before->comma, 1);
			break;
		}
	}
	return cut;
}

/* The same elements taken out of json-c's document. */
static bool
remove_from(json_object *root, const struct rs_array *arrays, const struct rs_json_array *array,
	    const struct rs_array *ranges)
{
	json_object *list;

	if (rs_json_array_find(arrays, root, (const char *const *)array->keys.v, &list) != array)
		return false;
	for (size_t i = array->elements.n; i-- > 0; )
		if (is_cut(array->elements.v[i], ranges))
			json_object_array_del_idx(list, i, 1);
	return true;
}

static bool
means(const struct rs_buf *text, json_object *wanted)
{
	RS_CLEANUP(rs_array_free) struct rs_array arrays;
	RS_AUTOFREE char *why = NULL;
	json_object *root = rs_json_read(text->data, text->len, &arrays, &why);
	bool same = root != NULL && json_object_equal(root, wanted) != 0;

	json_object_put(root);
	return same;
}

static void
copy_without(const struct rs_buf *from, struct rs_array *gaps, struct rs_buf *to)
{
	size_t at = 0;

	if (gaps->n > 0)
		qsort(gaps->v, gaps->n, sizeof(*gaps->v), by_offset);
	for (size_t i = 0; i < gaps->n; i++) {
		const struct gap *gap = gaps->v[i];

		rs_buf_add(to, from->data + at, gap->offset - at);
		at = gap->offset + gap->length;
	}
	rs_buf_add(to, from->data + at, from->len - at);
}

bool
rs_json_cut(const struct rs_buf *from, const struct rs_array *ranges, struct rs_buf *to)
{
	RS_CLEANUP(rs_array_free) struct rs_array arrays, gaps;
	RS_AUTOFREE char *why = NULL;
	json_object *root = rs_json_read(from->data, from->len, &arrays, &why);
	size_t cut = 0;
	bool good = root != NULL;

	rs_array_init(&gaps, free);
	for (size_t i = 0; good && i < arrays.n; i++) {
		size_t n = gaps_of_array(arrays.v[i], ranges, &gaps);

		good = n == 0 || remove_from(root, &arrays, arrays.v[i], ranges);
		cut += n;
	}
	good = good && cut == ranges->n;
	if (good) {
		copy_without(from, &gaps, to);
		good = means(to, root);
	}
	json_object_put(root);
	return good;
}

/* The array whose element a range is, and the element's index. */
static const struct rs_json_array *
array_of_range(const struct rs_array *arrays, const struct rs_range *range, size_t *index)
{
	for (size_t i = 0; i < arrays->n; i++) {
		const struct rs_json_array *array = arrays->v[i];

		for (*index = 0; *index < array->elements.n; (*index)++) {
			const struct rs_json_element *element = array->elements.v[*index];

			if (element->offset == range->offset && element->length == range->length)
				return array;
		}
	}
	return NULL;
}

#define NOWHERE SIZE_MAX

static size_t
index_of(json_object *list, json_object *wanted)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_equal(json_object_array_get_idx(list, i), wanted))
			return i;
	return NOWHERE;
}

static size_t
count(json_object *list, json_object *wanted)
{
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		n += json_object_equal(json_object_array_get_idx(list, i), wanted) != 0;
	return n;
}

/* Behind the nearest neighbour before it, before the nearest behind it, or at
 * the end: the index that it gets. */
static size_t
place_for(json_object *old_list, size_t index, json_object *list)
{
	for (size_t i = index; i-- > 0; ) {
		size_t at = index_of(list, json_object_array_get_idx(old_list, i));

		if (at != NOWHERE)
			return at + 1;
	}
	for (size_t i = index + 1; i < json_object_array_length(old_list); i++) {
		size_t at = index_of(list, json_object_array_get_idx(old_list, i));

		if (at != NOWHERE)
			return at;
	}
	return json_object_array_length(list);
}

static void
insert(const struct rs_json_array *array, size_t place, const char *value, size_t len,
       struct rs_buf *text)
{
	const struct rs_json_element *element = array->elements.n == 0 ? NULL :
	    array->elements.v[place > 0 ? place - 1 : 0];
	size_t at = element == NULL ? array->open :
	    place > 0 ? element->offset + element->length : element->offset;
	struct rs_buf joined = { 0 };

	rs_buf_add(&joined, text->data, at);
	if (place > 0)
		rs_buf_puts(&joined, ", ");
	rs_buf_add(&joined, value, len);
	if (place == 0 && element != NULL)
		rs_buf_puts(&joined, ", ");
	rs_buf_add(&joined, text->data + at, text->len - at);
	rs_buf_free(text);
	*text = joined;
}

/* json-c's array with one more element at place. */
static void
insert_value(json_object *list, size_t place, json_object *value)
{
	size_t n = json_object_array_length(list);

	json_object_array_add(list, NULL);
	for (size_t i = n; i > place; i--)
		json_object_array_put_idx(list, i,
		    json_object_get(json_object_array_get_idx(list, i - 1)));
	json_object_array_put_idx(list, place, json_object_get(value));
}

static bool
put_back_one(const struct rs_buf *original, const struct rs_json_array *array,
	     json_object *old_list, size_t index, struct rs_buf *now)
{
	const struct rs_json_element *element = array->elements.v[index];
	json_object *value = json_object_array_get_idx(old_list, index), *list = NULL;
	RS_CLEANUP(rs_array_free) struct rs_array arrays;
	RS_AUTOFREE char *why = NULL;
	json_object *root = rs_json_read(now->data, now->len, &arrays, &why);
	const struct rs_json_array *target = root == NULL ? NULL :
	    rs_json_array_find(&arrays, root, (const char *const *)array->keys.v, &list);
	bool good = target != NULL;

	if (good && count(list, value) < count(old_list, value)) {
		size_t place = place_for(old_list, index, list);

		insert(target, place, original->data + element->offset, element->length, now);
		insert_value(list, place, value);
		good = means(now, root);
	}
	json_object_put(root);
	return good;
}

bool
rs_json_put_back(const struct rs_buf *original, const struct rs_array *ranges,
		 struct rs_buf *now)
{
	RS_CLEANUP(rs_array_free) struct rs_array arrays;
	RS_AUTOFREE char *why = NULL;
	json_object *root = rs_json_read(original->data, original->len, &arrays, &why);
	bool good = root != NULL;

	for (size_t i = 0; good && i < ranges->n; i++) {
		size_t index = 0;
		const struct rs_json_array *array = array_of_range(&arrays, ranges->v[i], &index);
		json_object *list = NULL;

		good = array != NULL && rs_json_array_find(&arrays, root,
		    (const char *const *)array->keys.v, &list) == array &&
		    put_back_one(original, array, list, index, now);
	}
	json_object_put(root);
	return good;
}
