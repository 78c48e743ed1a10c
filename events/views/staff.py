"""The staff's side of series and events: list, write, publish, cancel, results."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.enums import EventStatus, RegistrationState
from events.forms.editor import Editor
from events.forms.staff import CancelForm, EventFilter, event_editor, results_editor, series_editor
from events.models import Event
from events.rules import visible_events, visible_series
from events.services import editing

PAGE = 25
manage = permission_required("events.manage_event", raise_exception=True)


def managed_event(request: HttpRequest, pk: int) -> Event:
    """The event, with what every staff page of it names."""
    events = visible_events(request.user).select_related("format", "series", "municipality", "pathway")
    return get_object_or_404(events, pk=pk)


@require_safe
@manage
def event_list(request: HttpRequest) -> HttpResponse:
    filters = EventFilter(request.GET)
    events = filters.apply(visible_events(request.user)).next_first().with_seats().select_related("format", "series")
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


def _edit_event(request: HttpRequest, event: Event | None, initial: Mapping[str, Any] | None = None) -> HttpResponse:
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    editor, institutions = event_editor(event=event, data=data, files=files, initial=initial)

    def save() -> Event:
        return editing.save_event(event=event, data=editor.cleaned(), by=request.user)

    context = {"event": event, "institutions": institutions}
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
    if request.method != "POST" or editor.asks_for_row:
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
    return render(request, template, context, status=status)


@require_safe
@manage
def event_detail(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    counts = event.registrations.aggregate(
        confirmed=Count("pk", filter=Q(state=RegistrationState.CONFIRMED)),
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
        request, editor, save, template="events/staff/event_results.html", context={"event": event},
        stored=lambda current: results_editor(event=current), to="staff_event_results",
        done=_("Se guardaron los resultados."),
    )  # fmt: skip


@require_safe
@manage
def series_list(request: HttpRequest) -> HttpResponse:
    series = (
        visible_series(request.user)
        .annotate(
            sessions=Count("events"),
            published=Count("events", filter=Q(events__status=EventStatus.PUBLISHED)),
        )
        .order_by("-created_at", "-pk")
    )
    page = Paginator(series, PAGE).get_page(request.GET.get("pagina"))
    return render(request, "events/staff/series_list.html", {"page": page})


@require_http_methods(["GET", "POST"])
@manage
def series_create(request: HttpRequest) -> HttpResponse:
    return _edit_series(request, None)


@require_http_methods(["GET", "POST"])
@manage
def series_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit_series(request, get_object_or_404(visible_series(request.user), pk=pk))


def _edit_series(request: HttpRequest, series: Any) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    editor, institutions = series_editor(series=series, data=data)

    def save() -> Any:
        return editing.save_series(series=series, data=editor.cleaned(), by=request.user)

    return work_on(
        request, editor, save, template="events/staff/series_form.html",
        context={"series": series, "institutions": institutions},
        stored=lambda current: series_editor(series=current)[0], to="staff_series_edit", done=_("Se guardó el ciclo."),
    )  # fmt: skip
