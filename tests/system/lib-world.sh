# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# The world that system tests work in: roots and leaves, a policy, users,
# Debian's certificate store, snapshots, and the clients that ask it.

local_store=/usr/local/share/ca-certificates
package_store=/usr/share/ca-certificates
conf=/etc/ca-certificates.conf
links=/etc/ssl/certs
bundle=$links/ca-certificates.crt
keystore=$links/java/cacerts
hook=/etc/ca-certificates/update.d/jks-keystore

# --- certificates ----------------------------------------------------------

# make_root NAME "COMMON NAME": NAME.key, NAME.pem, NAME.der, and a server's
# NAME-leaf.pem for localhost with NAME-chain.pem (leaf, then root).
make_root() {
	local name=$T/$1 cn=$2

	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
		-keyout "$name.key" -out "$name.pem" -subj "/O=Rootsweep Test/CN=$cn" \
		-addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign 2>"$T/openssl.log" || return
	openssl x509 -in "$name.pem" -outform DER -out "$name.der"
	make_leaf "$1"
}

make_leaf() {
	local name=$T/$1

	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
		-keyout "$name-leaf.key" -out "$name-leaf.csr" 2>"$T/openssl.log" || return
	openssl x509 -req -in "$name-leaf.csr" -CA "$name.pem" -CAkey "$name.key" -days 365 \
		-set_serial "0x$(openssl rand -hex 12)" -out "$name-leaf.pem" -extfile <(
			echo "subjectAltName=DNS:localhost,IP:127.0.0.1"
			echo "basicConstraints=critical,CA:FALSE"
			echo "keyUsage=critical,digitalSignature"
			echo "authorityKeyIdentifier=keyid:always"
			echo "extendedKeyUsage=serverAuth"
		) 2>"$T/openssl.log" || return
	cat "$name-leaf.pem" "$name.pem" >"$name-chain.pem"
}

sha256() { # NAME
	sha256sum <"$T/$1.der" | cut -d' ' -f1
}

sha1() {
	sha1sum <"$T/$1.der" | cut -d' ' -f1
}

spki() {
	openssl x509 -in "$T/$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER |
		sha256sum | cut -d' ' -f1
}

# The DER name in base64 and the serial's content in hex, as in a policy.
issuer_serial() {
	local serial

	serial=$(openssl x509 -in "$T/$1.pem" -noout -serial | cut -d= -f2)
	printf '<issuer-serial issuer="%s" serial="%s"/>\n' "$(issuer_der "$1" | base64 -w0)" "$(
		# A leading byte of 80 and above has 00 before it in DER.
		case $serial in [89A-F]*) printf 00 ;; esac
		printf %s "$serial" | tr A-F a-f
	)"
}

issuer_der() {
	local offset header length

	# In the certificate's own sequence, issuer is the first name: depth 2.
	read -r offset header length < <(openssl asn1parse -in "$T/$1.pem" |
		sed -n 's/^ *\([0-9]*\):d=2 *hl=\([0-9]*\) l= *\([0-9]*\) cons: SEQUENCE.*/\1 \2 \3/p' |
		sed -n 2p)
	tail -c +$((offset + 1)) "$T/$1.der" | head -c $((header + length))
}

