#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Settings that make real tools trust a root: each tool refuses the server
# before and accepts it with the setting; a scan names the file and the line;
# quarantine refuses with what to do, and changes nothing of it; and with the
# line taken out the tool refuses again.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"

enter 300
require curl git wget node pip3 /usr/bin/python3 keytool java
url=https://localhost:8443/
ca=/home/alice/ca.pem

# --- tools -----------------------------------------------------------------

# verdict STATUS REFUSED: of a tool that ends with 0 where it accepts.
verdict() {
	case $1 in
	0) echo accepts ;;
	"$2") echo refuses ;;
	*) echo "ends with $1: $(tail -n 3 "$T/tool.log")" ;;
	esac
}

# In a shell of alice's as she logs in, so with what her .profile sets.
run() {
	local rc=0

	as alice timeout 30 sh -lc 'cd && exec "$@"' _ "$@" >"$T/tool.log" 2>&1 || rc=$?
	return "$rc"
}

ask_curl() {
	local rc=0

	run curl -sS -o /dev/null "$url" || rc=$?
	verdict "$rc" 60
}

ask_wget() {
	local rc=0

	run wget -q -O /dev/null "$url" || rc=$?
	verdict "$rc" 5
}

# The next three fail in any case: there is no repository, package or registry.
ask_git() {
	run git ls-remote "${url}x.git" || :
	said "certificate verification failed" "/info/refs not"
}

ask_npm() {
	# What it once fetched it does not ask for again.
	rm -rf /home/alice/.npm
	run npm view x --registry "$url" --fetch-retries=0 --loglevel=error || :
	said "UNABLE_TO_VERIFY_LEAF_SIGNATURE" "JSON"
}

ask_pip() {
	run pip3 download --retries 0 --no-deps --no-cache-dir -d none -i "$url" x || :
	said "CERTIFICATE_VERIFY_FAILED" "Could not find a version"
}

said() { # BY ONE THAT REFUSES, BY ONE THAT ACCEPTS
	if grep -q "$1" "$T/tool.log"; then
		echo refuses
	elif grep -q "$2" "$T/tool.log"; then
		echo accepts
	else
		echo "says $(tail -n 5 "$T/tool.log")"
	fi
}

ask_python() {
	local rc=0

	run /usr/bin/python3 -c 'import ssl, sys, urllib.request, urllib.error
try:
    urllib.request.urlopen(sys.argv[1])
except urllib.error.URLError as error:
    sys.exit(9 if isinstance(error.reason, ssl.SSLCertVerificationError) else 1)' "$url" || rc=$?
	verdict "$rc" 9
}

ask_node() {
	local rc=0

	run node -e 'require("https").get(process.argv[1], () => process.exit(0))
		.on("error", (e) => process.exit(e.code === "UNABLE_TO_VERIFY_LEAF_SIGNATURE" ? 9 : 1))' \
		"$url" || rc=$?
	verdict "$rc" 9
}

ask_jvm() {
	local rc=0

	run java "$T/Ask.java" "$url" || rc=$?
	verdict "$rc" 9
}

asked() { # TOOL WANTED
	same "$("ask_$1")" "$2" "what $1 makes of the server"
}

# --- tests -----------------------------------------------------------------

settle() {
	make_users alice bob
	debian_store small
	rm -f /etc/npmrc /usr/etc/npmrc /etc/pip.conf
	install -o alice -m 0644 "$T/A.pem" "$ca"
	cat >"$T/Ask.java" <<-'END'
		public class Ask {
			public static void main(String[] words) throws Exception {
				try {
					new java.net.URL(words[0]).openConnection().getInputStream();
				} catch (javax.net.ssl.SSLException e) {
					System.exit(9);
				}
			}
		}
	END
	chmod 0755 "$T"
	scan 0 --system --user alice
	json '.findings == [] and .unknown == [] and .notices == []'
}

put() { # FILE TEXT
	as alice mkdir -p "$(dirname "/home/alice/$1")"
	as alice sh -c 'printf "$2" >"$1"' _ "/home/alice/$1" "$2"
}

# The finding in the store of what is named, with the setting's place.
finding() { # FILE OBJECT [NAMED [OWNER]]
	json 'any(.findings[]; .store == $store and .entry == "test-a" and .action == "quarantine"
		and any(.origins[]; .path == $file and .object == $object))' \
		--arg store "tool-config:${4:-alice}:${3:-$ca}" --arg file "$1" --arg object "$2"
}

