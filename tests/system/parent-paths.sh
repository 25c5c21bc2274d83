#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Root's own process goes nowhere below a home: whatever is done there is done
# by a child that has become the home's owner. Shown by tracing every call.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-trace.sh"

enter 300

homes=(/root /home/alice /home/bob /srv/carol)

# Descriptors are shown with their paths; what is read and written is data.
paths_of() { # FILE
	sed -E -e '/^(read|pread64|readv|recvfrom|recvmsg|write|writev|sendto|sendmsg)\(/s/"([^"\\]|\\.)*"/""/g' \
		-e '/^(---|\+\+\+)/d' "$1" |
		grep -E "[\"<](/root|/home/[a-z]+|/srv/carol)/"
}

parent_stays_out() {
	local home

	[ "$(wc -l <"$T/parent")" -gt 50 ]
	if paths_of "$T/parent"; then return 1; fi
	# The eye is open: it sees the children in every home.
	paths_of "$T/children" >"$T/below"
	for home in "${homes[@]}"; do
		has "$T/below" "$home/"
	done
}

begin() {
	local home

	guard
	rm -rf /var/lib/rootsweep
	for home in "${homes[@]}"; do
		find "$home" -mindepth 1 -delete
	done
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	nss_make root /root/.pki/nssdb
	nss_add root /root/.pki/nssdb old A
	nss_make alice /home/alice/.mozilla/firefox/x.default
	nss_add alice /home/alice/.mozilla/firefox/x.default old A
	nss_make bob /home/bob/.pki/nssdb
	nss_add bob /home/bob/.pki/nssdb old A
	nss_make carol /srv/carol/.pki/nssdb
	nss_add carol /srv/carol/.pki/nssdb old A
}

p=(--policy "$T/policy.xml" --format json)

scan_stays_out() {
	begin
	traced 2 scan "${p[@]}"
	json '[.findings[].store | split(":")[1]] | unique == ["alice", "bob", "carol", "root", "system"]'
	parent_stays_out
	traced 0 anchors --format json
	parent_stays_out
}

changes_stay_out() {
	begin
	traced 2 quarantine "${p[@]}" --dry-run
	parent_stays_out
	traced 0 quarantine "${p[@]}" --yes
	json '.changed and .still_trusted == []'
	parent_stays_out
	traced 0 records --format json
	json '[.records[].owner] | sort == ["alice", "bob", "carol", "root", "system"]'
	parent_stays_out
	traced 0 undo --last --yes --format json
	json '.changed and ([.records[].owner] | length == 5)'
	parent_stays_out
	nss_all alice /home/alice/.mozilla/firefox/x.default A accepts
}

# What else deals with records: one left unfinished, and one given up.
records_stay_out() {
	local id

	begin
	traced 0 quarantine "${p[@]}" --yes
	id=$(last_record)
	for part in /home/alice/.local/state/rootsweep /var/lib/rootsweep; do
		sed -i '/^state/d; /^step/d' "$part/records/$id/progress"
	done
	traced 0 recover --format json
	json '.changed'
	parent_stays_out
	traced 0 forget --all --yes --format json
	json '.changed'
	parent_stays_out
	[ ! -e "/home/bob/.local/state/rootsweep/records/$id" ]
}

require strace
{ make_world && make_users alice bob && debian_store small; } || fatal "no world"
# A service whose home has to be looked at to know that it is one.
useradd -r -m -d /srv/carol -k /nonexistent carol || fatal "no service"
check scan scan_stays_out
check quarantine-and-undo changes_stay_out
check recover-and-forget records_stay_out

finish
