#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# NSS databases in which certificates and trust do not go one to one: classes
# that differ, names and keys shared, rows that are left over.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 200

make() {
	fresh_homes
	nss_make alice "$db"
}

# trust NAME NEW OLD: what each class of trust says; - is no row at all.
trust() {
	nss_add alice "$db" new "$1" ,,
	[ "$3" = - ] || nss alice old certutil -M -d "sql:$db" -n "Rootsweep $1" -t "$3"
	[ "$2" = - ] || nss alice new certutil -M -d "sql:$db" -n "Rootsweep $1" -t "$2"
}

believed() { # OLD NEW: whether that NSS accepts A
	same "$(ask_nss alice "$db" old A) $(ask_nss alice "$db" new A)" "$1 $2" "what old and new NSS do"
}

# Each NSS goes by its own class: one that vouches is one too many.
classes_differ() { # NEW OLD WHAT-OLD-NSS-DOES WHAT-NEW-NSS-DOES
	make
	trust B C,, C,,
	trust A "$1" "$2"
	believed "$3" "$4"
	nss_trip 2 0
	believed "$3" "$4"
}

# Denied by both, or by the one that is there: a protection, which stays.
denied() { # NEW OLD
	make
	trust A "$1" "$2"
	believed refuses refuses
	dump "$db" >"$T/before"
	scan 0 --user alice
	quarantine 0 --user alice
	json '.changed | not'
	dump "$db" | same_file "$T/before" -
}

# Re-issued under one key, name and nickname: an entry that names the key means
# both, one that names a certificate means that one.
one_key() {
	make
	nss_add alice "$db" old A
	nss alice old certutil -A -d "sql:$db" -n "Rootsweep A" -t C,, -i "$T/again.pem"
	nss_add alice "$db" old B
	same "$(nss alice old certutil -L -d "sql:$db" | grep -c '^Rootsweep A ')" 2 "certificates of that nickname"
	dump "$db" >"$T/before"
	policy_root A quarantine "<spki sha256=\"$(spki A)\"/>" | policy "$T/key.xml"
	rs 2 scan --user alice --policy "$T/key.xml" --format json
	json '[.findings[] | .sha256] | unique | length == 2'
	rs 0 quarantine --user alice --policy "$T/key.xml" --yes --format json
	same "$(classes "$db")" "00000001 $class_old" "what is left"
	nss_all alice "$db" A refuses
	nss_all alice "$db" B accepts
	undo 0 --user alice --last
	dump "$db" | same_file "$T/before" -
	policy_root A quarantine "<certificate sha256=\"$(sha256 again)\"/>" | policy "$T/one.xml"
	rs 0 quarantine --user alice --policy "$T/one.xml" --yes --format json
	same "$(sql "$db" "select count(*) from nssPublic where hex(a82) = '$(nss_serial again)'")" 0 "rows of the named one"
	rows_of_a "$db" 2
	nss_all alice "$db" A accepts
	undo 0 --user alice --last
	dump "$db" | same_file "$T/before" -
}

# Nicknames say nothing: others under the same one stay.
one_nickname() {
	make
	nss_add alice "$db" old A
	nss_add alice "$db" old B
	as alice sqlite3 "$db/cert9.db" "update nssPublic set a3 = cast('one name' as blob) where hex(a0) = '00000001'"
	nss_trip 2 0
}

# The certificate is gone, and both classes of its trust are left.
orphans_of_both() {
	make
	trust A C,, C,,
	trust B C,, C,,
	sql_delete alice "$db" "hex(a0) = '00000001' and hex(a82) = '$serial_a'"
	rows_of_a "$db" 2
	nss_trip 2 0
}

# A certificate twice over, trust that says nothing, trust that denies: where
# one row vouches all of them go, and all of them come back.
left_over_rows() {
	local columns

	make
	trust A C,, p,p,p
	trust B C,, -
	columns=$(sql "$db" "select group_concat(name) from pragma_table_info('nssPublic') where name <> 'id'")
	as alice sqlite3 "$db/cert9.db" "
		insert into nssPublic (id, $columns) select id + 7, $columns from nssPublic
			where hex(a0) = '00000001' and hex(a82) = '$serial_a';
		insert into nssPublic (id, $columns) select id + 9, $columns from nssPublic
			where hex(a0) = '$class_old' and hex(a82) = '$serial_a';
		update nssPublic set ace536358 = x'ce534353' where rowid = last_insert_rowid();"
	rows_of_a "$db" 5
	nss_trip 2 0
}

