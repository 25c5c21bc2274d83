#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# What scripts and packages depend on: exit statuses, options, scope, formats.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"

enter 300

alice=/home/alice/.pki/nssdb
bob=/home/bob/.pki/nssdb
escape=$(printf '\033')

# Root A in the store, with alice and with bob.
begin() {
	local user

	guard
	rm -rf /var/lib/rootsweep
	find /home/alice /home/bob /root -mindepth 1 -delete
	cp "$T/A.pem" "$local_store/rootsweep-a.crt"
	cp "$T/B.pem" "$local_store/rootsweep-b.crt"
	refresh
	for user in alice bob; do
		cp -a "$T/$user/." "/home/$user"
	done
	snapshot before
	dump "$alice" >"$T/before.alice"
	dump "$bob" >"$T/before.bob"
}

untouched() {
	restored before
	dump "$alice" | same_file "$T/before.alice" -
	dump "$bob" | same_file "$T/before.bob" -
	same "$(find /var/lib/rootsweep /home/*/.local -path '*records/*' 2>/dev/null)" "" records
}

p=(--policy "$T/policy.xml")

# --- exit statuses ---------------------------------------------------------

exit_0() {
	begin
	rs 0 scan "${p[@]}" --user root
	rs 0 quarantine "${p[@]}" --user root --dry-run
	# Nothing to do needs no --yes.
	rs 0 quarantine "${p[@]}" --user root
	rs 0 undo --last
	rs 0 records
	rs 0 recover
	rs 0 --help
	rs 0 --version
	for command in scan quarantine keep undo records recover forget anchors policy; do
		rs 0 "$command" --help
		has "$T/out" rootsweep
	done
	untouched
}

stdout_full() {
	local rc=0

	begin
	"$rootsweep" scan "${p[@]}" --format json >/dev/full 2>"$T/err" || rc=$?
	same "$rc" 1 "exit status"
	[ -s "$T/err" ]
	rc=0
	"$rootsweep" --help >/dev/full 2>"$T/err" || rc=$?
	same "$rc" 1 "exit status"
}

no_state_directory() {
	begin
	: >/var/lib/rootsweep
	rs '1|4' quarantine "${p[@]}" --yes --system --format json
	has "$T/err" /var/lib/rootsweep
	rm /var/lib/rootsweep
	untouched
}

exit_2() {
	begin
	rs 2 scan "${p[@]}"
	rs 2 "${p[@]}"
	rs 2 quarantine "${p[@]}" --dry-run
	rs 2 quarantine "${p[@]}" -n
	untouched
	rs 2 quarantine "${p[@]}" --yes --detailed-exitcode
	rs 0 quarantine "${p[@]}" --yes --detailed-exitcode
	rs 2 undo --last --dry-run
	rs 2 undo --last --yes --detailed-exitcode
	rs 0 undo --last --yes --detailed-exitcode
	restored before
}

exit_3() { # ARGS...: refused, with a text on standard error only
	rs 3 "$@"
	[ -s "$T/err" ]
	[ ! -s "$T/out" ]
}

usage() {
	begin
	exit_3 quarantin "${p[@]}"
	has "$T/err" quarantine
	exit_3 scna "${p[@]}"
	has "$T/err" scan
	exit_3 scan "${p[@]}" --fromat json
	has "$T/err" --format
	exit_3 scan "${p[@]}" --format yaml
	exit_3 scan "${p[@]}" --fail-on everything
	exit_3 scan "${p[@]}" --color sometimes
	exit_3 scan "${p[@]}" -j none
	exit_3 scan "${p[@]}" --user nobody-of-that-name
	exit_3 scan "${p[@]}" surplus
	exit_3 scan --policy
	exit_3 quarantine "${p[@]}" --yes --entry test-b
	exit_3 quarantine "${p[@]}" --yes --certificate 12345
	exit_3 quarantine "${p[@]}" --yes --certificate "$T/policy.xml"
	exit_3 undo --yes
	exit_3 undo --yes ../../../etc
	exit_3 undo --yes 20260101T000000Z-0123456789abcdef
	exit_3 forget --yes
	exit_3 policy
	exit_3 policy sow test-a
	has "$T/err" show
	untouched
}

needs_yes() {
	begin
	rs 3 quarantine "${p[@]}"
	has "$T/err" --yes
	untouched
	rs 0 quarantine "${p[@]}" --yes
	rs 3 undo --last
	has "$T/err" --yes
	rs 3 forget --all
	verdict_of_all refuses
	rs 0 undo --last --yes
	restored before
}

verdict_of_all() {
	os_all A "$1"
	nss_all alice "$alice" A "$1"
	nss_all bob "$bob" A "$1"
}

