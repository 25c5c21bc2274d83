#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Managed policies that put the root back, with Chromium and Firefox as an
# ordinary user: what each accepts before, after, and after the way back.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-browser.sh"

enter 540

# In no home: what Chromium keeps for itself is no matter here.
data=$T/chromium
profile=/home/alice/.mozilla/firefox/7x3k.default-esr
url_a=https://localhost:8443/ url_b=https://localhost:8444/ url_chain=https://localhost:8445/
managed=/etc/chromium/policies/managed
recommended=/etc/chromium/policies/recommended
distribution=/usr/share/firefox-esr/distribution
certificates=/usr/lib/mozilla/certificates
flatpak=.local/share/flatpak/extension/org.mozilla.firefox.systemconfig/x86_64/stable/policies

b64() { # NAME
	base64 -w0 "$T/$1.der"
}

# The state of every place that is about policies, bytes and all.
places() {
	local place found=()

	for place in /etc/chromium /etc/firefox /etc/opt "$distribution" /usr/lib/mozilla \
		/home/alice/.mozilla/certificates "/home/alice/$flatpak"; do
		[ ! -e "$place" ] || found+=("$place")
	done
	find "${found[@]}" ! -type d -printf '%p %y %m %U:%G %s %T@ %l\n' | sort
	find "${found[@]}" -type f -print0 | sort -z | xargs -0r sha256sum
}

as_before() {
	places >"$T/places.now"
	same_file "$T/places.before" "$T/places.now"
}

# No policy at all, no record, homes without anything.
fresh() {
	guard
	rm -rf /var/lib/rootsweep /etc/chromium/policies /etc/firefox /etc/opt "$distribution" \
		/usr/lib/mozilla /home/alice/.local /home/alice/.mozilla /opt/firefox
	mkdir -p "$managed" "$recommended" "$distribution" "$certificates" /etc/firefox/policies
}

write() { # FILE < CONTENT
	cat >"$1"
	touch -d '2020-02-02 02:02:02.123456789' "$1"
	places >"$T/places.before"
}

steps() { # JQ: of each step
	jq -r ".steps[] | $1" "$T/out"
}

# --- Chromium --------------------------------------------------------------

chromium() { # WANTED-OF-A WANTED-OF-B
	chromium_all alice "$data" "$1" "$url_a"
	chromium_all alice "$data" "$2" "$url_b"
}

# taken_out FILE WANTED: quarantined alone, and every other byte is there.
taken_out() {
	local file=$1

	scan 2
	found "browser-policy:system:$file" "$file"
	json '[.findings[] | select(.store | startswith("browser-policy:"))] | length == 1'
	json 'any(.unknown[]; .sha256 == $b and .store == $store)' --arg b "$(sha256 B)" \
		--arg store "browser-policy:system:$file"
	quarantine 2 --dry-run
	as_before
	quarantine 0
	json '.changed and .still_trusted == [] and .lost == []'
	same "$(steps '"\(.kind) \(.path) \(.state)"')" "file $file done" steps
	same_file "$T/wanted" "$file"
	same "$(stat -c '%a %U' "$file")" "644 root" "mode and owner"
	chromium refuses accepts
	quarantine 0
	json '.changed | not'
	undo 0
	json '.changed and .conflicts == []'
	as_before
	chromium accepts accepts
}

chromium_managed() {
	fresh
	chromium refuses refuses
	printf '{\r\n  // ours\r\n  "HomepageLocation": "https:\\/\\/example.org",\r\n  "CACertificates": [\r\n    "%s", /* one */\r\n    "%s",\r\n  ],\r\n}\r\n' \
		"$(b64 A)" "$(b64 B)" | write "$managed/any name.txt"
	printf '{\r\n  // ours\r\n  "HomepageLocation": "https:\\/\\/example.org",\r\n  "CACertificates": [\r\n     /* one */\r\n    "%s",\r\n  ],\r\n}\r\n' \
		"$(b64 B)" >"$T/wanted"
	chromium accepts accepts
	taken_out "$managed/any name.txt"
}

chromium_recommended() {
	fresh
	printf '\xef\xbb\xbf{"CACertific\\x61tes":["%s","%s"]}' "$(b64 B)" "$(b64 A)" |
		write "$recommended/x.json"
	printf '\xef\xbb\xbf{"CACertific\\x61tes":["%s"]}' "$(b64 B)" >"$T/wanted"
	chromium accepts accepts
	taken_out "$recommended/x.json"
}

