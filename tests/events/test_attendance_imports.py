"""Reports become attendance when who everybody is was decided: all at once, once, and undone by a corrected file."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.enums import AttendanceSource, ImportDecision, ImportState, MatchReason
from events.imports.attendance import Unreadable
from events.models import AttendanceImport, DoorMark, Event, ImportedPerson
from events.services import people as steps
from events.services.check_in import check_in
from events.services.imports import (
    AlreadyImported,
    confirm,
    count_outdated_imports,
    decide,
    discard,
    erase_outdated_imports,
    import_report,
    import_sheet,
)
from network.models import Person, PersonAlias, User
from tests import factories
from tests.events.attendance_files import BROKEN, DAY, SAMPLES, TEAMS_SECTIONS, ZONE, lines
from tests.live import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HEAD = "Nombre,Correo electrónico,Hora de entrada,Hora de salida"


def at(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(DAY, dt.time(hour, minute), tzinfo=ZoneInfo(ZONE))


@pytest.fixture
def staff() -> User:
    return factories.StaffFactory()


@pytest.fixture
def event() -> Event:
    return factories.EventFactory(day=DAY, starts_at=at(11), ends_at=at(12, 30), time_zone=ZONE)


def stay(name: str, email: str = "", start: str = "11:00", end: str = "12:00") -> str:
    return f"{name},{email},{DAY} {start},{DAY} {end}"


def upload(event: Event, *rows: str, by: User | None = None, **more: Any) -> AttendanceImport:
    data = lines(HEAD, *rows).encode()
    return import_report(event=event, data=data, file_name="informe.csv", by=by, **more)


def accept_new(*, attendance_import: AttendanceImport, by: User | None) -> int:
    return decide(attendance_import=attendance_import, choices={}, by=by, new=True)


def accept_sure(*, attendance_import: AttendanceImport, by: User | None) -> int:
    return decide(attendance_import=attendance_import, choices={}, by=by, sure=True)


def rows_of(made: AttendanceImport) -> list[tuple[str, str, Person | None, str]]:
    rows = made.people.select_related("person")
    return [(row.name, row.decision, row.person, row.reason) for row in rows]


def table(event: Event) -> list[tuple[str, int | None, str, str]]:
    """Everybody's attendance, whole."""
    rows = event.attendances.select_related("person").order_by("person__name", "pk")
    return [(row.person.name, row.minutes, row.source, row.modality) for row in rows]


# --- From file to attendance


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.first == DAY][::6], ids=lambda sample: sample.name)
def test_files_become_the_attendance_that_they_say(event: Event, staff: User, sample: Any) -> None:
    made = import_report(event=event, data=sample.data, file_name="x.csv", by=staff)
    assert not event.attendances.exists()
    accept_new(attendance_import=made, by=staff)
    confirm(attendance_import=made, by=staff)
    expected = sorted((name, minutes, "import", "virtual") for name, _email, minutes in sample.people)
    assert table(event) == expected
    assert set(event.attendances.values_list("created_by", flat=True)) == {staff.pk}


@pytest.mark.parametrize("broken", BROKEN[::4], ids=lambda broken: broken.name)
def test_broken_files_write_nothing(event: Event, staff: User, broken: Any) -> None:
    event.first_day, event.last_day = broken.first, broken.last
    with pytest.raises(Unreadable):
        import_report(event=event, data=broken.data, file_name="x.csv", by=staff)
    assert (AttendanceImport.objects.count(), ImportedPerson.objects.count()) == (0, 0)
    assert not default_storage.exists("attendance") or not default_storage.listdir("attendance")[1]


def test_first_and_last_moment_and_who_confirmed_are_kept(event: Event, staff: User) -> None:
    made = import_report(event=event, data=TEAMS_SECTIONS.encode("utf-16"), file_name="t.csv", by=staff)
    accept_new(attendance_import=made, by=staff)
    confirm(attendance_import=made, by=staff)
    luis = event.attendances.get(person__name="Luis Peña")
    assert (luis.arrived_at, luis.left_at, luis.minutes, luis.created_by) == (at(11, 10), at(12, 10), 30, staff)


