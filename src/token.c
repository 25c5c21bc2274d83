/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "token.h"

#include <string.h>

#include "token-module.h"

/* More slots than this no source of trust policy has. */
#define SLOTS_MAX 256

#define PUBLIC_NAME "libnssckbi.so"
#define PUBLIC_PACKAGES "install libnss3 (Debian, Ubuntu) or nss (Alpine)"

/* Several things may fail while the rest goes on: one sentence each. */
static void
also(struct rs_buf *problems, const char *module, const char *text)
{
	if (problems->len > 0)
		rs_buf_puts(problems, "; ");
	rs_buf_printf(problems, "%s: %s", module, text);
}

/* PKCS#11 pads its texts with blanks, without a NUL. */
static char *
padded(const unsigned char *text, size_t max)
{
	return p11_kit_space_strdup(text, max);
}

static bool
read_slot(CK_FUNCTION_LIST *module, CK_SLOT_ID slot, enum rs_token_dialect dialect,
	  struct rs_array *objects, char **why)
{
	RS_AUTOFREE char *label = NULL;
	CK_SESSION_HANDLE session;
	CK_TOKEN_INFO info;
	bool ok;
	CK_RV rv = module->C_GetTokenInfo(slot, &info);

	if (rv == CKR_OK)
		rv = module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
	if (rv != CKR_OK) {
		*why = rs_printf("slot %lu cannot be opened: %s", slot, p11_kit_strerror(rv));
		return false;
	}
	label = padded(info.label, sizeof(info.label));
	ok = rs_token_session_read(module, session, dialect, label, objects, why);
	module->C_CloseSession(session);
	return ok;
}

/* Whether at least one token, or the lack of any, could be read. */
static bool
read_module(CK_FUNCTION_LIST *module, enum rs_token_dialect dialect, const char *name,
	    struct rs_array *objects, struct rs_buf *problems)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = RS_COUNT(slots);
	size_t failed = 0;
	CK_RV rv = module->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK) {
		also(problems, name, p11_kit_strerror(rv));
		return false;
	}
	for (CK_ULONG i = 0; i < n; i++) {
		RS_AUTOFREE char *why = NULL;

		if (read_slot(module, slots[i], dialect, objects, &why))
			continue;
		also(problems, name, why);
		failed++;
	}
	return n == 0 || failed < n;
}

static bool
read_configured(CK_FUNCTION_LIST *module, struct rs_array *objects, struct rs_buf *problems)
{
	char *name = p11_kit_module_get_name(module);
	const char *shown = name != NULL ? name : "p11-kit";
	bool ok = false;

	if (p11_kit_module_initialize(module) != CKR_OK) {
		const char *message = p11_kit_message();

		also(problems, shown, message != NULL ? message : "does not start");
	} else {
		ok = read_module(module, RS_DIALECT_P11KIT, shown, objects, problems);
		p11_kit_module_finalize(module);
	}
	free(name);
	return ok;
}

bool
rs_token_os(struct rs_array *objects, char **why)
{
	RS_AUTOBUF struct rs_buf problems = { 0 };
	CK_FUNCTION_LIST **modules;
	const char *message;
	bool ok = false;

	p11_kit_be_quiet();
	modules = p11_kit_modules_load(NULL, P11_KIT_MODULE_TRUSTED);
	/* Also set where a module is left out and the others are there. */
	message = p11_kit_message();
	if (message != NULL)
		also(&problems, "p11-kit", message);
	for (size_t i = 0; modules != NULL && modules[i] != NULL; i++)
		ok |= read_configured(modules[i], objects, &problems);
	if (modules != NULL)
		p11_kit_modules_release(modules);
	*why = problems.len > 0 ? rs_buf_steal(&problems) : NULL;
	return ok;
}

/*
 * By what it says of itself, not by its name or place: under libnssckbi's
 * name Fedora, Arch and openSUSE install p11-kit-trust, to which everything
 * that anybody added to this machine would be "public".
 */
static bool
is_mozillas(CK_FUNCTION_LIST *module, char **why)
{
	RS_AUTOFREE char *maker = NULL, *library = NULL;
	CK_INFO info;

	if (module->C_GetInfo(&info) != CKR_OK) {
		*why = rs_strdup(PUBLIC_NAME " does not say what it is");
		return false;
	}
	maker = padded(info.manufacturerID, sizeof(info.manufacturerID));
	library = padded(info.libraryDescription, sizeof(info.libraryDescription));
	if (rs_streq(maker, "Mozilla Foundation") && rs_starts(library, "NSS Builtin Object"))
		return true;
	*why = rs_printf(PUBLIC_NAME " is not Mozilla's list of public roots here, but "
	    "\"%s\" by \"%s\"", library, maker);
	return false;
}

static bool
vouched_for(const struct rs_array *objects, const struct rs_cert *cert)
{
	for (size_t i = 0; i < objects->n; i++) {
		const struct rs_token_object *object = objects->v[i];

		if (object->class != RS_CKO_CERTIFICATE &&
		    (object->trust & (RS_TRUST_SERVER | RS_TRUST_EMAIL)) != 0 &&
		    rs_token_trust_is_for(object, cert))
			return true;
	}
	return false;
}

static bool
read_public(CK_FUNCTION_LIST *module, struct rs_array *certs, char **why)
{
	RS_CLEANUP(rs_array_free) struct rs_array objects;
	RS_AUTOBUF struct rs_buf problems = { 0 };
	size_t before = certs->n;

	rs_array_init(&objects, rs_token_object_free);
	if (!is_mozillas(module, why))
		return false;
	read_module(module, RS_DIALECT_NSS, PUBLIC_NAME, &objects, &problems);
	for (size_t i = 0; i < objects.n; i++) {
		const struct rs_token_object *object = objects.v[i];

		if (object->class == RS_CKO_CERTIFICATE && object->cert->sha256 != NULL &&
		    vouched_for(&objects, object->cert))
			rs_array_add(certs, rs_cert_copy(object->cert));
	}
	if (problems.len == 0 && certs->n > before)
		return true;
	*why = problems.len > 0 ? rs_buf_steal(&problems) :
	    rs_strdup(PUBLIC_NAME " lists no root");
	return false;
}

bool
rs_token_public_from(const char *dirs, struct rs_array *certs, char **why)
{
	RS_AUTOFREE char *problem = NULL;
	CK_FUNCTION_LIST *module = rs_token_module_load(dirs, PUBLIC_NAME, &problem);
	bool ok = false;

	*why = NULL;
	if (module == NULL) {
		*why = rs_printf("%s: " PUBLIC_PACKAGES, problem);
		return false;
	}
	if (p11_kit_module_initialize(module) == CKR_OK) {
		ok = read_public(module, certs, why);
		p11_kit_module_finalize(module);
	} else {
		*why = rs_strdup(PUBLIC_NAME " does not start");
	}
	return ok;
}

bool
rs_token_public(struct rs_array *certs, char **why)
{
	return rs_token_public_from(RS_NSS_LIBDIRS, certs, why);
}
