/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Policies that are refused: each with its file, its line and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/wait.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "policy-fixture.h"

struct bad {
	const char *text, *said;
};

static void
expect_all(void **state, const struct bad *bad, size_t n)
{
	for (size_t i = 0; i < n; i++)
		folder_expect_text(*state, bad[i].text, bad[i].said);
}

/* --- XML -------------------------------------------------------------------- */

#define DOCTYPE "<?xml version=\"1.0\"?>\n<!DOCTYPE policy "
#define POLICY "<policy xmlns=\"" NS "\" version=\"1\">"

static void
test_doctype(void **state)
{
	static const struct bad bad[] = {
		{ DOCTYPE "[<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n" POLICY
		  ROOT_OF("a", "<name>&x;</name>", SPKI) "</policy>", "p.xml:2: a DOCTYPE: expected none" },
		{ DOCTYPE "SYSTEM \"http://192.0.2.1/x.dtd\">\n" POLICY ROOT("a") "</policy>",
		  "p.xml:2: a DOCTYPE: expected none" },
		{ DOCTYPE "[<!ENTITY % x SYSTEM \"file:///etc/passwd\">%x;]>" POLICY "</policy>",
		  "p.xml:2: a DOCTYPE: expected none" },
		{ DOCTYPE "[]>\n" POLICY "</policy>", "p.xml:2: a DOCTYPE: expected none" },
		{ "<!-- <!DOCTYPE x> -->\n<?a b?>\n\n<!DOCTYPE policy>" POLICY "</policy>",
		  "p.xml:4: a DOCTYPE: expected none" },
		{ POLICY ROOT_OF("a", "<name>&x;</name>", SPKI) "</policy>",
		  "p.xml:2: not well-formed XML: Entity 'x' not defined" },
	};

	expect_all(state, bad, RS_COUNT(bad));
}

static void
test_doctype_utf16(void **state)
{
	static const char text[] = "\n<!DOCTYPE policy [<!ENTITY x \"y\">]>\n" POLICY "</policy>";
	RS_AUTOBUF struct rs_buf utf16 = { 0 };

	rs_buf_add(&utf16, "\xfe\xff", 2);
	for (const char *p = text; *p != '\0'; p++)
		rs_buf_add(&utf16, (char[]){ 0, *p }, 2);
	folder_write_bytes(*state, "p.xml", utf16.data, utf16.len);
	folder_expect(*state, "p.xml", "p.xml:2: a DOCTYPE: expected none");
}

static void
test_billion_laughs(void **state)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, DOCTYPE "[<!ENTITY l0 \"lol\">\n");
	for (int i = 1; i < 12; i++) {
		rs_buf_printf(&text, "<!ENTITY l%d \"", i);
		for (int k = 0; k < 10; k++)
			rs_buf_printf(&text, "&l%d;", i - 1);
		rs_buf_puts(&text, "\">\n");
	}
	/* In an attribute the reader cannot but follow them. */
	rs_buf_puts(&text, "]>\n<policy xmlns=\"" NS "\" version=\"&l11;\">&l11;</policy>");
	folder_expect_text(*state, text.data, "p.xml:2: a DOCTYPE: expected none");
}

static void
test_not_well_formed(void **state)
{
	static const struct bad bad[] = {
		{ HEAD ROOT("a"), "p.xml:6: the file ends too early, or more follows </policy>" },
		{ "\n\n", "p.xml:1: the file ends too early, or more follows </policy>" },
		{ HEAD TAIL "<x/>", "p.xml:5: the file ends too early, or more follows" },
		{ HEAD "<root", "p.xml:3: not well-formed XML" },
		{ HEAD "<root></rot>" TAIL, "p.xml:3: not well-formed XML: Opening and ending tag" },
		{ HEAD "\n<q:root/>" TAIL, "p.xml:4: not well-formed XML: Namespace prefix q" },
		{ HEAD ROOT_OF("a", "<name>\xff</name>", SPKI) TAIL,
		  "p.xml:4: not well-formed XML: Input is not proper UTF-8" },
		{ HEAD "<root id=\"a\" id=\"b\"/>" TAIL, "p.xml:3: not well-formed XML" },
		{ "text", "p.xml:1: is no XML: expected <policy xmlns=" },
		{ "", "p.xml: is empty: expected <policy xmlns=\"" NS "\"" },
		{ "<?xml version=\"1.0\" encoding=\"nonsense\"?>" POLICY "</policy>",
		  "p.xml:1: not well-formed XML: Unsupported encoding nonsense" },
		{ "<?xml version=\"1.0\" encoding=\"windows-1251\"?>" POLICY "</policy>",
		  "p.xml:1: encoding=\"windows-1251\": expected UTF-8" },
	};

	expect_all(state, bad, RS_COUNT(bad));
}

