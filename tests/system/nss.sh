#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# NSS databases of several users: places, both trust classes, trust whose
# certificate is gone, passwords, look-alikes, odd folders; whose records they
# are, and who may undo them.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300

# --- places ----------------------------------------------------------------

every_place() {
	local place user

	fresh_homes
	while read -r user place; do
		nss_make "$user" "$(home "$user")/$place"
		nss_add "$user" "$(home "$user")/$place" old A
		nss_add "$user" "$(home "$user")/$place" old B
	done <"$T/places"
	scan 2
	while read -r user place; do
		found "nss:$user:$(home "$user")/$place" "$(home "$user")/$place/cert9.db"
	done <"$T/places"
	json '[.findings[].store] | unique | length == $n' --argjson n "$(wc -l <"$T/places")"
	quarantine 0
	while read -r user place; do
		nss_all "$user" "$(home "$user")/$place" A refuses
		nss_all "$user" "$(home "$user")/$place" B accepts
		same "$(stat -c %U "$(home "$user")/$place/cert9.db")" "$user" owner
	done <"$T/places"
	undo 0
	while read -r user place; do
		nss_all "$user" "$(home "$user")/$place" A accepts
	done <"$T/places"
}

# --- trust rows ------------------------------------------------------------

make() { # old|new...: both when both are named
	local age

	fresh_homes
	nss_make alice "$db"
	for age; do
		nss_add alice "$db" "$age" A
		nss_add alice "$db" "$age" B
	done
}

class_old() {
	make old
	same "$(classes "$db")" "00000001 00000001 CE534353 CE534353"
	nss_trip 2 0
}

class_new() {
	make new
	same "$(classes "$db")" "00000001 00000001 0000000B 0000000B"
	nss_trip 2 0
}

class_both() {
	make new old
	same "$(classes "$db")" "00000001 00000001 0000000B 0000000B CE534353 CE534353"
	nss_trip 2 0
}

# Only the trust is left: Firefox would still believe a server that sends A.
orphan() { # old|new CLASS
	make "$1"
	sql_delete alice "$db" "hex(a0) = '00000001' and hex(a82) = '$serial_a'"
	same "$(classes "$db")" "00000001 $2 $2"
	rows_of_a "$db" 1
	nss_trip 2 0
}

orphan_is_named() { # as a lone trust object, with what it still tells
	make "$1"
	sql_delete alice "$db" "hex(a0) = '00000001' and hex(a82) = '$serial_a'"
	scan 2 --user alice
	json 'any(.findings[]; .object == "trust" and .entry == "test-a"
		and (.match == "issuer_serial" or .match == "sha1" or .match == "certificate")
		and .spki_sha256 == null and (.issuer | contains("Rootsweep Test Root A")))'
}

# A key is all that the entry names: learnt elsewhere in the same run.
orphan_learnt() {
	make old
	sql_delete alice "$db" "hex(a0) = '00000001' and hex(a82) = '$serial_a'"
	nss_make bob /home/bob/.pki/nssdb
	nss_add bob /home/bob/.pki/nssdb new A
	policy_root A quarantine "<spki sha256=\"$(spki A)\"/>" | policy "$T/key.xml"
	rs 2 scan --policy "$T/key.xml" --format json
	json 'any(.findings[]; .store | startswith("nss:alice:"))'
	rs 0 quarantine --policy "$T/key.xml" --yes --format json
	rows_of_a "$db" 0
	undo 0
	rows_of_a "$db" 1
}

# Distrust is a protection: it is no anchor, and stays.
distrust() {
	fresh_homes
	nss_make alice "$db"
	nss_add alice "$db" old A p,p,p
	dump "$db" >"$T/before"
	scan 0 --user alice
	json '.findings == []'
	quarantine 0 --user alice
	json '.changed | not'
	dump "$db" | same_file "$T/before" -
}

# Known, but trusted for nothing.
no_trust() {
	fresh_homes
	nss_make alice "$db"
	nss_add alice "$db" old A ,,
	scan '0|2' --user alice
	nss_all alice "$db" A refuses
}

# A server's own certificate, trusted as a peer: no authority, and yet it counts.
leaf_peer() {
	fresh_homes
	nss_make alice "$db"
	nss_add alice "$db" old A-leaf P,,
	policy_root A quarantine "<certificate sha256=\"$(
		openssl x509 -in "$T/A-leaf.pem" -outform DER | sha256sum | cut -d' ' -f1)\"/>" |
		policy "$T/leaf.xml"
	dump "$db" >"$T/before"
	rs 2 scan --user alice --policy "$T/leaf.xml" --format json
	rs 0 quarantine --user alice --policy "$T/leaf.xml" --yes --format json
	same "$(classes "$db")" ""
	undo 0 --user alice --last
	dump "$db" | same_file "$T/before" -
}