def test_event_that_takes_no_attendance_takes_no_report(staff: User) -> None:
    event = factories.EventFactory(day=timezone.localdate() + dt.timedelta(days=2))
    with pytest.raises(ValidationError, match="desde el día del evento"):
        upload(event, stay("Ana"), by=staff)


# --- Who they are


def test_people_are_known_by_e_mail_then_by_alias_then_by_name_and_municipality(event: Event, staff: User) -> None:
    town = factories.MunicipalityFactory(name="Valle Alto")
    ana = factories.PersonFactory(name="Ana López Ruiz", email="ana@valle.example")
    eva = factories.PersonFactory(name="Eva Mora", email="", municipality=town)
    luis = factories.PersonFactory(name="Luis Peña", email="")
    factories.PersonAliasFactory(person=luis, kind="name", value="Lucho P")
    factories.RegistrationFactory(event=event, person=luis, name="Luis Peña", email="")
    rosa = factories.PersonFactory(name="Rosa Gil", email="")
    factories.PersonAliasFactory(person=rosa, kind="email", value="rosa@otra.example")
    made = upload(
        event,
        stay("Ana López", "ANA@valle.example"),
        stay("lucho p"),
        stay("Eva MORA - Valle Alto"),
        stay("[H. Ayuntamiento de Valle Alto] Eva Mora"),
        stay("Rosa Gil", "rosa@otra.example"),
    )
    person = ImportDecision.PERSON
    assert rows_of(made) == [
        ("Ana López", person, ana, MatchReason.EMAIL),
        ("lucho p", person, luis, MatchReason.ALIAS),
        ("Eva MORA - Valle Alto", person, eva, MatchReason.NAME_TOWN),
        ("Eva Mora", person, eva, MatchReason.NAME_TOWN),
        ("Rosa Gil", person, rosa, MatchReason.EMAIL),
    ]


def test_namesakes_are_never_matched_by_themselves(event: Event, staff: User) -> None:
    one = factories.PersonFactory(name="Juan Pérez", email="uno@a.example")
    other = factories.PersonFactory(name="Juan Pérez", email="")
    factories.RegistrationFactory(event=event, person=one, name="Juan Pérez", email="uno@a.example")
    made = upload(event, stay("juan perez"), stay("Juan Pérez", "tercero@c.example"))
    assert [row[1] for row in rows_of(made)] == ["", ""]
    candidates = [row.candidates for row in made.people.all()]
    assert candidates == [[[one.pk, "name"], [other.pk, "name"]]] * 2  # who is registered first
    assert accept_sure(attendance_import=made, by=staff) == 0
    assert accept_new(attendance_import=made, by=staff) == 0


def test_name_alone_is_a_proposal_that_can_be_taken_with_the_others(event: Event, staff: User) -> None:
    known = factories.RegistrationFactory(event=event, name="Ana Solís").person
    Person.objects.filter(pk=known.pk).update(name="Ana Solís", email="")
    factories.PersonFactory(name="Beto Cruz", email="")  # known, and not of this event
    made = upload(event, stay("ana solis"), stay("Beto Cruz"), stay("Nadie Conocido"))
    assert [row[1] for row in rows_of(made)] == ["", "", ""]
    assert (accept_sure(attendance_import=made, by=staff), accept_new(attendance_import=made, by=staff)) == (1, 1)
    assert [(row[0], row[1]) for row in rows_of(made)] == [
        ("ana solis", "person"), ("Beto Cruz", ""), ("Nadie Conocido", "new"),
    ]  # fmt: skip


