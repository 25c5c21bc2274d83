#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# Java's keystore follows Debian's store only through its hook, by the links'
# base names and dpkg's triggers: two origins of one name, a package's root,
# and dpkg being busy.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 400

force_package() {
	mkdir "$package_store/isp"
	cp "$T/A.pem" "$package_store/isp/a.crt"
	echo isp/a.crt >>"$conf"
}

# The link goes to the file that the updater sees last.
force_same_name() {
	mkdir "$local_store/sub"
	cp "$T/A.pem" "$local_store/isp.crt"
	cp "$T/C.pem" "$local_store/sub/isp.crt"
}
also_same_name() { verdict C accepts java openssl-file; }
rest_same_name() { verdict C accepts java openssl-file; }

force_same_name_reversed() {
	mkdir "$local_store/sub"
	cp "$T/C.pem" "$local_store/isp.crt"
	cp "$T/A.pem" "$local_store/sub/isp.crt"
}
rest_same_name_reversed() { verdict C accepts java openssl-file openssl-path; }

force_same_name_package() {
	mkdir "$package_store/isp"
	cp "$T/C.pem" "$package_store/isp/a.crt"
	echo isp/a.crt >>"$conf"
	cp "$T/A.pem" "$local_store/a.crt"
}
rest_same_name_package() { verdict C accepts java openssl-file openssl-path; }

force_name() {
	cp "$T/A.pem" "$local_store/Forced Root (state), É.crt"
}

# Somebody else holds dpkg's lock, as apt and unattended-upgrades do.
hold_dpkg() {
	perl -MFcntl -e '
		my $whole = pack "ssx4qqlx4", F_WRLCK, 0, 0, 0, 0;
		for (qw(lock-frontend lock)) {
			open my $lock, ">>", "/var/lib/dpkg/$_" or die;
			fcntl $lock, F_SETLK, $whole or die;
			push @held, $lock;
		}
		open my $done, ">", $ARGV[0] or die;
		sleep 300' "$T/held" &
	holder=$!
	timeout 10 bash -c 'until [ -e "$1" ]; do sleep 0.05; done' _ "$T/held"
}

dpkg_is_held() {
	hold_dpkg
	if dpkg --triggers-only --pending; then return 1; fi
	let_dpkg_go
	dpkg --triggers-only --pending
}

let_dpkg_go() {
	rm -f "$T/held"
	kill "$holder"
	wait "$holder" 2>/dev/null || :
}

dpkg_busy() {
	reset_java
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	snapshot before
	verdict A accepts java
	hold_dpkg
	quarantine 4
	json '.changed and (.complete | not)'
	json 'any(.steps[]; .state == "pending") and all(.steps[]; .state != "failed")'
	verdict A refuses openssl-file openssl-path trust certtool
	verdict B accepts openssl-file openssl-path trust certtool java
	rs '0|4' records --format json
	json 'any(.records[]; .state == "pending" or .state == "partly_applied")'
	# Nothing can be finished yet, and a scan says so.
	scan '4|6'
	let_dpkg_go
	rs 0 recover --format json
	verdict A refuses java openssl-file
	verdict B accepts java
	scan 0
	undo 0
	restored before
}

reset_java() {
	reset_store
	rm -rf /var/lib/ca-certificates-java
	cp -a "$T/base/dpkg-triggers" /var/lib/dpkg/triggers.new
	rm -rf /var/lib/dpkg/triggers
	mv /var/lib/dpkg/triggers.new /var/lib/dpkg/triggers
}

{ make_world && debian_store with-java; } || fatal "no world"
make_root C "Rootsweep Test Root C" || fatal "no root"
save_store || fatal "no store"
cp -a /var/lib/dpkg/triggers "$T/base/dpkg-triggers"

clients_of_b="openssl-file openssl-path trust certtool java"
clients_rid_of_a=$clients_of_b
clients_of_a=$clients_of_b
check java/package trip package 2 0 0 0
check java/name trip name 2 0 0 0
check java/same-name-reversed trip same-name-reversed 2 0 0 0
check java/same-name-package trip same-name-package 2 0 0 0
# The honest one has the link and the alias: Java never had this one.
clients_of_a="openssl-file trust certtool"
check java/same-name trip same-name 2 0 0 0
check java/dpkg-is-held dpkg_is_held
check java/dpkg-busy dpkg_busy

finish
