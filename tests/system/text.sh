#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Names and paths that strangers chose: sequences for terminals, ends of lines,
# marks that turn the direction, bytes that are no UTF-8, 64 KiB of them. In
# every format of every command, and on standard error, nothing of that comes
# out as it went in, and an event stays one line.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300

# A red word, a title, CR, U+202E, C1's CSI, U+2028, what is no UTF-8, and
# what JSON and XML have a meaning for.
odd=$(printf 'o\033[31m\033]0;x\007\r\342\200\256\302\233\342\200\250\377\303<"&')
line=$(printf 'o\nrootsweep: FORGED\n{"type":"FORGED"}')
long=$(printf '%065536d' 0 | tr 0 L)

# --- what is planted ---------------------------------------------------------

# odd_root NAME: a root whose common name is what stands on standard input, of
# any bytes and length: no tool would write it.
odd_root() {
	perl -e '
		sub der {
			my ($tag, $body) = (shift, join "", @_);
			my $n = length $body;
			my $size = $n < 128 ? chr $n : $n < 65536 ? "\x82" . pack("n", $n)
				: "\x83" . substr(pack("N", $n), 1);
			return chr($tag) . $size . $body;
		}
		my $algorithm = "\x30\x05\x06\x03\x2b\x65\x70";
		my $name = der(0x30, der(0x31, der(0x30, "\x06\x03\x55\x04\x03",
			der(0x0c, join "", <STDIN>))));
		my $key = der(0x30, $algorithm, der(0x03, "\0" . substr($ARGV[0] x 32, 0, 32)));
		print der(0x30, der(0x30, "\xa0\x03\x02\x01\x02", der(0x02, "\x01" . $ARGV[0]), $algorithm,
			$name, der(0x30, der(0x17, "200101000000Z"), der(0x17, "400101000000Z")), $name, $key,
			pack("H*", "a3133011300f0603551d130101ff040530030101ff")), $algorithm,
			der(0x03, "\0" x 65));' "$1" >"$T/$1.der"
	openssl base64 -in "$T/$1.der" |
		sed '1i -----BEGIN CERTIFICATE-----' | sed '$a -----END CERTIFICATE-----' >"$T/$1.pem"
}

# Entries may hold all that XML may; their ids may not.
odd_policy() {
	{
		policy_root A
		cat <<-END
			<root id="test-odd" category="state" country="KZ" evidence="intercepted" action="quarantine">
			<name>o&#13;&#x202e;&#x9b;31m&#x2028;</name>
			<operator>$long</operator>
			<match><certificate sha256="$(sha256 odd)"/></match>
			<explain xml:lang="en">o&#x202e;&#x9b;&#10;rootsweep: FORGED</explain>
			<advice>o&#x9b;&#13;rootsweep: FORGED</advice>
			<source href="https://example.org/&#x202e;">o&#x9b;</source>
			</root>
			<root id="test-long" category="state" country="KZ" evidence="intercepted" action="quarantine">
			<name>$long</name>
			<match><certificate sha256="$(sha256 long)"/></match>
			</root>
			<allow sha256="$(sha256 unknown)" store="java" reason="o&#x202e;&#x9b;&#13;"/>
		END
	} | policy "$T/policy.xml"
}

# mallory's home, and all that lies in it, has such a name.
plant_home() {
	local profile

	guard
	find /home -mindepth 1 -maxdepth 1 -exec rm -rf {} +
	mkdir -p "$mallory"
	profile=$mallory/.mozilla/firefox/$line
	mkdir -p "$profile" "$mallory/.pki/nssdb" "$mallory/.config/chromium/$odd"
	cp "$T/nss/"* "$profile/"
	cp "$T/nss/"* "$mallory/.pki/nssdb/"
	cp "$T/nss/"* "$mallory/.config/chromium/$odd/"
	printf '[Profile0]\nPath=%s\n[Profile1]\nPath=%s\n[Profile2]\nPath=/none/%s\n' "$odd" "$long" "$odd" \
		>"$mallory/.mozilla/firefox/profiles.ini"
	ln -s "/none/$odd" "$mallory/.mozilla/firefox/$odd"
	printf 'library=/none/%s.so\nname=x\n\nlibrary=%s\n' "$odd" "$long" >"$mallory/.pki/nssdb/pkcs11.txt"
	: >"$mallory/.pki/nssdb/$odd.so"
	cp "$T/odd.pem" "$mallory/$odd.pem"
	printf 'export SSL_CERT_FILE='\''%s'\'' CURL_CA_BUNDLE="/none/%s"\n' "$mallory/$odd.pem" "$long" \
		>"$mallory/.profile"
	echo "no database" >"$mallory/.config/chromium/cert9.db"
	mkdir -p "$mallory/$odd" && echo "no database" >"$mallory/$odd/cert9.db"
	chown -R 4242:4242 "$mallory"
}

