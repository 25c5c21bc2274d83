#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The whole matrix, with its document in clients.json and its table in
# clients.md of the current folder; and twice a few clients of it to show that
# it can fail, and names what fails: taken out as people do it, and with one
# way that is not undone.

set -u
here=$(cd "$(dirname "$0")" && pwd)
failed=0

matrix() {
	bash "$here/matrix.sh" "$@"
}

# fails NAME "WAY..." "TEXT..." ARGS...: a run that must fail, for these ways
# and no other reason, and say all these lines.
fails() {
	local name=$1 ways=$2 lines=$3 rc=0 said line
	shift 3

	matrix "$@" >proof.log || rc=$?
	said=$(sed -n 's,^not ok [0-9]* - /system/matrix/,,p' proof.log | sort | tr '\n' ' ')
	line=$(grep -vxFf proof.log <<<"$lines")
	if [ $rc = 1 ] && [ "$said" = "$ways " ] && [ -z "$line" ]; then
		printf '%s: fails as it must:\n%s\n' "$name" "$lines"
	else
		cat proof.log
		echo "$name: ends with $rc where 1 was wanted, fails: $said"
		[ -z "$line" ] || echo "and does not say: $line"
		failed=1
	fi
	rm proof.log
}

start=$SECONDS
matrix --json clients.json --markdown clients.md || failed=1
echo "the matrix took $((SECONDS - start)) s"

fails "taken out as people do it" \
	"way/chromium_servercert way/firefox_cert9_new way/java_own way/os_pem way/stray" \
	"# chromium of bob, one: quarantined: still trusted: accepts
# firefox of alice, one: quarantined: still trusted: refuses; accepts with the root sent
# java of alice, one: quarantined: still trusted: accepts
# curl of alice, four: quarantined: still trusted: accepts
# java_own of alice, four: quarantined: still trusted: accepts" \
	--naive --rounds "one four" --clients "curl java java_own chromium firefox"
fails "without the undo of one way" way/chromium_servercert \
	"# chromium of bob, one: undone: refuses, where installed was: accepts" \
	--leave-out chromium_servercert --rounds one --clients "curl chromium"

echo "all of it took $((SECONDS - start)) s"
exit $failed
