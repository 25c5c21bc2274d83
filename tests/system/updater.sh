#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# The system's own updater goes wrong: what it broke is put back, the record
# stays, the exit status says 4, and undo works once the updater does.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 300

updater=/usr/sbin/update-ca-certificates

# stand_in SCRIPT: instead of the updater. The real one is $real.
real=/usr/sbin/update-ca-certificates.real
stand_in() {
	guard
	{
		echo '#!/bin/sh'
		cat
	} >"$updater"
	chmod 0755 "$updater"
}

begin() {
	guard
	cp -a "$real" "$updater"
	reset_store
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	snapshot before
	bundle_certificates >"$T/before.bundle"
}

# Whatever went wrong: everybody else is still believed, and undo brings all
# back when the real updater is there again.
nobody_lost() {
	verdict B accepts openssl-file trust certtool
	comm -23 <(grep -vxF "$(base64 -w0 "$T/A.der")" "$T/before.bundle") <(bundle_certificates) >"$T/missing"
	same "$(cat "$T/missing")" "" "roots that were lost"
}

undone() { # [WHICH]
	cp -a "$real" "$updater"
	undo '0|4' "${1:---last}"
	restored before
	verdict A accepts openssl-file openssl-path trust certtool
}

goes_wrong() {
	quarantine 4
	json '(.complete | not) and (.record | type == "string")'
	json 'any(.steps[]; .kind == "refresh" and (.state == "failed" or .state == "pending" or .state == "refused")
		and (.reason | type == "string" and length > 5))'
	nobody_lost
	rs '0|4' records --format json
	json '(.records | length) == 1'
	undone
}

fails() {
	begin
	stand_in <<-'END'
		echo "E: cannot do it" >&2
		exit 7
	END
	goes_wrong
}

fails_half_way() {
	begin
	stand_in <<-'END'
		head -n 20 /etc/ssl/certs/ca-certificates.crt >/etc/ssl/certs/half
		mv /etc/ssl/certs/half /etc/ssl/certs/ca-certificates.crt
		exit 1
	END
	goes_wrong
}

# Ends well, and leaves nothing: as update-ca-trust did in a toolbox.
empties() {
	begin
	stand_in <<-'END'
		: >/etc/ssl/certs/ca-certificates.crt
	END
	goes_wrong
}

removes() {
	begin
	stand_in <<-'END'
		rm /etc/ssl/certs/ca-certificates.crt
	END
	goes_wrong
}

loses_another() {
	begin
	stand_in <<-'END'
		/usr/sbin/update-ca-certificates.real "$@"
		sed '1,/-----END CERTIFICATE-----/d' /etc/ssl/certs/ca-certificates.crt >/etc/ssl/certs/less
		cat /etc/ssl/certs/less >/etc/ssl/certs/ca-certificates.crt
		rm /etc/ssl/certs/less
	END
	goes_wrong
}

does_nothing() {
	begin
	stand_in <<-'END'
		exit 0
	END
	quarantine 4
	json '(.complete | not) and (.still_trusted | length) > 0'
	nobody_lost
	undone
}

is_missing() {
	begin
	rm "$updater"
	quarantine 4
	nobody_lost
	undone
}

# Root runs nothing that somebody else could have written.
is_a_strangers() {
	begin
	stand_in <<-'END'
		touch /srv/rootsweep-test/ran
	END
	chmod 0775 "$updater"
	chgrp users "$updater"
	quarantine 4
	[ ! -e "$T/ran" ]
	chmod 0755 "$updater"
	chown alice "$updater"
	# The second run takes what the first could only leave: two records.
	quarantine 4
	[ ! -e "$T/ran" ]
	nobody_lost
	undone --all
}

dies() {
	begin
	stand_in <<-'END'
		kill -KILL $$
	END
	goes_wrong
}

# A hook that fails is not the updater's failure: its exit status is ours to see.
hook_fails() {
	begin
	printf '#!/bin/sh\ncat >>%s\nexit 3\n' "$T/heard" >/etc/ca-certificates/update.d/50-broken
	chmod 0755 /etc/ca-certificates/update.d/50-broken
	quarantine 4
	has "$T/out" 50-broken
	verdict A refuses openssl-file openssl-path trust certtool
	# As long as it fails, no later run is all done either.
	quarantine 4
	json '(.complete | not) and (.changed | not)'
	has "$T/err" 50-broken recover
	rm /etc/ca-certificates/update.d/50-broken
	undo '0|4'
	restored before
}

# What cannot be read any more when all is done is not said to be rid of it.
unread() {
	local db=/home/alice/.pki/nssdb

	begin
	nss_make alice "$db"
	nss_add alice "$db" old A
	printf '#!/bin/sh\ncat >/dev/null\necho junk >%s/cert9.db\n' "$db" \
		>/etc/ca-certificates/update.d/50-spoil
	chmod 0755 /etc/ca-certificates/update.d/50-spoil
	quarantine 4 --system --user alice
	rm /etc/ca-certificates/update.d/50-spoil
	json '(.complete | not) and .still_trusted == [] and .lost == [] and (.unverified | length) == 1
		and (.unverified[0] | startswith($db))' --arg db "$db"
	has "$T/err" "could not be looked at again"
	rm -r "$db"
}

# Each hook hears of the root that went, and of the one that came back.
hook_hears() {
	begin
	printf '#!/bin/sh\ncat >>%s\n' "$T/heard" >/etc/ca-certificates/update.d/50-listen
	chmod 0755 /etc/ca-certificates/update.d/50-listen
	: >"$T/heard"
	quarantine 0
	has "$T/heard" "-$links/zz-a.pem"
	has_not "$T/heard" "+$links/zz-a.pem"
	: >"$T/heard"
	undo 0
	same "$(grep -F zz-a.pem "$T/heard" | tail -n 1)" "+$links/zz-a.pem" "the last word on zz-a"
	rm /etc/ca-certificates/update.d/50-listen
	restored before
}

# Undo's refresh can fail as well: the origin is back, and the next run finishes.
undo_fails() {
	begin
	quarantine 0
	stand_in <<-'END'
		exit 1
	END
	undo 4
	json '(.complete | not)'
	nobody_lost
	cp -a "$real" "$updater"
	rs '0|2' recover --format json
	rs '0' undo --all --yes --format json
	restored before
}

# What the caller's environment says is not for the updater, but dpkg's is.
environment() {
	begin
	stand_in <<-'END'
		env >/srv/rootsweep-test/environment
		exec /usr/sbin/update-ca-certificates.real "$@"
	END
	rs_env=(DPKG_MAINTSCRIPT_PACKAGE=isp TMPDIR=/home/alice LD_PRELOAD=/nonexistent.so SSL_CERT_DIR=/home)
	quarantine 0
	has "$T/environment" DPKG_MAINTSCRIPT_PACKAGE=isp
	has_not "$T/environment" LD_PRELOAD SSL_CERT_DIR /home
	rs_env=()
	undone
}

{ make_world && make_users alice && debian_store small; } || fatal "no world"
save_store || fatal "no store"
cp -a "$updater" "$real"

for case in fails fails-half-way empties removes loses-another does-nothing is-missing \
	is-a-strangers dies undo-fails environment; do
	check "$case" "${case//-/_}"
done
check hook/fails hook_fails
check hook/unread unread
check hook/hears hook_hears

finish
