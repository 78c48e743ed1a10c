"""A report is prepared once, from figures frozen at its first count, whatever happens to the workers."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from network.enums import Act
from network.models import AuditEntry
from reports import tasks
from reports.models import IssuedReport, ReportState, ReportStep
from reports.services import reports as services
from tests.factories import EventFactory, StaffFactory


@pytest.fixture
def report(network):
    return services.request_report(
        scope="state",
        starts_on=network.today - dt.timedelta(days=60),
        ends_on=network.today,
        language="es",
        by=StaffFactory(),
    )


def test_request_waits_in_the_queue(report):
    assert (report.state, report.progress, report.step) == (ReportState.QUEUED, 0, ReportStep.WAITING)


def test_request_leaves_aside_what_belongs_to_another_scope(network):
    report = services.request_report(
        scope="region", region=network.north, municipality=network.third, language="es", by=None,
        starts_on=network.today, ends_on=network.today,
    )  # fmt: skip
    assert (report.region, report.municipality) == (network.north, None)


@pytest.mark.parametrize("days", [0, 1])
def test_request_refuses_what_the_constraints_refuse(network, days):
    scope = "state" if days else "region"
    with pytest.raises(ValidationError):
        services.request_report(
            scope=scope,
            starts_on=network.today,
            ends_on=network.today - dt.timedelta(days=days),
            language="es",
            by=None,
        )
    assert not IssuedReport.objects.exists()


def test_rendered_report_is_ready_with_its_file_hash_and_frozen_figures(report):
    assert services.render_report(report.pk) is True
    report.refresh_from_db()
    assert (report.state, report.progress, report.step, report.error) == (ReportState.READY, 100, ReportStep.DONE, "")
    with report.file.open() as file:
        assert file.read(8) == b"%PDF-1.7"
    assert len(report.sha256) == 64
    assert report.figures["people"]["attendances"] == 23
    assert report.public_figures["people"]["attendances_by_sex"] is None
    assert (report.claim_token, report.claimed_until) == (None, None)
    assert report.finished_at is not None


def test_issuing_a_report_is_kept_once_with_who_asked_for_it(report):
    services.render_report(report.pk)
    report.refresh_from_db()
    services.reprint_report(report=report)
    services.render_report(report.pk)
    [row] = AuditEntry.objects.all()
    assert (row.act, row.actor, row.row_type) == (Act.REPORT_ISSUED, report.requested_by_id, "reports.IssuedReport")
    assert (row.row, row.detail) == (report.pk, {"version": 1})


def test_finished_report_is_not_prepared_again(report):
    services.render_report(report.pk)
    assert services.render_report(report.pk) is False


def test_report_in_the_hands_of_a_worker_is_left_to_it(report):
    later = timezone.now() + dt.timedelta(minutes=5)
    IssuedReport.objects.update(state=ReportState.RUNNING, claim_token=uuid.uuid4(), claimed_until=later)
    assert services.render_report(report.pk) is False


def test_report_of_a_dead_worker_goes_on_from_its_frozen_figures(report, network):
    services.render_report(report.pk)
    before = IssuedReport.objects.get()
    past = timezone.now() - dt.timedelta(minutes=1)
    IssuedReport.objects.update(state=ReportState.RUNNING, claim_token=uuid.uuid4(), claimed_until=past, progress=55)
    EventFactory(day=network.today - dt.timedelta(days=1))
    assert services.render_report(report.pk) is True
    after = IssuedReport.objects.get()
    assert after.state == ReportState.READY
    assert after.figures == before.figures
    assert after.sha256 == before.sha256  # the same figures and the same moment make the same bytes


def test_worker_that_lost_its_lease_changes_nothing(report):
    token = uuid.uuid4()
    IssuedReport.objects.update(state=ReportState.RUNNING, claim_token=token)
    with pytest.raises(services.LeaseLost):
        services._step(report, uuid.uuid4(), ReportStep.SETTING, 55)
    assert IssuedReport.objects.get().progress == 0


def test_failure_is_kept_as_a_sentence_and_can_be_tried_again(report, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("a file where the folder of documents should be")
    assert services.render_report(report.pk) is True
    report.refresh_from_db()
    assert report.state == ReportState.FAILED
    assert report.error.startswith("Algo falló al preparar el informe.")
    settings.MEDIA_ROOT.unlink()
    services.retry_report(report=report, by=StaffFactory())
    assert services.render_report(report.pk) is True
    report.refresh_from_db()
    assert (report.state, report.error) == (ReportState.READY, "")


def test_retry_is_only_for_failed_reports(report):
    with pytest.raises(ValidationError, match="no se pudo preparar"):
        services.retry_report(report=report, by=StaffFactory())


def test_resume_asks_again_for_waiting_reports_and_gives_up_the_hopeless(report):
    hopeless = IssuedReport.objects.create(
        starts_on=report.starts_on, ends_on=report.ends_on, attempts=services.MAX_ATTEMPTS, state=ReportState.RUNNING,
        claimed_until=timezone.now() - dt.timedelta(minutes=1),
    )  # fmt: skip
    assert services.resume_reports() == 1
    hopeless.refresh_from_db()
    assert (hopeless.state, hopeless.error[:34]) == (ReportState.FAILED, "La preparación se interrumpió 3 ve")


def test_resume_task_leaves_its_heartbeat(report):
    from outbox.models import Heartbeat

    tasks.resume_reports()
    assert Heartbeat.objects.get(name="reports.resume").last_succeeded_at is not None
