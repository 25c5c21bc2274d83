/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "token-module.h"

#include <errno.h>
#include <string.h>

#include <p11-kit/pkcs11x.h>

#define SOFTOKEN_NAME "libsoftokn3.so"
#define SOFTOKEN_PACKAGES \
	"install libnss3 (Debian, Ubuntu), nss-softokn (Fedora), nss (Arch, Alpine) " \
	"or libsoftokn3 (openSUSE)"

/* Softoken keeps these numbers for slots that a program adds (pkcs11n.h). */
#define SLOT_FIRST 4
#define SLOT_LAST 100

struct rs_softoken {
	CK_FUNCTION_LIST *module;
	CK_SESSION_HANDLE session;	/* of its own first slot, which makes new ones */
	CK_SLOT_ID slot;		/* the next database's */
};

/*
 * NSS's shape of CK_C_INITIALIZE_ARGS: its parameters stand where the
 * standard has pReserved, and one more pointer follows.
 */
struct nss_init_args {
	CK_C_INITIALIZE_ARGS standard;
	void *reserved;
};

/* The calling user's own database and modules stay out of it: no database. */
static char no_database[] =
	"configdir='' certPrefix='' keyPrefix='' secmod='' "
	"flags=readOnly,noCertDB,noModDB,noKeyDB,forceOpen,optimizeSpace";

static bool
softoken_start(struct rs_softoken *softoken, char **why)
{
	struct nss_init_args args = {
		.standard = { .flags = CKF_OS_LOCKING_OK, .pReserved = no_database },
	};
	CK_SLOT_ID slots[16];
	CK_ULONG n = RS_COUNT(slots);
	CK_RV rv = softoken->module->C_Initialize(&args);

	if (rv != CKR_OK) {
		*why = rs_printf(SOFTOKEN_NAME " does not start: %s", p11_kit_strerror(rv));
		return false;
	}
	rv = softoken->module->C_GetSlotList(CK_FALSE, slots, &n);
	if (rv == CKR_OK && n > 0)
		rv = softoken->module->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL,
						     &softoken->session);
	if (rv == CKR_OK && n > 0)
		return true;
	softoken->module->C_Finalize(NULL);
	*why = rs_printf(SOFTOKEN_NAME " has no slot: %s", p11_kit_strerror(rv));
	return false;
}

struct rs_softoken *
rs_softoken_new_from(const char *dirs, char **why)
{
	struct rs_softoken *softoken;
	RS_AUTOFREE char *problem = NULL;
	CK_FUNCTION_LIST *module = rs_token_module_load(dirs, SOFTOKEN_NAME, &problem);

	*why = NULL;
	if (module == NULL) {
		*why = rs_printf("%s: " SOFTOKEN_PACKAGES, problem);
		return NULL;
	}
	softoken = rs_alloc(sizeof(*softoken));
	softoken->module = module;
	softoken->slot = SLOT_FIRST;
	if (!softoken_start(softoken, why)) {
		free(softoken);
		return NULL;
	}
	return softoken;
}

struct rs_softoken *
rs_softoken_new(char **why)
{
	return rs_softoken_new_from(RS_NSS_LIBDIRS, why);
}

void
rs_softoken_free(struct rs_softoken *softoken)
{
	if (softoken == NULL)
		return;
	softoken->module->C_Finalize(NULL);
	free(softoken);
}

/* Softoken takes orders as objects that are made: a slot to add or remove. */
static CK_RV
order(struct rs_softoken *softoken, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, char *spec)
{
	CK_ATTRIBUTE attrs[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_NSS_MODULE_SPEC, spec, strlen(spec) + 1 },
	};
	CK_OBJECT_HANDLE handle;

	return softoken->module->C_CreateObject(session, attrs, RS_COUNT(attrs), &handle);
}

/*
 * The folder has no name here but ".", while it is the process's own: a path
 * is code to softoken, and another tree has no /proc to name a descriptor by.
 *
 * noKeyDB: certificates and trust are all there without key4.db, which may
 * be missing; the signatures that it holds are then not checked.
 */
bool
rs_softoken_read(struct rs_softoken *softoken, int dirfd, struct rs_array *objects, char **why)
{
	RS_AUTOFREE char *spec = rs_printf(
	    "tokens=[0x%lx=<configdir='sql:.' flags=readOnly,noKeyDB>]", softoken->slot);
	RS_CLEANUP(rs_cleanup_go_back) int back = -1;
	CK_SESSION_HANDLE session;
	bool ok = false;
	CK_RV rv;

	*why = NULL;
	if (softoken->slot > SLOT_LAST) {
		*why = rs_strdup("softoken has no slot left");
		return false;
	}
	back = rs_go_to(dirfd);
	if (back < 0) {
		*why = rs_printf("its folder cannot be entered: %s", strerror(errno));
		return false;
	}
	rv = order(softoken, softoken->session, CKO_NSS_NEWSLOT, spec);
	if (rv != CKR_OK) {
		*why = rs_printf("softoken cannot open it (error 0x%lx)", rv);
		return false;
	}
	rv = softoken->module->C_OpenSession(softoken->slot, CKF_SERIAL_SESSION, NULL, NULL,
					     &session);
	if (rv == CKR_OK)
		ok = rs_token_session_read(softoken->module, session, RS_DIALECT_NSS, NULL,
					   objects, why);
	else
		*why = rs_printf("softoken has no session for it (error 0x%lx)", rv);
	/* Only a session of the slot itself may take it away (else it leaks). */
	if (rv != CKR_OK || order(softoken, session, CKO_NSS_DELSLOT, spec) != CKR_OK)
		softoken->slot++;
	return ok;
}
