#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# The main job, whole: a root forced into Debian's store (with the real hook of
# a real JVM), into ~/.pki/nssdb by certutil and into a profile by Firefox is
# found, taken out for every client, and brought back exactly.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300
nssdb=/home/alice/.pki/nssdb
profile=/home/alice/.mozilla/firefox/7x3k.default-esr
server=https://localhost:8443/ server_b=https://localhost:8444/ server_chain=https://localhost:8445/

nothing_before() {
	os_all A refuses
	scan 0
	document scan
	json '.findings == [] and .summary.findings == 0 and .complete'
	json 'any(.stores[]; .kind == "p11-kit" and .owner == "system"
		and .state == "no_findings" and .anchors > 100)'
	json 'any(.stores[]; .kind == "openssl-dir" and .state == "no_findings")'
}

force() {
	cp "$T/A.pem" "$local_store/rootsweep-a.crt"
	cp "$T/B.pem" "$local_store/rootsweep-b.crt"
	chmod 0640 "$local_store/rootsweep-a.crt"
	touch -d '2020-02-02 02:02:02.123456789' "$local_store/rootsweep-a.crt"
	refresh
	nss_make alice "$nssdb"
	nss_add alice "$nssdb" old A
	nss_add alice "$nssdb" old B
	firefox_install alice "$profile" A B
}

everyone() { # accepts|refuses
	os_all A "$1"
	nss_all alice "$nssdb" A "$1"
	firefox_all alice "$profile" "$1" "$server" "$server_chain"
}

others() {
	os_all B accepts
	nss_all alice "$nssdb" B accepts
	firefox_all alice "$profile" accepts "$server_b"
}

# A lone trust row of NSS would still let a server in that sends the root.
no_rows() {
	local db rows

	for db in "$nssdb" "$profile"; do
		rows=$(sql "$db" "select count(*) from nssPublic
			where instr(hex(a81), hex('Rootsweep Test Root A')) > 0")
		same "$rows" 0 "rows of root A in $db"
	done
}

flags() { # WANTED by old NSS, WANTED by new
	same "$(nss_flags alice "$nssdb" old A)" "$1" "trust in old certutil"
	same "$(nss_flags alice "$nssdb" new A)" "$2" "trust in new certutil"
}

finds_all() {
	scan 2
	document scan
	json '.policy[0].file == $file and .policy[0].entries == 1' --arg file "$T/policy.xml"
	json '.policy_date == "2026-11-22"'
	found p11-kit:system: "$local_store/rootsweep-a.crt"
	found openssl-dir:system:
	found "nss:alice:$nssdb" "$nssdb/cert9.db"
	found "nss:alice:$profile" "$profile/cert9.db"
	json 'all(.findings[] | select(.object == "certificate");
		.sha256 == $sha256 and .sha1 == $sha1 and .spki_sha256 == $spki
		and (.subject | contains("Rootsweep Test Root A")) and (.issuer | contains("Rootsweep Test Root A"))
		and .category == "state" and (.match == "certificate" or .match == "spki")
		and (.trust | index("server") or index("any")) and (.witnesses | length) > 0)' \
		--arg sha256 "$(sha256 A)" --arg sha1 "$(sha1 A)" --arg spki "$(spki A)"
	json '.summary.to_quarantine == (.findings | length) and .summary.reported == 0'
	json 'any(.unknown[]; .sha256 == $b)' --arg b "$(sha256 B)"
	json 'all(.unknown[]; .sha256 != $a)' --arg a "$(sha256 A)"
	json '.disagreements == [] and .complete'
}

scan_changes_nothing() {
	scan 2
	unchanged before
}

dry_run() {
	quarantine 2 --dry-run
	document quarantine
	json '.record == null and all(.findings[]; .result == "would_quarantine")'
	json '(.steps | length) > 3 and all(.steps[]; .state == "planned")'
	jq -c '[.steps[] | {n, kind, path, store}]' "$T/out" >"$T/planned"
	unchanged before
}

takes_out() {
	quarantine 0
	document quarantine
	json '.changed and (.record | test("^\\d{8}T\\d{6}Z-[0-9a-f]{16}$"))'
	json 'all(.findings[]; .result == "quarantined") and (.findings | length) >= 4'
	json 'all(.steps[]; .state == "done") and .still_trusted == [] and .lost == []'
	last_record >"$T/record"
	jq -c '[.steps[] | {n, kind, path, store}]' "$T/out" >"$T/done"
	same_file "$T/planned" "$T/done"
}

# Both parts are private, and each belongs to the one who may undo it.
records_are_kept() {
	local id odd
	id=$(cat "$T/record")

	same "$(stat -c '%U %a' "/var/lib/rootsweep/records/$id")" "root 700" "the system's record"
	same "$(stat -c '%U %a' "/home/alice/.local/state/rootsweep/records/$id")" "alice 700" "alice's record"
	odd=$(find "/var/lib/rootsweep/records/$id" -type f ! -perm 0600
		find "/home/alice/.local/state/rootsweep" '(' ! -user alice -o -type f ! -perm 0600 ')')
	same "$odd" "" "files with another owner or mode"
	rs 0 records --format json
	document records
	json '[.records[] | select(.id == $id) | .owner] | sort == ["alice", "system"]' --arg id "$id"
	json 'all(.records[]; .state == "applied")'
}

nothing_after() {
	scan 0
	json '.findings == [] and .complete'
	snapshot quarantined
	quarantine 0
	json '(.changed | not) and .record == null'
	quarantine 0 --dry-run
	quarantine 0 --detailed-exitcode
	restored quarantined
	same "$(ls /var/lib/rootsweep/records)" "$(cat "$T/record")" "records"
}

# All as in a snapshot, databases and keys included.
unchanged() {
	restored "$1"
	dump "$nssdb" >"$T/now.nssdb"
	dump "$profile" >"$T/now.profile"
	same_file "$T/$1.nssdb" "$T/now.nssdb"
	same_file "$T/$1.profile" "$T/now.profile"
}

remember() {
	snapshot "$1"
	dump "$nssdb" >"$T/$1.nssdb"
	dump "$profile" >"$T/$1.profile"
}

brings_back() {
	undo 0 --last
	document undo
	json '.changed and .conflicts == []'
	json '[.records[] | .owner] | sort == ["alice", "system"]'
	json 'all(.records[]; .id == $id and .state == "undone")' --arg id "$(cat "$T/record")"
	unchanged before
}

nothing_left_to_undo() {
	undo 0 --last
	json '.changed | not'
	unchanged before
}

{ make_world && make_users alice && debian_store with-java; } || fatal "no world"
start_servers

check nothing-before nothing_before
check forced force
check forced/accepted everyone accepts
check forced/others-accepted others
check forced/certutil flags C,, C,,
remember before
check scan/finds-all finds_all
check scan/changes-nothing scan_changes_nothing
check quarantine/dry-run dry_run
check quarantine/takes-out takes_out
check quarantine/refused everyone refuses
check quarantine/no-rows-left no_rows
check quarantine/certutil flags none none
check quarantine/others-accepted others
check quarantine/records records_are_kept
check quarantine/again-changes-nothing nothing_after
check undo/brings-back brings_back
check undo/accepted everyone accepts
check undo/certutil flags C,, C,,
check undo/others-accepted others
check undo/again-changes-nothing nothing_left_to_undo
check undo/found-again finds_all

stop_servers
finish
