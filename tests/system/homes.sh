#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# Many homes, and what is found in them: known places, profiles that lie
# elsewhere, databases that no browser uses; a home that is made to be in the
# way; and what a scan must never do to a home.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300

people=50
places=(.pki/nssdb .mozilla/firefox/abcd.default .thunderbird/efgh.default "kept elsewhere/db")

# --- what homes are made of -------------------------------------------------

# Databases to copy: certutil takes as long for one as a scan for a hundred.
make_templates() {
	local trust

	for trust in A B; do
		nss_make root "$T/db-$trust" && nss_add root "$T/db-$trust" old $trust || return
	done
}

# database USER DIR A|B: trusts that root.
database() {
	local path=$2

	mkdir -p "$path" && cp "$T/db-$3"/* "$path" || return
	while [ "$path" != "$(home "$1")" ]; do
		chown -R "$1:" "$path"
		path=$(dirname "$path")
	done
}

person() { # N
	printf 'p%02d' "$1"
}

# Which of them trust A is a matter of their numbers.
trusts() { # PERSON PLACE
	[ $((($1 * ${#places[@]} + $2) % 3)) = 0 ] && echo A || echo B
}

make_people() {
	local i k name

	guard
	for ((i = 0; i < people; i++)); do
		name=$(person $i)
		echo "$name:x:$((3000 + i)):$((3000 + i))::/home/$name:/bin/sh" >>/etc/passwd
		echo "$name:x:$((3000 + i)):" >>/etc/group
		for ((k = 0; k < ${#places[@]}; k++)); do
			mkdir -p "/home/$name/${places[k]}"
			cp "$T/db-$(trusts $i $k)"/* "/home/$name/${places[k]}"
		done
		chown -R "$((3000 + i)):$((3000 + i))" "/home/$name"
	done
}

# The stores in which A must be found, and those that must be there.
expected() {
	local i k

	for ((i = 0; i < people; i++)); do
		for ((k = 0; k < ${#places[@]}; k++)); do
			echo "$(trusts "$i" "$k") nss:$(person "$i"):/home/$(person "$i")/${places[k]}/cert9.db"
		done
	done
}

# scan_people WANTED: reads all; what is said of the people must be right.
scan_people() {
	scan "$1" --all-users
	jq -r '.stores[] | select(.owner | test("^p[0-9]+$")) | .id' "$T/out" | sort >"$T/stores"
	expected | cut -d' ' -f2- | sort | same_file - "$T/stores"
	jq -r '.findings[] | select(.store | test("^nss:p[0-9]+:")) | .store' "$T/out" | sort >"$T/findings"
	expected | sed -n 's/^A //p' | sort | same_file - "$T/findings"
	json 'all(.stores[] | select(.owner | test("^p[0-9]+$")); .anchors == 1)'
}

fresh() { # USER...
	local user

	guard
	for user; do
		find "$(home "$user")" -mindepth 1 -delete
	done
}

# --- tests -----------------------------------------------------------------

two_hundred_stores() {
	scan_people 2
	same "$(wc -l <"$T/stores")" 200 stores
}

# All that a home can be made of to be in the way of the others.
make_hostile() {
	local h=/home/mallory deep i

	mkdir -p "$h/.mozilla/firefox" "$h/.pki/nssdb" "$h/.thunderbird" "$h/fifo" "$h/.config/chromium/Default"
	perl -e 'mkdir($ARGV[0]); for (1 .. 300000) { open(my $f, ">", "$ARGV[0]/$_") or die }' "$h/heap"
	ln -s /home/p00/.pki/nssdb/cert9.db "$h/.pki/nssdb/cert9.db"
	ln -s /home/p01/.mozilla "$h/.librewolf"
	ln -s /root "$h/.zen"
	printf '[Profile0]\nPath=%s\n[Profile1]\nPath=%s\n[Profile2]\nPath=%s\n' \
		../../../p02/.pki/nssdb /home/p03/.pki/nssdb /root >"$h/.mozilla/firefox/profiles.ini"
	printf '[Profile0]\nPath=x\n' >"$h/.thunderbird/profiles.ini"
	truncate -s 100M "$h/.thunderbird/profiles.ini"
	mkfifo "$h/fifo/cert9.db" "$h/.config/chromium/Default/ServerCertificate"
	mkdir -p "$h/folder/cert9.db" "$h/old"
	mknod "$h/old/cert8.db" c 1 5
	truncate -s 1T "$h/folder/ServerCertificate"
	deep="$h/deep"
	for ((i = 0; i < 60; i++)); do
		deep=$deep/d
	done
	mkdir -p "$deep" && cp "$T/db-A/cert9.db" "$deep"
	for deep in $'new\nline' $'\e[2J\e]0;title\a' "it's] x>" "a' flags= configDir='sql:inj" '*' $'\xff'; do
		mkdir -p "$h/.var/app/$deep/data/pki/nssdb"
		cp "$T/db-A"/* "$h/.var/app/$deep/data/pki/nssdb"
	done
	chown -Rh mallory: "$h"
}

# What the others' stores are does not change; and what was left out is said.
hostile_home() {
	make_hostile
	scan_people 6
	json '[.stores[] | select(.owner == "mallory")] |
		any(.path == "/home/mallory/heap" and .state == "skipped" and (.reason | contains("100000"))) and
		any(.path == "/home/mallory/.pki/nssdb/cert9.db" and .state == "skipped") and
		any(.path == "/home/mallory/.librewolf" and .state == "skipped") and
		any(.path == "/home/mallory/.zen" and .state == "skipped") and
		any(.path == "/home/p02/.pki/nssdb" and .state == "skipped") and
		any(.path == "/root" and .state == "skipped") and
		any(.path == "/home/mallory/.thunderbird/profiles.ini" and .state == "skipped") and
		any(.path == "/home/mallory/fifo/cert9.db" and .state == "error") and
		any(.path == "/home/mallory/folder/cert9.db" and .state == "error") and
		any(.path | endswith("/d/d/d")) and
		any(.path == "/home/mallory/old/cert8.db" and .state == "unsupported")'
	# Odd names are names: A is found there, and nothing was made elsewhere.
	json '[.findings[] | select(.store | startswith("nss:mallory:/home/mallory/.var/app/"))] | length == 6'
	same "$(find / -xdev -name 'inj*' -newer "$T/policy.xml" 2>/dev/null)" "" "what a name has made"
	rs 6 scan --policy "$T/policy.xml" --all-users
	! LC_ALL=C grep -q $'\e' "$T/out" || { echo "an escape reached the terminal"; return 1; }
	find /home/mallory -mindepth 1 -delete
}

# Not one home's bytes, times or folders are others after a scan.
scan_leaves_nothing() {
	find /home -printf '%p %y %m %U %s %T@ %i\n' | sort >"$T/before"
	scan 2 --all-users
	find /home -printf '%p %y %m %U %s %T@ %i\n' | sort | same_file "$T/before" -
}

# Chromium goes by whether ~/.pki/nssdb is there: it never comes or goes by us.
nssdb_folder() {
	local state

	for state in absent empty full; do
		fresh alice
		database alice /home/alice/.local/share/pki/nssdb A
		[ "$state" = absent ] || as alice mkdir -p /home/alice/.pki/nssdb
		[ "$state" != full ] || database alice /home/alice/.pki/nssdb A
		(cd /home/alice && find .pki -printf '%p %y %m\n' 2>/dev/null | sort) >"$T/before" || :
		scan 2 --user alice
		quarantine 0 --user alice
		scan 0 --user alice
		undo 0 --user alice --last
		(cd /home/alice && find .pki -printf '%p %y %m\n' 2>/dev/null | sort) | same_file "$T/before" -
		rs_run alice 0 quarantine --policy "$T/policy.xml" --yes --format json
		rs_run alice 0 undo --last --yes --format json
		(cd /home/alice && find .pki -printf '%p %y %m\n' 2>/dev/null | sort) | same_file "$T/before" -
	done
}

# A database that no browser uses today is one that a browser may use tomorrow.
unused_databases() {
	local place

	fresh alice
	for place in .pki/nssdb .local/share/pki/nssdb backup/2019/firefox snap/chromium/{11,12}/.pki/nssdb; do
		database alice "/home/alice/$place" A
	done
	ln -s 12 /home/alice/snap/chromium/current
	scan 2 --user alice
	json '[.findings[].store] | unique | length == 5'
	quarantine 0 --user alice
	json '.still_trusted == []'
	scan 0 --user alice
	undo 0 --user alice --last
	scan 2 --user alice
	json '[.findings[].store] | unique | length == 5'
}

one_database_two_ways() {
	fresh alice
	database alice /home/alice/.pki/nssdb A
	as alice mkdir -p /home/alice/.thunderbird
	as alice ln -s ../.pki/nssdb /home/alice/.thunderbird/same
	printf '[Profile0]\nPath=%s\n' /home/alice/.pki/nssdb >/home/alice/.thunderbird/profiles.ini
	chown alice: /home/alice/.thunderbird/profiles.ini
	rs_run alice 2 scan --policy "$T/policy.xml" --format json
	json '[.stores[] | select(.kind == "nss")] | length == 1'
	# By root's run no link is followed: that is said, and costs nothing else.
	scan 6 --user alice
	json '[.findings[].store] == ["nss:alice:/home/alice/.pki/nssdb/cert9.db"]'
}

# profiles.ini as Firefox itself writes it, with a profile that lies elsewhere.
firefox_profiles() {
	local i

	fresh alice bob
	require firefox-esr
	mkdir -p /home/bob/lent /srv/alice && chown alice: /srv/alice
	as alice MOZ_HEADLESS=1 timeout 60 firefox-esr --headless -CreateProfile "inside /home/alice/some/where" \
		>"$T/firefox.log" 2>&1
	as alice MOZ_HEADLESS=1 timeout 60 firefox-esr --headless -CreateProfile "outside /srv/alice/profile" \
		>>"$T/firefox.log" 2>&1
	has /home/alice/.config/mozilla/firefox/profiles.ini "Path=/srv/alice/profile" IsRelative=0 || {
		cat "$T/firefox.log"
		return 1
	}
	database alice /home/alice/some/where A
	mkdir -p /srv/alice/profile && cp "$T/db-A"/* /srv/alice/profile && chown -R alice: /srv/alice
	scan 6 --user alice
	found nss:alice:/home/alice/some/where/cert9.db
	json 'any(.stores[]; .path == "/srv/alice/profile" and .state == "skipped")'
	rs_run alice 2 scan --policy "$T/policy.xml" --format json
	found nss:alice:/srv/alice/profile/cert9.db
	rs_run alice 0 quarantine --policy "$T/policy.xml" --yes --format json
	same "$(sql /srv/alice/profile "select count(*) from nssPublic")" 0 "rows in a profile outside"
	rs_run alice 0 undo --last --yes --format json
	nss_all alice /srv/alice/profile A accepts
}

# Firefox 138 and later keeps a list of profiles that profiles.ini need not name.
firefox_groups() {
	local groups list

	fresh alice
	rm -rf /srv/alice && mkdir -p /srv/alice/grouped && cp "$T/db-A"/* /srv/alice/grouped
	chown -R alice: /srv/alice
	# Started without -profile it makes profiles.ini and the list.
	MOZ_HEADLESS=1 setsid setpriv --reuid alice --regid "$(id -g alice)" --init-groups \
		env HOME=/home/alice TMPDIR=/home/alice firefox-esr --headless --no-remote \
		>"$T/firefox.log" 2>&1 </dev/null &
	firefox_group=$!
	groups="/home/alice/.config/mozilla/firefox/Profile Groups"
	timeout 60 bash -c 'until sqlite3 "file:$(echo "$1"/*.sqlite)?mode=ro" \
		"select count(*) from Profiles"; do sleep 0.2; done' _ "$groups" >"$T/list.log" 2>&1
	list=$(find "$groups" -name '*.sqlite')
	as alice sqlite3 -cmd '.timeout 10000' "$list" "insert into Profiles values (7,
		'../../../../../srv/alice/grouped', 'x', 'book', 'x', 'x', 'x')"
	# What Firefox has written lies in the log beside the list as long as it runs.
	[ -s "$list-wal" ]
	rs_run alice 2 scan --policy "$T/policy.xml" --format json
	found nss:alice:/srv/alice/grouped/cert9.db
	json 'all(.stores[]; .state != "error" and .state != "skipped")'
	kill -KILL -- "-$firefox_group"
	wait "$firefox_group" 2>/dev/null || :
}

{ make_world && make_users alice bob mallory && debian_store small && make_templates &&
	make_people; } || fatal "no world"

check scale/two-hundred-stores two_hundred_stores
check scale/hostile-home hostile_home
check scan/leaves-nothing scan_leaves_nothing
check places/nssdb-folder nssdb_folder
check places/unused-databases unused_databases
check places/one-database-two-ways one_database_two_ways
check places/firefox-profiles firefox_profiles
check places/firefox-groups firefox_groups

finish
