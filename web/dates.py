"""Dates and times as people read them, always with the zone named.

A time is stored in UTC and shown in the zone of the event; the offset printed is the one of that day, because Mexico
kept summer time until 2022 (11:00 in Mexico City was 16:00 UTC in June 2020 and is 17:00 UTC in June 2026).
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Zones that the network's events use, in the reader's words. Others are named by their city.
ZONE_NAMES = {
    "America/Mexico_City": gettext_lazy("hora del centro de México"),
    "America/Monterrey": gettext_lazy("hora del centro de México"),
    "America/Cancun": gettext_lazy("hora del sureste de México"),
    "America/Mazatlan": gettext_lazy("hora del Pacífico de México"),
    "America/Hermosillo": gettext_lazy("hora de Sonora"),
    "America/Tijuana": gettext_lazy("hora del noroeste de México"),
    "America/Guayaquil": gettext_lazy("hora de Ecuador"),
    "America/Bogota": gettext_lazy("hora de Colombia"),
    "America/Lima": gettext_lazy("hora del Perú"),
    "America/Argentina/Buenos_Aires": gettext_lazy("hora de Argentina"),
    "America/Sao_Paulo": gettext_lazy("hora de Brasilia"),
    "Europe/Berlin": gettext_lazy("hora de Alemania"),
    "Europe/Madrid": gettext_lazy("hora peninsular de España"),
    "UTC": gettext_lazy("tiempo universal"),
}


def offset_label(moment: datetime, zone: str) -> str:
    """``UTC−6``, ``UTC−5``, ``UTC+5:30``: the offset in force at that moment, with a true minus sign."""
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02d}' if rest else ''}"


def zone_label(moment: datetime, zone: str) -> str:
    """``hora del centro de México (UTC−6)``."""
    name = ZONE_NAMES.get(zone) or _("hora de %(city)s") % {"city": zone.rsplit("/", 1)[-1].replace("_", " ")}
    offset = offset_label(moment, zone)
    return f"{name} ({offset})"


def clock(moment: datetime, zone: str) -> str:
    """``11:00`` in the zone given."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def time_label(start: datetime, zone: str, end: datetime | None = None) -> str:
    """``11:00 h, hora del centro de México (UTC−6)``, ``11:00 a 13:00 h, …``, ``20:00 a 01:00 h del 3 de mayo, …``."""
    begin, finish = clock(start, zone), clock(end, zone) if end else ""
    first = start.astimezone(ZoneInfo(zone)).date()
    last = end.astimezone(ZoneInfo(zone)).date() if end else first
    if end is None or end <= start:
        span = _("%(start)s h") % {"start": begin}
    elif last == first:
        span = _("%(start)s a %(end)s h") % {"start": begin, "end": finish}
    else:
        day = formats.date_format(last, _("j \\d\\e F")) if last.year == first.year else day_label(last, weekday=False)
        span = _("%(start)s a %(end)s h del %(day)s") % {"start": begin, "end": finish, "day": day}
    return f"{span}, {zone_label(start, zone)}"


def day_label(day: date, weekday: bool = True) -> str:
    """``martes 17 de junio de 2026`` (the English page: ``Tuesday 17 June 2026``)."""
    return formats.date_format(day, _("l j \\d\\e F \\d\\e Y") if weekday else _("j \\d\\e F \\d\\e Y"))


def month_label(day: date) -> str:
    """``junio de 2026``."""
    return formats.date_format(day, _("F \\d\\e Y"))


def day_range_label(start: date, end: date | None) -> str:
    """``17 de junio de 2026`` or ``del 17 al 19 de junio de 2026`` and its longer forms."""
    if not end or end == start:
        return day_label(start)
    if (start.year, start.month) == (end.year, end.month):
        first = str(start.day)
    elif start.year == end.year:
        first = formats.date_format(start, _("j \\d\\e F"))
    else:
        first = day_label(start, weekday=False)
    return _("del %(start)s al %(end)s") % {"start": first, "end": day_label(end, weekday=False)}
