"""Who comes to an event, on the staff's side: registering and cancelling one by one, and attendance."""

import secrets
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.enums import CancelCause, RegistrationState
from events.forms.people import AttendeeForm, ConsentingPersonForm, PromotionForm
from events.models import Event
from events.rules import visible_registrations
from events.services.attendance import add_attendee, mark_attendance, remove_attendance, why_closed
from events.services.registration import (
    AlreadyRegistered,
    RegistrationData,
    RegistrationRefused,
    cancel_registration,
    position_in_line,
    promote_one,
    register,
)
from events.views.staff import managed_event
from network.guards import personal_file
from network.rules import published_notices
from web import tabular

see_people = permission_required("events.view_registrations", raise_exception=True)
mark = permission_required("events.mark_attendance", raise_exception=True)


@require_http_methods(["GET", "POST"])
@see_people
def registration_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Register a person who asked the institute to do it."""
    event = managed_event(request, pk)
    questions, key = event.registration_questions.select_related("shown_if"), secrets.token_urlsafe(12)
    form = ConsentingPersonForm(request.POST or None, event=event, questions=questions, initial={"form_key": key})
    if form.is_valid() and (registration := _register(request, event, form)):
        waiting = registration.state == RegistrationState.WAITING
        messages.success(
            request,
            _("{name} quedó en la lista de espera.").format(name=registration.name)
            if waiting
            else _("{name} quedó con lugar confirmado.").format(name=registration.name),
        )
        return redirect("staff_event_registrations", pk)
    context = {"event": event, "form": form, "notice": published_notices().first()}
    return render(request, "events/staff/registration_form.html", context, status=422 if form.is_bound else 200)


def _register(request: HttpRequest, event: Event, form: ConsentingPersonForm) -> Any:
    data = person_data(form, privacy_notice=published_notices().first(), answers=form.answers)
    try:
        return register(
            event=event,
            data=data,
            by=request.user,
            self_registered=False,
            approved=True,
            form_key=form.cleaned_data["form_key"],
        )
    except RegistrationRefused as refused:
        form.add_error(None, _("No se puede inscribir: {why}.").format(why=refused.status.label.lower()))
    except AlreadyRegistered:
        form.add_error("email", _("Ya hay una inscripción viva de esta persona; se le envió de nuevo su enlace."))
    return None


def person_data(form: forms.Form, **more: Any) -> RegistrationData:
    names = ("name", "email", "sex", "category", "institution", "municipality", "modality")
    return RegistrationData(**{name: form.cleaned_data[name] for name in names if name in form.cleaned_data}, **more)


@require_http_methods(["GET", "POST"])
@see_people
def registration_cancel(request: HttpRequest, pk: int, registration_pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    registration = get_object_or_404(visible_registrations(request.user).filter(event=event), pk=registration_pk)
    if registration.state == RegistrationState.CANCELLED:
        messages.info(request, _("La inscripción de {name} ya estaba cancelada.").format(name=registration.name))
        return redirect("staff_event_registrations", pk)
    if request.method == "POST":
        cancel_registration(registration=registration, by=request.user, cause=CancelCause.STAFF)
        messages.success(request, _("Se canceló la inscripción de {name}.").format(name=registration.name))
        return redirect("staff_event_registrations", pk)
    return render(request, "events/staff/registration_cancel.html", {"event": event, "registration": registration})


@require_http_methods(["GET", "POST"])
@see_people
@never_cache
def registration_promote(request: HttpRequest, pk: int, registration_pk: int) -> HttpResponse:
    """Give one person a seat, in turn or out of it; the page says the numbers before."""
    event = managed_event(request, pk)
    registration = get_object_or_404(visible_registrations(request.user).filter(event=event), pk=registration_pk)
    form = PromotionForm(request.POST or None)
    if form.is_valid():
        add_seat = form.cleaned_data["add_seat"]
        try:
            promote_one(registration=registration, by=request.user, add_seat=add_seat)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("{name} quedó con lugar confirmado.").format(name=registration.name))
            return redirect("staff_event_registrations", pk)
    context = {
        "event": event,
        "registration": registration,
        "position": position_in_line(registration),
        "pools": event.seat_pools.select_related("municipality").order_by("modality", "municipality__sort_name"),
        "form": form,
    }
    return render(request, "events/staff/registration_promote.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@mark
@never_cache
def attendance(request: HttpRequest, pk: int) -> HttpResponse:
    """The list to tick. Each box carries what it was when the page was read, so two people can mark at once."""
    event = managed_event(request, pk)
    if request.method == "POST":
        return _mark(request, event)
    rows = (
        visible_registrations(request.user)
        .filter(event=event)
        .live()
        .select_related("municipality", "attendance__created_by")
        .annotate(came=F("attendance"))
    )
    # Whoever came although the registration was cancelled is in no other list, and counts.
    unlisted = Q(registration=None) | Q(registration__state=RegistrationState.CANCELLED)
    walk_ins = event.attendances.filter(unlisted).select_related("person", "municipality", "created_by")
    registrations = list(rows.order_by("name", "pk"))
    for row in registrations:
        if row.came:
            row.attendance.event = event
    context = {
        "event": event,
        "registrations": registrations,
        "walk_ins": walk_ins.order_by("person__name", "pk"),
        "attended": event.attendances.count(),
        "closed": why_closed(event),
    }
    return render(request, "events/staff/attendance.html", context)


@require_safe
@mark
@personal_file("attendance")
@never_cache
def attendance_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody who was there, for a spreadsheet: minutes, first and last moment, source, and who wrote it."""
    event = managed_event(request, pk)
    unknown, zone = _("sin dato"), ZoneInfo(event.time_zone)
    head = [
        _("Nombre"), _("Correo"), _("Institución"), _("Municipio"), _("Sexo"), _("Tipo de persona"), _("Modalidad"),
        _("Minutos"), _("Primera entrada"), _("Última salida"), _("Fuente"), _("Anotó"),
    ]  # fmt: skip

    def moment(value: datetime | None) -> str:
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M") if value else unknown

    rows = event.attendances.select_related("person", "municipality", "created_by").order_by("person__name", "pk")
    lines = (
        [
            row.person.name, row.person.email or unknown, row.institution or unknown,
            row.municipality.name if row.municipality else unknown, row.get_sex_display() or unknown,
            row.get_category_display() or unknown, row.get_modality_display() or unknown,
            unknown if row.minutes is None else row.minutes, moment(row.arrived_at), moment(row.left_at),
            row.get_source_display(), row.created_by.name if row.created_by else unknown,
        ]
        for row in rows
    )  # fmt: skip
    return tabular.csv_response(f"asistencia-{event.slug}.csv", head, lines)


