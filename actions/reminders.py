"""Actions and follow-ups whose day comes or has passed, told along the ladder titular → suplente → institute.

What is due is asked of the actions each hour (:attr:`actions.models.Action.deadline`); whom it has reached by now says
:class:`network.reminders.Ladder`; that each is told once, in one mail a day, is kept by :mod:`outbox.digest`.
"""

from collections import defaultdict
from collections.abc import Iterator

from django.utils import timezone

from actions.figures.overdue import Told
from actions.models import SUBJECT, Action
from network.enums import Rung
from network.reminders import LOOK_BACK, ladders
from outbox.digest import Line, Reader, tell
from outbox.enums import MessageState
from outbox.models import DigestLine


def remind_deadlines() -> int:
    """Queue what is due today and was not told yet; returns how many lines are new. Safe to run twice."""
    people: defaultdict[Reader, list[Line]] = defaultdict(list)
    desk: defaultdict[Reader, list[Line]] = defaultdict(list)
    for reader, line in _lines():
        (desk if line.rung == Rung.INSTITUTE else people)[reader].append(line)
    told = tell(kind="actions.deadlines", subject=SUBJECT, lines=people)
    return told + tell(kind="actions.unanswered", subject=SUBJECT, lines=desk)


def _lines() -> Iterator[tuple[Reader, Line]]:
    columns = ("municipality", "status", "review_state", "ends_on", "last_follow_up_on", "follow_up_due_on")
    rows = list(Action.objects.with_deadline(timezone.localdate() - LOOK_BACK).only(*columns).order_by("pk"))
    ladder_of = ladders()
    for action in rows:
        deadline = action.deadline
        if deadline is None:
            continue
        occasion = deadline.code if deadline.is_past else f"{deadline.code}:soon"
        for reader, rung in ladder_of[action.municipality_id].reached(deadline.late):
            yield reader, Line(subject_id=action.pk, occasion=occasion, rung=rung)


def told_about(action: Action) -> list[Told]:
    """Who heard of what the action has due now, in the order of the ladder; each rung by its first mail that left."""
    deadline = action.deadline
    if deadline is None:
        return []
    lines = DigestLine.objects.about(SUBJECT, action.pk).filter(
        occasion__startswith=deadline.code, message__state=MessageState.SENT
    )
    first = dict(lines.order_by("-message__sent_at").values_list("rung", "message__sent_at"))
    return [Told(rung, at) for rung in Rung if (at := first.get(rung))]
