/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-impl.h"

#include <stdio.h>
#include <string.h>

const char *const rs_policy_categories[] = {
	"state", "oem", "adware", "monitoring", "debugging", "security-product",
	"enterprise-proxy", "misissuing-ca", NULL,
};
const char *const rs_policy_evidences[] = {
	"intercepted", "key-public", "capable", "unconfirmed", NULL,
};
/* In the order of enum rs_action. */
const char *const rs_policy_actions[] = { "ignore", "report", "quarantine", NULL };
const char *const rs_policy_blockers[] = {
	"chromium", "firefox", "apple", "microsoft", "java", NULL,
};

const char *const rs_policy_sensitivities[] = { "ordinary", "blocked", "adult", NULL };

const char *
rs_policy_word(const char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (rs_streq(*words, word))
			return *words;
	return NULL;
}

bool
rs_policy_ours(const xmlNode *node)
{
	return node->ns != NULL && rs_streq((const char *)node->ns->href, RS_POLICY_NS);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char *
rs_policy_collapse(const char *text)
{
	char *out = rs_alloc(strlen(text) + 1);
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (!is_blank(*text))
			out[n++] = *text;
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

char *
rs_policy_attribute(const xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
	char *text = value == NULL ? NULL : rs_policy_collapse((const char *)value);

	xmlFree(value);
	return text;
}

char *
rs_policy_content(const xmlNode *node)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	for (const xmlNode *child = node->children; child != NULL; child = child->next)
		if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) &&
		    child->content != NULL)
			rs_buf_puts(&text, (const char *)child->content);
	return rs_policy_collapse(text.data != NULL ? text.data : "");
}

/* A text node has the line on which it ends. */
static unsigned long
text_line(const xmlNode *text, bool past_blanks)
{
	unsigned long line = (unsigned long)xmlGetLineNo(text);
	const char *p = text->content != NULL ? (const char *)text->content : "";

	while (past_blanks && is_blank(*p))
		p++;
	for (; *p != '\0'; p++)
		line -= *p == '\n';
	return line;
}

static const xmlNode *
next_node(const xmlNode *node)
{
	if (node->children != NULL)
		return node->children;
	while (node != NULL && node->next == NULL)
		node = node->parent;
	return node != NULL ? node->next : NULL;
}

unsigned long
rs_policy_line(const xmlNode *node)
{
	const xmlNode *text = node;

	if (node->type == XML_TEXT_NODE)
		return text_line(node, true);
	if (node->line < 65535)
		return node->line;
	/* Only texts have the true count: the first in it, or behind it. */
	while (text != NULL && text->type != XML_TEXT_NODE)
		text = next_node(text);
	return text != NULL ? text_line(text, false) : (unsigned long)xmlGetLineNo(node);
}

time_t
rs_policy_day(const char *date)
{
	struct tm tm = { 0 }, asked;
	int end = 0;
	time_t t;

	if (sscanf(date, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &end) != 3 ||
	    end != 10 || date[end] != '\0')
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	asked = tm;
	t = timegm(&tm);
	/* timegm makes 3 March of 31 February. */
	return tm.tm_mday == asked.tm_mday && tm.tm_mon == asked.tm_mon ? t : -1;
}

const char *
rs_policy_serial(const char *hex)
{
	while (hex[0] == '0' && hex[1] == '0' && hex[2] != '\0')
		hex += 2;
	return hex;
}
