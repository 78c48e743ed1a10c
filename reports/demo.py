"""The demonstration: real events of the source documents, invented people, dates that are always about to happen.

What is real and what is invented is said in ``reports/data/demo.yaml``. Loading again adds what is missing and brings
upcoming events that have passed back to the future; nothing is doubled.
"""

import datetime as dt
import random
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import yaml
from allauth.account.models import EmailAddress
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from actions import services as actions
from actions.models import (
    Action,
)
from events.enums import AttendanceSource, RegistrationState
from events.models import Attendance, Event, Format, Registration, SeatPool, Series
from events.services.editing import cancel_event, moment, publish_event, save_event, save_series
from events.services.imports import import_report
from events.services.questions import save_questions, store_answers
from events.services.registration import RegistrationData
from municipalities.models import Municipality
from network import services as network
from network.enums import (
    ArcoKind,
    ArcoState,
    DesignationKind,
    DesignationState,
    Modality,
    PersonCategory,
    Role,
    Sex,
)
from network.models import (
    SDG,
    ArcoRequest,
    Designation,
    Instrument,
    Organisation,
    Pathway,
    Person,
    PrivacyNotice,
    Sector,
    User,
)
from reports.demo_actions import load_actions, load_exchange
from reports.demo_directory import load_directory
from reports.demo_office import load_office
from reports.models import IssuedReport
from trainings import services as trainings
from trainings.enums import EnrolmentState
from trainings.imports import load_certificate_template
from trainings.models import (
    Accompaniment,
    CertificateTemplate,
    Enrolment,
    Expert,
    Training,
    TrainingSession,
    TrainingTarget,
)
from trainings.services.certificate_templates import add_signatory
from trainings.services.certificates import issue_certificates
from web.models import Installation
from web.tabular import csv_bytes

DEMO_FILE = Path(__file__).parent / "data" / "demo.yaml"
PASSWORD = "demo-clima-2026"  # noqa: S105  published on purpose, only where the demo is loaded
ACCOUNTS = {
    "admin@demo.example": ("Administración Demo", Role.ADMIN),
    "personal@demo.example": ("Personal Demo del Instituto", Role.STAFF),
    "enlace@demo.example": ("Enlace Demo Toluca", Role.PARTICIPANT),
    "enlace2@demo.example": ("Enlace Demo Texcoco", Role.PARTICIPANT),
    "participante@demo.example": ("Participante Demo", Role.PARTICIPANT),
}
PARTICIPANTS = 400
FRIDAY = 4
FIRST_NAMES = {
    Sex.WOMAN: [
        "Guadalupe",
        "Verónica",
        "Itzel",
        "María Fernanda",
        "Leticia",
        "Xóchitl",
        "Ana Laura",
        "Rosario",
        "Citlali",
    ],
    Sex.MAN: [
        "José Luis",
        "Alejandro",
        "Juan Carlos",
        "Ángel",
        "Ricardo",
        "Óscar",
        "Miguel Ángel",
        "Cuauhtémoc",
        "Iván",
    ],
}
SURNAMES = [
    "Hernández",
    "García",
    "Núñez",
    "De la Cruz",
    "Peña",
    "Reyes",
    "Colín",
    "Garduño",
    "Mejía",
    "Albarrán",
    "Ávila",
]
INSTITUTIONS = {
    PersonCategory.PUBLIC_SERVANT: "Ayuntamiento Demo de {municipality}",
    PersonCategory.ACADEMIA: "Universidad Demo del Altiplano",
    PersonCategory.CIVIL_SOCIETY: "Colectivo Demo Agua y Bosque",
    PersonCategory.PRIVATE: "Empresa Demo Solar",
    PersonCategory.GENERAL_PUBLIC: "",
}


