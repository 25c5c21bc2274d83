#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What Firefox makes of each server: ask-firefox.py PROFILE URL...
# It is driven by Marionette, on a port of its own choice.

import json
import os
import socket
import subprocess
import sys
import time

from ask_browser import PAGE, ask_all

# What it would ask the Internet by itself, which is not there; and windows,
# pages and processes that nobody looks at.
PREFERENCES = {
    "marionette.port": 0,
    "browser.aboutwelcome.enabled": False,
    "browser.newtab.preload": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.webextensions.remote": False,
    "fission.autostart": False,
    "app.normandy.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "security.OCSP.enabled": 0,
    "security.remote_settings.crlite_filters.enabled": False,
    "security.remote_settings.intermediates.enabled": False,
    "security.sandbox.content.level": 0,
}


class Refused(Exception):
    pass


class Firefox:
    def __init__(self, profile):
        port = os.path.join(profile, "MarionetteActivePort")
        with open(os.path.join(profile, "user.js"), "w", encoding="ascii") as file:
            for name, value in PREFERENCES.items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        if os.path.exists(port):
            os.unlink(port)
        self.process = subprocess.Popen(
            ["firefox-esr", "--headless", "--no-remote", "--marionette", "-profile", profile],
            stdin=subprocess.DEVNULL, stdout=sys.stderr)
        while not os.path.exists(port) or not os.path.getsize(port):
            if self.process.poll() is not None:
                raise EOFError(f"Firefox ended with status {self.process.returncode}")
            time.sleep(0.02)
        with open(port, encoding="ascii") as file:
            self.stream = socket.create_connection(("127.0.0.1", int(file.read()))).makefile("rwb", 0)
        self.number = 0
        self.read()
        self.call("WebDriver:NewSession",
                  capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})

    def read(self):
        """A message is its length in bytes, a colon, and JSON."""
        length = b""
        while (byte := self.stream.read(1)) != b":":
            if not byte:
                raise EOFError("Firefox ended")
            length += byte
        text = b""
        while len(text) < int(length):
            text += self.stream.read(int(length) - len(text))
        return json.loads(text)

    def send(self, command, parameters):
        self.number += 1
        message = json.dumps([0, self.number, command, parameters]).encode()
        self.stream.write(b"%d:%s" % (len(message), message))

    def call(self, command, **parameters):
        self.send(command, parameters)
        _, _, error, result = self.read()
        if error and error["error"] == "insecure certificate":
            raise Refused
        if error:
            raise RuntimeError(f"{command}: {error['error']}: {error['message']}")
        return result

    def why_refused(self):
        """The name of the error, as the page about it has it."""
        return self.call("WebDriver:ExecuteScript", args=[], sandbox=None,
                         script="return document.getFailedCertSecurityInfo().errorCodeString")["value"]

    def load(self, url):
        try:
            self.call("WebDriver:Navigate", url=url)
        except Refused:
            why = self.why_refused()
            return "refuses" if why == "SEC_ERROR_UNKNOWN_ISSUER" else f"broken {why}"
        except RuntimeError as error:
            return "broken " + " ".join(str(error).split())[:300]
        text = self.call("WebDriver:GetPageSource")["value"]
        return "accepts" if PAGE in text else "broken shows " + " ".join(text.split())[:200]


def ask(urls):
    firefox = Firefox(sys.argv[1])
    for url in urls:
        yield firefox.load(url)
    firefox.send("Marionette:Quit", {"flags": ["eForceQuit"]})


ask_all(ask, sys.argv[2:])
