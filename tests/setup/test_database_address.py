"""What ``DATABASE_URL`` says after its “?” reaches PostgreSQL: from the portal, and from its backups."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from reports.management import databases
from tests.live import ROOT

SAY = "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"


def options_of(address: str) -> dict[str, object]:
    own = {"DATABASE_URL": address, "SECRET_KEY": "x" * 50, "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, env=os.environ | own | {"STATEMENT_TIMEOUT_MS": "15000"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_what_the_address_asks_for_is_heard_and_the_portals_limits_stay() -> None:
    asked = "sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=5&options=-c%20work_mem%3D8MB"
    found = options_of(f"postgres://a:b@db.example:5432/red?{asked}")
    assert (found["sslmode"], found["sslrootcert"], found["connect_timeout"]) == ("verify-full", "/etc/ca.pem", 5)
    assert found["options"] == "-c lock_timeout=3000 -c statement_timeout=15000 -c work_mem=8MB"
    assert "max_size" in found["pool"]  # type: ignore[operator]


def test_an_address_that_asks_for_nothing_has_the_portals_own_options() -> None:
    found = options_of("postgres://a:b@db.example:5432/red")
    assert found.pop("pool")
    assert found == {"connect_timeout": 3, "options": "-c lock_timeout=3000 -c statement_timeout=15000"}


def test_backups_ask_for_the_same_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"sslmode": "require", "connect_timeout": 5, "options": "-c statement_timeout=1", "pool": {"max_size": 8}}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", said)
    found = databases._environment()
    assert (found["PGSSLMODE"], found["PGCONNECT_TIMEOUT"], found.get("PGOPTIONS")) == ("require", "5", None)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_the_backups_own_connection_has_them_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"application_name": "respaldo"})
    with databases._postgres() as database:
        assert database.execute("SHOW application_name").fetchone() == ("respaldo",)
