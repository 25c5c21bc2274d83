#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2317
#
# The verdict: what is known, what is public, what is unknown; by which rule,
# and what no rule may take out.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-verdict.sh"

enter 300

shipped=$here/../../policy/interception-roots.xml
dpkg_info=/var/lib/dpkg/info

p=(--policy "$T/policy.xml" --format json)

# --- known, unknown, a company's own -----------------------------------------

three() {
	put A B C
	nss_make alice "$alice"
	nss_add alice "$alice" old B
	touch -d 2026-05-09 "$local_store/B.crt"
	{
		policy_root A
		printf '<allow spki="%s" until="2199-12-31" reason="our own proxy"/>\n' "$(spki C)"
	} | policy "$T/three.xml"
}

three_json() {
	rs 2 scan --policy "$T/three.xml" --format json
	document scan
	of A '.entry == "test-a" and .action == "quarantine"'
	unknown B
	json '[.unknown[] | select(.sha256 == $b) | .store | split(":")[0]] | unique
		== ["nss", "openssl-dir", "p11-kit"]' --arg b "$(sha256 B)"
	json 'any(.unknown[].origins[]; .path == $path and .added == "2026-05-09T00:00:00Z"
		and .package == null)' --arg path "$local_store/B.crt"
	json 'all(.unknown[], .findings[]; .sha256 != $c)' --arg c "$(sha256 C)"
	json 'any(.allowed[]; .sha256 == $c and (.reason | contains("three.xml, line") and
		contains("our own proxy")))' --arg c "$(sha256 C)"
	json '.summary.unknown == (.unknown | length) and .summary.allowed == (.allowed | length)'
	# By one store only: elsewhere it is unknown.
	sed 's/<allow /&store="nss" /' "$T/three.xml" >"$T/nss-only.xml"
	rs 2 scan --policy "$T/nss-only.xml" --format json
	unknown C
}

three_text() {
	local line

	rs 2 scan --policy "$T/three.xml"
	line=$(grep "Rootsweep Test Root B" "$T/out")
	same "$(wc -l <<<"$line")" 1 "lines on root B"
	for word in system alice 2026-05-09 "$local_store/B.crt" "$alice/cert9.db"; do
		grep -qF "$word" <<<"$line"
	done
	grep -qx "  rootsweep quarantine --certificate $(sha256 B)" "$T/out"
	grep "Rootsweep Test Root C" "$T/out" | grep -F "our own proxy"
	same "$(grep -c "$(sha256 B)" "$T/out")" 1 "digests of root B"
	has "$T/out" "1 other certificate was added that no browser maker vouches for"
	rs 2 scan --policy "$T/three.xml" -v
	same "$(grep -c "$(sha256 B)" "$T/out")" 2 "digests of root B with -v"
	rs_run alice 2 scan --policy "$T/three.xml"
	grep -qx "  sudo rootsweep quarantine --certificate $(sha256 B)" "$T/out"
	rs 0 anchors --policy "$T/three.xml" --unknown
	has "$T/out" "Rootsweep Test Root B"
	has_not "$T/out" "Rootsweep Test Root A"
	# As in a scan: a line each, and what was left alone said as that.
	line=$(grep "Rootsweep Test Root B" "$T/out")
	same "$(wc -l <<<"$line")" 1 "lines on root B"
	grep -F 2026-05-09 <<<"$line"
	grep "Rootsweep Test Root C" "$T/out" | grep -F "our own proxy"
}

three_fail_on() {
	rs 0 quarantine --policy "$T/three.xml" --yes
	rs 0 scan --policy "$T/three.xml"
	rs 2 scan --policy "$T/three.xml" --fail-on unknown
	put C
	rs 0 scan --policy "$T/three.xml" --system --fail-on unknown
	rs 0 scan --policy "$T/three.xml" --system
	has "$T/out" "No other certificate was added."
	rs 0 undo --all --yes
}