# policy_root NAME [ACTION [MATCH...]]: one entry, id test-name; by default it
# matches by key and by certificate.
policy_root() {
	local name=$1 action=${2:-quarantine} match

	cat <<-END
		<root id="test-${name,,}" category="state" country="KZ" evidence="intercepted" action="$action">
		<name>Rootsweep Test Root $name</name>
		<match>
	END
	for match in "${@:3}"; do
		echo "$match"
	done
	[ $# -gt 2 ] || cat <<-END
		<spki sha256="$(spki "$name")"/>
		<certificate sha256="$(sha256 "$name")" sha1="$(sha1 "$name")"/>
		$(issuer_serial "$name")
	END
	cat <<-END
		</match>
		<explain xml:lang="en">Made for a test.</explain>
		<source href="https://example.org/">made for a test</source>
		</root>
	END
}

# policy FILE: wraps the entries on standard input.
policy() {
	{
		echo '<?xml version="1.0" encoding="UTF-8"?>'
		echo '<policy xmlns="urn:rootsweep:policy:1" version="2026.11.22">'
		cat
		echo '</policy>'
	} >"$1"
}

# Root A is named by the policy; B is private too, and must stay trusted.
make_world() {
	guard
	make_root A "Rootsweep Test Root A" && make_root B "Rootsweep Test Root B" || return
	policy_root A | policy "$T/policy.xml"
}

make_users() {
	local user

	guard
	for user; do
		useradd -m -k /nonexistent -s /bin/sh "$user" || return
	done 2>"$T/useradd.log"
}

# --- Debian's store --------------------------------------------------------

# debian_store with-java|small: only the distribution's roots, all links made.
# Small has twenty of them and no hook of Java's: a refresh takes a moment
# instead of three seconds, for tests that make many and do not ask Java.
debian_store() {
	guard
	rm -rf "${local_store:?}" /var/lib/ca-certificates-java
	mkdir -p "$local_store"
	# What this machine's owner has put there beside it is no part of a test.
	find "$links" -maxdepth 1 -mindepth 1 ! -type d -delete
	sed -i 's/^!//' "$conf"
	case $1 in
	with-java)
		require keytool "$hook"
		rm -f "$keystore"
		;;
	small)
		rm -f "$hook"
		rm -rf "$links/java"
		(cd "$package_store" && grep -v '^#' "$conf" | while read -r root; do
			[ ! -f "$root" ] || printf '%s\n' "$root"
		done | sed 20q) >"$T/conf"
		{
			echo "# The roots of this test"
			cat "$T/conf"
		} >"$conf"
		;;
	esac
	refresh --fresh
}

refresh() {
	guard
	update-ca-certificates "$@" >"$T/refresh.log" 2>&1 || {
		cat "$T/refresh.log"
		return 1
	}
}

# dump DIR: cert9.db as SQL, a digest and the beginning of each line; and
# key4.db as it is.
dump() {
	local line

	sqlite3 "file:$1/cert9.db?mode=ro&immutable=1" .dump | while IFS= read -r line; do
		printf '%s  %.60s\n' "$(sha256sum <<<"$line" | cut -c1-32)" "$line"
	done
	[ ! -e "$1/key4.db" ] || sha256sum <"$1/key4.db"
}

# The files that decide, whole: bytes, mode, owner and mtime. A directory's
# mtime follows from its files' coming and going, and is left out. Tests that
# link out of the store put their files under /opt/isp.
origins() {
	local places=("$local_store" "$package_store" "$conf")

	[ ! -e /opt/isp ] || places+=(/opt/isp)
	find "${places[@]}" ! -type d -printf '%p %y %m %U:%G %s %T@ %l\n' | sort
	find "${places[@]}" -type d -printf '%p %m %U:%G\n' | sort
	find "${places[@]}" -type f -print0 | sort -z | xargs -0 sha256sum
}

# What the system's tools make of them, by content.
derived() {
	sha256sum "$bundle"
	find "$links" -type l -printf '%p -> %l\n' | sort
	find "$links" -maxdepth 1 -type f -printf '%p %m %U:%G\n' | sort
	[ ! -e "$hook" ] || java_list
}

java_list() {
	keytool -list -keystore "$keystore" -storepass changeit 2>/dev/null |
		sed -n -e 's/, .*trustedCertEntry.*//p' -e 's/.*(SHA-256): //p' | paste - - | sort
}

snapshot() { # NAME
	origins >"$T/$1.origins"
	derived >"$T/$1.derived"
}

restored() { # NAME: all is as in that snapshot
	snapshot now
	same_file "$T/$1.origins" "$T/now.origins"
	same_file "$T/$1.derived" "$T/now.derived"
}

