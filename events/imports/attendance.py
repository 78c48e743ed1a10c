"""Attendance reports of Zoom, Teams and Meet, read from their bytes: no database, no settings.

The list of people is found by its shape: the first line that names a person's column and one of times, durations or
e-mails, in Spanish or English, wherever it stands below a summary. Of Teams' numbered sections the participants are
who was there, and the activities say only *when*, in place of first and last; nobody is counted in both.

A clock time is in the session's zone unless the cell or the column's head says otherwise. Whether a date is written day
or month first is decided by the session's own days; where both fit, the file is refused. Anything that cannot be read
raises :class:`Unreadable` with its line and column, and nothing of the file is used.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from web.dates import day_label
from web.search import fold
from web.spreadsheet import UnsafeText, UnsafeWorkbook, Value, csv_rows, looks_like_xlsx, text_of, xlsx_sheets

MAX_ROWS = 20_000
NAME_LENGTH = 160
Cells = list[Value]
# (first moment, last moment, seconds said): what is not known is None. Moments are seconds since 1970 in UTC.
Span = tuple[int | None, int | None, int | None]


class Unreadable(Exception):
    """The file cannot be used. ``sentence`` says why and what to do; line and column count from 1."""

    def __init__(self, sentence: str, line: int = 1, column: int = 1, head: str = "") -> None:
        super().__init__(sentence)
        self.line, self.column = line, column
        place = _("Línea {line}, columna {column}").format(line=line, column=column)
        self.sentence = f"{place} ({head}): {sentence}" if head else f"{place}: {sentence}"


@dataclass(frozen=True, slots=True)
class Session:
    """When and where the session was: its days, its zone and, where known, its first and last moment."""

    first_day: date
    last_day: date
    zone: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report, with what it says of one person."""

    number: int
    name: str
    other_name: str
    company: str
    email: str
    span: Span


@dataclass(slots=True)
class FilePerson:
    """One person of the file, as far as the file tells people apart: the same e-mail and name, all lines together.

    ``other_name``: the account's own name beside the one shown; ``company``: what stood in brackets before it.
    """

    name: str
    email: str
    other_name: str = ""
    company: str = ""
    lines: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """``waiting``: lines of people in the waiting room, who were not in the session."""

    format: str
    people: list[FilePerson]
    lines: int
    waiting: int


# --- What is attended


def minutes_of(spans: Sequence[Span], start: int | None, end: int | None) -> int | None:
    """Minutes attended: the union of the intervals, clipped to the session (PRODUCT, rule 12), to the nearest minute.

    A duration without times counts as it is; several are added up, since nobody knows whether they overlap; all
    together never make more than the session. A duration shorter than its own interval says that the person was away
    in between, and is the most that the interval counts. A line without times nor duration says only that somebody was
    there. Where one begins and nobody says until when, all is unknown, unless the others fill the session already.

    >>> minutes_of([(0, 3600, None), (1800, 5400, None)], None, None), minutes_of([(0, None, None)], 0, 3600)
    (90, None)
    """
    telling = [span for span in spans if any(part is not None for part in span)]
    if not telling:
        return None
    clipped, most, loose, unknown = [], 0, 0, False
    for first, last, seconds in telling:
        if first is not None and last is not None:
            inside = (first if start is None else max(first, start), last if end is None else min(last, end))
            length = max(inside[1] - inside[0], 0)
            clipped.append(inside)
            most += min(length, seconds) if seconds is not None and seconds + 60 <= last - first else length
        elif seconds is not None:
            loose += seconds
        else:
            unknown = True
    total = min(_union(clipped), most) + loose
    whole = None if start is None or end is None else end - start
    if whole is not None:
        total = min(total, whole)
    if unknown and (whole is None or total < whole):
        return None
    return (total + 30) // 60


def _union(intervals: Iterable[tuple[int, int]]) -> int:
    total, reached = 0, None
    for first, last in sorted(intervals):
        if last <= first or (reached is not None and last <= reached):
            continue
        total += last - (first if reached is None else max(first, reached))
        reached = last
    return total


