"""Attendance by report and by typed sheet: read, reviewed, and only then written, all at once or not at all.

An upload is a dry run: its people are kept as a queue with who they are or may be. Confirming unites what every
confirmed import of the event says of a person (:func:`_recount`), so a corrected file can take the place of an earlier
one in any order: what came from that one alone goes, and what the door or the staff wrote stays as it was.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.enums import AttendanceSource, ImportDecision, ImportState, MatchReason, ReportFormat
from events.imports.attendance import FilePerson, Session, Span, first_in, last_out, minutes_of, read_report
from events.models import Attendance, AttendanceImport, DoorMark, Event, ImportedPerson, Registration
from events.services.attendance import KEPT, why_closed
from events.services.matching import match
from network.enums import AliasKind, Modality
from network.models import Person, PersonAlias, User, normalised_alias
from network.services.people import hold_people

BATCH = 500
OF_IMPORTS = (AttendanceSource.IMPORT, AttendanceSource.PAPER, AttendanceSource.LIST)
FROM_REPORT = {AttendanceSource.IMPORT: Modality.VIRTUAL, AttendanceSource.PAPER: Modality.IN_PERSON}
# What a row loses when its person is erased or its time is over.
SAID_OF_A_PERSON = {"name": "", "other_name": "", "company": "", "email": "", "institution": ""}
KEPT_BEFORE = ("source", "minutes", "arrived_at", "left_at", "modality")


class AlreadyImported(Exception):
    """The same file is in the event already, byte for byte. ``imported``: where it is."""

    def __init__(self, imported: AttendanceImport) -> None:
        super().__init__("already imported")
        self.imported = imported


# --- Into the queue


def session_of(event: Event) -> Session:
    """The event as a report is read against it. The event has a day."""
    assert event.first_day is not None
    return Session(
        first_day=event.first_day,
        last_day=event.last_day or event.first_day,
        zone=event.time_zone,
        start=int(event.starts_at.timestamp()) if event.starts_at else None,
        end=int(event.ends_at.timestamp()) if event.ends_at else None,
    )


def import_report(
    *, event: Event, data: bytes, file_name: str, by: User | None, replaces: AttendanceImport | None = None
) -> AttendanceImport:
    """Read a report into a queue to review. Nothing of it is attendance yet.

    Raises ``Unreadable`` (nothing is stored), :class:`AlreadyImported`, or ``ValidationError`` where the event takes no
    attendance.
    """
    _refuse_closed(event)
    sha256 = hashlib.sha256(data).hexdigest()
    _refuse_again(event, sha256)
    session = session_of(event)
    report = read_report(data, session)
    made = AttendanceImport(
        event=event, source=AttendanceSource.IMPORT, format=report.format, file_name=file_name[:200], sha256=sha256,
        lines=report.lines, waiting=report.waiting, replaces=replaces, created_by=by,
    )  # fmt: skip
    people = [_from_file(person, made, session) for person in report.people]
    try:
        with transaction.atomic():
            made.file.save(file_name, ContentFile(data), save=False)
            _queue(made, people)
    except BaseException as error:
        if name := made.file.name:
            made.file.storage.delete(name)
        if isinstance(error, IntegrityError):
            _refuse_again(event, sha256)  # somebody sent it a moment ago
        raise
    return made


def import_sheet(
    *, event: Event, rows: Sequence[Mapping[str, Any]], by: User | None, form_key: str = ""
) -> AttendanceImport:
    """Put the lines of a paper sheet, as they were typed, into a queue to review.

    Each row has ``name`` and, as far as they are known, ``email``, ``sex``, ``category``, ``institution``,
    ``municipality`` and ``minutes``. Raises :class:`AlreadyImported` where this very form (``form_key``) came before.
    """
    _refuse_closed(event)
    sha256 = hashlib.sha256(f"sheet {form_key}".encode()).hexdigest() if form_key else ""
    if sha256:
        _refuse_again(event, sha256)
    made = AttendanceImport(
        event=event, source=AttendanceSource.PAPER, format=ReportFormat.SHEET, lines=len(rows), sha256=sha256,
        created_by=by,
    )  # fmt: skip
    session, people = session_of(event), []
    for number, row in enumerate(rows, start=1):
        minutes = row.get("minutes")
        spans: list[Span] = [(None, None, None if minutes is None else minutes * 60)]
        given = {name: row.get(name) or "" for name in ("sex", "category", "institution")}
        typed = FilePerson(" ".join(row["name"].split()), (row.get("email") or "").strip().lower(), lines=[number])
        typed.spans = spans
        person = _from_file(typed, made, session)
        person.municipality = row.get("municipality")
        for name, value in given.items():
            setattr(person, name, value)
        people.append(person)
    try:
        with transaction.atomic():
            _queue(made, people)
    except IntegrityError:
        _refuse_again(event, sha256)
        raise
    return made


@transaction.atomic
def import_list(*, event: Event, people: Sequence[ImportedPerson], file_name: str, by: User) -> AttendanceImport:
    """Make a list of an earlier year attendance at once: who its people are is decided.

    Raises ``ValidationError`` where the event takes no attendance.
    """
    made = AttendanceImport.objects.create(
        event=event, source=AttendanceSource.LIST, format=ReportFormat.LIST, file_name=file_name[:200],
        lines=len(people), created_by=by,
    )  # fmt: skip
    for row in people:
        row.attendance_import = made
    ImportedPerson.objects.bulk_create(people, batch_size=BATCH)
    return confirm(attendance_import=made, by=by)


def _refuse_closed(event: Event) -> None:
    if why := why_closed(event):
        raise ValidationError(why)


def _refuse_again(event: Event, sha256: str) -> None:
    alive = event.attendance_imports.filter(state__in=[ImportState.PENDING, ImportState.CONFIRMED])
    if (known := alive.filter(sha256=sha256).first()) is not None:
        raise AlreadyImported(known)


def _from_file(person: FilePerson, made: AttendanceImport, session: Session) -> ImportedPerson:
    row = ImportedPerson(
        attendance_import=made, line=person.lines[0], name=person.name, other_name=person.other_name,
        company=person.company[:120], email=person.email, spans=person.spans,
    )  # fmt: skip
    row.minutes = minutes_of(person.spans, session.start, session.end)
    row.arrived_at, row.left_at = _moment(first_in(person.spans)), _moment(last_out(person.spans))
    return row


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _queue(made: AttendanceImport, people: list[ImportedPerson]) -> None:
    made.save()
    match(made.event, people)
    ImportedPerson.objects.bulk_create(people, batch_size=BATCH)


# --- Decisions


def people_named(rows: Iterable[ImportedPerson]) -> dict[int, Person]:
    """The people proposed or decided in these rows, by their key, in one query."""
    named = {pk for row in rows for pk, _reason in row.candidates} | {row.person_id for row in rows if row.person_id}
    return {person.pk: person for person in Person.objects.filter(pk__in=named).select_related("municipality")}


@transaction.atomic
def decide(
    *, attendance_import: AttendanceImport, choices: Mapping[int, str], by: User | None, sure: bool = False,
    new: bool = False,
) -> int:  # fmt: skip
    """Write down who each row is: ``choices`` says for its key ``"new"``, ``"ignore"``, ``""`` or the key of a person.

    Then, with ``sure``, every proposal that nothing speaks against is taken; with ``new``, everybody who is like nobody
    known is a new person. Answers how many rows changed. Rows of other imports and people who do not exist are ignored.
    """
    _pending(attendance_import)
    changed = _choose(attendance_import, choices, by) if choices else 0
    decided: dict[str, Any] = {"decided_by": by, "decided_at": timezone.now()}
    if sure:
        rows = attendance_import.people.surely_known()
        changed += rows.update(decision=ImportDecision.PERSON, reason=MatchReason.NAME, **decided)
    if new:
        rows = attendance_import.people.like_nobody()
        changed += rows.update(decision=ImportDecision.NEW, reason=MatchReason.HAND, **decided)
    return changed


def _choose(attendance_import: AttendanceImport, choices: Mapping[int, str], by: User | None) -> int:
    wanted = {int(value) for value in choices.values() if value.isdecimal() and len(value) < 18}
    known = set(Person.objects.current().filter(pk__in=wanted).values_list("pk", flat=True))
    changed = []
    for row in attendance_import.people.filter(pk__in=choices):
        value = choices[row.pk]
        decision = ImportDecision.PERSON if value.isdecimal() else value
        if decision not in {*ImportDecision.values, ""} or (value.isdecimal() and int(value) not in known):
            continue
        person = int(value) if value.isdecimal() else None
        if (decision, person) == (row.decision, row.person_id if row.decision == ImportDecision.PERSON else None):
            continue
        row.decision, row.person_id = decision, person
        row.reason = MatchReason.HAND if decision else ""
        row.decided_by, row.decided_at = by, timezone.now()
        changed.append(row)
    names = ["decision", "person", "reason", "decided_by", "decided_at"]
    ImportedPerson.objects.bulk_update(changed, names, batch_size=BATCH)
    return len(changed)


@transaction.atomic
def discard(*, attendance_import: AttendanceImport, by: User | None) -> None:
    """Throw a queue away before it was attendance, with its people and its file."""
    stored = _pending(attendance_import)
    stored.people.all().delete()
    AttendanceImport.objects.filter(pk=stored.pk).update(state=ImportState.DISCARDED)
    if name := forget_file(stored):
        transaction.on_commit(partial(stored.file.storage.delete, name))


def _pending(attendance_import: AttendanceImport) -> AttendanceImport:
    """The import as it is now, held; it is still being reviewed."""
    stored = AttendanceImport.objects.select_for_update(of=("self",)).get(pk=attendance_import.pk)
    _refuse_ended(stored)
    return stored


def _refuse_ended(stored: AttendanceImport) -> None:
    if stored.state != ImportState.PENDING:
        text = _("Esta importación ya no está en revisión: {state}.")
        raise ValidationError(text.format(state=stored.get_state_display().lower()))


# --- Into the attendance


def confirm(*, attendance_import: AttendanceImport, by: User | None) -> AttendanceImport:
    """Make the queue attendance: everything in one transaction, and once.

    A second call answers the same import. ``ValidationError`` where somebody is undecided or it was thrown away.
    """
    for attempt in range(3):
        try:
            return _confirm(attendance_import, by)
        except IntegrityError:  # the door wrote one of these people in the same moment: look again
            if attempt == 2:
                raise
    raise AssertionError


@transaction.atomic
def _confirm(attendance_import: AttendanceImport, by: User | None) -> AttendanceImport:
    event = Event.objects.select_for_update(no_key=True).get(pk=attendance_import.event_id)
    stored = AttendanceImport.objects.select_for_update(of=("self",)).get(pk=attendance_import.pk)
    if stored.state == ImportState.CONFIRMED:
        return stored
    _refuse_ended(stored)
    _refuse_closed(event)
    if left := stored.people.undecided().count():
        text = ngettext(
            "Falta decidir quién es {n} persona: hasta entonces no se incorpora nada.",
            "Falta decidir quiénes son {n} personas: hasta entonces no se incorpora nada.",
            left,
        )
        raise ValidationError(text.format(n=left))
    rows = list(stored.people.ready().select_related("person"))
    _make_people(rows)
    _remember(rows, by)
    imports = [stored.pk]
    if stored.replaces_id:
        earlier = AttendanceImport.objects.filter(pk=stored.replaces_id, event=event, state=ImportState.CONFIRMED)
        if earlier.update(state=ImportState.REPLACED):
            imports.append(stored.replaces_id)
    stored.state, stored.confirmed_by, stored.confirmed_at = ImportState.CONFIRMED, by, timezone.now()
    stored.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    _recount(event, imports, by)
    return stored


def _make_people(rows: list[ImportedPerson]) -> None:
    new = [row for row in rows if row.decision == ImportDecision.NEW]
    made = Person.objects.bulk_create(
        [
            Person(
                name=row.name, email=row.email, sex=row.sex, category=row.category,
                institution=row.institution or row.company, municipality_id=row.municipality_id,
            )
            for row in new
        ],
        batch_size=BATCH,
    )  # fmt: skip
    for row, person in zip(new, made, strict=True):
        row.person = person
    # An upsert by the key is one plain statement a batch; bulk_update would be one CASE a row.
    ImportedPerson.objects.bulk_create(
        new, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=["person"]
    )


def _remember(rows: Iterable[ImportedPerson], by: User | None) -> None:
    """Keep what people decided: the e-mail and the name, as the report writes them, are this person's."""
    aliases = []
    for row in rows:
        if row.decided_by_id is None or row.person is None or row.decision != ImportDecision.PERSON:
            continue
        said = ((AliasKind.EMAIL, row.email, row.person.email), (AliasKind.NAME, row.name, row.person.name))
        for kind, value, own in said:
            normalised = normalised_alias(kind, value)
            if normalised and normalised != normalised_alias(kind, own):
                aliases.append(
                    PersonAlias(
                        person=row.person, kind=kind, value=value, normalised=normalised, created_by=by,
                        municipality_id=row.person.municipality_id if kind == AliasKind.NAME else None,
                        source="attendance-import",
                    )
                )  # fmt: skip
    PersonAlias.objects.bulk_create(aliases, batch_size=BATCH, ignore_conflicts=True)


