"""Everything that changes an action. Each function is one transaction and leaves a line of history: who and why.

The record travels: *draft* → submitted → (*returned* → submitted …) → validated. Its fields change only while it is
with the municipality; follow-up and evidence may be added at any time, because the work goes on while it is reviewed.
"""

import datetime
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from actions.enums import ActionStatus, ReviewDecision, ReviewState
from actions.models import Action, Evidence, FollowUp, Hazard, Indicator, IndicatorReading, Review
from municipalities.models import Municipality
from network.models import SDG, Designation, Pathway, User
from outbox.services import enqueue
from web.models import Installation
from web.search import search_text


class StaleVersion(Exception):
    """Somebody else changed the action since it was opened. Nothing was stored."""


class WrongState(Exception):
    """The action is not in a state in which this can be done. Nothing was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorValues:
    """What is measured; numbers are in ``unit``."""

    name: str
    unit: str
    direction: str
    target: Decimal
    baseline: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceValues:
    """A file that :mod:`web.uploads` has checked, or a link: one of the two."""

    title: str
    file: File | None = None
    original_name: str = ""
    url: str = ""


def save_action(
    *,
    action: Action | None,
    municipality: Municipality,
    values: Mapping[str, Any],
    by: User | None,
    linked_pathways: Iterable[Pathway] = (),
    sdgs: Iterable[SDG] = (),
    hazards: Iterable[Hazard] = (),
    indicator: IndicatorValues | None = None,
    version: int | None = None,
    request_key: UUID | None = None,
) -> Action:
    """Store a new draft (``action=None``) or change one that is with the municipality.

    ``values`` holds the fields of :class:`Action` that a person fills in. A missing ``pathway`` is the one proposed for
    the sector; a missing ``status`` follows from the date it starts. ``request_key`` names the form that was opened: a
    second call with the same key gives the first one's action. Raises :class:`StaleVersion` where ``version`` is no
    longer the current one and :class:`WrongState` where the action is with the institute.
    """
    if action is None:
        try:
            with transaction.atomic():
                action = _new_action(municipality, by, request_key, values)
                _fill(action, values, linked_pathways, sdgs, hazards, indicator)
                _record(action, by, _("Registro de la acción"))
                action.history.update(history_type="+")
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
        _take_turn(action, version, {ReviewState.DRAFT, ReviewState.RETURNED})
        _fill(action, values, linked_pathways, sdgs, hazards, indicator)
        _record(action, by, _("Cambio de datos"))
    return action


def submit_action(*, action: Action, version: int | None, by: User | None) -> Review:
    """Send an action to the institute. Its fields are closed until it comes back; the institute's mailbox is told."""
    with transaction.atomic():
        _take_turn(action, version, {ReviewState.DRAFT, ReviewState.RETURNED})
        action.review_state = ReviewState.SUBMITTED
        action.submitted_at = timezone.now()
        _record(action, by, _("Envío a revisión"))
        review = Review.objects.create(action=action, decision=ReviewDecision.SUBMITTED, created_by=by)
        enqueue(
            kind="actions.submitted",
            dedupe_key=f"actions.submitted:{review.pk}",
            to_email=Installation.current().contact_email,
            params={"review": review.pk},
            language="es",
            cause=f"submit_action:{action.pk}",
        )
    return review


def return_action(*, action: Action, comment: str, version: int | None, by: User | None) -> Review:
    """Give an action back with a comment that says what to correct.

    A validated action may be returned too: it leaves the public pages until it is validated again.
    """
    with transaction.atomic():
        _take_turn(action, version, {ReviewState.SUBMITTED, ReviewState.VALIDATED})
        action.review_state = ReviewState.RETURNED
        action.validated_at = None
        return _decide(action, ReviewDecision.RETURNED, comment, by, _("Devuelta con observaciones"))


def validate_action(*, action: Action, version: int | None, by: User | None, comment: str = "") -> Review:
    """Accept an action: from now on it is public and counted."""
    with transaction.atomic():
        _take_turn(action, version, {ReviewState.SUBMITTED})
        action.review_state = ReviewState.VALIDATED
        action.validated_at = timezone.now()
        return _decide(action, ReviewDecision.VALIDATED, comment, by, _("Validación"))


def add_follow_up(
    *,
    action: Action,
    date: datetime.date,
    progress: int,
    status: str,
    text: str,
    by: User | None,
    readings: Mapping[int, Decimal] | None = None,
    evidence: EvidenceValues | None = None,
    request_key: UUID | None = None,
) -> FollowUp:
    """Say how far the work is on a date, with readings (indicator id → value) and evidence in the same step.

    The action takes progress and status of its newest follow-up: one entered late about an earlier day changes neither.
    A second reading of an indicator on the same day corrects the first. A second call with the same ``request_key``
    gives the first one's follow-up.
    """
    with transaction.atomic():
        _lock(action)
        known = action.follow_ups.filter(request_key=request_key).first() if request_key else None
        if known is not None:
            return known
        follow_up = FollowUp.objects.create(
            action=action,
            date=date,
            progress=progress,
            status=status,
            text=text,
            created_by=by,
            request_key=request_key,
        )
        own = set(action.indicators.values_list("pk", flat=True))
        for indicator_id, value in (readings or {}).items():
            if indicator_id not in own:
                raise ValueError("The indicator belongs to another action.")
            IndicatorReading.objects.update_or_create(
                indicator_id=indicator_id, date=date, defaults={"value": value, "follow_up": follow_up}
            )
        if action.last_follow_up_on is None or date >= action.last_follow_up_on:
            action.progress, action.status, action.last_follow_up_on = progress, status, date
        action.version += 1
        _record(action, by, _("Seguimiento del %(date)s") % {"date": date.isoformat()})
        if evidence is not None:
            _store_evidence(action, evidence, by, follow_up)
    return follow_up