def first_in(spans: Sequence[Span]) -> int | None:
    return min((first for first, _last, _seconds in spans if first is not None), default=None)


def last_out(spans: Sequence[Span]) -> int | None:
    """The last moment out; None where somebody came in and no line says when that ended."""
    if any(first is not None and last is None for first, last, _seconds in spans):
        return None
    return max((last for _first, last, _seconds in spans if last is not None), default=None)


# --- The bytes


def read_report(data: bytes, session: Session) -> Report:
    """The people of an attendance report. Raises :class:`Unreadable`."""
    if not data.strip():
        raise Unreadable(_("El archivo está vacío. Descargue otra vez el informe."))
    found = None
    for rows in _tables(data):
        if found := _find_head(rows):
            return _Reader(rows, found, session).report()
    sentence = _(
        "no se reconoce la lista de participantes: falta un encabezado con el nombre y la hora o la duración. "
        "Suba el informe tal como lo descargó."
    )
    raise Unreadable(sentence)


def _tables(data: bytes) -> Iterable[list[tuple[int, Cells]]]:
    """The file's tables, as (number of the line, cells); of text, by each delimiter that it may have."""
    if looks_like_xlsx(data):
        try:
            for rows in xlsx_sheets(data, max_rows=MAX_ROWS):
                yield _capped([(number, row) for number, row in enumerate(rows, start=1)])
        except UnsafeWorkbook as error:
            raise Unreadable(str(error)) from None
        return
    try:
        text = text_of(data)
        for delimiter in sorted("\t;,", key=text.count, reverse=True):
            if delimiter in text:
                yield _capped(csv_rows(text, delimiter))
    except UnsafeText as error:
        raise Unreadable(str(error), error.line, error.column) from None


def _capped(rows: list[tuple[int, Cells]]) -> list[tuple[int, Cells]]:
    if len(rows) > MAX_ROWS:
        sentence = _("el archivo pasa de {n} renglones. Divídalo en varios.").format(n=f"{MAX_ROWS:,}")
        raise Unreadable(sentence, line=MAX_ROWS + 1)
    return rows


# --- The head of the list, by its shape

_HEADS = {
    "name": """name|name original name|nombre|nombre nombre original|full name|nombre completo|display name
        |nombre para mostrar|participant|participant name|participante|nombre del participante|user name|username
        |nombre de usuario|nombre de usuario nombre original|user name original name|attendee|attendee name|asistente
        |nombre del asistente""",
    "first": "first name|primer nombre|nombre de pila|nombre s",
    "last": "last name|surname|apellido|apellidos|apellido s",
    "email": """user email|email|e mail|email address|correo|correo electronico|e mail del usuario|email del usuario
        |correo electronico del usuario|correo del usuario|direccion de correo electronico|direccion de correo""",
    "upn": """participant id upn|id de participante upn|id del participante upn|identificador de participante upn
        |identificador del participante upn|upn""",
    "start": """join time|first join|first join time|joined|joined at|time joined|hora de union|primera union
        |hora de entrada|hora para unirse|primera entrada|hora de la primera union|hora de incorporacion
        |primera incorporacion|hora de ingreso|hora de conexion|hora en que se unio|hora a la que se unio|entrada
        |primer ingreso|hora de acceso""",
    "end": """leave time|last leave|last leave time|left|left at|time exited|time left|hora de salida|ultima salida
        |hora para salir|hora de abandono|hora de la ultima salida|hora de desconexion|hora en que salio
        |hora a la que salio|salida|ultimo abandono""",
    "duration": """duration|duration minutes|total duration minutes|in meeting duration|attendance duration|time in call
        |time in session minutes|duracion|duracion minutos|duracion total minutos|duracion en la reunion
        |duracion de la reunion|duracion durante la reunion|duracion dentro de la reunion|tiempo en la reunion
        |tiempo en la llamada|duracion de la asistencia|tiempo en la sesion minutos|duration seconds
        |duracion segundos|duracion en minutos|minutos|minutes""",
    "action": "user action|accion del usuario|accion de usuario|accion",
    "at": "timestamp|marca de tiempo|marca temporal|fecha y hora",
    "waiting": "in waiting room|en sala de espera|en la sala de espera",
    "role": "role|rol",
}
_COLUMNS = {name.strip(): key for key, names in _HEADS.items() for name in re.sub(r"\s*\n\s*", "", names).split("|")}
_SECTION = re.compile(r"^\s*(\d+)\s*[.)]\s+(\S.*)$")
_TELLS = {"start", "end", "duration", "at", "email"}


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(text)))


