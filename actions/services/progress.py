"""Follow-up: how far the work is, with readings and evidence. It may come at any time, also during a review."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from actions.enums import OPEN_STATUSES
from actions.models import Action, FollowUp, IndicatorReading
from actions.services.evidence import EvidenceValues, store_evidence
from actions.services.turns import lock, record
from network.models import User


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
    The status of an action that was suspended, cancelled or completed is changed by its own step, not by a follow-up.
    A second reading of an indicator on the same day corrects the first. A second call with the same ``request_key``
    gives the first one's follow-up.
    """
    with transaction.atomic():
        lock(action)
        known = action.follow_ups.filter(request_key=request_key).first() if request_key else None
        if known is not None:
            return known
        if status not in OPEN_STATUSES and status != action.status:
            raise ValueError("Suspending, cancelling and closing are steps of their own.")
        if not action.is_open:
            status = action.status
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
        record(action, by, _("Seguimiento del %(date)s") % {"date": date.isoformat()})
        if evidence is not None:
            store_evidence(action, evidence, by, follow_up)
    return follow_up
