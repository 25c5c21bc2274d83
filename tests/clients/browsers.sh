# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
#
# Browsers as ordinary users have them, and the ways to install a root that
# reach them: as clients.sh and ways.sh do it for the rest. Two users have the
# same browsers, so that two ways can be tried at a time; root B, which must
# live on, is in each of the stores that are tried.

browser_clients=(chromium firefox webkitgtk qtwebengine)
browser_ways=(chromium_nss chromium_servercert chromium_policy firefox_orphan
	firefox_cert9_new firefox_cert9_old firefox_policy)

chromium_policies=/etc/chromium/policies
firefox_policies=/etc/firefox/policies

chromium_data() { # USER
	echo "$(home "$1")/.config/chromium"
}

firefox_profile() { # USER
	echo "$(home "$1")/.mozilla/firefox/7x3k.default-esr"
}

# --- clients ---------------------------------------------------------------

# drive USER PROGRAM ARG...: in the user's home, with nothing of a session's.
drive() {
	local user=$1 program=$2
	shift 2

	(cd "$(home "$user")" && as "$user" TMPDIR="$(home "$user")" timeout -k 5 130 \
		/usr/bin/python3 "$programs/$program" "$@" </dev/null 2>"$(mktemp "$T/browser.XXXXXX")")
}

ask_chromium() {
	drive "$1" ask-chromium.py "$(chromium_data "$1")" "${@:2}"
}

ask_firefox() {
	drive "$1" ask-firefox.py "$(firefox_profile "$1")" "${@:2}"
}

ask_webkitgtk() {
	drive "$1" ask-webkitgtk.py "${@:2}"
}

ask_qtwebengine() {
	drive "$1" ask-qtwebengine.py "${@:2}"
}

versions_chromium() {
	chromium --version 2>/dev/null | grep -o '[0-9.]\{5,\}'
}

versions_firefox() {
	firefox-esr --version | grep -o '[0-9.]\{3,\}.*'
}

versions_webkitgtk() {
	/usr/bin/python3 -c 'import gi
gi.require_version("WebKit2", "4.1")
from gi.repository import WebKit2 as kit
print(kit.get_major_version(), kit.get_minor_version(), kit.get_micro_version(), sep=".")'
}

versions_qtwebengine() {
	dpkg-query -W -f '${Version}\n' libqt5webenginecore5 | sed 's/[+-].*//'
}

# --- machine ---------------------------------------------------------------

# make_browsers ALICE BOB: what each user's browsers have before anything is
# installed: profiles of their own, in use, and root B; Chromium has it of one
# user in the database that programs share, of the other in its profile's.
make_browsers() {
	local user said

	guard
	install -d -m 1777 /tmp/.X11-unix
	reset_policies
	for user; do
		nss_make "$user" "$(firefox_profile "$user")" "" new &&
			nss_add "$user" "$(firefox_profile "$user")" new B CT,C,C || return
		said=$(ask_chromium "$user" https://localhost:8443/)
		same "$said" "https://localhost:8443/ refuses" "a new profile of $user's" || return
	done
	nss_make "$1" "$(home "$1")/.pki/nssdb" && nss_add "$1" "$(home "$1")/.pki/nssdb" old B &&
		server_certificate "$2" B
}

reset_policies() {
	guard
	rm -rf "$chromium_policies" "$firefox_policies"
}

# server_certificate USER NAME: the row that Chromium writes for a root that is
# added in its settings: the message {1: {1: TRUSTED}}.
server_certificate() {
	as "$1" sqlite3 "$(chromium_data "$1")/Default/ServerCertificate" \
		"insert into certificates values('$(sha256 "$2")',
		x'$(od -An -v -tx1 "$T/$2.der" | tr -d ' \n')', x'0a020803')"
}

# --- ways ------------------------------------------------------------------
# way_NAME_install CERT..., reach_NAME, place_NAME and asks_NAME as in ways.sh.

way_chromium_nss_install() {
	local name

	for name; do
		nss_add alice /home/alice/.pki/nssdb old "$name" || return
	done
}

reach_chromium_nss() {
	echo "chromium qtwebengine"
}

place_chromium_nss() {
	echo /home/alice/.pki/nssdb
}

asks_chromium_nss() {
	printf '%s alice\n' chromium qtwebengine
}

way_chromium_servercert_install() {
	local name

	for name; do
		server_certificate bob "$name" || return
	done
}

reach_chromium_servercert() {
	echo chromium
}

place_chromium_servercert() {
	echo "$(chromium_data bob)/Default/ServerCertificate"
}

asks_chromium_servercert() {
	echo chromium bob
}

way_chromium_policy_install() {
	local name

	mkdir -p "$chromium_policies/managed" &&
		for name in "$@" B; do
			base64 -w0 "$T/$name.der"
			echo
		done | jq -Rn '{CACertificates: [inputs]}' >"$chromium_policies/managed/isp.json"
}

reach_chromium_policy() {
	echo chromium
}

place_chromium_policy() {
	echo "$chromium_policies"
}

asks_chromium_policy() {
	echo chromium alice
}

# Trust without its certificate, as Firefox leaves it where older software has
# written it, and older software where Firefox has: it works with a server that
# sends the root.
way_firefox_orphan_install() {
	local name

	for name; do
		orphan alice old "$name" && orphan bob new "$name" || return
	done
}

orphan() { # USER old|new NAME
	nss_add "$1" "$(firefox_profile "$1")" "$2" "$3" C,, &&
		sql_delete "$1" "$(firefox_profile "$1")" \
			"a0 = x'00000001' and a11 = x'$(od -An -v -tx1 "$T/$3.der" | tr -d ' \n')'"
}

reach_firefox_orphan() {
	echo firefox:chain
}

place_firefox_orphan() {
	place_firefox_cert9_new
	place_firefox_cert9_old
}

asks_firefox_orphan() {
	printf 'firefox %s\n' alice bob
}

# As Firefox writes it today.
way_firefox_cert9_new_install() {
	local name

	for name; do
		nss_add alice "$(firefox_profile alice)" new "$name" CT,C,C || return
	done
}

reach_firefox_cert9_new() {
	echo firefox
}

place_firefox_cert9_new() {
	echo "$(firefox_profile alice)"/{cert9,key4}.db
}

asks_firefox_cert9_new() {
	echo firefox alice
}

# As it wrote it for years, and as Debian's certutil writes it.
way_firefox_cert9_old_install() {
	local name

	for name; do
		nss_add bob "$(firefox_profile bob)" old "$name" CT,C,C || return
	done
}

reach_firefox_cert9_old() {
	echo firefox
}

place_firefox_cert9_old() {
	echo "$(firefox_profile bob)"/{cert9,key4}.db
}

asks_firefox_cert9_old() {
	echo firefox bob
}

# The policy and what Firefox does with it at each start: it imports the roots.
way_firefox_policy_install() {
	mkdir -p "$firefox_policies" &&
		printf "$T/%s.pem\n" "$@" B |
		jq -Rn '{policies: {Certificates: {Install: [inputs]}}}' >"$firefox_policies/policies.json"
}

reach_firefox_policy() {
	echo firefox
}

place_firefox_policy() {
	echo "$firefox_policies"
}

asks_firefox_policy() {
	echo firefox alice
}
