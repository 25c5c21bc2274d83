# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
#
# The test build dies before its n-th changing call, or has that call fail,
# for every n there is. Whatever was half done, recover and undo bring
# everything back, to the byte.

db=/home/alice/.pki/nssdb

# Every kind of step at once, in a store of few roots: the real updater takes
# a moment then.
make_scene() {
	sed -i 4q "$conf"
	(cd "$package_store" && find . -type f -printf '%P\n' | grep -vxFf "$conf" | xargs rm)
	mkdir -p "$package_store/isp"
	cp "$T/A.pem" "$package_store/isp/a.crt"
	echo isp/a.crt >>"$conf"
	cp "$T/A.pem" "$local_store/zz-a.crt"
	cp "$T/B.pem" "$local_store/b.crt"
	cat "$T/C.pem" "$T/A.pem" >"$local_store/zz-many.crt"
	refresh --fresh
	cp "$T/A.pem" "$links/stray.pem"
	openssl rehash "$links" >"$T/rehash.log" 2>&1
	nss_make alice "$db"
	nss_add alice "$db" old A
	nss_add alice "$db" new B
	snapshot before
	users_files >"$T/before.alice"
	found_by_hash >"$T/before.hashes"
	mkdir "$T/scene"
	cp -a "$links" "$T/scene/links"
	cp -a "$local_store" "$T/scene/local"
	cp -a "$package_store" "$T/scene/packages"
	cp -a /home/alice "$T/scene/alice"
	cp -a "$conf" "$T/scene/conf"
}

set_scene() {
	guard
	rm -rf "$links" "$local_store" "$package_store" /home/alice /var/lib/rootsweep
	cp -a "$T/scene/links" "$links"
	cp -a "$T/scene/local" "$local_store"
	cp -a "$T/scene/packages" "$package_store"
	cp -a "$T/scene/alice" /home/alice
	cp -a "$T/scene/conf" "$conf"
}

# The databases as text, and no file that was not there before.
users_files() {
	dump "$db"
	find /home/alice -path /home/alice/.local -prune -o -printf '%P %y %m %U\n' | sort
}

# Which certificates OpenSSL finds under which hash: openssl rehash goes by
# what it did before, so that after a detour one root of two names may have
# two numbers, or the other name.
found_by_hash() {
	local link

	for link in "$links"/????????.*; do
		printf '%s %s\n' "${link%.*}" "$(sha256sum <"$link")"
	done | sort -u
}

roughly() { # NAME: its derived state, hash links by what they lead to
	grep -vE '/[0-9a-f]{8}\.[0-9]+ -> ' "$T/$1.derived"
	cat "$T/$1.hashes"
}

all_back() { # VARIABLE
	count_leftovers
	if [ "$1" = ROOTSWEEP_FAIL_AT ]; then
		snapshot now
		found_by_hash >"$T/now.hashes"
		same_file "$T/before.origins" "$T/now.origins"
		roughly before >"$T/before.roughly"
		roughly now | same_file "$T/before.roughly" -
	else
		restored before
	fi
	users_files | same_file "$T/before.alice" -
}

# A file half written is nobody's trust, and yet it should not stay.
count_leftovers() {
	find /etc /home/alice "$local_store" "$package_store" -name '.rootsweep-*' >"$T/leftover"
	[ -s "$T/leftover" ] || return 0
	sed "s/^/$struck: /" "$T/leftover" >>"$T/leftovers"
	xargs rm <"$T/leftover"
}

# Each part, the system's and alice's, is whole: all out, or all as before.
parts_are_whole() {
	jq -r '.findings[].store | split(":")[1]' "$T/out" | sort -u >"$T/owners"
	if grep -qx system "$T/owners"; then restored before; fi
	if grep -qx alice "$T/owners"; then users_files | same_file "$T/before.alice" -; fi
}

# The others are believed at every moment, whatever was cut short.
nobody_lost() {
	local name

	for name in B C; do
		verdict "$name" accepts openssl-file certtool
	done
	same "$(sql "$db" "select count(*) from nssPublic where hex(a0) = '00000001'
		and instr(hex(a101), hex('Rootsweep Test Root B')) > 0")" 1 "root B in $db"
}

# A death is finished or taken back, a failure may have left a step out, as its
# exit status said; and then all is undone.
made_good() { # VARIABLE
	nobody_lost
	rs 0 recover --format json
	scan '0|2'
	count_leftovers
	[ "$1" != ROOTSWEEP_KILL_AT ] || parts_are_whole
	undo 0 --all
	all_back "$1"
}

die_in() { # quarantine|undo
	case $1 in
	quarantine) quarantine '0|1|4|137' ;;
	undo) undo '0|1|4|137' --all ;;
	esac
	jq -e '.complete and .changed' "$T/out" >/dev/null 2>&1 || touch "$T/struck"
}

strike() { # VARIABLE WHAT N
	struck="$1=$3 in $2"
	set_scene
	[ "$2" = quarantine ] || quarantine 0
	rs_env=("$1=$3")
	die_in "$2"
	rs_env=()
	made_good "$1"
}

# sweep kill|fail quarantine|undo: until three runs on end were not struck. Of
# the calls one half is killed at, and the other half fails; with SOAK_SECONDS
# both are done at each.
sweep() {
	local how=$1 what=$2 n points=0 losses=0 quiet=0 rc each=2 first=1
	local variable=ROOTSWEEP_${how^^}_AT

	[ "$how" = kill ] || first=2
	[ -z "${SOAK_SECONDS:-}" ] || each=1 first=1
	set +e
	for ((n = first; quiet < 3 && losses < 5; n += each)); do
		rm -f "$T/struck" "$T/told"
		(
			set -eE
			told_level=$BASH_SUBSHELL
			strike "$variable" "$what" "$n"
		) >"$T/strike.log" 2>&1
		rc=$?
		if [ "$rc" != 0 ]; then
			losses=$((losses + 1))
			echo "$how at call $n of $what:"
			head -n 25 "$T/strike.log"
		fi
		if [ -e "$T/struck" ]; then
			points=$((points + 1)) quiet=0
		else
			quiet=$((quiet + 1))
		fi
	done
	set -e
	echo "$how in $what: $points points, $losses losses" | tee -a "$T/points"
	[ "$losses" = 0 ]
	[ "$points" -gt $((10 / each)) ]
}

no_leftovers() {
	[ ! -e "$T/leftovers" ] || {
		wc -l <"$T/leftovers"
		head -n 20 "$T/leftovers"
		return 1
	}
}

crash_tests() { # quarantine|undo
	[ -x "$rootsweep-test" ] ||
		fatal "ROOTSWEEP_TEST_BUILD must name the test build (cmd/rootsweep-test)"
	rootsweep=$rootsweep-test
	{ make_world && make_users alice && debian_store small; } || fatal "no world"
	make_root C "Rootsweep Test Root C" || fatal "no root"
	make_scene || fatal "no scene"

	check kill sweep kill "$1"
	check fail sweep fail "$1"
	check no-leftovers no_leftovers
	sed 's/^/# /' "$T/points"
}
