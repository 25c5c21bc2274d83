/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A policy file, with the patterns in it. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "policy-impl.h"

#define VALUE "Qaznet Trust Network"

static void
complain(void *data, const char *where, const char *text)
{
	FUZZ_HOLDS(where[0] != '\0' && text[0] != '\0');
	++*(size_t *)data;
}

/* Of the empty value, of one that is like the shipped entries', of its own. */
static void
try_patterns(const struct rs_policy *policy)
{
	for (size_t i = 0; i < policy->roots.n; i++) {
		const struct rs_policy_root *root = policy->roots.v[i];

		for (size_t k = 0; k < root->subjects.n; k++) {
			const struct rs_policy_subject *subject = root->subjects.v[k];

			for (size_t m = 0; m < subject->patterns.n; m++) {
				struct rs_policy_pattern *pattern = subject->patterns.v[m];
				size_t len = 0;
				const char *plain = rs_policy_pattern_beginning(pattern, &len);

				FUZZ_HOLDS(pattern->oid != NULL && len <= strlen(plain));
				FUZZ_HOLDS(!rs_policy_pattern_fits(pattern, ""));
				rs_policy_pattern_fits(pattern, VALUE);
				rs_policy_pattern_fits(pattern, pattern->match);
			}
		}
	}
}

/* The schema is compiled once: it would take nearly all of the time. */
static xmlRelaxNG *
get_schema(void)
{
	static xmlRelaxNG *schema;
	char *why = NULL;

	if (schema == NULL)
		schema = rs_schema_read("policy.rng", "foreign-entry", &why);
	FUZZ_HOLDS(schema != NULL);
	return schema;
}

static struct rs_policy *
new_policy(void)
{
	struct rs_policy *policy = rs_alloc(sizeof(*policy));

	rs_array_init(&policy->roots, rs_policy_root_free);
	rs_array_init(&policy->sets, rs_policy_set_free);
	rs_array_init(&policy->allows, rs_policy_allow_free);
	return policy;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	size_t told = 0;
	struct rs_policy_file file = { .path = path };
	struct rs_policy_reading reading = {
		.policy = new_policy(), .file = &file, .schema = get_schema(),
		.admin = size % 2, .complain = complain, .data = &told,
	};

	if (fd < 0) {
		fd = memfd_create("policy", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	rs_policy_read(&reading);
	FUZZ_HOLDS(told == reading.problems);
	if (told == 0) {
		FUZZ_HOLDS(file.version != NULL);
		try_patterns(reading.policy);
		rs_policy_warn(reading.policy, NULL);
	}
	free(file.version);
	rs_policy_free(reading.policy);
	return 0;
}
