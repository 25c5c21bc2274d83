/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>

#include "layout.h"
#include "record.h"
#include "schema.h"

#define RS_XML (const xmlChar *)

/* The value of NAME, or of NAME-b64 decoded; NULL where neither is there. */
static char *
get(xmlNode *node, const char *name)
{
	RS_AUTOFREE char *name64 = rs_printf("%s-b64", name);
	xmlChar *value = xmlGetNoNsProp(node, RS_XML name);
	unsigned char *data = NULL;
	char *text = NULL;
	size_t len;

	if (value != NULL) {
		text = rs_strdup((const char *)value);
	} else {
		value = xmlGetNoNsProp(node, RS_XML name64);
		if (value != NULL && rs_unbase64((const char *)value, &data, &len))
			text = strlen((char *)data) == len ? rs_strdup((char *)data) : NULL;
	}
	free(data);
	xmlFree(value);
	return text;
}

static uint64_t
get_number(xmlNode *node, const char *name)
{
	RS_AUTOFREE char *text = get(node, name);

	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static bool
is(xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && rs_streq((const char *)node->name, name);
}

static bool
get_is(xmlNode *node, const char *name, const char *value)
{
	RS_AUTOFREE char *text = get(node, name);

	return rs_streq(text, value);
}

static void
read_saved(xmlNode *node, struct rs_saved *saved)
{
	RS_AUTOFREE char *mode = get(node, "mode"), *mtime = get(node, "mtime");
	const char *dot;

	saved->type = get_is(node, "type", "file") ? RS_SAVED_FILE :
	    get_is(node, "type", "link") ? RS_SAVED_LINK : RS_SAVED_ABSENT;
	if (saved->type == RS_SAVED_ABSENT)
		return;
	saved->mode = mode == NULL ? 0 : (unsigned)strtoul(mode, NULL, 8);
	saved->uid = get_number(node, "uid");
	saved->gid = get_number(node, "gid");
	saved->size = get_number(node, "size");
	if (mtime != NULL && (dot = strchr(mtime, '.')) != NULL) {
		saved->mtime = strtoll(mtime, NULL, 10);
		saved->mtime_nsec = strtol(dot + 1, NULL, 10);
	}
	saved->sha256 = get(node, "sha256");
	saved->target = get(node, "target");
	saved->content = get(node, "content");
	for (xmlNode *child = node->children; child != NULL; child = child->next) {
		struct rs_xattr *xattr;

		if (!is(child, "xattr"))
			continue;
		xattr = rs_array_add(&saved->xattrs, rs_alloc(sizeof(*xattr)));
		xattr->name = get(child, "name");
		xattr->value = get(child, "value");
	}
}

static struct rs_row *
read_row(xmlNode *node)
{
	struct rs_row *row = rs_alloc(sizeof(*row));
	RS_AUTOFREE char *rowid = get(node, "rowid");

	row->rowid = rowid == NULL ? 0 : strtoll(rowid, NULL, 10);
	for (xmlNode *child = node->children; child != NULL; child = child->next) {
		struct rs_column *column;
		xmlChar *text;

		if (!is(child, "column"))
			continue;
		column = rs_array_add(&row->columns, rs_alloc(sizeof(*column)));
		column->name = get(child, "name");
		column->type = get_is(child, "type", "integer") ? RS_COLUMN_INTEGER :
		    get_is(child, "type", "real") ? RS_COLUMN_REAL :
		    get_is(child, "type", "text") ? RS_COLUMN_TEXT : RS_COLUMN_BLOB;
		text = xmlNodeGetContent(child);
		column->value = rs_strdup(text == NULL ? "" : (const char *)text);
		xmlFree(text);
	}
	return row;
}

static void
read_step_parts(xmlNode *node, struct rs_step *step)
{
	for (xmlNode *child = node->children; child != NULL; child = child->next) {
		if (is(child, "before")) {
			read_saved(child, &step->before);
		} else if (is(child, "after")) {
			read_saved(child, &step->after);
		} else if (is(child, "range")) {
			struct rs_range *range =
			    rs_array_add(&step->ranges, rs_alloc(sizeof(*range)));

			range->offset = get_number(child, "offset");
			range->length = get_number(child, "length");
		} else if (is(child, "row")) {
			rs_array_add(&step->rows, read_row(child));
		} else if (is(child, "copy")) {
			struct rs_copy *copy =
			    rs_array_add(&step->copies, rs_alloc(sizeof(*copy)));

			rs_array_init(&copy->saved.xattrs, rs_xattr_free);
			copy->path = get(child, "path");
			for (xmlNode *c = child->children; c != NULL; c = c->next)
				if (is(c, "before"))
					read_saved(c, &copy->saved);
		}
	}
}

static struct rs_step *
read_step(xmlNode *node)
{
	RS_AUTOFREE char *store_kind = get(node, "store-kind"), *store = get(node, "store");
	RS_AUTOFREE char *path = get(node, "path");
	enum rs_step_kind kind = get_is(node, "kind", "file") ? RS_STEP_FILE :
	    get_is(node, "kind", "rows") ? RS_STEP_ROWS : RS_STEP_REFRESH;
	struct rs_step *step = rs_step_new(kind, rs_store_kind(store_kind), store, path);

	step->n = (unsigned)get_number(node, "n");
	step->op = get_is(node, "op", "cut") ? RS_FILE_CUT :
	    get_is(node, "op", "deselect") ? RS_FILE_DESELECT :
	    get_is(node, "op", "element") ? RS_FILE_ELEMENT :
	    get_is(node, "op", "keystore") ? RS_FILE_KEYSTORE :
	    get_is(node, "op", "create") ? RS_FILE_CREATE : RS_FILE_REMOVE;
	step->derived = get_is(node, "stray", "yes");
	step->layout = get(node, "layout");
	read_step_parts(node, step);
	return step;
}

static void
read_finding(xmlNode *node, struct rs_record *record)
{
	struct rs_record_finding *finding =
	    rs_array_add(&record->findings, rs_alloc(sizeof(*finding)));

	finding->entry = get(node, "entry");
	finding->store = get(node, "store");
	finding->sha256 = get(node, "sha256");
	finding->sha1 = get(node, "sha1");
	finding->title = get(node, "title");
}

static void
keep_first_error(void *data, rs_xml_error *error)
{
	char **why = data;

	if (*why == NULL)
		*why = rs_printf("line %d: %s", error->line, error->message ? error->message : "?");
}

/* Read once, and before a worker moves into another tree. */
static xmlRelaxNG *schema;

bool
rs_record_prepare(char **why)
{
	rs_xml_init();
	if (schema == NULL)
		schema = rs_schema_read("record.rng", NULL, why);
	return schema != NULL;
}

static bool
validate(xmlDoc *doc, char **why)
{
	xmlRelaxNGValidCtxt *ctxt;
	char *error = NULL;
	bool valid;

	if (!rs_record_prepare(why))
		return false;
	ctxt = xmlRelaxNGNewValidCtxt(schema);
	xmlRelaxNGSetValidStructuredErrors(ctxt, (xmlStructuredErrorFunc)keep_first_error, &error);
	valid = ctxt != NULL && xmlRelaxNGValidateDoc(ctxt, doc) == 0;
	xmlRelaxNGFreeValidCtxt(ctxt);
	if (!valid)
		*why = rs_printf("record.xml is not a record: %s", error ? error : "it is not valid");
	free(error);
	return valid;
}

bool
rs_record_from_xml(struct rs_record *record, const char *xml, size_t len, char **why)
{
	xmlDoc *doc;
	xmlNode *root;
	bool valid = false;

	rs_xml_init();
	doc = len > INT32_MAX ? NULL : xmlReadMemory(xml, (int)len, "record.xml", NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
	if (doc == NULL || doc->intSubset != NULL || (root = xmlDocGetRootElement(doc)) == NULL) {
		*why = rs_strdup("record.xml is no XML document of ours");
		xmlFreeDoc(doc);
		return false;
	}
	valid = validate(doc, why);
	for (xmlNode *node = valid ? root->children : NULL; node != NULL; node = node->next)
		if (is(node, "finding"))
			read_finding(node, record);
		else if (is(node, "step"))
			rs_array_add(&record->steps, read_step(node));
	if (valid) {
		RS_AUTOFREE char *id = get(root, "id");

		record->owner = get(root, "owner");
		record->time = get(root, "time");
		record->try_until = (time_t)get_number(root, "try-until");
		valid = rs_streq(id, record->id);
		if (!valid)
			*why = rs_strdup("record.xml has another id than its folder");
	}
	xmlFreeDoc(doc);
	return valid;
}
