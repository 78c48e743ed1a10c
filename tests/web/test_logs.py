"""Logs are JSON and tell no whole address and no key."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as project
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import Registration
from outbox.drain import drain
from outbox.models import Message
from outbox.rules import choices_code
from tests.factories import PASSWORD, EventFactory, StaffFactory
from web.logs import JsonFormatter, mask


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("sent to ana.perez@toluca.example", "sent to a…@toluca.example"),
        ("GET /mis-inscripciones/3f2A9c8b7D6e5f4a3B2c1d0e/", "GET /mis-inscripciones/…/"),
        ("GET /calendario/personal/3f2A9c8b7D6e5f_a3B2c1d.ics", "GET /calendario/personal/….ics"),
        ("GET /acciones/arbolado-en-avenidas-del-centro/", "GET /acciones/arbolado-en-avenidas-del-centro/"),
        ("?token=eyJhbGciOiJIUzI1NiJ9abcdef", "?token=…"),
    ],
)
@pytest.mark.asvs("V16.2.5")
def test_addresses_and_keys_are_masked(said: str, kept: str) -> None:
    assert mask(said) == kept


def test_line_is_json_with_level_time_and_traceback() -> None:
    try:
        raise ValueError("ana@toluca.example")
    except ValueError as error:
        record = logging.LogRecord(
            "web", logging.ERROR, __file__, 1, "falló %s", ("algo",), (type(error), error, error.__traceback__)
        )
    line = JsonFormatter().format(record)
    event = json.loads(line)
    assert (event["event"], event["level"], event["logger"]) == ("falló algo", "error", "web")
    assert event["timestamp"].endswith("Z")
    assert "ValueError: a…@toluca.example" in event["exception"]
    assert "ana@" not in line


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the portal logs at the most talkative level that an installation would choose."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.django_db
def test_walk_through_the_portal_leaves_nobody_in_the_log(lines: io.StringIO, settings: Any) -> None:
    """Registration, its mail, signing in well and badly, a search for a person, unsubscribing, an address cut short."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    event = EventFactory(slug="webinar", title="Webinar")
    staff = StaffFactory(email="personal@instituto.example", name="Gumersinda Peralta")
    visitor = Client()
    stamp = visitor.get("/eventos/webinar/inscripcion/").context["form"]["stamp"].value()
    typed = {"name": "Eufemia Quintanilla", "email": "eufemia@persona.example", "category": "academia", "consent": "on"}
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        answer = visitor.post("/eventos/webinar/inscripcion/", typed | {"stamp": stamp})
        assert answer.status_code == 302
        registration = Registration.objects.get(event=event)
        visitor.get(answer["Location"])
        drain(seconds=20)
        visitor.get(answer["Location"].rstrip("/")[:-3] + "/")  # cut short on its way
        visitor.post(f"{answer['Location']}cancelar/")
    message = Message.objects.filter(to_email="eufemia@persona.example").first()
    assert message is not None
    code = choices_code(message)
    for address in (reverse("mail_unsubscribe", args=[code]), reverse("mail_choices", args=[code])):
        visitor.get(address)
        visitor.post(address, {"List-Unsubscribe": "One-Click"})
    visitor.post("/cuenta/login/", {"login": staff.email, "password": "no es esta"})
    visitor.post("/cuenta/login/", {"login": staff.email, "password": PASSWORD})
    assert visitor.get("/gestion/personas/?q=Eufemia+Quintanilla").status_code == 200
    visitor.get("/gestion/correo/?q=eufemia@persona.example")
    visitor.post("/cuenta/logout/")
    said = lines.getvalue()
    events = [json.loads(line) for line in said.splitlines()]
    finished = [event for event in events if event["event"] == "request_finished"]
    assert len(finished) > 12
    assert all(event["request_id"] for event in finished)
    assert {"GET /eventos/webinar/inscripcion/", "GET /gestion/personas/"} <= {event["request"] for event in finished}
    secrets = ["Eufemia", "Quintanilla", "eufemia", "personal@", "Gumersinda", "Peralta", registration.token, code]
    secrets += [message.message_id, visitor.session.session_key or "x" * 32, PASSWORD, "127.0.0.1"]
    assert [secret for secret in secrets if secret in said] == []


def run_alone(program: str, **more: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings"} | more
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, check=False)


def test_report_of_an_error_says_nobody() -> None:
    """Sentry, in a process of its own as the portal starts it, with an address on this machine."""
    program = (
        "import json, logging, django; django.setup()\n"
        "import sentry_sdk\n"
        "sent = []\n"
        "sentry_sdk.get_client().transport.capture_envelope = sent.append\n"
        "from django.test import Client\n"
        "from web import views\n"
        "import django.urls\n"
        "def broken(request, key):\n"
        "    name = 'Eufemia Quintanilla'\n"
        "    raise ValueError('no mail for eufemia@persona.example')\n"
        "broken.login_required = False\n"
        "from config import urls\n"
        "urls.urlpatterns.insert(0, django.urls.path('roto/<str:key>/', broken))\n"
        "client = Client(raise_request_exception=False, SERVER_NAME='127.0.0.1')\n"
        "answer = client.post('/roto/3f2A9c8b7D6e5f4a3B2c1d0e/?q=Eufemia', {'name': 'Eufemia'})\n"
        "assert answer.status_code == 500, answer.status_code\n"
        "print(json.dumps([item.payload.json for one in sent for item in one.items]))\n"
    )
    done = run_alone(program, SENTRY_DSN="http://key@127.0.0.1:9/1")
    assert done.returncode == 0, done.stderr
    [report, *_others] = json.loads(done.stdout.splitlines()[-1])
    assert report["exception"]["values"][-1]["value"] == "no mail for e…@persona.example"
    for secret in ("Eufemia", "Quintanilla", "eufemia@", "3f2A9c8b7D6e5f4a3B2c1d0e"):
        assert secret not in done.stdout


def test_sentry_is_not_even_imported_where_it_is_not_wanted() -> None:
    program = "import sys, django; django.setup(); print('sentry_sdk' in sys.modules)"
    done = run_alone(program)
    assert done.stdout == "False\n"
