"""What a person who works here sees first: what is due."""

import datetime as dt

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from actions.enums import ActionStatus, ReviewState
from actions.rules import municipal_actions, reviewable_actions
from events.rules import visible_events
from network.figures import coverage_today
from network.rules import programme_statuses, visible_communications
from outbox.enums import WAITING_STATES, MessageState
from outbox.heartbeat import signs
from outbox.models import Message
from outbox.tables import up_to
from reports.rules import visible_reports
from trainings.enums import Side
from trainings.models import duties
from trainings.rules import managed_accompaniments, municipal_accompaniments, sessions_of

# Lists of the home page are counted up to here.
MANY = 50
# So many of the next events are looked through for registrations to approve.
LOOK_AHEAD = 30
RESULTS_LOOK_BACK = dt.timedelta(days=120)


@require_safe
@permission_required("network.work_in_municipality", raise_exception=True)
def liaison_home(request: HttpRequest) -> HttpResponse:
    """*Hoy te toca*: returned actions, follow-ups due, overdue actions, drafts; then the next events."""
    files = municipal_accompaniments(request.user)
    own = municipal_actions(request.user).select_related("sector")
    follow_up_due = own.sent().follow_up_due().order_by("follow_up_due_on", "pk")
    counts = own.aggregate(
        total=Count("pk"),
        published=Count("pk", filter=Q(review_state=ReviewState.PUBLISHED)),
        under_way=Count("pk", filter=Q(status=ActionStatus.UNDER_WAY)),
        submitted=Count("pk", filter=Q(review_state=ReviewState.SUBMITTED)),
        completed=Count("pk", filter=Q(status=ActionStatus.COMPLETED)),
    )
    at_hand = list(own.editable())
    return render(
        request,
        "reports/liaison_home.html",
        {
            "municipality": request.user.liaison_municipality,
            "programme": programme_statuses().filter(municipality=request.user.liaison_municipality).first(),
            "designation": request.user.designation,
            "owed": duties(files, Side.MUNICIPALITY)[:MANY],
            "next_session": sessions_of(files).to_come().select_related("accompaniment").first(),
            "returned": [row for row in at_hand if row.is_returned],
            "follow_up_due": follow_up_due[:10],
            "overdue": own.sent().overdue()[:10],
            "drafts": [row for row in at_hand if row.is_draft],
            "counts": counts,
            "upcoming": visible_events(request.user)
            .published()
            .upcoming()
            .select_related("format", "municipality")[:4],
        },
    )


@require_safe
@permission_required("network.use_staff_area", raise_exception=True)
def staff_home(request: HttpRequest) -> HttpResponse:
    """The days ahead with their seats, what waits for review, coverage, and the health of mail and jobs."""
    events = visible_events(request.user).select_related("format", "municipality")
    submitted = reviewable_actions(request.user).awaiting_review().select_related("municipality", "sector")
    queue = list(submitted.order_by("submitted_at", "pk")[:MANY])
    upcoming = list(events.published().upcoming().with_seats().with_requests()[:LOOK_AHEAD])
    jobs = signs()
    steps = list(visible_communications(request.user).due().select_related("municipality")[:MANY])
    return render(
        request,
        "reports/staff_home.html",
        {
            "upcoming": upcoming[:6],
            "without_results": events.results_pending()
            .filter(first_day__gte=timezone.localdate() - RESULTS_LOOK_BACK)
            .order_by("-first_day")[:5],
            "requests": [event for event in upcoming if event.requested],
            "queue": queue[:6],
            "queue_count": len(queue) if len(queue) < MANY else f"{MANY}+",
            "owed": duties(managed_accompaniments(request.user), Side.INSTITUTE)[:6],
            "steps": steps[:6],
            "step_count": len(steps) if len(steps) < MANY else f"{MANY}+",
            "coverage": coverage_today(),
            "jobs": jobs,
            "stale_jobs": [job for job in jobs if job.is_stale],
            "mail_lines": _mail_lines(),
            "reports": visible_reports(request.user)[:3],
        },
    )


def _mail_lines() -> list[dict[str, object]]:
    """How many messages wait, left, or need somebody to look at them."""
    counts = Message.objects.all().counts()
    groups = [
        (_("Por enviar"), WAITING_STATES),
        (_("Enviados"), [MessageState.SENT]),
        (_("En duda o fallidos"), [MessageState.IN_DOUBT, MessageState.FAILED]),
    ]
    return [{"label": label, "count": up_to(sum(counts.get(state, 0) for state in states))} for label, states in groups]
