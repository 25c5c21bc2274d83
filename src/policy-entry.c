/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A <root>, <set> or <allow> that the schema has accepted becomes a structure,
 * after what a schema cannot say was checked. Nothing here relies on the
 * schema for its own safety: what is missing is a problem, not a crash.
 */
#include "policy-impl.h"

#include <ctype.h>
#include <string.h>

#include "der.h"

static void
text_free(void *p)
{
	struct rs_policy_text *text = p;

	free(text->lang);
	free(text->text);
	free(text);
}

static void
subject_free(void *p)
{
	struct rs_policy_subject *subject = p;

	rs_array_free(&subject->patterns);
	free(subject);
}

static void
target_free(void *p)
{
	struct rs_policy_target *target = p;

	free(target->host);
	free(target);
}

static void
blocked_free(void *p)
{
	struct rs_policy_blocked *blocked = p;

	free(blocked->date);
	free(blocked->href);
	free(blocked);
}

void
rs_policy_root_free(void *p)
{
	struct rs_policy_root *root = p;
	struct rs_array *const arrays[] = {
		&root->names, &root->explains, &root->advices, &root->sources,
		&root->targets, &root->blocked, &root->spki, &root->sha256, &root->sha1,
		&root->issuer_serial, &root->issuer_key_ids, &root->subjects,
	};

	for (size_t i = 0; i < RS_COUNT(arrays); i++)
		rs_array_free(arrays[i]);
	free(root->id);
	free(root->country);
	free(root->operator);
	free(root);
}

void
rs_policy_set_free(void *p)
{
	struct rs_policy_set *set = p;

	free(set->id);
	free(set);
}

void
rs_policy_allow_free(void *p)
{
	struct rs_policy_allow *allow = p;

	free(allow->spki);
	free(allow->sha256);
	free(allow->entry);
	free(allow->store);
	free(allow->reason);
	free(allow);
}

static struct rs_policy_root *
root_new(void)
{
	struct rs_policy_root *root = rs_alloc(sizeof(*root));

	rs_array_init(&root->names, text_free);
	rs_array_init(&root->explains, text_free);
	rs_array_init(&root->advices, text_free);
	rs_array_init(&root->sources, free);
	rs_array_init(&root->targets, target_free);
	rs_array_init(&root->blocked, blocked_free);
	rs_array_init(&root->spki, free);
	rs_array_init(&root->sha256, free);
	rs_array_init(&root->sha1, free);
	rs_array_init(&root->issuer_serial, free);
	rs_array_init(&root->issuer_key_ids, free);
	rs_array_init(&root->subjects, subject_free);
	return root;
}

