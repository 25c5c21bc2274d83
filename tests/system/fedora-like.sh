#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# Fedora's and RHEL's places, with p11-kit's own extract behind a small
# update-ca-trust.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"
. "$(dirname "$0")/lib-p11-layout.sh"

enter 600
require keytool

layout=fedora
admin=/etc/pki/ca-trust/source
vendor=/usr/share/pki/ca-trust-source
distribution=$vendor/ca-bundle.trust.p11-kit
made=/etc/pki/ca-trust/extracted
bundle=$made/pem/tls-ca-bundle.pem
links=$made/pem/directory-hash
updater=/usr/bin/update-ca-trust

write_updater() {
	cat <<-'END'
		#!/bin/sh
		set -e
		export P11_KIT_NO_USER_CONFIG=1
		to=/etc/pki/ca-trust/extracted
		mkdir -p $to/pem $to/openssl $to/java
		bundle() { trust extract --overwrite --comment --format=pem-bundle --filter=ca-anchors --purpose "$1" "$2"; }
		trust extract --overwrite --comment --format=openssl-bundle --filter=certificates $to/openssl/ca-bundle.trust.crt
		bundle server-auth $to/pem/tls-ca-bundle.pem
		bundle email $to/pem/email-ca-bundle.pem
		bundle code-signing $to/pem/objsign-ca-bundle.pem
		trust extract --overwrite --format=java-cacerts --filter=ca-anchors --purpose server-auth $to/java/cacerts
		trust extract --overwrite --format=pem-directory-hash --filter=ca-anchors --purpose server-auth $to/pem/directory-hash
		ln -s ../tls-ca-bundle.pem $to/pem/directory-hash/ca-bundle.crt
		mkdir -p /etc/pki/tls/certs /etc/ssl
		find /etc/pki/tls/certs -type l -lname "$to/*" -delete
		ln -s $to/pem/tls-ca-bundle.pem $to/openssl/ca-bundle.trust.crt /etc/pki/tls/certs
		mv /etc/pki/tls/certs/tls-ca-bundle.pem /etc/pki/tls/certs/ca-bundle.crt
		for link in $to/pem/directory-hash/*.[0-9]; do
			ln -s "$(readlink -f "$link")" "/etc/pki/tls/certs/${link##*/}"
		done
		[ -e /etc/pki/tls/cert.pem ] || ln -s certs/ca-bundle.crt /etc/pki/tls/cert.pem
		[ -e /etc/ssl/certs ] || ln -s /etc/pki/tls/certs /etc/ssl/certs
	END
}

# --- a folder of links that somebody made by hand ----------------------------

# Two with the same hash, both by hand; the one that stays must be found.
by_hand=/etc/pki/tls/certs
force_collision() { :; }
also_collision() {
	local hash

	hash=$(openssl x509 -in "$T/A.pem" -noout -hash)
	cp "$T/A.pem" "$by_hand/isp.pem"
	cp "$T/A2.pem" "$by_hand/honest.pem"
	ln -s isp.pem "$by_hand/$hash.0"
	ln -s honest.pem "$by_hand/$hash.1"
	found_by_hand
	same "$(ask_openssl A -CApath "$by_hand")" accepts
}
found_by_hand() { same "$(ask_openssl A2 -CApath "$by_hand")" accepts; }
rest_collision() {
	found_by_hand
	same "$(ask_openssl A -CApath "$by_hand")" refuses
	[ ! -e "$by_hand/isp.pem" ]
}
back_collision() {
	found_by_hand
	same "$(ask_openssl A -CApath "$by_hand")" accepts
}

# --- the package's name ------------------------------------------------------

package_named() {
	reset_store
	force_package
	force_anchors
	refresh
	mkdir -p /usr/lib/sysimage/rpm
	# Says who asks: nobody, and for one file at a time.
	cat >/usr/bin/rpm <<-END
		#!/bin/sh
		case "\$*" in
		"-qf --qf %{NAME}\\\\n -- $vendor/anchors/isp.pem") echo "isp-root-\$(id -u)" ;;
		*) echo "file is not owned by any package"; exit 1 ;;
		esac
	END
	chmod 0755 /usr/bin/rpm
	scan 2
	json '[.findings[].origins[] | select(.package != null) | "\(.path) \(.package)"] | unique ==
		["\($vendor)/anchors/isp.pem isp-root-65534"]' --arg vendor "$vendor"
	# What is no name, and what is not root's.
	printf '#!/bin/sh\nprintf "\\033[31mname of\\n"\n' >/usr/bin/rpm
	scan 2
	json 'all(.findings[].origins[]; .package == null)'
	printf '#!/bin/sh\necho name\n' >/usr/bin/rpm
	scan 2
	json 'any(.findings[].origins[]; .package == "name")'
	chown alice /usr/bin/rpm
	scan 2
	json 'all(.findings[].origins[]; .package == null)'
	rm -r /usr/bin/rpm /usr/lib/sysimage/rpm
}

# --- other paths than the usual ----------------------------------------------

