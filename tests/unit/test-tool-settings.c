/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the settings by which tools are told whom to trust. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tool-settings.h"

#define TEST(name, function) { name, function, NULL, NULL, NULL }
#define HOME "/home/alice"

/* "LINE KEY=VALUE\n" for each setting; what is not understood is "?". */
static char *
describe(enum rs_tool_syntax syntax, const char *data, size_t len, const char *home)
{
	RS_AUTOBUF struct rs_buf out = { 0 };
	RS_AUTOFREE char *exact = rs_memdup(data, len);
	struct rs_array settings;

	rs_buf_puts(&out, "");
	rs_tool_settings_read(&settings, syntax, exact, len, home);
	for (size_t i = 0; i < settings.n; i++) {
		const struct rs_tool_setting *s = settings.v[i];

		rs_buf_printf(&out, "%u %s%s%s%s\n", s->line, s->key,
			      s->what == RS_SETTING_OFF ? " off" : "",
			      s->value == NULL ? "?" : s->what == RS_SETTING_OFF ? "" : "=",
			      s->value == NULL || s->what == RS_SETTING_OFF ? "" : s->value);
	}
	rs_array_free(&settings);
	return rs_buf_steal(&out);
}

static void
expect(enum rs_tool_syntax syntax, const char *text, const char *want)
{
	RS_AUTOFREE char *got = describe(syntax, text, strlen(text), HOME);

	assert_string_equal(got, want);
}

static void
test_shell(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_SHELL, "", "");
	expect(RS_SYNTAX_SHELL, "export SSL_CERT_FILE=/a.pem", "1 SSL_CERT_FILE=/a.pem\n");
	expect(RS_SYNTAX_SHELL, "\n  PIP_CERT=/a; export PIP_CERT\nPIP_CERT=/b\n",
	       "2 PIP_CERT=/a\n3 PIP_CERT=/b\n");
	expect(RS_SYNTAX_SHELL, "export A=1 CURL_CA_BUNDLE='/a b' B=2 DENO_CERT=/d",
	       "1 CURL_CA_BUNDLE=/a b\n1 DENO_CERT=/d\n");
	expect(RS_SYNTAX_SHELL, "declare -x AWS_CA_BUNDLE=\"/a\"'/b'/c\\ d # PIP_CERT=/x",
	       "1 AWS_CA_BUNDLE=/a/b/c d\n");
	expect(RS_SYNTAX_SHELL, "[ -e /a ] && export PIP_CERT=/a || (DENO_CERT=/b)",
	       "1 PIP_CERT=/a\n1 DENO_CERT=/b\n");
	expect(RS_SYNTAX_SHELL, "export \"PIP_CERT=/a\" 'DENO_CERT=/c'",
	       "1 PIP_CERT=/a\n1 DENO_CERT=/c\n");
	expect(RS_SYNTAX_SHELL, "SSL_CERT_DIR=/a:/b::/c\r\nPIP_CERT=/d\r\n",
	       "1 SSL_CERT_DIR=/a\n1 SSL_CERT_DIR=/b\n1 SSL_CERT_DIR=/c\n2 PIP_CERT=/d\n");
	expect(RS_SYNTAX_SHELL, "export JAVA_TOOL_OPTIONS=\"-Xmx1g "
	       "-Djavax.net.ssl.trustStore=/k.jks -Da=b\"\nJAVA_TOOL_OPTIONS=-Xmx1g",
	       "1 JAVA_TOOL_OPTIONS=/k.jks\n");
}

static void
test_shell_home(void **state RS_UNUSED)
{
	RS_AUTOFREE char *system = NULL;

	expect(RS_SYNTAX_SHELL, "PIP_CERT=~/a\nPIP_CERT=$HOME/a\nPIP_CERT=\"${HOME}/a\"\n"
	       "PIP_CERT=~\n",
	       "1 PIP_CERT=" HOME "/a\n2 PIP_CERT=" HOME "/a\n3 PIP_CERT=" HOME "/a\n"
	       "4 PIP_CERT=" HOME "\n");
	/* What the shell does not expand is not expanded. */
	expect(RS_SYNTAX_SHELL, "PIP_CERT='$HOME/a'\nPIP_CERT=\"~/a\"\nPIP_CERT=/x~/a\n"
	       "PIP_CERT=\\$HOME/a\nPIP_CERT=\"\\$HOME/\\a\"",
	       "1 PIP_CERT=$HOME/a\n2 PIP_CERT=~/a\n3 PIP_CERT=/x~/a\n4 PIP_CERT=$HOME/a\n"
	       "5 PIP_CERT=$HOME/\\a\n");
	system = describe(RS_SYNTAX_SHELL, "PIP_CERT=$HOME/a\nPIP_CERT=~/a\n", 30, NULL);
	assert_string_equal(system, "1 PIP_CERT?\n2 PIP_CERT?\n");
}