def test_shared_mailbox_does_not_decide_who_it_was(event: Event) -> None:
    ana = factories.PersonFactory(name="Ana López", email="ecologia@valle.example")
    made = upload(event, stay("Rosa Gil", "ecologia@valle.example"), stay("Ana López", "ecologia@valle.example"))
    rosa, known = made.people.all()
    assert (rosa.decision, rosa.candidates, rosa.is_sure) == ("", [[ana.pk, "email"]], False)
    assert (known.decision, known.person) == ("person", ana)


def test_names_like_a_registered_one_are_proposed(event: Event) -> None:
    known = factories.RegistrationFactory(event=event, name="María del Carmen Ruiz Soto").person
    made = upload(event, stay("Carmen Ruiz"), stay("Otra Cosa"))
    assert [row.candidates for row in made.people.all()] == [[[known.pk, "near"]], []]


def test_decisions_are_remembered(event: Event, staff: User) -> None:
    ana = factories.PersonFactory(name="Ana López", email="ana@valle.example")
    made = upload(event, stay("iPhone de Ana", "anita@otra.example"), stay("Sala del instituto"))
    phone, room = made.people.all()
    decide(attendance_import=made, choices={phone.pk: str(ana.pk), room.pk: "ignore"}, by=staff)
    confirm(attendance_import=made, by=staff)
    kept = PersonAlias.objects.order_by("kind").values_list("person", "kind", "value", "created_by")
    assert list(kept) == [
        (ana.pk, "email", "anita@otra.example", staff.pk),
        (ana.pk, "name", "iPhone de Ana", staff.pk),
    ]
    later = factories.EventFactory(day=DAY, starts_at=at(11), ends_at=at(12, 30), time_zone=ZONE)
    again = upload(later, stay("iPhone de Ana", "anita@otra.example"), stay("SALA del Instituto"))
    assert rows_of(again) == [
        ("iPhone de Ana", "person", ana, MatchReason.EMAIL),
        ("SALA del Instituto", "ignore", None, MatchReason.IGNORED),
    ]


def test_decisions_for_people_who_do_not_exist_or_other_queues_change_nothing(event: Event, staff: User) -> None:
    made, other = upload(event, stay("Ana")), upload(event, stay("Eva"))
    mine, foreign = made.people.get(), other.people.get()
    choices = {mine.pk: "999999", foreign.pk: "new"}
    assert decide(attendance_import=made, choices=choices, by=staff) == 0
    assert decide(attendance_import=made, choices={mine.pk: "everybody"}, by=staff) == 0
    assert [row.decision for row in ImportedPerson.objects.all()] == ["", ""]


# --- Confirming


def test_undecided_people_hold_everything_back(event: Event, staff: User) -> None:
    factories.PersonFactory(name="Juan Pérez")
    made = upload(event, stay("Ana"), stay("Juan Pérez"))
    accept_new(attendance_import=made, by=staff)
    with pytest.raises(ValidationError, match="Falta decidir quién es 1 persona"):
        confirm(attendance_import=made, by=staff)
    assert (event.attendances.count(), Person.objects.count()) == (0, 1)


def test_confirming_twice_writes_once(event: Event, staff: User) -> None:
    made = upload(event, stay("Ana"), stay("Eva"))
    accept_new(attendance_import=made, by=staff)
    assert confirm(attendance_import=made, by=staff) == confirm(attendance_import=made, by=staff)
    assert table(event) == [("Ana", 60, "import", "virtual"), ("Eva", 60, "import", "virtual")]
    assert Person.objects.count() == 2


def test_two_lines_for_one_person_are_united(event: Event, staff: User) -> None:
    ana = factories.PersonFactory(name="Ana López", email="ana@valle.example")
    made = upload(event, stay("Ana López", "ana@valle.example", "11:00", "11:40"), stay("iPad", "", "11:30", "12:00"))
    tablet = made.people.last()
    decide(attendance_import=made, choices={tablet.pk: str(ana.pk)}, by=staff)
    confirm(attendance_import=made, by=staff)
    assert table(event) == [("Ana López", 60, "import", "virtual")]


