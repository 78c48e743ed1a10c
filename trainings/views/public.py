"""Trainings as everybody reads them: whom they are aimed at, and whom they reached, apart."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from events.rules import visible_events
from trainings.completion import rule_in_words
from trainings.figures import Target, target_of
from trainings.forms import TrainingFilter
from trainings.models import TrainingTarget
from trainings.rules import targets_of, visible_trainings

PAGE = 20


@login_not_required
@require_safe
def training_list(request: HttpRequest) -> HttpResponse:
    filters = TrainingFilter(request.GET)
    found = filters.apply(visible_trainings(request.user).published())
    page = Paginator(
        found.select_related("format", "pathway")
        .prefetch_related("targets__organisation")
        .with_reach()
        .annotate(session_count=Count("sessions", filter=~Q(sessions__event__status="draft")))
        .order_by("-created_at", "-pk"),
        PAGE,
    ).get_page(request.GET.get("pagina"))
    rows = [(training, total_of(training.targets.all())) for training in page]
    context = {"page": page, "rows": rows, "filter_form": filters, "total": total_of(targets_of(found))}
    return render(request, "trainings/training_list.html", context)


@login_not_required
@require_safe
def training_detail(request: HttpRequest, slug: str) -> HttpResponse:
    trainings = (
        visible_trainings(request.user).select_related("format", "pathway").with_reach().marking_sessions_ahead()
    )
    training = get_object_or_404(trainings, slug=slug)
    targets = list(training.targets.select_related("organisation"))
    events = visible_events(request.user).filter(training_sessions__training=training)
    context = {
        "training": training,
        "targets": targets,
        "total": total_of(targets),
        "status": training.enrolment_status(sessions_ahead=training.sessions_ahead),
        "rule": rule_in_words(training),
        "facilitators": training.facilitators.exclude(consent_on=None),
        "linked": training.linked_pathways.all(),
        "sessions": events.select_related("format", "municipality").order_by("training_sessions__order", "pk"),
    }
    return render(request, "trainings/training_detail.html", context)


def total_of(targets: Iterable[TrainingTarget]) -> Target:
    """The sum of the targets, each share with its own denominator."""
    rows = (target_of(row.people, row.people_virtual, row.people_in_person, row.women, row.men) for row in targets)
    return sum(rows, Target())
