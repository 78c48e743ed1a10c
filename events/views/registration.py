"""Registering without an account, and the person's own page. A GET shows, a POST acts."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.emails import calendar_entry
from events.enums import EventStatus, RegistrationState
from events.forms.public import RegistrationForm
from events.models import Event, Registration
from events.rules import registrations_by_link, visible_events
from events.services.registration import (
    TAKES_REGISTRATIONS,
    AlreadyRegistered,
    RegistrationRefused,
    cancel_registration,
    position_in_line,
    register,
)
from network.rules import published_notices


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def event_register(request: HttpRequest, slug: str) -> HttpResponse:
    """The form. Where the event takes nobody the page says why: 409 if somebody tried all the same."""
    events = visible_events(request.user).with_room().select_related("format", "municipality")
    event = get_object_or_404(events, slug=slug)
    status = event.registration_status(seats_left=None if event.has_room else 0)
    if status not in TAKES_REGISTRATIONS:
        return _refused(request, event, status, tried=request.method == "POST")
    notice = published_notices().order_by("-published_on", "-pk").first()
    form = RegistrationForm(request.POST or None, event=event, notice=notice)
    if request.method == "POST" and form.is_valid():
        return _register(request, event, form)
    context = {"event": event, "form": form, "notice": notice, "status": status}
    return render(request, "events/register.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_safe
@never_cache
def registration_detail(request: HttpRequest, token: str) -> HttpResponse:
    """What the holder of the link has: a place, a place in the line, or nothing any more."""
    registration = _by_link(token)
    context = {
        "registration": registration,
        "event": registration.event,
        "position": position_in_line(registration),
        "can_cancel": registration.state != RegistrationState.CANCELLED and _takes_place(registration.event),
    }
    return _private(render(request, "events/registration_detail.html", context))


@login_not_required
@require_POST
@never_cache
def registration_cancel(request: HttpRequest, token: str) -> HttpResponse:
    registration = _by_link(token)
    if _takes_place(registration.event):
        cancel_registration(registration=registration, by=request.user if request.user.is_authenticated else None)
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


def _register(request: HttpRequest, event: Event, form: RegistrationForm) -> HttpResponse:
    language = (get_language() or "es")[:2]
    try:
        registration = register(event=event, data=form.registration(language), form_key=form.form_key)
    except AlreadyRegistered:
        return render(request, "events/register_known.html", {"event": event, "email": form.cleaned_data["email"]})
    except RegistrationRefused as refusal:
        return _refused(request, event, refusal.status, tried=True)
    return redirect("registration_detail", token=registration.token)


def _refused(request: HttpRequest, event: Event, status: str, *, tried: bool) -> HttpResponse:
    context = {"event": event, "status": status}
    return render(request, "events/register_refused.html", context, status=409 if tried else 200)


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
