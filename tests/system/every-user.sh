#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Every user of a machine: side by side, on the network, not there, of an
# unlucky name; the one who typed sudo; and where undo records cannot be kept.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 400

alice=/home/alice/.pki/nssdb
bob=/home/bob/.pki/nssdb

fresh() {
	local user

	guard
	rm -rf /var/lib/rootsweep
	for user in root alice bob carol; do
		find "$(home "$user")" -mindepth 1 -delete
	done
	nss_make alice "$alice" && nss_add alice "$alice" old A
	nss_make bob "$bob" && nss_add bob "$bob" old A
}

# --- side by side ----------------------------------------------------------

# Two databases of each are locked by a program of theirs: a second of waiting
# for each, which two people's workers spend at once.
side_by_side() {
	local user one two i lockers=()

	fresh
	for user in alice bob carol; do
		for i in 1 2; do
			as "$user" mkdir -p "/home/$user/.mozilla/firefox/$i"
			install -o "$user" -m 0600 "$alice/cert9.db" "/home/$user/.mozilla/firefox/$i/"
			perl -e 'use Fcntl; open my $f, "+<", $ARGV[0] or die;
				my $lock = pack "s s x![q] q q l x![q]", F_WRLCK, 0, 1 << 30, 512, 0;
				fcntl $f, F_SETLK, $lock or die; sleep 300' "/home/$user/.mozilla/firefox/$i/cert9.db" &
			lockers+=($!)
		done
	done
	sleep 0.5
	one=$(milliseconds scan 6 --all-users -j 1)
	two=$(milliseconds scan 6 --all-users -j 3)
	kill "${lockers[@]}"
	wait "${lockers[@]}" || :
	json '[.stores[] | select(.state == "locked") | .owner] | sort ==
		["alice", "alice", "bob", "bob", "carol", "carol"]'
	found nss:alice: "$alice"
	found nss:bob: "$bob"
	echo "one at a time: $one ms; three: $two ms"
	[ "$one" -ge 5500 ]
	[ "$two" -le $((one - 2500)) ]
}

milliseconds() {
	local start

	start=$(date +%s%3N)
	"$@" >&2
	echo $(($(date +%s%3N) - start))
}

# --- homes that are not here -----------------------------------------------

# A file system of the network's whose server never answers: whoever goes
# there waits until killed.
mount_silent() { # DIR
	mkdir -p "$1"
	perl -e 'require "syscall.ph"; open my $f, "+<", "/dev/fuse" or die;
		my ($source, $type) = ("server:/export", "fuse.sshfs"); my $dir = $ARGV[0];
		my $data = sprintf "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fileno $f;
		syscall(SYS_mount(), $source, $dir, $type, 0, $data) == 0 or die "mount: $!";
		open my $ready, ">", $ARGV[1] or die; close $ready; sleep 300' "$1" "$T/silent" &
	silent=$!
	timeout 10 sh -c 'until [ -e "$1" ]; do sleep 0.05; done' _ "$T/silent"
	rm "$T/silent"
}

umount_silent() { # DIR
	kill "$silent"
	wait "$silent" || :
	umount -l "$1"
}

in_time() { # SECONDS COMMAND...
	local start=$SECONDS bound=$1
	shift

	"$@"
	[ $((SECONDS - start)) -le "$bound" ] || {
		echo "$* took $((SECONDS - start)) s"
		return 1
	}
}

on_the_network() {
	local rc=0

	fresh
	mount_silent /home/far
	(set -e; far_away) || rc=$?
	umount_silent /home/far
	return "$rc"
}

far_away() {
	in_time 15 scan 6
	json 'any(.stores[]; .owner == "dora" and .state == "skipped" and .path == "/home/far/dora"
		and (.reason | contains("fuse.sshfs") and contains("--network-homes")))'
	# Of a service's home that cannot be told without going there.
	json 'any(.stores[]; .owner == "distant" and .state == "skipped")'
	found nss:alice: "$alice"
	in_time 30 quarantine 4
	nss_all alice "$alice" A refuses
	in_time 15 rs 4 records --format json
	cat "$T/err" >>"$T/out"
	has "$T/out" "dora" "--network-homes"
	in_time 30 undo 4 --last
	nss_all alice "$alice" A accepts
	# Whoever asks for it waits, and not for ever.
	in_time 50 scan 6 --user dora --user alice --network-homes
	json 'any(.stores[]; .owner == "dora" and .state == "error" and (.reason | contains("timed out")))'
	found nss:alice: "$alice"
	in_time 15 scan 4 --user dora
	json 'any(.stores[]; .owner == "dora" and .state == "skipped")'
}