def load_demo() -> dict[str, int]:
    """Load all of it; returns how many rows of each kind there are afterwards."""
    content = _content()
    with transaction.atomic():
        Installation.objects.get_or_create(pk=1)
        _accounts()
        organisations = _organisations(content["organisations"])
        _designations(content)
        people = _participants()
        _series(content["series"], organisations)
        for row in content["events"]:
            _event(row, organisations, people)
        _attendance_report()
        _trainings(content["trainings"], organisations)
        load_actions(content["actions"], _staff())
        for row in content["accompaniments"]:
            _accompaniment(row)
        load_exchange(_staff())
        trainings.rewrite_search_texts()
        actions.rewrite_search_texts()
        load_directory(_staff())
        load_office(_staff())
        _first_report()
        _asked_about_data()
    kinds = (Designation, Event, Registration, Attendance, Training, Action, Person)
    return {kind.__name__: kind.objects.count() for kind in kinds}


def _asked_about_data() -> None:
    """Two people asked about their data: one just now, the other has an answer on its way."""
    by = User.objects.get(email="admin@demo.example")
    asked = [
        (ArcoKind.RECTIFICATION, "Tomás Ficticio Arriaga", "tomas.ficticio@personas.example", "Mi apellido está mal."),
        (ArcoKind.ACCESS, "Irene Ficticia Luna", "irene.ficticia@personas.example", "Una copia de mis datos."),
    ]
    for number, (kind, name, email, text) in enumerate(asked):
        if ArcoRequest.objects.filter(email=email).exists():
            continue
        row = network.ask(
            kind=kind, name=name, email=email, asks=text, represents="", file=None,
            notice=PrivacyNotice.objects.first(), language="es", form_key=f"demo-{number}",
        )  # fmt: skip
        row = network.confirm(request=row)
        if kind == ArcoKind.RECTIFICATION:
            network.move(
                request=row, state=ArcoState.IN_PROGRESS, by=by, identity="Credencial cotejada por videollamada."
            )


@cache
def _content() -> dict[str, Any]:
    with DEMO_FILE.open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def _accounts() -> None:
    for email, (name, role) in ACCOUNTS.items():
        if not User.objects.filter(email=email).exists():
            user = User.objects.create_user(email, PASSWORD, name=name, role=role, is_staff=role == Role.ADMIN)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def _staff() -> User:
    return User.objects.get(email="personal@demo.example")


def _organisations(rows: dict[str, dict[str, str]]) -> dict[str, Organisation]:
    found = {}
    for code, row in rows.items():
        defaults = {"acronym": row.get("acronym", ""), "source": row.get("source", "")}
        found[code], _created = Organisation.objects.update_or_create(name=row["name"], defaults=defaults)
    return found


# --- The network


def _designations(content: dict[str, Any]) -> None:
    start = dt.date(timezone.localdate().year, 2, 3)
    municipalities = {row.cvegeo: row for row in Municipality.objects.all()}
    liaisons = list(content["liaisons"])
    liaisons += [
        {"municipality": key, "position": "Dirección de Medio Ambiente", "sex": Sex.WOMAN if n % 2 else Sex.MAN}
        for n, key in enumerate(content["more_titulares"])
    ]
    for number, row in enumerate(liaisons):
        municipality = municipalities[row["municipality"]]
        user = User.objects.filter(email=row.get("account", "")).first()
        _designate(municipality, DesignationKind.TITULAR, row, number, start + dt.timedelta(days=number), user)
    for number, key in enumerate(content["suplentes"], start=len(liaisons)):
        row = {"position": "Coordinación de Ecología", "sex": Sex.WOMAN if number % 2 else Sex.MAN}
        _designate(municipalities[key], DesignationKind.SUPLENTE, row, number, start + dt.timedelta(days=number), None)


def _designate(
    municipality: Municipality,
    kind: DesignationKind,
    row: dict[str, Any],
    number: int,
    starts_on: dt.date,
    user: User | None,
) -> None:
    if Designation.objects.filter(municipality=municipality, kind=kind).exists():
        return
    suffix = "" if kind == DesignationKind.TITULAR else "suplente."
    person = Person.objects.create(
        name=user.name if user else f"{'Enlace' if not suffix else 'Suplente'} Demo {municipality.name}",
        email=user.email if user else f"enlace.{suffix}{municipality.cvegeo}@municipio.example",
        sex=row["sex"],
        category=PersonCategory.PUBLIC_SERVANT,
        position=row["position"],
        institution=f"Ayuntamiento Demo de {municipality.name}",
        municipality=municipality,
        user=user,
    )
    Designation.objects.create(
        municipality=municipality,
        person=person,
        kind=kind,
        state=DesignationState.IN_FORCE,
        oficio_number=f"DEMO/PM/{number + 101}/{starts_on.year}",
        oficio_date=starts_on,
        signed_by=f"Presidencia Municipal Demo de {municipality.name}",
        starts_on=starts_on,
        ends_on=dt.date(starts_on.year + 1, 12, 31),
        created_by=_staff(),
    )


