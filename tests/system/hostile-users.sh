#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Users who attack a run of root's while it runs: they swap what is looked at,
# stop, starve and trace the process that has become them, and leave records
# of their own making.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-hostile.sh"

enter 900

# during PERL COMMAND...: mallory runs that program for as long as the command
# takes; "mine" gives the processes of this program that are hers.
during() {
	local rc=0 attacker
	local -r common='
		use strict; use warnings;
		# Of a process that nobody may look into even its folder is root'"'"'s.
		sub status { open my $f, "<", "/proc/$_[0]/status" or return ""; return join "", grep { defined } <$f> }
		sub mine { grep { my $s = status($_); $s =~ /^Name:\s*rootsweep$/m && $s =~ /^Uid:\s*$<\s/m }
			map { m{/(\d+)$} } glob "/proc/[0-9]*" }
		sub note { open(my $f, ">>", "/tmp/attack.log") or die; print $f "@_\n"; close $f }
		'

	rm -f /tmp/attack.log
	setpriv --reuid mallory --regid "$(id -g mallory)" --init-groups perl -e "$common $1" &
	attacker=$!
	shift
	"$@" || rc=$?
	kill -KILL "$attacker" || :
	wait "$attacker" || :
	return "$rc"
}

attacks() { # WANTED: it came to so many attempts, at least
	touch /tmp/attack.log
	[ "$(wc -l </tmp/attack.log)" -ge "$1" ] || {
		echo "only these attacks came about, wanted $1:"
		cat /tmp/attack.log
		return 1
	}
}

# --- swapping --------------------------------------------------------------

# What is bob's, and may be read by all, must never look like hers.
swap_database='
	chdir "/home/mallory/.pki/nssdb" or die;
	my $n = 0;
	for (;;) {
		unlink "l"; symlink "/home/bob/open/cert9.db", "l"; rename "l", "cert9.db";
		select undef, undef, undef, rand 0.002;
		link "kept", "h"; rename "h", "cert9.db";
		select undef, undef, undef, rand 0.002;
		note "swap" if $n++ % 50 == 0;
	}'
swap_folder='
	chdir "/home/mallory/.pki" or die;
	my $n = 0;
	for (;;) {
		rename "nssdb", "kept"; symlink "/home/bob/open", "nssdb";
		select undef, undef, undef, rand 0.002;
		unlink "nssdb"; rename "kept", "nssdb";
		select undef, undef, undef, rand 0.002;
		note "swap" if $n++ % 50 == 0;
	}'
swap_log='
	chdir "/home/mallory/.pki/nssdb" or die;
	my $n = 0;
	for (;;) {
		symlink "/home/bob/open/cert9.db", "cert9.db-wal"; select undef, undef, undef, rand 0.001;
		unlink "cert9.db-wal"; symlink "/home/bob/open/cert9.db", "cert9.db-journal";
		select undef, undef, undef, rand 0.001; unlink "cert9.db-journal";
		note "swap" if $n++ % 50 == 0;
	}'

# Root B is in bob's open database alone, and this policy takes it.
many_scans() {
	local i

	for ((i = 0; i < 12; i++)); do
		in_time 40 rs '2|6' scan --policy "$T/both.xml" --format json --all-users
		json 'all(.findings[]; (.store | startswith("nss:mallory:") | not) or .entry == "test-a")'
		json 'any(.findings[]; .store | startswith("nss:alice:"))'
	done
	for ((i = 0; i < 4; i++)); do
		in_time 60 rs '0|4' quarantine --policy "$T/both.xml" --yes --format json --user mallory
		in_time 60 rs '0|3|4' undo --all --yes --format json --user mallory
	done
	dump /home/bob/open | same_file "$T/bobs" -
}

swapping() { # PERL
	fresh
	give mallory "$mallory"
	as mallory cp "$mallory/cert9.db" "$mallory/kept"
	nss_add bob /home/bob/open old B
	chmod -R go+rX /home/bob/open
	dump /home/bob/open >"$T/bobs"
	others >"$T/others"
	during "$1" many_scans
	# Each stands for 50 swaps.
	attacks 3
	others | same_file "$T/others" -
	no_trap
}

# --- stopping --------------------------------------------------------------

# It costs its own time, once in a run; side by side with the others.
stopping() {
	fresh
	during 'for (;;) { kill("STOP", $_) and note "stop $_" for mine() }' stopped
	attacks 2
}