static void
test_another_language(void **state)
{
	static const struct bad bad[] = {
		{ "<html/>", "p.xml:1: <html>: expected <policy xmlns=\"" NS "\">" },
		{ "\n<policy version=\"1\"/>", "p.xml:2: <policy>: expected <policy xmlns=" },
		{ "<policy xmlns=\"urn:rootsweep:policy:2\" version=\"1\"/>",
		  "p.xml:1: <policy xmlns=urn:rootsweep:policy:2>: expected <policy xmlns=" },
		{ "<root xmlns=\"" NS "\"/>", "p.xml:1: <root xmlns=" NS ">: expected <policy" },
		{ "<policy xmlns=\"" NS "\" version=\"1\" requires=\"2\"><new/></policy>",
		  "p.xml:1: requires policy language 2; this program knows 1: install a newer" },
	};

	expect_all(state, bad, RS_COUNT(bad));
}

static char *
nested(const char *before, const char *open, const char *close, size_t depth, const char *after)
{
	struct rs_buf text = { 0 };

	rs_buf_puts(&text, before);
	for (size_t i = 0; i < depth; i++)
		rs_buf_puts(&text, open);
	for (size_t i = 0; i < depth; i++)
		rs_buf_puts(&text, close);
	rs_buf_puts(&text, after);
	return rs_buf_steal(&text);
}

#define ROOT_HEAD "<root id=\"a\" category=\"oem\" evidence=\"capable\" action=\"report\">" \
	NAMED "<match>" SPKI "</match>"

static void
test_depth(void **state)
{
	static const size_t too_deep[] = { 1, 20, 200, 100000 };
	static const char open[] = "<x:y xmlns:x=\"u\">", close[] = "</x:y>";
	RS_AUTOFREE char *below_root = nested(HEAD ROOT_HEAD, open, close, 14, "</root>" TAIL);
	RS_AUTOFREE char *below_policy = nested(HEAD, open, close, 15, TAIL);
	struct rs_policy *policy = folder_load_text(*state, below_root);

	assert_non_null(policy);
	rs_policy_free(policy);
	policy = folder_load_text(*state, below_policy);
	assert_non_null(policy);
	rs_policy_free(policy);
	for (size_t i = 0; i < RS_COUNT(too_deep); i++) {
		RS_AUTOFREE char *root = nested(HEAD ROOT_HEAD, open, close, 14 + too_deep[i],
						"</root>" TAIL);
		RS_AUTOFREE char *other = nested(HEAD, open, close, 15 + too_deep[i], TAIL);

		folder_expect_text(*state, root, too_deep[i] < 300 ?
				   "p.xml:4: elements are nested deeper than 16 levels" :
				   "p.xml:4: not well-formed XML: Excessive depth");
		folder_expect_text(*state, other, "p.xml:3: elements in here are nested deeper "
				   "than 16 levels");
	}
}

