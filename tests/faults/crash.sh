#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC1091
#
# Killed at each call that changes a file, whoever makes it.

. "$(dirname "$0")/lib-faults.sh"

# Each of four sweeps has its part of the time; 0 is no bound: all calls.
if [ "${SOAK_SECONDS:-}" ]; then
	: "${ROOTSWEEP_FAULTS:=stand-in java --how kill --how kill-one --seconds $((SOAK_SECONDS / 4))}"
	export ROOTSWEEP_FAULTS
fi
enter 90000
# shellcheck disable=SC2086
set -- ${ROOTSWEEP_FAULTS:-stand-in none --how kill --how kill-one --seconds 12}
make_machine "$1" "$2"
shift 2
strike killed "$@"
finish
