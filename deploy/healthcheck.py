"""Whether the web process of this container answers, asked under the name the portal is known by.

It asks ``/estado/`` as well, whatever that answers: so a portal that nobody watches raises the alarm of its mail.
"""

import contextlib
import http.client
import os
import sys
from urllib.parse import urlsplit

site = urlsplit(os.environ["SITE_URL"])


def ask(path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=5)
    connection.request("GET", path, headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
    return connection.getresponse().status


with contextlib.suppress(OSError, http.client.HTTPException):
    ask("/estado/")
sys.exit(ask("/healthz") != 200)
