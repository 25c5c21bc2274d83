# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
#
# The clients of the system's store. ask_CLIENT USER URL... asks as that user
# and prints a line for each address: "URL accepts", "URL refuses" (for no
# other reason than an issuer that is not trusted) or "URL broken REASON".
# versions_CLIENT prints what was asked.

os_clients=(curl curl_gnutls wget gnutls_cli openssl_file openssl_path python requests git
	node_system node_extra go perl php ruby java)

programs=$T/ask

# What has to be compiled is compiled here, without a network.
make_programs() {
	local source

	mkdir -p "$programs" &&
		for source in "$here"/../clients/[aA]sk*.*; do
			install -m 0644 "$source" "$programs/" || return
		done
	# A runtime has the compiler too, without the command that starts it.
	java -m jdk.compiler/com.sun.tools.javac.Main -d "$programs" "$programs/Ask.java" || return
	env GOCACHE="$T/go" GO111MODULE=off go build -o "$programs/ask-go" "$programs/ask.go"
}

# told URL ACCEPTED REFUSED: what the client's words on standard input mean.
told() {
	local said

	said=$(tr '\n\0' '  ' | tail -c 600)
	if [[ $said =~ $3 ]]; then
		echo "$1 refuses"
	elif [[ $said =~ $2 ]]; then
		echo "$1 accepts"
	else
		echo "$1 broken $said"
	fi
}

# each USER ACCEPTED REFUSED URLS COMMAND...: a process for each address, which
# replaces the words URL, HOST:PORT and PORT in the command; its status is said
# as "status N" at the end.
each() {
	local user=$1 accepted=$2 refused=$3 urls=$4 url port command
	shift 4

	for url in $urls; do
		port=${url##*:}
		port=${port%%/*}
		command=("${@//URL/$url}")
		command=("${command[@]//PORT/$port}")
		{
			as "$user" timeout 20 "${command[@]}" </dev/null 2>&1
			echo "status $?"
		} | told "$url" "$accepted" "$refused"
	done
}

# all USER COMMAND...: one process that asks all and speaks for itself.
all() {
	local user=$1
	shift

	as "$user" timeout 60 "$@" </dev/null 2>&1
}

# --- programs --------------------------------------------------------------

ask_curl() {
	each "$1" 'status 0 $' 'unable to get local issuer|self-signed certificate in' "${*:2}" \
		curl -sS -o /dev/null URL
}

versions_curl() {
	curl --version | awk '/OpenSSL/ { print $2, $5; found = 1; exit } END { exit !found }'
}

ask_wget() {
	each "$1" 'status 0 $' "certificate of .* doesn't have a known issuer|is not trusted" "${*:2}" \
		wget -nv -t 1 -O /dev/null URL
}

versions_wget() {
	wget --version | awk 'NR == 1 { version = $3 } /\+ssl\// { match($0, /ssl\/[a-z]*/)
		print version, substr($0, RSTART + 4, RLENGTH - 4); exit }'
}

ask_gnutls_cli() {
	each "$1" 'The certificate is trusted' 'issuer is unknown' "${*:2}" gnutls-cli -p PORT localhost
}

versions_gnutls_cli() {
	gnutls-cli --version | sed -n '1s/.* //p'
}

ask_openssl_file() {
	each "$1" 'Verify return code: 0 ' 'Verify return code: (19|20|21) ' "${*:2}" \
		openssl s_client -connect localhost:PORT -no-CApath -no-CAstore -CAfile "$bundle"
}

ask_openssl_path() {
	each "$1" 'Verify return code: 0 ' 'Verify return code: (19|20|21) ' "${*:2}" \
		openssl s_client -connect localhost:PORT -no-CAfile -no-CAstore -CApath "$links"
}

versions_openssl_file() {
	openssl version | cut -d' ' -f2
}

versions_openssl_path() {
	versions_openssl_file
}

# There is no repository: one that trusts the server says that.
ask_git() {
	each "$1" '/info/refs not' 'certificate verification failed' "${*:2}" git ls-remote URL/x.git
}

versions_git() {
	git --version | cut -d' ' -f3
}

# --- languages -------------------------------------------------------------

ask_curl_gnutls() {
	all "$1" /usr/bin/python3 "$programs/ask-pycurl.py" "${@:2}"
}

versions_curl_gnutls() {
	/usr/bin/python3 -c 'import pycurl; print(*pycurl.version.split()[1:3])' | grep GnuTLS
}

ask_python() {
	all "$1" /usr/bin/python3 "$programs/ask-ssl.py" "${@:2}"
}

versions_python() {
	/usr/bin/python3 --version | cut -d' ' -f2
}

ask_requests() {
	all "$1" /usr/bin/python3 "$programs/ask-requests.py" "${@:2}"
}

versions_requests() {
	/usr/bin/python3 -c 'import requests; print(requests.__version__)'
}

# Where it has no option for the system's store, it can ask OpenSSL's places.
node_option() {
	node --help | grep -o -m 1 -e '--use-system-ca' || echo --use-openssl-ca
}

ask_node_system() {
	all "$1" node "$(node_option)" "$programs/ask.js" "${@:2}"
}

versions_node_system() {
	echo "$(node --version) $(node_option)"
}

ask_node_extra() {
	all "$1" env NODE_EXTRA_CA_CERTS="$bundle" node "$programs/ask.js" "${@:2}"
}

versions_node_extra() {
	node --version
}

ask_go() {
	all "$1" "$programs/ask-go" "${@:2}"
}

versions_go() {
	go version | cut -d' ' -f3
}

ask_perl() {
	all "$1" /usr/bin/perl "$programs/ask.pl" "${@:2}"
}

versions_perl() {
	/usr/bin/perl -MLWP::UserAgent -MLWP::Protocol::https -e 'print "$^V, LWP $LWP::UserAgent::VERSION\n"'
}

ask_php() {
	all "$1" php -n "$programs/ask.php" "${@:2}"
}

versions_php() {
	php -n -r 'echo PHP_VERSION, "\n";'
}

ask_ruby() {
	all "$1" ruby "$programs/ask.rb" "${@:2}"
}

versions_ruby() {
	ruby -e 'puts RUBY_VERSION'
}

# How it starts is not what is asked.
jvm_options=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC)

# The system's JVM, by the keystore that follows the system's store.
ask_java() {
	all "$1" java "${jvm_options[@]}" -cp "$programs" Ask "${@:2}"
}

# One that came with a list of its own.
ask_java_own() {
	all "$1" "$own_jvm/bin/java" "${jvm_options[@]}" -cp "$programs" Ask "${@:2}"
}

versions_java() {
	java -version 2>&1 | sed -n '1s/.*"\(.*\)".*/\1/p'
}

versions_java_own() {
	versions_java
}
