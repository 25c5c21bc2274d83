# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion of rootsweep(8) for bash; installed under the program's name.

_rootsweep_records()
{
	rootsweep records --format json 2>/dev/null |
		grep -oE '[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}' | sort -u
}

_rootsweep_entries()
{
	rootsweep policy list --format json 2>/dev/null |
		grep -oE '"id": *"[^"]*"' | cut -d'"' -f4
}

_rootsweep()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command='' words='' i
	local commands='scan quarantine keep undo records recover forget anchors policy'
	local common='--system --user --all-users --network-homes --mounts --root --refresh-in-root --policy --exclude --fail-on --format --color
		--fresh --quiet --verbose --help --version'

	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ " $commands " == *" ${COMP_WORDS[i]} "* ]]; then
			command=${COMP_WORDS[i]}
			break
		fi
	done

	case $before in
	--policy | --certificate | new)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		compopt -o filenames
		return
		;;
	--root)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		compopt -o filenames
		return
		;;
	--user) mapfile -t COMPREPLY < <(compgen -u -- "$word"); return ;;
	--format) words='table json jsonl' ;;
	--color) words='auto always never' ;;
	--fail-on) words='quarantine report unknown' ;;
	--entry | show) words=$(_rootsweep_entries) ;;
	--try) words='10m 1h 1d' ;;
	--exclude | --older-than | -j | --jobs) return ;;
	*)
		case $command in
		'') words="$commands $common" ;;
		quarantine) words="--dry-run --yes --detailed-exitcode --entry --certificate --force --try $common" ;;
		keep) words="--detailed-exitcode $common $(_rootsweep_records)" ;;
		undo) words="--last --all --unless-kept --dry-run --yes --detailed-exitcode $common $(_rootsweep_records)" ;;
		records) words="$common $(_rootsweep_records)" ;;
		recover) words="--detailed-exitcode $common" ;;
		forget) words="--all --older-than --yes $common $(_rootsweep_records)" ;;
		anchors) words="--unknown $common" ;;
		policy)
			if [[ " ${COMP_WORDS[*]} " == *" check "* && $word != -* ]]; then
				mapfile -t COMPREPLY < <(compgen -f -X '!*.xml' -- "$word"; compgen -d -- "$word")
				compopt -o filenames
				return
			fi
			words="check list show new --policy --format --color --quiet --verbose --help --version"
			;;
		*) words=$common ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _rootsweep rootsweep
