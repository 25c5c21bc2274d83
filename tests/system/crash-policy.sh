#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Policies, the system's and a user's: quarantine and undo die or fail at each
# of their changing calls.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-crash.sh"

enter 300

managed=/etc/chromium/policies/managed
certificates=/home/alice/.mozilla/certificates
flatpak=/home/alice/.local/share/flatpak/extension/org.mozilla.firefox.systemconfig/x86_64/stable/policies

b64() { # NAME
	base64 -w0 "$T/$1.der"
}

state() {
	find "$managed" /etc/firefox "$certificates" "$flatpak" -type f \
		-printf '%p %m %U:%G %s %T@\n' -exec sha256sum {} \; | sort
}

make_policies() {
	mkdir -p "$managed" /etc/firefox/policies
	echo "{\"CACertificates\":[\"$(b64 B)\",\"$(b64 A)\"]}" >"$managed/x.json"
	echo '{"policies":{"Certificates":{"Install":["a.pem"]}}}' >/etc/firefox/policies/policies.json
	as alice mkdir -p "$certificates" "$flatpak"
	cp "$T/A.pem" "$certificates/a.pem"
	echo '{"policies":{"Certificates":{"Install":["a.pem"]}}}' >"$flatpak/policies.json"
	chown alice: "$certificates/a.pem" "$flatpak/policies.json"
	state >"$T/before.state"
	mkdir "$T/scene"
	cp -a "$managed" "$T/scene/managed"
	cp -a /home/alice "$T/scene/alice"
}

set_scene() {
	guard
	rm -rf "$managed" /home/alice /var/lib/rootsweep
	cp -a "$T/scene/managed" "$managed"
	cp -a "$T/scene/alice" /home/alice
}

# B stays at every moment, no file is half written, and all of it comes back.
made_good() {
	jq -e --arg b "$(b64 B)" '.CACertificates | index($b) != null' "$managed/x.json" >/dev/null
	jq -e .policies "$flatpak/policies.json" >/dev/null
	rs 0 recover --format json
	scan '0|2'
	count_leftovers
	undo 0 --all
	state >"$T/now.state"
	same_file "$T/before.state" "$T/now.state"
}

[ -x "$rootsweep-test" ] || fatal "ROOTSWEEP_TEST_BUILD must name the test build (cmd/rootsweep-test)"
rootsweep=$rootsweep-test
{ make_world && make_users alice && debian_store small && make_policies; } || fatal "no world"

check quarantine/kill sweep kill quarantine
check quarantine/fail sweep fail quarantine
check undo/kill sweep kill undo
check undo/fail sweep fail undo
check no-leftovers no_leftovers
sed 's/^/# /' "$T/points"
finish
