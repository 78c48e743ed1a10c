"""The public pages of results, and the institute's pages of reports."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from reports.models import IssuedReport, ReportState
from reports.services import reports as services
from tests.factories import EventFactory, StaffFactory, TrainingFactory, TrainingTargetFactory, UserFactory, liaison
from tests.reports.conftest import attend


@pytest.fixture
def staff(db, client):
    user = StaffFactory()
    client.force_login(user)
    return user


def request_report(network, **fields):
    defaults = {
        "scope": "state",
        "language": "es",
        "starts_on": network.today - dt.timedelta(days=60),
        "ends_on": network.today,
    }
    return services.request_report(**{**defaults, **fields}, by=None)


def test_results_say_what_was_counted(network, client):
    page = client.get("/resultados/").content.decode()
    assert 'data-state="counted"' in page
    assert "con lista nominal: 2 de 3" in page
    assert 'id="como-se-cuenta"' in page
    assert "Sin desglose por sexo" in page


def test_results_of_a_region_and_period(network, client):
    start = network.today - dt.timedelta(days=15)
    page = client.get("/resultados/", {"region": "sur", "desde": start.isoformat()}).content.decode()
    assert "<strong>Región Sur</strong>" in page
    rows = client.get("/resultados.csv", {"region": "sur", "desde": start.isoformat()}).content.decode("utf-8-sig")
    assert "Personas,,Asistencias,asistencias,11,," in rows
    assert "Eventos,,Eventos celebrados,eventos,1,," in rows


def test_results_of_a_municipality_show_its_designation(network, client):
    page = client.get("/resultados/", {"municipio": "acambay"}).content.decode()
    assert "Con titular vigente" in page
    assert "designación del municipio" in page


def test_empty_results_say_what_to_do(network, client):
    page = client.get("/resultados/", {"hasta": "2001-01-01"}).content.decode()
    assert 'data-state="empty"' in page
    assert "Sin eventos en el periodo" in page


@pytest.mark.parametrize("address", ["/resultados/", "/resultados.csv"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"desde": "2026-05-01", "hasta": "2026-01-01"}, "El periodo termina antes de empezar"),
        ({"desde": "ayer"}, "Introduzca una fecha válida"),
        ({"region": "nada"}, "no es una de las opciones"),
        ({"region": "norte", "municipio": "chalco"}, "Chalco está en la región Región Sur"),
    ],
)
def test_wrong_filter_is_said_and_counts_nothing(network, client, address, query, sentence):
    response = client.get(address, query)
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert 'data-state="refused"' in page


def grow(network):
    for number in range(6):
        event = EventFactory(day=network.today - dt.timedelta(days=30 + number))
        attend(event, network.third, count=4, sex="woman", category="academia")
        TrainingTargetFactory(training=TrainingFactory())


def test_results_cost_the_same_queries_with_more_of_everything(network, client, django_assert_max_num_queries):
    client.force_login(liaison(network.third))
    client.get("/resultados/")  # the identity of the installation is in the cache from now on
    with django_assert_max_num_queries(12) as few:
        client.get("/resultados/")
    grow(network)
    with django_assert_max_num_queries(12) as many:
        client.get("/resultados/")
    assert len(few) == len(many)


def test_results_in_english_are_served(network, client):
    assert client.get("/en/resultados/").status_code == 200


# --- The public page of a report


def test_public_page_of_a_report_shows_no_small_cell(network, client):
    report = request_report(network)
    services.render_report(report.pk)
    report.refresh_from_db()
    response = client.get(reverse("report_public", args=[report.folio]))
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert report.sha256 in response.content.decode()
    rows = client.get(reverse("report_public_csv", args=[report.folio])).content.decode("utf-8-sig")
    assert "sin desglose" in rows
    assert "asistencias: Prefiere no decir,1" not in rows


def test_unfinished_report_has_no_public_page(network, client):
    report = request_report(network)
    assert client.get(reverse("report_public", args=[report.folio])).status_code == 404
    assert client.get(reverse("report_public", args=["noexiste"])).status_code == 404


# --- The institute


STAFF_PAGES = ["staff_report_list", "staff_report_create"]
REPORT_PAGES = ["staff_report_detail", "staff_report_progress", "staff_report_file", "staff_report_csv"]


def test_reports_are_the_institutes_alone(network, client):
    report = request_report(network)
    services.render_report(report.pk)
    addresses = [reverse(name) for name in STAFF_PAGES] + [reverse(name, args=[report.folio]) for name in REPORT_PAGES]
    for user in (liaison(network.third), UserFactory()):
        client.force_login(user)
        assert [client.get(address).status_code for address in addresses] == [403] * 6
        assert client.post(reverse("staff_report_retry", args=[report.folio])).status_code == 403
    client.logout()
    assert [client.get(address).status_code for address in addresses] == [302] * 6


def test_staff_ask_for_a_report_and_take_it_away(network, client, staff):
    days = {"starts_on": (network.today - dt.timedelta(days=60)).isoformat(), "ends_on": network.today.isoformat()}
    asked = {"kind": "capacity", "length": "full", "scope": "region", "region": network.south.pk, "language": "es"}
    response = client.post(reverse("staff_report_create"), asked | days)
    report = IssuedReport.objects.get()
    assert response.url == reverse("staff_report_detail", args=[report.folio])
    page = client.get(response.url).content.decode()
    assert 'data-state="queued"' in page
    assert "El informe se está preparando." in page
    progress = client.get(reverse("staff_report_progress", args=[report.folio]))
    assert "Espera su turno" in progress.content.decode()
    assert "HX-Refresh" not in progress.headers
    services.render_report(report.pk)
    assert client.get(reverse("staff_report_progress", args=[report.folio])).headers["HX-Refresh"] == "true"
    assert 'data-state="ready"' in client.get(response.url).content.decode()
    file = client.get(reverse("staff_report_file", args=[report.folio]))
    assert file.headers["Content-Type"] == "application/pdf"
    assert b"".join(file.streaming_content).startswith(b"%PDF")
    rows = client.get(reverse("staff_report_csv", args=[report.folio])).content.decode("utf-8-sig")
    assert "asistencias: Prefiere no decir,1,11," in rows  # exact


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"scope": "region"}, "Elija la región del informe."),
        ({"scope": "municipality"}, "Elija el municipio del informe."),
        ({"scope": ""}, "Este campo es obligatorio."),
        ({"ends_on": "2025-12-31"}, "El periodo termina antes de empezar: revise las dos fechas."),
        ({"starts_on": "ayer"}, "Introduzca una fecha válida."),
    ],
)
def test_wrong_request_keeps_what_was_typed_and_stores_nothing(network, client, staff, changes, sentence):
    typed = {
        "kind": "capacity",
        "length": "full",
        "scope": "state",
        "starts_on": "2026-01-01",
        "ends_on": "2026-06-30",
        "language": "en",
    }
    response = client.post(reverse("staff_report_create"), {**typed, **changes})
    assert response.status_code == 422
    page = response.content.decode()
    assert sentence in page
    assert 'value="en"' in page
    assert not IssuedReport.objects.exists()


def test_failed_report_says_why_and_can_be_tried_again(network, client, staff):
    report = request_report(network)
    IssuedReport.objects.update(state=ReportState.FAILED, error="Falta una biblioteca.")
    address = reverse("staff_report_detail", args=[report.folio])
    page = client.get(address).content.decode()
    assert 'data-state="failed"' in page
    assert "Falta una biblioteca." in page
    assert client.post(reverse("staff_report_retry", args=[report.folio])).url == address
    assert IssuedReport.objects.get().state == ReportState.QUEUED


def test_report_that_is_not_ready_has_no_file(network, client, staff):
    report = request_report(network)
    assert client.get(reverse("staff_report_file", args=[report.folio])).status_code == 404
    assert client.get(reverse("staff_report_csv", args=[report.folio])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_report_list_costs_the_same_queries_however_long(network, client, staff, count, django_assert_num_queries):
    for _number in range(count):
        request_report(network, scope="region", region=network.south)
    with django_assert_num_queries(6):  # session, user, identity (cold), count, page, whether mail stands still
        client.get(reverse("staff_report_list"))


def test_empty_report_list_says_what_to_do(db, client, staff):
    assert "Aún no hay informes" in client.get(reverse("staff_report_list")).content.decode()


def test_a_report_asks_only_for_the_subject_of_its_scope(db, client):
    client.force_login(UserFactory(role="staff"))
    page = client.get(reverse("staff_report_create")).content.decode()
    asked = re.findall(r'data-depends-on="scope" data-answer="([a-z]+)"', page)
    assert asked == ["region", "zone", "municipality", "series", "training", "institution"]
    assert "js/conditions.js" in page