static char *
lower(char *text)
{
	if (text != NULL)
		for (char *p = text; *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
	return text;
}

static void
add_text(struct rs_policy_reading *reading, const xmlNode *node, struct rs_array *texts)
{
	struct rs_policy_text *text = rs_alloc(sizeof(*text));
	xmlChar *lang = xmlNodeGetLang(node);

	text->text = rs_policy_content(node);
	text->lang = rs_strdup(lang != NULL ? (const char *)lang : "");
	xmlFree(lang);
	rs_array_add(texts, text);
	if (text->text[0] == '\0')
		rs_policy_problem(reading, rs_policy_line(node), "<%s> is blank: expected text",
				  (const char *)node->name);
}

static void
add_source(struct rs_policy_root *root, const xmlNode *node)
{
	RS_AUTOFREE char *text = rs_policy_content(node), *href = rs_policy_attribute(node, "href");
	const char *address = href != NULL ? href : "";

	rs_array_add(&root->sources, rs_printf("%s%s%s", text, *text && *address ? ": " : "",
					       address));
}

static void
check_day(struct rs_policy_reading *reading, const xmlNode *node, const char *name,
	  const char *date)
{
	if (date != NULL && rs_policy_day(date) == -1)
		rs_policy_problem(reading, rs_policy_line(node),
				  "%s=\"%s\": there is no such day", name, date);
}

static void
add_blocked(struct rs_policy_reading *reading, struct rs_policy_root *root,
	    const xmlNode *node)
{
	RS_AUTOFREE char *by = rs_policy_attribute(node, "by");
	struct rs_policy_blocked *blocked = rs_alloc(sizeof(*blocked));

	blocked->by = rs_policy_word(rs_policy_blockers, by);
	blocked->date = rs_policy_attribute(node, "date");
	blocked->href = rs_policy_attribute(node, "href");
	check_day(reading, node, "date", blocked->date);
	if (blocked->by != NULL)
		rs_array_add(&root->blocked, blocked);
	else
		blocked_free(blocked);
}

static void
add_target(struct rs_policy_root *root, const xmlNode *node)
{
	RS_AUTOFREE char *sensitivity = rs_policy_attribute(node, "sensitivity");
	struct rs_policy_target *target = rs_alloc(sizeof(*target));
	const char *word = sensitivity == NULL ? NULL :
	    rs_policy_word(rs_policy_sensitivities, sensitivity);

	target->host = rs_policy_attribute(node, "host");
	target->sensitivity = word != NULL ? word : rs_policy_sensitivities[0];
	if (target->host != NULL)
		rs_array_add(&root->targets, target);
	else
		target_free(target);
}

static void
add_hex(struct rs_array *digests, const xmlNode *node, const char *name)
{
	RS_AUTOFREE char *hex = lower(rs_policy_attribute(node, name));

	if (hex != NULL)
		rs_array_add_str(digests, hex);
}

static bool
is_der_name(const char *base64)
{
	RS_AUTOFREE unsigned char *data = NULL;
	const unsigned char *p;
	struct rs_der der;
	size_t len;

	if (!rs_unbase64(base64, &data, &len))
		return false;
	p = data;
	if (!rs_der_next(&p, &len, 0, &der) || der.tag != RS_DER_SEQUENCE || len != 0)
		return false;
	/* RFC 5280, 4.1.2.4: a SEQUENCE of SETs. */
	p = der.body;
	len = der.body_len;
	while (len > 0)
		if (!rs_der_next(&p, &len, 0, &der) || der.tag != RS_DER_SET)
			return false;
	return true;
}

static void
add_issuer_serial(struct rs_policy_reading *reading, struct rs_policy_root *root,
		  const xmlNode *node)
{
	RS_AUTOFREE char *issuer = rs_policy_attribute(node, "issuer"), *packed = NULL;
	RS_AUTOFREE char *serial = lower(rs_policy_attribute(node, "serial"));
	RS_AUTOFREE unsigned char *der = NULL;
	size_t len;

	if (issuer == NULL || serial == NULL || !is_der_name(issuer)) {
		rs_policy_problem(reading, rs_policy_line(node),
				  "<issuer-serial>: expected the issuer's DER name in base64, "
				  "as it stands in the certificate");
		return;
	}
	rs_unbase64(issuer, &der, &len);
	packed = rs_base64(der, len);
	rs_array_add(&root->issuer_serial, rs_printf("%s %s", packed, rs_policy_serial(serial)));
}

/* Returns whether it tells more than a country or a place. */
static bool
add_pattern(struct rs_policy_reading *reading, struct rs_policy_subject *subject,
	    const xmlNode *node)
{
	static const char *const places[] = { "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.9" };
	struct rs_policy_pattern *pattern = rs_alloc(sizeof(*pattern));
	xmlChar *match = xmlGetNoNsProp(node, (const xmlChar *)"match");
	const char *why;

	rs_array_add(&subject->patterns, pattern);
	pattern->type = rs_policy_attribute(node, "type");
	pattern->match = rs_strdup(match != NULL ? (const char *)match : "");
	xmlFree(match);
	pattern->oid = rs_policy_attribute_oid(pattern->type);
	if (pattern->oid == NULL)
		rs_policy_problem(reading, rs_policy_line(node), "type=\"%s\": expected CN, O, OU, "
				  "C or another attribute's usual name, or its OID, such as 2.5.4.3",
				  pattern->type != NULL ? pattern->type : "");
	why = rs_policy_bad_pattern(pattern->match);
	if (why != NULL)
		rs_policy_problem(reading, rs_policy_line(node), "match=\"%s\": %s",
				  pattern->match, why);
	for (size_t i = 0; i < RS_COUNT(places); i++)
		if (rs_streq(pattern->oid, places[i]))
			return false;
	return true;
}

static void
add_subject(struct rs_policy_reading *reading, struct rs_policy_root *root,
	    const xmlNode *node)
{
	struct rs_policy_subject *subject = rs_alloc(sizeof(*subject));
	RS_AUTOFREE char *acts = rs_policy_attribute(node, "acts");
	bool somebody = false;

	rs_array_init(&subject->patterns, rs_policy_pattern_free);
	subject->acts = rs_streq(acts, "yes");
	for (const xmlNode *child = node->children; child != NULL; child = child->next)
		if (child->type == XML_ELEMENT_NODE && rs_policy_ours(child))
			somebody |= add_pattern(reading, subject, child);
	rs_array_add(&root->subjects, subject);
	if (!somebody)
		rs_policy_problem(reading, rs_policy_line(node), "<subject> names a place and "
				  "nobody in it: expected a pattern for CN, O or another too");
}

static void
add_match(struct rs_policy_reading *reading, struct rs_policy_root *root, const xmlNode *match)
{
	for (const xmlNode *node = match->children; node != NULL; node = node->next) {
		const char *name = (const char *)node->name;

		if (node->type != XML_ELEMENT_NODE || !rs_policy_ours(node))
			continue;
		if (rs_streq(name, "spki")) {
			add_hex(&root->spki, node, "sha256");
		} else if (rs_streq(name, "certificate")) {
			add_hex(&root->sha256, node, "sha256");
			add_hex(&root->sha1, node, "sha1");
		} else if (rs_streq(name, "issuer-serial")) {
			add_issuer_serial(reading, root, node);
		} else if (rs_streq(name, "issuer")) {
			add_hex(&root->issuer_key_ids, node, "key-id");
		} else if (rs_streq(name, "subject")) {
			add_subject(reading, root, node);
		}
	}
}

static void
add_children(struct rs_policy_reading *reading, struct rs_policy_root *root,
	     const xmlNode *entry)
{
	for (const xmlNode *node = entry->children; node != NULL; node = node->next) {
		const char *name = (const char *)node->name;

		if (node->type != XML_ELEMENT_NODE || !rs_policy_ours(node))
			continue;
		if (rs_streq(name, "name")) {
			add_text(reading, node, &root->names);
		} else if (rs_streq(name, "operator")) {
			free(root->operator);
			root->operator = rs_policy_content(node);
		} else if (rs_streq(name, "match")) {
			add_match(reading, root, node);
		} else if (rs_streq(name, "explain")) {
			add_text(reading, node, &root->explains);
		} else if (rs_streq(name, "advice")) {
			add_text(reading, node, &root->advices);
		} else if (rs_streq(name, "target")) {
			add_target(root, node);
		} else if (rs_streq(name, "blocked")) {
			add_blocked(reading, root, node);
		} else if (rs_streq(name, "source")) {
			add_source(root, node);
		}
	}
}

static enum rs_action
action_of(const xmlNode *node)
{
	RS_AUTOFREE char *word = rs_policy_attribute(node, "action");

	for (int i = RS_ACTION_IGNORE; i <= RS_ACTION_QUARANTINE; i++)
		if (rs_streq(rs_policy_actions[i], word))
			return (enum rs_action)i;
	return RS_ACTION_REPORT;
}

static void
root_entry(struct rs_policy_reading *reading, const xmlNode *node)
{
	RS_AUTOFREE char *category = rs_policy_attribute(node, "category");
	RS_AUTOFREE char *evidence = rs_policy_attribute(node, "evidence");
	RS_AUTOFREE char *public = rs_policy_attribute(node, "public");
	struct rs_policy_root *root = root_new();

	root->id = rs_policy_attribute(node, "id");
	root->country = rs_policy_attribute(node, "country");
	root->category = rs_policy_word(rs_policy_categories, category);
	root->evidence = rs_policy_word(rs_policy_evidences, evidence);
	root->action = root->own_action = action_of(node);
	root->take_public = rs_streq(public, "yes");
	root->vendor = reading->vendor;
	root->file = root->decided_by = reading->file->path;
	root->line = root->decided_line = (unsigned)reading->entry_line;
	root->place = reading->place;
	add_children(reading, root, node);
	if (root->take_public && !reading->admin)
		rs_policy_problem(reading, root->line, "public=\"yes\" takes out what a public root "
				  "programme has: it may stand in an administrator's file only");
	if (root->id == NULL || root->category == NULL || root->evidence == NULL) {
		rs_policy_problem(reading, root->line,
				  "<root> without id, category or evidence");
		rs_policy_root_free(root);
		return;
	}
	root->order = reading->policy->roots.n;
	rs_array_add(&reading->policy->roots, root);
	reading->file->entries++;
}

static void
set_entry(struct rs_policy_reading *reading, const xmlNode *node)
{
	RS_AUTOFREE char *category = rs_policy_attribute(node, "category");
	struct rs_policy_set *set = rs_alloc(sizeof(*set));

	set->category = rs_policy_word(rs_policy_categories, category);
	set->id = rs_policy_attribute(node, "id");
	set->action = action_of(node);
	set->file = reading->file->path;
	set->line = (unsigned)reading->entry_line;
	set->place = reading->place;
	rs_array_add(&reading->policy->sets, set);
}

static void
allow_entry(struct rs_policy_reading *reading, const xmlNode *node)
{
	RS_AUTOFREE char *until = rs_policy_attribute(node, "until");
	struct rs_policy_allow *allow = rs_alloc(sizeof(*allow));

	allow->spki = lower(rs_policy_attribute(node, "spki"));
	allow->sha256 = lower(rs_policy_attribute(node, "sha256"));
	allow->entry = rs_policy_attribute(node, "entry");
	allow->store = rs_policy_attribute(node, "store");
	allow->reason = rs_policy_attribute(node, "reason");
	allow->until = -1;
	check_day(reading, node, "until", until);
	if (until != NULL)
		/* The day itself is still allowed. */
		allow->until = rs_policy_day(until) + 24 * 60 * 60;
	allow->file = reading->file->path;
	allow->line = (unsigned)reading->entry_line;
	allow->place = reading->place;
	rs_array_add(&reading->policy->allows, allow);
}

void
rs_policy_entry(struct rs_policy_reading *reading, const xmlNode *node)
{
	if (rs_streq((const char *)node->name, "root"))
		root_entry(reading, node);
	else if (reading->vendor)
		rs_policy_problem(reading, reading->entry_line, "<%s> is for whoever owns the "
				  "computer or an account on it: it may not stand in a file that "
				  "comes with the program", (const char *)node->name);
	else if (rs_streq((const char *)node->name, "set"))
		set_entry(reading, node);
	else
		allow_entry(reading, node);
}
