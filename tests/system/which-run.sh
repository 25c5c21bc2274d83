#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Whose runs a command is about, and which of them is the last.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300

alice=/home/alice/.pki/nssdb
bob=/home/bob/.pki/nssdb
p=(--policy "$T/policy.xml")

begin() {
	local user

	guard
	rs_env=()
	rm -rf /var/lib/rootsweep
	find /home/alice /home/bob /root -mindepth 1 -delete
	cp "$T/A.pem" "$local_store/rootsweep-a.crt"
	refresh
	for user in alice bob; do
		cp -a "$T/$user/." "/home/$user"
	done
}

run_of() { # USER: the id of the newest run that has a part of that owner's
	rs '0|4' records --format json
	jq -r --arg u "$1" 'first(.records[] | select(.owner == $u)) | .id' "$T/out"
}

# Two runs of one second.
same_second() {
	begin
	for _ in 1 2 3 4; do
		rs 0 quarantine "${p[@]}" --yes --user alice
		rs 0 quarantine "${p[@]}" --yes --user bob
		rs 0 undo --last --yes --user alice --user bob
		nss_all bob "$bob" A accepts
		nss_all alice "$alice" A refuses
		rs 0 undo --last --yes --user alice
		nss_all alice "$alice" A accepts
	done
}

# A step that fails for sure leaves no record that undo could take for the last.
nothing_changed() {
	begin
	rs 0 quarantine "${p[@]}" --yes --user alice
	chattr +i "$bob/cert9.db" || return 1
	rs 4 quarantine "${p[@]}" --yes --user bob --format json
	chattr -i "$bob/cert9.db"
	json '.changed == false and .record == null'
	rs 0 records --format json
	json '[.records[].owner] == ["alice"]'
	rs 0 undo --last --yes
	nss_all alice "$alice" A accepts
}

# Root's last run is one that the system knows of; a user's own later one is named.
passed_over() {
	begin
	rs 0 quarantine "${p[@]}" --yes --system
	rs_run alice 0 quarantine "${p[@]}" --yes
	rs 0 undo --last --yes
	has "$T/err" "passed over" alice
	nss_all alice "$alice" A refuses
	os_all A accepts
	rs 0 undo --yes "$(run_of alice)"
	nss_all alice "$alice" A accepts
}

# Under sudo what is left with others is named; to look, all of it is listed.
left_with_others() {
	local id

	begin
	rs 0 quarantine "${p[@]}" --yes
	id=$(run_of bob)
	rs_env=(SUDO_USER=alice)
	rs 0 records --format json
	json '[.records[].owner] | sort == ["alice", "bob", "system"]'
	rs 0 undo --last --yes
	has "$T/out" "rootsweep undo $id --user bob"
	nss_all alice "$alice" A accepts
	nss_all bob "$bob" A refuses
	rs_env=()
	rs 0 undo --yes "$id" --user bob
	nss_all bob "$bob" A accepts
}

# The system's record may go; that there was a run is still known.
forgotten_in_part() {
	begin
	rs 0 quarantine "${p[@]}" --yes
	rs 0 forget --yes --system --all
	rs 0 undo --last --yes
	nss_all alice "$alice" A accepts
	nss_all bob "$bob" A accepts
	rs 0 forget --yes --all
	same "$(find /var/lib/rootsweep/records -mindepth 1)" "" "what forget left"
}

# The part that can be had is done, the rest named with its command.
mixed_scope() {
	begin
	rs_run alice 6 scan "${p[@]}" --user alice --user bob --format json
	json 'any(.findings[]; .store | startswith("nss:alice:"))'
	json 'any(.not_looked_at[]; contains("sudo rootsweep scan --user alice --user bob"))'
	rs_run alice 4 quarantine "${p[@]}" --yes --all-users
	has "$T/out" "sudo rootsweep quarantine --all-users"
	nss_all alice "$alice" A refuses
	nss_all bob "$bob" A accepts
	for command in records "recover --yes" "undo --last --yes" "forget --all --yes"; do
		# shellcheck disable=SC2086 # several words
		rs_run alice 4 $command --system
		has "$T/err" "sudo rootsweep ${command%% *}"
	done
}

# What is asked for is what the next command does.
next_command() {
	begin
	cp "$T/policy.xml" "$T/it's a list.xml"
	rs 2 scan --policy "$T/it's a list.xml" --user bob
	has "$T/out" "rootsweep quarantine --user bob --policy '$T/it'\\''s a list.xml'"
	rs_run alice 4 quarantine --certificate "$T/A.pem" --yes
	has "$T/out" "sudo rootsweep quarantine --certificate $(sha256 A)"
}

# Of what nobody trusts that is said, and no more.
asked_for_in_vain() {
	begin
	rs 0 quarantine --certificate "$T/B.pem" --yes --user alice
	has "$T/out" "$(sha256 B)" "There is nothing to take out"
}