# On a terminal the plan is shown, and a question asked.
on_terminal() { # ANSWER COMMAND...
	local answer=$1
	shift

	printf '%s\n' "$answer" | TERM=xterm timeout 60 \
		script -qec "$(printf '%q ' "$@")" /dev/null >"$T/out" 2>&1
}

asks() {
	begin
	on_terminal n "$rootsweep" quarantine "${p[@]}"
	has "$T/out" rootsweep-a.crt "Nothing was changed."
	untouched
	on_terminal "" "$rootsweep" quarantine "${p[@]}" || :
	untouched
	on_terminal y "$rootsweep" quarantine "${p[@]}"
	verdict_of_all refuses
	on_terminal n "$rootsweep" undo --last || :
	verdict_of_all refuses
	on_terminal y "$rootsweep" undo --last
	restored before
}

# An ordinary user: the own part is done, the rest is named with its command.
exit_4() {
	begin
	rs_run alice 2 scan "${p[@]}" --format json
	found p11-kit:system:
	found "nss:alice:"
	json 'all(.findings[]; .store | contains("bob") | not)'
	rs_run alice 4 quarantine "${p[@]}" --yes --format json
	json 'any(.findings[]; (.store | startswith("p11-kit:")) and .result == "refused"
		and (.reason | type == "string"))'
	json 'any(.findings[]; (.store | startswith("nss:alice:")) and .result == "quarantined")'
	rs_run alice 4 quarantine "${p[@]}" --yes
	cat "$T/err" >>"$T/out"
	has "$T/out" "sudo rootsweep quarantine"
	restored before
	nss_all alice "$alice" A refuses
	nss_all bob "$bob" A accepts
	rs_run alice 0 undo --last --yes
	rs_run alice 6 quarantine "${p[@]}" --dry-run
	dump "$alice" | same_file "$T/before.alice" -
	rs_run alice 4 quarantine "${p[@]}" --yes --user bob
	has "$T/out" "sudo rootsweep quarantine --user bob"
	rs_run alice 4 undo --all --yes --system
	has "$T/err" "sudo rootsweep undo --system"
	untouched_stores
}

untouched_stores() {
	restored before
	dump "$alice" | same_file "$T/before.alice" -
	dump "$bob" | same_file "$T/before.bob" -
}

exit_6() {
	begin
	mkdir -p /home/bob/.mozilla/firefox/broken
	echo text >/home/bob/.mozilla/firefox/broken/cert9.db
	chown -R bob: /home/bob/.mozilla
	rs 6 scan "${p[@]}"
	rs 6 quarantine "${p[@]}" --dry-run
	rs 6 quarantine "${p[@]}" --yes --detailed-exitcode
	rs '2|6' undo --last --yes --detailed-exitcode
	untouched_stores
}

# A signal ends the run after the step in hand, with the record kept.
on_signal() {
	local rc=0

	begin
	mv /usr/sbin/update-ca-certificates /usr/sbin/real-updater
	printf '#!/bin/sh\nsleep 2\nexec /usr/sbin/real-updater "$@"\n' >/usr/sbin/update-ca-certificates
	chmod 0755 /usr/sbin/update-ca-certificates
	timeout --preserve-status -s TERM 1.5 "$rootsweep" quarantine "${p[@]}" --yes --system \
		--format json >"$T/out" 2>"$T/err" || rc=$?
	mv -f /usr/sbin/real-updater /usr/sbin/update-ca-certificates
	same "$rc" 143 "exit status"
	rs '0|4' records --format json
	json '(.records | length) == 1'
	rs 0 recover
	rs '0|2' scan "${p[@]}" --system --format json
	rs 0 undo --all --yes
	restored before
}

# --- options ---------------------------------------------------------------

fail_on() {
	begin
	policy_root A report | policy "$T/report.xml"
	rs 0 scan --policy "$T/report.xml" --format json
	json '(.findings | length) > 0 and .summary.to_quarantine == 0 and .summary.reported > 0'
	rs 2 scan --policy "$T/report.xml" --fail-on report
	rs 0 quarantine --policy "$T/report.xml" --yes --format json
	json '(.changed | not) and all(.findings[]; .result == "reported")'
	untouched
	rs 0 scan "${p[@]}" --user root --fail-on unknown
	rs 2 scan "${p[@]}" --exclude alice --exclude bob --fail-on unknown
	rm "$local_store/rootsweep-a.crt"
	refresh
	rs 0 scan "${p[@]}" --system
	rs 2 scan "${p[@]}" --system --fail-on unknown --format json
	json 'any(.unknown[]; .sha256 == $b)' --arg b "$(sha256 B)"
}

entry() {
	begin
	{
		policy_root A report
		policy_root B
	} | policy "$T/two.xml"
	rs 0 quarantine --policy "$T/two.xml" --yes --entry test-a --format json
	json '.changed'
	verdict_of_all refuses
	os_all B accepts
	rs 0 undo --last --yes
	untouched_stores
}