plant() {
	guard
	rm -rf /var/lib/rootsweep
	debian_store small
	cp "$T/A.pem" "$local_store/$odd.crt"
	cp "$T/odd.pem" "$local_store/odd.crt"
	cp "$T/long.pem" "$local_store/long.crt"
	cp "$T/unknown.pem" "$local_store/unknown.crt"
	refresh
	mkdir -p "/etc/chromium/policies/managed"
	printf '{"CACertificates":["%s"]}' "$(base64 -w0 "$T/odd.der")" \
		>"/etc/chromium/policies/managed/$odd.json"
	plant_home
}

# --- what comes out ----------------------------------------------------------

# calm FILE: UTF-8, and nothing that a terminal acts upon or does not show.
calm() {
	iconv -f UTF-8 -t UTF-8 <"$1" >"$T/utf8" || {
		echo "$1 is not UTF-8"
		return 1
	}
	perl -CS -ne 'if (/[\x00-\x09\x0b-\x1f\x7f-\x9f\x{61c}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]/) {
		printf "%s: line %d: U+%04X\n", $ARGV[0] // "", $., ord $&; exit 1 }' <"$1"
}

# Every message is a line of its own that says whose it is.
one_line_each() {
	calm "$T/err"
	! grep -v '^rootsweep: ' "$T/err" || {
		echo "such lines are nobody's"
		return 1
	}
	not_forged
}

not_forged() {
	if grep -E '^(rootsweep: |\{"type":")FORGED' "$T/out" "$T/err"; then
		return 1
	fi
}

# looks FORMAT WANTED ARGS...: runs it, and looks at all that it says.
looks() {
	local format=$1
	shift

	rs "$@" --format "$format" || return
	calm "$T/out"
	one_line_each
	case $format in
	json)
		jq -es 'length == 1 and (.[0] | type == "object" and has("schema"))' "$T/out" >"$T/jq"
		;;
	jsonl)
		jq -es 'all(.[]; type == "object" and (.type | type == "string" and . != "FORGED"))
			and .[-1].type == "summary"' "$T/out" >"$T/jq"
		same "$(wc -l <"$T/out")" "$(jq -s length "$T/out")" "lines, to objects"
		;;
	esac
}

every_command() { # FORMAT [OPTION...]
	local format=$1 id
	local -a p=(--policy "$T/policy.xml")
	shift

	plant
	looks "$format" 6 scan "${p[@]}" "$@"
	looks "$format" '0|4' anchors "${p[@]}" "$@"
	looks "$format" 6 quarantine -n "${p[@]}" "$@"
	looks "$format" 4 quarantine --yes "${p[@]}" "$@"
	looks "$format" '0|4' records "$@"
	id=$(find /var/lib/rootsweep/records -maxdepth 1 -name '2*-*' -printf %f)
	looks "$format" '0|4' records "$id" "$@"
	looks "$format" '0|2|4|6' undo -n --last "$@"
	looks "$format" '0|4' undo --yes --last "$@"
	looks "$format" 6 scan "${p[@]}" "$@"
}

