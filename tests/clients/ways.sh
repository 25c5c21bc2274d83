# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
#
# Ways to install roots that reach the clients of the system's store.
# way_NAME_install CERT... puts those in; reach_NAME names the clients that
# must then accept (the others may, and are asked all the same); place_NAME
# lists what it writes to.

os_ways=(os_pem os_der os_x509 stray java_own)
own_jvm=/opt/jdk-own

# One file for each root, as installers do it.
way_os_pem_install() {
	local name

	for name; do
		install -m 0644 "$T/$name.pem" "$local_store/isp-${name,,}.crt"
	done
}

reach_os_pem() {
	echo "curl curl_gnutls wget gnutls_cli openssl_file openssl_path python requests git
		node_system node_extra go perl php ruby java webkitgtk"
}

# A DER file, which hides from p11-kit what comes after it, and the roots.
way_os_der_install() {
	local name

	install -m 0644 "$T/${!#}.der" "$local_store/aa-raw.crt"
	for name; do
		install -m 0644 "$T/$name.pem" "$local_store/ab-${name,,}.crt"
	done
}

reach_os_der() {
	reach_os_pem
}

# The older name of a PEM block, which p11-kit and Go do not know. GnuTLS reads
# such blocks after all others.
way_os_x509_install() {
	local name

	for name; do
		sed 's/ CERTIFICATE/ X509 CERTIFICATE/' "$T/$name.pem" >"$local_store/zz-${name,,}.crt"
	done
}

reach_os_x509() {
	echo "curl curl_gnutls wget gnutls_cli openssl_file openssl_path python requests git
		node_system node_extra perl php ruby java webkitgtk"
}

# Past the updater, into the folder that OpenSSL finds by hash.
way_stray_install() {
	local name

	for name; do
		install -m 0644 "$T/$name.pem" "$links/stray-$name.pem"
	done
	openssl rehash "$links" 2>"$T/rehash.log"
}

reach_stray() {
	echo "curl curl_gnutls openssl_path python git go php ruby"
}

place_os_pem() {
	echo "$local_store" "$links"
}

place_os_der() {
	place_os_pem
}

place_os_x509() {
	place_os_pem
}

place_stray() {
	echo "$links"
}

# A JVM as a vendor's archive unpacks it: no package's, with a list of its own.
# It finds its home by where these three files really are.
make_own_jvm() {
	local home file

	home=$(dirname "$(dirname "$(realpath "$(command -v java)")")")
	rm -rf "$own_jvm"
	cp -as "$home" "$own_jvm" 2>"$T/cp.log"
	for file in bin/java lib/libjli.so lib/server/libjvm.so; do
		cp --remove-destination "$home/$file" "$own_jvm/$file" || return
	done
	rm "$own_jvm/lib/security/cacerts" && install -m 0644 "$keystore" "$own_jvm/lib/security/cacerts"
}

way_java_own_install() {
	local name

	for name; do
		keytool -importcert -noprompt -alias "isp ${name,,}" -file "$T/$name.pem" -storepass changeit \
			-keystore "$own_jvm/lib/security/cacerts" >"$T/keytool.log" 2>&1 || return
	done
}

reach_java_own() {
	echo java_own
}

place_java_own() {
	echo "$own_jvm/lib/security/cacerts"
}

# asks_NAME: who is asked about that way, "CLIENT USER" a line.
asks_os_pem() {
	printf '%s alice\n' "${os_clients[@]}" webkitgtk
}

asks_os_der() {
	asks_os_pem
}

asks_os_x509() {
	asks_os_pem
}

asks_stray() {
	asks_os_pem
}

asks_java_own() {
	echo java_own alice
}
