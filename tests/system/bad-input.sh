#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# What cannot be read, run or believed: databases, records, libraries,
# updaters. The rest is done, the exit status says 4, and nothing is lost.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 300

good=/home/alice/.pki/nssdb
odd=/home/alice/.mozilla/firefox/odd.default

# --- databases -------------------------------------------------------------

fresh() {
	guard
	rm -rf /var/lib/rootsweep
	find /home/alice /root -mindepth 1 -delete
	nss_make alice "$good"
	nss_add alice "$good" old A
	as alice mkdir -p "$odd"
}

# broken STATES REASON...: the odd one is named, the good one is done.
broken() {
	local states=$1
	shift

	tree "$odd" >"$T/odd.before"
	scan 6 --user alice
	json 'any(.stores[]; (.path | startswith($odd)) and (.state | test($states))
		and (.reason | type == "string" and length > 5))' --arg odd "$odd" --arg states "^($states)\$"
	json '(.complete | not) and any(.findings[]; .store | startswith($good))' --arg good "nss:alice:$good"
	[ $# = 0 ] || has "$T/out" "$@"
	quarantine 4 --user alice
	json '.changed'
	nss_all alice "$good" A refuses
	tree "$odd" | same_file "$T/odd.before" -
	undo '0|4' --user alice --last
	nss_all alice "$good" A accepts
}

tree() {
	find "$1" -printf '%P %y %m %U %s %l\n' | sort
	find "$1" -type f -print0 | sort -z | xargs -0r sha256sum
}

put_odd() { # as alice, from standard input
	as alice sh -c 'cat >"$1/cert9.db"' _ "$odd"
}

db_text() { fresh; echo "this is no database" | put_odd; broken error; }

db_empty() { fresh; : | put_odd; broken 'error|no_findings'; }

db_garbage() { fresh; head -c 65536 /dev/urandom | put_odd; broken error; }

# The header of a Berkeley DB hash file, as cert8.db has it.
db_berkeley() {
	fresh
	{
		printf '\0\6\25\141\0\0\0\2\0\0\4\322\0\0\100\0'
		head -c 16368 /dev/zero
	} | put_odd
	broken 'error|unsupported'
}

db_foreign() {
	fresh
	as alice sqlite3 "$odd/cert9.db" "create table cookies(id, value); insert into cookies values(1, 2);"
	broken 'error|unsupported'
}

# nssPublic is there, but is not what NSS makes.
db_other_schema() {
	fresh
	as alice sqlite3 "$odd/cert9.db" "create table nssPublic(id, a11); insert into nssPublic values(1, x'3000');"
	broken 'error|unsupported'
}

db_truncated() { fresh; head -c 9000 "$good/cert9.db" | put_odd; broken error; }

db_overwritten() {
	fresh
	as alice cp "$good/cert9.db" "$odd"
	dd if=/dev/urandom of="$odd/cert9.db" bs=1000 seek=5 count=4 conv=notrunc status=none
	broken error
}

db_directory() { fresh; as alice mkdir "$odd/cert9.db"; broken 'error|unsupported|skipped'; }

db_fifo() { fresh; as alice mkfifo "$odd/cert9.db"; broken 'error|unsupported|skipped'; }

db_unreadable() {
	fresh
	nss_make alice "$odd"
	chmod 0000 "$odd/cert9.db"
	rs_run alice 6 scan --policy "$T/policy.xml" --format json
	json 'any(.stores[]; (.path | startswith($odd)) and .state == "error" and (.reason | length) > 0)' \
		--arg odd "$odd"
	found "nss:alice:$good"
}

# Softoken would never come back from this one.
db_endless() {
	fresh
	as alice sqlite3 "$odd/cert9.db" "create view nssPublic as with recursive r(id, a0) as
		(select 1, x'00000001' union all select id + 1, a0 from r) select * from r;"
	broken 'error|unsupported'
}

