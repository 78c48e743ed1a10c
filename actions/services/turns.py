"""What every change of an action needs: the row held by one at a time, and one line of history."""

from collections.abc import Collection
from typing import Any

from django.db.models import F, Model

from actions.models import Action
from network.models import User


class StaleVersion(Exception):
    """Somebody else changed the action since it was opened. Nothing was stored."""


class AlreadySent(Exception):
    """The form with this key was sent before and stored, with something else in it. Nothing was stored."""


class WrongState(Exception):
    """The action is not in a state in which this can be done. Nothing was stored."""


def take_turn(action: Action, version: int | None, states: Collection[str]) -> None:
    """Hold the row until the transaction ends, if it still is the version that was read and in one of the states."""
    wanted = {"review_state__in": states} | ({"version": version} if version is not None else {})
    if not Action.objects.filter(pk=action.pk, **wanted).update(version=F("version") + 1):
        current = Action.objects.get(pk=action.pk)
        raise StaleVersion if version is not None and current.version != version else WrongState
    action.refresh_from_db()


def lock(action: Action) -> Action:
    """Hold the row and read it again. SQLite holds the whole database instead."""
    Action.objects.select_for_update().only("pk").get(pk=action.pk)
    action.refresh_from_db()
    return action


def record(action: Action, by: User | None, reason: str) -> None:
    """Store the row with one line of history: who and why. When its next follow-up is due follows from what it says."""
    action.follow_up_due_on = action.next_follow_up()
    action._history_user = by  # type: ignore[attr-defined]
    action._change_reason = reason[:100]  # type: ignore[attr-defined]
    action.save()


def keep(row: Model, by: User | None, reason: str) -> None:
    """Store something of an action (a milestone, an indicator, a reading) with a line of its own history."""
    _sign(row, by, reason)
    row.save()


def drop(row: Model, by: User | None, reason: str) -> None:
    """Take something of an action away; its history keeps what it said."""
    _sign(row, by, reason)
    row.delete()


def _sign(row: Any, by: User | None, reason: str) -> None:
    row._history_user, row._change_reason = by, reason[:100]
