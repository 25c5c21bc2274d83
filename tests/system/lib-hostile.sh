# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Homes of people who mean no good beside those of others: alice and bob have
# a database each that holds root A, mallory does what she can. Whatever it
# is, the run ends in time, finds what the others have, takes it out and puts
# it back, and touches nothing that is not of its user.

alice=/home/alice/.pki/nssdb
bob=/home/bob/.mozilla/firefox/x.default
mallory=/home/mallory/.pki/nssdb
spare=/home/mallory/.mozilla/firefox/spare.default
state=/home/mallory/.local/state/rootsweep
secret=SECRET-OF-ALICE-0123456789
trap=/tmp/trap-was-sprung

hostile_world() {
	require perl strace mkfifo mknod
	# Empty, so that what is left behind in them is this test's.
	{ mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -t tmpfs -o mode=1777 tmpfs /var/tmp; } ||
		fatal "no /tmp"
	{ make_world && make_users alice bob mallory && debian_store small; } || fatal "no world"
	{ nss_make root "$T/template" && nss_add root "$T/template" old A; } || fatal "no database"
}

# give USER DIR: a database with root A in it.
give() {
	as "$1" mkdir -p "$2"
	install -m 0600 -o "$1" -g "$1" "$T"/template/*.db "$2"
	as "$1" sh -c 'umask 077; echo >"$HOME/.nss-password"'
}

fresh() {
	local user

	guard
	rm -rf /var/lib/rootsweep "$trap"*
	for user in root alice bob mallory; do
		find "$(home "$user")" -mindepth 1 -delete
	done
	give alice "$alice"
	give bob "$bob"
	give mallory "$spare"
	echo "$secret" | as alice tee /home/alice/readable >/dev/null
	chmod 0644 /home/alice/readable
	chmod 0755 /home/alice
	# What mallory would be glad of: where she may read it herself, a link of
	# hers must not make it look like hers.
	give bob /home/bob/open
	chmod -R go+rX /home/bob
	chmod 0600 "$bob"/*
	: >"$T/said"
}

# All that is not mallory's nor the program's own, and not a database that is
# compared by its rows.
others() {
	find /etc /root /home/alice /home/bob -name .local -prune -o -name cert9.db -prune -o \
		! -type d -printf '%p %y %m %U:%G %s %l\n' | sort
	find /home/alice /home/bob -name .local -prune -o -type d -printf '%p %m %U:%G\n' | sort
	find /etc/passwd /etc/shadow /etc/group /root /home/alice /home/bob -name .local -prune -o \
		-name cert9.db -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
	dump "$alice"
	dump "$bob"
	dump /home/bob/open
}

# in_time SECONDS COMMAND...
in_time() {
	local bound=$1 start=$SECONDS
	shift

	"$@"
	[ $((SECONDS - start)) -le "$bound" ] || {
		echo "$* took $((SECONDS - start)) s, more than $bound"
		return 1
	}
	cat "$T/out" "$T/err" >>"$T/said"
}

no_trap() {
	same "$(find /tmp -path "$trap*")" "" traps
	has_not "$T/said" "$secret"
	# Copies of databases that had to be made are gone again.
	same "$(find /tmp /var/tmp -name 'rootsweep-??????' -print)" "" "copies"
}

# others_are_right [SECONDS]: the whole way, everybody's stores.
bound=40
others_are_right() {
	local id

	others >"$T/others"
	in_time "$bound" scan '2|6' --all-users
	found nss:alice: "$alice"
	found nss:bob: "$bob"
	# Nobody's but her own is hers.
	json 'all(.findings[]; (.store | startswith("nss:mallory:") | not)
		or all(.origins[]; .path | startswith("/home/mallory/")))'
	others | same_file "$T/others" -
	in_time $((bound + 20)) quarantine '0|4' --all-users
	json .changed
	id=$(last_record)
	nss_all alice "$alice" A refuses
	nss_all bob "$bob" A refuses
	in_time $((bound + 20)) undo '0|4' --all-users "$id"
	nss_all alice "$alice" A accepts
	others | same_file "$T/others" -
	no_trap
}

# What mallory also has is found: a bad store costs only itself.
spare_is_found() {
	scan '2|6' --user mallory
	found nss:mallory: "$spare"
}

# hers STATES [TEXT]: how a store of hers that is none is told of.
hers() {
	scan '2|4|6' --user mallory
	json 'any(.stores[]; .owner == "mallory" and (.state | test($states))
		and ((.reason // "") | contains($text)))' --arg states "^($1)\$" --arg text "${2:-}"
}
