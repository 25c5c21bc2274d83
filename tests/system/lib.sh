# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2030,SC2031
#
# What every system test shares: a private copy of this machine to work in,
# TAP, and assertions. A test sources this file and calls "enter" first. That
# runs it again as process 1 of its own mount, process, network, host name and
# IPC namespaces, on an overlay whose writes go to memory: whatever it does to
# /etc, /var or a home is gone when it ends, and so is every process.

set -u
umask 022

suite=$(basename "$0" .sh)
# shellcheck disable=SC2034 # tests find the source tree by it
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
marker=/.rootsweep-test-system
T=/srv/rootsweep-test
rootsweep=/usr/local/bin/rootsweep

# --- outside ---------------------------------------------------------------

fatal() {
	echo "Bail out! $suite: $*"
	exit 1
}

# Everything that decides trust on the real machine, as one digest.
machine_digest() {
	local place

	for place in /etc/ssl /etc/ca-certificates /etc/ca-certificates.conf \
		/usr/local/share/ca-certificates /usr/share/ca-certificates \
		/etc/passwd /var/lib/rootsweep /var/lib/dpkg/status; do
		[ -e "$place" ] || continue
		find "$place" -printf '%p %y %m %U:%G %s %T@ %l\n' | sort
		find "$place" -type f -print0 | sort -z | xargs -0r sha256sum
	done | sha256sum
}

require() {
	local name missing=

	for name; do
		command -v "$name" >/dev/null || [ -e "$name" ] || missing="$missing $name"
	done
	[ -z "$missing" ] || fatal "this machine lacks:$missing"
}

# enter SECONDS [ARG...]: returns only inside, where the test was started again
# with these arguments. A run that takes longer is killed whole.
enter() {
	local before after

	if [ "${ROOTSWEEP_TEST_ROOM:-}" ]; then
		inside
		return
	fi
	[ "$(id -u)" = 0 ] || fatal "needs root: it makes mount namespaces"
	[ ! -e "$marker" ] || fatal "$marker exists: this is the inside of a test already"
	[ -x "${ROOTSWEEP:-}" ] || fatal "ROOTSWEEP must name the program (cmd/rootsweep)"
	require unshare pivot_root findmnt setpriv setsid script ip useradd timeout perl jq \
		setfacl getfacl setfattr getfattr \
		openssl sqlite3 certutil vfychain trust certtool update-ca-certificates

	before=$(machine_digest)
	{
		room=$(mktemp -d /tmp/rootsweep-system.XXXXXX)
		timeout -k 5 "$1" unshare --mount --pid --net --uts --ipc --fork --kill-child \
			--propagation private \
			env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LANG=C.UTF-8 TERM=dumb ROOTSWEEP="$(realpath "$ROOTSWEEP")" \
			ROOTSWEEP_TEST_BUILD="${ROOTSWEEP_TEST_BUILD:-}" \
			ROOTSWEEP_REAL_CERTS="${ROOTSWEEP_REAL_CERTS:-}" \
			SOAK_SECONDS="${SOAK_SECONDS:-}" \
			ROOTSWEEP_FAULTS="${ROOTSWEEP_FAULTS:-}" \
			ASAN_OPTIONS="${ASAN_OPTIONS:-}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}" \
			ROOTSWEEP_TEST_ROOM="$room" "$BASH" "$0" "${@:2}" </dev/null ||
			echo "# the test ended with status $?"
		rmdir "$room"
		after=$(machine_digest)
		if [ "$before" = "$after" ]; then
			echo "ok - /system/$suite/machine-untouched"
		else
			echo "# the real machine's own files changed: $before, then $after"
			echo "not ok - /system/$suite/machine-untouched"
		fi
	} | awk -v suite="$suite" '
		/^ok - /	{ n++; sub(/^ok - /, "ok " n " - ") }
		/^not ok - /	{ n++; bad++; sub(/^not ok - /, "not ok " n " - ") }
		/^# finished$/	{ whole = 1; next }
				{ print; fflush() }
		END {
			if (!whole) { n++; bad++; print "not ok " n " - /system/" suite "/ran-to-its-end" }
			print "1.." n
			exit bad > 0
		}'
	exit
}

# --- the private system ----------------------------------------------------

