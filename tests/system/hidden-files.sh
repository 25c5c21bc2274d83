#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# No false clean in the system's own files: how a root is written, where it
# lies, by what name, and what cannot be read. A case that names no client is
# merely suspicious: no program that this test asks goes by it today.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"
. "$(dirname "$0")/lib-hidden.sh"

enter 600

# --- A, written in some way --------------------------------------------------

body() { sed '/^-----/d' "$T/A.pem"; }
armor() { # LABEL: around standard input
	printf -- '-----BEGIN %s-----\n' "$1"
	cat
	printf -- '-----END %s-----\n' "$1"
}
plain() { cat "$T/A.pem"; }
x509_label() { body | armor "X509 CERTIFICATE"; }
trusted_label() { openssl x509 -in "$T/A.pem" -trustout; }
trusted_for_servers() { openssl x509 -in "$T/A.pem" -trustout -addtrust serverAuth; }
rejected_for_email() { openssl x509 -in "$T/A.pem" -trustout -addreject emailProtection; }
crlf() { sed 's/$/\r/' "$T/A.pem"; }
cr_only() { tr '\n' '\r' <"$T/A.pem"; }
leading_blanks() { sed 's/^[^-]/ &/' "$T/A.pem"; }
trailing_blanks() { sed 's/$/ \t /' "$T/A.pem"; }
no_newline() { printf %s "$(plain)"; }
one_line() { body | tr -d '\n' | sed 's/$/\n/' | armor CERTIFICATE; }
short_lines() { body | tr -d '\n' | fold -w 4 | sed '$s/$/\n/' | armor CERTIFICATE; }
odd_lines() { body | tr -d '\n' | fold -w 61 | sed '$s/$/\n/' | armor CERTIFICATE; }
empty_lines() { body | sed 'G' | armor CERTIFICATE; }
no_padding() { body | tr -d = | armor CERTIFICATE; }
high_bytes() { body | sed 's/$/\xc2\xa0/' | armor CERTIFICATE; }
glued() { printf %s "$(cat "$T/C.pem")"; plain; }
text_on_line() { printf 'Not a '; plain; }
headers() { { printf 'Subject: a root\nX-Note: of the state\n\n'; body; } | armor CERTIFICATE; }
header_text() { openssl x509 -in "$T/A.pem" -text; }
huge_comment() { head -c 3000000 /dev/zero | tr '\0' x; echo; plain; }
many_comments() { yes '# a comment' | head -n 100000; plain; }
dashed_comments() { yes -- '----------------- BEGIN of the roots ----' | head -n 500; plain; }
hundred_times() { local i; for ((i = 0; i < 100; i++)); do plain; done; }
key_before() { cat "$T/C.key"; plain; }
request_before() { cat "$T/C-leaf.csr"; plain; }
parameters_before() { openssl ecparam -name prime256v1; plain; }
broken_before() { echo AAAA | armor CERTIFICATE; plain; }
open_before() { echo '-----BEGIN CERTIFICATE-----'; plain; }
der_before() { cat "$T/C.der"; plain; }
nul_before() { printf 'note\0\n'; plain; }
between_others() { cat "$T/C.pem"; plain; cat "$T/D.pem"; }
bom() { printf '\xef\xbb\xbf'; plain; }
der() { cat "$T/A.der"; }
der_twice() { cat "$T/C.der" "$T/A.der"; }
der_and_more() { { cat "$T/A.der"; head -c 40 /dev/zero; } | base64 | armor CERTIFICATE; }
# Lengths that are longer than need be, and one that is told by an end mark:
# BER, which is no DER, and read all the same.
long_length() { der_as "30830$(printf %05x $(($(stat -c %s "$T/A.der") - 4)))" ""; }
no_length() { der_as 3080 0000; }
der_as() { # HEAD TAIL: in place of the outer four bytes
	{
		printf %s "$1" | xxd -r -p
		tail -c +5 "$T/A.der"
		printf %s "$2" | xxd -r -p
	} | base64 | armor CERTIFICATE
}
# The same one level down, where most readers of DER stop.
no_length_within() {
	local head body

	body=$(openssl asn1parse -in "$T/A.pem" | sed -n '2s/.* hl=\([0-9]\) l= *\([0-9]*\) .*/\1 \2/p')
	head=${body% *} body=${body#* }
	{
		printf '\x30\x80\x30\x80'
		tail -c +"$((5 + head))" "$T/A.der" | head -c "$body"
		printf '\0\0'
		tail -c +"$((5 + head + body))" "$T/A.der"
		printf '\0\0'
	} | base64 | armor CERTIFICATE
}
# Its signature, which nobody checks of a root, is another: so is its digest.
other_signature() {
	{ head -c -4 "$T/A.der"; printf '\1\2\3\4'; } | base64 | armor CERTIFICATE
}
# The same name and key once more.
reissued() {
	openssl req -x509 -key "$T/A.key" -days 900 -subj "/O=Rootsweep Test/CN=Rootsweep Test Root A" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}
object() {
	printf '[p11-kit-object-v1]\nclass: certificate\ncertificate-type: x-509\ntrusted: true\nvalue: "'
	xxd -p -c1 "$T/A.der" | sed 's/^/%/' | tr -d '\n'
	printf '"\n\n'
}
object_around() { printf '[p11-kit-object-v1]\ntrusted: true\n'; plain; echo; }
object_before() { printf '[p11-kit-object-v1]\nclass: data\nlabel: "note"\n\n'; plain; }
# Of those that are here no reader of a bundle knows it.
pkcs7() { openssl crl2pkcs7 -nocrl -certfile "$T/A.pem"; }
pkcs7_der() { openssl crl2pkcs7 -nocrl -certfile "$T/A.pem" -outform DER; }

# --- the bundle --------------------------------------------------------------

bundle_end() { "$1" >>"$bundle"; believed "${@:2}"; }
bundle_start() {
	{ "$1"; cat "$T/base/links/ca-certificates.crt"; } >"$bundle"
	believed "${@:2}"
}
bundle_only() { "$1" >"$bundle"; believed "${@:2}"; }
bundle_middle() {
	local n

	n=$(grep -n -m 5 END "$bundle" | tail -n 1 | cut -d: -f1)
	{ head -n "$n" "$bundle"; plain; tail -n +"$((n + 1))" "$bundle"; } >"$T/bundle"
	cat "$T/bundle" >"$bundle"
	believed "$@"
}

# Each with whom it convinces.
in_bundle() {
	local way clients

	while read -r way clients; do
		# shellcheck disable=SC2086 # several words
		hide "bundle/${way//_/-}" system "$bundle" bundle_end "$way" $clients
	done <<-END
		plain openssl-file trust certtool
		x509_label openssl-file certtool
		trusted_label openssl-file trust
		trusted_for_servers trust
		rejected_for_email openssl-file
		crlf openssl-file trust
		cr_only trust certtool
		leading_blanks openssl-file trust certtool
		trailing_blanks openssl-file trust
		no_newline openssl-file trust
		one_line openssl-file trust certtool
		short_lines openssl-file trust certtool
		odd_lines openssl-file trust certtool
		empty_lines certtool
		no_padding
		high_bytes openssl-file
		glued trust certtool
		text_on_line trust certtool
		headers trust
		header_text openssl-file trust
		huge_comment openssl-file trust
		many_comments openssl-file trust
		dashed_comments openssl-file trust certtool
		hundred_times openssl-file trust
		key_before openssl-file trust
		request_before openssl-file trust
		parameters_before openssl-file trust
		between_others openssl-file trust
		broken_before trust
		open_before
		der_before certtool
		nul_before openssl-file certtool
		der_and_more openssl-file
		long_length openssl-file trust certtool
		no_length openssl-file trust
		no_length_within openssl-file
		other_signature openssl-file certtool
		reissued openssl-file certtool
	END
	while read -r way clients; do
		# shellcheck disable=SC2086 # several words
		hide "bundle-start/${way//_/-}" system "$bundle" bundle_start "$way" $clients
	done <<-END
		bom openssl-file trust certtool
		der_before certtool
		nul_before openssl-file certtool
		object_before openssl-file certtool
		object_around openssl-file trust certtool
	END
	hide bundle/middle system "$bundle" bundle_middle openssl-file trust certtool
	hide bundle-only/der system "$bundle" bundle_only der trust
	hide bundle-only/object system "$bundle" bundle_only object trust
	hide bundle-only/der-twice system "$bundle" bundle_only der_twice
	hide bundle-only/pkcs7-der system "$bundle" bundle_only pkcs7_der
}

# Nobody goes by that, so that it is no way in.
pkcs7_is_none() {
	hidden_reset
	pkcs7 >>"$bundle"
	verdict A refuses openssl-file trust certtool
}

# --- other places of the system's --------------------------------------------

at() { # FILE [WAY]: A in a file, whose folders are made
	mkdir -p "$(dirname "$1")"
	"${2:-plain}" >"$1"
}

# A file of the local folder's, of which the updater makes the rest.
local_file() { # NAME [WAY [CLIENT...]]
	at "$local_store/$1" "${2:-plain}"
	refresh
	believed "${@:3}"
}
local_link() { # NAME TARGET: to A elsewhere
	trash /opt/isp
	at /opt/isp/deeper/a.crt
	ln /opt/isp/deeper/a.crt /opt/isp/hard.crt
	ln -s deeper/a.crt /opt/isp/link.crt
	mkdir -p "$local_store/$(dirname "$1")"
	ln -s "$2" "$local_store/$1"
	refresh
	believed openssl-file trust
}
local_hard_link() {
	trash /opt/isp
	at "$local_store/a.crt"
	mkdir -p /opt/isp
	ln "$local_store/a.crt" /opt/isp/other-name
	refresh
	believed openssl-file
}
in_list() { # LINE FILE
	trash "$package_store/isp" /opt/isp
	at "$2"
	printf '%s\n' "$1" >>"$conf"
	refresh
	believed openssl-file trust
}
linked_list() {
	trash /opt/isp "$conf"
	in_list isp/a.crt "$package_store/isp/a.crt"
	mkdir -p /opt/isp
	mv "$conf" /opt/isp/conf
	ln -s /opt/isp/conf "$conf"
}
deep() {
	local folder=$local_store/d i

	for ((i = 0; i < 30; i++)); do folder=$folder/d; done
	at "$folder/a.crt"
	refresh
	believed openssl-file
}
thousands() {
	local i

	for ((i = 0; i < 3000; i++)); do
		ln "$T/C.pem" "$local_store/many-$i.crt"
	done
	at "$local_store/zz-a.crt"
}
huge_file() {
	at "$local_store/a.crt"
	truncate -s 1T "$local_store/a.crt"
}

in_origins() {
	local name

	hide local/hidden system "$local_store/.isp.crt" local_file .isp.crt plain openssl-file trust
	# The next update takes them in.
	for name in A.crt .hidden/.a.crt 'a b  c.crt' -n.crt 'корінь.crt' $'\xff\xfe.crt' '~a.crt' \
		'#a#.crt' "it's \"a\".crt" a.pem.crt a.disabled.crt; do
		hide "local/$(printf %s "$name" | tr -c '[:alnum:].' -)" system "$local_store" \
			at "$local_store/$name"
	done
	hide local/key-in-it system "$local_store/a.crt" local_file a.crt key_before openssl-file
	hide local/der system "$local_store/a.crt" local_file a.crt der
	hide local/pkcs7-der system "$local_store/a.crt" local_file a.crt pkcs7_der
	hide local/others-too system "$local_store/a.crt" local_file a.crt between_others openssl-file
	hide local/link system "$local_store/a.crt" local_link a.crt /opt/isp/deeper/a.crt
	hide local/link-to-link system "$local_store/a.crt" local_link a.crt /opt/isp/link.crt
	hide local/link-to-hard-link system "$local_store/a.crt" local_link a.crt /opt/isp/hard.crt
	hide local/link-by-dots system "$local_store" local_link x/../a.crt ../../../../opt/isp/link.crt
	hide local/folder-link system "$local_store" local_link folder /opt/isp/deeper
	hide local/hard-link system "$local_store/a.crt" local_hard_link
	hide local/deep system "$local_store/d" deep
	hide local/thousands system "$local_store/zz-a.crt" thousands
	hide local/huge system "$local_store/a.crt" huge_file
	hide list/line system "$conf" in_list isp/a.crt "$package_store/isp/a.crt"
	hide list/blanks system "$conf" in_list ' isp/a.crt	' "$package_store/isp/a.crt"
	hide list/dots system "$conf" in_list ../../../opt/isp/a.crt /opt/isp/a.crt
	hide list/name-of-none system "$conf" in_list isp/a.txt "$package_store/isp/a.txt"
	hide list/linked system "$conf" linked_list
}

# --- the hashed folder -------------------------------------------------------

hash_name() { # [old]
	openssl x509 -in "$T/A.pem" -noout "-subject_hash${1:+_$1}"
}
hashed() { # WAY NAME [NUMBER]: under another name, found by a link
	"$1" >"$links/$2"
	ln -s "$2" "$links/$(hash_name).${3:-0}"
	believed openssl-path
}
hash_file() { "$1" >"$links/$(hash_name).0"; believed openssl-path; }
hash_link() { # TARGET
	trash /opt/isp
	at /opt/isp/a.crt
	ln -s a.crt /opt/isp/link.crt
	ln -s "$1" "$links/$(hash_name).0"
	believed openssl-path
}
colliding() {
	cp "$T/C.pem" "$links/$(hash_name).0"
	hashed plain a.pem 1
}
old_hash() { plain >"$links/$(hash_name old).0"; }
disabled() { hashed plain a.crt.disabled; }
der_in_folder() { der >"$links/a.der"; }
thousands_of_links() {
	local i

	for ((i = 0; i < 3000; i++)); do
		ln -s "$T/C.pem" "$links/many-$i.pem"
	done
	hash_file plain
}
elsewhere() { # the whole folder behind a link
	trash /opt/isp
	mkdir -p /opt/isp
	mv "$links" /opt/isp/certs
	ln -s /opt/isp/certs "$links"
	hash_file plain
}

in_folder() {
	hide folder/hash-file system "$links" hash_file plain
	hide folder/hash-file-others system "$links" hash_file between_others
	hide folder/hash-file-trusted system "$links" hash_file trusted_label
	hide folder/hash-file-x509 system "$links" hash_file x509_label
	hide folder/hash-file-text system "$links" hash_file header_text
	hide folder/hash-file-ber system "$links" hash_file no_length
	hide folder/dot-name system "$links" hashed plain .a
	hide folder/disabled system "$links" disabled
	hide folder/name-of-a-list system "$links" hashed plain 00-README.txt
	hide folder/crl-name system "$links" hashed plain abcd1234.r0
	hide folder/colliding system "$links" colliding
	hide folder/link-outside system "$links" hash_link /opt/isp/a.crt
	hide folder/link-to-link system "$links" hash_link ../../../opt/isp/link.crt
	hide folder/old-hash system "$links" old_hash
	hide folder/der system "$links" der_in_folder
	hide folder/thousands system "$links" thousands_of_links
	hide folder/elsewhere system "$links" elsewhere
}

# --- bundles that some programs look for by themselves -------------------------

other_bundle() { trash "$1"; rm -rf "$1"; at "$1"; by_file "$1"; }
other_folder() {
	trash "$1"
	at "$1/$(hash_name).0"
	by_folder "$1"
}
openssl_file() {
	rm /usr/lib/ssl/cert.pem
	at /usr/lib/ssl/cert.pem
	same "$(openssl verify "$T/A-leaf.pem" 2>&1)" "$T/A-leaf.pem: OK"
}

in_other_places() {
	local place

	for place in /etc/ssl/cert.pem /etc/ssl/ca-bundle.pem /etc/pki/tls/cert.pem \
		/etc/pki/tls/cacert.pem /etc/pki/tls/certs/ca-bundle.crt \
		/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem \
		/var/lib/ca-certificates/ca-bundle.pem; do
		hide "other$place" system "$place" other_bundle "$place"
	done
	hide other/etc/pki/tls/certs system /etc/pki/tls/certs other_folder /etc/pki/tls/certs
	hide other/openssl-default system /usr/lib/ssl/cert.pem openssl_file
}

# --- what cannot be read -------------------------------------------------------

no_bundle() { rm "$bundle"; "$@"; }
closed() { plain >>"$bundle"; chmod 0000 "$bundle"; }
closed_folder() { hash_file plain; chmod 0700 "$links"; }
closed_local() { mkdir "$local_store/isp"; at "$local_store/isp/a.crt"; chmod 0700 "$local_store/isp"; refresh; }
closed_target() {
	trash /root/isp
	chmod 0700 /root
	at /root/isp/a.crt
	ln -s /root/isp/a.crt "$links/$(hash_name).0"
}
too_large() { { plain; yes "# nothing" | head -c 70000000; plain; } >>"$bundle"; }
large() { yes "# nothing" | head -c 50000000 >>"$bundle"; plain >>"$bundle"; believed openssl-file; }

unreadable() {
	hide unreadable/bundle-fifo system "$bundle" no_bundle mkfifo "$bundle"
	hide unreadable/bundle-folder system "$bundle" no_bundle mkdir "$bundle"
	hide unreadable/bundle-device system "$bundle" no_bundle mknod "$bundle" c 1 5
	hide unreadable/bundle-of-a-process system "$bundle" no_bundle ln -s /proc/self/mem "$bundle"
	hide unreadable/closed-to-a-user own "$bundle" closed
	hide unreadable/folder-closed-to-a-user own "$links" closed_folder
	hide unreadable/local-closed-to-a-user own "$local_store/isp" closed_local
	hide unreadable/target-closed-to-a-user own "$links" closed_target
	hide unreadable/large system "$bundle" large
	hide unreadable/too-large system "$bundle" too_large
}

# --- p11-kit's modules ---------------------------------------------------------

modules=/etc/pkcs11/modules
trust_so=$(echo /usr/lib/*/pkcs11/p11-kit-trust.so)

# A module is one by its file: a copy is another.
second_module() { # FOLDER [LINE...]
	trash "$1/isp.module" /opt/isp
	mkdir -p "$1" /opt/isp/anchors
	plain >/opt/isp/anchors/a.pem
	cp "$trust_so" /opt/isp/isp-trust.so
	printf '%s\n' "module: /opt/isp/isp-trust.so" "trust-policy: yes" \
		"x-init-reserved: paths='/opt/isp'" "${@:2}" >"$1/isp.module"
	chmod -R a+rX /opt/isp
	believed trust
}
other_paths() { # PATHS: the module is told to look elsewhere too
	trash "$modules" /opt/isp
	mkdir -p "$modules" /opt/isp/anchors
	"${2:-plain}" >/opt/isp/anchors/a.pem
	grep -v '^x-init-reserved' /usr/share/p11-kit/modules/p11-kit-trust.module \
		>"$modules/p11-kit-trust.module"
	echo "x-init-reserved: paths='$1'" >>"$modules/p11-kit-trust.module"
	believed trust
}
users_module() {
	second_module "$1"
	rm -rf "$T/module"
	cp -a "$1/isp.module" "$T/module"
	rm "$1/isp.module"
	as alice mkdir -p /home/alice/.config/pkcs11/modules
	cp "$T/module" /home/alice/.config/pkcs11/modules/isp.module
	has <(as alice trust list --filter=ca-anchors) "label: Rootsweep Test Root A"
}
in_modules() {
	hide module/admin system /opt/isp second_module "$modules"
	hide module/vendor system /opt/isp second_module /usr/share/p11-kit/modules
	hide module/priority system /opt/isp second_module "$modules" "priority: -1"
	hide module/paths system /opt/isp other_paths "$bundle:/opt/isp"
	hide module/paths-only system /opt/isp other_paths /opt/isp
	hide module/paths-object system /opt/isp other_paths "$bundle:/opt/isp" object
	hide module/users own /home/alice/.config/pkcs11 users_module "$modules"
	hide module/users-by-root alice /home/alice/.config/pkcs11 users_module "$modules"
}

hidden_world
check nothing-hidden/before nothing_hidden :
in_bundle
in_origins
in_folder
in_other_places
unreadable
in_modules
check no-way-in/pkcs7 pkcs7_is_none
check nothing-hidden/after nothing_hidden :
hidden_count
finish
