"""The open interface: read-only, for everybody, published rows only."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver, reverse

from tests import factories

pytestmark = pytest.mark.django_db


def addresses() -> list[str]:
    """Every address of it, as anybody may ask for it."""
    slug = factories.TrainingFactory(slug="abierta").slug
    (found,) = [entry for entry in get_resolver().url_patterns if getattr(entry, "namespace", "") == "api"]
    names = [pattern.name for pattern in found.url_patterns]
    return [reverse(f"api:{name}", args=[slug] if name == "training" else []) for name in names]


def test_everything_answers_without_an_account(client: Client) -> None:
    answers = {address: client.get(address).status_code for address in addresses()}
    assert {address: status for address, status in answers.items() if status not in {200, 404}} == {}
    assert [address for address, status in answers.items() if status == 404] == ["/api/v1/"]  # the root is no page


def test_nothing_can_be_written(client: Client) -> None:
    for method in (client.post, client.put, client.patch, client.delete):
        assert method(reverse("api:trainings")).status_code == 405


def test_what_is_not_published_does_not_exist(client: Client) -> None:
    factories.TrainingFactory(slug="borrador", is_published=False)
    client.force_login(factories.StaffFactory())  # to staff neither: it is what is open
    assert client.get(reverse("api:training", args=["borrador"])).status_code == 404
    assert client.get(reverse("api:trainings")).json()["total"] == 0


def test_wrong_question_is_answered_with_what_is_wrong(client: Client) -> None:
    answer = client.get(reverse("api:trainings"), {"pagina": "cero"})
    assert (answer.status_code, answer.json()["detail"][0]["loc"][-1]) == (422, "pagina")


def test_description_names_the_answers(client: Client) -> None:
    described = client.get(reverse("api:openapi-json")).json()
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]["/api/v1/capacitaciones/"]["get"]["responses"]) == {"200", "422"}


def test_reader_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get(reverse("api:openapi-view")).content.decode()
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    assert "/static/ninja/swagger-ui-bundle.js" in page


def test_database_away_is_said_as_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("trainings.api.sheets", away)
    answer = client.get(reverse("api:trainings"))
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
