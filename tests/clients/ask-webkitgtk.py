#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What WebKitGTK makes of each server: ask-webkitgtk.py URL...
# It needs a display: an X server of its own, without a screen.

import os
import subprocess
import sys

import gi

from ask_browser import PAGE, ask_all


def start_display():
    ours, its = os.pipe()
    with open(os.devnull, "w", encoding="ascii") as nothing:
        subprocess.Popen(["Xvfb", "-displayfd", str(its), "-screen", "0", "640x480x24",
                          "-nolisten", "tcp", "-noreset"],
                         pass_fds=[its], stdin=subprocess.DEVNULL, stdout=nothing, stderr=nothing)
    os.close(its)
    with os.fdopen(ours) as file:
        os.environ["DISPLAY"] = ":" + file.readline().strip()


class View:
    def __init__(self):
        gi.require_version("Gtk", "3.0")
        gi.require_version("WebKit2", "4.1")
        from gi.repository import Gio, GLib, Gtk, WebKit2
        self.kit, self.flags = WebKit2, Gio.TlsCertificateFlags
        self.loop = GLib.MainLoop()
        context = WebKit2.WebContext.new_ephemeral()
        context.get_website_data_manager().set_network_proxy_settings(
            WebKit2.NetworkProxyMode.NO_PROXY, None)
        self.view = WebKit2.WebView.new_with_context(context)
        self.window = Gtk.Window()
        self.window.add(self.view)
        self.window.show_all()
        self.view.connect("load-failed-with-tls-errors", self.on_tls_error)
        self.view.connect("load-failed", self.on_failure)
        self.view.connect("load-changed", self.on_change)
        self.said = None

    def end(self, said):
        if not self.said:
            self.said = said
        self.loop.quit()
        return True

    def on_tls_error(self, _view, _url, _certificate, errors):
        if errors == self.flags.UNKNOWN_CA:
            return self.end("refuses")
        return self.end(f"broken {errors}")

    def on_failure(self, _view, _event, _url, error):
        return self.end(f"broken {error.message}")

    def on_change(self, view, event):
        if event == self.kit.LoadEvent.FINISHED and not self.said:
            view.get_main_resource().get_data(None, self.on_data)

    def on_data(self, resource, result):
        text = resource.get_data_finish(result).decode(errors="replace")
        self.end("accepts" if PAGE in text else "broken shows " + " ".join(text.split())[:200])

    def load(self, url):
        self.said = None
        self.view.load_uri(url)
        self.loop.run()
        return self.said


def ask(urls):
    start_display()
    view = View()
    for url in urls:
        yield view.load(url)


ask_all(ask, sys.argv[1:])
