/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tools' settings; the first byte tells which syntax the rest has. */
#include <string.h>

#include "fuzz.h"
#include "tool-settings.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RS_CLEANUP(rs_array_free) struct rs_array settings = { 0 };
	RS_AUTOFREE char *copy = NULL;
	unsigned before = 1;

	if (size == 0)
		return 0;
	copy = fuzz_copy(data + 1, size - 1);
	rs_tool_settings_read(&settings, (enum rs_tool_syntax)(data[0] % (RS_SYNTAX_PIP + 1)),
			      copy, size - 1, data[0] & 0x80 ? NULL : "/home/alice");
	FUZZ_HOLDS(settings.n <= RS_TOOL_SETTINGS_MAX);
	for (size_t i = 0; i < settings.n; i++) {
		const struct rs_tool_setting *setting = settings.v[i];

		FUZZ_HOLDS(setting->key != NULL && setting->tool != NULL);
		FUZZ_HOLDS(setting->line >= before && setting->what <= RS_SETTING_INCLUDE);
		FUZZ_HOLDS(setting->value == NULL || setting->value[0] != '\0' ||
			   setting->what == RS_SETTING_OFF);
		before = setting->line;
	}
	return 0;
}
