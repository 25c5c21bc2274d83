#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Programs that run on what was found: Firefox by its lock, others by theirs;
# a database that somebody writes to; and the unit that finishes at login what
# had to wait.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 240

profile=/home/alice/.mozilla/firefox/abcd.default
holder=

fresh_homes() {
	guard
	rm -rf /var/lib/rootsweep
	find /home/alice /home/bob -mindepth 1 -delete
	nss_make alice "$profile"
	nss_add alice "$profile" old A
}

restart_is() { # [PID NAME]: in the last document, of alice
	json '[.restart[] | [.pid, .name, .user]] == $want' --argjson want \
		"$(if [ $# -gt 0 ]; then jq -n "[[$1, \"$2\", \"alice\"]]"; else echo '[]'; fi)"
}

# Holds a lock on a database as its owner: sqlite3 waits for its next line.
hold() { # USER FILE SQL
	local i

	mkfifo "$T/fifo"
	as "$1" sqlite3 "$2" <"$T/fifo" >"$T/held" 2>&1 &
	exec 8>"$T/fifo"
	rm "$T/fifo"
	printf "%s\nselect 'held';\n" "$3" >&8
	for ((i = 0; i < 100; i++)); do
		! grep -q held "$T/held" || break
		sleep 0.1
	done
	holder=$(pgrep -u "$1" -n sqlite3)
}

let_go() {
	exec 8>&-
	wait $!
}

firefox() {
	local pid

	fresh_homes
	firefox_start alice "$profile"
	pid=$(readlink "$profile/lock" | sed 's/.*+//')
	scan 2 --user alice
	restart_is "$pid" firefox-esr
	# Firefox keeps no lock on the database itself.
	quarantine 0 --user alice
	json .changed
	restart_is "$pid" firefox-esr
	undo 0 --last
	rs 0 quarantine --user alice --policy "$T/policy.xml" --yes
	has "$T/out" "firefox-esr (process $pid, of alice)"
	# What is not in its profile is no reason to close it.
	nss_make bob /home/bob/.pki/nssdb
	nss_add bob /home/bob/.pki/nssdb old A
	scan 2
	restart_is
	undo 0 --last
	kill -KILL -- "-$firefox_group"
	wait "$firefox_group" 2>/dev/null || :
	[ -L "$profile/lock" ]
	scan 2 --user alice
	restart_is
}

# A user may say anything of who runs: another's process is not named.
lies() {
	fresh_homes
	as alice ln -s "127.0.0.1:+1" "$profile/lock"
	scan 2 --user alice
	restart_is
	as bob sleep 30 &
	as alice ln -sfn "127.0.0.1:+$(pgrep -u bob -n sleep)" "$profile/lock"
	scan 2 --user alice
	restart_is
}

# Somebody writes: not failed, but left for later, and not waited for long.
database_locked() {
	local id start

	fresh_homes
	dump "$profile" >"$T/before"
	hold alice "$profile/cert9.db" "begin immediate; update nssPublic set a0 = a0;"
	start=$SECONDS
	quarantine 4 --user alice
	[ $((SECONDS - start)) -lt 15 ]
	id=$(last_record)
	json '(.changed | not) and all(.findings[]; .result == "pending")
		and all(.steps[]; .state == "pending" and (.reason | contains($who)))' \
		--arg who "sqlite3 (process $holder) has $profile/cert9.db open"
	json 'any(.stores[]; .kind == "nss" and .state == "locked")'
	rs_run alice 4 recover
	has "$T/out" "Not all could be finished"
	has "$T/err" "sqlite3 (process $holder)"
	let_go
	dump "$profile" | same_file "$T/before" -
	rs_run alice 0 recover
	has "$T/out" "was dealt with"
	nss_all alice "$profile" A refuses
	undo 0 "$id"
	dump "$profile" | same_file "$T/before" -
}

# One that waits is not in the way of what can be done.
others_done() {
	fresh_homes
	nss_make alice /home/alice/.pki/nssdb
	nss_add alice /home/alice/.pki/nssdb old A
	hold alice "$profile/cert9.db" "begin; select count(*) from nssPublic;"
	quarantine 4 --user alice
	json '.changed and ([.findings[].result] | sort == ["pending", "quarantined"])'
	nss_all alice /home/alice/.pki/nssdb A refuses
	quarantine 4 --user alice
	json '(.changed | not) and .record == null and ([.findings[].result] == ["pending"])'
	let_go
	quarantine 0 --user alice
	nss_all alice "$profile" A refuses
	rs 0 records --format json
	json '[.records[].state] == ["applied"]'
	undo 0
	nss_all alice "$profile" A accepts
	nss_all alice /home/alice/.pki/nssdb A accepts
}

# The unit for logins, and what it runs.
unit() {
	local file=/etc/systemd/user/rootsweep-recover.service command

	sed 's|@bindir@|/usr/local/bin|' "$here/../../cmd/hooks/rootsweep-recover.service.in" >"$file"
	[ ! -x /usr/bin/systemd-analyze ] ||
		as alice XDG_RUNTIME_DIR=/home/alice SYSTEMD_UNIT_PATH=: \
			systemd-analyze --user --man=no verify "$file"
	command=$(sed -n 's/^ExecStart=//p' "$file")
	fresh_homes
	hold alice "$profile/cert9.db" "begin; select count(*) from nssPublic;"
	quarantine 4 --user alice
	let_go
	compgen -G "/home/alice$(sed -n 's/^ConditionPathExistsGlob=%h//p' "$file")"
	# shellcheck disable=SC2086 # words of a command
	as alice $command >"$T/out" 2>"$T/err"
	same "$(cat "$T/out")" ""
	nss_all alice "$profile" A refuses
	# shellcheck disable=SC2086
	as alice $command >"$T/out" 2>"$T/err"
	same "$(cat "$T/out" "$T/err")" ""
}

{ make_world && make_users alice bob && debian_store small; } || fatal "no world"

check running/firefox firefox
check running/lies lies
check pending/database-locked database_locked
check pending/others-done others_done
check pending/unit unit

finish
