"""What the calendar costs somebody who comes for the first time, over a telephone's connection: bytes and stillness, as
Chromium counts them."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.live import RunningPortal

pytestmark = pytest.mark.journey
MOST = 60 * 1024
# Of the page as it is shown: the moment something is seen, and how far things jump afterwards.
VITALS = """() => new Promise(resolve => {
  let shift = 0, largest = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => { if (!e.hadRecentInput) shift += e.value }))
    .observe({type: 'layout-shift', buffered: true});
  new PerformanceObserver(list => list.getEntries().forEach(e => { largest = e.startTime }))
    .observe({type: 'largest-contentful-paint', buffered: true});
  const first = performance.getEntriesByName('first-contentful-paint')[0];
  setTimeout(() => resolve({first: first ? first.startTime : 0, largest, shift}), 500);
})"""


@dataclass
class Traffic:
    """What came over the line: the answer of each address, and its bytes there, headers included."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def answered(self, event: dict[str, Any]) -> None:
        self.names[event["requestId"]] = event["response"]["url"]
        self.answers[event["response"]["url"]] = event["response"]

    def finished(self, event: dict[str, Any]) -> None:
        self.sizes[self.names[event["requestId"]]] = event["encodedDataLength"]


def watched(page: Page) -> Traffic:
    found, line = Traffic(), page.context.new_cdp_session(page)
    line.on("Network.responseReceived", found.answered)
    line.on("Network.loadingFinished", found.finished)
    line.send("Network.enable")
    return found


def test_first_visit_of_the_calendar_is_light_and_still(running_portal: RunningPortal, page: Page) -> None:
    traffic = watched(page)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{running_portal.url}/calendario/", wait_until="networkidle")
    vitals = page.evaluate(VITALS)
    assert traffic.sizes
    assert sum(traffic.sizes.values()) < MOST, traffic.sizes
    for address, answer in traffic.answers.items():
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        if answer["mimeType"] in {"text/html", "text/css", "text/javascript", "image/svg+xml"}:
            small = traffic.sizes.get(address, 0) < 1024
            assert headers.get("content-encoding") in {"br", "gzip"} or small, address
        if "/static/" in address:
            assert "immutable" in headers["cache-control"], address
    # Generous: the machine of the tests is busy. What is asked for is that nothing blocks and nothing jumps.
    assert 0 < vitals["first"] < 4000, vitals
    assert vitals["largest"] < 5000, vitals
    assert vitals["shift"] < 0.05, vitals


def test_second_visit_asks_for_the_page_alone_and_gets_a_few_bytes(running_portal: RunningPortal, page: Page) -> None:
    page.goto(f"{running_portal.url}/acciones/", wait_until="networkidle")
    page.goto(f"{running_portal.url}/red/", wait_until="networkidle")
    traffic = watched(page)
    page.goto(f"{running_portal.url}/acciones/", wait_until="networkidle")
    sent = {address: size for address, size in traffic.sizes.items() if size}
    assert sum(sent.values()) < 2048, sent