def add_evidence(*, action: Action, evidence: EvidenceValues, by: User | None) -> Evidence:
    """Attach a file or a link. The same file or link again gives the evidence that is there."""
    with transaction.atomic():
        _lock(action)
        return _store_evidence(action, evidence, by, None)


def remove_evidence(*, evidence: Evidence, by: User | None) -> None:
    """Take an evidence away while the record is with the municipality; its file goes once that is certain."""
    with transaction.atomic():
        action = _lock(evidence.action)
        if not action.is_editable:
            raise WrongState
        _forget_files([evidence])
        evidence.delete()
        action.version += 1
        _record(action, by, _("Evidencia retirada"))


def delete_draft(*, action: Action, by: User | None) -> None:
    """Delete a draft with everything in it. Raises :class:`WrongState` once it has been sent."""
    with transaction.atomic():
        _lock(action)
        if action.review_state != ReviewState.DRAFT:
            raise WrongState
        _forget_files(action.evidence.all())
        action._history_user = by  # type: ignore[attr-defined]
        action._change_reason = _("Borrador eliminado")  # type: ignore[attr-defined]
        action.delete()


def tell_liaisons(*, municipality: int, kind: str, key: str, params: Mapping[str, Any], cause: str) -> int:
    """Queue one mail to each person designated for the municipality with this id; returns to how many.

    Call it in the transaction of the fact. ``key`` says what it is about: told once.
    """
    told: set[str] = set()
    people = Designation.objects.in_force().filter(municipality=municipality)
    for designation in people.select_related("person__user"):
        person = designation.person
        address = (person.email or (person.user.email if person.user else "")).strip().lower()
        if not address or address in told:  # colleagues may share a mailbox
            continue
        told.add(address)
        enqueue(
            kind=kind,
            dedupe_key=f"{key}:{designation.pk}",
            to_email=address,
            to_name=person.name,
            params={**params, "designation": designation.pk},
            language=person.user.language if person.user else "es",
            cause=cause,
        )
    return len(told)


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
) -> None:
    """Put values into a row that the caller holds, and store it without a line of history (that comes last, as one)."""
    for name, value in values.items():
        setattr(action, name, value)
    if not values.get("pathway"):
        action.pathway = action.sector.entry_pathway or Pathway.objects.all()[0]
    if not values.get("status"):
        begun = action.starts_on <= timezone.localdate()
        action.status = ActionStatus.UNDER_WAY if begun else ActionStatus.PLANNED
    action.search_text = _search_text(action)
    action.skip_history_when_saving = True  # type: ignore[attr-defined]
    action.save()
    action.linked_pathways.set(linked_pathways)
    action.sdgs.set(sdgs)
    action.hazards.set(hazards)
    del action.skip_history_when_saving  # type: ignore[attr-defined]
    _set_indicator(action, indicator)


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


def _set_indicator(action: Action, values: IndicatorValues | None) -> None:
    """The form holds one indicator: it is made, changed, or taken away where nothing was measured with it yet."""
    current = action.indicators.first()
    if values is None:
        if current is not None and not current.readings.exists():
            current.delete()
        return
    indicator = current or Indicator(action=action)
    for name, value in asdict(values).items():
        setattr(indicator, name, value)
    indicator.save()


def _take_turn(action: Action, version: int | None, states: set[ReviewState]) -> None:
    """Hold the row until the transaction ends, if it still is the version that was read and in one of the states."""
    wanted = {"review_state__in": states} | ({"version": version} if version is not None else {})
    if not Action.objects.filter(pk=action.pk, **wanted).update(version=F("version") + 1):
        current = Action.objects.get(pk=action.pk)
        raise StaleVersion if version is not None and current.version != version else WrongState
    action.refresh_from_db()


def _lock(action: Action) -> Action:
    """Hold the row and read it again. SQLite holds the whole database instead."""
    Action.objects.select_for_update().only("pk").get(pk=action.pk)
    action.refresh_from_db()
    return action


def _record(action: Action, by: User | None, reason: str) -> None:
    """Store the row with one line of history: who and why."""
    action._history_user = by  # type: ignore[attr-defined]
    action._change_reason = reason[:100]  # type: ignore[attr-defined]
    action.save()


def _decide(action: Action, decision: ReviewDecision, comment: str, by: User | None, reason: str) -> Review:
    _record(action, by, reason)
    review = Review.objects.create(action=action, decision=decision, comment=comment, created_by=by)
    tell_liaisons(
        municipality=action.municipality_id,
        kind=f"actions.{decision.value}",
        key=f"actions.{decision.value}:{review.pk}",
        params={"review": review.pk},
        cause=f"review:{review.pk}",
    )
    return review


def _store_evidence(action: Action, values: EvidenceValues, by: User | None, follow_up: FollowUp | None) -> Evidence:
    if bool(values.file) == bool(values.url):
        raise ValueError("Evidence is a file or a link.")
    digest = ""
    if values.file:
        digest = hashlib.sha256(b"".join(values.file.chunks())).hexdigest()
        values.file.seek(0)
        same = action.evidence.filter(sha256=digest).first()
    else:
        same = action.evidence.filter(url=values.url).first()
    if same is not None:
        return same
    return Evidence.objects.create(
        action=action,
        follow_up=follow_up,
        title=values.title,
        file=values.file or "",
        original_name=values.original_name[:200],
        sha256=digest,
        url=values.url,
        created_by=by,
    )


def _forget_files(rows: Iterable[Evidence]) -> None:
    for row in rows:
        if row.file.name:
            transaction.on_commit(partial(row.file.storage.delete, row.file.name))
