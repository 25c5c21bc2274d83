#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Quarantine dies or fails at each of its changing calls.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-world.sh"
. "$(dirname "$0")/lib-nss.sh"
. "$(dirname "$0")/lib-roundtrip.sh"
. "$(dirname "$0")/lib-crash.sh"

enter 580
crash_tests quarantine
finish
