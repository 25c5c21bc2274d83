#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# Homes built to attack a run of root's: what lies in them.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-hostile.sh"

enter 900

her() { # COMMAND...: mallory does that
	as mallory "$@"
}

case_of() { # FUNCTION [ARG...]: she does it, the others are right
	fresh
	"$@"
	others_are_right
}

# --- links -----------------------------------------------------------------

link_folder() { # TARGET
	her mkdir -p /home/mallory/.pki
	her ln -s "$1" "$mallory"
}

link_database() {
	her mkdir -p "$mallory"
	her ln -s "$1" "$mallory/cert9.db"
}

link_above() {
	her ln -s "${1%/*}" /home/mallory/.pki
}

# link WHAT TARGET: is neither followed nor passed over in silence.
link() {
	case_of "link_$1" "$2"
	hers skipped link
	spare_is_found
}

link_companion() { # SUFFIX
	give mallory "$mallory"
	her ln -s /home/bob/open/cert9.db "$mallory/cert9.db$1"
}

companion() {
	case_of link_companion "$1"
	hers 'error|skipped|findings'
	spare_is_found
	same "$(readlink "$mallory/cert9.db$1")" /home/bob/open/cert9.db "her link"
}

# Where root's words would go for her.
link_state() { # LINK TARGET
	her mkdir -p "$(dirname "$1")"
	her ln -s "$2" "$1"
}

state_link() {
	case_of link_state "$@"
	rs '0|4' records --format json --user mallory
	quarantine 1 --user mallory
	cat "$T/err" >>"$T/out"
	has "$T/out" "$1 is a link"
	nss_all mallory "$spare" A accepts
	rm "$1"
	quarantine 0 --user mallory
}

hard_link() {
	fresh
	her mkdir -p "$mallory"
	ln /home/bob/open/cert9.db "$mallory/cert9.db"
	others_are_right
	quarantine '0|4' --user mallory
	nss_all bob /home/bob/open A accepts
}

# --- what is no file -------------------------------------------------------

# special PATH KIND: in the place of a file or folder of hers.
special_make() {
	her mkdir -p "$(dirname "$1")"
	case $2 in
	fifo) mkfifo "$1" ;;
	zero) mknod "$1" c 1 5 ;;
	terminal) mknod "$1" c 5 0 ;;
	disk) mknod "$1" b 7 0 ;;
	socket) perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die' "$1" ;;
	esac
	chown mallory: "$1"
}

special() {
	case_of special_make "$@"
	spare_is_found
}

special_beside() { # SUFFIX KIND
	give mallory "$mallory"
	special_make "$mallory/cert9.db$1" "$2"
}

# --- more than there is room for -------------------------------------------

sparse_database() { # SUFFIX
	give mallory "$mallory"
	her truncate -s 1T "$mallory/cert9.db$1"
}

sparse_record() {
	local id=20260101T000000Z-0123456789abcdef

	her mkdir -p -m 0700 "$state/records/$id"
	her truncate -s 1T "$state/records/$id/record.xml" "$state/records/$id/progress"
}

many_profiles() {
	her perl -e 'chdir "/home/mallory/.mozilla/firefox" or die;
		mkdir "profile.$_" or die for 1 .. 200_000'
}

many_records() {
	her mkdir -p -m 0700 "$state/records"
	her perl -e 'chdir $ARGV[0] or die;
		mkdir sprintf("20260101T000000Z-%016x", $_) or die for 1 .. 20_000' "$state/records"
}

deep_folders() {
	her perl -e 'chdir "/home/mallory"; for (1 .. 3000) { mkdir ".mozilla"; chdir ".mozilla" or die;
		mkdir "firefox"; chdir "firefox" or die }'
}

# --- names -----------------------------------------------------------------

names=(
	$'evil\nrootsweep: everything is fine'
	$'\e[2J\e]0;owned\a\e[31mred'
	$'tab\tand\rreturn'
	$'\xff\xfe not utf-8 \xc3'
	$'\xe2\x80\xae turned round'
	"a' flags= configDir='sql:inj"
	'it'"'"'s] x> "quoted" $(touch trap-was-sprung) `id` %s%n'
	'tokens=<0x8=[x]> \ : ;'
)

