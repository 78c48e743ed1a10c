"""Whether the web process of this container answers, asked under the name the portal is known by."""

import http.client
import os
import sys
from urllib.parse import urlsplit

site = urlsplit(os.environ["SITE_URL"])
connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=5)
connection.request("GET", "/healthz", headers={"Host": site.netloc, "X-Forwarded-Proto": site.scheme})
sys.exit(connection.getresponse().status != 200)
