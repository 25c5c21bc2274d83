# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the tests of the verdict share: certificates of any key and issuer,
# entries that name them, and what is said of them.

alice=/home/alice/.pki/nssdb

key_id() { # NAME: of its own key, hex
	openssl x509 -in "$T/$1.pem" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :\n'
}

# issue NAME KEY SUBJECT ISSUER [ISSUER-NAME]: NAME.pem with the key KEY.key (made
# where there is none), signed with ISSUER.key, that says to be issued by
# ISSUER-NAME and its key.
issue() {
	local name=$T/$1 key=$T/$2.key issuer=${5:-$4}

	[ -e "$key" ] || openssl ecparam -genkey -name prime256v1 -noout -out "$key"
	openssl req -new -key "$key" -subj "$3" -out "$name.csr" 2>"$T/openssl.log"
	# A twin of the one that it names, with the key that it is signed by.
	openssl req -x509 -new -key "$T/$4.key" -out "$T/issuer.pem" -days 365 2>"$T/openssl.log" \
		-subj "/$(openssl x509 -in "$T/$issuer.pem" -noout -subject -nameopt compat |
			sed 's/^subject=\/*//')"
	openssl x509 -req -in "$name.csr" -CA "$T/issuer.pem" -CAkey "$T/$4.key" -days 365 \
		-set_serial "0x41$(openssl rand -hex 8)" -out "$name.pem" -extfile <(
			echo "basicConstraints=critical,CA:TRUE"
			echo "subjectKeyIdentifier=hash"
			echo "2.5.29.35=DER:30168014$(key_id "$issuer")"
		) 2>"$T/openssl.log"
	openssl x509 -in "$name.pem" -outform DER -out "$name.der"
}

# self NAME KEY SUBJECT: a root with that name and key.
self() {
	openssl req -x509 -new -key "$T/$2.key" -subj "$3" -days 365 -out "$T/$1.pem" \
		-set_serial "0x41$(openssl rand -hex 8)" \
		-addext basicConstraints=critical,CA:TRUE 2>"$T/openssl.log"
	openssl x509 -in "$T/$1.pem" -outform DER -out "$T/$1.der"
}

put() { # NAME...: into Debian's store, and nothing else anywhere
	local name

	guard
	find /home/alice -mindepth 1 -delete
	rm -f "$local_store"/*
	for name; do
		cp "$T/$name.pem" "$local_store/$name.crt"
	done
	refresh --fresh
}

subject() { # acts|reports CN C
	local acts=no

	[ "$1" = reports ] || acts=yes
	cat <<-END
		<subject acts="$acts"><attribute type="CN" match="^$2\$"/>
		<attribute type="C" match="^$3\$"/></subject>
	END
}

# of NAME EXPRESSION: true of every finding with that certificate, and there is one.
of() {
	json "[.findings[] | select(.sha256 == \$sha256)] | length > 0 and all(.[]; $2)" \
		--arg sha256 "$(sha256 "$1")"
}

unknown() { # NAME
	json 'any(.unknown[]; .sha256 == $sha256) and all(.findings[]; .sha256 != $sha256)' \
		--arg sha256 "$(sha256 "$1")"
}

public_root() { # as root P
	openssl x509 -in "$package_store/$(grep -m 1 ^mozilla "$conf")" -out "$T/P.pem" &&
		openssl x509 -in "$T/P.pem" -outform DER -out "$T/P.der"
}
