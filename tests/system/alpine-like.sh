#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# Alpine's places: Debian's, but for an updater that takes every file at the
# top of the local folder, names its links otherwise, and has no options. The
# system's p11-kit does not come into it.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 240

updater=/usr/sbin/update-ca-certificates

# As Alpine's own program does it, with its hook for the hash links.
write_updater() {
	cat <<-'END'
		#!/bin/bash
		to=/etc/ssl/certs
		declare -A wanted
		take() {
			name=${1##*/}
			name=ca-cert-$(echo "${name%.crt}" | sed -e 's/[ ,]/_/g' -e 's/[()]/=/g').pem
			wanted[$name]=$1
			cat "$1" >>$to/bundle.new || echo "Warning! Cannot copy to bundle: $1" >&2
		}
		: >$to/bundle.new
		while IFS= read -r line; do
			case $line in '#'* | '!'* | '') continue ;; esac
			take "/usr/share/ca-certificates/$line"
		done </etc/ca-certificates.conf
		for file in /usr/local/share/ca-certificates/*; do
			[ ! -e "$file" ] || take "$file"
		done
		for link in $to/*; do
			target=$(readlink "$link") || continue
			case $target in /usr/share/ca-certificates/* | /usr/local/share/ca-certificates/*) ;; *) continue ;; esac
			[ "${wanted[${link##*/}]:-}" = "$target" ] || rm "$link"
		done
		for name in "${!wanted[@]}"; do
			[ -L "$to/$name" ] || ln -s "${wanted[$name]}" "$to/$name"
		done
		mv $to/bundle.new $to/ca-certificates.crt
		openssl rehash $to 2>/dev/null
	END
}

alpine_world() {
	guard
	rm -rf /etc/ca-certificates /var/lib/dpkg/info "${links:?}" /etc/pkcs11
	mkdir -p /usr/lib/apk/db "$links" "$local_store"
	rm -f "${local_store:?}"/*
	write_updater >"$updater"
	chmod 0755 "$updater"
	rm -rf /usr/lib/ssl/certs /usr/lib/ssl/cert.pem
	ln -sfn certs/ca-certificates.crt /etc/ssl/cert.pem
	(cd "$package_store" && find . -name '*.crt' -printf '%P\n' | sort | sed 20q) >"$conf"
	# Only where p11-kit has a source is it a reader to hear.
	rm -f /usr/share/p11-kit/modules/p11-kit-trust.module
	refresh
}

refresh() {
	guard
	"$updater" >"$T/refresh.log" 2>&1 || {
		cat "$T/refresh.log"
		return 1
	}
}

force_plain() { cp "$T/A.pem" "$local_store/isp (a), b.crt"; }
# Not what Debian's would take.
force_any_name() { cp "$T/A.pem" "$local_store/isp.pem"; }
force_several() { (cd "$T" && cat C.pem A.pem D.pem) >"$local_store/isp.crt"; }
rest_several() { (cd "$T" && cat C.pem D.pem) | same_file - "$local_store/isp.crt"; }

force_package() {
	mkdir -p "$package_store/isp"
	cp "$T/A.pem" "$package_store/isp/a.crt"
	echo isp/a.crt >>"$conf"
}
rest_package() {
	grep -qxF '!isp/a.crt' "$conf"
	[ -e "$package_store/isp/a.crt" ]
}

force_bundle() { :; }
also_bundle() { cat "$T/A.pem" >>"$bundle"; }

force_stray() { :; }
also_stray() {
	cp "$T/A.pem" "$links/isp.pem"
	openssl rehash "$links" 2>/dev/null
}

# Two with the same name have the same hash; the one that stays must be found.
force_collision() { cp "$T/A2.pem" "$local_store/zz-a2.crt"; }
also_collision() {
	local hash

	hash=$(openssl x509 -in "$T/A.pem" -noout -hash)
	cp "$T/A.pem" "$links/isp.pem"
	mv "$links/$hash.0" "$links/$hash.1"
	ln -s isp.pem "$links/$hash.0"
	verdict A2 accepts openssl-path
}
rest_collision() { verdict A2 accepts openssl-path openssl-file; }
back_collision() { verdict A2 accepts openssl-path openssl-file; }

# A copy of the bundle by hand, where a link should be.
force_copied() { cp "$T/A.pem" "$local_store/isp.crt"; }
also_copied() {
	rm /etc/ssl/cert.pem
	cp "$bundle" /etc/ssl/cert.pem
	sha256sum /etc/ssl/cert.pem >"$T/copied"
}
rest_copied() {
	same "$(ask_openssl A -CAfile /etc/ssl/cert.pem)" refuses
	same "$(ask_openssl B -CAfile /etc/ssl/cert.pem)" accepts
}
back_copied() {
	sha256sum -c --quiet "$T/copied"
	ln -sfn certs/ca-certificates.crt /etc/ssl/cert.pem
}

# What neither reads: hidden files, and folders.
not_read() {
	reset_store
	cp "$T/A.pem" "$local_store/.isp.crt"
	mkdir "$local_store/isp"
	cp "$T/A.pem" "$local_store/isp/a.crt"
	scan 0
	json '.findings == [] and .layout == "alpine"'
}

updater_fails() {
	reset_store
	force_plain
	refresh
	snapshot before
	printf '#!/bin/sh\n: >%s\nexit 1\n' "$bundle" >"$updater"
	quarantine 4
	json 'any(.steps[]; .kind == "refresh" and .state == "failed")'
	verdict B accepts openssl-file certtool
	write_updater >"$updater"
	undo '0|4'
	restored before
}

make_world || fatal "no world"
for name in C D; do
	make_root $name "Rootsweep Test Root $name" || fatal "no root"
done
make_root A2 "Rootsweep Test Root A" || fatal "no root"
{ alpine_world && save_store; } || fatal "no store"

clients_of_b="openssl-file openssl-path certtool"
clients_of_a="openssl-file openssl-path certtool"
clients_rid_of_a=$clients_of_a
for place in plain any-name package copied; do
	check "place/$place" trip $place 2 0 0 0
done
clients_of_a="openssl-file certtool"
check place/several trip several 2 0 0 0
check place/bundle trip bundle 2 0 0 0
clients_of_a="openssl-path"
check place/stray trip stray 2 0 0 0
clients_rid_of_a="openssl-file certtool"
check place/collision trip collision 2 0 0 0
clients_rid_of_a="openssl-file openssl-path certtool"
check not-read not_read
check updater/fails updater_fails

finish