/* Nothing is executed, and what would have to be is said. */
static void
test_shell_not_understood(void **state RS_UNUSED)
{
	static const char *const lines[] = {
		"PIP_CERT=$DIR/a", "PIP_CERT=${HOME%/}/a", "PIP_CERT=${X:-/a}", "PIP_CERT=$(a)",
		"PIP_CERT=`a`", "PIP_CERT=\"`a`\"", "PIP_CERT=~bob/a", "PIP_CERT=/a/*.pem",
		"PIP_CERT=$HOMES/a", "PIP_CERT=(/a /b)", "PIP_CERT=/{a,b}", "PIP_CERT+=/a",
		"PIP_CERT=\"/a", "PIP_CERT='/a", "PIP_CERT=/a\\", "alias p='PIP_CERT=/a pip'",
		"sh -c \"export PIP_CERT=/a\"", "x=\"PIP_CERT=/a",
	};

	for (size_t i = 0; i < RS_COUNT(lines); i++)
		expect(RS_SYNTAX_SHELL, lines[i], "1 PIP_CERT?\n");
}

static void
test_shell_nothing(void **state RS_UNUSED)
{
	static const char *const lines[] = {
		"# export PIP_CERT=/a", "\t#PIP_CERT=/a", "ls #PIP_CERT=/a", "unset PIP_CERT",
		"echo $PIP_CERT", "PIP_CERT=", "PIP_CERT=\"\"", "MY_PIP_CERT=/a", "PIP_CERTS=/a",
		"export PIP_CERT", "[ \"$PIP_CERT\" = /a ]", "pip_cert=/a", "OTHER=$(a",
		"SSL_CERT_DIR=:", "\x80\xff=\x01", "'", "\"", "\\",
	};

	for (size_t i = 0; i < RS_COUNT(lines); i++)
		expect(RS_SYNTAX_SHELL, lines[i], "");
}

static void
test_fish(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_FISH, "set -x PIP_CERT /a\nset -gx PIP_CERT '/a b'\n"
	       "if true; set --global --export PIP_CERT $HOME/c; end\nexport PIP_CERT=/d\n"
	       "set -x\tPIP_CERT  ~/e",
	       "1 PIP_CERT=/a\n2 PIP_CERT=/a b\n3 PIP_CERT=" HOME "/c\n4 PIP_CERT=/d\n"
	       "5 PIP_CERT=" HOME "/e\n");
	expect(RS_SYNTAX_FISH, "set -x PIP_CERT (a)\nset -x PIP_CERT $x/a",
	       "1 PIP_CERT?\n2 PIP_CERT?\n");
	expect(RS_SYNTAX_FISH, "set -e PIP_CERT\nset -q PIP_CERT; or true\nreset PIP_CERT /a\n"
	       "echo PIP_CERT /a\n# set -x PIP_CERT /a\nset PATH PIP_CERT /a", "");
}

static void
test_env(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_ENV, "PIP_CERT=/a b  \nexport PIP_CERT=\"/c\"\n#PIP_CERT=/d\n"
	       "PIP_CERT=${HOME}/e\n", "1 PIP_CERT=/a b\n2 PIP_CERT=/c\n4 PIP_CERT=" HOME "/e\n");
	expect(RS_SYNTAX_ENV, "PIP_CERT DEFAULT=/a\nPIP_CERT\tOVERRIDE=@{HOME}/a\nX DEFAULT=/a\n"
	       "PIP_CERT /a\n", "1 PIP_CERT?\n2 PIP_CERT?\n");
	expect(RS_SYNTAX_ENV, "PIP_CERT=$X/a\nPIP_CERT=\"/a\n", "1 PIP_CERT?\n2 PIP_CERT?\n");
	/* No shell is at work here. */
	expect(RS_SYNTAX_ENV, "PIP_CERT=/a*(b);`c`", "1 PIP_CERT=/a*(b);`c`\n");
}

static void
test_unit(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_UNIT, "[Service]\nEnvironment=PIP_CERT=%h/a \"DENO_CERT=/b c\" X=1\n"
	       "ExecStart=/usr/bin/env PIP_CERT=/d pip\nDefaultEnvironment='PIP_CERT=/e'\n"
	       "Environment=PIP_CERT=/100%%/$f\n; Environment=PIP_CERT=/g\n"
	       "#Environment=PIP_CERT=/g\n",
	       "2 PIP_CERT=" HOME "/a\n2 DENO_CERT=/b c\n3 PIP_CERT=/d\n4 PIP_CERT=/e\n"
	       "5 PIP_CERT=/100%/$f\n");
	expect(RS_SYNTAX_UNIT, "Environment=PIP_CERT=%t/a\nEnvironment=\"PIP_CERT=/a\n"
	       "Environment=\"X=1 PIP_CERT=/a\"", "1 PIP_CERT?\n2 PIP_CERT?\n3 PIP_CERT?\n");
}

