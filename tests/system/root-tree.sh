#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# --root DIR: another system's stores, users and records, with nothing of it
# run and nothing outside of it read or changed.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-root.sh"

enter 300

user_db=$tree/home/tina/.mozilla/firefox/p.default/cert9.db
firefox=$tree/etc/firefox/policies/policies.json
evil=$tree_local/evil.crt

in_tree() { # COMMAND...: as the tree's user
	setpriv --reuid $tree_user --regid $tree_user --clear-groups env HOME="$tree/home/tina" "$@"
}

plant_user() {
	local dir=${user_db%/*}

	in_tree mkdir -p "$dir"
	printf '[Profile0]\nName=p\nIsRelative=1\nPath=p.default\nDefault=1\n' |
		in_tree tee "$tree/home/tina/.mozilla/firefox/profiles.ini" >/dev/null
	install -m 0644 "$T/A.pem" /tmp/A.pem
	in_tree certutil -N -d "sql:$dir" --empty-password
	in_tree certutil -A -d "sql:$dir" -n A -t CT,C,C -i /tmp/A.pem
	dump "$dir" >"$T/user-db"
}

plant() {
	cp "$T/A.pem" "$evil"
	cp "$T/B.pem" "$tree_local/honest.crt"
	tree_refresh
	mkdir -p "${firefox%/*}"
	cp "$T/A.der" "$T/B.der" "$tree/srv"
	echo '{"policies": {"Certificates": {"Install": ["/srv/A.der", "/srv/B.der"]}}}' >"$firefox"
	plant_user
	tree_list >"$T/before"
}

as_before() {
	tree_list >"$T/now"
	same_file "$T/before" "$T/now"
	dump "${user_db%/*}" | same_file "$T/user-db" -
}

bundle_has() { # NAME
	openssl storeutl -noout -text -certs "$tree_bundle" 2>/dev/null | has /dev/stdin "Root $1"
}

machine_is_as_before() {
	machine >"$T/machine.now"
	same_file "$T/machine" "$T/machine.now"
}
machine() {
	find /etc/ssl /etc/ca-certificates* /etc/firefox /usr/local/share/ca-certificates /home \
		/var/lib/rootsweep -printf '%p %y %m %U:%G %s %T@ %l\n' 2>/dev/null | sort
}

# --- tests -----------------------------------------------------------------

scans() {
	scan 2 --root "$tree"
	document scan
	found p11-kit:system: /usr/local/share/ca-certificates/evil.crt
	found openssl-dir:system:/etc/ssl/certs /etc/ssl/certs/evil.pem
	found "nss:tina:/home/tina/.mozilla/firefox/p.default"
	found browser-policy:system:/etc/firefox/policies/policies.json
	json 'all(.stores[]; .owner == "system" or .owner == "tina" or .owner == "root")'
	json 'any(.findings[]; (.store | startswith("nss:")) and (.witnesses | index("softoken")))'
	as_before
	machine_is_as_before
}

takes_out() {
	quarantine 0 --root "$tree"
	document quarantine
	json 'all(.steps[]; .state == "done") and .still_trusted == [] and .lost == []'
	[ ! -e "$evil" ] && [ ! -L "$tree/etc/ssl/certs/evil.pem" ]
	! bundle_has A
	bundle_has B
	has "$tree_local/honest.crt" BEGIN
	same "$(in_tree certutil -L -d "sql:${user_db%/*}" | grep -c '^A ')" 0
	same "$(jq '.policies.Certificates.Install | length' "$firefox")" 1
	[ -d "$tree/var/lib/rootsweep/records" ] && [ ! -e /var/lib/rootsweep ]
	[ -d "$tree/home/tina/.local/state/rootsweep/records" ]
	machine_is_as_before
	scan 0 --root "$tree"
}

# The copies that were cut are what the tree's own tool would make.
copies_are_the_tools() {
	sha256sum "$tree_bundle" >"$T/cut"
	find "$tree/etc/ssl/certs" -printf '%p %l\n' | sort >>"$T/cut"
	tree_refresh --fresh
	{
		sha256sum "$tree_bundle"
		find "$tree/etc/ssl/certs" -printf '%p %l\n' | sort
	} | same_file "$T/cut" -
}

lists_records() {
	rs 0 records --root "$tree" --format json
	json '[.records[].owner] | sort == ["system", "tina"]'
	rs 0 records --format json
	json '.records == []'
}

puts_back() {
	undo 0 --root "$tree" --last
	json 'all(.records[]; .state == "undone") and .conflicts == []'
	as_before
	machine_is_as_before
	rs 0 forget --all --yes --root "$tree"
	rs 0 records --root "$tree" --format json
	json '.records == []'
}

make_world && make_tree || fatal "cannot make the tree"
machine >"$T/machine"
check root/planted plant || fatal "nothing is planted"
check root/scan scans
check root/quarantine takes_out
check root/records lists_records
check root/undo puts_back
finish
