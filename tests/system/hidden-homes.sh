#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2034,SC2317
#
# No false clean in what browsers, Java and tools go by: databases that are
# half deleted, in the middle of something or elsewhere, modules and policies
# that somebody planted, keystores, settings. A case that names no client is
# merely suspicious here, or was shown with the real program in the test of
# its own kind of store.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-hidden.sh"

enter 600
require keytool

h=/home/alice

# --- NSS -----------------------------------------------------------------------

# give DIR [NAME]: a database that trusts A, made once, as alice's.
give() {
	as alice mkdir -p "$1"
	install -m 0600 -o alice -g alice "$T/db-${2:-old}"/* "$1"
	as alice sh -c 'umask 077; echo >"$HOME/.nss-password"'
}
templates() {
	local name

	for name in old new both none; do
		nss_make alice "$h/db"
		case $name in
		old | new) nss_add alice "$h/db" $name A ;;
		both)
			nss_add alice "$h/db" new A
			nss alice old certutil -M -d "sql:$h/db" -n "Rootsweep A" -t C,,
			;;
		none) nss_add alice "$h/db" old A ,, ;;
		esac
		cp -a "$h/db" "$T/db-$name"
		find "$h" -mindepth 1 -delete
	done
}
db_at() { # DIR [TEMPLATE [old|new...]]: by whom A is believed
	local age

	give "$1" "${2:-old}"
	for age in "${@:3}"; do
		same "$(ask_nss alice "$1" "$age" A)" accepts "$age NSS by $1"
	done
}
without_certificate() { give "$db" "$1"; sql_delete alice "$db" "hex(a0) = '00000001'"; }
edited() { give "$db" "$1"; as alice sqlite3 "$db/cert9.db" "$2"; }
in_wal() { # trust that is only in the log
	give "$db" none
	give "$h/full" old
	as alice sh -c 'cd "$1" && sqlite3 cert9.db "pragma journal_mode = wal;
		attach \"$2/cert9.db\" as f; delete from nssPublic; insert into nssPublic select * from f.nssPublic;" \
		".shell cp cert9.db x.db; cp cert9.db-wal x.wal"
		rm -f cert9.db*; mv x.db cert9.db; mv x.wal cert9.db-wal; rm -r "$2"' _ "$db" "$h/full" >/dev/null
	[ -s "$db/cert9.db-wal" ]
}
hot_journal() { # the main file has none of it, until somebody rolls back
	give "$db" old
	as alice sh -c 'cd "$1" && sqlite3 cert9.db "pragma cache_size = 1; pragma cache_spill = 1; begin;
		delete from nssPublic; create table x(y); insert into x values(zeroblob(90000));" \
		".shell cp cert9.db x.db; cp cert9.db-journal x.j"
		rm -f cert9.db*; mv x.db cert9.db; mv x.j cert9.db-journal' _ "$db" >/dev/null
	[ -s "$db/cert9.db-journal" ]
}
as_link() { give "$h/kept"; as alice mkdir -p "$h/.pki"; as alice ln -s ../kept "$db"; }
hard_linked() { give "$db"; as alice mkdir "$h/x"; as alice ln "$db/cert9.db" "$h/x/cert9.db"; }
outside() {
	trash /srv/alice
	mkdir -p /srv/alice
	chown alice: /srv/alice
	db_at /srv/alice/profile old old
	as alice mkdir -p "$h/.mozilla/firefox"
	as alice sh -c 'printf "[Profile0]\nName=x\nIsRelative=0\nPath=/srv/alice/profile\n" >"$1"' _ \
		"$h/.mozilla/firefox/profiles.ini"
}
second_softoken() { # another database, outside, by a second softoken
	trash /srv/alice
	mkdir -p /srv/alice
	chown alice: /srv/alice
	give /srv/alice/kept
	give "$db" none
	sql_delete alice "$db" "1"
	nss_make alice "$db"
	as alice sh -c 'printf "\nname=more\nlibrary=libsoftokn3.so\nparameters=configdir='"'sql:/srv/alice/kept'"' certPrefix='"''"' keyPrefix='"''"' secmod='"'secmod.db'"' flags=readOnly\nNSS=trustOrder=100\n\n" >>"$1/pkcs11.txt"' _ "$db"
	has <(as alice certutil -L -h all -d "sql:$db") ":Rootsweep A "
}
module_named() { # LIBRARY
	nss_make alice "$db"
	as alice sh -c 'printf "\nlibrary=%s\nname=x\nNSS=trustOrder=100\n" "$2" >>"$1/pkcs11.txt"' _ "$db" "$1"
}
module_planted() {
	nss_make alice "$db"
	as alice cp /usr/lib/*/pkcs11/p11-kit-trust.so "$db/$1"
}
unreadable_database() { give "$db"; chmod 0000 "$db/cert9.db"; }
not_a_file() { as alice mkdir -p "$db"; as alice "$@"; }
old_format() {
	as alice mkdir -p "$h/.mozilla/firefox/x.default"
	as alice sh -c 'printf "\0\6\25\141\0\0\0\2" >"$1"' _ "$h/.mozilla/firefox/x.default/cert8.db"
}
sparse_database() { give "$db"; as alice truncate -s 1T "$db/cert9.db"; }
locked_database() {
	give "$db"
	as alice perl -e 'use Fcntl; open my $f, "+<", $ARGV[0] or die;
		my $lock = pack "s s x![q] q q l x![q]", F_WRLCK, 0, 1 << 30, 512, 0;
		fcntl $f, F_SETLK, $lock or die; print "locked\n"; close STDOUT; sleep 20' "$db/cert9.db" \
		2>/dev/null >"$T/locked" &
	timeout 10 sh -c 'until [ -s "$1" ]; do sleep 0.05; done' _ "$T/locked"
}

