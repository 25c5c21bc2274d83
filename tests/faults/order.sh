#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck disable=SC1091,SC2034
#
# What a loss of power would take: nothing that was relied on.

. "$(dirname "$0")/lib-faults.sh"

enter 600
make_machine stand-in none
program=order
strike synced
finish