stopped() {
	local start=$SECONDS

	scan 6 --all-users
	[ $((SECONDS - start)) -ge 25 ] && [ $((SECONDS - start)) -le 50 ]
	found nss:alice: "$alice"
	found nss:bob: "$bob"
	json 'any(.stores[]; .owner == "mallory" and .state == "error" and (.reason | contains("timed out")))'
	json 'all(.stores[]; .owner == "mallory" or (.state | test("findings|absent")))'
	start=$SECONDS
	quarantine 4 --all-users
	[ $((SECONDS - start)) -le 45 ]
	nss_all alice "$alice" A refuses
	nss_all bob "$bob" A refuses
	start=$SECONDS
	undo 4 --all-users --last
	[ $((SECONDS - start)) -le 45 ]
	nss_all alice "$alice" A accepts
}

# --- starving --------------------------------------------------------------

# prlimit64(2): bytes of files, of memory, descriptors, seconds: all to none.
starving='
	require "syscall.ph";
	for (;;) { for my $pid (mine()) { for my $what (0, 1, 2, 3, 6, 7, 9) {
		my $limit = pack "QQ", 0, 0;
		note "limit $what of $pid" if syscall(SYS_prlimit64(), $pid + 0, $what, $limit, 0) == 0;
	} } }'

starved() {
	local i

	fresh
	for i in 1 2 3; do
		in_time 45 scan '2|6' --all-users
		found nss:alice: "$alice"
		found nss:bob: "$bob"
		in_time 60 quarantine '0|4' --all-users
		nss_all alice "$alice" A refuses
		in_time 60 undo '0|4' --all-users --last
		nss_all alice "$alice" A accepts
	done
}

# --- tracing ---------------------------------------------------------------

