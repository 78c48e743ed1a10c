"""Attendance by report and by typed sheet, on the staff's side: sent, reviewed row by row, and added to the rest."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from events.enums import AttendanceSource, ImportDecision, ImportState
from events.forms.imports import ReportForm, SheetForm
from events.imports.attendance import Unreadable
from events.models import AttendanceImport, Event, ImportedPerson, ImportedPersonQuerySet
from events.services.attendance import why_closed
from events.services.imports import (
    AlreadyImported,
    confirm,
    decide,
    discard,
    import_report,
    import_sheet,
    people_named,
)
from events.views.staff import managed_event
from network.models import Person
from network.rules import visible_people

PAGE = 50
FOUND = 20
mark = permission_required("events.mark_attendance", raise_exception=True)
FILTERS: dict[str, Callable[[ImportedPersonQuerySet], ImportedPersonQuerySet]] = {
    "por-decidir": ImportedPersonQuerySet.undecided,
    "listas": ImportedPersonQuerySet.ready,
    "ignoradas": ImportedPersonQuerySet.ignored,
}


@require_http_methods(["GET", "POST"])
@mark
@never_cache
def imports(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a report; and what was sent before."""
    event = managed_event(request, pk)
    earlier = event.attendance_imports.filter(state=ImportState.CONFIRMED, source=AttendanceSource.IMPORT).first()
    posted = request.method == "POST"
    form = ReportForm(request.POST if posted else None, request.FILES if posted else None, earlier=earlier)
    if posted and form.is_valid() and (answer := _send(request, event, form)):
        return answer
    before = event.attendance_imports.exclude(state=ImportState.DISCARDED)
    context = {
        "event": event,
        "form": form,
        "closed": why_closed(event),
        "imports": before.select_related("created_by").annotate(number=Count("people")),
    }
    return render(request, "events/staff/imports.html", context, status=422 if posted else 200)


def _send(request: HttpRequest, event: Event, form: ReportForm) -> HttpResponse | None:
    upload = form.cleaned_data["file"]
    try:
        made = import_report(
            event=event, data=upload.read(), file_name=upload.name, by=request.user, replaces=form.replaced
        )
    except AlreadyImported as again:
        messages.info(request, _("Este archivo ya se había subido a este evento: aquí está."))
        return redirect("staff_event_import", event.pk, again.imported.pk)
    except Unreadable as wrong:
        form.add_error("file", wrong.sentence)
        return None
    except ValidationError as error:
        form.add_error(None, error)
        return None
    return redirect("staff_event_import", event.pk, made.pk)


