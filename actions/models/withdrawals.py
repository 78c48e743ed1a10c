"""What the public saw and no longer sees: for whoever keeps a copy, and has to take it away there as well."""

import datetime
import uuid
from dataclasses import dataclass

from django.db.models import Max

from actions.models.actions import Action


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An action that left the public pages. Only its id is said: the rest is the municipality's again."""

    uid: uuid.UUID
    at: datetime.datetime


def withdrawn_since(moment: datetime.datetime) -> list[Withdrawn]:
    """Actions that were public and were taken back at that moment or later, and are not public now; the latest first.

    History tells: an action left with the first version after the last one that was public. Three queries.
    """
    versions = Action.history.model.objects.order_by("history_id")
    was_public = versions.filter(published_at__isnull=False).exclude(id__in=Action.objects.published().values("pk"))
    last_public: dict[int, int] = dict(was_public.order_by().values_list("id").annotate(last=Max("history_id")))
    left: dict[int, datetime.datetime] = {}
    for pk, number, day in versions.filter(id__in=list(last_public)).values_list("id", "history_id", "history_date"):
        if number > last_public[pk]:
            left.setdefault(pk, day)
    since = {pk: day for pk, day in left.items() if day >= moment}
    uids = dict(Action.objects.filter(pk__in=since).values_list("pk", "uid"))
    return sorted((Withdrawn(uid, since[pk]) for pk, uid in uids.items()), key=lambda row: row.at, reverse=True)
