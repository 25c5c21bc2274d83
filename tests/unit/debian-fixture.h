/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small Debian in a private world: three roots, an updater that does what
 * the real one does, a hook that keeps what it is told, and what a plan finds.
 */
#ifndef RS_TEST_DEBIAN_FIXTURE_H
#define RS_TEST_DEBIAN_FIXTURE_H

#include "debian.h"
#include "file-fixture.h"
#include "pem-fixture.h"
#include "plan.h"

#define DEBIAN_TOLD "/tmp/told"		/* what the hook was told */

/*
 * Local origins: evil.crt and "b (c).crt". Selected in the conf: p/a.crt.
 * Bundle and links as the updater makes them.
 */
void debian_make(void);

/* Another updater, or hook, in the place of the good one. */
void debian_updater(const char *script);
void debian_hook(const char *script);

/* The bundle's certificates, as "A B Evil " in their order. */
char *debian_bundle(void);
/* What the hook was told since it was last asked. */
char *debian_told(void);

/* Findings as a scan makes them, in one store. */
struct debian_findings {
	struct rs_store *os;
	struct rs_matches matches;
	struct rs_scan scan;
	struct rs_scope scope;
};

void debian_findings_make(struct debian_findings *found);
void debian_findings_free(struct debian_findings *found);
/* A file of this one certificate; or the conf's line that selects it. */
void debian_find_file(struct debian_findings *found, const char *path,
		      const struct pem_sample *sample);
void debian_find_line(struct debian_findings *found, const char *line,
		      const struct pem_sample *sample);

#endif
