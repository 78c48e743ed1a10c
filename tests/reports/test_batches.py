"""A report for every municipality: cancelled, resumed, survived, packed, scheduled and mailed; and what one says."""

import datetime as dt
import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pdfua import validate

from outbox import registry, texts
from outbox.models import Message
from outbox.services import save_text
from reports.documents.packed import packed
from reports.models import IssuedReport, ReportBatch
from reports.services import batches, schedules
from reports.services.reports import (
    correct_report,
    render_report,
    reprint_report,
    request_own_report,
    request_report,
)
from tests import factories as f
from tests.outside import Outside
from tests.reports.test_texts import data_of, words

PERIOD = {"starts_on": dt.date(2026, 1, 1), "ends_on": dt.date(2026, 12, 31)}


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A turn is as long as the batch."""
    monkeypatch.setattr(batches, "TURN_SECONDS", 1e9)


def ask(key: str = "k", **fields) -> ReportBatch:
    asked = {"kind": "actions", "language": "es", "length": "full", "by": None} | PERIOD
    return batches.request_batch(**asked | fields, key=key)


def printed(batch: ReportBatch) -> list[IssuedReport]:
    batches.print_batch(batch.pk)
    return list(batch.reports.issued())


# --- What a municipality's report says


@pytest.fixture
def action(network):
    row = f.ActionFactory(
        municipality=network.second, title="Huerto <b>escolar</b> ![x](file:///etc/passwd)", review_state="submitted",
        starts_on=dt.date(2026, 2, 1), ends_on=dt.date(2026, 3, 1),
    )  # fmt: skip
    f.MilestoneFactory(action=row, title="Comprar semillas", done_on=dt.date(2026, 2, 5))
    f.MilestoneFactory(action=row, title="Sembrar", due_on=dt.date(2026, 3, 5))
    indicator = f.IndicatorFactory(action=row, name="Plantas", unit="plantas", baseline=0, target=200)
    indicator.readings.create(date=dt.date(2026, 2, 20), value=50)
    f.EvidenceFactory(action=row, title="Fotos del huerto")
    f.EmissionEstimateFactory(action=row)
    f.ActionFactory(municipality=network.second, title="Borrador secreto", review_state="draft")
    f.ActionFactory(municipality=network.first, title="De otro municipio", review_state="published")
    return row


def test_report_of_actions_says_how_far_each_is_and_what_shows_it(network, action, tmp_path):
    asked = request_report(
        kind="actions", scope="municipality", municipality=network.second, language="es", by=None, **PERIOD
    )
    render_report(asked.pk)
    report = IssuedReport.objects.get()
    text = words(report)
    for said in (
        "Huerto <b>escolar</b> ![x](file:///etc/passwd)", "Comprar semillas", "Sembrar", "todavía no", "50.0 %",
        "Plantas (plantas) 0 50", "200 25 %", "Fotos del huerto",
    ):  # fmt: skip
        assert said in text, said
    assert "Borrador secreto" not in text
    assert "De otro municipio" not in text
    assert report.public_figures["actions"] == []  # not published yet
    path = tmp_path / "informe.pdf"
    path.write_bytes(data_of(report))
    assert [(one.rule_id, one.message) for one in validate(str(path)).findings] == []


def test_report_of_a_municipality_without_actions_says_so(network):
    asked = request_report(
        kind="actions", scope="municipality", municipality=network.third, language="es", by=None, **PERIOD
    )
    render_report(asked.pk)
    assert "Quiere decir que no hay registro, no que no se haya hecho nada." in words(IssuedReport.objects.get())


def test_report_of_the_network_has_a_page_for_each_region(network):
    asked = request_report(kind="network", scope="state", language="es", by=None, **PERIOD)
    render_report(asked.pk)
    report = IssuedReport.objects.get()
    assert report.state == "ready", report.error
    text = words(report)
    assert "Informe de la red" in text
    assert text.count("Municipios de la región") == 2


def test_report_of_actions_is_of_one_municipality(network):
    with pytest.raises(ValidationError, match="de un municipio"):
        request_report(kind="actions", scope="state", language="es", by=None, **PERIOD)


def test_liaison_sees_the_reports_of_the_own_actions_alone(network, action, client):
    liaison = f.liaison(network.third)
    own = request_own_report(municipality=network.third, language="es", by=liaison, **PERIOD)
    assert request_own_report(municipality=network.third, language="es", by=liaison, **PERIOD) == own
    other = request_report(
        kind="actions", scope="municipality", municipality=network.second, language="es", by=None, **PERIOD
    )
    people = request_report(scope="municipality", municipality=network.third, language="es", by=None, **PERIOD)
    for report in (own, other, people):
        render_report(report.pk)
    client.force_login(liaison)

    def answer(name: str, report: IssuedReport) -> int:
        response = client.get(reverse(name, args=[report.folio]))
        if response.streaming:
            assert b"".join(response).startswith(b"%PDF-")
        return response.status_code

    answers = {
        name: [answer(name, report) for report in (own, other, people)]
        for name in ("liaison_report_detail", "liaison_report_file", "liaison_report_progress")
    }
    assert list(answers.values()) == [[200, 404, 404]] * 3
    page = client.get(reverse("liaison_report_list")).content.decode()
    assert own.folio in page
    assert people.folio not in page


# --- Batches


def test_batch_makes_one_report_a_municipality_and_the_same_form_makes_no_other(network):
    batch = ask()
    assert ask() == batch
    assert [row.municipality for row in batch.reports.order_by("pk")] == [network.first, network.second, network.third]
    assert len(printed(batch)) == 3
    assert batches.progress_of(batch) == batches.Progress(total=3, ready=3, failed=0, cancelled=0)
    assert batches.print_batch(batch.pk) == 0
    assert not Message.objects.exists()  # nobody is told of what staff asked for


def test_cancelled_batch_prints_no_more_until_it_is_resumed(network):
    batch = ask()
    render_report(batch.reports.earliest("pk").pk)
    assert batches.cancel_batch(batch=batch) == 2
    assert batches.print_batch(batch.pk) == 0
    progress = batches.progress_of(batch)
    assert (progress.is_unfinished, progress.left) == (False, 2)
    before = {row.pk: row.sha256 for row in batch.reports.issued()}
    assert batches.resume_batch(batch=batch) == 2
    assert len(printed(batch)) == 3
    assert before.items() <= {row.pk: row.sha256 for row in batch.reports.all()}.items()
    with pytest.raises(ValidationError, match="No queda"):
        batches.resume_batch(batch=batch)


def test_clock_asks_for_batches_that_nobody_is_at(network):
    batch = ask()
    assert batches.resume_batches() == 1
    batch.reports.update(state="running", claimed_until=Now() + dt.timedelta(minutes=5))
    assert batches.resume_batches() == 0
    batch.reports.update(claimed_until=Now() - dt.timedelta(minutes=5))
    assert batches.resume_batches() == 1


def test_zip_holds_every_report_by_its_municipality_and_is_the_same_each_time(network):
    batch = ask()
    reports = {row.municipality_id: row for row in printed(batch)}
    data = b"".join(packed(batch.reports.all()))
    assert data == b"".join(packed(batch.reports.all()))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == [
            f"{place.cvegeo}-{place.slug}-{reports[place.pk].folio}.pdf"
            for place in (network.first, network.second, network.third)
        ]
        assert archive.read(names[0]) == data_of(reports[network.first.pk])


def test_zip_holds_the_newest_version_once_it_is_issued(network):
    batch = ask()
    old = printed(batch)[0]
    staff = f.StaffFactory()

    def folios() -> list[str]:
        with zipfile.ZipFile(io.BytesIO(b"".join(packed(batch.reports.all())))) as archive:
            return sorted(name.rsplit("-", 1)[1].removesuffix(".pdf") for name in archive.namelist())

    second = correct_report(report=old, reason="Llegó una lista", by=staff)
    assert old.folio in folios()
    render_report(second.pk)
    third = correct_report(report=second, reason="Llegó otra", by=staff)
    render_report(third.pk)
    others = batch.reports.exclude(pk=old.pk).values_list("folio", flat=True)
    assert folios() == sorted([third.folio, *others])


def test_printing_a_batch_again_counts_nothing(network):
    batch = ask(kind="capacity")
    for report in printed(batch):
        reprint_report(report=report)
    with CaptureQueriesContext(connection) as made:
        printed(batch)
    asked = " ".join(query["sql"] for query in made)
    assert "reports_issuedreport" in asked
    assert "events_attendance" not in asked
    assert not batch.reports.exclude(reprints=[]).exists()


WORKER = (
    "import django, sys; django.setup()\n"
    "from reports.services import batches\n"
    "batches.TURN_SECONDS = 1e9\n"
    "batches.nudge = lambda *a: None\n"
    "batches.print_batch(int(sys.argv[1]))\n"
)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_killed_workers_lose_nothing_and_repeat_nothing(tmp_path: Path):
    region = f.RegionFactory()
    for number in range(8):
        f.MunicipalityFactory(region=region, cvegeo=f"15{number:03}", name=f"Municipio {number}", slug=f"m-{number}")
    batch = ask()
    outside = Outside(tmp_path)
    environment = os.environ | {
        "DATABASE_URL": outside.url, "DATA_DIR": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "CRITICAL",
    }  # fmt: skip

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", WORKER, str(batch.pk)], cwd=settings.BASE_DIR, env=environment)

    def ready() -> dict[int, str]:
        return dict(outside.ask("SELECT id, sha256 FROM reports_issuedreport WHERE sha256 <> ''"))

    workers = [start(), start()]
    seen: dict[int, str] = {}
    try:
        for goal in (1, 3):
            end = time.monotonic() + 240
            while len(ready()) < goal:
                assert time.monotonic() < end
                time.sleep(0.02)
            victim = workers.pop(0)
            victim.send_signal(signal.SIGKILL)
            assert victim.wait(timeout=20) == -signal.SIGKILL, "it was over before it could be killed"
            seen |= ready()
            outside.let_leases_run_out("reports_issuedreport", "claimed_until")
            workers.append(start())
        for worker in workers:
            assert worker.wait(timeout=300) == 0
    finally:
        for worker in workers:
            worker.kill()
    found = ready()
    assert len(found) == 8
    assert seen.items() <= found.items()  # what was printed stayed as it was
    files = sorted(path.name for path in tmp_path.rglob("*.pdf"))
    folios = sorted(f"{folio}.pdf" for (folio,) in outside.ask("SELECT folio FROM reports_issuedreport"))
    outside.close()
    assert files == folios


# --- Schedules


@pytest.fixture
def schedule(network):
    made = schedules.set_schedule(kind="actions", every="quarter", language="es", length="full", by=f.StaffFactory())
    made.since = dt.date(2026, 2, 10)
    made.save()
    return made


def test_periods_are_those_of_the_calendar_that_are_over(schedule):
    assert list(schedules.periods(schedule, dt.date(2026, 3, 31))) == []
    assert list(schedules.periods(schedule, dt.date(2026, 7, 1))) == [
        (dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
        (dt.date(2026, 4, 1), dt.date(2026, 6, 30)),
    ]
    schedule.every = "month"
    schedule.since = dt.date(2026, 12, 31)
    assert list(schedules.periods(schedule, dt.date(2027, 1, 1))) == [(dt.date(2026, 12, 1), dt.date(2026, 12, 31))]


def test_each_period_is_made_exactly_once_and_also_after_a_pause_of_the_clock(schedule):
    made = schedules.run_schedules()
    assert made == len(list(schedules.periods(schedule, timezone.localdate()))) > 0
    assert schedules.run_schedules() == 0
    schedules._make(schedule, dt.date(2026, 1, 1), dt.date(2026, 3, 31))  # somebody else was as quick
    assert ReportBatch.objects.count() == made


def test_paused_schedule_makes_nothing_and_goes_on_with_the_period_of_today(schedule):
    schedules.switch_schedule(schedule=schedule, active=False)
    assert schedules.run_schedules() == 0
    schedules.switch_schedule(schedule=schedule, active=True)
    assert schedules.run_schedules() == 0


def test_titular_is_told_once_by_a_link_and_may_leave_it(schedule, network):
    designation = network.first.designations.get()
    schedules.run_schedules()
    batch = ReportBatch.objects.earliest("starts_on")
    printed(batch)
    message = Message.objects.get(kind="reports.municipal_report")
    assert (message.to_email, message.operational) == (designation.person.email, False)
    batch.reports.update(state="queued")
    printed(batch)
    assert Message.objects.count() == 1


@pytest.mark.parametrize("language", ["es", "en"])
def test_words_about_the_report_are_whole_and_those_of_staff_leave_with_its_facts(schedule, network, language):
    kind = registry.text("reports.municipal_report")
    shipped = texts.shipped(kind, language)
    assert texts.problems_of_subject(kind, shipped.subject) + texts.problems_of_body(kind, shipped.body) == []
    with translation.override(language):
        for text in (shipped, registry.Text("Asunto", "Nada")):
            preview = kind.compose(text)
            for part in (preview.text, preview.html):
                assert "{" not in preview.subject + preview.text
                assert f"{settings.SITE_URL}/mi-municipio/informes/EJEMPLO/" in part.replace("/en/", "/")
    own = {"subject": "{municipio} <{nombre}>", "body": "Hola, **{nombre}**.\n\n{datos}\n\nVea [aquí]({enlace})."}
    save_text(kind=kind, variant="", language=language, version=0, cause="account 1", **own)
    schedules.run_schedules()
    printed(ReportBatch.objects.earliest("starts_on"))
    message = Message.objects.get(kind="reports.municipal_report")
    person = network.first.designations.get().person
    report = ReportBatch.objects.earliest("starts_on").reports.get(municipality=network.first)
    with translation.override(language):
        mail = registry.kind(message.kind).composer(message.params, language)
    assert mail.subject == f"{network.first.name} <{person.name}>"
    assert f"Hola, {person.name}." in mail.text
    assert mail.text.index("Hola") < mail.text.index(report.folio) < mail.text.index("Vea")
    assert report.folio in mail.html


def test_equal_schedule_is_refused_with_a_sentence(schedule, client):
    client.force_login(f.StaffFactory())
    answer = client.post(reverse("staff_report_schedule_list"), {"every": "quarter", "language": "es"})
    assert answer.status_code == 422
    assert "Ya hay una programación igual" in answer.content.decode()
