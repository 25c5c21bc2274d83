#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Somebody undoes what quarantine does, or more than that goes: it says so,
# with the place.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-roundtrip.sh"

enter 300

meddler=/etc/ca-certificates/update.d/50-meddles

# meddles SCRIPT: by a hook, which runs when all else is done.
meddles() {
	guard
	reset_store
	cp "$T/A.pem" "$local_store/zz-a.crt"
	refresh
	snapshot before
	{
		echo '#!/bin/sh'
		echo 'cat >/dev/null'
		cat
	} >"$meddler"
	chmod 0755 "$meddler"
	quarantine 4
	rm "$meddler"
	json '.complete | not'
}

# still PLACE HOW: it is said to be trusted there.
still() {
	json '.still_trusted | index($place + ": Rootsweep Test Root A (" + $how + ")")' \
		--arg place "$1" --arg how "$2"
	json 'any(.findings[]; .result == "failed" and (.reason | contains("still_trusted")))'
	json '.lost == []'
	has "$T/err" "still trusted: $1"
}

second_copy() {
	meddles <<-END
		tr -d '\n' <$T/A.pem | sed 's/-----/&\n/2; s/-----END/\n&/' >>$bundle
		echo >>$bundle
	END
	still "$bundle" "in the file's bytes"
	still "$bundle" "as GnuTLS reads it"
	json '.still_trusted | index("what programs with GnuTLS go by: Rootsweep Test Root A (as GnuTLS reads it)")'
}

hash_link() {
	local hash

	hash=$(openssl x509 -in "$T/A.pem" -noout -hash)
	meddles <<-END
		mkdir -p /opt/isp
		cp $T/A.pem /opt/isp/a
		ln -s /opt/isp/a $links/$hash.0
	END
	verdict A accepts openssl-path
	still "$links" "as OpenSSL looks it up"
	still "$links" "as GnuTLS reads it"
	json 'all(.still_trusted[]; startswith($place))' --arg place "$links: "
}

# The same key under another certificate vouches for all that A does.
same_key() {
	meddles <<-END
		cat $T/A2.pem >>$bundle
	END
	still "$bundle" "as GnuTLS reads it"
	json 'all(.still_trusted[]; contains("bytes") | not)'
}

link_lost() {
	meddles <<-END
		rm $links/bystander-b.pem
		find $links -lname bystander-b.pem -delete
	END
	json '.still_trusted == [] and .lost == [$lost]' --arg lost "$links: Rootsweep Test Root B"
	has "$T/err" "lost, and not meant to be: $links"
}

{ make_world && debian_store small; } || fatal "no world"
save_store || fatal "no store"
openssl req -x509 -new -key "$T/A.key" -subj "/O=Rootsweep Test/CN=Rootsweep Test Root A" \
	-days 900 -set_serial 77 -addext basicConstraints=critical,CA:TRUE -out "$T/A2.pem" ||
	fatal "no second certificate"

check second-copy second_copy
check hash-link hash_link
check same-key same_key
check link-lost link_lost

finish
