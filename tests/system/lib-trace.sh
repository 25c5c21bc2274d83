# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# Every call of every process of a run.

# The search for leaks is of no use to what is traced.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

# traced WANTED ARGS...: the program's output as always; each process's calls
# in $T/trace/of.PID; those of its first process, whose file is $first, from
# its (last) beginning in $T/parent, those of all others in $T/children.
traced() {
	local wanted=$1
	shift

	rm -rf "$T/trace"
	mkdir "$T/trace"
	rs_wrap=(strace -ff -y -s 4096 -o "$T/trace/of" env -C /)
	rs "$wanted" "$@"
	rs_wrap=()
	first=$(grep -l "^execve(\"$rootsweep\"" "$T"/trace/of.*)
	same "$(wc -l <<<"$first")" 1 "processes that began as rootsweep"
	tac "$first" | sed "/^execve(\"${rootsweep//\//\\/}\"/,\$d" | tac >"$T/parent"
	find "$T/trace" -type f ! -path "$first" -exec cat {} + >"$T/children"
}