@require_http_methods(["GET", "POST"])
@mark
@never_cache
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Type a paper sheet. Without JavaScript too: the Enter key asks for more lines and sends nothing away."""
    event = managed_event(request, pk)
    more = request.POST.get("hacer") != "revisar"
    form = SheetForm(request.POST or None, form_key=secrets.token_urlsafe(12), more=request.method == "POST" and more)
    wrong = False
    if request.method == "POST" and not more and not (wrong := not form.is_valid()):
        if not form.typed:
            messages.error(request, _("La hoja está vacía: escriba al menos un nombre."))
        elif answer := _type(request, event, form):
            return answer
        wrong = True
    context = {
        "event": event,
        "form": form,
        "closed": why_closed(event),
        "checked": request.method == "POST" and not more,
    }
    return render(request, "events/staff/sheet.html", context, status=422 if wrong else 200)


def _type(request: HttpRequest, event: Event, form: SheetForm) -> HttpResponse | None:
    try:
        made = import_sheet(event=event, rows=form.typed, by=request.user, form_key=form.cleaned_data["form_key"])
    except AlreadyImported as again:
        made = again.imported
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return None
    return redirect("staff_event_import", event.pk, made.pk)


# --- The review


def _managed_import(event: Event, pk: int) -> AttendanceImport:
    rows = event.attendance_imports.select_related("created_by", "confirmed_by", "replaces")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "POST"])
@mark
@never_cache
def review(request: HttpRequest, pk: int, import_pk: int) -> HttpResponse:
    """Who everybody in the report is; nothing of it is attendance before *Incorporar*."""
    event = managed_event(request, pk)
    made = _managed_import(event, import_pk)
    if request.method == "POST":
        return _act(request, event, made)
    people = made.people
    counts = people.aggregate(
        undecided=Count("pk", filter=Q(decision="")),
        ready=Count("pk", filter=Q(decision__in=[ImportDecision.PERSON, ImportDecision.NEW])),
        ignored=Count("pk", filter=Q(decision=ImportDecision.IGNORE)),
        sure=Count("pk", filter=Q(decision="", is_sure=True, person__isnull=False)),
        new=Count("pk", filter=Q(decision="", candidates=[])),
    )
    here = request.GET.get("ver", "")
    if here not in FILTERS:
        here = "por-decidir" if counts["undecided"] else "listas"
    rows = FILTERS[here](people.all()).select_related("municipality", "person__municipality", "decided_by")
    page = Paginator(rows, PAGE).get_page(request.GET.get("pagina"))
    is_open = made.state == ImportState.PENDING
    context = {
        "event": event,
        "import": made,
        "is_open": is_open,
        "page": page,
        "rows": _with_options(page, is_open),
        "counts": counts,
        "tabs": [
            (_("Por decidir"), "por-decidir", counts["undecided"]),
            (_("Listas"), "listas", counts["ready"]),
            (_("Ignoradas"), "ignoradas", counts["ignored"]),
        ],
        "here": here,
    }
    return render(request, "events/staff/import_review.html", context)


def _with_options(page: Iterable[ImportedPerson], is_open: bool) -> list[dict[str, Any]]:
    """Each row with the people it may be, the decided one among them."""
    rows = list(page)
    known = people_named(rows) if is_open else {}
    found = []
    for row in rows:
        reasons = {pk: reason for pk, reason in row.candidates if pk in known}
        if row.person_id and row.decision == ImportDecision.PERSON:
            reasons.setdefault(row.person_id, row.reason)
        chosen = str(row.person_id) if row.decision == ImportDecision.PERSON else row.decision
        options = [_option(known[pk], reason, row) for pk, reason in reasons.items() if pk in known]
        found.append({"row": row, "options": options, "chosen": chosen})
    return found


def _option(person: Person, reason: str, row: ImportedPerson) -> dict[str, str]:
    words = dict(ImportedPerson._meta.get_field("reason").flatchoices)
    where = [person.email, person.institution, person.municipality.name if person.municipality else ""]
    return {
        "value": str(person.pk),
        "name": person.name,
        "about": " · ".join(part for part in where if part),
        "why": str(words.get(reason, "")),
    }


def _act(request: HttpRequest, event: Event, made: AttendanceImport) -> HttpResponse:
    """Each button keeps what is chosen on the page first."""
    asked = request.POST.get("hacer", "")
    back = redirect("staff_event_import", event.pk, made.pk)
    if kept := request.GET.urlencode():
        back["Location"] += f"?{kept}"
    try:
        if asked == "descartar":
            discard(attendance_import=made, by=request.user)
            messages.success(request, _("Se descartó lo que estaba en revisión. La asistencia quedó como estaba."))
            return redirect("staff_event_imports", event.pk)
        changed = decide(
            attendance_import=made, choices=_choices(request), by=request.user, sure=asked == "seguras",
            new=asked == "nuevas",
        )  # fmt: skip
        if asked == "incorporar":
            confirm(attendance_import=made, by=request.user)
            messages.success(request, _("La asistencia quedó incorporada."))
            return redirect("staff_event_attendance", event.pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back
    text = ngettext("Se guardó {n} decisión.", "Se guardaron {n} decisiones.", changed).format(n=changed)
    messages.success(request, text)
    return back


def _choices(request: HttpRequest) -> dict[int, str]:
    """What was chosen for each row: ``fila-12=new``."""
    names = [name for name in request.POST if name.startswith("fila-") and name[5:].isdecimal() and len(name) < 22]
    return {int(name[5:]): request.POST[name] for name in names}


@require_http_methods(["GET", "POST"])
@mark
@never_cache
def imported_person(request: HttpRequest, pk: int, import_pk: int, row_pk: int) -> HttpResponse:
    """Look for somebody whom the portal did not propose."""
    event = managed_event(request, pk)
    made = _managed_import(event, import_pk)
    row = get_object_or_404(made.people, pk=row_pk)
    words = request.GET.get("q", row.name)[:120].strip()
    if request.method == "POST":
        try:
            decide(attendance_import=made, choices={row.pk: request.POST.get("persona", "")}, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Se guardó quién es {name}.").format(name=row.name))
        return redirect("staff_event_import", event.pk, made.pk)
    found = visible_people(request.user).matching(words).select_related("municipality")[:FOUND] if words else []
    context = {"event": event, "import": made, "row": row, "words": words, "found": found}
    return render(request, "events/staff/import_person.html", context)
