# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2086
#
# One way of forcing root A into Debian's store, taken through scan,
# quarantine and undo. Root B is private too and must come through.

# The store as debian_store left it, to start each round trip from.
save_store() {
	guard
	install -m 0644 "$T/B.pem" "$local_store/bystander-b.crt"
	refresh
	mkdir -p "$T/base"
	cp -a "$links" "$T/base/links"
	cp -a "$local_store" "$T/base/local"
	cp -a "$conf" "$T/base/conf"
	find "$package_store" -mindepth 1 -maxdepth 1 >"$T/base/packages"
}

reset_store() {
	guard
	rm -rf "${links:?}" "${local_store:?}"
	cp -a "$T/base/links" "$links"
	cp -a "$T/base/local" "$local_store"
	cp -a "$T/base/conf" "$conf"
	find "$package_store" -mindepth 1 -maxdepth 1 | grep -vxFf "$T/base/packages" | xargs -r rm -rf
	rm -rf /var/lib/rootsweep /opt/isp
}

# What OpenSSL finds in the bundle: a certificate a line.
bundle_certificates() {
	openssl crl2pkcs7 -nocrl -certfile "$bundle" | openssl pkcs7 -print_certs |
		awk '/^-----BEGIN/ { line = ""; inside = 1; next }
			/^-----END/ { print line; inside = 0 }
			inside { line = line $0 }' | sort
}

# Round trips may ask less of B, and name the clients that see A.
clients_of_b="openssl-file openssl-path trust certtool"
clients_of_a="openssl-file openssl-path trust certtool"
# trust knows a root by its name only.
clients_rid_of_a="openssl-file openssl-path trust certtool"

ask() { # CLIENT NAME
	case $1 in
	openssl-file) ask_openssl "$2" -CAfile "$bundle" ;;
	openssl-path) ask_openssl "$2" -CApath "$links" ;;
	trust) ask_trust "$2" ;;
	certtool) ask_certtool "$2" ;;
	java) ask_java "$2" ;;
	esac
}

verdict() { # NAME WANTED CLIENT...
	local name=$1 wanted=$2 client said
	shift 2

	for client; do
		said=$(ask "$client" "$name")
		same "$said" "$wanted" "verdicts of $client on root $name"
	done
}

# Nobody believes A any more, and B and all others are still there.
gone() {
	verdict A refuses $clients_rid_of_a
	verdict B accepts $clients_of_b
	bundle_certificates >"$T/after.bundle"
	grep -vxF "$(base64 -w0 "$T/A.der")" "$T/before.bundle" >"$T/wanted.bundle"
	same_file "$T/wanted.bundle" "$T/after.bundle"
}

# trip NAME SCAN QUARANTINE AFTER UNDO: exit statuses, "0|4" for either. The
# function force_NAME puts A in before the updater runs, and where they are,
# also_NAME goes on after it, rest_NAME looks at what quarantine left, and
# back_NAME at what undo brought. Their names have _ for -.
trip() {
	local name=$1 scan=$2 quarantine=$3 after=$4 undo=$5
	local words=${1//-/_}

	reset_store
	"force_$words"
	refresh
	! declare -F "also_$words" >/dev/null || "also_$words"
	snapshot before
	bundle_certificates >"$T/before.bundle"
	verdict A accepts $clients_of_a

	scan "$scan"
	json '[.findings[] | select(.entry == "test-a")] | length > 0'
	case $scan in 6) json '(.disagreements | length) > 0 and (.complete | not)' ;; esac
	restored before

	quarantine "$quarantine"
	json '.changed and .still_trusted == [] and .lost == []'
	gone
	! declare -F "rest_$words" >/dev/null || "rest_$words"
	scan "$after"
	json '.findings == []'

	undo "$undo"
	json '.changed and .conflicts == []'
	restored before
	verdict A accepts $clients_of_a
	! declare -F "back_$words" >/dev/null || "back_$words"
}
