#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2317
#
# The policy that is shipped, against the certificates that it was written for
# (ROOTSWEEP_REAL_CERTS: a folder of ID.pem, where there is one) and against
# made ones that bear names: each is found in every kind of store, by the right
# entry and with the right action. And each state root that the policy did not
# know would still be shown.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300
policies=$here/../../policy
nssdb=/home/alice/.pki/nssdb
real=${ROOTSWEEP_REAL_CERTS:-}
isca="Information Security Certification Authority"

# --- the world -------------------------------------------------------------

# made NAME ENTRY|- ACTION SUBJECT: a root of that name, and what is wanted.
made() {
	openssl req -x509 -new -key "$T/made.key" -days 3650 -utf8 -subj "$4" -out "$T/certs/$1.pem" \
		-addext basicConstraints=critical,CA:TRUE 2>"$T/openssl.log" || return
	expect "$1" "$2" "$3"
}

# expect NAME ENTRY|- ACTION: a line "sha256 entry action name".
expect() {
	openssl x509 -in "$T/certs/$1.pem" -outform DER | sha256sum |
		sed "s/ .*/ $2 $3 $1/" >>"$T/wanted"
}

make_named() {
	openssl ecparam -genkey -name prime256v1 -noout -out "$T/made.key" || return
	made named-isca kz-isca-pattern quarantine "/CN=$isca/O=ISCA/C=KZ" &&
		made named-isca-ca kz-isca-pattern quarantine "/C=KZ/ST=Astana/O=ISCA/CN=$isca CA" &&
		made named-qaznet kz-qaznet-pattern quarantine "/C=KZ/CN=Qaznet Trust Network" &&
		made named-intermediate kz-qaznet-intermediate report "/C=KZ/CN=Security Certificate" &&
		made named-russian ru-trusted-pattern report \
			"/C=RU/O=The Ministry of Digital Development and Communications/CN=Russian Trusted Sub CA" &&
		made named-fiddler debugging-fiddler report "/O=DO_NOT_TRUST/CN=DO_NOT_TRUST_FiddlerRoot" &&
		made named-charles debugging-charles report "/CN=Charles Proxy CA (26 May 2023, host)/O=XK72 Ltd" &&
		made named-avast security-avast report "/O=Avast Web\/Mail Shield/CN=Avast Web\/Mail Shield Root" &&
		made named-zscaler proxy-zscaler report "/O=Zscaler Inc./CN=Zscaler Intermediate Root CA (zscaler.net)" &&
		made named-fortigate proxy-fortigate report "/O=Fortinet/CN=FortiGate CA" &&
		made other-country - unknown "/C=US/O=ISCA/CN=$isca" &&
		made other-case - unknown "/C=KZ/O=ISCA/CN=INFORMATION SECURITY CERTIFICATION AUTHORITY" &&
		made other-more - unknown "/C=KZ/O=ISCA/CN=$isca CA 2" &&
		made other-government - unknown "/C=KZ/CN=НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)" &&
		made other-vendor - unknown "/O=Fortinet/CN=support" &&
		made other-sample - unknown "/CN=Sample CA"
}

# Those of the lists beside the policy are not its own.
take_real() {
	local file id action

	rs 0 policy list --policy "$T/shipped.xml" --format json
	cp "$T/out" "$T/list"
	for file in "$real"/*.pem; do
		id=$(basename "$file" .pem)
		cp "$file" "$T/certs/$id.pem"
		action=$(jq -r --arg id "$id" '.entries[] | select(.id == $id) | .action' "$T/list")
		if [ "$action" ]; then expect "$id" "$id" "$action"; else expect "$id" - unknown; fi
	done
}

# Into Debian's store and alice's database. NSS takes no second certificate of
# one issuer and serial number.
install_all() {
	local file

	for file in "$T"/certs/*.pem; do
		cp "$file" "$local_store/$(basename "$file" .pem).crt"
	done
	refresh
	nss_make alice "$nssdb"
	for file in "$T"/certs/*.pem; do
		as alice certutil -A -d "sql:$nssdb" -f /home/alice/.nss-password -t C,, \
			-n "$(basename "$file" .pem)" -i "$file" >"$T/certutil.log" 2>&1 ||
			[[ $file == */proxy-zscaler-root-*.pem ]]
	done
}

