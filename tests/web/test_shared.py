"""Public pages are kept whole, and yet nobody sees one that is out of date, or one of somebody else."""

import gzip
from typing import Any

import brotli
import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from actions.models import Action
from events.models import Event
from events.services import registration
from network.enums import Role
from network.models import User
from outbox.services import Row, enqueue_many
from tests import factories
from web import identity, metrics, shared

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
CALENDAR = "/calendario/?vista=lista&cuando=todos"


@pytest.fixture(autouse=True)
def keeping(settings: Any) -> None:
    settings.PAGE_CACHE_SECONDS = 60
    identity.current()


def queries(client: Client, address: str, **headers: str) -> int:
    with CaptureQueriesContext(connection) as made:
        assert client.get(address, headers=headers).status_code == 200
    return len(made)


def kept(client: Client, address: str = CALENDAR) -> None:
    """Ask once so that the page is kept; and it is."""
    client.get(address)
    assert queries(client, address) == 0


@pytest.mark.parametrize(
    "address",
    ["/", CALENDAR, "/calendario/", "/calendario.ics", "/biblioteca/", "/acciones/", "/municipios/", "/ciclos/"],
)
def test_kept_page_asks_the_database_nothing_and_is_the_same_page(address: str, client: Client) -> None:
    factories.EventFactory(title="Charla de agua")
    first = client.get(address)
    with CaptureQueriesContext(connection) as made:
        second = client.get(address)
    assert len(made) == 0
    assert second.content == first.content
    assert dict(second.headers) == dict(first.headers)
    assert "default-src 'none'" in second["Content-Security-Policy"]


def test_change_of_one_event_is_seen_with_the_next_request(client: Client) -> None:
    event = factories.EventFactory(title="Charla de agua")
    page = reverse("event_detail", args=[event.slug])
    for address in (CALENDAR, page):
        kept(client, address)
    Event.objects.filter(pk=event.pk).update(title="Charla de suelo")
    for address in (CALENDAR, page):
        assert "Charla de suelo" in client.get(address).content.decode()


def test_new_event_a_deleted_one_and_a_change_in_bulk_are_seen(client: Client) -> None:
    first = factories.EventFactory(title="Primera")
    kept(client)
    second = factories.EventFactory(title="Segunda")
    assert "Segunda" in client.get(CALENDAR).content.decode()
    kept(client)
    second.delete()
    assert "Segunda" not in client.get(CALENDAR).content.decode()
    kept(client)
    first.title = "Tercera"
    Event.objects.bulk_update([first], ["title"])
    assert "Tercera" in client.get(CALENDAR).content.decode()


def test_last_seat_that_is_taken_is_seen(client: Client) -> None:
    event = factories.EventFactory(title="Con cupo", capacity=1)
    page = reverse("event_detail", args=[event.slug])
    kept(client, page)
    before = client.get(page).content
    data = registration.RegistrationData(name="Persona Prueba", email="p@prueba.example", language="es")
    registration.register(event=event, data=data, form_key="k")
    assert client.get(page).content != before


def test_what_is_not_committed_changes_nothing_and_what_is_taken_back_neither(client: Client) -> None:
    event = factories.EventFactory(title="Charla de agua")
    kept(client)
    version = shared.content_version()
    with transaction.atomic():
        Event.objects.filter(pk=event.pk).update(title="Charla de suelo")
        assert shared.content_version() == version
        transaction.set_rollback(True)
    assert shared.content_version() == version
    with transaction.atomic():
        Event.objects.filter(pk=event.pk).update(title="Charla de suelo")
        try:
            with transaction.atomic():
                Event.objects.filter(pk=event.pk).update(title="Otra")
                raise ValueError
        except ValueError:
            pass
    assert shared.content_version() != version
    assert "Charla de suelo" in client.get(CALENDAR).content.decode()


def test_version_is_renewed_once_for_a_transaction_of_many_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    times = []
    monkeypatch.setattr(shared.cache, "set", lambda *arguments: times.append(arguments))
    with transaction.atomic():
        for _number in range(5):
            factories.EventFactory()
    assert len(times) == 1