chromium_constraints() {
	fresh
	cat >"$T/wanted" <<-END
		{
		 "CACertificatesWithConstraints": [
		  
		  {"certificate": "$(b64 B)", "constraints": {"permitted_dns_names": ["localhost"], "permitted_cidrs": []}}
		 ]
		}
	END
	write "$managed/x.json" <<-END
		{
		 "CACertificatesWithConstraints": [
		  {"certificate": "$(b64 A)", "constraints": {"permitted_dns_names": ["localhost"], "permitted_cidrs": []}},
		  {"certificate": "$(b64 B)", "constraints": {"permitted_dns_names": ["localhost"], "permitted_cidrs": []}}
		 ]
		}
	END
	chromium accepts accepts
	scan 2
	json 'any(.findings[].origins[]; .object ==
		"CACertificatesWithConstraints, entry 1 at line 3 (only for localhost)")'
	taken_out "$managed/x.json"
}

# What distrusts it wins, and is nothing to take out.
chromium_distrusted() {
	fresh
	echo "{\"CADistrustedCertificates\":[\"$(b64 A)\"],\"CACertificates\":[\"$(b64 A)\",\"$(b64 B)\"]}" |
		write "$managed/x.json"
	chromium refuses accepts
	scan 0
	json 'any(.stores[]; .kind == "browser-policy" and .state == "no_findings" and .anchors == 1)'
	quarantine 0
	as_before
}

# --- Firefox ---------------------------------------------------------------

rows_of_a() { # WANTED
	same "$(sql "$profile" "select count(*) from nssPublic
		where instr(hex(a81), hex('Rootsweep Test Root A')) > 0")" "$1" "rows of root A"
}

record_of() { # OWNER
	case $1 in
	system) echo "/var/lib/rootsweep/records/$(cat "$T/record")" ;;
	*) echo "/home/$1/.local/state/rootsweep/records/$(cat "$T/record")" ;;
	esac
}

written_before() { # FILE FILE
	stat -c '%y %n' "$1" "$2"
	[ ! "$1" -nt "$2" ]
}

# The policy names one bare, one by its path; Firefox imports both.
firefox_forced() {
	fresh
	cp "$T/A.pem" "$certificates/A.pem"
	cp "$T/B.der" "$T/named.der"
	write "$distribution/policies.json" <<-END
		{"policies": {
		  "DisableTelemetry": true,
		  "Certificates": {"ImportEnterpriseRoots": false, "Install": ["A.pem", "$T/named.der"]}
		}}
	END
	firefox_all alice "$profile" accepts "$url_a" "$url_b" "$url_chain"
	dump "$profile" >"$T/profile.before"
}

# The policy first, then what it has put into the database: else it is there
# again after the next start.
firefox_taken_out() {
	scan 2
	found "browser-policy:system:$distribution/policies.json" "$distribution/policies.json"
	found "browser-policy:system:$distribution/policies.json" "$certificates/A.pem"
	found "nss:alice:$profile"
	quarantine 0
	json '.changed and .still_trusted == [] and .lost == []'
	same "$(steps '"\(.kind) \(.path) \(.state)"')" "$(printf '%s\n' \
		"file $distribution/policies.json done" "file $certificates/A.pem done" \
		"rows $profile/cert9.db done")" steps
	same "$(jq -c .policies "$distribution/policies.json")" "$(jq -nc --arg b "$T/named.der" \
		'{DisableTelemetry: true, Certificates: {ImportEnterpriseRoots: false, Install: [$b]}}')"
	[ ! -e "$certificates/A.pem" ]
	last_record >"$T/record"
	written_before "$(record_of system)/progress" "$(record_of alice)/record.xml"
	firefox_all alice "$profile" refuses "$url_a" "$url_chain"
	firefox_all alice "$profile" accepts "$url_b"
	rows_of_a 0
	scan 0
}

firefox_undone() {
	undo 0
	written_before "$(record_of alice)/progress" "$(record_of system)/progress"
	json '.conflicts == [] and ([.records[].owner] | sort) == ["alice", "system"]'
	as_before
	dump "$profile" >"$T/profile.now"
	same_file "$T/profile.before" "$T/profile.now"
	firefox_all alice "$profile" accepts "$url_a" "$url_b" "$url_chain"
}

# While the policy stays, the row comes back: the order is no matter of taste.
firefox_puts_it_back() {
	quarantine 0 --user alice
	same "$(steps .kind)" rows
	firefox_all alice "$profile" accepts "$url_a"
	scan 2
	found "nss:alice:$profile"
}

