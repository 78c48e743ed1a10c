"""The open interface: read-only, for everybody, published rows only, as its own description says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS

from actions.enums import ReviewState
from reports.datasets import DATASETS
from tests import factories as f
from tests.reports.test_open_data import world

pytestmark = pytest.mark.django_db
EVENTS = "/api/v1/eventos/"


def addresses() -> list[str]:
    """Every address of it, as anybody may ask for it."""
    (found,) = [entry for entry in get_resolver().url_patterns if getattr(entry, "namespace", "") == "api"]
    plain = [pattern.name for pattern in found.url_patterns if not pattern.pattern.converters]
    return [reverse(f"api:{name}") for name in plain if name != "nothing"]


def walked(client: Client, address: str) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    rows: list[dict[str, Any]] = []
    following: str | None = address
    while following:
        page = client.get(following.removeprefix("http://127.0.0.1:8000")).json()
        rows += page["datos"]
        following = page["siguiente"]
    return rows


def test_everything_answers_without_an_account(client: Client) -> None:
    assert {address: client.get(address).status_code for address in addresses()} == dict.fromkeys(addresses(), 200)


def test_nothing_can_be_written(client: Client) -> None:
    assert client.trace(EVENTS).status_code == 405
    for method in ("post", "put", "patch", "delete"):
        answer = getattr(client, method)(EVENTS)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
        assert (answer["Content-Type"], answer.json()["status"]) == ("application/problem+json", 405)


def test_rows_are_those_of_the_files(client: Client) -> None:
    world(2)
    for dataset in DATASETS:
        file = json.loads(client.get(reverse("dataset_file", args=[dataset.slug, "json"])).getvalue())
        assert file["datos"]
        assert walked(client, f"/api/v1/{dataset.slug}/") == file["datos"], dataset.slug


def test_one_row_is_that_of_the_list_and_says_more(client: Client) -> None:
    world(1)
    for dataset in DATASETS:
        if not dataset.by:
            continue
        name = {"slug": "slug", "code": "clave", "number": "numero"}[dataset.by]
        row = walked(client, f"/api/v1/{dataset.slug}/")[0]
        whole = client.get(f"/api/v1/{dataset.slug}/{row[name]}/").json()
        assert {key: whole[key] for key in row} == row
        assert set(whole) - set(row) == {column.name for column in dataset.only_in_api}
        assert client.get(f"/api/v1/{dataset.slug}/no-hay/").status_code == 404


def test_walk_sees_each_row_once_while_rows_are_added(client: Client) -> None:
    before = {f.EventFactory().slug for _number in range(7)}
    seen, following = [], f"{EVENTS}?limite=2"
    while following:
        page = client.get(following.removeprefix("http://127.0.0.1:8000")).json()
        seen += [row["slug"] for row in page["datos"]]
        following = page["siguiente"]
        if len(seen) < 7:
            f.EventFactory()
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_filters_hold_on_every_page(client: Client) -> None:
    wanted = f.FormatFactory(code="gaad")
    slugs = [f.EventFactory(format=wanted).slug for _number in range(3)]
    f.EventFactory()
    assert [row["slug"] for row in walked(client, f"{EVENTS}?formato=gaad&limite=1")] == slugs


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("formato=no-hay", "formato"), ("sabor=dulce", "?"), ("limite=0", "limite"), ("limite=mil", "limite"),
        ("cursor=x", "cursor"), ("lang=fr", "lang"), ("desde=ayer", "desde"), ("pagina=2", "?"),
        ("desde=2026-02-01&hasta=2026-01-01", "hasta"), ("q=%00", "q"),
    ],
)  # fmt: skip
def test_wrong_question_is_answered_with_what_is_wrong(client: Client, query: str, name: str) -> None:
    answer = client.get(f"{EVENTS}?{query}")
    said = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert (said["status"], said["errors"][0]["name"], said["instance"]) == (400, name, EVENTS)


def test_what_is_not_there_is_said_to_programs(client: Client) -> None:
    for path in (
        "/api/v1/nada/",
        "/api/v1/eventos/no-hay/",
        "/api/v1/ods/x/",
        f"/api/v1/ods/{10**30}/",
        "/api/v1/eventos",
    ):
        answer = client.get(path, follow=True)
        assert (path, answer.status_code, answer["Content-Type"]) == (path, 404, "application/problem+json")


def test_what_is_not_published_does_not_exist(client: Client) -> None:
    f.TrainingFactory(slug="borrador", is_published=False)
    draft = f.EventFactory(status="draft")
    action = f.ActionFactory(review_state=ReviewState.VALIDATED)
    client.force_login(f.StaffFactory())  # to staff neither: it is what is open
    for path in ("capacitaciones/borrador", f"eventos/{draft.slug}", f"acciones/{action.slug}"):
        assert client.get(f"/api/v1/{path}/").status_code == 404
    assert [client.get(f"/api/v1/{name}/").json()["datos"] for name in ("capacitaciones", "eventos", "acciones")] == [
        []
    ] * 3


def test_language_is_the_reader_s(client: Client) -> None:
    f.EventFactory(title="Agua", title_en="Water")
    said = {}
    for name, query, accept in (("es", "", "fr, *"), ("en", "", "en-GB, es;q=0.5"), ("lang", "?lang=en", "es")):
        answer = client.get(EVENTS + query, headers={"accept-language": accept})
        said[name] = (answer.json()["datos"][0]["titulo"], answer["Content-Language"])
        assert "Accept-Language" in answer["Vary"]
    assert said == {"es": ("Agua", "es"), "en": ("Water", "en"), "lang": ("Water", "en")}


def test_what_did_not_change_is_not_sent_again(client: Client) -> None:
    f.EventFactory()
    first = client.get(EVENTS)
    again = client.get(EVENTS, headers={"if-none-match": first["ETag"]})
    f.EventFactory()
    changed = client.get(EVENTS, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content, changed.status_code) == (304, b"", 200)
    assert again["Access-Control-Allow-Origin"] == "*"


def test_programs_of_other_sites_may_ask(client: Client) -> None:
    asked = {"origin": "https://otro.example", "access-control-request-method": "GET"}
    answer = client.options(EVENTS, headers=asked)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Credentials" not in answer
    assert client.get(EVENTS, headers=asked)["Access-Control-Allow-Origin"] == "*"
    assert client.head(EVENTS).status_code == 200


def test_answers_are_the_same_for_all_whoever_is_signed_in(client: Client) -> None:
    client.force_login(f.StaffFactory())
    for address in (EVENTS, "/datos/eventos.csv", "/datos/catalogo.jsonld", "/resultados/incrustar/cobertura/"):
        answer = client.get(address)
        assert (address, "Cookie" in answer["Vary"], "public" in answer["Cache-Control"]) == (address, False, True)
        assert not answer.cookies


def test_too_many_questions_are_told_when_to_come_back(client: Client, settings: Any) -> None:
    settings.API_PER_MINUTE = 3
    answers = [client.get(EVENTS) for _number in range(4)]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Content-Type"] == "application/problem+json"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert client.get(EVENTS, REMOTE_ADDR="192.0.2.9").status_code == 200


def test_lists_make_as_many_queries_with_1_row_as_with_5(client: Client) -> None:
    def counted() -> dict[str, int]:
        counts = {}
        for dataset in DATASETS:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/api/v1/{dataset.slug}/").status_code == 200
            counts[dataset.slug] = len(captured)
        return counts

    world(1)
    counted()  # the installation's row is in the cache from here on
    few = counted()
    world(4)
    assert counted() == few
    assert max(few.values()) <= 12


def test_reader_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get(reverse("api:openapi-view")).content.decode()
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert page.index("/static/ninja/swagger-ui.css") < page.index("/static/css/api.css")  # ours has the last word


def test_database_away_is_said_as_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("reports.datasets.columns.Narrowed.batch", away)
    answer = client.get(EVENTS)
    assert (answer.status_code, answer["Content-Type"], "Retry-After" in answer.headers) == (
        503, "application/problem+json", True,
    )  # fmt: skip


def test_description_is_whole_in_both_languages(client: Client) -> None:
    said = {language: client.get(f"/api/v1/openapi.json?lang={language}").json() for language in ("es", "en")}
    assert said["es"]["openapi"].startswith("3.1")
    assert said["es"]["info"]["description"] != said["en"]["info"]["description"]
    for path, operations in said["es"]["paths"].items():
        assert operations["get"]["summary"]
        assert set(operations["get"]["responses"]) >= {"200", "304", "400", "429", "503"}, path
    schema = said["en"]["components"]["schemas"]["eventos"]["properties"]
    assert list(schema) == list(next(dataset for dataset in DATASETS if dataset.slug == "eventos").names)


def _ask_of(operation: Any) -> None:
    """Some questions about one address, made of its description."""

    @given(case=operation.as_strategy())
    @settings(max_examples=4, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True, database=None)
    def ask(case: Any) -> None:
        cache.clear()  # the limit of a minute is asked about elsewhere
        # What a choice of the database allows no description can say: a wrong one is a 400 that names it.
        case.call_and_validate(excluded_checks=[CHECKS.get_one("positive_data_acceptance")])

    ask()


@pytest.fixture
def kept_connection(settings: Any) -> Iterator[None]:
    """A request of a real server gives the connection back when it ends; the transaction of a test must outlive it."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "localhost"]  # the host that Schemathesis asks
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
def test_answers_are_what_the_description_says_whatever_is_asked() -> None:
    world(1)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    asked = 0
    for found in schema.get_all_operations():
        _ask_of(found.ok())
        asked += 1
    assert asked == len(DATASETS) + sum(bool(dataset.by) for dataset in DATASETS) + 2
