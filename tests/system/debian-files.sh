#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# The shapes of files in which a root comes into /usr/local/share/ca-certificates.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 300

put() { # FILE NAME...: their PEM, one after the other
	local file=$local_store/$1
	shift

	mkdir -p "$(dirname "$file")"
	(cd "$T" && cat "${@/%/.pem}") >"$file"
}

# A file comes back with all that it had.
force_plain() {
	put rootsweep-a.crt A
	chown root:daemon "$local_store/rootsweep-a.crt"
	chmod 0600 "$local_store/rootsweep-a.crt"
	setfacl -m u:nobody:r "$local_store/rootsweep-a.crt"
	setfattr -n security.selinux -v system_u:object_r:cert_t:s0 "$local_store/rootsweep-a.crt"
	touch -d '2001-02-03 04:05:06.789012345' "$local_store/rootsweep-a.crt"
	attributes >"$T/attributes"
	has "$T/attributes" cert_t user:nobody:r
}
attributes() {
	getfacl -p "$local_store/rootsweep-a.crt"
	getfattr -dm - "$local_store/rootsweep-a.crt" 2>&1
}
back_plain() { attributes | same_file "$T/attributes" -; }
rest_plain() {
	[ ! -e "$local_store/rootsweep-a.crt" ]
	[ ! -L "$links/rootsweep-a.pem" ]
}

# --- one file, written in some other way -----------------------------------

force_x509_label() {
	sed 's/ CERTIFICATE-----/ X509 CERTIFICATE-----/' "$T/A.pem" >"$local_store/zz-a.crt"
	has "$local_store/zz-a.crt" "-----BEGIN X509 CERTIFICATE-----" "-----END X509 CERTIFICATE-----"
}

force_trusted_label() {
	openssl x509 -in "$T/A.pem" -trustout -out "$local_store/zz-a.crt"
	has "$local_store/zz-a.crt" "-----BEGIN TRUSTED CERTIFICATE-----"
}

force_crlf() {
	sed 's/$/\r/' "$T/A.pem" >"$local_store/zz-a.crt"
}

force_text_around() {
	{
		printf 'Provider root\n\n'
		openssl x509 -in "$T/A.pem" -text
		printf '\n# and no more\n'
	} >"$local_store/zz-a.crt"
}

# p11-kit gives up at such a line, and the others do not.
force_odd_begin() {
	{
		printf 'Not a -----BEGIN line\n'
		cat "$T/A.pem"
	} >"$local_store/zz-a.crt"
}
also_odd_begin() { hidden_from_p11kit; }

force_no_last_newline() {
	printf %s "$(cat "$T/A.pem")" >"$local_store/zz-a.crt"
}

force_der() {
	cp "$T/A.der" "$local_store/zz-a.crt"
}

# --- what hides A from p11-kit ---------------------------------------------

hidden_from_p11kit() {
	verdict A refuses trust
}

force_der_before() {
	cp "$T/C.der" "$local_store/honest-c.crt"
	put zz-a.crt A
}
also_der_before() { hidden_from_p11kit; }

force_nul_before() {
	{
		printf 'note\0\n'
		cat "$T/C.pem"
	} >"$local_store/honest-c.crt"
	put zz-a.crt A
}
also_nul_before() { hidden_from_p11kit; }

# Such a text counts only as the first thing in the bundle, where the first
# line of the list of packages' roots puts it.
force_p11kit_text_before() {
	mkdir "$package_store/0isp"
	printf '[p11-kit-object-v1]\nclass: data\nlabel: "note"\n\n' >"$package_store/0isp/note.crt"
	sed -i '1i 0isp/note.crt' "$conf"
	put zz-a.crt A
}
also_p11kit_text_before() { hidden_from_p11kit; }

# --- several certificates in one file --------------------------------------

force_several() { put zz-many.crt C A D; }
rest_several() {
	cat "$T/C.pem" "$T/D.pem" >"$T/wanted"
	cmp "$T/wanted" "$local_store/zz-many.crt"
}

force_several_first() { put zz-many.crt A C; }
rest_several_first() { cmp "$T/C.pem" "$local_store/zz-many.crt"; }

force_several_last() { put zz-many.crt C A; }
rest_several_last() { cmp "$T/C.pem" "$local_store/zz-many.crt"; }

force_twice_in_one() { put zz-many.crt A C A; }
rest_twice_in_one() { cmp "$T/C.pem" "$local_store/zz-many.crt"; }

force_several_crlf() {
	put many C A D
	sed 's/$/\r/' "$local_store/many" >"$local_store/zz-many.crt"
	rm "$local_store/many"
}
rest_several_crlf() {
	cat "$T/C.pem" "$T/D.pem" | sed 's/$/\r/' >"$T/wanted"
	cmp "$T/wanted" "$local_store/zz-many.crt"
}

