"""Counts that are kept beside rows: each night they are compared, and what differs raises an alarm that names it."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from outbox import tasks as outbox_tasks
from outbox.heartbeat import beating
from outbox.models import Heartbeat, Message
from outbox.registry import jobs
from reports.services import audit
from reports.tasks import audit_counts
from tests import factories as f
from trainings.models import Training

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def seats():
    """An event with three seats held (one is offered) and two people who hold none; a training with one place held."""
    event = f.EventFactory(title="Taller de agua")
    pool = event.seat_pools.get()
    for state in ("confirmed", "confirmed", "offered", "waiting", "cancelled"):
        f.RegistrationFactory(event=event, seat_pool=pool, state=state)
    event.seat_pools.update(taken=3)
    training = f.TrainingFactory(title="Suelo vivo")
    for state in ("confirmed", "waiting"):
        f.EnrolmentFactory(training=training, state=state)
    Training.objects.filter(pk=training.pk).update(seats_taken=1)
    return event, pool, training


def all_beat() -> None:
    for job in jobs():
        if job.name != audit.JOB:
            with beating(job.name):
                pass


def sign() -> Heartbeat:
    return Heartbeat.objects.get(name=audit.JOB)


def test_right_counts_raise_nothing(seats, client: Client):
    audit_counts()
    all_beat()
    assert audit.differences() == []
    assert (sign().alarm_at, sign().last_error) == (None, "")
    assert sign().last_succeeded_at is not None
    assert not Message.objects.filter(kind=audit.ALARM).exists()
    assert client.get("/estado/").status_code == 200


def test_wrong_count_raises_an_alarm_that_names_the_row(seats, client: Client, settings):
    settings.ALARM_EMAILS = ["guardia@portal.example"]
    event, pool, training = seats
    event.seat_pools.update(taken=2)
    Training.objects.filter(pk=training.pk).update(seats_taken=4)
    audit_counts()
    all_beat()
    assert [(row.column, row.pk, row.kept, row.counted) for row in audit.differences()] == [
        ("SeatPool.taken", pool.pk, 2, 3), ("Training.seats_taken", training.pk, 4, 1),
    ]  # fmt: skip
    said = "Lugares de «Taller de agua»: dice 2 y son 3; Capacitación «Suelo vivo»: dice 4 y son 1"
    assert sign().last_error == said
    page = client.get("/estado/")
    assert (page.status_code, "Una revisión encontró algo que corregir" in page.content.decode()) == (503, True)
    assert "Taller de agua" not in page.content.decode()  # the page is for everybody
    client.force_login(f.StaffFactory())
    assert said in client.get(reverse("staff_home")).content.decode()
    outbox_tasks.drain()
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (
        ["guardia@portal.example"], "Una cuenta de Red de Embajadores Climáticos no coincide con sus registros",
    )  # fmt: skip
    assert f"Taller de agua»: dice 2 y son 3 (SeatPool.taken, {pool.pk})" in sent.body
    assert reverse("staff_event_edit", args=[event.pk]) in sent.body


def test_alarm_is_told_once_and_ends_with_the_first_right_night(seats, client: Client):
    event, _pool, _training = seats
    for _incident in range(2):
        event.seat_pools.update(taken=2)
        audit_counts()
        audit_counts()
        event.seat_pools.update(taken=3)
        audit_counts()
        assert (sign().alarm_at, sign().last_error) == (None, "")
    all_beat()
    assert client.get("/estado/").status_code == 200
    assert Message.objects.filter(kind=audit.ALARM).count() == 2  # one for each incident


def test_many_differences_are_counted_beyond_the_first(seats):
    for number in range(7):
        f.EventFactory(title=f"Foro {number}").seat_pools.update(taken=1)
    assert audit.audit_counts().endswith("Lugares de «Foro 4»: dice 1 y son 0; y 2 más")


@pytest.mark.parametrize("events", [1, 6])
def test_audit_makes_two_queries_however_many_rows_differ(events, django_assert_num_queries):
    for _number in range(events):
        f.EventFactory().seat_pools.update(taken=2)
        f.TrainingFactory()
    Training.objects.update(seats_taken=1)
    with django_assert_num_queries(2):
        assert len(audit.differences()) == 2 * events
