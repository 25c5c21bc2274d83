#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2034,SC2317
#
# The places of Debian's store besides local files: packages' roots and their
# list, strays and hash links in /etc/ssl/certs, the bundle itself; and undo in
# a world that has changed since.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 300

rehash() {
	openssl rehash "$links" >"$T/rehash.log" 2>&1
}

hash_of() { # NAME
	openssl x509 -in "$T/$1.pem" -noout -subject_hash
}

# --- a package's root ------------------------------------------------------

force_package() {
	mkdir "$package_store/isp"
	cp "$T/A.pem" "$package_store/isp/a.crt"
	printf '# added by isp-roots\nisp/a.crt\n' >>"$conf"
}
rest_package() {
	cmp "$T/A.pem" "$package_store/isp/a.crt"
	sed 's|^isp/a.crt$|!isp/a.crt|' "$T/base/conf" >"$T/wanted"
	printf '# added by isp-roots\n!isp/a.crt\n' >>"$T/wanted"
	cmp "$T/wanted" "$conf"
	[ ! -L "$links/a.pem" ]
}

# The list's other lines, without a last newline, stay byte for byte.
force_package_spaces() {
	mkdir "$package_store/isp (state)"
	cp "$T/A.pem" "$package_store/isp (state)/root, a.crt"
	sed -i '3i isp (state)/root, a.crt' "$conf"
	printf '!isp/never.crt' >>"$conf"
}
rest_package_spaces() {
	sed '3i !isp (state)/root, a.crt' "$T/base/conf" >"$T/wanted"
	printf '!isp/never.crt' >>"$T/wanted"
	cmp "$T/wanted" "$conf"
	[ ! -L "$links/root__a.pem" ]
}

force_package_and_local() {
	force_package
	cp "$T/A.pem" "$local_store/zz-a.crt"
}

# --- /etc/ssl/certs itself -------------------------------------------------

force_stray() { :; }
also_stray() {
	cp "$T/A.pem" "$links/stray.pem"
	touch -d '2001-02-03 04:05:06' "$links/stray.pem"
	rehash
}
rest_stray() {
	[ ! -e "$links/stray.pem" ]
	[ ! -L "$links/$(hash_of A).0" ]
}

# A regular file under the hash's own name.
force_stray_hash() { :; }
also_stray_hash() { cp "$T/A.pem" "$links/$(hash_of A).0"; }
rest_stray_hash() { [ ! -e "$links/$(hash_of A).0" ]; }

# A link straight to a file elsewhere, and a hash link to that link.
force_stray_link() { :; }
also_stray_link() {
	mkdir -p /opt/isp
	cp "$T/A.pem" /opt/isp/root.pem
	ln -s /opt/isp/root.pem "$links/isp-root.pem"
	rehash
}
rest_stray_link() { [ ! -L "$links/$(hash_of A).0" ]; }

# OpenSSL stops at the first number that is missing: whoever comes after A
# under the same hash has to be found still.
force_collision() { :; }
also_collision() {
	cp "$T/A.pem" "$links/a.pem"
	cp "$T/A2.pem" "$links/b.pem"
	rm -f "$links/$(hash_of A)".?
	ln -s a.pem "$links/$(hash_of A).0"
	ln -s b.pem "$links/$(hash_of A).1"
	verdict A2 accepts openssl-path
}
rest_collision() { verdict A2 accepts openssl-path; }

force_collision_local() {
	cp "$T/A.pem" "$local_store/a.crt"
	cp "$T/A2.pem" "$local_store/b.crt"
}
also_collision_local() { verdict A2 accepts openssl-path openssl-file; }
rest_collision_local() { verdict A2 accepts openssl-path openssl-file; }

force_bundle() { :; }
also_bundle() { cat "$T/A.pem" >>"$bundle"; }

force_bundle_first() { :; }
also_bundle_first() {
	cat "$T/A.pem" "$bundle" >"$T/bundle"
	cat "$T/bundle" >"$bundle"
}

