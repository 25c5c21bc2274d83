# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034,SC2317
#
# Layouts in which p11-kit reads the origins: a test sets the places below and
# write_updater, then calls p11_begin and p11_places. p11-kit's own trust extracts the copies.
# Redefines what lib-roundtrip.sh has for Debian.
#
#   layout	its name in the program's output
#   admin vendor	the two sources
#   distribution	the file of the distribution's own roots
#   made	where all is extracted; bundle and links: in it, for TLS programs
#   updater	the tool that extracts

module=/etc/pkcs11/modules/p11-kit-trust.module

# Debian's own store out of the way, or two layouts were there at once.
leave_debian() {
	guard
	mkdir -p "$T/debian"
	(cd "$package_store" && find . -name '*.crt' | sort | sed 20q | xargs -d '\n' cat) >"$T/roots.pem"
	mv /etc/ca-certificates.conf /usr/sbin/update-ca-certificates "$T/debian"
	rm -rf /etc/ca-certificates /usr/share/ca-certificates "$local_store" /etc/ssl/certs
	rm -rf /usr/lib/ssl/certs /usr/lib/ssl/cert.pem
}

# object FLAG NAME: as p11-kit keeps a certificate with what is said of it.
object() {
	printf '[p11-kit-object-v1]\nlabel: "Rootsweep Test Root %s"\n%s: true\n' "$2" "$1"
	cat "$T/$2.pem"
	echo
}

# As the distributions have it: an object for each root, and some distrusted.
write_distribution() {
	awk '/^-----BEGIN/ { print "[p11-kit-object-v1]\ntrusted: true\nmodifiable: false" } { print }' \
		"$T/roots.pem" >"$distribution"
	object x-distrusted E >>"$distribution"
}

configure_module() { # PATHS
	mkdir -p "${module%/*}"
	{
		grep -v '^x-init-reserved' /usr/share/p11-kit/modules/p11-kit-trust.module
		echo "x-init-reserved: paths='$1'"
	} >"$module"
}

p11_world() {
	guard
	leave_debian
	rm -rf "${admin:?}" "${vendor:?}" "${made:?}"
	mkdir -p "$admin/anchors" "$admin/blocklist" "$vendor/anchors" "$vendor/blocklist" "$made"
	write_distribution
	cp "$T/B.pem" "$admin/anchors/bystander-b.pem"
	write_updater >"$updater"
	chmod 0755 "$updater"
	configure_module "$admin:$vendor"
	refresh
	mkdir -p "$T/base/etc-ssl"
	cp -a "$admin" "$T/base/admin"
	cp -a "$vendor" "$T/base/vendor"
	cp -a "$made" "$T/base/made"
	cp -a "$updater" "$T/base/updater"
	[ ! -e /etc/ssl ] || cp -a /etc/ssl/. "$T/base/etc-ssl"
	[ ! -e /etc/pki/tls ] || cp -a /etc/pki/tls "$T/base/tls"
}

reset_store() {
	guard
	rm -rf "${admin:?}" "${vendor:?}" "${made:?}" /etc/ssl /etc/pki/tls /var/lib/rootsweep /opt/isp
	cp -a "$T/base/admin" "$admin"
	cp -a "$T/base/vendor" "$vendor"
	cp -a "$T/base/made" "$made"
	cp -a "$T/base/updater" "$updater"
	cp -a "$T/base/etc-ssl" /etc/ssl
	[ ! -e "$T/base/tls" ] || cp -a "$T/base/tls" /etc/pki/tls
}

refresh() {
	guard
	"$updater" --fresh >"$T/refresh.log" 2>&1 || {
		cat "$T/refresh.log"
		return 1
	}
}

origins() {
	find "$admin" "$vendor" ! -type d -printf '%p %y %m %U:%G %s %T@ %l\n' | sort
	find "$admin" "$vendor" -type d -printf '%p %m %U:%G\n' | sort
	find "$admin" "$vendor" -type f -print0 | sort -z | xargs -0 sha256sum
	find "$admin" "$vendor" -exec getfattr -h -dm - {} + 2>&1
}

