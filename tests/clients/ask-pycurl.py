# SPDX-License-Identifier: GPL-3.0-or-later
#
# What libcurl with GnuTLS makes of each server: Debian's pycurl is linked with
# that one, where the program curl has OpenSSL.
import sys

import pycurl

if "GnuTLS" not in pycurl.version:
    sys.exit("pycurl is not linked with GnuTLS but: " + pycurl.version)
for url in sys.argv[1:]:
    handle = pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.TIMEOUT, 20)
    handle.setopt(pycurl.WRITEFUNCTION, lambda page: None)
    try:
        handle.perform()
        print(url, "accepts", flush=True)
    except pycurl.error as error:
        verdict = "refuses" if error.args[0] == pycurl.E_SSL_CACERT else "broken"
        print(url, verdict, *error.args if verdict == "broken" else (), flush=True)
    handle.close()