# The name is in the system's policy, the file in each user's home.
firefox_home() {
	fresh
	as alice mkdir -p /home/alice/.mozilla/certificates
	as alice sh -c 'cat >/home/alice/.mozilla/certificates/mine.pem' <"$T/A.pem"
	echo '{"policies":{"Certificates":{"Install":["mine.pem", "~/none.pem"]}}}' |
		write /etc/firefox/policies/policies.json
	firefox_all alice "$profile" accepts "$url_a"
	scan 2
	found browser-policy:alice:/home/alice/.mozilla/certificates/mine.pem
	quarantine 0
	same "$(steps .path)" "$(printf '%s\n' /home/alice/.mozilla/certificates/mine.pem "$profile/cert9.db")"
	[ ! -e /home/alice/.mozilla/certificates/mine.pem ]
	firefox_all alice "$profile" refuses "$url_a"
	undo 0
	as_before
	firefox_all alice "$profile" accepts "$url_a"
}

# Any file of a home may be named, and is there for something else perhaps.
firefox_tilde() {
	fresh
	as alice cp "$T/A.pem" /home/alice/other.pem
	echo '{"policies":{"Certificates":{"Install":["~/other.pem"]}}}' |
		write /etc/firefox/policies/policies.json
	firefox_all alice "$profile" accepts "$url_a"
	quarantine 4
	json 'any(.findings[]; .store == "browser-policy:alice:/home/alice/other.pem" and
		.result == "refused" and (.reason | contains("take it out of Certificates.Install")))'
	json 'all(.findings[] | select(.store | startswith("nss:")); .result == "quarantined")'
	[ -e /home/alice/other.pem ]
	rm /home/alice/other.pem
}

# --- without a browser -----------------------------------------------------

# A user's own, where no root is needed: by alice herself, then by root.
flatpak_policy() {
	local user

	fresh
	as alice mkdir -p "/home/alice/$flatpak"
	for user in alice root; do
		cp "$T/A.pem" "/home/alice/$flatpak/A.pem"
		chown -R alice: "/home/alice/$flatpak"
		as alice sh -c 'cat >"$1"' _ "/home/alice/$flatpak/policies.json" <<-END
			{"policies":{"Certificates":{"Install":["/app/etc/firefox/policies/A.pem"]},"X":[1]}}
		END
		places >"$T/places.before"
		rs_run "$user" 2 scan --policy "$T/policy.xml" --format json
		found "browser-policy:alice:/home/alice/$flatpak/policies.json" "/home/alice/$flatpak/policies.json"
		rs_run "$user" 0 quarantine --policy "$T/policy.xml" --yes --format json
		same "$(jq -c .policies "/home/alice/$flatpak/policies.json")" \
			'{"Certificates":{"Install":[]},"X":[1]}'
		same "$(stat -c %U "/home/alice/$flatpak/policies.json")" alice
		rs_run "$user" 0 undo --last --yes --format json
		as_before
	done
}

# Changed meanwhile: the entry goes back into what is there now.
changed_meanwhile() {
	fresh
	echo "{\"CACertificates\":[\"$(b64 A)\",\"$(b64 B)\"]}" | write "$managed/x.json"
	quarantine 0
	echo "{\"New\": 1, /* kept */ \"CACertificates\": [\"MAA=\", \"$(b64 B)\"]}" >"$managed/x.json"
	undo 0
	same "$(cat "$managed/x.json")" \
		"{\"New\": 1, /* kept */ \"CACertificates\": [\"MAA=\", \"$(b64 A)\", \"$(b64 B)\"]}"
	quarantine 0
	echo '{"New": 1}' >"$managed/x.json"
	undo 4
	json '.conflicts | length == 1'
	same "$(cat "$managed/x.json")" '{"New": 1}'
}

# A system whose own store is kept in a way that is not known.
no_layout() {
	fresh
	mv "$conf" "$T/conf.kept" && mv /usr/sbin/update-ca-certificates "$T/updater.kept"
	echo "{\"CACertificates\":[\"$(b64 A)\"]}" | write "$managed/x.json"
	quarantine 0
	same "$(steps '"\(.kind) \(.path) \(.state)"')" "file $managed/x.json done" steps
	same "$(cat "$managed/x.json")" '{"CACertificates":[]}'
	undo 0
	as_before
	mv "$T/conf.kept" "$conf" && mv "$T/updater.kept" /usr/sbin/update-ca-certificates
}

