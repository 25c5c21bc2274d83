# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# The rounds: which ways are tried at the same time, and with which roots. No
# client is asked about two ways in one round, but in the last two, where it is
# asked about all of them together.

all_rounds="one two three four together unknown"
all_ways="${os_ways[*]} ${browser_ways[*]}"
all_clients="${os_clients[*]} ${browser_clients[*]}"

round_one() {
	ways="os_pem chromium_nss chromium_servercert firefox_cert9_new firefox_cert9_old" certs="A A2" root=A together=
}

round_two() {
	ways="os_der chromium_policy firefox_orphan" certs="A A2" root=A together=
}

round_three() {
	ways="os_x509 firefox_policy" certs="A A2" root=A together=
}

round_four() {
	ways="stray java_own" certs="A A2" root=A together=
}

round_together() {
	ways=$all_ways certs="A A2" root=A together=all
}

round_unknown() {
	ways=$all_ways certs=U root=U together=unknown unknown_stores=4
}

# What a person reads for the names of clients and ways.
declare -A names=(
	[curl]="curl" [curl_gnutls]="libcurl-gnutls (pycurl)" [gnutls_cli]="gnutls-cli"
	[openssl_file]="openssl s_client, by file" [openssl_path]="openssl s_client, by folder"
	[python]="Python ssl" [requests]="Python requests" [node_system]="Node"
	[node_extra]="Node, NODE_EXTRA_CA_CERTS" [go]="Go crypto/x509" [perl]="Perl LWP" [php]="PHP"
	[ruby]="Ruby" [java]="Java" [java_own]="Java with its own keystore"
	[chromium]="Chromium" [firefox]="Firefox ESR" [webkitgtk]="WebKitGTK" [qtwebengine]="QtWebEngine"
	[os_pem]="PEM file" [os_der]="DER file before it" [os_x509]="X509 block" [stray]="hashed folder"
	[chromium_nss]="NSS database"
	[chromium_servercert]="ServerCertificate" [chromium_policy]="managed policy"
	[firefox_cert9_new]="cert9.db, CKO_TRUST" [firefox_cert9_old]="cert9.db, CKO_NSS_TRUST"
	[firefox_orphan]="trust without its certificate" [firefox_policy]="policies.json"
	[all]="all together" [unknown]="all together, no entry knows it"
)
