#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2030,SC2031,SC2317
#
# quarantine --try: put back by itself, unless keep comes in time.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300

alice=/home/alice/.pki/nssdb
bob=/home/bob/.pki/nssdb
p=(--policy "$T/policy.xml")

begin() {
	local user

	guard
	rs_env=()
	rm -rf /var/lib/rootsweep
	find /home/alice /home/bob /root -mindepth 1 -delete
	cp "$T/A.pem" "$local_store/rootsweep-a.crt"
	refresh
	for user in alice bob; do
		cp -a "$T/$user/." "/home/$user"
	done
	snapshot before
}

# The processes that wait for a trial of this test to end.
waiting() {
	pgrep -f -- "quarantine --policy $T/policy.xml --yes --try" || :
}

end_waiting() {
	local pid

	for pid in $(waiting); do
		kill -KILL "$pid"
	done
}

# at SECONDS: as if it were so many seconds later.
at() {
	rs_env=("ROOTSWEEP_TIME=$(($(date +%s) + $1))")
}

states() { # EXPRESSION of [owner, state] pairs
	rs '0|4' records --format json
	json "[.records[] | [.owner, .state]] | sort == ($1 | sort)"
}

run_of() { # USER: the id of the newest run that has a part of that owner's
	rs '0|4' records --format json
	jq -r --arg u "$1" 'first(.records[] | select(.owner == $u)) | .id' "$T/out"
}

back_within() { # SECONDS
	local end=$((SECONDS + $1))

	while [ -n "$(waiting)" ]; do
		((SECONDS < end)) || {
			echo "still waiting after $1 s"
			return 1
		}
		sleep 0.2
	done
}

by_itself() {
	begin
	rs 0 quarantine "${p[@]}" --yes --try 3s
	has "$T/out" "This is a trial" "rootsweep keep 2"
	os_all A refuses
	nss_all alice "$alice" A refuses
	nss_all bob "$bob" A refuses
	rs 0 scan "${p[@]}" --system
	has "$T/err" "a trial runs" "rootsweep keep"
	back_within 30
	states '[["system", "undone"], ["alice", "undone"], ["bob", "undone"]]'
	restored before
	os_all A accepts
}

kept_in_time() {
	begin
	rs 0 quarantine "${p[@]}" --yes --try 4s --format json
	json '.record != null and (.try_until | fromdate) > (.time | fromdate)'
	states '[["system", "trying"], ["alice", "trying"], ["bob", "trying"]]'
	rs 0 keep --format json
	json '.schema == "rootsweep.keep/1" and .changed'
	states '[["system", "applied"], ["alice", "applied"], ["bob", "applied"]]'
	back_within 30
	states '[["system", "applied"], ["alice", "applied"], ["bob", "applied"]]'
	os_all A refuses
	rs 0 keep
	has "$T/out" "No trial is running"
	rs 0 undo --last --yes
	restored before
}

# Nobody waits any more, as after a reboot: the next run that may change
# something puts it back, and one that only looks says so.
nobody_waits() {
	begin
	rs 0 quarantine "${p[@]}" --yes --try 10m
	end_waiting
	rs 0 recover
	states '[["system", "trying"], ["alice", "trying"], ["bob", "trying"]]'
	at 590
	rs 0 scan "${p[@]}"
	at 610
	rs 4 scan "${p[@]}"
	has "$T/err" "was to end at" "rootsweep recover puts back"
	rs 0 recover
	states '[["system", "undone"], ["alice", "undone"], ["bob", "undone"]]'
	restored before
}

# A quarantine that comes too late puts the trial back first, and begins anew.
next_quarantine() {
	local id

	begin
	rs 0 quarantine "${p[@]}" --yes --try 10m
	id=$(run_of system)
	end_waiting
	at 610
	rs 0 quarantine "${p[@]}" --yes
	states '[["system", "undone"], ["alice", "undone"], ["bob", "undone"],
		["system", "applied"], ["alice", "applied"], ["bob", "applied"]]'
	rs 4 keep "$id"
	has "$T/err" "too late"
	rs 0 undo --last --yes
	restored before
}