def _participants() -> dict[str, list[Person]]:
    """Invented participants by sex, enough for every session; the first woman is the participant's own account."""
    if Person.objects.filter(email__endswith="@correo.example").count() < PARTICIPANTS:
        chance = random.Random(2026)  # noqa: S311
        municipalities = list(Municipality.objects.order_by("cvegeo"))
        sexes = [Sex.WOMAN] * 190 + [Sex.MAN] * 175 + [Sex.OTHER] * 6 + [Sex.UNDISCLOSED] * 12 + [""] * 17
        categories = list(PersonCategory)
        people = []
        for number, sex in enumerate(sexes, start=1):
            names = (
                FIRST_NAMES.get(Sex(sex), [])
                if sex in FIRST_NAMES
                else [*FIRST_NAMES[Sex.WOMAN], *FIRST_NAMES[Sex.MAN]]
            )
            municipality = chance.choices([*municipalities, None], [*(m.population for m in municipalities), 900_000])[
                0
            ]
            category = chance.choices([*categories, ""], [62, 16, 6, 8, 5, 3])[0]
            institution = INSTITUTIONS.get(PersonCategory(category), "") if category else ""
            people.append(
                Person(
                    name=f"{chance.choice(names)} {chance.choice(SURNAMES)} {chance.choice(SURNAMES)} (demo {number})",
                    email=f"participante.{number:03}@correo.example",
                    sex=sex,
                    category=category,
                    institution=institution.format(municipality=municipality or "otra entidad"),
                    municipality=municipality,
                )
            )
        Person.objects.bulk_create(people)
    user = User.objects.get(email="participante@demo.example")
    Person.objects.get_or_create(
        user=user,
        defaults={"name": user.name, "email": user.email, "sex": Sex.WOMAN, "category": PersonCategory.GENERAL_PUBLIC},
    )
    people_by_sex: dict[str, list[Person]] = {}
    for person in Person.objects.filter(email__endswith="@correo.example").order_by("pk"):
        people_by_sex.setdefault(person.sex, []).append(person)
    return people_by_sex


# --- Events


def _organiser_rows(rows: dict[str, list[str]], organisations: dict[str, Organisation]) -> list[dict[str, Any]]:
    return [{"organisation": organisations[code], "role": role} for role, codes in rows.items() for code in codes]


def _series(rows: dict[str, dict[str, Any]], organisations: dict[str, Organisation]) -> None:
    for row in rows.values():
        if not Series.objects.filter(title=row["title"]).exists():
            data = {**row, "organisers": _organiser_rows(row["organisers"], organisations)}
            save_series(series=None, data=data, by=_staff())


def _series_title(code: str) -> str:
    return _content()["series"][code]["title"]


def _when(row: dict[str, Any]) -> dict[str, Any]:
    """The wall time of an event: a date of its own, none, or the first working day after so many days from today."""
    first_day: dt.date | None
    if "in_days" in row:
        first_day = timezone.localdate() + dt.timedelta(days=row["in_days"])
        while first_day.weekday() > FRIDAY:
            first_day += dt.timedelta(days=1)
    else:
        first_day = row.get("date")
    hours = [dt.time.fromisoformat(hour) for hour in row.get("hours", [])]
    start_time, end_time = hours if hours else (None, None)
    last_day = None if first_day is None else first_day + dt.timedelta(days=row.get("days", 1) - 1)
    return {"first_day": first_day, "last_day": last_day, "start_time": start_time, "end_time": end_time}


