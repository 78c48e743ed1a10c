"""A liaison enrols colleagues of the own municipality, sees whom it enrolled, and takes them off again."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from events.enums import RegistrationState
from events.forms.enrolment import colleagues, enrolment_editor
from events.rules import municipal_registrations, visible_events
from events.services.registration import (
    TAKES_REGISTRATIONS,
    Enrolment,
    cancel_registration,
    enrol_colleagues,
    positions_in_line,
)
from events.views.registration import can_cancel
from network.rules import published_notices

PAGE = 30
enrol = permission_required("events.enrol_colleagues", raise_exception=True)


@require_safe
@enrol
@never_cache
def enrolments(request: HttpRequest) -> HttpResponse:
    """The events that take registrations, and whom this municipality enrolled in events still to come."""
    municipality = request.user.liaison_municipality
    events = visible_events(request.user).with_room(municipality).taking_registrations().select_related("format")
    rows = municipal_registrations(request.user).live().filter(event__in=visible_events(request.user).not_over())
    by_day = (F("event__first_day").asc(nulls_last=True), "event", "name")
    shown = list(rows.select_related("event").order_by(*by_day)[:500])
    positions = positions_in_line({row.event_id for row in shown if row.state == RegistrationState.WAITING})
    page = Paginator(events, PAGE).get_page(request.GET.get("pagina"))
    context = {
        "municipality": municipality,
        "page": page,
        "events": [(event, event.registration_status(seats_left=None if event.has_room else 0)) for event in page],
        "rows": [(row, positions.get(row.pk, 0)) for row in shown],
    }
    return render(request, "events/liaison/enrolments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@enrol
@never_cache
def enrolment_create(request: HttpRequest, pk: int) -> HttpResponse:
    related = ("format", "municipality")
    municipality = request.user.liaison_municipality
    assert municipality is not None
    events = visible_events(request.user).published().with_room(municipality)
    event = get_object_or_404(events.select_related(*related), pk=pk)
    notice = published_notices().order_by("-published_on", "-pk").first()
    data = request.POST if request.method == "POST" else None
    editor = enrolment_editor(event=event, form_key=secrets.token_urlsafe(12), notice=notice, data=data)
    sent = data is not None and not editor.asks_for_row
    if sent and editor.is_valid():
        people = colleagues(editor, event=event, municipality=municipality, notice=notice)
        if people:
            done = enrol_colleagues(
                event=event, people=people, by=request.user, form_key=editor.form.cleaned_data["form_key"]
            )
            _tell(request, done)
            return redirect("liaison_enrolments")
        editor.form.add_error(None, _("Escriba el nombre de al menos una persona."))
    # Asked after the form was read: the same form sent again answers as it did, whatever became of the event.
    status = event.registration_status(seats_left=None if event.has_room else 0)
    if status not in TAKES_REGISTRATIONS:
        messages.error(request, _("No se puede inscribir: {why}.").format(why=status.label.lower()))
        return redirect("liaison_enrolments")
    context = {
        "event": event, "municipality": municipality, "editor": editor, "form": editor.form, "notice": notice,
        "status": status,
    }  # fmt: skip
    return render(request, "events/liaison/enrolment_form.html", context, status=422 if sent else 200)


def _tell(request: HttpRequest, done: list[Enrolment]) -> None:
    """What came of each, by name."""
    for enrolment in done:
        if enrolment.registration is None:
            messages.error(request, _("{name}: {why}").format(name=enrolment.name, why=enrolment.why))
        else:
            state = RegistrationState(enrolment.registration.state)
            level = messages.WARNING if state == RegistrationState.CANCELLED else messages.SUCCESS
            text = _("{name}: {why}").format(name=enrolment.name, why=state.label.lower())
            messages.add_message(request, level, text)


@require_http_methods(["GET", "HEAD", "POST"])
@enrol
@never_cache
def enrolment_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(municipal_registrations(request.user).select_related("event"), pk=pk)
    if not can_cancel(row):
        messages.error(request, _("La inscripción de {name} ya no se puede cancelar.").format(name=row.name))
        return redirect("liaison_enrolments")
    if request.method == "POST":
        cancel_registration(registration=row, by=request.user)
        messages.success(request, _("Se canceló la inscripción de {name}.").format(name=row.name))
        return redirect("liaison_enrolments")
    return render(request, "events/liaison/enrolment_cancel.html", {"registration": row, "event": row.event})
