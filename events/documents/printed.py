"""What is printed of an event's registered people: badges and the sheet that they sign."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from events.emails import absolute, check_in_url
from events.models import Event, Registration
from web import qr
from web.pdf import render_pdf

# Lines left for people who come without being registered; more where nobody is.
BLANK_LINES = 10
BLANK_LINES_ALONE = 20
# Letters of a name that fit in large and in middle type on a badge.
LARGE_NAME, MIDDLE_NAME = 18, 36


@dataclass(frozen=True)
class Badge:
    name: str
    institution: str
    municipality: str
    size: str
    code: str = ""


def badges_pdf(event: Event, rows: Iterable[Registration], *, moment: datetime) -> bytes:
    """Six badges of 4 × 3 inches to a letter page, to be cut; with the code for the door where the person has one."""
    found = [_badge(row) for row in rows]
    pairs = [found[start : start + 2] for start in range(0, len(found), 2)]
    return _pdf("pdf/events/badges.html", event, moment, {"pairs": pairs, "people": len(found)})


def sign_in_pdf(event: Event, rows: Iterable[Registration], *, moment: datetime) -> bytes:
    """The registered people with room to sign, numbered, then blank lines for those who come unregistered."""
    people = list(enumerate(rows, start=1))
    blank = BLANK_LINES if people else BLANK_LINES_ALONE
    lines = range(len(people) + 1, len(people) + blank + 1)
    return _pdf("pdf/events/sign_in.html", event, moment, {"people": people, "blank": lines})


def _badge(row: Registration) -> Badge:
    size = "large" if len(row.name) <= LARGE_NAME else "middle" if len(row.name) <= MIDDLE_NAME else "small"
    return Badge(
        name=row.name,
        institution=row.institution,
        municipality=row.municipality.name if row.municipality else "",
        size=size,
        code=qr.printed(check_in_url(row)) if row.comes_in_person else "",
    )


def _pdf(template: str, event: Event, moment: datetime, context: dict[str, Any]) -> bytes:
    language = (get_language() or "es")[:2]
    place = {"event": event, "privacy_url": absolute("/privacidad/"), **context}
    return render_pdf(template, place, moment=moment, language=language)
