/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One policy file, an entry at a time. The reader's own validation is not
 * used: it would hand foreign elements below <policy> to the schema as well,
 * and a schema that takes them keeps libxml2 from letting go of what it has
 * read (100,000 entries: 600 MB and eight times as long).
 */
#include "policy-impl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <libxml/xmlreader.h>

enum fault { FAULT_NONE, FAULT_READ, FAULT_FILE_SIZE, FAULT_ENTRY_SIZE };

struct source {
	int fd;
	size_t total;
	size_t mark;			/* where the entry in hand began */
	enum fault fault;
	int error;
};

/* The first of the libxml2 errors: those behind it follow from it. */
struct first_error {
	char *text;
	int line, code;
};

struct parse {
	struct rs_policy_reading *reading;
	struct source source;
	struct first_error broken;	/* not well-formed */
	struct first_error invalid;	/* refused by the schema */
	xmlTextReader *reader;
	xmlRelaxNGValidCtxt *valid;
	unsigned long entry_line;
	unsigned long after_text;	/* on which the white space before it ends; 0: none */
	bool ended;			/* nothing more is to be looked at */
};

static int
source_read(void *data, char *buf, int len)
{
	struct source *source = data;
	ssize_t n;

	do
		n = read(source->fd, buf, (size_t)len);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		source->fault = FAULT_READ;
		source->error = errno;
		return -1;
	}
	source->total += (size_t)n;
	if (source->total > RS_POLICY_FILE_MAX)
		source->fault = FAULT_FILE_SIZE;
	else if (source->total - source->mark > RS_POLICY_ENTRY_MAX)
		source->fault = FAULT_ENTRY_SIZE;
	return source->fault == FAULT_NONE ? (int)n : -1;
}

static int
source_close(RS_UNUSED void *data)
{
	return 0;
}

static void
keep_first(void *data, rs_xml_error *error)
{
	struct first_error *first = data;

	if (error->level < XML_ERR_ERROR || first->text != NULL || error->message == NULL)
		return;
	first->text = rs_strndup(error->message, strcspn(error->message, "\n"));
	first->line = error->line;
	first->code = error->code;
}

/* Says what ended the reading, if anything did. */
static void
say_fault(struct parse *parse)
{
	struct rs_policy_reading *reading = parse->reading;
	int line = parse->broken.line;

	switch (parse->source.fault) {
	case FAULT_READ:
		rs_policy_problem(reading, 0, "cannot be read: %s",
				  strerror(parse->source.error));
		return;
	case FAULT_FILE_SIZE:
		rs_policy_problem(reading, 0, "is larger than 64 MiB, the bound for a policy");
		return;
	case FAULT_ENTRY_SIZE:
		rs_policy_problem(reading, parse->entry_line,
				  "from here on one entry, text or comment is larger than "
				  "256 KiB: that is the bound");
		return;
	case FAULT_NONE:
		break;
	}
	if (parse->broken.code == XML_ERR_DOCUMENT_EMPTY)
		rs_policy_problem(reading, line > 0 ? (unsigned long)line : 0,
				  "is no XML: expected <policy xmlns=\"%s\" version=\"...\">",
				  RS_POLICY_NS);
	else if (parse->broken.code == XML_ERR_DOCUMENT_END)
		/* One error of libxml2's for both. */
		rs_policy_problem(reading, line > 0 ? (unsigned long)line : 0,
				  "the file ends too early, or more follows </policy>: expected "
				  "one <policy>, whole");
	else if (parse->broken.text != NULL)
		rs_policy_problem(reading, line > 0 ? (unsigned long)line : 0,
				  "not well-formed XML: %s", parse->broken.text);
	else if (!parse->ended && reading->problems == 0)
		rs_policy_problem(reading, 0, "holds no <policy>");
}

static void
count_foreign_attributes(struct rs_policy_reading *reading, const xmlNode *node)
{
	for (const xmlAttr *attr = node->properties; attr != NULL; attr = attr->next)
		if (attr->ns != NULL && !rs_streq((const char *)attr->ns->href, RS_POLICY_NS) &&
		    xmlStrcmp(attr->ns->href, XML_XML_NAMESPACE) != 0)
			reading->file->not_understood++;
}

/*
 * Counts what is foreign, but not what is within that; false where the tree
 * is deeper than is allowed.
 */
