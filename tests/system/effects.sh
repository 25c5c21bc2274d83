#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# What a person is told before a certificate is taken out, before it is put
# back, and when the record of it is deleted.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"

enter 120

# with CATEGORY EVIDENCE: root A is such an entry of the installed policy.
with() {
	guard
	rm -rf /var/lib/rootsweep
	cp "$T/A.pem" "$local_store/rootsweep-a.crt"
	refresh
	mkdir -p /etc/rootsweep/policy.d
	cat >/etc/rootsweep/policy.d/test.xml <<-END
		<policy xmlns="urn:rootsweep:policy:1" version="2026.11.22">
		  <root id="test-a" category="$1" evidence="$2" action="quarantine">
		    <name>Test Root</name>
		    <operator>Somebody</operator>
		    <match><certificate sha256="$(sha256 A)"/></match>
		  </root>
		</policy>
	END
}

# said CATEGORY EVIDENCE BEFORE AFTER: with words of what is told before it is
# taken out, and before it is put back.
said() {
	local evidence=$2 before=$3 after=$4

	with "$1" "$evidence"
	rs 2 quarantine --system --dry-run
	has "$T/out" "$before"
	rs 0 quarantine --system --yes
	rs 2 undo --last --dry-run
	cp "$T/out" "$T/told-back"
	has "$T/out" "$after" "Whoever holds the key of such a certificate"
	rs 0 undo --last --yes
}

state() {
	said state intercepted "that is the protection working" "Somebody can then read"
	rs 2 quarantine --system --dry-run
	has_not "$T/out" "filter for children" "school"
}

company() {
	said enterprise-proxy capable "a company's or a school's" "Will be trusted again"
	has_not "$T/told-back" "Somebody can then read"
}

scanner() {
	said security-product capable "switch off its inspection" "Will be trusted again"
}

parents() {
	said monitoring capable "a filter for children" "Will be trusted again"
}

developer() {
	said debugging capable "tool for developers" "Will be trusted again"
}

key_public() {
	said oem key-public "What is to be done" "anybody on the same network can then"
}

# An invalid list is no reason not to put back what was taken out.
bad_list() {
	with state intercepted
	rs 0 quarantine --system --yes
	echo '<policy' >/etc/rootsweep/policy.d/test.xml
	rs 0 undo --last --yes
	has "$T/out" "Whoever holds the key of such a certificate"
	has_not "$T/err" "test.xml"
}

forget() {
	with state intercepted
	rs 0 quarantine --system --yes
	rs 0 forget --all --yes
	has "$T/out" "1 record deleted" "shell's history" "journal" "backups"
	rs 0 forget --all --yes
	has_not "$T/out" "history"
	rs 3 undo "$(cd /var/lib/rootsweep/records && echo 2*)" --yes
}

{ make_world && debian_store small; } || fatal "no world"

for case in state company scanner parents developer key-public bad-list forget; do
	check "$case" "${case//-/_}"
done

finish