static void
test_size(void **state)
{
	static const char *const around[][2] = {
		{ HEAD ROOT_HEAD "<explain>", "</explain></root>" TAIL },
		{ HEAD, TAIL },
		{ HEAD "<!--", "-->" TAIL },
		{ HEAD "<x:y xmlns:x=\"u\" a=\"", "\"/>" TAIL },
		{ HEAD "<x:y xmlns:x=\"u\"><z/>", "</x:y>" TAIL },
	};
	RS_AUTOFREE char *blanks = rs_alloc(300 * 1024 + 1);
	struct folder *folder = *state;
	RS_AUTOFREE char *path = folder_path(folder, "sparse.xml");

	memset(blanks, ' ', 300 * 1024);
	for (size_t i = 0; i < RS_COUNT(around); i++) {
		RS_AUTOFREE char *text = rs_printf("%s%s%s", around[i][0], blanks, around[i][1]);

		folder_write(folder, "p.xml", text);
		assert_null(folder_load(folder, "p.xml"));
		assert_non_null(strstr(folder->said.data, "is larger than 256 KiB"));
		/* Half as much is nothing special. */
		blanks[150 * 1024] = '\0';
		free(rs_steal(&text));
		text = rs_printf("%s%s%s", around[i][0], blanks, around[i][1]);
		folder_write(folder, "p.xml", text);
		rs_policy_free(folder_load(folder, "p.xml"));
		assert_null(strstr(folder->said.data, "KiB"));
		blanks[150 * 1024] = ' ';
	}
	folder_write(folder, "sparse.xml", "<policy>");
	assert_int_equal(truncate(path, 100 * 1024 * 1024), 0);
	folder_expect(folder, "sparse.xml", "sparse.xml: is larger than 64 MiB");
}

static void
test_too_many(void **state)
{
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, HEAD);
	for (int i = 0; i <= 200000; i++)
		rs_buf_printf(&text, "<root id=\"r%d\" category=\"oem\" evidence=\"capable\" "
			      "action=\"report\"><name>A</name><match><issuer key-id=\"" HEX16 HEX16
			      "\"/></match></root>\n", i);
	rs_buf_puts(&text, TAIL);
	folder_expect_text(*state, text.data,
			   "p.xml:200003: more than 200000 entries, the bound for a policy");
}

/* --- what the schema refuses ------------------------------------------------ */

static void
test_attributes(void **state)
{
	static const struct bad bad[] = {
		{ "<policy xmlns=\"" NS "\"/>", "p.xml:1: <policy>: the attribute version is missing" },
		{ "<policy xmlns=\"" NS "\" version=\" \"/>",
		  "p.xml:1: <policy version=\"\">: expected a version" },
		{ HEAD "<root category=\"oem\" evidence=\"capable\" action=\"report\">" NAMED "<match>"
		  SPKI "</match></root>" TAIL, "p.xml:3: <root>: the attribute id is missing" },
		{ HEAD ROOT("A") TAIL, "p.xml:3: <root id=\"A\">: expected lower-case letters" },
		{ HEAD "<root id=\"a\" category=\"stat\" evidence=\"capable\" action=\"report\">" NAMED
		  "<match>" SPKI "</match></root>" TAIL,
		  "p.xml:3: <root category=\"stat\">: expected state, oem, adware, monitoring, "
		  "debugging, security-product, enterprise-proxy or misissuing-ca\n" },
		{ HEAD "<root id=\"a\" name=\"A\" category=\"oem\" evidence=\"capable\" "
		  "action=\"report\">" NAMED "<match>" SPKI "</match></root>" TAIL,
		  "p.xml:3: <root>: the attribute name is not known here: expected id, category, "
		  "evidence, action, country or public\n" },
		{ HEAD ROOT_OF("a", NAMED, "<spki sha256=\"" HEX16 HEX16 HEX16 "\"/>") TAIL,
		  "p.xml:5: <spki sha256=\"" HEX16 HEX16 HEX16 "\">: expected 64 hexadecimal digits" },
		{ HEAD ROOT_OF("a", NAMED, "<spki sha256=\"g" HEX16 HEX16 HEX16 "123456789abcdef\"/>")
		  TAIL, "p.xml:5: <spki sha256=\"g" },
		{ HEAD ROOT_OF("a", NAMED, "<certificate/>") TAIL,
		  "p.xml:5: <certificate>: expected at least one of the attributes sha256 or sha1" },
		{ HEAD ROOT_OF("a", NAMED, "<certificate sha1=\"" DIGEST "\"/>") TAIL,
		  "p.xml:5: <certificate sha1=\"" DIGEST "\">: expected 40 hexadecimal digits" },
		{ HEAD ROOT_OF("a", NAMED, "<issuer key-id=\"01234567\"/>") TAIL,
		  "p.xml:5: <issuer key-id=\"01234567\">: expected a key identifier of 16 to 64" },
		{ HEAD ROOT_OF("a", NAMED, "<issuer-serial issuer=\"MAA=\" serial=\"-1\"/>") TAIL,
		  "p.xml:5: <issuer-serial serial=\"-1\">: expected hexadecimal digits, two for" },
		{ HEAD "<set category=\"oem\" id=\"a\" action=\"ignore\"/>" TAIL,
		  "p.xml:3: <set>: expected one of the attributes category or id\n" },
		{ HEAD "<set category=\"oem\" action=\"delete\"/>" TAIL,
		  "p.xml:3: <set action=\"delete\">: expected ignore, report or quarantine\n" },
		{ HEAD "<allow/>" TAIL,
		  "p.xml:3: <allow>: expected one of the attributes spki, sha256 or entry\n" },
		{ HEAD "<allow entry=\"a\" until=\"soon\"/>" TAIL,
		  "p.xml:3: <allow until=\"soon\">: expected a day such as \"2026-11-22\"\n" },
	};

	expect_all(state, bad, RS_COUNT(bad));
}