derived() {
	local places=("$made" /etc/ssl)

	[ ! -e /etc/pki/tls ] || places+=(/etc/pki/tls)
	find "${places[@]}" ! -name '*cacerts*' -printf '%p %y %m %U:%G %l\n' | sort
	find "${places[@]}" -type f ! -name '*cacerts*' -print0 | sort -z | xargs -0 sha256sum
	# A keystore holds the day on which it was made.
	find "${places[@]}" -type f -name '*cacerts' -print | sort | while read -r keystore; do
		java_list
	done
}

# --- ways in -----------------------------------------------------------------

# As an internet provider tells its customers.
force_anchors() {
	cp "$T/A.pem" "$admin/anchors/isp-root.pem"
	chmod 0600 "$admin/anchors/isp-root.pem"
	chown root:daemon "$admin/anchors/isp-root.pem"
	setfattr -n security.selinux -v system_u:object_r:cert_t:s0 "$admin/anchors/isp-root.pem"
	touch -d '2001-02-03 04:05:06.789012345' "$admin/anchors/isp-root.pem"
}
rest_anchors() { [ ! -e "$admin/anchors/isp-root.pem" ]; }

force_der() { cp "$T/A.der" "$admin/anchors/isp (root).cer"; }

force_several() { (cd "$T" && cat C.pem A.pem D.pem) >"$admin/anchors/isp.crt"; }
rest_several() { (cd "$T" && cat C.pem D.pem) | same_file - "$admin/anchors/isp.crt"; }

force_hidden() { cp "$T/A.pem" "$admin/anchors/.isp"; }

force_link() {
	mkdir -p /opt/isp
	cp "$T/A.pem" /opt/isp/root.pem
	ln -s /opt/isp/root.pem "$admin/anchors/isp.pem"
}
rest_link() { [ ! -L "$admin/anchors/isp.pem" ] && [ -e /opt/isp/root.pem ]; }

# As "trust anchor --store" writes it.
force_object() { object trusted A >"$admin/Rootsweep_Test_Root_A.p11-kit"; }
rest_object() { [ ! -e "$admin/Rootsweep_Test_Root_A.p11-kit" ]; }

force_objects() { { object trusted C; object trusted A; object trusted D; } >"$admin/isp.p11-kit"; }
rest_objects() { { object trusted C; object trusted D; } | diff -B - "$admin/isp.p11-kit"; }

force_trusted() {
	openssl x509 -in "$T/A.pem" -trustout -addtrust serverAuth -out "$admin/isp.trusted"
	has "$admin/isp.trusted" "BEGIN TRUSTED CERTIFICATE"
}

