/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "token-module.h"

#include <glob.h>
#include <string.h>
#include <unistd.h>

#include <p11-kit/pkcs11x.h>

/* PKCS#11 3.2; p11-kit's headers end before it. */
#define CKA_HASH_OF_CERTIFICATE_ 0x635UL
#define CKA_TRUST_SERVER_AUTH_ 0x62cUL
#define CKA_TRUST_CLIENT_AUTH_ 0x62dUL
#define CKA_TRUST_CODE_SIGNING_ 0x62eUL
#define CKA_TRUST_EMAIL_PROTECTION_ 0x62fUL
#define CKT_TRUSTED_ 1UL
#define CKT_TRUST_ANCHOR_ 2UL
#define CKT_NOT_TRUSTED_ 3UL

/* p11-kit's own, in no header of it: the file that an object came from. */
#define CKA_X_ORIGIN_ (CKA_X_VENDOR + 8001)

/* No certificate or name is longer; a token that says so is not believed. */
#define VALUE_MAX (1UL << 20)
/* A token that never ends is cut off here. */
#define OBJECTS_MAX 500000
#define BATCH 256

struct rs_token_object *
rs_token_object_new(unsigned long class)
{
	struct rs_token_object *object = rs_alloc(sizeof(*object));

	object->class = class;
	return object;
}

void
rs_token_object_free(void *p)
{
	struct rs_token_object *object = p;

	if (object == NULL)
		return;
	rs_cert_free(object->cert);
	free(object->origin);
	free(object->token);
	free(object->label);
	free(object->id);
	free(object);
}

void
rs_token_object_trust(struct rs_token_object *object, unsigned purpose, unsigned long value)
{
	bool nss = object->class == RS_CKO_NSS_TRUST;
	bool vouches = nss ? value == CKT_NSS_TRUSTED || value == CKT_NSS_TRUSTED_DELEGATOR :
	    value == CKT_TRUSTED_ || value == CKT_TRUST_ANCHOR_;
	bool denies = value == (nss ? CKT_NSS_NOT_TRUSTED : CKT_NOT_TRUSTED_);

	if (vouches)
		object->trust |= purpose;
	if (denies)
		object->distrust |= purpose;
	if (denies && purpose == RS_TRUST_SERVER)
		object->distrusted = true;
}

void
rs_token_object_identify(struct rs_token_object *object, const void *issuer, size_t issuer_len,
			 const void *serial, size_t serial_len, const void *hash,
			 size_t hash_len, unsigned long algorithm)
{
	bool sha1 = hash_len == 20 && (algorithm == 0 || algorithm == CKM_SHA_1);
	bool sha256 = hash_len == 32 && (algorithm == 0 || algorithm == CKM_SHA256);

	object->cert = rs_cert_new_trust(issuer, issuer_len, serial, serial_len,
	    sha1 ? hash : NULL, sha1 ? 20 : 0, sha256 ? hash : NULL, sha256 ? 32 : 0);
}

bool
rs_token_trust_is_for(const struct rs_token_object *trust, const struct rs_cert *cert)
{
	const struct rs_cert *says = trust->cert;

	if (says->sha256 != NULL || says->sha1 != NULL)
		return (says->sha256 == NULL || rs_streq(says->sha256, cert->sha256)) &&
		    (says->sha1 == NULL || rs_streq(says->sha1, cert->sha1));
	return says->issuer_der != NULL && says->serial != NULL &&
	    rs_streq(says->issuer_der, cert->issuer_der) &&
	    rs_streq(says->serial, cert->serial);
}

