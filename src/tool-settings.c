/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tool-settings.h"

#include <string.h>
#include <strings.h>

#include "tool-parse.h"

const struct rs_tool_file rs_tool_home_files[] = {
	{ ".profile", RS_SYNTAX_SHELL },
	{ ".bash_profile", RS_SYNTAX_SHELL },
	{ ".bash_login", RS_SYNTAX_SHELL },
	{ ".bashrc", RS_SYNTAX_SHELL },
	{ ".zshenv", RS_SYNTAX_SHELL },
	{ ".zprofile", RS_SYNTAX_SHELL },
	{ ".zshrc", RS_SYNTAX_SHELL },
	{ ".zlogin", RS_SYNTAX_SHELL },
	{ ".xprofile", RS_SYNTAX_SHELL },
	{ ".xsessionrc", RS_SYNTAX_SHELL },
	{ ".config/plasma-workspace/env/*.sh", RS_SYNTAX_SHELL },
	{ ".config/fish/config.fish", RS_SYNTAX_FISH },
	{ ".config/fish/conf.d/*.fish", RS_SYNTAX_FISH },
	{ ".pam_environment", RS_SYNTAX_ENV },
	{ ".config/environment.d/*.conf", RS_SYNTAX_ENV },
	{ ".config/systemd/user/*.service", RS_SYNTAX_UNIT },
	{ ".config/systemd/user/*.service.d/*.conf", RS_SYNTAX_UNIT },
	{ ".curlrc", RS_SYNTAX_CURL },
	{ ".config/curlrc", RS_SYNTAX_CURL },
	{ ".wgetrc", RS_SYNTAX_WGET },
	{ ".config/wget/wget2rc", RS_SYNTAX_WGET },
	{ ".gitconfig", RS_SYNTAX_GIT },
	{ ".config/git/config", RS_SYNTAX_GIT },
	{ ".npmrc", RS_SYNTAX_NPM },
	{ ".nvm/versions/node/*/etc/npmrc", RS_SYNTAX_NPM },
	{ ".config/pip/pip.conf", RS_SYNTAX_PIP },
	{ ".pip/pip.conf", RS_SYNTAX_PIP },
	{ .pattern = NULL },
};

const struct rs_tool_file rs_tool_system_files[] = {
	{ "etc/environment", RS_SYNTAX_ENV },
	{ "etc/environment.d/*.conf", RS_SYNTAX_ENV },
	{ "usr/lib/environment.d/*.conf", RS_SYNTAX_ENV },
	{ "etc/profile", RS_SYNTAX_SHELL },
	{ "etc/profile.d/*.sh", RS_SYNTAX_SHELL },
	{ "etc/bash.bashrc", RS_SYNTAX_SHELL },
	{ "etc/bashrc", RS_SYNTAX_SHELL },
	{ "etc/zsh/zshenv", RS_SYNTAX_SHELL },
	{ "etc/zsh/zprofile", RS_SYNTAX_SHELL },
	{ "etc/zsh/zshrc", RS_SYNTAX_SHELL },
	{ "etc/fish/config.fish", RS_SYNTAX_FISH },
	{ "etc/fish/conf.d/*.fish", RS_SYNTAX_FISH },
	{ "etc/systemd/system.conf", RS_SYNTAX_UNIT },
	{ "etc/systemd/system.conf.d/*.conf", RS_SYNTAX_UNIT },
	{ "etc/systemd/user.conf", RS_SYNTAX_UNIT },
	{ "etc/curlrc", RS_SYNTAX_CURL },
	{ "etc/wgetrc", RS_SYNTAX_WGET },
	{ "etc/wget2rc", RS_SYNTAX_WGET },
	{ "etc/gitconfig", RS_SYNTAX_GIT },
	{ "etc/npmrc", RS_SYNTAX_NPM },
	{ "usr/etc/npmrc", RS_SYNTAX_NPM },
	{ "usr/local/etc/npmrc", RS_SYNTAX_NPM },
	{ "etc/pip.conf", RS_SYNTAX_PIP },
	{ "etc/xdg/pip/pip.conf", RS_SYNTAX_PIP },
	{ .pattern = NULL },
};

