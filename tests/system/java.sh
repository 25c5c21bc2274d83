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

reported() {
	local before

	fill "$@"
	before=$(stat -c '%Y %Z' "$keystore"; sha256sum "$keystore")
	scan 2
	in_keystore "isp root"
	quarantine 4
	json '.changed | not'
	json 'any(.findings[]; .result == "refused" and (.reason | contains($command)))' \
		--arg command "keytool -delete -keystore '$keystore' -alias 'isp root' takes it out"
	same "$(stat -c '%Y %Z' "$keystore"; sha256sum "$keystore")" "$before" "the keystore"
	# What is recommended works.
	keytool -delete -keystore "$keystore" -alias 'isp root' -storepass changeit
	verdict A refuses java
	verdict B accepts java
	scan 0
	json '.findings == [] and any(.stores[]; .id == $store and .anchors == 1)' \
		--arg store "java:system:$keystore"
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

check reported/jks reported -storetype jks
check reported/pkcs12 reported -storetype pkcs12
check reported/pkcs12-legacy reported -storetype pkcs12 -J-Dkeystore.pkcs12.legacy
check reported/pkcs12-clear reported -storetype pkcs12 "${in_clear[@]}"
check many/33 many 33
check many/150 many 150
check many/150-legacy many 150 -J-Dkeystore.pkcs12.legacy
check many/150-clear many 150 "${in_clear[@]}"
check closed closed
check cut-short cut_short
check links links
check users users

finish
