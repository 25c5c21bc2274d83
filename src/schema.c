/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schema.h"

#include <errno.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

/* A schema that is larger is none of ours. */
#define SCHEMA_MAX (1024 * 1024)

static void
swallow(RS_UNUSED void *data, RS_UNUSED rs_xml_error *error)
{
}

static xmlParserInputPtr
refuse(RS_UNUSED const char *url, RS_UNUSED const char *id, RS_UNUSED xmlParserCtxtPtr ctxt)
{
	return NULL;
}

void
rs_xml_init(void)
{
	xmlInitParser();
	/* Each reader has its own handler; this is for what has none. */
	xmlSetStructuredErrorFunc(NULL, swallow);
	xmlSetExternalEntityLoader(refuse);
}

char *
rs_schema_path(const char *name)
{
	const char *dir = secure_getenv("ROOTSWEEP_SCHEMA_DIR");

	return rs_printf("%s/%s", dir != NULL && *dir == '/' ? dir : RS_SCHEMA_DIR, name);
}

/* The first error is kept: those behind it follow from it. */
static void
keep_first(void *data, rs_xml_error *error)
{
	char **first = data;

	if (*first == NULL && error->message != NULL)
		*first = rs_printf("line %d: %.*s", error->line,
				   (int)strcspn(error->message, "\n"), error->message);
}

static xmlDoc *
read_xml(const char *path, char **first)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	xmlDoc *doc;

	if (rs_read_file(path, SCHEMA_MAX, &text) < 0) {
		*first = rs_strdup(strerror(errno));
		return NULL;
	}
	doc = xmlReadMemory(text.data, (int)text.len, path, NULL, XML_PARSE_NONET);
	if (doc == NULL)
		*first = rs_strdup("not well-formed XML");
	return doc;
}

static bool
is_reference_to(const xmlNode *node, const char *name)
{
	xmlChar *value;
	bool is;

	if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "ref") != 0)
		return false;
	value = xmlGetNoNsProp(node, (const xmlChar *)"name");
	is = rs_streq((const char *)value, name);
	xmlFree(value);
	return is;
}

static void
take_out_references(xmlNode *node, const char *name)
{
	xmlNode *next;

	for (; node != NULL; node = next) {
		next = node->next;
		if (is_reference_to(node, name)) {
			xmlUnlinkNode(node);
			xmlFreeNode(node);
		} else {
			take_out_references(node->children, name);
		}
	}
}

static xmlRelaxNG *
compile(xmlDoc *doc, char **first)
{
	xmlRelaxNGParserCtxt *ctxt = xmlRelaxNGNewDocParserCtxt(doc);
	xmlRelaxNG *schema;

	if (ctxt == NULL)
		return NULL;
	xmlRelaxNGSetParserStructuredErrors(ctxt, keep_first, first);
	schema = xmlRelaxNGParse(ctxt);
	xmlRelaxNGFreeParserCtxt(ctxt);
	return schema;
}

xmlRelaxNG *
rs_schema_read(const char *name, const char *without, char **why)
{
	RS_AUTOFREE char *path = rs_schema_path(name), *first = NULL;
	xmlRelaxNG *schema = NULL;
	xmlDoc *doc;

	rs_xml_init();
	doc = read_xml(path, &first);
	if (doc != NULL) {
		if (without != NULL)
			take_out_references(doc->children, without);
		schema = compile(doc, &first);
		xmlFreeDoc(doc);
	}
	if (schema == NULL)
		*why = rs_printf("%s: %s: the schema that files are held against is missing or "
				 "damaged: install rootsweep again", path,
				 first != NULL ? first : "no memory left");
	return schema;
}