# With the OS store in one run: the policy first, the refresh last.
with_the_store() {
	fresh
	cp "$T/A.pem" "$local_store/rootsweep-a.crt"
	refresh
	echo "{\"CACertificates\":[\"$(b64 A)\"]}" | write "$managed/x.json"
	quarantine 0
	same "$(steps '"\(.kind) \(.store | split(":")[0])"')" \
		"$(printf '%s\n' "file browser-policy" "file p11-kit" "refresh p11-kit")" steps
	undo 0
	as_before
	os_all A accepts
	rm "$local_store/rootsweep-a.crt"
	refresh
}

# A package's file stays, its entry goes; so does a file of several.
files_that_stay() {
	fresh
	cp "$T/A.pem" "$certificates/A.pem"
	cat "$T/A.pem" "$T/B.pem" >"$certificates/both.pem"
	echo "$certificates/A.pem" >/var/lib/dpkg/info/rootsweep-test.list
	echo '{"policies":{"Certificates":{"Install":["A.pem", "both.pem"]}}}' |
		write /etc/firefox/policies/policies.json
	quarantine 4
	json 'any(.findings[]; .result == "refused" and (.reason | contains("both.pem")))'
	rm -r "$certificates/both.pem" /var/lib/rootsweep
	echo '{"policies":{"Certificates":{"Install":["A.pem"]}}}' |
		write /etc/firefox/policies/policies.json
	quarantine 0
	same "$(cat /etc/firefox/policies/policies.json)" '{"policies":{"Certificates":{"Install":[]}}}'
	[ -e "$certificates/A.pem" ]
	rm /var/lib/dpkg/info/rootsweep-test.list
	undo 0
	as_before
}

refused() { # TEXT [WANTED-OF-SCAN]: and nothing is changed
	places >"$T/places.before"
	scan "${2:-2}"
	quarantine 4
	has <(cat "$T/out" "$T/err") "$1"
	as_before
}

bad_files() {
	local policy

	policy="{\"CACertificates\":[\"$(b64 A)\"]}"
	fresh
	echo "$policy" >"$managed/x.json"
	chown daemon "$managed/x.json"
	refused "belongs to uid 1"
	chown root "$managed/x.json"
	ln "$managed/x.json" "$T/second"
	refused "has 2 names"
	rm "$T/second"
	chmod 0777 "$managed"
	refused "others may write in"
	chmod 0755 "$managed"
	mv "$managed/x.json" "$T/x.json"
	ln -s "$T/x.json" "$managed/x.json"
	refused "edit it by hand"
	rm "$managed/x.json"
	# Twins: the last one counts, and is cut; one that only hides is not found.
	echo "{\"CACertificates\":[\"$(b64 A)\"],\"CACertificates\":[]}" >"$managed/x.json"
	scan 0
	echo "{\"CACertificates\":[],\"CACertificates\":[\"$(b64 A)\"]}" >"$managed/x.json"
	quarantine 0
	same "$(cat "$managed/x.json")" '{"CACertificates":[],"CACertificates":[]}'
}

unreadable() {
	local policy

	policy="{\"CACertificates\":[\"$(b64 A)\"]}"
	fresh
	echo "$policy x" >"$managed/x.json"
	scan 4
	json 'any(.stores[]; .state == "error" and (.reason | contains("mend it")))'
	echo "this is { a note" >"$managed/x.json"
	scan 0
	rm "$managed/x.json"
	mkfifo "$managed/x.json"
	scan 4
	rm "$managed/x.json"
	truncate -s 1T "$managed/x.json"
	scan 4
	json 'any(.stores[]; .state == "error" and (.reason | contains("too large")))'
	echo "{\"X\":[$(yes 1, | head -n 5000 | tr -d '\n')1]}" >"$managed/x.json"
	scan 4
	rm "$managed/x.json"
	mkdir -p "$managed/folder"
	scan 0
	# Nobody but root can read it: root's run does.
	echo "$policy" >"$managed/x.json"
	chmod 0600 "$managed/x.json"
	scan 2
	rs_run alice 4 scan --policy "$T/policy.xml" --format json
	json 'any(.stores[]; .kind == "browser-policy" and .state == "error")'
}

# A home's links are not followed by root, and are said.
links_of_a_home() {
	fresh
	as alice mkdir -p "/home/alice/${flatpak%/*}" /home/alice/else
	as alice sh -c 'cat >/home/alice/else/policies.json' <<-END
		{"policies":{"Certificates":{"Install":["$T/A.pem"]}}}
	END
	as alice ln -s /home/alice/else "/home/alice/$flatpak"
	scan 4
	json 'any(.stores[]; .owner == "alice" and .state == "skipped")'
	rs_run alice 2 scan --policy "$T/policy.xml" --format json
	rm "/home/alice/$flatpak"
	as alice mkdir "/home/alice/$flatpak"
	as alice ln -s /home/alice/else/policies.json "/home/alice/$flatpak/policies.json"
	scan 4
	json 'any(.stores[]; .owner == "alice" and .state == "skipped")'
	rm "/home/alice/$flatpak/policies.json"
	as alice mkfifo "/home/alice/$flatpak/policies.json"
	scan 4
}