static bool
look_through(struct parse *parse, const xmlNode *node, int depth, bool within)
{
	bool foreign = node->ns != NULL && !rs_policy_ours(node);

	if (depth > RS_POLICY_DEPTH_MAX) {
		rs_policy_problem(parse->reading, rs_policy_line(node),
				  "elements are nested deeper than %d levels",
				  RS_POLICY_DEPTH_MAX);
		return false;
	}
	if (foreign && !within)
		parse->reading->file->not_understood++;
	within = within || foreign;
	if (!within)
		count_foreign_attributes(parse->reading, node);
	for (const xmlNode *child = node->children; child != NULL; child = child->next)
		if (child->type == XML_ELEMENT_NODE &&
		    !look_through(parse, child, depth + 1, within))
			return false;
	return true;
}

static void
say_invalid(struct parse *parse, const xmlNode *node, bool with_children)
{
	struct first_error *first = &parse->invalid;

	if (!rs_policy_explain(parse->reading, node, with_children))
		rs_policy_problem(parse->reading, rs_policy_line(node),
				  "<%s> is not as the schema has it: %s",
				  (const char *)node->name,
				  first->text != NULL ? first->text : "no reason given");
	free(first->text);
	first->text = NULL;
}

static void
one_entry(struct parse *parse)
{
	struct rs_policy_reading *reading = parse->reading;
	xmlNode *node = xmlTextReaderExpand(parse->reader);
	const char *name;
	int ok;

	if (node == NULL || parse->broken.text != NULL || parse->source.fault != FAULT_NONE ||
	    !look_through(parse, node, 2, false))
		return;
	name = (const char *)node->name;
	if (!rs_policy_ours(node) ||
	    (!rs_streq(name, "root") && !rs_streq(name, "set") && !rs_streq(name, "allow"))) {
		rs_policy_problem(reading, rs_policy_line(node), "<%s>%s is not known here: "
				  "expected <root>, <set> or <allow>", name,
				  node->ns == NULL ? " without a namespace" : "");
		return;
	}
	if (reading->policy->roots.n >= RS_POLICY_ROOTS_MAX && rs_streq(name, "root")) {
		rs_policy_problem(reading, rs_policy_line(node),
				  "more than %d entries, the bound for a policy",
				  RS_POLICY_ROOTS_MAX);
		parse->ended = true;
		return;
	}
	ok = xmlRelaxNGValidatePushElement(parse->valid, node->doc, node);
	if (ok == 0)
		ok = xmlRelaxNGValidateFullElement(parse->valid, node->doc, node);
	else if (ok == 1)
		ok = xmlRelaxNGValidatePopElement(parse->valid, node->doc, node);
	/* The node's own line is that on which its start tag ends. */
	reading->entry_line = parse->after_text > 0 ? parse->after_text : rs_policy_line(node);
	if (ok == 1)
		rs_policy_entry(reading, node);
	else
		say_invalid(parse, node, true);
}

/* Reads past an element of another namespace without keeping it. */
static int
pass_over(struct parse *parse)
{
	int rc, depth;

	parse->reading->file->not_understood++;
	if (xmlTextReaderIsEmptyElement(parse->reader) == 1)
		return xmlTextReaderRead(parse->reader);
	while ((rc = xmlTextReaderRead(parse->reader)) == 1) {
		depth = xmlTextReaderDepth(parse->reader);
		if (depth == 1)
			return xmlTextReaderRead(parse->reader);
		if (depth >= RS_POLICY_DEPTH_MAX &&
		    xmlTextReaderNodeType(parse->reader) == XML_READER_TYPE_ELEMENT) {
			rs_policy_problem(parse->reading, parse->entry_line,
					  "elements in here are nested deeper than %d levels",
					  RS_POLICY_DEPTH_MAX);
			return -1;
		}
	}
	return rc;
}