def test_registration_says_how_the_person_is_counted(event: Event, staff: User) -> None:
    row = factories.RegistrationFactory(event=event, name="Ana Solís", sex="woman", institution="Ayuntamiento")
    made = upload(event, stay("Ana Solís", row.email_normalised or row.email))
    accept_sure(attendance_import=made, by=staff)
    decide(attendance_import=made, choices={made.people.get().pk: str(row.person_id)}, by=staff)
    confirm(attendance_import=made, by=staff)
    kept = event.attendances.values_list("registration", "sex", "institution", "minutes").get()
    assert kept == (row.pk, "woman", "Ayuntamiento", 60)


def test_who_was_checked_in_stays_so_and_gains_the_minutes(event: Event, staff: User) -> None:
    row = factories.RegistrationFactory(event=event)
    factories.AttendanceFactory(
        event=event, person=row.person, registration=row, source="check-in", modality="in-person", arrived_at=at(10, 50)
    )
    made = upload(event, stay(row.person.name, row.person.email))
    confirm(attendance_import=made, by=staff)
    kept = event.attendances.get()
    assert (kept.source, kept.modality, kept.minutes) == ("check-in", "in-person", 60)
    assert (kept.arrived_at, kept.left_at) == (at(10, 50), at(12))


def test_thrown_away_queue_leaves_nothing(event: Event, staff: User, django_capture_on_commit_callbacks: Any) -> None:
    made = upload(event, stay("Ana"))
    name = made.file.name
    with django_capture_on_commit_callbacks(execute=True):
        discard(attendance_import=made, by=staff)
    assert not made.file.storage.exists(name)
    assert not ImportedPerson.objects.exists()
    with pytest.raises(ValidationError, match="ya no está en revisión: descartada"):
        confirm(attendance_import=made, by=staff)
    assert upload(event, stay("Ana")).state == ImportState.PENDING


# --- The same file, and a corrected one


def test_same_file_says_where_it_is(event: Event, staff: User) -> None:
    made = upload(event, stay("Ana"))
    accept_new(attendance_import=made, by=staff)
    for _state in ("pending", "confirmed"):
        with pytest.raises(AlreadyImported) as again:
            upload(event, stay("Ana"))
        assert again.value.imported == made
        confirm(attendance_import=made, by=staff)
    other = factories.EventFactory(day=DAY)
    assert upload(other, stay("Ana")).event == other


def test_corrected_file_takes_the_place_of_the_earlier_one(event: Event, staff: User) -> None:
    door = factories.RegistrationFactory(event=event, name="Dora Door")
    factories.AttendanceFactory(
        event=event,
        person=door.person,
        registration=door,
        source="check-in",
        modality="in-person",
        arrived_at=at(10, 50),
    )
    listed = factories.AttendanceFactory(event=event, source="staff", modality="")
    first = upload(
        event, stay("Ana"), stay("Eva"), stay(door.person.name, door.person.email),
        stay(listed.person.name, listed.person.email),
    )  # fmt: skip
    accept_new(attendance_import=first, by=staff)
    confirm(attendance_import=first, by=staff)
    assert {row[1] for row in table(event)} == {60}
    ana = event.attendances.get(person__name="Ana").pk
    second = upload(event, stay("Ana", "", "11:00", "11:30"), stay("Zoe"), replaces=first)
    accept_new(attendance_import=second, by=staff)
    accept_sure(attendance_import=second, by=staff)
    confirm(attendance_import=second, by=staff)
    assert sorted(table(event), key=lambda row: (row[2], row[0])) == [
        (door.person.name, None, "check-in", "in-person"),
        ("Ana", 30, "import", "virtual"),
        ("Zoe", 60, "import", "virtual"),
        (listed.person.name, None, "staff", ""),
    ]
    assert event.attendances.get(person__name="Ana").pk == ana
    assert event.attendances.get(source="check-in").arrived_at == at(10, 50)
    first.refresh_from_db()
    assert first.state == ImportState.REPLACED