static void
test_curl(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_CURL, "cacert = \"/a b\"\n--cacert /b rest\ncacert:/c\n capath=/d\n"
	       "proxy-cacert \"/e\\\"f\"\n-k\n--insecure\ninsecure\n",
	       "1 cacert=/a b\n2 cacert=/b\n3 cacert=/c\n4 capath=/d\n5 proxy-cacert=/e\"f\n"
	       "6 k off\n7 insecure off\n8 insecure off\n");
	/* curl expands nothing. */
	expect(RS_SYNTAX_CURL, "cacert = ~/a\ncacert=$HOME/b", "1 cacert=~/a\n2 cacert=$HOME/b\n");
	expect(RS_SYNTAX_CURL, "cacert = \"/a", "1 cacert?\n");
	expect(RS_SYNTAX_CURL, "# cacert=/a\ncacerts=/a\ncacert\n--CACERT /a\n"
	       "url = \"cacert=/a\"\n-", "");
}

static void
test_wget(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_WGET, "ca_certificate = /a b\nCA-Certificate=~/c\ncacertificate=/d\n"
	       "ca_directory=/e\ncheck_certificate = off\nCheckCertificate=No\n",
	       "1 ca_certificate=/a b\n2 ca_certificate=" HOME "/c\n3 ca_certificate=/d\n"
	       "4 ca_directory=/e\n5 check_certificate off\n6 check_certificate off\n");
	expect(RS_SYNTAX_WGET, "ca_certificate=~bob/a", "1 ca_certificate?\n");
	expect(RS_SYNTAX_WGET, "#ca_certificate=/a\nca_certificate\ncheck_certificate=on\n"
	       "ca_certificat=/a\nca_certificates=/a\n=/a\nca_certificate=\n", "");
}

static void
test_git(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_GIT, "[user]\n\tsslCAInfo = /no\n[http]\n\tsslCAInfo = /a b ; c\n"
	       "\tSSLCAINFO=\"/d;e\"\n[HTTP \"https://x/\"]\nsslcapath=~/f # g\n"
	       "[http \"]\"] sslCAInfo = \"/h\\\"i\"\n[http.https://y/]\nproxySSLCAInfo=/j\n",
	       "4 sslCAInfo=/a b\n5 sslCAInfo=/d;e\n7 sslCAPath=" HOME "/f\n8 sslCAInfo=/h\"i\n"
	       "10 proxySSLCAInfo=/j\n");
	expect(RS_SYNTAX_GIT, "[http]\nsslVerify = false\nsslverify=0\nsslVerify\nsslVerify=true\n",
	       "2 sslVerify off\n3 sslVerify off\n");
	expect(RS_SYNTAX_GIT, "[include]\npath = more\n[includeIf \"gitdir:~/w/\"]\npath=~/x\n"
	       "[core]\npath=/no\n", "2 path=more\n4 path=" HOME "/x\n");
	expect(RS_SYNTAX_GIT, "[http]\nsslCAInfo = \"/a\nsslCAInfo = /a\\\nsslCAInfo=~bob/a\n",
	       "2 sslCAInfo?\n3 sslCAInfo?\n4 sslCAInfo?\n");
	expect(RS_SYNTAX_GIT, "sslCAInfo=/a\n[http\nsslCAInfoX=/a\n[httpx]\nsslCAInfo=/a\n[http]\n"
	       "#sslCAInfo=/a\n;sslCAInfo=/a\nsslCAInfo\n[", "");
}

static void
test_npm(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_NPM, "cafile=/a\ncafile = \"~/b\"\ncafile='${HOME}/c' \n"
	       "strict-ssl=false\n",
	       "1 cafile=/a\n2 cafile=" HOME "/b\n3 cafile=" HOME "/c\n4 strict-ssl off\n");
	expect(RS_SYNTAX_NPM, "ca=\"-----BEGIN X-----\\nAA==\\n-----END X-----\"\nca[]=B\\nC ;d\n",
	       "1 ca=-----BEGIN X-----\nAA==\n-----END X-----\n2 ca[]=B\nC\n");
	expect(RS_SYNTAX_NPM, "cafile=${X}/a\ncafile=\"/a\n", "1 cafile?\n2 cafile?\n");
	expect(RS_SYNTAX_NPM, ";cafile=/a\n#cafile=/a\nca=\ncafiles=/a\n//x/:_authToken=cafile=/a\n"
	       "strict-ssl=true\n", "");
}