static void
test_elements(void **state)
{
	static const struct bad bad[] = {
		{ HEAD "\n<rot/>" TAIL,
		  "p.xml:4: <rot> is not known here: expected <root>, <set> or <allow>\n" },
		{ HEAD "<x xmlns=\"\"/>" TAIL,
		  "p.xml:3: <x> without a namespace is not known here: expected <root>" },
		{ HEAD ROOT("a") "hello" TAIL,
		  "p.xml:6: text below <policy>: expected <root>, <set> or <allow>\n" },
		{ HEAD ROOT_OF("a", "", SPKI) TAIL, "p.xml:4: <root>: <name> is missing\n" },
		{ HEAD ROOT_OF("a", NAMED, "") TAIL,
		  "p.xml:5: <match> is empty: expected at least one of <spki>, <certificate>" },
		{ HEAD "<root id=\"a\" category=\"oem\" evidence=\"capable\" action=\"report\">" NAMED
		  "</root>" TAIL, "p.xml:3: <root>: <match> is missing\n" },
		{ HEAD ROOT_HEAD "\n<operator>x</operator></root>" TAIL,
		  "p.xml:5: <operator> comes too late: expected it before <match>\n" },
		{ HEAD ROOT_OF("a", NAMED "<operator>x</operator>\n<operator>x</operator>", SPKI) TAIL,
		  "p.xml:6: <operator>: a second one: expected one in <root>\n" },
		{ HEAD ROOT_OF("a", NAMED, SPKI "\n<x xmlns=\"\"/>") TAIL,
		  "p.xml:6: <x> without a namespace is not known in <match>: expected <spki>" },
		{ HEAD ROOT_OF("a", NAMED, "text" SPKI) TAIL,
		  "p.xml:5: <match> holds text: expected elements only\n" },
		{ HEAD ROOT_OF("a", "<name>A<b/></name>", SPKI) TAIL,
		  "p.xml:4: <b> is not known in <name>: expected text\n" },
		{ HEAD "<set id=\"a\" action=\"ignore\"><b/></set>" TAIL,
		  "p.xml:3: <b> is not known in <set>: expected nothing\n" },
		{ HEAD ROOT_OF("a", NAMED, "<subject/>") TAIL,
		  "p.xml:5: <subject>: <attribute> is missing\n" },
	};

	expect_all(state, bad, RS_COUNT(bad));
}

/* libxml2 counts the lines of elements in 16 bits. */
static void
test_far_lines(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *lines = rs_alloc(70001);
	RS_AUTOFREE char *text = NULL;

	memset(lines, '\n', 70000);
	text = rs_printf(HEAD "%s<rot/>\n" ROOT("A") "\n" ROOT_OF("b", NAMED, "<spki/>")
			 "\n\nhello" TAIL, lines);
	folder_write(folder, "p.xml", text);
	assert_null(folder_load(folder, "p.xml"));
	assert_non_null(strstr(folder->said.data, "p.xml:70003: <rot> is not known"));
	assert_non_null(strstr(folder->said.data, "p.xml:70004: <root id=\"A\">"));
	assert_non_null(strstr(folder->said.data, "p.xml:70010: <spki>: the attribute"));
	assert_non_null(strstr(folder->said.data, "p.xml:70013: text below <policy>"));
}

/* --- what the schema cannot say --------------------------------------------- */

