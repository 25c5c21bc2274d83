#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# openSUSE's places, with p11-kit's own extract behind a small update-ca-certificates
# that runs hooks, as its own does.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"
. "$(dirname "$0")/lib-p11-layout.sh"

enter 600

layout=suse
admin=/etc/pki/trust
vendor=/usr/share/pki/trust
distribution=$vendor/ca-certificates-mozilla.trust.p11-kit
made=/var/lib/ca-certificates
bundle=$made/ca-bundle.pem
links=$made/pem
updater=/usr/sbin/update-ca-certificates

write_updater() {
	cat <<-'END'
		#!/bin/sh
		set -e
		to=/var/lib/ca-certificates
		mkdir -p $to /etc/ssl
		trust extract --overwrite --format=openssl-directory --filter=certificates $to/openssl
		trust extract --overwrite --format=pem-directory-hash --filter=ca-anchors --purpose server-auth $to/pem
		trust extract --overwrite --format=java-cacerts --filter=ca-anchors --purpose server-auth $to/java-cacerts
		[ -L /etc/ssl/certs ] || ln -sT ../../var/lib/ca-certificates/pem /etc/ssl/certs
		[ -e /etc/ssl/ca-bundle.pem ] || ln -s ../../var/lib/ca-certificates/ca-bundle.pem /etc/ssl/ca-bundle.pem
		# As its hook does it: the bundle only where the folder is newer.
		[ "$1" != --fresh ] && [ $to/ca-bundle.pem -nt $to/pem ] && exit 0
		trust extract --overwrite --format=pem-bundle --filter=ca-anchors --purpose server-auth $to/ca-bundle.tmp
		{
			echo "# made by a tool: do not edit"
			cat $to/ca-bundle.tmp
		} >$to/ca-bundle.new
		rm -f $to/ca-bundle.tmp
		mv -f $to/ca-bundle.new $to/ca-bundle.pem
	END
}

p11_begin
p11_places
finish