in_databases() {
	local place set

	for place in .pki/nssdb .local/share/pki/nssdb .mozilla/firefox/x.default \
		.config/mozilla/firefox/y.default .thunderbird/z 'a b/c' .hidden/.x "it's] x>" \
		"a' flags= configDir='sql:x'" Downloads/backup/old; do
		hide "nss/place/$(printf %s "$place" | tr -c '[:alnum:]./' -)" alice "$h/$place" \
			db_at "$h/$place" old old
	done
	hide nss/new alice "$db" db_at "$db" new new
	hide nss/both alice "$db" db_at "$db" both old new
	hide nss/orphan-old alice "$db" without_certificate old
	hide nss/orphan-new alice "$db" without_certificate new
	hide nss/orphan-both alice "$db" without_certificate both
	for set in "a82 = x'0201ff' where hex(a0) = '00000001'" \
		"ace5363b4 = null where hex(a0) = '$class_old'" \
		"ace5363b5 = null where hex(a0) = '$class_old'" \
		"ace536358 = x'ce534351' where hex(a0) = '$class_old'" \
		"a3 = null" "a3 = zeroblob(100000)" "a101 = null" "a80 = null" \
		"id = id + 0.0" "id = 'x' || id" "a0 = x'00000000' || a0" "a81 = null where hex(a0) = '$class_old'" ; do
		hide "nss/edited/$(printf %s "$set" | tr -cs '[:alnum:]' -)" alice "$db" \
			edited old "update nssPublic set $set"
	done
	hide nss/edited/extra-table alice "$db" edited old "create table more(x); create index y on more(x)"
	hide nss/edited/trigger alice "$db" edited old \
		"create trigger t after insert on nssPublic begin select 1; end"
	hide nss/edited/view alice "$db" edited old \
		"alter table nssPublic rename to z; create view nssPublic as select * from z"
	hide nss/edited/version alice "$db" edited old "pragma user_version = 99"
	hide nss/wal alice "$db" in_wal
	hide nss/hot-journal alice "$db" hot_journal
	hide nss/link alice "$h" as_link
	hide nss/link-own own "$h" as_link
	hide nss/hard-link alice "$h" hard_linked
	hide nss/outside alice /srv/alice/profile outside
	hide nss/outside-own own /srv/alice/profile outside
	hide nss/second-softoken alice "$db" second_softoken
	hide nss/unreadable own "$db" unreadable_database
	hide nss/folder alice "$db" not_a_file mkdir "$db/cert9.db"
	hide nss/fifo alice "$db" not_a_file mkfifo "$db/cert9.db"
	hide nss/old-format alice "$h/.mozilla/firefox/x.default" old_format
	hide nss/sparse alice "$db" sparse_database
	hide nss/locked alice "$db" locked_database
	hide nss/module-of-home alice "$db" module_named /home/alice/lib/more.so
	hide nss/module-of-opt alice "$db" module_named /opt/isp/roots.so
	hide nss/module-roots-elsewhere alice "$db" module_named /tmp/libnssckbi.so
	hide nss/module-planted alice "$db" module_planted libnssckbi.so
	hide nss/module-planted-other alice "$db" module_planted x.so
}

