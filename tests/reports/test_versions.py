"""An issued report stays as it is; what is corrected later is a version of its own that says what changed."""

import csv
import datetime as dt
import io
import re

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.formats import date_format
from pypdf import PdfReader

from municipalities.figures import places
from reports.documents.printed import changes_since, figures_csv, figures_json
from reports.models import IssuedReport
from reports.services.reports import correct_report, render_report, reprint_report, request_report
from tests.factories import StaffFactory
from tests.reports.conftest import attend
from web.models import CACHE_KEY, Installation

REASON = "Faltaba la lista de la charla; llegó el 3 de marzo."


@pytest.fixture
def issued(network) -> IssuedReport:
    asked = request_report(
        scope="state", starts_on=network.today - dt.timedelta(days=60), ends_on=network.today, language="es", by=None
    )
    render_report(asked.pk)
    return IssuedReport.objects.get(pk=asked.pk)


def corrected(report: IssuedReport) -> IssuedReport:
    new = correct_report(report=report, reason=REASON, by=StaffFactory())
    render_report(new.pk)
    return IssuedReport.objects.select_related("replaces").get(pk=new.pk)


def stored(report: IssuedReport) -> bytes:
    with report.file.open() as file:
        return file.read()


def words(data: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def test_reprint_after_the_data_changed_is_the_same_bytes(issued, network):
    before = stored(issued), figures_json(issued), figures_csv(issued), issued.finished_at
    attend(network.talk, network.second, count=4, sex="woman")
    network.workshop.title = "Otro nombre"
    network.workshop.save()
    reprint_report(report=issued)
    assert IssuedReport.objects.issued().filter(pk=issued.pk).exists()  # its pages stay while it is printed
    render_report(issued.pk)
    again = IssuedReport.objects.get()
    assert (stored(again), figures_json(again), figures_csv(again), again.finished_at) == before
    assert (again.state, again.reprints) == ("ready", [])


def test_reprint_that_comes_out_otherwise_keeps_both_hashes_and_the_figures(issued, client):
    figures = figures_json(issued)
    Installation.objects.update_or_create(pk=1, defaults={"institution_name": "Instituto con otro nombre"})
    cache.delete(CACHE_KEY)
    reprint_report(report=issued)
    render_report(issued.pk)
    again = IssuedReport.objects.get()
    assert figures_json(again) == figures
    assert again.sha256 == issued.sha256
    assert [one["sha256"] for one in again.reprints] == again.hashes[1:] != []
    page = client.get(reverse("report_public", args=[issued.folio])).content.decode()
    assert all(value in page for value in again.hashes)


def test_report_in_preparation_is_not_printed_again(issued):
    IssuedReport.objects.update(state="running")
    with pytest.raises(ValidationError, match="espere"):
        reprint_report(report=issued)


def test_new_version_lists_exactly_the_lines_that_differ(issued, network):
    attend(network.talk, network.second, count=4, sex="woman")
    new = corrected(issued)
    assert new.folio != issued.folio
    assert (new.version, new.replaces_id) == (2, issued.pk)
    found = {(row.table, row.label, row.measure): (row.old, row.new) for row in changes_since(new, places())}
    old, now = (dict(flat(report)) for report in (issued, new))
    assert {key for key in now if now[key] != old.get(key)} <= found.keys()
    extra = found.keys() - {key for key in now if now[key] != old.get(key)}
    assert extra == {("Lista de eventos", "Charla sin lista", day(network.talk))}
    assert found["Personas", "Asistencias", "asistencias"] == ("23", "27")
    assert found["Eventos", "Con lista nominal de asistencia", "eventos"] == ("2 de 3", "3 de 3")
    assert found["Por sexo", "Asistencias", "asistencias: Mujeres"] == ("13 de 23", "17 de 27")
    assert ("Eventos", "Eventos celebrados", "eventos") not in found
    text = words(stored(new))
    assert "Qué cambió respecto de la versión anterior" in text
    assert REASON in text
    assert issued.folio in text
    for (_table, label, _measure), (before, after) in found.items():
        assert re.search(rf"{re.escape(label)} .{{0,90}}{re.escape(before or '—')} {re.escape(after or '—')}", text), (
            label
        )


def flat(report: IssuedReport):
    """What the CSV says, line by line."""
    rows = csv.DictReader(io.StringIO(figures_csv(report).decode("utf-8-sig")))
    for row in rows:
        yield (row["cuadro"], row["concepto"], row["medida"]), (row["valor"], row["de"])


def day(event) -> str:
    return date_format(event.first_day, "SHORT_DATE_FORMAT")


def test_version_without_any_difference_says_so(issued):
    new = corrected(issued)
    assert changes_since(new, places()) == ()
    assert "Ninguna cifra cambió." in words(stored(new))


def test_page_of_the_old_folio_leads_to_the_new_one(issued, network, client):
    attend(network.talk, network.second, count=4, sex="woman")
    asked = correct_report(report=issued, reason=REASON, by=StaffFactory())
    old = reverse("report_public", args=[issued.folio])
    assert "fue sustituido" not in client.get(old).content.decode()  # the new one is not issued yet
    render_report(asked.pk)
    page = client.get(old).content.decode()
    assert "Este informe fue sustituido" in page
    assert reverse("report_public", args=[asked.folio]) in page
    new = client.get(reverse("report_public", args=[asked.folio])).content.decode()
    assert REASON in new
    assert old in new
    assert "Con lista nominal de asistencia" in new
    assert "asistencias: Mujeres" not in new  # the split of a difference could tell of one person


def test_report_is_corrected_once_and_only_when_issued(issued, network):
    new = correct_report(report=issued, reason=REASON, by=StaffFactory())
    with pytest.raises(ValidationError, match="ya tiene una versión"):
        correct_report(report=issued, reason=REASON, by=StaffFactory())
    with pytest.raises(ValidationError, match="todavía no se emite"):
        correct_report(report=new, reason=REASON, by=StaffFactory())


def test_new_version_without_a_reason_is_refused_by_the_database(issued):
    with pytest.raises(ValidationError, match="Diga qué se corrigió"):
        correct_report(report=issued, reason=" ", by=StaffFactory())
    with pytest.raises(IntegrityError), transaction.atomic():
        IssuedReport.objects.create(
            version=2, replaces=issued, starts_on=issued.starts_on, ends_on=issued.ends_on, reason=""
        )


def test_staff_correct_a_report_on_its_page(issued, client):
    client.force_login(StaffFactory())
    address = reverse("staff_report_correct", args=[issued.folio])
    assert client.post(address, {"reason": ""}).status_code == 422
    answer = client.post(address, {"reason": REASON})
    new = IssuedReport.objects.get(version=2)
    assert answer.url == reverse("staff_report_detail", args=[new.folio])
    assert (new.reason, new.state) == (REASON, "queued")
    assert client.post(reverse("staff_report_reprint", args=[issued.folio])).status_code == 302