def _event(row: dict[str, Any], organisations: dict[str, Organisation], people: dict[str, list[Person]]) -> None:
    event = Event.objects.filter(title=row["title"]).first()
    if event is not None:
        if "in_days" in row and event.is_over:
            _bring_back(event, row)
        return
    virtual = row.get("modality", Modality.VIRTUAL) != Modality.IN_PERSON
    pathways = [Pathway.objects.get(code=code) for code in row["pathways"]]
    answers = row.get("answers", [])
    data = {
        "title": row["title"],
        "title_en": row.get("title_en", ""),
        "format": Format.objects.get(code=row["format"]),
        "series": Series.objects.get(title=_series_title(row["series"])),
        "number_in_series": row.get("number"),
        "follows_up": Event.objects.filter(title=_title_of(row.get("follows_up"))).first(),
        "topic": row.get("topic", ""),
        "summary": row.get("summary", ""),
        "objectives": "\n".join(row.get("objectives", [])),
        **_when(row),
        "time_zone": "America/Mexico_City",
        "second_time_zone": row.get("second_time_zone", ""),
        "modality": row.get("modality", Modality.VIRTUAL),
        "venue": row.get("venue", ""),
        "address": row.get("address", ""),
        "municipality": Municipality.objects.filter(cvegeo=row.get("municipality", "")).first(),
        "meeting_url": f"https://videollamada.example/{row['slug']}" if virtual and not row.get("source") else "",
        "pathway": pathways[0],
        "linked_pathways": pathways[1:],
        "sectors": list(Sector.objects.filter(code__in=row["sectors"])),
        "sdgs": list(SDG.objects.filter(number__in=row["sdgs"])),
        "registration_enabled": row.get("registration", not row.get("source")),
        "note": row.get("note", ""),
        "source": row.get("source", ""),
        "results_summary": row.get("results", ""),
        "headcount": row.get("headcount"),
        "capacity": row.get("capacity"),
        "organisers": _organiser_rows(row.get("organisers", {}), organisations),
        "speakers": [
            {"role": "speaker", "consent_on": timezone.localdate(), "affiliation": "", **speaker}
            for speaker in row.get("speakers", [])
        ],
        "guiding_questions": [
            {"text": text, "answer": answers[number] if number < len(answers) else ""}
            for number, text in enumerate(row.get("questions", []))
        ],
        "agreements": [
            {
                "text": agreement["text"],
                "owner": agreement.get("owner", ""),
                "municipality": Municipality.objects.filter(cvegeo=agreement.get("municipality", "")).first(),
                "due_on": agreement.get("due"),
            }
            for agreement in row.get("agreements", [])
        ],
        "materials": [
            {
                "kind": material["kind"],
                "title": material["title"],
                "url": material["url"],
                "language": "es",
                "has_captions": material.get("captions", False),
            }
            for material in row.get("materials", [])
        ],
    }
    event = save_event(event=None, data=data, by=_staff())
    if not row.get("draft"):
        event = publish_event(event=event, by=_staff())
    if "attended" in row:
        _attendances(event, row["attended"], people)
    if "registered" in row:
        _registrations(event, row["registered"], people)
    if "asks" in row:
        _asks(event, row["asks"], row.get("needs", []))
    if "cancelled" in row:
        cancel_event(event=event, reason=row["cancelled"], by=_staff())


def _title_of(slug: str | None) -> str:
    return next((row["title"] for row in _content()["events"] if row["slug"] == slug), "")


def _bring_back(event: Event, row: dict[str, Any]) -> None:
    """An upcoming event that has passed since the demo was loaded is upcoming again, without telling anybody."""
    when = _when(row)
    if when["start_time"]:
        when["starts_at"] = moment(when["first_day"], when["start_time"], event.time_zone)
        when["ends_at"] = moment(when["last_day"], when["end_time"], event.time_zone)
    for name, value in when.items():
        setattr(event, name, value)
    event.sequence += 1
    event.start_revision += 1
    event.revised_at = timezone.now()
    event.save()


def _registration(event: Event, person: Person, pool: SeatPool, notice: PrivacyNotice, at: dt.datetime) -> Registration:
    return Registration(
        event=event,
        person=person,
        seat_pool=pool,
        name=person.name,
        email=person.email,
        email_normalised=person.email,
        sex=person.sex,
        category=person.category,
        institution=person.institution,
        municipality=person.municipality,
        privacy_notice=notice,
        consented_at=at,
        created_at=at,
    )


