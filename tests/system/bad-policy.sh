#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# What a policy that cannot be used gets: exit 3, the file and the line, and
# nothing touched.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"

enter 120

# bad FILE LINE [TEXT...]: refused by scan, quarantine and policy check alike.
# LINE "-" where there is none to name.
bad() {
	local file=$1 where=$1
	shift

	[ "$1" = - ] || where=$file:$1
	shift
	rs 3 scan --policy "$file" --format json
	has "$T/err" "$where" "$@"
	rs 3 quarantine --policy "$file" --yes
	has "$T/err" "$where" "$@"
	rs 3 policy check "$file"
	# One bad file is enough.
	rs 3 scan --policy "$T/policy.xml" --policy "$file"
	restored before
	[ ! -e /var/lib/rootsweep/records ] || [ -z "$(ls /var/lib/rootsweep/records)" ]
}

with_entry() { # SED-EXPRESSION: the good policy, edited
	sed "$1" "$T/policy.xml" >"$T/bad.xml"
	if cmp -s "$T/policy.xml" "$T/bad.xml"; then
		echo "the edit changed nothing: $1"
		return 1
	fi
}

line_of() {
	grep -n -m 1 -- "$1" "$T/bad.xml" | cut -d: -f1
}

not_well_formed() {
	with_entry 's|</match>|</mach>|'
	bad "$T/bad.xml" "$(line_of '</mach>')"
}

truncated() {
	head -c 300 "$T/policy.xml" >"$T/bad.xml"
	bad "$T/bad.xml" "$(wc -l <"$T/bad.xml" | awk '{print $1 + 1}')"
}

empty() {
	: >"$T/bad.xml"
	bad "$T/bad.xml" -
}

no_entries() {
	: | policy "$T/none.xml"
	rs 3 scan --policy "$T/none.xml"
	has "$T/err" "nothing to look for"
	rs 3 quarantine --policy "$T/none.xml" --yes
	has "$T/err" "nothing to look for"
}

unknown_element() {
	with_entry 's|<match>|<match><fingerprint sha256="00"/>|'
	bad "$T/bad.xml" "$(line_of '<fingerprint')" fingerprint
}

short_digest() {
	with_entry 's|<spki sha256="....|<spki sha256="|'
	bad "$T/bad.xml" "$(line_of '<spki')" spki
}

bad_action() {
	with_entry 's|action="quarantine"|action="delete"|'
	bad "$T/bad.xml" "$(line_of 'action=')"
}

no_match() {
	with_entry '/<match>/,/<\/match>/d'
	bad "$T/bad.xml" "$(line_of '<explain')" match
}

other_namespace() {
	with_entry 's|urn:rootsweep:policy:1|urn:rootsweep:policy:9|'
	bad "$T/bad.xml" 2
}

same_id_twice() {
	{
		policy_root A
		policy_root A report
	} | policy "$T/bad.xml"
	bad "$T/bad.xml" "$(grep -n 'action="report"' "$T/bad.xml" | cut -d: -f1)" test-a
}

doctype() {
	sed '2i <!DOCTYPE policy [<!ENTITY x SYSTEM "file:///etc/shadow">]>' "$T/policy.xml" |
		sed 's|<name>.*</name>|<name>\&x;</name>|' >"$T/bad.xml"
	bad "$T/bad.xml" 2 DOCTYPE
	has_not "$T/err" "root:"
}