certificate() {
	local which

	for which in "$(sha256 B)" "$(sha256 B | tr a-f A-F)" "$T/B.pem" "$T/B.der"; do
		begin
		rs 0 quarantine "${p[@]}" --yes --certificate "$which" --format json
		json .changed
		os_all B refuses
		os_all A accepts
		rs 0 undo --last --yes
		untouched_stores
	done
}

exclude() {
	begin
	rs 2 scan "${p[@]}" --exclude alice --format json
	json 'all(.findings[]; .store | contains("alice") | not)'
	json 'any(.stores[]; .state == "excluded")'
	rs 2 scan "${p[@]}" --exclude nss --format json
	json 'all(.findings[]; .store | startswith("nss:") | not)'
	rs 0 scan "${p[@]}" --exclude nss --system --exclude p11-kit --exclude openssl-dir --exclude java --format json
	json '.findings == [] and .summary.excluded > 0'
	rs 2 scan "${p[@]}" --exclude "$alice" --format json
	json 'all(.findings[]; .store | contains("alice") | not)'
	rs 0 quarantine "${p[@]}" --yes --exclude alice --exclude bob
	os_all A refuses
	nss_all alice "$alice" A accepts
	rs 0 undo --last --yes
	untouched_stores
}

scope() {
	begin
	rs 2 scan "${p[@]}" --system --format json
	json 'all(.stores[]; .owner == "system")'
	rs 2 scan "${p[@]}" --user bob --format json
	json '(.findings | length) > 0 and all(.stores[]; .owner == "bob")'
	rs 2 scan "${p[@]}" --user bob --user alice --format json
	json '[.findings[].store | split(":")[1]] | unique == ["alice", "bob"]'
	rs 2 scan "${p[@]}" --all-users --format json
	json 'all(.stores[]; .owner != "system")'
	rs 0 quarantine "${p[@]}" --yes --user bob
	nss_all bob "$bob" A refuses
	nss_all alice "$alice" A accepts
	os_all A accepts
	rs 0 undo --last --yes --user alice
	nss_all bob "$bob" A refuses
	rs 0 undo --last --yes --user bob
	untouched_stores
}

# Under sudo: the store and the one who typed it; others are named, and left.
under_sudo() {
	begin
	rs_env=(SUDO_USER=alice "SUDO_UID=$(id -u alice)" "SUDO_GID=$(id -g alice)")
	rs '0|4' quarantine "${p[@]}" --yes --format json
	json 'any(.findings[]; (.store | startswith("nss:alice:")) and .result == "quarantined")'
	json 'all(.findings[]; (.store | startswith("nss:bob:") | not) or .result != "quarantined")'
	cat "$T/err" >>"$T/out"
	has "$T/out" bob
	os_all A refuses
	nss_all alice "$alice" A refuses
	nss_all bob "$bob" A accepts
	rs '0|4' undo --last --yes
	untouched_stores
	rs 2 scan "${p[@]}" --format json
	found "nss:bob:"
	rs 0 quarantine "${p[@]}" --yes --system --all-users
	verdict_of_all refuses
	rs_env=()
	rs 0 undo --last --yes
	untouched_stores
}

# --- formats ---------------------------------------------------------------

table() {
	begin
	rs 2 scan "${p[@]}"
	has "$T/out" "Rootsweep Test Root A" alice bob
	has_not "$T/out" "$escape"
	if grep -qiE '(^|[^a-z])clean([^a-z]|$)' "$T/out" "$T/err"; then return 1; fi
	has "$T/out" "rootsweep quarantine"
	rs 2 scan "${p[@]}" --color always
	has "$T/out" "$escape"
	rs 2 scan "${p[@]}" --color never
	has_not "$T/out" "$escape"
	rs 2 scan "${p[@]}" -q
	rs 2 scan "${p[@]}" -v
	on_terminal "" "$rootsweep" scan "${p[@]}" || :
	has "$T/out" "${escape}["
	on_terminal "" env NO_COLOR=1 "$rootsweep" scan "${p[@]}" || :
	has_not "$T/out" "${escape}[3" "${escape}[1m"
	rm "$local_store/rootsweep-a.crt"
	refresh
	rs 0 scan "${p[@]}" --system
	if grep -qiE '(^|[^a-z])clean([^a-z]|$)' "$T/out" "$T/err"; then return 1; fi
	has "$T/out" "Rootsweep Test Root B"
}

