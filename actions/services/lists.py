"""What people keep of a list, and what staff do with several of its actions at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from actions.enums import ActionList
from actions.models import Action, SavedView
from actions.services.reviews import publish_action, return_action, tell_liaisons, validate_action
from actions.services.turns import StaleVersion, WrongState
from network.models import User


class NobodyToTell(Exception):
    """Nobody is designated for the municipality, or none of them has an e-mail."""


class Fate(StrEnum):
    """What became of one of several."""

    DONE = "done"
    CHANGED = "changed"
    WRONG_STATE = "wrong-state"
    NOBODY = "nobody"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the result: the action (none where it is not to be found), and what became of it."""

    action: Action | None
    fate: Fate
    told: int = 0


def save_view(*, which: ActionList, name: str, query: str, is_default: bool, by: User) -> SavedView:
    """Keep a view under a name; one of that name takes the new query. At most one opens the list by itself."""
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=by.pk)  # one at a time: two tabs may both want the default
        own = SavedView.objects.filter(user=by, list=which)
        if is_default:
            own.exclude(name=name).update(is_default=False)
        values = {"query": query, "is_default": is_default}
        view, _created = SavedView.objects.update_or_create(user=by, list=which, name=name, defaults=values)
    return view


def delete_view(*, view: SavedView) -> None:
    view.delete()


def ask_follow_up(*, action: Action, by: User | None) -> int:
    """Ask the municipality by mail how far the action is; returns how many people are asked, each once a day.

    Raises :class:`WrongState` where the record is with the municipality or the work is over, and
    :class:`NobodyToTell` where there is nobody to ask.
    """
    if not Action.objects.sent().filter(pk=action.pk).exists() or not action.is_open:
        raise WrongState
    today = timezone.localdate()
    with transaction.atomic():
        told = tell_liaisons(
            municipality=action.municipality_id,
            kind="actions.follow_up_asked",
            key=f"actions.follow_up_asked:{action.pk}:{today}",
            params={"action": action.pk, "asked_on": today.isoformat()},
            cause=f"ask_follow_up:{action.pk}",
        )
    if not told:
        raise NobodyToTell
    return told


def change_many(
    *, rows: Sequence[tuple[Action | None, int]], step: str, comment: str, by: User | None
) -> list[Outcome]:
    """Take one step with each action as it was read (its version). Each is a transaction of its own by the service for
    one action: what cannot be done with one says so and holds up no other."""
    return [_change_one(action, version, step, comment, by) for action, version in rows]


def _change_one(action: Action | None, version: int, step: str, comment: str, by: User | None) -> Outcome:
    if action is None:
        return Outcome(None, Fate.MISSING)
    told = 0
    try:
        if step == "validate":
            validate_action(action=action, version=version, comment=comment, by=by)
        elif step == "publish":
            publish_action(action=action, version=version, by=by)
        elif step == "return":
            return_action(action=action, version=version, comment=comment, by=by)
        elif step == "ask":
            told = ask_follow_up(action=action, by=by)
        else:
            raise ValueError(step)
    except StaleVersion:
        return Outcome(action, Fate.CHANGED)
    except WrongState:
        return Outcome(action, Fate.WRONG_STATE)
    except NobodyToTell:
        return Outcome(action, Fate.NOBODY)
    return Outcome(action, Fate.DONE, told)
