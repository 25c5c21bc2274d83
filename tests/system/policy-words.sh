#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2016,SC2317
#
# What policy check, list and show say: of files before they count, of an entry
# in the user's language, and of the list's age.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"

enter 240

# The examples of rootsweep-policy(5) name entries that are installed.
manual_examples() {
	rs_env=(ROOTSWEEP_POLICY_DIR="$T/vendor")
	echo '<allow entry="proxy-zscaler" store="p11-kit" reason="our inspection proxy"/>' |
		policy "$T/company.xml"
	rs 0 policy check "$T/company.xml"
	has_not "$T/err" "no effect"
	echo '<set id="ru-test-subca-2022" action="quarantine"/>' | policy "$T/company.xml"
	rs 0 policy check "$T/company.xml"
	has_not "$T/err" "no effect"
	echo '<set id="ru-test-subca-2023" action="quarantine"/>' | policy "$T/company.xml"
	rs 0 policy check "$T/company.xml"
	has "$T/err" "$T/company.xml:3:" "ru-test-subca-2023" "no effect"
	# Or it is in another file of the same line.
	policy_root A | policy "$T/a.xml"
	echo '<set id="test-a" action="report"/>' | policy "$T/company.xml"
	rs 0 policy check "$T/company.xml" "$T/a.xml"
	has_not "$T/err" "no effect"
	rs_env=()
}

one_id_in_two_files() {
	policy_root A | policy "$T/a.xml"
	policy_root A report | policy "$T/b.xml"
	rs 0 policy check "$T/a.xml"
	rs 3 policy check "$T/a.xml" "$T/b.xml" --format json
	has "$T/err" "$T/b.xml:3:" "$T/a.xml:3" test-a
	json '[.files[].valid] == [true, false]'
	rs 3 scan --policy "$T/a.xml" --policy "$T/b.xml"
	has "$T/err" "$T/b.xml:3:" "$T/a.xml:3" test-a
}

# What an access list gives away is given away, whatever the owner is.
access_lists() {
	mkdir -p "$T/acl"
	policy_root A | policy "$T/acl/p.xml"
	rs 0 policy list --policy "$T/acl/p.xml"
	setfacl -m u:alice:rw "$T/acl/p.xml"
	rs 3 policy list --policy "$T/acl/p.xml"
	has "$T/err" "$T/acl/p.xml" "what root alone can write" "chmod go-w"
	# The cure that is told is one.
	chown root:root "$T/acl/p.xml"
	chmod go-w "$T/acl/p.xml"
	rs 0 policy list --policy "$T/acl/p.xml"
	setfacl -m u:alice:rwx "$T/acl"
	rs 3 policy list --policy "$T/acl/p.xml"
	has "$T/err" "directory that root alone can write"
	setfacl -b "$T/acl"
	rs 0 policy list --policy "$T/acl/p.xml"
	# Nor what lies where everybody may put things.
	cp "$T/acl/p.xml" /tmp/rootsweep-test-policy.xml
	rs 3 policy list --policy /tmp/rootsweep-test-policy.xml
	rm /tmp/rootsweep-test-policy.xml
}

masks() {
	mkdir -p /etc/rootsweep/policy.d
	ln -s /dev/null /etc/rootsweep/policy.d/interception-roots.xml
	rs_env=(ROOTSWEEP_POLICY_DIR="$T/vendor")
	rs 0 policy list --format json
	json '.entries == []'
	chown alice /etc/rootsweep/policy.d
	rs 3 policy list
	has "$T/err" /etc/rootsweep/policy.d/interception-roots.xml "directory that root alone can write"
	chown root /etc/rootsweep/policy.d
	rm -r /etc/rootsweep
	# What comes with the program says what roots are, and no more.
	echo '<set category="state" action="ignore"/>' | policy "$T/vendor/set.xml"
	rs 3 policy list
	has "$T/err" "$T/vendor/set.xml:3:" "comes with the program"
	rm "$T/vendor/set.xml"
	rs_env=()
}

# --- show --------------------------------------------------------------------

