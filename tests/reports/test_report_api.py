"""An issued report for programs: its public figures, of whatever kind it is."""

import csv
import datetime as dt
import io

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import reverse

from reports.models import IssuedReport
from reports.services.reports import render_report, request_report
from tests.test_api import kept_connection as kept_connection
from web.tabular import plain

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.parametrize(("kind", "scope"), [("capacity", "region"), ("actions", "municipality"), ("network", "state")])
def test_its_rows_are_those_of_its_public_file_as_the_description_says(network, client: Client, kind, scope) -> None:
    subject = {"region": network.first.region, "municipality": network.first}
    asked = request_report(
        kind=kind, scope=scope, starts_on=network.today - dt.timedelta(days=60), ends_on=network.today, language="es",
        by=None, **{name: found for name, found in subject.items() if name == scope},
    )  # fmt: skip
    render_report(asked.pk)
    report = IssuedReport.objects.with_subject().get(pk=asked.pk)
    assert report.state == "ready", report.error
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    described["/api/v1/informes/{folio}/"]["GET"].Case(path_parameters={"folio": report.folio}).call_and_validate()
    said = client.get(reverse("api:report", args=[report.folio])).json()
    file = client.get(reverse("report_public_csv", args=[report.folio])).content.decode("utf-8-sig")
    rows = [list(map(plain, row)) for row in list(csv.reader(io.StringIO(file)))[1:]]
    shown = [["" if cell is None else cell for cell in row.values()] for row in said["datos"]]
    assert shown == [
        [float(cell) if isinstance(value, (int, float)) else cell for cell, value in zip(*pair, strict=True)]
        for pair in zip(rows, shown, strict=True)
    ]
    assert (said["titulo"], said["ambito"]) == (report.title, report.subject_label or None)
    assert said["datos"]


def test_one_that_is_not_issued_does_not_exist(client: Client) -> None:
    report = IssuedReport.objects.create(starts_on="2026-01-01", ends_on="2026-06-30")
    assert client.get(reverse("api:report", args=[report.folio])).status_code == 404
