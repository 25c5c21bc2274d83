/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "java-places.h"

#include <fnmatch.h>
#include <string.h>

const char *const rs_java_derived[] = {
	"/etc/ssl/certs/java/cacerts",
	"/etc/pki/ca-trust/extracted/java/cacerts",
	"/etc/ca-certificates/extracted/java-cacerts.jks",
	"/var/lib/ca-certificates/java-cacerts",
	NULL,
};

/* Where distributions, vendors and administrators unpack JVMs. */
static const char *const system_jvms[] = {
	"usr/lib/jvm/*", "usr/lib64/jvm/*", "usr/java/*", "opt/*", "opt/*/jbr", "opt/java/*",
	"usr/local/*java*", "usr/local/*jdk*", "usr/local/*jre*", "usr/local/java/*",
};

/* Those of SDKMAN and of JetBrains' programs, which bring one each. */
static const char *const home_jvms[] = {
	".sdkman/candidates/java/*", ".jdks/*", ".local/share/JetBrains/*/jbr",
	".local/share/JetBrains/Toolbox/apps/*/jbr",
	".local/share/JetBrains/Toolbox/apps/*/*/*/jbr",
};

/* The second is read instead of the first where it is there. Java 8 and
 * before have a JRE within the JDK. */
static const char *const in_jvm[] = {
	"lib/security/cacerts", "lib/security/jssecacerts",
	"jre/lib/security/cacerts", "jre/lib/security/jssecacerts",
};

/* keytool's own default, and what JetBrains' programs were told to trust. */
static const char *const in_home[] = { ".keystore", ".config/JetBrains/*/ssl/cacerts" };

bool
rs_java_is_jvms(const char *path)
{
	if (path[0] != '/' || strstr(path, "/../") != NULL)
		return false;
	for (size_t i = 0; i < RS_COUNT(system_jvms); i++)
		for (size_t k = 0; k < RS_COUNT(in_jvm); k++) {
			RS_AUTOFREE char *pattern = rs_printf("%s/%s", system_jvms[i], in_jvm[k]);

			if (fnmatch(pattern, path + 1, FNM_PATHNAME | FNM_PERIOD) == 0)
				return true;
		}
	return false;
}

void
rs_java_each(struct rs_tool_places *places,
	     void (*found)(void *data, int dirfd, const char *name, const char *path), void *data)
{
	bool system = places->home == NULL;
	const char *const *jvms = system ? system_jvms : home_jvms;
	size_t n = system ? RS_COUNT(system_jvms) : RS_COUNT(home_jvms);

	for (size_t i = 0; system && rs_java_derived[i] != NULL; i++)
		rs_tool_each(places, rs_java_derived[i] + 1, found, data);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < RS_COUNT(in_jvm); k++) {
			RS_AUTOFREE char *pattern = rs_printf("%s/%s", jvms[i], in_jvm[k]);

			rs_tool_each(places, pattern, found, data);
		}
	for (size_t i = 0; !system && i < RS_COUNT(in_home); i++)
		rs_tool_each(places, in_home[i], found, data);
}
