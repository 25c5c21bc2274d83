# SPDX-License-Identifier: GPL-3.0-or-later
#
# What Debian's requests makes of each server.
import sys

import requests

for url in sys.argv[1:]:
    try:
        requests.get(url, timeout=20)
        print(url, "accepts", flush=True)
    except requests.exceptions.SSLError as error:
        if "unable to get local issuer" in str(error) or "self-signed certificate in" in str(error):
            print(url, "refuses", flush=True)
        else:
            print(url, "broken", error, flush=True)
    except requests.exceptions.RequestException as error:
        print(url, "broken", error, flush=True)