def _mark(request: HttpRequest, event: Event) -> HttpResponse:
    try:
        marked = mark_attendance(
            event=event, present=_ids(request, "presente"), was_present=_ids(request, "estaba"), by=request.user
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        added = ngettext("{n} asistencia anotada", "{n} asistencias anotadas", marked.added).format(n=marked.added)
        removed = ngettext("{n} retirada", "{n} retiradas", marked.removed).format(n=marked.removed)
        messages.success(request, _("Lista guardada: {added}, {removed}.").format(added=added, removed=removed))
    return redirect("staff_event_attendance", event.pk)


def _ids(request: HttpRequest, name: str) -> list[int]:
    return [int(text) for text in request.POST.getlist(name) if text.isdecimal() and len(text) < 18]


@require_http_methods(["GET", "POST"])
@mark
def attendee_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down somebody who came without being registered."""
    event = managed_event(request, pk)
    form = AttendeeForm(request.POST or None, event=event)
    if form.is_valid():
        try:
            written = add_attendee(
                event=event, data=person_data(form), by=request.user, namesake=form.cleaned_data["namesake"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Se anotó la asistencia de {name}.").format(name=written.person.name))
            again = "staff_event_attendee_create" if "otra" in request.POST else "staff_event_attendance"
            return redirect(again, pk)
    context = {"event": event, "form": form}
    return render(request, "events/staff/attendee_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@mark
def attendance_remove(request: HttpRequest, pk: int, attendance_pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    written = get_object_or_404(event.attendances.select_related("person"), pk=attendance_pk)
    remove_attendance(attendance=written, by=request.user)
    messages.success(request, _("Se retiró la asistencia de {name}.").format(name=written.person.name))
    return redirect("staff_event_attendance", pk)