package() {
	put B
	echo "$local_store/B.crt" >"$dpkg_info/some-provider:amd64.list"
	rs 0 scan "${p[@]}" --system
	json 'any(.unknown[].origins[]; .path == $path and .package == "some-provider")' \
		--arg path "$local_store/B.crt"
	rs 0 scan --policy "$T/policy.xml" --system
	grep "Rootsweep Test Root B" "$T/out" | grep -F some-provider
	rm "$dpkg_info/some-provider:amd64.list"
}

# --- rules -------------------------------------------------------------------

# The listed name on another key: the file to download was swapped, or renewed.
listed_name() {
	put named
	policy_root A quarantine "<spki sha256=\"$(spki A)\"/>" \
		"$(subject reports "Listed Network" KZ)" | policy "$T/name.xml"
	rs 0 scan --policy "$T/name.xml" --format json
	of named '.match == "subject" and .action == "report" and (.reason | type == "string")'
	rs 0 quarantine --policy "$T/name.xml" --yes --entry test-a --format json
	json '.changed | not'
	sed -i 's/acts="no"/acts="yes"/' "$T/name.xml"
	rs 2 scan --policy "$T/name.xml" --format json
	of named '.match == "subject" and .action == "quarantine"'
	# What a package brought may be meant.
	echo "$local_store/named.crt" >"$dpkg_info/some-provider.list"
	rs 0 scan --policy "$T/name.xml" --format json
	of named '.action == "report" and (.reason | contains("package"))'
	rm "$dpkg_info/some-provider.list"
	rs 0 quarantine --policy "$T/name.xml" --yes --format json
	json '.changed and .lost == [] and .still_trusted == []'
	os_gone named
	rs 0 undo --last --yes
	rs 2 scan --policy "$T/name.xml" --format json
}

os_gone() {
	[ ! -e "$local_store/$1.crt" ]
	! grep -qF "$(sed -n 2p "$T/$1.pem")" "$bundle"
}

listed_key() {
	put reissued crossed
	policy_root A quarantine "<spki sha256=\"$(spki A)\"/>" | policy "$T/key.xml"
	rs 2 scan --policy "$T/key.xml" --format json
	of reissued '.match == "spki" and .action == "quarantine"'
	of crossed '.match == "spki" and .action == "quarantine"'
	rs 0 quarantine --policy "$T/key.xml" --yes
	os_gone reissued
	os_gone crossed
	rs 0 undo --last --yes
}

by_issuer() {
	policy_root A quarantine "<spki sha256=\"$(spki A)\"/>" \
		"<issuer key-id=\"$(key_id A)\"/>" | policy "$T/issuer.xml"
	put sub
	rs 0 scan --policy "$T/issuer.xml" --format json
	of sub '.match == "issuer" and .action == "report" and (.reason | contains("not here"))'
	# With the issuer at hand, in whatever store, the signature decides.
	put sub forged
	nss_make alice "$alice"
	nss_add alice "$alice" old A
	rs 2 scan --policy "$T/issuer.xml" --format json
	of sub '.match == "issuer" and .action == "quarantine"'
	of forged '.match == "issuer" and .action == "report" and (.reason | contains("another"))'
	rs 0 quarantine --policy "$T/issuer.xml" --yes --format json
	json .changed
	os_gone sub
	[ -e "$local_store/forged.crt" ]
	rs 0 undo --last --yes
	# An ordinary user's run judges the same.
	rs_run alice 2 scan --policy "$T/issuer.xml" --format json
	of sub '.action == "quarantine"'
	of forged '.action == "report"'
}

# --- public roots ------------------------------------------------------------