show() {
	rs_env=(ROOTSWEEP_POLICY_DIR="$T/vendor")
	rs 0 policy show kz-qaznet-2016
	has "$T/out" "Seen intercepted" www.google.com "of adult or blocked websites (-v shows them)" \
		"sudo rootsweep quarantine" "sudo rootsweep undo --last" "The list is of 2026-11-22." \
		"interception-roots.xml, line $(grep -n 'id="kz-qaznet-2016"' \
			"$T/vendor/interception-roots.xml" | cut -d: -f1)."
	has_not "$T/out" rukoeb "(KZ)" "surveillance software"
	rs 0 policy show kz-qaznet-2016 -v
	has "$T/out" rukoeb.com sosalkino.tv
	rs 0 policy show kz-qaznet-2016 --format json
	json '.entries[0] | (.targets | length == 37) and (.targets | any(.host == "rukoeb.com" and
		.sensitivity == "adult")) and (.issuer_serial[0].serial | length > 0) and
		(.issuer_serial[0].issuer | length > 0) and .public == false and
		(.names.en // .names[""] | length > 0) and (.explains.en | length > 0)'
	rs 0 policy show it-hackingteam-rcs
	has "$T/out" "serves a state" Firefox
	# Elsewhere something else was decided: then the advice is the list's.
	mkdir -p /etc/rootsweep/policy.d
	echo '<set id="kz-qaznet-2016" action="report"/>' | policy /etc/rootsweep/policy.d/a.xml
	rs 0 policy show kz-qaznet-2016
	has "$T/out" "What the list advises (something else is set here)" "quarantine --entry kz-qaznet-2016"
	rm -r /etc/rootsweep
	rs_env=()
}

languages() {
	policy_root A | sed 's#</match>#&<explain xml:lang="ru">По-русски.</explain>#
		s#<name>.*#&<name xml:lang="ru">Корень</name>#' | policy "$T/ru.xml"
	cp "$T/A.pem" "$local_store/A.crt"
	refresh
	localedef -i ru_RU -f UTF-8 ru_RU.UTF-8
	for command in "policy show test-a" "policy list" "scan --system"; do
		rs_env=(LC_ALL=ru_RU.UTF-8)
		# shellcheck disable=SC2086
		rs "0|2" $command --policy "$T/ru.xml"
		has "$T/out" Корень
		rs_env=()
		# shellcheck disable=SC2086
		rs "0|2" $command --policy "$T/ru.xml"
		has_not "$T/out" Корень
	done
	rs 0 policy show test-a --policy "$T/ru.xml" --format json
	json '.entries[0] | .explain == "Made for a test." and .explains.ru == "По-русски." and
		.explains.en == "Made for a test." and .names.ru == "Корень"'
	rm "$local_store/A.crt"
	refresh
}

# What people read is broken between words, in a scan as in policy show.
wrapped() {
	local command words="Whoever holds its key can read what is sent, and that is all there is to say"

	policy_root A | sed "s/Made for a test./$words, $words, $words./" | policy "$T/long.xml"
	cp "$T/A.pem" "$local_store/A.crt"
	refresh
	for command in "scan --system" "policy show test-a"; do
		# shellcheck disable=SC2086
		rs "0|2" $command --policy "$T/long.xml"
		grep -F "Whoever holds" "$T/out"
		awk '/Whoever|holds|say/ && length > 78 { long = 1 } END { exit long }' "$T/out"
	done
	rm "$local_store/A.crt"
	refresh
}

# --- age ---------------------------------------------------------------------

# aged VERSION: the vendor's list is of that day.
aged() {
	mkdir -p "$T/aged"
	sed "s/version=\"2026.11.22\"/version=\"$1\"/" "$T/vendor/interception-roots.xml" \
		>"$T/aged/interception-roots.xml"
}

age() {
	local command

	rs_env=(ROOTSWEEP_POLICY_DIR="$T/aged")
	aged 2020.01.31
	for command in "policy list" "policy show kz-qaznet-2016" "scan --system" "anchors --system" \
		"anchors --unknown --system" "quarantine -n --system"; do
		# shellcheck disable=SC2086
		rs 0 $command
		has "$T/out" "2020-01-31" "days old"
	done
	# What only allows something, or is the administrator's, makes it no younger.
	mkdir -p /etc/rootsweep/policy.d
	{ policy_root B; echo '<allow entry="proxy-zscaler"/>'; } | policy /etc/rootsweep/policy.d/a.xml
	rs 0 policy list --format json
	json '.policy_date == "2020-01-31"'
	rm -r /etc/rootsweep
	aged 2199.01.01
	rs 0 policy list --format json
	json '.policy_date == null'
	rs 0 scan --system
	has "$T/out" "How old the list is is not known"
	rs_env=()
}

{
	make_world && make_users alice && debian_store small && mkdir "$T/vendor" &&
		cp "$here/../../policy/interception-roots.xml" "$T/vendor"
} || fatal "no world"

for case in manual_examples one_id_in_two_files access_lists masks show languages wrapped age; do
	check "${case//_/-}" "$case"
done

finish
