# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Another system's tree, to be worked on by --root: a Debian with its real
# update-ca-certificates and a user with an NSS database and a Firefox profile.
# Programs and libraries are this system's own, bound to it; all else is copied.

tree=$T/tree
tree_local=$tree/usr/local/share/ca-certificates
tree_bundle=$tree/etc/ssl/certs/ca-certificates.crt
tree_user=4711

make_tree() {
	guard
	mkdir -p "$tree"/{etc/ssl/certs,etc/ca-certificates/update.d,home,proc,dev,root} \
		"$tree"/var/lib/dpkg/info "$tree"/{opt,run,srv,usr}
	mkdir -m 1777 "$tree"/{tmp,var/tmp}
	cp -a /bin /sbin /lib /lib64 "$tree" || return
	mount --bind /usr "$tree/usr" || return
	mkdir -p "$T/usr-local/share/ca-certificates"
	mount --bind "$T/usr-local" "$tree/usr/local" || return
	cp /etc/ca-certificates.conf "$tree/etc" || return
	cp /var/lib/dpkg/info/ca-certificates.list "$tree/var/lib/dpkg/info" || return
	cat >"$tree/etc/passwd" <<-END
		root:x:0:0:root:/root:/bin/sh
		tina:x:$tree_user:$tree_user::/home/tina:/bin/sh
		daemon:x:1:1::/usr/sbin:/bin/false
	END
	install -d -o $tree_user -g $tree_user -m 0700 "$tree/home/tina"
	tree_refresh --fresh
}

# By the tree's own program, outside of what is tested: what its owner does.
tree_refresh() { # --fresh|""
	unshare --mount --net chroot "$tree" /bin/sh -c \
		"mount -t proc proc /proc; mount --bind /tmp /dev && : >/dev/null &&
		update-ca-certificates $1" >"$T/refresh.log" 2>&1 || {
		cat "$T/refresh.log"
		return 1
	}
	rm -f "$tree/tmp/null"
}

# All that is in the tree but what is bound to it, in every respect that a
# person could tell, but for what a change and its way back leave different:
# times of folders, the records themselves, and databases, which lib-world's
# dump compares.
tree_list() {
	local places=("$tree/etc" "$tree/home" "$tree/root" "$tree/usr/local" "$tree/var" "$tree/tmp"
		"$tree/opt" "$tree/srv")

	find "${places[@]}" -path "$tree/var/lib/rootsweep" -prune -o \
		-path "$tree/home/*/.local" -prune -o -name cert9.db -prune -o \
		! -type d -printf '%p %y %m %U:%G %s %T@ %l\n' -o -printf '%p %m %U:%G\n' | sort
	find "${places[@]}" -path "$tree/var/lib/rootsweep" -prune -o \
		-path "$tree/home/*/.local" -prune -o -name cert9.db -prune -o -type f -print0 |
		sort -z | xargs -0r sha256sum
}