def test_mail_sessions_and_writes_that_change_no_row_leave_pages_kept(client: Client) -> None:
    user = User.objects.create_user("p@prueba.example", role=Role.PARTICIPANT)
    version = shared.content_version()
    enqueue_many([Row(kind="test.note", dedupe_key="1", to_email="p@prueba.example", params={}, language="es")])
    Client().force_login(user)
    Action.objects.filter(pk=0).update(title="Nada")
    assert shared.content_version() == version


def test_who_is_signed_in_gets_a_page_of_their_own_and_leaves_none_behind(client: Client) -> None:
    factories.EventFactory(title="Charla de agua")
    anonymous = client.get(CALENDAR)
    staff = Client()
    staff.force_login(factories.StaffFactory())
    assert queries(staff, CALENDAR) > 0
    own = staff.get(CALENDAR)
    assert own.content != anonymous.content
    assert "Content-Encoding" not in own
    assert client.get(CALENDAR).content == anonymous.content


def test_languages_and_filters_are_kept_apart(client: Client) -> None:
    factories.EventFactory(title="Charla de agua")
    factories.EventFactory(title="Suelo", modality="virtual")
    pages = [
        client.get(address).content for address in ("/calendario/", "/en/calendario/", f"{CALENDAR}&q=suelo", CALENDAR)
    ]
    assert len(set(pages)) == 4
    assert b"Charla de agua" not in client.get(f"{CALENDAR}&q=suelo").content


def test_page_travels_compressed_and_is_not_sent_again_to_who_has_it(client: Client) -> None:
    factories.EventFactory(title="Charla de agua")
    plain = client.get(CALENDAR)
    for _turn in ("first", "kept"):
        for encoding, read in (("br", brotli.decompress), ("gzip", gzip.decompress)):
            packed = client.get(CALENDAR, headers={"accept-encoding": f"zstd, {encoding};q=0.8"})
            assert packed["Content-Encoding"] == encoding
            assert read(packed.content) == plain.content
            assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content) / 3
            assert {"Accept-Encoding"} <= set(packed["Vary"].split(", "))
    assert client.get(CALENDAR, headers={"accept-encoding": "br;q=0"}).content == plain.content
    assert "no-cache" in plain["Cache-Control"]
    known = {"if-none-match": plain["ETag"]}
    assert queries(client, CALENDAR) == 0
    same = client.get(CALENDAR, headers=known)
    assert (same.status_code, same.content) == (304, b"")
    Event.objects.update(title="Charla de suelo")
    changed = client.get(CALENDAR, headers=known)
    assert (changed.status_code, changed["ETag"] == plain["ETag"]) == (200, False)


def test_forms_errors_and_private_pages_are_never_kept(client: Client) -> None:
    event = factories.EventFactory()
    for address, status in (
        (reverse("event_register", args=[event.slug]), 200),
        ("/eventos/no-existe/", 404),
        ("/cuenta/login/", 200),
    ):
        for _turn in range(2):
            with CaptureQueriesContext(connection) as made:
                answer = client.get(address)
            assert answer.status_code == status
        assert len(made) > 0 or "no-cache" in answer.get("Cache-Control", "") or answer.cookies
        assert not [key for key in answer.headers if key == "ETag"]


def test_without_the_cache_every_page_is_made_anew(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    event = factories.EventFactory(title="Charla de agua")
    kept(client)
    answers: dict[str, Any] = {"get": None, "get_many": {}, "set": None, "add": True}
    for name, nothing in answers.items():
        monkeypatch.setattr(type(caches["default"]), name, lambda *a, _nothing=nothing, **k: _nothing)
    assert queries(client, CALENDAR) > 0
    Event.objects.filter(pk=event.pk).update(title="Charla de suelo")
    assert "Charla de suelo" in client.get(CALENDAR).content.decode()


def test_kept_page_counts_as_a_request_of_its_view(client: Client) -> None:
    def counted() -> float:
        found = [one for one in metrics.REQUESTS.collect()[0].samples if one.labels.get("view") == "calendar"]
        return sum(one.value for one in found if one.name.endswith("_total"))

    kept(client)
    before = counted()
    assert queries(client, CALENDAR) == 0
    assert counted() == before + 1


def test_address_without_end_is_answered_and_not_kept(client: Client) -> None:
    address = f"{CALENDAR}&de={'a' * 400}"
    client.get(address)
    assert queries(client, address) > 0
