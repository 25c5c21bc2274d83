#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Chromium itself, as two users at once: what it accepts and refuses by the
# database of its profile and by the one that it shares with others; taken out
# while it is closed, and while it runs.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-browser.sh"

enter 600

url_a=https://localhost:8443/
url_b=https://localhost:8444/
trusted=0a020803
distrusted=0a020802
unspecified=0a020801

data() { # USER: its Chromium's data folder
	echo "$(home "$1")/.config/chromium"
}

database() {
	echo "$(data "$1")/Default/ServerCertificate"
}

# Profiles as Chromium makes them at its first start, kept to begin from.
make_profiles() {
	local user

	guard
	for user; do
		same "$(chromium_ask "$user" "$(data "$user")" "$url_a")" refuses
		[ -s "$(database "$user")" ]
		cp -a "$(home "$user")" "$T/home-$user"
	done
}

fresh_homes() {
	local user

	guard
	rm -rf /var/lib/rootsweep
	for user in alice bob; do
		find "$(home "$user")" -mindepth 1 -delete
		cp -a "$T/home-$user/." "$(home "$user")"
	done
}

# trust USER NAME [SETTINGS [KEY]]: a row as Chromium itself writes it.
trust_in() {
	as "$1" sqlite3 "$(database "$1")" "insert into certificates values('${4:-$(sha256 "$2")}',
		x'$(od -An -v -tx1 "$T/$2.der" | tr -d ' \n')', x'${3:-$trusted}')"
}

dump_rows() { # USER
	sqlite3 "file:$(database "$1")?mode=ro&immutable=1" .dump
	sqlite3 "file:$(database "$1")?mode=ro&immutable=1" "select rowid, sha256hash_hex from certificates"
}

rows_of() { # USER WANTED
	same "$(sqlite3 "file:$(database "$1")?mode=ro" "select count(*) from certificates")" "$2" \
		"rows of $1"
}

ask() { # USER WANTED-OF-A WANTED-OF-B
	chromium_all "$1" "$(data "$1")" "$2" "$url_a"
	chromium_all "$1" "$(data "$1")" "$3" "$url_b"
}

# --- closed ----------------------------------------------------------------

profile_database() {
	fresh_homes
	trust_in alice B
	trust_in alice A
	trust_in bob A
	ask alice accepts accepts
	dump_rows alice >"$T/before.alice"
	dump_rows bob >"$T/before.bob"
	scan 2
	found "chromium:alice:$(database alice)" "$(database alice)"
	found "chromium:bob:$(database bob)" "$(database bob)"
	json '.restart == [] and all(.stores[]; .kind != "chromium" or .state == "findings")'
	quarantine 0
	json '.changed and .still_trusted == [] and .lost == [] and .restart == []'
	rows_of alice 1
	rows_of bob 0
	same "$(stat -c '%U %a' "$(database alice)")" "alice 600"
	ask alice refuses accepts
	chromium_all bob "$(data bob)" refuses "$url_a"
	undo 0
	dump_rows alice | same_file "$T/before.alice" -
	dump_rows bob | same_file "$T/before.bob" -
	ask alice accepts accepts
	chromium_all bob "$(data bob)" accepts "$url_a"
}

# What Chromium does not trust is not found; what lies about itself is.
settings() {
	fresh_homes
	trust_in alice A "$distrusted"
	trust_in alice B "$unspecified"
	ask alice refuses refuses
	scan 0 --user alice
	json '.findings == []'
	fresh_homes
	# Its key is another's; it is for one name only.
	trust_in alice A "${trusted}120b0a09$(printf localhost | od -An -tx1 | tr -d ' \n')" 00
	chromium_all alice "$(data alice)" accepts "$url_a"
	# Names do not limit addresses.
	chromium_all alice "$(data alice)" accepts https://127.0.0.1:8443/
	scan 2 --user alice
	json 'any(.findings[].origins[]; .object == "certificate with key 00..., for localhost and any address only")'
	quarantine 0 --user alice
	chromium_all alice "$(data alice)" refuses "$url_a"
	undo 0 --user alice --last
	chromium_all alice "$(data alice)" accepts "$url_a"
	fresh_homes
	trust_in alice A "${trusted}120d0a0b$(printf example.org | od -An -tx1 | tr -d ' \n')"
	chromium_all alice "$(data alice)" refuses "$url_a"
	scan 2 --user alice
	# Settings that cannot be decoded: Chromium passes the row over, and so
	# does rootsweep, which says so.
	fresh_homes
	trust_in alice A 0a0408
	chromium_all alice "$(data alice)" refuses "$url_a"
	scan 4 --user alice
	json '.findings == [] and any(.disagreements[]; contains("cannot be decoded"))'
	# Unknown fields, a value that comes twice: as Chromium reads them.
	fresh_homes
	trust_in alice A "7a03616263${distrusted}0a0408011003$trusted"
	chromium_all alice "$(data alice)" accepts "$url_a"
	scan 2 --user alice
	found "chromium:alice:"
	# Of a number that is too long for an enum the low bits count.
	fresh_homes
	trust_in alice A 0a0708838080808001
	chromium_all alice "$(data alice)" accepts "$url_a"
	scan 2 --user alice
	found "chromium:alice:"
}

