#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2317
#
# Trust whose certificate is gone, copies that a tool makes, and what is public
# where nothing tells: the verdict follows what they are of.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-verdict.sh"

enter 300

# alice's database with no more than the trust in NAME.
lone() { # NAME
	nss_make alice "$alice"
	nss_add alice "$alice" old "$1"
	sql_delete alice "$alice" "hex(a0)='00000001'"
	same "$(classes "$alice")" "$class_old"
}

# lone_is EXPRESSION: what a run says of the one finding that is lone trust.
lone_is() {
	json '[.findings[] | select(.object == "trust")] | length == 1 and all(.[]; '"$1"')'
}

# --- public ------------------------------------------------------------------

# Whatever names it, by key or by digest: no entry takes out a public root's trust.
public_trust() {
	local match

	put
	grep -q "^$public_file" "$conf" || fatal "$public_file is not selected"
	for match in "<spki sha256=\"$(spki P)\"/>" "<certificate sha1=\"$(sha1 P)\"/>" \
		"$(issuer_serial P)"; do
		rm -rf /home/alice/.pki
		lone P
		policy_root P quarantine "$match" | policy "$T/public.xml"
		rs 0 quarantine --policy "$T/public.xml" --yes --force --entry test-p --format json
		json '.changed | not'
		lone_is '.result == "reported" and (.reason | contains("public=\"yes\""))'
		same "$(classes "$alice")" "$class_old"
	done
	# Nor is it unknown.
	rs 0 scan --policy "$T/policy.xml" --format json --fail-on unknown
	json '.unknown == [] and .public_known'
	rs 0 scan --policy "$T/policy.xml"
	has "$T/out" "No other certificate was added."
	# Who names it and insists may.
	rs 4 quarantine --policy "$T/public.xml" --yes --certificate "$(sha1 P)"
	same "$(classes "$alice")" "$class_old"
	rs 4 quarantine --policy "$T/public.xml" --yes --certificate "$(sha256 P)"
	sed -i 's/<root /&public="yes" /' "$T/public.xml"
	sed -i "s/<issuer-serial.*/<certificate sha1=\"$(sha1 P)\"\/>/" "$T/public.xml"
	rs 0 quarantine --policy "$T/public.xml" --yes --user alice --format json
	json '.changed'
	rs 0 undo --last --yes
}

# --- one command -------------------------------------------------------------

# Trust of an unknown root: shown with all it has, and taken out by what is shown.
lone_unknown() {
	local sha1

	put
	lone B
	rs 0 scan --policy "$T/policy.xml" --format json
	json '.unknown | length == 1 and all(.[]; .object == "trust" and .sha256 == null
		and .sha1 == $sha1 and (.issuer | contains("Rootsweep Test Root B"))
		and (.serial | test("^[0-9a-f]+$")))' --arg sha1 "$(sha1 B)"
	rs 0 scan --policy "$T/policy.xml"
	grep -qx "  rootsweep quarantine --certificate $(sha1 B)" "$T/out"
	sha1=$(sha1 B)
	for what in "$sha1" "${sha1^^}" "$T/B.pem" "$T/B.der"; do
		rs 0 quarantine --policy "$T/policy.xml" --yes --certificate "$what" --format json
		lone_is '.result == "quarantined" and .match == "sha1"'
		json '.changed and .still_trusted == [] and .lost == []'
		same "$(classes "$alice")" ""
		rs 0 undo --last --yes
	done
	# A SHA-256 says nothing of it, unless the certificate is somewhere.
	rs 0 quarantine --policy "$T/policy.xml" --yes --certificate "$(sha256 B)" --format json
	json '.changed | not'
	cp "$T/B.pem" "$local_store/B.crt"
	refresh
	rs 0 quarantine --policy "$T/policy.xml" --yes --certificate "$(sha256 B)" --format json
	lone_is '.result == "quarantined"'
	os_gone B
	rs 0 undo --last --yes
	# No digest at all.
	rs 3 quarantine --policy "$T/policy.xml" --yes --certificate "${sha1}00"
	has "$T/err" "SHA-1"
}

# The company's root is in the system's store: its trust elsewhere is allowed too.
lone_allowed() {
	local by

	for by in "spki=\"$(spki B)\"" "sha256=\"$(sha256 B)\""; do
		put B
		lone B
		{ policy_root A; echo "<allow $by reason=\"ours\"/>"; } | policy "$T/allow.xml"
		rs 0 scan --policy "$T/allow.xml" --format json --fail-on unknown
		json '.unknown == [] and any(.allowed[]; .object == "trust")'
		put
		lone B
		rs 2 scan --policy "$T/allow.xml" --format json --fail-on unknown
		json '.unknown | length == 1'
	done
}

os_gone() {
	[ ! -e "$local_store/$1.crt" ]
	! grep -qF "$(sed -n 2p "$T/$1.pem")" "$bundle"
}

# --- copies ------------------------------------------------------------------

