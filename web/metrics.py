"""What the web processes count of themselves, for Prometheus: requests, their time and their queries, by view.

Several processes answer for one portal, so each writes its numbers to files of a folder that they share
(``PROMETHEUS_MULTIPROC_DIR``, named by ``config.wsgi``) and whichever is asked adds them up.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, Summary
from prometheus_client.multiprocess import MultiProcessCollector

METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
OWN = CollectorRegistry()
REQUESTS = Counter("portal_requests", "Answered requests.", ["view", "method", "status"], registry=OWN)
SECONDS = Histogram(
    "portal_request_seconds", "From the request to its answer.", ["view"], registry=OWN,
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
QUERIES = Summary("portal_request_queries", "Questions to the database for one request.", ["view"], registry=OWN)


def counted() -> CollectorRegistry:
    """The numbers of all processes."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return OWN
    found = CollectorRegistry()
    MultiProcessCollector(found)
    return found


class MetricsMiddleware:
    """Counts what is answered. Views by their names, never by address: an address may hold a key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = 0

        def count(execute: Any, *args: Any) -> Any:
            nonlocal asked
            asked += 1
            return execute(*args)

        start = time.perf_counter()
        with connection.execute_wrapper(count):
            response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else getattr(request, "shared_view", "none")  # a kept page reaches no address
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, response.status_code).inc()
        SECONDS.labels(view).observe(time.perf_counter() - start)
        QUERIES.labels(view).observe(asked)
        return response
