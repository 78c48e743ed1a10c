"""Who may ask for reports, and who sees them."""

import rules
from django.db.models import QuerySet

from network.rules import AnyUser, is_liaison, is_staff_member
from reports.models import IssuedReport, IssuedReportQuerySet, ReportBatch, ReportKind, ReportSchedule

rules.add_perm("reports.issue_report", is_staff_member)
rules.add_perm("reports.ask_for_own_report", is_liaison)
rules.add_perm("reports.view_figures", is_staff_member)


def visible_reports(user: AnyUser) -> IssuedReportQuerySet:
    """Reports with their exact figures: all to staff, none to anybody else."""
    return IssuedReport.objects.all() if is_staff_member(user) else IssuedReport.objects.none()


def own_reports(user: AnyUser) -> IssuedReportQuerySet:
    """Of the municipality that somebody represents: the reports of its actions. Those of people's attendance hold exact
    small cells and stay with the institute."""
    if not user.is_authenticated or user.liaison_municipality is None:
        return IssuedReport.objects.none()
    return IssuedReport.objects.filter(kind=ReportKind.ACTIONS, municipality=user.liaison_municipality)


def visible_batches(user: AnyUser) -> QuerySet[ReportBatch]:
    return ReportBatch.objects.all() if is_staff_member(user) else ReportBatch.objects.none()


def visible_schedules(user: AnyUser) -> QuerySet[ReportSchedule]:
    return ReportSchedule.objects.all() if is_staff_member(user) else ReportSchedule.objects.none()


def public_reports() -> IssuedReportQuerySet:
    """Finished reports, found by their unguessable folio; only figures without small cells are shown of them."""
    return IssuedReport.objects.issued()
