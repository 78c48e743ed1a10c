"""The record of an action: written, changed and deleted by its municipality."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from actions.enums import OPEN_STATUSES, ActionStatus, ReviewState
from actions.models import Action, Hazard, Indicator, Milestone
from actions.services.evidence import EvidenceValues, add_evidence, forget_files
from actions.services.reviews import answer_comments
from actions.services.turns import WrongState, drop, keep, lock, record, take_turn
from municipalities.models import Municipality
from network.models import SDG, Pathway, User
from web.search import search_text

# In these states the record is the municipality's.
WITH_MUNICIPALITY: frozenset[str] = frozenset({ReviewState.DRAFT, ReviewState.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorValues:
    """What is measured; numbers are in ``unit``."""

    name: str
    unit: str
    direction: str
    target: Decimal
    baseline: Decimal | None = None


def save_action(
    *,
    action: Action | None,
    municipality: Municipality,
    values: Mapping[str, Any],
    by: User | None,
    linked_pathways: Iterable[Pathway] = (),
    sdgs: Iterable[SDG] = (),
    hazards: Iterable[Hazard] = (),
    related: Iterable[Action] | None = None,
    indicator: IndicatorValues | None = None,
    evidence: EvidenceValues | None = None,
    version: int | None = None,
    request_key: UUID | None = None,
    reason: str = "",
    said: Mapping[str, str] | None = None,
    milestones: Iterable[tuple[str, int]] = (),
    states: frozenset[str] = WITH_MUNICIPALITY,
) -> Action:
    """Store a new draft (``action=None``) or change one that is with the municipality.

    ``values`` holds the fields of :class:`Action` that a person fills in. A missing ``pathway`` is the one proposed for
    the sector; a missing ``status`` follows from the date it starts; ``related=None`` leaves related actions as they
    are. ``request_key`` names the form that was opened: a second call with the same key gives the first one's action.
    Raises :class:`StaleVersion` where ``version`` is no longer the current one and :class:`WrongState` where the action
    is in none of ``states``. ``reason`` is what the history says; by default that it was recorded or changed.
    ``said`` is what each field of the form says now, in words: comments of the institute on fields that say something
    else than they did count as answered. ``milestones``: steps that a new action begins with, with their weights.
    """
    if action is None:
        try:
            with transaction.atomic():
                action = _new_action(municipality, by, request_key, values)
                _fill(action, values, linked_pathways, sdgs, hazards, indicator, by)
                _relate(action, related)
                for place, (title, weight) in enumerate(milestones):
                    step = Milestone(action=action, title=title, weight=weight, order=place)
                    keep(step, by, _("Hito agregado"))
                record(action, by, reason or _("Registro de la acción"))
                action.history.update(history_type="+")
                if evidence is not None:
                    add_evidence(action=action, evidence=evidence, by=by)
        except IntegrityError:
            twin = (
                Action.objects.filter(request_key=request_key, municipality=municipality).first()
                if request_key
                else None
            )
            if twin is None:
                raise
            return twin
        return action
    with transaction.atomic():
        take_turn(action, version, set(states))
        _fill(action, values, linked_pathways, sdgs, hazards, indicator, by)
        _relate(action, related)
        record(action, by, reason or _("Cambio de datos"))
        if said is not None and action.is_returned:
            answer_comments(action=action, said=said)
        if evidence is not None:
            add_evidence(action=action, evidence=evidence, by=by)
    return action


def delete_draft(*, action: Action, by: User | None) -> None:
    """Delete a draft with everything in it. Raises :class:`WrongState` once it has been sent."""
    with transaction.atomic():
        lock(action)
        if not action.is_draft:
            raise WrongState
        forget_files(action.evidence.all())
        action._history_user = by  # type: ignore[attr-defined]
        action._change_reason = _("Borrador eliminado")  # type: ignore[attr-defined]
        action.delete()


# --- Steps of the above


def _new_action(municipality: Municipality, by: User | None, key: UUID | None, values: Mapping[str, Any]) -> Action:
    slug = slugify(f"{municipality.slug[:60]} {values['title']}")[:170].strip("-")
    if Action.objects.filter(slug=slug).exists():
        slug = f"{slug}-{secrets.token_hex(3)}"
    return Action(municipality=municipality, slug=slug, created_by=by, request_key=key)


def _fill(
    action: Action,
    values: Mapping[str, Any],
    linked_pathways: Iterable[Pathway],
    sdgs: Iterable[SDG],
    hazards: Iterable[Hazard],
    indicator: IndicatorValues | None,
    by: User | None,
) -> None:
    """Put values into a row that the caller holds, and store it without a line of history (that comes last, as one)."""
    before = action.status
    for name, value in values.items():
        setattr(action, name, value)
    if not values.get("pathway"):
        action.pathway = action.sector.entry_pathway or Pathway.objects.all()[0]
    if not values.get("status"):
        action.status = _status_by_dates(action, before)
    if action.status != before and not {action.status, before} <= set(OPEN_STATUSES):
        raise ValueError("Suspending, cancelling, resuming and closing are steps of their own.")
    action.search_text = _search_text(action)
    action.skip_history_when_saving = True  # type: ignore[attr-defined]
    action.save()
    action.linked_pathways.set(linked_pathways)
    action.sdgs.set(sdgs)
    action.hazards.set(hazards)
    del action.skip_history_when_saving  # type: ignore[attr-defined]
    _set_indicator(action, indicator, by)


def _status_by_dates(action: Action, before: str) -> str:
    if before not in OPEN_STATUSES:
        return before
    return ActionStatus.UNDER_WAY if action.starts_on <= timezone.localdate() else ActionStatus.PLANNED


def _relate(action: Action, related: Iterable[Action] | None) -> None:
    """A draft of another municipality that names this action stays tied to it: whoever writes here cannot see it."""
    if related is None:
        return
    related = list(related)
    tied = Action.objects.filter(related_actions=action).exclude(municipality=action.municipality_id)
    out_of_sight = set(tied.exclude(pk__in=Action.objects.published().values("pk")).values_list("pk", flat=True))
    if related or out_of_sight or action.related_actions.exists():
        action.related_actions.set({*(row.pk for row in related), *out_of_sight})


@transaction.atomic
def rewrite_search_texts() -> None:
    """Write anew what every action is found by, as another version or another name of its parts has it."""
    actions = Action.objects.select_for_update(of=("self",)).select_related("municipality", "sector")
    for action in actions:
        action.search_text = _search_text(action)
    Action.objects.bulk_update(actions, ["search_text"], batch_size=200)


def _search_text(action: Action) -> str:
    return search_text(
        action.title, action.municipality.name, action.sector.name, action.sector.name_en, action.responsible_area,
        action.place, action.partners, action.description,
    )  # fmt: skip


def _set_indicator(action: Action, values: IndicatorValues | None, by: User | None) -> None:
    """The form holds one indicator: it is made, changed, or taken away where nothing was measured with it yet."""
    current = action.indicators.first()
    if values is None:
        if current is not None and not current.readings.exists():
            drop(current, by, _("Indicador retirado"))
        return
    indicator = current or Indicator(action=action)
    before = {name: getattr(indicator, name) for name in asdict(values)}
    for name, value in asdict(values).items():
        setattr(indicator, name, value)
    if current is None or before != asdict(values):
        keep(indicator, by, _("Indicador corregido") if current else _("Indicador agregado"))
