"""Registering without an account, and the person's own page. A GET shows, a POST acts."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.emails import calendar_entry, check_in_url
from events.enums import EventStatus, RegistrationState, RegistrationStatus
from events.forms.public import RegistrationForm
from events.models import AccessNeeds, Event, Registration
from events.rules import invitation_by_link, registrations_by_code, registrations_by_link, visible_events
from events.services.registration import (
    TAKES_REGISTRATIONS,
    AlreadyRegistered,
    RegistrationRefused,
    accept_offer,
    cancel_registration,
    confirm_email,
    decline_offer,
    mail_was_queued,
    position_in_line,
    register,
)
from network.rules import published_notices
from web import qr


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def event_register(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. Where the event takes nobody the page says why: 409 if somebody tried all the same."""
    events = visible_events(request.user).with_room().select_related("format", "municipality")
    event = get_object_or_404(events, slug=slug)
    # Who holds no invitation learns of it once the e-mail is typed: that one may be invited.
    status = event.registration_status(seats_left=None if event.has_room else 0, invited=True)
    if status not in TAKES_REGISTRATIONS and request.method != "POST":
        return _refused(request, event, status, tried=False)
    invitation = invitation_by_link(event, request.GET.get("invitacion", ""))
    notice = published_notices().order_by("-published_on", "-pk").first()
    questions = event.registration_questions.select_related("shown_if")
    form = RegistrationForm(request.POST or None, event=event, notice=notice, questions=questions)
    is_used = invitation is not None and invitation.is_used
    if invitation and not is_used:
        form.initial["email"] = invitation.email
    if request.method == "POST" and form.is_valid():
        answer = _register(request, event, form, invitation=invitation.token if invitation else "")
        if answer is not None:
            return answer
    if status not in TAKES_REGISTRATIONS:
        return _refused(request, event, status, tried=True)
    context = {
        "event": event,
        "form": form,
        "notice": notice,
        "status": status,
        "invitation": None if is_used else invitation,
        "invitation_is_used": is_used,
        "kept_for": event.kept_for,
    }
    return render(request, "events/register.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_safe
@never_cache
def registration_detail(request: HttpRequest, token: str) -> HttpResponse:
    """What the holder of the link has: a place, a place in the line, or nothing any more."""
    registration = _by_link(token)
    shows_code = registration.comes_in_person and _takes_place(registration.event)
    context = {
        "registration": registration,
        "event": registration.event,
        "position": position_in_line(registration),
        "entry_code": shows_code and qr.svg(check_in_url(registration), _("Código QR para la entrada")),
        "can_cancel": can_cancel(registration),
        "mail_withheld": not mail_was_queued(registration),
        "answers": registration.answers.select_related("question").order_by("question__order", "question"),
        "needs": AccessNeeds.objects.filter(registration=registration).first(),
    }
    return _private(render(request, "events/registration_detail.html", context))


@login_not_required
@require_POST
@never_cache
def registration_cancel(request: HttpRequest, token: str) -> HttpResponse:
    registration = _by_link(token)
    by = request.user if request.user.is_authenticated else None
    if can_cancel(registration) and "oferta" in request.POST:
        # The button may stand in a page opened before the seat was accepted elsewhere.
        if decline_offer(registration=registration, by=by).state != RegistrationState.CANCELLED:
            messages.warning(request, _("Ya no había una oferta que rechazar: no cambió nada. Vea cómo está ahora."))
    elif can_cancel(registration):
        cancel_registration(registration=registration, by=by)
    return redirect("registration_detail", token=token)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def registration_confirm(request: HttpRequest, code: str) -> HttpResponse:
    """The link in the mail that proves the e-mail. Opening it shows, the button acts: mail scanners open links too."""
    registration = get_object_or_404(registrations_by_code(code).select_related("event__format"))
    if request.method == "POST":
        try:
            confirm_email(registration=registration)
        except RegistrationRefused as refusal:
            return _refused(request, registration.event, refusal.status, tried=True)
    if request.method == "POST" or registration.is_late or registration.state != RegistrationState.UNCONFIRMED:
        return redirect("registration_detail", token=registration.token)
    context = {"registration": registration, "event": registration.event}
    return _private(render(request, "events/registration_confirm.html", context))


@login_not_required
@require_POST
@never_cache
def registration_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Take the seat that was offered; the person's page then says what came of it."""
    registration = _by_link(token)
    if _takes_place(registration.event):
        accept_offer(registration=registration, by=request.user if request.user.is_authenticated else None)
    return redirect("registration_detail", token=token)


@login_not_required
@require_safe
@never_cache
def registration_ics(request: HttpRequest, token: str) -> HttpResponse:
    """The event for the person's calendar, with the meeting link where they have a place."""
    registration = _by_link(token)
    gone = registration.state == RegistrationState.CANCELLED
    content = calendar_entry(registration, method="CANCEL" if gone else "PUBLISH")
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{registration.event.slug}.ics"'
    return _private(response)


def _register(request: HttpRequest, event: Event, form: RegistrationForm, *, invitation: str) -> HttpResponse | None:
    """None where the form says what is wrong."""
    given: dict[str, Any] = {
        "event": event,
        "data": form.registration((get_language() or "es")[:2]),
        "form_key": form.form_key,
        "invitation": invitation,
    }
    try:
        try:
            registration = register(**given)
        except IntegrityError:  # a question was removed while its answer was being stored: once more, without it
            registration = register(**given)
    except AlreadyRegistered as known:
        context = {"event": event, "email": form.cleaned_data["email"], "known": known}
        return render(request, "events/register_known.html", context)
    except RegistrationRefused as refusal:
        if refusal.status == RegistrationStatus.BY_INVITATION:
            form.add_error("email", _("Este evento es solo por invitación y este correo no está invitado."))
            return None
        return _refused(request, event, refusal.status, tried=True)
    fields = ("name", "institution", "municipality", "sex", "category", "modality")
    if any(getattr(registration, field) != getattr(given["data"], field) for field in fields):
        text = _("Este formulario ya se había enviado: se conservan los datos del primer envío.")
        how = _("Si algo debe corregirse, avise al instituto, o cancele esta inscripción e inscríbase otra vez.")
        messages.warning(request, f"{text} {how}")
    return redirect("registration_detail", token=registration.token)


def _refused(request: HttpRequest, event: Event, status: str, *, tried: bool) -> HttpResponse:
    context = {"event": event, "status": status}
    return render(request, "events/register_refused.html", context, status=409 if tried else 200)


def can_cancel(registration: Registration) -> bool:
    """There is something to give back, in an event that is still to come."""
    is_live = registration.state != RegistrationState.CANCELLED and not registration.is_late
    return is_live and _takes_place(registration.event)


def _takes_place(event: Event) -> bool:
    return event.status == EventStatus.PUBLISHED and not event.is_over


def _by_link(token: str) -> Registration:
    related = ("event__format", "event__pathway", "event__municipality", "event__series", "municipality")
    return get_object_or_404(registrations_by_link(token).select_related(*related), token=token)


def _private(response: HttpResponse) -> HttpResponse:
    """The address is the key: no search engine lists it and, as on every page (SECURE_REFERRER_POLICY), no other site
    is told it.

    Never "no-referrer": browsers then send ``Origin: null`` with the page's own forms, which the CSRF check refuses.
    """
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
