#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# --root DIR: another system's stores, users and records, with nothing of it
# run and nothing outside of it read or changed.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-root.sh"

enter 300

user_db=$tree/home/tina/.mozilla/firefox/p.default/cert9.db
firefox=$tree/etc/firefox/policies/policies.json
evil=$tree_local/evil.crt

in_tree() { # COMMAND...: as the tree's user
	setpriv --reuid "$tree_user" --regid "$tree_user" --clear-groups env HOME="$tree/home/tina" "$@"
}

plant_user() {
	local dir=${user_db%/*}

	in_tree mkdir -p "$dir"
	printf '[Profile0]\nName=p\nIsRelative=1\nPath=p.default\nDefault=1\n' |
		in_tree tee "$tree/home/tina/.mozilla/firefox/profiles.ini" >/dev/null
	install -m 0644 "$T/A.pem" /tmp/A.pem
	in_tree certutil -N -d "sql:$dir" --empty-password
	in_tree certutil -A -d "sql:$dir" -n A -t CT,C,C -i /tmp/A.pem
	dump "$dir" >"$T/user-db"
}

plant() {
	cp "$T/A.pem" "$evil"
	cp "$T/B.pem" "$tree_local/honest.crt"
	tree_refresh ""
	mkdir -p "${firefox%/*}"
	cp "$T/A.der" "$T/B.der" "$tree/srv"
	echo '{"policies": {"Certificates": {"Install": ["/srv/A.der", "/srv/B.der"]}}}' >"$firefox"
	plant_user
	tree_list >"$T/before"
}

as_before() {
	tree_list >"$T/now"
	same_file "$T/before" "$T/now"
	dump "${user_db%/*}" | same_file "$T/user-db" -
}

bundle_has() { # NAME
	openssl storeutl -noout -text -certs "$tree_bundle" 2>/dev/null | has /dev/stdin "Root $1"
}

bundle_lacks() {
	openssl storeutl -noout -text -certs "$tree_bundle" >"$T/bundle" 2>/dev/null
	has_not "$T/bundle" "Root $1"
}

machine_is_as_before() {
	machine >"$T/machine.now"
	same_file "$T/machine" "$T/machine.now"
}
machine() {
	find /etc/ssl /etc/ca-certificates* /etc/firefox /usr/local/share/ca-certificates /home \
		/var/lib/rootsweep -printf '%p %y %m %U:%G %s %T@ %l\n' 2>/dev/null | sort
}

# --- tests -----------------------------------------------------------------

scans() {
	scan 2 --root "$tree"
	document scan
	found p11-kit:system: /usr/local/share/ca-certificates/evil.crt
	found openssl-dir:system:/etc/ssl/certs /etc/ssl/certs/evil.pem
	found "nss:tina:/home/tina/.mozilla/firefox/p.default"
	found browser-policy:system:/etc/firefox/policies/policies.json
	json 'all(.stores[]; .owner == "system" or .owner == "tina" or .owner == "root")'
	json 'any(.findings[]; (.store | startswith("nss:")) and (.witnesses | index("softoken")))'
	as_before
	machine_is_as_before
}

takes_out() {
	quarantine 0 --root "$tree"
	document quarantine
	json 'all(.steps[]; .state == "done") and .still_trusted == [] and .lost == []'
	[ ! -e "$evil" ] && [ ! -L "$tree/etc/ssl/certs/evil.pem" ]
	bundle_lacks A
	bundle_has B
	has "$tree_local/honest.crt" BEGIN
	same "$(in_tree certutil -L -d "sql:${user_db%/*}" | grep -c '^A ')" 0
	same "$(jq '.policies.Certificates.Install | length' "$firefox")" 1
	[ -d "$tree/var/lib/rootsweep/records" ] && [ ! -e /var/lib/rootsweep ]
	[ -d "$tree/home/tina/.local/state/rootsweep/records" ]
	machine_is_as_before
	scan 0 --root "$tree"
}

# The copies that were cut are what the tree's own tool would make.
copies_are_the_tools() {
	quarantine 0 --root "$tree"
	sha256sum "$tree_bundle" >"$T/cut"
	find "$tree/etc/ssl/certs" -printf '%p %l\n' | sort >>"$T/cut"
	tree_refresh --fresh
	{
		sha256sum "$tree_bundle"
		find "$tree/etc/ssl/certs" -printf '%p %l\n' | sort
	} | same_file "$T/cut" -
}

lists_records() {
	rs 0 records --root "$tree" --format json
	json '[.records[].owner] | sort == ["system", "tina"]'
	rs 0 records --format json
	json '.records == []'
}

puts_back() {
	undo 0 --root "$tree" --last
	json 'all(.records[]; .state == "undone") and .conflicts == []'
	as_before
	machine_is_as_before
	rs 0 forget --all --yes --root "$tree"
	rs 0 records --root "$tree" --format json
	json '.records == []'
}

# --- the tree's own tools --------------------------------------------------

# Java's keystore is nothing that could be cut from here.
put_keystore() {
	mkdir -p "$tree/etc/ssl/certs/java"
	keytool -importcert -noprompt -storetype JKS -storepass changeit -alias debian:evil.pem \
		-file "$T/A.pem" -keystore "$tree/etc/ssl/certs/java/cacerts" >"$T/keytool.log" 2>&1
}

keystore_waits() {
	put_keystore
	tree_list >"$T/before"
	quarantine 4 --root "$tree"
	json 'any(.steps[]; .kind == "refresh" and .state == "pending" and
		(.reason | contains("java/cacerts") and contains("update-ca-certificates --fresh")))'
	bundle_lacks A
	undo 0 --root "$tree" --last
	as_before
	rm -r "$tree/etc/ssl/certs/java"
	rs 0 forget --all --yes --root "$tree"
}

# A hook of the tree's says what it can do, and what it finds.
hook=$tree/etc/ca-certificates/update.d/zz-spy
put_hook() {
	cat >"$hook"
	chmod 0755 "$hook"
}

runs_its_updater() {
	put_hook <<-'END'
		#!/bin/sh
		exec >/srv/told 2>&1
		grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
		echo "pids $(ls /proc | grep -c '^[0-9]')"
		echo "nets $(ls /proc/sys/net/ipv4/conf | tr '\n' ' ')"
		echo "fds $(ls /proc/self/fd | tr '\n' ' ')"
		echo "env $(env | cut -d= -f1 | sort | tr '\n' ' ')"
		sort | sed 's/^/line /'
		(sleep 60; echo late >/srv/late) &
	END
	tree_list >"$T/before"
	quarantine 4 --root "$tree"
	json 'any(.steps[]; .kind == "refresh" and .state == "pending" and (.reason | contains("zz-spy")))'
	[ ! -e "$tree/srv/told" ]
	rs 0 recover --yes --root "$tree" --refresh-in-root --format json
	has "$tree/srv/told" "line -/etc/ssl/certs/evil.pem" "NoNewPrivs:	1"
	# CHOWN, DAC_OVERRIDE, FOWNER and FSETID.
	has "$tree/srv/told" "CapEff:	000000000000001b" "CapBnd:	000000000000001b"
	has_not "$tree/srv/told" SUDO rootsweep
	[ "$(sed -n 's/^pids //p' "$tree/srv/told")" -lt 12 ]
	same "$(pgrep -f "sleep 60")" ""
	bundle_lacks A
	bundle_has B
	same "$(find "$tree/dev" "$tree/proc" "$tree/tmp" -mindepth 1)" ""
	machine_is_as_before
	undo 0 --root "$tree" --last --refresh-in-root
	has "$tree/srv/told" "line +/etc/ssl/certs/evil.pem"
	bundle_has A
	rm "$hook" "$tree/srv/told"
	rs 0 forget --all --yes --root "$tree"
}

# By the second chroot, by the namespace of process 1, and by a new mount.
tries_to_leave() {
	put_hook <<-'END'
		#!/usr/bin/perl
		mkdir "/srv/jail";
		open(my $here, "<", "/") or die;
		if (chroot("/srv/jail")) {
			chdir("..") for 1 .. 64;
			chroot(".");
		}
		open(my $out, ">", "/srv-told") and print $out "left by chroot\n";
		open(my $mark, ">", "/../../../../srv/rootsweep-test/escaped");
		system("mount", "-t", "tmpfs", "none", "/mnt");
		system("unshare", "--mount", "true") == 0 and print "unshare\n";
		system("nsenter", "-t", "1", "-m", "touch", "/srv/rootsweep-test/escaped");
		system("mknod", "/srv/disk", "b", "8", "0");
		kill(9, -1);
	END
	quarantine "0|4" --root "$tree" --refresh-in-root
	[ -e "$tree/srv/jail" ] && [ ! -e "$T/escaped" ] && [ ! -e /srv-told ] && [ ! -e "$tree/srv/disk" ]
	machine_is_as_before
	rm -rf "$hook" "$tree/srv/jail" "$tree/srv-told"
	undo 0 --root "$tree" --last --refresh-in-root
	rs 0 forget --all --yes --root "$tree"
}

# As of another architecture: the header of a program for the S/390.
foreign_updater() {
	printf '\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\26\0\0\0\1%064d' 0 >"$T/foreign"
	chmod 0755 "$T/foreign"
	mount --bind "$T/foreign" "$tree/usr/sbin/update-ca-certificates"
	quarantine 4 --root "$tree" --refresh-in-root
	umount "$tree/usr/sbin/update-ca-certificates"
	json 'any(.steps[]; .kind == "refresh" and .state == "pending" and
		(.reason | contains("Exec format error")))'
	bundle_lacks A
	undo 0 --root "$tree" --last
	bundle_has A
	rs 0 forget --all --yes --root "$tree"
}

# --- what leads out of the tree --------------------------------------------

outside() {
	find "$T/outside" -type d -printf '%p %m %U:%G %T@\n' -o -printf '%p %m %U:%G %s %T@ %A@\n' | sort
}

# The links are the tree's; what is at their ends is this system's, holds A,
# and is neither found nor opened. A library that the C library would load for
# a character set or a user's name is in the tree, and is not loaded.
leads_out() {
	tree_list >"$T/before"
	mkdir -p "$T/outside"/{ssl/certs,mozilla}
	cp "$T/A.pem" "$T/outside/ssl/certs/outside.pem"
	cp "$T/A.pem" "$T/outside/ssl/certs/ca-certificates.crt"
	cp -r "${user_db%/firefox/*}/." "$T/outside/mozilla"
	chown -R "$tree_user" "$T/outside"
	outside >"$T/outside.before"
	mv "$tree/etc/ssl" "$tree/etc/ssl.away"
	mv "$tree/home/tina/.mozilla" "$tree/home/tina/.away"
	ln -s "$T/outside/ssl" "$tree/etc/ssl"
	ln -s "$T/outside/mozilla" "$tree/home/tina/.mozilla"
	ln -s "/../../../..$T/outside" "$tree/etc/pkcs11"
	rs_wrap=(strace -f -qq -e trace=file -o "$T/trace")
	quarantine "0|4" --root "$tree"
	rs_wrap=()
	json 'all(.findings[]; .store | (contains("outside") or startswith("openssl-dir")) | not)'
	outside | same_file "$T/outside.before" -
	machine_is_as_before
	# No call outside of the tree, and no call of the parent's, names a place in it.
	same "$(grep -E '(open|stat|link|rename|mkdir|access)[a-z0-9]*\(' "$T/trace" | grep -F "$tree/")" ""
	undo "0|4" --root "$tree" --last
	rm "$tree/etc/ssl" "$tree/home/tina/.mozilla" "$tree/etc/pkcs11"
	mv "$tree/etc/ssl.away" "$tree/etc/ssl"
	mv "$tree/home/tina/.away" "$tree/home/tina/.mozilla"
	outside | same_file "$T/outside.before" -
	as_before
	rs 0 forget --all --yes --root "$tree"
}

# --- what is no whole system -----------------------------------------------

no_passwd() {
	mkdir "$T/image"
	(cd "$tree" && cp -a --parents etc/ssl etc/ca-certificates.conf var/lib/dpkg "$T/image")
	mkdir -p "$T/image/usr/share/ca-certificates" "$T/image/usr/local/share/ca-certificates"
	cp -a "$tree_local/." "$T/image/usr/local/share/ca-certificates"
	scan "2|6" --root "$T/image"
	found p11-kit:system: /usr/local/share/ca-certificates/evil.crt
	json 'any(.not_looked_at[]; contains("/etc/passwd"))'
	quarantine "0|4" --root "$T/image"
	[ ! -e "$T/image/usr/local/share/ca-certificates/evil.crt" ]
	rs 3 scan --policy "$T/policy.xml" --root "$T/image" --user root
	has "$T/err" "there is no user root here"
}

is_no_system() {
	mkdir "$T/empty"
	mkfifo "$T/empty/fifo"
	rs 3 scan --policy "$T/policy.xml" --root "$T/empty"
	has "$T/err" "there is no system in $T/empty"
	rs 3 scan --policy "$T/policy.xml" --root "$T/none"
	rs 3 scan --policy "$T/policy.xml" --root "$T/policy.xml"
	# A special file in passwd's place keeps nobody waiting.
	mkdir -p "$T/empty/etc"
	mkfifo "$T/empty/etc/passwd"
	rs 3 scan --policy "$T/policy.xml" --root "$T/empty"
	rs 3 quarantine --policy "$T/policy.xml" --yes --refresh-in-root
	has "$T/err" "--refresh-in-root goes with --root"
}

# The running system, by its own name: worked on as such.
root_is_this() {
	scan 0 --root /
	cp "$T/A.pem" "$local_store/this.crt"
	scan "2|6" --root /../
	found p11-kit:system: "$local_store/this.crt"
	rm "$local_store/this.crt"
}

if ! make_world || ! make_tree; then
	fatal "cannot make the tree"
fi
machine >"$T/machine"
check root/planted plant || fatal "nothing is planted"
check root/scan scans
check root/quarantine takes_out
check root/records lists_records
check root/undo puts_back
check root/keystore-waits keystore_waits
check root/refresh-in-root runs_its_updater
check root/no-way-out tries_to_leave
check root/foreign-architecture foreign_updater
check root/leads-out leads_out
check root/no-passwd no_passwd
check root/no-system is_no_system
check root/this-system root_is_this
check root/copies-as-the-tool-makes-them copies_are_the_tools
finish