# Overlays / and each file system below it, and makes the result the root.
private_system() {
	local room=$1 n=0 kind target

	mount -t tmpfs -o mode=0755 tmpfs "$room" || return
	mkdir "$room/root"
	while read -r _ _ _ _ target _; do
		target=$(printf %b "$target")
		case $target in
		"$room"* | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/*) continue ;;
		esac
		n=$((n + 1))
		if [ -d "$target" ]; then
			mkdir -p "$room/up$n" "$room/work$n"
			chmod --reference="$target" "$room/up$n"
			mount -t overlay -o "lowerdir=$target,upperdir=$room/up$n,workdir=$room/work$n" \
				overlay "$room/root$target" || return
		else
			mount --bind "$target" "$room/root$target" &&
				mount -o remount,ro,bind "$room/root$target" || return
		fi
	done < <(sort -k5,5 -u /proc/self/mountinfo)
	for kind in dev sys; do
		mount --rbind "/$kind" "$room/root/$kind" || return
	done
	mount -t proc proc "$room/root/proc" || return
	mount -t tmpfs -o mode=1777 tmpfs "$room/root/dev/shm" || return
	mount -t tmpfs -o mode=0755 tmpfs "$room/root/run" || return
	mkdir "$room/root/.old" && touch "$room/root$marker" || return
	cd "$room/root" && pivot_root . .old && cd / && umount -l /.old && rmdir /.old
}

# Refuses to go on anywhere but in the private copy: called before anything
# that changes a store.
guard() {
	if [ $$ != 1 ] || [ ! -e "$marker" ] ||
		[ "$(findmnt -n -o FSTYPE --target / | tail -n 1)" != overlay ]; then
		echo "Bail out! $suite: not in the private system"
		kill -KILL $$
	fi
}

# Homes are emptied, and the tree may lie in one.
keep() { # FOLDER PLACE
	mkdir "$2" && mount --bind "$1" "$2" && mount -o remount,ro,bind "$2"
}

inside() {
	local tools

	private_system "$ROOTSWEEP_TEST_ROOM" || fatal "cannot make the private system"
	guard
	install -m 0755 "$ROOTSWEEP" "$rootsweep"
	attacker=$(dirname "$ROOTSWEEP")/../tests/faults/attacker
	[ ! -x "$attacker" ] || install -m 0755 "$attacker" /usr/local/bin/rootsweep-attacker
	[ -z "$ROOTSWEEP_TEST_BUILD" ] || install -m 0755 "$ROOTSWEEP_TEST_BUILD" "$rootsweep-test"
	tools=${ROOTSWEEP_TEST_BUILD%/*/*}/tests/faults
	[ ! -x "$tools/kill-at" ] || install -m 0755 "$tools/kill-at" /usr/local/bin/kill-at
	rm -rf /var/lib/rootsweep /etc/rootsweep "$T"
	# Lists of Python's, which one machine has and another has not.
	rm -f /{usr,usr/local,opt/*}/lib/python3*/*-packages/{,pip/_vendor/}certifi/cacert.pem
	# The same of Java's; those that are links lead to the system's own.
	find /usr/lib/jvm /usr/lib64/jvm /usr/java /opt /usr/local -path '*/lib/security/*cacerts' \
		-type f -delete 2>/dev/null
	mkdir -p "$T"
	unset attacker ROOTSWEEP ROOTSWEEP_TEST_BUILD ROOTSWEEP_TEST_ROOM
	ip link set lo up
	keep "$here/../.." /srv/rootsweep-source || fatal "cannot keep the source tree"
	here=/srv/rootsweep-source/tests/system
	if [ "${ROOTSWEEP_REAL_CERTS:-}" ]; then
		keep "$ROOTSWEEP_REAL_CERTS" /srv/rootsweep-real || fatal "cannot keep the real roots"
		ROOTSWEEP_REAL_CERTS=/srv/rootsweep-real
	fi
	mount -t tmpfs -o mode=0755 tmpfs /home
	mount -t tmpfs -o mode=0700 tmpfs /root
	cd "$T" || fatal "no $T"
}

finish() {
	echo "# finished"
	exit 0
}

# --- tests -----------------------------------------------------------------

# check NAME COMMAND...: one test. It runs in a subshell and ends at the first
# command that fails; what it printed is shown only then. Sets passed, for
# callers that want to know: in "check ... || ...", bash would have no command
# but the last end the test.
check() {
	local name=$1 rc
	shift

	rm -f "$T/told"
	(
		set -eE
		told_level=$BASH_SUBSHELL
		trap 'told_where "$BASH_COMMAND" >&2' ERR
		"$@"
	) >"$T/check.log" 2>&1
	rc=$?
	# shellcheck disable=SC2034 # read by callers
	passed=$([ $rc != 0 ] || echo yes)
	if [ $rc = 0 ]; then
		echo "ok - /system/$suite/$name"
	else
		LC_ALL=C sed -e 's/[^[:print:][:space:]]/?/g' -e 's/^/# /' "$T/check.log" | cut -c1-3000 | head -n 60
		echo "not ok - /system/$suite/$name"
	fi
	return $rc
}