@dataclass(frozen=True)
class _Head:
    """Where the list's head is (index of the row), and which column holds what."""

    index: int
    columns: dict[str, int]
    labels: tuple[str, ...]
    zone: ZoneInfo | timezone | None


def _head_of(index: int, cells: Cells) -> _Head | None:
    columns: dict[str, int] = {}
    zone: ZoneInfo | timezone | None = None
    for place, cell in enumerate(cells):
        if not isinstance(cell, str) or not cell.strip():
            continue
        label, said = _without_zone(cell)
        key = _COLUMNS.get(_words(label))
        if key and key not in columns:
            columns[key] = place
            zone = zone or (said if key in {"start", "end", "at"} else None)
    if "first" in columns and "name" not in columns:
        columns["name"] = columns["first"]
    if "name" not in columns or not _TELLS & set(columns):
        return None
    return _Head(index, columns, tuple(str(cell or "").strip() for cell in cells), zone)


def _without_zone(label: str) -> tuple[str, ZoneInfo | timezone | None]:
    """``Join Time (UTC)`` → ``Join Time`` and its zone."""
    found = re.search(r"\(([^()]*)\)\s*$", label)
    if not found:
        return label, None
    text = found[1].strip()
    zone: ZoneInfo | timezone | None = _offset(text)
    if zone is None and re.fullmatch(r"[A-Za-z]+/[A-Za-z_/]+", text):
        try:
            zone = ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            zone = None
    return (label[: found.start()], zone) if zone else (label, None)


def _offset(text: str) -> timezone | None:
    """``UTC``, ``GMT-6``, ``UTC+05:30``, ``Z``, ``-0600``; None where it says nothing."""
    found = re.fullmatch(r"(Z|UTC|GMT)?\s*(?:([+\-−])\s*(\d{1,2})(?::?(\d{2}))?)?", text.strip(), re.IGNORECASE)
    if not found or not found[0]:
        return None
    if not found[2]:
        return UTC
    delta = timedelta(hours=int(found[3]), minutes=int(found[4] or 0))
    return timezone(delta if found[2] == "+" else -delta) if delta < timedelta(hours=15) else None


def _find_head(rows: list[tuple[int, Cells]]) -> _Head | None:
    """The head of the participants: of the section so called where sections are numbered, else the first one."""
    section, first = "", None
    for index, (_number, cells) in enumerate(rows):
        if title := _section_title(cells):
            section = title
            continue
        head = _head_of(index, cells)
        if head is None:
            continue
        if not section or section.startswith(("particip", "asistent", "attend")):
            return head
        first = first or head
    return first


def _section_title(cells: Cells) -> str:
    """``2. Participantes`` → *participantes*; empty where the row is none."""
    filled = [cell for cell in cells if cell not in (None, "")]
    if len(filled) != 1 or not isinstance(filled[0], str):
        return ""
    found = _SECTION.match(filled[0])
    return _words(found[2]) if found else ""


# --- Cells

