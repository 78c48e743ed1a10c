"""The staff's side of series and events: list, write, publish, cancel, results."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.enums import EventStatus, RegistrationState
from events.figures import all_sessions, session_counts
from events.forms.editor import Editor
from events.forms.results import results_editor
from events.forms.series import series_editor
from events.forms.staff import CancelForm, EventFilter, event_editor, next_numbers
from events.models import Event
from events.rules import visible_events, visible_series
from events.services import editing
from events.services.results import make_action
from events.services.series import program_once
from web import dates

PAGE = 25
manage = permission_required("events.manage_event", raise_exception=True)


def managed_event(request: HttpRequest, pk: int) -> Event:
    """The event, with what every staff page of it names."""
    events = visible_events(request.user).select_related("format", "series", "municipality", "pathway")
    return get_object_or_404(events.marking_results(), pk=pk)


@require_safe
@manage
def event_list(request: HttpRequest) -> HttpResponse:
    filters = EventFilter(request.GET)
    events = (
        filters.apply(visible_events(request.user))
        .next_first()
        .with_seats()
        .marking_results()
        .select_related("format", "series")
    )
    page = Paginator(events, PAGE).get_page(request.GET.get("pagina"))
    return render(request, "events/staff/event_list.html", {"page": page, "filter_form": filters})


@require_http_methods(["GET", "POST"])
@manage
def event_create(request: HttpRequest) -> HttpResponse:
    """``?ciclo=`` and ``?formato=`` propose the series and the format."""
    initial = {"series": request.GET.get("ciclo"), "format": request.GET.get("formato")}
    return _edit_event(request, None, initial={name: value for name, value in initial.items() if value})


@require_http_methods(["GET", "POST"])
@manage
def event_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit_event(request, managed_event(request, pk))


def programmed_before(request: HttpRequest) -> Event | None:
    """The event that this very form made already, where it is sent again."""
    try:
        uid = UUID(request.POST.get("uid", ""))
    except ValueError:
        return None
    return visible_events(request.user).filter(uid=uid).first()


def _edit_event(request: HttpRequest, event: Event | None, initial: Mapping[str, Any] | None = None) -> HttpResponse:
    if event is None and (twin := programmed_before(request)):
        return redirect("staff_event_detail", twin.pk)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    closing = event.registration_closes_at if event else None  # the form writes on the event
    editor, institutions = event_editor(event=event, data=data, files=files, initial=initial)

    def save() -> Event:
        if event is None:
            return program_once(data=editor.cleaned(), by=request.user)
        saved = editing.save_event(event=event, data=editor.cleaned(), by=request.user)
        if closing and saved.registration_closes_at == closing and saved.start_revision > event.start_revision:
            day = dates.day_label(timezone.localdate(closing, ZoneInfo(saved.time_zone)))
            text = _("El evento cambió de fecha y su inscripción sigue cerrando el {day}, {time}: revise si conviene.")
            messages.warning(request, text.format(day=day, time=dates.time_label(closing, saved.time_zone)))
        return saved

    context = {"event": event, "institutions": institutions, "next_numbers": next_numbers() if event is None else None}
    return work_on(
        request, editor, save, template="events/staff/event_form.html", context=context,
        stored=lambda current: event_editor(event=current)[0], to="staff_event_detail",
        done=_("Se guardó el evento.") if event else _("Se programó el evento. Es un borrador: revíselo y publíquelo."),
    )  # fmt: skip


def work_on(
    request: HttpRequest,
    editor: Editor,
    save: Callable[[], Any],
    *,
    template: str,
    context: Mapping[str, Any],
    stored: Callable[[Any], Editor],
    to: str,
    done: str,
) -> HttpResponse:
    """The one shape of a form with lists: add a row, or bind → valid → service → message → redirect; else draw again.

    422 where something is wrong, 409 with both texts where somebody else saved since the form was read.
    """
    context = {**context, "editor": editor, "form": editor.form}
    if request.method != "POST":
        return render(request, template, context)
    if editor.asks_for_row:
        editor.ask_for_files_again()
        return render(request, template, context)
    status = 422
    if editor.is_valid():
        try:
            saved = save()
        except editing.StaleVersion as stale:
            context["differences"] = editor.keep_going_from(stored(stale.current))
            status = 409
        except ValidationError as error:
            editor.add_error(error)
        else:
            messages.success(request, done)
            return redirect(to, saved.pk)
    editor.ask_for_files_again()
    return render(request, template, context, status=status)


@require_safe
@manage
def event_detail(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    counts = event.registrations.aggregate(
        confirmed=Count("pk", filter=Q(state=RegistrationState.CONFIRMED)),
        offered=Count("pk", filter=Q(state=RegistrationState.OFFERED)),
        waiting=Count("pk", filter=Q(state=RegistrationState.WAITING)),
        cancelled=Count("pk", filter=Q(state=RegistrationState.CANCELLED)),
    )
    attended = event.attendances.aggregate(all=Count("pk"), registered=Count("registration"))
    pools = list(event.seat_pools.select_related("municipality").order_by("modality", "municipality__sort_name"))
    context = {
        "event": event,
        "counts": counts,
        "attended": attended,
        "pools": pools,
        "seats": _seats(pools),
        "organisers": event.organisers.select_related("organisation"),
        "missing": _missing(event),
        "history": event.history.select_related("history_user").order_by("-history_date")[:8],
    }
    return render(request, "events/staff/event_detail.html", context)


def _seats(pools: list[Any]) -> int | None:
    """All the seats there are; None where some pool has no limit."""
    capacities = [pool.capacity for pool in pools]
    return None if not capacities or None in capacities else sum(capacities)


def _missing(event: Event) -> list[str]:
    """What a reader of the event will miss, said before it is published."""
    online = event.modality != "in-person"
    gaps = [
        (event.first_day is None, _("la fecha (se anunciará «por confirmar»)")),
        (event.first_day is not None and event.starts_at is None, _("la hora (sin ella no salen recordatorios)")),
        (online and event.registration_enabled and not event.meeting_url, _("el enlace de la videollamada")),
        (event.modality != "virtual" and not event.venue, _("la sede")),
        (not event.summary and not event.objectives, _("la descripción o los objetivos")),
    ]
    return [text for gap, text in gaps if gap and not event.is_over]


@require_POST
@manage
def event_publish(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    try:
        editing.publish_event(event=event, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("El evento está publicado: ya se ve en el calendario."))
    return redirect("staff_event_detail", pk)


@require_http_methods(["GET", "POST"])
@manage
def event_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    if event.status != EventStatus.PUBLISHED:
        return redirect("staff_event_detail", pk)
    form = CancelForm(request.POST or None)
    if form.is_valid():
        editing.cancel_event(event=event, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, _("El evento está cancelado. Se avisa por correo a las personas inscritas."))
        return redirect("staff_event_detail", pk)
    people = event.registrations.live().count()
    context = {"event": event, "form": form, "people": people}
    return render(request, "events/staff/event_cancel.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@manage
def event_delete(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    if request.method == "POST":
        try:
            editing.delete_draft(event=event, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("staff_event_detail", pk)
        messages.success(request, _("Se borró el borrador «{title}».").format(title=event.title))
        return redirect("staff_event_list")
    if event.status != EventStatus.DRAFT:
        return redirect("staff_event_detail", pk)
    return render(request, "events/staff/event_delete.html", {"event": event})


@require_http_methods(["GET", "POST"])
@manage
def event_results(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    editor = results_editor(event=event, data=data, files=files)

    def save() -> Event:
        return editing.save_event(event=event, data=editor.cleaned(), by=request.user, reason=_("Resultados"))

    return work_on(
        request, editor, save, template="events/staff/event_results.html",
        context={"event": event, "agreements": event.agreements.select_related("municipality", "action")},
        stored=lambda current: results_editor(event=current), to="staff_event_results",
        done=_("Se guardaron los resultados."),
    )  # fmt: skip


@require_POST
@manage
def agreement_action(request: HttpRequest, pk: int, agreement_pk: int) -> HttpResponse:
    """Make a draft action of an agreement, in its municipality."""
    agreement = get_object_or_404(managed_event(request, pk).agreements, pk=agreement_pk)
    was_action = agreement.action_id is not None
    try:
        action, told = make_action(agreement=agreement, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if was_action:
            text = _("Este acuerdo ya era una acción de {municipality}; no se avisa otra vez.")
            messages.info(request, text.format(municipality=action.municipality))
            return redirect("staff_event_results", pk)
        text = _("El acuerdo es un borrador de acción de {municipality}.").format(municipality=action.municipality)
        mail = _("Se avisa por correo a quien lo representa.") if told else _("Nadie recibe aviso por correo.")
        messages.success(request, f"{text} {mail}")
    return redirect("staff_event_results", pk)


@require_safe
@manage
def series_list(request: HttpRequest) -> HttpResponse:
    series = visible_series(request.user).annotate(sessions=Count("events")).order_by("-created_at", "-pk")
    page = Paginator(series, PAGE).get_page(request.GET.get("pagina"))
    counts = session_counts(page)
    rows = [(row, all_sessions(counts[row.pk])) for row in page]
    return render(request, "events/staff/series_list.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
@manage
def series_create(request: HttpRequest) -> HttpResponse:
    return _edit_series(request, None)


@require_http_methods(["GET", "POST"])
@manage
def series_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit_series(request, get_object_or_404(visible_series(request.user), pk=pk))


@require_http_methods(["GET", "POST"])
@manage
def series_delete(request: HttpRequest, pk: int) -> HttpResponse:
    series = get_object_or_404(visible_series(request.user), pk=pk)
    if request.method == "POST":
        try:
            editing.delete_series(series=series, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("staff_series_edit", pk)
        messages.success(request, _("Se borró el ciclo «{title}».").format(title=series.title))
        return redirect("staff_series_list")
    if series.events.exists():
        return redirect("staff_series_edit", pk)
    return render(request, "events/staff/series_delete.html", {"series": series})


def _edit_series(request: HttpRequest, series: Any) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    editor, institutions = series_editor(series=series, data=data)

    def save() -> Any:
        if series is None:
            return editing.create_series_once(data=editor.cleaned(), by=request.user)
        return editing.save_series(series=series, data=editor.cleaned(), by=request.user)

    is_empty = series is not None and not series.events.exists()
    return work_on(
        request, editor, save, template="events/staff/series_form.html",
        context={"series": series, "institutions": institutions, "is_empty": is_empty},
        stored=lambda current: series_editor(series=current)[0], to="staff_series_edit", done=_("Se guardó el ciclo."),
    )  # fmt: skip