db_locked() {
	fresh
	nss_make alice "$odd"
	nss_add alice "$odd" old A
	as alice sqlite3 "$odd/cert9.db" "begin exclusive;" \
		".shell echo \$\$ >/home/alice/locked; exec sleep 100" &
	timeout 10 bash -c 'until [ -s /home/alice/locked ]; do sleep 0.05; done'
	scan 6 --user alice
	json 'any(.stores[]; (.path | startswith($odd)) and .state == "locked")' --arg odd "$odd"
	quarantine 4 --user alice
	nss_all alice "$good" A refuses
	kill "$(cat /home/alice/locked)"
	wait
	nss_all alice "$odd" A accepts
	quarantine 0 --user alice
	nss_all alice "$odd" A refuses
	undo 0 --user alice --all
	nss_all alice "$odd" A accepts
}

# What a writer leaves that was killed: SQLite would roll it back on opening,
# and a scan must leave it as it is.
db_hot_journal() {
	fresh
	nss_make alice "$odd"
	nss_add alice "$odd" old A
	as alice sh -c 'cd "$1" && sqlite3 cert9.db "pragma cache_size = 1; begin;
		update nssPublic set a3 = zeroblob(50000);" ".shell cp cert9.db hot.db; cp cert9.db-journal hot.db-journal"
		rm -f cert9.db-journal; mv hot.db cert9.db; mv hot.db-journal cert9.db-journal' _ "$odd"
	[ -s "$odd/cert9.db-journal" ]
	tree "$odd" >"$T/odd.before"
	scan '2|6' --user alice
	found "nss:alice:$odd" || json 'any(.stores[]; (.path | startswith($odd)) and .state == "error")' --arg odd "$odd"
	tree "$odd" | same_file "$T/odd.before" -
}

db_wal() {
	fresh
	nss_make alice "$odd"
	nss_add alice "$odd" old A
	as alice sqlite3 "$odd/cert9.db" "pragma journal_mode = wal;" >/dev/null
	tree "$odd" >"$T/odd.before"
	scan 2 --user alice
	found "nss:alice:$odd"
	tree "$odd" | same_file "$T/odd.before" -
	quarantine 0 --user alice
	nss_all alice "$odd" A refuses
	undo 0 --user alice --last
	nss_all alice "$odd" A accepts
}

# Root follows no link below a home: it may lead to another's files.
home_link() {
	local real=/srv/alice/real

	fresh
	mkdir -p /srv/alice && chown alice: /srv/alice
	nss_make alice "$real"
	nss_add alice "$real" old A
	as alice rm -r "$odd"
	as alice ln -s "$real" "$odd"
	scan 6 --user alice
	json 'any(.stores[]; .state == "skipped" and (.reason | contains("link")))'
	quarantine 4 --user alice
	nss_all alice "$real" A accepts
	# Their own run does.
	rs_run alice 0 quarantine --policy "$T/policy.xml" --yes --format json
	nss_all alice "$real" A refuses
}