# The same issuer and serial, another key: only the named one goes.
twins() {
	fresh_homes
	nss_make alice "$db"
	nss_add alice "$db" old A
	# NSS refuses a second one of that name by itself: another database's
	# rows under free ids are what a restored backup looks like.
	nss_make alice /home/alice/twin
	nss_add alice /home/alice/twin old twin
	as alice sqlite3 "$db"/cert9.db "
		attach '/home/alice/twin/cert9.db' as other;
		insert into nssPublic select * from other.nssPublic;"
	rm -r /home/alice/twin
	rows_of_a "$db" 4
	dump "$db" >"$T/before"
	policy_root A quarantine "<spki sha256=\"$(spki A)\"/>" \
		"<certificate sha256=\"$(sha256 A)\" sha1=\"$(sha1 A)\"/>" | policy "$T/hashes.xml"
	rs 2 scan --user alice --policy "$T/hashes.xml" --format json
	rs 0 quarantine --user alice --policy "$T/hashes.xml" --yes --format json
	rows_of_a "$db" 2
	same "$(sql "$db" "select hex(a11) from nssPublic where hex(a0) = '00000001'")" \
		"$(od -An -v -tx1 "$T/twin.der" | tr -d ' \n' | tr a-f A-F)" "the certificate that stays"
	same "$(sql "$db" "select lower(hex(ace5363b4)) from nssPublic where hex(a0) = 'CE534353'")" \
		"$(sha1 twin)" "the trust that stays"
	undo 0 --user alice --last
	dump "$db" | same_file "$T/before" -
}

primary_password() {
	fresh_homes
	nss_make alice "$db" "correct horse"
	nss_add alice "$db" "$1" A
	nss_add alice "$db" "$1" B
	nss_trip 2 0
}

upgraded_schema() {
	fresh_homes
	nss_make alice "$db"
	nss_add alice "$db" old A
	nss_add alice "$db" new B
	nss_trip 2 0
}

# --- folders ---------------------------------------------------------------

odd_folder() { # NAME
	local dir=/home/alice/.mozilla/firefox/$1

	fresh_homes
	# certutil takes the name for code as well: it works in a plain folder.
	nss_make alice /home/alice/plain
	nss_add alice /home/alice/plain old A
	nss_add alice /home/alice/plain old B
	as alice mkdir -p /home/alice/.mozilla/firefox
	as alice mv /home/alice/plain "$dir"
	nss_trip 2 0 "$dir"
	same "$(find / -xdev -name 'inj*' -newer "$T/places" 2>/dev/null
		find /home -name 'inj*')" "" "what softoken was told to make"
}

# --- who may ---------------------------------------------------------------

users_part() {
	local id

	fresh_homes
	nss_make alice "$db"
	nss_add alice "$db" old A
	nss_make bob /home/bob/.pki/nssdb
	nss_add bob /home/bob/.pki/nssdb old A
	quarantine 0
	id=$(last_record)
	same "$(stat -c '%U %a' "/home/alice/.local/state/rootsweep/records/$id")" "alice 700" "alice's part"
	same "$(stat -c '%U %a' "/home/bob/.local/state/rootsweep/records/$id")" "bob 700" "bob's part"
	same "$(find /home/alice/.local /home/bob/.local -user root)" "" "root's files in homes"

	rs_run alice 0 records --format json
	json '[.records[] | .owner] | unique == ["alice"]'
	rs_run alice 0 undo --last --yes --format json
	json '.changed and all(.records[]; .owner == "alice")'
	nss_all alice "$db" A accepts
	nss_all bob /home/bob/.pki/nssdb A refuses
	# Root undoes what is left, and only that.
	undo 0 "$id"
	nss_all alice "$db" A accepts
	nss_all bob /home/bob/.pki/nssdb A accepts
}

