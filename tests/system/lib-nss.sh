# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
#
# NSS databases as Debian's certutil (old NSS: CKO_NSS_TRUST) and Firefox's
# libraries (new NSS: CKO_TRUST) write them, and Firefox itself, driven over
# Marionette. Everything runs as the user whose database it is.

firefox_libs=/usr/lib/firefox-esr

# The class of a trust row says which NSS wrote it.
class_old=CE534353
class_new=0000000B

nss() { # USER old|new TOOL ARGS...
	local user=$1 age=$2
	shift 2

	case $age in
	old) as "$user" "$@" ;;
	new) as "$user" LD_LIBRARY_PATH="$firefox_libs" "$@" ;;
	esac
}

# nss_make USER DIR [PASSWORD [old|new]]: an empty database, all of its
# folders the user's own.
nss_make() {
	local user=$1 dir=$2 password=${3:-} age=${4:-old}

	as "$user" mkdir -p "$dir" || return
	# A file that the user can read: their own certutil opens it.
	as "$user" sh -c 'umask 077; printf "%s\n" "$1" >"$HOME/.nss-password"' _ "$password"
	nss "$user" "$age" certutil -N -d "sql:$dir" -f "$(home "$user")/.nss-password"
}

# nss_add USER DIR old|new NAME [TRUST]
nss_add() {
	nss "$1" "$3" certutil -A -d "sql:$2" -f "$(home "$1")/.nss-password" \
		-n "Rootsweep $4" -t "${5:-C,,}" -i "$T/$4.pem"
}

sql() { # DIR STATEMENT
	sqlite3 "file:$1/cert9.db?mode=ro&immutable=1" "$2"
}

# The classes of all rows: 00000001 is a certificate.
classes() {
	sql "$1" "select group_concat(c, ' ') from (select hex(a0) as c from nssPublic order by 1)"
}

# Takes rows out behind NSS's back, as the database's owner.
sql_delete() { # USER DIR CONDITION
	as "$1" sqlite3 "$2/cert9.db" "delete from nssPublic where $3"
}

# Would a program that uses this NSS and database believe a server of NAME?
ask_nss() { # USER DIR old|new NAME
	local said

	said=$(nss "$1" "$3" vfychain -d "sql:$2" -u 1 -a "$T/$4-leaf.pem" 2>&1) || :
	case $said in
	*"Chain is good"*) echo accepts ;;
	*"Chain is bad"*) echo refuses ;;
	*) echo "says $said" ;;
	esac
}

# What certutil lists as NAME's trust, or "none" where it lists nothing.
nss_flags() { # USER DIR old|new NAME
	nss "$1" "$3" certutil -L -d "sql:$2" | sed -n "s/^Rootsweep $4  *\([^ ]*\) *\$/\1/p" | grep . || echo none
}

# nss_all USER DIR NAME accepts|refuses: both NSS versions.
nss_all() {
	local age said

	for age in old new; do
		said=$(ask_nss "$1" "$2" $age "$3")
		[ "$said" = "$4" ] || {
			echo "$2, $age NSS: wanted '$4' of root $3, got '$said'"
			sql "$2" "select hex(a0), hex(a81), hex(a82) from nssPublic"
			return 1
		}
	done
}

# --- alice's database $db, and what becomes of it ----------------------------

db=/home/alice/.pki/nssdb
serial_a=		# of root A; for the test to set

fresh_homes() {
	local user home

	guard
	rm -rf /var/lib/rootsweep
	for user in root alice bob; do
		home=$(home "$user")
		find "$home" -mindepth 1 -delete
	done
}

# nss_trip SCAN QUARANTINE [DIR]: what alice's database holds goes and returns.
nss_trip() {
	local scan=$1 quarantine=$2 dir=${3:-$db}

	dump "$dir" >"$T/before"
	find "$dir" -printf '%P %s %T@ %u\n' | sort >"$T/files"
	scan "$scan" --user alice
	found "nss:alice:$dir" "$dir/cert9.db"
	find "$dir" -printf '%P %s %T@ %u\n' | sort | same_file "$T/files" -
	quarantine "$quarantine" --user alice
	json '.changed and .still_trusted == [] and .lost == []'
	rows_of_a "$dir" 0
	same "$(sha256sum <"$dir/key4.db")" "$(tail -n 1 "$T/before")" key4.db
	same "$(stat -c '%U %a' "$dir/cert9.db")" "alice 600" cert9.db
	# What is not A's stayed as it was, to the byte and the row.
	dump "$dir" >"$T/after"
	same "$(comm -13 <(sort "$T/before") <(sort "$T/after"))" "" "rows that came"
	scan 0 --user alice
	undo 0 --user alice --last
	dump "$dir" | same_file "$T/before" -
}

# A trust row carries issuer and serial, a certificate its own bytes.
rows_of_a() { # DIR WANTED
	same "$(sql "$1" "select count(*) from nssPublic where hex(a82) = '$serial_a'
		and instr(hex(a81), hex('Rootsweep Test Root A')) > 0")" "$2" "rows of A in $1"
}

