#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# JVMs with a list of their own, as vendors' archives have it, made and asked
# by a real keytool: JKS and PKCS #12, with and without a password.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 400
require keytool

jvm=/opt/jdk-25
keystore=$jvm/lib/security/cacerts

# A JVM's folder: nothing of it but where its list lies.
make_jvm() {
	guard
	reset_store
	rm -rf "$jvm" /home/alice/.keystore /home/alice/.jdks
	mkdir -p "$jvm/lib/security"
}

import() { # NAME ALIAS [OPTION...]
	keytool -importcert -noprompt -keystore "$keystore" -storepass changeit \
		-file "$T/$1.pem" -alias "$2" "${@:3}" >"$T/keytool.log" 2>&1 || {
		cat "$T/keytool.log"
		return 1
	}
}

fill() { # OPTION...
	make_jvm
	import B honest "$@"
	import A "isp root" "$@"
	verdict A accepts java
	verdict B accepts java
}

in_keystore() { # ALIAS
	found "java:system:$keystore" "$keystore"
	json 'any(.findings[]; .store == $store and any(.origins[]; .object == $alias)
		and .witnesses == ["keystore"])' --arg store "java:system:$keystore" --arg alias "$1"
}

look_at() {
	stat -c '%n %a %U:%G %s %y' "$1"
	getfattr -h -dm - "$1"
	sha256sum "$1"
}

# Found, taken out by the JVM's tool, and back to the byte.
trip_java() {
	local before

	fill "$@"
	chmod 0640 "$keystore"
	chown root:daemon "$keystore"
	setfattr -n user.note -v mine "$keystore"
	touch -d '2001-02-03 04:05:06.789012345' "$keystore"
	before=$(look_at "$keystore")
	scan 2
	in_keystore "isp root"
	quarantine 2 --dry-run
	json '[.steps[].op] == ["keystore"]'
	rs 2 quarantine --policy "$T/policy.xml" --dry-run
	has "$T/out" "take entries out of the keystore"
	same "$(look_at "$keystore")" "$before" "the keystore"
	quarantine 0
	json '.changed and .still_trusted == [] and .lost == []
		and ([.steps[] | "\(.kind) \(.path) \(.state)"] == ["file \($path) done"])' --arg path "$keystore"
	verdict A refuses java
	verdict B accepts java
	same "$(stat -c '%a %U:%G' "$keystore")" "640 root:daemon"
	same "$(ls "$jvm/lib/security")" cacerts
	scan 0
	quarantine 0
	json '.changed | not'
	rs '0|2' undo --last --dry-run
	has "$T/out" "put entries back into the keystore"
	undo 0
	json '.changed and .conflicts == []'
	same "$(look_at "$keystore")" "$before" "the keystore"
	verdict A accepts java
}

# The same root under two names, beside the OS store's.
everywhere() {
	fill -storetype pkcs12
	import A again
	cp "$T/A.pem" "$local_store/isp.crt"
	refresh
	scan 2
	cp -p "$keystore" "$T/before"
	quarantine 0
	json '[.steps[].kind] == ["file", "file", "refresh"]'
	verdict A refuses java openssl-file openssl-path
	verdict B accepts java openssl-file
	undo 0
	cmp "$T/before" "$keystore"
	verdict A accepts java openssl-file openssl-path
}

# Not taken out, and said, with what a person can do.
refused() { # REASON
	local before

	before=$(look_at "$keystore")
	quarantine 4
	json '(.changed | not) and any(.findings[]; (.result == "refused" or .result == "failed")
		and (.reason | contains($reason)))' --arg reason "$1"
	same "$(look_at "$keystore")" "$before" "the keystore"
	[ -z "$(ls /var/lib/rootsweep/records 2>/dev/null)" ]
	scan 2
}

no_keytool() {
	fill -storetype pkcs12
	mv /usr/bin/keytool "$T/keytool"
	refused "keytool -delete -keystore '$keystore' -alias 'isp root' takes it out"
	mv "$T/keytool" /usr/bin/keytool
}

# Its JVM's own comes first, and is run only if nobody else can write it.
own_keytool() {
	fill -storetype pkcs12
	mkdir "$jvm/bin"
	printf '#!/bin/sh\necho "$@" >%s/asked; echo no >&2; exit 3\n' "$T" >"$jvm/bin/keytool"
	chmod 0755 "$jvm/bin/keytool"
	refused "ended with status 3: no"
	has "$T/asked" "-delete -keystore /var/lib/rootsweep/records/"
	rm "$T/asked"
	chown alice "$jvm/bin/keytool"
	refused "can be written by others than root"
	[ ! -e "$T/asked" ]
	rm -r "${jvm:?}/bin"
}

strangers_folder() {
	fill -storetype pkcs12
	chown alice "$jvm/lib/security"
	refused "somebody else"
	chown root "$jvm/lib/security"
	chown alice "$keystore"
	refused "keytool -delete -keystore '$keystore'"
	chown root "$keystore"
	ln "$keystore" "$jvm/lib/second"
	refused "keytool -delete -keystore '$keystore'"
}

# An entry that keytool cannot be told of: its name is no ASCII.
odd_alias() {
	fill -storetype pkcs12
	keytool -changealias -keystore "$keystore" -storepass changeit -alias 'isp root' -destalias корень
	refused "does not exist"
}

changed_since() {
	fill -storetype pkcs12
	quarantine 0
	import A again
	sha256sum "$keystore" >"$T/sum"
	undo 4
	json '(.conflicts | length) == 1'
	sha256sum -c "$T/sum"
}

