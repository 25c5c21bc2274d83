#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What QtWebEngine makes of each server: ask-qtwebengine.py URL...

import os
import sys

from ask_browser import PAGE, ask_all

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = \
    "--no-sandbox --disable-gpu --no-proxy-server --disable-dev-shm-usage"


def ask(urls):
    from PyQt5.QtCore import QEventLoop, QUrl
    from PyQt5.QtWebEngineWidgets import QWebEngineCertificateError, QWebEnginePage, QWebEngineProfile
    from PyQt5.QtWidgets import QApplication

    class Page(QWebEnginePage):
        def certificateError(self, error):
            if error.error() == QWebEngineCertificateError.CertificateAuthorityInvalid:
                self.said = "refuses"
            else:
                self.said = "broken " + error.errorDescription()
            return False

        def load_whole(self, url):
            self.said = None
            loop = QEventLoop()
            self.loadFinished.connect(loop.quit)
            self.load(QUrl(url))
            loop.exec_()
            self.loadFinished.disconnect(loop.quit)
            return self.said or self.shown()

        def shown(self):
            loop, texts = QEventLoop(), []
            self.toHtml(lambda text: (texts.append(text), loop.quit()))
            loop.exec_()
            return "accepts" if PAGE in texts[0] else "broken shows " + " ".join(texts[0].split())[:200]

    application = QApplication(sys.argv[:1])
    profile = QWebEngineProfile(application)
    page = Page(profile, application)
    for url in urls:
        yield page.load_whole(url)


ask_all(ask, sys.argv[1:])
