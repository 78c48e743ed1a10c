"""How staff write the stages of reminders: of all events, of a format, or one event's own."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext as _

from events.models import Event, ReminderStage, ReminderStageQuerySet, in_force
from events.services.rows import Row, StaleVersion
from network.models import User

FIELDS = ("name", "name_en", "anchor", "offset_minutes", "modality", "audience", "is_active")


@transaction.atomic
def save_stage(
    *, stage: ReminderStage | None, data: Row, by: User | None, event: Event | None = None, code: str = ""
) -> ReminderStage:
    """Create or change a stage.

    A new one is of ``event``, or of the ``format`` in ``data``, or of all events. ``code`` names the stage that it
    stands in for there; without one it is a stage of its own, whose code is made of its name and never changes.
    ``version`` is the one that was read: a different one stored raises :class:`StaleVersion`. What would be ambiguous
    raises ``ValidationError``.
    """
    if stage is None:
        stage = ReminderStage(event=event, format=data.get("format"), code=code or code_of(data["name"]))
        _refuse_taken_code(stage, stands_in=bool(code))
    else:
        stage = _locked(stage)
        if data["version"] != stage.version:
            raise StaleVersion(stage)
        stage.version += 1
    for name in FIELDS:
        setattr(stage, name, data[name])
    _refuse_same_moment(stage)
    stage._history_user = by  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            stage.save()
    except IntegrityError:  # of two who make the same one at once
        raise ValidationError(_("Alguien acaba de crear esta etapa: vuelva a la lista.")) from None
    return stage


@transaction.atomic
def switch_stage(*, stage: ReminderStage, active: bool, by: User | None) -> ReminderStage:
    """Switch a stage on or off; once it is as asked for, nothing changes."""
    stage = _locked(stage)
    if stage.is_active != active:
        stage.is_active = active
        stage.version += 1
        stage._history_user = by  # type: ignore[attr-defined]
        stage.save()
    return stage


@transaction.atomic
def switch_for_event(*, event: Event, code: str, active: bool, by: User | None) -> None:
    """Switch a stage on or off for this event alone: with an own copy of what applies to it.

    A copy that says again what applies without it is taken away, so that later changes of that reach the event again.
    """
    event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    stages = [stage for stage in ReminderStage.objects.about(event) if stage.code == code]
    own = next((stage for stage in stages if stage.event_id is not None), None)
    common = next(iter(in_force(event, [stage for stage in stages if stage is not own])), None)
    if own is not None:
        own = switch_stage(stage=own, active=active, by=by)
        if common is not None and all(getattr(own, name) == getattr(common, name) for name in FIELDS):
            _delete(own, by=by)
    elif common is None:
        raise ValidationError(_("Esa etapa ya no existe: vuelva a abrir la página."))
    elif common.is_active != active:
        data = {name: getattr(common, name) for name in FIELDS} | {"is_active": active}
        save_stage(stage=None, data=data, by=by, event=event, code=code)


@transaction.atomic
def delete_stage(*, stage: ReminderStage, by: User | None) -> None:
    """Delete a stage that nobody was written to by; an event's own may always go. ``ValidationError`` otherwise."""
    stage = _locked(stage)
    if not can_delete(stage):
        raise ValidationError(_("Con esta etapa ya se enviaron recordatorios: en vez de borrarla, apáguela."))
    _delete(stage, by=by)


def can_delete(stage: ReminderStage) -> bool:
    return stage.event_id is not None or stage.last_used_at is None


def replaced(stage: ReminderStage) -> ReminderStage | None:
    """What would apply without this stage, where it stands in for another one."""
    wider = _wider(stage).filter(code=stage.code)
    return wider.select_related("format").order_by(F("format").desc(nulls_last=True)).first()


def code_of(name: str) -> str:
    return slugify(name)[:30].strip("-") or "etapa"


def _locked(stage: ReminderStage) -> ReminderStage:
    found = ReminderStage.objects.select_for_update().filter(pk=stage.pk).first()
    if found is None:
        raise ValidationError(_("Alguien acaba de borrar esta etapa: vuelva a la lista."))
    return found


def _delete(stage: ReminderStage, *, by: User | None) -> None:
    stage._history_user = by  # type: ignore[attr-defined]
    stage.delete()


def _siblings(stage: ReminderStage) -> ReminderStageQuerySet:
    """The others of the same scope."""
    return ReminderStage.objects.filter(event=stage.event, format=stage.format).exclude(pk=stage.pk)


def _wider(stage: ReminderStage) -> ReminderStageQuerySet:
    """Those of the scopes that the stage's own is a part of."""
    if stage.event is not None:
        return ReminderStage.objects.about(stage.event).filter(event=None)
    common = ReminderStage.objects.filter(event=None, format=None)
    return common if stage.format is not None else common.none()


def _refuse_taken_code(stage: ReminderStage, *, stands_in: bool) -> None:
    twin = _siblings(stage).filter(code=stage.code).first()
    if twin is not None:
        message = _("Ya está la etapa «{name}» para: {scope}. Cámbiela a ella, o escriba otro nombre.")
        raise ValidationError({"name": message.format(name=twin.label, scope=twin.scope_label)})
    other = None if stands_in else _wider(stage).select_related("format").filter(code=stage.code).first()
    if other is not None:
        message = _("Ese nombre es el de la etapa «{name}» ({scope}). Escriba otro, o sustituya esa desde la lista.")
        raise ValidationError({"name": message.format(name=other.label, scope=other.scope_label)})


def _refuse_same_moment(stage: ReminderStage) -> None:
    """Of two stages at one moment each person would get one of them alone."""
    if not stage.is_active:
        return
    same = _siblings(stage).active().filter(anchor=stage.anchor, offset_minutes=stage.offset_minutes)
    same = same.filter(audience=stage.audience)
    if stage.modality:
        same = same.filter(modality__in=["", stage.modality])
    twin = same.first()
    if twin is not None:
        message = _("«{name}» sale a esa misma hora a las mismas personas: cada una recibiría solo una de las dos.")
        raise ValidationError(message.format(name=twin.label))