def _recount(event: Event, imports: Sequence[int], by: User | None) -> None:
    """Make the attendance of everybody in these imports what the event's confirmed imports say together."""
    persons = ImportedPerson.objects.filter(attendance_import__in=imports, person__isnull=False).values("person")
    hold_people(persons)
    said = _said_of(event, persons)
    stored = event.attendances.select_for_update(of=("self",)).filter(person__in=persons)
    existing = {row.person_id: row for row in stored}
    registered = {row.person_id: row for row in event.registrations.live().filter(person__in=persons)}
    session = session_of(event)
    new: list[Attendance] = []
    changed: list[Attendance] = []
    gone: list[Attendance] = []
    for person, rows in said.items():
        row = existing.pop(person, None)
        if row is None:
            new.append(_written(event, rows, registered.get(person), by))
            row = new[-1]
        else:
            changed.append(row)
        _unite(row, rows, event, session)
    for row in existing.values():  # in the earlier import, and in none any more
        (changed if _put_back(row) else gone).append(row)
    changed += _kept_by_the_door(gone)
    event.attendances.filter(pk__in=[row.pk for row in gone]).delete()
    Attendance.objects.bulk_create(new, batch_size=BATCH)
    Attendance.objects.bulk_create(
        changed, batch_size=BATCH, update_conflicts=True, unique_fields=["id"],
        update_fields=[*KEPT_BEFORE, "before_import"],
    )  # fmt: skip