static void
test_pip(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_PIP, "[global]\ncert = /a b\ncert: ~/c\n[install]\ncert=/d;e\n",
	       "2 cert=/a b\n3 cert=" HOME "/c\n5 cert=/d;e\n");
	expect(RS_SYNTAX_PIP, "cert=~bob/a", "1 cert?\n");
	expect(RS_SYNTAX_PIP, "#cert=/a\n;cert=/a\ncert\nclient-cert=/a\ncert=\n", "");
}

static void
test_off(void **state RS_UNUSED)
{
	expect(RS_SYNTAX_SHELL, "export NODE_TLS_REJECT_UNAUTHORIZED=0\nPYTHONHTTPSVERIFY=\"0\"\n"
	       "GIT_SSL_NO_VERIFY=true\n", "1 NODE_TLS_REJECT_UNAUTHORIZED off\n"
	       "2 PYTHONHTTPSVERIFY off\n3 GIT_SSL_NO_VERIFY off\n");
	expect(RS_SYNTAX_SHELL, "NODE_TLS_REJECT_UNAUTHORIZED=1\nPYTHONHTTPSVERIFY=\n"
	       "GIT_SSL_NO_VERIFY=false\n", "");
	expect(RS_SYNTAX_SHELL, "GIT_SSL_NO_VERIFY=$X", "1 GIT_SSL_NO_VERIFY off?\n");
}

static const enum rs_tool_syntax all[] = {
	RS_SYNTAX_SHELL, RS_SYNTAX_FISH, RS_SYNTAX_ENV, RS_SYNTAX_UNIT, RS_SYNTAX_CURL,
	RS_SYNTAX_WGET, RS_SYNTAX_GIT, RS_SYNTAX_NPM, RS_SYNTAX_PIP,
};

/* NUL bytes are as if they were not there; a line may be as long as the file. */
static void
test_odd_bytes(void **state RS_UNUSED)
{
	static const char nuls[] = "\0\0P\0IP_CERT=/a\0b\n\0";
	RS_AUTOFREE char *got = describe(RS_SYNTAX_SHELL, nuls, sizeof(nuls) - 1, HOME);
	RS_AUTOBUF struct rs_buf line = { 0 };
	static const char *const fill[] = { "x", "\"", "'", "\\", "[", "=", " ", "PIP_CERT=", "$" };

	assert_string_equal(got, "1 PIP_CERT=/ab\n");
	for (size_t i = 0; i < RS_COUNT(fill); i++) {
		line.len = 0;
		rs_buf_puts(&line, "[http]sslCAInfo=PIP_CERT=");
		while (line.len < RS_TOOL_FILE_MAX)
			rs_buf_puts(&line, fill[i]);
		for (size_t k = 0; k < RS_COUNT(all); k++) {
			RS_AUTOFREE char *text = describe(all[k], line.data, line.len, HOME);

			assert_true(strlen(text) < RS_TOOL_FILE_MAX * 2UL);
		}
	}
	/* No path is as long as that. */
	line.len = 0;
	rs_buf_puts(&line, "PIP_CERT=/");
	while (line.len < 20000)
		rs_buf_puts(&line, "a");
	expect(RS_SYNTAX_SHELL, line.data, "1 PIP_CERT?\n");
	line.len = 0;
	rs_buf_puts(&line, "cacert=/");
	while (line.len < 20000)
		rs_buf_puts(&line, "a");
	expect(RS_SYNTAX_CURL, line.data, "1 cacert?\n");
}

static void
test_many(void **state RS_UNUSED)
{
	RS_AUTOBUF struct rs_buf text = { 0 };
	struct rs_array settings;

	for (int i = 0; i < 10000; i++)
		rs_buf_printf(&text, "export PIP_CERT=/a%d DENO_CERT=$X\n", i);
	rs_tool_settings_read(&settings, RS_SYNTAX_SHELL, text.data, text.len, HOME);
	assert_int_equal(settings.n, RS_TOOL_SETTINGS_MAX);
	assert_int_equal(((struct rs_tool_setting *)settings.v[999])->line, 500);
	rs_array_free(&settings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("/tool-settings/shell", test_shell),
		TEST("/tool-settings/shell-home", test_shell_home),
		TEST("/tool-settings/shell-not-understood", test_shell_not_understood),
		TEST("/tool-settings/shell-nothing", test_shell_nothing),
		TEST("/tool-settings/fish", test_fish),
		TEST("/tool-settings/env", test_env),
		TEST("/tool-settings/unit", test_unit),
		TEST("/tool-settings/curl", test_curl),
		TEST("/tool-settings/wget", test_wget),
		TEST("/tool-settings/git", test_git),
		TEST("/tool-settings/npm", test_npm),
		TEST("/tool-settings/pip", test_pip),
		TEST("/tool-settings/off", test_off),
		TEST("/tool-settings/odd-bytes", test_odd_bytes),
		TEST("/tool-settings/many", test_many),
	};

	return cmocka_run_group_tests_name("tool-settings", tests, NULL, NULL);
}