not_there() {
	fresh
	scan 2
	json 'any(.stores[]; .owner == "gone" and .state == "absent" and .path == "/srv/gone")'
	rs 0 records
}

# Its stores would pass for the system's, and the system's for its own.
named_system() {
	local rc=0

	useradd -m -k /nonexistent system
	(set -e; unlucky) || rc=$?
	userdel -r system
	return "$rc"
}

unlucky() {
	fresh
	nss_make system /home/system/.pki/nssdb
	nss_add system /home/system/.pki/nssdb old A
	scan 6
	json 'any(.stores[]; .path == "/home/system" and .state == "skipped" and (.reason | contains("name")))'
	json 'all(.findings[]; .origins | all(.path | startswith("/home/system/") | not))'
	quarantine 4
	nss_all system /home/system/.pki/nssdb A accepts
	[ ! -e /home/system/.local ]
	rs_run system '4|6' scan --policy "$T/policy.xml" --format json
	json 'any(.stores[]; .path == "/home/system" and .state == "skipped")'
}

# --- who typed sudo --------------------------------------------------------

# One whom no list of people names: of a number that is no person's, at home
# where only people of this system live. A company's directory does not list
# its people either.
sudo_unlisted() {
	local id erin=/usr/people/erin

	fresh
	find "$erin" -mindepth 1 -delete
	nss_make erin "$erin/.pki/nssdb"
	nss_add erin "$erin/.pki/nssdb" old A
	scan 2
	json 'all(.stores[]; .owner != "erin")'
	rs_env=(SUDO_USER=erin)
	quarantine 0
	rs_env=()
	id=$(last_record)
	nss_all erin "$erin/.pki/nssdb" A refuses
	nss_all alice "$alice" A accepts
	same "$(stat -c %U "$erin/.local/state/rootsweep/records/$id")" erin "owner of the record"
	rs_run erin 0 undo --last --yes --format json
	nss_all erin "$erin/.pki/nssdb" A accepts
}

# --- where records are kept ------------------------------------------------

# no_place SAYS COMMAND...: after it the system's records have no safe place.
no_place() {
	local says=$1
	shift

	fresh
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	mkdir -p /var/lib/rootsweep
	"$@"
	snapshot before
	quarantine 1
	json '(.changed | not) and .record == null'
	cat "$T/err" >>"$T/out"
	has "$T/out" "$says"
	quarantine 1 --system
	nss_all alice "$alice" A accepts
	restored before
	rs 1 records --system
	has "$T/err" "$says"
	undo 1 --system --last
	rs 1 undo --system --yes 20260101T000000Z-0123456789abcdef
	rm -rf /var/lib/rootsweep
	quarantine 0
	undo 0 --last
	restored before
	rm "$local_store/zz-a.crt"
	refresh
}

# A user's bad folder is that user's affair; in a run of their own it is all.
users_folder() {
	fresh
	as alice mkdir -p /home/alice/.local/state/rootsweep
	chmod 0777 /home/alice/.local/state/rootsweep
	quarantine 4 --all-users
	cat "$T/err" >>"$T/out"
	has "$T/out" "/home/alice/.local/state/rootsweep can be written by others"
	nss_all alice "$alice" A accepts
	nss_all bob "$bob" A refuses
	rs_run alice 1 quarantine --policy "$T/policy.xml" --yes --format json
	nss_all alice "$alice" A accepts
	chmod 0700 /home/alice/.local/state/rootsweep
	rs_run alice 0 quarantine --policy "$T/policy.xml" --yes --format json
	nss_all alice "$alice" A refuses
	# What a user did, root undoes too.
	undo 0 --user alice --last
	nss_all alice "$alice" A accepts
}

require perl /dev/fuse
{ make_world && make_users alice bob carol && debian_store small; } || fatal "no world"
{ useradd -M -d /home/far/dora dora && useradd -r -M -d /home/far/service distant &&
	useradd -M -d /srv/gone gone && mkdir /usr/people &&
	useradd -m -k /nonexistent -u 61111 -d /usr/people/erin erin; } || fatal "no users"
check side-by-side side_by_side
check home/network on_the_network
check home/absent not_there
check home/named-system named_system
check sudo/unlisted sudo_unlisted
check folder/others-write no_place "/var/lib/rootsweep can be written by others" chmod 0777 /var/lib/rootsweep
check folder/strangers no_place "/var/lib/rootsweep belongs to the user" chown alice /var/lib/rootsweep
check folder/link no_place "/var/lib/rootsweep/records is a link" ln -s /tmp /var/lib/rootsweep/records
check folder/file no_place "/var/lib/rootsweep/records is no folder" touch /var/lib/rootsweep/records
check folder/users users_folder

finish
