/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person may notice once a certificate is gone, said before it is taken
 * out; and who can read what once it is back.
 */
#include <string.h>

#include "cmd.h"
#include "record.h"
#include "text.h"

static const struct effect {
	const char *category;
	const char *gone;
} effects[] = {
	{ "state", "Websites that your provider intercepts may stop opening, instead of being read by\n"
	  "others: that is the protection working. \"rootsweep undo --last\" brings everything\n"
	  "back, and works without internet." },
	{ "enterprise-proxy", "In the network that it belongs to, a company's or a school's, websites may\n"
	  "stop opening; at home they open as before. Whoever runs that network can say whether\n"
	  "it is needed." },
	{ "security-product", "The program that it belongs to can look into encrypted pages no more. If pages\n"
	  "stop opening, switch off its inspection of encrypted (HTTPS, SSL) connections; it goes\n"
	  "on guarding files." },
	{ "monitoring", "The program that it belongs to, such as a filter for children, sees encrypted pages\n"
	  "no more, or keeps all of them from opening. It may say so to whoever set it up." },
	{ "debugging", "The tool for developers that it belongs to shows encrypted traffic no more until it\n"
	  "is set up again." },
};

static bool
is_taken(const struct rs_matches *matches, const char *category)
{
	for (size_t i = 0; i < matches->findings.n; i++) {
		const struct rs_finding *finding = matches->findings.v[i];

		if (finding->action == RS_ACTION_QUARANTINE && finding->root != NULL &&
		    rs_streq(finding->root->category, category))
			return true;
	}
	return false;
}

void
rs_effect_of_taking(const struct rs_matches *matches, struct rs_report *report)
{
	for (size_t i = 0; i < RS_COUNT(effects); i++)
		if (is_taken(matches, effects[i].category))
			rs_report_say(report, "\n%s", effects[i].gone);
}

static void
say_reader(const struct rs_policy_root *root, struct rs_report *report)
{
	RS_AUTOFREE char *name = rs_text_safe(rs_text_for_user(&root->names));
	RS_AUTOFREE char *who = rs_text_safe(root->operator);

	if (rs_streq(root->evidence, "key-public"))
		rs_report_say(report, "The key of %s is public: anybody on the same network can then "
			      "read this\ncomputer's encrypted traffic again.", name);
	else if (rs_streq(root->category, "state"))
		rs_report_say(report, "%s can then read this computer's encrypted traffic again%s%s%s.",
			      root->operator != NULL ? who : "Whoever holds the key",
			      " (", name, ")");
}

/* What is wrong with a list is no matter for who only wants something back. */
static void
ignore(void *data RS_UNUSED, const char *where RS_UNUSED, const char *text RS_UNUSED)
{
}

void
rs_effect_of_putting_back(const struct rs_array *records, struct rs_report *report)
{
	struct rs_policy *policy = rs_policy_installed(ignore, NULL);
	struct rs_array told;

	rs_array_init(&told, free);
	for (size_t i = 0; i < records->n; i++) {
		const struct rs_record *record = records->v[i];

		for (size_t k = 0; k < record->findings.n && policy != NULL; k++) {
			const struct rs_record_finding *finding = record->findings.v[k];
			struct rs_policy_root *root = finding->entry == NULL ? NULL :
			    rs_map_get(&policy->by_id, finding->entry);

			if (root == NULL || !rs_record_is_undoable(record) ||
			    rs_array_has_str(&told, root->id))
				continue;
			rs_array_add_str(&told, root->id);
			say_reader(root, report);
		}
	}
	rs_array_free(&told);
	if (policy != NULL)
		rs_policy_free(policy);
	rs_report_say(report, "Whoever holds the key of such a certificate can then read this "
		      "computer's encrypted\ntraffic again.");
}
