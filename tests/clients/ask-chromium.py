#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What Chromium makes of each server: ask-chromium.py FOLDER URL...
# It is driven by its DevTools protocol over a pair of pipes.

import json
import os
import sys

from ask_browser import PAGE, ask_all

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--no-proxy-server", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
]


class Chromium:
    def __init__(self, folder):
        its_input, self.output = os.pipe()
        self.input, its_output = os.pipe()
        # Descriptors 3 and 4 are where it looks, and may be in use here.
        spare = [os.dup2(fd, at) for fd, at in ((its_input, 103), (its_output, 104))]
        os.posix_spawnp(
            "chromium",
            ["chromium", *FLAGS, f"--user-data-dir={folder}", "about:blank"], os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, spare[0], 3), (os.POSIX_SPAWN_DUP2, spare[1], 4),
                (os.POSIX_SPAWN_CLOSE, spare[0]), (os.POSIX_SPAWN_CLOSE, spare[1]),
                (os.POSIX_SPAWN_DUP2, 2, 1),
            ])
        for fd in (its_input, its_output, *spare):
            os.close(fd)
        self.buffer = b""
        self.number = 0
        self.session = None

    def read(self):
        while b"\0" not in self.buffer:
            more = os.read(self.input, 1 << 16)
            if not more:
                raise EOFError("Chromium ended")
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def send(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")

    def call(self, method, **parameters):
        self.send(method, **parameters)
        while (answer := self.read()).get("id") != self.number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def text(self):
        """Of the page, once it is whole."""
        script = """new Promise(done => document.readyState == "complete" ? done() :
            addEventListener("load", done)).then(() => document.documentElement.textContent)"""
        return self.call("Runtime.evaluate", expression=script,
                         awaitPromise=True)["result"].get("value", "")

    def load(self, url):
        error = self.call("Page.navigate", url=url).get("errorText")
        if error == "net::ERR_CERT_AUTHORITY_INVALID":
            return "refuses"
        if error:
            return "broken " + error
        text = self.text()
        return "accepts" if PAGE in text else "broken shows " + " ".join(text.split())[:200]


def ask(urls):
    chromium = Chromium(sys.argv[1])
    page = chromium.call("Target.createTarget", url="about:blank")["targetId"]
    chromium.session = chromium.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
    for url in urls:
        yield chromium.load(url)
    chromium.session = None
    chromium.send("Browser.close")


ask_all(ask, sys.argv[2:])
