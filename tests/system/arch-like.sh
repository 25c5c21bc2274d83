#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# Arch's places, with p11-kit's own extract behind a small
# update-ca-trust.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"
. "$(dirname "$0")/lib-p11-layout.sh"

enter 600

layout=arch
admin=/etc/ca-certificates/trust-source
vendor=/usr/share/ca-certificates/trust-source
distribution=$vendor/mozilla.trust.p11-kit
made=/etc/ca-certificates/extracted
bundle=$made/tls-ca-bundle.pem
links=$made/cadir
updater=/usr/bin/update-ca-trust

write_updater() {
	cat <<-'END'
		#!/bin/sh
		set -e
		to=/etc/ca-certificates/extracted
		mkdir -p $to /etc/ssl/certs/java
		bundle() { trust extract --overwrite --comment --format=pem-bundle --filter=ca-anchors --purpose "$1" "$2"; }
		trust extract --overwrite --comment --format=openssl-bundle --filter=certificates $to/ca-bundle.trust.crt
		bundle server-auth $to/tls-ca-bundle.pem
		bundle email $to/email-ca-bundle.pem
		bundle code-signing $to/objsign-ca-bundle.pem
		trust extract --overwrite --format=java-cacerts --filter=ca-anchors --purpose server-auth /etc/ssl/certs/java/cacerts
		trust extract --overwrite --format=pem-directory-hash --filter=ca-anchors --purpose server-auth $to/cadir
		for file in $to/cadir/*; do
			ln -sfr -T "$file" "/etc/ssl/certs/${file##*/}"
		done
		find -L /etc/ssl/certs -maxdepth 1 -type l -delete
		ln -sfr -T $to/tls-ca-bundle.pem /etc/ssl/certs/ca-certificates.crt
		ln -sfr -T $to/tls-ca-bundle.pem /etc/ssl/cert.pem
	END
}

p11_begin
p11_places
finish