_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2007\u2009\u200a\u3000"), " ") | dict.fromkeys(
    map(ord, "\u200b\u200e\u200f\ufeff\u2060"), None
)
_NOTHING = {"", "-", "–", "—", "n/a", "na", "n/d", "sin dato", "unknown", "desconocido", "desconocida"}
_UNITS = {"h": 3600, "m": 60, "s": 1}
_AMOUNT = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(h(?:oras?|ours?|rs?)?|m(?:inutos?|inutes?|ins?)?|s(?:egundos?|econds?|egs?|ecs?)?)(?![a-z])\.?"
)
_MONTH_NAMES = """jan january ene enero|feb february febrero|mar march marzo|apr april abr abril|may mayo
    |jun june junio|jul july julio|aug august ago agosto|sep sept september septiembre setiembre|oct october octubre
    |nov november noviembre|dec december dic diciembre"""
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for name in names.split()}
_NUMERIC = re.compile(r"(\d{1,4})([/.\-])(\d{1,2})\2(\d{1,4})")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:\s+de)?[\s\-]+([a-z]+)\.?,?(?:\s+del?)?[\s\-]+(\d{4})")
_MONTH_DAY = re.compile(r"([a-z]+)\.?\s+(\d{1,2}),?\s+(\d{4})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]m)?\s*(.*)")


def clean(text: str) -> str:
    """One line with plain spaces: narrow and hard spaces become spaces, marks of direction go."""
    return " ".join(text.translate(_SPACES).split())


def duration_of(text: str, unit: int = 60) -> int | None:
    """Seconds of ``1h 27m 51s``, ``1 h 27 min``, ``1:27:51`` or a plain number of ``unit`` seconds; None where nothing
    is said. Raises ``ValueError``.

    >>> duration_of("1h 27m 51s"), duration_of("1 h 27 min"), duration_of("87"), duration_of("1:27:51"), duration_of("")
    (5271, 5220, 5220, 5271, None)
    """
    text = fold(clean(text))
    if text in _NOTHING:
        return None
    if re.fullmatch(r"\d{1,6}([.,]\d{1,6})?", text):
        return round(float(text.replace(",", ".")) * unit)
    if found := re.fullmatch(r"(\d{1,3}):([0-5]\d):([0-5]\d)", text):
        return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    if len(text) > 60 or re.sub(r"[\s,]|\b(y|and|e)\b", "", _AMOUNT.sub("", text)) or not _AMOUNT.search(text):
        raise ValueError(text)
    return round(sum(float(number.replace(",", ".")) * _UNITS[word[0]] for number, word in _AMOUNT.findall(text)))


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment as written. ``day``: (year, month, day), or three numbers whose order nobody has said yet."""

    day: tuple[int, int, int] | None
    is_open: bool
    clock: time
    offset: timezone | None


@lru_cache(maxsize=32_768)
def _moment_of(text: str) -> _Moment | None:
    """A date with its time, or a time alone. None where nothing is said; ``ValueError`` where it is no moment."""
    text = fold(clean(text)).replace("−", "-")
    if text in _NOTHING:
        return None
    text = re.sub(r"\b([ap])\s*\.?\s*m\b\.?", r"\1m", text)
    day, is_open, rest = _day_of(text)
    rest = re.sub(r"^[\s,]*(?:t(?=\d)|a las\s)?[\s,]*", "", rest)
    if day is not None and not rest:
        raise ValueError(text)
    found = _CLOCK.fullmatch(rest)
    if not found:
        raise ValueError(text)
    offset = _offset(found[5].strip(" ()")) if found[5].strip() else None
    if found[5].strip() and offset is None:
        raise ValueError(text)
    hour, half = int(found[1]), found[4]
    if half and not 1 <= hour <= 12:
        raise ValueError(text)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return _Moment(day, is_open, time(hour, int(found[2]), int(found[3] or 0)), offset)


def _day_of(text: str) -> tuple[tuple[int, int, int] | None, bool, str]:
    """The date at the text's beginning, whether the order of its day and month is open, and what follows."""
    if found := _NUMERIC.match(text):
        first, second, third = int(found[1]), int(found[3]), int(found[4])
        if len(found[1]) == 4:
            return (first, second, third), False, text[found.end() :]
        if len(found[1]) > 2 or len(found[4]) not in {2, 4}:
            raise ValueError(text)
        return (first, second, third + (2000 if third < 100 else 0)), True, text[found.end() :]
    for pattern, order in ((_DAY_MONTH, (3, 2, 1)), (_MONTH_DAY, (3, 1, 2))):
        if (found := pattern.match(text)) and found[order[1]] in _MONTHS:
            year, day = int(found[order[0]]), int(found[order[2]])
            return (year, _MONTHS[found[order[1]]], day), False, text[found.end() :]
    return None, False, text