def _said_of(event: Event, persons: QuerySet[Any]) -> dict[int, list[ImportedPerson]]:
    confirmed = Q(attendance_import__event=event, attendance_import__state=ImportState.CONFIRMED)
    rows = ImportedPerson.objects.ready().filter(confirmed, person__in=persons)
    said: dict[int, list[ImportedPerson]] = defaultdict(list)
    for row in rows.select_related("attendance_import", "person").order_by("attendance_import_id", "pk"):
        assert row.person_id is not None
        said[row.person_id].append(row)
    return said


def _written(
    event: Event, rows: list[ImportedPerson], registration: Registration | None, by: User | None
) -> Attendance:
    """A new attendance: what the registration said, else what was typed, else what is known of the person."""
    first = rows[0]
    assert first.person_id is not None
    row = Attendance(event=event, person_id=first.person_id, registration=registration, created_by=by)
    row.source = first.attendance_import.source
    for name in KEPT:
        typed = "" if name == "modality" else getattr(first, name)
        setattr(row, name, getattr(registration, name, None) or typed or getattr(first.person, name, None))
    row.modality = _modality(row.source, event)
    for name in ("sex", "category", "institution"):
        setattr(row, name, getattr(row, name) or "")
    return row


def _modality(source: str, event: Event) -> str:
    """How people of this source were there; of a list of a hybrid event nobody knows."""
    if source == AttendanceSource.LIST:
        return "" if event.modality == Modality.HYBRID else event.modality
    return FROM_REPORT[AttendanceSource(source)]