no_softoken() {
	fresh
	rs_wrap=(unshare --mount --propagation private sh -c '
		find /usr/lib -name libsoftokn3.so | while read -r library; do
			mount --bind /dev/null "$library"
		done
		exec "$@"' _)
	scan 6 --user alice
	cat "$T/err" >>"$T/out"
	has "$T/out" libnss3
	rs_wrap=()
	scan 2 --user alice
}

# Neither files that are known nor p11-kit: that is not "nothing found".
no_reader() {
	local rc=0

	fresh
	rs_wrap=(unshare --mount --propagation private sh -c '
		find /usr/lib -name p11-kit-trust.so | while read -r library; do
			mount --bind /dev/null "$library"
		done
		mount --bind "$0" /usr/share/ca-certificates && mv /usr/sbin/update-ca-certificates "$0" &&
			mv /etc/ca-certificates.conf "$0" && exec "$@"')
	mkdir -p "$T/none"
	rs_wrap+=("$T/none")
	scan 4 --system || rc=$?
	mv "$T/none/update-ca-certificates" /usr/sbin/
	mv "$T/none/ca-certificates.conf" /etc/
	rs_wrap=()
	[ "$rc" = 0 ]
	json '(.complete | not) and any(.stores[]; .kind == "p11-kit" and .state == "error"
		and (.reason | contains("p11-kit did not answer")))'
}

# Root's programs go where this caller cannot: that is said, not passed over.
hidden_origin() { # LINK
	fresh
	mkdir -p /root/isp
	chmod 0700 /root/isp
	cp "$T/A.pem" /root/isp/a.crt
	ln -s /root/isp/a.crt "$1"
	rs_run alice 4 scan --policy "$T/policy.xml" --system --format json || {
		rm "$1"
		return 1
	}
	rm "$1"
	json 'any(.stores[]; .state == "error" and (.reason | contains($link)))' --arg link "$1"
}

# --- records ---------------------------------------------------------------

recorded() { # a root in the store, taken out
	guard
	rm -rf /var/lib/rootsweep
	find /home/alice /root -mindepth 1 -delete
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	nss_make alice "$good"
	nss_add alice "$good" old A
	quarantine 0
	id=$(last_record)
	record=/var/lib/rootsweep/records/$id
	part=/home/alice/.local/state/rootsweep/records/$id
	snapshot after
	dump "$good" >"$T/after.db"
}

nothing_undone() { # STATE
	restored after
	dump "$good" | same_file "$T/after.db" -
	rs '0|4' records --format json
	json 'any(.records[]; .id == $id and .owner == "system" and (.state | test($state)))' \
		--arg id "$id" --arg state "^($1)\$"
}

saved_bytes() {
	local saved

	recorded
	saved=$(find "$record" -type f -exec cmp -s {} "$T/A.pem" ';' -print)
	[ -n "$saved" ]
	printf X | dd of="$saved" bs=1 seek=100 conv=notrunc status=none
	undo 4 --system "$id"
	nothing_undone 'damaged|applied|partly_undone'
	# What was not touched can still be undone, also when the byte is back.
	cp "$T/A.pem" "$saved"
	undo 0 --system "$id"
	verdict A accepts openssl-file openssl-path trust certtool
}

record_truncated() {
	recorded
	truncate -s -200 "$record/record.xml"
	undo 4 --system "$id"
	nothing_undone damaged
}

record_place() {
	recorded
	cp -a "$record" "$T/record"
	sed -i "s|$local_store/zz-a.crt|/etc/rootsweep-was-here|g" "$record/record.xml"
	undo 4 --system "$id"
	[ ! -e /etc/rootsweep-was-here ]
	restored after
	rm -r "$record"
	mv "$T/record" "$record"
	undo 0 "$id"
}

record_climbs() {
	recorded
	sed -i "s|$local_store/zz-a.crt|$local_store/../../../../etc/rootsweep-was-here.crt|g" "$record/record.xml"
	undo 4 --system "$id"
	[ ! -e /etc/rootsweep-was-here.crt ]
	restored after
}

# A user's part is a stranger's word: even their own id opens nothing else.
users_record() {
	recorded
	nss_make root /root/.pki/nssdb
	dump /root/.pki/nssdb >"$T/root.db"
	sed -i "s|$good|/root/.pki/nssdb|g" "$part/record.xml"
	undo '4|0' "$id"
	dump /root/.pki/nssdb | same_file "$T/root.db" -
	dump "$good" | same_file "$T/after.db" -
}

record_link() {
	recorded
	mkdir "$T/elsewhere"
	chown alice "$T/elsewhere"
	mv "$record" "$T/elsewhere/"
	ln -s "$T/elsewhere/$id" "$record"
	undo '3|4' --system "$id"
	restored after
}

records_of_a_stranger() {
	recorded
	chown alice /var/lib/rootsweep/records
	undo '1|3|4' --system "$id"
	restored after
	chown root /var/lib/rootsweep/records
	chmod 0777 /var/lib/rootsweep/records
	undo '1|3|4' --system "$id"
	restored after
	chmod 0700 /var/lib/rootsweep/records
	undo 0 "$id"
}

{ make_world && make_users alice && debian_store small; } || fatal "no world"

for case in text empty garbage berkeley foreign other-schema truncated overwritten directory fifo \
	unreadable endless locked hot-journal wal; do
	check "database/$case" "db_${case//-/_}"
done
check home/link home_link
check library/no-softoken no_softoken
check library/no-reader no_reader
check hidden/local hidden_origin "$local_store/isp.crt"
check hidden/directory hidden_origin "$links/isp.pem"
for case in saved-bytes record-truncated record-place record-climbs users-record record-link \
	records-of-a-stranger; do
	check "record/$case" "${case//-/_}"
done

finish
