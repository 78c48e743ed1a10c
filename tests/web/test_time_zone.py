"""The zone that the institution chose is the one of its pages and of its worker."""

import datetime as dt
from typing import Any

import pytest
from celery.signals import task_prerun, worker_ready
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.celery import app
from tests.factories import StaffFactory
from web.models import CACHE_KEY, Installation


@pytest.fixture(autouse=True)
def own_zone() -> Any:
    cache.delete(CACHE_KEY)
    yield
    cache.delete(CACHE_KEY)
    timezone.deactivate()


@pytest.mark.django_db
def test_pages_and_tasks_live_in_the_zone_of_the_installation(client: Client) -> None:
    Installation.objects.create(pk=1, time_zone="Asia/Tokyo")
    client.get(reverse("home"))
    assert timezone.get_current_timezone_name() == "Asia/Tokyo"
    noon_utc = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    assert f"{timezone.localtime(noon_utc):%H:%M}" == "21:00"
    timezone.deactivate()
    task_prerun.send(sender=None)
    assert timezone.get_current_timezone_name() == "Asia/Tokyo"


@pytest.mark.django_db
def test_zone_of_the_environment_serves_until_one_is_chosen(client: Client, settings: Any) -> None:
    settings.TIME_ZONE = "America/Tijuana"
    client.get(reverse("home"))
    assert timezone.get_current_timezone_name() == "America/Tijuana"


@pytest.mark.django_db
def test_zone_of_the_installation_is_offered_to_its_events(client: Client) -> None:
    Installation.objects.create(pk=1, time_zone="Asia/Tokyo")
    client.force_login(StaffFactory())
    assert '<option value="Asia/Tokyo" selected>' in client.get(reverse("staff_event_create")).content.decode()


class Consumer:
    """What a worker says it is when it comes up."""

    app = app


@pytest.mark.django_db
def test_worker_begins_every_periodic_job_as_it_comes_up() -> None:
    queues = ("default", "mail", "heavy")
    with app.connection_for_write() as connection:
        for name in queues:
            connection.default_channel.queue_declare(name)
            connection.default_channel.queue_purge(name)
        worker_ready.send(sender=Consumer)
        nudged = set()
        for name in queues:
            while message := connection.default_channel.basic_get(name, no_ack=True):
                nudged.add(message.headers["task"])
    assert nudged == {job["task"] for job in app.conf.beat_schedule.values()}
