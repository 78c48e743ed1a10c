"""An account's own calendar under a secret address: what stands in it, who reads it, how it is taken back."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import icalendar
import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.test import Client

from events.enums import EventStatus, RegistrationState
from events.models import Event, PersonalFeed, Registration
from events.services.personal import renew_personal_feed
from network.enums import Modality
from tests import factories
from tests.events.parsers import read_by_ical_js, read_by_icalendar

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 18, 0, tzinfo=dt.UTC)
PAGE = "/mis-inscripciones/calendario/"
LINK = "videollamada.example"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def ana() -> Any:
    return factories.UserFactory()


def registered(user: Any, state: str = "confirmed", event: Event | None = None, **fields: Any) -> Registration:
    event = event or factories.EventFactory(title=f"Evento {state}")
    person = factories.PersonFactory(email=user.email)
    if state == "cancelled":
        fields.setdefault("cancelled_at", NOW)
    return factories.RegistrationFactory(event=event, person=person, state=state, self_registered=False, **fields)


def answer_of(user: Any) -> Any:
    feed = PersonalFeed.objects.filter(user=user).first() or renew_personal_feed(by=user)
    return Client().get(f"/calendario/personal/{feed.token}.ics")


def entries(user: Any) -> dict[str, icalendar.Event]:
    answer = answer_of(user)
    assert answer.status_code == 200
    return {str(entry["summary"]): entry for entry in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")}


def test_each_state_of_a_registration_has_its_status_and_only_a_place_has_the_link(ana: Any) -> None:
    for state in RegistrationState.values:
        registered(ana, state)
    found = entries(ana)
    assert {title: str(entry["status"]) for title, entry in found.items()} == {
        "Evento confirmed": "CONFIRMED", "Evento offered": "TENTATIVE", "Evento waiting": "TENTATIVE",
        "Evento requested": "TENTATIVE", "Evento cancelled": "CANCELLED",
    }  # fmt: skip
    assert [title for title, entry in found.items() if LINK.encode() in entry.to_ical()] == ["Evento confirmed"]


def test_both_parsers_read_it_alike_and_each_event_has_its_one_identity(ana: Any) -> None:
    registration = registered(ana)
    registered(ana, "waiting", event=factories.EventFactory(day=dt.date(2026, 12, 24), hour=None))
    content = answer_of(ana).content
    assert read_by_icalendar(content) == read_by_ical_js(content)
    (public,) = (
        entry
        for entry in icalendar.Calendar.from_ical(Client().get("/calendario.ics").content).walk("VEVENT")
        if str(registration.event.uid) in entry["uid"]
    )
    own = entries(ana)[registration.event.title]
    assert (own["uid"], own["sequence"], own["dtstart"].dt) == (public["uid"], public["sequence"], public["dtstart"].dt)


def test_who_attends_in_person_is_not_given_the_link(ana: Any) -> None:
    event = factories.EventFactory(title="Mixto", modality=Modality.HYBRID)
    registered(ana, event=event, modality=Modality.IN_PERSON)
    assert LINK not in str(entries(ana)["Mixto"].to_ical())


def test_cancelled_things_leave_after_90_days(ana: Any, clock: Any) -> None:
    registered(ana, "cancelled")
    off = factories.EventFactory(title="Suspendido", status=EventStatus.CANCELLED, cancelled_at=NOW)
    registered(ana, event=off)
    assert {title: str(entry["status"]) for title, entry in entries(ana).items()} == {
        "Evento cancelled": "CANCELLED", "Suspendido": "CANCELLED",
    }  # fmt: skip
    clock.shift(dt.timedelta(days=91))
    assert entries(ana) == {}


def test_event_has_one_entry_however_many_registrations_and_a_place_wins(ana: Any) -> None:
    event = factories.EventFactory(title="Uno")
    for state in ("cancelled", "waiting", "confirmed", "waiting"):
        registered(ana, state, event=event)
    content = answer_of(ana).content
    (entry,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert str(entry["status"]) == "CONFIRMED"


def test_entry_changes_when_the_person_s_state_does(ana: Any, clock: Any) -> None:
    registration = registered(ana, "waiting")
    before = entries(ana)["Evento waiting"].decoded("last-modified")
    clock.shift(3600)
    Registration.objects.filter(pk=registration.pk).update(state="confirmed", confirmed_at=NOW + dt.timedelta(hours=1))
    assert entries(ana)["Evento waiting"].decoded("last-modified") - before == dt.timedelta(hours=1)


def test_address_that_the_account_only_typed_shows_nothing(ana: Any) -> None:
    registered(ana)
    EmailAddress.objects.filter(user=ana).update(verified=False)
    assert entries(ana) == {}


def test_other_people_drafts_and_undated_events_are_not_in_it(ana: Any) -> None:
    registered(factories.UserFactory())
    registered(ana, event=factories.EventFactory(title="Borrador", status=EventStatus.DRAFT))
    registered(ana, event=factories.EventFactory(title="Sin día", day=None))
    assert entries(ana) == {}


def test_liaison_also_has_the_events_of_the_own_municipality_without_link() -> None:
    town = factories.MunicipalityFactory()
    liaison = factories.liaison(town)
    here = factories.EventFactory(title="Aquí", municipality=town, modality=Modality.HYBRID)
    factories.EventFactory(title="En otro lado", municipality=factories.MunicipalityFactory())
    assert list(entries(liaison)) == ["Aquí"]
    assert LINK not in str(entries(liaison)["Aquí"].to_ical())
    registered(liaison, event=here)
    assert LINK in str(entries(liaison)["Aquí"].to_ical())
    assert entries(factories.UserFactory()) == {}


def test_answer_is_kept_by_nobody_listed_by_nobody_and_tells_no_site(ana: Any) -> None:
    answer = answer_of(ana)
    assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))
    assert (answer["X-Robots-Tag"], answer["Referrer-Policy"]) == ("noindex, nofollow", "no-referrer")


def test_looking_makes_no_address_and_a_new_one_ends_the_old_at_once(ana: Any, client: Client) -> None:
    client.force_login(ana)
    assert client.get(PAGE).status_code == 200
    assert client.head(PAGE).status_code == 200
    assert not PersonalFeed.objects.exists()
    assert client.post(PAGE, {"accion": "crear"}).status_code == 302
    first = PersonalFeed.objects.get().token
    page = client.get(PAGE)
    assert f"/calendario/personal/{first}.ics" in page.content.decode()
    assert {"private", "no-store"} <= set(page["Cache-Control"].split(", "))
    client.post(PAGE, {"accion": "cambiar"})
    second = PersonalFeed.objects.get().token
    statuses = [Client().get(f"/calendario/personal/{token}.ics").status_code for token in (first, second)]
    assert statuses == [404, 200]
    client.post(PAGE, {"accion": "quitar"})
    client.post(PAGE, {"accion": "quitar"})
    assert Client().get(f"/calendario/personal/{second}.ics").status_code == 404


def test_closed_account_has_no_calendar_any_more(ana: Any) -> None:
    registered(ana)
    assert answer_of(ana).status_code == 200
    ana.is_active = False
    ana.save()
    assert answer_of(ana).status_code == 404


def test_own_registrations_lead_to_the_page(ana: Any, client: Client) -> None:
    client.force_login(ana)
    assert PAGE in client.get("/mis-inscripciones/").content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_personal_calendar_asks_as_much_for_one_event_as_for_five(count: int, django_assert_num_queries: Any) -> None:
    town = factories.MunicipalityFactory()
    liaison = factories.liaison(town)
    for _number in range(count):
        registered(liaison, event=factories.EventFactory(municipality=factories.MunicipalityFactory()))
        factories.EventFactory(municipality=town)
    answer_of(liaison)
    with django_assert_num_queries(5):  # 1 is this test's own
        assert len(entries(liaison)) == 2 * count