# --- what is found ---------------------------------------------------------

look() { # POLICY
	rs '2|6' scan --policy "$1" --format json
	jq -r '(.findings[] | select(.object == "certificate") | [.store, .sha256, .entry, .action, .match]),
		(.unknown[] | [.store, .sha256, "-", "unknown", "-"]) | join(" ")' "$T/out" >"$T/looked"
}

# in_store PREFIX: of that store, in the order and words of the list of wanted.
in_store() {
	awk -v store="$1" '
		NR == FNR { wanted[$1] = $4; next }
		index($1, store) == 1 && $2 in wanted { print $2, $3, $4, wanted[$2] }
	' "$T/wanted" "$T/looked" | sort
}

found_in() { # PREFIX [WITHOUT]
	sort "$T/wanted" | grep -v " ${2:-none}\$" >"$T/wanted.sorted"
	in_store "$1" >"$T/found"
	same_file "$T/wanted.sorted" "$T/found"
}

tell_table() {
	echo "# entry, action, match and certificate, in the system's store:"
	awk 'NR == FNR { wanted[$1] = $4; next }
		index($1, "p11-kit:system") == 1 && $2 in wanted {
			printf "# %-30s %-10s %-14s %s\n", $3, $4, $5, wanted[$2] }
	' "$T/wanted" "$T/looked" | sort -u
}

# How many addresses an entry says were intercepted.
targets() { # ENTRY WANTED
	same "$(sed -n "/<root id=\"$1\"/,/<\/root>/p" "$T/shipped.xml" | grep -c '<target host=')" "$2"
}

# Nothing that the distribution brings is taken out, and nothing but what was
# put there.
nothing_else() {
	jq -r '.findings[] | select(.action == "quarantine") | .sha256 // .sha1' "$T/out" | sort -u |
		while read -r digest; do
			grep -q "^$digest " "$T/wanted" || echo "$digest is to be taken out"
		done >"$T/else"
	same "$(cat "$T/else")" "" "what else is found"
}

# --- leave one out ---------------------------------------------------------

# The policy as it would be if the operator's next root had just been made.
without() { # ID
	awk -v id="$1" '
		index($0, "<root id=\"" id "\"") { out = 1 }
		!out
		/<\/root>/ { out = 0 }
	' "$T/shipped.xml" >"$T/without.xml"
	[ "$(grep -c '<root ' "$T/without.xml")" = $(($(grep -c '<root ' "$T/shipped.xml") - 1)) ]
}

still_shown() { # ID
	local digest
	digest=$(awk -v id="$1" '$4 == id { print $1 }' "$T/wanted")

	[ "$digest" ]
	without "$1"
	look "$T/without.xml"
	awk -v digest="$digest" '$2 == digest && index($1, "p11-kit:system") == 1 {
		print $3, $4, $5 }' "$T/looked" | sort -u >"$T/shown"
	same "$(wc -l <"$T/shown")" 1 "times that it is shown"
	has_not "$T/shown" "$1 "
	grep -qE '^kz-(isca|qaznet)-pattern quarantine subject$' "$T/shown"
}

leave_one_out() {
	local id n=0
	local -a ids

	mapfile -t ids < <(awk '$4 ~ /^kz-/ { print $4 }' "$T/wanted")
	for id in "${ids[@]}"; do
		check "leave-one-out/$id" still_shown "$id" && n=$((n + 1))
		echo "# without its entry, $id is shown as $(cat "$T/shown")"
	done
	echo "# $n of 10 are still found"
}

{
	cp "$policies/interception-roots.xml" "$T/shipped.xml" && mkdir "$T/certs" &&
		make_users alice && debian_store small && make_named
} || fatal "no world"

[ ! "$real" ] || check real/taken take_real
check installed install_all
check scanned look "$T/shipped.xml"
check found/system found_in p11-kit:system
check found/hashed found_in openssl-dir:system
check found/nss found_in nss:alice "proxy-zscaler-root-2025"
check found/nothing-else nothing_else
check targets/qaznet targets kz-qaznet-2016 37
check targets/isca targets kz-isca-pattern 14
tell_table
if [ "$real" ]; then
	check real/all-72 same "$(grep -cv ' \(named\|other\)-' "$T/wanted")" 72
	leave_one_out
fi

finish
