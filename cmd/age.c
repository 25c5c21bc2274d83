/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How old the list is: it proves nothing of roots that were made after it. */
#include <stdio.h>

#include "cmd.h"
#include "message.h"

#define OLD_DAYS 180

void
rs_age_tell(const struct rs_policy *policy, struct rs_report *report)
{
	struct tm tm = { 0 };
	long days;

	if (policy->roots.n == 0)
		return;
	if (policy->date == NULL ||
	    sscanf(policy->date, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3) {
		rs_report_say(report, "How old the list is is not known: it does not say, or names "
			      "a day to come.");
		return;
	}
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	days = (long)((rs_now() - timegm(&tm)) / 86400);
	if (days <= OLD_DAYS)
		rs_report_say(report, "The list is of %s.", policy->date);
	else if (report->format == RS_FORMAT_TABLE)
		rs_report_say(report, "The list is of %s, %ld days old: get a newer one.",
			      policy->date, days);
	else
		rs_warn(NULL, "the list is of %s, %ld days old: get a newer one", policy->date,
			days);
}
