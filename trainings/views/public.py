"""Trainings as everybody reads them: whom they are aimed at, and whom they reached, apart."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from events.rules import visible_events
from trainings.completion import rule_in_words
from trainings.documents.figures import training_document, trainings_document
from trainings.figures import Target, csv_head, csv_rows, sheets, target_of
from trainings.forms import TrainingFilter
from trainings.models import TrainingQuerySet, TrainingTarget
from trainings.rules import targets_of, visible_trainings
from trainings.services.surveys import survey_results
from web import tabular
from web.shared import shared

PAGE = 20
IN_DOCUMENT = 100


@shared
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
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    context = {
        "page": page, "rows": rows, "filter_form": filters, "total": total_of(targets_of(found)), "query": query,
    }  # fmt: skip
    return render(request, "trainings/training_list.html", context)


@shared
@login_not_required
@require_safe
def training_detail(request: HttpRequest, slug: str) -> HttpResponse:
    found = visible_trainings(request.user).with_targets().select_related("pathway").marking_sessions_ahead()
    training = get_object_or_404(found, slug=slug)
    events = visible_events(request.user).filter(training_sessions__training=training)
    context = {
        "training": training,
        "targets": training.targets.all(),
        "sheet": sheets([training]).rows[0],
        "status": training.enrolment_status(sessions_ahead=training.sessions_ahead),
        "rule": rule_in_words(training),
        "facilitators": training.facilitators.exclude(consent_on=None),
        "linked": training.linked_pathways.all(),
        "results": survey_results(training, public=True),
        "sessions": events.select_related("format", "municipality").order_by("training_sessions__order", "pk"),
    }
    return render(request, "trainings/training_detail.html", context)


@login_not_required
@require_safe
def training_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """The training and its figures as a document."""
    training = get_object_or_404(visible_trainings(request.user).with_targets().select_related("pathway"), slug=slug)
    content = training_document(training, moment=timezone.now())
    return _pdf(content, f"capacitacion-{training.slug}.pdf")


@login_not_required
@require_safe
def training_list_csv(request: HttpRequest) -> HttpResponse:
    """The figures of the trainings that the filters leave, for a spreadsheet."""
    figures = sheets(_filtered(request))
    return tabular.csv_response("capacitaciones.csv", csv_head(), csv_rows(figures))


@login_not_required
@require_safe
def training_list_pdf(request: HttpRequest) -> HttpResponse:
    """The same as a document, the newest :data:`IN_DOCUMENT` of them."""
    content = trainings_document(list(_filtered(request)[:IN_DOCUMENT]), moment=timezone.now())
    return _pdf(content, "capacitaciones.pdf")


def _filtered(request: HttpRequest) -> TrainingQuerySet:
    found = TrainingFilter(request.GET).apply(visible_trainings(request.user).published())
    return found.with_targets().order_by("-created_at", "-pk")


def _pdf(content: bytes, filename: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def total_of(targets: Iterable[TrainingTarget]) -> Target:
    """The sum of the targets, each share with its own denominator."""
    rows = (target_of(row.people, row.people_virtual, row.people_in_person, row.women, row.men) for row in targets)
    return sum(rows, Target())