static const struct rs_tool_key variables[] = {
	{ "SSL_CERT_FILE", RS_SETTING_FILE, "programs that use OpenSSL", false },
	{ "SSL_CERT_DIR", RS_SETTING_DIR, "programs that use OpenSSL", false },
	{ "CURL_CA_BUNDLE", RS_SETTING_FILE, "curl", false },
	{ "REQUESTS_CA_BUNDLE", RS_SETTING_FILE, "Python programs", false },
	{ "PIP_CERT", RS_SETTING_FILE, "pip", false },
	{ "NODE_EXTRA_CA_CERTS", RS_SETTING_FILE, "Node.js programs", false },
	{ "GIT_SSL_CAINFO", RS_SETTING_FILE, "git", false },
	{ "GIT_SSL_CAPATH", RS_SETTING_DIR, "git", false },
	{ "AWS_CA_BUNDLE", RS_SETTING_FILE, "tools for AWS", false },
	{ "NIX_SSL_CERT_FILE", RS_SETTING_FILE, "programs from Nix", false },
	{ "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", RS_SETTING_FILE, "programs that use gRPC", false },
	{ "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", RS_SETTING_FILE, "gcloud", false },
	{ "HTTPLIB2_CA_CERTS", RS_SETTING_FILE, "Python programs", false },
	{ "CARGO_HTTP_CAINFO", RS_SETTING_FILE, "cargo", false },
	{ "DENO_CERT", RS_SETTING_FILE, "Deno", false },
	{ "JAVA_TOOL_OPTIONS", RS_SETTING_KEYSTORE, "Java programs", false },
	{ "JDK_JAVA_OPTIONS", RS_SETTING_KEYSTORE, "Java programs", false },
	{ "_JAVA_OPTIONS", RS_SETTING_KEYSTORE, "Java programs", false },
	{ "NODE_TLS_REJECT_UNAUTHORIZED", RS_SETTING_OFF, "Node.js programs", false },
	{ "PYTHONHTTPSVERIFY", RS_SETTING_OFF, "Python programs", false },
	{ "GIT_SSL_NO_VERIFY", RS_SETTING_OFF, "git", true },
	{ .name = NULL },
};

static const struct rs_tool_key curl_keys[] = {
	{ "cacert", RS_SETTING_FILE, "curl", false },
	{ "capath", RS_SETTING_DIR, "curl", false },
	{ "proxy-cacert", RS_SETTING_FILE, "curl", false },
	{ "proxy-capath", RS_SETTING_DIR, "curl", false },
	{ "insecure", RS_SETTING_OFF, "curl", true },
	{ "k", RS_SETTING_OFF, "curl", true },
	{ "proxy-insecure", RS_SETTING_OFF, "curl", true },
	{ "doh-insecure", RS_SETTING_OFF, "curl", true },
	{ .name = NULL },
};

static const struct rs_tool_key wget_keys[] = {
	{ "ca_certificate", RS_SETTING_FILE, "wget", false },
	{ "ca_directory", RS_SETTING_DIR, "wget", false },
	{ "check_certificate", RS_SETTING_OFF, "wget", false },
	{ .name = NULL },
};

static const struct rs_tool_key npm_keys[] = {
	{ "cafile", RS_SETTING_FILE, "npm", false },
	{ "ca", RS_SETTING_PEM, "npm", false },
	{ "ca[]", RS_SETTING_PEM, "npm", false },
	{ "strict-ssl", RS_SETTING_OFF, "npm", false },
	{ .name = NULL },
};

static const struct rs_tool_key pip_keys[] = {
	{ "cert", RS_SETTING_FILE, "pip", false },
	{ .name = NULL },
};

bool
rs_tool_parse_full(const struct rs_tool_parse *parse)
{
	return parse->settings->n >= RS_TOOL_SETTINGS_MAX;
}

static void
setting_free(void *p)
{
	struct rs_tool_setting *setting = p;

	free(setting->value);
	free(setting);
}

