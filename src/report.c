/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libsmartcols.h>

#include "message.h"
#include "text.h"

/* Of what people read as running text. */
#define WIDTH 78
/* Columns of a name or path in a table: nearly all are shorter. */
#define VALUE_MAX 512

json_object *
rs_report_text(const char *text)
{
	RS_AUTOFREE char *utf8 = text == NULL ? NULL : rs_text_utf8(text, strlen(text));

	return utf8 == NULL ? NULL : json_object_new_string(utf8);
}

static json_object *
row_to_json(const struct rs_report_noun *noun, const void *row)
{
	json_object *j = json_object_new_object();

	for (size_t i = 0; i < noun->n; i++) {
		const struct rs_report_column *column = &noun->columns[i];

		if (column->key != NULL)
			json_object_object_add(j, column->key, column->get(row));
	}
	return j;
}

static void
print_json(json_object *j, int flags)
{
	RS_AUTOFREE char *text = rs_text_json(json_object_to_json_string_ext(j, flags |
	    JSON_C_TO_STRING_NOSLASHESCAPE));

	printf("%s\n", text);
}

static void
print_line(const char *type, json_object *j)
{
	json_object *line = json_object_new_object();

	json_object_object_add(line, "type", json_object_new_string(type));
	json_object_object_foreach(j, key, value)
		json_object_object_add(line, key, json_object_get(value));
	print_json(line, JSON_C_TO_STRING_PLAIN);
	json_object_put(line);
}

/*
 * In a locale that is not UTF-8 libsmartcols does not end on bytes that are
 * none of its characters: there all but ASCII is escaped. Takes text.
 */
static char *
for_locale(char *text)
{
	struct rs_buf buf = { 0 };

	if (rs_streq(nl_langinfo(CODESET), "UTF-8"))
		return text;
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80)
			rs_buf_add(&buf, p, 1);
		else
			rs_buf_printf(&buf, "\\x%02x", (unsigned char)*p);
	free(text);
	return rs_buf_steal(&buf);
}

/* A stranger's name of 64 KiB would make each line of its table as long: JSON
 * has it whole. */
static char *
cut_text(json_object *value)
{
	RS_AUTOFREE char *safe = rs_text_safe(json_object_get_string(value));

	return rs_text_cut(safe, VALUE_MAX);
}

/* A cell of a table: one line, safe for a terminal. */
static char *
cell_text(json_object *value)
{
	struct rs_buf buf = { 0 };

	if (value == NULL)
		return rs_strdup("");
	if (!json_object_is_type(value, json_type_array))
		return for_locale(cut_text(value));
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		RS_AUTOFREE char *text = cut_text(json_object_array_get_idx(value, i));

		rs_buf_printf(&buf, "%s%s", i ? ", " : "", text);
	}
	return for_locale(rs_buf_steal(&buf));
}

static bool
is_shown(const struct rs_report_column *column)
{
	return column->head != NULL && (!column->verbose || rs_verbosity >= RS_VERBOSE);
}

static void
fill_line(struct libscols_line *line, const struct rs_report_noun *noun, const void *row)
{
	size_t n = 0;

	for (size_t i = 0; i < noun->n; i++) {
		json_object *value;

		if (!is_shown(&noun->columns[i]))
			continue;
		value = noun->columns[i].get(row);
		/* The line takes the text. */
		scols_line_refer_data(line, n++, cell_text(value));
		json_object_put(value);
	}
}