def _unite(row: Attendance, rows: list[ImportedPerson], event: Event, session: Session) -> None:
    """The union of all intervals; where the door or the staff wrote before, the earliest and latest of both."""
    if row.source not in OF_IMPORTS and row.before_import is None:
        row.before_import = {name: _as_json(getattr(row, name)) for name in KEPT_BEFORE}
    spans = [tuple(span) for one in rows for span in one.spans]
    minutes = minutes_of(spans, session.start, session.end)
    arrived, left = _moment(first_in(spans)), _moment(last_out(spans))
    before = row.before_import or {}
    known = [value for value in (minutes, before.get("minutes")) if value is not None]
    row.minutes = max(known, default=None)
    row.arrived_at = min(filter(None, (arrived, _from_json(before.get("arrived_at")))), default=None)
    row.left_at = max(filter(None, (left, _from_json(before.get("left_at")))), default=None)
    if row.before_import is None:
        row.source = rows[0].attendance_import.source
        row.modality = _modality(row.source, event)
    elif not row.modality:
        row.modality = _modality(rows[0].attendance_import.source, event)


def _put_back(row: Attendance) -> bool:
    """Make the row what it was before any import; False where it came from imports alone."""
    if row.before_import is None:
        return row.source not in OF_IMPORTS
    before, row.before_import = row.before_import, None
    for name in KEPT_BEFORE:
        value = before[name]
        setattr(row, name, _from_json(value) if name in {"arrived_at", "left_at"} else value)
    return True


