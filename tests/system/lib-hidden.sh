# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# Ways to be trusted while hidden. Each plants root A in one place of a system
# that a scan finds nothing in, shows where it is cheap that a consumer goes by
# it, and asks one thing: is it told? Either a finding of A in that place, and
# an exit status that says so; or the place's store is not said to be without
# findings, and the exit status says that not all was read. Neither is a false
# clean, which is counted.

hidden_world() {
	guard
	{ make_world && make_users alice && debian_store small; } || fatal "no world"
	for name in C D; do
		make_root $name "Rootsweep Test Root $name" || fatal "no root"
	done
	save_store || fatal "no store"
	: >"$T/cases"
	: >"$T/false-cleans"
	: >"$T/trash"
}

# trash PATH...: what a case makes outside of the store and of alice's home.
trash() {
	printf '%s\n' "$@" >>"$T/trash"
}

hidden_reset() {
	guard
	xargs -r -d '\n' rm -rf -- <"$T/trash"
	: >"$T/trash"
	reset_store
	ln -sfn "$bundle" /usr/lib/ssl/cert.pem
	find /home/alice -mindepth 1 -delete
}

# A finding of A, by certificate or by the trust that is left of one, in PLACE.
is_found() { # PLACE
	jq -e --arg place "$1" 'any(.findings[]; .entry == "test-a" and .action == "quarantine"
		and any(.origins[].path, (.store | sub("^[^:]*:[^:]*:"; "")); startswith($place)))' \
		"$T/out" >/dev/null
}

# The store that PLACE is of, or that is in PLACE, is not said to be without findings.
is_doubted() { # PLACE
	jq -e --arg place "$1" 'any(.stores[]; (.path as $path | ($place | startswith($path))
		or ($path | startswith($place)) or (.reason // "" | contains($place))) and (.state | IN("error", "locked", "skipped",
		"unsupported", "pending")))' "$T/out" >/dev/null
}

is_told() { # PLACE
	local status

	status=$(<"$T/status")
	if is_found "$1" && [ $((status & 2)) != 0 ]; then
		return 0
	fi
	is_doubted "$1" && [ $((status & 4)) != 0 ]
}

# hide NAME WHO PLACE COMMAND...: one case. WHO is whose run it is and of what:
# system, alice (root's run on her), all (both), own (hers).
hide() {
	local name=$1
	shift

	echo "$name" >>"$T/cases"
	check "$name" hidden_case "$name" "$@"
}

hidden_case() {
	local name=$1 who=$2 place=$3
	shift 3

	hidden_reset
	"$@"
	hidden_scan "$who"
	is_told "$place" || {
		echo "$name" >>"$T/false-cleans"
		echo "FALSE CLEAN: exit status $(<"$T/status"), and of $place no word:"
		jq -c '.stores[] | [.id, .state, .reason]' "$T/out"
		jq -c '.findings[], .notices, .not_looked_at' "$T/out"
		return 1
	}
}

hidden_scan() { # WHO
	local any='0|2|4|6'

	case $1 in
	system) scan "$any" --system ;;
	alice) scan "$any" --user alice ;;
	all) scan "$any" --system --user alice ;;
	own) rs_run alice "$any" scan --policy "$T/policy.xml" --format json ;;
	esac
}

# Without a root planted nothing is told: what is told of a case is its root.
nothing_hidden() {
	local who

	hidden_reset
	"$@"
	for who in all own; do
		hidden_scan $who
		same "$(<"$T/status")" 0 "exit status"
		json '.findings == [] and .complete and all(.stores[]; .state | IN("no_findings", "absent"))'
	done
}

# believed CLIENT...: A is, by each of the clients of lib-roundtrip.sh.
believed() {
	verdict A accepts "$@"
}

# by_file FILE, by_folder DIR, by_gnutls FILE: A is believed on its word.
by_file() { same "$(ask_openssl A -CAfile "$1")" accepts "OpenSSL by $1"; }
by_folder() { same "$(ask_openssl A -CApath "$1")" accepts "OpenSSL by $1"; }
by_gnutls() {
	certtool --verify --load-ca-certificate="$1" --infile "$T/A-leaf.pem" | grep -F "output: Verified."
}

hidden_count() {
	hidden_reset
	echo "# $(wc -l <"$T/cases") ways to be trusted while hidden; false cleans: $(wc -l <"$T/false-cleans")"
	check false-cleans same_file /dev/null "$T/false-cleans"
}
