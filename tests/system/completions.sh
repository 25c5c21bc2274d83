#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC2317
#
# What bash, zsh and fish offer behind "rootsweep", asked of the shells.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"

enter 120

files=/srv/rootsweep-source/completions

# Each prints what is offered for the words of the line, one a line.
ask_bash() { # WORD...
	bash -c '
		. "$0/rootsweep.bash"
		compopt() { :; }
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_rootsweep
		printf "%s\n" "${COMPREPLY[@]}"' "$files" "$@"
}

ask_fish() {
	HOME=$T fish --no-config -c "source $files/rootsweep.fish; complete -C '$*'" | cut -f1
}

# zsh has no question of this kind: it completes on a terminal of its own, and
# what it lists there is read.
ask_zsh() {
	HOME=$T zsh -f -c '
		zmodload zsh/zpty
		zpty -b asked zsh -f -i
		zpty -w asked "PS1= RPS1= LISTMAX=0; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
		zpty -w asked "zstyle \":completion:*\" list-colors \"\"; LIST_ROWS=1 COLUMNS=40 LINES=500"
		zpty -w asked "_ask() { compstate[list]=list; compstate[insert]=; _main_complete }"
		zpty -w asked "zle -C ask list-choices _ask; bindkey \"^X\" ask; echo re\"\"ady"
		until zpty -r asked line 2>/dev/null && [[ $line == *ready* ]]; do :; done
		zpty -n -w asked "$2"$'"'\\x18'"'
		# Until there is a list, and no more of it comes.
		for ((i = quiet = lines = 0; i < 300 && (quiet < 10 || lines < 4); i++, quiet++)); do
			sleep 0.1
			while zpty -r -t asked line 2>/dev/null; do
				print -r -- "$line"
				((quiet = 0, lines++))
			done
		done
		zpty -d asked' zsh "$files" "$*"
}

# offers SHELL "WORDS" WANTED...
offers() {
	local shell=$1 line=$2 words
	shift 2

	read -ra words <<<"$line"
	[[ $line != *' ' ]] || words+=('')
	case $shell in
	bash) ask_bash "${words[@]}" ;;
	*) "ask_$shell" "$line" ;;
	esac >"$T/offered"
	has "$T/offered" "$@"
}

shell() {
	require "$1"
	offers "$1" "rootsweep " scan quarantine keep undo records recover forget anchors policy
	offers "$1" "rootsweep quarantine --" --dry-run --entry --certificate --try --system
	has_not "$T/offered" --unless-kept
	offers "$1" "rootsweep undo --" --last --all --unless-kept
	offers "$1" "rootsweep undo 2" "$record"
	offers "$1" "rootsweep quarantine --entry te" test-a
	offers "$1" "rootsweep policy show te" test-a
	offers "$1" "rootsweep scan --format " table json jsonl
	offers "$1" "rootsweep policy " check list show new
}

{ make_world && debian_store small; } || fatal "no world"
mkdir -p /etc/rootsweep/policy.d
cp "$T/policy.xml" /etc/rootsweep/policy.d/
cp "$T/A.pem" "$local_store/rootsweep-a.crt"
{ refresh && rs 0 quarantine --system --yes --format json; } || fatal "no record"
record=$(jq -r .record "$T/out")

for case in bash zsh fish; do
	check "$case" shell "$case"
done

finish
