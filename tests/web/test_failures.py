"""Failures have their own page, which asks the database nothing, and never look like success (R4)."""

from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from web import failures

pytestmark = pytest.mark.urls("tests.web.failing")


@pytest.fixture
def visitor() -> Client:
    """Sees what a browser sees: the answer, not the exception."""
    return Client(raise_request_exception=False)


@pytest.mark.django_db
@pytest.mark.asvs("V16.5.2")
def test_database_away_in_a_view_is_503_to_come_back_later(visitor: Client) -> None:
    response = visitor.post("/away/")
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert 'data-state="error-503"' in page
    assert "confirmado" not in page


@pytest.mark.django_db
def test_database_away_in_middleware_is_503_as_well(visitor: Client, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.web.failing.AwayMiddleware"]
    response = visitor.get("/healthz")
    assert (response.status_code, response["Retry-After"]) == (503, "30")


@pytest.mark.django_db
@pytest.mark.both_databases
def test_wrong_statement_is_our_fault_and_stays_500(visitor: Client) -> None:
    assert visitor.get("/wrong/").status_code == 500


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (OperationalError("database is locked"), True),
        (OperationalError("could not connect to server: Connection refused"), True),
        (OperationalError("canceling statement due to statement timeout"), True),
        (InterfaceError("connection already closed"), True),
        (OperationalError("no such table: web_installation"), False),
        (OperationalError('near "SELEC": syntax error'), False),
        (ValueError("x"), False),
    ],
)
def test_absence_is_told_from_defect(error: Exception, away: bool) -> None:
    assert failures.is_database_away(error) is away


def test_full_disk_is_507(visitor: Client) -> None:
    response = visitor.get("/full/")
    assert response.status_code == 507
    assert "disco del servidor está lleno" in response.content.decode()


def test_missing_library_names_its_package(visitor: Client) -> None:
    response = visitor.get("/no-pdf/")
    assert response.status_code == 503
    assert "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in response.content.decode()


def test_too_large_request_is_refused_by_its_announcement(visitor: Client, settings: Any) -> None:
    response = visitor.generic(
        "POST", "/form/", b"x", content_type="text/plain", CONTENT_LENGTH=str(settings.REQUEST_MAX_BYTES + 1)
    )
    assert (response.status_code, response["Connection"]) == (413, "close")
    assert "15 MB" in response.content.decode()


def test_too_many_fields_is_413(visitor: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    assert visitor.post("/form/", {str(n): "x" for n in range(4)}).status_code == 413


def test_expired_form_says_that_nothing_was_saved() -> None:
    response = Client(enforce_csrf_checks=True).post("/form/", {"a": "b"})
    assert response.status_code == 403
    assert "El formulario caducó" in response.content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "500", "507"])
def test_error_page_needs_no_database_and_no_session(name: str, rf: Any) -> None:
    # Without the django_db mark any query is an error.
    response = failures.page(rf.get("/x/"), name, 404)
    assert 'href="mailto:' in response.content.decode()


@pytest.mark.django_db
def test_missing_page_offers_ways_on(visitor: Client) -> None:
    response = visitor.get("/no-existe/")
    page = response.content.decode()
    assert response.status_code == 404
    assert 'href="/calendario/"' in page


@pytest.mark.django_db
def test_wrong_method_is_a_page_that_says_which_ones_are_right(client: Client) -> None:
    response = client.post("/municipios/")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert 'data-state="error-405"' in response.content.decode()