# The command that ended a test and the calls that led to it, once.
told_where() {
	local i

	# A command substitution's failure is its caller's to judge.
	[ "$BASH_SUBSHELL" = "$told_level" ] && [ ! -e "$T/told" ] || return 0
	touch "$T/told"
	printf 'at %s' "$1"
	for ((i = 1; i < ${#FUNCNAME[@]} - 1; i++)); do
		printf ' < %s:%s %s' "${BASH_SOURCE[i]##*/}" "${BASH_LINENO[i - 1]}" "${FUNCNAME[i]}"
	done
	echo
}

same() {
	[ "$1" = "$2" ] || {
		echo "${3:-values} differ: wanted '$2', got '$1'"
		return 1
	}
}

same_file() {
	diff -u "$1" "$2" || return 1
}

has() { # FILE TEXT...
	local file=$1 text
	shift

	for text; do
		grep -qF -- "$text" "$file" || {
			echo "'$text' is not in $file:"
			head -c 3000 "$file"
			return 1
		}
	done
}

has_not() { # FILE TEXT...
	local file=$1 text
	shift

	for text; do
		! grep -F -- "$text" "$file" || {
			echo "'$text' is in $file"
			return 1
		}
	done
}

# --- the program -----------------------------------------------------------

# as USER COMMAND...: with that user's ids and home, and nothing in between.
as() {
	local user=$1
	shift

	setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
		env HOME="$(home "$user")" "$@"
}

home() {
	getent passwd "$1" | cut -d: -f6
}

# rs_run USER WANTED ARGS...: runs the program, its output in $T/out and
# $T/err, its exit status in $T/status; fails where the exit status is not the one wanted ("0|4": either).
# Variables for the program stand in the array rs_env, a command to run all of
# it by in rs_wrap.
rs_env=()
rs_wrap=()
rs_run() {
	local user=$1 wanted=$2 rc=0
	shift 2

	(
		cd "$(home "$user")" && exec timeout -k 5 120 "${rs_wrap[@]}" \
			setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
			env HOME="$PWD" "${rs_env[@]}" "$rootsweep" "$@" </dev/null
	) >"$T/out" 2>"$T/err" || rc=$?
	echo "$rc" >"$T/status"
	if [[ ! $rc =~ ^($wanted)$ ]]; then
		echo "rootsweep $* (as $user): exit $rc, wanted $wanted"
		head -c 3000 "$T/err"
		jq -c 'del(.unknown, .stores)' "$T/out" 2>/dev/null | head -c 5000 || head -c 3000 "$T/out"
		return 1
	fi
}

rs() { # WANTED ARGS...
	rs_run root "$@"
}

# json EXPRESSION [ARG...]: of the program's last output; must be true.
json() {
	local expression=$1
	shift

	jq -e "$@" "$expression" "$T/out" >/dev/null || {
		echo "not so in the program's JSON: $expression ($*)"
		jq -c 'del(.unknown)' "$T/out" 2>&1 | head -c 6000
		return 1
	}
}

# What every document has (design of the interface: schema to complete).
document() { # SCHEMA
	json '.schema == $schema and (.version | type == "string" and length > 0)
		and (.time | test("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$"))
		and (.host | type == "string") and (.complete | type == "boolean")
		and (.policy | type == "array") and has("policy_date")' --arg schema "rootsweep.$1/1"
}

# found STORE-PREFIX [ORIGIN]: root A is found there, and comes from there.
found() {
	json 'any(.findings[]; (.store | startswith($store)) and .entry == "test-a"
		and .action == "quarantine"
		and ($origin == "" or any(.origins[]; .path | startswith($origin))))' \
		--arg store "$1" --arg origin "${2:-}"
}

last_record() {
	jq -r .record "$T/out"
}

scan() { # WANTED [ARGS...]
	local wanted=$1
	shift

	rs "$wanted" scan --policy "$T/policy.xml" --format json "$@"
}

quarantine() {
	local wanted=$1
	shift

	rs "$wanted" quarantine --policy "$T/policy.xml" --yes --format json "$@"
}

undo() {
	local wanted=$1
	shift

	rs "$wanted" undo --yes --format json "${@:---last}"
}
