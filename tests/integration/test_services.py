"""One registration and one reminder through the production services, on real PostgreSQL, Redis and SMTP."""

import os

import pytest

from tests.integration.conftest import COMPOSE, Services
from tests.live import status_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.xdist_group("services"),
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
        ("web", "worker", "heavy", "beat")
    )
