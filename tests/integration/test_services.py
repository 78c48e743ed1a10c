"""One registration and one reminder through the production services, on real PostgreSQL, Redis and SMTP."""

import os
import sys
import time
import urllib.parse
import urllib.request
from email.message import EmailMessage
from html.parser import HTMLParser

import psycopg
import pytest

from tests.integration.conftest import AUTHORITY, COMPOSE, Services, browser
from tests.live import status_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="needs PostgreSQL and Redis"
    ),
]


def test_every_service_of_the_code_is_tried_here() -> None:
    of_the_code = {name for name, service in COMPOSE.items() if "build" in service}
    assert of_the_code == {"setup", "web", "worker", "heavy", "beat"}


def test_services_answer_and_stay(services: Services) -> None:
    assert status_of(f"{services.url}/healthz") == 200
    assert status_of(f"{services.url}/readyz") == 200
    assert {name: process.poll() for name, process in services.processes.items()} == dict.fromkeys(
        ("proxy", "web", "worker", "heavy", "beat")
    )


def test_proxy_speaks_tls_and_hands_on_who_asks(services: Services) -> None:
    with urllib.request.urlopen(f"{services.url}/", timeout=20) as answer:
        assert answer.status == 200
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]

    request = urllib.request.Request(
        f"{services.url}/metrics", headers={"Authorization": f"Bearer {services.environment['METRICS_TOKEN']}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert 'portal_requests_total{method="GET",status="200",view="home"} 1.0' in answer.read().decode()
    assert status_of(f"{services.url}/metrics") == 401


def test_health_check_of_the_container_answers(services: Services) -> None:
    services.run(sys.executable, *COMPOSE["web"]["healthcheck"]["test"][2:])


def test_examination_of_the_running_services_finds_nothing(services: Services) -> None:
    """Within a minute and a half every job of the clock has succeeded, and all else is well from the start."""
    deadline = time.monotonic() + 90
    while True:
        try:
            said = services.run(sys.executable, "manage.py", "revisar")
            break
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(2)
    assert said.count("bien") == 12
    assert "Redis contesta" in said


def test_backup_is_made_while_the_services_run_and_no_restore_under_their_feet(services: Services) -> None:
    file = services.data_dir / "copia.tar"
    assert "comprobado de principio a fin" in services.run(sys.executable, "manage.py", "respaldar", str(file))
    with pytest.raises(AssertionError, match="conexiones abiertas a la base de datos"):
        services.run(sys.executable, "manage.py", "restaurar", str(file), "--reemplazar", "--sin-copia-previa")
    assert status_of(f"{services.url}/readyz") == 200


# An event that begins in forty minutes: whoever registers is due the one-hour reminder at once.
EVENT_SOON = """
import datetime as dt
import django
django.setup()
from django.utils import timezone
from tests.factories import EventFactory
start = timezone.localtime().replace(second=0, microsecond=0) + dt.timedelta(minutes=40)
end = start + dt.timedelta(hours=1)
event = EventFactory(
    title="Webinar de la prueba", slug="webinar-de-la-prueba", capacity__seats=1,
    first_day=start.date(), start_time=start.time(), last_day=end.date(), end_time=end.time(),
    starts_at=start, ends_at=end, registration_closes_at=end,
)
"""


# A report of every municipality, asked for at once.
ALL_REPORTS = """
import datetime as dt
import django
django.setup()
from municipalities.models import Municipality
from reports.services.reports import request_report
for municipality in Municipality.objects.all():
    request_report(
        scope="municipality", municipality=municipality, starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 6, 30),
        language="es", by=None,
    )
"""


def reports_to_come(services: Services) -> int:
    with psycopg.connect(services.environment["DATABASE_URL"]) as database:
        found = database.execute("SELECT count(*) FROM reports_issuedreport WHERE state IN ('queued', 'running')")
        [number] = found.fetchone() or [0]
    return int(number)


def test_registration_over_http_is_confirmed_by_mail_and_reminded(services: Services) -> None:
    """While the documents of all municipalities wait: they delay no mail."""
    services.run(sys.executable, "-c", EVENT_SOON)
    services.run(sys.executable, "-c", ALL_REPORTS)
    assert reports_to_come(services) > 100
    visitor = Visitor(services)
    form = visitor.form("/eventos/webinar-de-la-prueba/inscripcion/")
    time.sleep(2.5)  # nobody fills a form in less, and the portal knows
    typed = {"name": "Ana Prueba", "email": "ana@persona.example", "category": "academia", "consent": "on"}
    answer = visitor.send("/eventos/webinar-de-la-prueba/inscripcion/", form | typed)
    assert 'data-state="confirmed"' in answer

    def to_ana(message: EmailMessage) -> bool:
        return "ana@persona.example" in str(message["To"]) and "Webinar de la prueba" in str(message["Subject"])

    confirmation = services.mail.wait_for(to_ana, 30)
    assert reports_to_come(services) > 0
    assert any(part.get_content_type() == "text/calendar" for part in confirmation.walk())

    reminder = services.mail.wait_for(
        lambda message: to_ana(message) and message["Message-ID"] != confirmation["Message-ID"], 100
    )
    body = reminder.get_body(("plain",))
    assert body is not None
    assert "https://videollamada.example/sala" in body.get_content()
    assert [process.poll() for process in services.processes.values()] == [None] * 5
    assert len([message for message in services.mail.received if to_ana(message)]) == 2


class Visitor:
    """A browser without JavaScript: cookies and forms over HTTP."""

    def __init__(self, services: Services) -> None:
        self.url = services.url
        self.opener = browser(services.data_dir / AUTHORITY, urllib.request.HTTPCookieProcessor())

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the page's forms that are sent by POST."""
        with self.opener.open(self.url + path, timeout=20) as answer:
            reader = HiddenFields()
            reader.feed(answer.read().decode())
        return reader.fields

    def send(self, path: str, fields: dict[str, str]) -> str:
        data = urllib.parse.urlencode(fields).encode()
        # Over TLS a browser says where a form was, and the portal insists on it.
        request = urllib.request.Request(self.url + path, data, {"Referer": self.url + path})
        with self.opener.open(request, timeout=20) as answer:
            return str(answer.read().decode())


class HiddenFields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""