# --- modules ---------------------------------------------------------------

noted() { # TEXT...
	local text

	for text; do
		json 'any(.notices[]; contains($text))' --arg text "$text"
	done
}

modules() {
	local nssdb=/home/alice/.pki/nssdb so

	fresh
	nss_make alice "$nssdb"
	scan 0
	json '.notices == []'
	so=$(echo /usr/lib/*/pkcs11/p11-kit-trust.so)
	as alice sh -c 'printf "\r\nlibrary=%s\r\nname=x\n\nlibrary=/opt/card.so\nname=y\n\n\nlibrary=libnssckbi.so\nname=Root Certs\n" "$1" >>"$2"' \
		_ "$so" "$nssdb/pkcs11.txt"
	scan 4
	json 'any(.stores[]; .state == "unsupported" and (.reason | contains("/opt/card.so")))'
	as alice cp "$so" "$nssdb/libnssckbi.so"
	scan 4
	noted "$nssdb/pkcs11.txt line 7 brings in $so: what the system's store trusts is trusted there too" \
		"$nssdb/pkcs11.txt line 10 brings in the module /opt/card.so" \
		"$nssdb/libnssckbi.so is a program library"
	json '.notices | length == 3'
	json '[.not_looked_at[] | select(contains("/opt/card.so") or contains("libnssckbi.so"))] | length == 2'
	rm "$nssdb/pkcs11.txt"
	rm "$nssdb/libnssckbi.so"
	as alice ln -s /etc/passwd "$nssdb/pkcs11.txt"
	scan 4
	json 'any(.not_looked_at[]; contains("pkcs11.txt"))'
	rm -r /home/alice/.pki
}

security_devices() {
	fresh
	printf '{"policies":{\n"SecurityDevices":{"Add":{"n":"/usr/lib\\/p11-kit-proxy.so"},"Delete":["x"]}}}' |
		write /etc/firefox/policies/policies.json
	scan 0
	printf '{"policies":{"SecurityDevices":{"n":"/opt/card.so"}}}' >"$distribution/policies.json"
	scan 4
	noted "/etc/firefox/policies/policies.json line 2 (SecurityDevices) brings in /usr/lib/p11-kit-proxy.so" \
		"$distribution/policies.json line 1 (SecurityDevices) brings in the module /opt/card.so"
	json 'any(.not_looked_at[]; contains("/opt/card.so"))'
}

# As on Fedora and Arch: NSS's own list of roots is the system's store.
os_store_module() {
	local so

	fresh
	so=$(echo /usr/lib/*/pkcs11/p11-kit-trust.so)
	mkdir -p /opt/firefox
	ln -s "$so" /opt/firefox/libnssckbi.so
	scan 0
	noted "/opt/firefox/libnssckbi.so is the system's store ($so)"
	rm -r /opt/firefox
	so=$(echo /usr/lib/*-linux-*/libnssckbi.so)
	mv "$so" "$T/libnssckbi.so"
	ln -s pkcs11/p11-kit-trust.so "$so"
	scan "0|4"
	noted "$so is the system's store" "Chromium, Chrome and other programs"
	rm "$so"
	mv "$T/libnssckbi.so" "$so"
}

{ make_world && make_users alice && debian_store small; } || fatal "no world"
install -d -o alice "$data"
start_servers

check json/changed-meanwhile changed_meanwhile
check system/no-layout no_layout
check system/with-the-store with_the_store
check firefox/files-that-stay files_that_stay
check home/flatpak flatpak_policy
check bad/files bad_files
check bad/unreadable unreadable
check bad/links-of-a-home links_of_a_home
check modules/pkcs11-txt modules
check modules/security-devices security_devices
check modules/os-store os_store_module
check chromium/managed chromium_managed
check chromium/recommended chromium_recommended
check chromium/constraints chromium_constraints
check chromium/distrusted chromium_distrusted
check firefox/forced firefox_forced
check firefox/taken-out firefox_taken_out
check firefox/undone firefox_undone
check firefox/puts-it-back firefox_puts_it_back
check firefox/home firefox_home
check firefox/tilde firefox_tilde

stop_servers
finish