def _kept_by_the_door(gone: list[Attendance]) -> list[Attendance]:
    """Those of ``gone`` who were also marked at the door, as the door wrote them; they are taken off the list."""
    marks: dict[int, datetime | None] = {}
    registrations = [row.registration_id for row in gone if row.registration_id]
    for mark in DoorMark.objects.filter(registration__in=registrations).order_by("at", "pk"):
        marks[mark.registration_id] = (marks.get(mark.registration_id) or mark.at) if mark.came else None
    kept = [row for row in gone if row.registration_id and marks.get(row.registration_id)]
    for row in kept:
        gone.remove(row)
        row.source, row.arrived_at = AttendanceSource.CHECK_IN, marks[row.registration_id or 0]
        row.minutes, row.left_at, row.modality = None, None, Modality.IN_PERSON
    return kept


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _from_json(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


# --- What is kept of them, and how long


def outdated_imports(before: date) -> QuerySet[AttendanceImport]:
    """Imports whose review ended before this day and that still hold what a report says of people."""
    ended = Q(confirmed_at__date__lt=before) | Q(confirmed_at=None, created_at__date__lt=before)
    says = Exists(ImportedPerson.objects.filter(attendance_import=OuterRef("pk")).exclude(name=""))
    return AttendanceImport.objects.filter(ended).filter(~Q(file="") | Q(says))


def count_outdated_imports(before: date) -> int:
    return outdated_imports(before).count()


def erase_outdated_imports(before: date) -> int:
    """Delete the files and what the reports say of people; the attendance that came of them stays. A queue that nobody
    confirmed is thrown away."""
    imports = list(outdated_imports(before))
    for made in imports:
        if made.state == ImportState.PENDING:
            discard(attendance_import=made, by=None)
            continue
        with transaction.atomic():
            made.people.update(**SAID_OF_A_PERSON, candidates=[])
            if name := forget_file(made):
                transaction.on_commit(partial(made.file.storage.delete, name))
    return len(imports)


def forget_file(made: AttendanceImport) -> str:
    """Take the file off the import; answers its name in the storage, to be deleted once that is committed."""
    name = made.file.name or ""
    AttendanceImport.objects.filter(pk=made.pk).update(file="", file_name="")
    return name
