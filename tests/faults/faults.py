#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strikes quarantine and undo at each call that changes a file, and looks.

Run by crash.sh and faults.sh in their private system, on the machine that
lib-faults.sh made. Each run begins from a copy of that machine, is struck at
one call by kill-at, and is then made good: whatever happened, recover ends
with each part whole, undo brings the state before, and quarantine the state
after, in bytes and, of databases, in rows.
"""
import argparse
import errno
import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time

T = "/srv/rootsweep-test"
PROGRAM = "/usr/local/bin/rootsweep-test"
STATE = "/var/lib/rootsweep"
LINKS = "/etc/ssl/certs"
SYSTEM = [LINKS, "/etc/ca-certificates.conf", "/usr/local/share/ca-certificates",
          "/usr/share/ca-certificates", "/etc/chromium", "/opt/jdk-25"]
HOME = "/home/alice"
PLACES = SYSTEM + [HOME, STATE]
# Where calls are counted: what is put in place lies beside it before.
WATCHED = ["/etc", "/usr/local/share", "/usr/share/ca-certificates", "/opt", "/home", "/var/lib"]
DATABASES = [HOME + "/.pki/nssdb/cert9.db", HOME + "/.config/chromium/Default/ServerCertificate"]
BOUND = 120
HASH_LINK = re.compile(r"/[0-9a-f]{8}\.[0-9]+$")


class Loss(Exception):
    """Something that was there is not, or is not whole."""


def run(*argv, wrap=(), env=None):
    """The program's exit status and what it printed."""
    done = subprocess.run([*wrap, PROGRAM, *argv], stdin=subprocess.DEVNULL, timeout=BOUND,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/root",
                          env={**os.environ, "HOME": "/root", **(env or {})}, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


QUARANTINE = ["quarantine", "--policy", T + "/policy.xml", "--yes", "--format", "json"]
UNDO = ["undo", "--all", "--yes", "--format", "json"]
RECOVER = ["recover", "--format", "json"]
WHAT = {"quarantine": QUARANTINE, "undo": UNDO}


def ends(wanted, *argv):
    status, said = run(*argv)
    if status not in wanted:
        raise Loss(f"{argv[0]} ends with {status}, not {wanted}: {said[:3000]}")
    return said


# --- the machine's state -------------------------------------------------------

def rows(path):
    """A database as text, with row ids; and whether it is whole."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        bad = db.execute("pragma integrity_check").fetchall()
        if bad != [("ok",)]:
            raise Loss(f"{path} is corrupt: {bad[:3]}")
        text = list(db.iterdump())
        for (table,) in db.execute("select name from sqlite_master where type = 'table'"):
            text += [repr(row) for row in db.execute(f"select rowid, * from {table}")]
    except sqlite3.Error as e:
        raise Loss(f"{path}: {e}") from e
    finally:
        db.close()
    return hashlib.sha256("\n".join(text).encode(errors="replace")).hexdigest()


def describe(path):
    st = os.lstat(path)
    if os.path.islink(path):
        value = ("link", os.readlink(path))
    elif os.path.isdir(path):
        value = ("folder", oct(st.st_mode))
    elif path in DATABASES:
        value = ("rows", rows(path), oct(st.st_mode))
    else:
        with open(path, "rb") as f:
            value = ("file", hashlib.sha256(f.read()).hexdigest(), oct(st.st_mode))
        if not path.startswith(LINKS + "/"):
            value += (st.st_mtime_ns,)
    return value + (st.st_uid, st.st_gid)


def leads_to(link):
    try:
        with open(link, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    except FileNotFoundError:
        return "nothing"


def below(place):
    yield place
    for folder, folders, files in os.walk(place):
        folders[:] = [name for name in folders if f"{folder}/{name}" != HOME + "/.local/state"]
        for name in folders + files:
            yield f"{folder}/{name}"


def state(places):
    """Hash links by the certificate that they lead to: after a detour openssl
    rehash may give one root of two names the other name or number."""
    found = {}
    for place in places:
        for path in below(place) if os.path.lexists(place) else ():
            if HASH_LINK.search(path) and os.path.islink(path):
                found[path[:-len(path.rsplit(".", 1)[1])], leads_to(path)] = "hash"
            elif path != HOME + "/.local":
                found[path] = describe(path)
    return found


def whole():
    return {"system": state(SYSTEM), "alice": state([HOME])}


def differs(wanted, got):
    lines = [f"  {path}: {wanted.get(path)} became {got.get(path)}"
             for path in sorted(set(wanted) | set(got), key=str) if wanted.get(path) != got.get(path)]
    return "\n".join(lines[:12])


def timeless(files):
    """What an edit leaves: its time is the edit's own."""
    return {path: value[:3] + value[4:] if value[0] == "file" and len(value) == 6 else value
            for path, value in files.items()}


def must_be(wanted, got, when, exactly=True):
    for part, files in wanted.items():
        if files != got[part] and (exactly or timeless(files) != timeless(got[part])):
            raise Loss(f"{when}, {part}'s part is not as it was:\n{differs(files, got[part])}")


def save(name):
    shutil.rmtree(f"{T}/{name}", ignore_errors=True)
    os.mkdir(f"{T}/{name}")
    there = [place[1:] for place in PLACES if os.path.lexists(place)]
    subprocess.run(["cp", "-a", "--parents", *there, f"{T}/{name}"], check=True, cwd="/")


def reset(name):
    subprocess.run(["rm", "-rf", *PLACES], check=True)
    subprocess.run(["cp", "-a", f"{T}/{name}/.", "/"], check=True)


class Machine:
    def __init__(self):
        self.before = whole()
        save("before")
        said = ends((0, 4), *QUARANTINE)
        self.after = whole()
        save("after")
        ends((0,), *UNDO)
        must_be(self.before, whole(), "after an undo that nobody struck")
        if self.after["system"] == self.before["system"] or self.after["alice"] == self.before["alice"]:
            raise Loss(f"a quarantine changes nothing here: {said}")

    def start(self, what):
        reset("before" if what == "quarantine" else "after")

    def made_good(self, n, again, died):
        """After a death each part is all out or all in; a failure may have
        left a step out, and its exit status said so."""
        ends((0, 4) if not died else (0,), *RECOVER)
        now = whole()
        for part in now if died else ():
            if now[part] != self.before[part] and timeless(now[part]) != timeless(self.after[part]):
                raise Loss(f"after recover, {part}'s part is neither as before nor as after:\n"
                           + differs(timeless(self.after[part]), timeless(now[part])))
        if again:
            ends((0, 4), *QUARANTINE)
            must_be(self.after, whole(), "after another quarantine", exactly=False)
        if n % 16 == 1:
            readers()
        ends((0,), *UNDO)
        must_be(self.before, whole(), "after undo")


def readers():
    """Programs of others still read their stores."""
    for argv in (["trust", "list"], ["certutil", "-L", "-d", "sql:" + HOME + "/.pki/nssdb"]):
        done = subprocess.run(argv, capture_output=True, check=False)
        if done.returncode != 0 or b"Rootsweep" not in done.stdout:
            raise Loss(f"{argv[0]} ends with {done.returncode}: {done.stderr[:500]}")
    if os.path.exists("/opt/jdk-25"):
        done = subprocess.run(["keytool", "-list", "-storepass", "changeit", "-keystore",
                               "/opt/jdk-25/lib/security/cacerts"], capture_output=True, check=False)
        if done.returncode != 0 or b"root-b" not in done.stdout:
            raise Loss(f"keytool ends with {done.returncode}: {done.stdout[:500]}")


# --- striking ------------------------------------------------------------------

def watch(options):
    argv = ["kill-at", "-c", T + "/count"]
    for place in WATCHED:
        argv += ["-w", place]
    if options.pass_over:
        argv += ["-x", options.pass_over]
    return argv


def counted():
    with open(T + "/count", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


HOWS = {"kill": [], "kill-one": ["-1"], "short": ["-s"]}
for _name in ("ENOSPC", "EIO", "EROFS", "EACCES", "EDQUOT", "EINTR"):
    HOWS[_name] = ["-e", str(getattr(errno, _name))]
for _name in ("ENOSPC", "EROFS", "EDQUOT"):
    HOWS[_name + "-on"] = HOWS[_name] + ["-f"]


def strike(machine, options, how, what, n):
    """One run; whether there was an n-th call."""
    machine.start(what)
    status, said = run(*WHAT[what], wrap=watch(options) + ["-n", str(n)] + HOWS[how] + ["--"])
    if counted()[1] == 0:
        return False
    # Where only an updater was killed, the program lives to tell of a failure.
    died = how == "kill" or (how == "kill-one" and status == 137)
    if status not in ((0, 1, 4, 137) if how.startswith("kill") else (0, 1, 4)):
        raise Loss(f"{what} ends with {status}: {said[:3000]}")
    machine.made_good(n, n % 2 == 0, died)
    return True


def sweep(machine, options, how, what):
    """Every call, or as many as there is time for, evenly spread."""
    points = losses = 0
    machine.start(what)
    run(*WHAT[what], wrap=watch(options) + HOWS["short"] * (how == "short") + ["-n", "0", "--"])
    total = counted()[0]
    end = time.monotonic() + options.seconds
    order = range(1, total + 4)
    if options.seconds:
        # A stride without a common divisor visits all of them once.
        stride = next(s for s in range(max(1, int(total * 0.618)), 2 * total + 2)
                      if all(s % p or total % p for p in range(2, total + 1)))
        order = [1 + i * stride % total for i in range(total)]
    for n in order:
        if (options.seconds and time.monotonic() > end) or losses >= 5:
            break
        try:
            points += strike(machine, options, how, what, n)
        except (Loss, subprocess.TimeoutExpired) as e:
            points += 1
            losses += 1
            print(f"{how} at call {n} of {what}: {e}", flush=True)
    print(f"# {how} in {what}: {points} points of {total}, {losses} losses", flush=True)
    return points, losses


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--how", action="append", choices=sorted(HOWS))
    parser.add_argument("--what", action="append", choices=sorted(WHAT))
    parser.add_argument("--seconds", type=float, default=0, help="for each sweep; 0: all calls")
    parser.add_argument("--pass-over", help="a program whose own calls are not struck")
    options = parser.parse_args()
    os.umask(0o022)
    try:
        machine = Machine()
    except Loss as e:
        print(e)
        return 1
    points = losses = 0
    for how in options.how:
        for what in options.what or sorted(WHAT):
            some, lost = sweep(machine, options, how, what)
            points += some
            losses += lost
    print(f"# {points} points, {losses} losses")
    return 1 if losses or points < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