# What is allowed in the system's store stays in all that is made of it.
copies_allowed() {
	put A
	nss_make alice "$alice"
	nss_add alice "$alice" old A
	{ policy_root A; echo '<allow entry="test-a" store="p11-kit" reason="ours"/>'; } |
		policy "$T/allow.xml"
	rs 2 scan --policy "$T/allow.xml" --format json
	json 'all(.findings[]; .action == (if .store | startswith("nss:") then "quarantine"
		else "report" end)) and ([.findings[].store | split(":")[0]] | unique) ==
		["nss", "openssl-dir", "p11-kit"]'
	rs 0 quarantine --policy "$T/allow.xml" --yes --format json
	json '.changed and .still_trusted == [] and .lost == [] and ([.steps[].kind] == ["rows"])'
	json 'all(.findings[]; .result == (if .store | startswith("nss:") then "quarantined"
		else "reported" end))'
	[ -e "$local_store/A.crt" ]
	rs 0 undo --last --yes
	# Allowed in a copy alone it goes with its source.
	sed -i 's/store="p11-kit"/store="openssl-dir"/' "$T/allow.xml"
	rs 0 quarantine --policy "$T/allow.xml" --yes --format json
	json '.changed and .still_trusted == [] and .lost == []'
	json 'all(.findings[]; .result == "quarantined")'
	os_gone A
	rs 0 undo --last --yes
	# And so where no entry names it.
	put B
	{ policy_root A; echo "<allow sha256=\"$(sha256 B)\" store=\"p11-kit\"/>"; } |
		policy "$T/allow.xml"
	rs 0 scan --policy "$T/allow.xml" --format json --fail-on unknown
	json '.unknown == [] and (.allowed | length == 2)'
}

# Another brings it back while it is taken out: that is not "quarantined".
still_trusted() {
	put A
	cat >/etc/ca-certificates/update.d/zz-back <<-END
		#!/bin/sh
		cat >/dev/null
		cat $T/A.pem >>$bundle
	END
	chmod 755 /etc/ca-certificates/update.d/zz-back
	rs 4 quarantine --policy "$T/policy.xml" --yes --format json
	json 'all(.findings[]; .result != "quarantined" or
		(.store | startswith("p11-kit:") | not))'
	json 'any(.findings[]; .store | startswith("p11-kit:")) and all(.findings[];
		.result == "quarantined" or (.reason | type == "string"))'
	rm /etc/ca-certificates/update.d/zz-back
	rs "0|4" undo --last --yes
	put
}

# --- packages, and what is public ----------------------------------------------

# A line of the configuration selects it; that no package brought it is what counts.
conf_is_no_package() {
	put
	mkdir -p "$package_store/local"
	cp "$T/named.pem" "$package_store/local/named.crt"
	echo local/named.crt >>"$conf"
	refresh --fresh
	policy_root A quarantine "$(subject acts "Listed Network" KZ)" | policy "$T/name.xml"
	rs 2 scan --policy "$T/name.xml" --system --format json
	of named '.match == "subject" and .action == "quarantine"'
	echo "$package_store/local/named.crt" >/var/lib/dpkg/info/some-provider.list
	rs 0 scan --policy "$T/name.xml" --system --format json
	of named '.action == "report" and (.reason | contains("package"))'
	rm /var/lib/dpkg/info/some-provider.list
	sed -i '/local\/named/d' "$conf"
	rm -r "$package_store/local"
	refresh --fresh
}

# Without Mozilla's list the package's word is left; without that, no verdict.
public_not_known() {
	local module

	put B
	while read -r module; do
		mount --bind /dev/null "$module"
	done < <(find / -xdev -name libnssckbi.so 2>/dev/null)
	rs 0 scan --policy "$T/policy.xml" --system --format json
	json '(.public_known | not) and .complete and (.unknown | length > 0)'
	unknown B
	rs 0 scan --policy "$T/policy.xml" --system
	has "$T/out" "Which of the others are public" "by what the system's own package brought"
	mount --bind /dev/null /var/lib/dpkg/info/ca-certificates.list
	rs 4 scan --policy "$T/policy.xml" --system --format json
	json '(.public_known | not) and (.complete | not)'
	rs 4 scan --policy "$T/policy.xml" --system
	has "$T/out" "Which of the others are public could not be told here."
	umount /var/lib/dpkg/info/ca-certificates.list
	while read -r module; do
		umount "$module"
	done < <(find / -xdev -name libnssckbi.so 2>/dev/null)
}

{
	make_world && make_users alice && debian_store small &&
		cp "$T/B.key" "$T/C.key" && self named C "/C=KZ/CN=Listed Network" && public_root &&
		public_file=$(grep -m 1 ^mozilla "$conf")
} || fatal "no world"

for case in public_trust lone_unknown lone_allowed copies_allowed still_trusted conf_is_no_package \
	public_not_known; do
	check "${case//_/-}" "$case"
done

finish
