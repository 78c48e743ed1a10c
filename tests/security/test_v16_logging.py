"""V16: what is written down, where, and what a visitor is told when something breaks."""

import json
import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from network.enums import Act
from network.models import AuditEntry
from tests.factories import StaffFactory, UserFactory
from tests.security.test_v06_authentication import account, enter
from web.logs import JsonFormatter

pytestmark = pytest.mark.django_db


@pytest.mark.asvs("V16.2.1", "V16.2.2", "V16.3.1")
def test_signing_in_is_kept_with_who_when_and_on_what() -> None:
    user = account(StaffFactory())
    enter(user)
    row = AuditEntry.objects.get(act=Act.SIGNED_IN)
    assert (row.actor, row.role, row.row_type, row.row) == (user.pk, "staff", "network.User", user.pk)
    assert row.at.utcoffset().total_seconds() == 0  # type: ignore[union-attr]


@pytest.mark.asvs("V16.3.2")
def test_what_was_refused_is_in_the_log(client: Client, caplog: Any) -> None:
    client.force_login(UserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    with caplog.at_level(logging.WARNING, logger="django.request"):
        client.get(reverse("staff_user_list"))
    assert any("/gestion/usuarios/" in record.getMessage() for record in caplog.records)


@pytest.mark.asvs("V16.2.4", "V16.4.1")
def test_a_line_of_the_log_stays_one_line_whatever_somebody_sent() -> None:
    hostile = 'x\n{"event": "inventado", "level": "info"}\r\n\x1b[2J'
    record = logging.LogRecord("web", logging.WARNING, __file__, 1, "pidió %s", (hostile,), None)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "\r" not in line
    assert json.loads(line)["event"] == f"pidió {hostile}"


@pytest.mark.asvs("V16.5.1")
def test_a_defect_is_told_without_its_insides(settings: Any, monkeypatch: Any) -> None:
    from web import views

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("clave-interna en /srv/portal/settings.py")

    monkeypatch.setattr(views.finders, "find", fail)
    answer = Client(raise_request_exception=False).get("/favicon.ico")
    body = answer.content.decode()
    assert answer.status_code == 500
    for word in ("clave-interna", "RuntimeError", "Traceback", "settings.py", "Django"):
        assert word not in body


@pytest.mark.asvs("V16.5.3")
def test_an_act_that_cannot_be_written_down_does_not_happen(monkeypatch: Any) -> None:
    from network import services
    from network.enums import Role
    from network.services import settings as accounts

    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("disk")

    user = UserFactory()
    monkeypatch.setattr(accounts, "record", fail)
    with pytest.raises(OSError, match="disk"):
        services.decide_account(account=user, role=Role.ADMIN, is_active=True, reason="x", by=StaffFactory())
    user.refresh_from_db()
    assert user.role == "participant"