_LABEL = r"external|externo|externa|unverified|sin verificar|no verificado|no verificada|guest|invitado|invitada|host"
_LABELS = re.compile(
    rf"\s*\((?:{_LABEL}|anfitrion|anfitriona|co-?host|coanfitrion|me|yo|you|organizer|organizador|organizadora)\)\s*$"
)
_COMPANY = re.compile(r"^\s*\[([^\[\]]{1,120})\]\s*(.+)$")
_ORIGINAL = re.compile(r"^(.+?)\s*\(([^()]{2,})\)$")


def name_of(text: str, *, with_original: bool = False) -> tuple[str, str, str]:
    """(name, the other name, company) of a name as shown: *(External)*, *[Empresa]* and the like are no part of it.

    ``with_original``: Zoom writes *shown (Original)*; the fuller of the two is the name.
    """
    name, company, other = clean(text), "", ""
    while (bare := _without_label(name)) != name:
        name = bare
    if found := _COMPANY.match(name):
        company, name = found[1].strip(), found[2].strip()
    if with_original and (found := _ORIGINAL.match(name)):
        name, other = found[1], found[2]
        if len(other.split()) > len(name.split()):
            name, other = other, name
    return name[:NAME_LENGTH], other[:NAME_LENGTH], company


def _without_label(name: str) -> str:
    # Folding a Spanish name keeps its length, so what ends the folded text ends the name.
    folded = fold(name)
    found = _LABELS.search(folded) if len(folded) == len(name) else None
    return name[: found.start()].rstrip() if found and found.start() else name


def _email_of(text: str) -> str:
    """An e-mail in lower case; empty where it is none, hidden (*r***@*) or a guest's technical name (*#EXT#*)."""
    text = clean(text).lower()
    return text if re.fullmatch(r"[^@\s*#<>]{1,64}@[^@\s*#<>]{1,180}\.[^@\s*#<>]{1,20}", text) else ""


# --- The lines


