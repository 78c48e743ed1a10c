from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from outbox import registry, tasks
from outbox.heartbeat import beating, signs
from outbox.models import Heartbeat, Message
from tests.outbox.conftest import free_port, use_smtp

pytestmark = pytest.mark.django_db


def sign(name: str):
    return next(one for one in signs() if one.name == name)


def stands_since(**ago):
    """As if the last migration had been so long ago."""
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - timedelta(**ago))


def test_a_job_that_never_ran_is_stale():
    stands_since(minutes=6)
    found = sign("outbox.drain")
    assert (found.age, found.is_stale, found.is_new, found.is_trouble) == (None, True, False, True)


def test_a_job_that_never_ran_is_no_trouble_while_its_time_lasts():
    stands_since(minutes=6)  # longer than the drain may be silent, shorter than the job of each hour
    assert [sign(name).is_trouble for name in ("outbox.drain", "outbox.delete_old")] == [True, False]
    assert sign("outbox.delete_old").is_stale is True  # the portal is not ready all the same
    stands_since(hours=4)
    assert sign("outbox.delete_old").is_trouble is True


def test_a_portal_that_stood_still_after_its_set_up_is_new_when_its_first_job_begins():
    stands_since(days=2)
    Heartbeat.objects.create(name="outbox.reconcile")
    assert (sign("outbox.drain").is_new, sign("outbox.drain").is_trouble) == (True, False)
    Heartbeat.objects.update(watched_since=timezone.now() - timedelta(minutes=6))
    assert sign("outbox.drain").is_trouble is True


def test_a_job_that_stopped_is_trouble_however_new_the_portal():
    stands_since(minutes=1)
    Heartbeat.objects.create(name="outbox.drain", last_succeeded_at=timezone.now() - timedelta(minutes=6))
    assert sign("outbox.drain").is_trouble is True


def test_a_job_that_ended_well_is_fresh_and_its_old_error_gone():
    Heartbeat.objects.create(name="outbox.drain", last_error="old")
    with beating("outbox.drain"):
        pass
    found = sign("outbox.drain")
    assert (found.is_stale, found.last_error) == (False, "")
    row = Heartbeat.objects.get()
    assert row.last_started_at <= row.last_succeeded_at


def test_a_job_that_raised_keeps_its_error_and_is_not_a_success():
    with pytest.raises(ZeroDivisionError), beating("outbox.drain"):
        _ = 1 / 0
    row = Heartbeat.objects.get()
    assert (row.last_succeeded_at, row.last_error) == (None, "ZeroDivisionError: division by zero")
    assert row.last_started_at is not None


def test_a_job_that_succeeded_too_long_ago_is_stale():
    Heartbeat.objects.create(name="outbox.drain", last_succeeded_at=timezone.now() - timedelta(minutes=4, seconds=50))
    assert sign("outbox.drain").is_stale is False
    Heartbeat.objects.update(last_succeeded_at=timezone.now() - timedelta(minutes=5, seconds=10))
    assert sign("outbox.drain").is_stale is True


def test_signs_take_one_query_and_show_every_registered_job(django_assert_num_queries):
    for job in registry.jobs():
        with beating(job.name):
            pass
    with django_assert_num_queries(1):
        assert [one.name for one in signs()] == [job.name for job in registry.jobs()]


def test_the_tasks_leave_their_heartbeat(queue):
    queue(1)
    tasks.drain()
    tasks.reconcile()
    tasks.delete_old_messages()
    assert Message.objects.get().state == "sent"
    assert set(Heartbeat.objects.exclude(last_succeeded_at=None).values_list("name", flat=True)) == {
        "outbox.drain",
        "outbox.reconcile",
        "outbox.delete_old",
    }


def test_a_mail_server_that_is_away_is_no_success(queue, settings):
    use_smtp(settings, free_port())
    queue(1)
    tasks.drain()
    row = Heartbeat.objects.get()
    assert row.last_succeeded_at is None
    assert "Connection refused" in row.last_error


def test_the_command_drains_and_says_what_it_did(queue, capsys):
    queue(1)
    call_command("drain_outbox")
    assert capsys.readouterr().out == "sent 1, retry 0, failed 0, in doubt 0, skipped 0, suppressed 0\n"


def test_the_command_fails_where_the_mail_server_is_away(queue, settings):
    use_smtp(settings, free_port())
    queue(1)
    with pytest.raises(CommandError, match="Connection refused"):
        call_command("drain_outbox")
