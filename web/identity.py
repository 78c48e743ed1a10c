"""The installation's identity as pages use it, also while the database is away."""

import hashlib
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db import DatabaseError
from django.http import HttpRequest

from web.contrast import mix
from web.models import Installation

DEFAULT_COLOURS = {"primary_light": "#0B6B52", "primary_dark": "#5FCBA6", "accent": "#C98A00"}
_last_known: Installation | None = None


def current() -> Installation:
    """The row; where the database or cache cannot answer, the last one this process saw, else the defaults."""
    global _last_known
    try:
        _last_known = Installation.current()
    except (DatabaseError, OSError):
        return _last_known or Installation(pk=1)
    return _last_known


def last_known() -> Installation:
    """The identity without asking anything: what error pages are drawn with."""
    return _last_known or Installation(pk=1)


class Zone(tzinfo):
    """The zone of the installation for the length of a request or a task, looked up where a time is first needed."""

    @cached_property
    def installation(self) -> Installation:
        return current()

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.installation.time_zone)

    def __str__(self) -> str:
        return str(self._zone)

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return self._zone.utcoffset(moment)

    def dst(self, moment: datetime | None) -> timedelta | None:
        return self._zone.dst(moment)

    def tzname(self, moment: datetime | None) -> str | None:
        return self._zone.tzname(moment)

    def fromutc(self, moment: datetime) -> datetime:
        return self._zone.fromutc(moment.replace(tzinfo=self._zone))


def of(request: HttpRequest) -> Installation:
    """The row for the length of a request, which asks for it once."""
    zone: Zone | None = getattr(request, "zone", None)
    return zone.installation if zone else current()


def theme_css(installation: Installation) -> str:
    """The colours that differ from the style sheet's own, or nothing."""
    light, dark = installation.primary_light, installation.primary_dark
    rules, more = [], []
    if (light, dark) != (DEFAULT_COLOURS["primary_light"], DEFAULT_COLOURS["primary_dark"]):
        rules.append(f"--primary:light-dark({light},{dark});")
        rules.append(
            f"--primary-strong:light-dark(color-mix(in oklab,{light},black 25%),color-mix(in oklab,{dark},white 30%));"
        )
        # The band of the home page: white words, so darker than any colour that is read on white.
        ground = f"light-dark({mix(light, '#000000', 0.35)},{mix(dark, '#0B110F', 0.84)})"
        words = f".hero .button-primary,.hero .button-primary:hover{{color:{mix(light, '#000000', 0.35)};}}"
        more.append(f"@media screen{{.hero{{background:{ground};}}{words}}}")
    if installation.accent != DEFAULT_COLOURS["accent"]:
        rules.append(f"--accent:{installation.accent};")
    return f":root{{{''.join(rules)}}}{''.join(more)}\n" if rules else ""


def theme_version(installation: Installation) -> str:
    """A short hash for the address of ``/tema.css``; empty where there is nothing to serve."""
    css = theme_css(installation)
    return hashlib.sha256(css.encode()).hexdigest()[:10] if css else ""
