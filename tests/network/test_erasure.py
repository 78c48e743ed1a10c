"""Erasing a person: every figure stays what it was, and nothing of the database or the files says who it was.

What must stay is listed in ``HELD``, with its reason; everything else of every table is looked through.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

import pikepdf
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import AttendanceImport, Invitation, SeatPool
from events.services.personal import renew_personal_feed
from municipalities.figures import Period
from network import registry, services
from network.enums import DesignationState, Role
from network.models import ArcoRequest, Person, User
from outbox.drain import drain
from outbox.enums import MessageState, SuppressionReason
from outbox.models import Message
from outbox.services import enqueue, mute, suppress
from reports.figures import exact_figures, public_figures, state_scope, to_json
from tests.factories import (
    AccessNeedsFactory,
    AdminFactory,
    ArcoRequestFactory,
    AttendanceFactory,
    CertificateFactory,
    DesignationFactory,
    EnrolmentFactory,
    EventFactory,
    MunicipalityFactory,
    PersonAliasFactory,
    PersonFactory,
    RegistrationAnswerFactory,
    RegistrationFactory,
    TrainingFactory,
    TrainingSessionFactory,
    UserFactory,
)
from trainings.models import Certificate, EvaluationResult, SatisfactionUse
from web.search import fold

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NAME, EMAIL = "Íñigo Zuñigaray Peñalba", "Inigo.Zunigaray@Personas.example"
OTHER_EMAIL, FROM_REPORTS = "zunigaray.otro@personas.example", "en.linea@personas.example"
# Kept by a legal hold: the request itself, with its mail, proves that the right was attended to, until its own
# retention ends; the letter of a designation is an act of office.
HELD = {
    "network_arcorequest": "the request",
    "network_arcostep": "the request",
    "outbox_message": "mail of the request, and no other",
    "oficios/": "the letter",
}
WORDS = {fold(word) for word in (NAME, EMAIL, OTHER_EMAIL, FROM_REPORTS, "Zuñigaray", "inigo.zunigaray")}


# --- Looking through everything


def said(value: Any) -> str:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("latin-1")
    if isinstance(value, str):  # SQLite keeps JSON as text, with every letter beyond ASCII escaped
        return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), value)
    return json.dumps(value, default=str, ensure_ascii=False)


def rows_of(table: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        columns = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            held_mail = table == "outbox_message" and str(row[columns.index("kind")]).startswith("network.arco")
            yield "" if held_mail else " | ".join(said(value) for value in row)


def everywhere() -> tuple[set[str], set[str]]:
    """The tables looked through, and where one of the words was found: tables, and files under their folder."""
    tables = {
        info.name
        for info in connection.introspection.get_table_list(connection.cursor())
        if info.type in {"t", "p"} and not info.name.startswith("sqlite_")
    }
    found = {table for table in tables if any(word in fold(row) for row in rows_of(table) for word in WORDS)}
    if any(word in fold(str(session.get_decoded())) for session in Session.objects.all() for word in WORDS):
        found.add("django_session")  # its column is packed
    media = Path(settings.MEDIA_ROOT)
    for path in media.rglob("*"):
        if path.is_file() and any(word in fold(text) for text in texts_of(path.read_bytes()) for word in WORDS):
            found.add(f"{path.relative_to(media).parts[0]}/")
    return tables, found


def texts_of(content: bytes) -> Iterator[str]:
    """The bytes of a file as text, also what is packed in it."""
    yield content.decode("utf-8", "replace")
    if is_zipfile(BytesIO(content)):
        with ZipFile(BytesIO(content)) as archive:
            for name in archive.namelist():
                yield archive.read(name).decode("utf-8", "replace")
    if content.startswith(b"%PDF"):
        with pikepdf.open(BytesIO(content)) as document:
            for thing in document.objects:
                if isinstance(thing, pikepdf.Stream):
                    yield thing.read_bytes().decode("latin-1")


# --- A person with rows in everything


def letter() -> ContentFile:
    target = BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.pages[0].Contents = document.make_stream(f"(Se designa a {fold(NAME)})".encode())
        document.save(target)
    return ContentFile(target.getvalue(), name="oficio.pdf")


@pytest.fixture
def admin() -> User:
    return AdminFactory()


@pytest.fixture
def person() -> Person:
    """Somebody who did everything that a person can do here."""
    place, today = MunicipalityFactory(), timezone.localdate()
    user = UserFactory(email=EMAIL.lower(), name=NAME)
    EmailAddress.objects.create(user=user, email=OTHER_EMAIL, verified=False, primary=False)
    own = PersonFactory(
        name=NAME, email=EMAIL, user=user, sex="man", category="public-servant", municipality=place,
        institution="Dirección Zuñigaray", position="Director", phone="722 000 0000",
    )  # fmt: skip
    PersonAliasFactory(person=own, kind="email", value=OTHER_EMAIL)
    PersonAliasFactory(person=own, kind="name", value=f"Lic. {NAME}", normalised=fold(f"Lic. {NAME}"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"email": EMAIL}]
    session.save()
    renew_personal_feed(by=user)
    services.decide_account(account=user, role=Role.PARTICIPANT, is_active=True, reason=f"Lo pidió {NAME}", by=user)
    # An office held, ended since.
    past = DesignationFactory(
        person=own, municipality=place, starts_on=today - dt.timedelta(days=400), oficio_file=letter()
    )
    services.invite(designation=past, by=user)
    services.end_designation(designation=past, ends_on=today, reason=f"Renuncia de {NAME}", by=user)
    # An event that was, with all that is asked and noted; and one to come, which somebody else waits for.
    typed: dict[str, Any] = {"name": NAME, "email": EMAIL, "municipality": place, "sex": "man", "institution": NAME}
    held = EventFactory(day=today - dt.timedelta(days=20), municipality=place)
    TrainingSessionFactory(event=held, training=TrainingFactory())
    registered = RegistrationFactory(event=held, person=own, **typed)
    RegistrationAnswerFactory(registration=registered, value=f"Soy {NAME}")
    AccessNeedsFactory(registration=registered, accessibility=f"Llamar a {EMAIL}")
    AttendanceFactory(
        event=held, person=own, registration=registered, minutes=95, sex="man", category="public-servant",
        municipality=place, institution=NAME,
    )  # fmt: skip
    registered.door_marks.create(key="k", came=True, at=timezone.now())
    coming = EventFactory(waiting_list_enabled=True)
    RegistrationFactory(event=coming, person=own, **typed)
    RegistrationFactory(event=coming, state="waiting", email="espera@personas.example")
    SeatPool.objects.filter(event=coming).update(capacity=1, taken=1)
    Invitation.objects.create(event=coming, email=EMAIL, email_normalised=EMAIL.lower())
    # A second record that was found to be the same human, a report of attendance that names them, and a constancia.
    second = PersonFactory(name=f"{NAME} Segundo", email="segundo.zunigaray@personas.example", municipality=place)
    services.edit_person(person=second, values={"position": f"Jefe de {NAME}"}, reason=f"Lo dijo {NAME}", by=user)
    services.merge_people(kept=own, gone=second, by=user, reason=f"Es {NAME}")
    report = AttendanceImport.objects.create(
        event=held, format="zoom", file=ContentFile(f"{NAME};{EMAIL}".encode(), "zoom.csv"), file_name=f"{NAME}.csv"
    )
    report.people.create(line=2, name=NAME, email=EMAIL, person=own, decision="person")
    certificate = CertificateFactory(person=own, file=letter())
    enqueue(
        kind="trainings.certificate", dedupe_key="certificate", to_email="oficina@personas.example", language="es",
        params={"certificate": certificate.pk}, to_name=NAME,
    )  # fmt: skip
    enrolled = EnrolmentFactory(person=own, name=NAME, email=EMAIL, institution=NAME)
    enrolled.exception_reason, enrolled.exception_by, enrolled.exception_at = f"Avisó {NAME}", user, timezone.now()
    enrolled.save()
    EvaluationResult.objects.create(enrolment=enrolled, moment="before", right=3, questions=5)
    SatisfactionUse.objects.create(enrolment=enrolled)
    # Reports of attendance: an e-mail that only they say, here and where nobody decided yet who it is.
    other = AttendanceImport.objects.create(event=EventFactory(), format="zoom", file_name="otro.csv")
    report.people.create(line=3, name=NAME, email=FROM_REPORTS, person=own, decision="person")
    other.people.create(line=1, name="Asistente", email=FROM_REPORTS)
    enqueue(
        kind="trainings.enrolment", dedupe_key="enrolled", to_email="viejo@personas.example", language="es",
        params={"enrolment": enrolled.pk}, to_name=NAME,
    )  # fmt: skip
    # Mail sent and waiting, an address that bounced and what its holder chose.
    mail(registered.pk, "sent")
    drain()
    Message.objects.filter(dedupe_key="sent").update(last_response=f"250 <{EMAIL}>", subject=f"{NAME}, gracias")
    Message.objects.get(dedupe_key="sent").steps.create(state="sent", text=f"<{EMAIL}> recibido")
    mail(registered.pk, "waiting", due_at=timezone.now() + dt.timedelta(days=3))
    Message.objects.filter(dedupe_key="waiting").update(payload={"text": f"Hola, {NAME}"})
    suppress(email=OTHER_EMAIL, reason=SuppressionReason.BOUNCED, last_response=f"550 {OTHER_EMAIL}")
    mute(email=EMAIL, group="events.reminders")
    return own


def mail(registration: int, key: str, **fields: Any) -> None:
    enqueue(
        kind="events.registration_link", dedupe_key=key, to_email=EMAIL, to_name=NAME, language="es",
        params={"registration": registration}, **fields,
    )  # fmt: skip


def granted(person: Person, **fields: Any) -> ArcoRequest:
    given = {"kind": "cancellation", "state": "granted", "identity_at": timezone.now(), "name": NAME, "email": EMAIL}
    return ArcoRequestFactory(person=person, **given | fields)


def totals() -> dict[str, Any]:
    """Every figure that staff or the public are shown."""
    period = Period()
    return {
        "exact": to_json(exact_figures(state_scope(), period, places=())),
        "public": to_json(public_figures(state_scope(), period, places=())),
        "results": Client().get(reverse("results_csv")).content,
        "page": Client().get(reverse("results")).context["figures"],
    }


# --- What is promised


def test_totals_stay_and_nothing_says_any_more_who_it_was(
    person: Person, admin: User, django_capture_on_commit_callbacks: Any
) -> None:
    before = totals()
    tables, found = everywhere()
    assert {"network_person", "events_registration", "outbox_message", "django_session", "oficios/"} <= found
    with django_capture_on_commit_callbacks(execute=True):
        services.erase_person(request=granted(person), by=admin)
    assert totals() == before
    tables, found = everywhere()
    assert found == {"network_arcorequest", "oficios/"} <= set(HELD)
    assert {row.db_table for row in owned_tables()} <= tables


def test_constancias_under_a_legal_hold_stay_whole_and_the_person_is_told(
    person: Person, office: Client, django_capture_on_commit_callbacks: Any
) -> None:
    certificate, request = person.certificates.get(), granted(person)
    with django_capture_on_commit_callbacks(execute=True):
        office.post(
            reverse("arco_erase", args=[request.pk]),
            {"folio": request.folio, "hold_trainings_certificates": "keep", "reason": "Juicio 12/2026"},
        )
    certificate.refresh_from_db()
    assert (certificate.state, certificate.holder, certificate.is_held) == ("issued", NAME, True)
    assert certificate.file.storage.exists(certificate.file.name)
    # Beside what is always held there are their row and its PDF, and nothing else.
    assert everywhere()[1] == {"network_arcorequest", "oficios/", "trainings_certificate", "constancias/"}
    assert "Constancias. Motivo: Juicio 12/2026" in request.steps.get(state="fulfilled").text


def test_constancias_are_revoked_and_their_pdf_deleted_where_nothing_else_is_chosen(
    person: Person, office: Client, django_capture_on_commit_callbacks: Any
) -> None:
    certificate, request = person.certificates.get(), granted(person)
    page = office.get(reverse("arco_erase", args=[request.pk]))
    assert page.context["form"]["hold_trainings_certificates"].value() == "let-go"
    with django_capture_on_commit_callbacks(execute=True):
        office.post(
            reverse("arco_erase", args=[request.pk]), {"folio": request.folio, "hold_trainings_certificates": "let-go"}
        )
    name = certificate.file.name
    certificate.refresh_from_db()
    assert (certificate.state, certificate.holder, bool(certificate.file)) == ("revoked", "", False)
    assert not Certificate.file.field.storage.exists(name)
    assert request.steps.get(state="fulfilled").text == ""


def test_the_preview_says_what_happens_to_constancias_either_way(person: Person, office: Client) -> None:
    request = granted(person)
    address = reverse("arco_erase", args=[request.pk])

    def rows(page: Any) -> dict[str, tuple[int, int, int]]:
        outlooks = {str(row.label): (row.erased, row.kept, row.held) for row in page.context["outlooks"]}
        return {label: numbers for label, numbers in outlooks.items() if "onstancias" in label}

    gone = {"Constancias: se revocan y su página queda sin nombre": (0, 1, 0), "PDF de constancias": (1, 0, 0)}
    kept = {"Constancias": (0, 0, 1)}
    assert rows(office.get(address)) == gone
    assert rows(office.get(address, {"conservar": "trainings.certificates"})) == kept
    # A hold without its reason is refused, and what was chosen is still what the table says.
    refused = office.post(address, {"folio": request.folio, "hold_trainings_certificates": "keep"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["reason"])
    assert rows(refused) == kept
    person.refresh_from_db()
    assert person.erased_at is None


def test_who_has_no_constancias_is_not_asked_about_them(office: Client) -> None:
    request = granted(PersonFactory())
    page = office.get(reverse("arco_erase", args=[request.pk]))
    assert list(page.context["form"].fields) == ["folio"]


def owned_tables() -> Iterator[Any]:
    from django.apps import apps

    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model._meta


@pytest.mark.parametrize("app", ["network", "events", "trainings.certificates", "trainings.enrolment"])
def test_an_app_that_erases_nothing_is_found_out(
    person: Person, admin: User, monkeypatch: pytest.MonkeyPatch, app: str
) -> None:
    steps = registry._steps[app]
    monkeypatch.setitem(registry._steps, app, replace(steps, erase=lambda person: []))
    services.erase_person(request=granted(person), by=admin)
    assert everywhere()[1] - set(HELD)


def test_the_row_stays_as_a_number_with_the_cells_that_are_counted(person: Person, admin: User) -> None:
    place = person.municipality
    services.erase_person(request=granted(person), by=admin)
    person.refresh_from_db()
    assert (person.name, person.email, person.phone, person.user) == ("Persona suprimida", "", "", None)
    assert person.erased_at is not None
    attendance = person.attendances.get()
    assert (attendance.minutes, attendance.sex, attendance.municipality) == (95, "man", place)


def test_a_seat_to_come_is_offered_to_who_waits_and_the_person_is_not_written_to(person: Person, admin: User) -> None:
    services.erase_person(request=granted(person), by=admin)
    waiting = Message.objects.filter(kind="events.offered").values_list("to_email", flat=True)
    assert list(waiting) == ["espera@personas.example"]
    told = set(Message.objects.exclude(to_email="").values_list("kind", "to_email"))
    assert told == {("events.offered", "espera@personas.example"), ("network.arco_step", EMAIL.lower())}


def test_mail_that_waits_is_not_sent_and_the_account_is_closed(person: Person, admin: User) -> None:
    user = person.user
    services.erase_person(request=granted(person), by=admin)
    assert Message.objects.get(dedupe_key="waiting").state == MessageState.SKIPPED
    assert Message.objects.get(dedupe_key="sent").state == MessageState.SENT
    user.refresh_from_db()
    assert (user.is_active, user.has_usable_password(), user.emailaddress_set.count()) == (False, False, 0)


def test_colleagues_who_share_the_address_keep_it(person: Person, admin: User) -> None:
    other = PersonFactory(name="Otra Persona", email=EMAIL)
    row = RegistrationFactory(person=other, name="Otra Persona", email=EMAIL)
    mail(row.pk, "theirs")
    services.erase_person(request=granted(person), by=admin)
    other.refresh_from_db()
    assert (other.email, Message.objects.get(dedupe_key="theirs").to_email) == (EMAIL, EMAIL)
    assert Message.objects.get(dedupe_key="sent").to_email == ""


def test_an_office_in_force_and_an_account_of_the_institute_stand_in_the_way(admin: User) -> None:
    in_force = DesignationFactory(state=DesignationState.IN_FORCE).person
    of_staff = PersonFactory(user=UserFactory(role=Role.STAFF))
    for person in (in_force, of_staff):
        assert services.why_not_erase(person)
        with pytest.raises(services.WrongMove):
            services.erase_person(request=granted(person), by=admin)
        person.refresh_from_db()
        assert person.erased_at is None


def test_only_a_granted_request_of_erasure_erases_and_only_once(person: Person, admin: User) -> None:
    for fields in ({"kind": "access"}, {"state": "in-progress"}):
        with pytest.raises(services.WrongMove):
            services.erase_person(request=granted(person, **fields), by=admin)
    request = granted(person)
    services.erase_person(request=request, by=admin)
    request.refresh_from_db()
    assert (request.state, request.person) == ("fulfilled", None)
    with pytest.raises(services.WrongMove):
        services.erase_person(request=request, by=admin)


def test_the_preview_says_what_goes_and_what_stays_and_asks_for_the_folio(person: Person, office: Client) -> None:
    request = granted(person)
    address, chosen = reverse("arco_erase", args=[request.pk]), {"hold_trainings_certificates": "let-go"}
    page = office.get(address)
    rows = {str(row.label): (row.erased, row.kept, row.held) for row in page.context["outlooks"]}
    assert rows["Necesidades para participar"] == (1, 0, 0)
    assert rows["Asistencias: evento, municipio, institución registrada, sexo, tipo y minutos"] == (0, 1, 0)
    assert rows["Designaciones"] == (0, 0, 1)
    assert office.post(address, chosen | {"folio": "ARCO-0"}).status_code == 422
    person.refresh_from_db()
    assert person.erased_at is None
    assert office.post(address, chosen | {"folio": request.folio.lower()}).status_code == 302
    person.refresh_from_db()
    assert person.erased_at is not None
    assert office.get(address).status_code == 404