static void
test_values(void **state)
{
	static const struct bad bad[] = {
		{ HEAD ROOT("a") "\n" ROOT("a") TAIL, "p.xml:7: id=\"a\" is used already at " },
		{ HEAD ROOT_OF("a", "<name> \n</name>", SPKI) TAIL,
		  "p.xml:4: <name> is blank: expected text\n" },
		{ HEAD ROOT_OF("a", NAMED, "<issuer-serial issuer=\"MAAA\" serial=\"01\"/>") TAIL,
		  "p.xml:5: <issuer-serial>: expected the issuer's DER name in base64" },
		{ HEAD ROOT_OF("a", NAMED, "<issuer-serial issuer=\"AgEB\" serial=\"01\"/>") TAIL,
		  "p.xml:5: <issuer-serial>: expected the issuer's DER name in base64" },
		{ HEAD ROOT_OF("a", NAMED, "<issuer-serial issuer=\"MAMCAQE=\" serial=\"01\"/>") TAIL,
		  "p.xml:5: <issuer-serial>: expected the issuer's DER name in base64" },
		{ HEAD "<allow entry=\"a\" until=\"2027-02-29\"/>" TAIL,
		  "p.xml:3: until=\"2027-02-29\": there is no such day\n" },
		{ HEAD ROOT_HEAD "<blocked by=\"apple\" date=\"2027-13-01\"/></root>" TAIL,
		  "p.xml:4: date=\"2027-13-01\": there is no such day\n" },
		{ HEAD "<root id=\"a\" category=\"oem\" evidence=\"capable\" action=\"report\" "
		  "public=\"yes\">" NAMED "<match>" SPKI "</match></root>" TAIL,
		  "p.xml:3: public=\"yes\" takes out what a public root programme has" },
	};

	expect_all(state, bad, RS_COUNT(bad));
}

static void
test_patterns(void **state)
{
	static const struct bad bad[] = {
		{ "", "<attribute match=\"\">: expected a pattern \"^...$\"" },
		{ "Qaznet", "<attribute match=\"Qaznet\">: expected a pattern \"^...$\"" },
		{ "^.*$", "match=\"^.*$\": it fits any name" },
		{ "^(a|.+)$", "match=\"^(a|.+)$\": it fits any name" },
		{ "^[^ ]*$", "match=\"^[^ ]*$\": it fits any name" },
		{ "^a|b$", "match=\"^a|b$\": put its alternatives in parentheses" },
		{ "^a\\$", "match=\"^a\\$\": its last $ is escaped" },
		{ "^(a{200}){200}$", "match=\"^(a{200}){200}$\": its counted repeats multiply" },
		{ "^a{1,99999}$", "match=\"^a{1,99999}$\": its counted repeats multiply" },
		{ "^(a)\\1$", "match=\"^(a)\\1$\": it refers back to a group" },
		{ "^[$", "match=\"^[$\": it is not a POSIX extended regular expression" },
		{ "^.*[aeiou].*$", "match=\"^.*[aeiou].*$\": it fits " },
		{ "^[A-Z].{7,50}$", "match=\"^[A-Z].{7,50}$\": it fits " },
		{ "^[A-Z]{2}$", "match=\"^[A-Z]{2}$\": it fits any name" },
		{ "^([A-F][A-Z]|[M-P].)$", "match=\"^([A-F][A-Z]|[M-P].)$\": it fits too many" },
		{ "^(a$", "match=\"^(a$\": it is not a POSIX extended regular expression" },
	};
	static const char *const good[] = {
		"^Qaznet Trust Network$", "^Information Security Certification Authority( CA)?$",
		"^a\\|b$", "^[]|{}()]{1,40}x$", "^a\\\\$", "^Proxyman CA \\(.+\\)$",
	};

	for (size_t i = 0; i < RS_COUNT(bad); i++) {
		RS_AUTOFREE char *text = rs_printf(HEAD "%s%s%s" TAIL, ROOT_HEAD "</root>"
		    "<root id=\"b\" category=\"oem\" evidence=\"capable\" action=\"report\">" NAMED
		    "<match><subject><attribute type=\"CN\" match=\"", bad[i].text,
		    "\"/></subject></match></root>");
		RS_AUTOFREE char *said = rs_printf("p.xml:5: %s", bad[i].said);

		folder_expect_text(*state, text, said);
	}
	for (size_t i = 0; i < RS_COUNT(good); i++) {
		RS_AUTOFREE char *text = rs_printf(HEAD "<root id=\"b\" category=\"oem\" "
		    "evidence=\"capable\" action=\"report\">" NAMED "<match><subject><attribute "
		    "type=\"CN\" match=\"%s\"/></subject></match></root>" TAIL, good[i]);
		struct rs_policy *policy = folder_load_text(*state, text);

		assert_non_null(policy);
		rs_policy_free(policy);
	}
}