# Killed in the middle: before its time it is finished, after it put back.
killed() {
	local id

	begin
	rs 0 quarantine "${p[@]}" --yes --try 10m
	id=$(run_of system)
	end_waiting
	sed -i '/^state/d' "/var/lib/rootsweep/records/$id/progress"
	rs 4 keep "$id"
	rs 0 recover
	states '[["system", "trying"], ["alice", "trying"], ["bob", "trying"]]'
	sed -i '/^state/d' "/var/lib/rootsweep/records/$id/progress"
	at 610
	rs 0 recover
	states '[["system", "undone"], ["alice", "undone"], ["bob", "undone"]]'
	restored before
}

# The clock that is set back does not make a trial longer while something waits.
clock_set_back() {
	begin
	rs_env=("ROOTSWEEP_TIME=$(($(date +%s) - 86400))")
	rs 0 quarantine "${p[@]}" --yes --try 2s
	back_within 30
	states '[["system", "undone"], ["alice", "undone"], ["bob", "undone"]]'
}

undone_before() {
	begin
	rs 0 quarantine "${p[@]}" --yes --try 3s
	rs 0 undo --last --yes
	restored before
	back_within 30
	restored before
}

unless_kept() {
	local id

	begin
	rs 0 quarantine "${p[@]}" --yes --try 10m
	id=$(run_of system)
	end_waiting
	rs 0 undo "$id" --unless-kept --yes
	restored before
	rs 0 quarantine "${p[@]}" --yes --try 10m
	id=$(run_of system)
	end_waiting
	rs 0 keep "$id"
	rs 0 undo "$id" --unless-kept --yes
	has "$T/out" "nothing to put back"
	os_all A refuses
	rs 0 undo "$id" --yes
}

own_run() {
	begin
	rs_run alice '4' quarantine "${p[@]}" --yes --try 3s
	nss_all alice "$alice" A refuses
	back_within 30
	nss_all alice "$alice" A accepts
	rs_run alice '4' quarantine "${p[@]}" --yes --try 10m
	end_waiting
	rs_run alice 0 keep
	has "$T/out" "It stays taken out"
	rs_run alice 0 undo --last --yes
	restored before
}

# Where systemd runs, a timer of its waits: a stand-in says what it was told.
systemd_timer() {
	local id

	begin
	mkdir -p /run/systemd/system
	printf '#!/bin/sh\nprintf "%%s\\n" "$@" >/run/timer\n' >/usr/bin/systemd-run
	chmod 755 /usr/bin/systemd-run
	cp "$rootsweep" /usr/bin/rootsweep-here
	(rootsweep=/usr/bin/rootsweep-here && rs 0 quarantine "${p[@]}" --yes --try 10m)
	id=$(run_of system)
	rmdir /run/systemd/system
	[ -z "$(waiting)" ]
	has /run/timer --on-active=600 /usr/bin/rootsweep-here undo "$id" --unless-kept --yes
	# Word for word, as the timer would.
	# shellcheck disable=SC2046
	(rootsweep=/usr/bin/rootsweep-here && rs 0 $(sed '1,/^--$/d' /run/timer | tail -n +2))
	restored before
}

bad_words() {
	begin
	rs 3 quarantine "${p[@]}" --yes --try 10
	has "$T/err" "no time such as"
	rs 3 quarantine "${p[@]}" --yes --try 0m
	rs 3 quarantine "${p[@]}" --yes --try 31d
	rs 3 quarantine "${p[@]}" --yes --try 99999999999999999999m
	rs 3 keep 20990101T000000Z-0123456789abcdef
	rs 3 scan --try 10m
	rs 2 quarantine "${p[@]}" --dry-run --try 10m
	[ -z "$(waiting)" ]
	restored before
}

{ make_world && make_users alice bob && debian_store small; } || fatal "no world"
for user in alice bob; do
	{ nss_make $user "/home/$user/.pki/nssdb" && nss_add $user "/home/$user/.pki/nssdb" old A; } ||
		fatal "no database"
	cp -a "/home/$user" "$T/$user"
done

[ -x "$rootsweep-test" ] || fatal "ROOTSWEEP_TEST_BUILD must name the test build (cmd/rootsweep-test)"
rootsweep=$rootsweep-test
for case in by-itself kept-in-time nobody-waits next-quarantine killed clock-set-back \
	undone-before unless-kept own-run systemd-timer bad-words; do
	check "$case" "${case//-/_}"
done

finish