# It was all seen, and is told in a way that leads to it.
told() {
	plant
	looks table 6 scan --policy "$T/policy.xml" -v
	has "$T/out" 'o\x1b[31m\x1b]0;x\x07\x0d\xe2\x80\xae\xc2\x9b\xe2\x80\xa8' \
		'\x0arootsweep: FORGED' 'm\o\x1b[31m'
	# A long name makes no other line long.
	grep -q '^nss .*/\.pki/nssdb/cert9\.db' "$T/out"
	! grep '^nss .*/\.pki/nssdb/cert9\.db' "$T/out" | grep -E '.{3000}' || return
	looks json 6 scan --policy "$T/policy.xml"
	same "$(jq -r 'first(.findings[].origins[] | select(.path_b64 != null and (.path | endswith(".crt"))) | .path_b64)' \
		"$T/out" | base64 -d | od -An -tx1)" "$(printf %s "$local_store/$odd.crt" | od -An -tx1)" "path_b64"
	json 'any(.findings[]; .entry == "test-odd" and (.subject | contains("o\\x1b[31m") and contains("\\xff\\xc3"))
		and any(.origins[]; .path | contains("o\u001b[31m\u001b]0;x")))'
	json 'any(.findings[]; .entry == "test-long" and (.subject | length) > 65000)'
	json 'any(.stores[]; .path | contains("\nrootsweep: FORGED\n"))'
	json 'any(.stores[]; .reason // "" | contains("LLLL")) or any(.not_looked_at[]; contains("LLLL"))
		or any(.notices[]?; contains("LLLL"))'
}

# With colours its own sequences are the only ones.
colours() {
	plant
	rs 6 scan --policy "$T/policy.xml" -v --color always
	grep -q "$(printf '\033')" "$T/out"
	sed -i "s/$(printf '\033')\[[01]m//g" "$T/out"
	calm "$T/out"
}

# What was typed comes back in messages.
typed() {
	local word

	for word in "$odd" "$line" "$long"; do
		for args in scan records undo forget; do
			rs 3 "$args" "$word"
			one_line_each
			[ -s "$T/err" ]
		done
		for args in --user --exclude --policy --format --fail-on --color --root "--$word" -j; do
			rs 3 scan "$args" "$word"
			one_line_each
			[ -s "$T/err" ]
		done
		rs 3 quarantine --policy "$T/policy.xml" --entry "$word"
		one_line_each
		rs 3 quarantine --policy "$T/policy.xml" --certificate "$word"
		one_line_each
		rs 3 policy show --policy "$T/policy.xml" "$word"
		one_line_each
		rs 3 "$word"
		one_line_each
	done
}

bad_policy() {
	local file=$T/$odd.xml

	printf '<policy xmlns="urn:rootsweep:policy:1" version="1"><%s/></policy>' "$odd" >"$file"
	rs 3 scan --policy "$file"
	one_line_each
	has "$T/err" '\x1b[31m'
	policy "$file" <<-END
		<root id="o&#x202e;&#13;&#10;rootsweep: FORGED" category="$long" country="o&#x9b;"
		evidence="e&#x202e;" action="quarantine"><name>x</name></root>
		<x&#x9b;/>
	END
	rs 3 scan --policy "$file"
	one_line_each
	policy "$file" <<<"<set id=\"o&#x202e;&#13;\" action=\"$long\"/><allow entry=\"&#x9b;\" store=\"&#x202e;\"/>"
	rs 3 scan --policy "$file"
	one_line_each
	rs 3 policy check "$file"
	one_line_each
	calm "$T/out"
}

shown() {
	rs 0 policy list --policy "$T/policy.xml"
	calm "$T/out"
	rs 0 policy show --policy "$T/policy.xml" test-odd
	calm "$T/out"
	has "$T/out" '\xe2\x80\xae'
	not_forged
	rs 0 policy new "$T/odd.pem"
	calm "$T/out"
}

# --- the world -----------------------------------------------------------------

mallory=/home/m\\$odd
make_it() {
	make_root A "Rootsweep Test Root A" && odd_root odd < <(printf %s "$odd$line") &&
		odd_root long < <(printf %s "$long") && odd_root unknown < <(printf %s "u$odd$line") && odd_policy || return
	guard
	printf 'mallory:x:4242:4242::%s:/bin/sh\n' "$mallory" >>/etc/passwd
	mkdir -p "$T/nss" && certutil -N -d "sql:$T/nss" --empty-password &&
		certutil -A -d "sql:$T/nss" -n "$(printf 'o\033[31m\r\342\200\256')" -t C,, -i "$T/A.pem"
}
make_it || fatal "no world"

check told told
for format in table json jsonl; do
	check "every-command/$format" every_command "$format"
	check "every-command/$format-v" every_command "$format" -v
done
check colours colours
check typed typed
check policy/bad bad_policy
check policy/shown shown

finish