static void
add(struct rs_tool_parse *parse, const struct rs_tool_key *key, char *value)
{
	struct rs_tool_setting *setting;

	if (rs_tool_parse_full(parse)) {
		free(value);
		return;
	}
	setting = rs_alloc(sizeof(*setting));
	*setting = (struct rs_tool_setting){
		.what = key->what, .key = key->name, .tool = key->tool,
		.value = value, .line = parse->line,
	};
	rs_array_add(parse->settings, setting);
}

/* As git and wget read it; what is neither is not for us to guess. */
static bool
turns_off(const struct rs_tool_key *key, const char *value)
{
	static const char *const yes[] = { "", "1", "true", "yes", "on" };
	static const char *const no[] = { "0", "false", "no", "off", "quiet" };

	for (size_t i = 0; i < RS_COUNT(yes); i++)
		if (strcasecmp(value, key->off ? yes[i] : no[i]) == 0)
			return true;
	return false;
}

/* The keystore that a JVM's options name; the last one counts there. */
static char *
trust_store(const char *options)
{
	static const char option[] = "-Djavax.net.ssl.trustStore=";
	const char *at = NULL;

	for (const char *p = options; (p = strstr(p, option)) != NULL;) {
		p += sizeof(option) - 1;
		at = p;
	}
	return at == NULL ? NULL : rs_strndup(at, strcspn(at, " \t\"'"));
}

void
rs_tool_parse_add(struct rs_tool_parse *parse, const struct rs_tool_key *key, char *value)
{
	RS_AUTOFREE char *owned = value;
	char *part, *save = NULL;

	if (value == NULL) {
		add(parse, key, NULL);
		return;
	}
	switch (key->what) {
	case RS_SETTING_OFF:
		if (turns_off(key, value))
			add(parse, key, rs_steal(&owned));
		return;
	case RS_SETTING_KEYSTORE:
		part = trust_store(value);
		if (part != NULL)
			add(parse, key, part);
		return;
	case RS_SETTING_DIR:
		for (part = strtok_r(value, ":", &save); part != NULL;
		     part = strtok_r(NULL, ":", &save))
			add(parse, key, rs_strdup(part));
		return;
	default:
		if (value[0] != '\0')
			add(parse, key, rs_steal(&owned));
	}
}

void
rs_tool_settings_read(struct rs_array *settings, enum rs_tool_syntax syntax,
		      const char *data, size_t len, const char *home)
{
	static const struct {
		const struct rs_tool_key *keys;
		void (*line)(struct rs_tool_parse *parse, const char *line);
	} syntaxes[] = {
		[RS_SYNTAX_SHELL] = { variables, rs_tool_parse_variables },
		[RS_SYNTAX_FISH] = { variables, rs_tool_parse_variables },
		[RS_SYNTAX_ENV] = { variables, rs_tool_parse_variables },
		[RS_SYNTAX_UNIT] = { variables, rs_tool_parse_variables },
		[RS_SYNTAX_CURL] = { curl_keys, rs_tool_parse_option },
		[RS_SYNTAX_WGET] = { wget_keys, rs_tool_parse_option },
		[RS_SYNTAX_GIT] = { NULL, rs_tool_parse_option },
		[RS_SYNTAX_NPM] = { npm_keys, rs_tool_parse_option },
		[RS_SYNTAX_PIP] = { pip_keys, rs_tool_parse_option },
	};
	struct rs_tool_parse parse = {
		.settings = settings, .syntax = syntax, .home = home,
		.keys = syntaxes[syntax].keys,
	};
	RS_AUTOBUF struct rs_buf line = { 0 };

	rs_array_init(settings, setting_free);
	for (size_t i = 0; i <= len && !rs_tool_parse_full(&parse); i++) {
		if (i < len && data[i] != '\n') {
			/* The shells leave NUL bytes out, as if they were not there. */
			if (data[i] != '\0')
				rs_buf_add(&line, &data[i], 1);
			continue;
		}
		parse.line++;
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.data[--line.len] = '\0';
		if (line.len > 0)
			syntaxes[syntax].line(&parse, line.data);
		line.len = 0;
	}
}