own_run() {
	fresh_homes
	nss_make alice "$db"
	nss_add alice "$db" old A
	dump "$db" >"$T/before"
	rs_run alice 2 scan --policy "$T/policy.xml" --format json
	found nss:alice:
	rs_run alice 0 quarantine --policy "$T/policy.xml" --yes --format json
	same "$(find /var/lib/rootsweep 2>/dev/null)" "" "what a user's run left with the system"
	nss_all alice "$db" A refuses
	rs_run bob 0 undo --all --yes --format json
	nss_all alice "$db" A refuses
	rs_run alice 0 undo --all --yes --format json
	dump "$db" | same_file "$T/before" -
	nss_all alice "$db" A accepts
}

xdg_places() {
	fresh_homes
	as alice mkdir -p /home/alice/data /home/alice/state
	nss_make alice /home/alice/data/pki/nssdb
	nss_add alice /home/alice/data/pki/nssdb old A
	rs_env=(XDG_DATA_HOME=/home/alice/data XDG_STATE_HOME=/home/alice/state)
	rs_run alice 0 quarantine --policy "$T/policy.xml" --yes --format json
	json .changed
	[ -d /home/alice/state/rootsweep/records ]
	nss_all alice /home/alice/data/pki/nssdb A refuses
	rs_run alice 0 undo --last --yes --format json
	nss_all alice /home/alice/data/pki/nssdb A accepts
}

# A record that a user made up is not root's last run.
undo_made_up() {
	local id=99990101T000000Z-0123456789abcdef folder=/home/alice/.local/state/rootsweep/records

	make old
	quarantine 0
	as alice mkdir -m 0700 "$folder/$id"
	printf '<record xmlns="urn:rootsweep:record:1" id="%s" time="x" owner="alice"/>' "$id" |
		as alice tee "$folder/$id/record.xml" >"$T/record.xml"
	printf 'record %s\nstate applied\n' "$(sha256sum <"$T/record.xml" | cut -c1-64)" |
		as alice tee "$folder/$id/progress" >/dev/null
	undo 0 --last
	json 'all(.records[]; .id != $id)' --arg id "$id"
	nss_all alice "$db" A accepts
	rm -r "${folder:?}/$id"
}

# Rows that have come in the meantime stay; an id that is taken is a conflict.
undo_after_change() {
	make old
	quarantine 0 --user alice
	nss_add alice "$db" old C
	undo 0 --user alice --last
	nss_all alice "$db" A accepts
	nss_all alice "$db" C accepts
	quarantine 0 --user alice
	nss_add alice "$db" old A
	undo '0|4' --user alice --last
	nss_all alice "$db" A accepts
	same "$(sql "$db" "select count(*) from nssPublic where hex(a82) = '$serial_a'")" 2 "rows of A"
}

{ make_world && make_users alice bob && debian_store small; } || fatal "no world"
make_root C "Rootsweep Test Root C" || fatal "no root"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
	-keyout "$T/twin.key" -out "$T/twin.pem" -subj "/O=Rootsweep Test/CN=Rootsweep Test Root A" \
	-set_serial "0x$(openssl x509 -in "$T/A.pem" -noout -serial | cut -d= -f2)" 2>"$T/openssl.log"
openssl x509 -in "$T/twin.pem" -outform DER -out "$T/twin.der"
serial_a=$(nss_serial A)
cat >"$T/places" <<'END'
root .pki/nssdb
alice .pki/nssdb
alice .local/share/pki/nssdb
alice .mozilla/firefox/abcd.default
alice .config/mozilla/firefox/efgh.default-esr
alice .thunderbird/ijkl.default
bob .pki/nssdb
bob snap/firefox/common/.mozilla/firefox/mnop.default
END

check places/every every_place
check places/xdg xdg_places
check trust/class-old class_old
check trust/class-new class_new
check trust/class-both class_both
check trust/orphan-old orphan old $class_old
check trust/orphan-new orphan new $class_new
check trust/orphan-is-named orphan_is_named old
check trust/orphan-learnt orphan_learnt
check trust/distrust-stays distrust
check trust/none no_trust
check trust/leaf-peer leaf_peer
check trust/same-issuer-and-serial twins
check key/password-old primary_password old
check key/password-new primary_password new
check key/upgraded-schema upgraded_schema
i=0
while IFS= read -r name; do
	i=$((i + 1))
	check "folder/odd-$i" odd_folder "$name"
done <<'END'
it's] x>
back\slash:colon;semi
a' flags= configDir='sql:inj
"quoted" tokens=<0x8=[x]>
profile with  spaces
ünïcödé 根
END
check who/users-part users_part
check who/own-run own_run
check undo/made-up undo_made_up
check undo/after-change undo_after_change

finish
