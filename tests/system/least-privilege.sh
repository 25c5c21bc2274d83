#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Nobody in a run of root's may do more than the work asks for: what the
# processes hold, what they run, whom they speak to, whose words they go by.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-trace.sh"

enter 300

p=(--policy "$T/policy.xml" --format json)
hostile=/srv/hostile

begin() {
	guard
	rm -rf /var/lib/rootsweep
	find /root /home/alice -mindepth 1 -delete
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	nss_make root /root/.pki/nssdb
	nss_add root /root/.pki/nssdb old A
	nss_make alice /home/alice/.pki/nssdb
	nss_add alice /home/alice/.pki/nssdb old A
}

# --- what they hold --------------------------------------------------------

# Databases that are locked: there is time to look at who waits for them.
# look_at OUT ARGS...: a line a process: its uid, and what is asked below.
look_at() {
	local out=$1 sleeper rc=0
	shift

	rm -f "$T/locked"
	perl -e 'use Fcntl; my @open; my $lock = pack "s s x![q] q q l x![q]", F_WRLCK, 0, 1 << 30, 512, 0;
		for (@ARGV) { open my $f, "+<", $_ or die; fcntl $f, F_SETLK, $lock or die; push @open, $f }
		open my $ready, ">", "locked" or die; sleep 300' \
		/root/.pki/nssdb/cert9.db /home/alice/.pki/nssdb/cert9.db &
	sleeper=$!
	timeout 10 sh -c 'until [ -e "$1" ]; do sleep 0.05; done' _ "$T/locked"
	"$rootsweep" "$@" --policy "$T/policy.xml" --all-users >/dev/null 2>&1 &
	sleep 0.1
	whom=$! perl -e '
		my %seen; my $end = time + 10;
		sub field { return $_[0] =~ /^$_[1]:[ \t]*(.*)$/m ? $1 =~ s/\s+/,/gr : "?" }
		while (time < $end && kill 0, $ENV{whom}) {
			select undef, undef, undef, 0.1;
			for my $pid (map { m{/(\d+)$} } glob "/proc/[0-9]*") {
				next unless open my $s, "<", "/proc/$pid/status";
				my $text = join "", grep { defined } <$s>;
				next unless $text =~ /^Name:\s*rootsweep$/m;
				# Twice: once it is who it is to be.
				next unless ++$seen{$pid} == 3;
				my @fds = map { readlink($_) // "" } glob "/proc/$pid/fd/*";
				print join(" ", $pid == $ENV{whom} ? "parent" : "child", (split /,/, field($text, "Uid"))[0],
					(map { field($text, $_) } qw(CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Uid Gid Groups)),
					(stat "/proc/$pid/mem")[4], join(",", sort map { s/:.*//r } @fds)), "\n";
			}
		}' >"$out" || rc=$?
	wait $! || :
	kill "$sleeper"
	wait "$sleeper" || :
	return "$rc"
}

held() { # KIND UID: that process's line
	local line

	line=$(grep "^$1 $2 " "$T/held") || {
		echo "no $1 of uid $2 was seen:"
		cat "$T/held"
		return 1
	}
	head -n 1 <<<"$line"
}

# Whole sets of what this test itself may have.
children_hold_nothing() {
	local uid alice none=0000000000000000 line

	begin
	alice=$(id -u alice)
	look_at "$T/held" scan
	cat "$T/held"
	for uid in 0 "$alice"; do
		line=$(held child "$uid")
		# Its files in /proc are root's: it may not be looked into.
		[[ "$line" == "child $uid $none $none $none $none $none 1 $uid,$uid,$uid,$uid "* ]] || return 1
		same "$(cut -d' ' -f12 <<<"$line")" 0 "who owns its files in /proc"
		# Its socket, nothing, and the database that it waits for.
		cut -d' ' -f13 <<<"$line" | tr , '\n' | sort -u >"$T/fds"
		if grep -vE '^(socket|/dev/null|/home/alice(/\.pki/nssdb(/cert9\.db)?)?|/root(/\.pki/nssdb(/cert9\.db)?)?)$' \
			"$T/fds"; then return 1; fi
		same "$(cut -d' ' -f13 <<<"$line" | tr , '\n' | grep -c '^socket$')" 1 sockets
	done
}

mask() { # HEX FIELD: what of it this process has itself
	printf '%016x' $((0x$1 & 0x$(sed -n 's/^CapPrm:\t//p' /proc/self/status)))
}

# chown to setpcap, and chroot; kept in reserve, what a label needs.
parent_holds_little() {
	local line

	line=$(held parent 0)
	same "$(cut -d' ' -f5 <<<"$line")" "$(mask 401ff)" "what the parent may do"
	same "$(cut -d' ' -f4 <<<"$line")" "$(mask 82401ff)" "what it could take up"
	same "$(cut -d' ' -f3,7 <<<"$line")" "0000000000000000 0000000000000000" "what it hands on"
}

# --- what they do ----------------------------------------------------------

# executed: what this program's own processes executed, once each. Those of
# what they run are that program's affair.
executed() {
	perl -e '
		my ($rootsweep, $first, $folder) = @ARGV; my (%forks, %runs);
		for my $file (glob "$folder/of.*") {
			my ($pid) = $file =~ /(\d+)$/; my $ours = $file ne $first;
			open my $f, "<", $file or die;
			while (<$f>) {
				if (/^execve\("([^"]*)".* = 0$/) {
					$runs{$pid} = $1 if $ours && !$runs{$pid};
					$ours = $1 eq $rootsweep;
				}
				$forks{$pid}{$1} = 1 if $ours && /^(?:clone3?|v?fork)\(.* = (\d+)$/;
			}
		}
		my @whose = $first =~ /(\d+)$/; my %out;
		while (defined(my $pid = shift @whose)) {
			for my $child (keys %{$forks{$pid}}) { push @whose, $child; $out{$runs{$child}} = 1 if $runs{$child} }
		}
		print map { "$_\n" } sort keys %out' "$rootsweep" "$first" "$T/trace"
}

# Names of users may be looked up at daemons of this machine.
speaks_to_nobody() {
	local sockets='^(socket|socketpair)\('

	grep -hE "$sockets" "$T"/trace/of.* >"$T/sockets"
	has "$T/sockets" 'socketpair(AF_UNIX'
	if grep -vE '^socket(pair)?\(AF_UNIX' "$T/sockets"; then return 1; fi
	if grep -hE '^(connect|sendto|sendmsg)\(' "$T"/trace/of.* | grep -F 'sun_path' |
		grep -vE 'sun_path="(/var)?/run/(nscd/socket|systemd/userdb/[A-Za-z.]+)"'; then return 1; fi
}

confined() {
	local file order n=0

	for file in "$T"/trace/of.*; do
		grep -qE '^setresuid\(' "$file" || continue
		[ "$file" != "$first" ] || continue
		n=$((n + 1))
		order=$(grep -oE '^(setgroups|setresgid|setresuid|capset|prctl\(PR_SET_(NO_NEW_PRIVS|DUMPABLE)|landlock_restrict_self)' \
			"$file" | uniq | head -n 7 | tr '\n' ' ')
		# Who runs a tool of the system's could run none below Landlock.
		grep -qE '^(clone3?|v?fork)\(' "$file" && order+="landlock_restrict_self "
		same "$order" "setgroups setresgid setresuid capset prctl(PR_SET_NO_NEW_PRIVS prctl(PR_SET_DUMPABLE landlock_restrict_self " \
			"the order in $file"
		# Nothing of a home was opened before.
		if sed '/^prctl(PR_SET_DUMPABLE/,$d' "$file" | grep -E '^open.*"/(root|home)'; then return 1; fi
	done
	[ "$n" -ge 3 ]
}

does_no_more() {
	begin
	traced 2 scan "${p[@]}"
	speaks_to_nobody
	executed | grep -vx /usr/bin/rpm | same_file /dev/null -
	confined
	traced 0 quarantine "${p[@]}" --yes
	json '.changed and .still_trusted == []'
	speaks_to_nobody
	executed | grep -vx -e /usr/bin/rpm -e /usr/bin/openssl | same_file <(echo /usr/sbin/update-ca-certificates) -
	traced 0 undo --last --yes --format json
	json .changed
	speaks_to_nobody
	executed | grep -vx -e /usr/bin/rpm -e /usr/bin/openssl | same_file <(echo /usr/sbin/update-ca-certificates) -
}

# --- whose words they go by ------------------------------------------------

# Not LD_PRELOAD: what it names is run before the program is.
files=(HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR XDG_CONFIG_DIRS
	XDG_DATA_DIRS P11_KIT_CONFIG P11_KIT_MODULE_PATH P11_MODULE_PATH P11_KIT_SERVER_ADDRESS NSS_LIB_PATH
	NSS_DEFAULT_DB_TYPE NSS_CONFIG LD_LIBRARY_PATH SSL_CERT_FILE SSL_CERT_DIR SSL_DIR SSLKEYLOGFILE
	OPENSSL_CONF OPENSSL_MODULES OPENSSL_ENGINES GNUTLS_SYSTEM_PRIORITY_FILE SQLITE_TMPDIR SQLITE_HISTORY
	SOFTHSM2_CONF SOFTHSM_CONF TMPDIR TMP XML_CATALOG_FILES SGML_CATALOG_FILES LOCPATH NLSPATH GCONV_PATH
	LANG LC_ALL LANGUAGE TZ TZDIR TERMINFO HOSTALIASES LOCALDOMAIN MALLOC_TRACE BASH_ENV ENV PERL5LIB
	PYTHONPATH JAVA_TOOL_OPTIONS CURL_CA_BUNDLE REQUESTS_CA_BUNDLE GIT_CONFIG PATH)

set_hostile() {
	local name

	rm -rf "$hostile"
	rs_env=()
	for name in "${files[@]}"; do
		mkdir -p "$hostile/$name/pkcs11/modules" "$hostile/$name/rootsweep/policy.d"
		printf '<broken' >"$hostile/$name/rootsweep/policy.d/interception-roots.xml"
		rs_env+=("$name=$hostile/$name")
	done
	printf '[overrides]\ninsecure-hash = sha256\n' >"$hostile/priority"
	rs_env+=(TZ=":$hostile/TZ" LANGUAGE="../../../..$hostile/LANGUAGE" IFS=/
		GNUTLS_SYSTEM_PRIORITY_FILE="$hostile/priority" GNUTLS_DEBUG_LEVEL=99)
}

# What is passed over at its beginning is told of by execve alone.
goes_by_none() {
	cat "$T/parent" "$T/children" | grep -vE '^(write|read|pread64)\(' >"$T/calls"
	if grep -F "$hostile" "$T/calls"; then return 1; fi
	[ "$(wc -l <"$T/calls")" -gt 500 ]
}

environment_is_scrubbed() {
	begin
	set_hostile
	traced 2 scan "${p[@]}"
	same "$(grep -c "^execve(\"$rootsweep\".* = 0\$" "$first")" 2 "its beginnings"
	found nss:alice:
	goes_by_none
	traced 0 quarantine "${p[@]}" --yes
	goes_by_none
	grep -hE '^execve\("/usr/sbin/update-ca-certificates"' "$T"/trace/of.* >"$T/calls"
	has_not "$T/calls" "$hostile"
	traced 0 undo --last --yes --format json
	goes_by_none
	rs_env=()
}

# A user's own run does go by them: the eye is open.
environment_is_seen() {
	begin
	set_hostile
	mkdir -p "$T/trace"
	rm -f "$T"/trace/*
	# From within: its trace is to be hers no more than the program is.
	(cd / && strace -f -o "$T/seen" setpriv --reuid alice --regid alice --clear-groups \
		env "${rs_env[@]}" HOME=/home/alice "$rootsweep" scan --policy "$T/policy.xml") >"$T/out" 2>&1 || :
	rs_env=()
	grep -vE '^[0-9]+ +execve' "$T/seen" >"$T/calls"
	has "$T/calls" "$hostile/"
}

# What libraries go by before the program begins has no effect on it either.
begins_anew_once() {
	rs_env=(GNUTLS_SYSTEM_PRIORITY_FILE=/nonexistent)
	traced 2 scan "${p[@]}" --system
	same "$(grep -c "^execve(\"$rootsweep\".* = 0\$" "$first")" 2 "its beginnings"
	rs_env=()
	traced 2 scan "${p[@]}" --system
	same "$(grep -c "^execve(\"$rootsweep\".* = 0\$" "$first")" 1 "its beginnings"
}

require strace
{ make_world && make_users alice && debian_store small; } || fatal "no world"
check holds/children children_hold_nothing
check holds/parent parent_holds_little
check does-no-more does_no_more
check environment/scrubbed environment_is_scrubbed
check environment/seen environment_is_seen
check environment/once begins_anew_once

finish
