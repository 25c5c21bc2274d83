/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libxml2 says of an invalid element little more than that it is. This says
 * what was expected, by a table of the same language; it has no say in what
 * is valid, and is asked only after the schema has refused.
 */
#include "policy-impl.h"

#include <stdio.h>
#include <string.h>

struct value {
	const char *expected;		/* or NULL: one of words */
	const char *const *words;
	bool (*good)(const char *text);
};

/* How many of a group of attributes must be there. */
enum need { MAY, MUST, ONE_OF, SOME_OF };

struct attribute {
	const char *name;
	enum need need;
	const struct value *value;
};

struct child {
	const char *name;
	bool must, many;
};

enum content { NOTHING, TEXT, IN_ORDER, ANY };

struct element {
	const char *name;
	enum content content;
	const struct attribute *attributes;
	const struct child *children;
};

static bool
is_made_of(const char *text, const char *first, const char *rest, size_t max)
{
	size_t len = strlen(text);

	return len > 0 && len <= max && strchr(first, text[0]) != NULL &&
	       strspn(text + 1, rest) == len - 1;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"

static bool
good_id(const char *text)
{
	return is_made_of(text, LOWER DIGITS, LOWER DIGITS "._-", 100);
}

static bool
good_version(const char *text)
{
	return is_made_of(text, LOWER UPPER DIGITS, LOWER UPPER DIGITS ".+~_-", 64);
}

static bool
good_number(const char *text)
{
	return is_made_of(text, "123456789", DIGITS, 9);
}

static bool
good_country(const char *text)
{
	return is_made_of(text, UPPER, UPPER, 2) && text[1] != '\0';
}

static bool
good_sha256(const char *text)
{
	return rs_is_hex(text, 64);
}

static bool
good_sha1(const char *text)
{
	return rs_is_hex(text, 40);
}

static bool
good_serial(const char *text)
{
	return is_made_of(text, HEX, HEX, 128) && strlen(text) % 2 == 0;
}

static bool
good_key_id(const char *text)
{
	return good_serial(text) && strlen(text) >= 32;
}

static bool
good_base64(const char *text)
{
	RS_AUTOFREE unsigned char *data = NULL;
	size_t len;

	return rs_unbase64(text, &data, &len) && len >= 2 && len <= 8192;
}

static bool
good_date(const char *text)
{
	return rs_policy_day(text) != -1;
}

static bool
good_href(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon != NULL && colon > text && colon[1] != '\0' && strchr(text, ' ') == NULL &&
	       strspn(text, LOWER DIGITS "+.-") == (size_t)(colon - text);
}

static bool
good_host(const char *text)
{
	return is_made_of(text, LOWER UPPER DIGITS "_.-", LOWER UPPER DIGITS "_.-", 253);
}

static bool
good_type(const char *text)
{
	return is_made_of(text, LOWER UPPER, LOWER UPPER DIGITS "-", 32) ||
	       (is_made_of(text, "012", DIGITS ".", 240) && strchr(text, '.') != NULL);
}

static bool
good_pattern(const char *text)
{
	size_t len = strlen(text);

	return len >= 3 && len <= 256 && text[0] == '^' && text[len - 1] == '$';
}

static bool
good_language(const char *text)
{
	return text[0] == '\0' || is_made_of(text, LOWER UPPER, LOWER UPPER DIGITS "-", 64);
}

static bool
not_empty(const char *text)
{
	return text[0] != '\0';
}

static const char *const yes_no[] = { "yes", "no", NULL };

static const struct value value_id = {
	"lower-case letters, digits, dots, dashes and underscores, 100 at most", NULL, good_id };
static const struct value value_version = {
	"a version such as \"2026.11.22\"", NULL, good_version };
static const struct value value_number = { "a number from 1", NULL, good_number };
static const struct value value_country = {
	"the two capital letters of ISO 3166", NULL, good_country };
static const struct value value_sha256 = { "64 hexadecimal digits", NULL, good_sha256 };
static const struct value value_sha1 = { "40 hexadecimal digits", NULL, good_sha1 };
static const struct value value_serial = {
	"hexadecimal digits, two for each byte, 64 bytes at most", NULL, good_serial };
static const struct value value_key_id = {
	"a key identifier of 16 to 64 bytes in hexadecimal digits", NULL, good_key_id };
static const struct value value_base64 = {
	"the issuer's DER name in base64", NULL, good_base64 };
static const struct value value_date = { "a day such as \"2026-11-22\"", NULL, good_date };
static const struct value value_href = {
	"an address such as \"https://...\"", NULL, good_href };
static const struct value value_host = { "a host name", NULL, good_host };
static const struct value value_type = {
	"an attribute of a name, such as \"CN\", or its dotted object identifier", NULL, good_type };
static const struct value value_pattern = {
	"a pattern \"^...$\" of 256 bytes at most", NULL, good_pattern };
static const struct value value_language = {
	"a language tag such as \"en\"", NULL, good_language };
static const struct value value_text = { "text", NULL, not_empty };
static const struct value value_category = { NULL, rs_policy_categories, NULL };
static const struct value value_evidence = { NULL, rs_policy_evidences, NULL };
static const struct value value_action = { NULL, rs_policy_actions, NULL };
static const struct value value_yes_no = { NULL, yes_no, NULL };
static const struct value value_blocker = { NULL, rs_policy_blockers, NULL };
static const struct value value_sensitivity = { NULL, rs_policy_sensitivities, NULL };

#define ATTRIBUTES(...) (const struct attribute[]){ __VA_ARGS__, { 0 } }
#define NO_ATTRIBUTES (const struct attribute[]){ { 0 } }
#define CHILDREN(...) (const struct child[]){ __VA_ARGS__, { 0 } }
#define NO_CHILDREN (const struct child[]){ { 0 } }

static const struct element elements[] = {
	{ "policy", ANY,
	  ATTRIBUTES({ "version", MUST, &value_version }, { "requires", MAY, &value_number }),
	  CHILDREN({ "root", false, true }, { "set", false, true }, { "allow", false, true }) },
	{ "root", IN_ORDER,
	  ATTRIBUTES({ "id", MUST, &value_id }, { "category", MUST, &value_category },
		     { "evidence", MUST, &value_evidence }, { "action", MUST, &value_action },
		     { "country", MAY, &value_country }, { "public", MAY, &value_yes_no }),
	  CHILDREN({ "name", true, true }, { "operator", false, false }, { "match", true, false },
		   { "explain", false, true }, { "advice", false, true },
		   { "target", false, true }, { "blocked", false, true },
		   { "source", false, true }) },
	{ "name", TEXT, NO_ATTRIBUTES, NO_CHILDREN },
	{ "operator", TEXT, NO_ATTRIBUTES, NO_CHILDREN },
	{ "match", ANY, NO_ATTRIBUTES,
	  CHILDREN({ "spki", false, true }, { "certificate", false, true },
		   { "issuer-serial", false, true }, { "issuer", false, true },
		   { "subject", false, true }) },
	{ "spki", NOTHING, ATTRIBUTES({ "sha256", MUST, &value_sha256 }), NO_CHILDREN },
	{ "certificate", NOTHING,
	  ATTRIBUTES({ "sha256", SOME_OF, &value_sha256 }, { "sha1", SOME_OF, &value_sha1 }),
	  NO_CHILDREN },
	{ "issuer-serial", NOTHING,
	  ATTRIBUTES({ "issuer", MUST, &value_base64 }, { "serial", MUST, &value_serial }),
	  NO_CHILDREN },
	{ "issuer", NOTHING, ATTRIBUTES({ "key-id", MUST, &value_key_id }), NO_CHILDREN },
	{ "subject", IN_ORDER, ATTRIBUTES({ "acts", MAY, &value_yes_no }),
	  CHILDREN({ "attribute", true, true }) },
	{ "attribute", NOTHING,
	  ATTRIBUTES({ "type", MUST, &value_type }, { "match", MUST, &value_pattern }),
	  NO_CHILDREN },
	{ "explain", TEXT, NO_ATTRIBUTES, NO_CHILDREN },
	{ "advice", TEXT, NO_ATTRIBUTES, NO_CHILDREN },
	{ "target", NOTHING,
	  ATTRIBUTES({ "host", MUST, &value_host }, { "sensitivity", MAY, &value_sensitivity }),
	  NO_CHILDREN },
	{ "blocked", NOTHING,
	  ATTRIBUTES({ "by", MUST, &value_blocker }, { "date", MAY, &value_date },
		     { "href", MAY, &value_href }), NO_CHILDREN },
	{ "source", TEXT, ATTRIBUTES({ "href", MUST, &value_href }), NO_CHILDREN },
	{ "set", NOTHING,
	  ATTRIBUTES({ "category", ONE_OF, &value_category }, { "id", ONE_OF, &value_id },
		     { "action", MUST, &value_action }), NO_CHILDREN },
	{ "allow", NOTHING,
	  ATTRIBUTES({ "spki", ONE_OF, &value_sha256 }, { "sha256", ONE_OF, &value_sha256 },
		     { "entry", ONE_OF, &value_id }, { "store", MAY, &value_text },
		     { "until", MAY, &value_date }, { "reason", MAY, &value_text }),
	  NO_CHILDREN },
};

static const struct element *
find_element(const xmlNode *node)
{
	for (size_t i = 0; i < RS_COUNT(elements); i++)
		if (rs_streq(elements[i].name, (const char *)node->name))
			return &elements[i];
	return NULL;
}

/* "a, b or c" */
static void
add_to_list(struct rs_buf *list, const char *item, bool last)
{
	rs_buf_printf(list, "%s%s", list->len == 0 ? "" : last ? " or " : ", ", item);
}

static char *
list_words(const char *const *words)
{
	struct rs_buf list = { 0 };

	for (; *words != NULL; words++)
		add_to_list(&list, *words, words[1] == NULL);
	return rs_buf_steal(&list);
}

static char *
list_children(const struct child *children)
{
	struct rs_buf list = { 0 };

	for (; children->name != NULL; children++) {
		RS_AUTOFREE char *item = rs_printf("<%s>", children->name);

		add_to_list(&list, item, children[1].name == NULL);
	}
	return rs_buf_steal(&list);
}

/* Those of one need, or all. */
static char *
list_attributes(const struct attribute *attributes, bool all, enum need need)
{
	const struct attribute *last = NULL;
	struct rs_buf list = { 0 };

	for (const struct attribute *a = attributes; a->name != NULL; a++)
		if (all || a->need == need)
			last = a;
	for (const struct attribute *a = attributes; a->name != NULL; a++)
		if (all || a->need == need)
			add_to_list(&list, a->name, a == last);
	return rs_buf_steal(&list);
}

static bool
is_good(const struct value *value, const char *text)
{
	return value->words != NULL ? rs_policy_word(value->words, text) != NULL :
	       value->good(text);
}

static void
explain_value(struct rs_policy_reading *reading, const xmlNode *node, const char *name,
	      const struct value *value)
{
	RS_AUTOFREE char *text = rs_policy_attribute(node, name), *words = NULL;

	if (text == NULL || is_good(value, text))
		return;
	if (value->words != NULL)
		words = list_words(value->words);
	rs_policy_problem(reading, rs_policy_line(node), "<%s %s=\"%s\">: expected %s",
			  (const char *)node->name, name, text, words ? words : value->expected);
}

static void
explain_groups(struct rs_policy_reading *reading, const xmlNode *node,
	       const struct attribute *attributes)
{
	size_t one = 0, ones = 0, some = 0, somes = 0;

	for (const struct attribute *a = attributes; a->name != NULL; a++) {
		bool there = xmlHasNsProp(node, (const xmlChar *)a->name, NULL) != NULL;

		if (a->need == MUST && !there)
			rs_policy_problem(reading, rs_policy_line(node),
					  "<%s>: the attribute %s is missing",
					  (const char *)node->name, a->name);
		one += a->need == ONE_OF;
		ones += a->need == ONE_OF && there;
		some += a->need == SOME_OF;
		somes += a->need == SOME_OF && there;
	}
	if ((one > 0 && ones != 1) || (some > 0 && somes == 0)) {
		RS_AUTOFREE char *list =
		    list_attributes(attributes, false, one > 0 ? ONE_OF : SOME_OF);

		rs_policy_problem(reading, rs_policy_line(node), "<%s>: expected %s of the "
				  "attributes %s", (const char *)node->name,
				  one > 0 ? "one" : "at least one", list);
	}
}

static void
explain_attributes(struct rs_policy_reading *reading, const xmlNode *node,
		   const struct element *element)
{
	RS_AUTOFREE char *lang = NULL;
	xmlChar *value;

	for (const xmlAttr *attr = node->properties; attr != NULL; attr = attr->next) {
		const struct attribute *a = element->attributes;
		bool prefixed = attr->ns != NULL;

		if (prefixed && !rs_streq((const char *)attr->ns->href, RS_POLICY_NS))
			continue;
		while (a->name != NULL && (prefixed || !rs_streq(a->name, (const char *)attr->name)))
			a++;
		if (a->name == NULL) {
			RS_AUTOFREE char *list = list_attributes(element->attributes, true, MAY);

			rs_policy_problem(reading, rs_policy_line(node), "<%s>: the attribute %s%s "
					  "is not known here: expected %s",
					  (const char *)node->name, (const char *)attr->name,
					  prefixed ? ", with a prefix," : "",
					  list[0] != '\0' ? list : "none");
			continue;
		}
		explain_value(reading, node, a->name, a->value);
	}
	explain_groups(reading, node, element->attributes);
	value = xmlGetNsProp(node, (const xmlChar *)"lang", XML_XML_NAMESPACE);
	if (value != NULL)
		lang = rs_policy_collapse((const char *)value);
	xmlFree(value);
	if (lang != NULL && !is_good(&value_language, lang))
		rs_policy_problem(reading, rs_policy_line(node), "<%s xml:lang=\"%s\">: expected %s",
				  (const char *)node->name, lang, value_language.expected);
}

static void
explain_missing(struct rs_policy_reading *reading, const xmlNode *node,
		const struct child *from, const struct child *to)
{
	for (; from < to; from++)
		if (from->must)
			rs_policy_problem(reading, rs_policy_line(node), "<%s>: <%s> is missing",
					  (const char *)node->parent->name, from->name);
}

/* Where in the element's order a child stands, from where the last one stood. */
static const struct child *
explain_place(struct rs_policy_reading *reading, const xmlNode *node,
	      const struct element *element, const struct child *at, const xmlNode *before)
{
	const struct child *c = element->children;

	while (c->name != NULL && !rs_streq(c->name, (const char *)node->name))
		c++;
	if (c->name == NULL || node->ns == NULL) {
		RS_AUTOFREE char *list = list_children(element->children);

		rs_policy_problem(reading, rs_policy_line(node), "<%s>%s is not known in <%s>: "
				  "expected %s", (const char *)node->name,
				  node->ns == NULL ? " without a namespace" : "", element->name,
				  list[0] != '\0' ? list :
				  element->content == TEXT ? "text" : "nothing");
		return at;
	}
	if (element->content != IN_ORDER)
		return c;
	if (c < at) {
		rs_policy_problem(reading, rs_policy_line(node), "<%s> comes too late: expected it "
				  "before <%s>", c->name, at->name);
		return at;
	}
	if (c == at && before != NULL && !c->many)
		rs_policy_problem(reading, rs_policy_line(node), "<%s>: a second one: expected one "
				  "in <%s>", c->name, element->name);
	else if (c > at)
		explain_missing(reading, node, before != NULL ? at + 1 : at, c);
	return c;
}

static void
explain_children(struct rs_policy_reading *reading, const xmlNode *node,
		 const struct element *element)
{
	const struct child *at = element->children, *end = at;
	const xmlNode *before = NULL;
	bool foreign = false;

	while (end->name != NULL)
		end++;
	for (const xmlNode *child = node->children; child != NULL; child = child->next) {
		if (child->type != XML_ELEMENT_NODE)
			continue;
		if (!rs_policy_ours(child) && child->ns != NULL) {
			foreign = true;
			continue;
		}
		at = explain_place(reading, child, element, at, before);
		before = child;
		rs_policy_explain(reading, child, true);
	}
	for (const struct child *c = before != NULL ? at + 1 : at;
	     element->content == IN_ORDER && c < end; c++)
		if (c->must)
			rs_policy_problem(reading, rs_policy_line(node), "<%s>: <%s> is missing",
					  element->name, c->name);
	if (element->content == ANY && before == NULL && !foreign) {
		RS_AUTOFREE char *list = list_children(element->children);

		rs_policy_problem(reading, rs_policy_line(node),
				  "<%s> is empty: expected at least one of %s", element->name, list);
	}
}

bool
rs_policy_explain(struct rs_policy_reading *reading, const xmlNode *node, bool with_children)
{
	const struct element *element = find_element(node);
	size_t before = reading->problems;

	if (element == NULL || !rs_policy_ours(node))
		return false;
	explain_attributes(reading, node, element);
	if (!with_children)
		return reading->problems > before;
	if (element->content != TEXT) {
		RS_AUTOFREE char *text = rs_policy_content(node);

		if (text[0] != '\0')
			rs_policy_problem(reading, rs_policy_line(node),
					  "<%s> holds text: expected %s", element->name,
					  element->content == NOTHING ? "nothing" : "elements only");
	}
	explain_children(reading, node, element);
	return reading->problems > before;
}
