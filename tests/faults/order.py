#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a trace of kill-at's: is each thing on disk before what relies on it?

Before anything outside a record changes, the record is synced; before a step
is noted, what it changed is synced, data and names; at the end all is. Done
again with each sync of the program's left out in turn, which must be seen.
"""
import os
import sys

import faults

SITES = ["mkdir", "create", "create-name", "append", "rename", "unlink", "put", "refresh", "sqlite"]
NAMES = ("mkdir", "unlink", "symlink", "rename", "link")


def is_record(path):
    return "/rootsweep" in path and "/.rootsweep-" not in path


def owner(path):
    return path.startswith("/home/")


def check(lines):
    found, dirty, there = [], set(), set()
    for line in lines:
        op, path, other, _ = line.rstrip("\n").split("\t")
        if op == "sync":
            dirty -= {("data", path), ("names", path)}
            continue
        if op == "syncfs":
            dirty = {item for item in dirty if owner(item[1]) != owner(path)}
            continue
        if op == "change" or path.endswith(" (deleted)"):
            continue
        if path.endswith("/progress") and "/.new-" not in path and op == "write":
            found += [f"{item} when noted" for item in dirty
                      if owner(item[1]) == owner(path) and item[1] != path]
        elif not is_record(path):
            found += [f"{item} of the record when {path} changes" for item in dirty
                      if is_record(item[1]) and owner(item[1]) == owner(path)]
        if op in ("unlink", "rename"):
            moved = {item for item in dirty if item[1] == path or item[1].startswith(path + "/")}
            dirty -= moved
            if op == "rename":
                dirty |= {(kind, other + name[len(path):]) for kind, name in moved}
                dirty.add(("names", os.path.dirname(other)))
        if op in NAMES or (op == "create" and path not in there and not path.endswith("/cert9.db")):
            dirty.add(("names", os.path.dirname(path)))
            there.add(path)
        if op in ("write", "pwrite", "truncate"):
            dirty.add(("data", path))
    return found + [f"{item} at the end" for item in dirty]


def trace(machine, what, left_out=None):
    machine.start(what)
    argv = ["kill-at", "-l", faults.T + "/trace"]
    for place in faults.WATCHED:
        argv += ["-w", place]
    faults.run(*faults.WHAT[what], wrap=argv + ["--"],
               env={"ROOTSWEEP_NO_SYNC": left_out} if left_out else None)
    with open(faults.T + "/trace", encoding="utf-8", errors="replace") as f:
        return f.readlines()


def main():
    machine = faults.Machine()
    bad = 0
    for what in ("quarantine", "undo"):
        found = check(trace(machine, what))
        bad += len(found)
        print(f"# {what}: {len(found)} not synced in time", *sorted(set(found))[:8], sep="\n  ")
    for site in SITES:
        found = check(trace(machine, "quarantine", site)) or check(trace(machine, "undo", site))
        bad += not found
        print(f"# without the sync \"{site}\": {found[0] if found else 'NOT SEEN'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
