"""First load: what a sheet of past events or of their attendance would write, row by row."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.enums import AttendanceSource
from events.forms.staff import MAX_DAYS
from events.models import Attendance, Event, Format
from events.services.editing import moment
from events.services.first_load import key_uid, load_attendance, load_events
from network.enums import LoadKind, Modality, OrganisationRole, PersonCategory, Sex, Verdict
from network.forms.first_load import FirstSheet, PeopleOfFile, email_of, refuse, who_column
from network.models import Pathway
from network.services import LoadRow
from network.services.matching import Found
from web import identity
from web.cells import SEPARATOR, Choice, Clock, Day, Email, Option, Text, Whole, WrongCell, enum_options
from web.search import folded_name
from web.sheets import Column, Row, Table

MOST_PEOPLE = Decimal(1_000_000)


class PastEventSheet(FirstSheet):
    kind = LoadKind.EVENTS
    lead = gettext_lazy("Las sesiones que ya ocurrieron, con su formato, fecha, camino y aforo declarado.")
    notes = (
        gettext_lazy(
            "Una fila es un evento que ya terminó. Se publica sin inscripción; sin hora, queda «hora no registrada»."
        ),
        gettext_lazy(
            "La clave es de su archivo (por ejemplo, T-2019-03): con ella la hoja de asistencia dice de qué evento "
            "habla."
        ),
        gettext_lazy("El aforo declarado se informa aparte y nunca se suma a la asistencia: diga de dónde sale."),
    )  # fmt: skip
    list_url = "staff_event_list"
    most = 500
    write = staticmethod(load_events)

    COMPARED = ("title", "format", "first_day", "last_day", "start_time", "end_time", "modality", "pathway", "topic",
                "municipality", "venue", "headcount", "source", "note")  # fmt: skip

    @cached_property
    def formats(self) -> dict[str, Format]:
        return {row.code: row for row in Format.objects.filter(is_individual=False)}

    @cached_property
    def pathways(self) -> dict[str, Pathway]:
        return {row.code: row for row in Pathway.objects.all()}

    @cached_property
    def table(self) -> Table:
        return Table(
            self.kind, self.kind.label,
            (
                Column("key", gettext_lazy("Clave"), Text(max_length=60), required=True,
                       help=gettext_lazy("La de su archivo; no se repite.")),
                Column("title", gettext_lazy("Título"), Text(max_length=200), required=True),
                Column("format", gettext_lazy("Formato"), Choice(source=lambda: _named(self.formats)), required=True),
                Column("first_day", gettext_lazy("Día"), Day(), required=True),
                Column("last_day", gettext_lazy("Último día"), Day(),
                       help=gettext_lazy("Solo si duró más de un día.")),
                Column("start_time", gettext_lazy("Hora de inicio"), Clock(),
                       help=gettext_lazy("Si no se sabe, se deja vacía.")),
                Column("end_time", gettext_lazy("Hora de término"), Clock()),
                Column("modality", gettext_lazy("Modalidad"), Choice(source=lambda: enum_options(Modality)),
                       required=True),
                Column("pathway", gettext_lazy("Camino de entrada"), Choice(source=lambda: _named(self.pathways)),
                       required=True),
                Column("topic", gettext_lazy("Tema"), Text(max_length=300)),
                Column("organisers", gettext_lazy("Quién convoca"), Text(max_length=800),
                       help=gettext_lazy("Una o varias instituciones, con punto y coma (;) entre ellas.")),
                Column("municipality", gettext_lazy("Municipio sede"), Choice(source=self.places),
                       help=gettext_lazy("Por su nombre o su clave del INEGI.")),
                Column("venue", gettext_lazy("Sede"), Text(max_length=200)),
                Column("headcount", gettext_lazy("Aforo declarado"), Whole(maximum=MOST_PEOPLE)),
                Column("source", gettext_lazy("Fuente"), Text(max_length=40),
                       help=gettext_lazy("De dónde sale, por ejemplo «Informe anual 2019». Con aforo es obligatoria.")),
                Column("note", gettext_lazy("Nota sobre la fuente"), Text(max_length=1000, lines=True)),
            ),
        )  # fmt: skip

    def rows(self, rows: Sequence[Row]) -> list[LoadRow]:
        self.today = timezone.localdate()
        self.seen: dict[Any, str] = {}
        uids = {key_uid(key) for row in rows if (key := row.values.get("key"))}
        stored = Event.objects.filter(uid__in=uids).select_related("format", "pathway", "municipality")
        self.stored = {event.uid: event for event in stored.prefetch_related("organisers__organisation")}
        days = {day for row in rows if (day := row.values.get("first_day"))}
        named = Event.objects.filter(first_day__in=days).values_list("title", "first_day", "uid")
        self.named = {(folded_name(title), day): uid for title, day, uid in named}
        made = []
        for row in rows:
            made.append(self._row(row))
            if row.faults:
                refuse(made[-1], [(fault.address, fault.sentence) for fault in row.faults])
        return made

    def _row(self, row: Row) -> LoadRow:
        key, title, day = (row.values.get(name) for name in ("key", "title", "first_day"))
        made = LoadRow(verdict=Verdict.NEW, address=row.address("title"), sheet=row.sheet, what=title or "")
        self._check_days(row)
        self._check_sums(row)
        if not key or not title or day is None:
            return made
        uid = key_uid(key)
        if self._is_twice(row, "key", uid) or self._is_twice(row, "title", (folded_name(title), day)):
            return made
        if (event := self.stored.get(uid)) is not None:
            self._compare(row, event, made)
        elif (folded_name(title), day) in self.named:
            said = _(
                "ya existe un evento con ese título y ese día: quite la fila; en la asistencia, elíjalo de la lista."
            )
            row.fault("title", said)
        else:
            self._keep(row, made)
        return made

    def _is_twice(self, row: Row, column: str, value: Any) -> bool:
        if value in self.seen:
            row.fault(column, _("el mismo evento está también en {cell}.").format(cell=self.seen[value]))
            return True
        self.seen[value] = row.address(column)
        return False

    def _check_days(self, row: Row) -> None:
        first, starts, ends = (row.values.get(name) for name in ("first_day", "start_time", "end_time"))
        if first is None:
            return
        last = row.values.get("last_day") or first
        if last >= self.today:
            column = "last_day" if row.values.get("last_day") else "first_day"
            row.fault(column, _("aquí entran eventos que ya terminaron: este prográmelo en Eventos."))
        if last < first:
            row.fault("last_day", _("termina antes de empezar: revise los días."))
        elif (last - first).days >= MAX_DAYS:
            row.fault("last_day", _("un evento dura hasta {n} días: escriba cada sesión aparte.").format(n=MAX_DAYS))
        if ends and not starts:
            row.fault(_cell(row, "start_time", "end_time"), _("falta la hora de inicio."))
        elif ends and last == first and ends <= starts:
            row.fault("end_time", _("termina antes de empezar: revise las horas."))
        for column, on, hour in (("start_time", first, starts), ("end_time", last, ends)):
            try:
                if hour:
                    moment(on, hour, identity.current().time_zone)
            except ValueError:
                row.fault(column, _("esa hora no existe ese día: los relojes se adelantan."))

    def _check_sums(self, row: Row) -> None:
        if row.values.get("headcount") is not None and not row.values.get("source"):
            row.fault(_cell(row, "source", "headcount"), _("un aforo declarado dice de dónde sale: escriba la fuente."))
        names = _names(row)
        if any(len(name) > 200 for name in names):
            row.fault(
                "organisers", _("el nombre de una institución pasa de 200 letras: sepárelas con punto y coma (;).")
            )
        if max(Counter(map(folded_name, names)).values(), default=0) > 1:
            row.fault("organisers", _("una institución está dos veces."))

    def _compare(self, row: Row, event: Event, made: LoadRow) -> None:
        """The event is in the portal: it stays as it is, and what the sheet says otherwise is shown."""
        there = {name: getattr(event, name) for name in self.COMPARED} | {
            "format": event.format.code, "pathway": event.pathway.code,
            "municipality": event.municipality.slug if event.municipality else None,
        }  # fmt: skip
        for name in self.COMPARED:
            column = self.table.column(name)
            said = row.values.get(name, column.kind.empty)
            if said != column.kind.empty and said != there[name]:
                made.changes.append((str(column.label), column.kind.words(there[name]), column.kind.words(said)))
        known = [one.organisation for one in event.organisers.all()]
        written = {folded_name(text) for one in known for text in (one.name, one.acronym, one.full_name)}
        if any(folded_name(name) not in written for name in _names(row)):
            before = f"{SEPARATOR} ".join(one.name for one in known)
            made.changes.append((str(self.table.column("organisers").label), before, row.values["organisers"]))
        made.verdict = Verdict.KEPT if made.changes else Verdict.EQUAL

    def _keep(self, row: Row, made: LoadRow) -> None:
        made.details = [pair for pair in self.details(row) if pair[1] != made.what]
        found = self.places_of(row)
        for column in self.table.columns:
            value = row.values.get(column.key, column.kind.empty)
            made.data[column.key] = value.isoformat() if hasattr(value, "isoformat") else value
        made.data |= found | {
            "time_zone": identity.current().time_zone,
            "organisers": [(name, str(OrganisationRole.CONVENES)) for name in _names(row)],
        }

    def places_of(self, row: Row) -> dict[str, int | None]:
        """The ids of what a row chooses from lists."""
        place = self.place(row)
        chosen = {"format": self.formats, "pathway": self.pathways}
        ids = {name: rows[code].pk if (code := row.values.get(name)) else None for name, rows in chosen.items()}
        return ids | {"municipality": place.pk if place else None}


def _cell(row: Row, *keys: str) -> str:
    """The first of these columns that the file has: a CSV may come without some."""
    return next((key for key in keys if key in row.places), keys[0])


def _named(rows: dict[str, Any]) -> list[Option]:
    return [Option(row.code, row.label, tuple(filter(None, (row.name, row.name_en)))) for row in rows.values()]


def _names(row: Row) -> list[str]:
    return [" ".join(name.split()) for name in (row.values.get("organisers") or "").split(SEPARATOR) if name.strip()]


# --- Attendance


@dataclass(frozen=True, kw_only=True)
class EventKind(Choice):
    """A past event, by the key of the sheet it came from or by the words of the list."""

    def _code(self, text: str) -> str:
        try:
            return super()._code(str(key_uid(text)))
        except WrongCell:
            try:
                return super()._code(text)
            except WrongCell:
                said = _(
                    "no hay un evento pasado con la clave «{text}»: cargue primero los eventos, o elíjalo de la lista."
                )
                raise WrongCell(said.format(text=text[:60])) from None


@dataclass(slots=True)
class _Written:
    """One attendance that is in the portal; ``taken`` by a row of this file."""

    person: int
    source: str
    municipality: int | None
    values: dict[str, Any]
    taken: bool = False


class PastAttendanceSheet(FirstSheet):
    kind = LoadKind.ATTENDANCE
    lead = gettext_lazy("Quién estuvo en cada evento que ya ocurrió: cuenta en las cifras como lista importada.")
    notes = (
        gettext_lazy("Una fila es una persona en un evento. Cargue antes los eventos pasados."),
        gettext_lazy(
            "Alguien se reconoce por su correo, o por su nombre y su municipio; el nombre solo nunca basta: se "
            "pregunta."
        ),
        gettext_lazy("Lo que no se sabe se deja vacío: se informa como «sin dato»."),
    )
    list_url = "staff_event_list"
    most = 5000
    write = staticmethod(load_attendance)

    KEPT = ("sex", "category", "institution", "minutes")

    @cached_property
    def events(self) -> dict[str, Event]:
        rows = Event.objects.published().filter(first_day__lte=timezone.localdate()).order_by("-first_day", "pk")
        rows = rows.only("pk", "uid", "slug", "title", "first_day", "starts_at", "ends_at")
        return {str(event.pk): event for event in rows}

    def _events(self) -> list[Option]:
        words = {code: f"{event.first_day} · {event.title}" for code, event in self.events.items()}
        shared = Counter(words.values())
        return [
            Option(code, said if shared[said] == 1 else f"{said} (n.º {code})",
                   (str(self.events[code].uid), self.events[code].slug))
            for code, said in words.items()
        ]  # fmt: skip

    @cached_property
    def table(self) -> Table:
        return Table(
            self.kind, self.kind.label,
            (
                Column("event", gettext_lazy("Evento"), EventKind(source=self._events), required=True,
                       help=gettext_lazy("La clave de la hoja de eventos pasados, o uno de la lista.")),
                Column("name", gettext_lazy("Nombre completo"), Text(max_length=160), required=True),
                Column("email", gettext_lazy("Correo electrónico"), Email()),
                Column("sex", gettext_lazy("Sexo"), Choice(source=lambda: enum_options(Sex))),
                Column("category", gettext_lazy("Tipo de persona"),
                       Choice(source=lambda: enum_options(PersonCategory))),
                Column("municipality", gettext_lazy("Municipio"), Choice(source=self.places),
                       help=gettext_lazy("Por su nombre o su clave del INEGI.")),
                Column("institution", gettext_lazy("Institución"), Text(max_length=200)),
                Column("minutes", gettext_lazy("Minutos"), Whole(maximum=Decimal(MAX_DAYS * 24 * 60)),
                       help=gettext_lazy("Si no se sabe cuántos, se deja vacía.")),
                who_column(),
            ),
        )  # fmt: skip

    def rows(self, rows: Sequence[Row]) -> list[LoadRow]:
        self.people = PeopleOfFile(rows)
        self.seen: dict[tuple[int, int], str] = {}
        self.written: dict[int, list[_Written]] = defaultdict(list)
        self.by_name: dict[tuple[int, str], list[_Written]] = defaultdict(list)
        self._read_written({int(code) for row in rows if (code := row.values.get("event"))})
        made = [self._row(row) for row in rows]
        self.people.ask()
        for row, one in zip(rows, made, strict=True):
            if row.faults:
                refuse(one, [(fault.address, fault.sentence) for fault in row.faults])
        return made

    def _read_written(self, events: set[int]) -> None:
        rows = Attendance.objects.filter(event__in=events).order_by("pk")
        for row in rows.values("event", "person", "person__name", "source", "municipality", *self.KEPT):
            one = _Written(row["person"], row["source"], row["municipality"], {name: row[name] for name in self.KEPT})
            self.written[row["event"]].append(one)
            self.by_name[row["event"], folded_name(row["person__name"])].append(one)

    def _row(self, row: Row) -> LoadRow:
        code, name = row.values.get("event"), row.values.get("name") or ""
        made = LoadRow(verdict=Verdict.NEW, address=row.address("name"), sheet=row.sheet, what=name)
        self._check_minutes(row, code)
        if not code or not name:
            return made
        event, place = int(code), self.place(row)
        town = place.pk if place else None
        if (one := self._there(row, event, name, town)) is not None:
            self._compare(row, one, town, made)
            return made
        found = self.people.who(row, town)
        if found is None or found.person is None:
            return made
        if (event, found.person) in self.seen:
            said = _("la misma persona está también en {cell}.")
            row.fault("name", said.format(cell=self.seen[event, found.person]))
            return made
        self.seen[event, found.person] = row.address("name")
        one = next((one for one in self.written[event] if one.person == found.person), None)
        if one is not None:
            self._compare(row, one, town, made)
        else:
            self._keep(row, made, event, found, town)
        return made

    def _check_minutes(self, row: Row, code: str | None) -> None:
        event, minutes = self.events.get(code or ""), row.values.get("minutes")
        if event is None or minutes is None or event.starts_at is None or event.ends_at is None:
            return
        length = int((event.ends_at - event.starts_at).total_seconds()) // 60
        if minutes > length:
            row.fault("minutes", _("el evento duró {n} minutos: escriba esos o menos.").format(n=f"{length:,}"))

    def _there(self, row: Row, event: int, name: str, town: int | None) -> _Written | None:
        """The attendance of this event that says the same person; each is taken by one row. Whoever the file calls
        another person is only there where a list like this one said so."""
        said, email = folded_name(row.values.get("who") or ""), email_of(row)
        of_lists = AttendanceSource.LIST
        if said.isdecimal():
            return None
        found = [
            one
            for one in self.by_name[event, folded_name(name)]
            if not one.taken
            and (not said or one.source == of_lists)
            and not (town and one.municipality and town != one.municipality)
            and not self.people.known.contradicts(email, one.person)
        ]
        one = min(found, key=lambda one: one.source == of_lists, default=None)
        if one is not None:
            one.taken = True
        return one

    def _compare(self, row: Row, one: _Written, town: int | None, made: LoadRow) -> None:
        """The attendance is in the portal: it stays as it is, and what the sheet says otherwise is shown."""
        one.taken = True
        for name in self.KEPT:
            column = self.table.column(name)
            said = row.values.get(name, column.kind.empty)
            if said != column.kind.empty and said != one.values[name]:
                before = column.kind.words(one.values[name] if one.values[name] != "" else None)
                made.changes.append((str(column.label), before, column.kind.words(said)))
        if town and town != one.municipality:
            made.changes.append((str(_("Municipio")), "", self.municipalities[row.values["municipality"]].name))
        made.verdict = Verdict.KEPT if made.changes else Verdict.EQUAL

    def _keep(self, row: Row, made: LoadRow, event: int, found: Found, town: int | None) -> None:
        made.details = [pair for pair in self.details(row) if pair[1] != made.what]
        texts = ("name", "sex", "category", "institution")
        made.data = {name: row.values.get(name) or "" for name in texts} | {
            "event": event, "email": email_of(row), "municipality": town, "minutes": row.values.get("minutes"),
            "person": found.person, "reason": found.reason, "line": row.number,
        }  # fmt: skip
