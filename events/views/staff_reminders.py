"""The staff's side of reminders: the stages of all events and of formats, and those of one event."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.figures import ReminderCounts, reminder_counts
from events.forms.reminders import stage_editor
from events.models import Event, ReminderStage, in_force
from events.models.events import RESULTS_DUE
from events.rules import visible_reminder_stages
from events.services import stages as services
from events.texts import key_of
from events.views.staff import managed_event, work_on
from web import dates

manage = permission_required("events.manage_reminders", raise_exception=True)


@dataclass(frozen=True)
class ListedStage:
    """A stage of the list; ``instead_of``: the common one that it stands in for in its format."""

    stage: ReminderStage
    instead_of: str

    @property
    def text_key(self) -> str:
        return key_of(self.stage)


@require_safe
@manage
def stage_list(request: HttpRequest) -> HttpResponse:
    """Those of all events and those of each format, in the order of their moments."""
    stages = list(visible_reminder_stages(request.user).of_all().select_related("format"))
    names = {stage.code: stage.label for stage in stages if stage.format is None}
    groups: dict[Any, list[ListedStage]] = {None: []}
    for stage in sorted(stages, key=lambda stage: stage.format.order if stage.format else -1):
        instead_of = names.get(stage.code, "") if stage.format else ""
        groups.setdefault(stage.format, []).append(ListedStage(stage, instead_of))
    common = groups.pop(None)
    context = {
        "common": common,
        "formats": list(groups.items()),
        "total": len(stages),
        "active": sum(stage.is_active for stage in stages),
        "results_days": RESULTS_DUE.days,
    }
    return render(request, "events/staff/reminder_list.html", context)


@require_http_methods(["GET", "POST"])
@manage
def stage_create(request: HttpRequest) -> HttpResponse:
    """``?de=`` names the common stage that the new one stands in for, in the events of a format."""
    like = _stage_of(visible_reminder_stages(request.user).of_all().filter(format=None), request.GET.get("de"))
    return _edit(request, None, like=like)


@require_http_methods(["GET", "POST"])
@manage
def stage_edit(request: HttpRequest, pk: int) -> HttpResponse:
    stages = visible_reminder_stages(request.user).select_related("format", "event__format", "event__series")
    stage = get_object_or_404(stages, pk=pk)
    return _edit(request, stage, event=stage.event)


@require_POST
@manage
def stage_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """``activa=1`` switches it on, anything else off."""
    stage = get_object_or_404(visible_reminder_stages(request.user).of_all(), pk=pk)
    try:
        stage = services.switch_stage(stage=stage, active=request.POST.get("activa") == "1", by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("Se encendió «{name}».") if stage.is_active else _("Se apagó «{name}».")
        messages.success(request, text.format(name=stage.label))
    return redirect("staff_reminder_list")


@require_http_methods(["GET", "POST"])
@manage
def stage_delete(request: HttpRequest, pk: int) -> HttpResponse:
    stage = get_object_or_404(visible_reminder_stages(request.user).select_related("format", "event"), pk=pk)
    back = _back_to(stage.event)
    if request.method == "POST" or not services.can_delete(stage):
        try:
            services.delete_stage(stage=stage, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Se borró la etapa «{name}».").format(name=stage.label))
        return redirect(*back)
    context = {"stage": stage, "event": stage.event, "replaced": services.replaced(stage)}
    return render(request, "events/staff/reminder_delete.html", context)


@dataclass(frozen=True)
class StageRow:
    """A stage as it is for one event."""

    stage: ReminderStage
    counts: ReminderCounts
    due: str
    state: str

    @property
    def reaches(self) -> bool:
        return self.stage.is_active and self.state in {"ahead", "due"}


@require_safe
@manage
def event_stages(request: HttpRequest, pk: int) -> HttpResponse:
    event = managed_event(request, pk)
    stages = in_force(event, visible_reminder_stages(request.user).about(event).select_related("format"))
    return render(request, "events/staff/event_reminders.html", {"event": event, "rows": _rows(event, stages)})


@require_http_methods(["GET", "POST"])
@manage
def event_stage_create(request: HttpRequest, pk: int) -> HttpResponse:
    """``?de=`` names the stage that the new one stands in for in this event."""
    event = managed_event(request, pk)
    stages = in_force(event, visible_reminder_stages(request.user).about(event).select_related("format"))
    like = _stage_of(stages, request.GET.get("de"))
    if like is not None and like.event_id is not None:
        return redirect("staff_reminder_edit", like.pk)
    return _edit(request, None, event=event, like=like)


@require_POST
@manage
def event_stage_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """``etapa`` is the code of the stage, ``activa=1`` switches it on for this event, anything else off."""
    event = managed_event(request, pk)
    active = request.POST.get("activa") == "1"
    try:
        services.switch_for_event(event=event, code=request.POST.get("etapa", ""), active=active, by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Se encendió para este evento.") if active else _("Se apagó para este evento."))
    return redirect("staff_event_reminders", pk)


def _edit(
    request: HttpRequest, stage: ReminderStage | None, *, event: Event | None = None, like: ReminderStage | None = None
) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    editor = stage_editor(stage=stage, like=like, event=event, data=data)

    def save() -> Any:
        code = like.code if like else ""
        saved = services.save_stage(stage=stage, data=editor.cleaned(), by=request.user, event=event, code=code)
        return event or saved

    context = {
        "stage": stage,
        "event": event,
        "instead": services.replaced(stage) if stage else like,
        "text_key": key_of(stage) if stage else "",
        "can_delete": stage is not None and services.can_delete(stage),
    }
    return work_on(
        request, editor, save, template="events/staff/reminder_form.html", context=context,
        stored=lambda current: stage_editor(stage=current),
        to="staff_event_reminders" if event else "staff_reminder_edit", done=_("Se guardó la etapa."),
    )  # fmt: skip


def _stage_of(stages: Iterable[ReminderStage], code: str | None) -> ReminderStage | None:
    """The one of this code, 404 where there is none; None where no code is given."""
    if not code:
        return None
    found = next((stage for stage in stages if stage.code == code), None)
    if found is None:
        raise Http404
    return found


def _back_to(event: Event | None) -> tuple[Any, ...]:
    return ("staff_event_reminders", event.pk) if event else ("staff_reminder_list",)


def _rows(event: Event, stages: list[ReminderStage]) -> list[StageRow]:
    """The stages in the order of their moments in this event; those without one last."""
    far = datetime.max.replace(tzinfo=ZoneInfo("UTC"))
    ordered = sorted(
        stages, key=lambda stage: (stage.due_at(event) or far, stage.anchor != "start", stage.offset_minutes)
    )
    counts = reminder_counts(event, ordered)
    return [StageRow(stage, one, *_moment(event, stage)) for stage, one in zip(ordered, counts, strict=True)]


def _moment(event: Event, stage: ReminderStage) -> tuple[str, str]:
    """When a stage falls due in this event, as its place's clock says it, and whether that is ahead, due or past."""
    now, due, expires = timezone.now(), stage.due_at(event), stage.expires_at(event)
    if due is None or expires is None or due >= expires:
        return "", "never"
    label = (
        f"{dates.day_label(due.astimezone(ZoneInfo(event.time_zone)).date())}, {dates.time_label(due, event.time_zone)}"
    )
    if now >= expires:
        return label, "past"
    return label, "due" if now >= due else "ahead"
