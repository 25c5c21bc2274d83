/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keytool.h"

#include <string.h>
#include <unistd.h>

#include "change.h"

#define IN_JVM "/lib/security/"
#define SECONDS 60

static char *
find_below(const char *dir, size_t len)
{
	RS_AUTOFREE char *path = rs_printf("%.*s/bin/keytool", (int)len, dir);

	return access(path, X_OK) == 0 ? rs_steal(&path) : NULL;
}

char *
rs_keytool_find(const char *keystore)
{
	const char *end = strstr(keystore, IN_JVM);
	size_t len = end == NULL ? 0 : (size_t)(end - keystore);
	char *keytool = len == 0 ? NULL : find_below(keystore, len);

	/* A JDK's JRE may have none of its own. */
	if (keytool == NULL && len > 4 && strncmp(end - 4, "/jre", 4) == 0)
		keytool = find_below(keystore, len - 4);
	return keytool != NULL ? keytool : find_below("/usr", 4);
}

bool
rs_keytool_delete(const char *keytool, const char *path, const struct rs_array *aliases,
		  char **why)
{
	for (size_t i = 0; i < aliases->n; i++) {
		const char *alias = aliases->v[i];
		const char *const argv[] = {
			keytool, "-delete", "-keystore", path, "-storepass", "changeit", "-alias",
			alias, NULL,
		};
		RS_AUTOBUF struct rs_buf output = { 0 };
		int status;

		/* The launcher of Java's tools takes -J and the like for its own,
		 * wherever in the line they stand. */
		if (alias[0] == '-' || alias[0] == '@') {
			*why = rs_printf("keytool would take its alias \"%s\" for an option", alias);
			return false;
		}
		status = rs_change_run(argv, NULL, SECONDS, &output, why);
		if (status == 0)
			continue;
		if (status > 0)
			*why = rs_printf("%s ended with status %d: %.*s", keytool, status,
					 (int)strcspn(output.len > 0 ? output.data : "", "\n"),
					 output.len > 0 ? output.data : "");
		return false;
	}
	return true;
}