def test_door_mark_that_came_after_the_report_outlives_it(event: Event, staff: User) -> None:
    event.modality = "hybrid"
    event.save()
    row = factories.RegistrationFactory(event=event, name="Ana Solís")
    first = upload(event, stay("Ana Solís", row.person.email))
    decide(attendance_import=first, choices={first.people.get().pk: str(row.person_id)}, by=staff)
    confirm(attendance_import=first, by=staff)
    check_in(registration=row, by=staff, at=at(11, 5), anyway=True)
    assert DoorMark.objects.get().came
    second = upload(event, stay("Zoe"), replaces=first)
    accept_new(attendance_import=second, by=staff)
    confirm(attendance_import=second, by=staff)
    assert event.attendances.values_list("source", "arrived_at", "minutes").get(person=row.person) == (
        AttendanceSource.CHECK_IN, at(11, 5), None,
    )  # fmt: skip


def test_second_report_that_replaces_nothing_adds_up(event: Event, staff: User) -> None:
    ana = factories.PersonFactory(name="Ana López", email="ana@valle.example")
    for start, end in (("11:00", "11:30"), ("11:20", "12:00")):
        made = upload(event, stay("Ana López", ana.email, start, end))
        confirm(attendance_import=made, by=staff)
    assert table(event) == [("Ana López", 60, "import", "virtual")]


# --- Sheets


def test_typed_sheet_goes_through_the_same_review(event: Event, staff: User) -> None:
    town = factories.MunicipalityFactory()
    known = factories.PersonFactory(name="Eva Mora", email="", municipality=town)
    typed = [
        {"name": "  Ana   López ", "sex": "woman", "category": "academia", "institution": "UAEM", "municipality": town},
        {"name": "eva mora", "municipality": town, "minutes": 45},
        {"name": "Luis", "minutes": 500},
    ]
    made = import_sheet(event=event, rows=typed, by=staff)
    assert [row[1:] for row in rows_of(made)] == [
        ("", None, ""), ("person", known, MatchReason.NAME_TOWN), ("", None, ""),
    ]  # fmt: skip
    accept_new(attendance_import=made, by=staff)
    confirm(attendance_import=made, by=staff)
    assert table(event) == [
        ("Ana López", None, "paper", "in-person"),
        ("Eva Mora", 45, "paper", "in-person"),
        ("Luis", 90, "paper", "in-person"),
    ]
    ana = event.attendances.values_list("sex", "category", "institution", "municipality").get(person__name="Ana López")
    assert ana == ("woman", "academia", "UAEM", town.pk)
    event.refresh_from_db()
    assert event.headcount is None


# --- How much, how long, and what remains