def _mixed(people: dict[str, list[Person]], seed: int) -> Iterator[Person]:
    everybody = [person for group in people.values() for person in group]
    random.Random(seed).shuffle(everybody)  # noqa: S311
    return iter(everybody)


def _registrations(event: Event, count: int, people: dict[str, list[Person]]) -> None:
    """``count`` live registrations: seats first come first served, the rest waiting."""
    pool = event.seat_pools.get()
    notice = PrivacyNotice.objects.latest()
    first = timezone.now() - dt.timedelta(days=6)
    rows = []
    chosen = _mixed(people, event.pk)
    own = Person.objects.get(user__email="participante@demo.example")
    for number in range(count):
        at = first + dt.timedelta(minutes=37 * number)
        row = _registration(event, own if number == 3 else next(chosen), pool, notice, at)
        if pool.capacity is None or number < pool.capacity:
            row.state, row.confirmed_at = RegistrationState.CONFIRMED, at
        rows.append(row)
    Registration.objects.bulk_create(rows)
    pool.taken = min(count, pool.capacity or count)
    pool.save()


def _asks(event: Event, asked: list[dict[str, Any]], needs: list[dict[str, str]]) -> None:
    """The event's own questions, answered by those registered, and what some of them need to take part."""
    empty = ("text_en", "help_text", "help_text_en", "purpose_en", "options", "options_en")
    nothing = dict.fromkeys(empty, "") | {"is_required": False}
    unconditional = {"shown_if": None, "shown_if_value": "", "retention_days": 180}
    rows = [{"row": number, **nothing, **unconditional, **question} for number, question in enumerate(asked)]
    save_questions(event=event, rows=rows, by=_staff())
    chance = random.Random(event.pk)  # noqa: S311
    questions = list(event.registration_questions.all())
    registrations = list(event.registrations.all())
    for registration in registrations:
        given: dict[int, Any] = {}
        for question in questions:
            if question.shown_if_id and given.get(question.shown_if_id) != question.shown_if_value:
                continue
            if question.option_list:
                given[question.pk] = chance.choice(question.option_list)
            elif question.kind == "yes-no":
                given[question.pk] = chance.random() < 0.4
            elif question.kind == "number":
                given[question.pk] = chance.randint(1, 4)
        store_answers(registration=registration, answers=given, needs={})
    for registration, need in zip(registrations[2::5], needs, strict=False):
        store_answers(registration=registration, answers={}, needs=need)