# --- undo when the world has changed ---------------------------------------

start() { # NAME
	reset_store
	"force_$1"
	refresh
	quarantine 0
	last_record >"$T/record"
}

# A package adds a line of its own: it stays, only our mark goes.
conf_grew() {
	start package
	mkdir "$package_store/other"
	cp "$T/C.pem" "$package_store/other/c.crt"
	echo other/c.crt >>"$conf"
	refresh
	undo 0
	json '.changed and .conflicts == []'
	{
		cat "$T/base/conf"
		printf '# added by isp-roots\nisp/a.crt\nother/c.crt\n'
	} >"$T/wanted"
	cmp "$T/wanted" "$conf"
	verdict A accepts openssl-file openssl-path trust certtool
	verdict C accepts openssl-file openssl-path trust certtool
}

# The package is gone, its line too: nothing is put back in its place.
conf_lost_line() {
	start package
	rm -r "$package_store/isp"
	cp "$T/base/conf" "$conf"
	undo "0|4"
	cmp "$T/base/conf" "$conf"
	verdict A refuses openssl-file openssl-path trust certtool
}

force_many() { (cd "$T" && cat C.pem A.pem D.pem) >"$local_store/zz-many.crt"; }

file_grew() {
	start many
	cat "$T/E.pem" >>"$local_store/zz-many.crt"
	refresh
	undo 0
	(cd "$T" && cat C.pem A.pem D.pem E.pem) >"$T/wanted"
	cmp "$T/wanted" "$local_store/zz-many.crt"
	verdict A accepts openssl-file trust certtool
}

force_local() { cp "$T/A.pem" "$local_store/zz-a.crt"; }

# Somebody put another file there: it is never overwritten.
other_file_there() {
	start local
	cp "$T/E.pem" "$local_store/zz-a.crt"
	refresh
	undo 4
	json '(.conflicts | length) > 0'
	cmp "$T/E.pem" "$local_store/zz-a.crt"
	verdict E accepts openssl-file openssl-path trust certtool
	verdict A refuses openssl-file openssl-path trust certtool
	rs 0 records --format json
	json 'any(.records[]; .state == "partly_undone" or .state == "applied")'
	# Where the saved copy lies is said, and it is whole.
	jq -r '.. | strings' "$T/out" >/dev/null
	[ "$(grep -rlF "$(sed -n 3p "$T/A.pem")" /var/lib/rootsweep/records | wc -l)" -ge 1 ]
}

already_back() {
	start local
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	undo '0|4'
	cmp "$T/A.pem" "$local_store/zz-a.crt"
	verdict A accepts openssl-file openssl-path trust certtool
}

folder_gone() {
	reset_store
	mkdir "$local_store/isp"
	cp "$T/A.pem" "$local_store/isp/a.crt"
	refresh
	quarantine 0
	rmdir "$local_store/isp" 2>/dev/null || [ ! -e "$local_store/isp" ]
	undo '0|4'
	# Made again only if it was ours to make: then with all that it held.
	if [ -e "$local_store/isp" ]; then cmp "$T/A.pem" "$local_store/isp/a.crt"; fi
}

# --- what must not be taken lightly ----------------------------------------

public_root() {
	grep -v -m 1 '^[#!]' "$T/base/conf"
}

# A root of Mozilla's programme, named by an entry that may not take it.
public_guard() {
	local file
	file=$package_store/$(public_root)

	reset_store
	openssl x509 -in "$file" -out "$T/P.pem"
	openssl x509 -in "$file" -outform DER -out "$T/P.der"
	policy_root P | policy "$T/public.xml"
	snapshot before
	rs '0|2|4|6' scan --policy "$T/public.xml" --format json
	rs '0|4' quarantine --policy "$T/public.xml" --yes --format json
	json '.changed | not'
	json 'all(.findings[]; .result == "refused" or .result == "reported")'
	restored before
}

