"""/metrics: for who brings the token, right with several processes, and true to what the database says."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from outbox.heartbeat import beating
from outbox.models import Heartbeat, Message
from outbox.services import enqueue
from reports.views import metrics
from tests.factories import EventFactory
from tests.live import free_port, status_of, wait_until_it_answers

TOKEN = "a long random text"


def read(text: str) -> dict[tuple[str, str], float]:
    """(name, label values in the order of the labels' names) → number."""
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def ask(client: Client) -> dict[tuple[str, str], float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer["Cache-Control"].split(",")[0]) == (200, "max-age=0")
    return read(answer.content.decode())


@pytest.mark.django_db
def test_nobody_reads_them_without_the_token(client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 404  # where none is set
    settings.METRICS_TOKEN = TOKEN
    for sent in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
        answer = client.get("/metrics", headers=sent)
        assert (answer.status_code, answer.content, answer["WWW-Authenticate"]) == (401, b"", "Bearer")


@pytest.mark.django_db
@pytest.mark.both_databases
def test_requests_are_counted_by_view_with_their_queries(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    EventFactory(slug="webinar")
    before = ask(client)
    client.get("/readyz")
    client.get("/readyz")
    client.get("/eventos/webinar/")
    client.get("/eventos/no-existe/")
    client.get("/3f2A9c8b7D6e5f4a3B2c1d0e")
    after = ask(client)

    def more(name: str, labels: str) -> float:
        return after[name, labels] - before.get((name, labels), 0)

    assert more("portal_requests_total", "GET 200 readyz") == 2
    assert more("portal_requests_total", "GET 200 event_detail") == 1
    assert more("portal_requests_total", "GET 404 event_detail") == 1
    assert more("portal_requests_total", "GET 404 none") == 1
    assert more("portal_request_queries_sum", "readyz") == more("portal_request_queries_count", "readyz") == 2
    assert 3 < more("portal_request_queries_sum", "event_detail") <= 24
    assert more("portal_request_seconds_count", "event_detail") == 2
    assert not [labels for _name, labels in after if "3f2A9c8b" in labels]


@pytest.mark.django_db
@pytest.mark.both_databases
def test_mail_and_jobs_are_what_the_database_says(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    enqueue(kind="outbox.recovered", dedupe_key="k", to_email="a@b.example", language="es", params={})
    past = timezone.now() - timedelta(minutes=20)
    Message.objects.update(due_at=past, next_attempt_at=past)
    with beating("outbox.drain"):
        pass
    Heartbeat.objects.create(name="outbox.reconcile", last_succeeded_at=past)
    found = ask(client)
    assert found["portal_database_up", ""] == 1
    assert (found["portal_outbox_messages", "scheduled"], found["portal_outbox_messages", "sent"]) == (1, 0)
    assert 1200 <= found["portal_outbox_oldest_due_seconds", ""] < 1300
    assert (found["portal_job_stale", "outbox.drain"], found["portal_job_stale", "outbox.reconcile"]) == (0, 1)
    assert found["portal_job_age_seconds", "outbox.drain"] < 60
    assert found["portal_documents_waiting", "report"] == found["portal_documents_waiting", "certificate"] == 0


@pytest.mark.django_db
def test_database_that_is_away_is_a_number_too(client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN

    def away() -> Any:
        raise OperationalError("away")

    monkeypatch.setattr(metrics.heartbeat, "signs", away)
    client.get("/healthz")
    found = ask(client)
    assert found["portal_database_up", ""] == 0
    assert ("portal_job_stale", "outbox.drain") not in found
    assert any(name == "portal_requests_total" for name, _labels in found)


def test_several_processes_answer_as_one(tmp_path: Path) -> None:
    """As in docker-compose.yml: gunicorn forks its workers, and whichever is asked knows what all of them did."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", "--workers", "3"]
    command += ["--threads", "2", "--preload", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"DATA_DIR": str(tmp_path), "SITE_URL": url, "METRICS_TOKEN": TOKEN, "TMPDIR": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    server = subprocess.Popen(command, cwd=project.BASE_DIR, env=environment)
    try:
        wait_until_it_answers(f"{url}/healthz", [server], 60)
        [shared] = tmp_path.glob("portal-metrics-*")
        # A connection each, so that the kernel gives them to whichever process is free.
        curl = ["curl", "--silent", "--header", f"Authorization: Bearer {TOKEN}", f"{url}/metrics"]
        before = subprocess.run(curl, capture_output=True, text=True, check=True).stdout
        for _turn in range(60):
            assert status_of(f"{url}/healthz") == 200
        answers = [subprocess.run(curl, capture_output=True, text=True, check=True).stdout for _turn in range(4)]
        label = ("portal_requests_total", "GET 200 healthz")
        assert [read(text)[label] - read(before)[label] for text in answers] == [60] * 4
        assert len({path.name.rsplit("_", 1)[1] for path in shared.glob("counter_*.db")}) > 1, "one process did it all"
    finally:
        server.terminate()
        server.wait(20)
    assert not shared.exists()