public() {
	put
	policy_root P quarantine "<spki sha256=\"$(spki P)\"/>" | policy "$T/public.xml"
	snapshot public
	rs 0 policy check "$T/public.xml"
	has "$T/err" "$T/public.xml:3:" test-p "$(sha256 P)"
	rs 0 scan --policy "$T/public.xml" --format json
	of P '.action == "report" and (.reason | contains("public"))'
	rs 0 quarantine --policy "$T/public.xml" --yes --entry test-p --force
	restored public
	rs 4 quarantine --policy "$T/public.xml" --yes --certificate "$(sha256 P)"
	restored public
	# An administrator may say so; the shipped policy may not.
	sed -i 's/<root /&public="yes" /' "$T/public.xml"
	rs 0 policy check "$T/public.xml"
	has "$T/err" "$T/public.xml:3:" "taken out"
	mkdir -p "$T/vendor"
	cp "$T/public.xml" "$T/vendor"
	rs_env=(ROOTSWEEP_POLICY_DIR="$T/vendor")
	rs 3 scan
	rs_env=()
	has "$T/err" "$T/vendor/public.xml:3:" public
	rs 2 quarantine --policy "$T/public.xml" --dry-run
	rs 0 quarantine --policy "$T/public.xml" --yes --format json
	json .changed
	rs 0 undo --last --yes
	restored public
}

# By a name a public root is never more than reported, whatever is asked.
public_name() {
	local cn

	put
	cn=$(openssl x509 -in "$T/P.pem" -noout -subject -nameopt multiline,utf8 |
		sed -n 's/^ *commonName *= //p' | sed 's/[][().*+?|{}\\^$]/\\&/g')
	policy_root A quarantine "<subject acts=\"yes\"><attribute type=\"CN\" match=\"^$cn\$\"/></subject>" |
		sed 's/<root /&public="yes" /' | policy "$T/public-name.xml"
	rs 3 policy check "$T/public-name.xml"
	has "$T/err" "$T/public-name.xml:3:" "a name that acts must fit none"
	rs 0 quarantine --policy "$T/public-name.xml" --yes --entry test-a --force --format json
	json '.changed | not'
	of P '.match == "subject" and .result == "reported"'
}

# --- the guard ---------------------------------------------------------------

many() {
	local i
	local -a names

	for i in $(seq 11); do
		cp "$T/B.key" "$T/M$i.key"
		self "M$i" B "/O=Rootsweep Test/CN=Many $i"
		names+=("M$i")
	done
	put "${names[@]}"
	policy_root A quarantine "<spki sha256=\"$(spki B)\"/>" | policy "$T/many.xml"
	rs 2 scan --policy "$T/many.xml"
	rs 3 quarantine --policy "$T/many.xml" --yes
	has "$T/err" "11 different certificates" --force "Many 7" "$(sha256 M7)"
	rs 3 quarantine --policy "$T/many.xml" --dry-run
	# Dead authorities do not count: by a key, and where the shipped list says so.
	sed 's/category="state"/category="misissuing-ca"/' "$T/many.xml" >"$T/dead.xml"
	rs 3 quarantine --policy "$T/dead.xml" --dry-run
	rm -rf "$T/vendor"
	mkdir "$T/vendor"
	cp "$T/dead.xml" "$T/vendor"
	rs_env=(ROOTSWEEP_POLICY_DIR="$T/vendor")
	rs 2 quarantine --dry-run --system
	policy_root A quarantine \
		"<subject acts='yes'><attribute type='CN' match='^Many [0-9]+\$'/></subject>" |
		sed 's/category="state"/category="misissuing-ca"/' | policy "$T/vendor/dead.xml"
	rs 3 quarantine --dry-run --system
	has "$T/err" "11 different certificates"
	rs_env=()
	rm -r "$T/vendor"
	rs 0 quarantine --policy "$T/many.xml" --yes --force --format json
	json .changed
	rs 0 undo --last --yes
}

# A thousand roots as companies make them: from one root's bytes, with other
# names and serial numbers; nobody but its owner looks at a root's signature.
enterprise() {
	openssl req -x509 -new -key "$T/B.key" -days 3650 -outform DER -out "$T/model.der" \
		-subj "/C=KZ/O=Company 0000 Holding/CN=Company 0000 Security Certification Authority" \
		-set_serial 0x4100004100000041 -addext basicConstraints=critical,CA:TRUE
	perl -MMIME::Base64 -e '
		local $/; open F, "<:raw", $ARGV[0]; my $der = <F>;
		for my $i (1 .. 1000) {
			my ($n, $one) = (sprintf("%04d", $i), $der);
			$one =~ s/Company 0000/Company $n/g;
			$one =~ s/\x41\0\0\x41/pack("Cna", 0x41, $i, "A")/e;
			print "-----BEGIN CERTIFICATE-----\n", encode_base64($one), "-----END CERTIFICATE-----\n";
		}' "$T/model.der" >"$T/enterprise.pem"
	put
	cp "$T/enterprise.pem" "$local_store/enterprise.crt"
	refresh
	rs 0 scan --policy "$shipped" --system --format json
	json '[.unknown[] | select(.store | startswith("p11-kit:")) | .sha256] | unique | length == 1000'
	json '.summary.to_quarantine == 0'
	rs 0 scan --policy "$shipped" --system
	has "$T/out" "1000 other certificates were added" "quarantine --certificate SHA256"
	put
}