void
rs_report_table(const struct rs_report_noun *noun, const struct rs_array *rows)
{
	struct libscols_table *table = scols_new_table();

	if (table == NULL)
		rs_die(RS_EXIT_FAILED, "no memory left");
	/* Text is made safe here already; smartcols must not do it twice. */
	scols_table_enable_noencoding(table, 1);
	for (size_t i = 0; i < noun->n; i++)
		if (is_shown(&noun->columns[i]))
			scols_table_new_column(table, noun->columns[i].head, 0,
					       noun->columns[i].right ? SCOLS_FL_RIGHT : 0);
	for (size_t i = 0; i < rows->n; i++) {
		struct libscols_line *line = scols_table_new_line(table, NULL);

		if (line == NULL)
			rs_die(RS_EXIT_FAILED, "no memory left");
		fill_line(line, noun, rows->v[i]);
	}
	/* A width that follows the content keeps paths whole when copied. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	scols_print_table(table);
	scols_unref_table(table);
}

static json_object *
policy_files(const struct rs_policy *policy)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; policy != NULL && i < policy->files.n; i++) {
		const struct rs_policy_file *file = policy->files.v[i];
		json_object *j = json_object_new_object();

		json_object_object_add(j, "file", json_object_new_string(file->path));
		json_object_object_add(j, "version", json_object_new_string(file->version));
		json_object_object_add(j, "entries", json_object_new_uint64(file->entries));
		json_object_array_add(list, j);
	}
	return list;
}

void
rs_report_begin(struct rs_report *report, const char *schema, const struct rs_policy *policy)
{
	char host[256] = "";
	RS_AUTOFREE char *time = rs_time_text(rs_now());

	report->doc = json_object_new_object();
	gethostname(host, sizeof(host) - 1);
	rs_report_set(report, "schema", json_object_new_string(schema));
	rs_report_set(report, "version", json_object_new_string(PACKAGE_VERSION));
	rs_report_set(report, "time", json_object_new_string(time));
	rs_report_set(report, "host", json_object_new_string(host));
	rs_report_set(report, "policy", policy_files(policy));
	rs_report_set(report, "policy_date", policy == NULL || policy->date == NULL ? NULL :
		      json_object_new_string(policy->date));
}

void
rs_report_set(struct rs_report *report, const char *key, json_object *value)
{
	json_object_object_add(report->doc, key, value);
}

void
rs_report_texts(struct rs_report *report, const char *key, const struct rs_array *texts)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < texts->n; i++) {
		RS_AUTOFREE char *text = rs_text_utf8(texts->v[i], strlen(texts->v[i]));

		json_object_array_add(list, json_object_new_string(text));
	}
	rs_report_set(report, key, list);
}

void
rs_report_list(struct rs_report *report, const char *key, const struct rs_report_noun *noun,
	       const struct rs_array *rows, bool as_table)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < rows->n && report->format != RS_FORMAT_TABLE; i++) {
		json_object *j = row_to_json(noun, rows->v[i]);

		if (report->format == RS_FORMAT_JSONL) {
			print_line(noun->type, j);
			json_object_put(j);
		} else {
			json_object_array_add(list, j);
		}
	}
	if (report->format == RS_FORMAT_JSON)
		rs_report_set(report, key, list);
	else
		json_object_put(list);
	if (report->format == RS_FORMAT_TABLE && as_table && rows->n > 0)
		rs_report_table(noun, rows);
}

RS_PRINTF(2, 0)
static void
say(const struct rs_report *report, const char *fmt, va_list ap)
{
	RS_AUTOFREE char *text = rs_vprintf(fmt, ap);

	if (report->format == RS_FORMAT_TABLE && rs_verbosity > RS_QUIET)
		fputs(text, stdout);
}

void
rs_report_say(struct rs_report *report, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(report, fmt, ap);
	va_end(ap);
	if (report->format == RS_FORMAT_TABLE && rs_verbosity > RS_QUIET)
		putchar('\n');
}

void
rs_report_head(struct rs_report *report, const char *fmt, ...)
{
	bool color = report->color && report->format == RS_FORMAT_TABLE &&
	    rs_verbosity > RS_QUIET;
	va_list ap;

	va_start(ap, fmt);
	if (color)
		fputs("\033[1m", stdout);
	say(report, fmt, ap);
	va_end(ap);
	if (color)
		fputs("\033[0m", stdout);
	if (report->format == RS_FORMAT_TABLE && rs_verbosity > RS_QUIET)
		putchar('\n');
}

/* Characters, not bytes: what the lines are broken by. */
static size_t
width(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

void
rs_report_paragraph(struct rs_report *report, const char *before, const char *text)
{
	RS_AUTOFREE char *safe = rs_text_safe(text);
	RS_AUTOBUF struct rs_buf line = { 0 };
	size_t used = 0;

	for (const char *p = safe; *p != '\0';) {
		size_t len = strcspn(p, " ");

		if (used > 0 && used + 1 + width(p, len) > WIDTH - strlen(before)) {
			rs_report_say(report, "%s%s", before, line.data);
			line.len = used = 0;
		}
		if (used > 0)
			rs_buf_puts(&line, " ");
		rs_buf_add(&line, p, len);
		used = width(line.data, line.len);
		p += len + strspn(p + len, " ");
	}
	if (used > 0)
		rs_report_say(report, "%s%s", before, line.data);
}

void
rs_report_end(struct rs_report *report)
{
	rs_report_set(report, "complete", json_object_new_boolean(!report->partial));
	if (report->format == RS_FORMAT_JSON)
		print_json(report->doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
	else if (report->format == RS_FORMAT_JSONL)
		print_line("summary", report->doc);
	json_object_put(report->doc);
	report->doc = NULL;
	/* A full disk behind standard output must not look like success. */
	if (fflush(stdout) != 0 || ferror(stdout))
		rs_die(RS_EXIT_FAILED, "standard output cannot be written: %s", strerror(errno));
}
