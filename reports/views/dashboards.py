"""What a person who works here sees first: what is due."""

import datetime as dt

from django.contrib.auth.decorators import permission_required
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from actions.enums import ActionStatus
from actions.figures import sector_profiles
from actions.models import SENT
from actions.rules import municipal_actions, reviewable_actions
from events.models import Event
from events.rules import visible_events
from municipalities.figures import Period, look_alikes
from network.rules import AnyUser, programme_statuses, visible_communications, visible_municipalities
from outbox.enums import MessageState
from outbox.heartbeat import signs
from outbox.models import Message
from outbox.tables import up_to
from reports.figures import state_scope
from reports.figures.today import today
from reports.rules import visible_reports
from reports.tables import linker
from reports.tables.today import beside, panels, tiles
from trainings.enums import Side
from trainings.figures import training_figures
from trainings.models import duties
from trainings.rules import managed_accompaniments, municipal_accompaniments, sessions_of

# Lists of the home page are counted up to here.
MANY = 50
# So many of the next events are looked through for registrations to approve.
LOOK_AHEAD = 30
MOST_WITHOUT_RESULTS = 5
ALWAYS_TOLD = (MessageState.SENT, MessageState.IN_DOUBT, MessageState.FAILED)
RESULTS_LOOK_BACK = dt.timedelta(days=120)


@require_safe
@permission_required("network.work_in_municipality", raise_exception=True)
def liaison_home(request: HttpRequest) -> HttpResponse:
    """What is to be done: returned actions, follow-ups due, overdue actions, drafts; then the next events, and the own
    municipality beside its region and the state."""
    files = municipal_accompaniments(request.user)
    place = request.user.liaison_municipality
    # All of them at once, without their texts: a municipality has dozens, and each part of the page shows some.
    own = list(municipal_actions(request.user).for_lists())
    sent = [row for row in own if row.review_state in SENT]
    late = [row for row in sent if row.is_follow_up_due]
    others = list(visible_municipalities(request.user).exclude(pk=place.pk).order_by("sort_name"))
    around = [place, *others]
    region = [row.pk for row in around if row.region_id == place.region_id]
    return render(
        request,
        "reports/liaison_home.html",
        {
            "municipality": place,
            "programme": programme_statuses().filter(municipality=place).first(),
            "designation": request.user.designation,
            "owed": duties(files, Side.MUNICIPALITY)[:MANY],
            "next_session": sessions_of(files).to_come().select_related("accompaniment").first(),
            "returned": [row for row in own if row.is_returned],
            "follow_up_due": sorted(late, key=lambda row: (row.follow_up_due_on, row.pk))[:10],
            "overdue": [row for row in sent if row.is_overdue][:10],
            "drafts": [row for row in own if row.is_draft],
            "counts": {
                "total": len(own),
                "published": sum(row.is_published for row in own),
                "submitted": sum(row.is_submitted for row in own),
                "under_way": sum(row.status == ActionStatus.UNDER_WAY for row in own),
                "completed": sum(row.status == ActionStatus.COMPLETED for row in own),
            },
            "beside": beside(place, around, *today([place.pk], region, with_people=True)),
            "look_alikes": look_alikes(place, others, sector_profiles(), most=3),
            "upcoming": visible_events(request.user)
            .published()
            .upcoming()
            .select_related("format", "municipality")[:4],
        },
    )


@require_safe
@permission_required("network.use_staff_area", raise_exception=True)
def staff_home(request: HttpRequest) -> HttpResponse:
    """The days ahead with their seats, what waits for review, the health of mail and jobs; then where the network
    stands today, each number with its rows."""
    events = _events_to_look_at(request.user)
    upcoming = [event for event in events if not event.is_over]
    submitted = reviewable_actions(request.user).awaiting_review().select_related("municipality", "sector")
    queue = list(submitted.order_by("submitted_at", "pk")[:MANY])
    jobs = signs()
    steps = list(visible_communications(request.user).due().select_related("municipality")[:MANY])
    (now,), link = today(), linker({})
    return render(
        request,
        "reports/staff_home.html",
        {
            "upcoming": upcoming[:6],
            "without_results": [event for event in reversed(events) if event.is_over],
            "requests": [event for event in upcoming if event.requested],
            "queue": queue[:6],
            "queue_count": len(queue) if len(queue) < MANY else f"{MANY}+",
            "owed": duties(managed_accompaniments(request.user), Side.INSTITUTE)[:6],
            "steps": steps[:6],
            "step_count": len(steps) if len(steps) < MANY else f"{MANY}+",
            "now": now,
            "tiles": tiles(now, link),
            "panels": panels(now, training_figures(state_scope(), Period()), link),
            "jobs": jobs,
            "stale_jobs": [job for job in jobs if job.is_trouble and not job.is_alarmed],
            "new_jobs": [job for job in jobs if job.is_new],
            "alarmed_jobs": [job for job in jobs if job.is_alarmed],
            "mail_lines": _mail_lines(),
            "reports": visible_reports(request.user)[:3],
        },
    )


def _events_to_look_at(user: AnyUser) -> list[Event]:
    """The next ones, and the latest that are over without results; in the order of their days. One query."""
    events = visible_events(user)
    late = events.results_pending().filter(first_day__gte=timezone.localdate() - RESULTS_LOOK_BACK)
    found = Q(pk__in=events.published().upcoming().values("pk")[:LOOK_AHEAD]) | Q(
        pk__in=late.order_by("-first_day", "-pk").values("pk")[:MOST_WITHOUT_RESULTS]
    )
    rows = events.filter(found).with_seats().with_requests().select_related("format", "municipality")
    return list(rows.order_by("first_day", F("starts_at").asc(nulls_first=True), "pk"))


def _mail_lines() -> list[dict[str, object]]:
    """How many messages stand in each state that has any, and in those that somebody has to look at."""
    counts, address = Message.objects.all().counts(), reverse("staff_mail_list")
    return [
        {"label": state.label, "count": up_to(counts.get(state, 0)), "href": f"{address}?estado={state.value}"}
        for state in MessageState
        if counts.get(state) or state in ALWAYS_TOLD
    ]