public_force() {
	local line
	line=$(public_root)

	reset_store
	snapshot before
	rs '3|4' quarantine --policy "$T/policy.xml" --yes --certificate "$(sha256 P)" --format json
	restored before
	rs 0 quarantine --policy "$T/policy.xml" --yes --certificate "$(sha256 P)" --force --format json
	json '.changed'
	grep -qxF "!$line" "$conf"
	[ "$(grep -c '^!' "$conf")" = 1 ]
	undo 0
	restored before
}

# More than ten certificates at once look like a mistake.
blast_guard() {
	local i

	reset_store
	for i in 1 2 3 4 5 6 7 8 9 10 11; do
		cp "$T/X$i.pem" "$local_store/x$i.crt"
	done
	refresh
	snapshot before
	for i in 1 2 3 4 5 6 7 8 9 10 11; do
		policy_root "X$i"
	done | policy "$T/eleven.xml"
	rs '3|4' quarantine --policy "$T/eleven.xml" --yes --format json
	restored before
	rs 0 quarantine --policy "$T/eleven.xml" --yes --force --format json
	json '.changed and ([.findings[] | select(.result == "quarantined") | .sha256] | unique | length) == 11'
	undo 0
	restored before
}

# What OpenSSL reads by default is a link to the bundle; another file in its
# place is trusted, and is the administrator's to put right.
openssl_default() {
	reset_store
	rm /usr/lib/ssl/cert.pem
	cp "$T/A.pem" /usr/lib/ssl/cert.pem
	scan 2
	json 'any(.findings[]; .store == "openssl-dir:system:/usr/lib/ssl/cert.pem")'
	quarantine 4
	json 'all(.findings[]; .result == "refused") and .changed == false'
	ln -sfn /etc/ssl/certs/ca-certificates.crt /usr/lib/ssl/cert.pem
	scan 0
}

# A name elsewhere would go on holding what was taken out here.
hard_link() {
	reset_store
	mkdir -p /opt/isp
	cp "$T/A.pem" "$local_store/zz-a.crt"
	ln "$local_store/zz-a.crt" /opt/isp/other-name.crt
	refresh
	refused
}

strangers_file() {
	reset_store
	cp "$T/A.pem" "$local_store/zz-a.crt"
	chown nobody "$local_store/zz-a.crt"
	refresh
	refused
}

refused() {
	snapshot before
	scan 2
	quarantine 4
	json 'any(.findings[]; .result == "refused" and (.reason | type == "string" and length > 5))'
	restored before
	verdict A accepts openssl-file openssl-path trust certtool
}

{ make_world && debian_store small; } || fatal "no world"
for name in C D E; do
	make_root $name "Rootsweep Test Root $name" || fatal "no root"
done
make_root A2 "Rootsweep Test Root A" || fatal "no root"
for i in 1 2 3 4 5 6 7 8 9 10 11; do
	make_root X$i "Rootsweep Many $i" || fatal "no root"
done
save_store || fatal "no store"

for place in package package-spaces package-and-local; do
	check "place/$place" trip $place 2 0 0 0
done
clients_of_a="openssl-path"
for place in stray stray-hash stray-link; do
	check "place/$place" trip $place 2 0 0 0
done
check place/collision trip collision 2 0 0 0
clients_of_a="openssl-file openssl-path certtool"
clients_rid_of_a="openssl-file openssl-path certtool"
check place/collision-local trip collision-local 2 0 0 0
clients_rid_of_a="openssl-file openssl-path trust certtool"
clients_of_a="openssl-file trust certtool"
check place/bundle trip bundle 2 0 0 0
check place/bundle-first trip bundle-first 2 0 0 0

clients_of_a="openssl-file openssl-path trust certtool"
check changed/conf-grew conf_grew
check changed/conf-lost-line conf_lost_line
check changed/file-grew file_grew
check changed/other-file-there other_file_there
check changed/already-back already_back
check changed/folder-gone folder_gone
check guard/public public_guard
check guard/public-force public_force
check guard/blast blast_guard
check place/openssl-default openssl_default
check guard/hard-link hard_link
check guard/strangers-file strangers_file

finish