class _Reader:
    """Reads the lines below a head. Dates stay open until all are seen: their order is one for the whole file."""

    def __init__(self, rows: list[tuple[int, Cells]], head: _Head, session: Session) -> None:
        self.rows, self.head, self.session = rows, head, session
        self.zone = ZoneInfo(session.zone)
        self.month_first: bool | None = None
        self.waiting = 0

    def report(self) -> Report:
        body = list(self._body(self.head))
        activities = self._activities()
        self._settle_dates([(self.head, body), *([activities] if activities else [])])
        lines = self._events(body) if "action" in self.head.columns else self._lines(self.head, body)
        people = _together(lines)
        if activities:
            self._refine(people, self._lines(*activities))
        if not people:
            raise Unreadable(_("la lista de participantes no tiene a nadie."), self.rows[self.head.index][0])
        return Report(self._format(), people, len(lines), self.waiting)

    def _format(self) -> str:
        columns, first = self.head.columns, _words(self.head.labels[self.head.columns["name"]])
        if "action" in columns or "upn" in columns or "role" in columns:
            return "teams"
        if any(_section_title(cells) for _number, cells in self.rows[: self.head.index]):
            return "teams"
        if "last" in columns:
            return "meet"
        rest = {_words(label) for label in self.head.labels}
        zoom = first.endswith(("original name", "nombre original")) or rest & {"guest", "invitado", "hora para unirse"}
        return "zoom" if zoom else "other"

    def _body(self, head: _Head) -> Iterable[tuple[int, Cells]]:
        """The rows of the list: until a section's title, another head, or a line apart with one cell."""
        after_blank, width = False, max(head.columns.values()) + 1
        for index in range(head.index + 1, len(self.rows)):
            number, cells = self.rows[index]
            filled = [cell for cell in cells if cell is not None and str(cell).strip()]
            if not filled:
                after_blank = True
                continue
            if (len(filled) == 1 and (after_blank or _section_title(cells))) or self._is_head(head, index, cells):
                return
            if len(cells) < 2 <= width:
                raise Unreadable(_("el renglón está cortado: le faltan celdas."), number, len(cells) + 1)
            extra = [place for place, cell in enumerate(cells) if place >= len(head.labels) and str(cell or "").strip()]
            if extra:
                sentence = _("hay más celdas que encabezados: tal vez un nombre con coma y sin comillas.")
                raise Unreadable(sentence, number, extra[0] + 1)
            after_blank = False
            yield number, cells

    def _is_head(self, head: _Head, index: int, cells: Cells) -> bool:
        place = head.columns["name"]
        value = cells[place] if place < len(cells) else None
        return isinstance(value, str) and _words(value) in _COLUMNS and _head_of(index, cells) is not None

    def _activities(self) -> tuple[_Head, list[tuple[int, Cells]]] | None:
        """Teams' third section, with each time in and out, where there is one."""
        section = ""
        for index in range(self.head.index + 1, len(self.rows)):
            cells = self.rows[index][1]
            section = _section_title(cells) or section
            head = _head_of(index, cells) if section.startswith(("activi", "in meeting activi")) else None
            if head and {"start", "end"} <= set(head.columns):
                return head, list(self._body(head))
        return None

    # Dates

    def _settle_dates(self, parts: Sequence[tuple[_Head, list[tuple[int, Cells]]]]) -> None:
        """Say whether the file writes the month first. Every date must be one of the session's days or beside it."""
        seen: dict[tuple[tuple[int, int, int], bool], tuple[int, int, str, str]] = {}
        for head, body in parts:
            for key in ("start", "end", "at"):
                place = head.columns.get(key)
                if place is None:
                    continue
                for number, cells in body:
                    moment = self._read_moment(head, number, cells, place)
                    if moment is not None and moment.day is not None:
                        written = clean(str(cells[place]))
                        where = (number, place + 1, head.labels[place], written)
                        seen.setdefault((moment.day, moment.is_open), where)
        orders = [order for order in (False, True) if all(self._fits(day, order) for day in seen)]
        if len(orders) == 2 and any(_date(day, False) != _date(day, True) for day in seen):
            day = next(day for day in seen if _date(day, False) != _date(day, True))
            self._refuse_both(day, *seen[day])
        if not orders:
            self._refuse_date(seen)
        self.month_first = orders[0]

    def _fits(self, day: tuple[tuple[int, int, int], bool], month_first: bool) -> bool:
        found = _date(day, month_first)
        near = timedelta(days=1)
        return found is not None and self.session.first_day - near <= found <= self.session.last_day + near

    def _refuse_both(
        self, day: tuple[tuple[int, int, int], bool], number: int, column: int, head: str, text: str
    ) -> None:
        readings = [day_label(found, weekday=False) for order in (False, True) if (found := _date(day, order))]
        sentence = _(
            "«{text}» puede ser el {one} o el {other}, y el evento abarca los dos días. Guarde el informe con "
            "fechas como 2026-06-18 y súbalo otra vez."
        ).format(text=text, one=readings[0], other=readings[-1])
        raise Unreadable(sentence, number, column, head)

    def _refuse_date(self, seen: dict[tuple[tuple[int, int, int], bool], tuple[int, int, str, str]]) -> None:
        def never(day: tuple[tuple[int, int, int], bool]) -> bool:
            return not (self._fits(day, False) or self._fits(day, True))

        day = next((day for day in seen if never(day)), next(iter(seen)))
        number, column, head, text = seen[day]
        if _date(day, False) is None and _date(day, True) is None:
            raise Unreadable(_("«{text}» no es una fecha que exista.").format(text=text), number, column, head)
        sentence = _("«{text}» no es del día del evento ({day}). Revise que el informe sea de esta sesión.")
        when = day_label(self.session.first_day, weekday=False)
        raise Unreadable(sentence.format(text=text, day=when), number, column, head)

    # Cells of a row

    def _read_moment(self, head: _Head, number: int, cells: Cells, place: int) -> _Moment | None:
        value = cells[place] if place < len(cells) else None
        if value is None or value == "":
            return None
        if isinstance(value, datetime):
            return _Moment((value.year, value.month, value.day), False, value.time(), None)
        if isinstance(value, time):
            return _Moment(None, False, value, None)
        try:
            return _moment_of(value) if isinstance(value, str) else _moment_of(str(value))
        except ValueError:
            sentence = _("«{text}» no es una fecha con hora que se entienda.").format(text=clean(str(value))[:60])
            raise Unreadable(sentence, number, place + 1, head.labels[place]) from None

    def _seconds(self, moment: _Moment | None, head: _Head, number: int, place: int) -> int | None:
        """The moment as seconds since 1970."""
        if moment is None:
            return None
        if moment.day is not None:
            day = _date((moment.day, moment.is_open), bool(self.month_first))
            assert day is not None
        elif self.session.first_day != self.session.last_day:
            sentence = _("la hora no dice de qué día es, y el evento dura varios.")
            raise Unreadable(sentence, number, place + 1, head.labels[place])
        else:
            day = self.session.first_day
        zone = moment.offset or head.zone or self.zone
        return int(datetime.combine(day, moment.clock, tzinfo=zone).timestamp())

    def _moment_at(self, head: _Head, key: str, number: int, cells: Cells) -> tuple[int | None, bool]:
        """(seconds since 1970, whether it came without a day)."""
        place = head.columns.get(key)
        if place is None:
            return None, False
        moment = self._read_moment(head, number, cells, place)
        return self._seconds(moment, head, number, place), moment is not None and moment.day is None

    def _duration(self, head: _Head, number: int, cells: Cells) -> int | None:
        place = head.columns.get("duration")
        value = cells[place] if place is not None and place < len(cells) else None
        if place is None or value is None:
            return None
        if isinstance(value, timedelta):
            return round(value.total_seconds())
        if isinstance(value, datetime):
            value = value.time()
        if isinstance(value, time):
            return value.hour * 3600 + value.minute * 60 + value.second
        unit = 1 if re.search(r"segundo|second", fold(head.labels[place])) else 60
        try:
            return duration_of(str(value), unit)
        except ValueError:
            sentence = _("«{text}» no es una duración que se entienda.").format(text=clean(str(value))[:60])
            raise Unreadable(sentence, number, place + 1, head.labels[place]) from None

    def _text(self, head: _Head, key: str, cells: Cells) -> str:
        place = head.columns.get(key)
        value = cells[place] if place is not None and place < len(cells) else None
        return clean(str(value)) if value is not None else ""

    def _who(self, head: _Head, number: int, cells: Cells) -> tuple[str, str, str, str]:
        """(name, other name, company, e-mail)."""
        shown = self._text(head, "name", cells)
        if "last" in head.columns:
            shown = f"{shown} {self._text(head, 'last', cells)}".strip()
        label = _words(head.labels[head.columns["name"]])
        name, other, company = name_of(shown, with_original="original" in label)
        email = _email_of(self._text(head, "email", cells)) or _email_of(self._text(head, "upn", cells))
        if not name and not email:
            place = head.columns["name"]
            raise Unreadable(_("falta el nombre."), number, place + 1, head.labels[place])
        return name or email, other, company, email

    # Lines

    def _lines(self, head: _Head, body: list[tuple[int, Cells]]) -> list[Line]:
        found = []
        for number, cells in body:
            if self._text(head, "waiting", cells).casefold() in {"yes", "sí", "si"}:
                self.waiting += 1
                continue
            who = self._who(head, number, cells)
            found.append(Line(number, *who, self._span(head, number, cells)))
        return found

    def _span(self, head: _Head, number: int, cells: Cells) -> Span:
        first, _bare = self._moment_at(head, "start", number, cells)
        last, last_is_bare = self._moment_at(head, "end", number, cells)
        seconds = self._duration(head, number, cells)
        if first is not None and last is not None and last < first and last_is_bare:
            last += 24 * 3600
        if first is not None and last is not None and last < first:
            place = head.columns["end"]
            raise Unreadable(_("la salida es anterior a la entrada."), number, place + 1, head.labels[place])
        if seconds is not None and (first is None) != (last is None):
            first, last = (first, first + seconds) if first is not None else ((last or 0) - seconds, last)
        return first, last, seconds

    def _events(self, body: list[tuple[int, Cells]]) -> list[Line]:
        """Teams' first vintage: one line for each time in and each time out."""
        inside: dict[tuple[str, str], Line] = {}
        done: list[Line] = []
        read = []
        for number, cells in body:
            moment, _bare = self._moment_at(self.head, "at", number, cells)
            read.append((moment or 0, number, self._joined(number, cells), self._who(self.head, number, cells), moment))
        for _order, number, joined, who, moment in sorted(read, key=lambda entry: entry[:2]):
            key = (fold(who[0]), who[3])
            if joined and key not in inside:
                inside[key] = Line(number, *who, (moment, None, None))
            elif not joined:
                begun = inside.pop(key, None)
                done.append(replace(begun or Line(number, *who, (None, None, None)), span=_closed(begun, moment)))
        return sorted([*done, *inside.values()], key=lambda line: line.number)

    def _joined(self, number: int, cells: Cells) -> bool:
        action = fold(self._text(self.head, "action", cells))
        if action.startswith(("join", "se unio", "se ha unido", "unid", "entro", "ingreso", "se incorporo")):
            return True
        if action.startswith(
            ("left", "leave", "salio", "ha salido", "abandono", "ha abandonado", "se fue", "se ha ido")
        ):
            return False
        place = self.head.columns["action"]
        sentence = _("«{text}» no dice si entró o salió.").format(text=action[:60])
        raise Unreadable(sentence, number, place + 1, self.head.labels[place])

    @staticmethod
    def _refine(people: list[FilePerson], lines: list[Line]) -> None:
        """Take each person's times in and out from the activities, in place of the first and the last."""
        spans: dict[tuple[str, str], list[Span]] = {}
        for line in lines:
            spans.setdefault((fold(line.name), line.email), []).append(line.span)
        for person in people:
            person.spans = spans.get((fold(person.name), person.email), person.spans)


def _closed(begun: Line | None, moment: int | None) -> Span:
    return (begun.span[0] if begun else None, moment, None)


def _date(day: tuple[tuple[int, int, int], bool], month_first: bool) -> date | None:
    (first, second, third), is_open = day
    try:
        if not is_open:
            return date(first, second, third)
        return date(third, first, second) if month_first else date(third, second, first)
    except ValueError:
        return None


def _together(lines: Iterable[Line]) -> list[FilePerson]:
    """One entry for each name with its e-mail, in the order of the file."""
    found: dict[tuple[str, str], FilePerson] = {}
    for line in lines:
        person = found.setdefault((_words(line.name) or line.name, line.email), FilePerson(line.name, line.email))
        person.other_name, person.company = person.other_name or line.other_name, person.company or line.company
        person.lines.append(line.number)
        person.spans.append(line.span)
    return list(found.values())
