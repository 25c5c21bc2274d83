/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs that run on what was found, and go by it until they start again. */
#include <string.h>

#include "cmd.h"
#include "running.h"
#include "text.h"

/* Of a quarantine: what was taken out, or waits to be. */
static bool
counts(const struct rs_finding *finding)
{
	return finding->result == RS_RESULT_NONE || finding->result == RS_RESULT_QUARANTINED ||
	    finding->result == RS_RESULT_WOULD_QUARANTINE || finding->result == RS_RESULT_PENDING;
}

static bool
is_concerned(const struct rs_running *running, const struct rs_matches *matches)
{
	for (size_t i = 0; i < matches->findings.n; i++) {
		const struct rs_finding *finding = matches->findings.v[i];

		if (counts(finding) && rs_running_uses(running, finding->store))
			return true;
	}
	return false;
}

json_object *
rs_restart_json(const struct rs_look *look)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < look->scan.running.n; i++) {
		const struct rs_running *running = look->scan.running.v[i];
		RS_AUTOFREE char *name = rs_text_utf8(running->name, strlen(running->name));
		json_object *j;

		if (!is_concerned(running, &look->matches))
			continue;
		j = json_object_new_object();
		json_object_object_add(j, "pid", json_object_new_int64(running->pid));
		json_object_object_add(j, "name", json_object_new_string(name));
		json_object_object_add(j, "user", json_object_new_string(running->user));
		json_object_array_add(list, j);
	}
	return list;
}

bool
rs_restart_tell(const struct rs_look *look, struct rs_report *report, const char *head)
{
	bool any = false;

	for (size_t i = 0; i < look->scan.running.n; i++) {
		const struct rs_running *running = look->scan.running.v[i];
		RS_AUTOFREE char *name = rs_text_safe(running->name);
		RS_AUTOFREE char *user = rs_text_safe(running->user);

		if (!is_concerned(running, &look->matches))
			continue;
		if (!any)
			rs_report_head(report, "%s", head);
		any = true;
		rs_report_say(report, "  %s (process %lld, of %s)", name, (long long)running->pid, user);
	}
	return any;
}