# --- clients ---------------------------------------------------------------

# Servers for GnuTLS and Firefox: A and B with the leaf only, A with the root
# in its chain, as interception proxies do it.
servers=()
start_server() { # PORT CHAIN KEY
	gnutls-serv --http --quiet --port "$1" --x509certfile "$2" --x509keyfile "$3" \
		>/dev/null 2>"$T/server-$1.log" </dev/null &
	servers+=($!)
}

start_servers() {
	local i

	require gnutls-serv gnutls-cli
	start_server 8443 "$T/A-leaf.pem" "$T/A-leaf.key"
	start_server 8444 "$T/B-leaf.pem" "$T/B-leaf.key"
	start_server 8445 "$T/A-chain.pem" "$T/A-leaf.key"
	for i in 8443 8444 8445; do
		timeout 10 bash -c "until (: </dev/tcp/127.0.0.1/$i) 2>/dev/null; do sleep 0.05; done" ||
			fatal "no server on port $i"
	done
}

stop_servers() {
	kill "${servers[@]}"
	wait "${servers[@]}" 2>/dev/null
	servers=()
}

# Each prints "accepts", "refuses" or what else happened.
ask_openssl() { # NAME OPTION...
	local name=$1 said
	shift

	said=$(openssl verify -no-CApath -no-CAfile -no-CAstore "$@" "$T/$name-leaf.pem" 2>&1) || :
	case $said in
	*": OK") echo accepts ;;
	*"unable to get local issuer certificate"*) echo refuses ;;
	*) echo "says $said" ;;
	esac
}

ask_trust() { # NAME: by its common name
	local said

	said=$(trust list --filter=ca-anchors 2>&1) || {
		echo "says $said"
		return
	}
	case $said in
	*"label: Rootsweep Test Root $1"*) echo accepts ;;
	*) echo refuses ;;
	esac
}

ask_certtool() {
	local said

	said=$(certtool --verify --load-ca-certificate="$bundle" --infile "$T/$1-leaf.pem" 2>&1) || :
	case $said in
	*"Chain verification output: Verified."*) echo accepts ;;
	*"issuer is unknown"*) echo refuses ;;
	*) echo "says $said" ;;
	esac
}

ask_gnutls() { # PORT
	local said

	said=$(timeout 10 gnutls-cli --port "$1" localhost </dev/null 2>&1) || :
	case $said in
	*"The certificate is trusted."*) echo accepts ;;
	*"issuer is unknown"*) echo refuses ;;
	*) echo "says $said" ;;
	esac
}

ask_java() {
	local wanted

	wanted=$(sha256 "$1" | tr a-f A-F | sed 's/../&:/g; s/:$//')
	[ -s "$keystore" ] || {
		echo "no keystore"
		return
	}
	if java_list | grep -qF "$wanted"; then echo accepts; else echo refuses; fi
}

# os_verdicts NAME: one line for each client of Debian's store.
os_verdicts() {
	echo "openssl by file: $(ask_openssl "$1" -CAfile "$bundle")"
	echo "openssl by path: $(ask_openssl "$1" -CApath "$links")"
	echo "trust list: $(ask_trust "$1")"
	echo "certtool: $(ask_certtool "$1")"
	if [ ${#servers[@]} -gt 0 ]; then
		case $1 in
		A)
			echo "gnutls-cli: $(ask_gnutls 8443)"
			echo "gnutls-cli, root in the chain: $(ask_gnutls 8445)"
			;;
		B) echo "gnutls-cli: $(ask_gnutls 8444)" ;;
		esac
	fi
	[ ! -e "$hook" ] || echo "java: $(ask_java "$1")"
}

# os_all NAME accepts|refuses: every client of the store says so.
os_all() {
	local odd

	os_verdicts "$1" >"$T/verdicts"
	odd=$(grep -v ": $2\$" "$T/verdicts") || return 0
	echo "root $1: wanted '$2', but"
	echo "$odd"
	return 1
}
