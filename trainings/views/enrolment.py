"""Enrolling in a training without an account, and the person's own page. A GET shows, a POST acts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.models import Event
from events.services.registration import TAKES_REGISTRATIONS, RegistrationRefused
from network.rules import published_notices
from trainings import services
from trainings.completion import rule_in_words
from trainings.enums import EnrolmentState
from trainings.forms import EnrolmentForm
from trainings.models import Enrolment, Training
from trainings.rules import enrolments_by_link, registrations_of, session_events, visible_trainings


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def training_enrol(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. Where the training takes nobody the page says why: 409 if somebody tried all the same."""
    training = get_object_or_404(visible_trainings(request.user).select_related("format", "pathway"), slug=slug)
    sessions = services.sessions_to_come(training)
    status = training.enrolment_status(sessions_ahead=bool(sessions))
    posted = request.method == "POST"
    if status not in TAKES_REGISTRATIONS and not posted:
        return _refused(request, training, status, tried=False)
    notice = published_notices().order_by("-published_on", "-pk").first()
    form = EnrolmentForm(request.POST if posted else None, training=training, sessions=sessions, notice=notice)
    if posted and form.is_valid():
        return _enrol(request, training, form)
    if status not in TAKES_REGISTRATIONS:
        return _refused(request, training, status, tried=True)
    context = {
        "training": training, "sessions": _by_day(sessions), "form": form, "notice": notice, "status": status,
        "rule": rule_in_words(training),
    }  # fmt: skip
    return render(request, "trainings/enrol.html", context, status=422 if posted else 200)


@login_not_required
@require_safe
@never_cache
def enrolment_detail(request: HttpRequest, token: str) -> HttpResponse:
    """What the holder of the link has: a place in each session, a place in the line, or nothing any more."""
    row = _by_link(token)
    events = session_events(row.training).select_related("format", "municipality")
    registrations = {found.event_id: found for found in registrations_of(row)}
    context = {
        "enrolment": row,
        "training": row.training,
        "position": services.position_in_line(row),
        "sessions": [(event, registrations.get(event.pk)) for event in events],
        "can_cancel": can_cancel(row),
        "mail_withheld": not services.mail_was_queued(row),
        "rule": rule_in_words(row.training),
    }
    return _private(render(request, "trainings/enrolment_detail.html", context))


@login_not_required
@require_POST
@never_cache
def enrolment_cancel(request: HttpRequest, token: str) -> HttpResponse:
    row = _by_link(token)
    if can_cancel(row):
        services.cancel_enrolment(enrolment=row)
    return redirect("enrolment_detail", token=token)


def can_cancel(row: Enrolment) -> bool:
    """There is something to give back: a place in a session that is still to come."""
    return row.state != EnrolmentState.CANCELLED and bool(services.sessions_to_come(row.training))


def _enrol(request: HttpRequest, training: Training, form: EnrolmentForm) -> HttpResponse:
    data = form.registration((get_language() or "es")[:2])
    try:
        row = services.enrol(training=training, data=data, form_key=form.form_key)
    except services.AlreadyEnrolled as known:
        context = {"training": training, "email": form.cleaned_data["email"], "told": known.told}
        return render(request, "trainings/enrol_known.html", context)
    except RegistrationRefused as refusal:
        return _refused(request, training, refusal.status, tried=True)
    fields = ("name", "institution", "municipality", "sex", "category", "modality")
    if any(getattr(row, field) != getattr(data, field) for field in fields):
        messages.warning(request, _("Este formulario ya se había enviado: se conservan los datos del primer envío."))
    return redirect("enrolment_detail", token=row.token)


def _refused(request: HttpRequest, training: Training, status: str, *, tried: bool) -> HttpResponse:
    context = {"training": training, "status": status}
    return render(request, "trainings/enrol_refused.html", context, status=409 if tried else 200)


def _by_day(sessions: list[Event]) -> list[Event]:
    """In time; those without a date last."""
    return sorted(sessions, key=lambda event: (event.first_day is None, str(event.first_day), str(event.start_time)))


def _by_link(token: str) -> Enrolment:
    related = ("training__format", "training__pathway", "municipality", "person")
    return get_object_or_404(enrolments_by_link(token).select_related(*related))


def _private(response: HttpResponse) -> HttpResponse:
    """The address is the key: no search engine lists it."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
