# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs that drive a browser share.

Each starts its browser once, has it load one page after another and prints a
line for each: "URL accepts", "URL refuses" (for no other reason than an issuer
that is not trusted) or "URL broken REASON". Nothing that it started outlives it.
"""

import ctypes
import os
import signal
import sys
import time

PAGE = "GnuTLS"  # what gnutls-serv calls itself on its page
SECONDS = 110  # for all pages, on a machine that has much else to do
PR_SET_CHILD_SUBREAPER = 36


def children():
    pids = []
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children", encoding="ascii") as file:
            pids += map(int, file.read().split())
    return pids


def end_children(patience=5):
    """Ends whatever is below this process. A browser's helpers come to it when
    the browser goes, whatever session they made their own."""
    limit = time.monotonic() + patience
    while pids := children():
        late = time.monotonic() > limit
        for pid in pids:
            if os.waitpid(pid, os.WNOHANG) == (0, 0) and late:
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def out_of_time(*_):
    raise TimeoutError(f"no answer within {SECONDS} s")


def ask_all(ask, urls):
    """ask() yields None when it is ready, then the verdict on each address."""
    left = list(urls)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(SECONDS)
    try:
        for verdict in ask(urls):
            print(left.pop(0), verdict, flush=True)
    except Exception as error:  # whatever it is, the pages were not loaded
        said = " ".join(f"{type(error).__name__}: {error}".split())
        for url in left:
            print(url, "broken", said[:300])
    finally:
        signal.alarm(0)
        sys.stdout.flush()
        end_children()
