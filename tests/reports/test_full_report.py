"""The full report of capacity building prints each table that the institute's page counts; a version issued before a
figure was counted is printed again as it was."""

import datetime as dt

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from municipalities.figures import Period, places
from municipalities.models import MetropolitanZone
from reports.documents.printed import report_context
from reports.figures import exact_figures, from_json, state_scope, to_json
from reports.models import IssuedReport
from tests import factories as f
from tests.reports.conftest import attend
from tests.reports.test_documents import issue, text_of
from web import identity

# What figures frozen before these tables lack.
LATER = {
    "": ("hours", "accompaniment", "reach"),
    "events": ("by_topic", "by_modality"),
    "people": ("by_zone", "by_institution"),
    "actions": ("by_time", "indicators", "emissions"),
}


@pytest.fixture
def measured(network):
    """The small network with what the later tables count: a topic, a zone, an institution, minutes and sessions."""
    network.webinar.sectors.add(f.SectorFactory(code="agua", name="Agua potable"))
    zone = MetropolitanZone.objects.create(name="Valle del Norte", delimitation_year=2099)
    zone.municipalities.set([network.first])
    f.OrganisationFactory(name="Secretaría del Agua", acronym="SAGUA")
    attend(network.workshop, network.first, count=3, sex="man", institution="SAGUA", minutes=50)
    now = timezone.now()
    file = f.AccompanimentFactory(municipality=network.first, state="assigned")
    both = {"institute_confirmed_at": now, "municipality_confirmed_at": now}
    f.AccompanimentSessionFactory(accompaniment=file, minutes=100, **both)
    f.AccompanimentSessionFactory(accompaniment=file, minutes=None, **both)
    f.AccompanimentSessionFactory(accompaniment=file, minutes=45)
    f.ClimateProgrammeFactory(municipality=network.first, state="published", valid_until=None)
    action = f.ActionFactory(municipality=network.second, review_state="published", kind="adaptation")
    f.IndicatorReadingFactory(indicator__action=action, indicator__unit="ha", indicator__target=40, value=12)
    f.EmissionEstimateFactory(action=action, tonnes="13.8")
    return network


def test_full_report_prints_topics_zones_institutions_hours_and_reach(measured):
    text = text_of(issue(measured))
    assert "Eventos por tema Concepto Cantidad Agua potable 1 Sin dato 2 Un evento de dos temas" in text
    head = "Asistencias Personas únicas Mujeres Hombres Otro Prefiere no decir Sin dato"
    assert f"Por zona metropolitana Zona metropolitana {head} Valle del Norte 14 10 8 6 0 0 0" in text
    assert f"Por institución Institución {head} Secretaría del Agua (SAGUA) 3 3 0 3 0 0 0 Otra o sin dato 23" in text
    assert (
        "Asistencias a sesiones de capacitación 18 Con minutos conocidos 3 Con minutos sin dato 15 "
        "Minutos de capacitación 150 Horas de capacitación 2.5"
    ) in text
    assert (
        "Sesiones confirmadas por ambas partes 2 De ellas, sin duración 1 Minutos confirmados por ambas partes 100 "
        "Horas de acompañamiento 1.7 Sesiones por confirmar, que no se cuentan 1 Municipios acompañados 1"
    ) in text
    assert (
        "De 3 municipios Concepto Cantidad Con personas capacitadas en el periodo 2 Con acciones publicadas 2 "
        "Con acompañamiento confirmado en el periodo 1"
    ) in text
    assert "Municipios por estado de su programa Concepto Cantidad Publicado 1 Sin dato 2" in text
    assert "Acciones frente a su plan Concepto Cantidad" in text
    assert "ha 1 40 12 de 40 (1 de 1 con lectura)" in text
    assert "13.8" in text


def test_report_of_a_series_says_nothing_of_accompaniment_or_reach(measured):
    series = f.SeriesFactory(title="Ciclo de agua")
    series.events.add(measured.webinar)
    text = text_of(issue(measured, scope="series", series=series))
    assert "Eventos por tema Concepto Cantidad Agua potable 1" in text
    assert "Minutos de capacitación sin dato" in text
    assert "Acompañamiento técnico" not in text
    assert "Con acciones publicadas" not in text


def html_of(report: IssuedReport) -> str:
    with translation.override(report.language):
        shared = {"installation": identity.current(), "moment": report.requested_at, "LANGUAGE_CODE": report.language}
        return render_to_string("pdf/reports/report.html", shared | report_context(report, places()))


def test_version_of_before_these_figures_prints_none_of_their_tables(measured):
    report = IssuedReport(scope="state", starts_on=measured.today - dt.timedelta(days=60), ends_on=measured.today)
    report.requested_at = timezone.now()
    report.figures = exact_json(measured)
    for part, names in LATER.items():
        for name in names:
            del (report.figures[part] if part else report.figures)[name]
    assert from_json(report.figures).hours is None
    html = html_of(report)
    for words in ("por tema", "zona metropolitana", "Por institución", "De 3 municipios", "frente a su plan", "#horas"):
        assert words not in html, words
    assert "Con minutos conocidos" not in html


def exact_json(network) -> dict:
    period = Period(network.today - dt.timedelta(days=60), network.today)
    return to_json(exact_figures(state_scope(), period, places=places(), with_lines=True))