leaf() {
	fresh_homes
	trust_in alice A-leaf
	chromium_all alice "$(data alice)" accepts "$url_a"
	policy_root A quarantine "<certificate sha256=\"$(sha256 A-leaf)\"/>" | policy "$T/leaf.xml"
	rs 2 scan --user alice --policy "$T/leaf.xml" --format json
	rs 0 quarantine --user alice --policy "$T/leaf.xml" --yes --format json
	chromium_all alice "$(data alice)" refuses "$url_a"
	undo 0 --user alice --last
	chromium_all alice "$(data alice)" accepts "$url_a"
}

shared_database() {
	local user

	fresh_homes
	for user in alice bob; do
		nss_make "$user" "$(home "$user")/.pki/nssdb"
		nss_add "$user" "$(home "$user")/.pki/nssdb" old A
		nss_add "$user" "$(home "$user")/.pki/nssdb" old B
		dump "$(home "$user")/.pki/nssdb" >"$T/before.$user"
		ask "$user" accepts accepts
	done
	scan 2
	found nss:alice:
	found nss:bob:
	quarantine 0
	for user in alice bob; do
		ask "$user" refuses accepts
	done
	undo 0
	for user in alice bob; do
		ask "$user" accepts accepts
		dump "$(home "$user")/.pki/nssdb" | same_file "$T/before.$user" -
	done
}

# --- running ---------------------------------------------------------------

running_one() {
	json '[.restart[] | [.pid, .name, .user]] == [[$pid, "chromium", "alice"]]' \
		--argjson pid "$chromium_pid"
}

while_running() {
	local id start

	trust_in alice A
	dump_rows alice >"$T/before"
	scan 0 --user bob
	json '.restart == []'
	chromium_start alice "$(data alice)"
	scan 2
	running_one
	json 'any(.stores[]; .kind == "chromium" and .owner == "alice" and .state == "findings")'
	rs 2 scan --policy "$T/policy.xml"
	has "$T/out" "chromium (process $chromium_pid, of alice)"
	rs 2 quarantine --policy "$T/policy.xml" --dry-run
	has "$T/out" "taken out once they are closed:" "chromium (process $chromium_pid, of alice)"
	start=$(date +%s%N)
	quarantine 4
	echo "# a run that finds it locked took $((($(date +%s%N) - start) / 1000000)) ms" >>"$T/figures"
	id=$(last_record)
	running_one
	json '(.changed | not) and .complete == false and .lost == []
		and any(.findings[]; .store == $store and .result == "pending"
			and (.reason | contains($who) and contains("rootsweep recover")))
		and any(.steps[]; .state == "pending" and (.reason | contains($who)))
		and any(.stores[]; .id == $store and .state == "locked")' \
		--arg store "chromium:alice:$(database alice)" --arg who "chromium (process $chromium_pid)"
	has "$T/err" "chromium (process $chromium_pid) has $(database alice) open: close it"
	rows_of alice 1
	[ ! -e "$(database alice)-journal" ]
	rs 4 records --format json
	json '[.records[] | [.id, .owner, .state]] == [[$id, "alice", "partly_applied"]]' --arg id "$id"
	# Said, and neither finished twice nor recorded again.
	scan 6
	has "$T/err" "$id" "is not finished"
	quarantine 4
	same "$(grep -c "chromium (process $chromium_pid)" "$T/err")" 1 "how often it is said"
	json '.record == null and any(.findings[]; .result == "pending") and .steps == []'
	json 'any(.stores[]; .id == $store and .state == "locked")' \
		--arg store "chromium:alice:$(database alice)"
	rs_run alice 4 recover --format json
	json 'all(.records[]; .id == $id and .state == "partly_applied")' --arg id "$id"
	rs 4 records --format json
	json '.records | length == 1'
	rows_of alice 1
}

