"""First load: what a sheet of designations or of municipal contacts would write, row by row.

Each kind of sheet is a class with its table, its words and ``plan(read)``. Nothing is written here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.models import Municipality
from network.enums import DesignationKind, DesignationState, LoadKind, Sex, Verdict
from network.forms.directory import ContactForm
from network.models import Designation, MunicipalContact, Person
from network.services import TITULAR_TAKEN, LoadRow
from network.services.first_load import load_contacts, load_designations
from network.services.matching import Found, Known
from web.cells import Choice, Day, Email, Label, Option, Text, enum_options, words_of
from web.search import folded_name
from web.sheets import Column, Read, Row, Table

# So many rows may be written at once: each goes through the same steps as one that is typed.
MOST_ROWS = 2000
ANOTHER = ("nueva", "new")


class FirstSheet:
    """One kind of sheet: subclasses say its table, what a file would do, and who writes it."""

    kind: ClassVar[LoadKind]
    lead: ClassVar[Label]
    notes: ClassVar[Sequence[Label]] = ()
    list_url: ClassVar[str]
    most: ClassVar[int] = MOST_ROWS
    write: ClassVar[Any]

    @cached_property
    def table(self) -> Table:
        raise NotImplementedError

    def prefilled(self) -> Iterable[dict[str, Any]]:
        """Rows that the template begins with."""
        return []

    def plan(self, read: Read) -> list[LoadRow]:
        rows = read.rows.get(self.table.key, [])
        made = [
            LoadRow(verdict=Verdict.REFUSED, address=fault.address, what="", faults=[(fault.address, fault.sentence)])
            for fault in read.faults
        ]
        made += self.rows(rows)
        writing = [row for row in made if row.verdict in {Verdict.NEW, Verdict.CHANGED}]
        for row in writing[self.most :]:
            said = _("una carga escribe {n} filas como máximo: deje esta para la siguiente.")
            refuse(row, [(row.address, said.format(n=f"{self.most:,}"))])
        return made

    def rows(self, rows: Sequence[Row]) -> list[LoadRow]:
        raise NotImplementedError

    # What subclasses share

    @cached_property
    def municipalities(self) -> dict[str, Municipality]:
        rows = Municipality.objects.only("pk", "cvegeo", "slug", "name", "alternative_name", "sort_name")
        return {row.slug: row for row in rows.order_by("sort_name")}

    def places(self) -> list[Option]:
        """The municipalities, also by their key, which a spreadsheet may have stripped of its first zeros."""
        return [
            Option(row.slug, row.name, (row.cvegeo, row.cvegeo.lstrip("0"), *filter(None, [row.alternative_name])))
            for row in self.municipalities.values()
        ]

    def place(self, row: Row) -> Municipality | None:
        return self.municipalities.get(row.values.get("municipality") or "")

    def details(self, row: Row) -> list[tuple[str, str]]:
        """In words what a row says."""
        return [
            (str(column.label), column.kind.words(value))
            for column in self.table.columns
            if (value := row.values.get(column.key, column.kind.empty)) != column.kind.empty
        ]


def refuse(made: LoadRow, faults: Iterable[tuple[str, str]]) -> None:
    made.verdict, made.data = Verdict.REFUSED, {}
    made.faults += faults


def who_column() -> Column:
    return Column(
        "who", gettext_lazy("Persona"), Text(max_length=20),
        help=gettext_lazy(
            "Déjela vacía. Si al subir la hoja se pregunta quién es, escriba aquí el número de la persona, o «nueva» "
            "si es otra."
        ),
    )  # fmt: skip


@dataclass(slots=True)
class _Asked:
    """A row of whom a person has to say who it is, and whom it may be."""

    row: Row
    candidates: list[int]


class PeopleOfFile:
    """Who the people of a file are: the portal's by the rules of :mod:`network.services.matching`, and new ones, of
    whom several rows may speak, by the same rules. Whoever these do not tell is asked for.

    New people have negative numbers.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.known = Known()
        self.known.add_everybody()
        self.known.add_aliases({email_of(row) for row in rows}, {row.values.get("name") or "" for row in rows})
        typed = {int(who) for row in rows if (who := row.values.get("who") or "").isdecimal()}
        self.typed = set(Person.objects.current().filter(pk__in=typed).values_list("pk", flat=True))
        self.cells: dict[int, str] = {}
        self.asked: list[_Asked] = []

    def who(self, row: Row, town: int | None) -> Found | None:
        """The person of a row; None where it is a fault, or will be one with :meth:`ask`. The reason is one of the
        rules', ``hand`` where the file says the number, or ``new``."""
        name, email, said = row.values.get("name") or "", email_of(row), folded_name(row.values.get("who") or "")
        if said.isdecimal():
            if int(said) in self.typed:
                return Found(int(said), "hand")
            row.fault("who", _("no hay una persona con el número {n}: búsquela en Personas.").format(n=said))
            return None
        if said in ANOTHER:
            return self._new(row, name, email, town)
        if said:
            row.fault("who", _("escriba el número de una persona, «nueva», o deje la celda vacía."))
            return None
        found = self.known.find({folded_name(name)}, email, town)
        if found.person is not None:
            return found
        candidates = sorted(found.by_email | found.aliases | found.exact)
        if not candidates:
            return self._new(row, name, email, town)
        self.asked.append(_Asked(row, candidates[-5:]))
        return None

    def _new(self, row: Row, name: str, email: str, town: int | None) -> Found:
        number = -1 - len(self.cells)
        self.known.add(number, name, email, town)
        self.cells[number] = row.address("name")
        return Found(number, "new")

    def ask(self) -> None:
        """Write the faults of the rows whose person nobody can tell; one query for all of them."""
        wanted = {pk for asked in self.asked for pk in asked.candidates if pk > 0}
        people = Person.objects.select_related("municipality").in_bulk(wanted)
        for asked in self.asked:
            new = [self.cells[pk] for pk in asked.candidates if pk < 0]
            stored = [_named(people[pk]) for pk in asked.candidates if pk in people]
            if stored:
                said = _("puede ser {people}: escriba su número en «Persona», o «nueva» si es otra.")
                asked.row.fault("name", said.format(people=_(" o ").join(stored)))
            else:
                said = _(
                    "puede ser la misma persona de {cells}: si lo es, escriba el mismo correo en las dos filas; si no, "
                    "«nueva» en «Persona»."
                )
                asked.row.fault("name", said.format(cells=", ".join(new)))