# She stops it, so that there is time; then tries every way in, and lets it go.
tracing='
	require "syscall.ph";
	my %done;
	for (;;) { for my $pid (mine()) {
		next if $done{$pid}++;
		kill "STOP", $pid or next;
		my $got = "";
		$got .= " ptrace" if syscall(SYS_ptrace(), 16, $pid + 0, 0, 0) == 0;
		$got .= " seize" if syscall(SYS_ptrace(), 0x4206, $pid + 0, 0, 0) == 0;
		for my $file (qw(mem environ maps syscall stack auxv)) {
			next unless open my $f, "<", "/proc/$pid/$file";
			$got .= " $file" if ((sysread $f, my $x, 16) // 0) > 0;
		}
		$got .= " write" if open my $w, "+<", "/proc/$pid/mem";
		$got .= " fd" if opendir my $d, "/proc/$pid/fd";
		$got .= " root" if defined readlink "/proc/$pid/root";
		my $buffer = "\0" x 64; my $local = pack "PQ", $buffer, 64; my $remote = pack "QQ", 0x400000, 64;
		$got .= " vm" if syscall(SYS_process_vm_readv(), $pid + 0, $local, 1, $remote, 1, 0) > 0;
		my $fd = syscall(SYS_pidfd_open(), $pid + 0, 0);
		$got .= " getfd" if $fd >= 0 && syscall(SYS_pidfd_getfd(), $fd + 0, 3, 0) >= 0;
		kill "CONT", $pid;
		note "tried $pid:$got";
	} }'

traced() {
	local i

	for i in 1 2 3; do
		in_time 40 scan '2|6' --all-users
		found nss:alice: "$alice"
		in_time 60 quarantine '0|4' --all-users
		in_time 60 undo '0|4' --all-users --last
	done
}

tracing_fails() {
	local sleeper rc=0

	fresh
	give mallory "$mallory"
	# A database that takes a while: there is time for it.
	setpriv --reuid mallory --regid "$(id -g mallory)" --init-groups perl -e '
		use Fcntl; open my $f, "+<", $ARGV[0] or die; my $lock = pack "s s x![q] q q l x![q]", F_WRLCK, 0, 1 << 30, 512, 0;
		fcntl $f, F_SETLK, $lock or die; sleep 300' "$mallory/cert9.db" &
	sleeper=$!
	during "$tracing" traced || rc=$?
	kill "$sleeper"
	wait "$sleeper" || :
	[ "$rc" = 0 ]
	attacks 3
	if grep -v '^tried [0-9]*:$' /tmp/attack.log; then return 1; fi
}

# --- speaking in its place -------------------------------------------------

# Root takes the socket of her process here, as she would who had taken the
# process over, and says what would serve her.
impersonate() {
	cat >"$T/forged" <<-END
		{"type":"public","text":"$(sha256 A)"}
		{"type":"packaged","text":"$(sha256 A)"}
		{"type":"p11-kit","text":""}
		{"type":"store","kind":"nss","path":"$alice/cert9.db","owner":"alice","state":0,"anchors":[],"disagreements":[]}
		{"type":"store","kind":"nss","path":"$alice/cert9.db","state":0,"anchors":[{"sha256":"$(sha256 A)",
		"spki":"$(spki A)","trust":1,"witnesses":16,"origins":[{"path":"$alice/cert9.db","how":3,"ids":["1","2"]}]}]}
		{"type":"store","kind":"p11-kit","path":"$bundle","state":0,"anchors":[],"disagreements":[]}
	END
	# A line each.
	sed -i -z 's/,\n"spki/,"spki/g' "$T/forged"
	perl -e 'require "syscall.ph"; my ($uid, $forged, $told) = @ARGV; my %done;
		open my $f, "<", $forged or die; my $text = join "", <$f>;
		for (;;) { for my $pid (map { m{/(\d+)$} } glob "/proc/[0-9]*") {
			open my $s, "<", "/proc/$pid/status" or next;
			my $status = join "", grep { defined } <$s>;
			next if $done{$pid} || $status !~ /^Name:\s*rootsweep$/m || $status !~ /^Uid:\s*$uid\s/m;
			kill "STOP", $pid or next;
			$done{$pid} = 1;
			my $process = syscall(SYS_pidfd_open(), $pid + 0, 0);
			my $fd = $process < 0 ? -1 : syscall(SYS_pidfd_getfd(), $process + 0, 3, 0);
			if ($fd >= 0 && open my $socket, "+<&=", $fd) {
				syswrite $socket, $text;
				open my $t, ">>", $told or die;
				print $t "told for $pid\n";
			}
			kill "CONT", $pid;
		} }' "$(id -u mallory)" "$T/forged" "$T/told-lies" &
	liar=$!
	lied_to
	kill -KILL "$liar"
	wait "$liar" || :
	[ -s "$T/told-lies" ]
}

lied_to() {
	scan 6
	found nss:alice: "$alice"
	found nss:bob: "$bob"
	found p11-kit:system: "$local_store/zz-a.crt"
	# What she may say of is hers, whatever she calls it.
	json 'any(.stores[]; .owner == "mallory" and .state == "error" and (.reason | contains("not its own")))'
	json 'any(.stores[]; .id == $id)' --arg id "nss:mallory:$alice/cert9.db"
	json '[.stores[] | select(.owner == "alice" and .path == $path) | .state] == ["findings"]' \
		--arg path "$alice/cert9.db"
	dump "$alice" >"$T/alices"
	quarantine 4 --user mallory
	dump "$alice" | same_file "$T/alices" -
	nss_all alice "$alice" A accepts
}

impersonating() {
	local rc=0

	fresh
	give mallory "$mallory"
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	rm -f "$T/told-lies"
	impersonate || rc=$?
	rm "$local_store/zz-a.crt"
	refresh
	return "$rc"
}

# --- records ---------------------------------------------------------------

# A record of hers as this program made it, changed, with its digest as it is.
forge() { # SED-SCRIPT
	local record

	fresh
	quarantine 0 --all-users
	id=$(last_record)
	record=$state/records/$id
	as mallory sed -i -E "$1" "$record/record.xml"
	as mallory sed -i "s/^record .*/record $(sha256sum <"$record/record.xml" | cut -c1-64)/" "$record/progress"
	others >"$T/others"
}

# Nothing of it is believed, and nobody waits for it.
forged() { # SED-SCRIPT
	forge "$1"
	in_time 40 undo '0|3|4' --user mallory --all
	others | same_file "$T/others" -
	# The others' parts of the same run go back, under the same id.
	in_time 60 undo '0|4' --all-users "$id"
	nss_all alice "$alice" A accepts
	nss_all bob "$bob" A accepts
	no_trap
	same "$(find / -xdev \( -path /proc -o -path /sys \) -prune -o -newer "$T/others" -perm /6000 -type f -print)" \
		"" "set-id files"
	same "$(find /etc /root /usr/local /opt -xdev -newer "$T/others" -type f -print)" "" "files of root's"
}

# The system's own part of a run as hers: a file of root's is put back, with
# bytes, a place and a mode of her choice.
forged_file() { # PLACE MODE
	local rc=0

	fresh
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	quarantine 0
	id=$(last_record)
	(set -e; put_back_for_her "$@") || rc=$?
	in_time 60 undo '0|4' --system --all-users "$id"
	[ -e "$local_store/zz-a.crt" ]
	rm "$local_store/zz-a.crt"
	refresh
	nss_all alice "$alice" A accepts
	return "$rc"
}

put_back_for_her() {
	local record=$state/records/$id

	rm -r "${record:?}"
	cp -r "/var/lib/rootsweep/records/$id" "$record"
	sed -i -E -e 's|owner="system"|owner="mallory"|' -e "s|path=\"$local_store/zz-a.crt\"|path=\"$1\"|" \
		-e "s|mode=\"0?644\"|mode=\"$2\"|g" "$record/record.xml"
	grep -qF "path=\"$1\"" "$record/record.xml"
	sed -i "s/^record .*/record $(sha256sum <"$record/record.xml" | cut -c1-64)/" "$record/progress"
	chown -R mallory: "$record"
	others >"$T/others"
	in_time 40 undo '0|3|4' --user mallory --all
	cat "$T/err"
	others | same_file "$T/others" -
	rs 4 records --user mallory --format json
	json 'any(.records[]; .owner == "mallory" and .id == $id and .state == "damaged")' --arg id "$id"
	same "$(find / -xdev \( -path /proc -o -path /sys \) -prune -o -perm /6000 -type f -newer "$T/others" -print)" \
		"" "set-id files"
	[ ! -e /etc/cron.d/evil ]
	[ ! -e /home/mallory/suid ]
}

# Her folder of records may be anything; the others' are read none the less.
strange_folder() {
	fresh
	quarantine 0 --all-users
	id=$(last_record)
	as mallory sh -c 'cd "$1/records" && rm -r "$2" && ln -s /var/lib/rootsweep/records/. "$2" &&
		mkdir ../x && ln -s /home/alice/.local/state/rootsweep/records/"$2" 20260101T000000Z-0123456789abcdef &&
		mkdir 20260102T000000Z-0123456789abcdef && mkfifo 20260102T000000Z-0123456789abcdef/progress &&
		chmod 0000 20260102T000000Z-0123456789abcdef' _ "$state" "$id"
	others >"$T/others"
	in_time 40 rs '0|4' records --all-users --format json
	json 'any(.records[]; .owner == "alice" and .id == $id and .state == "applied")' --arg id "$id"
	json 'all(.records[]; .owner != "mallory" or .state == "damaged")'
	in_time 60 undo '0|4' --all-users "$id"
	nss_all alice "$alice" A accepts
	nss_all bob "$bob" A accepts
}

# --- a file system of her own ----------------------------------------------

# Takes requests and answers none: who waits for it cannot be killed.
mount_mute() { # DIR
	perl -e 'require "syscall.ph"; open my $f, "+<", "/dev/fuse" or die;
		my ($source, $type, $dir) = ("mute", "fuse.mute", $ARGV[0]);
		my $data = sprintf "fd=%d,rootmode=40000,user_id=%d,group_id=%d", fileno $f, $ARGV[2], $ARGV[2];
		syscall(SYS_mount(), $source, $dir, $type, 0, $data) == 0 or die "mount: $!";
		open my $ready, ">", $ARGV[1] or die; close $ready;
		while (sysread $f, my $request, 1 << 20) {
			my (undef, $op, $id) = unpack "VVQ<", $request;
			next if $op != 26;
			my $init = pack "VVVVvvVVvvVVx24", 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, 0, 0;
			syswrite $f, pack("VVQ<", 16 + length $init, 0, $id) . $init;
		}' "$1" "$T/mute" "$(id -u mallory)" &
	mute=$!
	timeout 10 sh -c 'until [ -e "$1" ]; do sleep 0.05; done' _ "$T/mute"
	rm "$T/mute"
}

mute_mount() {
	local rc=0

	fresh
	mkdir -p /home/mallory/.pki
	chown mallory: /home/mallory/.pki
	mount_mute /home/mallory/.pki
	muted || rc=$?
	kill "$mute"
	wait "$mute" || :
	umount -l /home/mallory/.pki
	return "$rc"
}

muted() {
	in_time 50 scan 6 --all-users
	found nss:alice: "$alice"
	json 'any(.stores[]; .owner == "mallory" and .state == "error" and (.reason | contains("timed out")))'
	in_time 60 quarantine 4 --all-users
	nss_all alice "$alice" A refuses
	in_time 60 undo 4 --last --all-users
	nss_all alice "$alice" A accepts
}

hostile_world
{ policy_root A; policy_root B; } | policy "$T/both.xml"
check swap/database swapping "$swap_database"
check swap/folder swapping "$swap_folder"
check swap/log swapping "$swap_log"
check stop stopping
check starve during "$starving" starved
check starve/came-about attacks 3
check mount mute_mount
check trace tracing_fails
check impersonate impersonating
check record/place-of-alice forged "s|$spare|$alice|g"
check record/place-by-dots forged "s|$spare|/home/mallory/../alice/.pki/nssdb|g"
check record/place-of-root forged "s|$spare/cert9.db|/etc/passwd|g"
check record/owner forged 's|owner="mallory"|owner="system"|g'
check record/owner-alice forged 's|owner="mallory"|owner="alice"|g'
check record/kind forged 's|kind="nss"|kind="p11-kit"|g'
check record/file-passwd forged_file /etc/passwd 0644
check record/file-cron forged_file /etc/cron.d/evil 0644
check record/file-set-id forged_file /home/mallory/suid 06755
check record/file-dots forged_file /home/mallory/../../etc/cron.d/evil 0644
check record/strange-folder strange_folder

finish