static void
test_many_problems(void **state)
{
	struct folder *folder = *state;
	RS_AUTOBUF struct rs_buf text = { 0 };

	rs_buf_puts(&text, HEAD);
	for (int i = 0; i < 1000; i++)
		rs_buf_puts(&text, "<rot/>\n");
	rs_buf_puts(&text, TAIL);
	folder_expect_text(folder, text.data, "p.xml:3: <rot> is not known here");
	assert_int_equal(folder->problems, 21);
	assert_non_null(strstr(folder->said.data, "p.xml:22: <rot>"));
	assert_true(rs_ends(folder->said.data, "p.xml: more problems follow; not read on\n"));
}

/* Two invalid entries, and what is between them, in one go. */
static void
test_goes_on(void **state)
{
	struct folder *folder = *state;

	folder_expect_text(folder, HEAD ROOT("A") "\n" ROOT("b") "\n" ROOT("c.") "\n"
			   ROOT_OF("d", "", SPKI) TAIL, "p.xml:3: <root id=\"A\">");
	assert_int_equal(folder->problems, 2);
	assert_non_null(strstr(folder->said.data, "\np.xml:16: <root>: <name> is missing\n"));
}

/* --- files ------------------------------------------------------------------ */

static void
test_files(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *fifo = folder_path(folder, "fifo.xml");
	RS_AUTOFREE char *loop = folder_path(folder, "loop.xml");

	folder_mkdir(folder, "folder.xml");
	assert_int_equal(mkfifo(fifo, 0644), 0);
	assert_int_equal(symlink("loop.xml", loop), 0);
	folder_expect(folder, "missing.xml",
		      "missing.xml: cannot be read: No such file or directory\n");
	folder_expect(folder, "folder.xml", "folder.xml: cannot be read: is a directory: expected");
	folder_expect(folder, "fifo.xml",
		      "fifo.xml: cannot be read: is not a regular file: expected an XML file\n");
	folder_expect(folder, "loop.xml", "loop.xml: cannot be read: Too many levels");
}

