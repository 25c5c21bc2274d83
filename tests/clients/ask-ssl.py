# SPDX-License-Identifier: GPL-3.0-or-later
#
# What Python's own ssl module makes of each server, by its defaults.
import ssl
import sys
import urllib.error
import urllib.request

for url in sys.argv[1:]:
    try:
        urllib.request.urlopen(url, timeout=20).read()
        print(url, "accepts", flush=True)
    except urllib.error.URLError as error:
        reason = error.reason
        # 19 and 20: no issuer that is trusted.
        if isinstance(reason, ssl.SSLCertVerificationError) and reason.verify_code in (19, 20):
            print(url, "refuses", flush=True)
        else:
            print(url, "broken", reason, flush=True)
