# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034,SC1091
#
# A small machine with a store of every kind, all of which trust root A, for
# the tests that strike at each change of it. What they do a thousand times is
# in faults.py; this makes the machine and starts that.

faults=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite_dir=$faults/../system
. "$suite_dir/lib.sh"
. "$suite_dir/lib-world.sh"
. "$suite_dir/lib-nss.sh"

managed=/etc/chromium/policies/managed
jvm=/opt/jdk-25
profile=/home/alice/.config/chromium/Default
flatpak=/home/alice/.local/share/flatpak/extension/org.mozilla.firefox.systemconfig/x86_64/stable/policies

# Does what the real one does, without its second of work: a link for each
# origin, all of them in one file, put in place whole.
stand_in_updater() {
	guard
	cat >/usr/sbin/update-ca-certificates <<-'END'
		#!/bin/sh
		set -e
		cd /etc/ssl/certs
		: >ca-certificates.crt.new
		{
			sed -n 's|^[^!#]|/usr/share/ca-certificates/&|p' /etc/ca-certificates.conf
			find /usr/local/share/ca-certificates -name '*.crt' | sort
		} | while read -r origin; do
			[ -e "$origin" ] || continue
			name=${origin##*/}
			# ln -sf leaves a link of another name where it is killed.
			rm -f "${name%.crt}.pem"
			ln -s "$origin" "${name%.crt}.pem"
			cat "$origin" >>ca-certificates.crt.new
		done
		chmod 644 ca-certificates.crt.new
		mv -f ca-certificates.crt.new ca-certificates.crt
		exec openssl rehash /etc/ssl/certs
	END
	chmod 755 /usr/sbin/update-ca-certificates
}

make_os_store() { # real|stand-in
	debian_store small
	sed -i 4q "$conf"
	(cd "$package_store" && find . -type f -printf '%P\n' | grep -vxFf "$conf" | xargs rm)
	[ "$1" = real ] || stand_in_updater
	mkdir -p "$package_store/isp"
	cp "$T/A.pem" "$package_store/isp/a.crt"
	echo isp/a.crt >>"$conf"
	cp "$T/A.pem" "$local_store/zz-a.crt"
	cp "$T/B.pem" "$local_store/b.crt"
	cat "$T/C.pem" "$T/A.pem" >"$local_store/zz-many.crt"
	find "$links" -maxdepth 1 -mindepth 1 ! -type d -delete
	refresh
	cp "$T/A.pem" "$links/stray.pem"
	openssl rehash "$links" >"$T/rehash.log" 2>&1
}

make_chromium() {
	as alice mkdir -p "$profile"
	as alice sqlite3 "$profile/ServerCertificate" "
		create table meta(key longvarchar not null unique primary key, value longvarchar);
		insert into meta values('version', '1'), ('last_compatible_version', '1');
		create table certificates(sha256hash_hex text primary key, der_cert blob not null,
			trust_settings blob not null);
		insert into certificates values('$(sha256 B)', x'$(od -An -v -tx1 "$T/B.der" | tr -d ' \n')', x'0a020803');
		insert into certificates values('$(sha256 A)', x'$(od -An -v -tx1 "$T/A.der" | tr -d ' \n')', x'0a020803')"
}

make_policies() {
	mkdir -p "$managed"
	echo "{\"CACertificates\":[\"$(base64 -w0 "$T/B.der")\",\"$(base64 -w0 "$T/A.der")\"]}" >"$managed/x.json"
	as alice mkdir -p "$flatpak" /home/alice/.mozilla/certificates
	cp "$T/A.pem" /home/alice/.mozilla/certificates/a.pem
	echo '{"policies":{"Certificates":{"Install":["a.pem"]}}}' >"$flatpak/policies.json"
	chown alice: "$flatpak/policies.json" /home/alice/.mozilla/certificates/a.pem
}

# JKS: keytool writes the same bytes for the same entries.
make_keystore() {
	local name

	mkdir -p "$jvm/lib/security"
	for name in B A; do
		keytool -importcert -noprompt -keystore "$jvm/lib/security/cacerts" -storetype JKS \
			-storepass changeit -file "$T/$name.pem" -alias "root-$name" >"$T/keytool.log" 2>&1
	done
}

# make_machine real|stand-in [java]
make_machine() {
	require python3 keytool sqlite3
	[ -x "$rootsweep-test" ] || fatal "ROOTSWEEP_TEST_BUILD must name the test build (cmd/rootsweep-test)"
	[ -x /usr/local/bin/kill-at ] || fatal "tests/faults/kill-at is not beside the test build"
	{ make_world && make_users alice && make_root C "Rootsweep Test Root C" &&
		make_os_store "$1" && nss_make alice "$db" && nss_add alice "$db" old A &&
		nss_add alice "$db" new B && make_chromium && make_policies; } || fatal "no machine"
	[ "${2:-}" != java ] || make_keystore || fatal "no keystore"
}

# strike NAME ARGUMENTS...: one test, which is faults.py's (or $program's); what it counted is
# shown.
strike() {
	local name=$1
	shift

	if python3 "$here/../faults/${program:-faults}.py" "$@" >"$T/strike.log" 2>&1; then
		grep '^# ' "$T/strike.log"
		echo "ok - /system/$suite/$name"
	else
		LC_ALL=C sed -e 's/[^[:print:][:space:]]/?/g' -e '/^# /!s/^/# /' "$T/strike.log" | cut -c1-2000 | head -n 100
		echo "not ok - /system/$suite/$name"
	fi
}
