/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The patterns of <subject>: which are refused, and what fits one. */
#include "policy-impl.h"

#include <ctype.h>
#include <locale.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 1024
#define GROUPS_MAX 16
#define REPEATS_MAX 1000

/* As OpenSSL, GnuTLS and RFC 4514 write them. */
static const struct {
	const char *name, *oid;
} attributes[] = {
	{ "CN", "2.5.4.3" }, { "O", "2.5.4.10" }, { "OU", "2.5.4.11" }, { "C", "2.5.4.6" },
	{ "L", "2.5.4.7" }, { "ST", "2.5.4.8" }, { "STREET", "2.5.4.9" }, { "T", "2.5.4.12" },
	{ "title", "2.5.4.12" }, { "SN", "2.5.4.4" }, { "serialNumber", "2.5.4.5" },
	{ "GN", "2.5.4.42" }, { "givenName", "2.5.4.42" },
	{ "organizationIdentifier", "2.5.4.97" },
	{ "DC", "0.9.2342.19200300.100.1.25" }, { "UID", "0.9.2342.19200300.100.1.1" },
	{ "emailAddress", "1.2.840.113549.1.9.1" }, { "EMAIL", "1.2.840.113549.1.9.1" },
};

const char *
rs_policy_attribute_oid(const char *type)
{
	if (type != NULL && isdigit((unsigned char)type[0]))
		return type;
	for (size_t i = 0; type != NULL && i < RS_COUNT(attributes); i++)
		if (strcasecmp(attributes[i].name, type) == 0)
			return attributes[i].oid;
	return NULL;
}

/* --- what is refused -------------------------------------------------------- */

/* Behind one element of a pattern: a set, an escape or a character. */
static const char *
skip(const char *p)
{
	if (*p == '\\' && p[1] != '\0')
		return p + 2;
	if (*p != '[')
		return p + 1;
	p += p[1] == '^' ? 2 : 1;
	/* A bracket that comes first in a set is a member. */
	for (p += *p == ']'; *p != '\0' && *p != ']';) {
		char end[] = { p[1], ']', '\0' };
		const char *close = *p == '[' && p[1] != '\0' && strchr(".:=", p[1]) != NULL ?
		    strstr(p + 2, end) : NULL;

		p = close != NULL ? close + 2 : p + 1;
	}
	return p + (*p == ']');
}

/* The most that a repeat at p stands for, if it has an end, else the least. */
static unsigned long
repeats(const char *p, bool *endless)
{
	unsigned long least, most;
	char *end;

	*endless = *p == '*' || *p == '+';
	if (*p != '{')
		return 0;
	least = strtoul(p + 1, &end, 10);
	*endless = *end == ',' && end[1] == '}';
	most = *end == ',' ? strtoul(end + 1, NULL, 10) : 0;
	return most > least ? most : least;
}

/*
 * What a libc makes of a pattern must stay small, and what it does with a
 * text in proportion to that, be it by an automaton or by trying: the product
 * of all counted repeats is bounded, and of repeats without an end none
 * stands in another.
 */
static const char *
bad_repeats(const char *pattern)
{
	bool endless[GROUPS_MAX + 1] = { false }, again;
	unsigned long product = 1, n;
	size_t depth = 0;

	for (const char *p = pattern; *p != '\0'; p = skip(p)) {
		n = repeats(p, &again);
		if (n > REPEATS_MAX || (product *= 1 + n) > REPEATS_MAX + 1)
			return "its counted repeats multiply to more than 1000";
		endless[depth] |= again;
		if (*p == '\\' && isdigit((unsigned char)p[1]))
			return "it refers back to a group, which can take for ever";
		if (*p == '(' && depth++ == GROUPS_MAX)
			return "its groups are nested deeper than 16 levels";
		if (*p == '(')
			endless[depth] = false;
		if (*p != ')' || depth == 0)
			continue;
		repeats(p + 1, &again);
		if (endless[depth] && again)
			return "it repeats without an end what itself does, which can take for ever";
		depth--;
		endless[depth] |= endless[depth + 1];
	}
	return NULL;
}

/* "^a|b$" is anchored at one end only, in each of its branches. */
static const char *
bad_anchors(const char *pattern)
{
	size_t len = strlen(pattern), backslashes = 0;
	int depth = 0;

	if (len < 3 || pattern[0] != '^' || pattern[len - 1] != '$')
		return "it must begin with ^ and end with $";
	while (pattern[len - 2 - backslashes] == '\\')
		backslashes++;
	if (backslashes % 2 == 1)
		return "its last $ is escaped: it must end with $";
	for (const char *p = pattern; *p != '\0'; p = skip(p)) {
		depth += (*p == '(') - (*p == ')');
		if (*p == '|' && depth <= 0)
			return "put its alternatives in parentheses: ^(one|other)$";
	}
	return NULL;
}

