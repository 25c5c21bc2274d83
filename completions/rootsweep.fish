# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of rootsweep(8) for fish.

function __rootsweep_records
    rootsweep records --format json 2>/dev/null |
        string match -ra '[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}' | sort -u
end

function __rootsweep_entries
    rootsweep policy list --format json 2>/dev/null |
        string match -rag '"id": *"([^"]*)"'
end

set -l commands scan quarantine keep undo records recover forget anchors policy

complete -c rootsweep -f
complete -c rootsweep -n "not __fish_seen_subcommand_from $commands" -a "$commands"

complete -c rootsweep -l system -d "the system's stores"
complete -c rootsweep -l user -xa '(__fish_complete_users)' -d "this user's stores"
complete -c rootsweep -l all-users -d "every user's stores"
complete -c rootsweep -l network-homes -d 'look also at homes that are on a server'
complete -c rootsweep -l mounts -d 'search also what is mounted in homes'
complete -c rootsweep -l root -xa '(__fish_complete_directories)' -d 'the system in this folder'
complete -c rootsweep -l refresh-in-root -d "run that system's own updater"
complete -c rootsweep -l exclude -x -d 'leave this out'
complete -c rootsweep -l policy -rF -d 'use this list'
complete -c rootsweep -l fail-on -xa 'quarantine report unknown'
complete -c rootsweep -l format -xa 'table json jsonl' -d 'how to print'
complete -c rootsweep -l color -xa 'auto always never'
complete -c rootsweep -s j -l jobs -x
complete -c rootsweep -s q -l quiet
complete -c rootsweep -s v -l verbose
complete -c rootsweep -s h -l help
complete -c rootsweep -l version

complete -c rootsweep -n '__fish_seen_subcommand_from quarantine undo' -s n -l dry-run
complete -c rootsweep -n '__fish_seen_subcommand_from quarantine undo forget' -s y -l yes
complete -c rootsweep -n '__fish_seen_subcommand_from quarantine keep undo recover' -l detailed-exitcode
complete -c rootsweep -n '__fish_seen_subcommand_from quarantine' -l entry -xa '(__rootsweep_entries)'
complete -c rootsweep -n '__fish_seen_subcommand_from quarantine' -l certificate -rF
complete -c rootsweep -n '__fish_seen_subcommand_from quarantine' -l force
complete -c rootsweep -n '__fish_seen_subcommand_from quarantine' -l try -xa '10m 1h 1d'
complete -c rootsweep -n '__fish_seen_subcommand_from undo forget' -l all
complete -c rootsweep -n '__fish_seen_subcommand_from undo' -l last
complete -c rootsweep -n '__fish_seen_subcommand_from undo' -l unless-kept
complete -c rootsweep -n '__fish_seen_subcommand_from forget' -l older-than -xa '30d 90d 1w'
complete -c rootsweep -n '__fish_seen_subcommand_from anchors' -l unknown
complete -c rootsweep -n '__fish_seen_subcommand_from keep undo records forget' -a '(__rootsweep_records)'
complete -c rootsweep -n '__fish_seen_subcommand_from policy' -a 'check list show new'
complete -c rootsweep -n '__fish_seen_subcommand_from show' -a '(__rootsweep_entries)'
complete -c rootsweep -n '__fish_seen_subcommand_from check new' -F