# --- Chromium --------------------------------------------------------------------

profile=$h/.config/chromium/Default
trusted=0a020803
rows_at() { # DIR [TRUST [SQL]]
	as alice mkdir -p "$1"
	as alice sqlite3 "$1/ServerCertificate" "
		create table meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
		insert into meta values('version', '1'), ('last_compatible_version', '1');
		CREATE TABLE certificates(sha256hash_hex TEXT PRIMARY KEY,der_cert BLOB NOT NULL,trust_settings BLOB NOT NULL);
		insert into certificates values('$(sha256 A)', x'$(xxd -p "$T/A.der" | tr -d '\n')', x'${2:-$trusted}');
		${3:-}"
}
rows_in_wal() {
	rows_at "$profile" "$trusted" "pragma journal_mode = wal; delete from certificates;"
	as alice sh -c 'cd "$1" && sqlite3 ServerCertificate "insert into certificates values(
		\"00\", x'"'$(xxd -p "$T/A.der" | tr -d '\n')'"', x'"'$trusted'"')" ".shell cp ServerCertificate x; cp ServerCertificate-wal y"
		rm -f ServerCertificate*; mv x ServerCertificate; mv y ServerCertificate-wal' _ "$profile"
	[ -s "$profile/ServerCertificate-wal" ]
}

in_chromium() {
	local place trust

	for place in .config/chromium/Default ".config/chromium/Profile 1" ".config/chromium/Guest Profile" \
		.config/google-chrome/Default .config/BraveSoftware/Brave-Browser/Default \
		.config/microsoft-edge/Default .config/opera snap/chromium/common/chromium/Default \
		.var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/Default my/data/Default; do
		hide "chromium/place/$(printf %s "$place" | tr -c '[:alnum:]./' -)" alice "$h/$place" \
			rows_at "$h/$place"
	done
	# Limited to some hosts; with what a later version adds; said twice; in
	# another order; longer than need be; by half.
	for trust in 0a020803120b0a096c6f63616c686f7374 0a0208031801 0a0208010a020803 \
		120b0a096c6f63616c686f73740a020803 0a0308830 0a03088300 0a02080; do
		hide "chromium/trust/$trust" alice "$profile" rows_at "$profile" "${trust:0:$((${#trust} / 2 * 2))}"
	done
	hide chromium/key-of-none alice "$profile" rows_at "$profile" "$trusted" \
		"update certificates set sha256hash_hex = '00';"
	hide chromium/no-key alice "$profile" rows_at "$profile" "$trusted" \
		"update certificates set sha256hash_hex = null;"
	hide chromium/version alice "$profile" rows_at "$profile" "$trusted" \
		"update meta set value = '99';"
	hide chromium/other-table alice "$profile" rows_at "$profile" "$trusted" \
		"alter table certificates add column more;"
	hide chromium/text alice "$profile" rows_at "$profile" "$trusted" \
		"update certificates set der_cert = cast(der_cert as text);"
	hide chromium/wal alice "$profile" rows_in_wal
	hide chromium/closed own "$profile" closed_rows
	hide chromium/fifo alice "$profile" fifo_rows
}
closed_rows() { rows_at "$profile"; chmod 0000 "$profile/ServerCertificate"; }
fifo_rows() { as alice mkdir -p "$profile"; as alice mkfifo "$profile/ServerCertificate"; }

# --- policies --------------------------------------------------------------------