# The serial of root A as NSS keeps it: a whole DER INTEGER.
nss_serial() { # NAME
	local serial

	serial=$(issuer_serial "$1" | sed 's/.*serial="\([0-9a-f]*\)".*/\1/' | tr a-f A-F)
	printf '02%02X%s' $((${#serial} / 2)) "$serial"
}

# --- Firefox ---------------------------------------------------------------

firefox_group=

firefox_start() { # USER PROFILE
	local user=$1 profile=$2 port=2828

	require firefox-esr
	as "$user" mkdir -p "$profile"
	as "$user" sh -c 'cat >"$1/user.js"' _ "$profile" <<-'END'
		user_pref("marionette.port", 2828);
		user_pref("app.normandy.enabled", false);
		user_pref("datareporting.policy.dataSubmissionEnabled", false);
		user_pref("network.captive-portal-service.enabled", false);
		user_pref("network.connectivity-service.enabled", false);
		user_pref("browser.shell.checkDefaultBrowser", false);
		user_pref("security.OCSP.enabled", 0);
		user_pref("security.remote_settings.crlite_filters.enabled", false);
		user_pref("security.sandbox.content.level", 0);
	END
	# Its own session, so that its own process group can be ended.
	setsid setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
		env HOME="$(home "$user")" MOZ_HEADLESS=1 TMPDIR="$(home "$user")" \
		firefox-esr --headless --no-remote --marionette -remote-allow-system-access \
		-profile "$profile" >"$T/firefox.log" 2>&1 </dev/null &
	firefox_group=$!
	timeout 30 bash -c "until (: </dev/tcp/127.0.0.1/$port) 2>/dev/null; do sleep 0.1; done" || {
		echo "Firefox does not answer:"
		tail -n 20 "$T/firefox.log"
		firefox_stop
		return 1
	}
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	firefox_read >/dev/null
	firefox_send WebDriver:NewSession \
		'{"capabilities":{"alwaysMatch":{"acceptInsecureCerts":false}}}' >"$T/firefox.reply"
}

# A message is its length in bytes, a colon, and JSON.
firefox_read() {
	local LC_ALL=C length text

	IFS= read -r -t 30 -d : -u 7 length && IFS= read -r -t 30 -N "$length" -u 7 text &&
		printf '%s\n' "$text"
}

# firefox_send COMMAND PARAMETERS: prints the answer [1, id, error, result].
firefox_send() {
	local LC_ALL=C message="[0,1,\"$1\",$2]"

	printf '%d:%s' "${#message}" "$message" >&7
	firefox_read
}

firefox_ask() { # URL
	local said

	said=$(firefox_send WebDriver:Navigate "{\"url\":\"$1?$RANDOM$RANDOM\"}")
	case $said in
	"[1,1,null,"*)
		said=$(firefox_send WebDriver:GetPageSource '{}')
		case $said in
		*GnuTLS*) echo accepts ;;
		*) echo "shows ${said:0:300}" ;;
		esac
		;;
	*'"insecure certificate"'* | *SEC_ERROR_UNKNOWN_ISSUER* | *e=nssBadCert* | *e=nssFailure2*)
		echo refuses
		;;
	*) echo "says ${said:0:300}" ;;
	esac
}

# Runs JavaScript with the browser's own rights; prints what it hands to done().
firefox_run() {
	local script

	script=$(jq -n --arg s "let done = arguments[arguments.length - 1]; $1" \
		'{script: $s, args: [], newSandbox: true}')
	firefox_send Marionette:SetContext '{"value":"chrome"}' >"$T/firefox.reply"
	firefox_send WebDriver:ExecuteAsyncScript "$(jq -c . <<<"$script")"
	firefox_send Marionette:SetContext '{"value":"content"}' >"$T/firefox.reply"
}

firefox_stop() {
	local i

	{ firefox_send Marionette:Quit '{"flags":["eForceQuit"]}' >"$T/firefox.reply"; } 2>/dev/null || :
	exec 7>&- || :
	for ((i = 0; i < 100; i++)); do
		kill -0 -- "-$firefox_group" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL -- "-$firefox_group" 2>/dev/null || :
	wait "$firefox_group" 2>/dev/null || :
}

# firefox_all USER PROFILE WANTED URL...: one session, one verdict a URL.
firefox_all() {
	local user=$1 profile=$2 wanted=$3 url said odd=0
	shift 3

	firefox_start "$user" "$profile" || return
	for url; do
		said=$(firefox_ask "$url")
		[ "$said" = "$wanted" ] || {
			echo "Firefox at $url: wanted '$wanted', got '$said'"
			odd=1
		}
	done
	firefox_stop
	return $odd
}

# Lets Firefox itself put roots into a profile, by enterprise policy; the
# policy goes again, the roots stay.
firefox_install() { # USER PROFILE NAME...
	local user=$1 profile=$2 rows i
	shift 2

	guard
	mkdir -p /etc/firefox/policies
	printf "$T/%s.pem\n" "$@" |
		jq -Rn '{policies: {Certificates: {Install: [inputs]}}}' >/etc/firefox/policies/policies.json
	firefox_start "$user" "$profile" || return
	for ((i = 0; i < 200; i++)); do
		rows=$(as "$user" sqlite3 "file:$profile/cert9.db?mode=ro" \
			"select count(*) from nssPublic" 2>/dev/null) || rows=0
		[ "$rows" -lt $(($# * 2)) ] || break
		sleep 0.1
	done
	firefox_stop
	[ "$rows" -ge $(($# * 2)) ] || {
		echo "the policy did not put $* into $profile: $rows rows"
		return 1
	}
	rm -r /etc/firefox/policies
}
