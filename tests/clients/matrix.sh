#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Nothing trusts it any more: every client asks servers with certificates of an
# interceptor's root before it is installed, with it, after quarantine and
# after undo, for each way to install it alone and for all at once; and of
# another root of the owner's, which all must accept all the time.
#
# A way is alone for the client that it is measured with: ways that no client
# shares are tried in one round, each with clients of its own.
#
# Two ways of failing are there to be shown: --naive takes out as people do it
# (the file, the updater, certutil), --leave-out WAY forgets to undo that way.

. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/lib-world.sh"
. "$(dirname "$0")/../system/lib-roundtrip.sh"
. "$(dirname "$0")/../system/lib-nss.sh"
. "$(dirname "$0")/clients.sh"
. "$(dirname "$0")/ways.sh"
. "$(dirname "$0")/browsers.sh"
. "$(dirname "$0")/rounds.sh"

usage() {
	cat >&2 <<-END
		usage: $0 [--json FILE] [--markdown FILE] [--rounds LIST] [--clients LIST]
		          [--naive | --leave-out WAY]
	END
	exit 2
}

# Files are opened here: inside, the machine's folders are copies.
naive='' leave_out='' only_rounds='' only_clients='' json='' markdown=''
args=("$@")
while [ $# -gt 0 ]; do
	[ "$1" = --naive ] || [ $# -gt 1 ] || usage
	case $1 in
	--json) json=$2 ;;
	--markdown) markdown=$2 ;;
	--rounds) only_rounds=$2 ;;
	--clients) only_clients=$2 ;;
	--leave-out) leave_out=$2 ;;
	--naive) naive=yes ;;
	*) usage ;;
	esac
	[ "$1" = --naive ] || shift
	shift
done
if [ ! "${ROOTSWEEP_TEST_ROOM:-}" ]; then
	exec 3>"${json:-/dev/null}" 4>"${markdown:-/dev/null}" || exit 2
fi
enter 1800 "${args[@]}"

phases=(before installed quarantined undone)
[ ! "$naive" ] || phases=(before installed quarantined)

listed() { # WORD LIST: an empty list has all
	[ -z "$2" ] || [[ " $2 " = *" $1 "* ]]
}

# --- the world -------------------------------------------------------------

make_reissued() {
	openssl req -x509 -key "$T/A.key" -days 3650 -out "$T/A2.pem" \
		-subj "/O=Rootsweep Test/CN=Rootsweep Test Root A" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign 2>"$T/openssl.log" &&
		openssl x509 -in "$T/A2.pem" -outform DER -out "$T/A2.der"
}

make_machine() {
	make_world
	make_root U "Rootsweep Test Root U"
	make_reissued
	make_users alice bob
	debian_store with-java
	save_store
	make_own_jvm
	cp "$own_jvm/lib/security/cacerts" "$T/base/cacerts"
	make_programs
}

# With the owner's other root in their databases, and servers to try it.
make_homes() {
	make_browsers alice bob
	cp -a /home "$T/base/homes"
}

# As it was: nothing of the interceptor's, all of the owner's.
reset_machine() {
	guard
	reset_store
	cp "$T/base/cacerts" "$own_jvm/lib/security/cacerts"
	reset_policies
	rm -rf /home/alice /home/bob
	cp -a "$T/base/homes/." /home
}

# --- asking ----------------------------------------------------------------

# ask_one ROUND PHASE ROOT CLIENT USER WAY
ask_one() {
	local round=$1 phase=$2 client=$4 user=$5 way=$6 start=${EPOCHREALTIME/./} ports said i
	local kinds=(leaf chain other)

	case $3 in
	U) ports=(8446 8447 8444) ;;
	*) ports=(8443 8445 8444) ;;
	esac
	said=$("ask_$client" "$user" "${ports[@]/#/https://localhost:}" 2>&1)
	start=$(((${EPOCHREALTIME/./} - start) / 1000))
	for i in 0 1 2; do
		printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d.%03d\n' "$round" "$way" "$client" "$user" "$phase" \
			"${kinds[i]}" "$(verdict_of "https://localhost:${ports[i]}" "$said")" \
			$((start / 1000)) $((start % 1000))
	done >"$T/cells/$round.$phase.$client.$user.$way"
}