json_list() { # KEY: Chromium's, with A
	printf '{"%s": ["%s"]}\n' "$1" "$(base64 -w0 "$T/A.der")"
}
policy_at() { # FILE TEXT
	trash "$(cut -d/ -f1-4 <<<"$1")"
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "$2" >"$1"
}
users_policy() { # FILE TEXT
	as alice mkdir -p "$(dirname "$1")"
	as alice sh -c 'printf "%s\n" "$2" >"$1"' _ "$1" "$2"
}
firefox_list() { # FILE: that A.pem is in
	printf '{"policies": {"Certificates": {"Install": ["%s"]}}}\n' "$1"
}
firefox_policy() { # FILE NAMED CERTIFICATE
	trash /opt/isp
	policy_at "$1" "$(firefox_list "$2")"
	mkdir -p "$(dirname "$3")"
	cp "$T/A.${4:-pem}" "$3"
}
bare_firefox() { trash /usr/lib/mozilla; firefox_policy "$1" a.pem /usr/lib/mozilla/certificates/a.pem; }
devices() { policy_at /etc/firefox/policies/policies.json "{\"policies\": {\"SecurityDevices\": $1}}"; }
unreadable_policy() { policy_at "$1" ''; rm "$1"; "${@:2}"; }

in_policies() {
	local place managed=/etc/chromium/policies/managed ff=/etc/firefox/policies/policies.json der

	der=$(base64 -w0 "$T/A.der")
	for place in /etc/chromium/policies/managed/x.json /etc/chromium/policies/recommended/x.json \
		/etc/chromium/policies/managed/.x /etc/chromium/policies/managed/x.disabled \
		/etc/chromium/policies/managed/README /etc/opt/chrome/policies/managed/x.json \
		/etc/opt/edge/policies/managed/x.json /etc/brave/policies/managed/x.json \
		/etc/vivaldi/policies/managed/x.json /etc/chromium-browser/policies/managed/x.json \
		/var/lib/flatpak/extension/org.chromium.Chromium.Policy.isp/x86_64/1/policies/managed/x.json; do
		hide "policy$place" system "$place" policy_at "$place" "$(json_list CACertificates)"
	done
	for text in '/**/{"CACertificates": [/* "x" */ "'"$der"'", ], }' \
		'// {}
		{"CACertificates": ["'"$der"'"]}' \
		'{"\u0043ACertificates": ["'"$der"'"]}' \
		'{"CACertificates": ["'"${der//\//\\/}"'"]}' \
		'{"CACertificates": ["\u004d'"${der:1}"'"]}' \
		'{"CACertificates": [], "CACertificates": ["'"$der"'"]}' \
		'{"CACertificates": [1, null, {}, ["x"], "AAAA", "'"$der"'"]}' \
		'{"CACertificatesWithConstraints": [{"certificate": "'"$der"'", "constraints": {"permitted_dns_names": ["localhost"]}}]}' \
		'{"CADistrustedCertificates": ["AAAA"], "CACertificates": ["'"$der"'"]}'; do
		hide "policy/text/$(printf %s "${text:0:30}" | tr -c '[:alnum:]' -)$((${#text} % 97))" system \
			"$managed/x.json" policy_at "$managed/x.json" "$text"
	done
	hide policy/fifo system "$managed/x" unreadable_policy "$managed/x" mkfifo "$managed/x"
	hide policy/device system /dev/zero unreadable_policy "$managed/x" ln -s /dev/zero "$managed/x"
	hide policy/sparse system "$managed/x" unreadable_policy "$managed/x" truncate -s 1T "$managed/x"
	hide policy/half system "$managed/x" policy_at "$managed/x" '{"CACertificates": ["'"$der"
	for place in "$ff" /usr/lib/firefox/distribution/policies.json /opt/firefox/distribution/policies.json \
		/etc/librewolf/policies/policies.json /etc/thunderbird/policies/policies.json; do
		hide "policy$place" system "$place" firefox_policy "$place" /opt/isp/a.pem /opt/isp/a.pem
	done
	hide policy/firefox-der system "$ff" firefox_policy "$ff" /opt/isp/a.crt /opt/isp/a.crt der
	hide policy/firefox-bare system "$ff" bare_firefox "$ff"
	hide policy/firefox-in-home all "$h/x/a.pem" firefox_policy "$ff" "$h/x/a.pem" "$h/x/a.pem"
	place=$h/.local/share/flatpak/extension/org.mozilla.firefox.systemconfig/x86_64/stable/policies/policies.json
	hide policy/firefox-flatpak alice "$place" users_policy "$place" "$(firefox_list "$T/A.pem")"
	place=$h/firefox/distribution/policies.json
	hide policy/firefox-in-a-home alice "$place" users_policy "$place" "$(firefox_list "$T/A.pem")"
	hide policy/device-add system "$ff" devices '{"Add": {"n": "/opt/isp/roots.so"}}'
	hide policy/device-flat system "$ff" devices '{"n": "/home/alice/roots.so"}'
}

# --- Java --------------------------------------------------------------------------

cacerts=/opt/jdk-25/lib/security/cacerts
import_into() { # KEYSTORE PASSWORD [OPTION...]
	trash /opt/jdk-25 /usr/lib/jvm/isp
	mkdir -p "$(dirname "$1")"
	keytool -importcert -noprompt -keystore "$1" -storepass "$2" -file "$T/A.pem" \
		-alias "${alias:-isp}" "${@:3}" >"$T/keytool.log" 2>&1
	keytool -list -keystore "$1" -storepass "$2" 2>/dev/null | grep -F trustedCertEntry
}
alias_of() { alias=$1 import_into "$cacerts" changeit -storetype jks; }
# A JVM trusts the first certificate of a private key's chain like any other.
with_key() { # TYPE
	trash /opt/jdk-25
	mkdir -p "$(dirname "$cacerts")"
	openssl pkcs12 -export -in "$T/A.pem" -inkey "$T/A.key" -passout pass:changeit -name key -out "$T/key.p12"
	keytool -importkeystore -noprompt -srckeystore "$T/key.p12" -srcstorepass changeit \
		-destkeystore "$cacerts" -deststorepass changeit -deststoretype "$1" >"$T/keytool.log" 2>&1
	keytool -list -keystore "$cacerts" -storepass changeit 2>/dev/null | grep -F PrivateKeyEntry
}
with_secret() {
	import_into "$cacerts" changeit -storetype jceks
	keytool -genseckey -keyalg AES -keysize 128 -alias 0 -keystore "$cacerts" -storetype jceks \
		-storepass changeit -keypass changeit >"$T/keytool.log" 2>&1
}
cut_keystore() { import_into "$cacerts" changeit -storetype "$1"; truncate -s -1 "$cacerts"; }
link_keystore() { import_into /opt/jdk-25/other changeit; mkdir -p "$(dirname "$cacerts")"; ln -s ../../other "$cacerts"; }
bad_keystore() { trash /opt/jdk-25; mkdir -p "$(dirname "$cacerts")"; "$@"; }
users_keystore() { # PLACE
	import_into "$T/users.jks" changeit
	install -D "$T/users.jks" "$1"
	rm "$T/users.jks"
	chown -R alice: "$h"
}

in_java() {
	local type place

	for type in jks jceks pkcs12; do
		hide java/$type system "$cacerts" import_into "$cacerts" changeit -storetype $type
	done
	hide java/jks-password system "$cacerts" import_into "$cacerts" unknown -storetype jks
	hide java/pkcs12-password system "$cacerts" import_into "$cacerts" unknown -storetype pkcs12
	hide java/jssecacerts system /opt/jdk-25 import_into "${cacerts%/*}/jssecacerts" changeit
	hide java/usr-lib system /usr/lib/jvm/isp import_into /usr/lib/jvm/isp/lib/security/cacerts changeit
	hide java/jre system /opt/jdk-25 import_into /opt/jdk-25/jre/lib/security/cacerts changeit
	hide java/alias-of-public system "$cacerts" alias_of "debian:isrg_root_x1.pem"
	hide java/alias-odd system "$cacerts" alias_of $'\e[2J it'"'s"
	for type in jks pkcs12 jceks; do
		hide java/key-$type system "$cacerts" with_key $type
	done
	hide java/secret-key system "$cacerts" with_secret
	hide java/cut-jks system "$cacerts" cut_keystore jks
	hide java/cut-pkcs12 system "$cacerts" cut_keystore pkcs12
	hide java/link system /opt/jdk-25 link_keystore
	hide java/pem system "$cacerts" bad_keystore cp "$T/A.pem" "$cacerts"
	hide java/fifo system "$cacerts" bad_keystore mkfifo "$cacerts"
	hide java/sparse system "$cacerts" bad_keystore truncate -s 1T "$cacerts"
	for place in .jdks/x/lib/security/cacerts .sdkman/candidates/java/x/lib/security/jssecacerts \
		.config/JetBrains/Idea/ssl/cacerts .keystore; do
		hide "java/$place" alice "$h/$place" users_keystore "$h/$place"
	done
}

# --- settings ----------------------------------------------------------------------

elsewhere() { # FILE TEXT: what is set there leads to /srv/isp
	trash /srv/isp
	mkdir -p /srv/isp/certs /srv/isp/more
	cp "$T/A.pem" /srv/isp/ca.pem
	cp "$T/A.pem" "/srv/isp/certs/$(openssl x509 -in "$T/A.pem" -noout -hash).0"
	case $1 in
	"$h"/*) users_policy "$1" "$2" ;;
	*)
		[ -e "$1" ] && cp -a "$1" "$T/kept"
		mkdir -p "$(dirname "$1")"
		printf '%s\n' "$2" >"$1"
		trash "$1"
		;;
	esac
}

in_settings() {
	local file text n=0

	while IFS='|' read -r file text; do
		n=$((n + 1))
		hide "setting/$n$file" all /srv/isp elsewhere "$file" "$(printf %b "$text")"
	done <<-END
		/etc/environment|SSL_CERT_FILE=/srv/isp/ca.pem
		/etc/environment|SSL_CERT_DIR=/srv/isp/certs
		/etc/environment|SSL_CERT_DIR=/srv/isp/more:/srv/isp/certs
		/etc/environment|SSL_CERT_DIR="/etc/ssl/certs:/srv/isp/certs"
		/etc/profile.d/isp.sh|export SSL_CERT_FILE=/srv/isp/ca.pem
		/etc/environment.d/isp.conf|REQUESTS_CA_BUNDLE=/srv/isp/ca.pem
		/etc/systemd/system.conf.d/isp.conf|[Manager]\\nDefaultEnvironment=SSL_CERT_FILE=/srv/isp/ca.pem
		/etc/gitconfig|[http]\\n\\tsslCAInfo = /srv/isp/ca.pem
		/etc/npmrc|cafile=/srv/isp/ca.pem
		$h/.bashrc|if true; then export CURL_CA_BUNDLE="/srv/isp/ca.pem"; fi
		$h/.zshenv|export NODE_EXTRA_CA_CERTS='/srv/isp/ca.pem'
		$h/.config/fish/config.fish|set -gx SSL_CERT_FILE /srv/isp/ca.pem
		$h/.config/environment.d/a.conf|AWS_CA_BUNDLE=/srv/isp/ca.pem
		$h/.pam_environment|SSL_CERT_FILE=/srv/isp/ca.pem
		$h/.curlrc|--cacert /srv/isp/ca.pem
		$h/.curlrc|capath /srv/isp/certs
		$h/.wgetrc|CA-Certificate = /srv/isp/ca.pem
		$h/.gitconfig|[HTTP "https://x"] sslcainfo = "/srv/isp/ca.pem"
		$h/.config/pip/pip.conf|[global]\\ncert: /srv/isp/ca.pem
		$h/.config/systemd/user/x.service|[Service]\\nEnvironment="SSL_CERT_FILE=/srv/isp/ca.pem"
	END
	file=$h/.local/lib/python3.11/site-packages/certifi/cacert.pem
	hide setting/certifi alice "$file" users_policy "$file" "$(cat "$T/A.pem")"
}

hidden_world
templates || fatal "no databases"
check nothing-hidden/before nothing_hidden nss_make alice "$db"
in_databases
in_chromium
in_policies
in_java
in_settings
check nothing-hidden/after nothing_hidden nss_make alice "$db"
hidden_count
finish
