"""What a provider tells afterwards (Postmark's words stand for all: django-anymail reads each provider's)."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import Resolver404, resolve

from outbox.bounces import webhook
from outbox.drain import drain
from outbox.models import Suppression

pytestmark = pytest.mark.django_db
SECRET = "provider:a-long-random-text"


@pytest.fixture
def tell(client, settings):
    """Send what the provider would; the status of the answer."""
    settings.ROOT_URLCONF = "tests.outbox.bounce_urls"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}

    def send(secret: str = SECRET, **words: Any) -> int:
        authorisation = f"Basic {base64.b64encode(secret.encode()).decode()}"
        headers = {"authorization": authorisation} if secret else {}
        said = {"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "Email": "Ana@mail.example"} | words
        return client.post("/correo/rebotes/", said, content_type="application/json", headers=headers).status_code

    return send


def marked() -> list[tuple[str, str]]:
    return list(Suppression.objects.active().values_list("email", "reason"))


def test_a_bounce_marks_the_address_and_the_history_of_its_message(tell, queue):
    message = queue(1)
    drain()
    assert tell(Details="smtp;550 5.1.1 no such user", MessageID=message.message_id.strip("<>")) == 200
    [row] = Suppression.objects.all()
    assert (row.email, row.reason, row.last_response) == ("ana@mail.example", "bounced", "smtp;550 5.1.1 no such user")
    assert list(message.steps.values_list("state", "text")) == [("sent", "smtp;550 5.1.1 no such user")]


def test_a_complaint_is_the_persons_word(tell):
    assert tell(RecordType="SpamComplaint", Type="SpamComplaint", TypeCode=512) == 200
    assert marked() == [("ana@mail.example", "complained")]


def test_what_may_still_arrive_marks_nobody(tell):
    assert tell(Type="Transient", TypeCode=2) == 200
    assert marked() == []


@pytest.mark.parametrize("secret", ["", "provider:wrong", "someone:a-long-random-text"])
def test_who_does_not_know_the_secret_marks_nobody(tell, secret):
    assert tell(secret=secret) == 400
    assert marked() == []


def test_without_a_provider_the_address_does_not_exist():
    with pytest.raises(Resolver404):
        resolve("/correo/rebotes/")


def test_an_unknown_provider_and_a_missing_secret_say_so():
    with pytest.raises(ImproperlyConfigured, match="postmark"):
        webhook("nobody")
    environment = os.environ | {"BOUNCE_PROVIDER": "postmark", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        cwd=Path(django_settings.BASE_DIR), env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "set BOUNCE_SECRET to user:password" in done.stderr
