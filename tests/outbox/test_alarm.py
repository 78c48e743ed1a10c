"""The alarm of a drain that stands still: sent by whoever asks, once, and its end told by the outbox."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from network.enums import Role
from outbox import alarm, tasks
from outbox.models import Heartbeat, Message
from tests.factories import UserFactory
from tests.outbox.conftest import free_port, use_smtp

pytestmark = pytest.mark.django_db


def beat_stopped(minutes: float) -> None:
    """As if the drain had succeeded so long ago: heartbeats are compared by the database's clock."""
    Heartbeat.objects.update_or_create(
        name="outbox.drain", defaults={"last_succeeded_at": timezone.now() - timedelta(minutes=minutes)}
    )


def ask(client) -> int:
    return client.get(reverse("status"), headers={"accept": "application/json"}).status_code


def test_zero_beats_for_six_minutes_raise_the_alarm_once(client, settings):
    settings.ALARM_EMAILS = ["guardia@portal.example", "otra@portal.example"]
    beat_stopped(minutes=6)
    assert [ask(client) for _turn in range(5)] == [503] * 5
    [sent] = mail.outbox
    assert sent.to == ["guardia@portal.example", "otra@portal.example"]
    assert sent.subject == "El correo de Red de Embajadores Climáticos no está saliendo"
    assert "/estado/" in sent.body
    assert Message.objects.count() == 0, "not through the outbox, which stands still"


def test_four_minutes_raise_none(client):
    beat_stopped(minutes=4)
    ask(client)
    assert mail.outbox == []


def test_the_contact_of_the_installation_is_told_where_nobody_is_named(client):
    beat_stopped(minutes=6)
    ask(client)
    assert mail.outbox[0].to == ["red.demo@ieecc.example"]


def test_a_new_portal_has_five_minutes_to_begin(client):
    ask(client)
    assert mail.outbox == []
    Heartbeat.objects.update(watched_since=timezone.now() - timedelta(minutes=6))
    ask(client)
    assert len(mail.outbox) == 1


def test_the_end_of_it_is_told_once_and_the_next_incident_rings_again(client):
    beat_stopped(minutes=6)
    ask(client)
    tasks.drain()
    tasks.drain()
    tasks.drain()
    assert [sent.subject.split(" ", 4)[-1] for sent in mail.outbox] == [
        "de Embajadores Climáticos no está saliendo",
        "de Embajadores Climáticos vuelve a salir",
    ]
    beat_stopped(minutes=6)
    ask(client)
    assert len(mail.outbox) == 3


def test_a_drain_that_fails_does_not_end_the_alarm(client, queue, settings):
    beat_stopped(minutes=6)
    ask(client)
    use_smtp(settings, free_port())
    queue(1)
    tasks.drain()
    assert Heartbeat.objects.get(name="outbox.drain").alarm_at is not None
    assert not Message.objects.filter(kind="outbox.recovered").exists()


def test_an_alarm_that_could_not_be_sent_is_tried_again_after_a_minute(client, settings, sink):
    there = settings.EMAIL_PORT
    use_smtp(settings, free_port())
    beat_stopped(minutes=6)
    assert ask(client) == 503
    use_smtp(settings, there)
    ask(client)
    assert sink.received == []
    Heartbeat.objects.update(alarm_at=timezone.now() - timedelta(seconds=61))
    ask(client)
    ask(client)
    assert len(sink.received) == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_sends():
    beat_stopped(minutes=6)
    start, won = threading.Barrier(8), []

    def ask_too() -> None:
        try:
            start.wait()
            won.append(alarm.raise_if_stale())
        finally:
            connection.close()

    threads = [threading.Thread(target=ask_too) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(won), len(mail.outbox)) == ([False] * 7 + [True], 1)


def test_staff_pages_show_a_banner_while_mail_stands_still(client, django_assert_max_num_queries):
    client.force_login(UserFactory(role=Role.STAFF))
    beat_stopped(minutes=6)
    page = client.get(reverse("staff_address_list")).content.decode()
    assert "El correo no está saliendo" in page
    beat_stopped(minutes=0)
    cache.clear()
    assert "El correo no está saliendo" not in client.get(reverse("staff_address_list")).content.decode()


def test_public_pages_ask_nothing_for_the_banner(client, monkeypatch):
    def asked():
        raise AssertionError("asked")

    monkeypatch.setattr(alarm, "is_stale", asked)
    assert client.get(reverse("home")).status_code == 200