# The state folder of a user's own is made where it is missing.
state_home() {
	begin
	rs_env=(XDG_STATE_HOME=/home/alice/st/)
	rs_run alice 0 quarantine "${p[@]}" --yes --user alice
	rs_env=()
	[ -d /home/alice/st/rootsweep/records ]
	rs_env=(XDG_STATE_HOME=/home/alice/st)
	rs_run alice 0 undo --last --yes
	rs_env=()
	nss_all alice "$alice" A accepts
}

# Whose file that is, is not known: said, and left.
linked_conf() {
	begin
	cp "$T/A.pem" "$package_store/linked.crt"
	rm "$local_store/rootsweep-a.crt"
	mv "$conf" /etc/elsewhere.conf
	echo linked.crt >>/etc/elsewhere.conf
	ln -s elsewhere.conf "$conf"
	refresh
	rs 4 quarantine "${p[@]}" --yes --system --format json
	json 'any(.findings[]; .result == "refused" and (.reason | contains("is a link")))'
	rm "$conf" "$package_store/linked.crt"
	sed -i '/^linked.crt$/d' /etc/elsewhere.conf
	mv /etc/elsewhere.conf "$conf"
}

exclude_owner() {
	begin
	rs 0 quarantine "${p[@]}" --yes
	rs 0 undo --last --yes --exclude alice
	nss_all alice "$alice" A refuses
	nss_all bob "$bob" A accepts
	os_all A accepts
	rs 3 undo --last --yes --exclude nss
	rs 3 undo --last --yes --exclude /home
	rs 0 undo --last --yes
	nss_all alice "$alice" A accepts
}

exclude_unknown() {
	begin
	for what in nosuch relative/path ''; do
		rs 3 scan "${p[@]}" --exclude "$what"
	done
	rs 3 scan "${p[@]}" --exclude nsss
	has "$T/err" nss
}

# What is left out is not opened, and does not set exit status 4.
exclude_unopened() {
	begin
	strace -f -o "$T/trace" -e trace=openat,openat2 \
		"$rootsweep" scan "${p[@]}" --exclude alice --format json >"$T/out" || :
	json 'any(.stores[]; .owner == "alice" and .state == "excluded")'
	if grep -F "$alice" "$T/trace"; then return 1; fi
	grep -qF "nssdb" "$T/trace"
	printf 'no database' >"$alice/cert9.db"
	rs 6 scan "${p[@]}" --format json
	rs 2 scan "${p[@]}" --exclude "$alice" --format json
	json 'any(.stores[]; .path == "'"$alice"'/cert9.db" and .state == "excluded")'
}

# Exit status 4 says why, also to who wants to hear little.
quiet() {
	begin
	printf 'no database' >"$alice/cert9.db"
	rs 6 scan "${p[@]}" -q
	has "$T/err" "$alice/cert9.db"
}

unfinished() {
	local id

	begin
	rs 0 quarantine "${p[@]}" --yes
	id=$(run_of system)
	sed -i '/^state/d' "/var/lib/rootsweep/records/$id/progress"
	rs 4 anchors "${p[@]}" --format json
	json '.complete == false'
	has "$T/err" "rootsweep recover"
	# Nobody can be asked: not even that is finished.
	cp -a "/var/lib/rootsweep/records/$id/progress" "$T/progress"
	cp "$T/A.pem" "$local_store/again.crt"
	rs 3 quarantine "${p[@]}"
	cmp "$T/progress" "/var/lib/rootsweep/records/$id/progress"
	rm "$local_store/again.crt"
	rs 0 recover
	rs 0 anchors "${p[@]}"
}

# The way back is shown before it is gone.
shows_plan() {
	begin
	rs 0 quarantine "${p[@]}" --yes
	rs 2 undo --last --dry-run
	has "$T/out" "put back" "$local_store/rootsweep-a.crt" "put entries back into" "$alice/cert9.db"
	rs 0 undo --last --yes
	rs 0 undo --dry-run "$(run_of alice)" --format json
	json 'all(.records[].steps[]; .state == "undone")'
	rs 3 undo --last --all
	rs 3 undo --last "$(run_of alice)"
}

{ make_world && make_users alice bob && debian_store small; } || fatal "no world"
for user in alice bob; do
	{ nss_make $user "/home/$user/.pki/nssdb" && nss_add $user "/home/$user/.pki/nssdb" old A; } ||
		fatal "no database"
	cp -a "/home/$user" "$T/$user"
done

for case in same-second nothing-changed passed-over left-with-others forgotten-in-part \
	mixed-scope next-command exclude-owner exclude-unknown exclude-unopened quiet unfinished \
	asked-for-in-vain state-home linked-conf \
	shows-plan; do
	check "$case" "${case//-/_}"
done

finish