def _attendances(event: Event, attended: dict[str, int], people: dict[str, list[Person]]) -> None:
    """Who was there, by sex; a tenth more had registered and did not come."""
    chance = random.Random(event.pk)  # noqa: S311
    pool = event.seat_pools.get()
    notice = PrivacyNotice.objects.latest()
    came = [person for sex, count in attended.items() for person in chance.sample(people[sex], count)]
    absent = [person for person in _mixed(people, event.pk) if person not in came][: len(came) // 10]
    opened = (event.starts_at or timezone.now()) - dt.timedelta(days=12)
    registrations = [
        _registration(event, person, pool, notice, opened + dt.timedelta(minutes=53 * number))
        for number, person in enumerate(came + absent)
    ]
    for row in registrations:
        row.state, row.confirmed_at = RegistrationState.CONFIRMED, row.created_at
    Registration.objects.bulk_create(registrations)
    pool.taken = len(registrations)
    pool.save()
    length = int((event.ends_at - event.starts_at).total_seconds() // 60) if event.starts_at and event.ends_at else None
    Attendance.objects.bulk_create(
        Attendance(
            event=event,
            person=row.person,
            registration=row,
            source=AttendanceSource.STAFF,
            modality=event.modality
            if event.modality != Modality.HYBRID
            else chance.choice([Modality.VIRTUAL, Modality.IN_PERSON]),
            minutes=chance.randint(length // 2, length) if length and event.modality == Modality.VIRTUAL else None,
            sex=row.sex,
            category=row.category,
            institution=row.institution,
            municipality=row.municipality,
            created_by=_staff(),
        )
        for row in registrations[: len(came)]
    )


def _attendance_report() -> None:
    """A report of the last video call that waits to be reviewed: some are known by their e-mail, some are not."""
    calls = Event.objects.held().filter(modality=Modality.VIRTUAL, ends_at__isnull=False)
    event = calls.order_by("-starts_at").first()
    if event is None or event.starts_at is None or event.attendance_imports.exists():
        return
    known = event.registrations.exclude(email="").order_by("pk")[:6]
    start = event.starts_at.astimezone(dt.UTC)
    times = [f"{start + dt.timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}" for minutes in (2, 48)]
    rows = [[row.name, row.email if number < 4 else "", *times] for number, row in enumerate(known)]
    rows += [["iPhone", "", times[0], ""], ["Sala del instituto", "", *times]]
    head = ["Nombre (nombre original)", "Correo electrónico", "Hora de entrada (UTC)", "Hora de salida (UTC)"]
    import_report(event=event, data=csv_bytes(head, rows), file_name="participantes-demo.csv", by=_staff())


# --- Trainings, actions, a report


ENROLMENT = ("takes_enrolments", "capacity", "min_minutes_share", "min_sessions_share", "min_score")


def _trainings(rows: list[dict[str, Any]], organisations: dict[str, Organisation]) -> None:
    for row in rows:
        if Training.objects.filter(slug=row["slug"]).exists():
            continue
        pathways = [Pathway.objects.get(code=code) for code in row["pathways"]]
        names = ("title", "objective", "hours", "modality", "topics", "note", "source", *ENROLMENT)
        training = Training.objects.create(
            slug=row["slug"],
            format=Format.objects.get(code=row["format"]),
            pathway=pathways[0],
            is_published=True,
            created_by=_staff(),
            **{name: row[name] for name in names if name in row},
        )
        training.linked_pathways.set(pathways[1:])
        for target in row["targets"]:
            organisation = organisations[target["organisation"]]
            TrainingTarget.objects.create(training=training, **{**target, "organisation": organisation})
        for order, slug in enumerate(row.get("events", [])):
            event = Event.objects.get(title=_title_of(slug))
            TrainingSession.objects.create(training=training, event=event, order=order)
        for person in row.get("facilitators", []):
            training.facilitators.create(consent_on=timezone.localdate(), **person)
        _enrolments(training, row)
        if "scores" in row:
            _certificates(training, row["scores"])


def _enrolments(training: Training, row: dict[str, Any]) -> None:
    """Who came to its sessions held, with a place and minutes (of every twelfth nobody wrote them down); and so many
    people more in a training with sessions to come, some of them in its line."""
    came = Attendance.objects.filter(event__in=Event.objects.held().filter(trainings=training)).select_related(
        "event", "person"
    )
    for number, attendance in enumerate(came if row.get("enrol_attended") else []):
        start, end = attendance.event.starts_at, attendance.event.ends_at
        if start and end and number % 12:
            length = int((end - start).total_seconds()) // 60
            attendance.minutes = length - number % 7 * length // 12
            attendance.save(update_fields=["minutes"])
        typed = {name: getattr(attendance, name) for name in ("sex", "category", "institution", "municipality")}
        data = RegistrationData(name=attendance.person.name, person=attendance.person, **typed)
        trainings.enrol(training=training, data=data, by=_staff(), self_registered=False, at_any_time=True)
    for person in Person.objects.filter(registrations__isnull=False).distinct().order_by("pk")[: row.get("enrol", 0)]:
        typed = {name: getattr(person, name) for name in ("sex", "category", "institution", "municipality")}
        data = RegistrationData(
            name=person.name, email=person.email, modality=Modality.IN_PERSON, person=person,
            privacy_notice=PrivacyNotice.objects.latest(), **typed,
        )  # fmt: skip
        trainings.enrol(training=training, data=data)


def _certificates(training: Training, scores: list[float]) -> None:
    """Some of who came were evaluated; those who reached the score get their constancia, printed by the worker."""
    load_certificate_template()
    template = CertificateTemplate.objects.earliest("pk")
    if not template.signatories.exists():
        add_signatory(
            template=template, name="Dra. Irene Firmante (demo)", position="Directora General (persona inventada)",
            signature=None, consented_on=timezone.localdate(), by=_staff(),
        )  # fmt: skip
    came = Person.objects.filter(attendances__event__trainings=training).order_by("pk")
    for person, score in zip(came, scores, strict=False):
        Enrolment.objects.create(
            training=training, person=person, name=person.name, email=person.email, state=EnrolmentState.CONFIRMED,
            self_registered=False, score=str(score), created_by=_staff(),
        )  # fmt: skip
        Training.objects.filter(pk=training.pk).update(seats_taken=F("seats_taken") + 1)
    issue_certificates(training=training, template=template, key="demo", notify=False, by=_staff())


def _accompaniment(row: dict[str, Any]) -> None:
    """A file of accompaniment, taken through its services as far as the row says. Files that exist are left alone."""
    place = Municipality.objects.get(cvegeo=row["municipality"])
    if Accompaniment.objects.filter(municipality=place, topic=row["topic"]).exists():
        return
    staff, liaison = _staff(), User.objects.filter(person__designations__municipality=place).first()
    data = {
        "topic": row["topic"],
        "instrument": Instrument.objects.get(code=row["instrument"]),
        "instrument_name": "",
        "stage": row["stage"],
        "pathway": Pathway.objects.get(code=row["pathway"]),
        "request": row["request"],
    }
    file = trainings.request_accompaniment(municipality=place, data=data, by=liaison)
    if "sessions" not in row:
        return
    trainings.accept_request(accompaniment=file, version=None, by=staff)
    expert = Expert.objects.filter(name=row["expert"]["name"]).first()
    if expert is None:
        known = {"topics": "", "consent_on": timezone.localdate(), "is_active": True}
        expert = trainings.save_expert(expert=None, data=known | row["expert"], by=staff)
    trainings.assign(accompaniment=file, people=[staff], experts=[expert], version=None, by=staff)
    for session in row["sessions"]:
        _session(file, session, staff, liaison)
    if "recommendations" in row:
        _review(file, row, staff, liaison)
    if "result" in row:
        trainings.propose_closing(accompaniment=file, result=row["result"], version=None, by=staff)
        trainings.confirm_closing(accompaniment=file, version=None, by=liaison)


def _session(file: Accompaniment, row: dict[str, Any], staff: User, liaison: User | None) -> None:
    today = timezone.localdate()
    values = {name: value for name, value in row.items() if name not in {"in_days", "confirmed"}}
    values["agreements"] = [
        {**one, "due_on": today + dt.timedelta(days=one["due_on"])} for one in row.get("agreements", [])
    ]
    data = {"kind": "accompaniment", "day": today + dt.timedelta(days=row["in_days"]), **values}
    session = trainings.save_session(accompaniment=file, session=None, data=data, by=staff)
    for side, by in (("institute", staff), ("municipality", liaison)):
        if side in row.get("confirmed", []):
            trainings.confirm_session(session=session, side=side, version=None, by=by)


def _review(file: Accompaniment, row: dict[str, Any], staff: User, liaison: User | None) -> None:
    page = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(page)
    version = trainings.FileValues(
        file=SimpleUploadedFile("version.pdf", page.getvalue()), title=row["version"], original_name="version-1.pdf"
    )
    round_ = trainings.upload_version(accompaniment=file, document=version, note="", by=liaison)
    written = row["recommendations"]
    rows = [{"section": section, "text": text, "priority": how} for section, text, how, _reply in written]
    trainings.save_recommendations(round_=round_, data={"rows": rows}, send=True, by=staff)
    sent = zip(round_.recommendations.all(), written, strict=True)
    replies = {stored.pk: (reply, "") for stored, (*_words, reply) in sent}
    trainings.reply_to_recommendations(round_=round_, replies=replies, version=None, by=liaison)


def _first_report() -> None:
    """One report asked for, so that the worker makes a first PDF to look at."""
    if not IssuedReport.objects.exists():
        today = timezone.localdate()
        IssuedReport.objects.create(starts_on=dt.date(today.year, 1, 1), ends_on=today, requested_by=_staff())
