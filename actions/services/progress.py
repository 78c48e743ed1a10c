"""Follow-up: how far the work is, with readings and evidence. It may come at any time, also during a review."""

import datetime
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from actions.enums import OPEN_STATUSES, ProgressBasis
from actions.models import Action, FollowUp, IndicatorReading, progress_on
from actions.services.evidence import EvidenceValues, known_evidence, store_evidence
from actions.services.turns import AlreadySent, lock, record
from network.models import User


def add_follow_up(
    *,
    action: Action,
    date: datetime.date,
    status: str,
    text: str,
    by: User | None,
    progress: int | None = None,
    progress_reason: str = "",
    milestones: Collection[int] = (),
    readings: Mapping[int, Decimal] | None = None,
    evidence: EvidenceValues | None = None,
    request_key: UUID | None = None,
) -> FollowUp:
    """Say how far the work is on a date, with milestones met (their ids), readings (indicator id → value) and evidence
    in the same step.

    The progress is worked out from milestones or indicators as they stand that day. Another one may be given, with its
    reason, and has to be where nothing can be worked out: ValueError otherwise.

    The action takes progress and status of its newest follow-up: one entered late about an earlier day changes neither.
    The status of an action that was suspended, cancelled or completed is changed by its own step, not by a follow-up.
    A second reading of an indicator on the same day corrects the first. A second call with the same ``request_key``
    gives the first one's follow-up, where it says the same: :class:`AlreadySent` otherwise.
    """
    with transaction.atomic():
        lock(action)
        known = action.follow_ups.filter(request_key=request_key).first() if request_key else None
        if known is not None:
            if not _says_the_same(
                known, milestones=milestones, readings=readings or {}, evidence=evidence,
                date=date, status=status, text=text, progress_reason=progress_reason,
                progress=known.progress if progress is None else progress,
            ):  # fmt: skip
                raise AlreadySent
            return known
        if status not in OPEN_STATUSES and status != action.status:
            raise ValueError("Suspending, cancelling and closing are steps of their own.")
        if not action.is_open:
            status = action.status
        follow_up = FollowUp(
            action=action,
            date=date,
            progress=progress or 0,
            progress_reason=progress_reason,
            status=status,
            text=text,
            created_by=by,
            request_key=request_key,
        )
        follow_up.save()
        _meet(action, milestones, date, by)
        _measure(action, readings or {}, follow_up, by)
        basis = ProgressBasis.TYPED
        if progress is None:
            computed = progress_on(date, action.milestones.all(), action.indicators.measured())
            if computed is None:
                raise ValueError("There is nothing to work the progress out from: it has to be given.")
            follow_up.progress, basis = computed.value, computed.basis
            follow_up.save()
        elif not progress_reason:
            raise ValueError("A progress that is typed needs its reason.")
        if action.last_follow_up_on is None or date >= action.last_follow_up_on:
            action.progress, action.progress_basis = follow_up.progress, basis
            action.status, action.last_follow_up_on = status, date
            # Milestones and readings of later days count as well.
            restate(action)
        elif milestones or readings:
            restate(action)
        action.version += 1
        record(action, by, _("Seguimiento del %(date)s") % {"date": date_format(date, "DATE_FORMAT")})
        if evidence is not None:
            store_evidence(action, evidence, by, follow_up)
    return follow_up


def restate(action: Action) -> None:
    """Work the progress of an action out anew, without storing it. What was typed stays until a later follow-up."""
    if action.progress is not None and action.progress_basis in {"", ProgressBasis.TYPED}:
        return
    computed = progress_on(timezone.localdate(), action.milestones.all(), action.indicators.measured())
    action.progress = computed.value if computed else None
    action.progress_basis = computed.basis if computed else ""


# --- Steps of the above


def _says_the_same(
    known: FollowUp,
    *,
    milestones: Collection[int],
    readings: Mapping[int, Decimal],
    evidence: EvidenceValues | None,
    **own: Any,
) -> bool:
    """Whether all that is sent again was stored with the follow-up."""
    action = known.action
    met = action.milestones.filter(pk__in=milestones, done_on__isnull=False).count()
    measured = dict(
        IndicatorReading.objects.filter(indicator__action=action, date=known.date).values_list("indicator", "value")
    )
    return (
        all(getattr(known, name) == value for name, value in own.items())
        and met == len(set(milestones))
        and all(measured.get(pk) == value for pk, value in readings.items())
        and (evidence is None or known_evidence(action, evidence) is not None)
    )


def _meet(action: Action, milestones: Collection[int], day: datetime.date, by: User | None) -> None:
    """Milestones that are met already keep the day they were met."""
    found = {row.pk: row for row in action.milestones.filter(pk__in=milestones)}
    if len(found) != len(set(milestones)):
        raise ValueError("The milestone belongs to another action.")
    for row in found.values():
        if row.done_on is None:
            row.done_on = day
            row._history_user, row._change_reason = by, _("Hito cumplido")  # type: ignore[attr-defined]
            row.save()


def _measure(action: Action, readings: Mapping[int, Decimal], follow_up: FollowUp, by: User | None) -> None:
    own = {row.pk for row in action.indicators.all()}
    known = {
        row.indicator_id: row for row in IndicatorReading.objects.filter(indicator__action=action, date=follow_up.date)
    }
    for indicator_id, value in readings.items():
        if indicator_id not in own:
            raise ValueError("The indicator belongs to another action.")
        row = known.get(indicator_id) or IndicatorReading(indicator_id=indicator_id, date=follow_up.date)
        row.value, row.follow_up = value, follow_up
        row._history_user, row._change_reason = by, _("Seguimiento")  # type: ignore[attr-defined]
        row.save()