pending_then_recover() { # USER: who recovers
	local id

	fresh_homes
	while_running
	id=$(jq -r '.records[0].id' "$T/out")
	chromium_stop
	chromium_all alice "$(data alice)" accepts "$url_a"
	rs_run "$1" 0 recover --format json
	json '.changed and all(.records[]; .id == $id and .state == "applied")' --arg id "$id"
	rows_of alice 0
	chromium_all alice "$(data alice)" refuses "$url_a"
	rs_run "$1" 0 recover --format json
	json '.changed | not'
	scan 0
	undo 0 "$id"
	dump_rows alice | same_file "$T/before" -
	chromium_all alice "$(data alice)" accepts "$url_a"
}

# The next quarantine finishes it as well; undo of what waits puts nothing back.
pending_then_quarantine() {
	local id

	fresh_homes
	while_running
	chromium_stop
	quarantine 0
	has "$T/err" "is finished now"
	rows_of alice 0
	json '.findings == []'
	undo 0
	dump_rows alice | same_file "$T/before" -
	chromium_start alice "$(data alice)"
	quarantine 4
	id=$(last_record)
	undo 0 "$id"
	json 'all(.records[]; .state == "undone")'
	chromium_stop
	rs 0 recover --format json
	dump_rows alice | same_file "$T/before" -
}

# An undo that finds it open waits as well.
undo_while_running() {
	fresh_homes
	trust_in alice A
	dump_rows alice >"$T/before"
	quarantine 0 --user alice
	chromium_start alice "$(data alice)"
	undo 4 --last
	has "$T/err" "chromium (process $chromium_pid) has $(database alice) open"
	rows_of alice 0
	chromium_stop
	rs_run alice 0 recover --format json
	json 'all(.records[]; .state == "undone")'
	dump_rows alice | same_file "$T/before" -
}

# The shared one is not locked: gone at once, and Chromium is to be restarted.
shared_while_running() {
	fresh_homes
	nss_make alice /home/alice/.pki/nssdb
	nss_add alice /home/alice/.pki/nssdb old A
	chromium_start alice "$(data alice)"
	quarantine 0
	json .changed
	running_one
	undo 0
	rs 0 quarantine --policy "$T/policy.xml" --yes
	has "$T/out" "chromium (process $chromium_pid, of alice)" "restart the"
	chromium_stop
	chromium_all alice "$(data alice)" refuses "$url_a"
}

# One that was killed leaves its lock's link: no reason to wait for it.
stale_lock() {
	fresh_homes
	trust_in alice A
	chromium_start alice "$(data alice)"
	kill -KILL -- "-$chromium_group"
	wait "$chromium_group" 2>/dev/null || :
	[ -L "$(data alice)/SingletonLock" ]
	scan 2 --user alice
	json '.restart == []'
	# Its number is another program's by now.
	as alice sleep 60 &
	sleep 2
	as alice ln -sfn "$(hostname)-$(pgrep -u alice -n sleep)" "$(data alice)/SingletonLock"
	as alice touch -h -d '1 hour ago' "$(data alice)/SingletonLock"
	scan 2 --user alice
	json '.restart == []'
	quarantine 0 --user alice
	rows_of alice 0
}

{ make_world && make_users alice bob && debian_store small; } || fatal "no world"
openssl x509 -in "$T/A-leaf.pem" -outform DER -out "$T/A-leaf.der"
start_servers
check profiles/made make_profiles alice bob
[ "$passed" ] || fatal "no profiles"
check closed/profile-database profile_database
check closed/settings settings
check closed/leaf leaf
check closed/shared-database shared_database
check running/recovered-by-root pending_then_recover root
check running/recovered-by-user pending_then_recover alice
check running/next-quarantine pending_then_quarantine
check running/undo undo_while_running
check running/shared-database shared_while_running
check running/stale-lock stale_lock
cat "$T/figures" 2>/dev/null
stop_servers

finish