# --- policies ----------------------------------------------------------------

# bad TEXT MATCH...: refused with its file and the line of the entry's match.
bad() {
	local why=$1
	shift

	policy_root A report "$@" | policy "$T/bad.xml"
	rs 3 scan --policy "$T/bad.xml"
	has "$T/err" "$T/bad.xml:6:" "$why"
	rs 3 policy check "$T/bad.xml"
}

bad_patterns() {
	bad "expected a pattern" "<subject><attribute type='CN' match=''/></subject>"
	bad "fits any name" "<subject><attribute type='CN' match='^.*\$'/></subject>"
	bad "expected a pattern" "<subject><attribute type='CN' match='.*'/></subject>"
	bad "for ever" "<subject><attribute type='CN' match='^(a+)+\$'/></subject>"
	bad "for ever" "<subject><attribute type='CN' match='^(a*)\\1\$'/></subject>"
	bad "multiply" "<subject><attribute type='CN' match='^((a{99}){99}){99}\$'/></subject>"
	bad "NC" "<subject><attribute type='NC' match='^a\$'/></subject>"
	bad "nobody" "<subject acts='yes'><attribute type='C' match='^KZ\$'/></subject>"
	bad "16 to 64" "<issuer key-id='01234567'/>"
}

one_id_twice() {
	mkdir -p /etc/rootsweep/policy.d
	policy_root A | policy /etc/rootsweep/policy.d/a.xml
	policy_root A report | policy /etc/rootsweep/policy.d/b.xml
	rs 3 scan
	has "$T/err" /etc/rootsweep/policy.d/b.xml:3: /etc/rootsweep/policy.d/a.xml:3 test-a
	rm -r /etc/rootsweep
}

allows() {
	put A B
	{
		policy_root A
		echo '<allow entry="test-a" until="2020-01-31" reason="was ours"/>'
		echo '<allow entry="test-a" store="p11kit"/>'
		echo '<allow entry="no-such-entry"/>'
	} | policy "$T/allow.xml"
	rs 2 scan --policy "$T/allow.xml" --format json
	has "$T/err" "$T/allow.xml:13:" 2020-01-31 "$T/allow.xml:14:" p11kit "$T/allow.xml:15:" no-such-entry
	of A '.action == "quarantine"'
	rs 0 policy check "$T/allow.xml"
	has "$T/err" "$T/allow.xml:13:"
}