/* The user's locale has no say in what a range such as [A-Z] holds. */
static locale_t
one_locale(void)
{
	static locale_t locale;

	if (locale == NULL)
		locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
	if (locale == NULL)
		locale = newlocale(LC_ALL_MASK, "C", NULL);
	return locale;
}

static bool
compile(regex_t *regex, const char *pattern)
{
	locale_t before = uselocale(one_locale());
	bool ok = regcomp(regex, pattern, REG_EXTENDED | REG_NOSUB) == 0;

	uselocale(before);
	return ok;
}

static bool
run(const regex_t *regex, const char *text)
{
	locale_t before = uselocale(one_locale());
	bool fits = regexec(regex, text, 0, NULL, 0) == 0;

	uselocale(before);
	return fits;
}

/*
 * Names as certificates bear them, and countries, which few name. A pattern
 * that fits a third of either says nothing of anybody.
 */
static const char *const usual_names[] = {
	"DigiCert Global Root G2", "Contoso Internal CA", "localhost", "R3", "GlobalSign",
	"Z\303\274rich Versicherung Root 2", "mitm.example.net", "Ministry of Finance",
	"St Mary's School Filter", "Amazon Root CA 1", "John Smith", "Bank of Example plc",
	"Root Certificate", "TLS Inspection 2021", "ACME-DC01-CA", "Entrust, Inc.", "192.0.2.1",
	"VeriSign Class 3 Public Primary Certification Authority - G5",
	"\320\236\320\236\320\236 \320\240\320\276\320\274\320\260\321\210\320\272\320\260",
	"\346\240\252\345\274\217\344\274\232\347\244\276", "Internet Security Research Group",
};
static const char *const few_countries[] = {
	"AD", "BF", "CK", "DJ", "FO", "GW", "KM", "LS", "MW", "NU", "PW", "TV",
};
/* Names that nobody has: what fits one of them fits everything. */
static const char *const nobody[] = {
	"Vq7 zxK-gjW.wQ", "qjxzv", "QX",
	"Zqxwv Kjqzx Vwpqj Xzkwq, Gbvxq & Qwzjk (Jxqzvkw) 7q4.9 wzqxj-vkqzx",
};

static size_t
count_fits(const regex_t *regex, const char *const *names, size_t n)
{
	size_t fits = 0;

	for (size_t i = 0; i < n; i++)
		fits += run(regex, names[i]);
	return fits;
}

const char *
rs_policy_bad_pattern(const char *pattern)
{
	const char *why = bad_anchors(pattern);
	regex_t regex;

	if (why == NULL)
		why = bad_repeats(pattern);
	if (why != NULL)
		return why;
	if (!compile(&regex, pattern))
		return "it is not a POSIX extended regular expression";
	if (count_fits(&regex, nobody, RS_COUNT(nobody)) > 0)
		why = "it fits any name";
	else if (count_fits(&regex, usual_names, RS_COUNT(usual_names)) * 3 >=
		 RS_COUNT(usual_names) ||
		 count_fits(&regex, few_countries, RS_COUNT(few_countries)) * 3 >=
		 RS_COUNT(few_countries))
		why = "it fits too many names: a third of those it was tried on";
	regfree(&regex);
	return why;
}

/* --- what fits -------------------------------------------------------------- */

static bool
is_plain(char c)
{
	return c == ' ' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

const char *
rs_policy_pattern_beginning(const struct rs_policy_pattern *pattern, size_t *len)
{
	const char *begin = pattern->match + 1, *p = begin;

	while (is_plain(*p) && (p[1] == '\0' || strchr("*+?{", p[1]) == NULL))
		p++;
	*len = (size_t)(p - begin);
	return begin;
}

bool
rs_policy_pattern_fits(struct rs_policy_pattern *pattern, const char *text)
{
	size_t len;
	const char *begin = rs_policy_pattern_beginning(pattern, &len);

	if (strlen(text) > VALUE_MAX || strncmp(text, begin, len) != 0)
		return false;
	/* Only now: of thousands of patterns a run needs few. */
	if (!pattern->compiled)
		pattern->compiled = compile(&pattern->regex, pattern->match);
	return pattern->compiled && run(&pattern->regex, text);
}

void
rs_policy_pattern_free(void *p)
{
	struct rs_policy_pattern *pattern = p;

	if (pattern->compiled)
		regfree(&pattern->regex);
	free(pattern->type);
	free(pattern->match);
	free(pattern);
}