force_several_with_text() {
	{
		printf '# first\n'
		cat "$T/C.pem"
		printf '\n# second \303\251\n'
		cat "$T/A.pem"
		printf '\t# third\n\n'
		cat "$T/D.pem"
		printf 'the end, without a newline'
	} >"$local_store/zz-many.crt"
}
rest_several_with_text() {
	{
		printf '# first\n'
		cat "$T/C.pem"
		printf '\n# second \303\251\n'
		printf '\t# third\n\n'
		cat "$T/D.pem"
		printf 'the end, without a newline'
	} >"$T/wanted"
	cmp "$T/wanted" "$local_store/zz-many.crt"
}

force_several_labels() {
	{
		cat "$T/C.pem"
		openssl x509 -in "$T/A.pem" -trustout
		cat "$T/D.pem"
	} >"$local_store/zz-many.crt"
}
rest_several_labels() { rest_several; }

# --- names and places ------------------------------------------------------

force_name_punctuation() { put "Forced Root (state), [x]{y} #1 \$HOME & 'q' \"d\".crt" A; }

force_name_unicode() { put "Кореневий сертифікат é 根.crt" A; }

force_name_not_utf8() { put "$(printf 'root-\377\376.crt')" A; }

force_name_dash() { put "-rf.crt" A; }

force_name_glob() { put 'a*?.crt' A; }

force_sub_folder() { put "deep er/still (deeper)/a.crt" A; }

force_link_elsewhere() {
	mkdir -p /opt/isp
	cp "$T/A.pem" /opt/isp/root.pem
	chmod 0640 /opt/isp/root.pem
	touch -d '2001-02-03 04:05:06' /opt/isp/root.pem
	ln -s /opt/isp/root.pem "$local_store/zz-a.crt"
}

force_folder_link() {
	mkdir -p /opt/isp/certs
	cp "$T/A.pem" /opt/isp/certs/a.crt
	ln -s /opt/isp/certs "$local_store/isp"
}

force_two_files() {
	put zz-a.crt A
	put sub/another.crt A
}

# The same base name: one link, and the honest root has it afterwards.
force_same_name() {
	put isp.crt A
	put sub/isp.crt C
}
rest_same_name() {
	verdict C accepts openssl-file trust certtool
	same "$(readlink "$links/isp.pem")" "$local_store/sub/isp.crt" "the link's target"
}

force_same_name_reversed() {
	put isp.crt C
	put sub/isp.crt A
}
rest_same_name_reversed() {
	verdict C accepts openssl-file openssl-path trust certtool
	same "$(readlink "$links/isp.pem")" "$local_store/isp.crt" "the link's target"
}

# Java is asked in debian-java.sh.
{ make_world && debian_store small; } || fatal "no world"
for name in C D; do
	make_root $name "Rootsweep Test Root $name" || fatal "no root"
done
save_store || fatal "no store"

check plain trip plain 2 0 0 0
for shape in crlf text-around no-last-newline; do
	check "shape/$shape" trip $shape 2 0 0 0
done
# p11-kit and OpenSSL believe this one, GnuTLS does not.
clients_of_a="openssl-file openssl-path trust"
check shape/trusted-label trip trusted-label '2|6' '0|4' 0 '0|4'
clients_of_a="openssl-file certtool"
check shape/x509-label trip x509-label 6 '0|4' 0 '0|4'
# No reader of the bundle takes raw DER at its end; the origin still counts.
clients_of_a=
check shape/der trip der '2|6' '0|4' 0 '0|4'

clients_of_a="openssl-file openssl-path certtool"
check hidden/der-before trip der-before 6 4 4 '0|4'
check hidden/odd-begin trip odd-begin 6 '0|4' 0 '0|4'
check hidden/nul-before trip nul-before 6 4 4 '0|4'
clients_of_b="openssl-file openssl-path certtool"
check hidden/p11kit-text-before trip p11kit-text-before 6 4 4 '0|4'
clients_of_b="openssl-file openssl-path trust certtool"

# The updater makes no hash link for a file of several.
clients_of_a="openssl-file trust certtool"
for shape in several several-first several-last twice-in-one several-crlf several-with-text; do
	check "several/$shape" trip $shape 2 0 0 0
done
clients_of_a="openssl-file trust"
check several/labels trip several-labels '2|6' '0|4' 0 '0|4'

clients_of_a="openssl-file openssl-path trust certtool"
for shape in name-punctuation name-unicode name-not-utf8 name-dash name-glob sub-folder \
	link-elsewhere folder-link two-files; do
	check "name/$shape" trip $shape 2 0 0 0
done
clients_of_a="openssl-file trust certtool"
check name/same trip same-name 2 0 0 0
clients_of_a="openssl-file openssl-path trust certtool"
check name/same-reversed trip same-name-reversed 2 0 0 0

finish
