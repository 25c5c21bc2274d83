/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns for names: which are refused, what fits, and how long it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

#include "policy-fixture.h"

/* Behind HEAD the attribute stands in line 5. */
static char *
with_attribute(const char *type, const char *pattern)
{
	return rs_printf(HEAD "<root id=\"a\" category=\"oem\" evidence=\"capable\" "
	    "action=\"report\">\n" NAMED "<match><subject><attribute type=\"%s\" match=\"%s\"/>"
	    "</subject></match></root>" TAIL, type, pattern);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *pattern, *why;
	} bad[] = {
		{ "^(a+)+$", "it repeats without an end what itself does" },
		{ "^([a-z]*x){2,}$", "it repeats without an end what itself does" },
		{ "^((a*)b)*$", "it repeats without an end what itself does" },
		{ "^(a(b+|c){3})*$", "it repeats without an end what itself does" },
		{ "^((((((((((((((((((a))))))))))))))))))$", "its groups are nested deeper" },
		{ "^((a{10}){10}){11}$", "its counted repeats multiply" },
		{ "^(a{500,}){3}$", "its counted repeats multiply" },
		{ "^(.)(.)\\2\\1$", "it refers back to a group" },
		{ "^[[:alpha:]]|b$", "put its alternatives in parentheses" },
		{ "^.{20,}$", "it fits any name" },
		{ "^[A-Z]{2}$", "it fits any name" },
		{ "^[[:print:]]+$", "it fits any name" },
		{ "^a{2,1}$", "it is not a POSIX extended regular expression" },
		{ "^[b-a]$", "it is not a POSIX extended regular expression" },
	};
	static const char *const good[] = {
		"^[[:alpha:]|]x$", "^[^]|]*x[[.a.]]$", "^(a+|b)c{3}$", "^(.*\\.)?example\\.net$",
		"^a\\{2\\}$", "^[(]+[*]+[+]$",
	};

	for (size_t i = 0; i < RS_COUNT(bad); i++) {
		RS_AUTOFREE char *text = with_attribute("CN", bad[i].pattern);
		RS_AUTOFREE char *said = rs_printf("p.xml:5: match=\"%s\": %s", bad[i].pattern,
						   bad[i].why);

		folder_expect_text(*state, text, said);
	}
	for (size_t i = 0; i < RS_COUNT(good); i++) {
		RS_AUTOFREE char *text = with_attribute("CN", good[i]);
		struct rs_policy *policy = folder_load_text(*state, text);

		assert_non_null(policy);
		rs_policy_free(policy);
	}
}

static void
test_attributes(void **state)
{
	static const char *const known[] = {
		"CN", "cn", "O", "OU", "emailAddress", "EMAIL", "DC", "serialNumber", "2.5.4.97",
	};
	RS_AUTOFREE char *unknown = with_attribute("NC", "^a$"), *place = with_attribute("C", "^KZ$");

	for (size_t i = 0; i < RS_COUNT(known); i++) {
		RS_AUTOFREE char *text = with_attribute(known[i], "^a$");
		struct rs_policy *policy = folder_load_text(*state, text);

		assert_non_null(policy);
		rs_policy_free(policy);
	}
	folder_expect_text(*state, unknown, "p.xml:5: type=\"NC\": expected CN, O, OU, C or ");
	folder_expect_text(*state, place, "p.xml:5: <subject> names a place and nobody in it");
}

static bool
fits(struct folder *folder, const char *pattern, const char *value)
{
	RS_AUTOFREE char *text = with_attribute("CN", pattern);
	struct rs_policy *policy = folder_load_text(folder, text);
	const struct rs_policy_subject *subject;
	bool once, twice;

	assert_non_null(policy);
	subject = ((struct rs_policy_root *)policy->roots.v[0])->subjects.v[0];
	once = rs_policy_pattern_fits(subject->patterns.v[0], value);
	twice = rs_policy_pattern_fits(subject->patterns.v[0], value);
	assert_int_equal(once, twice);
	rs_policy_free(policy);
	return once;
}

static void
test_fits(void **state)
{
	assert_true(fits(*state, "^Bad Network$", "Bad Network"));
	assert_false(fits(*state, "^Bad Network$", "Bad Network "));
	assert_false(fits(*state, "^Bad Network$", "Bad"));
	assert_false(fits(*state, "^Bad Network$", ""));
	assert_true(fits(*state, "^Bad?Network$", "BaNetwork"));
	assert_true(fits(*state, "^B{2}a*d{0,1}$", "BB"));
	assert_true(fits(*state, "^Sophos_CA_[A-Z0-9]+$", "Sophos_CA_X1"));
	assert_false(fits(*state, "^Sophos_CA_[A-Z0-9]+$", "Sophos_CA_x1"));
	assert_false(fits(*state, "^Bad.Network$", "bad network"));
	assert_false(fits(*state, "^Bad(.)Network$", "Bad\xffNetwork"));
	assert_false(fits(*state, "^Bad$", "Bad\nmore"));
	assert_false(fits(*state, "^more$", "Bad\nmore"));
}

/* What the program's own locale is does not count. */
static void
test_locale(void **state)
{
	static const char *const locales[] = { "C", "C.UTF-8", "" };

	for (size_t i = 0; i < RS_COUNT(locales); i++) {
		setlocale(LC_ALL, locales[i]);
		assert_true(fits(*state, "^Caf.{1}$", "Caf\xc3\xa9"));
		assert_true(fits(*state, "^Caf[\xc3\xa9]x$", "Caf\xc3\xa9x"));
		assert_false(fits(*state, "^Caf.x$", "Caf\xc3\xa9yx"));
		assert_true(fits(*state, "^\xd0\x9d\xd0\x95{2}$", "\xd0\x9d\xd0\x95\xd0\x95"));
	}
	setlocale(LC_ALL, "C");
}

/* The worst that is let through, on the longest value, many times. */
static void
test_time(void **state)
{
	static const char *const patterns[] = {
		"^(a|b)*a(a|b){999}c$", "^(a|aa)+c$", "^((a|b|ab|ba)*a)(a|b|ab|aab){300}c$",
		"^a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*c$",
	};
	struct timespec begun, ended;
	char value[1025], longer[1026];

	memset(longer, 'a', sizeof(longer) - 1);
	longer[1025] = '\0';
	assert_false(fits(*state, "^a+$", longer));
	longer[1024] = '\0';
	assert_true(fits(*state, "^a+$", longer));

	for (size_t i = 0; i < sizeof(value) - 1; i++)
		value[i] = "ab"[(i * i / 7 + i / 3) % 2];
	value[sizeof(value) - 1] = '\0';
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
	for (size_t i = 0; i < RS_COUNT(patterns); i++) {
		assert_false(fits(*state, patterns[i], value));
		memset(value, 'a', sizeof(value) - 1);
		assert_false(fits(*state, patterns[i], value));
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
	assert_true(ended.tv_sec - begun.tv_sec < 20);
}

int
main(void)
{
#define TEST(name, fn) { name, fn, folder_setup, folder_teardown, NULL }
	const struct CMUnitTest tests[] = {
		TEST("/policy/pattern/refused", test_refused),
		TEST("/policy/pattern/attributes", test_attributes),
		TEST("/policy/pattern/fits", test_fits),
		TEST("/policy/pattern/locale", test_locale),
		TEST("/policy/pattern/time", test_time),
	};

	return cmocka_run_group_tests_name("policy-pattern", tests, NULL, NULL);
}
