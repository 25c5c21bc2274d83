/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nss-witness.h"

#include <string.h>

/* The first few tell what is wrong; a hostile file could make a million. */
#define DISAGREEMENTS_MAX 20

/* One object as a reader tells it: whom it is about, and what it says. */
struct word {
	char *who, *says;
	const char *id;
};

static char *
certificate_name(const struct rs_cert *cert)
{
	if (cert->der != NULL)
		return rs_printf("certificate %s", cert->sha256);
	return rs_printf("certificate without content, serial %s",
			 cert->serial != NULL ? cert->serial : "unknown");
}

static char *
trust_name(unsigned long class, const struct rs_cert *cert)
{
	const char *kind = class == RS_CKO_NSS_TRUST ? "CKO_NSS_TRUST" : "CKO_TRUST";

	if (cert->sha256 != NULL || cert->sha1 != NULL)
		return rs_printf("%s of %s", kind,
				 cert->sha256 != NULL ? cert->sha256 : cert->sha1);
	return rs_printf("%s of issuer %s serial %s", kind,
			 cert->issuer_der != NULL ? cert->issuer_der : "unknown",
			 cert->serial != NULL ? cert->serial : "unknown");
}

static char *
purposes(unsigned trust)
{
	static const struct { unsigned bit; const char *name; } table[] = {
		{ RS_TRUST_SERVER, "server" }, { RS_TRUST_CLIENT, "client" },
		{ RS_TRUST_EMAIL, "email" }, { RS_TRUST_CODE, "code" },
	};
	RS_AUTOBUF struct rs_buf text = { 0 };

	for (size_t i = 0; i < RS_COUNT(table); i++)
		if (trust & table[i].bit)
			rs_buf_printf(&text, "%s%s", text.len > 0 ? "+" : "", table[i].name);
	return text.len > 0 ? rs_buf_steal(&text) : rs_strdup("none");
}

static void
word_free(void *p)
{
	struct word *word = p;

	free(word->who);
	free(word->says);
	free(word);
}

static void
add_word(struct rs_array *words, const struct rs_token_object *object)
{
	struct word *word = rs_alloc(sizeof(*word));

	if (object->class == RS_CKO_CERTIFICATE) {
		word->who = certificate_name(object->cert);
		word->says = rs_strdup("it is there");
	} else {
		RS_AUTOFREE char *yes = purposes(object->trust), *no = purposes(object->distrust);

		word->who = trust_name(object->class, object->cert);
		word->says = rs_printf("trusted for %s, denied for %s", yes, no);
	}
	word->id = object->id;
	rs_array_add(words, word);
}

static int
by_who(const void *a, const void *b)
{
	const struct word *x = *(struct word *const *)a, *y = *(struct word *const *)b;
	int order = strcmp(x->who, y->who);

	return order != 0 ? order : strcmp(x->says, y->says);
}

static void
words_of(struct rs_array *words, const struct rs_array *objects)
{
	rs_array_init(words, word_free);
	for (size_t i = 0; i < objects->n; i++)
		add_word(words, objects->v[i]);
	if (words->n > 0)
		qsort(words->v, words->n, sizeof(*words->v), by_who);
}

/* Either may be NULL: that reader has nothing. */
static void
disagree(struct rs_store *store, const struct word *row, const struct word *softoken)
{
	const char *id = row != NULL && row->id != NULL ? row->id : "unknown";
	const char *who = row != NULL ? row->who : softoken != NULL ? softoken->who : "";

	if (store->disagreements.n < DISAGREEMENTS_MAX)
		rs_store_disagree(store, "%s: object %s: %s: rows say %s, softoken says %s",
				  store->path, id, who, row != NULL ? row->says : "nothing",
				  softoken != NULL ? softoken->says : "nothing");
}

/* Both are sorted. */
static void
compare(struct rs_store *store, const struct rs_array *rows, const struct rs_array *softoken)
{
	size_t i = 0, k = 0;

	while (i < rows->n || k < softoken->n) {
		const struct word *row = i < rows->n ? rows->v[i] : NULL;
		const struct word *other = k < softoken->n ? softoken->v[k] : NULL;
		int order = row == NULL ? 1 : other == NULL ? -1 : strcmp(row->who, other->who);

		if (order != 0)
			disagree(store, order < 0 ? row : NULL, order < 0 ? NULL : other);
		else if (!rs_streq(row->says, other->says))
			disagree(store, row, other);
		i += order <= 0;
		k += order >= 0;
	}
}

static bool
is_seen(const struct rs_map *seen, const struct rs_anchor *anchor)
{
	RS_AUTOFREE char *name = anchor->trust_only ? trust_name(RS_CKO_TRUST, anchor->cert) :
	    certificate_name(anchor->cert);
	RS_AUTOFREE char *old = trust_name(RS_CKO_NSS_TRUST, anchor->cert);

	return rs_map_get(seen, name) != NULL ||
	    (anchor->trust_only && rs_map_get(seen, old) != NULL);
}

void
rs_nss_witness_compare(struct rs_store *store, const struct rs_array *rows,
		       const struct rs_array *softoken)
{
	RS_CLEANUP(rs_array_free) struct rs_array ours, theirs;
	RS_CLEANUP(rs_map_free) struct rs_map seen = { 0 };

	words_of(&ours, rows);
	words_of(&theirs, softoken);
	compare(store, &ours, &theirs);
	for (size_t i = 0; i < theirs.n; i++) {
		struct word *word = theirs.v[i];

		rs_map_add(&seen, word->who, word);
	}
	for (size_t i = 0; i < store->anchors.n; i++) {
		struct rs_anchor *anchor = store->anchors.v[i];

		if (is_seen(&seen, anchor))
			anchor->witnesses |= RS_SEEN_SOFTOKEN;
	}
}