lines() {
	begin
	rs 2 scan "${p[@]}" --format jsonl
	jq -es 'all(.[]; type == "object" and (.type | type == "string"))' "$T/out" >/dev/null
	jq -es '.[-1] | .type == "summary" and .schema == "rootsweep.scan/1"' "$T/out" >/dev/null
	jq -es '[.[] | .type] - ["store", "finding", "unknown", "summary", "disagreement"] | length == 0' "$T/out" >/dev/null
	jq -cs '[.[] | select(.type == "finding") | {store, entry, sha256, object}] | sort' "$T/out" >"$T/lines"
	rs 2 scan "${p[@]}" --format json
	jq -c '[.findings[] | {store, entry, sha256, object}] | sort' "$T/out" | same_file "$T/lines" -
	rs 2 quarantine "${p[@]}" --dry-run --format jsonl
	jq -es 'any(.[]; .type == "step" and .state == "planned") and .[-1].schema == "rootsweep.quarantine/1"' \
		"$T/out" >/dev/null
	rs 0 anchors "${p[@]}" --format jsonl
	jq -es 'any(.[]; .type == "anchor") and .[-1].type == "summary"' "$T/out" >/dev/null
}

anchors() {
	begin
	rs 0 anchors "${p[@]}" --format json
	document anchors
	json 'all(.anchors[]; has("store") and has("sha256") and has("spki_sha256") and has("subject")
		and (.origins | type == "array") and (.trust | type == "array") and (.public | type == "boolean"))'
	json 'any(.anchors[]; .sha256 == $a and (.public | not))' --arg a "$(sha256 A)"
	json '[.anchors[] | select(.public) | .sha256] | unique | length == 20'
	rs 0 anchors "${p[@]}" --unknown --format json
	json '(.anchors | length) > 0 and all(.anchors[]; .sha256 == $b)' --arg b "$(sha256 B)"
	rs 0 anchors "${p[@]}"
	has "$T/out" "Rootsweep Test Root A" "Rootsweep Test Root B"
}

# A user's own record says what it likes; root's terminal must not obey it.
strange_record() {
	local id=20260101T000000Z-0123456789abcdef folder

	begin
	folder=/home/alice/.local/state/rootsweep/records/$id
	as alice mkdir -p "$folder"
	cat >"$folder/record.xml" <<-END
		<record xmlns="urn:rootsweep:record:1" id="$id" time="x" owner="alice">
		<finding entry="e" store-b64="$(printf '\033]0;x\007\302\233' | base64)" title="t"/>
		</record>
	END
	echo "record $(sha256sum <"$folder/record.xml" | cut -d' ' -f1)" >"$folder/progress"
	chown -R alice "$folder"
	rs '0|4' undo --yes "$id"
	has "$T/out" '\x1b]0;x\x07\xc2\x9b'
	has_not "$T/out" "$escape"
	rs '0|4' records --format json "$id"
	json '.records[0].findings[0].store == "\u001b]0;x\u0007\u009b"'
	has_not "$T/out" "$escape" "$(printf '\302\233')"
}

records() {
	local id first

	begin
	rs 0 quarantine "${p[@]}" --yes --system --format json
	first=$(last_record)
	rs 0 undo --yes "$first"
	rs 0 quarantine "${p[@]}" --yes --user alice --format json
	id=$(last_record)
	rs 0 records --format json
	document records
	json '[.records[] | {id, state}] | sort == ([{id: $f, state: "undone"}, {id: $i, state: "applied"}] | sort)' \
		--arg f "$first" --arg i "$id"
	json 'all(.records[]; (.time | type == "string") and (.findings | type == "array"))'
	rs 0 records "$id" --format json
	json '(.records | length) == 1 and .records[0].id == $i' --arg i "$id"
	# One digit off: the nearest is named.
	exit_3 undo --yes "${id%?}$(printf %s "${id: -1}" | tr 0-9a-f 1-9a-f0)"
	has "$T/err" "$id"
	rs 2 undo --dry-run --all --format json
	nss_all alice "$alice" A refuses
	rs 0 forget --yes --older-than 1d
	rs 0 undo --yes --all
	nss_all alice "$alice" A accepts
	rs 0 forget --yes "$first"
	exit_3 records "$first"
	rs 0 forget --yes --all
	rs 0 records --format json
	json '.records == []'
	untouched_stores
}

{ make_world && make_users alice bob && debian_store small; } || fatal "no world"
for user in alice bob; do
	{ nss_make $user "/home/$user/.pki/nssdb" && nss_add $user "/home/$user/.pki/nssdb" old A; } ||
		fatal "no database"
	cp -a "/home/$user" "$T/$user"
done

check exit/0 exit_0
check exit/1-stdout-full stdout_full
check exit/1-no-state no_state_directory
check exit/2 exit_2
check exit/3-usage usage
check exit/3-needs-yes needs_yes
check exit/4-ordinary-user exit_4
check exit/6 exit_6
check exit/signal on_signal
for case in asks fail-on entry certificate exclude scope; do
	check "option/$case" "${case//-/_}"
done
check scope/sudo under_sudo
for case in table lines anchors records strange-record; do
	check "format/$case" "${case//-/_}"
done

finish