# setting TOOL FILE TEXT LINE KEY [NAMED]: the whole life of one.
setting() {
	local tool=$1 file=$2 text=$3 line=$4 key=$5 named=${6:-$ca}
	local path=/home/alice/$2

	asked "$tool" refuses
	put "$file" "$text"
	asked "$tool" accepts
	scan 2 --user alice
	finding "$path" "line $line: $key" "$named"
	as alice cp -a "$path" /home/alice/before
	quarantine 4 --user alice
	json '(.changed | not) and .record == null and .steps == [] and .still_trusted == []
		and .lost == [] and (.findings | length) == 1
		and all(.findings[]; .result == "refused"
			and (.reason | startswith("\($path) line \($line) makes ")))' \
		--arg path "$path" --arg line "$line"
	same_file /home/alice/before "$path"
	# In the user's own run too, and for a person to read.
	rs_run alice 2 scan --policy "$T/policy.xml" --user alice
	has "$T/out" "$path: line $line: $key"
	as alice sed -i "${line}d" "$path"
	asked "$tool" refuses
	scan 0 --user alice
	rm -f "$path" /home/alice/before
}

folder() {
	as alice mkdir -p /home/alice/ca
	install -o alice "$T/A.pem" /home/alice/ca/a.pem
	as alice openssl rehash /home/alice/ca
	setting curl .curlrc 'capath = /home/alice/ca\n' 1 capath /home/alice/ca
	rm -r /home/alice/ca
}

inline() {
	local pem

	pem=$(awk '{ printf "%s\\\\n", $0 }' "$T/A.pem")
	setting npm .npmrc "ca=\"$pem\"\n" 1 ca /home/alice/.npmrc
}

java_store() {
	as alice keytool -importcert -noprompt -alias mine -file "$ca" -storetype JKS \
		-keystore /home/alice/k.jks -storepass changeit
	setting jvm .profile 'export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=$HOME/k.jks"\n' \
		1 JAVA_TOOL_OPTIONS /home/alice/k.jks
}

# Python's own list, in an environment that the search of the home finds.
certifi() {
	local list=/home/alice/src/x/env/lib/python3.11/site-packages/certifi/cacert.pem

	as alice mkdir -p "${list%/*}"
	as alice sh -c 'cat "$1" "$2" >"$3"' _ "$T/B.pem" "$T/A.pem" "$list"
	scan 2 --user alice
	json 'any(.findings[]; .store == $store) and (.unknown | length) == 1' \
		--arg store "tool-config:alice:$list"
	quarantine 4 --user alice
	json '.findings[0].reason | contains("install that package again")'
}

# The system's own settings: their owner is the system.
system_wide() {
	install -m 0644 "$T/A.pem" /etc/proxy.pem
	asked wget refuses
	asked git refuses
	echo "ca_certificate = /etc/proxy.pem" >>/etc/wgetrc
	printf '[http]\n\tsslCAInfo = /etc/proxy.pem\n' >/etc/gitconfig
	asked wget accepts
	asked git accepts
	scan 2 --system
	finding /etc/wgetrc "line $(wc -l </etc/wgetrc): ca_certificate" /etc/proxy.pem system
	finding /etc/gitconfig "line 2: sslCAInfo" /etc/proxy.pem system
	json '[.stores[] | select(.kind == "tool-config")] | length == 1'
	sed -i '$d' /etc/wgetrc
	rm /etc/gitconfig
	scan 0 --system
}

# Beside what can be taken out: that is done, this is told of, nothing is lost.
beside() {
	put .curlrc "cacert = $ca\n"
	cp "$T/A.pem" "$local_store/a.crt"
	refresh
	scan 2 --system --user alice
	quarantine 4 --system --user alice
	json '.changed and .still_trusted == [] and .lost == [] and .unverified == []
		and all(.findings[]; .result == (if (.store | startswith("tool-config:"))
			then "refused" else "quarantined" end))'
	[ ! -e "$local_store/a.crt" ]
	asked curl accepts
	scan 2 --system --user alice
	json '[.findings[].store] == [$store]' --arg store "tool-config:alice:$ca"
	undo 0
	rm "$local_store/a.crt"
	refresh
}

# A setting that names what the OS store's reader reads is no store of its own.
of_the_system() {
	cp "$T/A.pem" "$local_store/a.crt"
	refresh
	put .profile "export NODE_EXTRA_CA_CERTS=$local_store/a.crt\nexport SSL_CERT_FILE=$bundle\n"
	asked node accepts
	scan 2 --system --user alice
	json 'all(.stores[]; .kind != "tool-config")'
	quarantine 0 --system --user alice
	asked node refuses
}

