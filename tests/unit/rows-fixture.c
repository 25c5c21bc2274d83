/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "nss-rows.h"
#include "rows-fixture.h"

void
rows_find(struct rows_scene *s, const char *ids)
{
	RS_AUTOFREE char *copy = rs_strdup(ids);
	char *save = NULL;

	rs_step_free(s->step);
	s->step = rs_step_new(RS_STEP_ROWS, s->store->kind, s->store->id, s->folder.file);
	for (char *id = strtok_r(copy, " ", &save); id != NULL; id = strtok_r(NULL, " ", &save))
		rs_array_add_str(&s->step->ids, id);
}

void
rows_scene_make(struct rows_scene *s)
{
	*s = (struct rows_scene){ .table = RS_NSS_TABLE };
	nss_folder_make(&s->folder, "profile");
	nss_schema(&s->folder);
	nss_cert_make(&s->a, "A", 1, 1);
	nss_cert_make(&s->twin, "A", 1, 2);
	nss_row_cert(&s->folder, 5, &s->twin, "twin");
	nss_row_cert(&s->folder, 10, &s->a, NULL);
	nss_row_trust(&s->folder, 6, RS_CKO_TRUST, &s->twin, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&s->folder, 11, RS_CKO_TRUST, &s->a, NSS_HASH, NSS_NEW_ANCHOR);
	nss_row_trust(&s->folder, 12, RS_CKO_NSS_TRUST, &s->a, NSS_HASH, NSS_OLD_ANCHOR);
	nss_row_trust(&s->folder, 7, RS_CKO_NSS_TRUST, &s->twin, NSS_HASH, NSS_OLD_ANCHOR);
	s->user = (struct rs_user){ .name = s->folder.top, .home = s->folder.top,
				    .uid = geteuid(), .gid = getegid() };
	s->store = rs_store_new(RS_KIND_NSS, "u", s->folder.file);
	s->finding.store = s->store;
	s->finding.anchor = rs_store_add(s->store, rs_anchor_new(rs_cert_copy(s->a.cert)));
	s->part.user = &s->user;
	rs_array_add(&s->part.findings, &s->finding);
	rows_find(s, "10 11 12");
}

void
rows_scene_remove(struct rows_scene *s)
{
	rs_step_free(s->step);
	rs_store_free(s->store);
	rs_array_free(&s->part.findings);
	nss_cert_free(&s->a);
	nss_cert_free(&s->twin);
	nss_folder_remove(&s->folder);
}

char *
rows_dump(const struct rows_scene *s)
{
	struct rs_buf text = { 0 };
	sqlite3 *db;
	sqlite3_stmt *stmt;
	RS_AUTOFREE char *rows = rs_printf("SELECT rowid, * FROM %s ORDER BY rowid", s->table);
	const char *const queries[] = {
		"SELECT sql FROM sqlite_schema ORDER BY rowid",
		rows,
		"PRAGMA integrity_check",
	};

	assert_int_equal(sqlite3_open(s->folder.file, &db), SQLITE_OK);
	for (size_t i = 0; i < RS_COUNT(queries); i++) {
		assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &stmt, NULL), SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			for (int k = 0; k < sqlite3_column_count(stmt); k++) {
				RS_AUTOFREE char *hex = rs_hex(sqlite3_column_blob(stmt, k),
				    (size_t)sqlite3_column_bytes(stmt, k));

				rs_buf_printf(&text, "%d:%s ", sqlite3_column_type(stmt, k), hex);
			}
			rs_buf_puts(&text, "\n");
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	return rs_buf_steal(&text);
}

long
rows_count(const struct rows_scene *s, const char *condition)
{
	RS_AUTOFREE char *sql = rs_printf("SELECT count(*) FROM %s WHERE %s", s->table, condition);
	sqlite3_stmt *stmt;
	sqlite3 *db;
	long n;

	assert_int_equal(sqlite3_open(s->folder.file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

void
rows_expect(const struct rows_scene *s, enum rs_step_state state, const char *reason)
{
	if (s->step->state != state)
		fail_msg("%s: %s", rs_step_state_name(s->step->state), s->step->reason);
	if (reason == NULL)
		assert_null(s->step->reason);
	else if (strstr(s->step->reason, reason) == NULL)
		assert_string_equal(s->step->reason, reason);
}

void
rows_prepare(struct rows_scene *s)
{
	rs_step_set(s->step, RS_STEP_PLANNED, NULL);
	rs_step_rows_prepare(s->step, &s->part, false);
	rows_expect(s, RS_STEP_PLANNED, NULL);
}

void
rows_take_out(struct rows_scene *s)
{
	rows_prepare(s);
	rs_step_rows_do(s->step, &s->user, false);
	rows_expect(s, RS_STEP_DONE, NULL);
	assert_int_equal(rows_count(s, "id IN (10, 11, 12)"), 0);
	assert_int_equal(rows_count(s, "id IN (5, 6, 7)"), 3);
}

void
rows_expect_undo(struct rows_scene *s, enum rs_step_state state, const char *reason)
{
	rs_step_rows_undo(s->step, &s->user, false);
	rows_expect(s, state, reason);
}