static CK_FUNCTION_LIST *
load_matching(const char *pattern, const char *name, char **why)
{
	RS_AUTOFREE char *full = rs_printf("%s/%s", pattern, name);
	CK_FUNCTION_LIST *module = NULL;
	glob_t found = { 0 };

	if (glob(full, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && module == NULL; i++) {
			module = p11_kit_module_load(found.gl_pathv[i], P11_KIT_MODULE_UNMANAGED);
			if (module == NULL) {
				const char *message = p11_kit_message();

				free(*why);
				*why = rs_printf("%s cannot be loaded: %s", found.gl_pathv[i],
				    message != NULL ? message : "reason unknown");
			}
		}
	globfree(&found);
	return module;
}

CK_FUNCTION_LIST *
rs_token_module_load(const char *dirs, const char *name, char **why)
{
	RS_AUTOFREE char *list = rs_strdup(dirs), *problem = NULL;
	CK_FUNCTION_LIST *module = NULL;
	char *save = NULL;

	*why = NULL;
	p11_kit_be_quiet();
	for (char *dir = strtok_r(list, ":", &save); dir != NULL && module == NULL;
	     dir = strtok_r(NULL, ":", &save))
		module = load_matching(dir, name, &problem);
	if (module == NULL)
		*why = problem != NULL ? rs_steal(&problem) :
		    rs_printf("%s is in none of the usual places", name);
	return module;
}

/* One attribute's value; data is NULL where the object does not have it. */
struct value {
	CK_ATTRIBUTE_TYPE type;
	unsigned char *data;
	size_t len;
};

/*
 * Lengths first, then values: softoken refuses a buffer for a number that is
 * longer than the number, and each call costs it a look at the file.
 */
static void
get_values(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
	   struct value *values, size_t n)
{
	RS_AUTOFREE CK_ATTRIBUTE *attrs = rs_alloc(n * sizeof(*attrs));
	RS_AUTOFREE struct value **there = rs_alloc(n * sizeof(struct value *));
	size_t m = 0;
	bool ok;

	for (size_t i = 0; i < n; i++)
		attrs[i] = (CK_ATTRIBUTE){ values[i].type, NULL, 0 };
	/* Reports that some attribute is missing, and fills in the others. */
	module->C_GetAttributeValue(session, object, attrs, n);
	for (size_t i = 0; i < n; i++) {
		if (attrs[i].ulValueLen == 0 || attrs[i].ulValueLen > VALUE_MAX)
			continue;
		values[i].len = attrs[i].ulValueLen;
		values[i].data = rs_alloc(values[i].len + 1);
		attrs[m] = (CK_ATTRIBUTE){ values[i].type, values[i].data, values[i].len };
		there[m++] = &values[i];
	}
	ok = m == 0 || module->C_GetAttributeValue(session, object, attrs, m) == CKR_OK;
	for (size_t i = 0; i < m; i++) {
		if (ok && attrs[i].ulValueLen <= there[i]->len) {
			there[i]->len = attrs[i].ulValueLen;
			continue;
		}
		free(there[i]->data);
		there[i]->data = NULL;
		there[i]->len = 0;
	}
}

/*
 * A number comes in the module's own CK_ULONG; but softoken hands out one
 * that its version does not know as 4 bytes, the highest first. Where both
 * have 4 bytes the value tells: none used here lies between 2^16 and 2^31.
 */
static unsigned long
to_number(const struct value *value, unsigned long otherwise)
{
	unsigned long native, big = 0;

	if (value->data == NULL || (value->len != sizeof(native) && value->len != 4))
		return otherwise;
	for (size_t i = 0; i < 4; i++)
		big = big << 8 | value->data[i];
	if (value->len != sizeof(native))
		return big;
	memcpy(&native, value->data, sizeof(native));
	if (sizeof(native) == 4 && native > 0xffff && native < 0x80000000UL)
		return big;
	return native;
}

static bool
to_bool(const struct value *value)
{
	return value->data != NULL && value->len == 1 && value->data[0] == CK_TRUE;
}

static char *
to_text(const struct value *value)
{
	return value->data == NULL ? NULL : rs_strndup((char *)value->data, value->len);
}

static void
free_values(struct value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(values[i].data);
}

static struct rs_token_object *
read_certificate(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session,
		 CK_OBJECT_HANDLE handle, enum rs_token_dialect dialect)
{
	enum { VALUE, LABEL, ISSUER, SERIAL, TRUSTED, DISTRUSTED, ORIGIN, N };
	struct value v[N] = {
		[VALUE] = { .type = CKA_VALUE }, [LABEL] = { .type = CKA_LABEL },
		[ISSUER] = { .type = CKA_ISSUER }, [SERIAL] = { .type = CKA_SERIAL_NUMBER },
		[TRUSTED] = { .type = CKA_TRUSTED },
		[DISTRUSTED] = { .type = CKA_X_DISTRUSTED },
		[ORIGIN] = { .type = CKA_X_ORIGIN_ },
	};
	struct rs_token_object *object = rs_token_object_new(RS_CKO_CERTIFICATE);

	get_values(module, session, handle, v, dialect == RS_DIALECT_P11KIT ? N : TRUSTED);
	object->cert = v[VALUE].data != NULL ? rs_cert_new(v[VALUE].data, v[VALUE].len) :
	    rs_cert_new_trust(v[ISSUER].data, v[ISSUER].len, v[SERIAL].data, v[SERIAL].len,
			      NULL, 0, NULL, 0);
	object->label = to_text(&v[LABEL]);
	object->trusted = to_bool(&v[TRUSTED]);
	object->distrusted = to_bool(&v[DISTRUSTED]);
	object->origin = to_text(&v[ORIGIN]);
	free_values(v, N);
	return object;
}

static struct rs_token_object *
read_trust(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle,
	   unsigned long class)
{
	enum { ISSUER, SERIAL, HASH, ALGORITHM, SERVER, CLIENT, CODE, EMAIL, N };
	bool nss = class == RS_CKO_NSS_TRUST;
	struct value v[N] = {
		[ISSUER] = { .type = CKA_ISSUER }, [SERIAL] = { .type = CKA_SERIAL_NUMBER },
		[HASH] = { .type = nss ? CKA_CERT_SHA1_HASH : CKA_HASH_OF_CERTIFICATE_ },
		[ALGORITHM] = { .type = CKA_NAME_HASH_ALGORITHM },
		[SERVER] = { .type = nss ? CKA_TRUST_SERVER_AUTH : CKA_TRUST_SERVER_AUTH_ },
		[CLIENT] = { .type = nss ? CKA_TRUST_CLIENT_AUTH : CKA_TRUST_CLIENT_AUTH_ },
		[CODE] = { .type = nss ? CKA_TRUST_CODE_SIGNING : CKA_TRUST_CODE_SIGNING_ },
		[EMAIL] = { .type = nss ? CKA_TRUST_EMAIL_PROTECTION :
			    CKA_TRUST_EMAIL_PROTECTION_ },
	};
	struct rs_token_object *object = rs_token_object_new(class);

	get_values(module, session, handle, v, N);
	rs_token_object_identify(object, v[ISSUER].data, v[ISSUER].len,
	    v[SERIAL].data, v[SERIAL].len, v[HASH].data, v[HASH].len,
	    to_number(&v[ALGORITHM], 0));
	rs_token_object_trust(object, RS_TRUST_SERVER, to_number(&v[SERVER], 0));
	rs_token_object_trust(object, RS_TRUST_CLIENT, to_number(&v[CLIENT], 0));
	rs_token_object_trust(object, RS_TRUST_CODE, to_number(&v[CODE], 0));
	rs_token_object_trust(object, RS_TRUST_EMAIL, to_number(&v[EMAIL], 0));
	free_values(v, N);
	return object;
}

static CK_RV
read_class(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, unsigned long class,
	   enum rs_token_dialect dialect, const char *token, struct rs_array *objects)
{
	CK_OBJECT_CLASS wanted = class;
	CK_ATTRIBUTE template = { CKA_CLASS, &wanted, sizeof(wanted) };
	RS_AUTOFREE CK_OBJECT_HANDLE *handles = NULL;
	CK_ULONG n = 0, got = 0;
	CK_RV rv = module->C_FindObjectsInit(session, &template, 1);

	if (rv != CKR_OK)
		return rv;
	do {
		handles = rs_realloc(handles, (n + BATCH) * sizeof(*handles));
		rv = module->C_FindObjects(session, handles + n, BATCH, &got);
		if (rv != CKR_OK || got > BATCH)
			got = 0;
		n += got;
	} while (got > 0 && n < OBJECTS_MAX);
	module->C_FindObjectsFinal(session);
	for (CK_ULONG i = 0; i < n; i++) {
		struct rs_token_object *object = class == RS_CKO_CERTIFICATE ?
		    read_certificate(module, session, handles[i], dialect) :
		    read_trust(module, session, handles[i], class);

		object->token = rs_strdup(token);
		rs_array_add(objects, object);
	}
	return n < OBJECTS_MAX ? rv : CKR_DEVICE_MEMORY;
}

bool
rs_token_session_read(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session,
		      enum rs_token_dialect dialect, const char *token,
		      struct rs_array *objects, char **why)
{
	static const unsigned long classes[] = {
		RS_CKO_CERTIFICATE, RS_CKO_NSS_TRUST, RS_CKO_TRUST,
	};

	*why = NULL;
	for (size_t i = 0; i < RS_COUNT(classes); i++) {
		CK_RV rv = read_class(module, session, classes[i], dialect, token, objects);

		if (rv == CKR_OK)
			continue;
		*why = rs_printf("its objects cannot be listed: %s", p11_kit_strerror(rv));
		return false;
	}
	return true;
}