billion_laughs() {
	{
		echo '<?xml version="1.0"?>'
		echo '<!DOCTYPE policy ['
		echo '<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
		for i in b:a c:b d:c e:d f:e g:f h:g; do
			echo "<!ENTITY ${i%:*} \"$(printf "&${i#*:};%.0s" 1 2 3 4 5 6 7 8 9 10)\">"
		done
		echo ']>'
		sed -e 1d -e 's|<name>.*</name>|<name>\&h;</name>|' "$T/policy.xml"
	} >"$T/bad.xml"
	bad "$T/bad.xml" 2 DOCTYPE
}

too_deep() {
	{
		sed '/<match>/q' "$T/policy.xml"
		printf '<x:a xmlns:x="urn:x">%.0s' $(seq 40)
		printf '</x:a>%.0s' $(seq 40)
		sed '1,/<match>/d' "$T/policy.xml"
	} >"$T/bad.xml"
	bad "$T/bad.xml" "$(line_of '<x:a')"
}

binary() {
	head -c 4096 "$rootsweep" >"$T/bad.xml"
	bad "$T/bad.xml" -
}

missing() { bad "$T/is-not-there.xml" -; }

directory() {
	mkdir -p "$T/dir.xml"
	bad "$T/dir.xml" -
}

fifo() { # must not wait for a writer
	mkfifo "$T/fifo.xml"
	bad "$T/fifo.xml" -
}

strangers_file() {
	cp "$T/policy.xml" "$T/bad.xml"
	chown alice "$T/bad.xml"
	rs 3 scan --policy "$T/bad.xml"
	has "$T/err" "$T/bad.xml"
	chown root "$T/bad.xml"
	chmod 0666 "$T/bad.xml"
	rs 3 scan --policy "$T/bad.xml"
	has "$T/err" "$T/bad.xml"
	rm "$T/bad.xml"
	install -d -o alice "$T/alices"
	cp "$T/policy.xml" "$T/alices/policy.xml"
	rs 3 quarantine --policy "$T/alices/policy.xml" --yes
	has "$T/err" "$T/alices"
	restored before
}

# An admin's file that cannot be used stops the run as well.
admins_file() {
	mkdir -p /etc/rootsweep/policy.d
	echo '<policy' >/etc/rootsweep/policy.d/50-bad.xml
	rs 3 scan
	has "$T/err" /etc/rootsweep/policy.d/50-bad.xml:
	rm -r /etc/rootsweep
}

# A later place's entry replaces one of the same id, and a root reads no user's.
places() {
	mkdir -p /etc/rootsweep/policy.d /home/alice/.config/rootsweep/policy.d
	cp "$T/policy.xml" /etc/rootsweep/policy.d/a.xml
	rs 2 scan --system --format json
	found p11-kit:system:
	policy_root A ignore | policy "$T/ignore.xml"
	install -o alice "$T/ignore.xml" /home/alice/.config/rootsweep/policy.d/a.xml
	chown -R alice: /home/alice/.config
	rs 2 scan --system --format json
	found p11-kit:system:
	rs_run alice 0 scan --system --format json
	json '[.findings[] | select(.entry == "test-a")] == []'
	rs_run alice 0 policy list --format json
	has "$T/out" /home/alice/.config/rootsweep/policy.d/a.xml
	ln -sf /dev/null /etc/rootsweep/policy.d/a.xml
	rs '0|3' scan --system --format json
	has_not "$T/out" test-a
	rm -r /etc/rootsweep /home/alice/.config
}

good() {
	rs 0 policy check "$T/policy.xml"
	rs 0 policy list --policy "$T/policy.xml"
	has "$T/out" test-a quarantine
	rs 0 policy show test-a --policy "$T/policy.xml"
	has "$T/out" "Rootsweep Test Root A" "Made for a test."
	rs 3 policy show test-b --policy "$T/policy.xml"
	has "$T/err" test-a
	# Byte order mark, other encoding, foreign elements: all read.
	printf '\357\273\277' | cat - "$T/policy.xml" >"$T/bom.xml"
	rs 0 policy check "$T/bom.xml"
	sed 's/UTF-8/UTF-16/' "$T/policy.xml" | iconv -t UTF-16 >"$T/utf16.xml"
	rs 0 policy check "$T/utf16.xml"
	sed 's|<match>|<x:note xmlns:x="urn:example">later</x:note>&|' "$T/policy.xml" >"$T/later.xml"
	rs 0 policy check "$T/later.xml"
}

{ make_world && make_users alice && debian_store small; } || fatal "no world"
cp "$T/A.pem" "$local_store/rootsweep-a.crt"
refresh
snapshot before

check good good
for case in not-well-formed truncated empty no-entries unknown-element short-digest bad-action \
	no-match other-namespace same-id-twice doctype billion-laughs too-deep binary missing \
	directory fifo strangers-file admins-file places; do
	check "$case" "${case//-/_}"
done

finish