# A server's own certificate, by new NSS; and what is left when its row is gone.
leaf_peer() {
	make
	nss_add alice "$db" new A-leaf P,,
	nss_add alice "$db" new B
	policy_root A quarantine "<certificate sha256=\"$(
		openssl x509 -in "$T/A-leaf.pem" -outform DER | sha256sum | cut -d' ' -f1)\"/>" |
		policy "$T/leaf.xml"
	[ "$1" = whole ] || sql_delete alice "$db" "hex(a0) = '00000001' and hex(a82) like '%' ||
		'$(openssl x509 -in "$T/A-leaf.pem" -noout -serial | cut -d= -f2)'"
	dump "$db" >"$T/before"
	rs 2 scan --user alice --policy "$T/leaf.xml" --format json
	rs 0 quarantine --user alice --policy "$T/leaf.xml" --yes --format json
	same "$(classes "$db")" "00000001 $class_new" "what is left"
	same "$(ask_nss alice "$db" new B)" accepts
	undo 0 --user alice --last
	dump "$db" | same_file "$T/before" -
}

# Columns of one class only partly there: NSS adds them when it needs them.
columns_partly() {
	local column

	make
	nss_add alice "$db" old A
	nss_add alice "$db" old B
	for column in a635 a62c; do
		as alice sqlite3 "$db/cert9.db" "alter table nssPublic add column $column"
	done
	nss_trip 2 0
	# In quarantine the other NSS comes by, and makes the table wider.
	quarantine 0 --user alice
	nss_add alice "$db" new C
	undo 0 --user alice --last
	nss_all alice "$db" A accepts
	same "$(ask_nss alice "$db" new C)" accepts
	rows_of_a "$db" 2
}

# With a primary password that nobody has typed, by root and by the user: rows
# and signatures are untouched by it, so trust returns as good as it was.
password_untyped() { # old|new
	fresh_homes
	nss_make alice "$db" "correct horse" "$1"
	nss_add alice "$db" "$1" A
	nss_add alice "$db" "$1" B
	rm /home/alice/.nss-password
	dump "$db" >"$T/before"
	rs_run alice 0 quarantine --policy "$T/policy.xml" --yes --format json
	json '.changed and .still_trusted == []'
	rows_of_a "$db" 0
	same "$(ask_nss alice "$db" "$1" A)" refuses
	rs_run alice 0 undo --last --yes --format json
	dump "$db" | same_file "$T/before" -
	same "$(ask_nss alice "$db" "$1" A)" accepts
}

{ make_world && make_users alice bob && debian_store small; } || fatal "no world"
make_root C "Rootsweep Test Root C" || fatal "no root"
# A's own key and name, once more.
openssl req -x509 -key "$T/A.key" -days 3650 -out "$T/again.pem" \
	-subj "/O=Rootsweep Test/CN=Rootsweep Test Root A" -addext basicConstraints=critical,CA:TRUE \
	-addext keyUsage=critical,keyCertSign,cRLSign 2>"$T/openssl.log" || fatal "no second certificate"
openssl x509 -in "$T/again.pem" -outform DER -out "$T/again.der"
serial_a=$(nss_serial A)

check classes/old-denies classes_differ C,, p,p,p refuses accepts
check classes/new-denies classes_differ p,p,p C,, accepts refuses
check classes/new-says-nothing classes_differ ,, C,, accepts refuses
check classes/both-deny denied p,p,p p,p,p
check classes/old-alone-denies denied - p,p,p
check shared/key one_key
check shared/nickname one_nickname
check rows/orphans-of-both orphans_of_both
check rows/left-over left_over_rows
check rows/leaf-peer leaf_peer whole
check rows/leaf-peer-orphan leaf_peer orphan
check rows/columns-partly columns_partly
check key/password-untyped-old password_untyped old
check key/password-untyped-new password_untyped new

finish