def email_of(row: Row) -> str:
    return (row.values.get("email") or "").lower()


def _named(person: Person) -> str:
    place = f", {person.municipality.name}" if person.municipality else ""
    return f"{person.name}{place} ({person.pk})"


# --- Designations


@dataclass(frozen=True, slots=True)
class _Term:
    """A period in a municipality, of the portal or of an earlier row (``cell``)."""

    cell: str
    person: int
    name: str
    kind: str
    state: str
    starts_on: date
    ends_on: date | None

    def shares_a_day(self, starts_on: date, ends_on: date | None) -> bool:
        return (self.ends_on is None or self.ends_on >= starts_on) and (ends_on is None or self.starts_on <= ends_on)

    @property
    def words(self) -> str:
        last = date_format(self.ends_on, "SHORT_DATE_FORMAT") if self.ends_on else _("sin término")
        where = self.cell or _("en el portal")
        return f"{self.name}, {date_format(self.starts_on, 'SHORT_DATE_FORMAT')} – {last} ({where})"


class DesignationSheet(FirstSheet):
    kind = LoadKind.DESIGNATIONS
    lead = gettext_lazy("Quién representó y representa a cada municipio, con qué oficio y de cuándo a cuándo.")
    notes = (
        gettext_lazy("Una fila es un oficio. Los períodos que ya terminaron quedan como concluidos."),
        gettext_lazy(
            "El archivo escaneado no viaja en la hoja: las designaciones vigentes quedan marcadas hasta que se agregue "
            "en su ficha."
        ),
        gettext_lazy(
            "Nadie recibe correo por esta carga. La invitación a abrir su cuenta se envía después, una a una."
        ),
    )
    list_url = "staff_designation_list"
    write = staticmethod(load_designations)

    LETTER = ("oficio_number", "oficio_date", "signed_by", "ends_on")
    PERSON = ("email", "position", "phone", "sex")

    @cached_property
    def table(self) -> Table:
        return Table(
            self.kind, self.kind.label,
            (
                Column("municipality", gettext_lazy("Municipio"), Choice(source=self.places), required=True,
                       help=gettext_lazy("Por su nombre o su clave del INEGI.")),
                Column("kind", gettext_lazy("Tipo"), Choice(source=lambda: enum_options(DesignationKind)),
                       required=True),
                Column("name", gettext_lazy("Nombre completo"), Text(max_length=160), required=True),
                Column("position", gettext_lazy("Cargo"), Text(max_length=160)),
                Column("email", gettext_lazy("Correo electrónico"), Email()),
                Column("phone", gettext_lazy("Teléfono"), Text(max_length=40)),
                Column("sex", gettext_lazy("Sexo"), Choice(source=lambda: enum_options(Sex))),
                Column("oficio_number", gettext_lazy("Número de oficio"), Text(max_length=80), required=True),
                Column("oficio_date", gettext_lazy("Fecha del oficio"), Day()),
                Column("signed_by", gettext_lazy("Quién firma"), Text(max_length=160)),
                Column("starts_on", gettext_lazy("Inicia"), Day(), required=True),
                Column("ends_on", gettext_lazy("Termina"), Day(),
                       help=gettext_lazy("Vacía solo si sigue vigente y no se sabe cuándo termina.")),
                who_column(),
            ),
        )  # fmt: skip

    def rows(self, rows: Sequence[Row]) -> list[LoadRow]:
        self.people = PeopleOfFile(rows)
        self.seen: dict[tuple[Any, ...], str] = {}
        self.stored: dict[tuple[Any, ...], Designation] = {}
        self.terms: dict[int, list[_Term]] = {}
        places = {place.pk for row in rows if (place := self.place(row))}
        letters = Designation.objects.counted().filter(municipality__in=places)
        for letter in letters.select_related("person"):
            key = (letter.municipality_id, letter.kind, folded_name(letter.person.name), letter.starts_on)
            self.stored[key] = letter
            term = _Term("", letter.person_id, letter.person.name, letter.kind, letter.state, letter.starts_on,
                         letter.ends_on)  # fmt: skip
            self.terms.setdefault(letter.municipality_id, []).append(term)
        # By their first day: what a row may overlap with then stands before it.
        order = sorted(rows, key=lambda row: row.values.get("starts_on") or date.max)
        made = {id(row): self._row(row) for row in order}
        self.people.ask()
        for row in rows:
            if row.faults:
                refuse(made[id(row)], [(fault.address, fault.sentence) for fault in row.faults])
        return [made[id(row)] for row in rows]

    def _row(self, row: Row) -> LoadRow:
        made = LoadRow(verdict=Verdict.NEW, address=row.address("name"), sheet=row.sheet, what="")
        place, name = self.place(row), row.values.get("name") or ""
        made.what = " · ".join(filter(None, (place.name if place else "", name)))
        starts_on, kind = row.values.get("starts_on"), row.values.get("kind")
        self._check_days(row)
        if place is None or not name or starts_on is None or kind is None:
            return made
        key = (place.pk, kind, folded_name(name), starts_on)
        if key in self.seen:
            row.fault("name", _("la misma designación está también en {cell}.").format(cell=self.seen[key]))
            return made
        self.seen[key] = row.address("name")
        if (stored := self.stored.get(key)) is not None:
            self._compare(row, stored, made)
            return made
        found = self.people.who(row, place.pk)
        if found is not None and found.person is not None:
            self._place(row, made, place, found.person)
        return made

    def _check_days(self, row: Row) -> None:
        starts_on, ends_on = row.values.get("starts_on"), row.values.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            row.fault("ends_on", _("la vigencia termina antes de empezar: revise las dos fechas."))
        if (signed := row.values.get("oficio_date")) and signed > timezone.localdate():
            row.fault("oficio_date", _("el oficio no puede tener una fecha futura."))

    def _compare(self, row: Row, stored: Designation, made: LoadRow) -> None:
        """The letter is in the portal: it stays as it is, and what the sheet says otherwise is shown."""
        for key in self.LETTER:
            column = self.table.column(key)
            said, there = row.values.get(key, column.kind.empty), getattr(stored, key)
            if said != column.kind.empty and said != there:
                made.changes.append((str(column.label), column.kind.words(there), column.kind.words(said)))
        made.verdict = Verdict.KEPT if made.changes else Verdict.EQUAL

    def _place(self, row: Row, made: LoadRow, place: Municipality, person: int) -> None:
        """Check the period against those of the municipality, and keep what is written."""
        values = row.values
        starts_on, ends_on, kind = values["starts_on"], values.get("ends_on"), values["kind"]
        today = timezone.localdate()
        state = DesignationState.ENDED if ends_on and ends_on < today else DesignationState.IN_FORCE
        terms = self.terms.setdefault(place.pk, [])
        for term in terms:
            overlaps, titulares = term.shares_a_day(starts_on, ends_on), term.kind == kind == DesignationKind.TITULAR
            if overlaps and term.person == person:
                said = _("esta persona ya tiene aquí una designación en esas fechas: {term}.")
                row.fault("starts_on", said.format(term=term.words))
            elif overlaps and titulares:
                said = _("una sola persona es titular a la vez, y en esas fechas lo es {term}: corrija las fechas.")
                row.fault("starts_on", said.format(term=term.words))
            elif titulares and term.state == state == DesignationState.IN_FORCE:
                if term.ends_on is None or term.ends_on >= min(starts_on, today):
                    row.fault("municipality", str(TITULAR_TAKEN))
        if row.faults:
            return
        terms.append(_Term(row.address("name"), person, values["name"], kind, state, starts_on, ends_on))
        made.details = self.details(row)
        made.details.append((_("Quedará"), str(state.label)))
        if state == DesignationState.IN_FORCE:
            made.details.append((_("Archivo"), _("falta el oficio escaneado")))
        texts = ("name", "kind", "oficio_number", "signed_by", *self.PERSON)
        made.data = {key: values.get(key) or "" for key in texts} | {
            key: day.isoformat() if (day := values.get(key)) else None
            for key in ("oficio_date", "starts_on", "ends_on")
        }
        made.data |= {"municipality": place.pk, "person": person, "state": str(state)}