odd_names() {
	local name

	for name in "${names[@]}"; do
		give mallory "/home/mallory/.mozilla/firefox/$name"
	done
}

escapes=$'[\x01-\x08\x0b-\x1f\x7f]'
names_are_told() {
	local format

	case_of odd_names
	scan '2|6' --user mallory
	json '[.findings[] | select(.store | startswith("nss:mallory:")) | .store] | unique | length == $n' \
		--argjson n $((${#names[@]} + 1))
	for format in table json jsonl; do
		rs '2|6' scan --policy "$T/policy.xml" --user mallory --format "$format" -v
		if LC_ALL=C grep -nP "$escapes" "$T/out" "$T/err"; then return 1; fi
		if grep -n '^rootsweep: everything is fine' "$T/out" "$T/err"; then return 1; fi
		iconv -f utf-8 -t utf-8 "$T/out" >/dev/null
		[ "$format" != table ] || has_not "$T/out" $'\xe2\x80\xae'
	done
	quarantine 0 --user mallory
	rs 0 records
	if LC_ALL=C grep -nP "$escapes" "$T/out" "$T/err"; then return 1; fi
	undo 0 --user mallory --last
	same "$(find / -xdev -name 'inj*' -newer "$T/said" -o -name trap-was-sprung)" "" "what a name made"
}

# --- databases -------------------------------------------------------------

db_endless() {
	her mkdir -p "$mallory"
	her sqlite3 "$mallory/cert9.db" "create view nssPublic as with recursive r(id, a0) as
		(select 1, x'00000001' union all select id + 1, a0 from r) select * from r;"
}

db_trigger() {
	give mallory "$mallory"
	her sqlite3 "$mallory/cert9.db" "create table loot(x);
		create trigger t after delete on nssPublic begin
			insert into loot values(readfile('/home/alice/readable'));
			insert into nssPublic(id) values(old.id); end;
		create trigger u after insert on nssPublic begin delete from nssPublic; end;"
}

db_trap_schema() {
	give mallory "$mallory"
	her sqlite3 "$mallory/cert9.db" "alter table nssPublic rename to hidden;
		create view nssPublic as select * from hidden;
		create trigger v instead of delete on nssPublic begin delete from hidden; end;"
}

db_attached() {
	give mallory "$mallory"
	her sqlite3 "$mallory/cert9.db" "create view look as select writefile('$trap-sql', 'x');
		create index odd on nssPublic(a0) where a0 > 0;"
}

db_wal() {
	give mallory "$mallory"
	# Left open by a process that was killed: the log stays, with a row in it.
	her sh -c 'sqlite3 "$1/cert9.db" "pragma journal_mode = wal; pragma wal_autocheckpoint = 0;
		update nssPublic set a3 = zeroblob(9) where 0; create table more(x);" ".shell cp $1/cert9.db $1/a" \
		".shell cp $1/cert9.db-wal $1/b" >/dev/null; cd "$1" && mv a cert9.db && mv b cert9.db-wal' _ "$mallory"
	[ -s "$mallory/cert9.db-wal" ]
}

db_hot_journal() {
	give mallory "$mallory"
	her sh -c 'cd "$1" && sqlite3 cert9.db "pragma cache_size = 1; begin;
		update nssPublic set a3 = zeroblob(50000);" ".shell cp cert9.db hot.db; cp cert9.db-journal hot.db-journal"
		rm -f cert9.db-journal; mv hot.db cert9.db; mv hot.db-journal cert9.db-journal' _ "$mallory"
	[ -s "$mallory/cert9.db-journal" ]
}

# A journal names another, which goes when it is rolled back: bob's, say.
db_super_journal() {
	db_hot_journal
	her perl -e 'my $name = "/home/mallory/victim"; my $sum = 0; $sum += ord for split //, $name;
		open my $f, ">>", $ARGV[0] or die; print $f pack("N a* N N", 1, $name, length $name, $sum),
			"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"' "$mallory/cert9.db-journal"
	her touch /home/mallory/victim
}

database() { # WHAT
	fresh
	"db_$1"
	find "$mallory" -printf '%P %m %s %T@\n' | sort >"$T/hers"
	scan '2|6'
	find "$mallory" -printf '%P %m %s %T@\n' | sort | same_file "$T/hers" -
	others_are_right
	spare_is_found
	[ "$1" != super_journal ] || [ -e /home/mallory/victim ]
}

trigger_does_not_fire() {
	same "$(her sqlite3 "$mallory/cert9.db" "select count(*) from loot")" 0 "rows that a trigger made"
}

# --- code ------------------------------------------------------------------

# Who loads it leaves a file that tells who it was.
make_library() { # FILE
	printf '%s\n' '#include <stdio.h>' '#include <unistd.h>' \
		'__attribute__((constructor)) static void spring(void) { char n[99];' \
		"snprintf(n, sizeof(n), \"$trap-%d\", (int)getuid()); FILE *f = fopen(n, \"w\"); if (f) fclose(f); }" \
		'int C_GetFunctionList(void **list); int C_GetFunctionList(void **list) { (void)list; return 5; }' |
		cc -shared -fPIC -x c - -o "$1"
	chmod 0755 "$1"
}

module_in() { # USER
	local home

	home=$(home "$1")
	give "$1" "$home/.pki/nssdb"
	make_library "$home/evil.so"
	printf 'library=%s\nname=evil\nNSS=trustOrder=100\n\nlibrary=\nname=NSS Internal PKCS #11 Module\n' \
		"$home/evil.so" | as "$1" tee "$home/.pki/nssdb/pkcs11.txt" >/dev/null
	as "$1" cp "$home/evil.so" "$home/.pki/nssdb/libnssckbi.so"
	as "$1" cp "$home/evil.so" "$home/.pki/nssdb/libsoftokn3.so"
	as "$1" mkdir -p "$home/.config/pkcs11/modules" "$home/.config/p11-kit"
	printf 'module: %s\ntrust-policy: yes\n' "$home/evil.so" |
		as "$1" tee "$home/.config/pkcs11/modules/evil.module" >/dev/null
	printf 'user-config: merge\n' | as "$1" tee "$home/.config/pkcs11/pkcs11.conf" >/dev/null
}

modules() {
	local user

	fresh
	module_in mallory
	module_in root
	# It does spring where programs go by it.
	for user in mallory root; do
		as "$user" certutil -L -d "sql:$(home "$user")/.pki/nssdb" >/dev/null 2>&1 || :
	done
	[ -e "$trap-0" ] && [ -e "$trap-$(id -u mallory)" ]
	rm "$trap"*
	others_are_right
	spare_is_found
	rs_run mallory '2|6' scan --policy "$T/policy.xml"
	no_trap
}

hostile_world
require cc iconv certutil
check link/folder link folder /home/bob/open
check link/folder-of-root link folder /root
check link/database link database /home/bob/open/cert9.db
check link/database-passwd link database /etc/passwd
check link/above link above /home/bob/open
for suffix in -wal -journal -shm; do
	check "link/companion$suffix" companion $suffix
done
check link/state state_link /home/mallory/.local/state /tmp
check link/state-of-root state_link "$state" /var/lib
check link/records state_link "$state/records" /home/bob
check link/hard hard_link
check special/database-fifo special "$mallory/cert9.db" fifo
check special/database-zero special "$mallory/cert9.db" zero
check special/database-disk special "$mallory/cert9.db" disk
check special/database-socket special "$mallory/cert9.db" socket
check special/folder-fifo special "$mallory" fifo
check special/folder-terminal special /home/mallory/.thunderbird terminal
check special/state-fifo special "$state" fifo
check special/records-zero special "$state/records" zero
check special/record-fifo special "$state/records/20260101T000000Z-0123456789abcdef/record.xml" fifo
for suffix in -wal -journal -shm; do
	check "special/beside$suffix" case_of special_beside $suffix fifo
done
for suffix in "" -wal -journal; do
	check "sparse/cert9.db$suffix" case_of sparse_database "$suffix"
done
check sparse/record case_of sparse_record
check many/profiles case_of many_profiles
check many/records case_of many_records
check many/levels case_of deep_folders
check names names_are_told
for what in endless trigger trap_schema attached wal hot_journal super_journal; do
	check "database/$what" database $what
	[ $what != trigger ] || check database/trigger-does-not-fire trigger_does_not_fire
done
check modules modules

finish
