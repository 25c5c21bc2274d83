/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "schema.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "schema-data.h"

static const struct {
	const char *name, *text;
} schemas[] = {
	{ "policy.rng", policy_rng },
	{ "record.rng", record_rng },
};

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
read_xml(const char *name)
{
	for (size_t i = 0; i < RS_COUNT(schemas); i++)
		if (rs_streq(name, schemas[i].name))
			return xmlReadMemory(schemas[i].text, (int)strlen(schemas[i].text), name,
					     NULL, XML_PARSE_NONET);
	return NULL;
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
	RS_AUTOFREE char *first = NULL;
	xmlRelaxNG *schema = NULL;
	xmlDoc *doc;

	rs_xml_init();
	doc = read_xml(name);
	if (doc != NULL) {
		if (without != NULL)
			take_out_references(doc->children, without);
		schema = compile(doc, &first);
		xmlFreeDoc(doc);
	}
	if (schema == NULL)
		*why = rs_printf("%s, the schema that files are held against, cannot be used: %s",
				 name, first != NULL ? first : "no memory left");
	return schema;
}