/* The element, its namespace and what it asks of us; false ends the file. */
static bool
begin_policy(struct parse *parse)
{
	struct rs_policy_reading *reading = parse->reading;
	const char *encoding = (const char *)xmlTextReaderConstEncoding(parse->reader);
	xmlNode *node = xmlTextReaderCurrentNode(parse->reader);
	RS_AUTOFREE char *requires = NULL;

	if (encoding != NULL && strcasecmp(encoding, "UTF-8") != 0 &&
	    strcasecmp(encoding, "US-ASCII") != 0 && strncasecmp(encoding, "UTF-16", 6) != 0) {
		rs_policy_problem(reading, 1, "encoding=\"%s\": expected UTF-8", encoding);
		return false;
	}
	if (!rs_policy_ours(node) || !rs_streq((const char *)node->name, "policy")) {
		rs_policy_problem(reading, rs_policy_line(node), "<%s%s%s>: expected <policy "
				  "xmlns=\"%s\">", (const char *)node->name,
				  node->ns ? " xmlns=" : "",
				  node->ns ? (const char *)node->ns->href : "", RS_POLICY_NS);
		return false;
	}
	if (node->doc->intSubset != NULL) {
		/* Not there when the file was opened. */
		rs_policy_problem(reading, 0, "has changed while it was read");
		return false;
	}
	requires = rs_policy_attribute(node, "requires");
	if (requires != NULL && strtoul(requires, NULL, 10) > RS_POLICY_LANGUAGE) {
		rs_policy_problem(reading, rs_policy_line(node), "requires policy language %s; "
				  "this program knows %d: install a newer rootsweep",
				  requires, RS_POLICY_LANGUAGE);
		return false;
	}
	if (xmlRelaxNGValidatePushElement(parse->valid, node->doc, node) != 1) {
		say_invalid(parse, node, false);
		return false;
	}
	count_foreign_attributes(reading, node);
	reading->file->version = rs_policy_attribute(node, "version");
	return true;
}

/* What stands directly below <policy>; returns as xmlTextReaderRead does. */
static int
below_policy(struct parse *parse)
{
	xmlTextReader *reader = parse->reader;
	const char *ns;

	switch (xmlTextReaderNodeType(reader)) {
	case XML_READER_TYPE_ELEMENT:
		ns = (const char *)xmlTextReaderConstNamespaceUri(reader);
		if (ns != NULL && strcmp(ns, RS_POLICY_NS) != 0)
			return pass_over(parse);
		one_entry(parse);
		return xmlTextReaderNext(reader);
	case XML_READER_TYPE_TEXT:
	case XML_READER_TYPE_CDATA:
		rs_policy_problem(parse->reading, parse->entry_line,
				  "text below <policy>: expected <root>, <set> or <allow>");
		return xmlTextReaderRead(reader);
	default:
		return xmlTextReaderRead(reader);
	}
}

static void
read_all(struct parse *parse)
{
	xmlTextReader *reader = parse->reader;
	struct rs_policy_reading *reading = parse->reading;
	int rc = xmlTextReaderRead(reader), type;

	while (rc == 1 && reading->problems <= RS_POLICY_PROBLEMS_MAX && !parse->ended) {
		xmlNode *node = xmlTextReaderCurrentNode(reader);

		parse->source.mark = parse->source.total;
		type = xmlTextReaderNodeType(reader);
		parse->entry_line = node != NULL ? rs_policy_line(node) : 0;
		if (xmlTextReaderDepth(reader) == 1) {
			bool text = type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE;
			unsigned long line = text ? (unsigned long)xmlGetLineNo(node) : 0;

			rc = below_policy(parse);
			parse->after_text = line;
			continue;
		}
		if (type == XML_READER_TYPE_ELEMENT) {
			if (!begin_policy(parse))
				return;
			parse->ended = xmlTextReaderIsEmptyElement(reader) == 1;
		} else if (type == XML_READER_TYPE_END_ELEMENT) {
			parse->ended = true;
		}
		rc = xmlTextReaderRead(reader);
	}
	/* What follows </policy> must be well-formed too. */
	while (rc == 1 && reading->problems == 0)
		rc = xmlTextReaderRead(reader);
}

void
rs_policy_read(struct rs_policy_reading *reading)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES;
	RS_AUTOCLOSE int fd = rs_policy_open(reading);
	struct parse parse = { .reading = reading, .source.fd = fd };

	if (fd < 0)
		return;
	parse.reader = xmlReaderForIO(source_read, source_close, &parse.source,
				      reading->file->path, NULL, options);
	parse.valid = xmlRelaxNGNewValidCtxt(reading->schema);
	if (parse.reader == NULL || parse.valid == NULL)
		rs_policy_problem(reading, 0, "cannot be read: no memory left");
	else {
		xmlTextReaderSetStructuredErrorHandler(parse.reader, keep_first, &parse.broken);
		xmlRelaxNGSetValidStructuredErrors(parse.valid, keep_first, &parse.invalid);
		read_all(&parse);
		say_fault(&parse);
	}
	xmlRelaxNGFreeValidCtxt(parse.valid);
	xmlFreeTextReader(parse.reader);
	free(parse.broken.text);
	free(parse.invalid.text);
}
