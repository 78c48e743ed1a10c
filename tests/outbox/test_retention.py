"""Old messages go, and nothing is sent twice because of it."""

from datetime import timedelta
from importlib import import_module

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.utils import timezone

from events.enums import RegistrationState
from events.models import Event
from outbox import services
from outbox.drain import drain
from outbox.models import Message
from outbox.services import delete_old
from tests import factories

pytestmark = pytest.mark.django_db


def age(days: float, **more) -> None:
    moment = timezone.now() - timedelta(days=days)
    Message.objects.update(created_at=moment, due_at=moment, next_attempt_at=moment, **more)


def test_what_ended_long_ago_is_deleted_with_its_steps(queue, settings):
    settings.MAIL_KEPT_DAYS = 400
    for number in range(3):
        queue(number)
    queue(4, kind="test.unwanted")
    drain()
    age(399)
    Message.objects.filter(state="sent").update(sent_at=timezone.now() - timedelta(days=399))
    assert delete_old() == 0
    age(401)
    Message.objects.filter(state="sent").update(sent_at=timezone.now() - timedelta(days=401))
    assert delete_old() == 4
    assert Message.objects.count() == 0


def test_what_waits_or_is_younger_by_any_of_its_moments_stays(queue):
    long_ago = timezone.now() - timedelta(days=401)
    waiting, late, still_good, new = (queue(number) for number in range(4))
    age(401)
    Message.objects.filter(pk=late.pk).update(state="sent", sent_at=timezone.now() - timedelta(days=399))
    Message.objects.filter(pk=still_good.pk).update(state="sent", sent_at=long_ago, expires_at=timezone.now())
    Message.objects.filter(pk=new.pk).update(state="failed", created_at=timezone.now())
    assert delete_old() == 0
    assert Message.objects.get(pk=waiting.pk).state == "scheduled"


def test_many_go_a_batch_at_a_time_and_a_copy_outlives_its_original(queue, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(services, "DELETE_AT_ONCE", 4)
    for number in range(9):
        queue(number, to_email="no address")
    original = queue(20)
    Message.objects.filter(pk=original.pk).update(state="failed")
    age(401)
    copy = services.resend(message=original, reason="again", by=factories.StaffFactory())
    assert delete_old(seconds=0) == 0
    assert delete_old() == 10
    assert list(Message.objects.values_list("pk", "copy_of")) == [(copy.pk, None)]


def test_no_clockwork_sends_anew_what_is_no_longer_remembered(queue):
    """Events of every age with people in every state: their mail leaves. When all of it is old enough to be deleted,
    every periodic job finds nothing to send."""
    factories.ReminderStageFactory(code="24h", minutes_before=24 * 60)
    today = timezone.localdate()
    for days in (-130, -100, -2, 0, 1, 10):
        event = factories.unlimited_event(day=today + timedelta(days=days), hour=22)
        for state in RegistrationState.values:
            factories.RegistrationFactory(event=event, state=state)
    factories.UserFactory(role="staff")
    run_every_job()
    assert {key.split(":")[0] for key in Message.objects.values_list("dedupe_key", flat=True)} >= {
        "reminder",
        "results-pending",
    }
    kept = timedelta(days=django_settings.MAIL_KEPT_DAYS + 1)
    age(kept.days, sent_at=None, expires_at=None, state="failed", payload=None)
    for event in Event.objects.all():
        for name in ("first_day", "last_day", "starts_at", "ends_at"):
            setattr(event, name, getattr(event, name) - kept)
        event.save_without_historical_record()
    assert delete_old() > 0
    run_every_job()
    assert Message.objects.count() == 0


def run_every_job() -> None:
    for job in django_settings.CELERY_BEAT_SCHEDULE.values():
        if job["task"] != "outbox.tasks.drain":
            import_module(job["task"].rsplit(".", 1)[0])
            current_app.tasks[job["task"]]()