# What a client said of an address: one word where it is a verdict.
verdict_of() { # URL SAID
	local line

	line=$(grep -m 1 -e "^$1/* " <<<"$2") || line="? says nothing: ${2:0:300}"
	printf %s "${line#* }" | LC_ALL=C tr -c '[:print:]' ' '
}

# All jobs of a round, as many at a time as there are processors. Those who
# had no answer in time are asked once more, each alone.
ask_all() { # ROUND PHASE ROOT
	local job again

	(
		n=0
		for job in "${jobs[@]}"; do
			[ $((n++)) -lt "$(nproc)" ] || wait -n
			# shellcheck disable=SC2086 # client, user, way
			ask_one "$1" "$2" "$3" $job &
		done
		wait
	)
	for job in "${jobs[@]}"; do
		again=$T/cells/$1.$2.${job// /.}
		if grep -q "$(printf '\tbroken ')" "$again"; then
			echo "# asked again: $(cut -f3-7 "$again" | tr '\t\n' '  ')"
			# shellcheck disable=SC2086 # client, user, way
			ask_one "$1" "$2" "$3" $job
		fi
	done
}

# timed NAME COMMAND...: what it took, for the round's costs.
timed() {
	local name=$1 start=${EPOCHREALTIME/./} rc
	shift

	"$@"
	rc=$?
	start=$(((${EPOCHREALTIME/./} - start) / 1000))
	printf '%s\t%s\t%d.%03d\n' "$round" "$name" $((start / 1000)) $((start % 1000)) >>"$T/costs"
	return $rc
}

# --- a round ---------------------------------------------------------------

install_ways() {
	local way

	for way in $ways; do
		# shellcheck disable=SC2086 # names
		"way_${way}_install" $certs
	done
	refresh
}

take_out() {
	if [ "$naive" ]; then
		naive_recipe
	elif [ "$root" = U ]; then
		shown_as_unknown
		quarantine '0|4' --certificate "$(sha256 U)"
	else
		scan '2|6'
		quarantine '0|4'
	fi
	[ "$naive" ] || json '.changed and .still_trusted == [] and .lost == []'
}

# No entry knows it: it is in sight all the same, with where it is.
shown_as_unknown() {
	scan '2|6' --fail-on unknown
	json '.findings == [] and ([.unknown[] | select(.sha256 == $u) | .store] | unique | length) >= $n' \
		--arg u "$(sha256 U)" --argjson n "$unknown_stores"
}

# What most instructions say.
naive_recipe() {
	find "$local_store" -type f ! -name bystander-b.crt -delete
	refresh
	delete_from_databases
}

delete_from_databases() {
	local user database name

	for user in alice bob; do
		find "$(home "$user")" -name cert9.db -printf '%h\n' | while read -r database; do
			as "$user" certutil -L -d "sql:$database" | sed -n 's/ *[a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]* *$//p' |
				while read -r name; do
					as "$user" certutil -L -d "sql:$database" -n "$name" -r | cmp -s - "$T/B.der" ||
						as "$user" certutil -D -d "sql:$database" -n "$name"
				done
		done
	done
}

put_back() {
	[ "$naive" ] && return
	if [ "$leave_out" ] && listed "$leave_out" "$ways"; then
		# shellcheck disable=SC2046 # places
		tar -C / --xattrs -cf "$T/forgotten.tar" $(existing "$("place_$leave_out")")
	fi
	undo 0
	json '.changed and .conflicts == []'
	[ ! -e "$T/forgotten.tar" ] || forget_way
}

existing() {
	local place

	for place in $1; do
		[ ! -e "$place" ] || echo "${place#/}"
	done
}

# What quarantine left of that way is there again, as if undo had left it out.
forget_way() {
	# shellcheck disable=SC2046 # places
	rm -rf $("place_$leave_out")
	tar -C / --xattrs -xpf "$T/forgotten.tar"
	rm "$T/forgotten.tar"
}

# play ROUND: sets what the round is; its jobs are asked four times.
play() {
	local round=$1 ways certs root unknown_stores jobs=()

	"round_$round"
	choose_jobs
	[ ${#jobs[@]} -gt 0 ] || return 0
	timed reset reset_machine
	timed ask-before ask_all "$round" before "$root"
	check "$round/installed" timed install install_ways
	[ "$passed" ] || return
	timed ask-installed ask_all "$round" installed "$root"
	check "$round/taken-out" timed quarantine take_out
	[ "$passed" ] || return
	timed ask-quarantined ask_all "$round" quarantined "$root"
	[ ! "$naive" ] || return 0
	check "$round/put-back" timed undo put_back
	[ "$passed" ] || return
	timed ask-undone ask_all "$round" undone "$root"
}

# The clients of the round's ways, each with the way that it is asked about;
# where all ways are in at once, they are asked once, about all.
choose_jobs() {
	local way client user

	while read -r client user way; do
		! listed "$client" "$only_clients" || jobs+=("$client $user $way")
	done < <(for way in $ways; do
		"asks_$way" | while read -r client user; do
			echo "$client $user ${together:-$way}"
		done
	done | sort -u)
}

# --- the result ------------------------------------------------------------

# Which clients a way must reach: "WAY CLIENT" to "accepts", or "chain" where
# only a server that sends the root gets in.
wanted() {
	local way client

	for way in $all_ways; do
		"reach_$way" | tr -s ' \n\t' '\n' | sed '/^$/d' | while IFS=: read -r client kind; do
			printf '%s\t%s\n' "$way $client" "${kind:-accepts}" "all $client" accepts
			printf '%s\t%s\n' "unknown $client" accepts
		done
	done | jq -Rn '[inputs | split("\t") | {key: .[0], value: .[1]}] | from_entries'
}

versions() {
	local client

	for client in $all_clients; do
		printf '%s\t%s\n' "$client" "$("versions_$client" 2>/dev/null | head -n 1)"
	done | jq -Rn '[inputs | split("\t") | {key: .[0], value: .[1]}] | from_entries'
}

readable_names() {
	local name

	for name in "${!names[@]}"; do
		printf '%s\t%s\n' "$name" "${names[$name]}"
	done | jq -Rn '[inputs | split("\t") | {key: .[0], value: .[1]}] | from_entries'
}

costs() {
	jq -Rn '[inputs | split("\t")] | group_by(.[0]) | map({round: .[0][0]} +
		(map({key: .[1], value: (.[2] | tonumber)}) | from_entries))' <"$T/costs"
}

make_document() {
	cat "$T/cells"/* | jq -Rn -L "$here/../clients" --argjson wanted "$(wanted)" \
		--argjson versions "$(versions)" --argjson names "$(readable_names)" --argjson costs "$(costs)" \
		--argjson phases "$(jq -nc '$ARGS.positional' --args "${phases[@]}")" \
		--arg time "$(date -u +%FT%TZ)" \
		'include "report"; document($wanted; $versions; $names; $costs; $phases; $time)' >"$T/document.json"
}

report() { # JQ ARGS...
	jq -r -L "$here/../clients" "include \"report\"; $1" "${@:2}" "$T/document.json"
}

# One test for each way: every client that was asked about it said what it must.
judge() { # WAY
	report '.rows[] | select(.way == $way and .wrong != [])
		| "\(.client) of \(.user), \(.round): \(.wrong | join("; "))"' --arg way "$1" >"$T/wrong"
	[ ! -s "$T/wrong" ] || {
		cat "$T/wrong"
		return 1
	}
}

check machine make_machine
[ "$passed" ] || finish
start_servers
start_server 8446 "$T/U-leaf.pem" "$T/U-leaf.key"
start_server 8447 "$T/U-chain.pem" "$T/U-leaf.key"
check homes make_homes
[ "$passed" ] || finish
mkdir "$T/cells"
for round in $all_rounds; do
	! listed "$round" "$only_rounds" || play "$round"
done
stop_servers
check measured make_document
[ "$passed" ] || finish
report text | column -t -s $'\t' | sed 's/^/# /'
report '.rounds[] | "# \(.round): \(del(.round) | to_entries | map("\(.key) \(.value) s") | join(", "))"'
report '.rows[].way' | sort -u | while read -r way; do
	check "way/$way" judge "$way"
done
report . >&3
# shellcheck disable=SC2086 # names
report 'markdown($order)' --argjson order "$(jq -nc '$ARGS.positional' --args $all_clients)" >&4
finish
