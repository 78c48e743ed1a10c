"""At the door of an event: the page that a person's QR code opens, and the list on each phone.

The list works without network once it was opened: the browser keeps the page (``static/js/door-worker.js``) and the
marks (``static/js/door.js``), and sends those later to :func:`door_marks`.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.enums import AttendanceSource, RegistrationState
from events.figures import AtTheDoor, at_the_door
from events.forms.door import LATEST_SENT, MarkForm
from events.forms.people import AttendeeForm
from events.models import Attendance, Event, Registration, RegistrationQuerySet
from events.rules import check_in_seal, registration_by_code, visible_registrations
from events.services.attendance import add_attendee, remove_attendance
from events.services.check_in import CheckInRefused, check_in, undo_check_in, why_not, without_place
from events.views.staff import managed_event
from events.views.staff_people import person_data
from web.search import fold

LATEST = 3
MOST_MARKS = 200  # in one message; a phone with more sends several
mark = permission_required("events.mark_attendance", raise_exception=True)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def person(request: HttpRequest, pk: int, seal: str) -> HttpResponse:
    """Who stands there and whether they may come in. Whoever tries their own code reads what it is for."""
    if not request.user.has_perm("events.mark_attendance"):
        return render(request, "events/check_in_closed.html", status=403)
    registration = registration_by_code(request.user, pk, seal)
    if registration is None:
        raise Http404
    if request.method == "POST":
        _act(request, registration)
        return redirect("staff_check_in", pk=pk, seal=seal)
    written = registration.event.attendances.filter(person=registration.person_id).first()
    context = {
        "registration": registration,
        "event": registration.event,
        "written": written,
        "refused": None if written else why_not(registration),
        "door": at_the_door(registration.event),
    }
    return render(request, "events/staff/check_in.html", context)


def _act(request: HttpRequest, registration: Registration) -> None:
    """Do what the button says and tell it."""
    try:
        if "deshacer" in request.POST:
            undo_check_in(registration=registration, by=request.user)
            messages.success(request, _("Se deshizo la entrada de {name}.").format(name=registration.name))
        elif check_in(registration=registration, by=request.user, anyway="de-todos-modos" in request.POST):
            messages.success(request, _("Entró {name}.").format(name=registration.name))
        else:
            messages.info(request, _("{name} ya había entrado.").format(name=registration.name))
    except CheckInRefused as refused:
        messages.error(request, f"{registration.name}: {refused}")


# --- The list


@dataclass(frozen=True)
class DoorRow:
    """One line of the list. ``arrived``: the wall time at the event, empty where only the presence is known."""

    name: str
    whence: str
    inside: bool
    arrived: str
    undoes: bool
    registration: Registration | None = None
    attendance: Attendance | None = None
    code: str = ""
    status: str = ""
    without_place: str = ""

    @property
    def undo_pk(self) -> int:
        """What the button that takes it back names: the registration, or the attendance of somebody without one."""
        row = self.registration or self.attendance
        assert row is not None
        return row.pk

    @property
    def words(self) -> str:
        return fold(f"{self.name} {self.whence}")


@require_http_methods(["GET", "HEAD", "POST"])
@mark
@never_cache
def door(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of a phone at the door. ``?q=`` looks for words in names, institutions and municipalities."""
    event = managed_event(request, pk)
    if request.method == "POST":
        return _door_act(request, event)
    rows = _rows(event, visible_registrations(request.user).filter(event=event))
    words = fold(request.GET.get("q", "")[:120]).split()
    # Who cancelled is looked for by name, and does not stand among those who are expected.
    found = [
        row
        for row in rows
        if all(word in row.words for word in words)
        and (words or row.inside or row.status != RegistrationState.CANCELLED)
    ]
    context = {
        "event": event,
        "q": request.GET.get("q", "")[:120],
        "rows": found,
        "total": len(rows),
        "latest": sorted((row for row in rows if row.undoes), key=_when_written, reverse=True)[:LATEST],
        "door": at_the_door(event),
        "closed": _closed(event),
    }
    response = render(request, "events/staff/check_in_door.html", context)
    response["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    return response


def _when_written(row: DoorRow) -> tuple[datetime, int]:
    assert row.attendance is not None
    return row.attendance.arrived_at or row.attendance.created_at, row.attendance.pk


def _closed(event: Event) -> str:
    """Why nobody can come in today, whoever it is; empty where people can."""
    refused = why_not(Registration(event=event, state=RegistrationState.CONFIRMED))
    return str(refused or "")


def _rows(event: Event, registrations: RegistrationQuerySet) -> list[DoorRow]:
    """Everybody registered and whoever came without, by name. Two queries."""
    attendances = list(event.attendances.select_related("person", "municipality"))
    written = {row.registration_id: row for row in attendances if row.registration_id}
    people = list(registrations.select_related("municipality"))
    alive = {row.person_id for row in people if row.state != RegistrationState.CANCELLED}
    rows = [
        _registered(event, row, written.get(row.pk))
        for row in people
        if row.state != RegistrationState.CANCELLED or row.person_id not in alive or row.pk in written
    ]
    rows += [_walk_in(event, row) for row in attendances if not row.registration_id]
    return sorted(rows, key=lambda row: (fold(row.name), row.code))


def _registered(event: Event, row: Registration, attendance: Attendance | None) -> DoorRow:
    row.event = event
    return DoorRow(
        name=row.name,
        whence=_whence(row),
        inside=attendance is not None,
        arrived=_clock(event, attendance),
        undoes=_undoes(attendance),
        registration=row,
        attendance=attendance,
        code=f"{row.pk}-{check_in_seal(row)}",
        status=row.state,
        without_place=without_place(row.state),
    )


def _walk_in(event: Event, row: Attendance) -> DoorRow:
    return DoorRow(
        name=row.person.name,
        whence=_whence(row),
        inside=True,
        arrived=_clock(event, row),
        undoes=_undoes(row),
        attendance=row,
    )


def _whence(row: Registration | Attendance) -> str:
    return " · ".join(filter(None, [row.institution, row.municipality.name if row.municipality else ""]))


def _undoes(attendance: Attendance | None) -> bool:
    return attendance is not None and attendance.source == AttendanceSource.CHECK_IN


def _clock(event: Event, attendance: Attendance | None) -> str:
    if attendance is None or attendance.arrived_at is None:
        return ""
    return attendance.arrived_at.astimezone(ZoneInfo(event.time_zone)).strftime("%H:%M")


def _door_act(request: HttpRequest, event: Event) -> HttpResponse:
    """A button of a line: its name says what, its value whom."""
    posted = request.POST
    if number := _number(posted.get("quitar")):
        written = get_object_or_404(event.attendances.select_related("person"), pk=number, registration=None)
        if _undoes(written):
            remove_attendance(attendance=written, by=request.user)
            messages.success(request, _("Se deshizo la entrada de {name}.").format(name=written.person.name))
    else:
        number = next(filter(None, map(_number, map(posted.get, ("entro", "de-todos-modos", "deshacer")))), 0)
        rows = visible_registrations(request.user).filter(event=event)
        _act(request, get_object_or_404(rows, pk=number))
    words = posted.get("q", "")[:120]
    here = reverse("staff_event_door", args=[event.pk])
    return redirect(f"{here}?{urlencode({'q': words})}" if words else here)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0


# --- What the list asks and tells while it is open


@require_safe
@mark
@never_cache
def door_state(request: HttpRequest, pk: int) -> HttpResponse:
    return JsonResponse(_state(managed_event(request, pk)))


def _state(event: Event) -> dict[str, Any]:
    """Counters, and of each registration whose person is in: the wall time, if known, and whether the door wrote it."""
    inside = {}
    for row in event.attendances.exclude(registration=None).only("event", "registration", "arrived_at", "source"):
        inside[row.registration_id] = [_clock(event, row), _undoes(row)]
    counted: AtTheDoor = at_the_door(event)
    return {
        "present": counted.present,
        "arrived": counted.arrived,
        "confirmed": counted.confirmed,
        "inside": inside,
    }


@require_POST
@mark
@never_cache
def door_marks(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks of a phone, each answered by itself: *stored*, *already* so, or *refused* with its reason.

    ``{"sent", "marks": [{"key", "registration", "came", "anyway", "at"}]}`` (see :class:`MarkForm`) is answered with
    ``{"answers": [{"key", "result", "why", "insist"}], "state": {…}}``. Sending the same marks again changes nothing.
    """
    event = managed_event(request, pk)
    try:
        message = json.loads(request.body)
        sent, items = message["sent"], message["marks"]
    except (ValueError, KeyError, TypeError, RecursionError):
        sent, items = None, None
    understood = type(sent) is int and 0 <= sent <= LATEST_SENT and isinstance(items, list)
    if not understood or len(items) > MOST_MARKS or not all(isinstance(item, dict) for item in items):
        return JsonResponse({"error": _("El mensaje no trae una lista de marcas.")}, status=400)
    forms = [(item.get("key"), MarkForm(item, sent=sent)) for item in items]
    numbers = [form.cleaned_data["registration"] for _key, form in forms if form.is_valid()]
    rows = visible_registrations(request.user).filter(event=event).in_bulk(numbers)
    answers = [{"key": key} | _answer(form, rows, request) for key, form in forms]
    return JsonResponse({"answers": answers, "state": _state(event)})


def _answer(form: MarkForm, rows: dict[int, Registration], request: HttpRequest) -> dict[str, Any]:
    if not form.is_valid():
        return {"result": "refused", "why": _("La marca no se entiende o es de hace más de un mes."), "insist": False}
    said = form.cleaned_data
    registration = rows.get(said["registration"])
    if registration is None:
        return {"result": "refused", "why": _("La inscripción ya no existe."), "insist": False}
    about = {
        "registration": registration,
        "by": request.user,
        "at": said["at"],
        "key": said["key"],
    }
    try:
        changed = check_in(**about, anyway=said["anyway"]) if said["came"] else undo_check_in(**about)
    except CheckInRefused as refused:
        return {"result": "refused", "why": str(refused), "insist": refused.may_insist}
    return {"result": "stored" if changed else "already", "why": "", "insist": False}


@require_safe
@mark
def door_worker(request: HttpRequest, pk: int) -> HttpResponse:
    """The service worker of this event's list. Served from here, it governs this address and what lies below alone."""
    path = finders.find("js/door-worker.js")
    if not path:
        raise Http404
    headers = {"Cache-Control": "no-cache, private"}
    return HttpResponse(Path(path).read_bytes(), content_type="text/javascript; charset=utf-8", headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@mark
@never_cache
def walk_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody at the door who is not registered."""
    event = managed_event(request, pk)
    if _closed(event):
        return redirect("staff_event_door", pk)  # which says why
    form = AttendeeForm(request.POST or None, event=event)
    if form.is_valid():
        try:
            written = add_attendee(
                event=event,
                data=person_data(form),
                by=request.user,
                namesake=form.cleaned_data["namesake"],
                arrived_at=timezone.now(),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Entró {name}.").format(name=written.person.name))
            return redirect("staff_event_walk_in" if "otra" in request.POST else "staff_event_door", pk)
    context = {"event": event, "form": form}
    return render(request, "events/staff/check_in_walk_in.html", context, status=422 if form.is_bound else 200)
