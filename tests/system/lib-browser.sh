# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Debian's Chromium as an ordinary user, against the TLS servers of
# lib-world.sh (start_servers). A user data folder holds its profiles; each
# profile has a database of its own, ServerCertificate.

chromium_flags=(
	--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
	--disable-background-networking --disable-component-update --disable-sync
	--disable-dev-shm-usage --enable-logging=stderr
)

# chromium_ask USER FOLDER URL: starts it, loads the page and ends it again.
# Prints "accepts", "refuses" or what else happened.
chromium_ask() {
	local user=$1 folder=$2 url=$3 page

	require chromium
	page=$(cd "$(home "$user")" && as "$user" TMPDIR="$(home "$user")" \
		timeout -k 5 60 chromium "${chromium_flags[@]}" \
		--user-data-dir="$folder" --dump-dom "$url?$RANDOM$RANDOM" \
		2>"$T/chromium.log" </dev/null) || :
	case $page in
	*GnuTLS*) echo accepts ;;
	*)
		if grep -qE 'net_error -20[27]\b' "$T/chromium.log"; then
			echo refuses
		else
			echo "says $(tail -n 3 "$T/chromium.log") ${page:0:300}"
		fi
		;;
	esac
}

# chromium_all USER FOLDER accepts|refuses URL...
chromium_all() {
	local user=$1 folder=$2 wanted=$3 url said odd=0
	shift 3

	for url; do
		said=$(chromium_ask "$user" "$folder" "$url")
		[ "$said" = "$wanted" ] || {
			echo "Chromium of $user at $url: wanted '$wanted', got '$said'"
			odd=1
		}
	done
	return $odd
}

# A Chromium that stays, with its own process group; sets chromium_pid, the
# process that holds the profile.
chromium_group=
chromium_pid=
chromium_start() { # USER FOLDER
	local user=$1 folder=$2 i

	require chromium
	(cd "$(home "$user")" && exec setsid setpriv --reuid "$user" --regid "$(id -g "$user")" \
		--init-groups env HOME="$(home "$user")" TMPDIR="$(home "$user")" \
		chromium "${chromium_flags[@]}" --remote-debugging-port=0 \
		--user-data-dir="$folder" about:blank >"$T/chromium-live.log" 2>&1 </dev/null) &
	chromium_group=$!
	for ((i = 0; i < 300; i++)); do
		chromium_pid=$(readlink "$folder/SingletonLock" | sed 's/.*-//')
		[ -z "$chromium_pid" ] || ! chromium_holds "$folder/Default/ServerCertificate" || return 0
		sleep 0.1
	done
	echo "Chromium did not start:"
	tail -n 20 "$T/chromium-live.log"
	chromium_stop
	return 1
}

chromium_holds() { # FILE
	[ -e "$1" ] && grep -q " POSIX .* READ $chromium_pid [^ ]*:$(stat -c %i "$1") " /proc/locks
}

chromium_stop() {
	local i

	kill "$chromium_pid" 2>/dev/null || :
	for ((i = 0; i < 100; i++)); do
		kill -0 -- "-$chromium_group" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL -- "-$chromium_group" 2>/dev/null || :
	wait "$chromium_group" 2>/dev/null || :
}
