/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <libxml/xmlwriter.h>

#include "message.h"
#include "record.h"
#include "text.h"

#define RS_XML (const xmlChar *)

static void
ok(int result)
{
	if (result < 0)
		rs_die(RS_EXIT_FAILED, "no memory left");
}

static void
open_element(xmlTextWriterPtr w, const char *name)
{
	ok(xmlTextWriterStartElement(w, RS_XML name));
}

static void
close_element(xmlTextWriterPtr w)
{
	ok(xmlTextWriterEndElement(w));
}

static bool
fits_attribute(const char *value)
{
	for (const char *p = value; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p == 0x7f)
			return false;
	/* U+FFFE and U+FFFF are UTF-8, but no XML. */
	return rs_text_is_utf8(value, strlen(value)) && strstr(value, "\xef\xbf") == NULL;
}

/* What XML cannot hold goes as base64 under NAME-b64. */
static void
attribute(xmlTextWriterPtr w, const char *name, const char *value)
{
	RS_AUTOFREE char *name64 = NULL, *value64 = NULL;

	if (value == NULL)
		return;
	if (fits_attribute(value)) {
		ok(xmlTextWriterWriteAttribute(w, RS_XML name, RS_XML value));
		return;
	}
	name64 = rs_printf("%s-b64", name);
	value64 = rs_base64(value, strlen(value));
	ok(xmlTextWriterWriteAttribute(w, RS_XML name64, RS_XML value64));
}

RS_PRINTF(3, 4)
static void
attribute_f(xmlTextWriterPtr w, const char *name, const char *fmt, ...)
{
	RS_AUTOFREE char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	value = rs_vprintf(fmt, ap);
	va_end(ap);
	attribute(w, name, value);
}

static void
write_saved(xmlTextWriterPtr w, const char *element, const struct rs_saved *saved)
{
	static const char *const types[] = {
		[RS_SAVED_ABSENT] = "absent", [RS_SAVED_FILE] = "file", [RS_SAVED_LINK] = "link",
	};

	open_element(w, element);
	attribute(w, "type", types[saved->type]);
	if (saved->type != RS_SAVED_ABSENT) {
		attribute_f(w, "mode", "%04o", saved->mode);
		attribute_f(w, "uid", "%llu", (unsigned long long)saved->uid);
		attribute_f(w, "gid", "%llu", (unsigned long long)saved->gid);
		attribute_f(w, "size", "%llu", (unsigned long long)saved->size);
		attribute_f(w, "mtime", "%lld.%09ld", (long long)saved->mtime, saved->mtime_nsec);
		attribute(w, "sha256", saved->sha256);
		attribute(w, "target", saved->target);
		attribute(w, "content", saved->content);
	}
	for (size_t i = 0; i < saved->xattrs.n; i++) {
		const struct rs_xattr *xattr = saved->xattrs.v[i];

		open_element(w, "xattr");
		attribute(w, "name", xattr->name);
		attribute(w, "value", xattr->value);
		close_element(w);
	}
	close_element(w);
}

static void
write_file_step(xmlTextWriterPtr w, const struct rs_step *step)
{
	attribute(w, "op", rs_file_op_name(step->op));
	if (step->derived)
		attribute(w, "stray", "yes");
	write_saved(w, "before", &step->before);
	write_saved(w, "after", &step->after);
	for (size_t i = 0; i < step->ranges.n; i++) {
		const struct rs_range *range = step->ranges.v[i];

		open_element(w, "range");
		attribute_f(w, "offset", "%llu", (unsigned long long)range->offset);
		attribute_f(w, "length", "%llu", (unsigned long long)range->length);
		close_element(w);
	}
}

static void
write_rows(xmlTextWriterPtr w, const struct rs_step *step)
{
	static const char *const types[] = {
		[RS_COLUMN_NULL] = "null", [RS_COLUMN_INTEGER] = "integer",
		[RS_COLUMN_REAL] = "real", [RS_COLUMN_TEXT] = "text", [RS_COLUMN_BLOB] = "blob",
	};

	for (size_t i = 0; i < step->rows.n; i++) {
		const struct rs_row *row = step->rows.v[i];

		open_element(w, "row");
		attribute_f(w, "rowid", "%lld", (long long)row->rowid);
		for (size_t k = 0; k < row->columns.n; k++) {
			const struct rs_column *column = row->columns.v[k];

			if (column->type == RS_COLUMN_NULL)
				continue;
			open_element(w, "column");
			attribute(w, "name", column->name);
			attribute(w, "type", types[column->type]);
			ok(xmlTextWriterWriteString(w, RS_XML column->value));
			close_element(w);
		}
		close_element(w);
	}
}

static void
write_refresh(xmlTextWriterPtr w, const struct rs_step *step)
{
	attribute(w, "layout", step->layout);
	for (size_t i = 0; i < step->copies.n; i++) {
		const struct rs_copy *copy = step->copies.v[i];

		open_element(w, "copy");
		attribute(w, "path", copy->path);
		write_saved(w, "before", &copy->saved);
		close_element(w);
	}
}

static void
write_step(xmlTextWriterPtr w, const struct rs_step *step)
{
	open_element(w, "step");
	attribute_f(w, "n", "%u", step->n);
	attribute(w, "kind", rs_step_kind_name(step->kind));
	attribute(w, "store-kind", step->store_kind);
	attribute(w, "store", step->store);
	attribute(w, "path", step->path);
	if (step->kind == RS_STEP_FILE)
		write_file_step(w, step);
	else if (step->kind == RS_STEP_ROWS)
		write_rows(w, step);
	else
		write_refresh(w, step);
	close_element(w);
}

static void
write_finding(xmlTextWriterPtr w, const struct rs_record_finding *finding)
{
	open_element(w, "finding");
	attribute(w, "entry", finding->entry);
	attribute(w, "store", finding->store);
	attribute(w, "sha256", finding->sha256);
	attribute(w, "sha1", finding->sha1);
	attribute(w, "title", finding->title);
	close_element(w);
}

char *
rs_record_to_xml(const struct rs_record *record)
{
	xmlBufferPtr buffer = xmlBufferCreate();
	xmlTextWriterPtr w = buffer == NULL ? NULL : xmlNewTextWriterMemory(buffer, 0);
	char *xml;

	if (w == NULL)
		rs_die(RS_EXIT_FAILED, "no memory left");
	xmlTextWriterSetIndent(w, 1);
	ok(xmlTextWriterStartDocument(w, NULL, "UTF-8", NULL));
	open_element(w, "record");
	attribute(w, "xmlns", "urn:rootsweep:record:1");
	attribute(w, "id", record->id);
	attribute(w, "time", record->time);
	attribute(w, "owner", record->owner);
	if (record->try_until != 0)
		attribute_f(w, "try-until", "%lld", (long long)record->try_until);
	for (size_t i = 0; i < record->findings.n; i++)
		write_finding(w, record->findings.v[i]);
	for (size_t i = 0; i < record->steps.n; i++)
		write_step(w, record->steps.v[i]);
	close_element(w);
	ok(xmlTextWriterEndDocument(w));
	xmlFreeTextWriter(w);
	xml = rs_strndup((const char *)buffer->content, buffer->use);
	xmlBufferFree(buffer);
	return xml;
}
