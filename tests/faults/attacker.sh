#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# A process of mallory's races runs of root's that work in her home: folders,
# files, databases and records become links to what is others', pipes, holes
# and hard links while they are looked at; the process that became her is
# stopped, starved and traced. For SOAK_SECONDS, 20 by default. Whatever she
# does: nothing outside her home is opened for her, told of, changed or made,
# every run ends in its bounds, and alice gets what is hers.

. "$(dirname "$0")/../system/lib.sh"
. "$(dirname "$0")/../system/lib-world.sh"
. "$(dirname "$0")/../system/lib-nss.sh"

seconds=${SOAK_SECONDS:-20}
enter $((seconds + 400))
attacker=/usr/local/bin/rootsweep-attacker
alice=/home/alice/.pki/nssdb
canary=CANARY-0123456789-of-somebody-else
# Of another user, of root, of the system: each may be read by all or by none.
victims=(/home/victor /root/victim /etc/victim /srv/victim)
baits=(open/cert9.db open/profiles.ini open/.curlrc open/record.xml open/progress closed/cert9.db closed/profiles.ini)

# --- the scene -------------------------------------------------------------

give() { # USER DIR
	as "$1" mkdir -p "$2"
	install -m 0600 -o "$1" -g "$1" "$T"/template/*.db "$2"
}

# What a home, a profile, a folder of records or a file may be mistaken for.
make_victim() { # DIR
	local dir

	for dir in "$1/open" "$1/closed"; do
		mkdir -p "$dir"
		cp "$T"/baits/*.db "$dir"
		printf '[Profile0]\nName=%s\nIsRelative=1\nPath=%s\n' "$canary" "$canary" >"$dir/profiles.ini"
		printf 'cacert = "/%s.pem"\n' "$canary" >"$dir/.curlrc"
		printf '[http]\n\tsslCAInfo = /%s.pem\n' "$canary" >"$dir/.gitconfig"
		printf 'cafile=/%s.pem\n' "$canary" >"$dir/.npmrc"
		printf '<record id="%s"/>\n' "$canary" >"$dir/record.xml"
		printf 'state %s\n' "$canary" >"$dir/progress"
		mkdir -p "$dir/nssdb" "$dir/firefox/x.default"
		cp "$T"/baits/*.db "$dir/nssdb"
		cp "$T"/baits/*.db "$dir/firefox/x.default"
		cp "$dir/profiles.ini" "$dir/firefox"
	done
	chmod -R go+rX "$1"
	chmod -R go-rwx "$1/closed"
}

make_scene() {
	local victim

	guard
	nss_make root "$T/template" && nss_add root "$T/template" old A
	nss_make root "$T/baits" && nss_add root "$T/baits" old B
	{ policy_root A; policy_root B; } | policy "$T/both.xml"
	for victim in "${victims[@]}"; do
		make_victim "$victim"
	done
	chown -R victor: /home/victor
	chmod 0755 /home/victor
	give alice "$alice"
	give mallory /home/mallory/.pki/nssdb
	give mallory /home/mallory/.mozilla/firefox/x.default
	as mallory mkdir -p -m 0700 /home/mallory/.config
	as mallory sh -c 'cd "$HOME" && umask 077 &&
		printf "[Profile0]\nName=d\nIsRelative=1\nPath=x.default\n" >.mozilla/firefox/profiles.ini &&
		echo "cacert = /etc/ssl/certs/ca-certificates.crt" >.curlrc && : >.gitconfig && : >.npmrc'
	# There have to be records to attack.
	rs 0 quarantine --policy "$T/both.xml" --yes --format json --user mallory
	rs 0 undo --last --yes --format json --user mallory
	: >"$T/said"
}

# What was made or changed since, or a folder that something went from, that is
# neither hers nor the program's own. What is victor's she may make hard links
# to, where the system lets her; so may alice's database be put back.
changed_since() { # FILE
	find / \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path "$T" \
		-o -path /srv/rootsweep-source -o -path /srv/rootsweep-real -o -path /home/mallory \
		-o -path /home/victor -o -path /home/alice -o -path /var/lib/rootsweep \) -prune -o \
		\( -path '/tmp/rootsweep-*' -o -path '/var/tmp/rootsweep-*' \) -user mallory -prune -o \
		-cnewer "$1" ! -path /tmp ! -path /var/tmp ! -path /var/lib -printf '%p %y %m %U:%G %s %C+\n'
}

others() {
	stat -c '%n %A %U' /home/alice
	find /home/victor /home/alice -mindepth 1 \( -path /home/alice/.local -o -path "$alice" \) -prune -o \
		-printf '%p %y %m %U:%G %s %T@ %l\n' | sort
	find /home/victor -type f -print0 | sort -z | xargs -0 sha256sum
	find "$alice" -printf '%p %y %m %U:%G\n' | sort
	dump "$alice"
}

# --- watching --------------------------------------------------------------

watch_victims() {
	rm -f "$T/opened"
	"$attacker" watch "${victims[@]}" >"$T/opened" 2>&1 &
	watcher=$!
	timeout 10 sh -c 'until grep -q ready "$1"; do sleep 0.05; done' _ "$T/opened"
}

end_watch() {
	kill "$watcher"
	wait "$watcher" || :
	sed -i /^ready/d "$T/opened"
}

# It sees what anybody reads, and what anybody makes.
eye_is_open() {
	local bait victim

	watch_victims
	for victim in "${victims[@]}"; do
		for bait in "${baits[@]}"; do
			cat "$victim/$bait" >/dev/null
		done
	done
	as victor touch /home/victor/new
	rm /home/victor/new
	sleep 0.2
	end_watch
	for victim in "${victims[@]}"; do
		for bait in "${baits[@]}"; do
			has "$T/opened" "$victim/$bait"
		done
	done
	has "$T/opened" "100 /home/victor/new"
	# The same of what is changed anywhere.
	touch "$T/stamp"
	sleep 0.1
	touch /usr/local/made
	rm /usr/local/made
	changed_since "$T/stamp" >"$T/changed"
	has "$T/changed" "/usr/local d"
	# The other one: what is told of them would be seen.
	printf 'x %s y\n' "$canary" >"$T/words"
	if (nothing_told "$T/words") >/dev/null; then return 1; fi
	rm "$T/words"
}

# --- the race --------------------------------------------------------------

# A hard link of hers changes a file's attributes: that she may do herself.
nothing_opened() {
	if grep -vE '^4 ' "$T/opened"; then return 1; fi
}

nothing_told() { # FILE
	has_not "$1" "$canary" "$(sha256 B)" "$(spki B)" "Rootsweep Test Root B"
}

# bounded SECONDS WANTED ARGS...
runs=0
bounded() {
	local bound=$1 start=$SECONDS
	shift

	rs "$@"
	runs=$((runs + 1))
	[ $((SECONDS - start)) -le "$bound" ] || {
		echo "$* took $((SECONDS - start)) s, more than $bound"
		return 1
	}
	cat "$T/out" "$T/err" >"$T/words"
	nothing_told "$T/words"
	cat "$T/words" >>"$T/said"
}

# One user's process may use up its 30 s in each stage; the others do not wait.
both=(--user mallory --user alice --format json)
list=(--policy "$T/both.xml")
all_runs() {
	bounded 50 '2|6' scan "${list[@]}" "${both[@]}"
	found nss:alice: "$alice"
	bounded 50 '0|4' anchors "${list[@]}" "${both[@]}"
	bounded 80 '0|4' quarantine "${list[@]}" --yes "${both[@]}"
	json '.changed and any(.findings[]; (.store | startswith("nss:alice:")) and .result == "quarantined")'
	same "$(sql "$alice" "select count(*) from nssPublic")" 0 "rows of alice's"
	bounded 50 '0|4' records "${both[@]}"
	bounded 80 '0|3|4' undo --last --yes "${both[@]}"
	bounded 80 '0|4' recover "${both[@]}"
	bounded 80 '0|4' undo --all --yes "${both[@]}"
	dump "$alice" | same_file "$T/alice" -
	bounded 50 '0|4' forget --all --yes "${both[@]}"
	rm -rf /home/alice/.local
}

race() {
	local racer rc=0 end

	dump "$alice" >"$T/alice"
	others >"$T/others"
	watch_victims
	sleep 0.1
	touch "$T/stamp"
	end=$((SECONDS + seconds))
	(cd / && exec setpriv --reuid mallory --regid "$(id -g mallory)" --init-groups \
		env ${hold:+HOLD=1} "$attacker" race /home/mallory $$ /etc /root /home/victor "${targets[@]}") \
		>"$T/raced" 2>&1 &
	racer=$!
	while [ "$SECONDS" -lt "$end" ] && [ "$rc" = 0 ]; do
		(set -eE; trap 'told_where "$BASH_COMMAND" >&2' ERR; all_runs; echo "$runs" >>"$T/runs") || rc=$?
	done
	kill "$racer"
	timeout 10 tail -f /dev/null --pid="$racer" || kill -KILL "$racer"
	wait "$racer" || :
	end_watch
	[ "$rc" = 0 ]
	cat "$T/raced"
}

nothing_changed() {
	others | same_file "$T/others" -
	same "$(changed_since "$T/stamp")" "" "what changed"
}

nothing_of_others_is_hers() {
	same "$(find /home/mallory ! -user mallory -print)" "" "files in her home that are not hers"
	same "$(find / -xdev \( -path /proc -o -path /sys \) -prune -o -cnewer "$T/stamp" -type f -perm /6000 -print)" \
		"" "set-id files"
}

# All that she tried, she did; into the process she never came.
it_was_a_race() {
	local what n
	local -A did

	cat "$T/raced"
	while read -r what n; do
		did[$what]=$n
	done < <(xargs -n 2 <"$T/raced")
	for what in swaps openings stops limits traces; do
		[ "${did[$what]:-0}" -gt 0 ]
	done
	[ "${did[swaps]}" -ge 1000 ]
	same "${did[traced]}" 0 "times that she got into a process"
}

# In the soak who is stopped may stay so: a run then takes its whole time.
hold=
[ "$seconds" -le 60 ] || hold=1
require "$attacker"
{ mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -t tmpfs -o mode=1777 tmpfs /var/tmp; } || fatal "no /tmp"
{ make_world && make_users alice mallory victor && debian_store small; } || fatal "no world"
(set -e; make_scene) >"$T/scene.log" 2>&1 || { cat "$T/scene.log"; fatal "no scene"; }
targets=()
for victim in "${victims[@]}"; do
	targets+=("$victim" "$victim/open" "$victim/open/firefox" "$victim/open/firefox/x.default" "$victim/closed")
	for bait in "${baits[@]}"; do
		targets+=("$victim/$bait")
	done
done
check eye-is-open eye_is_open
check race race
check nothing-opened nothing_opened
check nothing-changed nothing_changed
check nothing-told nothing_told "$T/said"
check nothing-made nothing_of_others_is_hers
check it-was-a-race it_was_a_race
echo "# $(paste -sd+ "$T/runs" | bc) runs of root's in $seconds s; $(cat "$T/raced")"

finish