def test_reading_and_confirming_cost_the_same_queries_for_few_and_many(event: Event, staff: User) -> None:
    counts = []
    for number in (2, 200):
        people = [factories.PersonFactory() for _n in range(number // 2)]
        rows = [stay(person.name, person.email) for person in people]
        rows += [stay(f"Nueva {number} {n}") for n in range(number // 2)]
        with CaptureQueriesContext(connection) as queries:
            made = upload(event, *rows)
            accept_new(attendance_import=made, by=staff)
            confirm(attendance_import=made, by=staff)
        # Rows are written many at a time; SQLite takes fewer of them in one statement.
        inserts = [query["sql"] for query in queries if query["sql"].startswith("INSERT")]
        counts.append(len(queries) - len(inserts))
        assert len(inserts) <= 5 + number // 10
    assert counts[0] == counts[1]


def test_files_and_names_go_with_time_and_the_attendance_stays(
    event: Event, staff: User, django_capture_on_commit_callbacks: Any
) -> None:
    made, forgotten = upload(event, stay("Ana", "ana@valle.example")), upload(event, stay("Eva"))
    accept_new(attendance_import=made, by=staff)
    confirm(attendance_import=made, by=staff)
    name, tomorrow = made.file.name, timezone.localdate() + dt.timedelta(days=1)
    assert (count_outdated_imports(timezone.localdate()), count_outdated_imports(tomorrow)) == (0, 2)
    with django_capture_on_commit_callbacks(execute=True):
        assert erase_outdated_imports(tomorrow) == 2
    assert not made.file.storage.exists(name)
    assert list(made.people.values_list("name", "email", "minutes")) == [("", "", 60)]
    assert AttendanceImport.objects.get(pk=forgotten.pk).state == ImportState.DISCARDED
    assert table(event) == [("Ana", 60, "import", "virtual")]
    assert count_outdated_imports(tomorrow) == 0


def test_reports_forget_who_is_erased(event: Event, staff: User) -> None:
    made = upload(event, stay("Ana", "ana@valle.example"), stay("Eva"))
    accept_new(attendance_import=made, by=staff)
    confirm(attendance_import=made, by=staff)
    ana, file = Person.objects.get(name="Ana"), made.file.name
    assert steps.export(ana)["En informes de asistencia"][0]["Minutos"] == 60
    assert steps.erase(ana) == [file]
    assert set(made.people.values_list("name", "email", "minutes")) == {("", "", 60), ("Eva", "", 60)}
    assert AttendanceImport.objects.get().file.name == ""


def test_what_reports_say_moves_with_a_person_and_comes_back(event: Event, staff: User) -> None:
    made = upload(event, stay("Ana"))
    accept_new(attendance_import=made, by=staff)
    confirm(attendance_import=made, by=staff)
    gone, kept = Person.objects.get(name="Ana"), factories.PersonFactory()
    moved = steps.merge(kept, gone)
    assert made.people.get().person == kept
    steps.unmerge(kept, gone, moved)
    assert made.people.get().person == gone


# --- Killed in the middle

# Confirms once for each statement of the confirmation, and is killed by SIGKILL just before that statement.
KILLED = """
import json, os, signal, sys
import django; django.setup()
from django.db import connection
from events.models import AttendanceImport
from events.services.imports import confirm

made = AttendanceImport.objects.get(pk=int(sys.argv[1]))
step = 0
while True:
    connection.close()
    getattr(connection, "close_pool", lambda: None)()  # a child must not speak over its parent's line
    child = os.fork()
    if child == 0:
        left = [step]
        def die(execute, sql, params, many, context):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return execute(sql, params, many, context)
        with connection.execute_wrapper(die):
            confirm(attendance_import=made, by=None)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    with connection.cursor() as cursor:
        found = []
        for name in ("events_attendance", "network_person"):
            cursor.execute(f"SELECT COUNT(*) FROM {name}")
            found.append(cursor.fetchone()[0])
        cursor.execute("SELECT state FROM events_attendanceimport")
        found.append(cursor.fetchone()[0])
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print(json.dumps([killed, *found]), flush=True)
    if not killed:
        break
    step += 1
"""


@pytest.mark.django_db(transaction=True)
def test_killed_confirmation_leaves_nothing_and_may_be_repeated(tmp_path: Path) -> None:
    event = factories.EventFactory(day=DAY, starts_at=at(11), ends_at=at(12, 30), time_zone=ZONE)
    made = upload(event, *(stay(f"Persona {n}") for n in range(40)))
    accept_new(attendance_import=made, by=None)
    if connection.vendor == "sqlite":
        file = tmp_path / "killed.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(file)])
        url = f"sqlite:///{file}"
    else:
        from tests.events.crowd import database_url

        url = database_url()
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    run = subprocess.run(
        [sys.executable, "-c", KILLED, str(made.pk)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
    )
    seen = [tuple(json.loads(line)) for line in run.stdout.splitlines()]
    *killed, whole = seen
    assert len(killed) > 8, run.stderr
    assert set(killed) == {(True, 0, 0, "pending")}
    assert whole == (False, 40, 40, "confirmed")