static void
test_unreadable(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *path = folder_path(folder, "p.xml");
	int status;
	pid_t pid;

	folder_write(folder, "p.xml", HEAD TAIL);
	assert_int_equal(chmod(path, 0), 0);
	assert_int_equal(chmod(folder->path, 0755), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* root may read it all the same */
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		_exit(folder_load(folder, "p.xml") != NULL ||
		      !rs_streq(folder->said.data, "p.xml: cannot be read: Permission denied\n"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool
loads_privileged(struct folder *folder, const char *name)
{
	RS_AUTOFREE char *path = folder_path(folder, name);
	const struct rs_policy_place place = { .file = path };
	struct rs_policy *policy = folder_load_places(folder, &place, 1, true);
	bool loads = policy != NULL;

	rs_policy_free(policy);
	return loads;
}

/* Run as root, all of it; else nothing of what is here is root's. */
static void
test_privileged(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *path = folder_path(folder, "p.xml"), *sub = folder_path(folder, "sub");
	RS_AUTOFREE char *link = folder_path(folder, "link.xml");

	folder_write(folder, "p.xml", HEAD TAIL);
	folder_mkdir(folder, "sub");
	folder_write(folder, "sub/p.xml", HEAD TAIL);
	assert_int_equal(symlink("sub/p.xml", link), 0);
	if (geteuid() != 0) {
		assert_false(loads_privileged(folder, "p.xml"));
		assert_non_null(strstr(folder->said.data, "reads only what root alone can write"));
		return;
	}
	assert_true(loads_privileged(folder, "p.xml"));
	assert_true(loads_privileged(folder, "link.xml"));
	assert_int_equal(chmod(path, 0666), 0);
	assert_false(loads_privileged(folder, "p.xml"));
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_false(loads_privileged(folder, "p.xml"));
	assert_non_null(strstr(folder->said.data, "p.xml: a run as root reads only what root"));
	assert_int_equal(chown(sub, 65534, 65534), 0);
	assert_false(loads_privileged(folder, "sub/p.xml"));
	assert_non_null(strstr(folder->said.data, "only from a directory that root alone"));
	/* Not by a link from root's own directory either. */
	assert_false(loads_privileged(folder, "link.xml"));
	assert_int_equal(chown(sub, 0, 0), 0);
	assert_true(loads_privileged(folder, "sub/p.xml"));
	/* Like /tmp: what is root's there may still be what somebody linked to. */
	assert_int_equal(chmod(sub, 01777), 0);
	assert_false(loads_privileged(folder, "sub/p.xml"));
	/* The group's bits are an access list's mask: its users may write. */
	assert_int_equal(chmod(sub, 0775), 0);
	assert_false(loads_privileged(folder, "sub/p.xml"));
	assert_int_equal(chmod(sub, 0755), 0);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chmod(path, 0664), 0);
	assert_false(loads_privileged(folder, "p.xml"));
}

/* A link to nothing takes a whole file away: only root's own may for root. */
static void
test_privileged_mask(void **state)
{
	struct folder *folder = *state;
	RS_AUTOFREE char *vendor = folder_path(folder, "vendor");
	RS_AUTOFREE char *admin = folder_path(folder, "admin");
	RS_AUTOFREE char *mask = folder_path(folder, "admin/p.xml");
	const struct rs_policy_place places[] = { { .dir = vendor }, { .dir = admin } };
	struct rs_policy *policy;

	folder_mkdir(folder, "vendor");
	folder_mkdir(folder, "admin");
	folder_write(folder, "vendor/p.xml", HEAD ROOT("one") TAIL);
	assert_int_equal(symlink("/dev/null", mask), 0);
	policy = folder_load_places(folder, places, 2, geteuid() == 0);
	assert_non_null(policy);
	assert_int_equal(policy->roots.n, 0);
	rs_policy_free(policy);
	assert_int_equal(geteuid() == 0 ? chown(admin, 65534, 65534) : chmod(admin, 0777), 0);
	assert_null(folder_load_places(folder, places, 2, true));
	assert_non_null(strstr(folder->said.data, "admin/p.xml: a run as root reads only from a"));
}

/* --- every small mistake ---------------------------------------------------- */

static const char everything[] = HEAD
"<root id=\"a\" category=\"oem\" country=\"KZ\" evidence=\"capable\" action=\"report\""
" public=\"no\"><name xml:lang=\"en\">A</name><operator>O</operator><match>" SPKI
"<certificate sha256=\"" DIGEST "\" sha1=\"" HEX16 HEX16 "01234567\"/>"
"<issuer-serial issuer=\"MA0xCzAJBgNVBAYTAkta\" serial=\"01\"/>"
"<issuer key-id=\"" HEX16 HEX16 "\"/><subject acts=\"no\"><attribute type=\"CN\" "
"match=\"^a$\"/></subject></match><explain>E</explain><advice>A</advice>"
"<target host=\"h\" sensitivity=\"adult\"/><blocked by=\"java\" date=\"2026-01-01\" "
"href=\"a:b\"/><source href=\"a:b\">S</source></root>"
"<set id=\"a\" action=\"ignore\"/><allow entry=\"a\" store=\"nss\" until=\"2027-01-01\" "
"reason=\"R\"/>" TAIL;

static xmlNode *
nth_element(xmlNode *node, size_t *n)
{
	for (; node != NULL; node = node->next) {
		xmlNode *found;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		if ((*n)-- == 0)
			return node;
		found = nth_element(node->children, n);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* Spoils one element in one of several ways; false when there are no more. */
static bool
spoil(xmlNode *node, size_t way)
{
	static const char *const values[] = { "", "!", "a b", "0", "9999-99-99" };
	size_t attributes = 0;
	xmlAttr *attr = node->properties;

	for (xmlAttr *a = attr; a != NULL; a = a->next)
		attributes++;
	switch (way) {
	case 0:
		xmlNewProp(node, (const xmlChar *)"stranger", (const xmlChar *)"1");
		return true;
	case 1:
		xmlNodeSetName(node, (const xmlChar *)"stranger");
		return true;
	case 2:
		xmlNewChild(node, NULL, (const xmlChar *)"stranger", NULL);
		return true;
	case 3:
		xmlNodeAddContent(node, (const xmlChar *)"stranger");
		return true;
	case 4:
		if (node->parent->type == XML_ELEMENT_NODE)
			xmlAddNextSibling(node, xmlCopyNode(node, 1));
		return true;
	case 5:
		if (node->prev != NULL && node->prev->type == XML_ELEMENT_NODE)
			xmlAddPrevSibling(node->prev, node);
		return true;
	case 6:
		if (node->parent->type == XML_ELEMENT_NODE) {
			xmlUnlinkNode(node);
			xmlFreeNode(node);
		}
		return true;
	}
	way -= 7;
	if (way / (RS_COUNT(values) + 1) >= attributes)
		return false;
	for (size_t i = way / (RS_COUNT(values) + 1); i > 0; i--)
		attr = attr->next;
	way %= RS_COUNT(values) + 1;
	if (way == RS_COUNT(values))
		xmlRemoveProp(attr);
	else
		xmlNodeSetContent((xmlNode *)attr, (const xmlChar *)values[way]);
	return true;
}

/* Whatever the schema refuses, the table of its language finds the reason for. */
static void
test_every_mistake(void **state)
{
	xmlDoc *doc = xmlReadMemory(everything, sizeof(everything) - 1, "p", NULL, 0);
	struct folder *folder = *state;
	size_t refused = 0, element = 0;

	assert_non_null(doc);
	for (bool more = true; more; element++) {
		for (size_t way = 0;; way++) {
			xmlDoc *copy = xmlCopyDoc(doc, 1);
			size_t n = element;
			xmlNode *node = nth_element(copy->children, &n);
			struct rs_policy *policy = NULL;
			xmlChar *text = NULL;
			int len;

			more = node != NULL;
			if (node == NULL || !spoil(node, way)) {
				xmlFreeDoc(copy);
				break;
			}
			xmlDocDumpMemory(copy, &text, &len);
			folder_write(folder, "p.xml", (const char *)text);
			policy = folder_load(folder, "p.xml");
			refused += policy == NULL;
			assert_null(strstr(folder->said.data, "not as the schema has it"));
			rs_policy_free(policy);
			xmlFree(text);
			xmlFreeDoc(copy);
		}
	}
	xmlFreeDoc(doc);
	assert_int_equal(element - 1, 18);
	assert_true(refused > 200);
}

int
main(void)
{
#define TEST(name, fn) { name, fn, folder_setup, folder_teardown, NULL }
	const struct CMUnitTest tests[] = {
		TEST("/policy/bad/doctype", test_doctype),
		TEST("/policy/bad/doctype-utf16", test_doctype_utf16),
		TEST("/policy/bad/billion-laughs", test_billion_laughs),
		TEST("/policy/bad/not-well-formed", test_not_well_formed),
		TEST("/policy/bad/another-language", test_another_language),
		TEST("/policy/bad/depth", test_depth),
		TEST("/policy/bad/size", test_size),
		TEST("/policy/bad/too-many", test_too_many),
		TEST("/policy/bad/attributes", test_attributes),
		TEST("/policy/bad/elements", test_elements),
		TEST("/policy/bad/far-lines", test_far_lines),
		TEST("/policy/bad/values", test_values),
		TEST("/policy/bad/patterns", test_patterns),
		TEST("/policy/bad/many-problems", test_many_problems),
		TEST("/policy/bad/goes-on", test_goes_on),
		TEST("/policy/bad/files", test_files),
		TEST("/policy/bad/unreadable", test_unreadable),
		TEST("/policy/bad/privileged", test_privileged),
		TEST("/policy/bad/privileged-mask", test_privileged_mask),
		TEST("/policy/bad/every-mistake", test_every_mistake),
	};

	return cmocka_run_group_tests_name("policy-bad", tests, NULL, NULL);
}
