"""Who may ask for reports, and who sees them."""

import rules

from network.rules import AnyUser, is_staff_member
from reports.models import IssuedReport, IssuedReportQuerySet

rules.add_perm("reports.issue_report", is_staff_member)
rules.add_perm("reports.view_figures", is_staff_member)


def visible_reports(user: AnyUser) -> IssuedReportQuerySet:
    """Reports with their exact figures: all to staff, none to anybody else."""
    return IssuedReport.objects.all() if is_staff_member(user) else IssuedReport.objects.none()


def public_reports() -> IssuedReportQuerySet:
    """Finished reports, found by their unguessable folio; only figures without small cells are shown of them."""
    return IssuedReport.objects.ready()