in_clear=(-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE -J-Dkeystore.pkcs12.macAlgorithm=NONE)

# More than a bag of GnuTLS's holds, A among the last.
many() { # N OPTION...
	local n=$1 i

	make_jvm
	for ((i = 1; i < n; i++)); do
		printf '%s\n' "-----BEGIN CERTIFICATE-----"
		openssl req -x509 -key "$T/B.key" -subj "/CN=Rootsweep Test Filling $i" -days 3650 \
			-outform DER | base64
		printf '%s\n' "-----END CERTIFICATE-----"
	done >"$T/filling.pem"
	# keytool takes one at a time, and a second for each: a trust store of
	# another tool's is imported at once.
	cat "$T/A.pem" >>"$T/filling.pem"
	trust_store_of "$T/filling.pem" "$T/filling.jks"
	keytool -importkeystore -noprompt -srckeystore "$T/filling.jks" -srcstorepass changeit \
		-destkeystore "$keystore" -deststorepass changeit -deststoretype pkcs12 "${@:2}" \
		>"$T/keytool.log" 2>&1
	same "$(java_list | wc -l)" "$n" "what keytool lists"
	scan 2
	found "java:system:$keystore" "$keystore"
	json 'any(.stores[]; .id == $store and .anchors == $n and .state == "findings")' \
		--arg store "java:system:$keystore" --argjson n "$n"
}

# A JKS of the certificates in a file, by p11-kit.
trust_store_of() { # FROM TO
	local paths=$T/anchors

	rm -rf "$paths" "$2"
	mkdir -p "$paths"
	cp "$1" "$paths/all.pem"
	cp -a /usr/share/p11-kit/modules/p11-kit-trust.module "$T/kept.module"
	sed -i '/^x-init-reserved/d' /usr/share/p11-kit/modules/p11-kit-trust.module
	echo "x-init-reserved: paths='$paths/all.pem'" >>/usr/share/p11-kit/modules/p11-kit-trust.module
	trust extract --format=java-cacerts --filter=ca-anchors "$2"
	cp -a "$T/kept.module" /usr/share/p11-kit/modules/p11-kit-trust.module
}

closed() {
	make_jvm
	keytool -importcert -noprompt -keystore "$keystore" -storepass another -storetype pkcs12 \
		-file "$T/A.pem" -alias isp
	scan 4
	json 'any(.stores[]; .id == $store and .state == "unsupported"
		and (.reason | contains("password")))' --arg store "java:system:$keystore"
	json '.complete | not'
}

cut_short() {
	local size

	fill -storetype pkcs12
	size=$(stat -c %s "$keystore")
	truncate -s $((size - 1)) "$keystore"
	scan 4
	json 'any(.stores[]; .id == $store and .state == "error"
		and (.reason | contains("damaged")))' --arg store "java:system:$keystore"
}

# The other file of a JVM's, and one that is the system's by a link.
links() {
	fill -storetype jks
	mv "$keystore" "$jvm/lib/security/jssecacerts"
	mkdir -p /opt/jdk-8/jre/lib/security
	ln -s /etc/ssl/certs/java/cacerts /opt/jdk-8/jre/lib/security/cacerts
	ln -s jdk-25 /opt/jdk
	scan 2
	found "java:system:$jvm/lib/security/jssecacerts"
	json '[.stores[] | select(.kind == "java") | .path] | sort == [$a, $b]' \
		--arg a /etc/ssl/certs/java/cacerts --arg b "$jvm/lib/security/jssecacerts"
	rm -r /opt/jdk-8 /opt/jdk
}

# A user's own JVM and keystore, read as that user and only reported.
users() {
	local jdk=/home/alice/.jdks/own/lib/security/cacerts

	fill -storetype pkcs12
	cp "$keystore" "$T/own.p12"
	fill -storetype jks
	install -D "$T/own.p12" "$jdk"
	install -o alice -g alice "$keystore" /home/alice/.keystore
	chown -R alice: /home/alice
	rm "$keystore"
	scan 2 --user alice
	found "java:alice:$jdk" "$jdk"
	found "java:alice:/home/alice/.keystore"
	rs_run alice 2 scan --policy "$T/policy.xml" --format json
	found "java:alice:$jdk" "$jdk"
	quarantine 4 --user alice
	json '(.changed | not) and all(.findings[]; .result == "refused")'
	# Another's file in between.
	rm /home/alice/.keystore
	ln -s /root/secret /home/alice/.keystore
	scan 6 --user alice
	json 'any(.stores[]; .path == "/home/alice/.keystore" and .state == "skipped")'
}

{ make_world && make_users alice && debian_store with-java; } || fatal "no world"
save_store || fatal "no store"

check trip/jks trip_java -storetype jks
check trip/pkcs12 trip_java -storetype pkcs12
check trip/pkcs12-legacy trip_java -storetype pkcs12 -J-Dkeystore.pkcs12.legacy
check trip/pkcs12-clear trip_java -storetype pkcs12 "${in_clear[@]}"
check everywhere everywhere
check refused/no-keytool no_keytool
check refused/own-keytool own_keytool
check refused/strangers-folder strangers_folder
check refused/odd-alias odd_alias
check changed-since changed_since
check many/33 many 33
check many/150 many 150
check many/150-legacy many 150 -J-Dkeystore.pkcs12.legacy
check many/150-clear many 150 "${in_clear[@]}"
check closed closed
check cut-short cut_short
check links links
check users users

finish
