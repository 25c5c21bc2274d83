/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rootsweep policy check FILE... | list | show ENTRY | new FILE */
#include <string.h>

#include "cmd.h"
#include "message.h"
#include "policy-cmd.h"
#include "text.h"

static int
check(const struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };

	if (argc == 0)
		rs_bad_usage("policy check needs a FILE");
	return rs_policy_cmd_check(&report, argv, argc);
}

static int
list(const struct rs_options *options, int argc)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	struct rs_policy *policy;

	if (argc > 0)
		rs_bad_usage("policy list takes no words: entries are shown by policy show ENTRY");
	policy = rs_policy_get(options, false);
	rs_policy_cmd_list(&report, policy);
	rs_policy_free(policy);
	return RS_EXIT_OK;
}

static void
no_such_entry(const struct rs_policy *policy, const char *id)
{
	RS_AUTOFREE const char **ids = rs_alloc((policy->roots.n + 1) * sizeof(*ids));
	const char *nearest;

	for (size_t i = 0; i < policy->roots.n; i++)
		ids[i] = ((const struct rs_policy_root *)policy->roots.v[i])->id;
	nearest = rs_text_nearest(id, ids, policy->roots.n);
	if (nearest != NULL)
		rs_bad_usage("there is no entry \"%s\"; the nearest is \"%s\"", id, nearest);
	rs_bad_usage("there is no entry \"%s\"; all are listed by: rootsweep policy list", id);
}

static int
show(const struct rs_options *options, int argc, char **argv)
{
	struct rs_report report = { .format = options->format, .color = options->color };
	const struct rs_policy_root *root;
	struct rs_policy *policy;

	if (argc != 1)
		rs_bad_usage("policy show needs one ENTRY; all are listed by: rootsweep policy list");
	policy = rs_policy_get(options, false);
	root = rs_map_get(&policy->by_id, argv[0]);
	if (root == NULL)
		no_such_entry(policy, argv[0]);
	rs_policy_cmd_show(&report, policy, root);
	rs_policy_free(policy);
	return RS_EXIT_OK;
}

static int
new(int argc, char **argv)
{
	if (argc != 1)
		rs_bad_usage("policy new needs one FILE, a certificate as PEM or DER");
	return rs_policy_cmd_new(argv[0]);
}

int
rs_cmd_policy(struct rs_options *options, int argc, char **argv)
{
	static const char *const verbs[] = { "check", "list", "show", "new" };
	const char *nearest;

	if (argc == 0)
		rs_bad_usage("policy needs one of: check FILE..., list, show ENTRY, new FILE");
	if (rs_streq(argv[0], "check"))
		return check(options, argc - 1, argv + 1);
	if (rs_streq(argv[0], "list"))
		return list(options, argc - 1);
	if (rs_streq(argv[0], "show"))
		return show(options, argc - 1, argv + 1);
	if (rs_streq(argv[0], "new"))
		return new(argc - 1, argv + 1);
	nearest = rs_text_nearest(argv[0], verbs, RS_COUNT(verbs));
	if (nearest != NULL)
		rs_bad_usage("there is no \"policy %s\"; the nearest is \"policy %s\"", argv[0],
			     nearest);
	rs_bad_usage("there is no \"policy %s\": expected check FILE..., list, show ENTRY or "
		     "new FILE", argv[0]);
}
