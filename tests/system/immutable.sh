#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Systems that are made or replaced as a whole: what is there is shown with
# what to do, and nothing is touched, not even half of it.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 200

# advised ADVICE: by scan and by quarantine; a user's own store is done.
advised() {
	snapshot before
	scan 2 --system
	has "$T/out" "$1"
	rs 4 quarantine --policy "$T/policy.xml" --system -n --format json
	quarantine 4 --system
	json '(.changed | not) and .record == null and (.findings | length) > 1'
	json 'all(.findings[]; .result == "refused" and (.reason | contains($advice)))' --arg advice "$1"
	restored before
	verdict A accepts openssl-file openssl-path trust certtool
}

start() {
	reset_store
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
}

nixos() {
	start
	touch /etc/NIXOS
	advised "security.pki.certificateFiles"
	rm /etc/NIXOS
}

guix() {
	start
	mkdir -p /gnu/store /run/current-system
	advised "guix system reconfigure"
	rm -r /gnu /run/current-system
}

ostree() {
	start
	touch /run/ostree-booted
	advised "rpm-ostree uninstall"
	rm /run/ostree-booted
}

read_only() { # DIRECTORY ADVICE
	start
	mount --bind "$1" "$1"
	mount -o remount,ro,bind "$1"
	advised "$2"
	umount -l "$1"
}

read_only_usr() { read_only /usr "/usr is read-only"; }
read_only_etc() { read_only /etc "/etc is read-only"; }
snapshots() {
	touch /usr/sbin/transactional-update
	read_only /usr "transactional-update shell"
	rm /usr/sbin/transactional-update
}

# A user's own folder is no part of the image.
users_part() {
	local db=/home/alice/.pki/nssdb

	start
	nss_make alice "$db"
	nss_add alice "$db" old A
	touch /etc/NIXOS
	quarantine 4 --system --user alice
	json '.changed and any(.findings[]; (.store | startswith($store)) and .result == "quarantined")' \
		--arg store "nss:alice:$db"
	nss_all alice "$db" A refuses
	verdict A accepts openssl-file openssl-path trust certtool
	undo 0 --system --user alice --last
	nss_all alice "$db" A accepts
	rm /etc/NIXOS
}

{ make_world && make_users alice && debian_store small; } || fatal "no world"
save_store || fatal "no store"

for case in nixos guix ostree read-only-usr read-only-etc snapshots users-part; do
	check "$case" "${case//-/_}"
done

finish