# --- Contacts


class ContactSheet(FirstSheet):
    kind = LoadKind.CONTACTS
    lead = gettext_lazy("La oficina que atiende en cada municipio: dirección, teléfono, sitio y correo de la oficina.")
    notes = (
        gettext_lazy("Una fila es un municipio. La oficina, la dirección, el teléfono y el sitio son públicos."),
        gettext_lazy("Sin nombres ni teléfonos de personas. Una celda vacía no borra lo que ya está."),
    )
    list_url = "staff_municipality_list"
    write = staticmethod(load_contacts)

    FIELDS = ("office", "address", "phone", "website", "email")

    @cached_property
    def table(self) -> Table:
        return Table(
            self.kind, self.kind.label,
            (
                Column("municipality", gettext_lazy("Municipio"), Choice(source=self.places), required=True,
                       help=gettext_lazy("Por su nombre o su clave del INEGI.")),
                Column("office", gettext_lazy("Oficina"), Text(max_length=160),
                       help=gettext_lazy("Por ejemplo, «Dirección de Medio Ambiente».")),
                Column("address", gettext_lazy("Dirección"), Text(max_length=300)),
                Column("phone", gettext_lazy("Teléfono de la oficina"), Text(max_length=60)),
                Column("website", gettext_lazy("Sitio web"), Text(max_length=300)),
                Column("email", gettext_lazy("Correo de la oficina"), Email(),
                       help=gettext_lazy("Solo lo ve el instituto.")),
            ),
        )  # fmt: skip

    def prefilled(self) -> Iterable[dict[str, Any]]:
        """All municipalities with what is known of their offices."""
        for place in Municipality.objects.select_related("contact", "office").order_by("sort_name"):
            yield {"municipality": place.slug, **_stored_contact(place)}

    def rows(self, rows: Sequence[Row]) -> list[LoadRow]:
        wanted = {place.pk for row in rows if (place := self.place(row))}
        self.stored = Municipality.objects.select_related("contact", "office").in_bulk(wanted)
        self.seen: dict[int, str] = {}
        made = []
        for row in rows:
            made.append(self._row(row))
            if row.faults:
                refuse(made[-1], [(fault.address, fault.sentence) for fault in row.faults])
        return made

    def _row(self, row: Row) -> LoadRow:
        found = self.place(row)
        made = LoadRow(verdict=Verdict.EQUAL, address=row.address("municipality"), sheet=row.sheet, what="")
        if found is None:
            return made
        place, made.what = self.stored[found.pk], found.name
        if place.pk in self.seen:
            row.fault("municipality", _("el mismo municipio está también en {cell}.").format(cell=self.seen[place.pk]))
            return made
        self.seen[place.pk] = row.address("municipality")
        self._compare(row, place, made)
        return made

    def _compare(self, row: Row, place: Municipality, made: LoadRow) -> None:
        contact: MunicipalContact | None = getattr(place, "contact", None)
        stored = _stored_contact(place)
        sent = stored | {key: value for key in self.FIELDS if (value := row.values.get(key))}
        form = ContactForm({**sent, "version": contact.version if contact else 0}, municipality=place, contact=contact)
        for key, sentences in form.errors.items():
            for sentence in sentences:
                row.fault(key if key in row.places else "municipality", str(sentence))
        if row.faults:
            return
        values = {key: form.cleaned_data[key] for key in self.FIELDS}
        changed = [key for key in self.FIELDS if values[key] != stored[key]]
        if not changed:
            return
        labels = {key: str(self.table.column(key).label) for key in self.FIELDS}
        made.data = {"municipality": place.pk, "version": contact.version if contact else 0, "values": values}
        if contact is None and not stored["email"]:
            made.verdict, made.details = Verdict.NEW, [(labels[key], values[key]) for key in changed]
        else:
            made.verdict = Verdict.CHANGED
            made.changes = [(labels[key], stored[key], values[key]) for key in changed]


def _stored_contact(place: Municipality) -> dict[str, str]:
    contact, office = getattr(place, "contact", None), getattr(place, "office", None)
    stored = {key: getattr(contact, key, "") for key in ("office", "address", "phone", "website")}
    return stored | {"email": words_of(office.email if office else "")}