# As a vendor's package brings it: not to be edited, but to be denied.
force_package() { cp "$T/A.pem" "$vendor/anchors/isp.pem"; }
denied() {
	local file

	file=$admin/blocklist/rootsweep-$(sha256 A).pem
	openssl x509 -in "$file" -outform DER | cmp - "$T/A.der"
	same "$(stat -c '%a %U:%G' "$file")" "644 root:root"
	same "$(find "$admin/blocklist" "$vendor/blocklist" -type f | wc -l)" 1
	# Upgrades bring the package's file again.
	touch "$vendor"/anchors/*
	refresh
	# shellcheck disable=SC2086 # several words
	verdict A refuses $clients_rid_of_a
}
rest_package() { [ -e "$vendor/anchors/isp.pem" ] && denied && cp -a "$T/kept/." "$vendor"; }
also_package() { keep_vendor; }
keep_vendor() { rm -rf "$T/kept" && cp -a "$vendor" "$T/kept"; }

force_package_objects() { { object trusted C; object trusted A; } >"$vendor/isp.p11-kit"; }
also_package_objects() { keep_vendor; }
rest_package_objects() {
	{ object trusted C; object trusted A; } | cmp - "$vendor/isp.p11-kit"
	verdict C accepts openssl-file trust certtool
}

force_package_and_local() {
	force_package
	force_several
}
also_package_and_local() { keep_vendor; }

# Put into the copies by hand.
force_bundle() { :; }
also_bundle() { cat "$T/A.pem" >>"$bundle"; }

force_directory() { :; }
also_directory() {
	cp "$T/A.pem" "$links/isp.pem"
	ln -s isp.pem "$links/$(openssl x509 -in "$T/A.pem" -noout -hash).0"
}

# --- what is no finding --------------------------------------------------------

denied_already() {
	reset_store
	force_package
	cp "$T/A.pem" "$admin/blocklist/mine.pem"
	refresh
	verdict A refuses openssl-file openssl-path trust certtool
	scan 0
	json '.findings == [] and .disagreements == []'
	quarantine 0
	json '.changed | not'
}

only_said() {
	reset_store
	# Beside the folders a certificate is no anchor unless it says so.
	cp "$T/A.pem" "$admin/plain.pem"
	object x-distrusted A >"$admin/denied.p11-kit"
	object x-distrusted A >"$admin/anchors/denied.p11-kit"
	openssl x509 -in "$T/A.pem" -trustout -addreject serverAuth -out "$admin/rejected.trusted"
	mkdir "$admin/anchors/below"
	cp "$T/A.pem" "$admin/anchors/below/a.pem"
	refresh
	scan 0
	json '.findings == [] and .disagreements == [] and .layout == $layout' --arg layout "$layout"
}

# --- what is found, and by whom ------------------------------------------------

seen() {
	reset_store
	force_several
	force_package
	refresh
	scan 2
	json '.layout == $layout' --arg layout "$layout"
	found "p11-kit:system:$admin" "$admin/anchors/isp.crt"
	found "p11-kit:system:$admin" "$vendor/anchors/isp.pem"
	found "openssl-dir:system:$bundle" "$bundle"
	found "openssl-dir:system:$(realpath "$links")"
	json 'all(.stores[] | select(.kind == "p11-kit"); .path == $admin)' --arg admin "$admin"
	# B, C and D are private; the distribution's are known.
	json '[.unknown[] | .sha256] | unique | length == 3'
	json 'all(.findings[] | select(.store | startswith("p11-kit")); .witnesses | index("p11-kit"))'
	rs 2 scan --policy "$T/policy.xml" -v
	has "$T/out" "$layout"
}

# --- what goes wrong -------------------------------------------------------------

begin() {
	reset_store
	force_anchors
	refresh
	snapshot before
	bundle_certificates >"$T/before.bundle"
}

stand_in() {
	guard
	{
		echo '#!/bin/sh'
		cat
	} >"$updater"
}

went_wrong() {
	json '(.complete | not) and (.record | type == "string")'
	json 'any(.steps[]; .kind == "refresh" and (.state == "failed" or .state == "pending")
		and (.reason | type == "string" and length > 5))'
	verdict B accepts openssl-file trust certtool
	comm -23 <(grep -vxF "$(base64 -w0 "$T/A.der")" "$T/before.bundle") <(bundle_certificates) >"$T/missing"
	same "$(cat "$T/missing")" "" "roots that were lost"
	cp -a "$T/base/updater" "$updater"
	undo '0|4'
	restored before
	verdict A accepts openssl-file openssl-path trust certtool
}

updater_fails() { begin; stand_in <<<'echo "cannot" >&2; exit 3'; quarantine 4; has "$T/out" "status 3: cannot"; went_wrong; }
updater_dies() { begin; stand_in <<<'kill -KILL $$'; quarantine 4; went_wrong; }
updater_missing() { begin; rm "$updater"; quarantine 4; has "$T/out" "is not there"; went_wrong; }
updater_babbles() {
	begin
	stand_in <<<'head -c 3000000 /dev/urandom; head -c 3000000 /dev/urandom >&2; exit 9'
	quarantine 4
	went_wrong
}
updater_empties() { begin; stand_in <<<": >$bundle"; quarantine 4; has "$T/out" "$bundle lacked"; went_wrong; }
updater_loses() {
	begin
	stand_in <<-END
		$T/base/updater
		chmod u+w $bundle
		cat $T/A.pem $T/C.pem >$bundle
	END
	quarantine 4
	went_wrong
}

# Somebody else wrote into our file meanwhile: it is theirs now.
denial_changed() {
	local file
	reset_store
	force_package
	refresh
	quarantine 0
	file=$admin/blocklist/rootsweep-$(sha256 A).pem
	cat "$T/C.pem" >>"$file"
	undo 4
	json '(.conflicts | length) == 1'
	has "$file" "$(sed -n 3p "$T/C.pem")"
	rm "$file"
	undo 0
	json '.conflicts == []'
	verdict A accepts openssl-file openssl-path trust certtool
}

no_blocklist() {
	reset_store
	rmdir "$admin/blocklist"
	force_package
	refresh
	snapshot before
	quarantine 4
	json '(.changed | not) and all(.findings[]; .result != "quarantined")'
	has "$T/out" "$admin/blocklist"
	restored before
}

odd_files() {
	reset_store
	force_anchors
	ln -s nowhere "$admin/anchors/dangling.pem"
	ln -s cycle.pem "$admin/anchors/cycle.pem"
	mkdir "$admin/anchors/dir.pem"
	: >"$admin/anchors/empty.pem"
	head -c 5000 /dev/urandom >"$admin/anchors/noise.pem"
	printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' >"$admin/anchors/broken.pem"
	refresh
	scan 2
	found "p11-kit:system:$admin" "$admin/anchors/isp-root.pem"
	json 'any(.notices[]; contains($file))' --arg file "$admin/anchors/broken.pem"
	quarantine 0
	verdict A refuses openssl-file openssl-path trust certtool
	undo 0
	verdict A accepts openssl-file openssl-path trust certtool
	# Whom a file is closed to is told so.
	rs_run alice '4|6' scan --system --policy "$T/policy.xml" --format json
	json 'any(.stores[]; .kind == "p11-kit" and .state == "error" and (.reason | contains("isp-root.pem cannot be read")))'
}

many_files() {
	local i

	reset_store
	force_anchors
	for ((i = 0; i < 2000; i++)); do
		ln "$T/C.pem" "$admin/anchors/many-$i.pem"
	done
	refresh
	scan 2
	found "p11-kit:system:$admin" "$admin/anchors/isp-root.pem"
	quarantine 0
	verdict A refuses openssl-file trust certtool
}

# Fifty megabytes, and A behind them.
big_bundle() {
	reset_store
	{
		cat "$bundle"
		# A line of filling is no certificate's.
		for i in 1 2 3 4 5 6 7 8 9 10; do
			yes -- "$(cat "$T/C.pem")" | head -n 12000
			yes "# nothing" | head -c 4000000
		done
		cat "$T/A.pem"
	} >"$T/bundle"
	[ "$(stat -c %s "$T/bundle")" -gt 45000000 ]
	cat "$T/bundle" >"$bundle"
	rs '2|6' scan --policy "$T/policy.xml" --format json
	found "openssl-dir:system:$bundle" "$bundle"
}

p11_begin() {
	local name

	{ make_world && make_users alice; } || fatal "no world"
	for name in C D E; do
		make_root $name "Rootsweep Test Root $name" || fatal "no root"
	done
	p11_world || fatal "no store"
}

p11_places() {
	local place

	for place in anchors der several hidden link object objects trusted \
		package package-objects package-and-local; do
		check "place/$place" trip $place 2 0 0 0
	done
	clients_of_a="openssl-file certtool"
	check place/bundle trip bundle 2 0 0 0
	clients_of_a="openssl-path"
	check place/directory trip directory 2 0 0 0
	clients_of_a="openssl-file openssl-path trust certtool"
	check seen seen
	check no-finding/denied-already denied_already
	check no-finding/only-said only_said
	check updater/fails updater_fails
}

p11_troubles() {
	local case

	for case in dies missing babbles empties loses; do
		check "updater/$case" "updater_$case"
	done
	check changed/denial denial_changed
	check bad/no-blocklist no_blocklist
	check bad/odd-files odd_files
	check bad/many-files many_files
	check bad/big-bundle big_bundle
}
