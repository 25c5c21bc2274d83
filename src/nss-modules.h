/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PKCS#11 modules that bring NSS roots beside those of its database: told, as
 * notices, and never loaded. Whose roots are the system's is a matter of the
 * OS store; those of another module are not read, and so the store that it
 * belongs to is never said to be without findings.
 */
#ifndef RS_NSS_MODULES_H
#define RS_NSS_MODULES_H

#include "home-stores.h"

/*
 * Of the store of the database in dir (open as dirfd): what its pkcs11.txt
 * names, and modules that lie in the folder itself, where NSS looks for its
 * roots first.
 */
void rs_nss_modules_tell(struct rs_home_reading *r, int dirfd, const char *dir,
			 struct rs_store *store);

/* Of one module that place ("FILE line N") names, for programs that go by the
 * store: cure says how to be rid of it. */
void rs_nss_module_tell(struct rs_sink *sink, struct rs_store *store, const char *place,
			const char *library, const char *cure);

/* Whether this system's libnssckbi is p11-kit-trust, and so whose browsers
 * follow the OS store. In a worker that is nobody. */
void rs_nss_modules_tell_system(struct rs_sink *sink);

#endif
