"""A liaison enrols colleagues of the own municipality, and nobody else's."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.enums import Admission, RegistrationState, RegistrationStatus
from events.models import Event, Registration, SeatPool
from events.services.registration import position_in_line
from network.enums import Modality
from network.models import PrivacyNotice, User
from outbox.models import Message
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HOME = "liaison_enrolments"


@pytest.fixture
def enlace() -> User:
    return factories.liaison(factories.MunicipalityFactory())


def form(*people: dict[str, str], **more: str) -> dict[str, str]:
    typed = {"people-TOTAL_FORMS": str(len(people)), "people-INITIAL_FORMS": "0", "consent": "on", "form_key": "llave"}
    if notice := PrivacyNotice.objects.first():
        typed["notice"] = str(notice.pk)
    for number, person in enumerate(people):
        typed |= {f"people-{number}-{name}": value for name, value in ({"category": "public-servant"} | person).items()}
    return typed | more


def send(client: Client, event: Event, *people: dict[str, str], **more: str) -> Any:
    return client.post(reverse("liaison_enrolment_create", args=[event.pk]), form(*people, **more), follow=True)


def test_several_at_once_with_and_without_email(client: Client, enlace: User) -> None:
    factories.PrivacyNoticeFactory()
    event = factories.EventFactory(capacity=2)
    client.force_login(enlace)
    people = ({"name": "Ana Luz"}, {"name": "Luis Gil", "email": "oficina@x.example"},
              {"name": "Eva Sol", "email": "oficina@x.example"})  # fmt: skip
    answer = send(client, event, *people).content.decode()
    rows = list(Registration.objects.order_by("pk"))
    assert [row.state for row in rows] == ["confirmed", "confirmed", "waiting"]
    assert {(row.municipality, row.self_registered, row.created_by) for row in rows} == {
        (enlace.liaison_municipality, False, enlace)
    }
    assert all(row.consented_at and row.privacy_notice for row in rows)
    assert "Ana Luz: confirmada" in answer
    assert "Eva Sol: en lista de espera" in answer
    assert Message.objects.count() == 2  # a mailbox may be shared, and be missing
    send(client, event, *people)  # the same form again
    assert Registration.objects.count() == 3


def test_consent_to_a_notice_that_changed_meanwhile_is_asked_again(client: Client, enlace: User) -> None:
    shown = factories.PrivacyNoticeFactory()
    event = factories.EventFactory()
    client.force_login(enlace)
    typed = form({"name": "Ana Luz"}, notice=str(shown.pk))
    new = factories.PrivacyNoticeFactory(version="prueba-2", published_on=timezone.localdate())
    address = reverse("liaison_enrolment_create", args=[event.pk])
    refused = client.post(address, typed)
    assert refused.status_code == 422
    assert "El aviso de privacidad acaba de cambiar" in refused.content.decode()
    assert not Registration.objects.exists()
    typed["notice"] = refused.context["form"]["notice"].value()
    client.post(address, typed)
    assert Registration.objects.get().privacy_notice == new


def test_form_of_somebody_cancelled_since_is_no_success(client: Client, enlace: User) -> None:
    event = factories.EventFactory()
    client.force_login(enlace)
    send(client, event, {"name": "Ana Luz"})
    row = Registration.objects.get()
    client.post(reverse("liaison_enrolment_cancel", args=[row.pk]))
    again = send(client, event, {"name": "Ana Luz"})
    assert [(str(said), said.level_tag) for said in again.context["messages"]][-1] == ("Ana Luz: cancelada", "warning")


def test_list_says_the_place_in_the_line_as_the_own_page_does(client: Client, enlace: User) -> None:
    event = factories.EventFactory(capacity=0, modality=Modality.HYBRID)
    SeatPool.objects.create(event=event, modality=Modality.VIRTUAL, capacity=0)
    client.force_login(enlace)
    ways = (Modality.IN_PERSON, Modality.VIRTUAL, Modality.IN_PERSON, Modality.VIRTUAL)
    people = [{"name": f"Ana {'ABCD'[number]}", "modality": way.value} for number, way in enumerate(ways)]
    page = send(client, event, *people)
    said = {row.name: position for row, position in page.context["rows"]}
    assert said == {"Ana A": 1, "Ana B": 1, "Ana C": 2, "Ana D": 2}
    assert said == {row.name: position_in_line(row) for row in Registration.objects.all()}
    assert page.content.decode().count("Posición 2") == 2


def test_list_leads_to_the_page_of_each_person(client: Client, enlace: User) -> None:
    client.force_login(enlace)
    page = send(client, factories.EventFactory(), {"name": "Ana Luz"}).content.decode()
    assert f"/eventos/inscripciones/{Registration.objects.get().token}/" in page


def test_a_name_is_enrolled_once_and_the_others_all_the_same(client: Client, enlace: User) -> None:
    event = factories.EventFactory()
    client.force_login(enlace)
    send(client, event, {"name": "Ana Luz"})
    answer = send(client, event, {"name": "ana  luz"}, {"name": "Luis Gil"}, form_key="otra").content.decode()
    assert "ya inscribió a alguien con este nombre" in answer
    assert sorted(Registration.objects.values_list("name", flat=True)) == ["Ana Luz", "Luis Gil"]


def test_seats_kept_for_the_municipality_apply(client: Client, enlace: User) -> None:
    event = factories.EventFactory(capacity=1)
    kept = SeatPool.objects.create(event=event, municipality=enlace.liaison_municipality, capacity=1)
    client.force_login(enlace)
    send(client, event, {"name": "Ana Luz"})
    assert Registration.objects.get().seat_pool == kept


@pytest.mark.parametrize("people", [[], [{"name": ""}], [{"name": "Ana Luz", "email": "no"}]])
def test_what_is_wrong_stores_nobody(client: Client, enlace: User, people: list[dict[str, str]]) -> None:
    event = factories.EventFactory()
    client.force_login(enlace)
    assert send(client, event, *people).status_code == 422
    assert send(client, event, {"name": "Ana Luz"}, consent="").status_code == 422
    assert not Registration.objects.exists()


def test_the_button_that_adds_a_row_stores_nobody(client: Client, enlace: User) -> None:
    event = factories.EventFactory()
    client.force_login(enlace)
    answer = send(client, event, {"name": "Ana Luz"}, agregar="people")
    assert (answer.status_code, Registration.objects.count()) == (200, 0)
    assert 'name="people-1-name"' in answer.content.decode()


def test_closed_events_take_no_colleagues_and_approval_is_asked(client: Client, enlace: User) -> None:
    client.force_login(enlace)
    closed = factories.EventFactory(admission=Admission.INVITED)
    assert "solo por invitación" in send(client, closed, {"name": "Ana Luz"}).content.decode()
    send(client, factories.EventFactory(admission=Admission.APPROVAL), {"name": "Ana Luz"})
    assert Registration.objects.get().state == RegistrationState.REQUESTED
    draft = factories.EventFactory(status="draft")
    assert send(client, draft, {"name": "Ana Luz"}).status_code == 404


def test_only_whom_the_own_municipality_enrolled_is_seen_and_cancelled(client: Client, enlace: User) -> None:
    event = factories.EventFactory()
    town = enlace.liaison_municipality
    staffs = factories.RegistrationFactory(
        event=event, municipality=town, self_registered=False, created_by=factories.StaffFactory()
    )
    alone = factories.RegistrationFactory(event=event, municipality=town)
    other = factories.liaison(factories.MunicipalityFactory())
    theirs = factories.RegistrationFactory(
        event=event, municipality=other.liaison_municipality, self_registered=False, created_by=other
    )
    SeatPool.objects.update(taken=3)
    client.force_login(enlace)
    send(client, event, {"name": "Ana Luz"})
    own = Registration.objects.get(name="Ana Luz")
    page = client.get(reverse(HOME)).content.decode()
    assert "Ana Luz" in page
    for row in (staffs, alone, theirs):
        assert row.name not in page
        assert client.post(reverse("liaison_enrolment_cancel", args=[row.pk])).status_code == 404
    cancel = reverse("liaison_enrolment_cancel", args=[own.pk])
    assert client.get(cancel).status_code == 200
    client.post(cancel)
    own.refresh_from_db()
    assert own.state == RegistrationState.CANCELLED
    assert client.get(cancel, follow=True).status_code == 200


def test_who_succeeds_takes_over_and_who_left_sees_nothing(client: Client) -> None:
    town = factories.MunicipalityFactory()
    former = factories.liaison(town, state="ended")
    row = factories.RegistrationFactory(municipality=town, self_registered=False, created_by=former)
    client.force_login(former)
    assert client.get(reverse(HOME)).status_code == 404
    client.force_login(factories.liaison(town))
    assert row.name in client.get(reverse(HOME)).content.decode()


def test_the_same_form_again_answers_as_it_did_though_the_event_is_full_by_now(client: Client, enlace: User) -> None:
    event = factories.EventFactory(capacity=1, waiting_list_enabled=False)
    client.force_login(enlace)
    for _time in range(2):
        answer = send(client, event, {"name": "Ana Luz"}).content.decode()
        assert "Ana Luz: confirmada" in answer
        assert "No se puede inscribir" not in answer
    assert Registration.objects.count() == 1
    assert "Luis Gil: cupo lleno" in send(client, event, {"name": "Luis Gil"}, form_key="otra").content.decode()
    refused = client.get(reverse("liaison_enrolment_create", args=[event.pk]), follow=True)
    assert "No se puede inscribir: cupo lleno" in refused.content.decode()


def test_the_list_has_every_event_that_takes_registrations_those_without_a_date_last(
    client: Client, enlace: User
) -> None:
    undated = factories.EventFactory(day=None)
    for _number in range(30):  # none of these keeps the others out of the list
        factories.EventFactory(registration_enabled=False)
    day = timezone.localdate() + dt.timedelta(days=3)
    open_ones = [factories.EventFactory(day=day) for _number in range(30)]
    now = timezone.now()
    hour = dt.timedelta(hours=1)
    factories.EventFactory(admission=Admission.INVITED)
    factories.EventFactory(registration_closes_at=now - hour)
    factories.EventFactory(registration_opens_at=now + hour)
    factories.EventFactory(capacity=0, waiting_list_enabled=False)
    factories.EventFactory(day=timezone.localdate() - dt.timedelta(days=1))
    row = factories.RegistrationFactory(
        event=undated, municipality=enlace.liaison_municipality, self_registered=False, created_by=enlace
    )
    client.force_login(enlace)
    first = client.get(reverse(HOME))
    assert [event for event, _status in first.context["events"]] == open_ones
    last = client.get(reverse(HOME), {"pagina": "2"})
    assert [event for event, _status in last.context["events"]] == [undated]
    assert (row, 0) in last.context["rows"]
    asked = Event.objects.with_room()
    open_now = {event.pk for event in asked if event.registration_status(seats_left=None if event.has_room else 0)
                in {RegistrationStatus.OPEN, RegistrationStatus.WAITING_LIST}}  # fmt: skip
    assert {event.pk for event in asked.taking_registrations()} == open_now