# What decides is said: the last place's set, and its file and line.
effective() {
	local list='.entries[] | select(.id == "test-a")'

	mkdir -p /etc/rootsweep/policy.d "$T/vendor"
	rm -f "$T/vendor"/*
	policy_root A | policy "$T/vendor/v.xml"
	echo '<set category="state" action="ignore"/>' | policy /etc/rootsweep/policy.d/a.xml
	rs_env=(ROOTSWEEP_POLICY_DIR="$T/vendor")
	rs 0 policy list --format json
	json "$list | .action == \"ignore\" and .decided_by == \"/etc/rootsweep/policy.d/a.xml\"
		and .file == \"$T/vendor/v.xml\""
	rs 0 policy list
	has "$T/out" ignore /etc/rootsweep/policy.d/a.xml
	put A
	rs 0 scan --system --format json
	json '.findings == [] and .unknown == []'
	json 'any(.allowed[]; .entry == "test-a" and (.reason | contains("policy.d/a.xml, line 3")))'
	echo '<set id="test-a" action="report"/>' | policy /etc/rootsweep/policy.d/b.xml
	rs 0 scan --system --format json
	of A '.action == "report"'
	rs_env=()
	rm -r /etc/rootsweep "$T/vendor"
}

age() {
	put A
	rs 2 scan --policy "$T/policy.xml" --system
	has "$T/out" "The list is of 2026-11-22."
	sed 's/version="2026.11.22"/version="2020.01.31"/' "$T/policy.xml" >"$T/old.xml"
	rs 2 scan --policy "$T/old.xml" --system
	has "$T/out" "The list is of 2020-01-31" "days old"
	rs 2 scan --policy "$T/old.xml" --system --format json
	has "$T/err" 2020-01-31 "days old"
	json '.policy_date == "2020-01-31"'
	rs 2 quarantine --policy "$T/old.xml" --dry-run
	has "$T/out" "2020-01-31"
}

new_entry() {
	put B
	rs_run alice 0 policy new "$local_store/B.crt"
	cp "$T/out" "$T/new.xml"
	rs 0 policy check "$T/new.xml"
	rs 0 scan --policy "$T/new.xml" --system --format json
	of B '.action == "report" and .entry == "rootsweep-test-root-b" and .match == "certificate"'
	json '.unknown == []'
	# Several in one file; names that XML and terminals would stumble over.
	cp "$T/B.key" "$T/odd.key"
	self odd odd "/CN=<\"\&>--> $(printf '\033')[31m"
	cat "$T/B.pem" "$T/odd.pem" "$T/C.pem" >"$T/several.pem"
	rs 0 policy new "$T/several.pem"
	cp "$T/out" "$T/new.xml"
	rs 0 policy check "$T/new.xml"
	rs 0 policy list --policy "$T/new.xml" --format json
	json '.entries | length == 3'
	rs 0 policy new "$T/B.der"
	rs 3 policy new "$T/policy.xml"
	has "$T/err" "$T/policy.xml" "no certificate"
	rs 3 policy new "$T/none.pem"
	has "$T/err" "$T/none.pem"
	rs 3 policy new
}

# A file of a later rootsweep: read, and what was passed over is said.
future() {
	put A
	{
		sed -n '1,/<match>/p' "$T/policy.xml"
		echo '<later:fingerprint xmlns:later="urn:rootsweep:policy:9" blake3="00"/>'
		sed '1,/<match>/d' "$T/policy.xml" | sed '/<\/policy>/d'
		echo '<x:signed-by xmlns:x="urn:example"><x:who/></x:signed-by>'
		echo '</policy>'
	} >"$T/future.xml"
	rs 2 scan --policy "$T/future.xml" --system --format json
	has "$T/err" "$T/future.xml" "2 things in it are newer than this program and were passed"
	of A '.action == "quarantine"'
	sed '/x:signed-by/d' "$T/future.xml" >"$T/one.xml"
	rs 2 scan --policy "$T/one.xml" --system
	has "$T/err" "1 thing in it is newer than this program and was passed"
	sed 's/<policy /&requires="2" /' "$T/policy.xml" >"$T/requires.xml"
	rs 3 scan --policy "$T/requires.xml"
	has "$T/err" "$T/requires.xml:2:"
}

{
	make_world && make_root C "Rootsweep Test Root C" && make_users alice && debian_store small &&
		issue sub sub "/O=Rootsweep Test/CN=Sub" A &&
		issue forged forged "/O=Rootsweep Test/CN=Forged" B A &&
		issue crossed A "/O=Rootsweep Test/CN=Rootsweep Test Root A" B &&
		self reissued A "/O=Rootsweep Test/CN=Another Name" &&
		self named C "/C=KZ/CN=Listed Network" && public_root
} || fatal "no world"

check three/made three
check three/json three_json
check three/text three_text
check three/fail-on three_fail_on
for case in package listed_name listed_key by_issuer public public_name many enterprise bad_patterns \
	one_id_twice allows effective age new_entry future; do
	check "${case//_/-}" "$case"
done

finish