turned_off() {
	put .curlrc '\ninsecure\n'
	asked curl accepts
	put .wgetrc 'check_certificate = off\n'
	asked wget accepts
	put .profile 'export NODE_TLS_REJECT_UNAUTHORIZED=0\n'
	asked node accepts
	put .gitconfig '[http]\n\tsslVerify = false\n'
	asked git accepts
	scan 0 --user alice
	json '.findings == [] and (.notices | length) == 4
		and any(.notices[]; startswith("/home/alice/.curlrc line 2 turns off the check"))
		and any(.notices[]; startswith("/home/alice/.wgetrc line 1 turns off the check"))
		and any(.notices[]; startswith("/home/alice/.profile line 1 turns off the check"))
		and any(.notices[]; startswith("/home/alice/.gitconfig line 2 turns off the check"))'
}

# Under root's run nothing is opened by alice's links, nor by what she names of
# another's; in her own run no more is read than she can read.
hostile() {
	put .curlrc "cacert = /home/bob/ca.pem\n"
	install -o bob -m 0600 "$T/A.pem" /home/bob/ca.pem
	chmod 0711 /home/bob
	as alice ln -s /home/bob/ca.pem /home/alice/.wgetrc
	as alice mkfifo /home/alice/.gitconfig
	as alice truncate -s 1T /home/alice/.npmrc
	put .profile 'export SSL_CERT_FILE=$(touch /home/alice/executed)\n'
	put .bashrc 'export PIP_CERT=/dev/zero DENO_CERT=/proc/self/mem\n'
	scan 4 --user alice
	json '.findings == [] and .unknown == [] and all(.stores[]; .anchors == 0)
		and any(.stores[]; .path == "/home/bob/ca.pem" and .state == "skipped")
		and any(.stores[]; .path == "/home/alice/.wgetrc" and .state == "skipped")
		and any(.not_looked_at[]; contains("/home/alice/.profile line 1 sets SSL_CERT_FILE"))'
	[ ! -e /home/alice/executed ]
	rs_run alice 4 scan --policy "$T/policy.xml" --user alice --format json
	json '.findings == [] and all(.stores[]; .anchors == 0)'
}

# Of tests that failed nothing stays for the next.
tidy() {
	rm -rf /home/alice/{.bashrc,.config,.curlrc,.gitconfig,.npmrc,.profile,.wgetrc,src}
	check "$@"
}

make_world || fatal "no world"
start_servers
check settle settle
[ "$passed" ] || finish
tidy file/curl setting curl .curlrc "# mine\n\ncacert = \"$ca\"\n" 3 cacert
tidy file/curl-config setting curl .config/curlrc "cacert=$ca\n" 1 cacert
tidy file/curl-folder folder
tidy file/wget setting wget .wgetrc "ca_certificate=$ca\n" 1 ca_certificate
tidy file/git setting git .gitconfig "[http]\n\tsslCAInfo = ~/ca.pem\n" 2 sslCAInfo
tidy file/git-url setting git .config/git/config \
	"[http \"$url\"]\n\tsslcainfo = $ca ; ours\n" 2 sslCAInfo
# Debian's npm is 300 packages: where it is there.
if command -v npm >/dev/null; then
	tidy file/npm setting npm .npmrc "cafile=\${HOME}/ca.pem\n" 1 cafile
	tidy file/npm-inline inline
fi
tidy file/pip setting pip .config/pip/pip.conf "[global]\ncert = $ca\n" 2 cert
tidy variable/curl setting curl .profile 'CURL_CA_BUNDLE=$HOME/ca.pem; export CURL_CA_BUNDLE\n' 1 \
	CURL_CA_BUNDLE
tidy variable/python setting python .profile 'export SSL_CERT_FILE=~/ca.pem\n' 1 SSL_CERT_FILE
tidy variable/node setting node .profile "export NODE_EXTRA_CA_CERTS=\"$ca\"\n" 1 NODE_EXTRA_CA_CERTS
tidy variable/git setting git .profile 'export GIT_SSL_CAINFO="${HOME}/ca.pem"\n' 1 GIT_SSL_CAINFO
tidy variable/pip setting pip .profile "export PIP_CERT=$ca\n" 1 PIP_CERT
tidy variable/java java_store
tidy certifi certifi
tidy system system_wide
tidy beside beside
tidy of-the-system of_the_system
tidy turned-off turned_off
tidy hostile hostile
stop_servers
finish
