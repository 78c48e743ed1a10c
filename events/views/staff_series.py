"""The staff's pages that make sessions like another one."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from events.enums import EventStatus
from events.forms.series import RepeatForm, next_session_editor
from events.forms.staff import next_numbers
from events.models import Event
from events.rules import visible_events
from events.services.editing import moment
from events.services.series import Days, create_sessions, program_once, session_days
from events.views.staff import manage, managed_event, programmed_before, work_on
from web import dates


@dataclass(frozen=True, slots=True)
class Proposed:
    """A day of the rule: its words, what else is on that day, and whether the hour exists on it."""

    day: date
    label: str
    hours: str
    others: list[Event]


@require_http_methods(["GET", "POST"])
@manage
def event_next(request: HttpRequest, pk: int) -> HttpResponse:
    """The next session: a new event that starts from all this one is, without its day."""
    source = managed_event(request, pk)
    if twin := programmed_before(request):
        return redirect("staff_event_detail", twin.pk)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    numbers = next_numbers()
    editor, institutions = next_session_editor(source=source, numbers=numbers, data=data, files=files)

    def save() -> Event:
        return program_once(data=editor.cleaned(), by=request.user, source=source)

    return work_on(
        request, editor, save, template="events/staff/event_form.html",
        context={"event": None, "source": source, "institutions": institutions, "next_numbers": numbers},
        stored=lambda _current: editor, to="staff_event_detail",
        done=_("Se programó la siguiente sesión. Es un borrador: revíselo y publíquelo."),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@manage
def event_repeat(request: HttpRequest, pk: int) -> HttpResponse:
    """More sessions by a rule. The days are shown, with what else is on them, before anything is written."""
    source = managed_event(request, pk)
    form = RepeatForm(request.POST if request.method == "POST" else None, source=source)
    context: dict[str, Any] = {"event": source, "form": form}
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            found = session_days(form.recurrence())
            seen = ",".join(day.isoformat() for day in found.days)
            chosen = [day for day in found.days if day.isoformat() in request.POST.getlist("fecha")]
            status = 200
            if "crear" in request.POST and request.POST.get("vistas") == seen:
                if response := _create(request, source, chosen, form):
                    return response
                status = 422
            elif "crear" in request.POST:
                form.add_error(None, _("Las fechas cambiaron: revíselas antes de crear las sesiones."))
                status = 422
            context |= {"days": _proposed(request, source, found), "skipped": _skipped(found), "seen": seen}
            context["chosen"] = chosen if "fecha" in request.POST and request.POST.get("vistas") == seen else found.days
    return render(request, "events/staff/event_repeat.html", context, status=status)


def _create(request: HttpRequest, source: Event, chosen: list[date], form: RepeatForm) -> HttpResponse | None:
    key: UUID = form.cleaned_data["form_key"]
    try:
        made, earlier = create_sessions(source=source, days=chosen, key=key, by=request.user)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return None
    text = ngettext("Se creó {n} borrador.", "Se crearon {n} borradores.", len(made)).format(n=len(made))
    if earlier:
        there = ngettext("{n} ya estaba creado.", "{n} ya estaban creados.", len(earlier)).format(n=len(earlier))
        text = f"{text} {there}" if made else there
    messages.success(request, text)
    return redirect(f"{reverse('staff_event_list')}?estado={EventStatus.DRAFT}&cuando=proximos")


def _proposed(request: HttpRequest, source: Event, found: Days) -> list[Proposed]:
    """Each day with the events that are on it already. One query."""
    busy = visible_events(request.user).exclude(status=EventStatus.CANCELLED)
    busy = busy.filter(first_day__lte=found.days[-1], last_day__gte=found.days[0]).order_by("first_day", "starts_at")
    events = list(busy.only("title", "first_day", "last_day", "start_time")[:1000])
    return [
        Proposed(day, dates.day_label(day), _hours(source, day), [event for event in events if _is_on(event, day)])
        for day in found.days
    ]


def _is_on(event: Event, day: date) -> bool:
    return event.first_day is not None and event.first_day <= day <= (event.last_day or event.first_day)


def _hours(source: Event, day: date) -> str:
    """The wall time with its zone on that day; empty where the clocks skip it."""
    if source.start_time is None:
        return _("Hora por confirmar")
    try:
        starts = moment(day, source.start_time, source.time_zone)
        ends = moment(day, source.end_time, source.time_zone) if source.end_time else None
    except ValueError:
        return ""
    return dates.time_label(starts, source.time_zone, ends)


def _skipped(found: Days) -> list[str]:
    return [dates.month_label(day) for day in found.skipped]