configured() {
	reset_store
	rm -rf /etc/other-trust
	cp -a "$admin" /etc/other-trust
	configure_module "/etc/other-trust:$vendor"
	cp "$T/A.pem" /etc/other-trust/anchors/isp.pem
	# What the module does not read is no origin.
	cp "$T/A.pem" "$admin/anchors/unread.pem"
	refresh
	scan 2
	found "p11-kit:system:/etc/other-trust" /etc/other-trust/anchors/isp.pem
	json 'all(.findings[].origins[]; .path | contains("unread") | not)'
	quarantine 0
	verdict A refuses openssl-file openssl-path trust certtool
	verdict B accepts openssl-file openssl-path trust certtool
	undo 0
	cmp "$T/A.pem" /etc/other-trust/anchors/isp.pem
	verdict A accepts openssl-file openssl-path trust certtool
	configure_module "$admin:$vendor"
	rm -r /etc/other-trust
}

# A path may be one file: it is an origin, whatever else it looks like.
configured_file() {
	reset_store
	(cd "$T" && cat B.pem A.pem) >/etc/trust-bundle.pem
	configure_module "/etc/trust-bundle.pem:$vendor"
	refresh
	scan 2
	found "p11-kit:system:/etc/trust-bundle.pem" /etc/trust-bundle.pem
	quarantine 0
	cmp "$T/B.pem" /etc/trust-bundle.pem
	verdict A refuses openssl-file openssl-path trust certtool
	verdict B accepts openssl-file openssl-path trust certtool
	undo 0
	(cd "$T" && cat B.pem A.pem) | cmp - /etc/trust-bundle.pem
	verdict A accepts openssl-file openssl-path trust certtool
	# No folder in which a package's could be denied.
	force_package
	rm /etc/trust-bundle.pem
	refresh
	quarantine 4
	has "$T/out" "p11-kit reads no folder here"
	json '.changed | not'
	configure_module "$admin:$vendor"
}

# No layout that is known, but a module with paths of its own.
own_places() {
	reset_store
	rm -rf /etc/trust
	cp -a "$admin" /etc/trust
	rm -rf "${admin:?}" "${made:?}" /etc/ssl /etc/pki/tls
	mkdir -p /etc/ssl/certs
	configure_module "/etc/trust:$vendor"
	cp "$T/A.pem" /etc/trust/anchors/isp.pem
	cp "$T/A.pem" "$vendor/anchors/isp.pem"
	bundle=/etc/ssl/certs/ca-certificates.crt
	trust extract --format=pem-bundle --filter=ca-anchors --purpose server-auth "$bundle"
	chmod u+w "$bundle"
}

generic_pending() {
	own_places
	scan 2
	json '.layout == "p11-kit"'
	found "p11-kit:system:/etc/trust" /etc/trust/anchors/isp.pem
	found "openssl-dir:system:$bundle" "$bundle"
	quarantine 4
	has "$T/out" "no other tool is known here"
	json '.changed and .still_trusted == [] and any(.steps[]; .kind == "refresh" and .state == "pending")'
	verdict A refuses openssl-file trust certtool
	verdict B accepts openssl-file trust certtool
	undo 4
	cmp "$T/A.pem" /etc/trust/anchors/isp.pem
	[ -z "$(ls /etc/trust/blocklist)" ]
	verdict A accepts openssl-file trust certtool
	rm -rf /var/lib/rootsweep
}

generic_compat() {
	own_places
	mkdir -p /usr/libexec/p11-kit
	cat >/usr/libexec/p11-kit/trust-extract-compat <<-END
		#!/bin/sh
		exec trust extract --overwrite --format=pem-bundle --filter=ca-anchors --purpose server-auth "$bundle"
	END
	chmod 0755 /usr/libexec/p11-kit/trust-extract-compat
	quarantine 0
	verdict A refuses openssl-file trust certtool
	verdict B accepts openssl-file trust certtool
	undo 0
	verdict A accepts openssl-file trust certtool
}

# Java's list is extracted with the others; what somebody put there goes with
# the next extract, and is only said.
keystore_follows() {
	reset_store
	force_anchors
	refresh
	keystore=$made/java/cacerts
	verdict A accepts java
	scan 2
	found "java:system:$keystore" "$keystore"
	json 'all(.findings[] | select(.store | startswith("java:")) | .origins[]; .derived)'
	quarantine 0
	json '.still_trusted == [] and .lost == [] and all(.steps[]; .path != $keystore)' \
		--arg keystore "$keystore"
	verdict A refuses java
	verdict B accepts java
	undo 0
	verdict A accepts java
	reset_store
	refresh
	chmod u+w "$keystore"
	keytool -importcert -noprompt -keystore "$keystore" -storepass changeit -file "$T/A.pem" -alias isp
	scan 2
	found "java:system:$keystore" "$keystore"
	quarantine 4
	json '(.changed | not) and any(.findings[]; .reason | contains("update-ca-trust"))'
	refresh
	scan 0
	json '.findings == []'
}

p11_begin
make_root A2 "Rootsweep Test Root A" || fatal "no root"
p11_places
clients_of_a='' clients_rid_of_a="openssl-file openssl-path certtool"
check place/collision trip collision 2 0 0 0
clients_of_a="openssl-file openssl-path trust certtool" clients_rid_of_a=$clients_of_a
p11_troubles
check keystore-follows keystore_follows
check package-named package_named
check configured/folder configured
check configured/file configured_file
check generic/pending generic_pending
check generic/compat generic_compat
finish
