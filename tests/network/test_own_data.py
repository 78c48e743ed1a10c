"""The own data as a download: by the desk's link and from the own account, of one person alone."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network import services
from network.models import Person, User
from network.rules import own_data_code, own_person
from outbox.drain import drain
from tests.factories import (
    ArcoRequestFactory,
    AttendanceFactory,
    DesignationFactory,
    PersonFactory,
    RegistrationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def files_of(response: Any) -> dict[str, bytes]:
    with ZipFile(BytesIO(response.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def person() -> Person:
    found = PersonFactory(name="Ana Ruiz", email="compartido@personas.example")
    row = RegistrationFactory(person=found, name="Ana Ruiz", email="compartido@personas.example")
    AttendanceFactory(event=row.event, person=found, registration=row, minutes=90)
    DesignationFactory(person=found, oficio_number="PM/1/2026")
    return found


def test_the_archive_holds_what_every_app_keeps_of_this_person_and_of_nobody_else(
    client: Client, person: Person
) -> None:
    other = PersonFactory(name="Luis Mora", email="compartido@personas.example")
    RegistrationFactory(person=other, name="Luis Mora", email="compartido@personas.example")
    address = reverse("own_data_by_link", args=[own_data_code(person)])
    page = client.get(address)
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (200, "text/html")
    files = files_of(client.post(address))
    data = json.loads(files["datos.json"])["Datos"]
    assert [row["Minutos"] for row in data["Asistencias"]] == [90]
    assert [row["Número de oficio"] for row in data["Designaciones"]] == ["PM/1/2026"]
    assert [row["Nombre"] for row in data["Inscripciones"]] == ["Ana Ruiz"]
    assert sorted(files) == sorted([
        "datos.json",
        *(f"{number:02d}-{name}.csv" for number, name in enumerate(CSV, start=1)),
    ])  # fmt: skip
    assert b"Luis Mora" not in b"".join(files.values())


CSV = ["mis-datos", "designaciones", "inscripciones", "asistencias"]


def test_the_link_works_twice_and_ends_by_itself(client: Client, person: Person) -> None:
    with time_machine.travel("2026-06-01 18:00:00Z", tick=False):
        address = reverse("own_data_by_link", args=[own_data_code(person)])
        assert [client.post(address)["Content-Type"] for _time in range(2)] == ["application/zip"] * 2
    with time_machine.travel("2026-06-09 18:00:00Z", tick=False):
        answer = client.post(address)
        assert (answer.status_code, "ya no sirve" in answer.content.decode()) == (404, True)


def test_the_desk_sends_a_link_and_never_the_data(person: Person, admin: User, mailoutbox: Any) -> None:
    row = ArcoRequestFactory(email="compartido@personas.example")
    with pytest.raises(ValidationError):
        services.send_own_data(request=row, by=admin)
    row.identity_at, row.person = timezone.now(), person
    row.save()
    services.send_own_data(request=row, by=admin)
    drain()
    assert (len(mailoutbox), mailoutbox[0].attachments) == (1, [])
    assert "/mis-datos/" in mailoutbox[0].body


def test_an_account_is_the_only_person_with_its_proven_address() -> None:
    user = UserFactory(email="ana@personas.example")
    person = PersonFactory(email="Ana@personas.example")
    EmailAddress.objects.filter(user=user).update(verified=False)
    assert own_person(user) is None  # the address is not proven
    EmailAddress.objects.filter(user=user).update(verified=True)
    assert own_person(user) == person
    PersonFactory(email="ana@personas.example")
    assert own_person(user) is None  # two share it: the desk finds out
    person.user = user
    person.save()
    assert own_person(user) == person


def test_whoever_is_signed_in_downloads_their_own(person: Person, signed_in: Any) -> None:
    user = UserFactory()
    browser = signed_in(user)
    assert "No sabemos con certeza" in browser.get(reverse("own_data")).content.decode()
    person.user = user
    person.save()
    assert "datos.json" in files_of(browser.post(reverse("own_data")))
